//! Contacts to rows: the part of a run that never waits and runs on any thread.

use std::collections::HashSet;
use std::sync::Arc;

use super::select::{Selection, Verdict};
use crate::contact::{Contact, FieldId};
use crate::error::Result;
use crate::identity::{Coverage, KeyMap, MatchRows};
use crate::sync::digest::{PersonId, PseudonymKey, RowDigest};
use crate::sync::policy::{BoundPolicy, ExclusionReason};
use crate::sync::report::counts::ContactCounts;

/// Turns contacts into rows.
#[derive(Debug)]
pub(in crate::sync) struct RowPreparer {
    pub(in crate::sync) groups: Selection,
    pub(in crate::sync) policy: BoundPolicy,
    pub(in crate::sync) keys: KeyMap,
    pub(in crate::sync) secret: PseudonymKey,
    pub(in crate::sync) id: Option<FieldId>,
    pub(in crate::sync) blocked: Arc<HashSet<PersonId>>,
    /// True if the contacts are to be removed: what they have opted out of is theirs all the same.
    pub(in crate::sync) removes: bool,
    /// True if a ledger remembers rows, which then have digests and persons.
    pub(in crate::sync) identify: bool,
}

/// The rows of a batch of contacts. Its memory serves batch after batch.
#[derive(Debug)]
pub(in crate::sync) struct Prepared {
    pub(in crate::sync) rows: MatchRows,
    /// For each row the contact it came from, counted from 1 at the first contact of the batch.
    pub(in crate::sync) records: Vec<u64>,
    /// For each row its person; empty without a ledger.
    pub(in crate::sync) persons: Vec<PersonId>,
    /// For each row its digest; empty without a ledger.
    pub(in crate::sync) digests: Vec<RowDigest>,
    pub(in crate::sync) counts: ContactCounts,
    pub(in crate::sync) coverage: Coverage,
    /// Contacts read before this batch, which is known when those before it have been read.
    pub(in crate::sync) before: u64,
}

impl Prepared {
    pub(in crate::sync) fn new(keys: &KeyMap) -> Self {
        Self {
            rows: MatchRows::new(keys.keys().clone()),
            records: Vec::new(),
            persons: Vec::new(),
            digests: Vec::new(),
            counts: ContactCounts::default(),
            coverage: Coverage::default(),
            before: 0,
        }
    }

    /// Contacts read up to and with this batch.
    pub(in crate::sync) fn read(&self) -> u64 {
        self.before + self.counts.read
    }

    pub(in crate::sync) fn clear(&mut self) {
        self.rows.clear();
        self.records.clear();
        self.persons.clear();
        self.digests.clear();
        self.counts = ContactCounts::default();
        self.coverage = Coverage::default();
        self.before = 0;
    }
}

impl RowPreparer {
    /// Adds the rows of the next contacts to `out`.
    pub(in crate::sync) fn prepare(&self, contacts: &[Contact], out: &mut Prepared) -> Result<()> {
        let before = out.counts.read;
        out.counts.read += contacts.len() as u64;
        let mut mapper = self.keys.mapper();
        let mut trial = MatchRows::new(self.keys.keys().clone());
        for (contact, record) in contacts.iter().zip(before + 1..) {
            if !self.takes(contact, &mut out.counts) {
                continue;
            }
            let person = match self.id.and_then(|id| contact.texts(id).next()) {
                Some(id) if self.identify || !self.blocked.is_empty() => Some(self.secret.person(id)),
                _ => None,
            };
            if person.is_some_and(|person| self.blocked.contains(&person)) {
                out.counts.suppressed += 1;
                continue;
            }
            let first = out.rows.len();
            let withheld = self.policy.withholds(contact).filter(|_| !self.removes);
            let made = if self.blocked.is_empty() {
                mapper.append_without(withheld, contact, &mut out.rows, &mut out.coverage)
            } else {
                trial.clear();
                let made = mapper.append_without(withheld, contact, &mut trial, &mut out.coverage);
                if self.any_blocked(&trial) {
                    out.counts.suppressed += 1;
                    continue;
                }
                for row in trial.iter() {
                    out.rows.push_row(row)?;
                }
                made
            };
            if made == 0 {
                match withheld.filter(|&key| self.keys.has_value(key, contact)) {
                    Some(_) => *out.counts.held_back.entry(ExclusionReason::PhoneOptedOut).or_default() += 1,
                    None => out.counts.without_key += 1,
                }
                continue;
            }
            out.counts.mapped += 1;
            out.records.extend(std::iter::repeat_n(record, made));
            if self.identify {
                let start = out.digests.len();
                out.digests.extend((first..first + made).map(|index| RowDigest::of(out.rows.row(index))));
                let own = out.digests.get(start).map(|digest| PersonId::from_bytes(*digest.as_bytes()));
                let person = person.or(own).unwrap_or(PersonId::from_bytes([0; 16]));
                out.persons.extend(std::iter::repeat_n(person, made));
            }
        }
        Ok(())
    }

    fn takes(&self, contact: &Contact, counts: &mut ContactCounts) -> bool {
        match self.groups.decide(contact) {
            Verdict::Selected => counts.selected += 1,
            Verdict::NotIncluded => {
                counts.not_included += 1;
                return false;
            }
            Verdict::Excluded => {
                counts.excluded += 1;
                return false;
            }
            Verdict::Filtered => {
                counts.filtered += 1;
                return false;
            }
        }
        match self.policy.holds_back(contact) {
            Some(reason) => {
                *counts.held_back.entry(reason).or_default() += 1;
                false
            }
            None => true,
        }
    }

    fn any_blocked(&self, rows: &MatchRows) -> bool {
        rows.iter().any(|row| self.secret.cells(row).any(|cell| self.blocked.contains(&cell)))
    }
}
