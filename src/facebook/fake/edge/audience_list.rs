//! The list of an account's audiences, with its filters.

use serde_json::Value;

use super::describe;
use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::policy::access::{self, Access};
use crate::facebook::fake::policy::lifecycle;
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::page;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::{Answer, Refusal};

struct Condition {
    field: String,
    operator: String,
    value: Value,
}

/// Fields that filter here. Facebook's pages show `delete_time` and `operation_status.code`; more is not documented.
const FILTERED: [&str; 7] = [
    "name",
    "subtype",
    "delete_time",
    "time_created",
    "time_updated",
    "operation_status.code",
    "delivery_status.code",
];

fn conditions(params: &Params<'_>) -> Result<Vec<Condition>, Refusal> {
    let Some(text) = params.json("filtering") else { return Ok(Vec::new()) };
    let wrong = || Refusal::parameter("Param filtering must be an array of {field, operator, value}");
    let list: Vec<serde_json::Map<String, Value>> = serde_json::from_str(&text).map_err(|_| wrong())?;
    list.into_iter()
        .map(|mut one| {
            let text =
                |name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(wrong);
            let (field, operator) = (text("field")?, text("operator")?);
            if !FILTERED.contains(&field.as_str()) {
                return Err(Refusal::parameter(format_args!("Filtering field {field} is invalid")));
            }
            Ok(Condition { field, operator, value: one.remove("value").ok_or_else(wrong)? })
        })
        .collect()
}

/// A number, also one that was written as text.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn same(a: &Value, b: &Value) -> bool {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => a == b,
        _ => number(a).is_some() && number(a) == number(b),
    }
}

impl Condition {
    fn holds(&self, object: &serde_json::Map<String, Value>) -> Result<bool, Refusal> {
        let mut path = self.field.split('.');
        let mut found = path.next().and_then(|name| object.get(name));
        for name in path {
            found = found.and_then(|value| value.get(name));
        }
        let Some(found) = found else { return Ok(false) };
        let any = |list: &Value| list.as_array().is_some_and(|list| list.iter().any(|one| same(found, one)));
        let text = |test: fn(&str, &str) -> bool| {
            let (Some(text), Some(part)) = (found.as_str(), self.value.as_str()) else { return false };
            test(&text.to_lowercase(), &part.to_lowercase())
        };
        let order = |test: fn(i64, i64) -> bool| {
            number(found).zip(number(&self.value)).is_some_and(|(found, bound)| test(found, bound))
        };
        Ok(match self.operator.as_str() {
            "EQUAL" => same(found, &self.value),
            "NOT_EQUAL" => !same(found, &self.value),
            "GREATER_THAN" => order(|a, b| a > b),
            "GREATER_THAN_OR_EQUAL" => order(|a, b| a >= b),
            "LESS_THAN" => order(|a, b| a < b),
            "LESS_THAN_OR_EQUAL" => order(|a, b| a <= b),
            "IN" => any(&self.value),
            "NOT_IN" => !any(&self.value),
            "CONTAIN" => text(|text, part| text.contains(part)),
            "NOT_CONTAIN" => !text(|text, part| text.contains(part)),
            "STARTS_WITH" => text(|text, part| text.starts_with(part)),
            "ENDS_WITH" => text(|text, part| text.ends_with(part)),
            other => return Err(Refusal::parameter(format_args!("Filtering operator {other} is invalid"))),
        })
    }
}

pub(super) fn list(
    state: &mut State,
    account: &str,
    link: &page::Link<'_>,
    caller: &Caller,
    params: &Params<'_>,
) -> Answer {
    const MORE: [&str; 4] = ["filtering", "pixel_id", "business_id", "fetch_primary_audience"];
    params.only(state.settings.strict, &[&page::PARAMETERS, &MORE])?;
    access::account(state, account, caller, "GET", Access::Read)?;
    let conditions = conditions(params)?;
    let mine: Vec<String> =
        state.audiences.values().filter(|a| a.account == account).map(|a| a.id.clone()).collect();
    let mut rows = Vec::new();
    // Ids rise, so the newest is the last.
    for id in mine.iter().rev() {
        lifecycle::settle(state, id);
        let object = describe::describe(state, id);
        let mut kept = !object.is_empty();
        for condition in &conditions {
            kept = kept && condition.holds(&object)?;
        }
        if kept {
            rows.push((id.clone(), describe::row(state, id, params)?));
        }
    }
    page::cut(&rows, link, params, &state.settings, state.seed)
}
