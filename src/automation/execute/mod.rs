//! What happens in one step: functions over [`context::Step`], each file above those that it calls.

pub(super) mod action;
pub(super) mod audit_log;
pub(super) mod commit;
pub(super) mod context;
pub(super) mod date_trigger;
pub(super) mod dispatch;
pub(super) mod explain;
pub(super) mod flush;
mod rate_limit;
pub(super) mod recorder;
pub(super) mod redefine;
pub(super) mod reevaluate;
pub(super) mod rule;
pub(super) mod workflow;
