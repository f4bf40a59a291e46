//! The engine: events and time in, membership changes out.

use std::collections::{BTreeMap, VecDeque};

use time::OffsetDateTime;

use super::contact_store::store::ContactStore;
use super::definition::definitions::Definitions;
use super::definition::workflow::Workflow;
use super::event::ContactEvent;
use super::execute::context::Step;
use super::execute::redefine::{self, WorkflowMigration};
use super::execute::{commit, dispatch};
use super::options::{EngineOptions, StepReport};
use super::program::compiled::Program;
use super::program::versions;
use super::state::engine_state::EngineState;
use super::state::load;
use super::store::store::Store;
use super::timestamp::from_micros;
use crate::audience::Audience;
use crate::contact::Contact;
use crate::error::{Error, ErrorKind, Result, ValidationErrors};

/// Runs rules and workflows on events of contacts.
///
/// Your application owns the loop, the threads and the clock. It passes events to [`handle`](Self::handle), calls
/// [`tick`](Self::tick) when [`next_due`](Self::next_due) has come, and sends the collected membership changes with
/// [`flush`](Self::flush). The engine is deterministic: the same definitions, contacts, events and instants produce the
/// same actions.
///
/// Each call commits to the store: all events of the call in one transaction, timers a thousand at a time. After a crash,
/// open the engine again on the same store and pass in the events whose call did not return: handled events are
/// recognized, and nothing is lost or done twice.
///
/// Timers that are due run before an event of the same instant, earliest first.
///
/// The store holds the state. Memory holds the contacts of the current step, up to [`EngineOptions::cache_capacity`]
/// others, the timers that are due next, and updates that the contact store has deferred.
///
/// ```
/// use audiencekit::Schema;
/// use audiencekit::automation::{
///     Action, AutomationEngine, ContactEvent, Definitions, EngineOptions, EventKind, MemoryContacts, MemoryStore, Rule, Trigger,
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
/// let report = engine.handle(&ContactEvent::new("c-1", now, EventKind::external("purchase")), now)?;
/// assert_eq!(report.actions, 1);
/// assert_eq!(engine.contacts().get("c-1").unwrap().tags().len(), 1);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug)]
pub struct AutomationEngine<S: Store, C: ContactStore> {
    options: EngineOptions,
    definitions: Definitions,
    /// Versions of workflows that contacts are still on.
    older: Vec<Workflow>,
    program: Program,
    audiences: BTreeMap<String, Audience>,
    pub(super) state: EngineState,
    pub(super) store: S,
    contacts: C,
    /// The record that contacts are loaded into.
    contact: Contact,
    report: StepReport,
    failed: bool,
}

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// Opens an engine on the state in `store`; an empty store starts a new one. `audiences` are the saved audiences that
    /// the definitions name.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with every problem of the definitions; [`ErrorKind::Corrupt`] if the store does not hold
    /// what was written.
    ///
    /// ```
    /// use audiencekit::{ErrorKind, Schema};
    /// use audiencekit::automation::{AutomationEngine, Definitions, EngineOptions, MemoryContacts, MemoryStore, Rule};
    ///
    /// let contacts = MemoryContacts::new(&Schema::standard());
    /// let without_actions = Definitions::new().rule(Rule::new("empty"));
    /// let opened =
    ///     AutomationEngine::open(without_actions, &[], MemoryStore::new(), contacts, EngineOptions::default());
    /// assert_eq!(opened.unwrap_err().kind(), ErrorKind::Invalid);
    /// ```
    pub fn open(
        definitions: Definitions,
        audiences: &[Audience],
        store: S,
        contacts: C,
        options: EngineOptions,
    ) -> Result<Self> {
        let schema = contacts.schema().clone();
        definitions.check_with(&schema, &options.zone, audiences, options.catalog.as_ref())?;
        let mut state = load::load(&store, options.cache_capacity)?;
        let older = versions::load(&store, &state, &definitions)?;
        let program = Program::compile(&definitions, &older, &schema, &options, &mut state.names)?;
        versions::save(&mut state, &definitions.workflows);
        let mut engine = Self {
            program,
            audiences: by_id(audiences),
            contact: Contact::new(&schema),
            report: StepReport::default(),
            failed: false,
            options,
            definitions,
            older,
            state,
            store,
            contacts,
        };
        let mut step = engine.step();
        commit::apply_effects(&mut step);
        commit::commit(&mut step)?;
        Ok(engine)
    }

    /// Returns the definitions in force.
    #[must_use]
    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// Returns the contact store.
    #[must_use]
    pub fn contacts(&self) -> &C {
        &self.contacts
    }

    /// Returns the contact store for changes. Rules learn of a change by an event that your application passes in.
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
    /// engine.contacts_mut().edit("c-2", |contact| contact.add_tag("VIP", 1, None))?;
    /// let event = ContactEvent::new("c-2", now, EventKind::TagAssigned { tag: "VIP".into() });
    /// assert_eq!(engine.handle(&event, now)?.actions, 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn contacts_mut(&mut self) -> &mut C {
        &mut self.contacts
    }

    /// Returns the store and the contact store.
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
    /// let (_store, contacts) = engine.into_parts();
    /// assert_eq!(contacts.len(), 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn into_parts(self) -> (S, C) {
        (self.store, self.contacts)
    }

    /// Borrows the parts of the engine for one step.
    pub(super) fn step(&mut self) -> Step<'_, S, C> {
        Step {
            options: &self.options,
            program: &self.program,
            audiences: &self.audiences,
            store: &mut self.store,
            contacts: &mut self.contacts,
            state: &mut self.state,
            contact: &mut self.contact,
            loaded: None,
            follow_ups: VecDeque::new(),
            is_contact_changed: false,
            report: &mut self.report,
            failed: &mut self.failed,
        }
    }

    /// Fails once an earlier commit has failed.
    pub(super) fn ensure_usable(&self) -> Result<()> {
        if self.failed {
            return Err(Error::new(
                ErrorKind::Io,
                "automation engine",
                "an earlier commit failed, so memory and store differ",
            )
            .with_help("open the engine again on the same store"));
        }
        Ok(())
    }

    /// Handles one event at the present instant `now`. Timers that are due run first.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown contact that something listens for; [`ErrorKind::Invalid`] for an event
    /// from the future or older than [`EngineOptions::dedup_window`]; [`ErrorKind::Limit`] for one that is too large. In
    /// these cases the event had no effect. The error of the store, after which the engine must be opened again.
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
    /// let event = ContactEvent::new("c-1", now, EventKind::TagAssigned { tag: "VIP".into() }).id("crm-1");
    /// assert_eq!(engine.handle(&event, now)?.actions, 1);
    /// assert!(engine.handle(&event, now)?.repeated);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn handle(&mut self, event: &ContactEvent, now: OffsetDateTime) -> Result<StepReport> {
        let mut results = self.handle_all(std::slice::from_ref(event), now)?;
        results.pop().unwrap_or_else(|| Ok(StepReport::default()))
    }

    /// Handles events in order with one commit for all of them, which is much faster than one commit per event in a
    /// durable store. Timers that are due run first, with commits of their own.
    ///
    /// # Errors
    /// Each event has its own result, as in [`handle`](Self::handle). An error of the store ends the call: no event of it
    /// was handled, and the engine must be opened again.
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
    /// let vip = || EventKind::TagAssigned { tag: "VIP".into() };
    /// let events = [ContactEvent::new("c-1", now, vip()), ContactEvent::new("unknown", now, vip())];
    /// let results = engine.handle_all(&events, now)?;
    /// assert!(results[0].is_ok() && results[1].is_err());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn handle_all(
        &mut self,
        events: &[ContactEvent],
        now: OffsetDateTime,
    ) -> Result<Vec<Result<StepReport>>> {
        self.ensure_usable()?;
        let mut step = self.step();
        let earlier = dispatch::run_due(&mut step, now)?;
        let mut results = Vec::with_capacity(events.len());
        for event in events {
            let result = dispatch::accept(&mut step, event, now);
            let mut report = std::mem::take(step.report);
            if dispatch::has_due(step.state, now) {
                report.add(dispatch::run_timers(&mut step, now, usize::MAX)?);
            }
            results.push(result.map(|repeated| {
                report.repeated = repeated;
                report
            }));
        }
        commit::commit_and_apply(&mut step)?;
        // Problems of timers and of the contact store belong to no event; they must not be lost with one either.
        let mut others = earlier.problems;
        others.append(&mut step.report.problems);
        match results.iter_mut().flatten().next() {
            Some(report) => report.problems.append(&mut others),
            None => step.report.problems = others,
        }
        Ok(results)
    }

    /// Runs every timer that is due at `now`.
    ///
    /// # Errors
    /// The error of the store, after which the engine must be opened again.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// # use audiencekit::automation::*;
    /// # use time::macros::datetime;
    /// # let mut contacts = MemoryContacts::new(&Schema::standard());
    /// # contacts.edit("c-1", |_| Ok(()))?;
    /// # let definitions = Definitions::new()
    /// #     .rule(Rule::new("r").on(Trigger::tag("VIP")).then_after(Delay::Hours(1), Action::ChangeScore { by: 5 }));
    /// # let mut engine =
    /// #     AutomationEngine::open(definitions, &[], MemoryStore::new(), contacts, EngineOptions::default())?;
    /// # let now = datetime!(2026-11-23 12:00 UTC);
    /// let event = ContactEvent::new("c-1", now, EventKind::TagAssigned { tag: "VIP".into() });
    /// engine.handle(&event, now)?;
    /// let due = engine.next_due().expect("an action that waits for an hour");
    /// assert_eq!(engine.tick(due)?.actions, 1);
    /// assert_eq!(engine.timers(), 0);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn tick(&mut self, now: OffsetDateTime) -> Result<StepReport> {
        self.ensure_usable()?;
        dispatch::run_due(&mut self.step(), now)
    }

    /// Returns the instant at which [`tick`](Self::tick) is needed next, or `None` if no timer waits.
    #[must_use]
    pub fn next_due(&self) -> Option<OffsetDateTime> {
        self.state.timers.next().map(|(due, _)| from_micros(due))
    }

    /// Returns the number of timers that wait.
    #[must_use]
    pub fn timers(&self) -> u64 {
        self.state.counters.waiting
    }

    /// Replaces all rules and workflows. Run counts, timers and positions stay: they refer to ids.
    ///
    /// A check that waits for its time uses the new rule; an action that waits runs as it was scheduled. Contacts that
    /// move to a new version do so a thousand at a time; after a crash in between, open the engine with the new
    /// definitions and set them again.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with every problem: those of [`Definitions::check`], a workflow that changed without a new
    /// version, contacts that wait at a node at which the new version does not wait. The old definitions stay in force.
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
    /// let edited = Definitions::new().rule(Rule::new("r").on(Trigger::tag("VIP")).then(Action::SetScore { to: 1 }));
    /// engine.set_definitions(edited.clone(), &[], &WorkflowMigration::PinVersion)?;
    /// assert_eq!(engine.definitions(), &edited);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn set_definitions(
        &mut self,
        definitions: Definitions,
        audiences: &[Audience],
        migration: &WorkflowMigration,
    ) -> Result<()> {
        self.ensure_usable()?;
        let schema = self.contacts.schema().clone();
        definitions.check_with(&schema, &self.options.zone, audiences, self.options.catalog.as_ref())?;
        let mut problems = ValidationErrors::new("definitions");
        let before = &self.definitions.workflows;
        let older = redefine::retired(before, &self.older, &definitions, &mut problems);
        if let WorkflowMigration::MoveToNode { renamed } = migration {
            let (store, state, program) = (&self.store, &self.state, &self.program);
            redefine::check_moves(store, state, program, &definitions, renamed, &mut problems)?;
        }
        problems.into_result()?;
        self.program = Program::compile(&definitions, &older, &schema, &self.options, &mut self.state.names)?;
        self.definitions = definitions;
        self.older = older;
        self.audiences = by_id(audiences);
        versions::save(&mut self.state, &self.definitions.workflows);
        commit::commit(&mut self.step())?;
        if let WorkflowMigration::MoveToNode { renamed } = migration {
            let current = self.definitions.workflows.clone();
            redefine::move_all(&mut self.step(), &current, renamed)?;
        }
        self.older = versions::prune(&mut self.state, std::mem::take(&mut self.older));
        commit::commit(&mut self.step())
    }
}

fn by_id(audiences: &[Audience]) -> BTreeMap<String, Audience> {
    audiences.iter().map(|known| (known.id().to_string(), known.clone())).collect()
}
