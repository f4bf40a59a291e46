//! Upload sessions side by side, each with its calls in order.
//!
//! Facebook numbers the calls of a session from 1 and wants them in order, the last one marked. So each lane is a
//! session of its own, holds one call back until the next is full, and has at most one call under way.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use time::{Duration, OffsetDateTime};

use super::batch::{CompletedBatch, UploadBatch};
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
    /// True when its last call may have come to Facebook without an answer: it takes that once more, and nothing after.
    closing: bool,
}

#[derive(Debug, Default)]
struct SessionSlot {
    session: Option<OpenSession>,
    held: Option<UploadBatch>,
    busy: bool,
}

pub(in crate::sync) type InFlight<'a> = Pin<Box<dyn Future<Output = CompletedBatch> + Send + 'a>>;

/// The lanes, and the calls under way.
pub(in crate::sync) struct UploadSessions<'a> {
    lanes: Vec<SessionSlot>,
    flights: Vec<InFlight<'a>>,
    landed: Vec<CompletedBatch>,
}

impl<'a> UploadSessions<'a> {
    pub(in crate::sync) fn new(count: usize) -> Self {
        Self {
            lanes: (0..count.max(1)).map(|_| SessionSlot::default()).collect(),
            flights: Vec::new(),
            landed: Vec::new(),
        }
    }

    /// Goes on with the sessions of calls that were answered, while they last.
    pub(in crate::sync) fn resume<'c>(
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
        for (lane, call) in self.lanes.iter_mut().zip(open) {
            let next_seq = match call.rejected {
                Some(_) => call.session.batch_seq + 1,
                // Whether Facebook counted the call is unknown. A replacement must stay in its session, and may
                // repeat a number; anything else is safer in a session of its own.
                None if operation == Operation::Replace => call.session.batch_seq,
                None => continue,
            };
            lane.session = Some(OpenSession {
                id: call.session.id,
                columns: call.columns,
                next_seq,
                opened: call.opened,
                closing: call.session.last_batch,
            });
        }
    }

    /// A lane that can take a parcel: first one that holds none, then one that is not busy.
    pub(super) fn ready(&self) -> Option<usize> {
        self.lanes
            .iter()
            .position(|lane| lane.held.is_none())
            .or_else(|| self.lanes.iter().position(|lane| !lane.busy))
    }

    /// Puts a parcel on a lane and gives back the one it held, to be sent.
    pub(in crate::sync) fn put(&mut self, lane: usize, parcel: UploadBatch) -> Option<UploadBatch> {
        self.lanes.get_mut(lane).and_then(|lane| lane.held.replace(parcel))
    }

    /// A lane that holds a parcel and is not busy, with its parcel.
    pub(super) fn take_held(&mut self) -> Option<(usize, UploadBatch)> {
        let lane = self.lanes.iter().position(|lane| lane.held.is_some() && !lane.busy)?;
        self.lanes.get_mut(lane)?.held.take().map(|parcel| (lane, parcel))
    }

    pub(super) fn holds_any(&self) -> bool {
        self.lanes.iter().any(|lane| lane.held.is_some())
    }

    /// The place of a call on a lane, in its session or in a new one.
    pub(in crate::sync) fn place(
        &mut self,
        lane: usize,
        columns: u16,
        last_batch: bool,
        now: OffsetDateTime,
        new_id: SessionId,
    ) -> (Session, OffsetDateTime) {
        let first = OpenSession { id: new_id, columns, next_seq: 1, opened: now, closing: false };
        let Some(lane) = self.lanes.get_mut(lane) else {
            return (Session { id: new_id, batch_seq: 1, last_batch, estimated_total: None }, now);
        };
        let open = lane.session.filter(|open| fresh(open.opened, now) && open.columns == columns);
        let mut open = open.unwrap_or(first);
        let session = Session { id: open.id, batch_seq: open.next_seq, last_batch, estimated_total: None };
        let opened = open.opened;
        open.next_seq += 1;
        lane.session = (!last_batch).then_some(open);
        (session, opened)
    }

    /// True when the lane has no session that takes another call.
    pub(super) fn is_over(&self, lane: usize, now: OffsetDateTime) -> bool {
        let open = self.lanes.get(lane).and_then(|lane| lane.session);
        !open.is_some_and(|open| fresh(open.opened, now))
    }

    /// True when the next call of the lane's session should be its last one.
    pub(super) fn is_late(&self, lane: usize, now: OffsetDateTime) -> bool {
        let open = self.lanes.get(lane).and_then(|lane| lane.session);
        open.is_some_and(|open| open.closing || now - open.opened >= REPLACE_ENDS)
    }

    pub(in crate::sync) fn start(&mut self, lane: usize, flight: InFlight<'a>) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.busy = true;
        }
        self.flights.push(flight);
    }

    pub(super) fn under_way(&self) -> bool {
        !self.flights.is_empty() || !self.landed.is_empty()
    }

    fn poll_flights(&mut self, context: &mut Context<'_>) {
        let (lanes, landed) = (&mut self.lanes, &mut self.landed);
        self.flights.retain_mut(|flight| match flight.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(call) => {
                if let Some(lane) = lanes.get_mut(call.lane) {
                    lane.busy = false;
                    match (&call.result, &mut lane.session) {
                        // It may have taken more calls than one, or none.
                        (Ok(sent), Some(open)) => open.next_seq = sent.next_seq,
                        // The session may or may not have counted the call.
                        (Err(_), session) => *session = None,
                        (Ok(_), None) => {}
                    }
                }
                landed.push(call);
                false
            }
        });
    }

    /// A call that has landed, without waiting for one.
    pub(super) fn landed(&mut self) -> Option<CompletedBatch> {
        self.landed.pop()
    }

    /// The next call to land; `None` when none is under way.
    pub(in crate::sync) async fn next(&mut self) -> Option<CompletedBatch> {
        poll_fn(|context| {
            if let Some(call) = self.landed.pop() {
                return Poll::Ready(Some(call));
            }
            self.poll_flights(context);
            match self.landed.pop() {
                Some(call) => Poll::Ready(Some(call)),
                None if self.flights.is_empty() => Poll::Ready(None),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// Waits for `other` and lets the calls under way go on meanwhile; `None` when some have landed first.
    pub(in crate::sync) async fn alongside<T>(
        &mut self,
        mut other: Pin<&mut impl Future<Output = T>>,
    ) -> Option<T> {
        poll_fn(|context| {
            self.poll_flights(context);
            match other.as_mut().poll(context) {
                Poll::Ready(done) => Poll::Ready(Some(done)),
                Poll::Pending if self.landed.is_empty() => Poll::Pending,
                Poll::Pending => Poll::Ready(None),
            }
        })
        .await
    }
}

fn fresh(opened: OffsetDateTime, now: OffsetDateTime) -> bool {
    now - opened < SESSION_OPEN
}
