//! The engine's memory: what a step needs of the store, and the writes that make the step durable.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::audit::SkipReason;
use super::contact_cache::{ContactCache, ContactSlot};
use super::contact_record::{LastChange, Timer, find, set, take};
use super::counters::Counters;
use super::dedup::EventDedup;
use super::effect_queue::EffectQueue;
use super::interner::{Interner, NameId};
use super::job::{Job, Position};
use super::outbox::{DeferredRemovals, Outbox, QueuedChange};
use super::timer_queue::{TimerQueue, timer_key};
use crate::automation::contact_store::store::ContactUpdate;
use crate::automation::definition::frequency::PeriodCount;
use crate::automation::store::store::{Keyspace, Store, WriteOp};
use crate::automation::timestamp::micros;
use crate::error::Result;
use crate::sync::Operation;

#[derive(Debug)]
pub(in crate::automation) struct EngineState {
    pub(in crate::automation) names: Interner,
    pub(in crate::automation) contacts: ContactCache,
    pub(in crate::automation) timers: TimerQueue,
    pub(in crate::automation) outbox: Outbox,
    pub(in crate::automation) dedup: EventDedup,
    pub(in crate::automation) effects: EffectQueue,
    /// How many contacts are on a version of a workflow.
    pub(in crate::automation) version_counts: BTreeMap<(NameId, u32), u64>,
    pub(in crate::automation) counters: Counters,
    /// The last entry of the audit log that is durable.
    pub(in crate::automation) durable_audit: u64,
    /// True when deferred removals of a queue have changed and nothing in it.
    has_new_deferrals: bool,
    pub(in crate::automation) writes: Vec<WriteOp>,
}

impl EngineState {
    /// What a store begins with, and the counters that it has kept.
    pub(super) fn new(counters: Counters, timers: TimerQueue, outbox: Outbox, capacity: usize) -> Self {
        let version_counts = counters.version_counts.iter();
        Self {
            names: Interner::default(),
            contacts: ContactCache::new(capacity),
            timers,
            outbox,
            dedup: EventDedup::default(),
            effects: EffectQueue::default(),
            version_counts: version_counts.map(|&(name, version, count)| ((name, version), count)).collect(),
            durable_audit: counters.audit,
            counters,
            has_new_deferrals: false,
            writes: Vec::new(),
        }
    }

    /// Reads a contact into memory for this step.
    pub(in crate::automation) fn fetch<S: Store + ?Sized>(
        &mut self,
        store: &S,
        id: &str,
    ) -> Result<ContactSlot> {
        self.contacts.fetch(store, id)
    }

    /// Returns the id of a contact.
    pub(in crate::automation) fn id(&self, contact: ContactSlot) -> Arc<str> {
        Arc::clone(&self.contacts.get(contact).id)
    }

    /// Moves the latest known instant forward.
    pub(in crate::automation) fn advance_clock(&mut self, now: i64) {
        self.counters.now = self.counters.now.max(now);
    }

    pub(in crate::automation) fn put<T: Serialize>(&mut self, keyspace: Keyspace, key: Vec<u8>, value: &T) {
        // The values are plain data of this crate: writing them as JSON to memory cannot fail.
        let value = serde_json::to_vec(value).unwrap_or_default();
        self.writes.push(WriteOp::put(keyspace, key, value));
    }

    pub(in crate::automation) fn delete(&mut self, keyspace: Keyspace, key: Vec<u8>) {
        self.writes.push(WriteOp::delete(keyspace, key));
    }

    pub(in crate::automation) fn is_changed(&self) -> bool {
        !self.writes.is_empty()
            || self.names.has_new()
            || self.contacts.is_changed()
            || self.has_new_deferrals
    }

    /// All writes of the step, what is kept with each step among them.
    pub(in crate::automation) fn take_writes(&mut self) -> Vec<WriteOp> {
        self.names.write(&mut self.writes);
        self.contacts.write(&mut self.writes);
        self.has_new_deferrals = false;
        self.counters.queues = self.outbox.queues().collect();
        self.counters.version_counts = self
            .version_counts
            .iter()
            .map(|(&(workflow, version), &count)| (workflow, version, count))
            .collect();
        let counters = self.counters.clone();
        self.put(Keyspace::Meta, b"counters".to_vec(), &counters);
        std::mem::take(&mut self.writes)
    }

    /// Once a step is durable: shrinks the cache and reads what comes next.
    pub(in crate::automation) fn settle<S: Store + ?Sized>(&mut self, store: &S) -> Result<()> {
        self.durable_audit = self.counters.audit;
        self.contacts.shrink();
        self.timers.fill(store)?;
        self.outbox.find_first(store)
    }

    /// Remembers that an event was handled.
    pub(in crate::automation) fn mark_handled(&mut self, key: u128, now: i64) {
        self.dedup.add(key, now, &mut self.writes);
    }

    // Runs of rules.

    pub(in crate::automation) fn runs(&self, rule: NameId, contact: ContactSlot) -> u32 {
        self.contacts.get(contact).runs.of(rule)
    }

    /// Counts a run, up to `most`: no rule needs more.
    pub(in crate::automation) fn count_run(&mut self, rule: NameId, contact: ContactSlot, most: u32) {
        if self.runs(rule, contact) < most {
            self.contacts.change(contact).runs.add(rule);
        }
    }

    /// The last run of a rule with a least time between two, in microseconds since 1970.
    pub(in crate::automation) fn last_run(&self, rule: NameId, contact: ContactSlot) -> Option<i64> {
        find(&self.contacts.get(contact).last_runs, rule).copied()
    }

    /// Remembers the last run of a rule. For a new one it first forgets those that are over.
    pub(in crate::automation) fn set_last_run(
        &mut self,
        rule: NameId,
        contact: ContactSlot,
        at: i64,
        is_over: impl Fn(NameId, i64) -> bool,
    ) {
        let last_runs = &mut self.contacts.change(contact).last_runs;
        if find(last_runs, rule).is_none() {
            last_runs.retain(|&(known, last)| !is_over(known, last));
        }
        set(last_runs, rule, at);
    }

    /// Returns the runs that a rate limit has counted, over all contacts.
    pub(in crate::automation) fn count(&self, limit: NameId) -> Option<PeriodCount> {
        find(&self.counters.rate_counts, limit).copied()
    }

    pub(in crate::automation) fn set_count(&mut self, limit: NameId, count: PeriodCount) {
        set(&mut self.counters.rate_counts, limit, count);
    }

    /// Returns the runs of a contact that a frequency cap has counted.
    pub(in crate::automation) fn count_of(&self, limit: NameId, contact: ContactSlot) -> Option<PeriodCount> {
        find(&self.contacts.get(contact).counts, limit).copied()
    }

    pub(in crate::automation) fn set_count_of(
        &mut self,
        limit: NameId,
        contact: ContactSlot,
        count: PeriodCount,
    ) {
        set(&mut self.contacts.change(contact).counts, limit, count);
    }

    // Reasons that were reported.

    /// Returns `true` if a reason for leaving a contact out was not reported yet since
    /// [`reset_reported`](Self::reset_reported).
    pub(in crate::automation) fn report_once(
        &mut self,
        name: NameId,
        contact: ContactSlot,
        reason: SkipReason,
    ) -> bool {
        let reported = find(&self.contacts.get(contact).reported, name).copied().unwrap_or_default();
        let with_this = reported | 1 << reason as u32;
        if reported == with_this {
            return false;
        }
        set(&mut self.contacts.change(contact).reported, name, with_this);
        true
    }

    pub(in crate::automation) fn reset_reported(&mut self, name: NameId, contact: ContactSlot) {
        if find(&self.contacts.get(contact).reported, name).is_some() {
            take(&mut self.contacts.change(contact).reported, name);
        }
    }

    // Timers.

    pub(in crate::automation) fn schedule(&mut self, due: i64, job: Job) -> Timer {
        self.counters.timer += 1;
        self.counters.waiting += 1;
        let key = (due, self.counters.timer);
        self.put(Keyspace::Timer, timer_key(key), &job);
        self.timers.insert(key, job);
        key
    }

    /// Cancels a timer that waits.
    pub(in crate::automation) fn cancel(&mut self, key: Timer) -> Option<Job> {
        self.counters.waiting = self.counters.waiting.saturating_sub(1);
        self.delete(Keyspace::Timer, timer_key(key));
        self.timers.remove(key)
    }

    // Positions in workflows.

    pub(in crate::automation) fn position(
        &self,
        workflow: NameId,
        contact: ContactSlot,
    ) -> Option<&Position> {
        find(&self.contacts.get(contact).positions, workflow)
    }

    /// Returns `true` if a change of the contact may end something.
    pub(in crate::automation) fn is_inside_or_held(&self, contact: ContactSlot) -> bool {
        let record = self.contacts.get(contact);
        !record.positions.is_empty() || !record.held.is_empty()
    }

    /// Returns the workflows that a contact is in, and the timers that its positions there wait for.
    pub(in crate::automation) fn positions_of(&self, contact: ContactSlot) -> Vec<(NameId, Option<Timer>)> {
        let positions = self.contacts.get(contact).positions.iter();
        positions.map(|(workflow, position)| (*workflow, position.timer)).collect()
    }

    pub(in crate::automation) fn set_position(
        &mut self,
        workflow: NameId,
        contact: ContactSlot,
        position: Position,
    ) {
        *self.version_counts.entry((workflow, position.version)).or_default() += 1;
        if let Some(before) = set(&mut self.contacts.change(contact).positions, workflow, position) {
            self.decrement(workflow, before.version);
        }
    }

    /// Removes a contact from a workflow; its timer is still to be cancelled.
    pub(in crate::automation) fn take_position(
        &mut self,
        workflow: NameId,
        contact: ContactSlot,
    ) -> Option<Position> {
        self.position(workflow, contact)?;
        let position = take(&mut self.contacts.change(contact).positions, workflow)?;
        self.decrement(workflow, position.version);
        Some(position)
    }

    fn decrement(&mut self, workflow: NameId, version: u32) {
        if let Some(count) = self.version_counts.get_mut(&(workflow, version)) {
            *count -= 1;
            if *count == 0 {
                self.version_counts.remove(&(workflow, version));
            }
        }
    }

    pub(in crate::automation) fn has_ended(&self, workflow: NameId, contact: ContactSlot) -> bool {
        self.contacts.get(contact).ended.contains(&workflow)
    }

    pub(in crate::automation) fn set_ended(&mut self, workflow: NameId, contact: ContactSlot) {
        if !self.has_ended(workflow, contact) {
            self.contacts.change(contact).ended.push(workflow);
        }
    }

    // The outbox.

    /// Queues a membership operation, which replaces an earlier one of the same contact and audience.
    ///
    /// Generations follow the clock, so that those of a new store are above those that an old one has sent.
    pub(in crate::automation) fn queue_change(
        &mut self,
        audience: NameId,
        contact: ContactSlot,
        operation: Operation,
    ) -> u64 {
        let now = self.counters.now;
        let generation = u64::try_from(now).unwrap_or(0).max(self.counters.generation + 1);
        self.counters.generation = generation;
        let record = self.contacts.change(contact);
        self.outbox.put(audience, record, LastChange { generation, operation }, now, &mut self.writes);
        generation
    }

    /// Deletes the first operations of an audience, which were sent.
    pub(in crate::automation) fn acknowledge(&mut self, audience: NameId, done: &[QueuedChange]) {
        self.outbox.acknowledge(audience, done, &mut self.writes);
    }

    /// Remembers how many removals of an audience wait in the ledger.
    pub(in crate::automation) fn defer_removals(
        &mut self,
        audience: NameId,
        deferred: Option<DeferredRemovals>,
    ) {
        let (count, tried_at) = deferred.map_or((0, 0), |held| (held.removals, micros(held.tried_at)));
        if self.outbox.defer_removals(audience, count, tried_at) {
            // The counters, which are written with each step, hold it.
            self.has_new_deferrals = true;
        }
    }

    // Contacts that rules may have to take out.

    pub(in crate::automation) fn holding_rules(&self, contact: ContactSlot) -> &[NameId] {
        &self.contacts.get(contact).held
    }

    pub(in crate::automation) fn hold(&mut self, rule: NameId, contact: ContactSlot) {
        if !self.holding_rules(contact).contains(&rule) {
            self.contacts.change(contact).held.push(rule);
        }
    }

    pub(in crate::automation) fn release(&mut self, rule: NameId, contact: ContactSlot) {
        if self.holding_rules(contact).contains(&rule) {
            self.contacts.change(contact).held.retain(|&other| other != rule);
        }
    }

    // Dates.

    pub(in crate::automation) fn date_timer(&self, owner: NameId, contact: ContactSlot) -> Option<Timer> {
        find(&self.contacts.get(contact).dates, owner).copied()
    }

    pub(in crate::automation) fn set_date_timer(
        &mut self,
        owner: NameId,
        contact: ContactSlot,
        timer: Option<Timer>,
    ) {
        if self.date_timer(owner, contact) == timer {
            return;
        }
        let dates = &mut self.contacts.change(contact).dates;
        match timer {
            Some(timer) => drop(set(dates, owner, timer)),
            None => drop(take(dates, owner)),
        }
    }

    // Changes of contacts that are still to be carried out.

    pub(in crate::automation) fn add_effect(&mut self, effect: ContactUpdate) {
        self.counters.effect += 1;
        let number = self.counters.effect;
        self.put(Keyspace::Effect, number.to_be_bytes().to_vec(), &effect);
        self.effects.insert(number, effect);
    }

    pub(in crate::automation) fn remove_effect(&mut self, number: u64) -> Option<ContactUpdate> {
        let effect = self.effects.remove(number)?;
        self.delete(Keyspace::Effect, number.to_be_bytes().to_vec());
        Some(effect)
    }

    pub(in crate::automation) fn next_audit_number(&mut self) -> u64 {
        self.counters.audit += 1;
        self.counters.audit
    }
}
