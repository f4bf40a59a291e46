//! The `audience` table: a number for each id, and how far its members are in `place`.

use rusqlite::{Connection, OptionalExtension, params};

use super::checked_json::check;
use super::error::{corrupt, failed};
use crate::error::Result;
use crate::facebook::AudienceId;

pub(super) fn number_of(connection: &Connection, audience: &AudienceId) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM audiencekit_audience WHERE name = ?1")
        .and_then(|mut read| read.query_row([audience.as_str()], |row| row.get(0)).optional())
        .map_err(failed)
}

pub(super) fn number_for(connection: &Connection, audience: &AudienceId) -> Result<i64> {
    if let Some(known) = number_of(connection, audience)? {
        return Ok(known);
    }
    connection
        .execute(
            "INSERT INTO audiencekit_audience (name, placed, checksum) VALUES (?1, 0, 0)",
            [audience.as_str()],
        )
        .map_err(failed)?;
    let number = connection.last_insert_rowid();
    set_placed(connection, number, 0)?;
    Ok(number)
}

pub(super) fn read_audiences(connection: &Connection) -> Result<Vec<AudienceId>> {
    let mut read =
        connection.prepare_cached("SELECT name FROM audiencekit_audience ORDER BY id").map_err(failed)?;
    let names = read.query_map([], |row| row.get::<_, String>(0)).map_err(failed)?;
    names
        .map(|name| name.map_err(failed)?.parse().map_err(|_| corrupt("an audience id is damaged")))
        .collect()
}

/// The first slot that `place` does not lead to.
pub(super) fn placed(connection: &Connection, audience: i64) -> Result<u64> {
    let (placed, checksum): (i64, i64) = connection
        .prepare_cached("SELECT placed, checksum FROM audiencekit_audience WHERE id = ?1")
        .and_then(|mut read| read.query_row([audience], |row| Ok((row.get(0)?, row.get(1)?))))
        .map_err(failed)?;
    if check(&[&audience.to_le_bytes(), &placed.to_le_bytes()]) != checksum {
        return Err(corrupt("an audience is damaged"));
    }
    Ok(placed.cast_unsigned())
}

pub(super) fn set_placed(connection: &Connection, audience: i64, placed: u64) -> Result<()> {
    let placed = placed.cast_signed();
    let checksum = check(&[&audience.to_le_bytes(), &placed.to_le_bytes()]);
    connection
        .prepare_cached("UPDATE audiencekit_audience SET placed = ?2, checksum = ?3 WHERE id = ?1")
        .and_then(|mut mark| mark.execute(params![audience, placed, checksum]))
        .map(drop)
        .map_err(failed)
}
