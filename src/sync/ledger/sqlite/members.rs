//! Rows of the `member` table, and how they are found.
//!
//! Members are kept in the order of their slots, which is the order in which they came, so a first upload appends and a
//! later one reads neighbours together. Digests come in no order at all: written one by one to an index of millions
//! they would touch a page each. So the newest members are found by a [`RowIndex`] in memory, the tail, and go into the
//! table `place` together, sorted.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::audiences::{placed, set_placed};
use super::error::{corrupt, failed};
use crate::error::{Error, ErrorKind, Result};
use crate::sync::digest::{PersonId, RowDigest};
use crate::sync::ledger::record::RowRecord;
use crate::sync::ledger::row_index::{IndexKey, RowIndex};

/// A member's `id` is the number of its audience times this, and its slot.
const SLOTS: u64 = 1 << 40;

/// The newest members of each audience.
#[derive(Debug)]
pub(super) struct Tails {
    tails: HashMap<i64, Tail>,
    /// Places in memory, of all audiences together.
    most: usize,
}

/// The newest members of an audience: those that `place` does not lead to yet.
#[derive(Debug)]
struct Tail {
    /// Their first slot.
    start: u64,
    /// The first slot that was never used.
    next: u64,
    places: RowIndex,
}

impl Tails {
    pub(super) fn new(most: usize) -> Self {
        Self { tails: HashMap::new(), most }
    }

    /// The tail of an audience, read from the file the first time.
    fn of(&mut self, connection: &Connection, audience: i64) -> Result<&mut Tail> {
        use std::collections::hash_map::Entry;
        match self.tails.entry(audience) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(free) => Ok(free.insert(read_tail(connection, audience)?)),
        }
    }

    /// After something was undone, they are read again.
    pub(super) fn clear(&mut self) {
        self.tails.clear();
    }

    /// Moves what is in memory to the table, when it is enough to be worth it.
    pub(super) fn settle(&mut self, connection: &Connection) -> Result<()> {
        if self.tails.values().map(|tail| tail.places.len()).sum::<usize>() < self.most {
            return Ok(());
        }
        for (&audience, tail) in &mut self.tails {
            for (key, slot) in tail.places.sorted() {
                enter(connection, audience, key, slot)?;
            }
            set_placed(connection, audience, tail.next)?;
            *tail = Tail { start: tail.next, next: tail.next, places: RowIndex::default() };
        }
        Ok(())
    }
}

fn id(audience: i64, slot: u64) -> Result<i64> {
    if slot >= SLOTS {
        return Err(Error::new(ErrorKind::Limit, "ledger", "too many members came and went in one audience"));
    }
    audience
        .checked_mul(SLOTS.cast_signed())
        .and_then(|first| first.checked_add(slot.cast_signed()))
        .ok_or_else(|| Error::new(ErrorKind::Limit, "ledger", "too many audiences"))
}

fn read_tail(connection: &Connection, audience: i64) -> Result<Tail> {
    let start = placed(connection, audience)?;
    let mut tail = Tail { start, next: start, places: RowIndex::default() };
    each(connection, audience, start, usize::MAX, |digest, row| {
        tail.next = row.slot + 1;
        IndexKey::all(digest, &row).for_each(|key| tail.places.insert(key, row.slot));
    })?;
    Ok(tail)
}

fn enter(connection: &Connection, audience: i64, key: IndexKey, slot: u64) -> Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO audiencekit_place (audience, key, slot) VALUES (?1, ?2, ?3)")
        .and_then(|mut put| put.execute(params![audience, key.0.cast_signed(), slot.cast_signed()]))
        .map(drop)
        .map_err(failed)
}

fn leave(connection: &Connection, audience: i64, key: IndexKey, slot: u64) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM audiencekit_place WHERE audience = ?1 AND key = ?2 AND slot = ?3")
        .and_then(|mut forget| forget.execute(params![audience, key.0.cast_signed(), slot.cast_signed()]))
        .map(drop)
        .map_err(failed)
}

impl Tail {
    fn enter(&mut self, connection: &Connection, audience: i64, key: IndexKey, slot: u64) -> Result<()> {
        if slot < self.start {
            return enter(connection, audience, key, slot);
        }
        self.places.insert(key, slot);
        Ok(())
    }

    fn leave(&mut self, connection: &Connection, audience: i64, key: IndexKey, slot: u64) -> Result<()> {
        if slot < self.start {
            return leave(connection, audience, key, slot);
        }
        self.places.remove(key, slot);
        Ok(())
    }

    /// Slots that a key leads to, some of which may lead nowhere.
    fn find(&self, connection: &Connection, audience: i64, key: IndexKey, into: &mut Vec<u64>) -> Result<()> {
        into.extend(self.places.find(key));
        if self.start == 0 {
            return Ok(());
        }
        let mut read = connection
            .prepare_cached("SELECT slot FROM audiencekit_place WHERE audience = ?1 AND key = ?2")
            .map_err(failed)?;
        let mut lines = read.query(params![audience, key.0.cast_signed()]).map_err(failed)?;
        while let Some(line) = lines.next().map_err(failed)? {
            into.push(line.get::<_, i64>(0).map_err(failed)?.cast_unsigned());
        }
        Ok(())
    }
}

/// Overwrites rows, or forgets them.
pub(super) fn put(
    connection: &Connection,
    tails: &mut Tails,
    audience: i64,
    rows: &[(RowDigest, Option<RowRecord>)],
) -> Result<()> {
    let mut written: Vec<(u64, RowDigest, &RowRecord)> =
        rows.iter().filter_map(|(digest, row)| row.as_ref().map(|row| (row.slot, *digest, row))).collect();
    written.sort_unstable_by_key(|(slot, ..)| *slot);
    for (_, digest, row) in written {
        write(connection, tails, audience, digest, row)?;
    }
    let forgotten: Vec<RowDigest> =
        rows.iter().filter(|(_, row)| row.is_none()).map(|(digest, _)| *digest).collect();
    for (digest, old) in forgotten.iter().zip(get(connection, tails, audience, &forgotten)?) {
        let Some(old) = old else { continue };
        let id = id(audience, old.slot)?;
        connection
            .prepare_cached("DELETE FROM audiencekit_member WHERE id = ?1")
            .and_then(|mut forget| forget.execute([id]))
            .map_err(failed)?;
        let tail = tails.of(connection, audience)?;
        for key in IndexKey::all(*digest, &old) {
            tail.leave(connection, audience, key, old.slot)?;
        }
    }
    tails.settle(connection)
}

fn write(
    connection: &Connection,
    tails: &mut Tails,
    audience: i64,
    digest: RowDigest,
    row: &RowRecord,
) -> Result<()> {
    let tail = tails.of(connection, audience)?;
    let old = if row.slot < tail.next { read(connection, audience, row.slot)? } else { None };
    let id = id(audience, row.slot)?;
    tail.next = tail.next.max(row.slot + 1);
    connection
        .prepare_cached("INSERT OR REPLACE INTO audiencekit_member (id, row, checksum) VALUES (?1, ?2, ?3)")
        .and_then(|mut put| put.execute(params![id, row.to_bytes(digest), row.check(digest).cast_signed()]))
        .map_err(failed)?;
    if let Some((known, old)) = &old {
        if *known == digest && old.owners == row.owners {
            return Ok(());
        }
        for key in IndexKey::all(*known, old) {
            tail.leave(connection, audience, key, row.slot)?;
        }
    }
    for key in IndexKey::all(digest, row) {
        tail.enter(connection, audience, key, row.slot)?;
    }
    Ok(())
}

fn read(connection: &Connection, audience: i64, slot: u64) -> Result<Option<(RowDigest, RowRecord)>> {
    let id = id(audience, slot)?;
    let line: Option<Result<(RowDigest, RowRecord)>> = connection
        .prepare_cached("SELECT row, checksum FROM audiencekit_member WHERE id = ?1")
        .and_then(|mut read| {
            read.query_row([id], |line| Ok(sound(slot, line.get_ref(0)?.as_blob()?, line.get(1)?))).optional()
        })
        .map_err(failed)?;
    line.transpose()
}

/// The row in a line, held against its checksum.
fn sound(slot: u64, bytes: &[u8], checksum: i64) -> Result<(RowDigest, RowRecord)> {
    let (digest, row) = RowRecord::from_bytes(slot, bytes)?;
    if row.check(digest) == checksum.cast_unsigned() {
        return Ok((digest, row));
    }
    Err(corrupt("a row is damaged"))
}

/// Visits at most `limit` rows from a slot on.
pub(super) fn each(
    connection: &Connection,
    audience: i64,
    from: u64,
    limit: usize,
    mut visit: impl FnMut(RowDigest, RowRecord),
) -> Result<()> {
    let mut read = connection
        .prepare_cached(
            "SELECT id, row, checksum FROM audiencekit_member WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
        )
        .map_err(failed)?;
    let (first, last) = (id(audience, from)?, id(audience, SLOTS - 1)?);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut lines = read.query(params![first, last, limit]).map_err(failed)?;
    let none = id(audience, 0)?;
    while let Some(line) = lines.next().map_err(failed)? {
        let slot = (line.get::<_, i64>(0).map_err(failed)? - none).cast_unsigned();
        let bytes = line.get_ref(1).and_then(|bytes| Ok(bytes.as_blob()?)).map_err(failed)?;
        let (digest, row) = sound(slot, bytes, line.get(2).map_err(failed)?)?;
        visit(digest, row);
    }
    Ok(())
}

/// Rows of these fingerprints.
pub(super) fn get(
    connection: &Connection,
    tails: &mut Tails,
    audience: i64,
    digests: &[RowDigest],
) -> Result<Vec<Option<RowRecord>>> {
    let tail = tails.of(connection, audience)?;
    // In the order of the table, so that neighbours are read together; then in the order of the members.
    let mut keys: Vec<(IndexKey, usize)> =
        digests.iter().enumerate().map(|(index, digest)| (IndexKey::from(*digest), index)).collect();
    keys.sort_unstable();
    let (mut slots, mut found) = (Vec::new(), Vec::new());
    for (key, index) in keys {
        tail.find(connection, audience, key, &mut found)?;
        slots.extend(found.drain(..).map(|slot| (slot, index)));
    }
    slots.sort_unstable();
    let mut rows = vec![None; digests.len()];
    for (slot, index) in slots {
        if let Some((digest, row)) = read(connection, audience, slot)?
            && digests.get(index) == Some(&digest)
            && let Some(place) = rows.get_mut(index)
        {
            *place = Some(row);
        }
    }
    Ok(rows)
}

/// At most `limit` rows after a slot.
pub(super) fn scan(
    connection: &Connection,
    audience: i64,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<(RowDigest, RowRecord)>> {
    let mut rows = Vec::with_capacity(limit.min(4_096));
    let from = after.map_or(0, |slot| slot.saturating_add(1));
    if from < SLOTS {
        each(connection, audience, from, limit, |digest, row| rows.push((digest, row)))?;
    }
    Ok(rows)
}

/// The rows that a person owns.
pub(super) fn of_person(
    connection: &Connection,
    tails: &mut Tails,
    audience: i64,
    person: PersonId,
) -> Result<Vec<RowDigest>> {
    let mut slots = Vec::new();
    tails.of(connection, audience)?.find(connection, audience, person.into(), &mut slots)?;
    let mut digests = Vec::new();
    for slot in slots {
        if let Some((digest, row)) = read(connection, audience, slot)?
            && row.owners.iter().any(|owner| owner.person == person)
        {
            digests.push(digest);
        }
    }
    Ok(digests)
}
