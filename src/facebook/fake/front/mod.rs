//! How calls reach the fake: in process, over HTTP, and the control interface.

#[cfg(feature = "fake-server")]
pub(super) mod control;
pub(super) mod mock;
#[cfg(feature = "fake-server")]
pub(super) mod server;
pub(in crate::facebook) mod transport;
