//! The store in an SQLite file.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::connection::StoreConnection;
use super::thread::StoreThread;
use super::{open, tables};
use crate::clock::machine_time;
use crate::error::Result;
use crate::store::{Commit, CommitOutcome, Durability, KeyRange, Page, PageLimit, Space, Store, outbox_key};

/// A store in an SQLite file: one of its own, or your application's database.
///
/// It starts one thread, on which all its calls of SQLite are made, so no call blocks the executor. Clones share it; the
/// last one, when dropped, waits until the work under way is done and the file is closed. Opening blocks its thread.
///
/// A file of its own is readable by its owner only, and locked: a second opening, in any process, gets
/// [`ErrorKind::Busy`](crate::ErrorKind::Busy). Deleted values are overwritten. Beside it stands a file whose name ends in
/// `-lock`; it knows how far the store has come, so that an older copy of the store is recognized.
///
/// ```
/// use audiencekit::store::{Commit, Durability, Space, SqliteStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("audiences.db");
/// const NAMES: Space = Space::new("names");
/// let store = SqliteStore::open(&path)?;
/// let commit = Commit::new().put(NAMES, b"a", b"1");
/// assert!(store.commit(commit, Durability::Immediate).await?.is_applied());
/// assert!(SqliteStore::open(&path).is_err(), "one opening at a time");
/// drop(store);
/// assert_eq!(SqliteStore::open(&path)?.get(NAMES, &[b"a"]).await?, [Some(b"1".to_vec())]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqliteStore(Arc<StoreThread>);

impl SqliteStore {
    /// The SQL schema of the tables, with comments on their columns.
    pub const SCHEMA: &str = tables::TABLES;

    /// The statement by which your application adds a change to the outbox, in a transaction of its own.
    ///
    /// Its parameters are the audience id and a [`MemberChange`](crate::sync::MemberChange) as JSON. The store shows the
    /// changes as the space [`Space::OUTBOX`].
    pub const INSERT_CHANGE: &str = "INSERT INTO audiencekit_outbox (audience, change) VALUES (?1, ?2)";

    /// Opens a file of the store's own, or creates it if there is none.
    ///
    /// A file that others could read is made readable by its owner only.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy) while it is open elsewhere;
    /// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) if it is damaged, not a store, or an older copy of itself;
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if the path is not that of a regular file, or a newer release made
    /// the file; [`ErrorKind::Io`](crate::ErrorKind::Io) if it cannot be read or written.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let (connection, lock) = open::own(path.as_ref(), false)?;
        StoreThread::start(StoreConnection::own(connection, lock)).map(|thread| Self(Arc::new(thread)))
    }

    /// Opens a file that was restored from an older copy, which [`open`](Self::open) refuses.
    ///
    /// What was sent since the copy was made is unknown to it: run each audience with
    /// [`SyncMode::Replace`](crate::SyncMode::Replace) next.
    ///
    /// ```
    /// use audiencekit::store::{Commit, Durability, Space, SqliteStore, Store};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let (path, copy) = (folder.path().join("audiences.db"), folder.path().join("copy.db"));
    /// let store = SqliteStore::open(&path)?;
    /// # drop(store);
    /// std::fs::copy(&path, &copy).unwrap();
    /// # let store = SqliteStore::open(&path)?;
    /// let commit = Commit::new().put(Space::new("names"), b"a", b"1");
    /// assert!(store.commit(commit, Durability::Immediate).await?.is_applied());
    /// drop(store);
    ///
    /// std::fs::copy(&copy, &path).unwrap(); // the commit is lost
    /// assert!(SqliteStore::open(&path).is_err());
    /// let store = SqliteStore::accept_restored(&path)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open), older copies apart.
    pub fn accept_restored(path: impl AsRef<Path>) -> Result<Self> {
        let (connection, lock) = open::own(path.as_ref(), true)?;
        StoreThread::start(StoreConnection::own(connection, lock)).map(|thread| Self(Arc::new(thread)))
    }

    /// Opens your application's database, and keeps the tables of [`SCHEMA`](Self::SCHEMA) in it beside yours.
    ///
    /// The tables are created the first time. File mode, journal and backups stay yours, your own connections go on reading
    /// and writing, and several processes may open it. Each commit is a transaction that waits up to 10 seconds for others;
    /// with a write-ahead log, deferred ones do not wait for the disk. An older copy is not recognized: run each audience
    /// with [`SyncMode::Replace`](crate::SyncMode::Replace) after you restored one.
    ///
    /// ```
    /// use audiencekit::store::{KeyRange, PageLimit, Space, SqliteStore, Store};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("shop.db");
    /// let shop = rusqlite::Connection::open(&path).unwrap();
    /// let store = SqliteStore::in_database(&path)?;
    /// shop.execute(SqliteStore::INSERT_CHANGE, ["17", "{}"]).unwrap();
    /// let page = store.scan(Space::OUTBOX, &KeyRange::prefix(b"17\0"), PageLimit::default()).await?;
    /// assert_eq!(page.entries[0].value, b"{}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if there is no such file, or it cannot be read or written;
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy) if another transaction lasts too long.
    pub fn in_database(path: impl AsRef<Path>) -> Result<Self> {
        let connection = StoreConnection::shared(open::shared(path.as_ref())?)?;
        StoreThread::start(connection).map(|thread| Self(Arc::new(thread)))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn get(&self, space: Space, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>> {
        let keys: Vec<_> = keys.iter().map(|key| key.to_vec()).collect();
        self.0.run(move |connection| connection.get(space, &keys)).await
    }

    async fn scan(&self, space: Space, range: &KeyRange, limit: PageLimit) -> Result<Page> {
        let range = range.clone();
        self.0.run(move |connection| connection.scan(space, &range, limit)).await
    }

    async fn commit(&self, commit: Commit, durability: Durability) -> Result<CommitOutcome> {
        commit.check_sizes()?;
        outbox_key::check(&commit)?;
        self.0.run(move |connection| connection.commit(&commit, durability)).await
    }

    async fn now(&self) -> Result<OffsetDateTime> {
        Ok(machine_time())
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteStore")
    }
}
