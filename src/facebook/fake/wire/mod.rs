//! Calls read and answers written as Facebook does.

pub(super) mod describe;
pub(super) mod fields;
pub(super) mod page;
pub(super) mod params;
pub(super) mod payload;
pub(super) mod refusal;
pub(super) mod route;
pub(super) mod rows;
