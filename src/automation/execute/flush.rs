//! Sends the outbox to Facebook in few full calls.

use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::commit;
use super::context::Step;
use crate::audience::Audience;
use crate::automation::contact_store::store::ContactStore;
use crate::automation::state::engine_state::EngineState;
use crate::automation::state::interner::NameId;
use crate::automation::state::outbox::{self, DeferredRemovals, QueuedChange};
use crate::automation::store::store::Store;
use crate::automation::timestamp::{earlier, micros};
use crate::contact::Contact;
use crate::error::{Error, ErrorKind, Result};
use crate::sync::{Operation, SyncEngine};

/// When the outbox is to be sent: once it is full enough or old enough.
///
/// ```
/// use std::time::Duration;
/// use audiencekit::automation::FlushPolicy;
///
/// let policy = FlushPolicy::default().operations(1_000).age(Duration::from_secs(60));
/// assert_eq!(policy.operations, 1_000);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlushPolicy {
    /// The number of operations of one audience that makes a flush due. Defaults to 10,000, one full call.
    pub operations: usize,
    /// The age of the oldest operation that makes a flush due, and the time between two attempts of deferred removals.
    /// Defaults to 15 minutes.
    pub age: Duration,
}

impl Default for FlushPolicy {
    fn default() -> Self {
        Self { operations: 10_000, age: Duration::from_secs(15 * 60) }
    }
}

impl FlushPolicy {
    /// Sets the number of operations of one audience that makes a flush due. Defaults to 10,000.
    #[must_use]
    pub fn operations(mut self, operations: usize) -> Self {
        self.operations = operations;
        self
    }

    /// Sets the age of the oldest operation that makes a flush due. Defaults to 15 minutes.
    #[must_use]
    pub fn age(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }
}

/// A contact to add to an audience or to remove from it.
///
/// `Debug` shows no personal data.
#[non_exhaustive]
pub struct MembershipChange {
    /// The contact as it is now. Of a contact that is gone it has the `id` alone.
    pub contact: Contact,
    /// Whether the contact is added or removed.
    pub operation: Operation,
    /// Orders the operations of one contact in one audience: the highest is the latest.
    pub generation: u64,
}

impl fmt::Debug for MembershipChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MembershipChange({:?}, generation {})", self.operation, self.generation)
    }
}

/// Applies membership changes to an audience. [`SyncEngine`] is the implementation for Facebook; implement it for a test
/// double, or to send the changes elsewhere.
#[async_trait]
pub trait MemberSink: Send + Sync {
    /// Applies `changes` to `audience`; no changes retry what is left from before. Applying a change again must do no harm.
    ///
    /// The sink may leave the record of the outcome to the next commit of its store: the engine commits right after this
    /// call, and in a store that both share it is one transaction.
    ///
    /// Returns the removals that Facebook refuses until the audience is larger, if any. The sink keeps those.
    ///
    /// # Errors
    /// The error that stopped it. The engine keeps the changes and sends them again.
    async fn apply(
        &self,
        audience: &Audience,
        changes: &[MembershipChange],
    ) -> Result<Option<DeferredRemovals>>;

    /// Makes durable what [`apply`](Self::apply) has left to a commit. The engine calls it after its own commit, also
    /// after one that failed, in which case it sends the changes again.
    ///
    /// # Errors
    /// The error of the sink's store.
    async fn confirm(&self) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl MemberSink for SyncEngine {
    async fn apply(
        &self,
        audience: &Audience,
        changes: &[MembershipChange],
    ) -> Result<Option<DeferredRemovals>> {
        let mut ready = Vec::with_capacity(changes.len());
        for change in changes {
            ready.push(self.member_change(&change.contact, change.operation, change.generation)?);
        }
        let removals = self.apply_with_next_commit(&audience.into(), &ready).await?.waiting;
        Ok((removals > 0).then(|| DeferredRemovals::new(removals, self.now())))
    }

    async fn confirm(&self) -> Result<()> {
        self.commit_what_waits().await
    }
}

/// The outcome of a flush.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct FlushReport {
    /// Operations that were sent.
    pub sent: u64,
    /// Additions that were not sent because the contact is gone.
    pub gone: u64,
    /// Removals that Facebook refuses until the audience is larger, by audience. The ledger keeps them, and each later
    /// flush tries them again.
    pub deferred: Vec<(String, u64)>,
    /// Audiences whose operations stay in the outbox, and why.
    pub failed: Vec<(String, Error)>,
}

/// Returns `true` if a queue is full enough or old enough.
pub(in crate::automation) fn is_due(state: &EngineState, policy: &FlushPolicy, now: OffsetDateTime) -> bool {
    let oldest = micros(earlier(now, policy.age));
    state.outbox.queues().any(|(_, queue)| {
        let is_full = queue.waiting > 0 && queue.waiting >= policy.operations as u64;
        let is_old = queue.waiting > 0 && queue.first.is_some_and(|(_, at)| at <= oldest);
        is_full || is_old || queue.deferred > 0 && queue.tried_at <= oldest
    })
}

/// Sends what is in the outbox, audience by audience.
pub(in crate::automation) async fn flush<S: Store, C: ContactStore, M: MemberSink + ?Sized>(
    step: &mut Step<'_, S, C>,
    sink: &M,
) -> Result<FlushReport> {
    let mut report = FlushReport::default();
    let audiences = step.audiences;
    let queues: Vec<_> = step.state.outbox.queues().collect();
    for (name, queue) in queues {
        let id = step.state.names.text(name).to_string();
        let Some(audience) = audiences.get(&id) else {
            if queue.waiting > 0 || queue.deferred > 0 {
                report.failed.push((id.clone(), unknown_audience(&id)));
            }
            continue;
        };
        let target = Target { name, audience };
        let mut last = queue.sent;
        if queue.waiting == 0
            && queue.deferred > 0
            && let Err(error) = send(step, &target, &[], sink, &mut report).await?
        {
            report.failed.push((id.clone(), error));
        }
        loop {
            let mut chunk = Vec::new();
            outbox::each(step.store, name, last, &mut |queued| {
                chunk.push(queued);
                Ok(if chunk.len() < ROWS_PER_CALL {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                })
            })?;
            let Some(end) = chunk.last() else { break };
            last = end.generation;
            if let Err(error) = send(step, &target, &chunk, sink, &mut report).await? {
                report.failed.push((id.clone(), error));
                break;
            }
        }
    }
    for (name, queue) in step.state.outbox.queues().filter(|(_, queue)| queue.deferred > 0) {
        report.deferred.push((step.state.names.text(name).to_string(), queue.deferred));
    }
    Ok(report)
}

/// Rows of one call at Facebook.
const ROWS_PER_CALL: usize = 10_000;

struct Target<'a> {
    name: NameId,
    audience: &'a Audience,
}

async fn send<S: Store, C: ContactStore, M: MemberSink + ?Sized>(
    step: &mut Step<'_, S, C>,
    target: &Target<'_>,
    chunk: &[QueuedChange],
    sink: &M,
    report: &mut FlushReport,
) -> Result<Result<()>> {
    let mut changes = Vec::with_capacity(chunk.len());
    for queued in chunk {
        let mut contact = Contact::new(step.contacts.schema());
        let is_there = step.contacts.load(&queued.contact, &mut contact)?;
        if !is_there && queued.operation == Operation::Add {
            report.gone += 1;
            continue;
        }
        // The ledger knows contacts by their ids in the contact store, whatever the field holds.
        let field = step.contacts.schema().require("id")?;
        contact.set_text(field, &queued.contact)?;
        let (operation, generation) = (queued.operation, queued.generation);
        changes.push(MembershipChange { contact, operation, generation });
    }
    let is_sent = !changes.is_empty() || chunk.is_empty();
    if is_sent {
        match sink.apply(target.audience, &changes).await {
            Ok(deferred) => step.state.defer_removals(target.name, deferred),
            Err(error) => return Ok(Err(error)),
        }
    }
    report.sent += changes.len() as u64;
    step.state.acknowledge(target.name, chunk);
    // In the ledger's own file this takes with it what the ledger has learnt of the last calls.
    let committed = commit::commit(step);
    // Also when that failed: what the sink has left to a commit may hold a lock that others wait for.
    let confirmed = if is_sent { sink.confirm().await } else { Ok(()) };
    committed.and(confirmed)?;
    Ok(Ok(()))
}

fn unknown_audience(id: &str) -> Error {
    Error::new(ErrorKind::NotFound, "flush", format!("unknown audience {id}"))
        .with_help("pass the audience to AutomationEngine::open or AutomationEngine::set_definitions")
}
