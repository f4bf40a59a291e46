//! The ledger in SQLite.

use std::fmt;
use std::path::Path;

use async_trait::async_trait;

use super::audiences::{number_of, read_audiences};
use super::error::corrupt;
use super::file::SqliteFile;
use super::members;
use super::queries::{read_blocked, read_calls, read_erasures, read_generation, read_run, write};
use crate::error::Result;
use crate::facebook::AudienceId;
use crate::sync::digest::{PersonId, RowDigest};
use crate::sync::ledger::lease::AudienceLocks;
use crate::sync::ledger::record::{CallRecord, ErasureRecord, RowRecord, RunRecord};
use crate::sync::ledger::traits::{Durability, Journal, Ledger, LedgerCommit, Sealed};

/// A [`Ledger`](crate::sync::Ledger) and [`Journal`](crate::sync::Journal) in one [`SqliteFile`].
///
/// It blocks the calling thread while it reads and writes; a commit of 10,000 rows takes some tens of milliseconds. Run
/// the engine on a thread where that does no harm.
///
/// Every commit is one transaction, so calls and members never disagree. Rows carry checksums, and each audience the
/// sum of its rows: damage is an [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) before any member is removed, never a
/// wrong removal.
///
/// It stores digests of what was sent (needed for removal), keyed digests of contact ids, and in clear only keys that
/// are sent in clear, such as `EXTERN_ID`. Digests of e-mail addresses and phone numbers can be guessed: treat the file
/// as personal data. For tables and columns see [`SqliteFile::SCHEMA`]; a
/// [`SqliteStore`](crate::automation::SqliteStore) adds `audiencekit_automation`.
///
/// A member with four keys takes about 230 bytes of file. Memory is about 30 MB, however many members there are.
///
/// ```
/// use audiencekit::sync::SqliteLedger;
///
/// let folder = tempfile::tempdir().unwrap();
/// let ledger = SqliteLedger::open(folder.path().join("audiences.db"))?;
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone)]
pub struct SqliteLedger(SqliteFile);

impl SqliteLedger {
    /// Opens a file of its own, or creates it if there is none.
    ///
    /// # Errors
    /// As [`SqliteFile::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        SqliteFile::open(path).map(Self)
    }

    /// Creates the ledger of a file that other stores write to as well.
    ///
    /// ```
    /// use audiencekit::sync::{SqliteFile, SqliteLedger};
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let file = SqliteFile::open(folder.path().join("audiences.db"))?;
    /// SqliteLedger::in_file(&file).verify()?;
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn in_file(file: &SqliteFile) -> Self {
        Self(file.clone())
    }

    /// Verifies the whole file, as [`SqliteFile::verify`] does.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) if it is damaged.
    pub fn verify(&self) -> Result<()> {
        self.0.verify()
    }
}

impl fmt::Debug for SqliteLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteLedger")
    }
}

impl Sealed for SqliteLedger {}

#[async_trait]
impl Journal for SqliteLedger {
    async fn run(&self, audience: &AudienceId) -> Result<Option<RunRecord>> {
        self.0.read(|connection| {
            let Some(number) = number_of(connection, audience)? else { return Ok(None) };
            let run = read_run(connection, number)?;
            // An audience comes with its first run.
            if run.is_none() {
                return Err(corrupt("a record is missing"));
            }
            if run.as_ref().is_some_and(|run| run.audience != *audience) {
                return Err(corrupt("a record is damaged"));
            }
            Ok(run)
        })
    }

    async fn calls(&self, audience: &AudienceId) -> Result<Vec<CallRecord>> {
        self.0.read(|connection| match number_of(connection, audience)? {
            Some(number) => read_calls(connection, number),
            None => Ok(Vec::new()),
        })
    }

    async fn blocked(&self) -> Result<Vec<PersonId>> {
        self.0.read(read_blocked)
    }

    async fn erasures(&self) -> Result<Vec<ErasureRecord>> {
        self.0.read(read_erasures)
    }

    async fn commit(&self, changes: LedgerCommit, durability: Durability) -> Result<()> {
        self.0.write_members(durability, |connection, tails| write(connection, tails, &changes))
    }

    fn audience_locks(&self) -> &AudienceLocks {
        self.0.audience_locks()
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn rows(&self, audience: &AudienceId, digests: &[RowDigest]) -> Result<Vec<Option<RowRecord>>> {
        self.0.read_members(|connection, tails| match number_of(connection, audience)? {
            Some(number) => members::get(connection, tails, number, digests),
            None => Ok(vec![None; digests.len()]),
        })
    }

    async fn scan(
        &self,
        audience: &AudienceId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(RowDigest, RowRecord)>> {
        self.0.read(|connection| match number_of(connection, audience)? {
            Some(number) => members::scan(connection, number, after, limit),
            None => Ok(Vec::new()),
        })
    }

    async fn rows_of(&self, audience: &AudienceId, person: PersonId) -> Result<Vec<RowDigest>> {
        self.0.read_members(|connection, tails| match number_of(connection, audience)? {
            Some(number) => members::of_person(connection, tails, number, person),
            None => Ok(Vec::new()),
        })
    }

    async fn generation(&self, audience: &AudienceId, person: PersonId) -> Result<u64> {
        self.0.read(|connection| match number_of(connection, audience)? {
            Some(number) => read_generation(connection, number, person),
            None => Ok(0),
        })
    }

    async fn audiences(&self) -> Result<Vec<AudienceId>> {
        self.0.read(read_audiences)
    }
}
