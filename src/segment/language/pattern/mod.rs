//! Patterns of texts and of page addresses.

pub(in crate::segment) mod regexes;
pub(in crate::segment) mod url_pattern;
