//! Triggers: the events that start rules and move workflows.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::property::PropertyFilter;
use crate::automation::event::{ConsentChannel, EventKind};
use crate::contact::{ConsentStatus, normalize_tag};
use crate::segment::UrlPattern;

/// An event that starts a rule or moves a workflow, and its filters. Any listed name matches; an empty list matches every
/// name.
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
    /// A contact was added.
    ContactAdded,
    /// One of these fields was set for the first time.
    DetailAdded {
        /// The fields.
        fields: Vec<String>,
    },
    /// One of these fields changed its value.
    DetailChanged {
        /// The fields.
        fields: Vec<String>,
    },
    /// One of these tags was assigned.
    TagAssigned {
        /// The tags.
        tags: Vec<String>,
    },
    /// One of these tags was removed.
    TagRemoved {
        /// The tags.
        tags: Vec<String>,
    },
    /// The score of a tag changed, up or down, and is at least `score`.
    TagScoreAtLeast {
        /// The tag.
        tag: String,
        /// The threshold, inclusive.
        score: i64,
    },
    /// The contact's score changed to exactly `score`.
    ScoreReached {
        /// The score.
        score: i64,
    },
    /// The contact's score changed and is above `score`.
    ScoreAbove {
        /// The threshold, exclusive.
        score: i64,
    },
    /// One of these consents changed to this state.
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
        /// The tests that the event must all pass.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        properties: Vec<PropertyFilter>,
    },
    /// An external event of one of these types was changed.
    ExternalChanged {
        /// The types.
        kinds: Vec<String>,
        /// The changed fields of which any matches.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<String>,
        /// The tests that the event must all pass.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        properties: Vec<PropertyFilter>,
    },
    /// The contact reached one of these stages of a funnel.
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
        /// A [`UrlPattern`] of the link. Defaults to any link.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
    },
    /// A page was visited.
    PageVisited {
        /// A [`UrlPattern`] of its address.
        url: String,
    },
    /// A date of the contact is near: fires at midnight of the day that is `days` after it.
    DateNear {
        /// The field, of type date, birthday or instant.
        field: String,
        /// The number of days after the date, negative for days before it.
        days: i32,
        /// Whether it fires every year, as for an anniversary. 29 February counts as 28 February in other years. Defaults to
        /// `false`.
        #[serde(default)]
        ignore_year: bool,
        /// The time zone of that midnight. Defaults to the engine's time zone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// The contact moved to one of these groups of an RFM report.
    RfmChanged {
        /// The report.
        report: String,
        /// The dimension. Defaults to any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dimension: Option<String>,
        /// The groups.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<String>,
    },
    /// An event of a kind that your application defines.
    Custom {
        /// Its name.
        name: String,
        /// The tests that the event must all pass.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        properties: Vec<PropertyFilter>,
    },
}

impl Trigger {
    /// Creates a trigger on the assignment of a tag.
    ///
    /// ```
    /// use audiencekit::automation::Trigger;
    ///
    /// assert_eq!(Trigger::tag("VIP"), Trigger::TagAssigned { tags: vec!["VIP".into()] });
    /// ```
    #[must_use]
    pub fn tag(tag: impl Into<String>) -> Self {
        Self::TagAssigned { tags: vec![tag.into()] }
    }

    /// Creates a trigger on the removal of a tag.
    ///
    /// ```
    /// use audiencekit::automation::{EventKind, Trigger};
    ///
    /// assert!(Trigger::tag_removed("VIP").matches(&EventKind::TagRemoved { tag: "vip".into() }));
    /// ```
    #[must_use]
    pub fn tag_removed(tag: impl Into<String>) -> Self {
        Self::TagRemoved { tags: vec![tag.into()] }
    }

    /// Creates a trigger on an external event of a type, such as `purchase`.
    ///
    /// ```
    /// use audiencekit::automation::{EventKind, Trigger};
    ///
    /// assert!(Trigger::external("purchase").matches(&EventKind::external("Purchase")));
    /// ```
    #[must_use]
    pub fn external(kind: impl Into<String>) -> Self {
        Self::External { kinds: vec![kind.into()], properties: Vec::new() }
    }

    /// Creates a trigger on a score that changed to exactly `score`.
    ///
    /// ```
    /// use audiencekit::automation::{EventKind, Trigger};
    ///
    /// assert!(Trigger::score_reached(5).matches(&EventKind::ScoreChanged { from: 0, to: 5 }));
    /// ```
    #[must_use]
    pub fn score_reached(score: i64) -> Self {
        Self::ScoreReached { score }
    }

    /// Creates a trigger on a score that changed and is above `score`.
    ///
    /// ```
    /// use audiencekit::automation::{EventKind, Trigger};
    ///
    /// assert!(!Trigger::score_above(5).matches(&EventKind::ScoreChanged { from: 0, to: 5 }));
    /// ```
    #[must_use]
    pub fn score_above(score: i64) -> Self {
        Self::ScoreAbove { score }
    }

    /// Creates a trigger on a consent that changed to a state.
    ///
    /// ```
    /// use audiencekit::automation::{ConsentChannel, EventKind, Trigger};
    /// use audiencekit::contact::ConsentStatus;
    ///
    /// let opt_in = Trigger::consent(ConsentChannel::Email, ConsentStatus::Confirmed);
    /// let event = EventKind::ConsentChanged { channel: ConsentChannel::Email, status: ConsentStatus::Confirmed };
    /// assert!(opt_in.matches(&event));
    /// ```
    #[must_use]
    pub fn consent(channel: ConsentChannel, status: ConsentStatus) -> Self {
        Self::ConsentChanged { channels: vec![channel], status }
    }

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
            Self::PageVisited { .. } => ("page_visited", Vec::new()),
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
