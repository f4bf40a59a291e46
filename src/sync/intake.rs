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
    pending: VecDeque<Answer<(Batch, Prepared, Result<()>)>>,
    spare: Vec<Batch>,
    used: Vec<Prepared>,
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
            used: Vec::new(),
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
            let mut prepared = self.used.pop().unwrap_or_else(|| Prepared::new(&preparer.keys));
            self.pending.push_back(submit(self.workers.as_deref(), move || {
                let done = preparer.prepare(&batch, before, &mut prepared);
                (batch, prepared, done)
            }));
        }
        let Some(first) = self.pending.pop_front() else { return Ok(None) };
        let (batch, prepared, done) =
            first.await.ok_or_else(|| Error::new(ErrorKind::Io, "sync", "a worker dropped its job"))?;
        self.spare.push(batch);
        done.map(|()| Some(prepared))
    }

    /// Takes a batch back whose rows have been used, for its memory.
    pub(super) fn reuse(&mut self, prepared: Prepared) {
        self.used.push(prepared);
    }
}
