//! Reading the state back from its store: what does not belong to one contact.

use serde::de::DeserializeOwned;

use super::counters::Counters;
use super::engine_state::State;
use super::outbox::Outbox;
use super::timer_queue::Timers;
use crate::automation::store::store::{Store, Table};
use crate::error::{Error, ErrorKind, Result};

/// Opens the state, with room for `room` contacts in memory.
pub(in crate::automation) fn restore<S: Store + ?Sized>(store: &S, room: usize) -> Result<State> {
    let counters: Counters = match store.get(Table::Meta, b"counters")? {
        Some(value) => read(Table::Meta, &value)?,
        None => Counters::default(),
    };
    let (timers, outbox) = (Timers::open(store)?, Outbox::open(store, counters.lines.clone())?);
    let mut state = State::new(counters, timers, outbox, room);
    each(store, Table::Name, |key, value| {
        if key != state.count_of_names().to_be_bytes() {
            return Err(corrupt(Table::Name));
        }
        state.add_name(std::str::from_utf8(value).map_err(|_| corrupt(Table::Name))?.into());
        Ok(())
    })?;
    each(store, Table::Effect, |key, value| {
        let number = key.first_chunk::<8>().filter(|_| key.len() == 8);
        let number = number.ok_or_else(|| corrupt(Table::Effect))?;
        state.effects.insert(u64::from_be_bytes(*number), read(Table::Effect, value)?);
        Ok(())
    })?;
    Ok(state)
}

pub(in crate::automation) fn each<S: Store + ?Sized>(
    store: &S,
    table: Table,
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<()>,
) -> Result<()> {
    store.scan(table, &[], &mut |key, value| visit(key, value).map(|()| true))
}

pub(in crate::automation) fn read<T: DeserializeOwned>(table: Table, value: &[u8]) -> Result<T> {
    serde_json::from_slice(value).map_err(|_| corrupt(table))
}

pub(super) fn corrupt(table: Table) -> Error {
    Error::new(ErrorKind::Corrupt, "automation state", format!("an entry of {table:?} cannot be read"))
        .expected("the state that this version or an older one wrote")
}
