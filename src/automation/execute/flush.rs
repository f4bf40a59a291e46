//! From the outbox to Facebook, in few full calls.

use std::fmt;

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use crate::audience::Audience;
use crate::automation::contact_store::store::ContactStore;
use crate::automation::engine::AutomationEngine;
use crate::automation::state::engine_state::NameId;
use crate::automation::state::outbox::{self, PendingChange};
use crate::automation::store::store::Store;
use crate::automation::timestamp::{from_micros, micros};
use crate::contact::Contact;
use crate::error::{Error, ErrorKind, Result};
use crate::sync::{Operation, SyncEngine};

/// When it is time to send: enough operations, or old enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlushPolicy {
    /// Send when one audience has so many operations.
    pub operations: usize,
    /// Send when the oldest operation is so old, or when removals that Facebook held back were tried so long ago.
    pub age: Duration,
}

impl Default for FlushPolicy {
    /// A full call of 10,000, or 15 minutes.
    fn default() -> Self {
        Self { operations: 10_000, age: Duration::minutes(15) }
    }
}

/// One person in or out of an audience, to be sent.
///
/// `Debug` shows no person.
#[non_exhaustive]
pub struct MembershipChange {
    /// The contact as it is now. Of one that is gone, its `id` alone.
    pub contact: Contact,
    /// True to add.
    pub add: bool,
    /// Orders the operations of one person in one audience.
    pub generation: u64,
}

impl fmt::Debug for MembershipChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Membership({}, generation {})", if self.add { "add" } else { "remove" }, self.generation)
    }
}

/// Takes membership operations to an audience. [`SyncEngine`] does; a double does in tests.
#[async_trait]
pub trait MemberSink: Send + Sync {
    /// Applies `changes` to `audience`, none to send what is left from before. Applying them again does no harm.
    ///
    /// What came of them may be left to the next commit of the sink's store, for the engine commits the end of the
    /// operations at once: in a store that both share it is one transaction.
    ///
    /// It gives the removals that Facebook refuses until the audience is larger, if any. The sink remembers those.
    ///
    /// # Errors
    /// What stopped it; the engine keeps the operations and gives them again.
    async fn apply(
        &self,
        audience: &Audience,
        changes: &[MembershipChange],
    ) -> Result<Option<DeferredRemovals>>;

    /// Makes durable what [`apply`](Self::apply) has left to a commit, if anything. It comes after the engine's commit,
    /// also after one that failed: the engine gives the operations again then.
    ///
    /// # Errors
    /// What the sink's store returns.
    async fn confirm(&self) -> Result<()> {
        Ok(())
    }
}

/// Removals that Facebook refuses until the audience is larger. They are tried again with each flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeferredRemovals {
    /// How many.
    pub removals: u64,
    /// When they were tried last.
    pub tried_at: OffsetDateTime,
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
            let operation = if change.add { Operation::Add } else { Operation::Remove };
            ready.push(self.member_change(&change.contact, operation, change.generation)?);
        }
        let removals = self.apply_with_next_commit(&audience.into(), &ready).await?.waiting;
        Ok((removals > 0).then(|| DeferredRemovals { removals, tried_at: self.now() }))
    }

    async fn confirm(&self) -> Result<()> {
        self.commit_what_waits().await
    }
}

/// What a flush did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct FlushReport {
    /// Operations that were sent.
    pub sent: u64,
    /// Additions of contacts that are gone by now: there is nothing to send.
    pub gone: u64,
    /// Removals that Facebook refuses until the audience is larger, audience by audience. The ledger keeps them, and
    /// each later flush tries them again.
    pub held_back: Vec<(String, u64)>,
    /// Audiences whose operations stay in the outbox, and why.
    pub failed: Vec<(String, Error)>,
}

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// True when it is time to [`flush`](Self::flush).
    #[must_use]
    pub fn flush_is_due(&self, policy: &FlushPolicy, now: OffsetDateTime) -> bool {
        let oldest = micros(now.saturating_sub(policy.age));
        self.state.outbox.lines().any(|(_, line)| {
            let is_full = line.waiting > 0 && line.waiting >= policy.operations as u64;
            let is_old = line.waiting > 0 && line.first.is_some_and(|(_, at)| at <= oldest);
            is_full || is_old || line.held_back > 0 && line.tried_at <= oldest
        })
    }

    /// How many membership operations were not sent.
    #[must_use]
    pub fn unsent(&self) -> u64 {
        self.state.outbox.lines().map(|(_, line)| line.waiting).sum()
    }

    /// Visits the membership operations that were not sent, those of each audience in their order: audience, contact,
    /// and true to add.
    ///
    /// # Errors
    /// What the store and `visit` return.
    pub fn outbox(&self, visit: &mut dyn FnMut(&str, &str, bool) -> Result<()>) -> Result<()> {
        for (audience, line) in self.state.outbox.lines() {
            let id = self.state.text(audience);
            outbox::each(&self.store, audience, line.sent, &mut |queued| {
                visit(&id, &queued.contact, queued.add).map(|()| true)
            })?;
        }
        Ok(())
    }

    /// Sends what is in the outbox, audience by audience, at most 10,000 people at a time.
    ///
    /// An audience that fails (deleted at Facebook, flagged, no answer) keeps its operations for the next flush; the
    /// others go on.
    ///
    /// Cancel safety: operations whose call did not return stay in the outbox and are sent again, which is harmless.
    ///
    /// # Errors
    /// What the contact store and the store return.
    pub async fn flush<M: MemberSink + ?Sized>(&mut self, sink: &M) -> Result<FlushReport> {
        self.ready()?;
        let mut report = FlushReport::default();
        let lines: Vec<_> = self.state.outbox.lines().collect();
        for (audience, line) in lines {
            let mut last = line.sent;
            if line.waiting == 0
                && line.held_back > 0
                && let Err(error) = self.send(sink, audience, &[], &mut report).await?
            {
                report.failed.push((self.state.text(audience).to_string(), error));
            }
            loop {
                let mut chunk = Vec::new();
                outbox::each(&self.store, audience, last, &mut |queued| {
                    chunk.push(queued);
                    Ok(chunk.len() < PEOPLE_PER_CALL)
                })?;
                let Some(end) = chunk.last() else { break };
                last = end.generation;
                if let Err(error) = self.send(sink, audience, &chunk, &mut report).await? {
                    report.failed.push((self.state.text(audience).to_string(), error));
                    break;
                }
            }
        }
        for (audience, line) in self.state.outbox.lines().filter(|(_, line)| line.held_back > 0) {
            report.held_back.push((self.state.text(audience).to_string(), line.held_back));
        }
        Ok(report)
    }

    async fn send<M: MemberSink + ?Sized>(
        &mut self,
        sink: &M,
        name: NameId,
        chunk: &[PendingChange],
        report: &mut FlushReport,
    ) -> Result<Result<()>> {
        let mut changes = Vec::with_capacity(chunk.len());
        let id = self.state.text(name);
        for queued in chunk {
            let mut record = Contact::new(self.schema());
            let is_there = self.contacts.load(&queued.contact, &mut record)?;
            if !is_there && queued.add {
                report.gone += 1;
                continue;
            }
            // The ledger knows people by the host's id, whatever the field holds.
            let field = self.schema().require("id")?;
            record.set_text(field, &queued.contact)?;
            changes.push(MembershipChange {
                contact: record,
                add: queued.add,
                generation: queued.generation,
            });
        }
        let Some(audience) = self.audiences.get(&*id) else {
            return Ok(Err(Error::new(
                ErrorKind::NotFound,
                "flush",
                format!("the engine does not know audience {id}"),
            )
            .expected("the audience handed to Engine::open or Engine::redefine")));
        };
        let is_sent = !changes.is_empty() || chunk.is_empty();
        if is_sent {
            match sink.apply(audience, &changes).await {
                Ok(held_back) => self.state.hold_back(name, held_back),
                Err(error) => return Ok(Err(error)),
            }
        }
        report.sent += changes.len() as u64;
        self.state.sent(name, chunk);
        // In the ledger's own file this takes with it what the ledger has learnt of the last calls.
        let committed = self.commit();
        // Also when that failed: what the sink has left to a commit may hold a lock that others wait for.
        let confirmed = if is_sent { sink.confirm().await } else { Ok(()) };
        committed.and(confirmed)?;
        Ok(Ok(()))
    }

    /// When the oldest operation in the outbox was put there.
    #[must_use]
    pub fn oldest_unsent(&self) -> Option<OffsetDateTime> {
        self.state.outbox.lines().filter_map(|(_, line)| line.first).map(|(_, at)| from_micros(at)).min()
    }
}

/// Rows of one call at Facebook.
const PEOPLE_PER_CALL: usize = 10_000;
