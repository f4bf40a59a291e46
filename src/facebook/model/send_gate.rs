//! The gate before a sending.

use std::fmt;

use async_trait::async_trait;

use crate::error::Result;

/// Asked before each sending of an upload, the first and each repetition, whether it may still be made.
#[async_trait]
pub(crate) trait SendGate: fmt::Debug + Send + Sync {
    /// Returns the error with which the call ends instead, without having been sent again.
    async fn check(&self) -> Result<()>;
}
