//! Letters without their accents, those of Greek and Cyrillic too.

use unicode_normalization::char::decompose_canonical;

/// A text of so many bytes, without its accents, takes no allocation.
const SHORT: usize = 256;

/// Shows `text` without its accents to `use_it`: letters with a diacritic become their base letters, and `ł`, `ø`, `đ`,
/// `ß`, `æ` ... what they are written as without it. Case stays.
pub(crate) fn with_unaccented<T>(text: &str, use_it: impl FnOnce(&str) -> T) -> T {
    if text.is_ascii() {
        return use_it(text);
    }
    let mut short = [0u8; SHORT];
    let mut len = 0;
    let fits = text.chars().all(|c| {
        let mut all = true;
        each_plain(c, |c| {
            let end = len + c.len_utf8();
            match short.get_mut(len..end) {
                Some(place) => {
                    c.encode_utf8(place);
                    len = end;
                }
                None => all = false,
            }
        });
        all
    });
    match short.get(..len).and_then(|short| std::str::from_utf8(short).ok()) {
        Some(short) if fits => use_it(short),
        _ => use_it(&unaccented(text)),
    }
}

/// `text` without its accents.
pub(crate) fn unaccented(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| each_plain(c, |c| out.push(c)));
    out
}

fn each_plain(c: char, mut show: impl FnMut(char)) {
    if c.is_ascii() {
        return show(c);
    }
    if let Some(written) = written_without(c) {
        return written.chars().for_each(show);
    }
    let mut accented = false;
    decompose_canonical(c, |part| accented |= is_diacritic(part));
    if accented {
        // The marks of other scripts are part of their words.
        decompose_canonical(c, |part| {
            if !is_diacritic(part) {
                show(part);
            }
        });
    } else {
        show(c);
    }
}

/// Letters that are no base letter with a mark.
fn written_without(c: char) -> Option<&'static str> {
    Some(match c {
        'ł' => "l",
        'Ł' => "L",
        'ø' | 'ǿ' => "o",
        'Ø' | 'Ǿ' => "O",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'ħ' => "h",
        'Ħ' => "H",
        'ŧ' => "t",
        'Ŧ' => "T",
        'ŋ' => "n",
        'Ŋ' => "N",
        'ı' => "i",
        'ĸ' => "q",
        'ß' => "ss",
        'ẞ' => "SS",
        'æ' | 'ǽ' | 'ǣ' => "ae",
        'Æ' | 'Ǽ' | 'Ǣ' => "AE",
        'œ' => "oe",
        'Œ' => "OE",
        'þ' => "th",
        'Þ' => "TH",
        _ => return None,
    })
}

/// A mark of the blocks for diacritics.
pub(in crate::contact) fn is_diacritic(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}'
        | '\u{FE20}'..='\u{FE2F}')
}

#[cfg(test)]
mod tests {
    use crate::contact::text::accents::{unaccented, with_unaccented};

    #[test]
    fn accents_go_and_the_letters_of_other_scripts_stay() {
        for (text, wanted) in [
            ("Łódź", "Lodz"),
            ("zażółć GĘŚLĄ jaźń", "zazolc GESLA jazn"),
            ("Øre Straße Đà ħıþ", "Ore Strasse Da hith"),
            ("Bjo\u{308}rn Æsop œuvre", "Bjorn AEsop oeuvre"),
            ("ếǿ", "eo"),
            ("が 한국 हिंदी привет", "が 한국 हिंदी привет"),
        ] {
            assert_eq!(unaccented(text), wanted);
            assert_eq!(unaccented(wanted), wanted, "again");
            assert_eq!(with_unaccented(text, str::to_owned), wanted);
            let long = text.repeat(200);
            assert_eq!(with_unaccented(&long, str::to_owned), wanted.repeat(200));
        }
    }
}
