//! Counts of contacts, rows and calls.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::table::Table;
use crate::sync::policy::ExclusionReason;

/// Counts of contacts: read, selected, excluded, mapped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactCounts {
    /// Contacts read: the sum of `selected`, `not_included`, `excluded` and `filtered`.
    pub read: u64,
    /// Contacts that a segment selects: the sum of `held_back`, `suppressed`, `without_key` and `mapped`.
    pub selected: u64,
    /// Contacts that no selector includes.
    pub not_included: u64,
    /// Contacts that a selector excludes.
    pub excluded: u64,
    /// Contacts that a filter rejects.
    pub filtered: u64,
    /// Selected contacts that the consent policy excludes, by reason.
    pub held_back: BTreeMap<ExclusionReason, u64>,
    /// Selected contacts of people that were erased or suppressed.
    pub suppressed: u64,
    /// Selected contacts without a match key.
    pub without_key: u64,
    /// Selected contacts that became rows; [`SyncReport::reachable`](crate::SyncReport::reachable) returns how many people they are.
    pub mapped: u64,
}

impl ContactCounts {
    pub(in crate::sync) fn merge(&mut self, other: &Self) {
        self.read += other.read;
        self.selected += other.selected;
        self.not_included += other.not_included;
        self.excluded += other.excluded;
        self.filtered += other.filtered;
        self.suppressed += other.suppressed;
        self.without_key += other.without_key;
        self.mapped += other.mapped;
        for (reason, count) in &other.held_back {
            *self.held_back.entry(*reason).or_default() += count;
        }
    }
}

/// Counts of the rows made from mapped contacts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RowCounts {
    /// Rows made: the sum of `duplicates`, `unchanged`, `sent_before`, `fresh` and `withdrawn`.
    pub made: u64,
    /// Rows that equal another row of the same run.
    pub duplicates: u64,
    /// Rows whose membership is already as intended.
    pub unchanged: u64,
    /// Rows that an interrupted run sent, known from the journal.
    pub sent_before: u64,
    /// Rows to add.
    pub fresh: u64,
    /// Rows of contacts to remove.
    pub withdrawn: u64,
    /// Remembered rows that no contact has any more.
    pub unwanted: u64,
}

impl RowCounts {
    pub(in crate::sync) fn merge(&mut self, other: &Self) {
        self.made += other.made;
        self.duplicates += other.duplicates;
        self.unchanged += other.unchanged;
        self.sent_before += other.sent_before;
        self.fresh += other.fresh;
        self.withdrawn += other.withdrawn;
        self.unwanted += other.unwanted;
    }
}

/// Counts of calls of one operation, and of the rows in them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallCounts {
    /// Calls that were answered.
    pub calls: u64,
    /// Rows in them: the sum of `accepted` and `rejected`.
    pub sent: u64,
    /// Rows that Facebook accepted.
    pub accepted: u64,
    /// Rows that Facebook rejected in a successful call.
    pub rejected: u64,
    /// Rows that an earlier run left open; part of `sent`.
    pub carried: u64,
    /// Rows sent again after the removal of a row that shares an identifier with them; part of `sent`.
    pub reasserted: u64,
}

impl CallCounts {
    pub(in crate::sync) fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.sent += other.sent;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.carried += other.carried;
        self.reasserted += other.reasserted;
    }

    pub(in crate::sync) fn tabulate(&self, name: &str, table: &mut Table) {
        table.line(format!("{name}, in {} calls", self.calls), self.sent);
        table.line("  accepted", self.accepted);
        table.line("  rejected", self.rejected);
        for (why, count) in [("left open by an earlier run", self.carried), ("sent again", self.reasserted)] {
            if count > 0 {
                table.line(format!("  of them {why}"), count);
            }
        }
    }
}

/// A row that Facebook rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RejectedRow {
    /// The position in the source of its contact, counted from 1; `None` for a row of an earlier run.
    pub record: Option<u64>,
    /// Facebook's reason.
    pub reason: String,
}
