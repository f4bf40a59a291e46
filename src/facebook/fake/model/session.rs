//! Upload sessions.

use serde::{Deserialize, Serialize};

use crate::facebook::fake::log::Edge;

/// A session closes by itself this many seconds after its first batch.
///
/// Source: customer-file guide (read 2026-09-12).
pub(in crate::facebook::fake) const OPEN_SECONDS: i64 = 90 * 60;

/// A session as the fake knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct UploadSession {
    pub(in crate::facebook::fake) audience: String,
    pub(in crate::facebook::fake) edge: Edge,
    pub(in crate::facebook::fake) schema: Vec<String>,
    pub(in crate::facebook::fake) first: i64,
    pub(in crate::facebook::fake) last_seq: u64,
    /// Unix seconds of the last batch.
    pub(in crate::facebook::fake) ended: Option<i64>,
    pub(in crate::facebook::fake) received: u64,
    pub(in crate::facebook::fake) invalid: u64,
    pub(in crate::facebook::fake) matched: u64,
    /// A replace that was given up.
    pub(in crate::facebook::fake) failed: bool,
}

impl UploadSession {
    pub(in crate::facebook::fake) fn is_open(&self, now: i64) -> bool {
        self.ended.is_none() && now - self.first < OPEN_SECONDS && !self.failed
    }
}

/// `session` of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct BatchPosition {
    pub(in crate::facebook::fake) id: u64,
    pub(in crate::facebook::fake) seq: u64,
    pub(in crate::facebook::fake) last: bool,
}
