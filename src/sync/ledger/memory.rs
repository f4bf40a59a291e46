//! A ledger in memory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::lease::AudienceLocks;
use super::record::{CallRecord, ErasureRecord, RowRecord, RunRecord};
use super::row_index::{IndexKey, RowIndex};
use super::traits::{Durability, Journal, Ledger, LedgerCommit, Sealed, taken_over};
use crate::error::Result;
use crate::facebook::{AccountId, AudienceId};
use crate::sync::digest::{PersonId, RowDigest};

/// A [`Ledger`] and [`Journal`] in memory.
///
/// Use it in tests, for audiences that are never changed again, and as a journal. Clones share the same content. A member
/// takes about 140 bytes and 33 for each match key: 270 bytes with four keys.
///
/// ```
/// use audiencekit::{MemoryLedger, MemorySource, MockClient, Schema, SyncEngine};
///
/// let ledger = MemoryLedger::new();
/// # let people = MemorySource::new(&Schema::standard(), Vec::new());
/// # let facebook = MockClient::new();
/// # let builder = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone());
/// let engine = builder.ledger(ledger.clone()).build(); // another engine may share it
/// ```
#[derive(Clone, Default)]
pub struct MemoryLedger(Arc<Mutex<State>>, AudienceLocks);

#[derive(Default)]
struct State {
    audiences: BTreeMap<AudienceId, AudienceTable>,
    blocked: HashSet<PersonId>,
    erasures: BTreeMap<(AccountId, PersonId), ErasureRecord>,
}

#[derive(Default)]
struct AudienceTable {
    run: Option<RunRecord>,
    calls: BTreeMap<u64, CallRecord>,
    rows: Rows,
    places: RowIndex,
    generations: HashMap<PersonId, u64>,
}

/// Rows by slot, as bytes, in blocks: slots are given in ascending order and most stay taken.
#[derive(Default)]
struct Rows(BTreeMap<u64, Box<Block>>);

/// The rows of neighbouring slots.
type Block = [Option<Box<[u8]>>; BLOCK as usize];

const BLOCK: u64 = 32;

impl MemoryLedger {
    /// Creates an empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn get(&self, slot: u64) -> Option<&[u8]> {
        self.0.get(&(slot / BLOCK))?.get((slot % BLOCK) as usize)?.as_deref()
    }

    fn set(&mut self, slot: u64, row: Option<Vec<u8>>) {
        let block = self.0.entry(slot / BLOCK).or_default();
        if let Some(place) = block.get_mut((slot % BLOCK) as usize) {
            *place = row.map(Vec::into_boxed_slice);
        }
        if block.iter().all(Option::is_none) {
            self.0.remove(&(slot / BLOCK));
        }
    }

    fn after(&self, slot: Option<u64>) -> impl Iterator<Item = (u64, &[u8])> {
        let from = slot.map_or(Some(0), |slot| slot.checked_add(1));
        let blocks = from.map(|from| self.0.range(from / BLOCK..)).into_iter().flatten();
        let rows = blocks.flat_map(|(number, block)| {
            (number * BLOCK..).zip(block.iter()).filter_map(|(slot, row)| Some((slot, row.as_deref()?)))
        });
        rows.filter(move |(slot, _)| from.is_some_and(|from| *slot >= from))
    }

    fn len(&self) -> usize {
        self.0.values().flat_map(|block| block.iter()).flatten().count()
    }
}

impl AudienceTable {
    fn find(&self, digest: RowDigest) -> Result<Option<RowRecord>> {
        for slot in self.places.find(digest) {
            if let Some(bytes) = self.rows.get(slot)
                && let (known, row) = RowRecord::from_bytes(slot, bytes)?
                && known == digest
            {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn put(&mut self, digest: RowDigest, row: Option<&RowRecord>) -> Result<()> {
        if let Some(old) = self.find(digest)? {
            for key in IndexKey::all(digest, &old) {
                self.places.remove(key, old.slot);
            }
            self.rows.set(old.slot, None);
        }
        if let Some(row) = row {
            for key in IndexKey::all(digest, row) {
                self.places.insert(key, row.slot);
            }
            self.rows.set(row.slot, Some(row.to_bytes(digest)));
        }
        Ok(())
    }
}

impl Sealed for MemoryLedger {}

#[async_trait]
impl Journal for MemoryLedger {
    async fn run(&self, audience: &AudienceId) -> Result<Option<RunRecord>> {
        Ok(self.state().audiences.get(audience).and_then(|kept| kept.run.clone()))
    }

    async fn calls(&self, audience: &AudienceId) -> Result<Vec<CallRecord>> {
        Ok(self
            .state()
            .audiences
            .get(audience)
            .map_or(Vec::new(), |kept| kept.calls.values().cloned().collect()))
    }

    async fn blocked(&self) -> Result<Vec<PersonId>> {
        Ok(self.state().blocked.iter().copied().collect())
    }

    async fn erasures(&self) -> Result<Vec<ErasureRecord>> {
        Ok(self.state().erasures.values().cloned().collect())
    }

    async fn commit(&self, changes: LedgerCommit, _: Durability) -> Result<()> {
        let mut state = self.state();
        if let Some(audience) = changes.audience {
            let kept = state.audiences.entry(audience).or_default();
            if let Some(run) = changes.run {
                let known = kept.run.as_ref().map_or(0, |known| known.run);
                if known > run.run || changes.after_run.is_some_and(|after| after != known) {
                    return Err(taken_over());
                }
                kept.run = Some(run);
            }
            if let Some(last) = changes.forget_calls {
                kept.calls.retain(|&call, _| call > last);
            }
            kept.calls.extend(changes.calls.into_iter().map(|call| (call.call, call)));
            for (digest, row) in changes.rows {
                kept.put(digest, row.as_ref())?;
            }
            kept.generations.extend(changes.generations);
        }
        state.blocked.extend(changes.block);
        for key in changes.unblock {
            state.blocked.remove(&key);
        }
        if let Some(erasure) = changes.erase {
            state.erasures.insert((erasure.account.clone(), erasure.person), erasure);
        }
        if let Some(done) = changes.erased {
            state.erasures.remove(&done);
        }
        Ok(())
    }

    fn audience_locks(&self) -> &AudienceLocks {
        &self.1
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn rows(&self, audience: &AudienceId, digests: &[RowDigest]) -> Result<Vec<Option<RowRecord>>> {
        let state = self.state();
        let Some(kept) = state.audiences.get(audience) else { return Ok(vec![None; digests.len()]) };
        digests.iter().map(|digest| kept.find(*digest)).collect()
    }

    async fn scan(
        &self,
        audience: &AudienceId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(RowDigest, RowRecord)>> {
        let state = self.state();
        let Some(kept) = state.audiences.get(audience) else { return Ok(Vec::new()) };
        kept.rows.after(after).take(limit).map(|(slot, bytes)| RowRecord::from_bytes(slot, bytes)).collect()
    }

    async fn rows_of(&self, audience: &AudienceId, person: PersonId) -> Result<Vec<RowDigest>> {
        let state = self.state();
        let Some(kept) = state.audiences.get(audience) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for slot in kept.places.find(person) {
            let Some(bytes) = kept.rows.get(slot) else { continue };
            let (digest, row) = RowRecord::from_bytes(slot, bytes)?;
            if row.owners.iter().any(|owner| owner.person == person) {
                found.push(digest);
            }
        }
        Ok(found)
    }

    async fn generation(&self, audience: &AudienceId, person: PersonId) -> Result<u64> {
        let state = self.state();
        let found = state.audiences.get(audience).and_then(|kept| kept.generations.get(&person));
        Ok(found.copied().unwrap_or(0))
    }

    async fn audiences(&self) -> Result<Vec<AudienceId>> {
        Ok(self.state().audiences.keys().cloned().collect())
    }
}

impl fmt::Debug for MemoryLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        let rows: usize = state.audiences.values().map(|kept| kept.rows.len()).sum();
        write!(f, "MemoryLedger({} audiences, {rows} rows)", state.audiences.len())
    }
}
