//! Cancelling the runs in progress.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// Counts how often the runs of an engine were cancelled.
#[derive(Debug, Default)]
pub(super) struct CancelSource(AtomicU64);

/// Tells one run whether it was cancelled since it began.
#[derive(Debug, Clone, Copy)]
pub(super) struct CancelToken<'a> {
    requests: &'a AtomicU64,
    at_start: u64,
}

impl CancelSource {
    pub(super) fn cancel(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the token of a run that begins now.
    pub(super) fn token(&self) -> CancelToken<'_> {
        CancelToken { requests: &self.0, at_start: self.0.load(Ordering::Relaxed) }
    }
}

impl CancelToken<'_> {
    /// # Errors
    /// [`ErrorKind::Cancelled`] if the run was cancelled.
    pub(super) fn check(self) -> Result<()> {
        if self.requests.load(Ordering::Relaxed) == self.at_start {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Cancelled, "sync", "run cancelled")
            .with_help("start another run to resume"))
    }
}
