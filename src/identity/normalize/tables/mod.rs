//! Word lists: countries and months are generated, the others are short enough to be kept by hand.

pub(crate) mod countries;
pub(crate) mod entities;
pub(crate) mod genders;
pub(crate) mod months;
pub(crate) mod states;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word in the form of the lists: letters and digits, lowercase and without marks. It lives on the stack, because
/// one is made for every cell.
pub(crate) struct Word {
    bytes: [u8; Self::MOST],
    len: usize,
}

impl Word {
    /// More bytes than any word of the lists has; a longer one is in none of them.
    const MOST: usize = 160;

    pub(crate) fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// Adds a character; a word that has become too long stays too long and reads as nothing.
    fn push(&mut self, c: char) {
        let len = self.len + c.len_utf8();
        if let Some(place) = self.bytes.get_mut(self.len..len) {
            c.encode_utf8(place);
        }
        self.len = len;
    }
}

/// The letters and digits of `text`, lowercase and without marks.
pub(crate) fn fold(text: &str) -> Word {
    let mut word = Word { bytes: [0; Word::MOST], len: 0 };
    if text.is_ascii() {
        text.chars().filter(char::is_ascii_alphanumeric).for_each(|c| word.push(c.to_ascii_lowercase()));
    } else {
        // A final sigma is a sigma.
        let lower = text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c });
        let plain = lower.nfkd().filter(|&c| c.is_alphanumeric() && !is_combining_mark(c));
        plain.nfc().for_each(|c| word.push(c));
    }
    word
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
        assert!(is_sorted(&crate::identity::normalize::tables::countries::NAMES));
        assert!(is_sorted(&crate::identity::normalize::tables::months::MONTHS));
        assert!(is_sorted(crate::identity::normalize::tables::genders::GENDERS));
        assert!(is_sorted(crate::identity::normalize::tables::states::UNITED_STATES));
        assert!(is_sorted(crate::identity::normalize::tables::states::UNITED_STATES_SHORT));
        assert!(is_sorted(crate::identity::normalize::tables::states::CANADA));
        assert!(
            crate::identity::normalize::tables::countries::CODES.windows(2).all(|pair| pair[0].0 < pair[1].0)
        );
        let words = crate::identity::normalize::tables::countries::NAMES.iter().map(|entry| entry.0);
        let words =
            words.chain(crate::identity::normalize::tables::months::MONTHS.iter().map(|entry| entry.0));
        let words =
            words.chain(crate::identity::normalize::tables::genders::GENDERS.iter().map(|entry| entry.0));
        for word in words {
            assert_eq!(super::fold(word).as_str(), word);
        }
    }
}
