//! The ledger's reads and commits, in SQL.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::file::{SqliteLedger, corrupt, failed};
use super::members;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::AudienceId;
use crate::sync::lease::Leases;
use crate::sync::ledger::{Changes, Durability, Journal, Ledger, taken_over};
use crate::sync::person::{Fingerprint, PersonKey};
use crate::sync::record::{CallRecord, Mix, RowRecord, RunRecord};

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
        let inner = self.lock();
        let Some(number) = number_of(&inner.connection, audience)? else { return Ok(None) };
        let run = read_run(&inner.connection, number)?;
        if run.as_ref().is_some_and(|run| run.audience != *audience) {
            return Err(corrupt("a record is damaged"));
        }
        Ok(run)
    }

    async fn calls(&self, audience: &AudienceId) -> Result<Vec<CallRecord>> {
        let inner = self.lock();
        let Some(number) = number_of(&inner.connection, audience)? else { return Ok(Vec::new()) };
        let mut read = inner
            .connection
            .prepare_cached("SELECT record, checksum FROM call WHERE audience = ?1 ORDER BY call")
            .map_err(failed)?;
        let lines = read
            .query_map([number], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
            .map_err(failed)?;
        lines
            .map(|line| line.map_err(failed).and_then(|(text, checksum)| read_json(number, &text, checksum)))
            .collect()
    }

    async fn blocked(&self) -> Result<Vec<PersonKey>> {
        let inner = self.lock();
        let mut read =
            inner.connection.prepare_cached("SELECT person, checksum FROM blocked").map_err(failed)?;
        let lines = read
            .query_map([], |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, i64>(1)?)))
            .map_err(failed)?;
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

    async fn commit(&self, changes: Changes, durability: Durability) -> Result<()> {
        let mut inner = self.lock();
        inner.begin()?;
        let done = write(&inner.connection, &changes);
        inner.end(done, durability == Durability::Now)
    }

    fn leases(&self) -> Option<&Leases> {
        Some(self.leases_of_file())
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn rows(&self, audience: &AudienceId, prints: &[Fingerprint]) -> Result<Vec<Option<RowRecord>>> {
        let inner = self.lock();
        match number_of(&inner.connection, audience)? {
            Some(number) => members::get(&inner.connection, number, prints),
            None => Ok(vec![None; prints.len()]),
        }
    }

    async fn scan(
        &self,
        audience: &AudienceId,
        after: Option<Fingerprint>,
        limit: usize,
    ) -> Result<Vec<(Fingerprint, RowRecord)>> {
        let inner = self.lock();
        match number_of(&inner.connection, audience)? {
            Some(number) => members::scan(&inner.connection, number, after, limit),
            None => Ok(Vec::new()),
        }
    }

    async fn rows_of(&self, audience: &AudienceId, person: PersonKey) -> Result<Vec<Fingerprint>> {
        let inner = self.lock();
        match number_of(&inner.connection, audience)? {
            Some(number) => members::of_person(&inner.connection, number, person),
            None => Ok(Vec::new()),
        }
    }

    async fn generation(&self, audience: &AudienceId, person: PersonKey) -> Result<u64> {
        let inner = self.lock();
        let Some(number) = number_of(&inner.connection, audience)? else { return Ok(0) };
        let line: Option<(i64, i64)> = inner
            .connection
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

    async fn audiences(&self) -> Result<Vec<AudienceId>> {
        let inner = self.lock();
        let mut read =
            inner.connection.prepare_cached("SELECT name FROM audience ORDER BY id").map_err(failed)?;
        let names = read.query_map([], |row| row.get::<_, String>(0)).map_err(failed)?;
        names
            .map(|name| name.map_err(failed)?.parse().map_err(|_| corrupt("an audience id is damaged")))
            .collect()
    }
}
