//! What rules and workflows listen to.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::property::PropertyFilter;
use crate::automation::event::{ConsentChannel, EventKind};
use crate::contact::{ConsentStatus, normalize_tag};
use crate::segment::UrlPattern;

/// An event to listen to, and its filters. A list of names is met by any of them; an empty list by all.
///
/// ```
/// use audiencekit::automation::{EventKind, Trigger};
///
/// let trigger = Trigger::score_reached(200);
/// assert!(trigger.matches(&EventKind::ScoreChanged { from: 150, to: 200 }));
/// assert!(!trigger.matches(&EventKind::ScoreChanged { from: 199, to: 201 }));
/// assert!(Trigger::score_above(200).matches(&EventKind::ScoreChanged { from: 199, to: 201 }));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Trigger {
    /// A new contact.
    ContactAdded,
    /// One of these fields got its first value.
    DetailAdded {
        /// The fields.
        fields: Vec<String>,
    },
    /// One of these fields got another value.
    DetailChanged {
        /// The fields.
        fields: Vec<String>,
    },
    /// One of these tags was assigned.
    TagAssigned {
        /// The tags.
        tags: Vec<String>,
    },
    /// One of these tags was taken away.
    TagRemoved {
        /// The tags.
        tags: Vec<String>,
    },
    /// The score of a tag changed and is at least `score`: also when it fell and is still that high.
    TagScoreAtLeast {
        /// The tag.
        tag: String,
        /// The threshold.
        score: i64,
    },
    /// The contact's score changed to exactly `score`.
    ScoreReached {
        /// The score.
        score: i64,
    },
    /// The contact's score changed and is above `score`.
    ScoreAbove {
        /// The threshold, which itself is not enough.
        score: i64,
    },
    /// One of these consents came to this state.
    ConsentChanged {
        /// The consents.
        channels: Vec<ConsentChannel>,
        /// The state.
        status: ConsentStatus,
    },
    /// An external event of one of these types was recorded.
    External {
        /// The types.
        kinds: Vec<String>,
        /// Tests that all hold for that event.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        properties: Vec<PropertyFilter>,
    },
    /// An external event of one of these types was changed.
    ExternalChanged {
        /// The types.
        kinds: Vec<String>,
        /// The changed fields, any of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<String>,
        /// Tests that all hold for that event.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        properties: Vec<PropertyFilter>,
    },
    /// The contact came to one of these stages of a funnel.
    StageReached {
        /// The funnel.
        funnel: String,
        /// The stages.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stages: Vec<String>,
    },
    /// One of these mailings was opened.
    MailOpened {
        /// The mailings.
        mails: Vec<String>,
    },
    /// A link in one of these mailings was clicked.
    MailClicked {
        /// The mailings.
        mails: Vec<String>,
        /// A [`UrlPattern`] of the link.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
    },
    /// A page was visited.
    PageVisited {
        /// A [`UrlPattern`] of its address.
        url: String,
    },
    /// A date of the contact is near: fires once at midnight of the day that is `days` after it.
    DateNear {
        /// The field: a date, a birthday or an instant.
        field: String,
        /// Days after the date; negative is before it, 0 is on it.
        days: i32,
        /// True for anniversaries: fires every year. 29 February counts as 28 February in other years.
        #[serde(default)]
        ignore_year: bool,
        /// The time zone of that midnight; the engine's own if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// The contact came into one of these groups of an RFM report.
    RfmChanged {
        /// The report.
        report: String,
        /// The dimension; any if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dimension: Option<String>,
        /// The groups.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<String>,
    },
    /// One of the host's own kinds.
    Custom {
        /// Its name.
        name: String,
        /// Tests that all hold for that event.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        properties: Vec<PropertyFilter>,
    },
}

impl Trigger {
    /// A tag was assigned.
    #[must_use]
    pub fn tag(tag: impl Into<String>) -> Self {
        Self::TagAssigned { tags: vec![tag.into()] }
    }

    /// A tag was taken away.
    #[must_use]
    pub fn tag_removed(tag: impl Into<String>) -> Self {
        Self::TagRemoved { tags: vec![tag.into()] }
    }

    /// An external event of this type.
    #[must_use]
    pub fn external(kind: impl Into<String>) -> Self {
        Self::External { kinds: vec![kind.into()], properties: Vec::new() }
    }

    /// The score became exactly `score`.
    #[must_use]
    pub fn score_reached(score: i64) -> Self {
        Self::ScoreReached { score }
    }

    /// The score changed and is above `score`.
    #[must_use]
    pub fn score_above(score: i64) -> Self {
        Self::ScoreAbove { score }
    }

    /// A consent came to a state.
    #[must_use]
    pub fn consent(channel: ConsentChannel, status: ConsentStatus) -> Self {
        Self::ConsentChanged { channels: vec![channel], status }
    }

    /// True when `what` is such an event and passes its filters. A [`Trigger::DateNear`] matches no event: it comes
    /// from the calendar.
    #[must_use]
    pub fn matches(&self, what: &EventKind) -> bool {
        match (self, what) {
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
            (Self::PageVisited { url: pattern }, EventKind::PageVisited { url }) => url_fits(pattern, url),
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

    /// What an index can find it by: the kind of event, and the names it is limited to (none: all).
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
            Self::PageVisited { .. } => ("page_visited", Vec::new()),
            Self::DateNear { .. } => return None,
            Self::RfmChanged { report, .. } => ("rfm_changed", vec![report.clone()]),
            Self::Custom { name, .. } => ("custom", vec![name.clone()]),
        })
    }
}

impl EventKind {
    /// The name that an index of [`Trigger::address`] looks for.
    pub(in crate::automation) fn indexed_name(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::ContactAdded
            | Self::ScoreChanged { .. }
            | Self::ConsentChanged { .. }
            | Self::PageVisited { .. }
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
            Self::StageReached { funnel, .. } => funnel.into(),
            Self::MailOpened { mail } | Self::MailClicked { mail, .. } => mail.into(),
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
