//! The client: one request for each method, with pacing, retries and bisection of refused rows.

pub(super) mod bisect;
pub(super) mod builder;
pub(super) mod call;
pub(super) mod graph_client;
pub(super) mod inner;
pub(super) mod listing;
pub(super) mod observer;
pub(super) mod pacer;
pub(super) mod pagination;
pub(super) mod quota;
pub(super) mod retry;
pub(super) mod usage_headers;
pub(super) mod verbs;
