//! Runs that no event starts: by hand, and for those who match already.

use time::OffsetDateTime;

use super::contact_store::store::{ContactStore, unknown_contact};
use super::engine::AutomationEngine;
use super::execute::context::RunContext;
use super::idempotency;
use super::options::StepReport;
use super::state::job::{Causation, Origin};
use super::store::store::Store;
use super::timestamp::micros;
use crate::audience::Audience;
use crate::error::{Error, ErrorKind, Result};
use crate::segment::{EvaluationTime, Segment};

/// How to run a rule by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManualRun {
    /// Tells this run from others: the same run again does nothing for contacts that it has reached, as long as handled
    /// events are remembered ([`EngineOptions::memory`](super::options::EngineOptions::memory)).
    pub label: String,
    /// False to take the yes actions without looking at the conditions.
    pub check_conditions: bool,
}

impl ManualRun {
    /// A run with conditions.
    #[must_use]
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), check_conditions: true }
    }

    /// Takes the yes actions without looking at the conditions.
    #[must_use]
    pub fn without_conditions(mut self) -> Self {
        self.check_conditions = false;
        self
    }
}

/// Contacts between two commits.
const RUN_AT_ONCE: usize = 1_000;

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// Runs a rule for chosen contacts, whether or not something happened to them.
    ///
    /// The delay before the check is ignored and the delays before actions are kept; the run limit and the least
    /// interval are always kept.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown rule; what the store returns. An unknown contact is a problem in the
    /// outcome; the others are run.
    pub fn run_for<'a>(
        &mut self,
        rule: &str,
        contacts: impl IntoIterator<Item = &'a str>,
        run: &ManualRun,
        now: OffsetDateTime,
    ) -> Result<StepReport> {
        self.ready()?;
        self.state.see_now(micros(now));
        let since = micros(now.saturating_sub(self.options.memory));
        let name =
            self.state.known(rule).filter(|&name| self.program.rule(name).is_some()).ok_or_else(|| {
                Error::new(ErrorKind::NotFound, "run rule", format!("there is no rule {rule:?}"))
                    .expected("the id of a rule of the engine's definitions")
            })?;
        for (index, id) in contacts.into_iter().enumerate() {
            let key = idempotency::by_hand(&format!("{rule}\0{}", run.label), id);
            if self.state.seen.has(&self.store, key, since)? {
                continue;
            }
            let contact = self.state.fetch(&self.store, id)?;
            self.in_hand = None;
            if !self.take_in_hand(contact)? {
                let origin = &Origin::Rule(rule.to_owned());
                self.give_up(RunContext { origin, contact, at: now }, unknown_contact());
                continue;
            }
            self.state.see(key, micros(now));
            self.check(name, contact, now, Causation { key, depth: 0 }, run.check_conditions);
            self.serve_follow_ups();
            self.touch_if_changed(contact, now);
            if index % RUN_AT_ONCE == RUN_AT_ONCE - 1 {
                self.commit()?;
                self.deliver_and_commit()?;
            }
        }
        self.commit()?;
        self.deliver_and_commit()?;
        Ok(std::mem::take(&mut self.outcome))
    }

    /// Runs a rule for every contact that matches it already: those for whom its events happened before it was made.
    ///
    /// # Errors
    /// As [`run_for`](Self::run_for), and what the contact store returns.
    pub fn backfill(&mut self, rule: &str, now: OffsetDateTime) -> Result<StepReport> {
        let run = ManualRun::new("backfill");
        let mut total = self.run_for(rule, [], &run, now)?;
        let mut last = None;
        loop {
            let ids = self.contacts_after(last.as_deref())?;
            total.add(self.run_for(rule, ids.iter().map(String::as_str), &run, now)?);
            last = ids.into_iter().next_back();
            if last.is_none() {
                return Ok(total);
            }
        }
    }

    /// Adds every contact that a segment selects to an audience that automation fills. It gives how many.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an audience that the engine does not know; what the segment, the contact store and
    /// the store return.
    pub fn backfill_segment(
        &mut self,
        audience: &Audience,
        segment: &Segment,
        now: OffsetDateTime,
    ) -> Result<u64> {
        self.ready()?;
        if !self.audiences.contains_key(audience.id().as_str()) {
            return Err(Error::new(
                ErrorKind::NotFound,
                "backfill",
                "the engine does not know this audience",
            )
            .expected("an audience handed to Engine::open"));
        }
        self.state.see_now(micros(now));
        let time = EvaluationTime::new(now, self.options.zone.clone());
        let compiled = segment.compile(self.schema(), &time)?;
        let origin = Origin::Rule(format!("backfill {}", segment.name()));
        let mut added = 0;
        let mut last = None;
        loop {
            let ids = self.contacts_after(last.as_deref())?;
            for id in &ids {
                let contact = self.state.fetch(&self.store, id)?;
                self.in_hand = None;
                if self.take_in_hand(contact)? && compiled.selects(&self.contact) {
                    let run = RunContext { origin: &origin, contact, at: now };
                    self.member(run, audience.id().as_str(), true);
                    added += 1;
                }
            }
            self.commit()?;
            last = ids.into_iter().next_back();
            if last.is_none() {
                self.outcome = StepReport::default();
                return Ok(added);
            }
        }
    }

    /// The next ids of the contact store, as many as go between two commits.
    pub(super) fn contacts_after(&self, last: Option<&str>) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        self.contacts.each(last, &mut |id| {
            ids.push(id.to_owned());
            Ok(ids.len() < RUN_AT_ONCE)
        })?;
        Ok(ids)
    }
}
