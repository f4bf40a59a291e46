//! Ad accounts and their edges.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::facebook::fake::log::Edge;
use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::settings::TermsCode;
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::fields::{Fields, select};
use crate::facebook::fake::wire::page;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::{Answer, Refusal};

/// An ad account as the fake knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct Account {
    /// Digits.
    pub(in crate::facebook::fake) id: String,
    pub(in crate::facebook::fake) name: String,
    pub(in crate::facebook::fake) status: u32,
    pub(super) disable_reason: u32,
    pub(super) currency: String,
    pub(super) timezone_name: String,
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

    /// All fields, as far as they have a value.
    fn describe(&self) -> Map<String, Value> {
        let mut map = Map::new();
        let mut set = |name: &str, value: Value| {
            map.insert(name.to_owned(), value);
        };
        set("id", json!(format!("act_{}", self.id)));
        set("account_id", json!(self.id));
        set("name", json!(self.name));
        set("account_status", json!(self.status));
        set("disable_reason", json!(self.disable_reason));
        set("currency", json!(self.currency));
        set("timezone_id", json!(110));
        set("timezone_name", json!(self.timezone_name));
        set("timezone_offset_hours_utc", json!(1));
        set("owner", json!(self.business.as_deref().unwrap_or("100200300400500")));
        set("user_tasks", json!(self.user_tasks));
        set("capabilities", json!([]));
        set("amount_spent", json!("0"));
        set("balance", json!("0"));
        set("spend_cap", json!("0"));
        if let Some(business) = &self.business {
            set("business", json!({ "id": business, "name": "Fake business" }));
            set("business_name", json!("Fake business"));
            if self.terms_accepted {
                set("tos_accepted", json!({ "custom_audience_tos": 1 }));
                set("user_tos_accepted", json!({ "custom_audience_tos": 1 }));
            }
        }
        let created = time::OffsetDateTime::from_unix_timestamp(self.created)
            .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
        let shape = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]+0000");
        set("created_time", json!(created.format(&shape).unwrap_or_default()));
        map
    }
}

const FIELDS: Fields = Fields {
    node: "AdAccount",
    default: &["account_id", "id"],
    known: &[
        "id",
        "account_id",
        "name",
        "account_status",
        "disable_reason",
        "currency",
        "timezone_id",
        "timezone_name",
        "timezone_offset_hours_utc",
        "owner",
        "owner_business",
        "user_tasks",
        "capabilities",
        "amount_spent",
        "balance",
        "spend_cap",
        "business",
        "business_name",
        "tos_accepted",
        "user_tos_accepted",
        "created_time",
        "existing_customers",
        "permitted_tasks",
    ],
};

impl State {
    /// The account of a call, if the token may read it, or change it.
    pub(in crate::facebook::fake) fn account(
        &self,
        digits: &str,
        caller: &Caller,
        method: &str,
        changes: bool,
    ) -> Result<&Account, Refusal> {
        let id = format!("act_{digits}");
        let account = self.accounts.get(digits).ok_or_else(|| Refusal::no_object(method, &id))?;
        if caller.token.accounts.as_ref().is_some_and(|seen| !seen.iter().any(|seen| seen == digits)) {
            return Err(Refusal::no_object(method, &id));
        }
        if self.settings.app_in_development {
            return Err(Refusal::new(
                270,
                "(#270) This Ads API request is not allowed for apps with development access level",
            ));
        }
        let may_read = caller.token.has("ads_read") || caller.token.has("ads_management");
        if !may_read {
            return Err(Refusal::new(
                200,
                "(#200) Ad account owner has NOT grant ads_management or ads_read permission",
            ));
        }
        if changes && !caller.token.has("ads_management") {
            return Err(Refusal::new(
                294,
                "(#294) Managing advertisements requires an access token with the extended permission \
                 ads_management",
            ));
        }
        Ok(account)
    }

    /// An account that may hold customer files: linked to a business, terms accepted, enabled.
    pub(super) fn account_for_files(
        &self,
        digits: &str,
        caller: &Caller,
        method: &str,
    ) -> Result<&Account, Refusal> {
        let account = self.account(digits, caller, method, true)?;
        if !matches!(account.status, 1 | 9 | 201) {
            return Err(Refusal::new(
                2654,
                "(#2654) Failed to create custom audience: the ad account is not active",
            )
            .sub(1713092)
            .user(
                "No Write Permission To Ad Account",
                "You do not have permission to create an audience on this ad account.",
            ));
        }
        if account.business.is_none() {
            return Err(Refusal::new(200, "Permissions error").sub(1870050).user(
                "Ad Account Is Not Linked To A Business",
                "Link the ad account to a business before you create a customer list.",
            ));
        }
        if !account.terms_accepted {
            let refusal = match self.settings.terms {
                TermsCode::Code200Subcode1870090 => Refusal::new(200, "Permissions error").sub(1870090),
                TermsCode::Code200Subcode1870034 => Refusal::new(200, "Permissions error").sub(1870034),
                TermsCode::Code2663 => Refusal::new(2663, "(#2663) Terms of service has not been accepted"),
                TermsCode::Code2664 => {
                    Refusal::new(2664, "(#2664) Corporate terms of service has not been accepted")
                }
                TermsCode::Code2655 => Refusal::new(2655, "(#2655) Terms of service not accepted"),
            };
            return Err(refusal.user(
                "Custom Audience Terms Not Accepted",
                "You have not agreed to the Custom Audience terms of service for this ad account.",
            ));
        }
        Ok(account)
    }

    pub(in crate::facebook::fake) fn read_account(
        &self,
        digits: &str,
        caller: &Caller,
        params: &Params<'_>,
    ) -> Answer {
        params.only(self.settings.strict, &[])?;
        let account = self.account(digits, caller, "GET", false)?;
        select(&FIELDS, params, &account.describe())
    }

    pub(in crate::facebook::fake) fn list_accounts(
        &self,
        link: &page::Link<'_>,
        caller: &Caller,
        params: &Params<'_>,
    ) -> Answer {
        params.only(self.settings.strict, &[&page::PARAMETERS])?;
        let seen =
            |account: &&Account| caller.token.accounts.as_ref().is_none_or(|seen| seen.contains(&account.id));
        let rows = self
            .accounts
            .values()
            .filter(seen)
            .map(|account| Ok((account.id.clone(), select(&FIELDS, params, &account.describe())?)))
            .collect::<Result<Vec<_>, Refusal>>()?;
        page::cut(&rows, link, params, &self.settings, self.seed)
    }

    /// The accounts of a business: its own, or those of its clients.
    ///
    /// Source: business reference, `owned_ad_accounts` and `client_ad_accounts` (read 2026-09-12).
    pub(in crate::facebook::fake) fn list_of_business(
        &self,
        edge: Edge,
        business: &str,
        link: &page::Link<'_>,
        caller: &Caller,
        params: &Params<'_>,
    ) -> Answer {
        params.only(self.settings.strict, &[&page::PARAMETERS, &["search_query"]])?;
        let owned = |account: &Account| account.business.as_deref() == Some(business);
        let client = |account: &Account| account.client_of.contains_key(business);
        if !self.accounts.values().any(|account| owned(account) || client(account)) {
            return Err(Refusal::no_object("GET", business));
        }
        if !caller.token.has("business_management") {
            return Err(Refusal::new(
                200,
                "(#200) Requires business_management permission to manage the object",
            ));
        }
        let part = params.text("search_query").unwrap_or_default().to_lowercase();
        let mut rows = Vec::new();
        for account in self.accounts.values() {
            let mine = if edge == Edge::ListOwnedAccounts { owned(account) } else { client(account) };
            if mine && account.name.to_lowercase().contains(&part) {
                let mut all = account.describe();
                if let Some(tasks) = account.client_of.get(business) {
                    all.insert("permitted_tasks".into(), json!(tasks));
                }
                rows.push((account.id.clone(), select(&FIELDS, params, &all)?));
            }
        }
        let mut page = page::cut(&rows, link, params, &self.settings, self.seed)?;
        let counted =
            params.list("summary")?.is_some_and(|asked| asked.iter().any(|one| one == "total_count"));
        if let Some(page) = page.as_object_mut().filter(|_| counted) {
            page.insert("summary".into(), json!({ "total_count": rows.len() }));
        }
        Ok(page)
    }

    pub(in crate::facebook::fake) fn terms(
        &mut self,
        edge: Edge,
        digits: &str,
        caller: &Caller,
        params: &Params<'_>,
    ) -> Answer {
        params.only(self.settings.strict, &[&["tos_id", "business_id"]])?;
        self.account(digits, caller, "GET", edge == Edge::AcceptTerms)?;
        if edge == Edge::AcceptTerms {
            if !params.has("tos_id") {
                return Err(Refusal::parameter("Missing parameter(s): tos_id"));
            }
            if let Some(account) = self.accounts.get_mut(digits) {
                account.terms_accepted = true;
            }
            return Ok(json!({ "success": true }));
        }
        Ok(
            json!({ "data": [{ "id": "111222333444555", "type": "custom_audience_tos", "content": "Terms" }] }),
        )
    }
}
