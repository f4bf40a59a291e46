//! Audiences.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ad::Ad;
use super::members::Members;
use super::operation::OperationState;

/// An audience as the fake knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct Audience {
    pub(in crate::facebook::fake) id: String,
    /// Digits of the owner.
    pub(in crate::facebook::fake) account: String,
    pub(in crate::facebook::fake) subtype: String,
    /// What the caller may set and read back as it was: name, description, opt_out_link ...
    pub(in crate::facebook::fake) texts: Map<String, Value>,
    pub(in crate::facebook::fake) retention_days: i64,
    pub(in crate::facebook::fake) is_value_based: bool,
    pub(in crate::facebook::fake) created: i64,
    pub(in crate::facebook::fake) updated: i64,
    pub(in crate::facebook::fake) content_updated: Option<i64>,
    /// `sub_type` of the data source, fixed by the first upload.
    pub(in crate::facebook::fake) source: Option<String>,
    pub(in crate::facebook::fake) members: Members,
    pub(in crate::facebook::fake) work: OperationState,
    /// Fields that were flagged; a flagged audience has at least one.
    pub(in crate::facebook::fake) flagged: Vec<String>,
    /// When an expiring audience goes.
    pub(in crate::facebook::fake) delete_time: Option<i64>,
    /// Calls on its edges that still answer 803.
    pub(in crate::facebook::fake) fresh_misses: u32,
    /// The audience that a lookalike is made from.
    pub(in crate::facebook::fake) origin: Option<String>,
    /// Accounts that it is shared with, by digits.
    pub(in crate::facebook::fake) shared: Vec<String>,
    pub(in crate::facebook::fake) ads: Vec<Ad>,
}

impl Audience {
    /// Whether it belongs to this account, or is shared with it.
    pub(in crate::facebook::fake) fn is_within_reach_of(&self, account: &str) -> bool {
        self.account == account || self.shared.iter().any(|digits| digits == account)
    }
}
