//! The engine's memory: maps for speed, and the writes that make a step durable.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde::Serialize;

use super::contacts::Effect;
use super::store::{Table, Write};
use super::work::{Position, Queued, Runs, Work};

/// A name (of a contact, rule, workflow or audience) as a number.
pub(super) type Name = u32;

#[derive(Debug, Default)]
pub(super) struct State {
    numbers: HashMap<Arc<str>, Name>,
    names: Vec<Arc<str>>,
    pub(super) runs: HashMap<(Name, Name), Runs>,
    pub(super) timers: BTreeMap<(i64, u64), Work>,
    positions: HashMap<(Name, Name), Position>,
    inside: HashMap<Name, Vec<Name>>,
    pub(super) outbox: BTreeMap<(Name, Name), Queued>,
    seen: HashMap<u128, i64>,
    seen_in_order: VecDeque<(i64, u128)>,
    held: HashMap<Name, Vec<Name>>,
    ended: HashMap<(Name, Name), ()>,
    dates: HashMap<(Name, Name), (i64, u64)>,
    pub(super) effects: BTreeMap<u64, Effect>,
    pub(super) effects_of: HashMap<Name, Vec<u64>>,
    counters: Counters,
    pub(super) writes: Vec<Write>,
}

/// Numbers that only grow.
#[derive(Debug, Default, Clone, Copy, Serialize, serde::Deserialize)]
pub(super) struct Counters {
    pub(super) timer: u64,
    pub(super) generation: u64,
    pub(super) effect: u64,
    pub(super) audit: u64,
    /// The latest instant that the engine was told, in microseconds since 1970.
    pub(super) now: i64,
}

impl State {
    pub(super) fn name(&mut self, text: &str) -> Name {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let shared: Arc<str> = text.into();
        let number = self.names.len() as Name;
        self.names.push(Arc::clone(&shared));
        self.numbers.insert(shared, number);
        number
    }

    pub(super) fn known(&self, text: &str) -> Option<Name> {
        self.numbers.get(text).copied()
    }

    pub(super) fn text(&self, name: Name) -> Arc<str> {
        self.names.get(name as usize).map_or_else(|| "".into(), Arc::clone)
    }

    fn pair(&self, a: Name, b: Name) -> Vec<u8> {
        let (a, b) = (self.text(a), self.text(b));
        let mut key = Vec::with_capacity(a.len() + b.len() + 1);
        key.extend_from_slice(a.as_bytes());
        key.push(0);
        key.extend_from_slice(b.as_bytes());
        key
    }

    pub(super) fn set_counters(&mut self, counters: Counters) {
        self.counters = counters;
    }

    /// Moves the latest known instant forward.
    pub(super) fn see_now(&mut self, now: i64) {
        self.counters.now = self.counters.now.max(now);
    }

    /// Puts the counters with the writes of a step.
    pub(super) fn write_counters(&mut self) {
        let counters = self.counters;
        self.put(Table::Meta, b"counters".to_vec(), &counters);
    }

    pub(super) fn put<T: Serialize>(&mut self, table: Table, key: Vec<u8>, value: &T) {
        // The values are plain data of this crate: writing them as JSON to memory cannot fail.
        let value = serde_json::to_vec(value).unwrap_or_default();
        self.writes.push(Write { table, key, value: Some(value) });
    }

    pub(super) fn delete(&mut self, table: Table, key: Vec<u8>) {
        self.writes.push(Write { table, key, value: None });
    }

    // Runs of rules.

    pub(super) fn set_runs(&mut self, rule: Name, contact: Name, runs: Runs) {
        self.runs.insert((rule, contact), runs);
        let key = self.pair(rule, contact);
        self.put(Table::Run, key, &runs);
    }

    // Timers.

    pub(super) fn schedule(&mut self, due: i64, work: Work) -> (i64, u64) {
        self.counters.timer += 1;
        let key = (due, self.counters.timer);
        self.put(Table::Timer, timer_key(key), &work);
        self.timers.insert(key, work);
        key
    }

    pub(super) fn cancel(&mut self, key: (i64, u64)) -> Option<Work> {
        let work = self.timers.remove(&key)?;
        self.delete(Table::Timer, timer_key(key));
        Some(work)
    }

    // Places in workflows.

    pub(super) fn position(&self, workflow: Name, contact: Name) -> Option<&Position> {
        self.positions.get(&(workflow, contact))
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = (Name, Name, &Position)> {
        self.positions.iter().map(|(&(workflow, contact), position)| (workflow, contact, position))
    }

    /// The workflows that a contact is in.
    pub(super) fn workflows_of(&self, contact: Name) -> &[Name] {
        self.inside.get(&contact).map_or(&[], Vec::as_slice)
    }

    pub(super) fn set_position(&mut self, workflow: Name, contact: Name, position: Position) {
        let key = self.pair(workflow, contact);
        self.put(Table::Position, key, &position);
        self.restore_position(workflow, contact, position);
    }

    pub(super) fn restore_position(&mut self, workflow: Name, contact: Name, position: Position) {
        if self.positions.insert((workflow, contact), position).is_none() {
            self.inside.entry(contact).or_default().push(workflow);
        }
    }

    /// Takes a contact out of a workflow, and its timer with it.
    pub(super) fn take_position(&mut self, workflow: Name, contact: Name) -> Option<Position> {
        let position = self.positions.remove(&(workflow, contact))?;
        if let Some(inside) = self.inside.get_mut(&contact) {
            inside.retain(|&other| other != workflow);
            if inside.is_empty() {
                self.inside.remove(&contact);
            }
        }
        if let Some(timer) = position.timer {
            self.cancel(timer);
        }
        let key = self.pair(workflow, contact);
        self.delete(Table::Position, key);
        Some(position)
    }

    pub(super) fn has_ended(&self, workflow: Name, contact: Name) -> bool {
        self.ended.contains_key(&(workflow, contact))
    }

    pub(super) fn set_ended(&mut self, workflow: Name, contact: Name) {
        if self.ended.insert((workflow, contact), ()).is_none() {
            let key = self.pair(workflow, contact);
            self.put(Table::Ended, key, &());
        }
    }

    pub(super) fn restore_ended(&mut self, workflow: Name, contact: Name) {
        self.ended.insert((workflow, contact), ());
    }

    // The outbox.

    /// Puts a membership operation in place of any earlier one of the same person and audience.
    pub(super) fn queue(&mut self, audience: Name, contact: Name, add: bool, at: i64) -> u64 {
        self.counters.generation += 1;
        let queued = Queued { add, generation: self.counters.generation, at };
        let key = self.pair(audience, contact);
        self.put(Table::Outbox, key, &queued);
        self.outbox.insert((audience, contact), queued);
        queued.generation
    }

    /// Forgets an operation that was sent, unless a later one has taken its place.
    pub(super) fn sent(&mut self, audience: Name, contact: Name, generation: u64) {
        if self.outbox.get(&(audience, contact)).is_some_and(|queued| queued.generation == generation) {
            self.outbox.remove(&(audience, contact));
            let key = self.pair(audience, contact);
            self.delete(Table::Outbox, key);
        }
    }

    // Events that were handled.

    pub(super) fn is_seen(&self, key: u128) -> bool {
        self.seen.contains_key(&key)
    }

    pub(super) fn set_seen(&mut self, key: u128, now: i64) {
        self.restore_seen(key, now);
        self.put(Table::Seen, key.to_be_bytes().to_vec(), &now);
    }

    pub(super) fn restore_seen(&mut self, key: u128, at: i64) {
        self.seen.insert(key, at);
        self.seen_in_order.push_back((at, key));
    }

    pub(super) fn sort_seen(&mut self) {
        self.seen_in_order.make_contiguous().sort_unstable();
    }

    /// Forgets events that were handled before `until`, at most `most` at a time.
    pub(super) fn forget_seen(&mut self, until: i64, most: usize) {
        for _ in 0..most {
            match self.seen_in_order.front() {
                Some(&(at, key)) if at < until => {
                    self.seen_in_order.pop_front();
                    self.seen.remove(&key);
                    self.delete(Table::Seen, key.to_be_bytes().to_vec());
                }
                _ => break,
            }
        }
    }

    // Contacts that rules may have to take out.

    pub(super) fn rules_holding(&self, contact: Name) -> &[Name] {
        self.held.get(&contact).map_or(&[], Vec::as_slice)
    }

    pub(super) fn held(&self) -> Vec<Name> {
        let mut contacts: Vec<_> = self.held.keys().copied().collect();
        contacts.sort_unstable();
        contacts
    }

    pub(super) fn hold(&mut self, rule: Name, contact: Name) {
        if !self.rules_holding(contact).contains(&rule) {
            self.restore_held(rule, contact);
            let key = self.pair(rule, contact);
            self.put(Table::Held, key, &());
        }
    }

    pub(super) fn restore_held(&mut self, rule: Name, contact: Name) {
        self.held.entry(contact).or_default().push(rule);
    }

    pub(super) fn release(&mut self, rule: Name, contact: Name) {
        if let Some(rules) = self.held.get_mut(&contact) {
            rules.retain(|&other| other != rule);
            if rules.is_empty() {
                self.held.remove(&contact);
            }
            let key = self.pair(rule, contact);
            self.delete(Table::Held, key);
        }
    }

    // Dates.

    pub(super) fn date_timer(&self, owner: Name, contact: Name) -> Option<(i64, u64)> {
        self.dates.get(&(owner, contact)).copied()
    }

    pub(super) fn set_date_timer(&mut self, owner: Name, contact: Name, timer: Option<(i64, u64)>) {
        match timer {
            Some(timer) => self.dates.insert((owner, contact), timer),
            None => self.dates.remove(&(owner, contact)),
        };
    }

    // Changes of contacts that are still to be carried out.

    pub(super) fn add_effect(&mut self, contact: Name, effect: Effect) {
        self.counters.effect += 1;
        let number = self.counters.effect;
        self.put(Table::Effect, number.to_be_bytes().to_vec(), &effect);
        self.restore_effect(number, contact, effect);
    }

    pub(super) fn restore_effect(&mut self, number: u64, contact: Name, effect: Effect) {
        self.effects.insert(number, effect);
        self.effects_of.entry(contact).or_default().push(number);
    }

    pub(super) fn effect_done(&mut self, number: u64) {
        let Some(effect) = self.effects.remove(&number) else { return };
        if let Some(contact) = self.known(&effect.contact)
            && let Some(numbers) = self.effects_of.get_mut(&contact)
        {
            numbers.retain(|&other| other != number);
            if numbers.is_empty() {
                self.effects_of.remove(&contact);
            }
        }
        self.delete(Table::Effect, number.to_be_bytes().to_vec());
    }

    pub(super) fn next_audit_number(&mut self) -> u64 {
        self.counters.audit += 1;
        self.counters.audit
    }
}

/// A key whose bytes sort as the instants do.
pub(super) fn timer_key((due, number): (i64, u64)) -> Vec<u8> {
    let mut key = Vec::with_capacity(16);
    key.extend_from_slice(&((due as u64) ^ (1 << 63)).to_be_bytes());
    key.extend_from_slice(&number.to_be_bytes());
    key
}

pub(super) fn read_timer_key(key: &[u8]) -> Option<(i64, u64)> {
    let (due, rest) = key.split_first_chunk::<8>()?;
    let number = rest.first_chunk::<8>().filter(|_| rest.len() == 8)?;
    Some(((u64::from_be_bytes(*due) ^ (1 << 63)) as i64, u64::from_be_bytes(*number)))
}
