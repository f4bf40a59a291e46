//! Text seen often, told apart by a number.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::symbol_cache::{Entry, Recent};
use crate::contact::text::case_fold::fold_text;
use crate::error::{Error, ErrorKind, Result};

/// A text of the schema's [`Symbols`], as a number: equal numbers, equal texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub(crate) u32);

impl Symbol {
    /// One of 64 bits, which it shares with every 64th symbol.
    #[inline]
    pub(crate) fn mark(self) -> u64 {
        1 << (self.0 % 64)
    }
}

/// What lies under an error of a full table, which no single contact is to blame for.
#[derive(Debug, thiserror::Error)]
#[error("the schema's table of symbols is full")]
pub(crate) struct SymbolsFull;

impl SymbolsFull {
    /// True when it lies under this error, however often that was placed.
    pub(crate) fn is_under(error: &Error) -> bool {
        let first = std::error::Error::source(error);
        std::iter::successors(first, |error| error.source()).any(<dyn std::error::Error>::is::<Self>)
    }
}

/// The texts that stand for tags, event types, property names and values of keyword fields.
///
/// It only grows, up to a limit, so that a column that was declared a keyword by mistake cannot fill the memory.
/// One table serves all contacts and filters of a schema. Reading the text of a symbol takes no lock.
pub struct Symbols {
    /// No two tables of a process have the same.
    id: u64,
    limit: usize,
    /// Of all texts; changed under the lock of `by_text` only.
    bytes: AtomicUsize,
    by_text: RwLock<HashMap<Arc<str>, Entry>>,
    recent: Recent,
    /// Chunk `n` holds `FIRST_CHUNK << n` texts and never moves, so a text can be lent without a lock.
    chunks: [OnceLock<Chunk>; CHUNKS],
}

type Chunk = Box<[OnceLock<Arc<str>>]>;

const FIRST_CHUNK: usize = 256;
/// So many that a symbol has at most thirty bits.
const CHUNKS: usize = 22;

impl Symbols {
    /// The default maximum number of distinct texts: 1,000,000.
    pub const DEFAULT_LIMIT: usize = 1_000_000;

    /// The maximum size of all texts together, in bytes: 64 MiB.
    pub const MAX_BYTES: usize = 64 << 20;

    pub(crate) fn new(limit: usize) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            limit: limit.min(FIRST_CHUNK << (CHUNKS - 1)),
            bytes: AtomicUsize::new(0),
            by_text: RwLock::default(),
            recent: Recent::new(),
            chunks: [const { OnceLock::new() }; CHUNKS],
        }
    }

    /// What tells this table, and with it its schema, from any other: their numbers mean nothing to one another.
    #[inline]
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Returns the symbol of `text`, or `None` if no contact and no filter has used it.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<Symbol> {
        self.known(text).map(|entry| Symbol(entry.symbol))
    }

    /// Returns the symbol of `text`, and creates it if needed.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when the table is full.
    ///
    /// ```
    /// use audiencekit::Schema;
    ///
    /// let schema = Schema::standard();
    /// let vip = schema.symbols().intern("VIP")?;
    /// assert_eq!(schema.symbols().get("VIP"), Some(vip));
    /// assert_eq!(&*schema.symbols().text(vip), "VIP");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn intern(&self, text: &str) -> Result<Symbol> {
        if let Some(entry) = self.known(text) {
            return Ok(Symbol(entry.symbol));
        }
        let mut by_text = self.by_text.write().unwrap_or_else(PoisonError::into_inner);
        self.add(&mut by_text, text).map(|entry| Symbol(entry.symbol))
    }

    /// The symbols of `text` and of its folded form.
    pub(crate) fn intern_folded(&self, text: &str) -> Result<(Symbol, Symbol)> {
        if let Some(Entry { symbol, folded: Some(folded) }) = self.known(text) {
            return Ok((Symbol(symbol), Symbol(folded)));
        }
        let mut by_text = self.by_text.write().unwrap_or_else(PoisonError::into_inner);
        let entry = self.add(&mut by_text, text)?;
        let folded = self.add(&mut by_text, &fold_text(text))?;
        if let Some(entry) = by_text.get_mut(text) {
            entry.folded = Some(folded.symbol);
            self.recent.put(text, *entry);
        }
        Ok((Symbol(entry.symbol), Symbol(folded.symbol)))
    }

    #[inline]
    fn known(&self, text: &str) -> Option<Entry> {
        match self.recent.at(text) {
            Some(entry) if self.shared(Symbol(entry.symbol)).is_some_and(|known| **known == *text) => {
                Some(entry)
            }
            _ => self.looked_up(text),
        }
    }

    fn looked_up(&self, text: &str) -> Option<Entry> {
        let entry = self.by_text.read().unwrap_or_else(PoisonError::into_inner).get(text).copied()?;
        self.recent.put(text, entry);
        Some(entry)
    }

    fn add(&self, by_text: &mut HashMap<Arc<str>, Entry>, text: &str) -> Result<Entry> {
        if let Some(&known) = by_text.get(text) {
            return Ok(known);
        }
        let next = by_text.len();
        let full = || {
            Error::new(
                ErrorKind::Limit,
                "symbols",
                format!("more than {} distinct tags, event types and keyword values", self.limit),
            )
            .with_help("declare a field with many distinct values as text, not keyword")
            .with_source(SymbolsFull)
        };
        if next >= self.limit {
            return Err(full());
        }
        let bytes = self.bytes.load(Ordering::Relaxed) + text.len();
        if bytes > Self::MAX_BYTES {
            let message = "more than 64 MiB of tags, event types and keyword values";
            return Err(Error::new(ErrorKind::Limit, "symbols", message)
                .with_help("declare a field with long values as text, not keyword")
                .with_source(SymbolsFull));
        }
        let (chunk, at) = place(next);
        let chunk = self
            .chunks
            .get(chunk)
            .ok_or_else(full)?
            .get_or_init(|| std::iter::repeat_with(OnceLock::new).take(FIRST_CHUNK << chunk).collect());
        let shared: Arc<str> = text.into();
        if let Some(cell) = chunk.get(at) {
            let _ = cell.set(Arc::clone(&shared));
        }
        let entry = Entry { symbol: next as u32, folded: None };
        by_text.insert(shared, entry);
        self.bytes.store(bytes, Ordering::Relaxed);
        Ok(entry)
    }

    /// Returns the text of `symbol`.
    #[must_use]
    pub fn text(&self, symbol: Symbol) -> Arc<str> {
        self.shared(symbol).map_or_else(|| "".into(), Arc::clone)
    }

    /// The text of `symbol`, lent.
    pub(crate) fn lend(&self, symbol: Symbol) -> &str {
        self.shared(symbol).map_or("", |text| text)
    }

    fn shared(&self, symbol: Symbol) -> Option<&Arc<str>> {
        let (chunk, at) = place(symbol.0 as usize);
        self.chunks.get(chunk)?.get()?.get(at)?.get()
    }

    /// Returns the number of distinct texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_text.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns `true` if there is no text yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The chunk of the text with this number, and its place there.
fn place(number: usize) -> (usize, usize) {
    let chunk = (number / FIRST_CHUNK + 1).ilog2() as usize;
    (chunk, number - FIRST_CHUNK * ((1 << chunk) - 1))
}

impl fmt::Debug for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Symbols({} texts)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_from_its_chunk() {
        let symbols = Symbols::new(2_000);
        let made: Vec<_> = (0..2_000).map(|n| symbols.intern(&format!("t{n}")).unwrap()).collect();
        for (n, symbol) in made.iter().enumerate() {
            assert_eq!(symbols.lend(*symbol), format!("t{n}"));
        }
        assert!(symbols.intern("one more").is_err());
        assert_eq!(symbols.lend(Symbol(9_999)), "");
        assert_eq!((place(0), place(255), place(256), place(768)), ((0, 0), (0, 255), (1, 0), (2, 0)));
    }

    #[test]
    fn a_few_long_texts_fill_the_table_too() {
        let symbols = Symbols::new(1_000);
        let long = |n: usize| n.to_string().repeat(16 << 20);
        for n in 0..4 {
            symbols.intern(&long(n)).unwrap();
        }
        assert_eq!(symbols.intern("one more").unwrap_err().kind(), ErrorKind::Limit);
        assert!(symbols.intern(&long(3)).is_ok());
    }

    #[test]
    fn texts_that_differ_in_case_share_the_folded_symbol() {
        let symbols = Symbols::new(10);
        let (upper, folded) = symbols.intern_folded("ŁÓDŹ").unwrap();
        let (lower, same) = symbols.intern_folded("łódź").unwrap();
        assert_ne!(upper, lower);
        assert_eq!((folded, same), (lower, lower));
    }
}
