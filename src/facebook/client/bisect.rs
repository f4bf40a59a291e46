//! Uploads that are too large for one call, and rows for which Facebook refuses a whole call.

use std::ops::Range;

use crate::error::{Error, ErrorKind, Result};
use crate::facebook::facebook_client::FacebookClient;
use crate::facebook::ids::AudienceId;
use crate::facebook::model::upload::{InvalidEntry, Upload, UploadReceipt};
use crate::facebook::wire::codes::{RetryClass, lookup};

/// The membership operation of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MemberOperation {
    /// Adds the rows to the audience.
    Add,
    /// Removes the rows from the audience.
    Remove,
    /// Replaces all members by the rows of the session.
    Replace,
}

/// The result of [`GraphClient::upload_bisecting`](crate::GraphClient::upload_bisecting): an upload in as many calls
/// as it took.
///
/// ```
/// use audiencekit::facebook::{MemberOperation, NewAudience, Session, SessionId, Upload};
/// use audiencekit::identity::{Coverage, MatchRows};
/// use audiencekit::{Contact, FacebookClient, KeyMap, MockClient, Schema};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let (schema, facebook) = (Schema::standard(), MockClient::new());
/// let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold card")).await?;
/// let keys = KeyMap::standard(&schema);
/// let mut rows = MatchRows::new(keys.keys().clone());
/// for n in 0..12_000 {
///     let contact = Contact::builder(&schema).email(format!("c{n}@example.com")).build()?;
///     keys.mapper().append(&contact, &mut rows, &mut Coverage::default());
/// }
/// let upload = Upload::new(&rows, 0..rows.len(), Session::single(SessionId::new(1)?));
/// let done = facebook.upload_bisecting(MemberOperation::Add, &id, &upload).await?;
/// assert_eq!((done.num_received, done.calls), (12_000, 2));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct BisectedUpload {
    /// The number of rows that Facebook received over all calls.
    pub num_received: u64,
    /// The number of rows that Facebook refused within accepted calls.
    pub num_invalid_entries: u64,
    /// The refused rows that it named.
    pub invalid_entry_samples: Vec<InvalidEntry>,
    /// The rows for which Facebook refused a whole call, each with its reason.
    pub refused: Vec<InvalidEntry>,
    /// The number of calls.
    pub calls: u32,
    /// The `batch_seq` for the next call of the session.
    pub next_batch_seq: u64,
}

/// More refused rows than this, and the rows are not to blame.
const MOST_REFUSED: usize = 50;
/// More refused rows than this before any call got through, and they are not either.
const MOST_REFUSED_AT_FIRST: usize = 8;

impl BisectedUpload {
    fn add(&mut self, rows: u64, receipt: UploadReceipt) {
        self.next_batch_seq += 1;
        self.num_received += rows;
        self.num_invalid_entries += receipt.num_invalid_entries;
        self.invalid_entry_samples.extend(receipt.invalid_entry_samples);
    }

    fn is_hopeless(&self) -> bool {
        let most = if self.num_received > 0 { MOST_REFUSED } else { MOST_REFUSED_AT_FIRST };
        self.refused.len() >= most
    }
}

/// `GraphClient::upload_bisecting` with any client.
pub(crate) async fn upload_bisecting(
    client: &(impl FacebookClient + ?Sized),
    operation: MemberOperation,
    audience: &AudienceId,
    upload: &Upload<'_>,
) -> Result<BisectedUpload> {
    let mut done = BisectedUpload { next_batch_seq: upload.session.batch_seq, ..BisectedUpload::default() };
    let part = |range: Range<usize>, batch_seq: u64, last_batch: bool| {
        let mut part = upload.clone();
        part.range = range;
        part.session.batch_seq = batch_seq;
        part.session.last_batch = last_batch;
        part
    };
    // The rows that are left, the first at the end.
    let mut left = vec![upload.range.clone()];
    // A row that was taken, while the session is open.
    let mut taken = None;
    while let Some(range) = left.pop() {
        let last = upload.session.last_batch && left.is_empty();
        match send(client, operation, audience, &part(range.clone(), done.next_batch_seq, last)).await {
            Ok(receipt) => {
                done.calls += 1;
                taken = (!last).then_some(range.start);
                done.add(range.len() as u64, receipt);
            }
            Err(error) if !is_about_rows(&error) => return Err(error),
            Err(error) => {
                // Without an answer nothing was sent.
                done.calls += u32::from(error.api().is_some());
                if range.len() > 1 {
                    let (first, second) = halves(range);
                    left.extend([second, first]);
                } else if done.is_hopeless() {
                    return Err(error);
                } else {
                    let reason = error.api().map_or_else(|| error.to_string(), |api| api.message.clone());
                    done.refused.push(InvalidEntry::new(Some(range.start), reason));
                }
            }
        }
    }
    if let Some(row) = taken.filter(|_| upload.session.last_batch) {
        send(client, operation, audience, &part(row..row + 1, done.next_batch_seq, true)).await?;
        done.calls += 1;
        done.next_batch_seq += 1;
    }
    Ok(done)
}

async fn send(
    client: &(impl FacebookClient + ?Sized),
    operation: MemberOperation,
    audience: &AudienceId,
    upload: &Upload<'_>,
) -> Result<UploadReceipt> {
    let receipt = match operation {
        MemberOperation::Add => client.add_users(audience, upload).await,
        MemberOperation::Remove => client.remove_users(audience, upload).await,
        MemberOperation::Replace => client.replace_users(audience, upload).await,
    }?;
    // The count is of the call or of the session so far; none at all is not an answer to these rows.
    if receipt.num_received == 0 && !upload.range.is_empty() {
        return Err(
            Error::new(ErrorKind::Decode, "upload", "an answer that counts no rows").with_retryable(true)
        );
    }
    Ok(receipt)
}

/// True when fewer or other rows may get through.
fn is_about_rows(error: &Error) -> bool {
    let shrinks = error.api().and_then(lookup).is_some_and(|row| row.retry == RetryClass::Shrink);
    let blames = error
        .api()
        .is_some_and(|api| error.kind() == ErrorKind::Rejected && matches!(api.code, 100 | 105 | 194));
    shrinks || blames || (error.kind() == ErrorKind::Limit && error.api().is_none())
}

fn halves(range: Range<usize>) -> (Range<usize>, Range<usize>) {
    let middle = range.start + range.len() / 2;
    (range.start..middle, middle..range.end)
}
