//! Rows of the `member` table, and how they are found.
//!
//! Members are kept in the order of their slots, which is the order in which they came, so a first upload appends and a
//! later one reads neighbours together. Digests come in no order at all: written one by one to an index of millions
//! they would touch a page each. So the newest members are found by a [`RowIndex`] in memory, the tail, and go into the
//! table `place` together, sorted.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::audiences::{placed, set_placed};
use super::file::{corrupt, failed};
use crate::error::{Error, ErrorKind, Result};
use crate::sync::digest::{PersonId, RowDigest};
use crate::sync::ledger::record::{Mix, RowRecord};
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
    each(connection, audience, start, usize::MAX, |print, row| {
        tail.next = row.slot + 1;
        IndexKey::all(print, &row).for_each(|key| tail.places.insert(key, row.slot));
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
        rows.iter().filter_map(|(print, row)| row.as_ref().map(|row| (row.slot, *print, row))).collect();
    written.sort_unstable_by_key(|(slot, ..)| *slot);
    for (_, print, row) in written {
        write(connection, tails, audience, print, row)?;
    }
    let forgotten: Vec<RowDigest> =
        rows.iter().filter(|(_, row)| row.is_none()).map(|(print, _)| *print).collect();
    for (print, old) in forgotten.iter().zip(get(connection, tails, audience, &forgotten)?) {
        let Some(old) = old else { continue };
        let id = id(audience, old.slot)?;
        connection
            .prepare_cached("DELETE FROM audiencekit_member WHERE id = ?1")
            .and_then(|mut forget| forget.execute([id]))
            .map_err(failed)?;
        let tail = tails.of(connection, audience)?;
        for key in IndexKey::all(*print, &old) {
            tail.leave(connection, audience, key, old.slot)?;
        }
    }
    tails.settle(connection)
}

fn write(
    connection: &Connection,
    tails: &mut Tails,
    audience: i64,
    print: RowDigest,
    row: &RowRecord,
) -> Result<()> {
    let tail = tails.of(connection, audience)?;
    let old = if row.slot < tail.next { read(connection, audience, row.slot)? } else { None };
    let id = id(audience, row.slot)?;
    tail.next = tail.next.max(row.slot + 1);
    connection
        .prepare_cached("INSERT OR REPLACE INTO audiencekit_member (id, row, checksum) VALUES (?1, ?2, ?3)")
        .and_then(|mut put| put.execute(params![id, row.to_bytes(print), row.check(print).cast_signed()]))
        .map_err(failed)?;
    if let Some((known, old)) = &old {
        if *known == print && old.owners == row.owners {
            return Ok(());
        }
        for key in IndexKey::all(*known, old) {
            tail.leave(connection, audience, key, row.slot)?;
        }
    }
    for key in IndexKey::all(print, row) {
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
    let (print, row) = RowRecord::from_bytes(slot, bytes)?;
    if row.check(print) == checksum.cast_unsigned() {
        return Ok((print, row));
    }
    Err(corrupt("a row is damaged"))
}

/// Visits at most `limit` rows from a slot on.
fn each(
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
        let (print, row) = sound(slot, bytes, line.get(2).map_err(failed)?)?;
        visit(print, row);
    }
    Ok(())
}

/// Rows of these fingerprints.
pub(super) fn get(
    connection: &Connection,
    tails: &mut Tails,
    audience: i64,
    prints: &[RowDigest],
) -> Result<Vec<Option<RowRecord>>> {
    let tail = tails.of(connection, audience)?;
    // In the order of the table, so that neighbours are read together; then in the order of the members.
    let mut keys: Vec<(IndexKey, usize)> =
        prints.iter().enumerate().map(|(index, print)| (IndexKey::from(*print), index)).collect();
    keys.sort_unstable();
    let (mut slots, mut found) = (Vec::new(), Vec::new());
    for (key, index) in keys {
        tail.find(connection, audience, key, &mut found)?;
        slots.extend(found.drain(..).map(|slot| (slot, index)));
    }
    slots.sort_unstable();
    let mut rows = vec![None; prints.len()];
    for (slot, index) in slots {
        if let Some((print, row)) = read(connection, audience, slot)?
            && prints.get(index) == Some(&print)
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
        each(connection, audience, from, limit, |print, row| rows.push((print, row)))?;
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
    let mut prints = Vec::new();
    for slot in slots {
        if let Some((print, row)) = read(connection, audience, slot)?
            && row.owners.iter().any(|owner| owner.person == person)
        {
            prints.push(print);
        }
    }
    Ok(prints)
}

/// Holds the places of all members against the members.
pub(super) fn verify(connection: &Connection) -> Result<()> {
    let mut numbers = connection.prepare_cached("SELECT id FROM audiencekit_audience").map_err(failed)?;
    let numbers = numbers.query_map([], |line| line.get::<_, i64>(0)).map_err(failed)?;
    let mut expected: u64 = 0;
    for number in numbers {
        let audience = number.map_err(failed)?;
        let start = placed(connection, audience)?;
        each(connection, audience, 0, usize::MAX, |print, row| {
            if row.slot < start {
                for key in IndexKey::all(print, &row) {
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
    let mut mix = Mix::default();
    [audience.cast_unsigned(), key, slot].into_iter().for_each(|number| mix.number(number));
    mix.finish()
}
