//! Ad accounts and their edges.

use serde_json::{Map, Value, json};

use crate::facebook::fake::log::Edge;
use crate::facebook::fake::model::account::Account;
use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::policy::access::{self, Access};
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::fields::{Fields, select};
use crate::facebook::fake::wire::page;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::{Answer, Refusal};

/// All fields, as far as they have a value.
fn describe(account: &Account) -> Map<String, Value> {
    let mut map = Map::new();
    let mut set = |name: &str, value: Value| {
        map.insert(name.to_owned(), value);
    };
    set("id", json!(format!("act_{}", account.id)));
    set("account_id", json!(account.id));
    set("name", json!(account.name));
    set("account_status", json!(account.status));
    set("disable_reason", json!(account.disable_reason));
    set("currency", json!(account.currency));
    set("timezone_id", json!(110));
    set("timezone_name", json!(account.timezone_name));
    set("timezone_offset_hours_utc", json!(1));
    set("owner", json!(account.business.as_deref().unwrap_or("100200300400500")));
    set("user_tasks", json!(account.user_tasks));
    set("capabilities", json!([]));
    set("amount_spent", json!("0"));
    set("balance", json!("0"));
    set("spend_cap", json!("0"));
    if let Some(business) = &account.business {
        set("business", json!({ "id": business, "name": "Fake business" }));
        set("business_name", json!("Fake business"));
        if account.terms_accepted {
            set("tos_accepted", json!({ "custom_audience_tos": 1 }));
            set("user_tos_accepted", json!({ "custom_audience_tos": 1 }));
        }
    }
    let created = time::OffsetDateTime::from_unix_timestamp(account.created)
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let shape = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]+0000");
    set("created_time", json!(created.format(&shape).unwrap_or_default()));
    map
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

pub(super) fn read(state: &State, digits: &str, caller: &Caller, params: &Params<'_>) -> Answer {
    params.only(state.settings.strict, &[])?;
    let account = access::account(state, digits, caller, "GET", Access::Read)?;
    select(&FIELDS, params, &describe(account))
}

pub(super) fn list(state: &State, link: &page::Link<'_>, caller: &Caller, params: &Params<'_>) -> Answer {
    params.only(state.settings.strict, &[&page::PARAMETERS])?;
    let seen =
        |account: &&Account| caller.token.accounts.as_ref().is_none_or(|seen| seen.contains(&account.id));
    let rows = state
        .accounts
        .values()
        .filter(seen)
        .map(|account| Ok((account.id.clone(), select(&FIELDS, params, &describe(account))?)))
        .collect::<Result<Vec<_>, Refusal>>()?;
    page::cut(&rows, link, params, &state.settings, state.seed)
}

/// The accounts of a business: its own, or those of its clients.
///
/// Source: business reference, `owned_ad_accounts` and `client_ad_accounts` (read 2026-09-12).
pub(super) fn list_of_business(
    state: &State,
    edge: Edge,
    business: &str,
    link: &page::Link<'_>,
    caller: &Caller,
    params: &Params<'_>,
) -> Answer {
    params.only(state.settings.strict, &[&page::PARAMETERS, &["search_query"]])?;
    let owned = |account: &Account| account.business.as_deref() == Some(business);
    let client = |account: &Account| account.client_of.contains_key(business);
    if !state.accounts.values().any(|account| owned(account) || client(account)) {
        return Err(Refusal::no_object("GET", business));
    }
    if !caller.token.has("business_management") {
        return Err(Refusal::new(200, "(#200) Requires business_management permission to manage the object"));
    }
    let part = params.text("search_query").unwrap_or_default().to_lowercase();
    let mut rows = Vec::new();
    for account in state.accounts.values() {
        let mine = if edge == Edge::ListOwnedAccounts { owned(account) } else { client(account) };
        if mine && account.name.to_lowercase().contains(&part) {
            let mut all = describe(account);
            if let Some(tasks) = account.client_of.get(business) {
                all.insert("permitted_tasks".into(), json!(tasks));
            }
            rows.push((account.id.clone(), select(&FIELDS, params, &all)?));
        }
    }
    let mut page = page::cut(&rows, link, params, &state.settings, state.seed)?;
    let counted = params.list("summary")?.is_some_and(|asked| asked.iter().any(|one| one == "total_count"));
    if let Some(page) = page.as_object_mut().filter(|_| counted) {
        page.insert("summary".into(), json!({ "total_count": rows.len() }));
    }
    Ok(page)
}

pub(super) fn terms(
    state: &mut State,
    edge: Edge,
    digits: &str,
    caller: &Caller,
    params: &Params<'_>,
) -> Answer {
    params.only(state.settings.strict, &[&["tos_id", "business_id"]])?;
    let access = if edge == Edge::AcceptTerms { Access::Write } else { Access::Read };
    access::account(state, digits, caller, "GET", access)?;
    if edge == Edge::AcceptTerms {
        if !params.has("tos_id") {
            return Err(Refusal::parameter("Missing parameter(s): tos_id"));
        }
        if let Some(account) = state.accounts.get_mut(digits) {
            account.terms_accepted = true;
        }
        return Ok(json!({ "success": true }));
    }
    Ok(json!({ "data": [{ "id": "111222333444555", "type": "custom_audience_tos", "content": "Terms" }] }))
}
