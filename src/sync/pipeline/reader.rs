//! Reads contacts lot after lot and prepares them, on the host's threads if it lends any.

use std::collections::VecDeque;
use std::sync::Arc;

use super::prepare::{Prepared, RowPreparer};
use super::workers::{Answer, Executor, submit};
use crate::contact::Schema;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Batch, Chunk, ContactReader, Decoder, ReadErrors};

/// The prepared contacts of one pass, in order.
///
/// What comes out does not depend on how many contacts a lot has nor on who reads it: an error comes after everything
/// before it.
pub(in crate::sync) struct RowReader {
    reader: Box<dyn ContactReader>,
    /// What reads lots; without it the reader fills batches itself.
    decoder: Option<Arc<dyn Decoder>>,
    schema: Schema,
    preparer: Arc<RowPreparer>,
    workers: Option<Arc<dyn Executor>>,
    /// Lots in work at the same time.
    depth: usize,
    lot_rows: usize,
    pending: VecDeque<Answer<Work>>,
    spare: Vec<Work>,
    used: Vec<Prepared>,
    read: u64,
    losses: ReadErrors,
    /// Why the pass has ended: the end of the source, or an error that has not been told yet.
    ended: Option<Result<()>>,
}

/// One lot on its way through the stages, with the memory for it.
struct Work {
    lot: Chunk,
    batch: Batch,
    prepared: Prepared,
    failed: Option<Error>,
}

impl RowReader {
    pub(in crate::sync) fn new(
        mut reader: Box<dyn ContactReader>,
        schema: &Schema,
        preparer: &Arc<RowPreparer>,
        workers: Option<(&Arc<dyn Executor>, usize)>,
        lot_rows: usize,
    ) -> Self {
        let decoder = reader.cutter().map(|cutter| cutter.decoder());
        Self {
            reader,
            decoder,
            schema: schema.clone(),
            preparer: Arc::clone(preparer),
            workers: workers.map(|(workers, _)| Arc::clone(workers)),
            depth: workers.map_or(1, |(_, threads)| threads.max(1) * 2),
            lot_rows,
            pending: VecDeque::new(),
            spare: Vec::new(),
            used: Vec::new(),
            read: 0,
            losses: ReadErrors::default(),
            ended: None,
        }
    }

    /// What the source could not read so far.
    pub(in crate::sync) fn losses(&self) -> &ReadErrors {
        &self.losses
    }

    pub(in crate::sync) async fn next(&mut self) -> Result<Option<Prepared>> {
        while self.ended.is_none() && self.pending.len() < self.depth {
            self.begin().await;
        }
        let Some(first) = self.pending.pop_front() else {
            return self.ended.replace(Ok(())).unwrap_or(Ok(())).map(|()| None);
        };
        let mut work =
            first.await.ok_or_else(|| Error::new(ErrorKind::Io, "sync", "a worker dropped its job"))?;
        self.losses.merge(&std::mem::take(work.batch.losses_mut()));
        if let Some(error) = work.failed.take() {
            self.ended = Some(Err(error));
            self.pending.clear();
        }
        let empty = self.used.pop().unwrap_or_else(|| Prepared::new(&self.preparer.keys));
        let mut prepared = std::mem::replace(&mut work.prepared, empty);
        self.spare.push(work);
        prepared.before = self.read;
        self.read = prepared.read();
        Ok(Some(prepared))
    }

    /// Takes what the source gives next and sets somebody to work on it.
    async fn begin(&mut self) {
        let mut work = self.spare.pop().unwrap_or_else(|| self.work());
        match self.take(&mut work).await {
            Ok(true) => {}
            Ok(false) => self.ended = Some(Ok(())),
            Err(error) => self.ended = Some(Err(error)),
        }
        let (preparer, decoder) = (Arc::clone(&self.preparer), self.decoder.clone());
        self.pending.push_back(submit(self.workers.as_deref(), move || {
            work.prepared.clear();
            work.failed = work.turn(&preparer, decoder.as_deref()).err();
            work
        }));
    }

    async fn take(&mut self, work: &mut Work) -> Result<bool> {
        work.batch.clear();
        if self.decoder.is_some()
            && let Some(cutter) = self.reader.cutter()
        {
            return cutter.cut(&mut work.lot).await;
        }
        self.reader.next_batch(&mut work.batch).await
    }

    fn work(&self) -> Work {
        let contacts = if self.decoder.is_some() { BATCH_OF_LOT.min(self.lot_rows) } else { self.lot_rows };
        Work {
            lot: Chunk::with_capacity(self.lot_rows),
            batch: Batch::with_capacity(&self.schema, contacts),
            prepared: Prepared::new(&self.preparer.keys),
            failed: None,
        }
    }

    /// Takes a batch back whose rows have been used, for its memory.
    pub(in crate::sync) fn reuse(&mut self, prepared: Prepared) {
        self.used.push(prepared);
    }
}

/// Contacts of a lot that are read before they are hashed: so few that they stay in the core's own cache.
const BATCH_OF_LOT: usize = 256;

impl Work {
    /// Turns contacts into rows.
    fn turn(&mut self, preparer: &RowPreparer, decoder: Option<&dyn Decoder>) -> Result<()> {
        let Some(decoder) = decoder else {
            return preparer.prepare(self.batch.contacts(), &mut self.prepared);
        };
        while !self.lot.is_read() {
            self.batch.clear();
            let left = self.lot.rest().len();
            let read = decoder.decode(&mut self.lot, &mut self.batch);
            preparer.prepare(self.batch.contacts(), &mut self.prepared)?;
            read?;
            // It is the host's perhaps, and would be asked for ever.
            if self.lot.rest().len() == left {
                let place = format!("line {}", self.lot.line());
                return Err(Error::new(ErrorKind::Source, place, "the decoder passes over nothing")
                    .expected("Lot::pass for what was read"));
            }
        }
        Ok(())
    }
}
