//! Requests and responses as values: built, read and inspected without a socket.

pub mod codes;
pub(super) mod objects;
pub(super) mod parameters;
pub(super) mod receipt;
pub(super) mod redact;
pub(super) mod request;
pub(super) mod response;
pub(super) mod scalars;
pub(super) mod upload;
