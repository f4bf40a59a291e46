//! The engine: events and time in, membership operations out.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use time::OffsetDateTime;

use super::contact_store::store::ContactStore;
use super::definition::definitions::Definitions;
use super::event::{ContactEvent, EventKind};
use super::idempotency;
use super::options::{EngineOptions, StepReport};
use super::program::compiled::Program;
use super::program::versions;
use super::state::audit::AuditEvent;
use super::state::contact_cache::ContactSlot;
use super::state::engine_state::EngineState;
use super::state::job::Causation;
use super::state::load;
use super::store::store::Store;
use super::timestamp::{from_micros, micros};
use crate::audience::Audience;
use crate::contact::{Contact, Schema};
use crate::error::{Error, ErrorKind, Result};

/// Rules and workflows at work.
///
/// The host owns loop, threads and clock: it hands in events with [`handle`](Self::handle), calls
/// [`tick`](Self::tick) when [`next_due`](Self::next_due) has come, and sends what has gathered with
/// [`flush`](Self::flush). Given the same definitions, contacts, events and instants it does the same, always.
///
/// Each step is one transaction of the store: the events of a call, or up to a thousand timers. After a crash, open
/// the engine again on the same store and hand in again the events whose call did not return: what was done is not done
/// twice, and nothing is lost.
///
/// Timers that are due run before an event of the same instant, in the order of their instants.
///
/// The store holds the state. In memory are the contacts of the step, as many others as [`EngineOptions::room`] says, the
/// timers that are due next, and changes that the contact store has asked to be given later.
///
/// ```
/// use audiencekit::Schema;
/// use audiencekit::automation::{
///     Action, ContactEvent, Definitions, AutomationEngine, EventKind, MemoryContacts, MemoryStore, EngineOptions, Rule, Trigger,
/// };
/// use time::macros::datetime;
///
/// let schema = Schema::standard();
/// let mut contacts = MemoryContacts::new(&schema);
/// contacts.edit("c-1", |contact| contact.set(schema.require("score")?, 70))?;
///
/// let rule = Rule::new("fans").on(Trigger::external("purchase")).when("score >= 50").then(Action::AddTag { tag: "FAN".into() });
/// let definitions = Definitions::new().rule(rule);
/// let mut engine = AutomationEngine::open(definitions, &[], MemoryStore::new(), contacts, EngineOptions::default())?;
///
/// let now = datetime!(2026-11-23 12:00 UTC);
/// let what = EventKind::External { kind: "purchase".into(), value: None, properties: Default::default() };
/// let outcome = engine.handle(&ContactEvent::new("c-1", now, what), now)?;
/// assert_eq!(outcome.actions, 1);
/// assert_eq!(engine.contacts().get("c-1").unwrap().tags().len(), 1);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug)]
pub struct AutomationEngine<S: Store, C: ContactStore> {
    pub(super) options: EngineOptions,
    pub(super) definitions: Definitions,
    pub(super) older: Vec<super::definition::workflow::Workflow>,
    pub(super) program: Arc<Program>,
    pub(super) audiences: BTreeMap<String, Audience>,
    pub(super) state: EngineState,
    pub(super) store: S,
    pub(super) contacts: C,
    /// The contact in hand, with everything that is still to be carried out already in it.
    pub(super) contact: Contact,
    pub(super) in_hand: Option<ContactSlot>,
    pub(super) follow_ups: VecDeque<FollowUp>,
    /// True when an action has changed the contact of the step.
    pub(super) changed: bool,
    pub(super) outcome: StepReport,
    pub(super) failed: bool,
}

/// Something that an action brought about, and that others may listen to.
#[derive(Debug)]
pub(super) struct FollowUp {
    pub(super) contact: ContactSlot,
    pub(super) what: EventKind,
    pub(super) at: OffsetDateTime,
    pub(super) cause: Causation,
}

/// Timers that run between two commits.
const TIMERS_PER_COMMIT: usize = 1_000;

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// Opens an engine on what its store holds.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with every problem of the definitions; [`ErrorKind::Corrupt`] for a store that does not
    /// hold what was written.
    pub fn open(
        definitions: Definitions,
        audiences: &[Audience],
        store: S,
        contacts: C,
        options: EngineOptions,
    ) -> Result<Self> {
        let schema = contacts.schema().clone();
        definitions.check(&schema, &options.zone, audiences)?;
        let mut state = load::restore(&store, options.room)?;
        let older = versions::read(&store, &state, &definitions)?;
        let program = Program::compile(&definitions, &older, &schema, &options.zone, &mut state)?;
        let mut engine = Self {
            program: Arc::new(program),
            audiences: audiences.iter().map(|known| (known.id().to_string(), known.clone())).collect(),
            contact: Contact::new(&schema),
            in_hand: None,
            follow_ups: VecDeque::new(),
            changed: false,
            outcome: StepReport::default(),
            failed: false,
            options,
            definitions,
            older,
            state,
            store,
            contacts,
        };
        engine.keep_definitions();
        engine.deliver();
        engine.commit()?;
        Ok(engine)
    }

    /// The definitions in force.
    #[must_use]
    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// The host's contacts.
    #[must_use]
    pub fn contacts(&self) -> &C {
        &self.contacts
    }

    /// The host's contacts, to change them. A change that rules should know of comes with an event.
    pub fn contacts_mut(&mut self) -> &mut C {
        self.in_hand = None;
        &mut self.contacts
    }

    /// Gives back the store and the contacts.
    pub fn into_parts(self) -> (S, C) {
        (self.store, self.contacts)
    }

    pub(super) fn schema(&self) -> &Schema {
        self.contacts.schema()
    }

    /// Handles one event; `now` is the present instant.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown contact that something listens for; [`ErrorKind::Invalid`] for an event
    /// from the future or older than [`EngineOptions::memory`]; [`ErrorKind::Limit`] for one that is too large. Nothing
    /// came of the event then. What the store returns; the engine must be opened again then.
    pub fn handle(&mut self, event: &ContactEvent, now: OffsetDateTime) -> Result<StepReport> {
        let mut results = self.handle_all(std::slice::from_ref(event), now)?;
        results.pop().unwrap_or_else(|| Ok(StepReport::default()))
    }

    /// Handles events in their order, with one commit for all of them: the way to be fast with a durable store. What
    /// is due before them is done first, with commits of its own.
    ///
    /// # Errors
    /// Each event has its own result, as in [`handle`](Self::handle). What the store returns ends the call; then
    /// no event of it was handled, and the engine must be opened again.
    pub fn handle_all(
        &mut self,
        events: &[ContactEvent],
        now: OffsetDateTime,
    ) -> Result<Vec<Result<StepReport>>> {
        self.ready()?;
        let earlier = self.run_due(now)?;
        let mut results = Vec::with_capacity(events.len());
        for event in events {
            let result = self.accept(event, now);
            let mut outcome = std::mem::take(&mut self.outcome);
            if self.has_due(now) {
                outcome.add(self.run_timers(now, usize::MAX)?);
            }
            results.push(result.map(|repeated| {
                outcome.repeated = repeated;
                outcome
            }));
        }
        self.commit()?;
        self.deliver_and_commit()?;
        // Problems of timers and of the contact store belong to no event; they must not be lost with one either.
        let mut others = earlier.problems;
        others.append(&mut self.outcome.problems);
        match results.iter_mut().flatten().next() {
            Some(outcome) => outcome.problems.append(&mut others),
            None => self.outcome.problems = others,
        }
        Ok(results)
    }

    /// Does what is due at `now`.
    ///
    /// # Errors
    /// What the store returns; the engine must be opened again then.
    pub fn tick(&mut self, now: OffsetDateTime) -> Result<StepReport> {
        self.ready()?;
        self.run_due(now)
    }

    fn run_due(&mut self, now: OffsetDateTime) -> Result<StepReport> {
        let mut total = StepReport::default();
        loop {
            total.add(self.run_timers(now, TIMERS_PER_COMMIT)?);
            if !self.has_due(now) {
                self.state.counters.passed = self.state.counters.passed.max(micros(now));
            }
            self.commit()?;
            self.deliver_and_commit()?;
            total.problems.append(&mut self.outcome.problems);
            if !self.has_due(now) {
                return Ok(total);
            }
        }
    }

    /// When [`tick`](Self::tick) is needed next; `None` when nothing waits.
    #[must_use]
    pub fn next_due(&self) -> Option<OffsetDateTime> {
        self.state.timers.next().map(|(due, _)| from_micros(due))
    }

    /// How many things wait for their time.
    #[must_use]
    pub fn timers(&self) -> u64 {
        self.state.counters.waiting
    }

    pub(super) fn ready(&self) -> Result<()> {
        if self.failed {
            return Err(Error::new(
                ErrorKind::Io,
                "automation engine",
                "an earlier commit failed, so memory and store differ",
            )
            .expected("Engine::open on the same store"));
        }
        Ok(())
    }

    /// Takes in an event: true when it was known already.
    fn accept(&mut self, event: &ContactEvent, now: OffsetDateTime) -> Result<bool> {
        event.check()?;
        if event.at > now.saturating_add(self.options.tolerance) {
            return Err(Error::new(ErrorKind::Invalid, "event at", "is in the future")
                .expected("an instant up to now, give or take a few minutes"));
        }
        if event.at < now.saturating_sub(self.options.memory) {
            return Err(Error::new(
                ErrorKind::Invalid,
                "event at",
                "is older than handled events are remembered",
            )
            .expected("a longer Options::memory, or a run by hand"));
        }
        self.state.see_now(micros(now));
        let listeners = if event.fire { self.program.listeners(&event.what) } else { Vec::new() };
        if listeners.is_empty() && !self.program.looks_again {
            return Ok(false);
        }
        let key = idempotency::of_event(event);
        let since = micros(now.saturating_sub(self.options.memory));
        if self.state.seen.has(&self.store, key, since)? {
            return Ok(true);
        }
        let contact = self.state.fetch(&self.store, &event.contact)?;
        if listeners.is_empty() && self.program.dates.is_empty() && !self.state.is_inside_or_held(contact) {
            return Ok(false);
        }
        self.in_hand = None;
        if !self.take_in_hand(contact)? {
            return Err(super::contact_store::store::unknown_contact());
        }
        self.state.see(key, micros(now));
        let cause = Causation { key, depth: 0 };
        self.serve(contact, &event.what, &listeners, event.at, cause);
        self.serve_follow_ups();
        self.changed = false;
        self.touch(contact, event.at, now);
        Ok(false)
    }

    /// Serves what actions brought about, until there is no more.
    pub(super) fn serve_follow_ups(&mut self) {
        while let Some(next) = self.follow_ups.pop_front() {
            let listeners = self.program.listeners(&next.what);
            if next.cause.depth > self.options.depth {
                if !listeners.is_empty() {
                    self.stop_loop(next.contact, next.at, &next.what);
                }
                continue;
            }
            self.serve(next.contact, &next.what, &listeners, next.at, next.cause);
        }
    }

    fn stop_loop(&mut self, contact: ContactSlot, at: OffsetDateTime, what: &EventKind) {
        self.problem(
            Error::new(
                ErrorKind::Limit,
                format!("automation {}", what.kind()),
                format!("more than {} rules started one another", self.options.depth),
            )
            .expected("rules that do not start one another in a circle"),
        );
        let dropped =
            AuditEvent::Dropped { source: what.kind().to_owned(), reason: "rules run in a circle".into() };
        self.audit(contact, at, || dropped);
    }

    /// Reads a contact, with all that is still to be carried out, unless it is in hand; false when it is gone.
    pub(super) fn take_in_hand(&mut self, contact: ContactSlot) -> Result<bool> {
        if self.in_hand == Some(contact) {
            return Ok(true);
        }
        self.in_hand = None;
        self.contact.clear();
        let id = self.state.id(contact);
        if !self.contacts.load(&id, &mut self.contact)? {
            return Ok(false);
        }
        for effect in self.state.effects.of(&id) {
            effect.change.apply(&mut self.contact, effect.at, &self.options.zone)?;
        }
        self.in_hand = Some(contact);
        Ok(true)
    }

    pub(super) fn problem(&mut self, problem: Error) {
        self.outcome.problems.push(problem);
    }
}
