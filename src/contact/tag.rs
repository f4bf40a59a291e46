//! Tags: their names and scores.

use time::OffsetDateTime;
use unicode_normalization::UnicodeNormalization;

use super::symbols::Symbol;

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

/// Writes a tag's name as contacts carry it: capitals, base letters, `_` for what is not allowed.
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
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(name.len());
    for c in name.nfd() {
        match c {
            'ł' | 'Ł' => out.push('L'),
            'ø' | 'Ø' => out.push('O'),
            'đ' | 'Đ' => out.push('D'),
            '-' | '(' | '[' | '{' | ')' | ']' | '}' | '_' => out.push(c),
            c if unicode_normalization::char::is_combining_mark(c) => {}
            c if c.is_alphanumeric() => out.extend(c.to_uppercase()),
            _ => out.push('_'),
        }
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::normalize_tag;

    #[test]
    fn a_name_of_accents_alone_is_no_tag() {
        assert_eq!(normalize_tag("\u{301}"), None);
        assert_eq!(normalize_tag(" a\u{301} ").as_deref(), Some("A"));
    }
}
