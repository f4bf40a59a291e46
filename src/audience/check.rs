//! The rules that a draft and an edit share.

use crate::error::ValidationErrors;
use crate::facebook::{AccountId, AudienceLabel, CustomAudience};

/// Most characters of a name. Facebook documents no limit (Custom Audience reference, read 2026-09-12); this is the
/// crate's own.
pub(super) const NAME_CHARS: usize = 255;
/// Most characters of a description; the crate's own limit too.
pub(super) const DESCRIPTION_CHARS: usize = 1_000;

/// Trims a required text and reports what is wrong with it.
pub(super) fn text(field: &'static str, text: &str, most: usize, problems: &mut ValidationErrors) -> String {
    let text = text.trim();
    let chars = text.chars().count();
    if chars == 0 {
        problems.push(field, "required", format!("is missing: give the audience a {field}"));
    } else if chars > most {
        problems.push(field, "too_long", format!("has {chars} characters: at most {most}"));
    } else if text.chars().any(char::is_control) {
        problems.push(field, "malformed", "has a control character or a line break: use one line of text");
    }
    text.to_owned()
}

pub(super) fn retention(days: Option<u16>, problems: &mut ValidationErrors) {
    // `retention_days`: 1 to 180. Source: ad account custom audiences reference (read 2026-09-12).
    if days.is_some_and(|days| !(1..=180).contains(&days)) {
        problems.push("retention_days", "out_of_range", "must be 1 to 180, or left out for ever");
    }
}

pub(super) fn opt_out_link(link: Option<&str>, problems: &mut ValidationErrors) {
    let Some(link) = link else { return };
    let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or("");
    if !host.contains('.') || link.contains(char::is_whitespace) {
        problems.push(
            "opt_out_link",
            "malformed",
            "is not a link: write it whole, such as https://example.com/opt-out",
        );
    }
}

pub(super) fn labels(labels: &[AudienceLabel], problems: &mut ValidationErrors) {
    for (index, label) in labels.iter().map(AudienceLabel::as_str).enumerate() {
        if label.is_empty()
            || !label.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        {
            problems.push(
                format!("labels[{index}]"),
                "malformed",
                "is not a label: capitals, digits and _, such as HIGH_VALUE_CUSTOMERS",
            );
        }
    }
}

/// Whether people can be sent to an audience that is there already.
pub(super) fn adoptable(found: &CustomAudience, account: &AccountId, problems: &mut ValidationErrors) {
    if found.account.as_ref().is_some_and(|owner| owner != account) {
        problems.push("account", "mismatch", "is not the ad account that owns the audience");
    }
    if found.subtype.as_deref().is_some_and(|subtype| subtype != "CUSTOM") {
        problems.push(
            "id",
            "not_a_customer_file",
            "is not a customer-file audience: people cannot be sent to it",
        );
    }
}
