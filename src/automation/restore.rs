//! Reading the state back from its store.

use serde::de::DeserializeOwned;

use super::state::{Name, State, read_timer_key};
use super::store::{Store, Table};
use super::work::Work;
use crate::error::{Error, ErrorKind, Result};

/// Reads everything but the definitions and the audit log.
pub(super) fn restore<S: Store + ?Sized>(store: &S) -> Result<State> {
    let mut state = State::default();
    each(store, Table::Meta, |key, value| {
        if key == b"counters" {
            state.set_counters(read(Table::Meta, value)?);
        }
        Ok(())
    })?;
    each(store, Table::Run, |key, value| {
        let (rule, contact) = pair(&mut state, Table::Run, key)?;
        state.runs.insert((rule, contact), read(Table::Run, value)?);
        Ok(())
    })?;
    each(store, Table::Timer, |key, value| {
        let key = read_timer_key(key).ok_or_else(|| corrupt(Table::Timer))?;
        let work: Work = read(Table::Timer, value)?;
        if let Work::Date { owner, contact } = &work {
            let (owner, contact) = (state.name(owner), state.name(contact));
            state.set_date_timer(owner, contact, Some(key));
        }
        state.timers.insert(key, work);
        Ok(())
    })?;
    each(store, Table::Position, |key, value| {
        let (workflow, contact) = pair(&mut state, Table::Position, key)?;
        state.restore_position(workflow, contact, read(Table::Position, value)?);
        Ok(())
    })?;
    each(store, Table::Outbox, |key, value| {
        let (audience, contact) = pair(&mut state, Table::Outbox, key)?;
        state.outbox.insert((audience, contact), read(Table::Outbox, value)?);
        Ok(())
    })?;
    each(store, Table::Seen, |key, value| {
        let key = key.first_chunk::<16>().filter(|_| key.len() == 16).ok_or_else(|| corrupt(Table::Seen))?;
        state.restore_seen(u128::from_be_bytes(*key), read(Table::Seen, value)?);
        Ok(())
    })?;
    state.sort_seen();
    each(store, Table::Held, |key, _| {
        let (rule, contact) = pair(&mut state, Table::Held, key)?;
        state.restore_held(rule, contact);
        Ok(())
    })?;
    each(store, Table::Ended, |key, _| {
        let (workflow, contact) = pair(&mut state, Table::Ended, key)?;
        state.restore_ended(workflow, contact);
        Ok(())
    })?;
    each(store, Table::Effect, |key, value| {
        let number =
            key.first_chunk::<8>().filter(|_| key.len() == 8).ok_or_else(|| corrupt(Table::Effect))?;
        let effect: super::contacts::Effect = read(Table::Effect, value)?;
        let contact = state.name(&effect.contact);
        state.restore_effect(u64::from_be_bytes(*number), contact, effect);
        Ok(())
    })?;
    Ok(state)
}

pub(super) fn each<S: Store + ?Sized>(
    store: &S,
    table: Table,
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<()>,
) -> Result<()> {
    store.scan(table, &[], &mut |key, value| visit(key, value).map(|()| true))
}

pub(super) fn read<T: DeserializeOwned>(table: Table, value: &[u8]) -> Result<T> {
    serde_json::from_slice(value).map_err(|_| corrupt(table))
}

fn pair(state: &mut State, table: Table, key: &[u8]) -> Result<(Name, Name)> {
    let text = std::str::from_utf8(key).map_err(|_| corrupt(table))?;
    let (a, b) = text.split_once('\0').ok_or_else(|| corrupt(table))?;
    Ok((state.name(a), state.name(b)))
}

fn corrupt(table: Table) -> Error {
    Error::new(ErrorKind::Corrupt, "automation state", format!("an entry of {table:?} cannot be read"))
        .expected("the state that this version or an older one wrote")
}
