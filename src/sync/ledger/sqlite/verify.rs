//! Checks of a ledger file against its checksums and indexes.

use rusqlite::Connection;

use super::audiences::placed;
use super::checked_json::{check, read_json};
use super::error::{corrupt, failed};
use super::members::each;
use super::queries::read_blocked;
use crate::error::Result;
use crate::store::checksum::Checksum;
use crate::sync::ledger::row_index::IndexKey;

/// Checks the structure of the whole file, and every row and index entry.
pub(super) fn whole(connection: &Connection) -> Result<()> {
    let answer: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if answer != "ok" {
        return Err(corrupt("the file is damaged"));
    }
    quick(connection)?;
    generations(connection)?;
    members(connection)
}

/// Holds the tables of few lines against their indexes and checksums, and audiences against their runs: an audience that
/// is not found would be taken for a new one.
pub(super) fn quick(connection: &Connection) -> Result<()> {
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
fn generations(connection: &Connection) -> Result<()> {
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

/// Holds the places of all members against the members.
fn members(connection: &Connection) -> Result<()> {
    let mut numbers = connection.prepare_cached("SELECT id FROM audiencekit_audience").map_err(failed)?;
    let numbers = numbers.query_map([], |line| line.get::<_, i64>(0)).map_err(failed)?;
    let mut expected: u64 = 0;
    for number in numbers {
        let audience = number.map_err(failed)?;
        let start = placed(connection, audience)?;
        each(connection, audience, 0, usize::MAX, |digest, row| {
            if row.slot < start {
                for key in IndexKey::all(digest, &row) {
                    expected = expected.wrapping_add(weight(audience, key.0, row.slot));
                }
            }
        })?;
    }
    let mut found: u64 = 0;
    let mut places =
        connection.prepare_cached("SELECT audience, key, slot FROM audiencekit_place").map_err(failed)?;
    let mut lines = places.query([]).map_err(failed)?;
    while let Some(line) = lines.next().map_err(failed)? {
        let number = |index| line.get::<_, i64>(index).map_err(failed);
        let weight = weight(number(0)?, number(1)?.cast_unsigned(), number(2)?.cast_unsigned());
        found = found.wrapping_add(weight);
    }
    if found == expected { Ok(()) } else { Err(corrupt("members and their places disagree")) }
}

fn weight(audience: i64, key: u64, slot: u64) -> u64 {
    let mut mix = Checksum::default();
    [audience.cast_unsigned(), key, slot].into_iter().for_each(|number| mix.number(number));
    mix.finish()
}
