//! The ledger's reads and commits, in SQL.

use std::fmt;
use std::path::Path;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::file::{SqliteFile, corrupt, failed};
use super::members;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::AudienceId;
use crate::sync::lease::Leases;
use crate::sync::ledger::{Changes, Durability, Journal, Ledger, taken_over};
use crate::sync::person::{Fingerprint, PersonKey};
use crate::sync::record::{CallRecord, Mix, RowRecord, RunRecord};

/// A [`Ledger`](crate::sync::Ledger) and [`Journal`](crate::sync::Journal) in one [`SqliteFile`].
///
/// Every commit is one transaction, so calls and members never disagree. Rows carry checksums, and each audience the
/// sum of its rows': damage is an [`ErrorKind::Corrupt`] before anybody is removed, never a wrong removal.
///
/// It blocks the calling thread while it reads and writes; a commit of 10,000 rows takes some tens of milliseconds.
///
/// It holds digests of what was sent (needed for removal), keyed digests of contact ids, and in clear only keys that
/// are sent in clear, such as `EXTERN_ID`. Digests of e-mail addresses and phones can be guessed back: treat the file as
/// personal data.
///
/// Tables: `audience` (a number for each id), `run` and `call` (a [`RunRecord`](crate::sync::RunRecord) or
/// [`CallRecord`](crate::sync::CallRecord) as JSON), `member` (one line for each row and owner; `person` is empty when
/// nobody wants the row any more), `generation` and `blocked`.
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
        SqliteFile::open(path).map(|file| Self(file))
    }

    /// The ledger of a file that others write to as well.
    #[must_use]
    pub fn in_file(file: &SqliteFile) -> Self {
        Self(file.clone())
    }

    /// Checks the whole file, as [`SqliteFile::verify`] does.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] when it is damaged.
    pub fn verify(&self) -> Result<()> {
        self.0.verify()
    }
}

impl fmt::Debug for SqliteLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteLedger")
    }
}

/// A checksum over the parts of a line.
fn check(parts: &[&[u8]]) -> i64 {
    let mut mix = Mix::default();
    parts.iter().for_each(|part| mix.bytes(part));
    mix.finish().cast_signed()
}

fn write_json(record: &impl Serialize) -> Result<String> {
    serde_json::to_string(record)
        .map_err(|_| Error::new(ErrorKind::Invalid, "ledger", "a record cannot be written"))
}

fn read_json<T: DeserializeOwned>(audience: i64, text: &str, checksum: i64) -> Result<T> {
    if check(&[&audience.to_le_bytes(), text.as_bytes()]) != checksum {
        return Err(corrupt("a record is damaged"));
    }
    serde_json::from_str(text).map_err(|_| corrupt("a record is damaged"))
}

fn number_of(connection: &Connection, audience: &AudienceId) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM audience WHERE name = ?1")
        .and_then(|mut read| read.query_row([audience.as_str()], |row| row.get(0)).optional())
        .map_err(failed)
}

fn number_for(connection: &Connection, audience: &AudienceId) -> Result<i64> {
    if let Some(known) = number_of(connection, audience)? {
        return Ok(known);
    }
    connection.execute("INSERT INTO audience (name) VALUES (?1)", [audience.as_str()]).map_err(failed)?;
    Ok(connection.last_insert_rowid())
}

fn read_run(connection: &Connection, number: i64) -> Result<Option<RunRecord>> {
    let line: Option<(String, i64)> = connection
        .prepare_cached("SELECT record, checksum FROM run WHERE audience = ?1")
        .and_then(|mut read| read.query_row([number], |row| Ok((row.get(0)?, row.get(1)?))).optional())
        .map_err(failed)?;
    line.map(|(text, checksum)| read_json(number, &text, checksum)).transpose()
}

fn read_calls(connection: &Connection, number: i64) -> Result<Vec<CallRecord>> {
    let mut read = connection
        .prepare_cached("SELECT record, checksum FROM call WHERE audience = ?1 ORDER BY call")
        .map_err(failed)?;
    let lines = read
        .query_map([number], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
        .map_err(failed)?;
    lines
        .map(|line| line.map_err(failed).and_then(|(text, checksum)| read_json(number, &text, checksum)))
        .collect()
}

fn read_blocked(connection: &Connection) -> Result<Vec<PersonKey>> {
    let mut read = connection.prepare_cached("SELECT person, checksum FROM blocked").map_err(failed)?;
    let lines =
        read.query_map([], |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, i64>(1)?))).map_err(failed)?;
    lines
        .map(|line| {
            let (person, checksum) = line.map_err(failed)?;
            if check(&[&person]) != checksum {
                return Err(corrupt("a block is damaged"));
            }
            Ok(PersonKey::from_bytes(person))
        })
        .collect()
}

fn read_generation(connection: &Connection, number: i64, person: PersonKey) -> Result<u64> {
    let line: Option<(i64, i64)> = connection
        .prepare_cached("SELECT generation, checksum FROM generation WHERE audience = ?1 AND person = ?2")
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

fn read_audiences(connection: &Connection) -> Result<Vec<AudienceId>> {
    let mut read = connection.prepare_cached("SELECT name FROM audience ORDER BY id").map_err(failed)?;
    let names = read.query_map([], |row| row.get::<_, String>(0)).map_err(failed)?;
    names
        .map(|name| name.map_err(failed)?.parse().map_err(|_| corrupt("an audience id is damaged")))
        .collect()
}

fn write(connection: &Connection, changes: &Changes) -> Result<()> {
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
                .prepare_cached("INSERT OR REPLACE INTO run (audience, record, checksum) VALUES (?1, ?2, ?3)")
                .and_then(|mut put| put.execute(params![number, text, checksum]))
                .map_err(failed)?;
        }
        if let Some(last) = changes.forget_calls {
            connection
                .prepare_cached("DELETE FROM call WHERE audience = ?1 AND call <= ?2")
                .and_then(|mut forget| forget.execute(params![number, last.cast_signed()]))
                .map_err(failed)?;
        }
        for call in &changes.calls {
            let text = write_json(call)?;
            let checksum = check(&[&number.to_le_bytes(), text.as_bytes()]);
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO call (audience, call, record, checksum) VALUES (?1, ?2, ?3, ?4)",
                )
                .and_then(|mut put| put.execute(params![number, call.call.cast_signed(), text, checksum]))
                .map_err(failed)?;
        }
        for (print, row) in &changes.rows {
            members::put(connection, number, *print, row.as_ref())?;
        }
        for (person, generation) in &changes.generations {
            let checksum = check(&[&number.to_le_bytes(), person.as_bytes(), &generation.to_le_bytes()]);
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO generation (audience, person, generation, checksum)
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
            .prepare_cached("INSERT OR REPLACE INTO blocked (person, checksum) VALUES (?1, ?2)")
            .and_then(|mut put| put.execute(params![person.as_bytes(), check(&[person.as_bytes()])]))
            .map_err(failed)?;
    }
    for person in &changes.unblock {
        connection
            .prepare_cached("DELETE FROM blocked WHERE person = ?1")
            .and_then(|mut forget| forget.execute([person.as_bytes()]))
            .map_err(failed)?;
    }
    Ok(())
}

#[async_trait]
impl Journal for SqliteLedger {
    async fn run(&self, audience: &AudienceId) -> Result<Option<RunRecord>> {
        self.0.read(|connection| {
            let Some(number) = number_of(connection, audience)? else { return Ok(None) };
            let run = read_run(connection, number)?;
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

    async fn blocked(&self) -> Result<Vec<PersonKey>> {
        self.0.read(read_blocked)
    }

    async fn commit(&self, changes: Changes, durability: Durability) -> Result<()> {
        self.0.write(durability, |connection| write(connection, &changes))
    }

    fn leases(&self) -> &Leases {
        self.0.leases()
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn rows(&self, audience: &AudienceId, prints: &[Fingerprint]) -> Result<Vec<Option<RowRecord>>> {
        self.0.read(|connection| match number_of(connection, audience)? {
            Some(number) => members::get(connection, number, prints),
            None => Ok(vec![None; prints.len()]),
        })
    }

    async fn scan(
        &self,
        audience: &AudienceId,
        after: Option<Fingerprint>,
        limit: usize,
    ) -> Result<Vec<(Fingerprint, RowRecord)>> {
        self.0.read(|connection| match number_of(connection, audience)? {
            Some(number) => members::scan(connection, number, after, limit),
            None => Ok(Vec::new()),
        })
    }

    async fn rows_of(&self, audience: &AudienceId, person: PersonKey) -> Result<Vec<Fingerprint>> {
        self.0.read(|connection| match number_of(connection, audience)? {
            Some(number) => members::of_person(connection, number, person),
            None => Ok(Vec::new()),
        })
    }

    async fn generation(&self, audience: &AudienceId, person: PersonKey) -> Result<u64> {
        self.0.read(|connection| match number_of(connection, audience)? {
            Some(number) => read_generation(connection, number, person),
            None => Ok(0),
        })
    }

    async fn audiences(&self) -> Result<Vec<AudienceId>> {
        self.0.read(read_audiences)
    }
}
