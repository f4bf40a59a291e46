//! Finding the row for which Facebook refuses a whole call.

use std::ops::Range;

use super::FacebookClient;
use super::codes::{RetryClass, lookup};
use super::graph::GraphClient;
use super::ids::AudienceId;
use super::model::{InvalidEntry, Upload, UploadReceipt};
use super::transport::Transport;
use crate::error::{Error, ErrorKind, Result};

/// Which way the rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MemberOperation {
    /// Into the audience.
    Add,
    /// Out of it.
    Remove,
}

/// What became of rows that were sent in ever smaller calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Isolated {
    /// Rows that Facebook received, over all calls.
    pub num_received: u64,
    /// Rows that Facebook refused within calls that it took.
    pub num_invalid_entries: u64,
    /// Those of them that it named.
    pub invalid_entry_samples: Vec<InvalidEntry>,
    /// Rows for which Facebook refused the whole call, each with its reason.
    pub refused: Vec<InvalidEntry>,
    /// How many calls it took.
    pub calls: u32,
    /// The `batch_seq` for the next call of the session.
    pub next_batch_seq: u64,
}

impl Isolated {
    fn add(&mut self, rows: u64, receipt: UploadReceipt) {
        self.num_received += rows;
        self.num_invalid_entries += receipt.num_invalid_entries;
        self.invalid_entry_samples.extend(receipt.invalid_entry_samples);
    }
}

impl<T: Transport> GraphClient<T> {
    /// Sends the rows of `upload`, and when Facebook refuses the whole call for what is in it, halves it until the rows
    /// that are to blame are alone and named. One bad row of 10,000 costs about 28 calls, and 9,999 rows get through.
    ///
    /// The calls take `batch_seq` from that of `upload` on; the last one carries its `last_batch`. If the last rows are
    /// refused, nothing closes the session, and Facebook does so 90 minutes after its first batch.
    ///
    /// # Errors
    /// What concerns the audience and not its rows: token, permission, flags, throttles, transport. More than half a
    /// hundred refused rows are [`ErrorKind::Rejected`], as then the rows are not to blame.
    pub async fn upload_isolating(
        &self,
        operation: MemberOperation,
        audience: &AudienceId,
        upload: &Upload<'_>,
    ) -> Result<Isolated> {
        const MOST_REFUSED: usize = 50;
        let mut done = Isolated { next_batch_seq: upload.session.batch_seq, ..Isolated::default() };
        // The rows that are left, the first at the end.
        let mut left = vec![upload.range.clone()];
        while let Some(range) = left.pop() {
            let mut part = upload.clone();
            part.range = range.clone();
            part.session.batch_seq = done.next_batch_seq;
            part.session.last_batch = upload.session.last_batch && left.is_empty();
            done.calls += 1;
            let sent = match operation {
                MemberOperation::Add => self.add_users(audience, &part).await,
                MemberOperation::Remove => self.remove_users(audience, &part).await,
            };
            match sent {
                Ok(receipt) => {
                    done.next_batch_seq += 1;
                    done.add(range.len() as u64, receipt);
                }
                Err(error) if !is_about_rows(&error) => return Err(error),
                Err(_) if range.len() > 1 => {
                    let (first, second) = halves(range);
                    left.extend([second, first]);
                }
                Err(error) if done.refused.len() >= MOST_REFUSED => return Err(error),
                Err(error) => {
                    let reason = error.api().map_or_else(|| error.to_string(), |api| api.message.clone());
                    done.refused.push(InvalidEntry::new(Some(range.start), reason));
                }
            }
        }
        Ok(done)
    }
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
