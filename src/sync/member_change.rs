//! Changes of single members, as automation makes them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use smallvec::smallvec;

use super::context::Context;
use super::delivery::audience_ledger::AudienceLedger;
use super::delivery::removal::settle;
use super::delivery::survey::survey;
use super::delivery::uploader::Uploader;
use super::digest::{PersonId, RowDigest};
use super::ledger::record::{Operation, Owner, RowRecord};
use super::ledger::traits::Durability;
use super::report::counts::CallCounts;
use super::report::table::Table;
use super::target::SyncTarget;
use crate::contact::Contact;
use crate::error::{Error, ErrorKind, Result};
use crate::identity::{Coverage, KeyList, MatchRow, MatchRows};

/// A change that adds one person to an audience or removes them.
///
/// The change with the highest generation wins, in whatever order and however often changes of a person are applied. A
/// change contains digests and no raw value; serde writes it for a queue of your application.
///
/// ```
/// # use audiencekit::{MemorySource, MockClient, SyncEngine};
/// use audiencekit::{Contact, Schema};
/// use audiencekit::sync::{MemberChange, Operation};
///
/// let schema = Schema::standard();
/// # let facebook = MockClient::new();
/// # let people = MemorySource::new(&schema, Vec::new());
/// # let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
/// let ada = Contact::builder(&schema).id("c1").email("ada@example.com").build()?;
/// let change = engine.member_change(&ada, Operation::Remove, 2)?;
/// let queued = serde_json::to_string(&change).unwrap();
/// assert_eq!(serde_json::from_str::<MemberChange>(&queued).unwrap().generation(), 2);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberChange {
    person: PersonId,
    operation: Operation,
    generation: u64,
    columns: KeyList,
    rows: Vec<Vec<u8>>,
}

impl MemberChange {
    /// Returns the pseudonym of the person.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// Returns whether it adds or removes: [`Operation::Add`] or [`Operation::Remove`].
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Returns the generation, which orders the changes of the person.
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

/// The result of applying changes.
///
/// The counts add up: `given` is the sum of `stale`, `unreachable`, `suppressed` and `applied`. `Display` prints a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangeReport {
    /// Changes given to the call.
    pub given: u64,
    /// Changes that a newer one of the same person supersedes.
    pub stale: u64,
    /// Additions of contacts without a match key, or excluded by the consent policy. The rows they had are removed.
    pub unreachable: u64,
    /// Additions of people that were erased or suppressed.
    pub suppressed: u64,
    /// Changes that are in effect now.
    pub applied: u64,
    /// Calls that added rows.
    pub added: CallCounts,
    /// Calls that removed rows.
    pub removed: CallCounts,
    /// Rows that Facebook does not remove yet, because too few members would be left. The next changes or run of the
    /// audience try again.
    #[serde(default)]
    pub waiting: u64,
}

impl ChangeReport {
    /// Adds the result of later changes.
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
        table.line("  superseded", self.stale);
        table.line("  without a match key or excluded", self.unreachable);
        table.line("  suppressed", self.suppressed);
        table.line("  applied", self.applied);
        self.added.tabulate("added", &mut table);
        self.removed.tabulate("removed", &mut table);
        if self.waiting > 0 {
            table.line("removals that wait for more members", self.waiting);
        }
        table.fmt(f)
    }
}

/// Makes the change that adds a contact or removes it.
pub(super) fn member_change(
    context: &Context,
    contact: &Contact,
    operation: Operation,
    generation: u64,
) -> Result<MemberChange> {
    if operation == Operation::Replace {
        return Err(Error::new(
            ErrorKind::Invalid,
            "member change",
            "`Operation::Replace` is not supported for a single contact",
        )
        .with_help("use Operation::Add or Operation::Remove"));
    }
    let keys = context.keys.keys();
    let mut rows = MatchRows::new(keys.clone());
    let policy = context.consent.bind(contact.schema(), context.clock.now());
    if operation == Operation::Remove || policy.holds_back(contact).is_none() {
        let withheld = policy.withholds(contact).filter(|_| operation == Operation::Add);
        context.keys.mapper().append_without(withheld, contact, &mut rows, &mut Coverage::default());
    }
    let id = contact.schema().field("id").and_then(|id| contact.texts(id).next());
    let person = match id {
        Some(id) => context.pseudonym_key.person(id),
        None => {
            rows.iter().next().map(|row| PersonId::from_bytes(*RowDigest::of(row).as_bytes())).ok_or_else(
                || {
                    Error::new(
                        ErrorKind::Invalid,
                        "member change",
                        "the contact has neither an id nor a match key",
                    )
                    .with_help("set the field \"id\"")
                },
            )?
        }
    };
    Ok(MemberChange {
        person,
        operation,
        generation,
        columns: keys.clone(),
        rows: rows.iter().map(MatchRow::to_bytes).collect(),
    })
}

/// Applies changes; `end` is when the outcome of the last calls must be durable.
pub(super) async fn apply_changes(
    context: &Context,
    target: &SyncTarget,
    changes: &[MemberChange],
    end: Durability,
) -> Result<ChangeReport> {
    let ledger = context.backend.require_ledger("apply changes")?;
    let _lock = context.backend.lock(&target.audience)?;
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
    let mut audience = context.open_ledger(&target.audience, None, context.clock.now()).await?;
    audience.end = end;
    let mut staging = Staging::default();
    let mut ordered: Vec<_> = newest.into_values().collect();
    ordered.sort_unstable_by_key(|change| change.person);
    for change in ordered {
        let known = ledger.generation(&target.audience, change.person).await?;
        if change.generation < known {
            report.stale += 1;
            continue;
        }
        let mut rows = MatchRows::new(change.columns.clone());
        if change.operation == Operation::Add {
            for bytes in &change.rows {
                rows.push_bytes(bytes)?;
            }
        }
        let is_blocked = blocked.contains(&change.person)
            || rows.iter().any(|row| context.pseudonym_key.cells(row).any(|cell| blocked.contains(&cell)));
        if is_blocked {
            rows.clear();
        }
        match change.operation {
            Operation::Add if is_blocked => report.suppressed += 1,
            Operation::Add if rows.is_empty() => report.unreachable += 1,
            _ => report.applied += 1,
        }
        staging.generations.push((change.person, change.generation));
        staging.want(&mut audience, change, &rows).await?;
    }
    staging.write(&mut audience).await?;
    send_changes(context, target, &mut audience, staging, &mut report).await?;
    audience.finish().await?;
    Ok(report)
}

async fn send_changes(
    context: &Context,
    target: &SyncTarget,
    ledger: &mut AudienceLedger,
    staging: Staging,
    report: &mut ChangeReport,
) -> Result<()> {
    let uploads = context.uploads(&target.audience);
    if staging.unwanted || ledger.open_ends {
        ledger.open_ends |= !staging.fresh.is_empty();
        let found = survey(ledger, |_| false).await?;
        let sent = settle(ledger, &uploads, |_| false, found, 0).await?;
        report.added = sent.added;
        report.removed = sent.removed;
        report.waiting = if sent.refused.is_some() { sent.waiting } else { 0 };
        return Ok(());
    }
    let mut uploader = Uploader::new(&uploads, ledger, Operation::Add);
    for digests in staging.fresh.chunks(uploads.rows_per_call) {
        uploader.push_stored(digests).await?;
    }
    uploader.finish().await?;
    report.added = std::mem::take(&mut uploader.calls);
    Ok(())
}

/// Rows as they will be, until they are written.
#[derive(Default)]
struct Staging {
    rows: HashMap<RowDigest, (Option<RowRecord>, Option<RowRecord>)>,
    generations: Vec<(PersonId, u64)>,
    fresh: Vec<RowDigest>,
    unwanted: bool,
}

impl Staging {
    /// Makes these rows the only ones of a person.
    async fn want(
        &mut self,
        ledger: &mut AudienceLedger,
        change: &MemberChange,
        rows: &MatchRows,
    ) -> Result<()> {
        let wanted: Vec<RowDigest> = rows.iter().map(RowDigest::of).collect();
        let store = ledger.backend.require_ledger("apply changes")?;
        let mut digests = store.rows_of(&ledger.record.audience, change.person).await?;
        digests.extend(&wanted);
        digests.sort_unstable();
        digests.dedup();
        let records = store.rows(&ledger.record.audience, &digests).await?;
        for (digest, record) in digests.into_iter().zip(records) {
            self.rows.entry(digest).or_insert_with(|| (record.clone(), record));
            let index = wanted.iter().position(|known| *known == digest);
            let confirmed = self
                .rows
                .get(&digest)
                .and_then(|(_, row)| row.as_ref())
                .is_some_and(|row| ledger.is_confirmed(row));
            let Some((_, slot)) = self.rows.get_mut(&digest) else { continue };
            let owner = Owner::new(change.person, change.generation);
            match (slot, index) {
                (Some(row), Some(_)) => {
                    row.owners.retain(|known| known.person != change.person);
                    row.owners.push(owner);
                    if !confirmed {
                        self.fresh.push(digest);
                    }
                }
                (Some(row), None) => {
                    row.owners.retain(|known| known.person != change.person);
                    self.unwanted |= row.owners.is_empty();
                }
                (slot @ None, Some(index)) => {
                    let columns = ledger.columns(rows.keys())?;
                    *slot = Some(RowRecord {
                        slot: ledger.record.slots,
                        run: ledger.record.run,
                        call: 0,
                        columns,
                        owners: smallvec![owner],
                        bytes: rows.row(index).to_bytes().into_boxed_slice(),
                    });
                    ledger.record.slots += 1;
                    self.fresh.push(digest);
                }
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// Makes all of it durable at once.
    async fn write(&mut self, ledger: &mut AudienceLedger) -> Result<()> {
        let rows = self.rows.drain().map(|(digest, (before, after))| (digest, before, after)).collect();
        let mut changes = ledger.enter(rows);
        changes.generations.append(&mut self.generations);
        ledger.commit(changes, Durability::Immediate).await?;
        self.fresh.sort_unstable();
        self.fresh.dedup();
        Ok(())
    }
}
