//! New definitions for a running engine: which versions of workflows stay, and contacts that move to new ones.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::commit;
use super::context::Step;
use crate::automation::definition::definitions::Definitions;
use crate::automation::definition::workflow::{Node, Workflow};
use crate::automation::program::compiled::Program;
use crate::automation::state::contact_cache;
use crate::automation::state::engine_state::EngineState;
use crate::automation::state::job::{Job, Position};
use crate::automation::store::store::Store;
use crate::error::{Result, ValidationErrors};

/// What becomes of contacts that are in a workflow when it is edited.
///
/// ```
/// use audiencekit::automation::WorkflowMigration;
///
/// assert_eq!(WorkflowMigration::default(), WorkflowMigration::PinVersion);
/// let migration = WorkflowMigration::move_to([("wait", "wait_longer")]);
/// assert_ne!(migration, WorkflowMigration::PinVersion);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorkflowMigration {
    /// They finish the version that they entered.
    #[default]
    PinVersion,
    /// They continue in the new version, at the node of the same id or at the node named here. A wait continues with the
    /// time that it had left.
    MoveToNode {
        /// Nodes of the old version and the nodes of the new version that replace them.
        renamed: HashMap<String, String>,
    },
}

impl WorkflowMigration {
    /// Creates a migration that moves contacts to the new version. `renamed` pairs nodes of the old version with nodes of
    /// the new one; other nodes keep their ids.
    #[must_use]
    pub fn move_to<F: Into<String>, T: Into<String>>(renamed: impl IntoIterator<Item = (F, T)>) -> Self {
        Self::MoveToNode { renamed: renamed.into_iter().map(|(from, to)| (from.into(), to.into())).collect() }
    }
}

/// Contacts that are moved between two commits.
const MOVED_AT_ONCE: usize = 1_000;

/// Returns the versions of workflows that are not current any more, those that were so before among them.
pub(in crate::automation) fn retired(
    before: &[Workflow],
    older: &[Workflow],
    definitions: &Definitions,
    problems: &mut ValidationErrors,
) -> Vec<Workflow> {
    for (index, workflow) in definitions.workflows.iter().enumerate() {
        let before = before.iter().find(|before| before.id == workflow.id);
        if before.is_some_and(|before| before.version == workflow.version && before != workflow) {
            problems.push(
                format!("workflows[{index}].version"),
                "unchanged",
                "is unchanged although the workflow has changed; raise it",
            );
        }
    }
    let is_same = |before: &Workflow| definitions.workflows.contains(before);
    let mut retired = older.to_vec();
    retired.extend(before.iter().filter(|before| !is_same(before)).cloned());
    retired.retain(|old| {
        !definitions.workflows.iter().any(|now| now.id == old.id && now.version == old.version)
    });
    retired
}

/// Checks that every contact that would move waits at a node where the new version waits as well.
pub(in crate::automation) fn check_moves<S: Store>(
    store: &S,
    state: &EngineState,
    program: &Program,
    definitions: &Definitions,
    renamed: &HashMap<String, String>,
    problems: &mut ValidationErrors,
) -> Result<()> {
    contact_cache::each(store, &[], &mut |record| {
        for (name, position) in &record.positions {
            let id = state.names.text(*name);
            let mut workflows = definitions.workflows.iter().enumerate();
            let Some((index, workflow)) = workflows.find(|(_, workflow)| *workflow.id == *id) else {
                continue;
            };
            if position.version == workflow.version {
                continue;
            }
            let to = renamed.get(&position.node).unwrap_or(&position.node);
            let waits_for_hours = program
                .workflow(*name, position.version)
                .and_then(|compiled| compiled.node(&position.node))
                .is_some_and(|before| matches!(before.node, Node::Do { .. }));
            let fits = |now: &Node| now.holds() || waits_for_hours && matches!(now, Node::Do { .. });
            if workflow.nodes.get(to).is_some_and(fits) {
                continue;
            }
            let path = format!("workflows[{index}].nodes.{to}");
            if !problems.problems().iter().any(|problem| problem.field == path) {
                problems.push(
                    path,
                    "not_a_wait",
                    "has waiting contacts, and the new version does not wait there; rename it or keep a wait",
                );
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Moves all contacts that are in workflows to the current versions.
pub(in crate::automation) fn move_all<S: Store, C>(
    step: &mut Step<'_, S, C>,
    current: &[Workflow],
    renamed: &HashMap<String, String>,
) -> Result<()> {
    let mut last = Vec::new();
    loop {
        let mut inside = Vec::new();
        let after = std::mem::take(&mut last);
        contact_cache::each(step.store, &after, &mut |record| {
            last = record.id.as_bytes().to_vec();
            if !record.positions.is_empty() {
                inside.push(record.id);
            }
            Ok(if inside.len() < MOVED_AT_ONCE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        for id in &inside {
            move_one(step, current, id, renamed)?;
        }
        commit::commit(step)?;
        if inside.len() < MOVED_AT_ONCE {
            return Ok(());
        }
    }
}

fn move_one<S: Store, C>(
    step: &mut Step<'_, S, C>,
    current: &[Workflow],
    id: &str,
    renamed: &HashMap<String, String>,
) -> Result<()> {
    let contact = step.state.fetch(step.store, id)?;
    for (name, timer) in step.state.positions_of(contact) {
        let text = step.state.names.text(name);
        let current = current.iter().find(|workflow| *workflow.id == *text);
        let Some(version) = current.map(|workflow| workflow.version) else { continue };
        if step.state.position(name, contact).is_none_or(|position| position.version == version) {
            continue;
        }
        let Some(position) = step.state.take_position(name, contact) else { continue };
        // The old timer goes with the old position; the same instant is set for the new one.
        let timer = timer.map(|timer| {
            step.state.cancel(timer);
            let job = Job::ResumeWorkflow { workflow: text.to_string(), contact: id.to_owned() };
            step.state.schedule(timer.0, job)
        });
        let node = renamed.get(&position.node).unwrap_or(&position.node).clone();
        step.state.set_position(name, contact, Position { version, node, timer, ..position });
    }
    Ok(())
}
