//! One call to Facebook, bisected where that is needed.

use time::OffsetDateTime;

use super::session_ids::SessionIds;
use crate::error::Result;
use crate::facebook::{
    AudienceId, BisectedUpload, FacebookClient, MemberOperation, Session, Upload, upload_bisecting,
};
use crate::identity::MatchRows;
use crate::sync::ledger::record::Operation;
use crate::sync::ledger::run_gate::RunGate;

/// The answer of Facebook to the rows of a batch.
#[derive(Debug, Default)]
pub(super) struct BatchRejections {
    pub(in crate::sync) count: u64,
    /// Index and reason, of those that are known.
    pub(in crate::sync) rows: Vec<(usize, String)>,
    /// Indices of the rows of calls that were rejected as a whole: nothing changed for them.
    pub(super) untaken: Vec<usize>,
    /// Calls made in all.
    pub(in crate::sync) calls: u64,
    /// The number of the next call of the session.
    pub(super) next_seq: u64,
}

/// Sends rows in one call or, where that is too large or rejected as a whole, in several calls of the same session.
///
/// Looks for rejected rows that the answers do not name if `search` allows it.
pub(in crate::sync) async fn send(
    client: &dyn FacebookClient,
    audience: &AudienceId,
    operation: Operation,
    rows: &MatchRows,
    session: Session,
    search: Option<Search<'_>>,
    gate: &RunGate,
) -> Result<BatchRejections> {
    let whole = 0..rows.len();
    let upload = Upload { gate: Some(gate), ..Upload::new(rows, whole.clone(), session) };
    let sent = upload_bisecting(client, operation.into(), audience, &upload).await?;
    let mut refused = BatchRejections {
        count: sent.num_invalid_entries + sent.refused.len() as u64,
        rows: joined(&sent),
        untaken: sent.refused.iter().filter_map(|entry| entry.row).collect(),
        calls: u64::from(sent.calls),
        next_seq: sent.next_batch_seq,
    };
    let Some(search) = search.filter(|_| operation == Operation::Add) else {
        return Ok(refused);
    };
    if refused.rows.len() as u64 >= refused.count {
        return Ok(refused);
    }
    refused.rows.clear();
    let most_calls = refused.calls + u64::from(search.most_calls);
    let mut open = vec![whole];
    while let Some(range) = open.pop() {
        let middle = range.start + range.len() / 2;
        for half in [range.start..middle, middle..range.end] {
            if half.is_empty() || refused.calls >= most_calls {
                continue;
            }
            let session = Session {
                id: search.ids.next(search.now)?,
                batch_seq: 1,
                last_batch: true,
                estimated_total: Some(half.len() as u64),
            };
            let upload = Upload { gate: Some(gate), ..Upload::new(rows, half.clone(), session) };
            // Adding again is harmless, so is a search that is cut short: what it found stays found.
            let found = upload_bisecting(client, operation.into(), audience, &upload).await;
            refused.calls += found.as_ref().map_or(1, |found| u64::from(found.calls));
            let Ok(found) = found else { continue };
            let known = joined(&found);
            let count = found.num_invalid_entries + found.refused.len() as u64;
            if (known.len() as u64) < count && half.len() > 1 {
                open.push(half);
            } else {
                refused.rows.extend(known);
            }
        }
    }
    refused.rows.sort_unstable();
    refused.rows.dedup();
    Ok(refused)
}

/// The limits of a search for rejected rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    pub(in crate::sync) ids: &'a SessionIds,
    pub(super) most_calls: u32,
    pub(in crate::sync) now: OffsetDateTime,
}

fn joined(sent: &BisectedUpload) -> Vec<(usize, String)> {
    let named = sent.refused.iter().chain(&sent.invalid_entry_samples);
    named.filter_map(|entry| entry.row.map(|row| (row, entry.reason.clone()))).collect()
}

impl From<Operation> for MemberOperation {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::Add => Self::Add,
            Operation::Remove => Self::Remove,
            Operation::Replace => Self::Replace,
        }
    }
}
