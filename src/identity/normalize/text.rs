//! What all keys share: clean the text, tell placeholders and digests.

use smallvec::SmallVec;
use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// Longest cell that is looked at. No key of Facebook's comes near it.
pub(crate) const MAX_CELL: usize = 4_096;

/// Writes `raw` to `out` without blanks at the ends, without invisible characters, with full-width forms folded and
/// composed to NFC.
pub(crate) fn clean(raw: &str, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    if raw.len() > MAX_CELL {
        return Err(Reject::TooLong);
    }
    if raw.is_ascii() {
        let ends_are_plain = matches!(raw.as_bytes(), [b'!'..=b'~', .., b'!'..=b'~']);
        let trimmed = if ends_are_plain { raw } else { raw.trim_matches(is_blank_ascii) };
        out.push_str(trimmed);
        trail.add_if(trimmed.len() != raw.len(), Step::Trimmed, out);
    } else {
        // The sign of a character that was lost in decoding.
        if raw.contains('\u{fffd}') {
            return Err(Reject::Malformed);
        }
        clean_unicode(raw, out, trail);
    }
    if out.is_empty() { Err(Reject::Empty) } else { Ok(()) }
}

/// As [`clean`], for words that web forms may have encoded as HTML.
pub(crate) fn clean_words(raw: &str, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    if raw.len() > MAX_CELL || !raw.contains('&') {
        return clean(raw, out, trail);
    }
    let decoded = super::tables::entities::decode(raw);
    trail.add_if(decoded != raw, Step::EntitiesDecoded, &decoded);
    clean(&decoded, out, trail)
}

fn is_blank_ascii(c: char) -> bool {
    c <= ' ' || c == '\u{7f}'
}

fn clean_unicode(raw: &str, out: &mut String, trail: &mut Trail) {
    let trimmed = raw.trim_matches(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c));
    out.push_str(trimmed);
    trail.add_if(trimmed.len() != raw.len(), Step::Trimmed, out);
    trail.remove(out, |c| is_invisible(c).then_some(Step::InvisibleRemoved));
    if out.chars().any(|c| plain_width(c).is_some()) {
        *out = out.chars().map(|c| plain_width(c).unwrap_or(c)).collect();
        trail.add(Step::WidthFolded, out);
    }
    if out.chars().any(is_presentation) {
        *out = out.chars().map(|c| if is_presentation(c) { Ok(c) } else { Err(c) }).fold(
            String::new(),
            |mut text, c| {
                match c {
                    Ok(c) => text.extend(std::iter::once(c).nfkc()),
                    Err(c) => text.push(c),
                }
                text
            },
        );
        trail.add(Step::WidthFolded, out);
    }
    compose(out, trail);
}

/// Makes the text NFC again after characters were taken out of it.
pub(crate) fn recompose(out: &mut String, trail: &mut Trail) {
    if !out.is_ascii() {
        let dotted = undot(out);
        trail.add_if(dotted, Step::Lowercased, out);
        compose(out, trail);
    }
}

/// Unicode writes the small form of U+0130 as i and a dot above; in Turkish, where it comes from, it is i.
/// True when there was one.
fn undot(out: &mut String) -> bool {
    let dotted = out.contains(DOTTED);
    while out.contains(DOTTED) {
        *out = out.replace(DOTTED, "i");
    }
    dotted
}

const DOTTED: &str = "i\u{307}";

/// Makes the text NFC.
fn compose(out: &mut String, trail: &mut Trail) {
    if is_nfc_quick(out.chars()) != unicode_normalization::IsNormalized::Yes {
        let composed: String = out.nfc().collect();
        if composed != *out {
            *out = composed;
            trail.add(Step::Composed, out);
        }
    }
}

/// Zero-width, direction and variation characters, soft hyphens, fillers and tags: none is seen, all change a hash.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Ligatures and mathematical letters: a picture of letters that a keyboard writes plainly.
fn is_presentation(c: char) -> bool {
    matches!(c, '\u{fb00}'..='\u{fb06}' | '\u{1d400}'..='\u{1d7cb}')
}

/// The ASCII character of a full-width form.
fn plain_width(c: char) -> Option<char> {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0),
        '\u{3000}' | '\u{a0}' => Some(' '),
        _ => None,
    }
}

/// Makes `out` lower case, and NFC again where that broke it.
pub(crate) fn lowercase(out: &mut String, trail: &mut Trail) {
    if out.is_ascii() {
        if out.bytes().any(|b| b.is_ascii_uppercase()) {
            out.make_ascii_lowercase();
            trail.add(Step::Lowercased, out);
        }
        return;
    }
    if !out.contains(DOTTED) && !out.chars().any(|c| c.to_lowercase().next() != Some(c)) {
        return;
    }
    // Which small sigma it is depends on its place in the word, and only the standard library's text knows that.
    if out.contains('Σ') {
        *out = out.to_lowercase();
    } else {
        let mut lower: SmallVec<[u8; 256]> = SmallVec::new();
        let small = out.chars().flat_map(char::to_lowercase);
        small.for_each(|c| lower.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()));
        out.clear();
        out.push_str(std::str::from_utf8(&lower).unwrap_or_default());
    }
    undot(out);
    trail.add(Step::Lowercased, out);
    compose(out, trail);
}

/// The value of a decimal digit in any script that people type phone numbers and years in.
pub(crate) fn digit_value(c: char) -> Option<u8> {
    if c.is_ascii_digit() {
        return Some(c as u8 - b'0');
    }
    let zero = DIGIT_ZEROS.iter().rev().find(|&&zero| zero <= c)?;
    let value = c as u32 - *zero as u32;
    u8::try_from(value).ok().filter(|&value| value < 10)
}

/// The zero of each block of decimal digits (general category Nd) in Unicode 16, in order; ten follow each.
const DIGIT_ZEROS: &[char] = &[
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{11f50}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e4f0}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// Replaces digits of other scripts by 0 to 9.
pub(crate) fn fold_digits(text: &mut String, trail: &mut Trail) {
    if !text.is_ascii() && text.chars().any(|c| !c.is_ascii() && digit_value(c).is_some()) {
        *text = text.chars().map(|c| digit_value(c).map_or(c, |value| (b'0' + value) as char)).collect();
        trail.add(Step::DigitsFolded, text);
    }
}

/// What stands in exports where nothing is known, by length: whole cells only, in any case.
#[rustfmt::skip]
fn placeholders(len: usize) -> &'static [&'static str] {
    match len {
        1 => &["-", ".", "?", "_"],
        2 => &["--", "??", "\\n", "nd"],
        3 => &["---", "...", "n/a", "n\\a", "nan", "nil", "tbd", "xxx"],
        4 => &["#n/a", "<na>", "brak", "n.a.", "none", "null", "void"],
        5 => &["#ref!", "aucun", "empty", "keine"],
        6 => &["(none)", "(null)", "<null>", "[null]"],
        7 => &["#value!", "(empty)", "ninguno", "unknown"],
        8 => &["nieznany"],
        9 => &["sin datos", "unbekannt", "undefined"],
        11 => &["unspecified"],
        13 => &["not available"],
        _ => &[],
    }
}

/// Names that people bear: no placeholders in a name.
const ALSO_NAMES: &[&str] = &["brak", "nan", "nd", "nil", "void"];

/// True for a cell that says that there is no value.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let Some(first) = text.bytes().next() else { return false };
    let first = first.to_ascii_lowercase();
    // Looking at the first letter alone spares most comparisons.
    placeholders(text.len())
        .iter()
        .any(|word| word.as_bytes().first() == Some(&first) && text.eq_ignore_ascii_case(word))
}

/// As [`is_placeholder`], for a column of names.
///
/// `NaN` and `NaT` are what pandas writes; in any other case they are names.
pub(crate) fn is_name_placeholder(text: &str) -> bool {
    matches!(text, "NaN" | "NaT")
        || is_placeholder(text) && !ALSO_NAMES.iter().any(|name| text.eq_ignore_ascii_case(name))
}

/// True for a number in scientific notation, as a spreadsheet writes long ones: `4.915E+12`.
pub(crate) fn is_scientific(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once(['e', 'E']) else { return false };
    let number = number.strip_prefix(['+', '-']).unwrap_or(number);
    let digits = exponent.strip_prefix('+').unwrap_or(exponent);
    let fraction = number.contains(['.', ',']);
    number.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && number.bytes().filter(|b| !b.is_ascii_digit()).count() == usize::from(fraction)
        && matches!(digits.len(), 1..=2)
        && digits.bytes().all(|b| b.is_ascii_digit())
        && (fraction || digits.len() < exponent.len())
}

/// Refuses text that is a digest: SHA-256, or another by its length in hex.
pub(crate) fn refuse_digest(text: &str) -> Result<(), Reject> {
    match text.len() {
        64 if is_hex(text) => Err(Reject::AlreadyHashed),
        32 | 40 | 56 | 96 | 128 if is_hex(text) => Err(Reject::OtherDigest),
        _ => Ok(()),
    }
}

pub(crate) fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
}
