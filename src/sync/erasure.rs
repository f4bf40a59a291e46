//! Erasing and suppressing people.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::context::Context;
use super::delivery::removal::settle;
use super::delivery::scan::RowScan;
use super::delivery::stored_rows::{RowDecoder, rows_of_record};
use super::delivery::survey::survey;
use super::digest::{PersonId, RowDigest};
use super::ledger::record::{ErasureRecord, ErasureRows};
use super::ledger::traits::{Durability, LedgerCommit, taken_over};
use crate::contact::Contact;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::{AccountId, AudienceId, Session, Upload};
use crate::identity::{Coverage, MatchRow, MatchRows};

/// The person to erase or suppress.
///
/// ```
/// use audiencekit::{Contact, Schema};
/// use audiencekit::sync::PersonRef;
///
/// let ada = Contact::builder(&Schema::standard()).id("c1").email("ada@example.com").build()?;
/// let by_contact = PersonRef::Contact(&ada); // the id, and every match key it has now
/// let by_id = PersonRef::Id("c1"); // the id, and the match keys that were sent for it
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum PersonRef<'a> {
    /// The person of this contact, by its id and by every match key it has now.
    Contact(&'a Contact),
    /// The person with this contact id, by the id and by the match keys that were sent for it.
    Id(&'a str),
}

impl fmt::Debug for PersonRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contact(_) => "Contact(_)",
            Self::Id(_) => "Id(_)",
        })
    }
}

/// A record of an erasure for your files. It names the person by a keyed digest only.
///
/// [`SyncEngine::erase`](crate::SyncEngine::erase) returns it; serde writes it as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErasureReceipt {
    /// The person.
    pub person: PersonId,
    /// The account that was asked to erase the person.
    pub account: AccountId,
    /// The time of the erasure.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Audiences in which the ledger remembered the person, and from which the rows were removed.
    pub audiences: Vec<AudienceId>,
    /// Audiences from which Facebook did not remove the rows yet, and why. The next run of each tries again.
    pub pending: Vec<(AudienceId, String)>,
    /// Rows sent to be erased from all customer-file audiences of the account.
    pub rows: u64,
    /// Number of keys that block the person from now on.
    pub tombstones: u64,
}

/// The keys and rows of a person, and the audiences that had them.
struct ErasureTargets {
    person: PersonId,
    keys: Vec<PersonId>,
    rows: Vec<MatchRows>,
    audiences: Vec<AudienceId>,
}

/// Erases a person: blocks, asks the account, then removes from each audience.
pub(super) async fn erase(
    context: &Context,
    account: &AccountId,
    person: PersonRef<'_>,
) -> Result<ErasureReceipt> {
    let mut found = block(context, person, Some(account)).await?;
    let mut receipt = ErasureReceipt {
        person: found.person,
        account: account.clone(),
        at: context.clock.now(),
        audiences: Vec::new(),
        pending: Vec::new(),
        rows: 0,
        tombstones: found.keys.len() as u64,
    };
    for rows in found.rows.iter().filter(|rows| !rows.is_empty()) {
        let now = context.clock.now();
        let session = Session {
            id: context.session_ids.next(now)?,
            batch_seq: 1,
            last_batch: true,
            estimated_total: Some(rows.len() as u64),
        };
        let upload = Upload::new(rows, 0..rows.len(), session);
        context.client.erase_users(account, &upload).await?;
        receipt.rows += rows.len() as u64;
    }
    release_blocked(context, &mut found).await?;
    // From here on the audiences that are left owe what their own rows say.
    let erased = Some((account.clone(), found.person));
    context
        .backend
        .journal()
        .commit(LedgerCommit { erased, ..LedgerCommit::default() }, Durability::Immediate)
        .await?;
    for audience in &found.audiences {
        match settle_audience(context, audience).await {
            Ok(()) => receipt.audiences.push(audience.clone()),
            Err(error) => receipt.pending.push((audience.clone(), error.to_string())),
        }
    }
    Ok(receipt)
}

/// Blocks a person and releases their rows.
pub(super) async fn suppress(context: &Context, person: PersonRef<'_>) -> Result<()> {
    let mut found = block(context, person, None).await?;
    release_blocked(context, &mut found).await
}

/// Unblocks a person.
pub(super) async fn unsuppress(context: &Context, person: PersonRef<'_>) -> Result<()> {
    let (_, keys, _) = keys_of(context, person)?;
    let changes = LedgerCommit { unblock: keys, ..LedgerCommit::default() };
    context.backend.journal().commit(changes, Durability::Immediate).await
}

/// Returns the person, every key that blocks them, and the rows of a contact.
fn keys_of(context: &Context, person: PersonRef<'_>) -> Result<(PersonId, Vec<PersonId>, MatchRows)> {
    let mut rows = MatchRows::new(context.keys.keys().clone());
    let mut keys = Vec::new();
    match person {
        PersonRef::Id(id) => keys.push(context.pseudonym_key.person(id)),
        PersonRef::Contact(contact) => {
            context.keys.mapper().append(contact, &mut rows, &mut Coverage::default());
            let id = contact.schema().field("id").and_then(|id| contact.texts(id).next());
            keys.extend(id.map(|id| context.pseudonym_key.person(id)));
            let digest = rows.iter().next().map(RowDigest::of);
            keys.extend(digest.map(|digest| PersonId::from_bytes(*digest.as_bytes())));
            keys.extend(rows.iter().flat_map(|row| context.pseudonym_key.cells(row)));
        }
    }
    let person = keys.first().copied().ok_or_else(|| {
        Error::new(ErrorKind::Invalid, "suppress", "the contact has neither an id nor a match key")
            .with_help("set the field \"id\" or a field with a match key")
    })?;
    Ok((person, keys, rows))
}

/// Blocks a person durably, and finds the rows that were sent for them, which are kept with the account to ask.
async fn block(
    context: &Context,
    person: PersonRef<'_>,
    account: Option<&AccountId>,
) -> Result<ErasureTargets> {
    let (person, mut keys, rows) = keys_of(context, person)?;
    let mut found = ErasureTargets { person, keys: Vec::new(), rows: vec![rows], audiences: Vec::new() };
    if let Some(ledger) = context.backend.ledger() {
        for audience in ledger.audiences().await? {
            for digest in ledger.rows_of(&audience, person).await? {
                let record = ledger.run(&audience).await?;
                let row = ledger.rows(&audience, &[digest]).await?.pop().flatten();
                if let (Some(record), Some(row)) = (record, row) {
                    let rows = rows_of_record(&record, &row)?;
                    keys.extend(rows.iter().flat_map(|row| context.pseudonym_key.cells(row)));
                    found.keep(&rows)?;
                }
            }
        }
    }
    if let Some(account) = account {
        // A run may have taken the rows out since an erasure that failed.
        let begun = context.backend.journal().erasures().await?;
        for begun in begun.iter().filter(|begun| begun.person == person && begun.account == *account) {
            for rows in rows_to_erase(begun)? {
                keys.extend(rows.iter().flat_map(|row| context.pseudonym_key.cells(row)));
                found.keep(&rows)?;
            }
        }
    }
    keys.sort_unstable();
    keys.dedup();
    let erase = account.map(|account| found.record(account));
    let changes = LedgerCommit { block: keys.clone(), erase, ..LedgerCommit::default() };
    context.backend.journal().commit(changes, Durability::Immediate).await?;
    found.keys = keys;
    Ok(found)
}

/// Releases every remembered row that identifies a blocked person, durably.
async fn release_blocked(context: &Context, found: &mut ErasureTargets) -> Result<()> {
    let blocked: HashSet<PersonId> = found.keys.iter().copied().collect();
    if let Some(ledger) = context.backend.ledger() {
        for audience in ledger.audiences().await? {
            if release_blocked_in(context, &audience, &blocked).await? {
                found.audiences.push(audience);
            }
        }
    }
    Ok(())
}

/// Releases rows of blocked people in one audience; returns `true` if there were any.
async fn release_blocked_in(
    context: &Context,
    audience: &AudienceId,
    blocked: &HashSet<PersonId>,
) -> Result<bool> {
    let ledger = context.backend.require_ledger("suppress")?;
    let _lock = context.backend.lock(audience)?;
    let Some(record) = ledger.run(audience).await? else { return Ok(false) };
    let mut hit = Vec::new();
    let mut decoder = RowDecoder::default();
    let mut pages = RowScan::default();
    while let Some(page) = pages.next(&context.backend, audience).await? {
        for (digest, row) in page {
            let rows = decoder.read(&record, &row)?;
            let named = row.owners.iter().any(|owner| blocked.contains(&owner.person))
                || rows
                    .iter()
                    .flat_map(|row| context.pseudonym_key.cells(row))
                    .any(|cell| blocked.contains(&cell));
            if named {
                let mut next = row.clone();
                next.owners.clear();
                hit.push((digest, Some(row), Some(next)));
            }
        }
    }
    if hit.is_empty() {
        return Ok(false);
    }
    let mut open = context.open_ledger(audience, None, context.clock.now()).await?;
    if open.record.run != record.run + 1 {
        // What was read of the rows may not hold any more.
        return Err(taken_over());
    }
    open.write(hit, Durability::Immediate).await?;
    Ok(true)
}

/// Sends what is open in one audience.
async fn settle_audience(context: &Context, audience: &AudienceId) -> Result<()> {
    let _lock = context.backend.lock(audience)?;
    let mut open = context.open_ledger(audience, None, context.clock.now()).await?;
    open.open_ends = true;
    let found = survey(&open, |_| false).await?;
    let sent = settle(&mut open, &context.uploads(audience), |_| false, found, 0).await?;
    open.finish().await?;
    sent.refused.map_or(Ok(()), Err)
}

/// Decodes the rows of an erasure that has begun.
fn rows_to_erase(begun: &ErasureRecord) -> Result<Vec<MatchRows>> {
    let of = |part: &ErasureRows| {
        let mut rows = MatchRows::new(part.columns.clone());
        part.rows.iter().try_for_each(|bytes| rows.push_bytes(bytes))?;
        Ok(rows)
    };
    begun.rows.iter().map(of).collect()
}

impl ErasureTargets {
    fn record(&self, account: &AccountId) -> ErasureRecord {
        let of = |rows: &MatchRows| ErasureRows {
            columns: rows.keys().clone(),
            rows: rows.iter().map(MatchRow::to_bytes).collect(),
        };
        ErasureRecord {
            account: account.clone(),
            person: self.person,
            rows: self.rows.iter().filter(|rows| !rows.is_empty()).map(of).collect(),
        }
    }

    fn keep(&mut self, more: &MatchRows) -> Result<()> {
        let place = self.rows.iter().position(|rows| rows.keys() == more.keys());
        let Some(rows) = place.and_then(|place| self.rows.get_mut(place)) else {
            self.rows.push(more.clone());
            return Ok(());
        };
        for row in more.iter() {
            if !rows.iter().any(|known| RowDigest::of(known) == RowDigest::of(row)) {
                rows.push_row(row)?;
            }
        }
        Ok(())
    }
}
