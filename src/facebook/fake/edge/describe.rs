//! An audience as it is read: all its fields, and the ones that are asked for.

use serde_json::{Map, Value, json};

use crate::facebook::fake::model::audience::Audience;
use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::policy::access::{self, Access};
use crate::facebook::fake::policy::lifecycle;
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::fields::{Fields, select};
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::{Answer, Refusal};

const FIELDS: Fields = Fields {
    node: "CustomAudience",
    default: &["id"],
    known: &[
        "id",
        "account_id",
        "name",
        "description",
        "subtype",
        "approximate_count_lower_bound",
        "approximate_count_upper_bound",
        "audience_labels",
        "customer_file_source",
        "data_source",
        "data_source_types",
        "datafile_custom_audience_uploading_status",
        "delete_time",
        "delivery_status",
        "excluded_custom_audiences",
        "external_event_source",
        "fields_violating_integrity_policy",
        "household_audience",
        "included_custom_audiences",
        "is_eligible_for_sac_campaigns",
        "is_household",
        "is_snapshot",
        "is_value_based",
        "lookalike_audience_ids",
        "lookalike_spec",
        "operation_status",
        "opt_out_link",
        "owner_account_info",
        "owner_business",
        "page_deletion_marked_delete_time",
        "permission_for_actions",
        "pixel_id",
        "regulated_audience_spec",
        "retention_days",
        "rule",
        "rule_aggregation",
        "rule_v2",
        "seed_audience",
        "sharing_status",
        "time_content_updated",
        "time_created",
        "time_updated",
    ],
};

pub(super) fn read(state: &mut State, id: &str, caller: &Caller, params: &Params<'_>) -> Answer {
    const MORE: [&str; 4] =
        ["ad_account_id", "special_ad_categories", "special_ad_category_countries", "target_countries"];
    params.only(state.settings.strict, &[&MORE])?;
    let audience = access::audience(state, id, caller, "GET", Access::Read)?;
    if let Some(account) = params.text("ad_account_id") {
        let digits = account.strip_prefix("act_").unwrap_or(&account);
        if !audience.is_within_reach_of(digits) {
            return Err(Refusal::not_shared());
        }
    }
    lifecycle::count_read(state, id);
    let described = describe(state, id);
    select(&FIELDS, params, &described)
}

/// One row of a list.
pub(super) fn row(state: &State, id: &str, params: &Params<'_>) -> Answer {
    select(&FIELDS, params, &describe(state, id))
}

/// All fields that have a value. Unset ones are absent.
pub(super) fn describe(state: &State, id: &str) -> Map<String, Value> {
    let Some(audience) = state.audiences.get(id) else { return Map::new() };
    let (delivery, operation) = lifecycle::status(state, audience);
    let (lower, upper) = lifecycle::size_bounds(state, audience);
    let mut map = audience.texts.clone();
    map.remove("use_in_campaigns");
    map.remove("allowed_domains");
    map.remove("use_for_products");
    describe_lookalike(state, audience, &mut map);
    let mut set = |name: &str, value: Value| {
        map.insert(name.to_owned(), value);
    };
    set("id", json!(audience.id));
    set("account_id", json!(audience.account));
    set("subtype", json!(audience.subtype));
    set("approximate_count_lower_bound", json!(lower));
    set("approximate_count_upper_bound", json!(upper));
    set("delivery_status", json!({ "code": delivery.0, "description": delivery.1 }));
    set("operation_status", json!({ "code": operation.0, "description": operation.1 }));
    set("retention_days", json!(audience.retention_days));
    set("is_value_based", json!(audience.is_value_based));
    set("time_created", json!(audience.created));
    set("time_updated", json!(audience.updated));
    set("permission_for_actions", json!({ "can_edit": true, "can_see_insight": true, "can_share": true }));
    let kind = if audience.source.is_some() { "FILE_IMPORTED" } else { "UNKNOWN" };
    let kind = if audience.origin.is_some() { "SEED_BASED" } else { kind };
    let sub_type = audience.source.as_deref().unwrap_or("ANYTHING");
    set("data_source", json!({ "type": kind, "sub_type": sub_type, "creation_params": "[]" }));
    if let Some(time) = audience.content_updated {
        set("time_content_updated", json!(time));
    }
    set("delete_time", json!(audience.delete_time.unwrap_or(0)));
    if !audience.flagged.is_empty() {
        set("fields_violating_integrity_policy", json!(audience.flagged));
    }
    let lookalikes: Vec<&String> =
        state.audiences.values().filter(|a| a.origin.as_deref() == Some(id)).map(|a| &a.id).collect();
    if !lookalikes.is_empty() {
        set("lookalike_audience_ids", json!(lookalikes));
    }
    if let Some(business) = state.accounts.get(&audience.account).and_then(|owner| owner.business.as_ref()) {
        set("owner_business", json!({ "id": business, "name": "Fake business" }));
    }
    set("is_eligible_for_sac_campaigns", json!(audience.flagged.is_empty()));
    if !audience.shared.is_empty() {
        set("sharing_status", json!({ "sharing_relationship_id": 1, "status": "SHARED" }));
    }
    map
}

/// Adds the origin of a lookalike to the specification it was made with.
///
/// Source: lookalike audiences guide (read 2026-09-12).
fn describe_lookalike(state: &State, audience: &Audience, map: &mut Map<String, Value>) {
    let Some(spec) = map.get_mut("lookalike_spec").and_then(Value::as_object_mut) else { return };
    let Some(origin) = &audience.origin else { return };
    let seed = state.audiences.get(origin);
    let countries = spec.get("country").cloned().into_iter().collect::<Vec<_>>();
    spec.insert("target_countries".into(), json!(countries));
    spec.entry("type").or_insert_with(|| json!("custom_ratio"));
    let mut from = json!({ "id": origin, "type": "custom_audience", "deleted": seed.is_none() });
    if let (Some(seed), Some(from)) = (seed, from.as_object_mut()) {
        from.insert("name".into(), seed.texts.get("name").cloned().unwrap_or_default());
    }
    spec.insert("origin".into(), json!([from]));
}
