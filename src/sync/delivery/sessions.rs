//! Concurrent upload sessions, each with its calls in order.
//!
//! Facebook numbers the calls of a session from 1 and wants them in order, the last one marked. So each slot has a
//! session of its own, holds one batch back until the next one is full, and has at most one call under way.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use time::{Duration, OffsetDateTime};

use super::batch::UploadBatch;
use super::send::BatchRejections;
use crate::error::Result;
use crate::facebook::{Session, SessionId};
use crate::sync::ledger::record::{CallRecord, Operation};

/// A session closes 90 minutes after its first call. Calls near the end would race with that.
///
/// Source: Custom Audience users reference, developers.facebook.com (read 2026-09-12).
const SESSION_OPEN: Duration = Duration::minutes(80);

/// A replacement is ended in good time, by a call that says so: one that runs out counts as failed.
const REPLACE_ENDS: Duration = Duration::minutes(70);

#[derive(Debug, Clone, Copy)]
struct OpenSession {
    id: SessionId,
    columns: u16,
    next_seq: u64,
    opened: OffsetDateTime,
    /// True if its last call may have reached Facebook without an answer: it takes that call once more, and no other.
    closing: bool,
}

#[derive(Default)]
struct SessionSlot<'a> {
    session: Option<OpenSession>,
    /// The next batch.
    held: Option<UploadBatch<'a>>,
    /// The batch whose call is under way, or has ended and is not noted yet.
    in_flight: Option<UploadBatch<'a>>,
}

/// The sessions of an upload, and the batches in them.
pub(super) struct UploadSessions<'a> {
    slots: Vec<SessionSlot<'a>>,
}

impl<'a> UploadSessions<'a> {
    pub(super) fn new(count: usize) -> Self {
        Self { slots: (0..count.max(1)).map(|_| SessionSlot::default()).collect() }
    }

    /// Continues the sessions of calls that were answered, while they are open.
    pub(super) fn resume<'c>(
        &mut self,
        found: impl Iterator<Item = &'c CallRecord>,
        operation: Operation,
        now: OffsetDateTime,
    ) {
        let mut last: Vec<&CallRecord> = Vec::new();
        for call in found.filter(|call| call.operation == operation) {
            match last.iter_mut().find(|known| known.session.id == call.session.id) {
                Some(known) if known.session.batch_seq <= call.session.batch_seq => *known = call,
                Some(_) => {}
                None => last.push(call),
            }
        }
        // A last call without an answer may never have come to Facebook, whose session is open then.
        let ended = |call: &CallRecord| call.session.last_batch && call.rejected.is_some();
        let open = last.into_iter().filter(|call| !ended(call) && fresh(call.opened, now));
        for (slot, call) in self.slots.iter_mut().zip(open) {
            let next_seq = match call.rejected {
                Some(_) => call.session.batch_seq + 1,
                // Whether Facebook counted the call is unknown. A replacement must stay in its session, and may
                // repeat a number; anything else is safer in a session of its own.
                None if operation == Operation::Replace => call.session.batch_seq,
                None => continue,
            };
            slot.session = Some(OpenSession {
                id: call.session.id,
                columns: call.columns,
                next_seq,
                opened: call.opened,
                closing: call.session.last_batch,
            });
        }
    }

    /// Finds a slot that can take a batch: first one that holds none, then one without a call under way.
    pub(super) fn free_slot(&self) -> Option<usize> {
        let without_held = self.slots.iter().position(|slot| slot.held.is_none());
        without_held.or_else(|| self.slots.iter().position(|slot| slot.in_flight.is_none()))
    }

    /// Holds a batch in a slot and returns the one it held before, to be sent.
    pub(super) fn hold(&mut self, slot: usize, mut batch: UploadBatch<'a>) -> Option<UploadBatch<'a>> {
        batch.hold();
        self.slots.get_mut(slot).and_then(|slot| slot.held.replace(batch))
    }

    /// Takes a held batch from a slot without a call under way.
    pub(super) fn take_held(&mut self) -> Option<(usize, UploadBatch<'a>)> {
        let slot = self.slots.iter().position(|slot| slot.held.is_some() && slot.in_flight.is_none())?;
        self.slots.get_mut(slot)?.held.take().map(|batch| (slot, batch))
    }

    pub(super) fn holds_any(&self) -> bool {
        self.slots.iter().any(|slot| slot.held.is_some())
    }

    /// Returns the place of the slot's next call, in its session or in a new one, and when that was opened.
    pub(super) fn place(
        &mut self,
        slot: usize,
        columns: u16,
        last_batch: bool,
        now: OffsetDateTime,
        new_id: SessionId,
    ) -> (Session, OffsetDateTime) {
        let first = OpenSession { id: new_id, columns, next_seq: 1, opened: now, closing: false };
        let Some(slot) = self.slots.get_mut(slot) else {
            return (Session { id: new_id, batch_seq: 1, last_batch, estimated_total: None }, now);
        };
        let open = slot.session.filter(|open| fresh(open.opened, now) && open.columns == columns);
        let mut open = open.unwrap_or(first);
        let session = Session { id: open.id, batch_seq: open.next_seq, last_batch, estimated_total: None };
        let opened = open.opened;
        open.next_seq += 1;
        slot.session = (!last_batch).then_some(open);
        (session, opened)
    }

    /// Returns `true` if the slot has no session that takes another call.
    pub(super) fn is_over(&self, slot: usize, now: OffsetDateTime) -> bool {
        let open = self.slots.get(slot).and_then(|slot| slot.session);
        !open.is_some_and(|open| fresh(open.opened, now))
    }

    /// Returns `true` if the next call of the slot's session should be its last.
    pub(super) fn is_late(&self, slot: usize, now: OffsetDateTime) -> bool {
        let open = self.slots.get(slot).and_then(|slot| slot.session);
        open.is_some_and(|open| open.closing || now - open.opened >= REPLACE_ENDS)
    }

    /// Keeps a batch whose call is under way.
    pub(super) fn start(&mut self, slot: usize, batch: UploadBatch<'a>) {
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.in_flight = Some(batch);
        }
    }

    pub(super) fn any_in_flight(&self) -> bool {
        self.slots.iter().any(|slot| slot.in_flight.is_some())
    }

    /// Lets the calls under way go on; `true` if a batch has landed.
    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        let mut landed = false;
        for batch in self.slots.iter_mut().filter_map(|slot| slot.in_flight.as_mut()) {
            landed |= batch.poll(context);
        }
        landed
    }

    /// Takes a batch that has landed, without waiting for one, with its intent and the answer.
    pub(super) fn take_landed(&mut self) -> Option<(UploadBatch<'a>, CallRecord, Result<BatchRejections>)> {
        let mut slots = self.slots.iter_mut();
        let slot = slots.find(|slot| slot.in_flight.as_ref().is_some_and(UploadBatch::has_landed))?;
        let mut batch = slot.in_flight.take()?;
        let (record, result) = batch.take_outcome()?;
        match (&result, &mut slot.session) {
            // It may have taken several calls, or none.
            (Ok(sent), Some(open)) => open.next_seq = sent.next_seq,
            // The session may or may not have counted the call.
            (Err(_), session) => *session = None,
            (Ok(_), None) => {}
        }
        Some((batch, record, result))
    }

    /// Waits until a batch has landed; `false` if none is under way.
    pub(super) async fn landed(&mut self) -> bool {
        poll_fn(|context| match self.poll(context) {
            true => Poll::Ready(true),
            false if self.any_in_flight() => Poll::Pending,
            false => Poll::Ready(false),
        })
        .await
    }

    /// Waits for `other` while the calls under way go on; `None` if a batch has landed first.
    pub(super) async fn drive_while<T>(&mut self, mut other: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        poll_fn(|context| {
            let landed = self.poll(context);
            match other.as_mut().poll(context) {
                Poll::Ready(done) => Poll::Ready(Some(done)),
                Poll::Pending if landed => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

/// Returns `true` while a session takes calls.
fn fresh(opened: OffsetDateTime, now: OffsetDateTime) -> bool {
    now - opened < SESSION_OPEN
}
