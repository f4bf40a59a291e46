//! The edges of the fake: one file for each object that a call can name.

pub(super) mod account;
pub(super) mod ads;
pub(super) mod audience;
pub(super) mod audience_list;
pub(super) mod batch;
pub(super) mod describe;
pub(super) mod dispatch;
pub(super) mod lookalike;
pub(super) mod oauth;
pub(super) mod replace;
pub(super) mod sessions;
pub(super) mod sharing;
pub(super) mod system_user;
pub(super) mod users;
