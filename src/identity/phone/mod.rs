//! `PHONE`.

use super::normalize::{Cx, clean, digit_value, is_placeholder, refuse_digest};
use super::reject::Reject;
use super::steps::{Step, Steps};

/// Digits with the country code in front.
///
/// Source: customer-file guide (read 2026-09-12): no symbols, letters or leading zeros; the country code in front.
pub(super) fn phone(raw: &str, _: &Cx<'_>, out: &mut String) -> Result<Steps, Reject> {
    let mut steps = clean(raw, out)?;
    if is_placeholder(out) {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    *out = out.chars().filter_map(digit_value).map(|digit| (b'0' + digit) as char).collect();
    let zeros = out.len() - out.trim_start_matches('0').len();
    steps.add_if(zeros > 0, Step::ExitCodeRemoved);
    out.drain(..zeros);
    match out.len() {
        0..=6 => Err(Reject::TooShort),
        7..=15 => Ok(steps),
        _ => Err(Reject::TooLong),
    }
}
