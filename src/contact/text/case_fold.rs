//! Simple case folding: one character to one character, so that text is compared in place.

/// The character that stands for `c` where case does not matter: Unicode's simple case folding.
#[inline]
pub(crate) fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    match c {
        // Folds to itself: only Turkish takes it for an i.
        'ı' => 'ı',
        // One upper-case form of several characters each, which the detour by upper case cannot join.
        '\u{1FD3}' => '\u{390}',
        '\u{1FE3}' => '\u{3B0}',
        '\u{FB05}' => '\u{FB06}',
        _ => only(only(c, c.to_uppercase()), only(c, c.to_uppercase()).to_lowercase()),
    }
}

/// The one character of a case mapping; `c` when the mapping makes several.
fn only(c: char, mut mapping: impl Iterator<Item = char>) -> char {
    match (mapping.next(), mapping.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// `text` with every character folded.
pub(crate) fn fold_text(text: &str) -> String {
    text.chars().map(fold).collect()
}
