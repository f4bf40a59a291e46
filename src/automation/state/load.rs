//! Reading the state back from its store: what does not belong to one contact.

use super::counters::Counters;
use super::engine_state::EngineState;
use super::outbox::Outbox;
use super::timer_queue::TimerQueue;
use crate::automation::store::read;
use crate::automation::store::store::{Keyspace, Store};
use crate::error::Result;

/// Reads the state of a store, with at most `capacity` contacts in memory between steps.
pub(in crate::automation) fn load<S: Store + ?Sized>(store: &S, capacity: usize) -> Result<EngineState> {
    let counters: Counters = match store.get(Keyspace::Meta, b"counters")? {
        Some(value) => read::value(Keyspace::Meta, &value)?,
        None => Counters::default(),
    };
    let (timers, outbox) = (TimerQueue::open(store)?, Outbox::open(store, counters.queues.clone())?);
    let mut state = EngineState::new(counters, timers, outbox, capacity);
    read::each(store, Keyspace::Name, |key, value| {
        if key != state.names.len().to_be_bytes() {
            return Err(read::corrupt(Keyspace::Name));
        }
        state.names.load(std::str::from_utf8(value).map_err(|_| read::corrupt(Keyspace::Name))?.into());
        Ok(())
    })?;
    read::each(store, Keyspace::Effect, |key, value| {
        let number = key.first_chunk::<8>().filter(|_| key.len() == 8);
        let number = number.ok_or_else(|| read::corrupt(Keyspace::Effect))?;
        state.effects.insert(u64::from_be_bytes(*number), read::value(Keyspace::Effect, value)?);
        Ok(())
    })?;
    Ok(state)
}
