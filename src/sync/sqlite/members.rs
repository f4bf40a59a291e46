//! Rows of the `member` table: one line for each row and owner.

use rusqlite::{Connection, Row, Rows, params};
use smallvec::SmallVec;

use super::file::{corrupt, failed};
use crate::error::Result;
use crate::sync::person::{Fingerprint, PersonKey};
use crate::sync::record::{Owner, RowRecord};

const FIELDS: &str = "print, person, generation, slot, run, call, columns, bytes, checksum";

/// Overwrites a row, or forgets it.
pub(super) fn put(
    connection: &Connection,
    audience: i64,
    print: Fingerprint,
    row: Option<&RowRecord>,
) -> Result<()> {
    let mut forget = connection
        .prepare_cached("DELETE FROM member WHERE audience = ?1 AND print = ?2 AND person <> ?3")
        .map_err(failed)?;
    let Some(row) = row else {
        forget.execute(params![audience, print.as_bytes(), "none of them"]).map_err(failed)?;
        return Ok(());
    };
    let owners: &[Owner] = &row.owners;
    // Other owners go; this one is overwritten in place.
    let first = owners.first().map_or(&[][..], |owner| owner.person.as_bytes().as_slice());
    forget.execute(params![audience, print.as_bytes(), first]).map_err(failed)?;
    let mut write = connection
        .prepare_cached(
            "INSERT OR REPLACE INTO member
             (audience, print, person, generation, slot, run, call, columns, bytes, checksum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )
        .map_err(failed)?;
    let check = row.check(print).cast_signed();
    let mut line = |person: &[u8], generation: u64| {
        write
            .execute(params![
                audience,
                print.as_bytes(),
                person,
                generation.cast_signed(),
                row.slot.cast_signed(),
                row.run.cast_signed(),
                row.call.cast_signed(),
                row.columns,
                &row.bytes[..],
                check
            ])
            .map_err(failed)
    };
    if owners.is_empty() {
        line(&[], 0)?;
    }
    for owner in owners {
        line(owner.person.as_bytes(), owner.generation)?;
    }
    Ok(())
}

/// Rows of these fingerprints.
pub(super) fn get(
    connection: &Connection,
    audience: i64,
    prints: &[Fingerprint],
) -> Result<Vec<Option<RowRecord>>> {
    let mut read = connection
        .prepare_cached(&format!(
            "SELECT {FIELDS} FROM member WHERE audience = ?1 AND print = ?2 ORDER BY person"
        ))
        .map_err(failed)?;
    // In the order of the file, so that neighbours are read together.
    let mut order: Vec<usize> = (0..prints.len()).collect();
    order.sort_unstable_by_key(|&index| prints.get(index).copied());
    let mut found = vec![None; prints.len()];
    for index in order {
        let (Some(print), Some(place)) = (prints.get(index), found.get_mut(index)) else { continue };
        let mut lines = read.query(params![audience, print.as_bytes()]).map_err(failed)?;
        *place = groups(&mut lines, 1)?.pop().map(|(_, row)| row);
    }
    Ok(found)
}

/// At most `limit` rows after a fingerprint.
pub(super) fn scan(
    connection: &Connection,
    audience: i64,
    after: Option<Fingerprint>,
    limit: usize,
) -> Result<Vec<(Fingerprint, RowRecord)>> {
    let mut read = connection
        .prepare_cached(&format!(
            "SELECT {FIELDS} FROM member WHERE audience = ?1 AND print > ?2 ORDER BY audience, print, person"
        ))
        .map_err(failed)?;
    let after: &[u8] = after.as_ref().map_or(&[], |print| print.as_bytes());
    let mut lines = read.query(params![audience, after]).map_err(failed)?;
    groups(&mut lines, limit)
}

/// The rows that a person owns.
pub(super) fn of_person(
    connection: &Connection,
    audience: i64,
    person: PersonKey,
) -> Result<Vec<Fingerprint>> {
    let mut read = connection
        .prepare_cached(
            "SELECT print FROM member WHERE audience = ?1 AND person = ?2 AND person <> print AND person <> x''
             UNION ALL SELECT print FROM member WHERE audience = ?1 AND print = ?2 AND person = ?2",
        )
        .map_err(failed)?;
    let prints = read
        .query_map(params![audience, person.as_bytes()], |row| row.get::<_, [u8; 16]>(0))
        .map_err(failed)?;
    prints.map(|print| print.map(Fingerprint::from_bytes).map_err(failed)).collect()
}

/// Puts the lines of each row together again, and holds each row against its checksum.
fn groups(lines: &mut Rows<'_>, limit: usize) -> Result<Vec<(Fingerprint, RowRecord)>> {
    let mut done: Vec<(Fingerprint, RowRecord)> = Vec::new();
    let mut checks: Vec<u64> = Vec::new();
    while let Some(line) = lines.next().map_err(failed)? {
        let print = Fingerprint::from_bytes(line.get(0).map_err(failed)?);
        let check = line.get::<_, i64>(8).map_err(failed)?.cast_unsigned();
        let owner = owner(line)?;
        let full = done.len() == limit;
        match done.last_mut() {
            Some((known, row)) if *known == print => {
                row.owners.extend(owner);
                if checks.last() != Some(&check) {
                    return Err(corrupt("a row is damaged"));
                }
            }
            _ if full => break,
            _ => {
                let number = |index| line.get::<_, i64>(index).map(i64::cast_unsigned).map_err(failed);
                let bytes: Vec<u8> = line.get(7).map_err(failed)?;
                let row = RowRecord {
                    slot: number(3)?,
                    run: number(4)?,
                    call: number(5)?,
                    columns: line.get(6).map_err(failed)?,
                    owners: owner.into_iter().collect(),
                    bytes: bytes.into_boxed_slice(),
                };
                done.push((print, row));
                checks.push(check);
            }
        }
    }
    for ((print, row), check) in done.iter().zip(checks) {
        if row.check(*print) != check {
            return Err(corrupt("a row is damaged"));
        }
    }
    Ok(done)
}

fn owner(line: &Row<'_>) -> Result<SmallVec<[Owner; 1]>> {
    let person: Vec<u8> = line.get(1).map_err(failed)?;
    if person.is_empty() {
        return Ok(SmallVec::new());
    }
    let person = <[u8; 16]>::try_from(person).map_err(|_| corrupt("a row is damaged"))?;
    let generation = line.get::<_, i64>(2).map_err(failed)?.cast_unsigned();
    Ok(SmallVec::from_elem(Owner::new(PersonKey::from_bytes(person), generation), 1))
}
