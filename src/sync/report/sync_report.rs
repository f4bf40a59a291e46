//! The report of a run, in counts that add up.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::counts::{CallCounts, ContactCounts, RejectedRow, RowCounts};
use super::table::Table;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::AudienceId;
use crate::identity::Coverage;
use crate::source::ReadErrors;
use crate::sync::target::SyncMode;

/// The result of a run.
///
/// The counts add up, see [`check`](Self::check). Serde writes it as JSON, `Display` prints a table.
///
/// ```
/// # use audiencekit::{Contact, FacebookClient, MemorySource, MockClient, Schema, SyncEngine, SyncTarget};
/// # use audiencekit::facebook::NewAudience;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # let schema = Schema::standard();
/// # let people = MemorySource::new(&schema, vec![Contact::builder(&schema).email("ada@example.com").build()?]);
/// # let facebook = MockClient::new();
/// # let account = facebook.fake().account();
/// # let audience = facebook.create_audience(&account, &NewAudience::new("A", "a")).await?;
/// # let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
/// # let target = SyncTarget::new(account, audience);
/// let report = engine.run(&target).await?;
/// assert_eq!((report.contacts.read, report.reachable(), report.added.rejected), (1, 1, 0));
/// report.check()?;
/// # Ok::<(), audiencekit::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SyncReport {
    /// The audience.
    pub audience: AudienceId,
    /// The mode.
    pub mode: SyncMode,
    /// The number of the run.
    pub run: u64,
    /// Whether it resumed an interrupted run.
    pub resumed: bool,
    /// Whether the audience was frozen before; then no contact was read.
    pub frozen: bool,
    /// The time at which contacts were evaluated.
    #[serde(with = "time::serde::rfc3339")]
    pub now: OffsetDateTime,
    /// Counts of contacts.
    pub contacts: ContactCounts,
    /// Rows and cells that the source could not read. They are in no other count.
    #[serde(default)]
    pub losses: ReadErrors,
    /// Counts of rows.
    pub rows: RowCounts,
    /// Calls that added rows.
    pub added: CallCounts,
    /// Calls that removed rows.
    pub removed: CallCounts,
    /// Members that the ledger remembers after the run; `None` without a ledger.
    pub members: Option<u64>,
    /// Match keys sent and lost.
    pub coverage: Coverage,
    /// The first rejected rows, at most [`MAX_REJECTED_ROWS`](Self::MAX_REJECTED_ROWS).
    pub rejected_rows: Vec<RejectedRow>,
    /// The reason for which opted-out contacts were sent, if they were.
    pub waiver: Option<String>,
    /// Warnings to read.
    pub warnings: Vec<String>,
}

impl SyncReport {
    /// The maximum number of rejected rows in [`rejected_rows`](Self::rejected_rows).
    pub const MAX_REJECTED_ROWS: usize = 1_000;

    pub(in crate::sync) fn new(audience: AudienceId, mode: SyncMode, run: u64, now: OffsetDateTime) -> Self {
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

    /// Describes what was sent, in one line, for a run that stopped.
    pub(in crate::sync) fn sent(&self) -> String {
        let of = |counts: &CallCounts| format!("{} rows in {} calls", counts.sent, counts.calls);
        format!("added {} and removed {}; the next run resumes", of(&self.added), of(&self.removed))
    }

    /// Returns an upper bound of the people that can be sent: contacts with a match key, counting equal rows once.
    #[must_use]
    pub fn reachable(&self) -> u64 {
        self.contacts.mapped.min(self.rows.made.saturating_sub(self.rows.duplicates))
    }

    /// Checks that the counters are consistent.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with the first sum that is wrong: a bug in this crate, or an edited report.
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

/// Adds without overflow, also the counts of an edited report.
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
            table.line(format!("    excluded: {}", reason.as_str()), *count);
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
        table.line("  already sent", self.rows.sent_before);
        table.line("  to add", self.rows.fresh);
        table.line("  withdrawn", self.rows.withdrawn);
        table.line("rows no longer wanted", self.rows.unwanted);
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
