//! Ids of upload sessions.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use time::OffsetDateTime;

use crate::error::Result;
use crate::facebook::SessionId;

/// Generates session ids that no other run generates: positive 63-bit numbers, unique within an ad account as Facebook
/// asks.
#[derive(Debug)]
pub(in crate::sync) struct SessionIds {
    seed: RandomState,
    generated: AtomicU64,
}

impl SessionIds {
    pub(in crate::sync) fn new() -> Self {
        Self { seed: RandomState::new(), generated: AtomicU64::new(0) }
    }

    pub(in crate::sync) fn next(&self, now: OffsetDateTime) -> Result<SessionId> {
        let count = self.generated.fetch_add(1, Ordering::Relaxed);
        let id = self.seed.hash_one((now.unix_timestamp_nanos(), count)) & (i64::MAX as u64);
        SessionId::new(id.max(1))
    }
}
