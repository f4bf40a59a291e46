//! The edges of the fake: one file for each object that a call can name.

pub(super) mod account;
pub(super) mod ads;
pub(super) mod audience;
pub(super) mod batch;
pub(super) mod list;
pub(super) mod lookalike;
pub(super) mod oauth;
pub(super) mod session;
pub(super) mod share;
pub(super) mod system_user;
pub(super) mod users;
