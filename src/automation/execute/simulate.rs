//! What rules and workflows would have done with a history of events. Nothing is sent and nothing is kept.

use time::OffsetDateTime;

use crate::audience::Audience;
use crate::automation::contact_store::memory::MemoryContacts;
use crate::automation::definition::definitions::Definitions;
use crate::automation::engine::AutomationEngine;
use crate::automation::event::ContactEvent;
use crate::automation::options::EngineOptions;
use crate::automation::state::audit::{AuditEntry, AuditEvent};
use crate::automation::store::memory::MemoryStore;
use crate::error::{Error, Result};

/// What a simulation found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Simulation {
    /// Who would have been added or removed and when, in order.
    pub changes: Vec<SimulatedChange>,
    /// What a schedule, a cap or a limit dropped and what was given up, in order.
    pub dropped: Vec<AuditEntry>,
    /// What could not be done, such as events of unknown contacts.
    pub problems: Vec<Error>,
}

/// One membership operation that would have been made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SimulatedChange {
    /// When.
    pub at: OffsetDateTime,
    /// The host's id of the contact.
    pub contact: String,
    /// The audience.
    pub audience: String,
    /// True for added.
    pub add: bool,
    /// The rule or workflow behind it.
    pub source: String,
}

impl Simulation {
    /// Runs `definitions` over `events` on copies of `contacts`, then on until `until`; later events are left out.
    ///
    /// It begins with the first event; dates that are near before it start nothing. Contacts are taken as they are now:
    /// a history that should change them says so with its actions.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem of the definitions.
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
            engine.plan_dates(first.at)?;
        }
        for event in ordered {
            match engine.handle(event, event.at) {
                Ok(outcome) => found.problems.extend(outcome.problems),
                Err(error) => found.problems.push(error),
            }
        }
        found.problems.extend(engine.tick(until)?.problems);
        engine.audit_log(0, &mut |entry| {
            match entry.what {
                AuditEvent::Member { source, audience, add, .. } => {
                    let (at, contact) = (entry.at, entry.contact);
                    found.changes.push(SimulatedChange { at, contact, audience, add, source });
                }
                AuditEvent::Dropped { .. } => found.dropped.push(entry),
                _ => {}
            }
            Ok(true)
        })?;
        Ok(found)
    }
}
