//! Ad accounts.

use crate::facebook::ids::AccountId;

/// `account_status` of an ad account.
///
/// Source: Ad Account reference, developers.facebook.com/documentation/ads-commerce/marketing-api/reference/ad-account
/// (read 2026-09-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccountStatus {
    /// 1: usable.
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
    /// A number that this version does not know.
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
    /// Whether it can be used.
    pub status: Option<AccountStatus>,
    /// Why it was disabled, as Facebook numbers it; 0 is none.
    pub disable_reason: Option<u32>,
    /// Currency, ISO 4217.
    pub currency: Option<String>,
    /// Time zone, IANA name.
    pub timezone_name: Option<String>,
    /// The business that it belongs to; audiences from customer files need one.
    pub business: Option<String>,
    /// Whether the custom audience terms were accepted for its business.
    pub terms_accepted: Option<bool>,
    /// Tasks that the token's owner may do, such as `MANAGE` or `ANALYZE`.
    pub user_tasks: Vec<String>,
    /// Tasks that a client gave the business, where the account is read as a
    /// [client's](crate::facebook::BusinessAccounts::Client).
    pub permitted_tasks: Vec<String>,
}

impl AdAccount {
    /// An account of which only the id is known.
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
