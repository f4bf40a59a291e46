//! Membership operations on their way to Facebook: for each audience a queue, the oldest first.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::contact_record::{ContactRecord, LastChange, put_operation, read_operation};
use super::interner::NameId;
use crate::automation::store::read::{self, Pages};
use crate::automation::store::store::{Keyspace, Store, WriteOp};
use crate::error::Result;
use crate::store::codec::{Reader, put_instant, put_text};
use crate::sync::Operation;

/// Removals that Facebook refuses until the audience is larger. Each flush tries them again.
///
/// ```
/// use audiencekit::automation::DeferredRemovals;
/// use time::macros::datetime;
///
/// let deferred = DeferredRemovals::new(3, datetime!(2026-11-23 12:00 UTC));
/// assert_eq!(deferred.removals, 3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeferredRemovals {
    /// The number of removals.
    pub removals: u64,
    /// The instant at which they were last tried.
    pub tried_at: OffsetDateTime,
}

impl DeferredRemovals {
    /// Creates a report of `removals` removals, last tried at `tried_at`.
    #[must_use]
    pub fn new(removals: u64, tried_at: OffsetDateTime) -> Self {
        Self { removals, tried_at }
    }
}

/// The queues, without their entries: those are in the store.
#[derive(Debug, Default)]
pub(in crate::automation) struct Outbox {
    queues: BTreeMap<NameId, AudienceQueue>,
}

/// One audience's operations.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub(in crate::automation) struct AudienceQueue {
    /// How many wait.
    pub(in crate::automation) waiting: u64,
    /// All operations up to this generation are done with.
    pub(in crate::automation) sent: u64,
    /// Removals that Facebook refuses until the audience is larger; the ledger has them.
    #[serde(default, rename = "held_back")]
    pub(in crate::automation) deferred: u64,
    /// When those were tried last, in microseconds since 1970.
    #[serde(default)]
    pub(in crate::automation) tried_at: i64,
    /// The first one's generation and when it was put there; none while that is not known.
    #[serde(skip)]
    pub(in crate::automation) first: Option<(u64, i64)>,
}

/// An operation that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::automation) struct QueuedChange {
    pub(in crate::automation) contact: String,
    pub(in crate::automation) generation: u64,
    pub(in crate::automation) operation: Operation,
    /// Microseconds since 1970.
    pub(in crate::automation) at: i64,
}

impl Outbox {
    pub(super) fn open<S: Store + ?Sized>(store: &S, queues: Vec<(NameId, AudienceQueue)>) -> Result<Self> {
        let mut outbox = Self { queues: queues.into_iter().collect() };
        outbox.find_first(store)?;
        Ok(outbox)
    }

    pub(in crate::automation) fn queues(&self) -> impl Iterator<Item = (NameId, AudienceQueue)> {
        self.queues.iter().map(|(&audience, &queue)| (audience, queue))
    }

    /// True while the last operation of a contact waits.
    pub(in crate::automation) fn is_waiting(&self, record: &ContactRecord, audience: NameId) -> bool {
        let sent = self.queues.get(&audience).map_or(0, |queue| queue.sent);
        record.members.iter().any(|&(known, last)| known == audience && last.generation > sent)
    }

    /// Queues an operation, which replaces an earlier one of the same contact.
    pub(super) fn put(
        &mut self,
        audience: NameId,
        record: &mut ContactRecord,
        last: LastChange,
        now: i64,
        writes: &mut Vec<WriteOp>,
    ) {
        let queue = self.queues.entry(audience).or_default();
        match record.members.iter_mut().find(|(known, _)| *known == audience) {
            Some((_, before)) => {
                if before.generation > queue.sent {
                    queue.waiting = queue.waiting.saturating_sub(1);
                    queue.first = queue.first.filter(|&(first, _)| first != before.generation);
                    writes.push(WriteOp::delete(Keyspace::Outbox, key(audience, before.generation)));
                }
                *before = last;
            }
            None => record.members.push((audience, last)),
        }
        if queue.waiting == 0 {
            queue.first = Some((last.generation, now));
        }
        queue.waiting += 1;
        let mut value = Vec::with_capacity(record.id.len() + 11);
        put_text(&mut value, &record.id);
        put_operation(&mut value, last.operation);
        put_instant(&mut value, now);
        writes.push(WriteOp::put(Keyspace::Outbox, key(audience, last.generation), value));
    }

    /// Deletes the first operations of a queue, which were sent.
    pub(super) fn acknowledge(&mut self, audience: NameId, done: &[QueuedChange], writes: &mut Vec<WriteOp>) {
        let queue = self.queues.entry(audience).or_default();
        for queued in done {
            queue.waiting = queue.waiting.saturating_sub(1);
            queue.sent = queue.sent.max(queued.generation);
            writes.push(WriteOp::delete(Keyspace::Outbox, key(audience, queued.generation)));
        }
        queue.first = None;
    }

    /// Remembers how many removals wait in the ledger, and since when; true when that is news.
    pub(super) fn defer_removals(&mut self, audience: NameId, count: u64, tried_at: i64) -> bool {
        let queue = self.queues.entry(audience).or_default();
        let before = (queue.deferred, queue.tried_at);
        (queue.deferred, queue.tried_at) = (count, tried_at);
        before != (count, tried_at)
    }

    /// Between steps: looks up the first operation of each queue where it is not known.
    pub(super) fn find_first<S: Store + ?Sized>(&mut self, store: &S) -> Result<()> {
        for (&audience, queue) in &mut self.queues {
            if queue.waiting > 0 && queue.first.is_none() {
                each(store, audience, 0, &mut |queued| {
                    queue.first = Some((queued.generation, queued.at));
                    Ok(ControlFlow::Break(()))
                })?;
            }
        }
        Ok(())
    }
}

/// Returns the operations of a queue after a generation, oldest first.
pub(in crate::automation) fn entries<S: Store>(
    store: &S,
    audience: NameId,
    after: u64,
) -> Pages<'_, S, QueuedChange> {
    let first = key(audience, after.saturating_add(1));
    let is_within = |first: &[u8], key: &[u8]| first.first_chunk::<4>() == key.first_chunk::<4>();
    Pages::new(store, Keyspace::Outbox, first, is_within, |key, value| {
        let change = read_key(key).and_then(|(_, generation)| read_change(generation, value));
        change.ok_or_else(|| read::corrupt(Keyspace::Outbox))
    })
}

/// Visits the operations of a queue after a generation, until `visit` breaks.
pub(in crate::automation) fn each<S: Store + ?Sized>(
    store: &S,
    audience: NameId,
    after: u64,
    visit: &mut dyn FnMut(QueuedChange) -> Result<ControlFlow<()>>,
) -> Result<()> {
    store.scan(Keyspace::Outbox, &key(audience, after.saturating_add(1)), &mut |key, value| {
        let (of, generation) = read_key(key).ok_or_else(|| read::corrupt(Keyspace::Outbox))?;
        if of != audience {
            return Ok(ControlFlow::Break(()));
        }
        visit(read_change(generation, value).ok_or_else(|| read::corrupt(Keyspace::Outbox))?)
    })
}

fn read_change(generation: u64, value: &[u8]) -> Option<QueuedChange> {
    let mut from = Reader(value);
    let contact = from.text()?.to_owned();
    let operation = read_operation(&mut from)?;
    Some(QueuedChange { contact, generation, operation, at: from.instant()? })
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
