//! Records of your own as a source: from an iterator or a stream, one batch at a time.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures_core::Stream;

use super::batch::Batch;
use super::read_errors::{OnBadRow, placed};
use crate::contact::{Schema, ToContact};
use crate::error::Result;
use crate::source::{ContactReader, ContactSource};

/// A source over records of your own, which an iterator or a stream yields anew for every pass.
///
/// A pass holds one record and one batch. A record that the contact does not take is a bad row; an error that the
/// iterator or stream yields stops the pass, whatever [`bad_row`](Self::bad_row) says, since what follows is not known.
///
/// ```
/// use audiencekit::contact::{FieldId, ToContact};
/// use audiencekit::segment::EvaluationTime;
/// use audiencekit::source::RecordSource;
/// use audiencekit::{Contact, Result, Schema, Segment, Selector};
/// use time::macros::datetime;
///
/// struct Customer { mail: String, points: i64 }
///
/// impl ToContact for Customer {
///     type Fields = (FieldId, FieldId);
///
///     fn fields(schema: &Schema) -> Result<Self::Fields> {
///         Ok((schema.require("email")?, schema.require("score")?))
///     }
///
///     fn fill(&self, &(email, score): &Self::Fields, contact: &mut Contact) -> Result<()> {
///         contact.set_text(email, &self.mail)?;
///         contact.set(score, self.points)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let schema = Schema::standard();
/// let people = RecordSource::from_iter(&schema, || {
///     (0..100).map(|n| Ok(Customer { mail: format!("c{n}@example.com"), points: n }))
/// })?;
/// let warm = Segment::builder("warm").include(Selector::all()).filter("score >= 50").build(&schema)?;
/// let count = warm.count(&people, &EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC))).await?;
/// assert_eq!((count.contacts, count.selected), (100, 50));
/// # Ok(())
/// # }
/// ```
pub struct RecordSource<T: ToContact> {
    schema: Schema,
    fields: Arc<T::Fields>,
    open: Arc<dyn Fn() -> Records<T> + Send + Sync>,
    bad_row: OnBadRow,
    len: Option<u64>,
}

/// One pass over the records.
enum Records<T> {
    Iterator(Box<dyn Iterator<Item = Result<T>> + Send>),
    Stream(Pin<Box<dyn Stream<Item = Result<T>> + Send>>),
}

impl<T: ToContact + Send + 'static> RecordSource<T> {
    /// Creates a source over an iterator. `open` is called once per pass.
    ///
    /// # Errors
    /// What [`ToContact::fields`] says of this schema.
    pub fn from_iter<I>(schema: &Schema, open: impl Fn() -> I + Send + Sync + 'static) -> Result<Self>
    where
        I: IntoIterator<Item = Result<T>>,
        I::IntoIter: Send + 'static,
    {
        Self::new(schema, Arc::new(move || Records::Iterator(Box::new(open().into_iter()))))
    }

    /// Creates a source over a stream, such as the rows of a query. `open` is called once per pass.
    ///
    /// # Errors
    /// What [`ToContact::fields`] says of this schema.
    pub fn from_stream<S>(schema: &Schema, open: impl Fn() -> S + Send + Sync + 'static) -> Result<Self>
    where
        S: Stream<Item = Result<T>> + Send + 'static,
    {
        Self::new(schema, Arc::new(move || Records::Stream(Box::pin(open()))))
    }

    fn new(schema: &Schema, open: Arc<dyn Fn() -> Records<T> + Send + Sync>) -> Result<Self> {
        let fields = Arc::new(T::fields(schema)?);
        Ok(Self { schema: schema.clone(), fields, open, bad_row: OnBadRow::default(), len: None })
    }

    /// Sets what happens to a record that the contact does not accept. Defaults to [`OnBadRow::Fail`].
    #[must_use]
    pub fn bad_row(mut self, bad_row: OnBadRow) -> Self {
        self.bad_row = bad_row;
        self
    }

    /// Sets the number of records, if it is known.
    #[must_use]
    pub fn len_hint(mut self, records: u64) -> Self {
        self.len = Some(records);
        self
    }
}

impl<T: ToContact> fmt::Debug for RecordSource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordSource")
    }
}

#[async_trait]
impl<T: ToContact + Send + 'static> ContactSource for RecordSource<T> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn len_hint(&self) -> Option<u64> {
        self.len
    }

    async fn open(&self) -> Result<Box<dyn ContactReader>> {
        let fields = Arc::clone(&self.fields);
        Ok(Box::new(RecordReader { records: (self.open)(), fields, bad_row: self.bad_row, read: 0 }))
    }
}

struct RecordReader<T: ToContact> {
    records: Records<T>,
    fields: Arc<T::Fields>,
    bad_row: OnBadRow,
    read: u64,
}

#[async_trait]
impl<T: ToContact + Send + 'static> ContactReader for RecordReader<T> {
    async fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.clear();
        while !batch.is_full() {
            let next = match &mut self.records {
                Records::Iterator(records) => records.next(),
                Records::Stream(records) => poll_fn(|cx| records.as_mut().poll_next(cx)).await,
            };
            let Some(record) = next else { break };
            self.read += 1;
            let (record, fields, read) = (record?, &*self.fields, self.read);
            let Err(error) = batch.push(|contact| record.fill(fields, contact)) else { continue };
            self.bad_row.settle(placed(format!("record {read}"), error), batch.read_errors_mut())?;
        }
        Ok(!batch.contacts().is_empty())
    }
}
