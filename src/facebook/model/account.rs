//! Ad accounts.

use crate::facebook::ids::AccountId;

/// `account_status` of an ad account.
///
/// Source: Ad Account reference, developers.facebook.com/documentation/ads-commerce/marketing-api/reference/ad-account
/// (read 2026-09-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccountStatus {
    /// 1: the account can be used.
    Active,
    /// 2.
    Disabled,
    /// 3.
    Unsettled,
    /// 7.
    PendingRiskReview,
    /// 8.
    PendingSettlement,
    /// 9.
    InGracePeriod,
    /// 100.
    PendingClosure,
    /// 101.
    Closed,
    /// 201.
    AnyActive,
    /// 202.
    AnyClosed,
    /// An unknown number.
    Other(u32),
}

impl From<u32> for AccountStatus {
    fn from(status: u32) -> Self {
        match status {
            1 => Self::Active,
            2 => Self::Disabled,
            3 => Self::Unsettled,
            7 => Self::PendingRiskReview,
            8 => Self::PendingSettlement,
            9 => Self::InGracePeriod,
            100 => Self::PendingClosure,
            101 => Self::Closed,
            201 => Self::AnyActive,
            202 => Self::AnyClosed,
            other => Self::Other(other),
        }
    }
}

/// An ad account as the token sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdAccount {
    /// The id.
    pub id: AccountId,
    /// The name given by its owner.
    pub name: Option<String>,
    /// The status, which says whether it can be used.
    pub status: Option<AccountStatus>,
    /// Facebook's number for why it was disabled. 0 is none; [`disabled_for`](Self::disabled_for) names it.
    pub disable_reason: Option<u32>,
    /// Currency, ISO 4217.
    pub currency: Option<String>,
    /// Time zone, IANA name.
    pub timezone_name: Option<String>,
    /// The business that it belongs to. Audiences from customer files need one.
    pub business: Option<String>,
    /// `true` if the custom audience terms are accepted for its business.
    pub terms_accepted: Option<bool>,
    /// Tasks that the token's owner may do, such as `MANAGE` or `ANALYZE`.
    pub user_tasks: Vec<String>,
    /// Tasks that a client gave the business, where the account is read as a
    /// [client's](crate::facebook::BusinessAccounts::Client).
    pub permitted_tasks: Vec<String>,
}

/// Source: Ad Account reference (read 2026-09-12); the place in the list is the number.
const DISABLE_REASONS: [&str; 16] = [
    "NONE",
    "ADS_INTEGRITY_POLICY",
    "ADS_IP_REVIEW",
    "RISK_PAYMENT",
    "GRAY_ACCOUNT_SHUT_DOWN",
    "ADS_AFC_REVIEW",
    "BUSINESS_INTEGRITY_RAR",
    "PERMANENT_CLOSE",
    "UNUSED_RESELLER_ACCOUNT",
    "UNUSED_ACCOUNT",
    "UMBRELLA_AD_ACCOUNT",
    "BUSINESS_MANAGER_INTEGRITY_POLICY",
    "MISREPRESENTED_AD_ACCOUNT",
    "AOAB_DESHARE_LEGAL_ENTITY",
    "CTX_THREAD_REVIEW",
    "COMPROMISED_AD_ACCOUNT",
];

/// Facebook's word for a `disable_reason`.
pub(in crate::facebook) fn disable_reason(number: u32) -> Option<&'static str> {
    DISABLE_REASONS.get(usize::try_from(number).ok()?).copied()
}

impl AdAccount {
    /// Returns Facebook's word for why the account was disabled, such as `RISK_PAYMENT`. `None` for an unknown number.
    ///
    /// ```
    /// use audiencekit::facebook::AdAccount;
    ///
    /// let mut account = AdAccount::new("act_1234567890".parse()?);
    /// account.disable_reason = Some(3);
    /// assert_eq!(account.disabled_for(), Some("RISK_PAYMENT"));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn disabled_for(&self) -> Option<&'static str> {
        self.disable_reason.and_then(disable_reason)
    }

    /// Creates an account of which only the id is known.
    #[must_use]
    pub fn new(id: AccountId) -> Self {
        Self {
            id,
            name: None,
            status: None,
            disable_reason: None,
            currency: None,
            timezone_name: None,
            business: None,
            terms_accepted: None,
            user_tasks: Vec::new(),
            permitted_tasks: Vec::new(),
        }
    }
}
