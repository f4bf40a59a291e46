//! Single changes of single people, as automation makes them.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::smallvec;

use super::delivery::audience_ledger::AudienceLedger;
use super::delivery::removal::{give, settle, survey};
use super::delivery::uploader::Uploader;
use super::digest::{PersonId, RowDigest};
use super::engine::SyncEngine;
use super::ledger::record::{Operation, Owner, RowRecord};
use super::ledger::traits::{Durability, LedgerCommit};
use super::report::CallCounts;
use super::report_table::Table;
use super::target::SyncTarget;
use crate::contact::Contact;
use crate::error::{Error, ErrorKind, Result};
use crate::identity::{Coverage, MatchKey, MatchRow, MatchRows};

/// One person in or out of one audience.
///
/// Of several changes of a person the one with the highest generation holds, in whatever order and however often they
/// are applied. It holds digests and no raw value; serde writes it for a queue of the host's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberChange {
    person: PersonId,
    operation: Operation,
    generation: u64,
    columns: Arc<[MatchKey]>,
    rows: Vec<Vec<u8>>,
}

impl MemberChange {
    /// Who.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// In ([`Operation::Add`]) or out ([`Operation::Remove`]).
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The order among the changes of this person.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

impl std::fmt::Debug for MemberChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "MemberChange({:?}, generation {}, {} rows)",
            self.operation,
            self.generation,
            self.rows.len()
        )
    }
}

/// What came of changes. They add up: given are stale, repeated, unreachable, suppressed and applied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangeReport {
    /// Changes given.
    pub given: u64,
    /// Changes that a newer one of the same person overtakes.
    pub stale: u64,
    /// Additions of people without a match key, or held back by the consent policy; what they had is taken out.
    pub unreachable: u64,
    /// Additions of people who were erased or suppressed.
    pub suppressed: u64,
    /// Changes that hold now.
    pub applied: u64,
    /// What was added.
    pub added: CallCounts,
    /// What was removed.
    pub removed: CallCounts,
    /// Rows that Facebook does not remove for now, since too few people would be left. They are remembered, and the
    /// next changes or run of the audience try again.
    #[serde(default)]
    pub waiting: u64,
}

impl ChangeReport {
    /// Adds what came of later changes.
    #[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
    pub(super) fn merge(&mut self, later: &Self) {
        self.given += later.given;
        self.stale += later.stale;
        self.unreachable += later.unreachable;
        self.suppressed += later.suppressed;
        self.applied += later.applied;
        self.added.merge(&later.added);
        self.removed.merge(&later.removed);
        self.waiting = later.waiting;
    }
}

impl std::fmt::Display for ChangeReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut table = Table::default();
        table.line("changes given", self.given);
        table.line("  overtaken by newer ones", self.stale);
        table.line("  without a match key or held back", self.unreachable);
        table.line("  suppressed", self.suppressed);
        table.line("  applied", self.applied);
        self.added.tabulate("added", &mut table);
        self.removed.tabulate("removed", &mut table);
        if self.waiting > 0 {
            table.line("removals that wait for more people", self.waiting);
        }
        table.fmt(f)
    }
}

impl SyncEngine {
    /// The change that brings a contact in or takes it out. `generation` orders the changes of one contact: the time
    /// of the event in microseconds will do.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for [`Operation::Replace`], and for a removal of a contact without an `id`.
    pub fn member_change(
        &self,
        contact: &Contact,
        operation: Operation,
        generation: u64,
    ) -> Result<MemberChange> {
        if operation == Operation::Replace {
            return Err(Error::new(ErrorKind::Invalid, "member change", "one person replaces nobody")
                .expected("Operation::Add or Operation::Remove"));
        }
        let keys = self.keys.keys();
        let mut rows = MatchRows::new(Arc::clone(keys));
        let policy = self.consent.bind(contact.schema(), self.clock.now());
        if operation == Operation::Remove || policy.holds_back(contact).is_none() {
            self.keys.mapper().append(contact, &mut rows, &mut Coverage::default());
        }
        let id = contact.schema().field("id").and_then(|id| contact.texts(id).next());
        let person = match id {
            Some(id) => self.secret.person(id),
            None => rows
                .iter()
                .next()
                .map(|row| PersonId::from_bytes(*RowDigest::of(row).as_bytes()))
                .ok_or_else(|| {
                    Error::new(
                        ErrorKind::Invalid,
                        "member change",
                        "a contact without an id and without a match key",
                    )
                    .expected("the field \"id\"")
                })?,
        };
        Ok(MemberChange {
            person,
            operation,
            generation,
            columns: Arc::clone(keys),
            rows: rows.iter().map(MatchRow::to_bytes).collect(),
        })
    }

    /// Applies changes and sends what follows from them. Applying them again does no harm.
    ///
    /// Units: an addition costs its own rows; a removal reads all remembered rows of the audience once for all the
    /// changes given, so give them in batches.
    ///
    /// # Errors
    /// As [`run`](Self::run). The changes are durable before the first call: after an error, applying them again or
    /// any run of the audience sends what is left.
    pub async fn apply_changes(
        &self,
        target: impl Into<SyncTarget>,
        changes: &[MemberChange],
    ) -> Result<ChangeReport> {
        self.apply_lasting(&target.into(), changes, Durability::Immediate).await
    }

    /// As [`apply_changes`](Self::apply_changes), with what came of the last calls left to the next commit of the same
    /// store: whatever the caller commits there without delay is in one transaction with it. The caller sees to it that
    /// there is a commit.
    pub(crate) async fn apply_with_next_commit(
        &self,
        target: &SyncTarget,
        changes: &[MemberChange],
    ) -> Result<ChangeReport> {
        let done = self.apply_lasting(target, changes, Durability::Grouped).await;
        if done.is_err() {
            // Answers that came before it are worth knowing; the first error is the one to tell.
            let _ = self.commit_what_waits().await;
        }
        done
    }

    /// Makes durable what was left to the next commit.
    pub(crate) async fn commit_what_waits(&self) -> Result<()> {
        self.store.journal().commit(LedgerCommit::default(), Durability::Immediate).await
    }

    async fn apply_lasting(
        &self,
        target: &SyncTarget,
        changes: &[MemberChange],
        end: Durability,
    ) -> Result<ChangeReport> {
        let ledger = self.store.require_ledger("apply changes")?;
        let _lease = self.store.lease(&target.audience)?;
        let mut report = ChangeReport { given: changes.len() as u64, ..ChangeReport::default() };
        let blocked: std::collections::HashSet<PersonId> = ledger.blocked().await?.into_iter().collect();
        let mut newest: HashMap<PersonId, &MemberChange> = HashMap::new();
        for change in changes {
            let known = newest.entry(change.person).or_insert(change);
            if change.generation > known.generation {
                *known = change;
            }
        }
        report.stale = (changes.len() - newest.len()) as u64;
        let mut book = AudienceLedger::open(
            self.store.clone(),
            &target.audience,
            None,
            self.clock.now(),
            self.secret.check(),
        )
        .await?;
        book.end = end;
        let mut staging = Staging::default();
        let mut ordered: Vec<_> = newest.into_values().collect();
        ordered.sort_unstable_by_key(|change| change.person);
        for change in ordered {
            let known = ledger.generation(&target.audience, change.person).await?;
            if change.generation < known {
                report.stale += 1;
                continue;
            }
            let mut rows = MatchRows::new(Arc::clone(&change.columns));
            if change.operation == Operation::Add {
                for bytes in &change.rows {
                    rows.push_bytes(bytes)?;
                }
            }
            let is_blocked = blocked.contains(&change.person)
                || rows.iter().any(|row| self.secret.cells(row).any(|cell| blocked.contains(&cell)));
            if is_blocked {
                rows.clear();
            }
            match change.operation {
                Operation::Add if is_blocked => report.suppressed += 1,
                Operation::Add if rows.is_empty() => report.unreachable += 1,
                _ => report.applied += 1,
            }
            staging.generations.push((change.person, change.generation));
            staging.want(&mut book, change, &rows).await?;
        }
        staging.write(&mut book).await?;
        self.send_changes(target, &mut book, staging, &mut report).await?;
        book.finish().await?;
        Ok(report)
    }

    async fn send_changes(
        &self,
        target: &SyncTarget,
        book: &mut AudienceLedger,
        staging: Staging,
        report: &mut ChangeReport,
    ) -> Result<()> {
        let sender = self.sender(&target.audience);
        if staging.unwanted || book.open_ends {
            book.open_ends |= !staging.fresh.is_empty();
            let found = survey(book, |_| false).await?;
            let sent = settle(book, &sender, |_| false, found, 0).await?;
            report.added = sent.added;
            report.removed = sent.removed;
            report.waiting = if sent.refused.is_some() { sent.waiting } else { 0 };
            return Ok(());
        }
        let mut uploader = Uploader::new(&sender, Operation::Add);
        for prints in staging.fresh.chunks(sender.rows) {
            give(book, &mut uploader, prints).await?;
        }
        uploader.close(book).await?;
        report.added = uploader.counts;
        Ok(())
    }
}

/// Rows as they will be, before they are written.
#[derive(Default)]
struct Staging {
    rows: HashMap<RowDigest, (Option<RowRecord>, Option<RowRecord>)>,
    generations: Vec<(PersonId, u64)>,
    fresh: Vec<RowDigest>,
    unwanted: bool,
}

impl Staging {
    /// Gives a person these rows and no others.
    async fn want(
        &mut self,
        book: &mut AudienceLedger,
        change: &MemberChange,
        rows: &MatchRows,
    ) -> Result<()> {
        let wanted: Vec<RowDigest> = rows.iter().map(RowDigest::of).collect();
        let ledger = book.store.require_ledger("apply changes")?;
        let mut prints = ledger.rows_of(&book.record.audience, change.person).await?;
        prints.extend(&wanted);
        prints.sort_unstable();
        prints.dedup();
        let records = ledger.rows(&book.record.audience, &prints).await?;
        for (print, record) in prints.into_iter().zip(records) {
            self.rows.entry(print).or_insert_with(|| (record.clone(), record));
            let index = wanted.iter().position(|known| *known == print);
            let vouched =
                self.rows.get(&print).and_then(|(_, row)| row.as_ref()).is_some_and(|row| book.vouched(row));
            let Some((_, slot)) = self.rows.get_mut(&print) else { continue };
            let owner = Owner::new(change.person, change.generation);
            match (slot, index) {
                (Some(row), Some(_)) => {
                    row.owners.retain(|known| known.person != change.person);
                    row.owners.push(owner);
                    if !vouched {
                        self.fresh.push(print);
                    }
                }
                (Some(row), None) => {
                    row.owners.retain(|known| known.person != change.person);
                    self.unwanted |= row.owners.is_empty();
                }
                (slot @ None, Some(index)) => {
                    let columns = book.columns(rows.keys())?;
                    *slot = Some(RowRecord {
                        slot: book.record.slots,
                        run: book.record.run,
                        call: 0,
                        columns,
                        owners: smallvec![owner],
                        bytes: rows.row(index).to_bytes().into_boxed_slice(),
                    });
                    book.record.slots += 1;
                    self.fresh.push(print);
                }
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// Makes all of it durable at once.
    async fn write(&mut self, book: &mut AudienceLedger) -> Result<()> {
        let rows = self.rows.drain().map(|(print, (before, after))| (print, before, after)).collect();
        let mut changes = book.enter(rows);
        changes.generations.append(&mut self.generations);
        book.commit(changes, Durability::Immediate).await?;
        self.fresh.sort_unstable();
        self.fresh.dedup();
        Ok(())
    }
}
