//! Values that a term yields, and the tests on them.

pub(in crate::segment) mod distance;
pub(in crate::segment) mod distinct;
pub(in crate::segment) mod number;
pub(in crate::segment) mod ordinal;
pub(in crate::segment) mod presence;
pub(in crate::segment) mod regexes;
pub(in crate::segment) mod text_test;
pub(in crate::segment) mod texts;
pub(in crate::segment) mod url_pattern;
