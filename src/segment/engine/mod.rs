//! What a checked tree is compiled to, and how that is asked of a contact, a row of a table or an event.

pub(crate) mod against;
pub(crate) mod bounds;
pub(crate) mod code;
pub(crate) mod compile;
pub(crate) mod compile_against;
pub(crate) mod compile_default;
pub(crate) mod compile_events;
pub(crate) mod compile_number;
pub(crate) mod compile_set;
pub(crate) mod compile_term;
pub(crate) mod distance;
pub(crate) mod distinct;
pub(crate) mod evaluate;
pub(crate) mod follow;
pub(crate) mod guard;
pub(crate) mod number;
pub(crate) mod plan;
pub(crate) mod presence;
pub(crate) mod regexes;
pub(crate) mod texts;
pub(crate) mod url_pattern;
pub(crate) mod window;
pub(crate) mod words;
pub(crate) mod zoned;
