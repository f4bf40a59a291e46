//! Ad accounts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An ad account as the fake knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct Account {
    /// Digits.
    pub(in crate::facebook::fake) id: String,
    pub(in crate::facebook::fake) name: String,
    pub(in crate::facebook::fake) status: u32,
    pub(in crate::facebook::fake) disable_reason: u32,
    pub(in crate::facebook::fake) currency: String,
    pub(in crate::facebook::fake) timezone_name: String,
    /// Id of the business that it belongs to.
    pub(in crate::facebook::fake) business: Option<String>,
    /// What a business that does not own it may do with it, by the id of the business.
    pub(in crate::facebook::fake) client_of: BTreeMap<String, Vec<String>>,
    /// What the token's owner may do with it.
    pub(in crate::facebook::fake) user_tasks: Vec<String>,
    pub(in crate::facebook::fake) terms_accepted: bool,
    pub(in crate::facebook::fake) created: i64,
}

impl Account {
    pub(in crate::facebook::fake) const DEFAULT: &'static str = "1234567890";

    pub(in crate::facebook::fake) fn new(digits: &str) -> Self {
        Self {
            id: digits.to_owned(),
            name: format!("Ad account {digits}"),
            status: 1,
            disable_reason: 0,
            currency: "EUR".to_owned(),
            timezone_name: "Europe/Warsaw".to_owned(),
            business: Some("300400500600700".to_owned()),
            client_of: BTreeMap::new(),
            user_tasks: ["DRAFT", "ANALYZE", "ADVERTISE", "MANAGE"].map(str::to_owned).to_vec(),
            terms_accepted: true,
            created: 1_700_000_000,
        }
    }
}
