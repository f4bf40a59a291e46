//! Rules of every edge: who calls, what a caller may see and change, quotas, and what time does to an audience.

pub(super) mod access;
pub(super) mod auth;
pub(super) mod lifecycle;
pub(super) mod rate_limit;
