//! Runs, calls, generations, blocks and erasures in SQL.

use rusqlite::{Connection, OptionalExtension, params};

use super::audiences::number_for;
use super::checked_json::{check, read_json, write_json};
use super::error::{corrupt, failed};
use super::members::{self, Tails};
use crate::error::Result;
use crate::sync::digest::PersonId;
use crate::sync::ledger::record::{CallRecord, ErasureRecord, RunRecord};
use crate::sync::ledger::traits::{LedgerCommit, taken_over};

pub(super) fn read_run(connection: &Connection, number: i64) -> Result<Option<RunRecord>> {
    let line: Option<(String, i64)> = connection
        .prepare_cached("SELECT record, checksum FROM audiencekit_run WHERE audience = ?1")
        .and_then(|mut read| read.query_row([number], |row| Ok((row.get(0)?, row.get(1)?))).optional())
        .map_err(failed)?;
    line.map(|(text, checksum)| read_json(number, &text, checksum)).transpose()
}

pub(super) fn read_calls(connection: &Connection, number: i64) -> Result<Vec<CallRecord>> {
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

pub(super) fn read_blocked(connection: &Connection) -> Result<Vec<PersonId>> {
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

pub(super) fn read_generation(connection: &Connection, number: i64, person: PersonId) -> Result<u64> {
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

pub(super) fn read_erasures(connection: &Connection) -> Result<Vec<ErasureRecord>> {
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

pub(super) fn write(connection: &Connection, tails: &mut Tails, changes: &LedgerCommit) -> Result<()> {
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
