//! Cuts a file into chunks of whole records.

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

    /// Fills `chunk`; false when there are no more records.
    pub(super) fn next_chunk(&mut self, chunk: &mut Chunk) -> Result<bool> {
        let len = loop {
            if let Some(len) = self.ends.last_within(self.rest(), chunk.capacity()) {
                break len;
            }
            if self.over {
                break self.last_record()?;
            }
            self.read()?;
        };
        let records = self.buffer.get(self.start..self.start + len).unwrap_or_default();
        chunk.fill(records, self.line);
        self.line += memchr_iter(b'\n', records).count() as u64;
        self.start += len;
        Ok(len > 0)
    }

    /// Bytes of what the end of the file ends, be it a record or nothing.
    fn last_record(&self) -> Result<usize> {
        // A quoted cell that the end of the file cuts off swallows the lines before it: refuse rather than lose them.
        if self.ends.is_open(self.rest()) {
            return Err(Error::new(ErrorKind::Source, self.place(), "a quoted cell is not closed")
                .with_expected("a second quote before the end of the file"));
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
pub(super) struct BlockReader<E> {
    blocks: Blocks<E>,
    decoder: Arc<dyn Decoder>,
    chunk: Chunk,
}

impl<E: Ends> BlockReader<E> {
    pub(super) fn new(blocks: Blocks<E>, decoder: Arc<dyn Decoder>) -> Self {
        Self { blocks, decoder, chunk: Chunk::with_capacity(Batch::DEFAULT_CAPACITY) }
    }

    /// First what of `begun` has not been read.
    #[cfg(feature = "csv")]
    pub(super) fn after(mut self, begun: &Chunk) -> Self {
        self.chunk.fill(begun.rest(), begun.line());
        self
    }
}

#[async_trait]
impl<E: Ends> ContactReader for BlockReader<E> {
    async fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.clear();
        while !batch.is_full() {
            if self.chunk.is_read() && !self.blocks.next_chunk(&mut self.chunk)? {
                break;
            }
            self.decoder.decode(&mut self.chunk, batch)?;
        }
        Ok(!batch.contacts().is_empty())
    }

    fn chunk_reader(&mut self) -> Option<&mut dyn ChunkReader> {
        Some(self)
    }
}

#[async_trait]
impl<E: Ends> ChunkReader for BlockReader<E> {
    fn decoder(&self) -> Arc<dyn Decoder> {
        Arc::clone(&self.decoder)
    }

    async fn next_chunk(&mut self, chunk: &mut Chunk) -> Result<bool> {
        if self.chunk.is_read() {
            return self.blocks.next_chunk(chunk);
        }
        chunk.fill(self.chunk.rest(), self.chunk.line());
        self.chunk.fill(b"", 1);
        Ok(true)
    }
}
