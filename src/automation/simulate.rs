//! Runs definitions over a history of events, without sending or keeping anything.

use time::OffsetDateTime;

use super::contact_store::memory::MemoryContacts;
use super::definition::definitions::Definitions;
use super::engine::AutomationEngine;
use super::event::ContactEvent;
use super::options::EngineOptions;
use super::state::audit::{AuditEntry, AuditEvent};
use super::store::memory::MemoryStore;
use crate::audience::Audience;
use crate::error::{Error, Result};
use crate::sync::Operation;

/// The result of running definitions over a history of events. Nothing is sent and nothing is kept.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Simulation {
    /// The membership changes that would have been made, in order.
    pub changes: Vec<SimulatedChange>,
    /// What would have been skipped, in order.
    pub dropped: Vec<AuditEntry>,
    /// Errors, such as those of events of unknown contacts.
    pub problems: Vec<Error>,
}

/// A membership change that would have been made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SimulatedChange {
    /// The instant of the change.
    pub at: OffsetDateTime,
    /// The id of the contact.
    pub contact: String,
    /// The id of the audience.
    pub audience: String,
    /// Whether the contact would have been added or removed.
    pub operation: Operation,
    /// `rule` or `workflow`, and its id.
    pub source: String,
}

impl Simulation {
    /// Runs `definitions` over `events` on a copy of `contacts`, then on until `until`. Later events are ignored.
    ///
    /// The simulation begins with the first event; dates that are near before it start nothing. Contacts are used as they
    /// are now and are only changed by actions.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem of the definitions.
    ///
    /// ```
    /// use audiencekit::Schema;
    /// use audiencekit::automation::{
    ///     Action, ContactEvent, Definitions, EngineOptions, EventKind, MemoryContacts, Rule, Simulation, Trigger,
    /// };
    /// use time::macros::datetime;
    ///
    /// let mut contacts = MemoryContacts::new(&Schema::standard());
    /// contacts.edit("c-1", |_| Ok(()))?;
    /// let rule = Rule::new("r").on(Trigger::tag("VIP")).then(Action::ChangeScore { by: 5 });
    /// let at = datetime!(2026-11-23 12:00 UTC);
    /// let events = [ContactEvent::new("c-1", at, EventKind::TagAssigned { tag: "VIP".into() })];
    /// let definitions = Definitions::new().rule(rule);
    /// let found = Simulation::run(&definitions, &[], &contacts, &events, at, &EngineOptions::default())?;
    /// assert!(found.problems.is_empty() && found.changes.is_empty());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn run(
        definitions: &Definitions,
        audiences: &[Audience],
        contacts: &MemoryContacts,
        events: &[ContactEvent],
        until: OffsetDateTime,
        options: &EngineOptions,
    ) -> Result<Self> {
        let options = options.clone().audit(true);
        let mut engine = AutomationEngine::open(
            definitions.clone(),
            audiences,
            MemoryStore::new(),
            contacts.unused(),
            options,
        )?;
        let mut found = Self::default();
        let mut ordered: Vec<&ContactEvent> = events.iter().filter(|event| event.at <= until).collect();
        ordered.sort_by_key(|event| event.at);
        if let Some(first) = ordered.first() {
            engine.schedule_dates(first.at)?;
        }
        for event in ordered {
            match engine.handle(event, event.at) {
                Ok(report) => found.problems.extend(report.problems),
                Err(error) => found.problems.push(error),
            }
        }
        found.problems.extend(engine.tick(until)?.problems);
        for entry in engine.audit_log(0) {
            let entry = entry?;
            match entry.event {
                AuditEvent::Member { source, audience, operation, .. } => {
                    let (at, contact) = (entry.at, entry.contact);
                    found.changes.push(SimulatedChange { at, contact, audience, operation, source });
                }
                AuditEvent::Dropped { .. } => found.dropped.push(entry),
                _ => {}
            }
        }
        Ok(found)
    }
}
