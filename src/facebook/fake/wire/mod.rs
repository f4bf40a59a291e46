//! Calls read and answers written as Facebook does.

pub(super) mod fields;
pub(super) mod http;
pub(super) mod multipart;
pub(super) mod page;
pub(super) mod params;
pub(super) mod payload;
pub(super) mod privacy_scan;
pub(super) mod refusal;
pub(super) mod route;
pub(super) mod rows;
