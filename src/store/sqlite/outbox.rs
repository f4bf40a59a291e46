//! The table `audiencekit_outbox` as a space.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::failed;
use crate::error::Result;
use crate::store::outbox_key::{key_of, places, refused, row_of};
use crate::store::{KeyRange, Page, PageBuilder, PageLimit};

pub(super) fn get(connection: &Connection, key: &[u8]) -> Result<Option<Vec<u8>>> {
    let Some((audience, id)) = row_of(key) else { return Ok(None) };
    let sql = "SELECT change FROM audiencekit_outbox WHERE audience = ?1 AND id = ?2";
    connection
        .prepare_cached(sql)
        .and_then(|mut read| read.query_row(params![audience, id], |row| row.get::<_, String>(0)).optional())
        .map(|change| change.map(String::into_bytes))
        .map_err(failed)
}

pub(super) fn scan(connection: &Connection, range: &KeyRange, limit: PageLimit) -> Result<Page> {
    let (start, end) = places(range)?;
    let sql = "SELECT audience, id, change FROM audiencekit_outbox
               WHERE (audience, id) >= (?1, ?2) AND (?3 IS NULL OR (audience, id) < (?3, ?4)) ORDER BY audience, id";
    let mut select = connection.prepare_cached(sql).map_err(failed)?;
    let (end_audience, end_id) = end.unzip();
    let mut rows = select.query(params![start.0, start.1, end_audience, end_id]).map_err(failed)?;
    let mut page = PageBuilder::new(limit);
    while let Some(row) = rows.next().map_err(failed)? {
        let audience = row.get_ref(0).and_then(|text| Ok(text.as_str()?)).map_err(failed)?;
        let change = row.get_ref(2).and_then(|text| Ok(text.as_str()?)).map_err(failed)?;
        if !page.push(&key_of(audience, row.get(1).map_err(failed)?), change.as_bytes()) {
            break;
        }
    }
    Ok(page.finish())
}

pub(super) fn put(connection: &Connection, key: &[u8], change: &[u8]) -> Result<()> {
    let (audience, id) = row_of(key).ok_or_else(refused)?;
    let change = std::str::from_utf8(change).map_err(|_| refused())?;
    let sql = "INSERT OR REPLACE INTO audiencekit_outbox (audience, id, change) VALUES (?1, ?2, ?3)";
    connection
        .prepare_cached(sql)
        .and_then(|mut run| run.execute(params![audience, id, change]))
        .map(drop)
        .map_err(failed)
}

pub(super) fn delete(connection: &Connection, key: &[u8]) -> Result<()> {
    let Some((audience, id)) = row_of(key) else { return Ok(()) };
    let sql = "DELETE FROM audiencekit_outbox WHERE audience = ?1 AND id = ?2";
    connection
        .prepare_cached(sql)
        .and_then(|mut run| run.execute(params![audience, id]))
        .map(drop)
        .map_err(failed)
}

pub(super) fn delete_range(connection: &Connection, range: &KeyRange) -> Result<()> {
    if range.is_empty() {
        return Ok(());
    }
    let (start, end) = places(range)?;
    let (end_audience, end_id) = end.unzip();
    let sql = "DELETE FROM audiencekit_outbox
               WHERE (audience, id) >= (?1, ?2) AND (?3 IS NULL OR (audience, id) < (?3, ?4))";
    connection
        .prepare_cached(sql)
        .and_then(|mut run| run.execute(params![start.0, start.1, end_audience, end_id]))
        .map(drop)
        .map_err(failed)
}
