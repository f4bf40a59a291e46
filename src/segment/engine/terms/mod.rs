//! Values that a term yields.

pub(in crate::segment) mod distance;
pub(in crate::segment) mod distinct;
pub(in crate::segment) mod number;
pub(in crate::segment) mod number_term;
pub(in crate::segment) mod ordinal;
pub(in crate::segment) mod presence;
pub(in crate::segment) mod texts;
