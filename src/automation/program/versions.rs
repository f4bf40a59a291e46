//! Versions of workflows that contacts are still on.

use crate::automation::contact_store::store::ContactStore;
use crate::automation::definition::definitions::Definitions;
use crate::automation::definition::workflow::Workflow;
use crate::automation::engine::AutomationEngine;
use crate::automation::state::engine_state::EngineState;
use crate::automation::state::load;
use crate::automation::store::store::{Keyspace, Store};
use crate::error::Result;

/// Reads the versions that contacts are on and that are no longer the current ones.
pub(in crate::automation) fn read<S: Store>(
    store: &S,
    state: &EngineState,
    definitions: &Definitions,
) -> Result<Vec<Workflow>> {
    let mut older = Vec::new();
    load::each(store, Keyspace::Definition, |_, value| {
        let workflow: Workflow = load::read(Keyspace::Definition, value)?;
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

fn is_walked(state: &EngineState, workflow: &Workflow) -> bool {
    let name = state.known(&workflow.id);
    name.is_some_and(|name| state.walking.contains_key(&(name, workflow.version)))
}

fn key(workflow: &Workflow) -> Vec<u8> {
    format!("{}\0{}", workflow.id, workflow.version).into_bytes()
}

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// Keeps the current versions for the time when they are old ones.
    pub(in crate::automation) fn keep_definitions(&mut self) {
        for workflow in self.definitions.workflows.clone() {
            self.state.put(Keyspace::Definition, key(&workflow), &workflow);
        }
    }

    /// Drops versions that no contact is on any more.
    pub(in crate::automation) fn forget_old_versions(&mut self) {
        let (walked, done): (Vec<_>, Vec<_>) = std::mem::take(&mut self.older)
            .into_iter()
            .partition(|workflow| is_walked(&self.state, workflow));
        self.older = walked;
        for workflow in done {
            self.state.delete(Keyspace::Definition, key(&workflow));
        }
    }
}
