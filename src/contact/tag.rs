//! Tags: their names and scores.

use time::OffsetDateTime;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::schema::symbols::Symbol;
use super::text::accents::is_diacritic;

/// A tag of a contact: its normalized name, its own score, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// The name, as [`normalize_tag`] writes it, in the schema's symbols.
    pub name: Symbol,
    /// The tag's own score.
    pub score: i32,
    /// When it was assigned, if known.
    pub since: Option<OffsetDateTime>,
}

/// Normalizes the name of a tag: upper case, base letters, and `_` for characters that are not allowed.
///
/// Letters, digits and `- ( [ { ) ] } _` stay; white space around the name goes; every other character becomes `_`.
/// Diacritics become base letters, `ł` and `ø` too. `None` for a name with nothing in it. A comma separates tags,
/// so split the text there first.
///
/// ```
/// use audiencekit::contact::normalize_tag;
///
/// let tags: Vec<_> = "żółw #1, nowy".split(',').filter_map(normalize_tag).collect();
/// assert_eq!(tags, ["ZOLW__1", "NOWY"]);
/// ```
#[must_use]
pub fn normalize_tag(name: &str) -> Option<String> {
    with_normalized(name, str::to_owned)
}

/// The longest name that is normalized without an allocation, if it is of ASCII.
const SHORT: usize = 64;

/// Shows the normalized name to `use_it`.
pub(super) fn with_normalized<T>(name: &str, use_it: impl FnOnce(&str) -> T) -> Option<T> {
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    let mut short = [0; SHORT];
    if let Some(short) = short.get_mut(..name.len()).filter(|_| name.is_ascii()) {
        for (to, from) in short.iter_mut().zip(name.bytes()) {
            *to = if is_allowed(from.into()) { from.to_ascii_uppercase() } else { b'_' };
        }
        return std::str::from_utf8(short).ok().map(use_it);
    }
    let mut out = String::with_capacity(name.len());
    for c in name.nfd() {
        match c {
            'ł' | 'Ł' => out.push('L'),
            'ø' | 'Ø' => out.push('O'),
            'đ' | 'Đ' => out.push('D'),
            c if is_diacritic(c) => {}
            // The marks of other scripts are part of their words: vowels, and the voice of a syllable.
            c if is_combining_mark(c) => out.push(c),
            c if is_allowed(c) => out.extend(c.to_uppercase()),
            _ => out.push('_'),
        }
    }
    let out: String = out.nfc().collect();
    (!out.is_empty()).then(|| use_it(&out))
}

fn is_allowed(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '(' | '[' | '{' | ')' | ']' | '}' | '_')
}

#[cfg(test)]
mod tests {
    use crate::contact::tag::normalize_tag;

    #[test]
    fn a_name_of_accents_alone_is_no_tag() {
        assert_eq!(normalize_tag("\u{301}"), None);
        assert_eq!(normalize_tag(" a\u{301} ").as_deref(), Some("A"));
    }

    #[test]
    fn a_name_is_written_as_the_product_has_it() {
        for (name, wanted) in [
            ("vip", "VIP"),
            (" a-b (c) [d] {e} _ ", "A-B_(C)_[D]_{E}__"),
            ("!#$&*\"' x", "________X"),
            ("zażółć gęślą jaźń", "ZAZOLC_GESLA_JAZN"),
            ("Straße Øre Đà", "STRASSE_ORE_DA"),
            ("привет", "ПРИВЕТ"),
            ("が", "が"),
            ("हिंदी", "हिंदी"),
            ("한국", "한국"),
        ] {
            assert_eq!(normalize_tag(name).as_deref(), Some(wanted));
            assert_eq!(normalize_tag(wanted).as_deref(), Some(wanted), "again: {name}");
        }
        let long = "ab ".repeat(40);
        assert_eq!(normalize_tag(&long).unwrap(), "AB_".repeat(40).trim_end_matches('_'));
    }
}
