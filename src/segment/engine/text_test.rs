//! Tests of text, in place: equal, begins, ends, contains, fits; with case folded or not.

use std::cmp::Ordering;

use memchr::memmem;

use crate::contact::{fold, fold_text};
use crate::segment::language::pattern::regexes::Pattern;

/// A test of one text.
#[derive(Debug, Clone)]
pub(crate) enum TextTest {
    /// One of several, sorted by [`compare`] or byte by byte.
    OneOf {
        texts: Box<[Box<str>]>,
        exact: bool,
    },
    StartsWith {
        text: Box<str>,
        exact: bool,
    },
    EndsWith {
        text: Box<str>,
        exact: bool,
    },
    /// Case matters; without it, a pattern does this.
    Contains(Box<memmem::Finder<'static>>),
    Fits(Box<Pattern>),
}

impl TextTest {
    pub(crate) fn one_of<'a>(texts: impl Iterator<Item = &'a str>, exact: bool) -> Self {
        let mut texts: Vec<Box<str>> = texts.map(|text| kept(text, exact)).collect();
        texts.sort_unstable();
        texts.dedup();
        Self::OneOf { texts: texts.into(), exact }
    }

    pub(crate) fn starts_with(text: &str, exact: bool) -> Self {
        Self::StartsWith { text: kept(text, exact), exact }
    }

    pub(crate) fn ends_with(text: &str, exact: bool) -> Self {
        Self::EndsWith { text: kept(text, exact), exact }
    }

    pub(crate) fn contains(text: &str) -> Self {
        Self::Contains(Box::new(memmem::Finder::new(text).into_owned()))
    }

    #[inline]
    pub(crate) fn holds(&self, text: &str) -> bool {
        match self {
            Self::OneOf { texts, exact: true } => texts.binary_search_by(|known| (**known).cmp(text)).is_ok(),
            Self::OneOf { texts, exact: false } => match &**texts {
                [only] => compare(text, only) == Ordering::Equal,
                texts => texts.binary_search_by(|known| compare(text, known).reverse()).is_ok(),
            },
            Self::StartsWith { text: start, exact: true } => text.starts_with(&**start),
            Self::EndsWith { text: end, exact: true } => text.ends_with(&**end),
            Self::StartsWith { text: start, .. } => starts(text, start),
            Self::EndsWith { text: end, .. } => ends(text, end),
            Self::Contains(finder) => finder.find(text.as_bytes()).is_some(),
            Self::Fits(pattern) => pattern.is_match(text),
        }
    }
}

fn kept(text: &str, exact: bool) -> Box<str> {
    if exact { text.into() } else { fold_text(text).into() }
}

/// Orders `text`, folded, and `folded`, character by character.
fn compare(text: &str, folded: &str) -> Ordering {
    for (at, (a, b)) in text.bytes().zip(folded.bytes()).enumerate() {
        if !(a.is_ascii() && b.is_ascii()) {
            let (text, folded) = (text.get(at..).unwrap_or_default(), folded.get(at..).unwrap_or_default());
            return text.chars().map(fold).cmp(folded.chars());
        }
        match a.to_ascii_lowercase().cmp(&b) {
            Ordering::Equal => {}
            other => return other,
        }
    }
    text.len().cmp(&folded.len())
}

fn starts(text: &str, start: &str) -> bool {
    let mut chars = text.chars().map(fold);
    start.chars().all(|c| chars.next() == Some(c))
}

fn ends(text: &str, end: &str) -> bool {
    let tail = text.len().checked_sub(end.len()).and_then(|from| text.as_bytes().get(from..));
    if let Some(tail) = tail.filter(|tail| tail.is_ascii() && end.is_ascii()) {
        return tail.eq_ignore_ascii_case(end.as_bytes());
    }
    let mut chars = text.chars().rev().map(fold);
    end.chars().rev().all(|c| chars.next() == Some(c))
}
