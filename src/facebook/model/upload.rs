//! Uploads and what Facebook says to them.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::facebook::ids::SessionId;
use crate::identity::MatchRows;

/// The place of a call in an upload session.
///
/// A session takes calls in order from `batch_seq` 1, ends with the last batch, and closes by itself 90 minutes
/// after the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The session.
    pub id: SessionId,
    /// 1, 2, 3 ...
    pub batch_seq: u64,
    /// True for the last call of the session.
    pub last_batch: bool,
    /// How many rows the session will have, if known.
    pub estimated_total: Option<u64>,
}

/// The rows of one call.
#[derive(Debug, Clone)]
pub struct Upload<'a> {
    /// Rows to take from.
    pub rows: &'a MatchRows,
    /// Which of them this call sends.
    pub range: Range<usize>,
    /// The session.
    pub session: Session,
}

impl Upload<'_> {
    /// Most rows of one call.
    ///
    /// Source: Custom Audience users reference (read 2026-09-12).
    pub const MAX_ROWS: usize = 10_000;
}

/// A row that Facebook did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidEntry {
    /// Index of the row in the upload's `rows`, when the sample could be joined back.
    pub row: Option<usize>,
    /// Facebook's reason.
    pub reason: String,
}

impl InvalidEntry {
    /// A refused row.
    #[must_use]
    pub fn new(row: Option<usize>, reason: impl Into<String>) -> Self {
        Self { row, reason: reason.into() }
    }
}

/// Facebook's answer to an upload. Status 200 is not success: see `num_invalid_entries`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct UploadReceipt {
    /// The session, as text.
    pub session_id: Option<String>,
    /// Rows received in the session so far, refused ones included.
    pub num_received: u64,
    /// Rows of this call that were refused; approximate, says Facebook.
    pub num_invalid_entries: u64,
    /// At most 100 of them.
    pub invalid_entry_samples: Vec<InvalidEntry>,
}
