//! `ZIP`.

use super::context::Cx;
use super::settings::Postcodes;
use super::tables::states::{UNITED_STATES, UNITED_STATES_CODES};
use super::tables::{fold, look_up};
use super::text::{clean, fold_digits, is_placeholder, is_scientific, lowercase, refuse_digest};
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// Longest postcode of any country, with room.
const MAX_POSTCODE: usize = 12;

/// Countries whose postcodes are digits only, and how many. Spreadsheets eat their leading zeros.
#[rustfmt::skip]
const DIGITS: &[(&str, usize)] = &[
    ("at", 4), ("au", 4), ("be", 4), ("bg", 4), ("br", 8), ("ch", 4), ("cy", 4), ("cz", 5), ("de", 5), ("dk", 4), ("ee", 5), ("es", 5),
    ("fi", 5), ("fr", 5), ("gr", 5), ("hr", 5), ("hu", 4), ("it", 5), ("jp", 7), ("kr", 5), ("li", 4), ("lt", 5), ("lu", 4), ("lv", 4), ("md", 4), ("mx", 5), ("no", 4), ("nz", 4),
    ("pl", 5), ("pr", 5), ("ro", 6), ("rs", 5), ("se", 5), ("si", 4), ("sk", 5), ("tr", 5), ("ua", 5), ("us", 5),
];

/// Countries with postcodes that begin with two zeros.
const TWO_ZEROS: &[&str] = &["fi", "it", "jp", "mx", "pl"];

/// Lowercase without white space and dashes; five digits in the United States.
///
/// Source: customer-file guide (read 2026-09-12): lowercase, no white space, US first five digits, UK area, district
/// and sector; Conversions API: no dash, with `m11ae` as the UK example, which is a whole postcode: see [`Postcodes`].
pub(crate) fn zip(raw: &str, cx: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    clean(raw, out, trail)?;
    if is_placeholder(out) {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    fold_digits(out, trail);
    if is_scientific(out) {
        return Err(Reject::ScientificNotation);
    }
    lowercase(out, trail);
    take_decimals(out, trail);
    let region = cx.region();
    let country = region.as_ref().map_or("", super::region::Region::as_str);
    take_state(out, country, trail);
    let plus_four = is_zip_plus_four(out);
    trail.remove(out, |c| match c {
        _ if c.is_alphanumeric() => None,
        _ if c.is_whitespace() => Some(Step::SpacesRemoved),
        _ => Some(Step::PunctuationRemoved),
    });
    if out.is_empty() {
        return Err(Reject::Empty);
    }
    if !out.is_ascii() {
        return Err(Reject::Malformed);
    }
    match country {
        "us" | "pr" | "gu" | "vi" | "as" | "mp" => united_states(out, plus_four, trail)?,
        "gb" | "im" | "je" | "gg" => united_kingdom(out, cx.rules.postcodes, trail),
        "" if plus_four => shorten(out, 5, trail),
        code => digits_only(out, code, trail),
    }
    match out.len() {
        0 | 1 => Err(Reject::TooShort),
        2..=MAX_POSTCODE if out.bytes().all(|b| b == b'0') || is_placeholder(out) => Err(Reject::Placeholder),
        2..=MAX_POSTCODE => Ok(()),
        _ => Err(Reject::TooLong),
    }
}

/// Takes off the `.0` of a number that passed through floating point.
fn take_decimals(out: &mut String, trail: &mut Trail) {
    if let Some((whole, "0" | "00")) = out.split_once(['.', ','])
        && whole.len() >= 3
        && whole.bytes().all(|b| b.is_ascii_digit())
    {
        out.truncate(whole.len());
        trail.add(Step::DecimalsRemoved, out);
    }
}

/// Takes off the state or the country in front of a postcode of the United States: `CA 94035`.
fn take_state(out: &mut String, country: &str, trail: &mut Trail) {
    let Some(at) = out.find(|c: char| c.is_ascii_digit()).filter(|&at| at > 0) else { return };
    let word = fold(&out[..at]);
    let word = word.as_str();
    let known = || {
        matches!(word, "us" | "usa" | "zip" | "zipcode")
            || UNITED_STATES_CODES.contains(&word)
            || look_up(UNITED_STATES, word).is_some()
    };
    if country == "us" && known() {
        out.drain(..at);
        trail.add(Step::Shortened, out);
    }
}

/// `94035-1234`, `94035 1234`, and with more between or a digit too many behind.
fn is_zip_plus_four(text: &str) -> bool {
    let Some((zip, rest)) = text.split_at_checked(5) else { return false };
    let four = rest.trim_start_matches(['-', ' ', '+', '\u{2013}', '\u{2014}']);
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    digits(zip) && digits(four) && four.len() < rest.len() && matches!(four.len(), 4..=5)
}

fn shorten(out: &mut String, len: usize, trail: &mut Trail) {
    out.truncate(len);
    trail.add(Step::Shortened, out);
}

fn united_states(out: &mut String, plus_four: bool, trail: &mut Trail) -> Result<(), Reject> {
    let digits = out.bytes().all(|b| b.is_ascii_digit());
    match out.len() {
        _ if !digits => Err(Reject::Malformed),
        5 => Ok(()),
        _ if plus_four => {
            shorten(out, 5, trail);
            Ok(())
        }
        // 00501 is the least that is in use.
        3 | 4 => {
            pad(out, 5, trail);
            Ok(())
        }
        9 => {
            shorten(out, 5, trail);
            Ok(())
        }
        // A leading zero lost before the four.
        8 => {
            pad(out, 9, trail);
            shorten(out, 5, trail);
            Ok(())
        }
        0..=2 => Err(Reject::TooShort),
        _ => Err(Reject::Malformed),
    }
}

/// The part after the district is a digit (the sector) and two letters.
fn united_kingdom(out: &mut String, postcodes: Postcodes, trail: &mut Trail) {
    let inward = out.len() >= 5
        && matches!(out.as_bytes(), [.., sector, a, b] if sector.is_ascii_digit() && a.is_ascii_alphabetic() && b.is_ascii_alphabetic());
    if postcodes == Postcodes::Sector && inward {
        shorten(out, out.len() - 2, trail);
    }
}

/// Takes a country's letters off the front (`PL-00-950`, `D-80331`) and puts lost zeros back.
fn digits_only(out: &mut String, region: &str, trail: &mut Trail) {
    let Some(&(_, len)) = DIGITS.iter().find(|&&(code, _)| code == region) else { return };
    let letters = out.len() - out.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
    let plate = matches!(
        (region, &out[..letters]),
        ("de", "d")
            | ("fr", "f")
            | ("it", "i")
            | ("at", "a")
            | ("es", "e")
            | ("be", "b")
            | ("se", "s")
            | ("fi", "fin")
            | ("hu", "h")
            | ("li", "fl")
            | ("lu", "l")
            | ("no", "n")
    );
    if letters > 0 && (plate || out[..letters] == *region) && out.len() > letters {
        out.drain(..letters);
        trail.add(Step::Shortened, out);
    }
    let lost = len.saturating_sub(out.len());
    if (lost == 1 || (lost == 2 && TWO_ZEROS.contains(&region))) && out.bytes().all(|b| b.is_ascii_digit()) {
        pad(out, len, trail);
    }
}

fn pad(out: &mut String, len: usize, trail: &mut Trail) {
    while out.len() < len {
        out.insert(0, '0');
    }
    trail.add(Step::ZeroPadded, out);
}
