//! Lookalikes, as far as a customer-file audience can seed one.

use serde_json::Value;

use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::policy::access::{self, Access};
use crate::facebook::fake::policy::lifecycle;
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::Refusal;

/// Fewest people of a seed.
///
/// Source: lookalike guide (read 2026-09-12).
const SMALLEST_SEED: u64 = 100;

const KNOWN: [&str; 12] = [
    "type",
    "ratio",
    "starting_ratio",
    "country",
    "location_spec",
    "allow_international_seeds",
    "conversion_type",
    "origin",
    "target_countries",
    "is_financial_service",
    "page_id",
    "origin_ids",
];

/// Checks a lookalike's parameters and returns the audience that it is made from.
pub(super) fn seed(
    state: &mut State,
    account: &str,
    caller: &Caller,
    params: &Params<'_>,
) -> Result<String, Refusal> {
    let missing = |name| Refusal::parameter(format_args!("Missing parameter(s): {name}"));
    let id = params.text("origin_audience_id").ok_or_else(|| missing("origin_audience_id"))?.into_owned();
    let spec = params.json("lookalike_spec").ok_or_else(|| missing("lookalike_spec"))?;
    let spec: serde_json::Map<String, Value> = serde_json::from_str(&spec)
        .map_err(|_| Refusal::parameter("Param lookalike_spec must be a JSON object"))?;
    if let Some(name) = spec.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(Refusal::parameter(format_args!("Param lookalike_spec has an unknown key: {name}")));
    }
    if spec.contains_key("country") == spec.contains_key("location_spec") {
        return Err(Refusal::parameter("Param lookalike_spec needs either country or location_spec"));
    }
    let kind = spec.get("type").and_then(Value::as_str);
    let ratio = spec.get("ratio").and_then(Value::as_f64);
    let fits =
        |ratio: f64| (0.0099..=0.2001).contains(&ratio) && ((ratio * 100.0).fract() % 1.0).abs() < 1e-6;
    let good = match (kind, ratio) {
        (Some("similarity" | "reach"), None) => true,
        (Some("custom_ratio") | None, Some(ratio)) => fits((ratio * 100.0).round() / 100.0),
        _ => false,
    };
    if !good {
        return Err(Refusal::parameter(
            "Param lookalike_spec needs type similarity or reach, or a ratio of 0.01 to 0.20",
        ));
    }
    if let Some(start) = spec.get("starting_ratio").and_then(Value::as_f64)
        && ratio.is_none_or(|ratio| start >= ratio)
    {
        return Err(Refusal::parameter("Param lookalike_spec needs a starting_ratio below its ratio"));
    }
    if state.deleted.contains(&id) {
        return Err(Refusal::deleted());
    }
    let seed = access::audience(state, &id, caller, "GET", Access::Read)?;
    if !seed.is_within_reach_of(account) {
        return Err(Refusal::not_shared());
    }
    // Who it is shared with cannot make lookalikes of it.
    let Some(seed) = state.audiences.get(&id).filter(|seed| seed.account == account) else {
        return Err(Refusal::new(200, "Permissions error"));
    };
    if !seed.flagged.is_empty() {
        return Err(Refusal::new(100, "(#100) Invalid parameter").sub(1713232).user(
            "Seed Audience Is Restricted",
            "The seed audience was flagged and cannot be used for a lookalike.",
        ));
    }
    if lifecycle::matched(state, seed) < SMALLEST_SEED {
        return Err(Refusal::new(
            2654,
            "(#2654) Failed to create custom audience: the seed has too few people",
        ));
    }
    Ok(id)
}
