//! The ledger that lives as long as the process.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::lease::Leases;
use super::ledger::{Changes, Durability, Journal, Ledger, taken_over};
use super::person::{Fingerprint, PersonKey};
use super::record::{CallRecord, RowRecord, RunRecord};
use crate::error::Result;
use crate::facebook::AudienceId;

/// A [`Ledger`] in memory: for tests, for audiences that are never changed again, and as a [`Journal`].
///
/// Clones share the same content. A member takes about 200 bytes and more with more columns.
#[derive(Clone, Default)]
pub struct MemoryLedger(Arc<Mutex<State>>, Leases);

#[derive(Default)]
struct State {
    audiences: BTreeMap<AudienceId, Kept>,
    blocked: HashSet<PersonKey>,
}

#[derive(Default)]
struct Kept {
    run: Option<RunRecord>,
    calls: BTreeMap<u64, CallRecord>,
    rows: BTreeMap<Fingerprint, RowRecord>,
    by_person: HashMap<PersonKey, Vec<Fingerprint>>,
    generations: HashMap<PersonKey, u64>,
}

impl MemoryLedger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn put(&mut self, print: Fingerprint, row: Option<RowRecord>) {
        if let Some(old) = self.rows.remove(&print) {
            for owner in &old.owners {
                if let Some(prints) = self.by_person.get_mut(&owner.person) {
                    prints.retain(|known| *known != print);
                    if prints.is_empty() {
                        self.by_person.remove(&owner.person);
                    }
                }
            }
        }
        if let Some(row) = row {
            for owner in &row.owners {
                self.by_person.entry(owner.person).or_default().push(print);
            }
            self.rows.insert(print, row);
        }
    }
}

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

    async fn blocked(&self) -> Result<Vec<PersonKey>> {
        Ok(self.state().blocked.iter().copied().collect())
    }

    async fn commit(&self, changes: Changes, _: Durability) -> Result<()> {
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
            for (print, row) in changes.rows {
                kept.put(print, row);
            }
            kept.generations.extend(changes.generations);
        }
        state.blocked.extend(changes.block);
        for key in changes.unblock {
            state.blocked.remove(&key);
        }
        Ok(())
    }

    fn leases(&self) -> &Leases {
        &self.1
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn rows(&self, audience: &AudienceId, prints: &[Fingerprint]) -> Result<Vec<Option<RowRecord>>> {
        let state = self.state();
        let kept = state.audiences.get(audience);
        Ok(prints.iter().map(|print| kept.and_then(|kept| kept.rows.get(print).cloned())).collect())
    }

    async fn scan(
        &self,
        audience: &AudienceId,
        after: Option<Fingerprint>,
        limit: usize,
    ) -> Result<Vec<(Fingerprint, RowRecord)>> {
        let state = self.state();
        let Some(kept) = state.audiences.get(audience) else {
            return Ok(Vec::new());
        };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(kept
            .rows
            .range((from, Bound::Unbounded))
            .take(limit)
            .map(|(print, row)| (*print, row.clone()))
            .collect())
    }

    async fn rows_of(&self, audience: &AudienceId, person: PersonKey) -> Result<Vec<Fingerprint>> {
        let state = self.state();
        let found = state.audiences.get(audience).and_then(|kept| kept.by_person.get(&person));
        Ok(found.cloned().unwrap_or_default())
    }

    async fn generation(&self, audience: &AudienceId, person: PersonKey) -> Result<u64> {
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
