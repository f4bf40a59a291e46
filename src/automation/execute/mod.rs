//! Everything that happens when an event or a timer arrives, and what is built on it.

pub(super) mod action;
pub(super) mod audit_log;
pub(super) mod commit;
pub(super) mod context;
pub(super) mod dispatch;
pub(super) mod explain;
pub(super) mod flush;
pub(super) mod redefine;
pub(super) mod reevaluate;
pub(super) mod simulate;
pub(super) mod workflow;
