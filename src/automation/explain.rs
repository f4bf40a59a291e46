//! Why a contact is, or is not, in an audience.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

use super::audit::{AuditEntry, AuditEvent};
use super::condition::first_failing;
use super::contacts::ContactStore;
use super::engine::Engine;
use super::restore;
use super::store::{Store, Table};
use crate::audience::Audience;
use crate::error::Result;

/// The trace of events, checks and actions behind a contact's place in an audience.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// True when the last operation added the contact; `None` without one.
    pub is_member: Option<bool>,
    /// True when that operation was not sent yet.
    pub is_waiting: bool,
    /// The last entries of the audit log about this contact and anything that feeds the audience, at most
    /// [`Explanation::MOST_ENTRIES`].
    pub trace: Vec<AuditEntry>,
    /// How many entries before those are left out.
    pub left_out: u64,
    /// Each rule that feeds the audience, and how it stands with the contact now.
    pub rules: Vec<RuleStanding>,
}

impl Explanation {
    /// Most entries of a trace.
    pub const MOST_ENTRIES: usize = 1_000;
}

/// How a rule stands with a contact now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleStanding {
    /// The rule.
    pub rule: String,
    /// How often it has run for the contact, counted up to its run limit; of a rule without one, counted up to 1.
    pub runs: u32,
    /// The first condition that does not hold now, counted from 0.
    pub failing: Option<usize>,
}

impl<S: Store, C: ContactStore> Engine<S, C> {
    /// Visits the audit log after entry number `after`, until `visit` says false. It is append-only: a host that
    /// copies it elsewhere goes on after the last number it has.
    ///
    /// # Errors
    /// What the store and `visit` return.
    pub fn audit_log(&self, after: u64, visit: &mut dyn FnMut(AuditEntry) -> Result<bool>) -> Result<()> {
        let from = after.saturating_add(1).to_be_bytes();
        self.store.scan(Table::Audit, &from, &mut |_, value| visit(restore::read(Table::Audit, value)?))
    }

    /// Forgets the audit log up to and with entry number `until`, once the host has copied it.
    ///
    /// # Errors
    /// What the store returns.
    pub fn forget_audit(&mut self, until: u64) -> Result<()> {
        self.ready()?;
        loop {
            let mut keys = Vec::new();
            self.store.scan(Table::Audit, &[], &mut |key, _| {
                let old = *key <= until.to_be_bytes()[..] && keys.len() < FORGOTTEN_AT_ONCE;
                if old {
                    keys.push(key.to_vec());
                }
                Ok(old)
            })?;
            if keys.is_empty() {
                return Ok(());
            }
            keys.into_iter().for_each(|key| self.state.delete(Table::Audit, key));
            self.commit()?;
        }
    }

    /// Says why a contact is or is not in an audience that automation fills.
    ///
    /// It reads the whole audit log once, entry by entry: it is meant for a person who asks, and a host that has copied
    /// the log keeps it short with [`forget_audit`](Self::forget_audit).
    ///
    /// # Errors
    /// What the stores return.
    pub fn explain(
        &mut self,
        contact: &str,
        audience: &Audience,
        now: OffsetDateTime,
    ) -> Result<Explanation> {
        let id = audience.id().to_string();
        let program = Arc::clone(&self.program);
        let feeds = |source: &str| {
            program.rules.iter().any(|ready| {
                ready.rule.id == source
                    && ready
                        .rule
                        .if_yes
                        .iter()
                        .chain(&ready.rule.if_no)
                        .any(|step| step.action.audience().is_some_and(|fed| fed.as_str() == id))
            })
        };
        let (mut trace, mut left_out) = (VecDeque::new(), 0);
        self.audit_log(0, &mut |entry| {
            if entry.contact == contact {
                let concerns = match &entry.what {
                    AuditEvent::Started { rule, .. }
                    | AuditEvent::Skipped { rule, .. }
                    | AuditEvent::Checked { rule, .. } => feeds(rule),
                    AuditEvent::Member { audience, .. } => *audience == id,
                    AuditEvent::Acted { .. }
                    | AuditEvent::Moved { .. }
                    | AuditEvent::Left { .. }
                    | AuditEvent::Postponed { .. }
                    | AuditEvent::Dropped { .. } => true,
                };
                if concerns {
                    if trace.len() == Explanation::MOST_ENTRIES {
                        trace.pop_front();
                        left_out += 1;
                    }
                    trace.push_back(entry);
                }
            }
            Ok(true)
        })?;
        let name = self.state.fetch(&self.store, contact)?;
        self.in_hand = None;
        let is_there = self.take_in_hand(name)?;
        let mut rules = Vec::new();
        for ready in program.rules.iter().filter(|ready| feeds(&ready.rule.id)) {
            let runs = self.state.runs(ready.name, name);
            let failing = if is_there { first_failing(&ready.conditions, &self.contact, now)? } else { None };
            rules.push(RuleStanding { rule: ready.rule.id.clone(), runs, failing });
        }
        let person = self.state.people.get(name);
        let (mut is_member, mut is_waiting) = (None, false);
        if let Some(audience) = self.state.known(&id) {
            is_member = person.members.iter().find(|(fed, _)| *fed == audience).map(|(_, last)| last.add);
            is_waiting = self.state.outbox.is_waiting(person, audience);
        }
        Ok(Explanation { is_member, is_waiting, trace: trace.into(), left_out, rules })
    }
}

/// Entries of the audit log that are forgotten between two commits.
const FORGOTTEN_AT_ONCE: usize = 10_000;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.is_member, self.is_waiting) {
            (Some(true), false) => "in the audience",
            (Some(true), true) => "to be added with the next flush",
            (Some(false), false) => "taken out of the audience",
            (Some(false), true) => "to be taken out with the next flush",
            (None, _) => "never added",
        })?;
        if self.left_out > 0 {
            write!(f, "\n  {} earlier entries", self.left_out)?;
        }
        for entry in &self.trace {
            write!(f, "\n  {entry}")?;
        }
        for rule in &self.rules {
            write!(f, "\n  rule {}: {} runs", rule.rule, rule.runs)?;
            match rule.failing {
                Some(index) => write!(f, ", condition {} does not hold now", index + 1)?,
                None => f.write_str(", every condition holds now")?,
            }
        }
        Ok(())
    }
}
