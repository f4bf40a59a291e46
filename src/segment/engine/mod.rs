//! What a checked tree is compiled to, and how that is asked of a contact, a row of a table or an event.

pub(crate) mod comparison;
pub(super) mod compile;
pub(crate) mod evaluate;
pub(crate) mod event_bounds;
pub(crate) mod follow;
pub(crate) mod number_test;
pub(crate) mod plan;
pub(crate) mod prefilter;
pub(crate) mod record;
pub(super) mod terms;
pub(crate) mod text_test;
pub(crate) mod window;
pub(crate) mod zoned;
