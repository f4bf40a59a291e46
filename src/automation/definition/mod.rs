//! Rules and workflows as data, and the checks that a set of them must pass.

pub(super) mod action;
mod check;
pub(super) mod condition;
pub(super) mod definitions;
pub(super) mod delay;
mod flag;
pub(super) mod frequency;
pub(super) mod property;
pub(super) mod rule;
pub(super) mod schedule;
pub(super) mod template;
pub(super) mod trigger;
pub(super) mod workflow;
