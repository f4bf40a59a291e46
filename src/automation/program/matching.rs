//! Whether an event matches a trigger, and the names by which an index finds one.

use std::borrow::Cow;

use crate::automation::definition::trigger::Trigger;
use crate::automation::event_kind::EventKind;
use crate::contact::normalize_tag;
use crate::segment::UrlPattern;

impl Trigger {
    /// Returns `true` if an event matches. A [`Trigger::DateNear`] matches no event: it comes from the calendar.
    ///
    /// ```
    /// use audiencekit::automation::{EventKind, Trigger};
    ///
    /// assert!(Trigger::ContactAdded.matches(&EventKind::ContactAdded));
    /// ```
    #[must_use]
    pub fn matches(&self, kind: &EventKind) -> bool {
        match (self, kind) {
            (Self::ContactAdded, EventKind::ContactAdded) => true,
            (Self::DetailAdded { fields }, EventKind::DetailAdded { field })
            | (Self::DetailChanged { fields }, EventKind::DetailChanged { field }) => any(fields, field),
            (Self::TagAssigned { tags }, EventKind::TagAssigned { tag })
            | (Self::TagRemoved { tags }, EventKind::TagRemoved { tag }) => {
                tags.is_empty() || tags.iter().any(|wanted| same_tag(wanted, tag))
            }
            (
                Self::TagScoreAtLeast { tag: wanted, score: least },
                EventKind::TagScoreChanged { tag, score },
            ) => score >= least && same_tag(wanted, tag),
            (Self::ScoreReached { score }, EventKind::ScoreChanged { from, to }) => to == score && from != to,
            (Self::ScoreAbove { score }, EventKind::ScoreChanged { from, to }) => to > score && from != to,
            (
                Self::ConsentChanged { channels, status: wanted },
                EventKind::ConsentChanged { channel, status },
            ) => wanted == status && (channels.is_empty() || channels.contains(channel)),
            (
                Self::External { kinds, properties: tests },
                EventKind::External { kind, value, properties },
            ) => any_fold(kinds, kind) && tests.iter().all(|test| test.matches(*value, properties)),
            (
                Self::ExternalChanged { kinds, fields: wanted, properties: tests },
                EventKind::ExternalChanged { kind, fields, value, properties },
            ) => {
                any_fold(kinds, kind)
                    && (wanted.is_empty() || fields.iter().any(|field| wanted.contains(field)))
                    && tests.iter().all(|test| test.matches(*value, properties))
            }
            (Self::StageReached { funnel: wanted, stages }, EventKind::StageReached { funnel, stage }) => {
                wanted == funnel && any(stages, stage)
            }
            (Self::MailOpened { mails }, EventKind::MailOpened { mail }) => any(mails, mail),
            (Self::MailClicked { mails, link: pattern }, EventKind::MailClicked { mail, link }) => {
                any(mails, mail) && pattern.as_ref().is_none_or(|pattern| url_fits(pattern, link))
            }
            (Self::SmsDelivered { messages }, EventKind::SmsDelivered { message })
            | (Self::PushOpened { messages }, EventKind::PushOpened { message }) => any(messages, message),
            (Self::SmsAnswered { messages, contains: part }, EventKind::SmsAnswered { message, text }) => {
                any(messages, message) && part.as_ref().is_none_or(|part| contains_fold(text, part))
            }
            (Self::PushClicked { messages, link: pattern }, EventKind::PushClicked { message, link }) => {
                any(messages, message) && pattern.as_ref().is_none_or(|pattern| url_fits(pattern, link))
            }
            (Self::FormFilled { forms: wanted }, EventKind::FormFilled { form: name })
            | (Self::TaskFinished { tasks: wanted }, EventKind::TaskFinished { task: name }) => {
                any(wanted, name)
            }
            (Self::NoteAdded { contains: part }, EventKind::NoteAdded { text }) => {
                part.as_ref().is_none_or(|part| contains_fold(text, part))
            }
            (
                Self::StageScoreAtLeast { funnel: wanted, stages, score: least },
                EventKind::StageScoreChanged { funnel, stage, score },
            ) => score >= least && wanted == funnel && any(stages, stage),
            (Self::PageVisited { url: pattern }, EventKind::PageVisited { url, .. }) => {
                url_fits(pattern, url)
            }
            (
                Self::VisitFrom { sources, phrases, url: pattern },
                EventKind::PageVisited { url, source, phrase },
            ) => {
                (sources.is_empty() || source.as_ref().is_some_and(|source| any_fold(sources, source)))
                    && (phrases.is_empty()
                        || phrase
                            .as_ref()
                            .is_some_and(|said| phrases.iter().any(|phrase| contains_fold(said, phrase))))
                    && pattern.as_ref().is_none_or(|pattern| url_fits(pattern, url))
            }
            (
                Self::RfmChanged { report: wanted, dimension: side, groups },
                EventKind::RfmChanged { report, dimension, group },
            ) => {
                wanted == report
                    && side.as_ref().is_none_or(|side| side.eq_ignore_ascii_case(dimension))
                    && any_fold(groups, group)
            }
            (Self::Custom { name: wanted, properties: tests }, EventKind::Custom { name, properties }) => {
                wanted == name && tests.iter().all(|test| test.matches(None, properties))
            }
            _ => false,
        }
    }

    /// Returns what an index finds it by: the kind of event, and the names that it is limited to, none for all.
    pub(in crate::automation) fn address(&self) -> Option<(&'static str, Vec<String>)> {
        let tags = |tags: &[String]| tags.iter().filter_map(|tag| normalize_tag(tag)).collect();
        let fold = |names: &[String]| names.iter().map(|name| name.to_lowercase()).collect();
        Some(match self {
            Self::ContactAdded => ("contact_added", Vec::new()),
            Self::DetailAdded { fields } => ("detail_added", fields.clone()),
            Self::DetailChanged { fields } => ("detail_changed", fields.clone()),
            Self::TagAssigned { tags: names } => ("tag_assigned", tags(names)),
            Self::TagRemoved { tags: names } => ("tag_removed", tags(names)),
            Self::TagScoreAtLeast { tag, .. } => ("tag_score_changed", tags(std::slice::from_ref(tag))),
            Self::ScoreReached { .. } | Self::ScoreAbove { .. } => ("score_changed", Vec::new()),
            Self::ConsentChanged { .. } => ("consent_changed", Vec::new()),
            Self::External { kinds, .. } => ("external", fold(kinds)),
            Self::ExternalChanged { kinds, .. } => ("external_changed", fold(kinds)),
            Self::StageReached { funnel, .. } => ("stage_reached", vec![funnel.clone()]),
            Self::MailOpened { mails } => ("mail_opened", mails.clone()),
            Self::MailClicked { mails, .. } => ("mail_clicked", mails.clone()),
            Self::SmsDelivered { messages } => ("sms_delivered", messages.clone()),
            Self::SmsAnswered { messages, .. } => ("sms_answered", messages.clone()),
            Self::PushOpened { messages } => ("push_opened", messages.clone()),
            Self::PushClicked { messages, .. } => ("push_clicked", messages.clone()),
            Self::FormFilled { forms } => ("form_filled", forms.clone()),
            Self::PageVisited { .. } | Self::VisitFrom { .. } => ("page_visited", Vec::new()),
            Self::NoteAdded { .. } => ("note_added", Vec::new()),
            Self::TaskFinished { tasks } => ("task_finished", tasks.clone()),
            Self::StageScoreAtLeast { funnel, .. } => ("stage_score_changed", vec![funnel.clone()]),
            Self::DateNear { .. } => return None,
            Self::RfmChanged { report, .. } => ("rfm_changed", vec![report.clone()]),
            Self::Custom { name, .. } => ("custom", vec![name.clone()]),
        })
    }
}

impl EventKind {
    /// Returns the name that an index of [`Trigger::address`] looks for.
    pub(in crate::automation) fn indexed_name(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::ContactAdded
            | Self::ScoreChanged { .. }
            | Self::ConsentChanged { .. }
            | Self::PageVisited { .. }
            | Self::NoteAdded { .. }
            | Self::Touched => return None,
            Self::DetailAdded { field } | Self::DetailChanged { field } => field.into(),
            Self::TagAssigned { tag } | Self::TagRemoved { tag } | Self::TagScoreChanged { tag, .. } => {
                if is_normal(tag) {
                    tag.into()
                } else {
                    normalize_tag(tag).unwrap_or_default().into()
                }
            }
            Self::External { kind, .. } | Self::ExternalChanged { kind, .. } => {
                let is_lower = kind.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
                if is_lower { kind.into() } else { kind.to_lowercase().into() }
            }
            Self::StageReached { funnel, .. } | Self::StageScoreChanged { funnel, .. } => funnel.into(),
            Self::MailOpened { mail: name }
            | Self::MailClicked { mail: name, .. }
            | Self::SmsDelivered { message: name }
            | Self::SmsAnswered { message: name, .. }
            | Self::PushOpened { message: name }
            | Self::PushClicked { message: name, .. }
            | Self::FormFilled { form: name }
            | Self::TaskFinished { task: name } => name.into(),
            Self::RfmChanged { report, .. } => report.into(),
            Self::Custom { name, .. } => name.into(),
        })
    }
}

fn any(wanted: &[String], name: &str) -> bool {
    wanted.is_empty() || wanted.iter().any(|wanted| wanted == name)
}

fn any_fold(wanted: &[String], name: &str) -> bool {
    wanted.is_empty()
        || wanted.iter().any(|wanted| {
            wanted.eq_ignore_ascii_case(name)
                || !(wanted.is_ascii() && name.is_ascii()) && wanted.to_lowercase() == name.to_lowercase()
        })
}

fn contains_fold(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

/// A pattern that does not read, which the check of definitions refuses, fits nothing.
fn url_fits(pattern: &str, url: &str) -> bool {
    UrlPattern::parse(pattern).is_ok_and(|pattern| pattern.matches(url))
}

fn same_tag(a: &str, b: &str) -> bool {
    a == b || !(is_normal(a) && is_normal(b)) && normalize_tag(a) == normalize_tag(b)
}

/// True for a tag that is surely written as [`normalize_tag`] would write it.
fn is_normal(tag: &str) -> bool {
    !tag.is_empty()
        && tag.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
