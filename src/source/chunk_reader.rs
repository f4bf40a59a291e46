//! Cuts a file into lots of whole records.

use std::io::Read;
use std::sync::Arc;

use async_trait::async_trait;
use memchr::memchr_iter;

use super::batch::Batch;
use super::chunk::{Chunk, ChunkReader, Decoder};
use crate::error::{Error, ErrorKind, Result};
use crate::source::ContactReader;

/// Most bytes of one record.
pub(super) const MAX_RECORD: usize = 16 << 20;

/// Bytes that are read at a time.
const BLOCK: usize = 256 << 10;

/// Where the records of a format end.
pub(super) trait Ends: Send {
    /// Where the last of at most `most` records ends.
    fn last_within(&self, bytes: &[u8], most: usize) -> Option<usize>;

    /// True when these bytes are part of a record and cannot be the last of one.
    fn is_open(&self, bytes: &[u8]) -> bool;

    /// What is said of a record of more than [`MAX_RECORD`] bytes.
    fn too_long(&self, place: String) -> Error;
}

/// A file, and what of it has been read and not yet cut.
pub(super) struct Blocks<E> {
    input: Box<dyn Read + Send>,
    ends: E,
    block: usize,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    line: u64,
    over: bool,
}

impl<E: Ends> Blocks<E> {
    /// From the start of a file, without its byte order mark.
    pub(super) fn new(input: Box<dyn Read + Send>, ends: E) -> Result<Self> {
        Self::with_block(input, ends, BLOCK)
    }

    pub(super) fn with_block(input: Box<dyn Read + Send>, ends: E, block: usize) -> Result<Self> {
        let mut blocks =
            Self { input, ends, block, buffer: Vec::new(), start: 0, end: 0, line: 1, over: false };
        while blocks.rest().len() < 3 && !blocks.over {
            blocks.read()?;
        }
        if blocks.rest().starts_with(b"\xef\xbb\xbf") {
            blocks.start = 3;
        }
        Ok(blocks)
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Fills `lot`; false when there are no more records.
    pub(super) fn cut(&mut self, lot: &mut Chunk) -> Result<bool> {
        let len = loop {
            if let Some(len) = self.ends.last_within(self.rest(), lot.capacity()) {
                break len;
            }
            if self.over {
                break self.last_record()?;
            }
            self.read()?;
        };
        let records = self.buffer.get(self.start..self.start + len).unwrap_or_default();
        lot.fill(records, self.line);
        self.line += memchr_iter(b'\n', records).count() as u64;
        self.start += len;
        Ok(len > 0)
    }

    /// Bytes of what the end of the file ends, be it a record or nothing.
    fn last_record(&self) -> Result<usize> {
        // A quoted cell that the end of the file cuts off swallows the lines before it: refuse rather than lose them.
        if self.ends.is_open(self.rest()) {
            return Err(Error::new(ErrorKind::Source, self.place(), "a quoted cell is not closed")
                .expected("a second quote before the end of the file"));
        }
        Ok(self.rest().len())
    }

    /// Reads as much again as is waiting, so that a long record is looked through only so often.
    fn read(&mut self) -> Result<()> {
        let waiting = self.rest().len();
        if waiting >= MAX_RECORD {
            return Err(self.ends.too_long(self.place()));
        }
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, waiting);
        self.buffer.resize(waiting + waiting.clamp(self.block, MAX_RECORD), 0);
        let room = self.buffer.get_mut(waiting..).unwrap_or_default();
        let read = loop {
            match self.input.read(room) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let read = read.map_err(|error| Error::new(ErrorKind::Io, self.place(), error.to_string()))?;
        self.end += read;
        self.over = read == 0;
        Ok(())
    }

    fn place(&self) -> String {
        format!("line {}", self.line)
    }
}

/// Reads a file that can be cut.
pub(super) struct LotReader<E> {
    blocks: Blocks<E>,
    decoder: Arc<dyn Decoder>,
    lot: Chunk,
}

impl<E: Ends> LotReader<E> {
    pub(super) fn new(blocks: Blocks<E>, decoder: Arc<dyn Decoder>) -> Self {
        Self { blocks, decoder, lot: Chunk::with_capacity(Batch::DEFAULT_CAPACITY) }
    }

    /// First what of `begun` has not been read.
    #[cfg(feature = "csv")]
    pub(super) fn after(mut self, begun: &Chunk) -> Self {
        self.lot.fill(begun.rest(), begun.line());
        self
    }
}

#[async_trait]
impl<E: Ends> ContactReader for LotReader<E> {
    async fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.clear();
        while !batch.is_full() {
            if self.lot.is_read() && !self.blocks.cut(&mut self.lot)? {
                break;
            }
            self.decoder.decode(&mut self.lot, batch)?;
        }
        Ok(!batch.contacts().is_empty())
    }

    fn cutter(&mut self) -> Option<&mut dyn ChunkReader> {
        Some(self)
    }
}

#[async_trait]
impl<E: Ends> ChunkReader for LotReader<E> {
    fn decoder(&self) -> Arc<dyn Decoder> {
        Arc::clone(&self.decoder)
    }

    async fn cut(&mut self, lot: &mut Chunk) -> Result<bool> {
        if self.lot.is_read() {
            return self.blocks.cut(lot);
        }
        lot.fill(self.lot.rest(), self.lot.line());
        self.lot.fill(b"", 1);
        Ok(true)
    }
}
