//! Records the steps of normalization.

use super::steps::{NormalizationSteps, Step};

/// The steps of a value: by kind always, with the value after each only where its owner asks for an explanation.
#[derive(Clone, Default)]
pub(super) struct Trail {
    steps: NormalizationSteps,
    values: Option<Vec<(Step, String)>>,
}

impl Trail {
    /// A trail that keeps the value after each step.
    pub(super) fn with_values() -> Self {
        Self { steps: NormalizationSteps::default(), values: Some(Vec::new()) }
    }

    /// Notes a step that made the value what it is now.
    #[inline]
    pub(super) fn add(&mut self, step: Step, value: &str) {
        self.steps.add(step);
        if self.values.is_some() {
            self.keep(step, value);
        }
    }

    /// As [`add`](Self::add), where the value has to be put together first.
    #[inline]
    pub(super) fn add_with(&mut self, step: Step, value: impl FnOnce() -> String) {
        self.steps.add(step);
        if self.values.is_some() {
            self.keep(step, &value());
        }
    }

    #[inline]
    pub(super) fn add_if(&mut self, done: bool, step: Step, value: &str) {
        if done {
            self.add(step, value);
        }
    }

    /// Takes out of `text` the characters for which `of` names a step, one kind after the other where values are kept.
    #[inline]
    pub(super) fn remove(&mut self, text: &mut String, mut of: impl FnMut(char) -> Option<Step>) {
        if self.values.is_some() {
            return self.remove_by_kind(text, of);
        }
        text.retain(|c| match of(c) {
            None => true,
            Some(step) => {
                self.steps.add(step);
                false
            }
        });
    }

    pub(super) fn steps(&self) -> NormalizationSteps {
        self.steps
    }

    /// Each step with the value after it.
    pub(super) fn into_values(self) -> Vec<(Step, String)> {
        self.values.unwrap_or_default()
    }

    #[cold]
    fn keep(&mut self, step: Step, value: &str) {
        let Some(values) = &mut self.values else { return };
        match values.last_mut() {
            Some((last, kept)) if *last == step => value.clone_into(kept),
            _ => values.push((step, value.to_owned())),
        }
    }

    #[cold]
    fn remove_by_kind(&mut self, text: &mut String, mut of: impl FnMut(char) -> Option<Step>) {
        let mut left: Vec<(char, Option<Step>)> = text.chars().map(|c| (c, of(c))).collect();
        while let Some(step) = left.iter().find_map(|&(_, step)| step) {
            left.retain(|&(_, other)| other != Some(step));
            *text = left.iter().map(|&(c, _)| c).collect();
            self.add(step, text);
        }
    }
}
