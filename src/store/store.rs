//! The trait of stores.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::commit::{Commit, CommitOutcome, Durability};
use super::page::{Page, PageLimit};
use super::range::KeyRange;
use super::space::Space;
use crate::error::Result;

/// Persistent storage: ordered byte keys in named spaces, with commits that are applied all or nothing.
///
/// Implement it over your own database, and run the contract suite of the feature `testing` on it. What every
/// implementation promises:
///
/// - **Order.** Keys are compared byte by byte, without a collation.
/// - **Consistent reads.** One `get` or `scan` sees the state between two commits, never a part of one.
/// - **Atomic commits.** Expectations are checked and writes are applied as one step, also against other threads,
///   processes and machines that share the store.
/// - **Reads see commits.** A read that begins after a commit returned sees it.
/// - **No call blocks its executor.** Work that waits for a disk or a network is done elsewhere.
///
/// ```
/// use audiencekit::store::{Commit, Durability, KeyRange, MemoryStore, PageLimit, Space, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// const NAMES: Space = Space::new("names");
///
/// let store = MemoryStore::new();
/// let commit = Commit::new().put(NAMES, b"b", b"2").put(NAMES, b"a", b"1");
/// assert!(store.commit(commit, Durability::Deferred).await?.is_applied());
/// let page = store.scan(NAMES, &KeyRange::all(), PageLimit::default()).await?;
/// assert_eq!((page.entries[0].key.as_slice(), page.entries.len(), page.next), (&b"a"[..], 2, None));
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync {
    /// Returns the values of keys, in the order of `keys`, each `None` if the key is absent.
    ///
    /// All of them are read at one point between commits. A key may be named more than once.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the store cannot be read.
    async fn get(&self, space: Space, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>>;

    /// Returns the first entries of a range, up to the limit, in the order of their keys.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    async fn scan(&self, space: Space, range: &KeyRange, limit: PageLimit) -> Result<Page>;

    /// Applies all writes if all expectations hold, or writes nothing.
    ///
    /// Cancel safety: after the future was dropped, the commit has been applied, or will be, or never will be; never a
    /// part of it.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if a key or a value is too large;
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the commit failed. If the error is
    /// [retryable](crate::Error::is_retryable), the answer was lost and the commit may have been applied: read before you
    /// repeat it.
    async fn commit(&self, commit: Commit, durability: Durability) -> Result<CommitOutcome>;

    /// Returns the time of the store's clock, one for all processes that share the store.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    async fn now(&self) -> Result<OffsetDateTime>;
}

#[async_trait]
impl<S: Store + ?Sized> Store for Arc<S> {
    async fn get(&self, space: Space, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>> {
        (**self).get(space, keys).await
    }

    async fn scan(&self, space: Space, range: &KeyRange, limit: PageLimit) -> Result<Page> {
        (**self).scan(space, range, limit).await
    }

    async fn commit(&self, commit: Commit, durability: Durability) -> Result<CommitOutcome> {
        (**self).commit(commit, durability).await
    }

    async fn now(&self) -> Result<OffsetDateTime> {
        (**self).now().await
    }
}
