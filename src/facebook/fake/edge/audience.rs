//! Audiences: create, read, edit, delete.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ads::Ad;
use crate::facebook::fake::model::members::Members;
use crate::facebook::fake::model::status::Work;
use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::settings::{DeletedCode, FlaggedEdit};
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::{Answer, Refusal};

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
    pub(in crate::facebook::fake) work: Work,
    /// Fields that were flagged; a flagged audience has at least one.
    pub(in crate::facebook::fake) flagged: Vec<String>,
    /// When an expiring audience goes.
    pub(in crate::facebook::fake) delete_time: Option<i64>,
    /// Calls on its edges that still answer 803.
    pub(super) fresh_misses: u32,
    /// The audience that a lookalike is made from.
    pub(in crate::facebook::fake) origin: Option<String>,
    /// Accounts that it is shared with, by digits.
    pub(in crate::facebook::fake) shared: Vec<String>,
    pub(in crate::facebook::fake) ads: Vec<Ad>,
}

impl Audience {
    /// True for its owner and whom it is shared with.
    pub(in crate::facebook::fake) fn is_within_reach_of(&self, account: &str) -> bool {
        self.account == account || self.shared.iter().any(|digits| digits == account)
    }
}

/// What create and edit take alike.
const EDITABLE: [&str; 9] = [
    "name",
    "description",
    "customer_file_source",
    "opt_out_link",
    "allowed_domains",
    "audience_labels",
    "retention_days",
    "use_in_campaigns",
    "use_for_products",
];

const ONLY_AT_CREATION: [&str; 8] = [
    "subtype",
    "is_value_based",
    "enable_fetch_or_create",
    "subscription_info",
    "lookalike_spec",
    "origin_audience_id",
    "prefill",
    "content_type",
];

const SOURCES: [&str; 3] = ["USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED"];

/// Subtypes that the edge knows, though only two can be made here.
const SUBTYPES: [&str; 19] = [
    "APP",
    "BAG_OF_ACCOUNTS",
    "BIDDING",
    "CLAIM",
    "CUSTOM",
    "ENGAGEMENT",
    "EXCLUSION",
    "FOX",
    "LOOKALIKE",
    "MANAGED",
    "MEASUREMENT",
    "MESSENGER_SUBSCRIBER_LIST",
    "OFFLINE_CONVERSION",
    "PARTNER",
    "PRIMARY",
    "REGULATED_CATEGORIES_AUDIENCE",
    "STUDY_RULE_AUDIENCE",
    "VIDEO",
    "WEBSITE",
];

/// Longest texts that the fake takes: Facebook's own limits are not published.
const LONGEST: [(&str, usize); 2] = [("name", 200), ("description", 1000)];

/// The editable parameters that are given, checked.
fn texts(params: &Params<'_>) -> Result<Map<String, Value>, Refusal> {
    let mut map = Map::new();
    for name in ["name", "description", "opt_out_link"] {
        if let Some(text) = params.text(name) {
            map.insert(name.to_owned(), json!(text));
        }
    }
    for (name, longest) in LONGEST {
        if map.get(name).and_then(Value::as_str).is_some_and(|text| text.chars().count() > longest) {
            return Err(Refusal::parameter(format_args!("Param {name} is longer than {longest} characters")));
        }
    }
    if map.get("name").and_then(Value::as_str).is_some_and(|name| name.trim().is_empty()) {
        return Err(Refusal::parameter("The parameter name is required"));
    }
    if let Some(source) = params.one_of("customer_file_source", &SOURCES)? {
        map.insert("customer_file_source".into(), json!(source));
    }
    for name in ["audience_labels", "allowed_domains", "use_for_products"] {
        if let Some(list) = params.list(name)? {
            map.insert(name.to_owned(), json!(list));
        }
    }
    if let Some(used) = params.bool("use_in_campaigns")? {
        map.insert("use_in_campaigns".into(), json!(used));
    }
    Ok(map)
}

/// Source: ad account custom audiences reference (read 2026-09-12).
fn retention(params: &Params<'_>) -> Result<Option<i64>, Refusal> {
    match params.int("retention_days")? {
        Some(days) if !(1..=180).contains(&days) => {
            Err(Refusal::parameter("Param retention_days must be between 1 and 180"))
        }
        days => Ok(days),
    }
}

impl State {
    pub(in crate::facebook::fake) fn create_audience(
        &mut self,
        account: &str,
        caller: &Caller,
        params: &Params<'_>,
    ) -> Answer {
        params.only(self.settings.strict, &[&EDITABLE, &ONLY_AT_CREATION])?;
        self.account_for_files(account, caller, "POST")?;
        let missing = |name| Err(Refusal::parameter(format_args!("Missing parameter(s): {name}")));
        if !params.has("name") {
            return missing("name");
        }
        let Some(subtype) = params.one_of("subtype", &SUBTYPES)? else { return missing("subtype") };
        let texts = texts(params)?;
        let retention_days = retention(params)?.unwrap_or(0);
        let is_value_based = params.bool("is_value_based")?.unwrap_or(false);
        let origin = match subtype.as_str() {
            "CUSTOM" if !texts.contains_key("customer_file_source") => {
                return missing("customer_file_source");
            }
            "CUSTOM" => None,
            "LOOKALIKE" => Some(self.seed_of_lookalike(account, caller, params)?),
            _ => {
                return Err(Refusal::new(
                    2654,
                    format!("(#2654) Failed to create custom audience: subtype {subtype}"),
                ));
            }
        };
        if params.bool("enable_fetch_or_create")?.unwrap_or(false) {
            let name = texts.get("name");
            let same = |audience: &&Audience| {
                audience.account == account
                    && audience.subtype == subtype
                    && audience.texts.get("name") == name
            };
            if let Some(known) = self.audiences.values().find(same) {
                return Ok(json!({ "id": known.id }));
            }
        }
        let count = self.audiences.values().filter(|a| a.account == account && a.subtype == subtype).count();
        if count >= self.settings.max_audiences {
            return Err(Refusal::new(
                2654,
                "(#2654) Failed to create custom audience: the ad account has reached its limit of audiences",
            ));
        }
        let id = self.object_id();
        let mut work = Work::default();
        let mut extra = texts;
        if origin.is_some() {
            work.populating(self.now, self.settings.ready);
            if let Some(spec) = params.json("lookalike_spec") {
                extra.insert("lookalike_spec".into(), serde_json::from_str(&spec).unwrap_or_default());
            }
        }
        let audience = Audience {
            id: id.clone(),
            account: account.to_owned(),
            subtype,
            texts: extra,
            retention_days,
            is_value_based,
            created: self.now,
            updated: self.now,
            content_updated: None,
            source: None,
            members: Members::default(),
            work,
            flagged: Vec::new(),
            delete_time: None,
            fresh_misses: self.settings.fresh_id_misses,
            origin,
            shared: Vec::new(),
            ads: Vec::new(),
        };
        self.audiences.insert(id.clone(), audience);
        Ok(json!({ "id": id }))
    }

    /// The audience of a call, if the caller may see it, or change it.
    pub(in crate::facebook::fake) fn audience(
        &mut self,
        id: &str,
        caller: &Caller,
        method: &str,
        changes: bool,
    ) -> Result<&mut Audience, Refusal> {
        self.settle(id);
        let Some(audience) = self.audiences.get(id) else {
            let told = self.settings.deleted == DeletedCode::Code1487366 && self.deleted.contains(id);
            return Err(if told { Refusal::deleted() } else { Refusal::no_object(method, id) });
        };
        let account = audience.account.clone();
        let shared = audience.shared.clone();
        let seen = |digits: &str| self.account(digits, caller, method, changes).map(|_| ());
        if let Err(refusal) = seen(&account) {
            let through_sharing = !changes && shared.iter().any(|digits| seen(digits).is_ok());
            if !through_sharing {
                let hidden = refusal.subcode == Some(33);
                return Err(if hidden { Refusal::no_object(method, id) } else { refusal });
            }
        }
        self.audiences.get_mut(id).ok_or_else(|| Refusal::no_object(method, id))
    }

    pub(in crate::facebook::fake) fn update_audience(
        &mut self,
        id: &str,
        caller: &Caller,
        params: &Params<'_>,
    ) -> Answer {
        params.only(self.settings.strict, &[&EDITABLE, &["enable_fetch_or_create"]])?;
        let account = self.audience(id, caller, "POST", true)?.account.clone();
        self.account_for_files(&account, caller, "POST")?;
        let texts = texts(params)?;
        let days = retention(params)?;
        let (now, rule) = (self.now, self.settings.flagged_edit);
        let audience = self.audience(id, caller, "POST", true)?;
        if !audience.flagged.is_empty() && rule == FlaggedEdit::MustChangeFields {
            let changes =
                |field: &String| texts.get(field).is_some_and(|text| Some(text) != audience.texts.get(field));
            if !audience.flagged.iter().all(changes) {
                return Err(Refusal::new(100, "(#100) Invalid parameter").sub(1713231).user(
                    "Update Restricted Fields and Rule",
                    "Every field that was flagged must be changed.",
                ));
            }
            audience.flagged.clear();
        }
        if !audience.flagged.is_empty() {
            return Err(Refusal::new(100, "(#100) Invalid parameter").sub(1713228).user(
                "Custom Audience Cannot Be Edited",
                "This audience was flagged and cannot be edited. Request a review or create a new one.",
            ));
        }
        audience.texts.extend(texts);
        audience.retention_days = days.unwrap_or(audience.retention_days);
        audience.updated = now;
        Ok(json!({ "success": true }))
    }

    /// Deletes an audience, and remembers that there was one.
    pub(in crate::facebook::fake) fn forget(&mut self, id: &str) {
        if self.audiences.remove(id).is_some() {
            self.deleted.insert(id.to_owned());
        }
    }

    pub(in crate::facebook::fake) fn delete_audience(
        &mut self,
        id: &str,
        caller: &Caller,
        params: &Params<'_>,
    ) -> Answer {
        params.only(self.settings.strict, &[])?;
        self.audience(id, caller, "DELETE", true)?;
        if self.audiences.values().any(|other| other.origin.as_deref() == Some(id)) {
            return Err(Refusal::new(
                2656,
                "(#2656) Failed to delete custom audience: lookalikes were created from it",
            ));
        }
        self.forget(id);
        Ok(json!({ "success": true }))
    }
}
