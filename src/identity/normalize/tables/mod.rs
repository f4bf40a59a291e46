//! Word lists: countries and months are generated, the others are short enough to be kept by hand.

pub(crate) mod countries;
pub(crate) mod genders;
pub(crate) mod months;
pub(crate) mod states;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Writes the letters and digits of `text` to `out`, lowercase and without marks: the form of the word lists.
pub(crate) fn fold(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.extend(text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()));
        return;
    }
    out.extend(text.to_lowercase().nfkd().filter(|&c| c.is_alphanumeric() && !is_combining_mark(c)).nfc());
}

/// The value of a word in a sorted list.
pub(crate) fn look_up<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    let at = table.binary_search_by(|(known, _)| known.as_bytes().cmp(word.as_bytes())).ok()?;
    table.get(at).map(|&(_, value)| value)
}

#[cfg(test)]
mod tests {
    fn is_sorted<T>(table: &[(&str, T)]) -> bool {
        table.windows(2).all(|pair| pair[0].0.as_bytes() < pair[1].0.as_bytes())
    }

    #[test]
    fn every_list_is_sorted_and_folded() {
        assert!(is_sorted(&super::countries::NAMES));
        assert!(is_sorted(&super::months::MONTHS));
        assert!(is_sorted(super::genders::GENDERS));
        assert!(is_sorted(super::states::UNITED_STATES));
        assert!(is_sorted(super::states::UNITED_STATES_SHORT));
        assert!(is_sorted(super::states::CANADA));
        assert!(super::countries::CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let words = super::countries::NAMES.iter().map(|entry| entry.0);
        let words = words.chain(super::months::MONTHS.iter().map(|entry| entry.0));
        let words = words.chain(super::genders::GENDERS.iter().map(|entry| entry.0));
        for word in words {
            let mut folded = String::new();
            super::fold(word, &mut folded);
            assert_eq!(folded, word);
        }
    }
}
