//! What the engine knows of one contact, and its form in the store.

use std::sync::Arc;

use super::interner::NameId;
use super::job::{Causation, Position};
use super::run_counts::RunCounts;
use crate::automation::definition::frequency::PeriodCount;
use crate::store::codec::{Reader, put_instant, put_number, put_text};
use crate::sync::Operation;

/// A timer: when it is due, and its number.
pub(in crate::automation) type Timer = (i64, u64);

/// All that is kept of one contact. Lists are short: one entry for each rule or workflow that has to do with it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::automation) struct ContactRecord {
    /// Its id in the contact store.
    pub(in crate::automation) id: Arc<str>,
    /// Runs of rules.
    pub(in crate::automation) runs: RunCounts,
    /// The last runs of rules with a least time between two, in microseconds since 1970.
    pub(super) last_runs: Vec<(NameId, i64)>,
    /// Positions in workflows.
    pub(in crate::automation) positions: Vec<(NameId, Position)>,
    /// Rules that added it and may have to take it out.
    pub(in crate::automation) held: Vec<NameId>,
    /// Workflows that it has finished and may not enter again.
    pub(super) ended: Vec<NameId>,
    /// Timers of its dates, by what they start.
    pub(in crate::automation) dates: Vec<(NameId, Timer)>,
    /// Of rules and workflows, the reasons for leaving it out that were reported, a bit for each.
    pub(super) reported: Vec<(NameId, u32)>,
    /// The last membership operation for each audience.
    pub(in crate::automation) members: Vec<(NameId, LastChange)>,
    /// Runs that limits have seen.
    pub(super) counts: Vec<(NameId, PeriodCount)>,
}

/// The last membership operation of a contact in an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::automation) struct LastChange {
    pub(in crate::automation) generation: u64,
    pub(in crate::automation) operation: Operation,
}

/// The first byte of a record: its form.
const FORM: u8 = 3;

impl ContactRecord {
    pub(super) fn new(id: Arc<str>) -> Self {
        Self {
            id,
            runs: RunCounts::default(),
            last_runs: Vec::new(),
            positions: Vec::new(),
            held: Vec::new(),
            ended: Vec::new(),
            dates: Vec::new(),
            reported: Vec::new(),
            members: Vec::new(),
            counts: Vec::new(),
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.runs.is_empty()
            && self.last_runs.is_empty()
            && self.positions.is_empty()
            && self.held.is_empty()
            && self.ended.is_empty()
            && self.dates.is_empty()
            && self.reported.is_empty()
            && self.members.is_empty()
            && self.counts.is_empty()
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.push(FORM);
        self.runs.put(&mut out);
        put_number(&mut out, self.last_runs.len() as u64);
        for &(rule, last) in &self.last_runs {
            put_number(&mut out, rule.into());
            put_instant(&mut out, last);
        }
        put_number(&mut out, self.positions.len() as u64);
        for (workflow, position) in &self.positions {
            put_number(&mut out, (*workflow).into());
            write_position(&mut out, position);
        }
        for names in [&self.held, &self.ended] {
            put_number(&mut out, names.len() as u64);
            names.iter().for_each(|&name| put_number(&mut out, name.into()));
        }
        put_number(&mut out, self.dates.len() as u64);
        for &(owner, timer) in &self.dates {
            put_number(&mut out, owner.into());
            put_timer(&mut out, timer);
        }
        put_number(&mut out, self.reported.len() as u64);
        for &(name, reasons) in &self.reported {
            put_number(&mut out, name.into());
            put_number(&mut out, reasons.into());
        }
        put_number(&mut out, self.members.len() as u64);
        for &(audience, last) in &self.members {
            put_number(&mut out, audience.into());
            put_number(&mut out, last.generation);
            put_operation(&mut out, last.operation);
        }
        put_number(&mut out, self.counts.len() as u64);
        for &(limit, count) in &self.counts {
            put_number(&mut out, limit.into());
            put_instant(&mut out, count.since);
            put_number(&mut out, count.runs.into());
        }
        out
    }

    /// Reads a record; `None` for one that is damaged.
    pub(super) fn read(id: Arc<str>, bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let [FORM] = from.chunk()? else { return None };
        let read = Self {
            id,
            runs: RunCounts::read(&mut from)?,
            last_runs: from.list(|from| Some((from.small()?, from.instant()?)))?,
            positions: from.list(|from| Some((from.small()?, read_position(from)?)))?,
            held: from.list(Reader::small)?,
            ended: from.list(Reader::small)?,
            dates: from.list(|from| Some((from.small()?, read_timer(from)?)))?,
            reported: from.list(|from| Some((from.small()?, from.small()?)))?,
            members: from.list(|from| {
                let (audience, generation) = (from.small()?, from.number()?);
                Some((audience, LastChange { generation, operation: read_operation(from)? }))
            })?,
            counts: from.list(|from| {
                Some((from.small()?, PeriodCount { since: from.instant()?, runs: from.small()? }))
            })?,
        };
        from.0.is_empty().then_some(read)
    }
}

/// One byte: 1 to add, 0 to remove.
pub(super) fn put_operation(out: &mut Vec<u8>, operation: Operation) {
    out.push((operation == Operation::Add).into());
}

pub(super) fn read_operation(from: &mut Reader<'_>) -> Option<Operation> {
    Some(if from.chunk::<1>()? == [0] { Operation::Remove } else { Operation::Add })
}

fn put_timer(out: &mut Vec<u8>, (due, number): Timer) {
    put_instant(out, due);
    put_number(out, number);
}

fn read_timer(from: &mut Reader<'_>) -> Option<Timer> {
    Some((from.instant()?, from.number()?))
}

fn write_position(out: &mut Vec<u8>, position: &Position) {
    put_number(out, position.version.into());
    put_text(out, &position.node);
    put_instant(out, position.since);
    out.extend_from_slice(&position.cause.key.to_be_bytes());
    out.push(position.cause.depth);
    out.push(position.timer.is_some().into());
    if let Some(timer) = position.timer {
        put_timer(out, timer);
    }
}

fn read_position(from: &mut Reader<'_>) -> Option<Position> {
    let (version, node, since) = (from.small()?, from.text()?.to_owned(), from.instant()?);
    let key = u128::from_be_bytes(from.chunk()?);
    let [depth] = from.chunk()?;
    let timer = if from.chunk::<1>()? == [0] { None } else { Some(read_timer(from)?) };
    Some(Position { version, node, since, cause: Causation { key, depth }, timer })
}

pub(super) fn find<T>(list: &[(NameId, T)], name: NameId) -> Option<&T> {
    list.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Sets the value of a name; it returns the one before.
pub(super) fn set<T>(list: &mut Vec<(NameId, T)>, name: NameId, value: T) -> Option<T> {
    match list.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => Some(std::mem::replace(known, value)),
        None => {
            list.push((name, value));
            None
        }
    }
}

pub(super) fn take<T>(list: &mut Vec<(NameId, T)>, name: NameId) -> Option<T> {
    let at = list.iter().position(|(known, _)| *known == name)?;
    Some(list.remove(at).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_whole_and_a_damaged_one_not_at_all() {
        let cause = Causation { key: u128::MAX - 5, depth: 3 };
        let mut runs = RunCounts::default();
        [1, 40, 40, 40].into_iter().for_each(|rule| runs.add(rule));
        let whole = ContactRecord {
            runs,
            last_runs: vec![(1, -5), (2, 7)],
            positions: vec![
                (
                    3,
                    Position { version: 2, node: "hold".into(), since: 9, cause, timer: Some((i64::MAX, 4)) },
                ),
                (4, Position { version: 1, node: String::new(), since: 0, cause, timer: None }),
            ],
            held: vec![5],
            ended: vec![6, 7],
            dates: vec![(8, (i64::MIN, 9))],
            reported: vec![(1, 1 << 6)],
            members: vec![(10, LastChange { generation: u64::MAX, operation: Operation::Add })],
            counts: vec![(11, PeriodCount { since: -7, runs: 300 }), (12, PeriodCount::default())],
            ..ContactRecord::new("c".into())
        };
        let bytes = whole.write();
        assert_eq!(ContactRecord::read("c".into(), &bytes), Some(whole));
        for cut in 0..bytes.len() {
            assert_eq!(ContactRecord::read("c".into(), &bytes[..cut]), None, "at {cut}");
        }
        assert_eq!(ContactRecord::read("c".into(), &[&bytes[..], &[0]].concat()), None);
    }
}
