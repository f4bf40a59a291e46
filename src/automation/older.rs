//! Versions of workflows that contacts are still on.

use super::contacts::ContactStore;
use super::definitions::Definitions;
use super::engine::Engine;
use super::restore;
use super::state::State;
use super::store::{Store, Table};
use super::workflow::Workflow;
use crate::error::Result;

/// Reads the versions that contacts are on and that are no longer the current ones.
pub(super) fn read<S: Store>(store: &S, state: &State, definitions: &Definitions) -> Result<Vec<Workflow>> {
    let mut older = Vec::new();
    restore::each(store, Table::Definition, |_, value| {
        let workflow: Workflow = restore::read(Table::Definition, value)?;
        let is_current = definitions
            .workflows
            .iter()
            .any(|current| current.id == workflow.id && current.version == workflow.version);
        if !is_current && is_walked(state, &workflow) {
            older.push(workflow);
        }
        Ok(())
    })?;
    Ok(older)
}

fn is_walked(state: &State, workflow: &Workflow) -> bool {
    let name = state.known(&workflow.id);
    name.is_some_and(|name| state.walking.contains_key(&(name, workflow.version)))
}

fn key(workflow: &Workflow) -> Vec<u8> {
    format!("{}\0{}", workflow.id, workflow.version).into_bytes()
}

impl<S: Store, C: ContactStore> Engine<S, C> {
    /// Keeps the current versions for the time when they are old ones.
    pub(super) fn keep_definitions(&mut self) {
        for workflow in self.definitions.workflows.clone() {
            self.state.put(Table::Definition, key(&workflow), &workflow);
        }
    }

    /// Drops versions that no contact is on any more.
    pub(super) fn forget_old_versions(&mut self) {
        let (walked, done): (Vec<_>, Vec<_>) = std::mem::take(&mut self.older)
            .into_iter()
            .partition(|workflow| is_walked(&self.state, workflow));
        self.older = walked;
        for workflow in done {
            self.state.delete(Table::Definition, key(&workflow));
        }
    }
}
