//! The shape of a workflow: dangling paths, nodes out of reach, circles that never wait.

use std::collections::{BTreeMap, BTreeSet};

use super::workflow::Workflow;
use crate::error::ValidationErrors;

pub(in crate::automation) fn check(path: &str, workflow: &Workflow, problems: &mut ValidationErrors) {
    if workflow.starts.is_empty() {
        problems.push(format!("{path}.starts"), "required", "is empty: no contact could come in");
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
            problems.push(format!("{path}.nodes"), "malformed", "has a node without a name");
        }
    }
    let reached = reachable(workflow);
    for id in workflow.nodes.keys().filter(|id| !reached.contains(id.as_str())) {
        problems.push(format!("{path}.nodes.{id}"), "unreachable", "cannot be reached from a start");
    }
    for id in circles(workflow) {
        problems.push(
            format!("{path}.nodes.{id}"),
            "endless",
            "is in a circle without a wait: a contact would never come out",
        );
    }
}

fn no_node(target: &str) -> String {
    format!("goes to {target:?}, which is not a node")
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

/// The nodes that lie on a circle of nodes that do not hold a contact: what is left when nodes without a way back
/// are taken away one by one.
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
