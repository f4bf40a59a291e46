//! `CT` and `ST`.

use unicode_normalization::UnicodeNormalization;

use super::tables::states::{CANADA, CANADA_CODES, UNITED_STATES, UNITED_STATES_CODES, UNITED_STATES_SHORT};
use super::tables::{fold, look_up};
use super::text::{clean, is_placeholder, lowercase, recompose, refuse_digest};
use super::{Accents, Cx, StatesAbroad};
use crate::identity::reject::Reject;
use crate::identity::steps::{Step, Steps};

/// a to z only.
///
/// Source: customer-file guide (read 2026-09-12): a-z only, lowercase, no punctuation, special characters or white
/// space. The Conversions API page allows special characters in UTF-8: see [`Accents`].
pub(crate) fn city(raw: &str, cx: &Cx<'_>, out: &mut String) -> Result<Steps, Reject> {
    let mut steps = start(raw, out)?;
    letters_only(out, cx.rules.accents, &mut steps);
    not_nothing(out)?;
    Ok(steps)
}

/// The two-letter code in the United States and Canada; elsewhere the name in a to z.
///
/// Source: customer-file guide (read 2026-09-12): US two-letter ANSI code, lowercase; elsewhere lowercase without
/// punctuation, special characters or white space.
pub(crate) fn state(raw: &str, cx: &Cx<'_>, out: &mut String) -> Result<Steps, Reject> {
    let mut steps = start(raw, out)?;
    let word = fold(out);
    let word = word.as_str();
    let code = match cx.region().as_ref().map(super::Region::as_str) {
        Some("us" | "pr" | "gu" | "vi" | "as" | "mp" | "um") => {
            Some(us_code(word).or_else(|| look_up(UNITED_STATES_SHORT, word)).ok_or(Reject::Unknown)?)
        }
        Some("ca") => {
            CANADA_CODES.iter().copied().find(|&code| code == word).or_else(|| look_up(CANADA, word))
        }
        Some(_) => None,
        None => us_code(word).or_else(|| look_up(CANADA, word)),
    };
    if let Some(code) = code {
        steps.add_if(out.as_str() != code, Step::WordMapped);
        out.clear();
        out.push_str(code);
        return Ok(steps);
    }
    letters_only(out, cx.rules.accents, &mut steps);
    if cx.rules.states_abroad == StatesAbroad::TwoLetters
        && let Some((at, _)) = out.char_indices().nth(2)
    {
        out.truncate(at);
        steps.add(Step::Shortened);
    }
    not_nothing(out)?;
    Ok(steps)
}

/// Refuses what the rules left nothing of, only a word for nothing, or a digest.
fn not_nothing(out: &str) -> Result<(), Reject> {
    match out {
        "" => Err(Reject::Empty),
        word if is_placeholder(word) => Err(Reject::Placeholder),
        word => refuse_digest(word),
    }
}

fn us_code(word: &str) -> Option<&'static str> {
    UNITED_STATES_CODES.iter().copied().find(|&code| code == word).or_else(|| look_up(UNITED_STATES, word))
}

fn start(raw: &str, out: &mut String) -> Result<Steps, Reject> {
    let mut steps = clean(raw, out)?;
    if is_placeholder(out) {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    lowercase(out, &mut steps);
    Ok(steps)
}

/// Drops all but letters: those of a to z, or of every script.
fn letters_only(out: &mut String, accents: Accents, steps: &mut Steps) {
    if accents == Accents::Transliterate && !out.is_ascii() {
        *out = transliterate(out);
        steps.add(Step::Transliterated);
    }
    out.retain(|c| {
        let keep =
            c.is_ascii_lowercase() || (accents == Accents::Keep && !c.is_ascii() && is_letter_or_mark(c));
        if !keep {
            steps.add(match c {
                _ if c.is_whitespace() => Step::SpacesRemoved,
                _ if c.is_numeric() => Step::DigitsRemoved,
                _ if c.is_alphabetic() => Step::SpecialRemoved,
                _ => Step::PunctuationRemoved,
            });
        }
        keep
    });
    recompose(out);
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
