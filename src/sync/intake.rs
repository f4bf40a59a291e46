//! Reads contacts batch after batch and prepares them, on the host's threads if it lends any.

use std::collections::VecDeque;
use std::sync::Arc;

use super::prepare::{Prepared, Preparer};
use super::workers::{Answer, Workers, submit};
use crate::contact::Schema;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Batch, ContactReader, Losses};

/// The prepared batches of one pass over the contacts, in order.
pub(super) struct Intake {
    reader: Box<dyn ContactReader>,
    schema: Arc<Schema>,
    preparer: Arc<Preparer>,
    workers: Option<Arc<dyn Workers>>,
    /// Batches in work at the same time.
    depth: usize,
    batch_rows: usize,
    pending: VecDeque<Answer<(Batch, Result<Prepared>)>>,
    spare: Vec<Batch>,
    read: u64,
    losses: Losses,
    ended: bool,
}

impl Intake {
    pub(super) fn new(
        reader: Box<dyn ContactReader>,
        schema: &Arc<Schema>,
        preparer: &Arc<Preparer>,
        workers: Option<(&Arc<dyn Workers>, usize)>,
        batch_rows: usize,
    ) -> Self {
        Self {
            reader,
            schema: Arc::clone(schema),
            preparer: Arc::clone(preparer),
            workers: workers.map(|(workers, _)| Arc::clone(workers)),
            depth: workers.map_or(1, |(_, threads)| threads.max(1) * 2),
            batch_rows,
            pending: VecDeque::new(),
            spare: Vec::new(),
            read: 0,
            losses: Losses::default(),
            ended: false,
        }
    }

    /// What the source could not read so far.
    pub(super) fn losses(&self) -> &Losses {
        &self.losses
    }

    pub(super) async fn next(&mut self) -> Result<Option<Prepared>> {
        while !self.ended && self.pending.len() < self.depth {
            let mut batch =
                self.spare.pop().unwrap_or_else(|| Batch::with_capacity(&self.schema, self.batch_rows));
            batch.clear();
            self.ended = !self.reader.next_batch(&mut batch).await?;
            self.losses.merge(&std::mem::take(batch.losses_mut()));
            if batch.contacts().is_empty() {
                self.spare.push(batch);
                continue;
            }
            let before = self.read;
            self.read += batch.contacts().len() as u64;
            let preparer = Arc::clone(&self.preparer);
            self.pending.push_back(submit(self.workers.as_deref(), move || {
                let prepared = preparer.prepare(&batch, before);
                (batch, prepared)
            }));
        }
        let Some(first) = self.pending.pop_front() else { return Ok(None) };
        let (batch, prepared) =
            first.await.ok_or_else(|| Error::new(ErrorKind::Io, "sync", "a worker dropped its job"))?;
        self.spare.push(batch);
        prepared.map(Some)
    }
}
