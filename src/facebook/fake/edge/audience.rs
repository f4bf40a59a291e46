//! Audiences: create, read, edit, delete.

use serde_json::{Map, Value, json};

use super::lookalike;
use crate::facebook::fake::model::audience::Audience;
use crate::facebook::fake::model::members::Members;
use crate::facebook::fake::model::operation::OperationState;
use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::policy::access::{self, Access};
use crate::facebook::fake::policy::lifecycle;
use crate::facebook::fake::settings::FlaggedEdit;
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::page;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::{Answer, Refusal};

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

pub(super) fn create(state: &mut State, account: &str, caller: &Caller, params: &Params<'_>) -> Answer {
    params.only(state.settings.strict, &[&EDITABLE, &ONLY_AT_CREATION])?;
    access::account_for_files(state, account, caller, "POST")?;
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
        "LOOKALIKE" => Some(lookalike::seed(state, account, caller, params)?),
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
            audience.account == account && audience.subtype == subtype && audience.texts.get("name") == name
        };
        if let Some(known) = state.audiences.values().find(same) {
            return Ok(json!({ "id": known.id }));
        }
    }
    let count = state.audiences.values().filter(|a| a.account == account && a.subtype == subtype).count();
    if count >= state.settings.max_audiences {
        return Err(Refusal::new(
            2654,
            "(#2654) Failed to create custom audience: the ad account has reached its limit of audiences",
        ));
    }
    let id = state.object_id();
    let mut work = OperationState::default();
    let mut extra = texts;
    if origin.is_some() {
        work.populating(state.now, state.settings.ready);
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
        created: state.now,
        updated: state.now,
        content_updated: None,
        source: None,
        members: Members::default(),
        work,
        flagged: Vec::new(),
        delete_time: None,
        fresh_misses: state.settings.fresh_id_misses,
        origin,
        shared: Vec::new(),
        ads: Vec::new(),
    };
    state.audiences.insert(id.clone(), audience);
    Ok(json!({ "id": id }))
}

pub(super) fn update(state: &mut State, id: &str, caller: &Caller, params: &Params<'_>) -> Answer {
    params.only(state.settings.strict, &[&EDITABLE, &["enable_fetch_or_create"]])?;
    let account = access::audience(state, id, caller, "POST", Access::Write)?.account.clone();
    access::account_for_files(state, &account, caller, "POST")?;
    let texts = texts(params)?;
    let days = retention(params)?;
    let (now, rule) = (state.now, state.settings.flagged_edit);
    let audience = access::audience(state, id, caller, "POST", Access::Write)?;
    if !audience.flagged.is_empty() && rule == FlaggedEdit::MustChangeFields {
        let changes =
            |field: &String| texts.get(field).is_some_and(|text| Some(text) != audience.texts.get(field));
        if !audience.flagged.iter().all(changes) {
            return Err(Refusal::new(100, "(#100) Invalid parameter")
                .sub(1713231)
                .user("Update Restricted Fields and Rule", "Every field that was flagged must be changed."));
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

pub(super) fn delete(state: &mut State, id: &str, caller: &Caller, params: &Params<'_>) -> Answer {
    params.only(state.settings.strict, &[])?;
    access::audience(state, id, caller, "DELETE", Access::Write)?;
    if state.audiences.values().any(|other| other.origin.as_deref() == Some(id)) {
        return Err(Refusal::new(
            2656,
            "(#2656) Failed to delete custom audience: lookalikes were created from it",
        ));
    }
    lifecycle::delete(state, id);
    Ok(json!({ "success": true }))
}

/// Aggregated values of a value-based audience; empty here, since the fake keeps no values.
pub(super) fn health(state: &mut State, id: &str, caller: &Caller, params: &Params<'_>) -> Answer {
    const MORE: [&str; 6] = [
        "calculated_date",
        "processed_date",
        "value_aggregation_duration",
        "value_country",
        "value_currency",
        "value_version",
    ];
    params.only(state.settings.strict, &[&page::PARAMETERS, &MORE])?;
    if !access::audience(state, id, caller, "GET", Access::Read)?.is_value_based {
        return Err(Refusal::parameter("Health is for value-based audiences"));
    }
    Ok(json!({ "data": [] }))
}
