//! Text seen often, told apart by a number.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use crate::error::{Error, ErrorKind, Result};

/// A text of the schema's [`Symbols`], as a number: equal numbers, equal texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub(crate) u32);

/// The texts that stand for tags, event types, property names and values of keyword fields.
///
/// It only grows, up to a limit, so that a column that was declared a keyword by mistake cannot fill the memory.
/// One table serves all contacts and filters of a schema.
pub struct Symbols {
    limit: usize,
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    by_text: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Symbols {
    /// Most distinct texts by default.
    pub const DEFAULT_LIMIT: usize = 1_000_000;

    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: limit.min(u32::MAX as usize), inner: RwLock::default() }
    }

    /// The symbol of `text`, if some contact or filter has used it.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<Symbol> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).by_text.get(text).copied().map(Symbol)
    }

    /// The symbol of `text`, made if need be.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when the table is full.
    pub fn intern(&self, text: &str) -> Result<Symbol> {
        if let Some(symbol) = self.get(text) {
            return Ok(symbol);
        }
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(&known) = inner.by_text.get(text) {
            return Ok(Symbol(known));
        }
        let next = inner.texts.len();
        if next >= self.limit {
            return Err(Error::new(
                ErrorKind::Limit,
                "symbols",
                format!("more than {} distinct tags, event types and keyword values", self.limit),
            )
            .expected("declare a field with many distinct values as text, not keyword"));
        }
        let shared: Arc<str> = text.into();
        inner.texts.push(Arc::clone(&shared));
        inner.by_text.insert(shared, next as u32);
        Ok(Symbol(next as u32))
    }

    /// The text of `symbol`.
    #[must_use]
    pub fn text(&self, symbol: Symbol) -> Arc<str> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner.texts.get(symbol.0 as usize).map_or_else(|| "".into(), Arc::clone)
    }

    /// How many distinct texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).texts.len()
    }

    /// True before the first text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Symbols({} texts)", self.len())
    }
}
