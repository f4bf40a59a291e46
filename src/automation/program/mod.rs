//! Definitions compiled against a schema, ready to run.

pub(super) mod compiled;
pub(super) mod limits;
pub(super) mod versions;
