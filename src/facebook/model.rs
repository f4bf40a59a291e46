//! Facebook's objects, as far as customer-file audiences need them.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::ids::{AccountId, AudienceId, SessionId};
use crate::identity::MatchRows;

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
        }
    }
}

/// `customer_file_source`: where the people of the file come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustomerFileSource {
    /// The advertiser collected the data from its customers.
    #[default]
    UserProvidedOnly,
    /// A partner did.
    PartnerProvidedOnly,
    /// Both did.
    BothUserAndPartnerProvided,
}

/// What an audience is created with.
///
/// Source: `POST /act_{id}/customaudiences`, ad account custom audiences reference (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewAudience {
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// Where the people come from.
    pub customer_file_source: CustomerFileSource,
    /// Days that a member stays without being sent again, 1 to 180; none is for ever.
    pub retention_days: Option<u16>,
    /// True for value-based audiences, whose rows carry `LOOKALIKE_VALUE`.
    pub is_value_based: bool,
    /// Where people can opt out.
    pub opt_out_link: Option<String>,
    /// `audience_labels`: an open list, Facebook's sources disagree on its values.
    pub labels: Vec<String>,
    /// True to get the existing audience when an identical one exists.
    pub enable_fetch_or_create: bool,
}

impl NewAudience {
    /// An audience of this name and description, everything else by default.
    #[must_use]
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self { name: name.into(), description: description.into(), ..Self::default() }
    }
}

/// What to change in an audience; what is `None` stays.
///
/// Source: `POST /{audience}`, Custom Audience reference (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AudienceChanges {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// A new source.
    pub customer_file_source: Option<CustomerFileSource>,
    /// A new retention, 1 to 180 days.
    pub retention_days: Option<u16>,
    /// A new opt-out link.
    pub opt_out_link: Option<String>,
    /// New labels.
    pub labels: Option<Vec<String>>,
}

/// `delivery_status` or `operation_status`: a code to branch on and a text for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// The code.
    pub code: u32,
    /// Facebook's words, which may change.
    pub description: String,
}

/// An audience as Facebook describes it. A field that Facebook left out is `None`.
///
/// Source: Custom Audience reference, developers.facebook.com (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomAudience {
    /// The id.
    pub id: AudienceId,
    /// The ad account, in digits.
    pub account: Option<AccountId>,
    /// The name.
    pub name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// `subtype`, such as `CUSTOM` or `LOOKALIKE`.
    pub subtype: Option<String>,
    /// Where the people come from.
    pub customer_file_source: Option<String>,
    /// Whether ads can use it.
    pub delivery_status: Option<Status>,
    /// What the last operation did.
    pub operation_status: Option<Status>,
    /// Lower bound of the estimated size; -1 is unknown.
    pub count_lower_bound: Option<i64>,
    /// Upper bound of the estimated size; -1 is unknown.
    pub count_upper_bound: Option<i64>,
    /// Days that a member stays; 0 is for ever.
    pub retention_days: Option<u16>,
    /// True for value-based audiences.
    pub is_value_based: Option<bool>,
    /// Where people can opt out.
    pub opt_out_link: Option<String>,
    /// Labels.
    pub labels: Vec<String>,
    /// When it was created.
    pub time_created: Option<OffsetDateTime>,
    /// When it was changed.
    pub time_updated: Option<OffsetDateTime>,
    /// When its members were changed.
    pub time_content_updated: Option<OffsetDateTime>,
    /// When Facebook will delete it, if it will.
    pub delete_time: Option<OffsetDateTime>,
    /// Lookalikes made from it.
    pub lookalike_audience_ids: Vec<AudienceId>,
    /// Which of name, description and rule were flagged.
    pub fields_violating_integrity_policy: Vec<String>,
}

impl CustomAudience {
    /// An audience of which only the id is known.
    #[must_use]
    pub fn new(id: AudienceId) -> Self {
        Self {
            id,
            account: None,
            name: None,
            description: None,
            subtype: None,
            customer_file_source: None,
            delivery_status: None,
            operation_status: None,
            count_lower_bound: None,
            count_upper_bound: None,
            retention_days: None,
            is_value_based: None,
            opt_out_link: None,
            labels: Vec::new(),
            time_created: None,
            time_updated: None,
            time_content_updated: None,
            delete_time: None,
            lookalike_audience_ids: Vec::new(),
            fields_violating_integrity_policy: Vec::new(),
        }
    }
}

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ListRequest {
    /// Most items on the page; Facebook may give fewer, even none, and have more pages.
    pub limit: Option<u32>,
    /// The cursor that the page before ended with.
    pub after: Option<String>,
    /// Only audiences whose name contains this.
    pub name_contains: Option<String>,
}

impl ListRequest {
    /// The first page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Most items on the page.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The page after a cursor.
    #[must_use]
    pub fn after(mut self, cursor: impl Into<String>) -> Self {
        self.after = Some(cursor.into());
        self
    }
}

/// One page of a list. The list ends when `after` is `None`, not when a page is short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor for the next page.
    pub after: Option<String>,
}

/// The place of a call in an upload session.
///
/// A session takes calls in order from `batch_seq` 1, ends with the last batch, and closes by itself 90 minutes
/// after the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The session.
    pub id: SessionId,
    /// 1, 2, 3 ...
    pub batch_seq: u64,
    /// True for the last call of the session.
    pub last_batch: bool,
    /// How many rows the session will have, if known.
    pub estimated_total: Option<u64>,
}

/// The rows of one call.
#[derive(Debug, Clone)]
pub struct Upload<'a> {
    /// Rows to take from.
    pub rows: &'a MatchRows,
    /// Which of them this call sends.
    pub range: Range<usize>,
    /// The session.
    pub session: Session,
}

impl Upload<'_> {
    /// Most rows of one call.
    ///
    /// Source: Custom Audience users reference (read 2026-09-12).
    pub const MAX_ROWS: usize = 10_000;
}

/// A row that Facebook did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidEntry {
    /// Index of the row in the upload's `rows`, when the sample could be joined back.
    pub row: Option<usize>,
    /// Facebook's reason.
    pub reason: String,
}

impl InvalidEntry {
    /// A refused row.
    #[must_use]
    pub fn new(row: Option<usize>, reason: impl Into<String>) -> Self {
        Self { row, reason: reason.into() }
    }
}

/// Facebook's answer to an upload. Status 200 is not success: see `num_invalid_entries`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct UploadReceipt {
    /// The session, as text.
    pub session_id: Option<String>,
    /// Rows received in the session so far, refused ones included.
    pub num_received: u64,
    /// Rows of this call that were refused; approximate, says Facebook.
    pub num_invalid_entries: u64,
    /// At most 100 of them.
    pub invalid_entry_samples: Vec<InvalidEntry>,
}
