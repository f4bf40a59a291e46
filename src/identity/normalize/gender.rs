//! `GEN`.

use super::context::Cx;
use super::tables::genders::{GENDERS, NEITHER};
use super::tables::{fold, look_up};
use super::text::{clean, is_placeholder, refuse_digest};
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// `m` or `f`, from a letter or a word of the list; never from the first letter of another word.
///
/// Source: customer-file guide (read 2026-09-12): `m` for male, `f` for female; leave blank if unknown (App Events).
pub(crate) fn gender(raw: &str, _: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    clean(raw, out, trail)?;
    if is_placeholder(out) {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    if matches!(out.as_str(), "m" | "f") {
        return Ok(());
    }
    let word = fold(out);
    let word = word.as_str();
    // Hungarian "nő" has an accent; without it the word says no.
    let known = look_up(GENDERS, word).filter(|_| word != "no" || !out.is_ascii());
    let Some(letter) = known else {
        return Err(if NEITHER.contains(&word) { Reject::NotCarried } else { Reject::Unknown });
    };
    let step = if word.len() == 1 { Step::Lowercased } else { Step::WordMapped };
    out.clear();
    out.push(letter);
    trail.add(step, out);
    Ok(())
}
