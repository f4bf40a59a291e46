//! One run of an audience at a time.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::facebook::AudienceId;

/// The audiences with a run in progress, shared by everyone who writes to the same store.
///
/// A call that waits to be repeated could undo what another run of the audience did meanwhile, so there is no other.
#[derive(Clone, Default)]
pub struct AudienceLocks(Arc<Mutex<HashSet<AudienceId>>>);

/// Locks an audience until it is dropped.
pub(in crate::sync) struct AudienceLock {
    locks: AudienceLocks,
    audience: AudienceId,
}

impl AudienceLocks {
    /// Creates locks of which none is held.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<AudienceId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn acquire(&self, audience: &AudienceId) -> Result<AudienceLock> {
        if self.lock().insert(audience.clone()) {
            return Ok(AudienceLock { locks: self.clone(), audience: audience.clone() });
        }
        Err(Error::new(ErrorKind::Busy, "sync", "another run of this audience is in progress")
            .with_help("wait for it or drop it"))
    }
}

impl Drop for AudienceLock {
    fn drop(&mut self) {
        self.locks.lock().remove(&self.audience);
    }
}

impl fmt::Debug for AudienceLocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AudienceLocks({} held)", self.lock().len())
    }
}
