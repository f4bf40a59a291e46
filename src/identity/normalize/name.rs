//! `FN`, `LN`, `FI`.

use unicode_normalization::char::is_combining_mark;

use super::context::Cx;
use super::settings::{NameDigits, NameSpaces};
use super::text::{clean_words, digit_value, is_name_placeholder, lowercase, recompose, refuse_digest};
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// Letters only, lowercase; letters of every script stay.
///
/// Source: customer-file guide (read 2026-09-12): lowercase, no punctuation, special characters in UTF-8. White space
/// inside is not mentioned; it is removed, as Meta's newest normalizer does.
pub(crate) fn name(raw: &str, cx: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    if plain(raw, out, trail) {
        return Ok(());
    }
    clean_words(raw, out, trail)?;
    if is_name_placeholder(out) {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    let spaces = cx.rules.name_spaces == NameSpaces::Keep;
    let digits = cx.rules.name_digits == NameDigits::Keep;
    if out.is_ascii() {
        // Most names are letters already.
        if !out.bytes().all(|b| b.is_ascii_alphabetic()) {
            retain(out, trail, spaces, digits);
        }
        lowercase(out, trail);
    } else {
        lowercase(out, trail);
        retain(out, trail, spaces, digits);
        recompose(out, trail);
    }
    match out.as_str() {
        "" => return Err(Reject::Empty),
        word if is_name_placeholder(word) => return Err(Reject::Placeholder),
        word => refuse_digest(word)?,
    }
    Ok(())
}

/// The common case: letters of Latin languages and nothing else, too few for a digest.
fn plain(raw: &str, out: &mut String, trail: &mut Trail) -> bool {
    if raw.is_empty() || raw.len() >= 32 || is_name_placeholder(raw) {
        return false;
    }
    if raw.bytes().all(|b| b.is_ascii_alphabetic()) {
        out.push_str(raw);
        out.make_ascii_lowercase();
    } else {
        for c in raw.chars() {
            match small_latin(c) {
                Some(small) => out.push(small),
                None => {
                    out.clear();
                    return false;
                }
            }
        }
    }
    trail.add_if(out != raw, Step::Lowercased, out);
    true
}

/// The small form of a letter that is one character in both cases and stands composed (NFC), up to U+017E.
#[inline]
fn small_latin(c: char) -> Option<char> {
    Some(match c {
        'a'..='z' | 'ß'..='ö' | 'ø'..='ÿ' => c,
        'A'..='Z' => c.to_ascii_lowercase(),
        'À'..='Ö' | 'Ø'..='Þ' => after(c, 0x20),
        // Capitals and small letters in turns, from an even number or from an odd one.
        'Ā'..='į' | 'Ĳ'..='ķ' | 'Ŋ'..='ŷ' => after(c, 1 - c as u32 % 2),
        'Ĺ'..='ň' | 'Ź'..='ž' => after(c, c as u32 % 2),
        'Ÿ' => 'ÿ',
        _ => return None,
    })
}

fn after(c: char, distance: u32) -> char {
    char::from_u32(c as u32 + distance).unwrap_or(c)
}

fn retain(text: &mut String, trail: &mut Trail, spaces: bool, digits: bool) {
    let mut letters = false;
    let mut blank_before = true;
    trail.remove(text, |c| {
        if c.is_whitespace() {
            let surplus = !spaces || blank_before;
            blank_before = true;
            return surplus.then_some(Step::SpacesRemoved);
        }
        let removed = if digit_value(c).is_some() {
            (!digits).then_some(Step::DigitsRemoved)
        } else if is_letter(c) || (letters && is_combining_mark(c)) {
            letters = true;
            None
        } else {
            Some(Step::PunctuationRemoved)
        };
        blank_before &= removed.is_some();
        removed
    });
    if text.ends_with(char::is_whitespace) {
        text.truncate(text.trim_end().len());
        trail.add(Step::SpacesRemoved, text);
    }
}

/// Letters of names. The modifier letters that stand for apostrophes are punctuation here.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !is_combining_mark(c) && !matches!(c, '\u{2b9}'..='\u{2c8}' | '\u{aa}' | '\u{ba}')
}

/// The first letter of the normalized name, with the marks upon it.
pub(crate) fn initial(raw: &str, cx: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    name(raw, cx, out, trail)?;
    let mut chars = out.char_indices();
    chars.next();
    let end = chars.find(|&(_, c)| !is_combining_mark(c)).map_or(out.len(), |(at, _)| at);
    let whole = out.len();
    out.truncate(end);
    trail.add_if(end < whole, Step::Shortened, out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use unicode_normalization::is_nfc;

    use crate::identity::normalize::name::{is_letter, small_latin};

    #[test]
    fn small_letters_are_those_of_unicode() {
        let mut letters = 0;
        for c in '\0'..='\u{3ff}' {
            let Some(small) = small_latin(c) else { continue };
            letters += 1;
            assert!(c.to_lowercase().eq([small]), "{c:?}");
            assert!(is_letter(c) && is_letter(small) && is_nfc(small.encode_utf8(&mut [0; 4])), "{c:?}");
        }
        // a to z twice, 62 letters of Latin-1, and of Extended-A all but the dotted and dotless i and three more.
        assert_eq!(letters, 52 + 62 + 123);
    }
}
