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
    if text.chars().all(is_invisible) {
        problems.push(field, "required", format!("is missing; give the audience a {field}"));
    } else if chars > most {
        problems.push(field, "too_long", format!("has {chars} characters; expected at most {most}"));
    } else if text.chars().any(breaks_a_line) {
        problems.push(field, "malformed", "has a control character or a line break; use one line of text");
    } else if text.chars().any(turns_text) {
        problems.push(
            field,
            "malformed",
            "has a character that overrides the text direction and can hide text; remove it",
        );
    }
    text.to_owned()
}

fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Overrides, embeddings and isolates of direction; the plain marks of right-to-left writing are none of them.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// White space and what leaves no mark on a screen. Source: `Default_Ignorable_Code_Point` of Unicode 16, which is
/// where joiners, fillers, variation selectors and soft hyphens are, and the blank of Braille.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

pub(super) fn retention(days: Option<u16>, problems: &mut ValidationErrors) {
    // `retention_days`: 1 to 180. Source: ad account custom audiences reference (read 2026-09-12).
    if days.is_some_and(|days| !(1..=180).contains(&days)) {
        problems.push(
            "retention_days",
            "out_of_range",
            "is out of range; expected 1 to 180, or nothing for no limit",
        );
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
            "is not a link; expected a whole URL such as https://example.com/opt-out",
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
                "is not a label; expected capitals, digits and _, such as HIGH_VALUE_CUSTOMERS",
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
            "is not a customer-file audience; contacts cannot be sent to it",
        );
    }
}
