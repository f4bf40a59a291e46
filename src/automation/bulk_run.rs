//! Rules and workflows run for many contacts, without an event.

use std::ops::ControlFlow;

use time::OffsetDateTime;

use super::contact_store::store::{ContactStore, unknown_contact};
use super::execute::context::{self, RunContext, Step};
use super::execute::{commit, dispatch, recorder, reevaluate, rule, workflow};
use super::idempotency;
use super::options::StepReport;
use super::state::interner::NameId;
use super::state::job::{Causation, Origin};
use super::store::store::Store;
use super::timestamp::{earlier, micros};
use crate::error::{Error, ErrorKind, Result};
use crate::segment::{CompiledSegment, EvaluationTime, Segment};

/// How [`AutomationEngine::run_rule`](super::engine::AutomationEngine::run_rule) runs a rule, and
/// [`AutomationEngine::run_workflow`](super::engine::AutomationEngine::run_workflow) a workflow.
///
/// ```
/// use audiencekit::automation::ManualRun;
///
/// let run = ManualRun::new("spring 2026").without_conditions();
/// assert!(!run.check_conditions);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManualRun {
    /// Identifies the run: a repeated run of the same label skips the contacts that it has reached, as long as handled
    /// events are remembered ([`EngineOptions::dedup_window`](super::options::EngineOptions::dedup_window)).
    pub label: String,
    /// Whether the conditions are checked. Defaults to `true`; `false` runs the yes actions of a rule
    /// for every contact, and starts a workflow at its first start.
    pub check_conditions: bool,
}

impl ManualRun {
    /// Creates a run that checks the conditions.
    #[must_use]
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), check_conditions: true }
    }

    /// Skips the check of the conditions.
    #[must_use]
    pub fn without_conditions(mut self) -> Self {
        self.check_conditions = false;
        self
    }
}

/// Contacts between two commits.
pub(super) const RUN_AT_ONCE: usize = 1_000;

/// What is run.
pub(super) struct Subject {
    origin: Origin,
    /// What a label is unique within.
    scope: String,
    what: What,
}

enum What {
    Rule(NameId),
    /// Its place in the program.
    Workflow(usize),
}

pub(super) fn rule<S, C>(step: &Step<'_, S, C>, id: &str) -> Result<Subject> {
    let name = step.state.names.get(id).filter(|&name| step.program.rule(name).is_some());
    let name = name.ok_or_else(|| unknown("rule", id))?;
    Ok(Subject { origin: Origin::Rule(id.to_owned()), scope: id.to_owned(), what: What::Rule(name) })
}

pub(super) fn workflow<S, C>(step: &Step<'_, S, C>, id: &str) -> Result<Subject> {
    let mut workflows = step.program.workflows.iter();
    let place = workflows.position(|compiled| compiled.current && compiled.workflow.id == id);
    let place = place.ok_or_else(|| unknown("workflow", id))?;
    // Its word first, so that a workflow may be named like a rule.
    let (origin, scope) = (Origin::Workflow(id.to_owned()), format!("workflow\0{id}"));
    Ok(Subject { origin, scope, what: What::Workflow(place) })
}

fn unknown(what: &'static str, id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("run {what}"), format!("unknown {what} {id:?}"))
        .with_expected(format!("the id of a {what} in the engine's definitions"))
}

/// Runs for contacts by their ids.
pub(super) fn run<'a, S: Store, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    subject: &Subject,
    contacts: impl IntoIterator<Item = &'a str>,
    run: &ManualRun,
    now: OffsetDateTime,
) -> Result<StepReport> {
    step.state.advance_clock(micros(now));
    for (index, id) in contacts.into_iter().enumerate() {
        run_one(step, subject, id, run, now)?;
        if index % RUN_AT_ONCE == RUN_AT_ONCE - 1 {
            commit::commit_and_apply(step)?;
        }
    }
    commit::commit_and_apply(step)?;
    Ok(std::mem::take(step.report))
}

/// Runs for the contacts that a segment selects.
pub(super) fn run_selected<S: Store, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    subject: &Subject,
    segment: &Segment,
    run: &ManualRun,
    now: OffsetDateTime,
) -> Result<StepReport> {
    step.state.advance_clock(micros(now));
    let compiled = compile(step, segment, now)?;
    let mut last = None;
    loop {
        let ids = contacts_after(step.contacts, last.as_deref())?;
        for id in &ids {
            let contact = step.state.fetch(step.store, id)?;
            if context::reload(step, contact)? && compiled.selects(step.contact) {
                run_one(step, subject, id, run, now)?;
            }
        }
        commit::commit_and_apply(step)?;
        last = ids.into_iter().next_back();
        if last.is_none() {
            return Ok(std::mem::take(step.report));
        }
    }
}

fn run_one<S: Store, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    subject: &Subject,
    id: &str,
    run: &ManualRun,
    now: OffsetDateTime,
) -> Result<()> {
    let since = micros(earlier(now, step.options.dedup_window));
    let key = idempotency::manual_run_key(&format!("{}\0{}", subject.scope, run.label), id);
    if step.state.dedup.has(step.store, key, since)? {
        return Ok(());
    }
    let contact = step.state.fetch(step.store, id)?;
    if !context::reload(step, contact)? {
        let origin = &subject.origin;
        recorder::record_error(step, RunContext { origin, contact, at: now }, unknown_contact());
        return Ok(());
    }
    step.state.mark_handled(key, micros(now));
    let cause = Causation { key, depth: 0 };
    match subject.what {
        What::Rule(name) => rule::check(step, name, contact, now, cause, run.check_conditions),
        What::Workflow(place) => {
            workflow::start_manually(step, place, contact, now, cause, run.check_conditions);
        }
    }
    dispatch::dispatch_follow_ups(step);
    reevaluate::reevaluate_if_changed(step, contact, now);
    Ok(())
}

/// Compiles a segment for the contacts of the engine, with the segments that it names.
pub(super) fn compile<S, C: ContactStore>(
    step: &Step<'_, S, C>,
    segment: &Segment,
    now: OffsetDateTime,
) -> Result<CompiledSegment> {
    let time = EvaluationTime::new(now, step.options.zone.clone());
    match &step.options.catalog {
        Some(catalog) => segment.compile_with(step.contacts.schema(), &time, &**catalog),
        None => segment.compile(step.contacts.schema(), &time),
    }
}

/// Returns the next ids of the contact store, as many as go between two commits.
pub(super) fn contacts_after<C: ContactStore>(contacts: &C, last: Option<&str>) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    contacts.each(last, &mut |id| {
        ids.push(id.to_owned());
        Ok(if ids.len() < RUN_AT_ONCE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(ids)
}
