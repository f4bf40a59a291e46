//! Versions of workflows that contacts are still on.

use crate::automation::definition::definitions::Definitions;
use crate::automation::definition::workflow::Workflow;
use crate::automation::state::engine_state::EngineState;
use crate::automation::store::read;
use crate::automation::store::store::{Keyspace, Store};
use crate::error::Result;

/// Reads the versions that contacts are on and that are no longer the current ones.
pub(in crate::automation) fn load<S: Store>(
    store: &S,
    state: &EngineState,
    definitions: &Definitions,
) -> Result<Vec<Workflow>> {
    let mut older = Vec::new();
    read::each(store, Keyspace::Definition, |_, value| {
        let workflow: Workflow = read::value(Keyspace::Definition, value)?;
        let is_current = definitions
            .workflows
            .iter()
            .any(|current| current.id == workflow.id && current.version == workflow.version);
        if !is_current && is_in_use(state, &workflow) {
            older.push(workflow);
        }
        Ok(())
    })?;
    Ok(older)
}

/// Keeps the current versions for the time when they are old ones.
pub(in crate::automation) fn save(state: &mut EngineState, current: &[Workflow]) {
    for workflow in current {
        state.put(Keyspace::Definition, key(workflow), workflow);
    }
}

/// Deletes versions that no contact is on any more; it returns the others.
pub(in crate::automation) fn prune(state: &mut EngineState, older: Vec<Workflow>) -> Vec<Workflow> {
    let (used, done): (Vec<_>, Vec<_>) = older.into_iter().partition(|workflow| is_in_use(state, workflow));
    for workflow in done {
        state.delete(Keyspace::Definition, key(&workflow));
    }
    used
}

fn is_in_use(state: &EngineState, workflow: &Workflow) -> bool {
    let name = state.names.get(&workflow.id);
    name.is_some_and(|name| state.version_counts.contains_key(&(name, workflow.version)))
}

fn key(workflow: &Workflow) -> Vec<u8> {
    format!("{}\0{}", workflow.id, workflow.version).into_bytes()
}
