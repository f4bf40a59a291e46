//! Membership operations on their way to Facebook: for each audience a line, the oldest first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::contact_record::{ContactRecord, LastChange};
use super::engine_state::NameId;
use super::load;
use crate::automation::store::codec::{Reader, put_instant, put_text};
use crate::automation::store::store::{Keyspace, Store, WriteOp};
use crate::error::Result;

/// The lines, without what stands in them: that is in the store.
#[derive(Debug, Default)]
pub(in crate::automation) struct Outbox {
    lines: BTreeMap<NameId, AudienceQueue>,
}

/// One audience's operations.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub(in crate::automation) struct AudienceQueue {
    /// How many wait.
    pub(in crate::automation) waiting: u64,
    /// All operations up to this generation are done with.
    pub(in crate::automation) sent: u64,
    /// Removals that Facebook refuses until the audience is larger; the ledger has them.
    #[serde(default)]
    pub(in crate::automation) held_back: u64,
    /// When those were tried last, in microseconds since 1970.
    #[serde(default)]
    pub(in crate::automation) tried_at: i64,
    /// The first one's generation and when it was put there; none while that is not known.
    #[serde(skip)]
    pub(in crate::automation) first: Option<(u64, i64)>,
}

/// An operation that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::automation) struct PendingChange {
    pub(in crate::automation) contact: String,
    pub(in crate::automation) generation: u64,
    pub(in crate::automation) add: bool,
    /// Microseconds since 1970.
    pub(in crate::automation) at: i64,
}

impl Outbox {
    pub(in crate::automation) fn open<S: Store + ?Sized>(
        store: &S,
        lines: Vec<(NameId, AudienceQueue)>,
    ) -> Result<Self> {
        let mut outbox = Self { lines: lines.into_iter().collect() };
        outbox.find_first(store)?;
        Ok(outbox)
    }

    pub(in crate::automation) fn lines(&self) -> impl Iterator<Item = (NameId, AudienceQueue)> {
        self.lines.iter().map(|(&audience, &line)| (audience, line))
    }

    /// True while the last operation of a contact waits.
    pub(in crate::automation) fn is_waiting(&self, person: &ContactRecord, audience: NameId) -> bool {
        let sent = self.lines.get(&audience).map_or(0, |line| line.sent);
        person.members.iter().any(|&(known, last)| known == audience && last.generation > sent)
    }

    /// Puts an operation in place of any earlier one of the same contact.
    pub(in crate::automation) fn put(
        &mut self,
        audience: NameId,
        person: &mut ContactRecord,
        last: LastChange,
        now: i64,
        writes: &mut Vec<WriteOp>,
    ) {
        let line = self.lines.entry(audience).or_default();
        match person.members.iter_mut().find(|(known, _)| *known == audience) {
            Some((_, before)) => {
                if before.generation > line.sent {
                    line.waiting = line.waiting.saturating_sub(1);
                    line.first = line.first.filter(|&(first, _)| first != before.generation);
                    writes.push(WriteOp {
                        table: Keyspace::Outbox,
                        key: key(audience, before.generation),
                        value: None,
                    });
                }
                *before = last;
            }
            None => person.members.push((audience, last)),
        }
        if line.waiting == 0 {
            line.first = Some((last.generation, now));
        }
        line.waiting += 1;
        let mut value = Vec::with_capacity(person.id.len() + 11);
        put_text(&mut value, &person.id);
        value.push(last.add.into());
        put_instant(&mut value, now);
        writes.push(WriteOp {
            table: Keyspace::Outbox,
            key: key(audience, last.generation),
            value: Some(value),
        });
    }

    /// Forgets the first operations of a line, which are done with.
    pub(in crate::automation) fn sent(
        &mut self,
        audience: NameId,
        done: &[PendingChange],
        writes: &mut Vec<WriteOp>,
    ) {
        let line = self.lines.entry(audience).or_default();
        for queued in done {
            line.waiting = line.waiting.saturating_sub(1);
            line.sent = line.sent.max(queued.generation);
            writes.push(WriteOp {
                table: Keyspace::Outbox,
                key: key(audience, queued.generation),
                value: None,
            });
        }
        line.first = None;
    }

    /// Remembers how many removals wait in the ledger, and since when; true when that is news.
    pub(in crate::automation) fn hold_back(&mut self, audience: NameId, count: u64, tried_at: i64) -> bool {
        let line = self.lines.entry(audience).or_default();
        let before = (line.held_back, line.tried_at);
        (line.held_back, line.tried_at) = (count, tried_at);
        before != (count, tried_at)
    }

    /// Between steps: looks up the first operation of each line where it is not known.
    pub(super) fn find_first<S: Store + ?Sized>(&mut self, store: &S) -> Result<()> {
        for (&audience, line) in &mut self.lines {
            if line.waiting > 0 && line.first.is_none() {
                each(store, audience, 0, &mut |queued| {
                    line.first = Some((queued.generation, queued.at));
                    Ok(false)
                })?;
            }
        }
        Ok(())
    }
}

/// Visits the operations of a line after a generation, until `visit` says false.
pub(in crate::automation) fn each<S: Store + ?Sized>(
    store: &S,
    audience: NameId,
    after: u64,
    visit: &mut dyn FnMut(PendingChange) -> Result<bool>,
) -> Result<()> {
    store.scan(Keyspace::Outbox, &key(audience, after.saturating_add(1)), &mut |key, value| {
        let (of, generation) = read_key(key).ok_or_else(|| load::corrupt(Keyspace::Outbox))?;
        if of != audience {
            return Ok(false);
        }
        let mut from = Reader(value);
        let queued = (|| {
            let contact = from.text()?.to_owned();
            let add = from.chunk::<1>()? != [0];
            Some(PendingChange { contact, generation, add, at: from.instant()? })
        })();
        visit(queued.ok_or_else(|| load::corrupt(Keyspace::Outbox))?)
    })
}

fn key(audience: NameId, generation: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(12);
    key.extend_from_slice(&audience.to_be_bytes());
    key.extend_from_slice(&generation.to_be_bytes());
    key
}

fn read_key(key: &[u8]) -> Option<(NameId, u64)> {
    let mut from = Reader(key);
    let read = (NameId::from_be_bytes(from.chunk()?), u64::from_be_bytes(from.chunk()?));
    from.0.is_empty().then_some(read)
}
