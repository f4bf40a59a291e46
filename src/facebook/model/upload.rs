//! Uploads and their receipts.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use time::Date;

use super::audience::DataSource;
use super::send_gate::SendGate;
use crate::facebook::ids::SessionId;
use crate::identity::MatchRows;

/// The position of a call in an upload session.
///
/// A session takes calls in order from `batch_seq` 1, ends with the last batch, and closes by itself 90 minutes after
/// the first.
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
    ///
    /// ```
    /// use audiencekit::facebook::{Session, SessionId};
    ///
    /// let session = Session::new(SessionId::new(7)?, 1).estimated_total(25_000);
    /// assert_eq!(session.estimated_total, Some(25_000));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn estimated_total(mut self, rows: u64) -> Self {
        self.estimated_total = Some(rows);
        self
    }
}

/// The rows of one call.
///
/// ```
/// use audiencekit::facebook::{NewAudience, Session, SessionId, Upload};
/// use audiencekit::identity::{Coverage, MatchRows};
/// use audiencekit::{Contact, FacebookClient, KeyMap, MockClient, Schema};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let (schema, facebook) = (Schema::standard(), MockClient::new());
/// let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold card")).await?;
/// let keys = KeyMap::standard(&schema);
/// let mut rows = MatchRows::new(keys.keys().clone());
/// let ada = Contact::builder(&schema).email("ada@example.com").build()?;
/// keys.mapper().append(&ada, &mut rows, &mut Coverage::default());
///
/// let upload = Upload::new(&rows, 0..rows.len(), Session::single(SessionId::new(1)?));
/// assert_eq!(facebook.add_users(&id, &upload).await?.num_received, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Upload<'a> {
    /// The rows.
    pub rows: &'a MatchRows,
    /// The rows of `rows` that this call sends.
    pub range: Range<usize>,
    /// The position in the session.
    pub session: Session,
    /// What this call carries beside the rows. `None` means the options that the client was
    /// [built with](crate::facebook::GraphClientBuilder::upload_options).
    pub options: Option<&'a UploadOptions>,
    /// Asked before each sending.
    pub(crate) gate: Option<&'a dyn SendGate>,
}

impl<'a> Upload<'a> {
    /// The maximum number of rows of one call: 10,000.
    ///
    /// Source: Custom Audience users reference (read 2026-09-12).
    pub const MAX_ROWS: usize = 10_000;

    /// Creates one call of a session from a range of rows.
    #[must_use]
    pub fn new(rows: &'a MatchRows, range: Range<usize>, session: Session) -> Self {
        Self { rows, range, session, options: None, gate: None }
    }

    /// Sets what this call carries beside the rows. Defaults to the options that the client was built with.
    #[must_use]
    pub fn options(mut self, options: &'a UploadOptions) -> Self {
        self.options = Some(options);
        self
    }
}

/// What an upload carries beside rows and session. Empty unless a column or an audience needs it.
///
/// Source: Custom Audience users reference; `customer_consent` is in a sample of the customer-file guide and in no
/// table of parameters (read 2026-09-12).
///
/// ```
/// use audiencekit::facebook::UploadOptions;
///
/// let mut options = UploadOptions::default();
/// options.page_ids = vec![1234567890]; // the page whose ids a PAGEUID column holds
/// assert_eq!(options.customer_consent, None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct UploadOptions {
    /// The apps whose ids an `APPUID` column holds. Facebook requires them with such a column.
    pub app_ids: Vec<u64>,
    /// The pages whose ids a `PAGEUID` column holds. Facebook requires them with such a column.
    pub page_ids: Vec<u64>,
    /// Instagram accounts (`ig_account_ids`). Facebook does not document their effect.
    pub ig_account_ids: Vec<u64>,
    /// The kind of data of the rows. `None` lets Facebook detect it.
    pub data_source: Option<DataSource>,
    /// The day on which the values of a value-based audience were calculated (`metadata.calculated_date`).
    pub calculated_on: Option<Date>,
    /// Your name for the way of calculating them (`metadata.schema_version`).
    pub schema_version: Option<String>,
    /// The namespace of the ids in an `EXTERN_ID` column.
    pub namespace: Option<String>,
    /// The consent of the people in the rows (`customer_consent`).
    pub customer_consent: Option<bool>,
}

/// A row that Facebook refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidEntry {
    /// The index of the row in the upload's `rows`, if Facebook's sample could be joined back.
    pub row: Option<usize>,
    /// Facebook's reason.
    pub reason: String,
}

impl InvalidEntry {
    /// Creates a refused row from its index, if known, and the reason.
    ///
    /// ```
    /// use audiencekit::facebook::InvalidEntry;
    ///
    /// assert_eq!(InvalidEntry::new(Some(3), "empty external ID").row, Some(3));
    /// ```
    #[must_use]
    pub fn new(row: Option<usize>, reason: impl Into<String>) -> Self {
        Self { row, reason: reason.into() }
    }
}

/// Facebook's answer to an upload. A status of 200 is not success for every row; see
/// [`num_invalid_entries`](Self::num_invalid_entries).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct UploadReceipt {
    /// The id of the session, as text.
    pub session_id: Option<String>,
    /// The number of rows received in the session so far, refused ones included.
    pub num_received: u64,
    /// The number of refused rows of this call. Facebook calls it approximate.
    pub num_invalid_entries: u64,
    /// At most 100 of the refused rows.
    pub invalid_entry_samples: Vec<InvalidEntry>,
}
