//! Reads and prepares contacts chunk by chunk, on an executor if there is one.

use std::collections::VecDeque;
use std::sync::Arc;

use super::prepare::{Prepared, RowPreparer};
use super::workers::{Executor, Receiver, submit};
use crate::contact::Schema;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Batch, Chunk, ContactReader, Decoder, ReadErrors};

/// The prepared contacts of one pass, in order.
///
/// The result does not depend on the size of chunks nor on the executor: an error comes after everything before it.
pub(in crate::sync) struct RowReader {
    reader: Box<dyn ContactReader>,
    /// Decodes chunks; without it the reader fills batches itself.
    decoder: Option<Arc<dyn Decoder>>,
    schema: Schema,
    preparer: Arc<RowPreparer>,
    executor: Option<Arc<dyn Executor>>,
    /// Chunks in work at the same time.
    depth: usize,
    chunk_rows: usize,
    pending: VecDeque<Receiver<Work>>,
    spare: Vec<Work>,
    used: Vec<Prepared>,
    read: u64,
    losses: ReadErrors,
    /// Why the pass has ended: the end of the source, or an error that was not returned yet.
    ended: Option<Result<()>>,
}

/// One chunk on its way through the stages, with the memory for it.
struct Work {
    chunk: Chunk,
    batch: Batch,
    prepared: Prepared,
    failed: Option<Error>,
}

impl RowReader {
    pub(in crate::sync) fn new(
        mut reader: Box<dyn ContactReader>,
        schema: &Schema,
        preparer: &Arc<RowPreparer>,
        executor: Option<(&Arc<dyn Executor>, usize)>,
        chunk_rows: usize,
    ) -> Self {
        let decoder = reader.chunk_reader().map(|chunk_reader| chunk_reader.decoder());
        Self {
            reader,
            decoder,
            schema: schema.clone(),
            preparer: Arc::clone(preparer),
            executor: executor.map(|(executor, _)| Arc::clone(executor)),
            depth: executor.map_or(1, |(_, threads)| threads.max(1) * 2),
            chunk_rows,
            pending: VecDeque::new(),
            spare: Vec::new(),
            used: Vec::new(),
            read: 0,
            losses: ReadErrors::default(),
            ended: None,
        }
    }

    /// Returns what the source could not read so far.
    pub(in crate::sync) fn read_errors(&self) -> &ReadErrors {
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
            first.await.ok_or_else(|| Error::new(ErrorKind::Io, "sync", "the executor dropped a task"))?;
        self.losses.merge(&std::mem::take(work.batch.read_errors_mut()));
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

    /// Takes the next chunk of the source and submits it.
    async fn begin(&mut self) {
        let mut work = self.spare.pop().unwrap_or_else(|| self.work());
        match self.take(&mut work).await {
            Ok(true) => {}
            Ok(false) => self.ended = Some(Ok(())),
            Err(error) => self.ended = Some(Err(error)),
        }
        let (preparer, decoder) = (Arc::clone(&self.preparer), self.decoder.clone());
        self.pending.push_back(submit(self.executor.as_deref(), move || {
            work.prepared.clear();
            work.failed = work.turn(&preparer, decoder.as_deref()).err();
            work
        }));
    }

    async fn take(&mut self, work: &mut Work) -> Result<bool> {
        work.batch.clear();
        if self.decoder.is_some()
            && let Some(chunk_reader) = self.reader.chunk_reader()
        {
            return chunk_reader.next_chunk(&mut work.chunk).await;
        }
        self.reader.next_batch(&mut work.batch).await
    }

    fn work(&self) -> Work {
        let contacts =
            if self.decoder.is_some() { DECODED_AT_ONCE.min(self.chunk_rows) } else { self.chunk_rows };
        Work {
            chunk: Chunk::with_capacity(self.chunk_rows),
            batch: Batch::with_capacity(&self.schema, contacts),
            prepared: Prepared::new(&self.preparer.keys),
            failed: None,
        }
    }

    /// Takes back the memory of prepared rows that have been used.
    pub(in crate::sync) fn reuse(&mut self, prepared: Prepared) {
        self.used.push(prepared);
    }
}

/// Contacts of a chunk that are read before they are hashed: so few that they stay in the core's own cache.
const DECODED_AT_ONCE: usize = 256;

impl Work {
    /// Turns contacts into rows.
    fn turn(&mut self, preparer: &RowPreparer, decoder: Option<&dyn Decoder>) -> Result<()> {
        let Some(decoder) = decoder else {
            return preparer.prepare(self.batch.contacts(), &mut self.prepared);
        };
        while !self.chunk.is_read() {
            self.batch.clear();
            let left = self.chunk.rest().len();
            let read = decoder.decode(&mut self.chunk, &mut self.batch);
            preparer.prepare(self.batch.contacts(), &mut self.prepared)?;
            read?;
            // A decoder of your application's would loop forever.
            if self.chunk.rest().len() == left {
                let place = format!("line {}", self.chunk.line());
                return Err(Error::new(ErrorKind::Source, place, "the decoder passes over nothing")
                    .with_help("advance the chunk past what was read"));
            }
        }
        Ok(())
    }
}
