//! Validates definitions and reports all problems at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::graph;
use crate::audience::Audience;
use crate::automation::definition::action::Action;
use crate::automation::definition::condition::{Catalog, Condition};
use crate::automation::definition::definitions::Definitions;
use crate::automation::definition::delay::Delay;
use crate::automation::definition::frequency::FrequencyCap;
use crate::automation::definition::rule::Rule;
use crate::automation::definition::schedule::Schedule;
use crate::automation::definition::workflow::{Node, Workflow};
use crate::automation::event_kind::ConsentChannel;
use crate::clock::TimeZone;
use crate::contact::{Schema, normalize_tag};
use crate::error::{Error, Result, ValidationErrors};
use crate::segment::SegmentCatalog;

pub(super) struct Validator<'a> {
    pub(super) schema: &'a Schema,
    zone: &'a TimeZone,
    catalog: Option<&'a Catalog>,
    /// The error of the first bad filter, which stays behind the list of problems.
    filter_error: Option<Error>,
    audiences: BTreeSet<&'a str>,
    rules: BTreeSet<&'a str>,
    problems: ValidationErrors,
}

impl Definitions {
    /// Validates ids, filters, fields, audiences, references and the graphs of workflows. The engine does so too when it
    /// takes definitions.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem and its path.
    ///
    /// ```
    /// use audiencekit::{Schema, TimeZone};
    /// use audiencekit::automation::{Action, Definitions, Rule};
    ///
    /// let rule = Rule::new("a").when("scor > 5").then(Action::ChangeScore { by: 1 });
    /// let error = Definitions::new().rule(rule).check(&Schema::standard(), &TimeZone::utc(), &[]).unwrap_err();
    /// assert_eq!(error.problems()[0].field, "rules[0].when[0]");
    /// ```
    pub fn check(&self, schema: &Schema, zone: &TimeZone, audiences: &[Audience]) -> Result<()> {
        self.check_with(schema, zone, audiences, None)
    }

    /// Validates as [`check`](Self::check), with conditions that name the segments of a catalog.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_with(
        &self,
        schema: &Schema,
        zone: &TimeZone,
        audiences: &[Audience],
        catalog: Option<&Arc<dyn SegmentCatalog>>,
    ) -> Result<()> {
        check(self, schema, zone, audiences, catalog)
    }
}

fn check(
    definitions: &Definitions,
    schema: &Schema,
    zone: &TimeZone,
    audiences: &[Audience],
    catalog: Option<&Catalog>,
) -> Result<()> {
    let mut validator = Validator {
        schema,
        zone,
        catalog,
        filter_error: None,
        audiences: audiences.iter().map(|audience| audience.id().as_str()).collect(),
        rules: definitions.rules.iter().map(|rule| rule.id.as_str()).collect(),
        problems: ValidationErrors::new("definitions"),
    };
    let mut ids = BTreeSet::new();
    for (index, rule) in definitions.rules.iter().enumerate() {
        let path = format!("rules[{index}]");
        validator.id(&path, &rule.id, ids.insert(&rule.id));
        validator.rule(&path, rule);
    }
    let mut ids = BTreeSet::new();
    for (index, workflow) in definitions.workflows.iter().enumerate() {
        let path = format!("workflows[{index}]");
        validator.id(&path, &workflow.id, ids.insert(&workflow.id));
        validator.workflow(&path, workflow);
    }
    let mut ids = BTreeSet::new();
    for (index, limit) in definitions.frequency_caps.iter().enumerate() {
        let path = format!("limits[{index}]");
        validator.id(&path, &limit.id, ids.insert(&limit.id));
        validator.limit(&path, limit, definitions);
    }
    let filter_error = validator.filter_error.as_ref().and_then(|error| error.filter_error().cloned());
    match (validator.problems.into_result(), filter_error) {
        (Err(error), Some(filter)) => Err(error.with_source(filter)),
        (result, _) => result,
    }
}

impl Validator<'_> {
    pub(super) fn push(
        &mut self,
        path: String,
        code: &'static str,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        self.problems.push(path, code, message);
    }

    fn id(&mut self, path: &str, id: &str, is_new: bool) {
        if id.is_empty() || id.len() > 255 || id.chars().any(char::is_control) {
            self.push(
                format!("{path}.id"),
                "malformed",
                "is not an id; expected 1 to 255 bytes without control characters",
            );
        } else if !is_new {
            self.push(format!("{path}.id"), "taken", "is used twice; ids must be unique");
        }
    }

    fn rule(&mut self, path: &str, rule: &Rule) {
        self.triggers(&format!("{path}.on"), &rule.on);
        self.filters(&format!("{path}.when"), &rule.when);
        self.delay(&format!("{path}.check_after"), rule.check_after);
        self.delay(&format!("{path}.min_interval"), rule.min_interval);
        self.schedule(path, rule.schedule.as_ref());
        self.runs(&format!("{path}.cap"), rule.rate_limit.map(|limit| limit.runs));
        for (branch, steps) in [("if_yes", &rule.if_yes), ("if_no", &rule.if_no)] {
            for (index, step) in steps.iter().enumerate() {
                self.action(&format!("{path}.{branch}[{index}].action"), &step.action);
                self.delay(&format!("{path}.{branch}[{index}].after"), step.after);
            }
        }
        if rule.if_yes.is_empty() && rule.if_no.is_empty() {
            self.push(format!("{path}.if_yes"), "required", "is missing; add an action");
        }
        if rule.runs_per_contact == Some(0) {
            self.push(format!("{path}.runs_per_contact"), "out_of_range", "is 0; expected at least 1");
        }
        if let (Some(from), Some(until)) = (rule.valid_from, rule.valid_until)
            && from >= until
        {
            self.push(
                format!("{path}.valid_until"),
                "out_of_range",
                "is not after valid_from; expected a later instant",
            );
        }
        if rule.leave {
            if rule.when.is_empty() {
                self.push(
                    format!("{path}.leave"),
                    "needs_conditions",
                    "has no condition that can stop matching; add one to when",
                );
            }
            if !rule.if_yes.iter().any(|step| matches!(step.action, Action::AddToAudience { .. })) {
                self.push(
                    format!("{path}.leave"),
                    "needs_audience",
                    "has no action that adds to an audience; add one to if_yes",
                );
            }
        }
    }

    fn schedule(&mut self, path: &str, schedule: Option<&Schedule>) {
        let Some(schedule) = schedule else { return };
        if schedule.open.is_empty() {
            self.push(format!("{path}.schedule.open"), "required", "is empty; add open hours");
        }
        self.named_zone(&format!("{path}.schedule"), schedule.zone.as_deref());
    }

    fn runs(&mut self, path: &str, runs: Option<u32>) {
        if runs == Some(0) {
            self.push(format!("{path}.runs"), "out_of_range", "is 0; expected at least 1");
        }
    }

    fn limit(&mut self, path: &str, limit: &FrequencyCap, definitions: &Definitions) {
        self.runs(path, Some(limit.runs));
        let rules = definitions.rules.iter().map(|rule| rule.group.as_deref());
        let mut groups = rules.chain(definitions.workflows.iter().map(|workflow| workflow.group.as_deref()));
        if limit.group.is_some() && !groups.any(|group| limit.is_over(group)) {
            self.push(
                format!("{path}.group"),
                "unknown_group",
                "is unknown; expected the group of a rule or workflow",
            );
        }
    }

    fn workflow(&mut self, path: &str, workflow: &Workflow) {
        self.schedule(path, workflow.schedule.as_ref());
        self.runs(&format!("{path}.cap"), workflow.rate_limit.map(|limit| limit.runs));
        for (index, start) in workflow.starts.iter().enumerate() {
            self.trigger(&format!("{path}.starts[{index}].on"), &start.on);
            self.filters(&format!("{path}.starts[{index}].when"), &start.when);
        }
        for (index, exit) in workflow.exits.iter().enumerate() {
            let path = format!("{path}.exits[{index}]");
            self.events(&format!("{path}.on"), &exit.on);
            self.filters(&format!("{path}.when"), &exit.when);
            if exit.on.is_empty() && exit.when.is_empty() {
                self.push(path, "required", "has neither a trigger nor a condition; add one");
            }
        }
        for (id, node) in &workflow.nodes {
            let path = format!("{path}.nodes.{id}");
            match node {
                Node::Do { actions, .. } => {
                    for (index, action) in actions.iter().enumerate() {
                        self.action(&format!("{path}.actions[{index}]"), action);
                    }
                }
                Node::Check { paths, .. } => {
                    for (index, check) in paths.iter().enumerate() {
                        self.filters(&format!("{path}.paths[{index}].when"), &check.when);
                    }
                    if paths.is_empty() {
                        self.push(format!("{path}.paths"), "required", "is empty; add a path");
                    }
                }
                Node::Wait { delay, .. } => self.delay(&format!("{path}.for"), *delay),
                Node::WaitFor { on, within, .. } => {
                    self.events(&format!("{path}.on"), on);
                    if on.is_empty() {
                        self.push(format!("{path}.on"), "required", "is empty; add the event to wait for");
                    }
                    self.delay(&format!("{path}.within"), *within);
                    if within.is_none() {
                        self.push(format!("{path}.within"), "required", "is 0; expected a time limit");
                    }
                }
                Node::Split { paths } => {
                    if paths.iter().all(|path| path.weight == 0) {
                        self.push(
                            format!("{path}.paths"),
                            "required",
                            "has no weight; expected a weight above 0",
                        );
                    }
                }
                Node::End => {}
            }
        }
        graph::check(path, workflow, &mut self.problems);
    }

    fn filters(&mut self, path: &str, filters: &[String]) {
        for (index, filter) in filters.iter().enumerate() {
            if let Err(error) = Condition::parse(filter, self.schema, self.zone, self.catalog) {
                self.push(format!("{path}[{index}]"), "filter", error.to_string());
                self.filter_error.get_or_insert(error);
            }
        }
    }

    fn delay(&mut self, path: &str, delay: Delay) {
        if delay.fixed() > Delay::LONGEST {
            self.push(path.to_owned(), "out_of_range", format!("is {delay}; expected at most ten years"));
        }
    }

    pub(super) fn named_zone(&mut self, path: &str, zone: Option<&str>) {
        if let Some(Err(error)) = zone.map(TimeZone::named) {
            self.push(format!("{path}.zone"), "unknown_zone", error.to_string());
        }
    }

    pub(super) fn field(&mut self, path: &str, name: &str) -> Option<crate::contact::FieldId> {
        match self.schema.require(name) {
            Ok(id) => Some(id),
            Err(error) => {
                self.push(path.to_owned(), "unknown_field", error.to_string());
                None
            }
        }
    }

    pub(super) fn tag(&mut self, path: &str, tag: &str) {
        if normalize_tag(tag).is_none() {
            self.push(format!("{path}.tag"), "malformed", "is blank; expected a tag");
        }
    }

    fn action(&mut self, path: &str, action: &Action) {
        match action {
            Action::AddToAudience { audience } | Action::RemoveFromAudience { audience } => {
                if !self.audiences.contains(audience.as_str()) {
                    self.push(
                        format!("{path}.{}.audience", action.kind()),
                        "unknown_audience",
                        format!("{audience} is not a known audience; save it and pass it to the engine"),
                    );
                }
            }
            Action::AddTag { tag } | Action::RemoveTag { tag } | Action::ChangeTagScore { tag, .. } => {
                self.tag(path, tag);
            }
            Action::SetDetail { field, .. } => {
                self.field(path, field);
            }
            Action::RunRule { rule, .. } => {
                if !self.rules.contains(rule.as_str()) {
                    self.push(
                        format!("{path}.run_rule.rule"),
                        "unknown_rule",
                        format!("is the unknown rule {rule:?}"),
                    );
                }
            }
            Action::SetStage { funnel, stage } => {
                if funnel.trim().is_empty() || stage.trim().is_empty() {
                    self.push(path.to_owned(), "required", "is incomplete; expected a funnel and a stage");
                }
            }
            Action::SetConsent { channel: ConsentChannel::Named(name), .. } if name.trim().is_empty() => {
                self.push(path.to_owned(), "required", "has a blank name; expected the name of a consent");
            }
            Action::Call { name, .. } if name.trim().is_empty() => {
                self.push(path.to_owned(), "required", "has no name; expected the name of what to call");
            }
            Action::SetConsent { .. }
            | Action::Call { .. }
            | Action::SetScore { .. }
            | Action::ChangeScore { .. } => {}
        }
    }
}
