//! Validates the graph of a workflow: dangling paths, unreachable nodes, loops without a wait.

use std::collections::{BTreeMap, BTreeSet};

use crate::automation::definition::workflow::Workflow;
use crate::error::ValidationErrors;

pub(super) fn check(path: &str, workflow: &Workflow, problems: &mut ValidationErrors) {
    if workflow.starts.is_empty() {
        problems.push(format!("{path}.starts"), "required", "is empty; add an entry point");
    }
    for (index, start) in workflow.starts.iter().enumerate() {
        if !workflow.nodes.contains_key(&start.to) {
            problems.push(format!("{path}.starts[{index}].to"), "dangling", no_node(&start.to));
        }
    }
    for (id, node) in &workflow.nodes {
        for target in node.targets() {
            if !workflow.nodes.contains_key(target) {
                problems.push(format!("{path}.nodes.{id}"), "dangling", no_node(target));
            }
        }
        if id.is_empty() || id.chars().any(char::is_control) {
            problems.push(format!("{path}.nodes"), "malformed", "has a node without an id");
        }
    }
    let reached = reachable(workflow);
    for id in workflow.nodes.keys().filter(|id| !reached.contains(id.as_str())) {
        problems.push(format!("{path}.nodes.{id}"), "unreachable", "is not reachable from an entry point");
    }
    for id in circles(workflow) {
        problems.push(
            format!("{path}.nodes.{id}"),
            "endless",
            "is in a loop without a wait; add a wait or an exit from the loop",
        );
    }
}

fn no_node(target: &str) -> String {
    format!("leads to the unknown node {target:?}")
}

fn reachable(workflow: &Workflow) -> BTreeSet<&str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = workflow.starts.iter().map(|start| start.to.as_str()).collect();
    while let Some(id) = open.pop() {
        if let Some(node) = workflow.nodes.get(id)
            && reached.insert(id)
        {
            open.extend(node.targets());
        }
    }
    reached
}

/// Returns the nodes on a loop without a wait: what is left after nodes without a way back are removed one by one.
fn circles(workflow: &Workflow) -> Vec<&str> {
    let mut targets: BTreeMap<&str, Vec<&str>> = workflow
        .nodes
        .iter()
        .filter(|(_, node)| !node.holds())
        .map(|(id, node)| (id.as_str(), node.targets()))
        .collect();
    loop {
        let before = targets.len();
        let known: BTreeSet<&str> = targets.keys().copied().collect();
        targets.retain(|_, to| {
            to.retain(|id| known.contains(id));
            !to.is_empty()
        });
        let entered: BTreeSet<&str> = targets.values().flatten().copied().collect();
        targets.retain(|id, _| entered.contains(id));
        if targets.len() == before {
            return targets.into_keys().collect();
        }
    }
}
