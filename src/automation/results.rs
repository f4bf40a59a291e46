//! What an engine has decided: memberships and why, the outbox and its flush, the audit log.

use time::OffsetDateTime;

use super::contact_store::store::ContactStore;
use super::engine::AutomationEngine;
use super::execute::explain::{self, MembershipExplanation};
use super::execute::flush::{self, FlushPolicy, FlushReport, MemberSink};
use super::execute::{audit_log, commit};
use super::state::audit::AuditEntry;
use super::state::contact_cache;
use super::state::outbox;
use super::store::store::Store;
use super::timestamp::from_micros;
use crate::audience::Audience;
use crate::error::Result;
use crate::sync::Operation;

/// A membership change that waits in the outbox.
///
/// `Debug` shows no personal data but the contact's id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingChange {
    /// The id of the audience.
    pub audience: String,
    /// The id of the contact.
    pub contact: String,
    /// Whether the contact is to be added or removed.
    pub operation: Operation,
    /// Orders the operations of one contact in one audience: the highest is the latest.
    pub generation: u64,
    /// The instant at which it was put in the outbox.
    pub queued_at: OffsetDateTime,
}

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// Explains why a contact is or is not in an audience that automation fills.
    ///
    /// Reads at most the last [`MembershipExplanation::MOST_READ`] audit entries about this contact, however long the
    /// audit log is.
    ///
    /// # Errors
    /// The error of the contact store or the store.
    ///
    /// ```
    /// # use audiencekit::audience::Audience;
    /// # use audiencekit::automation::*;
    /// # use audiencekit::Schema;
    /// # use time::macros::datetime;
    /// # let audience: Audience = serde_json::from_str(
    /// #     r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d","contacts":"automation",
    /// #     "refresh":"never","minimum_size":{"people":0,"refuse":false}}"#,
    /// # ).unwrap();
    /// # let mut contacts = MemoryContacts::new(&Schema::standard());
    /// # contacts.edit("c-1", |_| Ok(()))?;
    /// # let rule = Rule::new("r").on(Trigger::tag("VIP")).then(Action::add_to(&audience));
    /// # let (definitions, store) = (Definitions::new().rule(rule), MemoryStore::new());
    /// # let options = EngineOptions::default();
    /// # let mut engine = AutomationEngine::open(definitions, &[audience.clone()], store, contacts, options)?;
    /// # let now = datetime!(2026-11-23 12:00 UTC);
    /// # engine.handle(&ContactEvent::new("c-1", now, EventKind::TagAssigned { tag: "VIP".into() }), now)?;
    /// let explanation = engine.explain("c-1", &audience, now)?;
    /// assert_eq!(explanation.is_member, Some(true));
    /// println!("{explanation}");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn explain(
        &mut self,
        contact: &str,
        audience: &Audience,
        now: OffsetDateTime,
    ) -> Result<MembershipExplanation> {
        explain::explain(&mut self.step(), contact, audience.id().as_str(), now)
    }

    /// Returns the node at which a contact is in a workflow, and since when.
    ///
    /// # Errors
    /// The error of the store.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// # use audiencekit::automation::*;
    /// # use time::macros::datetime;
    /// # let mut contacts = MemoryContacts::new(&Schema::standard());
    /// # contacts.edit("c-1", |_| Ok(()))?;
    /// # let workflow = Workflow::new("w", 1)
    /// #     .start(Trigger::tag("VIP"), "wait")
    /// #     .node("wait", Node::Wait { delay: Delay::Days(1), to: "end".into() })
    /// #     .node("end", Node::End);
    /// # let definitions = Definitions::new().workflow(workflow);
    /// # let mut engine =
    /// #     AutomationEngine::open(definitions, &[], MemoryStore::new(), contacts, EngineOptions::default())?;
    /// # let now = datetime!(2026-11-23 12:00 UTC);
    /// engine.handle(&ContactEvent::new("c-1", now, EventKind::TagAssigned { tag: "VIP".into() }), now)?;
    /// assert_eq!(engine.position("w", "c-1")?, Some(("wait".into(), now)));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn position(&self, workflow: &str, contact: &str) -> Result<Option<(String, OffsetDateTime)>> {
        let Some(name) = self.state.names.get(workflow) else { return Ok(None) };
        let record = contact_cache::read(&self.store, contact)?;
        let position = record.positions.iter().find(|(known, _)| *known == name);
        Ok(position.map(|(_, position)| (position.node.clone(), from_micros(position.since))))
    }

    /// Returns the number of membership changes that wait in the outbox.
    ///
    /// ```
    /// # use audiencekit::audience::Audience;
    /// # use audiencekit::automation::*;
    /// # use audiencekit::Schema;
    /// # use time::macros::datetime;
    /// # let audience: Audience = serde_json::from_str(
    /// #     r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d","contacts":"automation",
    /// #     "refresh":"never","minimum_size":{"people":0,"refuse":false}}"#,
    /// # ).unwrap();
    /// # let mut contacts = MemoryContacts::new(&Schema::standard());
    /// # contacts.edit("c-1", |_| Ok(()))?;
    /// # let rule = Rule::new("r").on(Trigger::tag("VIP")).then(Action::add_to(&audience));
    /// # let (definitions, store) = (Definitions::new().rule(rule), MemoryStore::new());
    /// # let options = EngineOptions::default();
    /// # let mut engine = AutomationEngine::open(definitions, &[audience.clone()], store, contacts, options)?;
    /// # let now = datetime!(2026-11-23 12:00 UTC);
    /// # engine.handle(&ContactEvent::new("c-1", now, EventKind::TagAssigned { tag: "VIP".into() }), now)?;
    /// assert_eq!(engine.pending_len(), 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn pending_len(&self) -> u64 {
        self.state.outbox.queues().map(|(_, queue)| queue.waiting).sum()
    }

    /// Returns the instant at which the oldest waiting membership change was queued.
    #[must_use]
    pub fn oldest_pending(&self) -> Option<OffsetDateTime> {
        let queues = self.state.outbox.queues();
        queues.filter_map(|(_, queue)| queue.first).map(|(_, at)| from_micros(at)).min()
    }

    /// Returns the membership changes that wait in the outbox, audience by audience, oldest first. An item is the error of
    /// the store if it cannot be read.
    ///
    /// ```
    /// # use audiencekit::audience::Audience;
    /// # use audiencekit::automation::*;
    /// # use audiencekit::Schema;
    /// # use time::macros::datetime;
    /// # let audience: Audience = serde_json::from_str(
    /// #     r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d","contacts":"automation",
    /// #     "refresh":"never","minimum_size":{"people":0,"refuse":false}}"#,
    /// # ).unwrap();
    /// # let mut contacts = MemoryContacts::new(&Schema::standard());
    /// # contacts.edit("c-1", |_| Ok(()))?;
    /// # let rule = Rule::new("r").on(Trigger::tag("VIP")).then(Action::add_to(&audience));
    /// # let (definitions, store) = (Definitions::new().rule(rule), MemoryStore::new());
    /// # let options = EngineOptions::default();
    /// # let mut engine = AutomationEngine::open(definitions, &[audience.clone()], store, contacts, options)?;
    /// # let now = datetime!(2026-11-23 12:00 UTC);
    /// # engine.handle(&ContactEvent::new("c-1", now, EventKind::TagAssigned { tag: "VIP".into() }), now)?;
    /// let pending = engine.outbox().collect::<audiencekit::Result<Vec<_>>>()?;
    /// assert_eq!((pending[0].contact.as_str(), pending[0].audience.as_str()), ("c-1", "1"));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn outbox(&self) -> impl Iterator<Item = Result<PendingChange>> {
        self.state.outbox.queues().flat_map(|(name, queue)| {
            let audience = self.state.names.text(name);
            outbox::entries(&self.store, name, queue.sent).map(move |queued| {
                let queued = queued?;
                Ok(PendingChange {
                    audience: audience.to_string(),
                    contact: queued.contact,
                    operation: queued.operation,
                    generation: queued.generation,
                    queued_at: from_micros(queued.at),
                })
            })
        })
    }

    /// Returns `true` if it is time to [`flush`](Self::flush).
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// # use audiencekit::automation::*;
    /// # use time::macros::datetime;
    /// # let mut contacts = MemoryContacts::new(&Schema::standard());
    /// # contacts.edit("c-1", |_| Ok(()))?;
    /// # let definitions = Definitions::new().rule(Rule::new("r").on(Trigger::tag("VIP")).then(Action::ChangeScore { by: 5 }));
    /// # let mut engine =
    /// #     AutomationEngine::open(definitions, &[], MemoryStore::new(), contacts, EngineOptions::default())?;
    /// # let now = datetime!(2026-11-23 12:00 UTC);
    /// assert!(!engine.flush_is_due(&FlushPolicy::default(), now));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn flush_is_due(&self, policy: &FlushPolicy, now: OffsetDateTime) -> bool {
        flush::is_due(&self.state, policy, now)
    }

    /// Sends the outbox, audience by audience, at most 10,000 contacts per call.
    ///
    /// An audience that fails (deleted at Facebook, flagged, no answer) keeps its operations for the next flush; the
    /// others go on.
    ///
    /// Cancel safety: operations whose call did not return stay in the outbox and are sent again, which is harmless.
    ///
    /// # Errors
    /// The error of the contact store or the store.
    pub async fn flush<M: MemberSink + ?Sized>(&mut self, sink: &M) -> Result<FlushReport> {
        self.ensure_usable()?;
        flush::flush(&mut self.step(), sink).await
    }

    /// Returns the entries of the audit log after entry number `after`, oldest first. The log is append-only: to copy it
    /// elsewhere, continue after the last number copied. An item is the error of the store if it cannot be read.
    ///
    /// ```
    /// # use audiencekit::audience::Audience;
    /// # use audiencekit::automation::*;
    /// # use audiencekit::Schema;
    /// # use time::macros::datetime;
    /// # let audience: Audience = serde_json::from_str(
    /// #     r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d","contacts":"automation",
    /// #     "refresh":"never","minimum_size":{"people":0,"refuse":false}}"#,
    /// # ).unwrap();
    /// # let mut contacts = MemoryContacts::new(&Schema::standard());
    /// # contacts.edit("c-1", |_| Ok(()))?;
    /// # let rule = Rule::new("r").on(Trigger::tag("VIP")).then(Action::add_to(&audience));
    /// # let (definitions, store) = (Definitions::new().rule(rule), MemoryStore::new());
    /// # let options = EngineOptions::default();
    /// # let mut engine = AutomationEngine::open(definitions, &[audience.clone()], store, contacts, options)?;
    /// # let now = datetime!(2026-11-23 12:00 UTC);
    /// # engine.handle(&ContactEvent::new("c-1", now, EventKind::TagAssigned { tag: "VIP".into() }), now)?;
    /// let entries = engine.audit_log(0).collect::<audiencekit::Result<Vec<_>>>()?;
    /// assert!(matches!(&entries[0].event, AuditEvent::Started { rule, .. } if rule == "r"));
    /// assert_eq!(engine.audit_log(entries.len() as u64).count(), 0);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn audit_log(&self, after: u64) -> impl Iterator<Item = Result<AuditEntry>> {
        audit_log::entries(&self.store, after)
    }

    /// Deletes the audit log up to and including entry number `until`, for example once it was copied elsewhere.
    ///
    /// # Errors
    /// The error of the store.
    ///
    /// ```
    /// # use audiencekit::audience::Audience;
    /// # use audiencekit::automation::*;
    /// # use audiencekit::Schema;
    /// # use time::macros::datetime;
    /// # let audience: Audience = serde_json::from_str(
    /// #     r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d","contacts":"automation",
    /// #     "refresh":"never","minimum_size":{"people":0,"refuse":false}}"#,
    /// # ).unwrap();
    /// # let mut contacts = MemoryContacts::new(&Schema::standard());
    /// # contacts.edit("c-1", |_| Ok(()))?;
    /// # let rule = Rule::new("r").on(Trigger::tag("VIP")).then(Action::add_to(&audience));
    /// # let (definitions, store) = (Definitions::new().rule(rule), MemoryStore::new());
    /// # let options = EngineOptions::default();
    /// # let mut engine = AutomationEngine::open(definitions, &[audience.clone()], store, contacts, options)?;
    /// # let now = datetime!(2026-11-23 12:00 UTC);
    /// # engine.handle(&ContactEvent::new("c-1", now, EventKind::TagAssigned { tag: "VIP".into() }), now)?;
    /// engine.prune_audit_log(2)?;
    /// assert_eq!(engine.audit_log(0).next().unwrap()?.number, 3);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn prune_audit_log(&mut self, until: u64) -> Result<()> {
        self.ensure_usable()?;
        let mut step = self.step();
        while audit_log::prune(&mut step, until)? {
            commit::commit(&mut step)?;
        }
        Ok(())
    }
}
