//! The ledger's reads and commits, in SQL.

use std::fmt;
use std::path::Path;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::audiences::{number_for, number_of, read_audiences};
use super::checksum::{check, read_json, write_json};
use super::file::{SqliteFile, corrupt, failed};
use super::members::{self, Tails};
use crate::error::Result;
use crate::facebook::AudienceId;
use crate::sync::digest::{PersonId, RowDigest};
use crate::sync::ledger::lease::AudienceLocks;
use crate::sync::ledger::record::{CallRecord, ErasureRecord, RowRecord, RunRecord};
use crate::sync::ledger::traits::{Durability, Journal, Ledger, LedgerCommit, taken_over};

/// A [`Ledger`](crate::sync::ledger::traits::Ledger) and [`Journal`](crate::sync::ledger::traits::Journal) in one [`SqliteFile`].
///
/// Every commit is one transaction, so calls and members never disagree. Rows carry checksums, and each audience the
/// sum of its rows': damage is an [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) before anybody is removed, never a wrong removal.
///
/// It blocks the calling thread while it reads and writes; a commit of 10,000 rows takes some tens of milliseconds.
///
/// It holds digests of what was sent (needed for removal), keyed digests of contact ids, and in clear only keys that
/// are sent in clear, such as `EXTERN_ID`. Digests of e-mail addresses and phones can be guessed back: treat the file as
/// personal data.
///
/// Tables and columns: [`SqliteFile::SCHEMA`], and `audiencekit_automation` of a
/// [`SqliteStore`](crate::automation::SqliteStore).
///
/// Units: about 230 bytes of file for a member with four keys; about 30 MB of memory, however many members there are.
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
    /// Opens a file of its own, or makes one where there is none.
    ///
    /// # Errors
    /// As [`SqliteFile::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        SqliteFile::open(path).map(Self)
    }

    /// The ledger of a file that others write to as well.
    #[must_use]
    pub fn in_file(file: &SqliteFile) -> Self {
        Self(file.clone())
    }

    /// Checks the whole file, as [`SqliteFile::verify`] does.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) when it is damaged.
    pub fn verify(&self) -> Result<()> {
        self.0.verify()
    }
}

impl fmt::Debug for SqliteLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteLedger")
    }
}

fn read_run(connection: &Connection, number: i64) -> Result<Option<RunRecord>> {
    let line: Option<(String, i64)> = connection
        .prepare_cached("SELECT record, checksum FROM audiencekit_run WHERE audience = ?1")
        .and_then(|mut read| read.query_row([number], |row| Ok((row.get(0)?, row.get(1)?))).optional())
        .map_err(failed)?;
    line.map(|(text, checksum)| read_json(number, &text, checksum)).transpose()
}

/// Holds the tables of few lines against their indexes and checksums, and audiences against their runs: an audience that
/// is not found would be taken for a new one.
pub(super) fn verify_few(connection: &Connection) -> Result<()> {
    for table in ["audience", "run", "call", "erasure", "blocked"] {
        let answer: String = connection
            .query_row(&format!("PRAGMA integrity_check(audiencekit_{table})"), [], |row| row.get(0))
            .map_err(failed)?;
        if answer != "ok" {
            return Err(corrupt("the file is damaged"));
        }
    }
    let lost = "SELECT (SELECT count(*) FROM audiencekit_audience WHERE id NOT IN (SELECT audience FROM audiencekit_run))
                     + (SELECT count(*) FROM audiencekit_run WHERE audience NOT IN (SELECT id FROM audiencekit_audience))";
    if connection.query_row(lost, [], |row| row.get::<_, i64>(0)).map_err(failed)? > 0 {
        return Err(corrupt("a record is missing"));
    }
    for sql in [
        "SELECT audience, record, checksum FROM audiencekit_run",
        "SELECT audience, record, checksum FROM audiencekit_call",
        "SELECT 0, record, checksum FROM audiencekit_erasure",
    ] {
        let mut read = connection.prepare_cached(sql).map_err(failed)?;
        let mut lines = read.query([]).map_err(failed)?;
        while let Some(line) = lines.next().map_err(failed)? {
            let text: String = line.get(1).map_err(failed)?;
            let checksum = line.get(2).map_err(failed)?;
            read_json::<serde::de::IgnoredAny>(line.get(0).map_err(failed)?, &text, checksum)?;
        }
    }
    read_blocked(connection).map(drop)
}

/// Holds the generations against their checksums.
pub(super) fn verify_generations(connection: &Connection) -> Result<()> {
    let mut read = connection
        .prepare_cached("SELECT audience, person, generation, checksum FROM audiencekit_generation")
        .map_err(failed)?;
    let mut lines = read.query([]).map_err(failed)?;
    while let Some(line) = lines.next().map_err(failed)? {
        let (number, person): (i64, [u8; 16]) = (line.get(0).map_err(failed)?, line.get(1).map_err(failed)?);
        let generation: i64 = line.get(2).map_err(failed)?;
        let parts: [&[u8]; 3] = [&number.to_le_bytes(), &person, &generation.to_le_bytes()];
        if check(&parts) != line.get::<_, i64>(3).map_err(failed)? {
            return Err(corrupt("a generation is damaged"));
        }
    }
    Ok(())
}

fn read_calls(connection: &Connection, number: i64) -> Result<Vec<CallRecord>> {
    let mut read = connection
        .prepare_cached("SELECT record, checksum FROM audiencekit_call WHERE audience = ?1 ORDER BY call")
        .map_err(failed)?;
    let lines = read
        .query_map([number], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
        .map_err(failed)?;
    lines
        .map(|line| line.map_err(failed).and_then(|(text, checksum)| read_json(number, &text, checksum)))
        .collect()
}

fn read_blocked(connection: &Connection) -> Result<Vec<PersonId>> {
    let mut read =
        connection.prepare_cached("SELECT person, checksum FROM audiencekit_blocked").map_err(failed)?;
    let lines =
        read.query_map([], |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, i64>(1)?))).map_err(failed)?;
    lines
        .map(|line| {
            let (person, checksum) = line.map_err(failed)?;
            if check(&[&person]) != checksum {
                return Err(corrupt("a block is damaged"));
            }
            Ok(PersonId::from_bytes(person))
        })
        .collect()
}

fn read_generation(connection: &Connection, number: i64, person: PersonId) -> Result<u64> {
    let line: Option<(i64, i64)> = connection
        .prepare_cached(
            "SELECT generation, checksum FROM audiencekit_generation WHERE audience = ?1 AND person = ?2",
        )
        .and_then(|mut read| {
            read.query_row(params![number, person.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
        .map_err(failed)?;
    let Some((generation, checksum)) = line else { return Ok(0) };
    let generation = generation.cast_unsigned();
    if check(&[&number.to_le_bytes(), person.as_bytes(), &generation.to_le_bytes()]) != checksum {
        return Err(corrupt("a generation is damaged"));
    }
    Ok(generation)
}

fn read_erasures(connection: &Connection) -> Result<Vec<ErasureRecord>> {
    let mut read =
        connection.prepare_cached("SELECT record, checksum FROM audiencekit_erasure").map_err(failed)?;
    let lines =
        read.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).map_err(failed)?;
    lines
        .map(|line| line.map_err(failed).and_then(|(text, checksum)| read_json(0, &text, checksum)))
        .collect()
}

fn write_erasures(connection: &Connection, changes: &LedgerCommit) -> Result<()> {
    if let Some(erasure) = &changes.erase {
        let text = write_json(erasure)?;
        let checksum = check(&[&0_i64.to_le_bytes(), text.as_bytes()]);
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO audiencekit_erasure (account, person, record, checksum) VALUES (?1, ?2, ?3, ?4)",
            )
            .and_then(|mut put| {
                put.execute(params![erasure.account.to_string(), erasure.person.as_bytes(), text, checksum])
            })
            .map_err(failed)?;
    }
    if let Some((account, person)) = &changes.erased {
        connection
            .prepare_cached("DELETE FROM audiencekit_erasure WHERE account = ?1 AND person = ?2")
            .and_then(|mut forget| forget.execute(params![account.to_string(), person.as_bytes()]))
            .map_err(failed)?;
    }
    Ok(())
}

fn write(connection: &Connection, tails: &mut Tails, changes: &LedgerCommit) -> Result<()> {
    if let Some(audience) = &changes.audience {
        let number = number_for(connection, audience)?;
        if let Some(run) = &changes.run {
            let known = read_run(connection, number)?.map_or(0, |known| known.run);
            if known > run.run || changes.after_run.is_some_and(|after| after != known) {
                return Err(taken_over());
            }
            let text = write_json(run)?;
            let checksum = check(&[&number.to_le_bytes(), text.as_bytes()]);
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO audiencekit_run (audience, record, checksum) VALUES (?1, ?2, ?3)",
                )
                .and_then(|mut put| put.execute(params![number, text, checksum]))
                .map_err(failed)?;
        }
        if let Some(last) = changes.forget_calls {
            connection
                .prepare_cached("DELETE FROM audiencekit_call WHERE audience = ?1 AND call <= ?2")
                .and_then(|mut forget| forget.execute(params![number, last.cast_signed()]))
                .map_err(failed)?;
        }
        for call in &changes.calls {
            let text = write_json(call)?;
            let checksum = check(&[&number.to_le_bytes(), text.as_bytes()]);
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO audiencekit_call (audience, call, record, checksum) VALUES (?1, ?2, ?3, ?4)",
                )
                .and_then(|mut put| put.execute(params![number, call.call.cast_signed(), text, checksum]))
                .map_err(failed)?;
        }
        members::put(connection, tails, number, &changes.rows)?;
        for (person, generation) in &changes.generations {
            let checksum = check(&[&number.to_le_bytes(), person.as_bytes(), &generation.to_le_bytes()]);
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO audiencekit_generation (audience, person, generation, checksum)
                     VALUES (?1, ?2, ?3, ?4)",
                )
                .and_then(|mut put| {
                    put.execute(params![number, person.as_bytes(), generation.cast_signed(), checksum])
                })
                .map_err(failed)?;
        }
    }
    for person in &changes.block {
        connection
            .prepare_cached("INSERT OR REPLACE INTO audiencekit_blocked (person, checksum) VALUES (?1, ?2)")
            .and_then(|mut put| put.execute(params![person.as_bytes(), check(&[person.as_bytes()])]))
            .map_err(failed)?;
    }
    for person in &changes.unblock {
        connection
            .prepare_cached("DELETE FROM audiencekit_blocked WHERE person = ?1")
            .and_then(|mut forget| forget.execute([person.as_bytes()]))
            .map_err(failed)?;
    }
    write_erasures(connection, changes)
}

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
    async fn rows(&self, audience: &AudienceId, prints: &[RowDigest]) -> Result<Vec<Option<RowRecord>>> {
        self.0.read_members(|connection, tails| match number_of(connection, audience)? {
            Some(number) => members::get(connection, tails, number, prints),
            None => Ok(vec![None; prints.len()]),
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
