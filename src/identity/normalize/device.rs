//! The keys that leave in clear: `MADID`, `EXTERN_ID`, `PAGEUID`, `APPUID`.

use super::context::Cx;
use super::settings::ExternIds;
use super::text::{MAX_CELL, clean, is_placeholder, is_scientific, refuse_digest};
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// A UUID in lower case with its hyphens; never hashed.
///
/// Source: customer-file guide (read 2026-09-12): no hash, lowercase, keep hyphens. The all-zero id is what a phone
/// gives whose owner has turned tracking off.
pub(crate) fn madid(raw: &str, _: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    clean(raw, out, trail)?;
    if is_placeholder(out) {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    if let Some(id) = out.strip_prefix('{').and_then(|id| id.strip_suffix('}')) {
        *out = id.to_owned();
        trail.add(Step::PunctuationRemoved, out);
    }
    let is_uuid = out.len() == 36
        && out.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    if !is_uuid {
        return Err(Reject::Malformed);
    }
    if out.bytes().all(|b| b == b'0' || b == b'-') {
        return Err(Reject::Placeholder);
    }
    super::text::lowercase(out, trail);
    Ok(())
}

/// The advertiser's own id, as it is.
///
/// Source: customer-file guide (read 2026-09-12): need not be hashed; keep one exact format.
pub(crate) fn extern_id(raw: &str, cx: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    if raw.len() > MAX_CELL {
        return Err(Reject::TooLong);
    }
    let trimmed = raw.trim();
    if trimmed.is_empty() {
        return Err(Reject::Empty);
    }
    // One id that says nothing makes one person of everybody without an id.
    if is_placeholder(trimmed) || trimmed.bytes().all(|b| matches!(b, b'0' | b'-' | b'.')) {
        return Err(Reject::Placeholder);
    }
    if is_scientific(trimmed) {
        return Err(Reject::ScientificNotation);
    }
    let kept = if cx.rules.extern_ids == ExternIds::Trimmed { trimmed } else { raw };
    out.push_str(kept);
    trail.add_if(kept.len() != raw.len(), Step::Trimmed, out);
    trail.add_if(looks_personal(trimmed), Step::LooksPersonal, out);
    Ok(())
}

/// True for an e-mail address, or a phone number with a plus.
fn looks_personal(id: &str) -> bool {
    let address = id.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    let phone = id.strip_prefix('+').is_some_and(|rest| {
        rest.bytes().filter(u8::is_ascii_digit).count() >= 7
            && rest.bytes().all(|b| b.is_ascii_digit() || b" -().".contains(&b))
    });
    address || phone
}

/// A page-scoped or app-scoped user id: digits.
pub(crate) fn scoped_id(raw: &str, _: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    clean(raw, out, trail)?;
    if is_placeholder(out) || out.bytes().all(|b| b == b'0') {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    match out.len() {
        _ if !out.bytes().all(|b| b.is_ascii_digit()) => Err(Reject::Malformed),
        0..=20 => Ok(()),
        _ => Err(Reject::TooLong),
    }
}
