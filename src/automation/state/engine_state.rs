//! The engine's memory: what a step needs of the store, and the writes that make the step durable.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;

use super::audit::SkipReason;
use super::contact_cache::{ContactCache, ContactSlot};
use super::contact_record::{LastChange, Timer};
use super::counters::Counters;
use super::dedup::EventDedup;
use super::effect_queue::EffectQueue;
use super::job::{Job, Position};
use super::outbox::{Outbox, PendingChange};
use super::timer_queue::{TimerQueue, timer_key};
use crate::automation::contact_store::store::ContactUpdate;
use crate::automation::definition::frequency::PeriodCount;
use crate::automation::execute::flush::DeferredRemovals;
use crate::automation::store::store::{Keyspace, Store, WriteOp};
use crate::automation::timestamp::micros;
use crate::error::Result;

/// The id of a rule, workflow or audience as a number. The store keeps it for ever.
pub(in crate::automation) type NameId = u32;

#[derive(Debug)]
pub(in crate::automation) struct EngineState {
    numbers: HashMap<Arc<str>, NameId>,
    names: Vec<Arc<str>>,
    pub(in crate::automation) people: ContactCache,
    pub(in crate::automation) timers: TimerQueue,
    pub(in crate::automation) outbox: Outbox,
    pub(in crate::automation) seen: EventDedup,
    pub(in crate::automation) effects: EffectQueue,
    /// How many contacts are on a version of a workflow.
    pub(in crate::automation) walking: BTreeMap<(NameId, u32), u64>,
    pub(in crate::automation) counters: Counters,
    /// The last entry of the audit log that is durable.
    pub(in crate::automation) audit_in_store: u64,
    /// True when a line of the outbox has changed and nothing in it.
    is_held_back: bool,
    pub(in crate::automation) writes: Vec<WriteOp>,
}

impl EngineState {
    /// What a store begins with, and the counters that it has kept.
    pub(in crate::automation) fn new(
        counters: Counters,
        timers: TimerQueue,
        outbox: Outbox,
        room: usize,
    ) -> Self {
        let walking = counters.walking.iter();
        Self {
            numbers: HashMap::new(),
            names: Vec::new(),
            people: ContactCache::new(room),
            timers,
            outbox,
            seen: EventDedup::default(),
            effects: EffectQueue::default(),
            walking: walking.map(|&(name, version, count)| ((name, version), count)).collect(),
            audit_in_store: counters.audit,
            counters,
            is_held_back: false,
            writes: Vec::new(),
        }
    }

    pub(in crate::automation) fn name(&mut self, text: &str) -> NameId {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.names.len() as NameId;
        self.add_name(text.into());
        let value = Some(text.as_bytes().to_vec());
        self.writes.push(WriteOp { table: Keyspace::Name, key: number.to_be_bytes().to_vec(), value });
        number
    }

    /// Takes in a name that the store has.
    pub(super) fn add_name(&mut self, text: Arc<str>) {
        self.numbers.insert(Arc::clone(&text), self.names.len() as NameId);
        self.names.push(text);
    }

    pub(in crate::automation) fn known(&self, text: &str) -> Option<NameId> {
        self.numbers.get(text).copied()
    }

    pub(super) fn count_of_names(&self) -> NameId {
        self.names.len() as NameId
    }

    pub(in crate::automation) fn text(&self, name: NameId) -> Arc<str> {
        self.names.get(name as usize).map_or_else(|| "".into(), Arc::clone)
    }

    /// Reads a contact into memory for this step.
    pub(in crate::automation) fn fetch<S: Store + ?Sized>(
        &mut self,
        store: &S,
        id: &str,
    ) -> Result<ContactSlot> {
        self.people.fetch(store, id)
    }

    /// The host's id of a contact.
    pub(in crate::automation) fn id(&self, who: ContactSlot) -> Arc<str> {
        Arc::clone(&self.people.get(who).id)
    }

    /// Moves the latest known instant forward.
    pub(in crate::automation) fn see_now(&mut self, now: i64) {
        self.counters.now = self.counters.now.max(now);
    }

    pub(in crate::automation) fn put<T: Serialize>(&mut self, table: Keyspace, key: Vec<u8>, value: &T) {
        // The values are plain data of this crate: writing them as JSON to memory cannot fail.
        let value = serde_json::to_vec(value).unwrap_or_default();
        self.writes.push(WriteOp { table, key, value: Some(value) });
    }

    pub(in crate::automation) fn delete(&mut self, table: Keyspace, key: Vec<u8>) {
        self.writes.push(WriteOp { table, key, value: None });
    }

    pub(in crate::automation) fn is_changed(&self) -> bool {
        !self.writes.is_empty() || self.people.is_changed() || self.is_held_back
    }

    /// All writes of the step, what is kept with each step among them.
    pub(in crate::automation) fn take_writes(&mut self) -> Vec<WriteOp> {
        self.people.write(&mut self.writes);
        self.is_held_back = false;
        self.counters.lines = self.outbox.lines().collect();
        self.counters.walking =
            self.walking.iter().map(|(&(workflow, version), &count)| (workflow, version, count)).collect();
        let counters = self.counters.clone();
        self.put(Keyspace::Meta, b"counters".to_vec(), &counters);
        std::mem::take(&mut self.writes)
    }

    /// Once a step is durable: makes room, and reads what comes next.
    pub(in crate::automation) fn settle<S: Store + ?Sized>(&mut self, store: &S) -> Result<()> {
        self.audit_in_store = self.counters.audit;
        self.people.shrink();
        self.timers.fill(store)?;
        self.outbox.find_first(store)
    }

    /// Remembers that an event was handled.
    pub(in crate::automation) fn see(&mut self, key: u128, now: i64) {
        self.seen.add(key, now, &mut self.writes);
    }

    // Runs of rules.

    pub(in crate::automation) fn runs(&self, rule: NameId, who: ContactSlot) -> u32 {
        self.people.get(who).runs.of(rule)
    }

    /// Counts a run, up to `most`: nothing can ask for more.
    pub(in crate::automation) fn count_run(&mut self, rule: NameId, who: ContactSlot, most: u32) {
        if self.runs(rule, who) < most {
            self.people.change(who).runs.add(rule);
        }
    }

    /// The last run of a rule with a least time between two, in microseconds since 1970.
    pub(in crate::automation) fn last_run(&self, rule: NameId, who: ContactSlot) -> Option<i64> {
        find(&self.people.get(who).last_runs, rule).copied()
    }

    /// Remembers the last run of a rule. For a new one it first forgets those that are over.
    pub(in crate::automation) fn set_last_run(
        &mut self,
        rule: NameId,
        who: ContactSlot,
        at: i64,
        is_over: impl Fn(NameId, i64) -> bool,
    ) {
        let last_runs = &mut self.people.change(who).last_runs;
        if find(last_runs, rule).is_none() {
            last_runs.retain(|&(known, last)| !is_over(known, last));
        }
        set(last_runs, rule, at);
    }

    /// Runs that a cap has seen, over all contacts.
    pub(in crate::automation) fn count(&self, cap: NameId) -> Option<PeriodCount> {
        find(&self.counters.caps, cap).copied()
    }

    pub(in crate::automation) fn set_count(&mut self, cap: NameId, count: PeriodCount) {
        set(&mut self.counters.caps, cap, count);
    }

    /// Runs of a contact that a limit has seen.
    pub(in crate::automation) fn count_of(&self, limit: NameId, who: ContactSlot) -> Option<PeriodCount> {
        find(&self.people.get(who).counts, limit).copied()
    }

    pub(in crate::automation) fn set_count_of(
        &mut self,
        limit: NameId,
        who: ContactSlot,
        count: PeriodCount,
    ) {
        set(&mut self.people.change(who).counts, limit, count);
    }

    // What was told.

    /// True when a reason for leaving a contact out was not told yet since [`tell_again`](Self::tell_again).
    pub(in crate::automation) fn tell_once(
        &mut self,
        name: NameId,
        who: ContactSlot,
        reason: SkipReason,
    ) -> bool {
        let told = find(&self.people.get(who).told, name).copied().unwrap_or_default();
        let with_this = told | 1 << reason as u32;
        if told == with_this {
            return false;
        }
        set(&mut self.people.change(who).told, name, with_this);
        true
    }

    pub(in crate::automation) fn tell_again(&mut self, name: NameId, who: ContactSlot) {
        if find(&self.people.get(who).told, name).is_some() {
            take(&mut self.people.change(who).told, name);
        }
    }

    // Timers.

    pub(in crate::automation) fn schedule(&mut self, due: i64, work: Job) -> Timer {
        self.counters.timer += 1;
        self.counters.waiting += 1;
        let key = (due, self.counters.timer);
        self.put(Keyspace::Timer, timer_key(key), &work);
        self.timers.insert(key, work);
        key
    }

    /// Takes away a timer that waits.
    pub(in crate::automation) fn cancel(&mut self, key: Timer) -> Option<Job> {
        self.counters.waiting = self.counters.waiting.saturating_sub(1);
        self.delete(Keyspace::Timer, timer_key(key));
        self.timers.remove(key)
    }

    // Places in workflows.

    pub(in crate::automation) fn position(&self, workflow: NameId, who: ContactSlot) -> Option<&Position> {
        find(&self.people.get(who).positions, workflow)
    }

    /// True when a change of the contact may end something.
    pub(in crate::automation) fn is_inside_or_held(&self, who: ContactSlot) -> bool {
        let person = self.people.get(who);
        !person.positions.is_empty() || !person.held.is_empty()
    }

    /// The workflows that a contact is in, and the timers that its places there wait for.
    pub(in crate::automation) fn places_of(&self, who: ContactSlot) -> Vec<(NameId, Option<Timer>)> {
        let positions = self.people.get(who).positions.iter();
        positions.map(|(workflow, position)| (*workflow, position.timer)).collect()
    }

    pub(in crate::automation) fn set_position(
        &mut self,
        workflow: NameId,
        who: ContactSlot,
        position: Position,
    ) {
        *self.walking.entry((workflow, position.version)).or_default() += 1;
        if let Some(before) = set(&mut self.people.change(who).positions, workflow, position) {
            self.one_less(workflow, before.version);
        }
    }

    /// Takes a contact out of a workflow; its timer is still to be taken away.
    pub(in crate::automation) fn take_position(
        &mut self,
        workflow: NameId,
        who: ContactSlot,
    ) -> Option<Position> {
        self.position(workflow, who)?;
        let position = take(&mut self.people.change(who).positions, workflow)?;
        self.one_less(workflow, position.version);
        Some(position)
    }

    fn one_less(&mut self, workflow: NameId, version: u32) {
        if let Some(count) = self.walking.get_mut(&(workflow, version)) {
            *count -= 1;
            if *count == 0 {
                self.walking.remove(&(workflow, version));
            }
        }
    }

    pub(in crate::automation) fn has_ended(&self, workflow: NameId, who: ContactSlot) -> bool {
        self.people.get(who).ended.contains(&workflow)
    }

    pub(in crate::automation) fn set_ended(&mut self, workflow: NameId, who: ContactSlot) {
        if !self.has_ended(workflow, who) {
            self.people.change(who).ended.push(workflow);
        }
    }

    // The outbox.

    /// Puts a membership operation in place of any earlier one of the same contact and audience.
    ///
    /// Generations follow the clock, so that those of a new store are above those that an old one has sent.
    pub(in crate::automation) fn queue(&mut self, audience: NameId, who: ContactSlot, add: bool) -> u64 {
        let now = self.counters.now;
        let generation = u64::try_from(now).unwrap_or(0).max(self.counters.generation + 1);
        self.counters.generation = generation;
        let person = self.people.change(who);
        self.outbox.put(audience, person, LastChange { generation, add }, now, &mut self.writes);
        generation
    }

    /// Forgets the first operations of an audience, which are done with.
    pub(in crate::automation) fn sent(&mut self, audience: NameId, done: &[PendingChange]) {
        self.outbox.sent(audience, done, &mut self.writes);
    }

    /// Remembers how many removals of an audience wait in the ledger.
    pub(in crate::automation) fn hold_back(&mut self, audience: NameId, held: Option<DeferredRemovals>) {
        let (count, tried_at) = held.map_or((0, 0), |held| (held.removals, micros(held.tried_at)));
        if self.outbox.hold_back(audience, count, tried_at) {
            // The counters, which are written with each step, hold it.
            self.is_held_back = true;
        }
    }

    // Contacts that rules may have to take out.

    pub(in crate::automation) fn rules_holding(&self, who: ContactSlot) -> &[NameId] {
        &self.people.get(who).held
    }

    pub(in crate::automation) fn hold(&mut self, rule: NameId, who: ContactSlot) {
        if !self.rules_holding(who).contains(&rule) {
            self.people.change(who).held.push(rule);
        }
    }

    pub(in crate::automation) fn release(&mut self, rule: NameId, who: ContactSlot) {
        if self.rules_holding(who).contains(&rule) {
            self.people.change(who).held.retain(|&other| other != rule);
        }
    }

    // Dates.

    pub(in crate::automation) fn date_timer(&self, owner: NameId, who: ContactSlot) -> Option<Timer> {
        find(&self.people.get(who).dates, owner).copied()
    }

    pub(in crate::automation) fn set_date_timer(
        &mut self,
        owner: NameId,
        who: ContactSlot,
        timer: Option<Timer>,
    ) {
        if self.date_timer(owner, who) == timer {
            return;
        }
        let dates = &mut self.people.change(who).dates;
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

    pub(in crate::automation) fn effect_done(&mut self, number: u64) -> Option<ContactUpdate> {
        let effect = self.effects.remove(number)?;
        self.delete(Keyspace::Effect, number.to_be_bytes().to_vec());
        Some(effect)
    }

    pub(in crate::automation) fn next_audit_number(&mut self) -> u64 {
        self.counters.audit += 1;
        self.counters.audit
    }
}

fn find<T>(list: &[(NameId, T)], name: NameId) -> Option<&T> {
    list.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

fn set<T>(list: &mut Vec<(NameId, T)>, name: NameId, value: T) -> Option<T> {
    match list.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => Some(std::mem::replace(known, value)),
        None => {
            list.push((name, value));
            None
        }
    }
}

fn take<T>(list: &mut Vec<(NameId, T)>, name: NameId) -> Option<T> {
    let at = list.iter().position(|(known, _)| *known == name)?;
    Some(list.remove(at).1)
}
