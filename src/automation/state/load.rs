//! Reading the state back from its store: what does not belong to one contact.

use serde::de::DeserializeOwned;

use super::counters::Counters;
use super::engine_state::EngineState;
use super::outbox::Outbox;
use super::timer_queue::TimerQueue;
use crate::automation::store::store::{Keyspace, Store};
use crate::error::{Error, ErrorKind, Result};

/// Opens the state, with room for `room` contacts in memory.
pub(in crate::automation) fn restore<S: Store + ?Sized>(store: &S, room: usize) -> Result<EngineState> {
    let counters: Counters = match store.get(Keyspace::Meta, b"counters")? {
        Some(value) => read(Keyspace::Meta, &value)?,
        None => Counters::default(),
    };
    let (timers, outbox) = (TimerQueue::open(store)?, Outbox::open(store, counters.lines.clone())?);
    let mut state = EngineState::new(counters, timers, outbox, room);
    each(store, Keyspace::Name, |key, value| {
        if key != state.count_of_names().to_be_bytes() {
            return Err(corrupt(Keyspace::Name));
        }
        state.add_name(std::str::from_utf8(value).map_err(|_| corrupt(Keyspace::Name))?.into());
        Ok(())
    })?;
    each(store, Keyspace::Effect, |key, value| {
        let number = key.first_chunk::<8>().filter(|_| key.len() == 8);
        let number = number.ok_or_else(|| corrupt(Keyspace::Effect))?;
        state.effects.insert(u64::from_be_bytes(*number), read(Keyspace::Effect, value)?);
        Ok(())
    })?;
    Ok(state)
}

pub(in crate::automation) fn each<S: Store + ?Sized>(
    store: &S,
    table: Keyspace,
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<()>,
) -> Result<()> {
    store.scan(table, &[], &mut |key, value| visit(key, value).map(|()| true))
}

pub(in crate::automation) fn read<T: DeserializeOwned>(table: Keyspace, value: &[u8]) -> Result<T> {
    serde_json::from_slice(value).map_err(|_| corrupt(table))
}

pub(super) fn corrupt(table: Keyspace) -> Error {
    Error::new(ErrorKind::Corrupt, "automation state", format!("an entry of {table:?} cannot be read"))
        .expected("the state that this version or an older one wrote")
}
