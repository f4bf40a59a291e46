//! Reading entries of a store: values, whole keyspaces, one page after another.

use std::ops::ControlFlow;

use serde::de::DeserializeOwned;

use super::store::{Keyspace, Store};
use crate::error::{Error, ErrorKind, Result};

/// Visits every entry of a keyspace.
pub(in crate::automation) fn each<S: Store + ?Sized>(
    store: &S,
    keyspace: Keyspace,
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<()>,
) -> Result<()> {
    store.scan(keyspace, &[], &mut |key, value| visit(key, value).map(ControlFlow::Continue))
}

/// Reads a value that is kept as JSON.
pub(in crate::automation) fn value<T: DeserializeOwned>(keyspace: Keyspace, bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|_| corrupt(keyspace))
}

/// The error for an entry that no version of this crate wrote.
pub(in crate::automation) fn corrupt(keyspace: Keyspace) -> Error {
    Error::new(ErrorKind::Corrupt, "automation state", format!("an entry of {keyspace:?} cannot be read"))
        .with_expected("state that this version or an older one wrote")
}

/// Entries of a keyspace, read a page at a time, so that no lock or cursor of the store is held in between.
#[derive(Debug)]
pub(in crate::automation) struct Pages<'a, S, T> {
    store: &'a S,
    keyspace: Keyspace,
    /// Where the next page begins; `None` after the last one.
    next: Option<Vec<u8>>,
    page: std::vec::IntoIter<T>,
    /// What ended the page early, to be returned after it.
    error: Option<Error>,
    read: fn(&[u8], &[u8]) -> Result<T>,
    /// True for a key that belongs to the entries.
    is_within: fn(&[u8], &[u8]) -> bool,
    first: Vec<u8>,
}

/// Entries of a page.
const PAGE: usize = 256;

impl<'a, S: Store, T> Pages<'a, S, T> {
    /// Reads from the key `first` on, as long as `is_within(first, key)` holds.
    pub(in crate::automation) fn new(
        store: &'a S,
        keyspace: Keyspace,
        first: Vec<u8>,
        is_within: fn(&[u8], &[u8]) -> bool,
        read: fn(&[u8], &[u8]) -> Result<T>,
    ) -> Self {
        let next = Some(first.clone());
        Self { store, keyspace, next, page: Vec::new().into_iter(), error: None, read, is_within, first }
    }

    fn fill(&mut self, from: &[u8]) {
        let mut page = Vec::new();
        let scanned = self.store.scan(self.keyspace, from, &mut |key, value| {
            if !(self.is_within)(&self.first, key) {
                return Ok(ControlFlow::Break(()));
            }
            if page.len() == PAGE {
                self.next = Some(key.to_vec());
                return Ok(ControlFlow::Break(()));
            }
            page.push((self.read)(key, value)?);
            Ok(ControlFlow::Continue(()))
        });
        self.error = scanned.err();
        self.page = page.into_iter();
    }
}

impl<S: Store, T> Iterator for Pages<'_, S, T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        if self.page.len() == 0
            && self.error.is_none()
            && let Some(from) = self.next.take()
        {
            self.fill(&from);
        }
        match self.page.next() {
            Some(entry) => Some(Ok(entry)),
            None => self.error.take().map(Err),
        }
    }
}
