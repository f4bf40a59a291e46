//! What a check works with, and what comes of it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::store::{Commit, CommitOutcome, Durability, KeyRange, PageLimit, Space, Store};

/// The promise that a store did not keep, as a text for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(String);

impl Failure {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(format!("the store returned an error: {error}"))
    }
}

/// What came of a check.
pub(super) type Outcome = std::result::Result<(), Failure>;

/// Fails the check unless both are equal.
macro_rules! same {
    ($left:expr, $right:expr) => {{
        let (left, right) = (&$left, &$right);
        if left != right {
            let (what, line) = (stringify!($left), line!());
            return Err($crate::testing::store_contract::Failure::new(format!(
                "{what}: {left:?}, expected {right:?} ({}:{line})",
                file!()
            )));
        }
    }};
}

pub(super) use same;

/// Opens a store, and opens it again after a restart.
pub(super) type Open<'a> = Box<dyn Fn() -> Opening<'a> + Send + Sync + 'a>;
pub(super) type Opening<'a> = Pin<Box<dyn Future<Output = Result<Arc<dyn Store>>> + 'a>>;

/// What a check works with.
pub(super) struct Bench<'b, 'a> {
    pub(super) store: Arc<dyn Store>,
    pub(super) space: Space,
    pub(super) open: &'b Open<'a>,
}

impl Bench<'_, '_> {
    /// Commits what must be applied.
    pub(super) async fn apply(&self, commit: Commit) -> Outcome {
        same!(self.store.commit(commit, Durability::Immediate).await?, CommitOutcome::Applied);
        Ok(())
    }

    /// Writes keys, each with itself as its value.
    pub(super) async fn fill(&self, keys: &[&[u8]]) -> Outcome {
        let put = |commit: Commit, key: &&[u8]| commit.put(self.space, *key, *key);
        self.apply(keys.iter().fold(Commit::new(), put)).await
    }

    /// The value of a key.
    pub(super) async fn value(&self, key: &[u8]) -> std::result::Result<Option<Vec<u8>>, Failure> {
        let values = self.store.get(self.space, &[key]).await?;
        same!(values.len(), 1);
        Ok(values.into_iter().next().flatten())
    }

    /// The keys of a range, over as many pages as it takes.
    pub(super) async fn keys(
        &self,
        range: KeyRange,
        limit: PageLimit,
    ) -> std::result::Result<Vec<Vec<u8>>, Failure> {
        let (mut keys, mut range) = (Vec::new(), range);
        loop {
            let page = self.store.scan(self.space, &range, limit).await?;
            keys.extend(page.entries.into_iter().map(|entry| entry.key));
            match page.next {
                None => return Ok(keys),
                Some(next) if keys.last().is_some_and(|last| next > *last) => range = range.starting_at(next),
                Some(_) => return Err(Failure::new("a page does not begin behind the one before")),
            }
        }
    }
}
