//! Compiled definitions: filters parsed, ids as numbers, triggers in an index by kind and name.

use std::collections::HashMap;

use super::limits::CompiledLimits;
use crate::automation::definition::condition::Condition;
use crate::automation::definition::definitions::Definitions;
use crate::automation::definition::rule::Rule;
use crate::automation::definition::trigger::Trigger;
use crate::automation::definition::workflow::{Node, Workflow};
use crate::automation::event_kind::EventKind;
use crate::automation::options::EngineOptions;
use crate::automation::state::interner::{Interner, NameId};
use crate::automation::state::job::Origin;
use crate::clock::TimeZone;
use crate::contact::{FieldId, Schema};
use crate::error::Result;

#[derive(Debug, Default)]
pub(in crate::automation) struct Program {
    pub(in crate::automation) rules: Vec<CompiledRule>,
    rule_by_name: HashMap<NameId, usize>,
    pub(in crate::automation) workflows: Vec<CompiledWorkflow>,
    workflow_by_name: HashMap<(NameId, u32), usize>,
    index: HashMap<&'static str, Slot>,
    pub(in crate::automation) dates: Vec<CompiledDate>,
    /// True if something depends on the data of a contact and not on events alone: exit conditions, exits, dates.
    pub(in crate::automation) has_state_triggers: bool,
}

#[derive(Debug, Default)]
struct Slot {
    any: Vec<Listener>,
    named: HashMap<String, Vec<Listener>>,
}

/// What a trigger belongs to, in the order in which they are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::automation) enum Listener {
    Rule { rule: usize, trigger: usize },
    Exit { workflow: usize, exit: usize, trigger: usize },
    Awaited { workflow: usize, node: usize, trigger: usize },
    Start { workflow: usize, start: usize },
}

#[derive(Debug)]
pub(in crate::automation) struct CompiledRule {
    pub(in crate::automation) rule: Rule,
    pub(in crate::automation) name: NameId,
    pub(in crate::automation) origin: Origin,
    pub(in crate::automation) conditions: Vec<Condition>,
    pub(in crate::automation) limits: CompiledLimits,
}

#[derive(Debug)]
pub(in crate::automation) struct CompiledWorkflow {
    pub(in crate::automation) workflow: Workflow,
    pub(in crate::automation) name: NameId,
    pub(in crate::automation) origin: Origin,
    /// False for an older version, which no contact may enter.
    pub(in crate::automation) current: bool,
    pub(in crate::automation) starts: Vec<Vec<Condition>>,
    pub(in crate::automation) exits: Vec<Vec<Condition>>,
    pub(in crate::automation) limits: CompiledLimits,
    pub(in crate::automation) nodes: Vec<CompiledNode>,
    node_by_id: HashMap<String, usize>,
}

#[derive(Debug)]
pub(in crate::automation) struct CompiledNode {
    pub(in crate::automation) id: String,
    pub(in crate::automation) node: Node,
    /// The conditions of a check, path by path.
    pub(in crate::automation) paths: Vec<Vec<Condition>>,
}

/// A date that starts something.
#[derive(Debug)]
pub(in crate::automation) struct CompiledDate {
    pub(in crate::automation) owner: NameId,
    pub(in crate::automation) listener: Listener,
    pub(in crate::automation) field: FieldId,
    pub(in crate::automation) days: i32,
    pub(in crate::automation) ignore_year: bool,
    pub(in crate::automation) zone: TimeZone,
}

impl Program {
    /// `older` are the versions of workflows that contacts are still on.
    pub(in crate::automation) fn compile(
        definitions: &Definitions,
        older: &[Workflow],
        schema: &Schema,
        options: &EngineOptions,
        names: &mut Interner,
    ) -> Result<Self> {
        let (zone, catalog) = (&options.zone, options.catalog.as_ref());
        let mut program = Self::default();
        let parse = |texts: &[String]| {
            texts.iter().map(|text| Condition::parse(text, schema, zone, catalog)).collect::<Result<Vec<_>>>()
        };
        for rule in &definitions.rules {
            let name = names.intern(&rule.id);
            program.rule_by_name.insert(name, program.rules.len());
            let origin = Origin::Rule(rule.id.clone());
            let limits = CompiledLimits::compile(
                &origin,
                rule.group.as_deref(),
                (rule.schedule.as_ref(), rule.rate_limit),
                &definitions.frequency_caps,
                zone,
                names,
            )?;
            program.rules.push(CompiledRule {
                conditions: parse(&rule.when)?,
                rule: rule.clone(),
                name,
                origin,
                limits,
            });
        }
        let current = definitions.workflows.iter().map(|workflow| (workflow, true));
        for (workflow, current) in current.chain(older.iter().map(|workflow| (workflow, false))) {
            let name = names.intern(&workflow.id);
            let mut nodes = Vec::new();
            let mut node_by_id = HashMap::new();
            for (id, node) in &workflow.nodes {
                let paths = match node {
                    Node::Check { paths, .. } => {
                        paths.iter().map(|path| parse(&path.when)).collect::<Result<_>>()?
                    }
                    _ => Vec::new(),
                };
                node_by_id.insert(id.clone(), nodes.len());
                nodes.push(CompiledNode { id: id.clone(), node: node.clone(), paths });
            }
            program.workflow_by_name.insert((name, workflow.version), program.workflows.len());
            let origin = Origin::Workflow(workflow.id.clone());
            let limits = CompiledLimits::compile(
                &origin,
                workflow.group.as_deref(),
                (workflow.schedule.as_ref(), workflow.rate_limit),
                &definitions.frequency_caps,
                zone,
                names,
            )?;
            program.workflows.push(CompiledWorkflow {
                limits,
                starts: workflow.starts.iter().map(|start| parse(&start.when)).collect::<Result<_>>()?,
                exits: workflow.exits.iter().map(|exit| parse(&exit.when)).collect::<Result<_>>()?,
                workflow: workflow.clone(),
                name,
                origin,
                current,
                nodes,
                node_by_id,
            });
        }
        program.index_triggers(schema, zone, names)?;
        program.has_state_triggers = !program.dates.is_empty()
            || program.rules.iter().any(|compiled| compiled.rule.leave)
            || program
                .workflows
                .iter()
                .any(|compiled| compiled.workflow.exits.iter().any(|exit| exit.on.is_empty()));
        Ok(program)
    }

    fn index_triggers(&mut self, schema: &Schema, zone: &TimeZone, names: &mut Interner) -> Result<()> {
        let mut found: Vec<(Trigger, Listener)> = Vec::new();
        for (rule, compiled) in self.rules.iter().enumerate() {
            for (trigger, on) in compiled.rule.on.iter().enumerate() {
                found.push((on.clone(), Listener::Rule { rule, trigger }));
            }
        }
        for (workflow, compiled) in self.workflows.iter().enumerate() {
            if compiled.current {
                for (start, on) in compiled.workflow.starts.iter().enumerate() {
                    found.push((on.on.clone(), Listener::Start { workflow, start }));
                }
            }
            for (exit, leaves) in compiled.workflow.exits.iter().enumerate() {
                for (trigger, on) in leaves.on.iter().enumerate() {
                    found.push((on.clone(), Listener::Exit { workflow, exit, trigger }));
                }
            }
            for (node, waits) in compiled.nodes.iter().enumerate() {
                if let Node::WaitFor { on, .. } = &waits.node {
                    for (trigger, on) in on.iter().enumerate() {
                        found.push((on.clone(), Listener::Awaited { workflow, node, trigger }));
                    }
                }
            }
        }
        for (trigger, listener) in found {
            match trigger.address() {
                Some((kind, wanted)) => {
                    let slot = self.index.entry(kind).or_default();
                    if wanted.is_empty() {
                        slot.any.push(listener);
                    }
                    for name in wanted {
                        slot.named.entry(name).or_default().push(listener);
                    }
                }
                None => self.add_date(&trigger, listener, schema, zone, names)?,
            }
        }
        Ok(())
    }

    fn add_date(
        &mut self,
        trigger: &Trigger,
        listener: Listener,
        schema: &Schema,
        zone: &TimeZone,
        names: &mut Interner,
    ) -> Result<()> {
        let Trigger::DateNear { field, days, ignore_year, zone: own } = trigger else { return Ok(()) };
        let owner = match listener {
            Listener::Rule { rule, trigger } => {
                self.rules.get(rule).map(|compiled| format!("rule {} {trigger}", compiled.rule.id))
            }
            Listener::Start { workflow, start } => self
                .workflows
                .get(workflow)
                .map(|compiled| format!("workflow {} {start}", compiled.workflow.id)),
            Listener::Exit { .. } | Listener::Awaited { .. } => None,
        };
        if let Some(owner) = owner {
            self.dates.push(CompiledDate {
                owner: names.intern(&owner),
                listener,
                field: schema.require(field)?,
                days: *days,
                ignore_year: *ignore_year,
                zone: own.as_deref().map_or_else(|| Ok(zone.clone()), TimeZone::named)?,
            });
        }
        Ok(())
    }

    pub(in crate::automation) fn rule(&self, name: NameId) -> Option<&CompiledRule> {
        self.rules.get(*self.rule_by_name.get(&name)?)
    }

    pub(in crate::automation) fn workflow(&self, name: NameId, version: u32) -> Option<&CompiledWorkflow> {
        self.workflows.get(*self.workflow_by_name.get(&(name, version))?)
    }

    /// Returns what listens to an event and matches it, in the order in which it is served.
    pub(in crate::automation) fn listeners(&self, what: &EventKind) -> Vec<Listener> {
        let Some(slot) = self.index.get(what.kind()) else { return Vec::new() };
        let named = if slot.named.is_empty() {
            None
        } else {
            what.indexed_name().and_then(|name| slot.named.get(&*name))
        };
        let mut found: Vec<Listener> = slot
            .any
            .iter()
            .chain(named.into_iter().flatten())
            .copied()
            .filter(|&listener| self.trigger(listener).is_some_and(|trigger| trigger.matches(what)))
            .collect();
        found.sort_unstable();
        // Several events of one rule, and several starts of one workflow, are one.
        found.dedup_by(|b, a| match (a, b) {
            (Listener::Rule { rule: a, .. }, Listener::Rule { rule: b, .. }) => a == b,
            (Listener::Exit { workflow: f, exit: a, .. }, Listener::Exit { workflow: g, exit: b, .. }) => {
                f == g && a == b
            }
            (
                Listener::Awaited { workflow: f, node: a, .. },
                Listener::Awaited { workflow: g, node: b, .. },
            ) => f == g && a == b,
            (a, b) => a == b,
        });
        found
    }

    fn trigger(&self, listener: Listener) -> Option<&Trigger> {
        match listener {
            Listener::Rule { rule, trigger } => self.rules.get(rule)?.rule.on.get(trigger),
            Listener::Start { workflow, start } => {
                Some(&self.workflows.get(workflow)?.workflow.starts.get(start)?.on)
            }
            Listener::Exit { workflow, exit, trigger } => {
                self.workflows.get(workflow)?.workflow.exits.get(exit)?.on.get(trigger)
            }
            Listener::Awaited { workflow, node, trigger } => {
                match &self.workflows.get(workflow)?.nodes.get(node)?.node {
                    Node::WaitFor { on, .. } => on.get(trigger),
                    _ => None,
                }
            }
        }
    }
}

impl CompiledWorkflow {
    pub(in crate::automation) fn node(&self, id: &str) -> Option<&CompiledNode> {
        self.nodes.get(*self.node_by_id.get(id)?)
    }
}
