//! `COUNTRY`.

use super::context::Cx;
use super::region::{NO_COUNTRIES, Region};
use super::text::{clean_words, is_placeholder, refuse_digest};
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// The alpha-2 code, lowercase.
///
/// Source: customer-file guide (read 2026-09-12): ISO 3166-1 alpha-2, lowercase; the Conversions API's example is
/// `United States` to `us`. Only assigned codes are sent; a name that is in no list is refused, never shortened.
pub(crate) fn country(raw: &str, _: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    clean_words(raw, out, trail)?;
    if is_placeholder(out) {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    let region = match out.as_bytes() {
        &[a, b] => Region::of_code([a.to_ascii_lowercase(), b.to_ascii_lowercase()]),
        _ => Region::of_words(out),
    };
    let region = region.filter(|region| !NO_COUNTRIES.contains(&region.as_str())).ok_or(Reject::Unknown)?;
    if out.eq_ignore_ascii_case(region.as_str()) {
        super::text::lowercase(out, trail);
    } else {
        out.clear();
        out.push_str(region.as_str());
        trail.add(Step::WordMapped, out);
    }
    Ok(())
}
