//! Uploads and what Facebook says to them.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use time::Date;

use super::audience::DataSource;
use crate::facebook::ids::SessionId;
use crate::identity::MatchRows;

/// The position of a call in an upload session.
///
/// A session takes calls in order from `batch_seq` 1, ends with the last batch, and closes by itself 90 minutes after the
/// first.
///
/// ```
/// use audiencekit::facebook::{Session, SessionId};
///
/// let session = Session::new(SessionId::new(7)?, 2).last_batch(true);
/// assert_eq!((session.batch_seq, session.last_batch), (2, true));
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// The id of the session.
    pub id: SessionId,
    /// The number of the call in the session, counted from 1.
    pub batch_seq: u64,
    /// `true` for the last call of the session.
    pub last_batch: bool,
    /// The number of rows that the session will have, if known.
    pub estimated_total: Option<u64>,
}

impl Session {
    /// Creates the position of one call, which is not the last of its session.
    #[must_use]
    pub fn new(id: SessionId, batch_seq: u64) -> Self {
        Self { id, batch_seq, last_batch: false, estimated_total: None }
    }

    /// Creates a session of a single call.
    ///
    /// ```
    /// use audiencekit::facebook::{Session, SessionId};
    ///
    /// let session = Session::single(SessionId::new(7)?);
    /// assert_eq!((session.batch_seq, session.last_batch), (1, true));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn single(id: SessionId) -> Self {
        Self::new(id, 1).last_batch(true)
    }

    /// Sets whether this is the last call of the session. Defaults to `false`.
    #[must_use]
    pub fn last_batch(mut self, last: bool) -> Self {
        self.last_batch = last;
        self
    }

    /// Sets the number of rows that the session will have. Defaults to unknown.
    #[must_use]
    pub fn estimated_total(mut self, rows: u64) -> Self {
        self.estimated_total = Some(rows);
        self
    }
}

/// The rows of one call.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Upload<'a> {
    /// Rows to take from.
    pub rows: &'a MatchRows,
    /// Which of them this call sends.
    pub range: Range<usize>,
    /// The session.
    pub session: Session,
    /// What goes beside the rows, instead of what the client was
    /// [built with](crate::facebook::client::builder::GraphClientBuilder::upload_options).
    pub options: Option<&'a UploadOptions>,
}

impl<'a> Upload<'a> {
    /// Most rows of one call.
    ///
    /// Source: Custom Audience users reference (read 2026-09-12).
    pub const MAX_ROWS: usize = 10_000;

    /// These rows as one call of a session.
    #[must_use]
    pub fn new(rows: &'a MatchRows, range: Range<usize>, session: Session) -> Self {
        Self { rows, range, session, options: None }
    }

    /// Sends this beside the rows.
    #[must_use]
    pub fn options(mut self, options: &'a UploadOptions) -> Self {
        self.options = Some(options);
        self
    }
}

/// What an upload carries beside rows and session: nothing, unless a column or an audience asks for it.
///
/// Source: Custom Audience users reference; `customer_consent` is in a sample of the customer-file guide and in no table
/// of parameters (read 2026-09-12).
///
/// ```
/// use audiencekit::facebook::UploadOptions;
///
/// let mut options = UploadOptions::default();
/// options.page_ids = vec![1234567890]; // the page whose ids a PAGEUID column holds
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct UploadOptions {
    /// `app_ids`: the apps whose ids an `APPUID` column holds; Facebook demands them with such a column.
    pub app_ids: Vec<u64>,
    /// `page_ids`: the pages whose ids a `PAGEUID` column holds; Facebook demands them with such a column.
    pub page_ids: Vec<u64>,
    /// `ig_account_ids`: Instagram accounts. Facebook says what they are and not what they do.
    pub ig_account_ids: Vec<u64>,
    /// `data_source`: what kind of data the rows are, where Facebook shall not find out by itself.
    pub data_source: Option<DataSource>,
    /// `metadata.calculated_date`: the day that the values of a value-based audience were calculated on.
    pub calculated_on: Option<Date>,
    /// `metadata.schema_version`: the caller's name for the way of calculating them.
    pub schema_version: Option<String>,
    /// `namespace`: whose ids `EXTERN_ID` holds.
    pub namespace: Option<String>,
    /// `customer_consent`.
    pub customer_consent: Option<bool>,
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
