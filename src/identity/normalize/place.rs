//! `CT` and `ST`.

use unicode_normalization::UnicodeNormalization;

use super::context::Cx;
use super::settings::{Accents, NonUsStates};
use super::tables::states::{CANADA, CANADA_CODES, UNITED_STATES, UNITED_STATES_CODES, UNITED_STATES_SHORT};
use super::tables::{fold, look_up};
use super::text::{clean_words, is_name_placeholder, is_placeholder, lowercase, recompose, refuse_digest};
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// a to z only.
///
/// Source: customer-file guide (read 2026-09-12): a-z only, lowercase, no punctuation, special characters or white
/// space. The Conversions API page allows special characters in UTF-8: see [`Accents`].
pub(crate) fn city(raw: &str, cx: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    start(raw, out, trail, is_no_town)?;
    letters_only(out, cx.rules.accents, trail);
    not_nothing(out)?;
    Ok(())
}

/// The two-letter code in the United States and Canada; elsewhere the name in a to z.
///
/// Source: customer-file guide (read 2026-09-12): US two-letter ANSI code, lowercase; elsewhere lowercase without
/// punctuation, special characters or white space.
pub(crate) fn state(raw: &str, cx: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    let region = cx.region();
    let region = region.as_ref().map(super::region::Region::as_str);
    // `ND` is North Dakota before it is "no data".
    start(raw, out, trail, |text| {
        is_placeholder(text) && code(fold(text).as_str(), region, false).is_none()
    })?;
    let canada = cx.rules.non_us_states == NonUsStates::CanadianCodes;
    take_subdivision(out, region, trail);
    if let Some(code) = code(fold(out).as_str(), region, canada) {
        map_to(code, out, trail);
        return Ok(());
    }
    if region.is_some_and(in_the_states) {
        return Err(Reject::Unknown);
    }
    letters_only(out, cx.rules.accents, trail);
    // What stood between the letters may have hidden a name.
    if let Some(code) = code(fold(out).as_str(), region, canada) {
        map_to(code, out, trail);
        return Ok(());
    }
    if cx.rules.non_us_states == NonUsStates::TwoLetters
        && let Some((at, _)) = out.char_indices().nth(2)
    {
        out.truncate(at);
        trail.add(Step::Shortened, out);
    }
    not_nothing(out)?;
    Ok(())
}

/// Refuses what the rules left nothing of, only a word for nothing, or a digest.
fn not_nothing(out: &str) -> Result<(), Reject> {
    match out {
        "" => Err(Reject::Empty),
        word if is_name_placeholder(word) => Err(Reject::Placeholder),
        word => refuse_digest(word),
    }
}

/// Towns are called Nan and Nil, and pandas writes `NaN`.
fn is_no_town(text: &str) -> bool {
    is_name_placeholder(text)
}

/// Takes the country off an ISO 3166-2 code of it: `US-MA`, `CA-NB`.
fn take_subdivision(out: &mut String, region: Option<&str>, trail: &mut Trail) {
    let Some((country, code)) = out.split_once('-') else { return };
    let of_region = region.map_or_else(
        || country == "us" || (country == "ca" && CANADA_CODES.contains(&code)),
        |region| region == country,
    );
    if of_region && matches!(code.len(), 1..=3) && code.bytes().all(|b| b.is_ascii_alphanumeric()) {
        *out = code.to_owned();
        trail.add(Step::Shortened, out);
    }
}

/// The code of a folded name where the country has codes. Meta's words ask for codes in the United States only; those
/// of Canada stay where they are given, and replace the names by a setting.
fn code(word: &str, region: Option<&str>, canada: bool) -> Option<&'static str> {
    let names = |word| if canada { look_up(CANADA, word) } else { None };
    match region {
        Some(country) if in_the_states(country) => {
            us_code(word).or_else(|| look_up(UNITED_STATES_SHORT, word)).or_else(|| us_code_within(word))
        }
        Some("ca") => CANADA_CODES.iter().copied().find(|&code| code == word).or_else(|| names(word)),
        Some(_) => None,
        None => us_code(word).or_else(|| us_code_within(word)).or_else(|| names(word)),
    }
}

/// The United States and the territories that have a code of a state.
fn in_the_states(country: &str) -> bool {
    matches!(country, "us" | "pr" | "gu" | "vi" | "as" | "mp" | "um")
}

fn map_to(code: &str, out: &mut String, trail: &mut Trail) {
    let mapped = out.as_str() != code;
    out.clear();
    out.push_str(code);
    trail.add_if(mapped, Step::WordMapped, out);
}

/// The code of a name with its country, its kind or its own code around it: `California, USA`, `State of Texas`.
fn us_code_within(word: &str) -> Option<&'static str> {
    let around = ["unitedstatesofamerica", "unitedstates", "usa", "us", "state"];
    let before = ["thestateof", "stateof", "thecommonwealthof", "commonwealthof", "usa", "us"];
    let end = around.iter().find_map(|words| us_code(word.strip_suffix(words)?));
    let start = || before.iter().find_map(|words| us_code(word.strip_prefix(words)?));
    let own = || {
        let (first, rest) = word.split_at_checked(2)?;
        let (name, last) = word.split_at_checked(word.len().checked_sub(2)?)?;
        us_code(rest)
            .filter(|&code| code == first && rest.len() > 2)
            .or_else(|| us_code(name).filter(|&code| code == last && name.len() > 2))
    };
    end.or_else(start).or_else(own)
}

fn us_code(word: &str) -> Option<&'static str> {
    UNITED_STATES_CODES.iter().copied().find(|&code| code == word).or_else(|| look_up(UNITED_STATES, word))
}

fn start(
    raw: &str,
    out: &mut String,
    trail: &mut Trail,
    is_nothing: impl Fn(&str) -> bool,
) -> Result<(), Reject> {
    clean_words(raw, out, trail)?;
    if is_nothing(out) {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    lowercase(out, trail);
    Ok(())
}

/// Drops all but letters: those of a to z, or of every script.
fn letters_only(out: &mut String, accents: Accents, trail: &mut Trail) {
    if accents == Accents::Transliterate && !out.is_ascii() {
        *out = transliterate(out);
        trail.add(Step::Transliterated, out);
    }
    trail.remove(out, |c| match c {
        'a'..='z' => None,
        _ if accents == Accents::Keep && !c.is_ascii() && is_letter_or_mark(c) => None,
        _ if c.is_whitespace() => Some(Step::SpacesRemoved),
        _ if c.is_numeric() => Some(Step::DigitsRemoved),
        _ if c.is_alphabetic() => Some(Step::SpecialRemoved),
        _ => Some(Step::PunctuationRemoved),
    });
    recompose(out, trail);
}

fn is_letter_or_mark(c: char) -> bool {
    c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c)
}

/// Latin letters without their marks; the letters that are no letter and mark by the customary spelling.
fn transliterate(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd() {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'þ' => out.push_str("th"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' | 'ð' => out.push('d'),
            'ħ' => out.push('h'),
            'ı' => out.push('i'),
            'ŋ' => out.push('n'),
            _ => out.push(c),
        }
    }
    out
}
