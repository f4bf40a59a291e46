//! New definitions for a running engine.

use std::collections::HashMap;
use std::sync::Arc;

use crate::audience::Audience;
use crate::automation::contact_store::store::ContactStore;
use crate::automation::definition::definitions::Definitions;
use crate::automation::definition::workflow::Node;
use crate::automation::engine::AutomationEngine;
use crate::automation::program::compiled::Program;
use crate::automation::state::contact_cache;
use crate::automation::state::job::{Job, Position};
use crate::automation::store::store::Store;
use crate::error::{Result, ValidationErrors};

/// What becomes of contacts that are in a workflow when it is edited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum WorkflowMigration {
    /// They walk the version that they came in by to its end.
    #[default]
    StayOnOld,
    /// They go on in the new version, at the node of the same id or, for nodes that are gone, at the node named
    /// here. A wait goes on with the time that it had left.
    MoveByNodeId {
        /// From nodes of the old version to nodes of the new one.
        renamed: HashMap<String, String>,
    },
}

/// Contacts that are moved between two commits.
const MOVED_AT_ONCE: usize = 1_000;

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// Replaces all rules and workflows. Runs, timers and positions stay: they refer to ids.
    ///
    /// Contacts that move do so a thousand in a transaction; after a crash in between open the engine with the new
    /// definitions and hand them in again.
    ///
    /// A check that waits for its time uses the new rule; an action that waits is done as it was promised.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem: those of [`Definitions::check`], a
    /// workflow that changed without a new version, contacts that wait at a node which the new version does not have
    /// as a wait. The engine then goes on with the old definitions.
    pub fn redefine(
        &mut self,
        definitions: Definitions,
        audiences: &[Audience],
        migration: &WorkflowMigration,
    ) -> Result<()> {
        self.ready()?;
        let schema = self.schema().clone();
        definitions.check(&schema, &self.options.zone, audiences)?;
        let mut problems = ValidationErrors::new("definitions");
        let mut older = self.older.clone();
        for (index, workflow) in definitions.workflows.iter().enumerate() {
            let before = self.definitions.workflows.iter().find(|before| before.id == workflow.id);
            if before.is_some_and(|before| before.version == workflow.version && before != workflow) {
                problems.push(
                    format!("workflows[{index}].version"),
                    "unchanged",
                    "is the old one though the workflow has changed: raise it",
                );
            }
        }
        for before in &self.definitions.workflows {
            let now = definitions.workflows.iter().position(|workflow| workflow.id == before.id);
            let same =
                now.and_then(|index| definitions.workflows.get(index)).is_some_and(|now| now == before);
            if same {
                continue;
            }
            older.push(before.clone());
        }
        older.retain(|old| {
            !definitions.workflows.iter().any(|now| now.id == old.id && now.version == old.version)
        });
        if let WorkflowMigration::MoveByNodeId { renamed } = migration {
            contact_cache::each(&self.store, &[], &mut |person| {
                for (name, position) in &person.positions {
                    let id = self.state.text(*name);
                    let now = definitions.workflows.iter().position(|workflow| *workflow.id == *id);
                    let Some((index, workflow)) =
                        now.and_then(|index| Some((index, definitions.workflows.get(index)?)))
                    else {
                        continue;
                    };
                    if position.version == workflow.version {
                        continue;
                    }
                    let to = renamed.get(&position.node).unwrap_or(&position.node);
                    let waits_for_hours = self
                        .program
                        .flow(*name, position.version)
                        .and_then(|ready| ready.node(&position.node))
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
                            "is where contacts wait, and the new version does not wait there",
                        );
                    }
                }
                Ok(true)
            })?;
        }
        problems.into_result()?;
        self.program =
            Arc::new(Program::compile(&definitions, &older, &schema, &self.options.zone, &mut self.state)?);
        self.definitions = definitions;
        self.older = older;
        self.audiences = audiences.iter().map(|known| (known.id().to_string(), known.clone())).collect();
        self.keep_definitions();
        self.commit()?;
        if let WorkflowMigration::MoveByNodeId { renamed } = migration {
            self.move_all(renamed)?;
        }
        self.forget_old_versions();
        self.commit()
    }

    /// Moves all contacts that are in workflows to the current versions.
    fn move_all(&mut self, renamed: &HashMap<String, String>) -> Result<()> {
        let mut last = Vec::new();
        loop {
            let mut inside = Vec::new();
            let after = std::mem::take(&mut last);
            contact_cache::each(&self.store, &after, &mut |person| {
                last = person.id.as_bytes().to_vec();
                if !person.positions.is_empty() {
                    inside.push(person.id);
                }
                Ok(inside.len() < MOVED_AT_ONCE)
            })?;
            for id in &inside {
                self.move_one(id, renamed)?;
            }
            self.commit()?;
            if inside.len() < MOVED_AT_ONCE {
                return Ok(());
            }
        }
    }

    fn move_one(&mut self, id: &str, renamed: &HashMap<String, String>) -> Result<()> {
        let contact = self.state.fetch(&self.store, id)?;
        for (name, timer) in self.state.places_of(contact) {
            let text = self.state.text(name);
            let current = self.definitions.workflows.iter().find(|workflow| *workflow.id == *text);
            let Some(version) = current.map(|workflow| workflow.version) else { continue };
            if self.state.position(name, contact).is_none_or(|position| position.version == version) {
                continue;
            }
            let Some(position) = self.state.take_position(name, contact) else { continue };
            // The old timer goes with the old place; the same instant is set for the new one.
            let timer = timer.map(|timer| {
                self.state.cancel(timer);
                self.state.schedule(timer.0, Job::Walk { workflow: text.to_string(), contact: id.to_owned() })
            });
            let node = renamed.get(&position.node).unwrap_or(&position.node).clone();
            self.state.set_position(name, contact, Position { version, node, timer, ..position });
        }
        Ok(())
    }
}
