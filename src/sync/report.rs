//! What a run did, in counts that add up.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::policy::ExclusionReason;
use super::report_table::Table;
use super::target::SyncMode;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::AudienceId;
use crate::identity::Coverage;
use crate::source::ReadErrors;

/// What became of the contacts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactCounts {
    /// Contacts read: selected, not included, excluded and filtered.
    pub read: u64,
    /// Contacts that a group selects: held back, suppressed, without a key and mapped.
    pub selected: u64,
    /// Contacts that no selector includes.
    pub not_included: u64,
    /// Contacts that a selector excludes.
    pub excluded: u64,
    /// Contacts that a filter drops.
    pub filtered: u64,
    /// Selected contacts that the consent policy holds back, by reason.
    pub held_back: BTreeMap<ExclusionReason, u64>,
    /// Selected contacts that were erased or suppressed.
    pub suppressed: u64,
    /// Selected contacts of which no match key could be made.
    pub without_key: u64,
    /// Selected contacts that became rows; [`SyncReport::reachable`] says how many people they are.
    pub mapped: u64,
}

impl ContactCounts {
    pub(super) fn merge(&mut self, other: &Self) {
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

/// What became of the rows that the mapped contacts gave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RowCounts {
    /// Rows made: duplicates, unchanged, sent before, fresh and withdrawn.
    pub made: u64,
    /// Rows that another row of the same run repeats.
    pub duplicates: u64,
    /// Rows whose membership is as wanted already.
    pub unchanged: u64,
    /// Rows that an interrupted run had sent, known from the journal.
    pub sent_before: u64,
    /// Rows to add.
    pub fresh: u64,
    /// Rows of people to remove.
    pub withdrawn: u64,
    /// Remembered rows that nobody wants any more.
    pub unwanted: u64,
}

impl RowCounts {
    pub(super) fn merge(&mut self, other: &Self) {
        self.made += other.made;
        self.duplicates += other.duplicates;
        self.unchanged += other.unchanged;
        self.sent_before += other.sent_before;
        self.fresh += other.fresh;
        self.withdrawn += other.withdrawn;
        self.unwanted += other.unwanted;
    }
}

/// What the calls of one kind carried.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallCounts {
    /// Calls answered.
    pub calls: u64,
    /// Rows in them: accepted and rejected.
    pub sent: u64,
    /// Rows that Facebook took.
    pub accepted: u64,
    /// Rows that Facebook refused inside a success.
    pub rejected: u64,
    /// Rows that were left open by an earlier run, part of `sent`.
    pub carried: u64,
    /// Rows sent again after a removal that shares an identifier with them, part of `sent`.
    pub reasserted: u64,
}

impl CallCounts {
    pub(super) fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.sent += other.sent;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.carried += other.carried;
        self.reasserted += other.reasserted;
    }

    pub(super) fn tabulate(&self, name: &str, table: &mut Table) {
        table.line(format!("{name}, in {} calls", self.calls), self.sent);
        table.line("  accepted", self.accepted);
        table.line("  rejected", self.rejected);
        for (why, count) in [("left open before", self.carried), ("sent again", self.reasserted)] {
            if count > 0 {
                table.line(format!("  of them {why}"), count);
            }
        }
    }
}

/// A row that Facebook refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RejectedRow {
    /// Which contact of the source it came from, counted from 1; `None` for a row of an earlier run.
    pub record: Option<u64>,
    /// Facebook's reason.
    pub reason: String,
}

/// What a run did.
///
/// The counts add up: [`check`](Self::check) says so. Serde writes it as JSON, `Display` as a table for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SyncReport {
    /// The audience.
    pub audience: AudienceId,
    /// The mode.
    pub mode: SyncMode,
    /// The number of the run.
    pub run: u64,
    /// True when it continued a run that was cut short.
    pub resumed: bool,
    /// True when the audience was frozen before: no contact was read.
    pub frozen: bool,
    /// The time at which contacts were judged.
    #[serde(with = "time::serde::rfc3339")]
    pub now: OffsetDateTime,
    /// Contacts.
    pub contacts: ContactCounts,
    /// What the source could not read: these contacts and cells are in no other count.
    #[serde(default)]
    pub losses: ReadErrors,
    /// Rows.
    pub rows: RowCounts,
    /// What was added.
    pub added: CallCounts,
    /// What was removed.
    pub removed: CallCounts,
    /// Remembered members after the run; `None` without a ledger.
    pub members: Option<u64>,
    /// Match keys sent and lost.
    pub coverage: Coverage,
    /// At most [`MAX_REJECTED_ROWS`](Self::MAX_REJECTED_ROWS) refused rows.
    pub rejected_rows: Vec<RejectedRow>,
    /// The reason for which opted-out people were sent, if they were.
    pub waiver: Option<String>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

impl SyncReport {
    /// Most refused rows that are listed one by one.
    pub const MAX_REJECTED_ROWS: usize = 1_000;

    pub(super) fn new(audience: AudienceId, mode: SyncMode, run: u64, now: OffsetDateTime) -> Self {
        Self {
            audience,
            mode,
            run,
            resumed: false,
            frozen: false,
            now,
            contacts: ContactCounts::default(),
            losses: ReadErrors::default(),
            rows: RowCounts::default(),
            added: CallCounts::default(),
            removed: CallCounts::default(),
            members: None,
            coverage: Coverage::default(),
            rejected_rows: Vec::new(),
            waiver: None,
            warnings: Vec::new(),
        }
    }

    /// What was sent, in one line: for a run that stopped.
    pub(super) fn sent(&self) -> String {
        let of = |counts: &CallCounts| format!("{} rows in {} calls", counts.sent, counts.calls);
        format!(
            "added {} and removed {}; the next run goes on from there",
            of(&self.added),
            of(&self.removed)
        )
    }

    /// People who can be sent, at most: contacts with a match key, of which those with the same row are one.
    #[must_use]
    pub fn reachable(&self) -> u64 {
        self.contacts.mapped.min(self.rows.made.saturating_sub(self.rows.duplicates))
    }

    /// Holds the counts against each other.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] naming the first sum that is wrong: a fault of this crate, or of an edited report.
    pub fn check(&self) -> Result<()> {
        let (contacts, rows) = (&self.contacts, &self.rows);
        let (added, removed) = (&self.added, &self.removed);
        let held_back = sum(contacts.held_back.values().copied());
        let sums = [
            (
                "contacts read",
                contacts.read,
                sum([contacts.selected, contacts.not_included, contacts.excluded, contacts.filtered]),
            ),
            (
                "contacts selected",
                contacts.selected,
                held_back + sum([contacts.suppressed, contacts.without_key, contacts.mapped]),
            ),
            (
                "rows made",
                rows.made,
                sum([rows.duplicates, rows.unchanged, rows.sent_before, rows.fresh, rows.withdrawn]),
            ),
            ("rows added", added.sent, sum([added.accepted, added.rejected])),
            ("rows removed", removed.sent, sum([removed.accepted, removed.rejected])),
            ("rows to add", added.sent, sum([rows.fresh, added.carried, added.reasserted])),
            ("rows to remove", removed.sent, sum([rows.unwanted, removed.carried])),
        ];
        for (what, whole, parts) in sums {
            if u128::from(whole) != parts {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    "report",
                    format!("{what} are {whole} but their parts are {parts}"),
                ));
            }
        }
        Ok(())
    }
}

/// A sum that a report that was edited cannot make too large.
fn sum(parts: impl IntoIterator<Item = u64>) -> u128 {
    parts.into_iter().map(u128::from).sum()
}

impl fmt::Display for SyncReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let contacts = &self.contacts;
        let cut = if self.resumed { ", resumed" } else { "" };
        let frozen = if self.frozen { ", frozen before" } else { "" };
        writeln!(f, "audience {}  {}  run {}{cut}{frozen}", self.audience, self.mode.as_str(), self.run)?;
        let mut table = Table::default();
        if !self.losses.is_empty() {
            table.line("rows that cannot be read", self.losses.rows);
            let cells = self.losses.cells.values().fold(0, |sum: u64, count| sum.saturating_add(*count));
            table.line("cells that cannot be read", cells);
        }
        table.line("contacts read", contacts.read);
        table.line("  not included", contacts.not_included);
        table.line("  excluded", contacts.excluded);
        table.line("  filtered out", contacts.filtered);
        table.line("  selected", contacts.selected);
        for (reason, count) in &contacts.held_back {
            table.line(format!("    held back: {}", reason.as_str()), *count);
        }
        table.line("    suppressed", contacts.suppressed);
        table.line("    without a match key", contacts.without_key);
        table.line("    with a match key", contacts.mapped);
        for (key, counts) in self.coverage.keys() {
            for (reason, count) in &counts.rejected {
                table.line(format!("      {key} lost: {reason}"), *count);
            }
        }
        table.line("rows made", self.rows.made);
        table.line("  duplicates", self.rows.duplicates);
        table.line("  unchanged", self.rows.unchanged);
        table.line("  sent before", self.rows.sent_before);
        table.line("  to add", self.rows.fresh);
        table.line("  withdrawn", self.rows.withdrawn);
        table.line("rows nobody wants any more", self.rows.unwanted);
        self.added.tabulate("added", &mut table);
        self.removed.tabulate("removed", &mut table);
        if let Some(members) = self.members {
            table.line("members remembered", members);
        }
        table.fmt(f)?;
        if let Some(reason) = &self.waiver {
            writeln!(f, "opt-outs waived: {reason}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        Ok(())
    }
}
