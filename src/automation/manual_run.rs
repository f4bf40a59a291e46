//! Runs that no event starts: for chosen contacts, and over all of them.

use std::ops::ControlFlow;

use time::OffsetDateTime;

use super::bulk_run::{self, ManualRun};
use super::contact_store::store::ContactStore;
use super::engine::AutomationEngine;
use super::execute::context::{self, RunContext};
use super::execute::{action, commit, date_trigger, reevaluate};
use super::options::StepReport;
use super::state::contact_cache;
use super::state::job::Origin;
use super::store::store::Store;
use super::timestamp::micros;
use crate::audience::Audience;
use crate::error::{Error, ErrorKind, Result};
use crate::segment::Segment;
use crate::sync::Operation;

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// Runs a rule for chosen contacts, whether or not an event happened to them.
    ///
    /// The delay before the check is ignored. Delays before actions, the run limit and the least interval hold.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown rule; the error of the store. An unknown contact is a problem in the report;
    /// the others are run.
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
    /// let run = ManualRun::new("spring 2026");
    /// assert_eq!(engine.run_rule("r", ["c-1"], &run, now)?.actions, 1);
    /// assert_eq!(engine.run_rule("r", ["c-1"], &run, now)?.actions, 0);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn run_rule<'a>(
        &mut self,
        rule: &str,
        contacts: impl IntoIterator<Item = &'a str>,
        run: &ManualRun,
        now: OffsetDateTime,
    ) -> Result<StepReport> {
        self.ensure_usable()?;
        let mut step = self.step();
        let subject = bulk_run::rule(&step, rule)?;
        bulk_run::run(&mut step, &subject, contacts, run, now)
    }

    /// Runs a rule for the contacts that a segment selects now.
    ///
    /// # Errors
    /// As [`run_rule`](Self::run_rule), and the errors of the segment and the contact store.
    pub fn run_rule_for(
        &mut self,
        rule: &str,
        segment: &Segment,
        run: &ManualRun,
        now: OffsetDateTime,
    ) -> Result<StepReport> {
        self.ensure_usable()?;
        let mut step = self.step();
        let subject = bulk_run::rule(&step, rule)?;
        bulk_run::run_selected(&mut step, &subject, segment, run, now)
    }

    /// Starts a workflow for chosen contacts, whether or not an event happened to them.
    ///
    /// Each enters at the first start whose conditions hold, or at the first start if the run does not check conditions.
    /// Re-entry, limits and schedules hold as for an event.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown workflow; the error of the store. An unknown contact is a problem in the
    /// report; the others are run.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// # use audiencekit::automation::*;
    /// # use time::macros::datetime;
    /// # let mut contacts = MemoryContacts::new(&Schema::standard());
    /// # contacts.edit("c-1", |_| Ok(()))?;
    /// # let thanks = Node::Do { actions: vec![Action::ChangeScore { by: 5 }], to: "end".into() };
    /// # let welcome = Workflow::new("welcome", 1).start(Trigger::tag("VIP"), "thanks").node("thanks", thanks).node("end", Node::End);
    /// # let definitions = Definitions::new().workflow(welcome);
    /// # let mut engine =
    /// #     AutomationEngine::open(definitions, &[], MemoryStore::new(), contacts, EngineOptions::default())?;
    /// # let now = datetime!(2026-11-23 12:00 UTC);
    /// let report = engine.run_workflow("welcome", ["c-1"], &ManualRun::new("spring 2026"), now)?;
    /// assert_eq!((report.matched, report.actions), (1, 1));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn run_workflow<'a>(
        &mut self,
        workflow: &str,
        contacts: impl IntoIterator<Item = &'a str>,
        run: &ManualRun,
        now: OffsetDateTime,
    ) -> Result<StepReport> {
        self.ensure_usable()?;
        let mut step = self.step();
        let subject = bulk_run::workflow(&step, workflow)?;
        bulk_run::run(&mut step, &subject, contacts, run, now)
    }

    /// Starts a workflow for the contacts that a segment selects now.
    ///
    /// # Errors
    /// As [`run_workflow`](Self::run_workflow), and the errors of the segment and the contact store.
    pub fn run_workflow_for(
        &mut self,
        workflow: &str,
        segment: &Segment,
        run: &ManualRun,
        now: OffsetDateTime,
    ) -> Result<StepReport> {
        self.ensure_usable()?;
        let mut step = self.step();
        let subject = bulk_run::workflow(&step, workflow)?;
        bulk_run::run_selected(&mut step, &subject, segment, run, now)
    }

    /// Runs a rule for every contact that matches it already, such as those whose events happened before the rule existed.
    ///
    /// # Errors
    /// As [`run_rule`](Self::run_rule), and the error of the contact store.
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
    /// assert_eq!(engine.backfill("r", now)?.checked, 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn backfill(&mut self, rule: &str, now: OffsetDateTime) -> Result<StepReport> {
        let run = ManualRun::new("backfill");
        let mut total = self.run_rule(rule, [], &run, now)?;
        let mut last = None;
        loop {
            let ids = bulk_run::contacts_after(self.contacts(), last.as_deref())?;
            total.add(self.run_rule(rule, ids.iter().map(String::as_str), &run, now)?);
            last = ids.into_iter().next_back();
            if last.is_none() {
                return Ok(total);
            }
        }
    }

    /// Adds every contact that a segment selects to an audience that automation fills. Returns their number.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an audience that the engine does not know; the error of the segment, the contact store
    /// or the store.
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
    /// use audiencekit::segment::{Segment, Selector};
    ///
    /// let all = Segment::builder("all").include(Selector::all()).build(&Schema::standard())?;
    /// assert_eq!(engine.backfill_segment(&audience, &all, now)?, 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn backfill_segment(
        &mut self,
        audience: &Audience,
        segment: &Segment,
        now: OffsetDateTime,
    ) -> Result<u64> {
        self.ensure_usable()?;
        let mut step = self.step();
        if !step.audiences.contains_key(audience.id().as_str()) {
            return Err(Error::new(ErrorKind::NotFound, "backfill", "unknown audience").with_help(
                "pass the audience to AutomationEngine::open or AutomationEngine::set_definitions",
            ));
        }
        step.state.advance_clock(micros(now));
        let compiled = bulk_run::compile(&step, segment, now)?;
        let origin = Origin::Rule(format!("backfill {}", segment.name()));
        let mut added = 0;
        let mut last = None;
        loop {
            let ids = bulk_run::contacts_after(step.contacts, last.as_deref())?;
            for id in &ids {
                let contact = step.state.fetch(step.store, id)?;
                if context::reload(&mut step, contact)? && compiled.selects(step.contact) {
                    let run = RunContext { origin: &origin, contact, at: now };
                    action::queue_membership(&mut step, run, audience.id().as_str(), Operation::Add);
                    added += 1;
                }
            }
            commit::commit(&mut step)?;
            last = ids.into_iter().next_back();
            if last.is_none() {
                *step.report = StepReport::default();
                return Ok(added);
            }
        }
    }

    /// Re-evaluates the exit conditions of every contact that a rule with [`leave`](super::definition::rule::Rule::leave)
    /// has added. Call it periodically: conditions on the current date, such as "bought in the last 90 days", can stop
    /// matching without an event.
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
    /// # let definitions = Definitions::new().rule(Rule::new("r").on(Trigger::tag("VIP")).then(Action::ChangeScore { by: 5 }));
    /// # let mut engine =
    /// #     AutomationEngine::open(definitions, &[], MemoryStore::new(), contacts, EngineOptions::default())?;
    /// # let now = datetime!(2026-11-23 12:00 UTC);
    /// assert_eq!(engine.reevaluate_all(now)?.members, 0);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn reevaluate_all(&mut self, now: OffsetDateTime) -> Result<StepReport> {
        self.ensure_usable()?;
        let mut step = self.step();
        step.state.advance_clock(micros(now));
        let mut total = StepReport::default();
        let mut last = Vec::new();
        loop {
            let mut held = Vec::new();
            let after = std::mem::take(&mut last);
            contact_cache::each(step.store, &after, &mut |record| {
                last = record.id.as_bytes().to_vec();
                if !record.held.is_empty() {
                    held.push(record.id);
                }
                Ok(if held.len() < bulk_run::RUN_AT_ONCE {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                })
            })?;
            for id in &held {
                let contact = step.state.fetch(step.store, id)?;
                step.loaded = None;
                reevaluate::exit_if_unmatched(&mut step, contact, now);
            }
            commit::commit_and_apply(&mut step)?;
            total.add(std::mem::take(step.report));
            if held.len() < bulk_run::RUN_AT_ONCE {
                return Ok(total);
            }
        }
    }

    /// Schedules the dates of all contacts that come after `now`. Call it after a rule or workflow that a date starts was
    /// added or edited, and after the engine was opened with another time zone; from then on the events of a contact keep
    /// its dates current. Pass the instant of the last tick, so that no date is left out.
    ///
    /// # Errors
    /// The error of the contact store or the store.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// # use audiencekit::automation::*;
    /// # use time::macros::datetime;
    /// # let mut contacts = MemoryContacts::new(&Schema::standard());
    /// # contacts.edit("c-1", |contact| contact.set(contact.schema().require("birth_date")?, time::macros::date!(1990-02-01)))?;
    /// # let birthday = Trigger::DateNear { field: "birth_date".into(), days: 0, ignore_year: true, zone: None };
    /// # let definitions = Definitions::new().rule(Rule::new("r").on(birthday).then(Action::ChangeScore { by: 5 }));
    /// # let mut engine =
    /// #     AutomationEngine::open(definitions, &[], MemoryStore::new(), contacts, EngineOptions::default())?;
    /// # let now = datetime!(2026-11-23 12:00 UTC);
    /// engine.schedule_dates(now)?;
    /// let due = engine.next_due().expect("a birthday");
    /// assert_eq!(due, datetime!(2027-02-01 0:00 UTC));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn schedule_dates(&mut self, now: OffsetDateTime) -> Result<()> {
        self.ensure_usable()?;
        let mut step = self.step();
        let mut last = None;
        loop {
            let ids = bulk_run::contacts_after(step.contacts, last.as_deref())?;
            for id in &ids {
                let contact = step.state.fetch(step.store, id)?;
                if context::load(&mut step, contact)? {
                    date_trigger::schedule_all(&mut step, contact, now);
                }
            }
            commit::commit(&mut step)?;
            last = ids.into_iter().next_back();
            if last.is_none() {
                return Ok(());
            }
        }
    }
}
