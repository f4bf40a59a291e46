//! Definitions compiled against a schema, ready to run.

pub(super) mod compiled;
pub(super) mod limits;
mod matching;
pub(super) mod versions;
