//! Checks of triggers: names, patterns, fields and tests of properties.

use super::validate::Validator;
use crate::automation::definition::property::{PropertyFilter, PropertyTest};
use crate::automation::definition::trigger::Trigger;
use crate::contact::FieldType;
use crate::segment::UrlPattern;

impl Validator<'_> {
    pub(super) fn triggers(&mut self, path: &str, triggers: &[Trigger]) {
        for (index, trigger) in triggers.iter().enumerate() {
            self.trigger(&format!("{path}[{index}]"), trigger);
        }
    }

    /// Triggers that must be events: a contact that waits or leaves does not listen to dates.
    pub(super) fn events(&mut self, path: &str, triggers: &[Trigger]) {
        for (index, trigger) in triggers.iter().enumerate() {
            let path = format!("{path}[{index}]");
            if let Trigger::DateNear { .. } = trigger {
                self.push(
                    path,
                    "not_an_event",
                    "is a date; expected an event, because dates start rules and workflows only",
                );
            } else {
                self.trigger(&path, trigger);
            }
        }
    }

    pub(super) fn trigger(&mut self, path: &str, trigger: &Trigger) {
        match trigger {
            Trigger::DetailAdded { fields } | Trigger::DetailChanged { fields } => {
                for field in fields {
                    self.field(path, field);
                }
            }
            Trigger::TagAssigned { tags } | Trigger::TagRemoved { tags } => {
                for tag in tags {
                    self.tag(path, tag);
                }
            }
            Trigger::TagScoreAtLeast { tag, .. } => self.tag(path, tag),
            Trigger::DateNear { field, zone, days, .. } => {
                self.date_near(path, field, zone.as_deref());
                if days.unsigned_abs() > 3_660 {
                    self.push(
                        format!("{path}.days"),
                        "out_of_range",
                        "is out of range; expected at most ten years",
                    );
                }
            }
            Trigger::PageVisited { url: pattern }
            | Trigger::MailClicked { link: Some(pattern), .. }
            | Trigger::PushClicked { link: Some(pattern), .. } => {
                self.url(path, pattern);
            }
            Trigger::External { kinds, properties } | Trigger::ExternalChanged { kinds, properties, .. } => {
                self.words(path, kinds);
                self.properties(path, properties);
            }
            Trigger::Custom { name, properties } => {
                self.words(path, std::slice::from_ref(name));
                self.properties(path, properties);
            }
            Trigger::VisitFrom { sources, phrases, url } => {
                if sources.is_empty() && phrases.is_empty() {
                    self.push(
                        path.to_owned(),
                        "required",
                        "has neither a source nor a phrase; add one, or use page_visited",
                    );
                }
                self.words(path, sources);
                self.words(path, phrases);
                url.iter().for_each(|pattern| self.url(path, pattern));
            }
            Trigger::SmsDelivered { messages: names }
            | Trigger::PushOpened { messages: names }
            | Trigger::PushClicked { messages: names, .. }
            | Trigger::FormFilled { forms: names }
            | Trigger::TaskFinished { tasks: names }
            | Trigger::MailOpened { mails: names }
            | Trigger::MailClicked { mails: names, .. } => self.words(path, names),
            Trigger::SmsAnswered { messages, contains } => {
                self.words(path, messages);
                self.words(path, contains.as_slice());
            }
            Trigger::NoteAdded { contains } => self.words(path, contains.as_slice()),
            Trigger::StageReached { funnel, stages } | Trigger::StageScoreAtLeast { funnel, stages, .. } => {
                self.words(path, std::slice::from_ref(funnel));
                self.words(path, stages);
            }
            _ => {}
        }
    }

    /// Names of events: a blank one would never match.
    fn words(&mut self, path: &str, words: &[String]) {
        if words.iter().any(|word| word.trim().is_empty()) {
            self.push(path.to_owned(), "required", "has a blank name; expected text");
        }
    }

    fn properties(&mut self, path: &str, properties: &[PropertyFilter]) {
        for (index, filter) in properties.iter().enumerate() {
            if filter.property.is_empty() {
                self.push(format!("{path}.properties[{index}].property"), "required", "is missing");
            }
            let path = format!("{path}.properties[{index}].is");
            match &filter.is {
                PropertyTest::AnyOf(values) if values.is_empty() => {
                    self.push(path, "required", "is an empty list; expected at least one value");
                }
                PropertyTest::Matches(pattern) => {
                    if let Some(problem) = pattern.problem() {
                        self.push(path, "malformed", problem);
                    }
                }
                _ => {}
            }
        }
    }

    fn date_near(&mut self, path: &str, field: &str, zone: Option<&str>) {
        if let Some(id) = self.field(path, field) {
            let found = self.schema.get(id).field_type();
            if !matches!(found, FieldType::Date | FieldType::Birthday | FieldType::Instant) {
                self.push(
                    format!("{path}.field"),
                    "wrong_type",
                    format!("is of type {found}; expected a date, a birthday or an instant"),
                );
            }
        }
        self.named_zone(path, zone);
    }

    fn url(&mut self, path: &str, pattern: &str) {
        if let Err(error) = UrlPattern::parse(pattern) {
            self.push(path.to_owned(), "malformed", format!("has a bad {error}"));
        }
    }
}
