//! `LOOKALIKE_VALUE` and the columns of data processing options, which leave as JSON numbers and lists.

use rust_decimal::Decimal;

use super::context::Cx;
use super::text::{clean, is_placeholder};
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// A number that is not negative.
///
/// Source: value-based lookalikes (read 2026-09-12): an integer or a float, at least 0.
pub(crate) fn lookalike_value(
    raw: &str,
    _: &Cx<'_>,
    out: &mut String,
    trail: &mut Trail,
) -> Result<(), Reject> {
    clean(raw, out, trail)?;
    if is_placeholder(out) {
        return Err(Reject::Placeholder);
    }
    if out.len() > 30 {
        return Err(Reject::TooLong);
    }
    let is_number = out.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-' || b == b'+');
    let value = out.parse::<Decimal>().ok().filter(|_| is_number).ok_or(Reject::Malformed)?;
    if value < Decimal::ZERO {
        return Err(Reject::OutOfRange);
    }
    let written = value.normalize().to_string();
    if written != *out {
        *out = written;
        trail.add(Step::NumberRewritten, out);
    }
    Ok(())
}

/// `["LDU"]` to limit the use of the row's data, `[]` not to.
///
/// Source: data processing options (read 2026-09-12); for customer lists the flag is per row and per audience.
pub(crate) fn options(raw: &str, _: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    clean(raw, out, trail)?;
    let limited = match out.to_ascii_lowercase().as_str() {
        "ldu" | "[\"ldu\"]" | "true" | "yes" | "1" => true,
        "[]" | "false" | "no" | "0" => false,
        _ => return Err(Reject::Unknown),
    };
    let list = if limited { "[\"LDU\"]" } else { "[]" };
    if out != list {
        list.clone_into(out);
        trail.add(Step::WordMapped, out);
    }
    Ok(())
}

/// 1 for the United States, 0 for Facebook to find out.
pub(crate) fn options_country(
    raw: &str,
    _: &Cx<'_>,
    out: &mut String,
    trail: &mut Trail,
) -> Result<(), Reject> {
    number_of(raw, out, trail, |number| number <= 1)
}

/// The state by Facebook's number, 1000 for California and so on; 0 for Facebook to find out.
pub(crate) fn options_state(
    raw: &str,
    _: &Cx<'_>,
    out: &mut String,
    trail: &mut Trail,
) -> Result<(), Reject> {
    number_of(raw, out, trail, |number| number == 0 || (1000..=1014).contains(&number))
}

fn number_of(raw: &str, out: &mut String, trail: &mut Trail, allowed: fn(u16) -> bool) -> Result<(), Reject> {
    clean(raw, out, trail)?;
    let number: u16 = out.parse().map_err(|_| Reject::Malformed)?;
    if !allowed(number) || out.starts_with('+') || (out.len() > 1 && out.starts_with('0')) {
        return Err(Reject::OutOfRange);
    }
    Ok(())
}
