//! Triggers: the events that start rules and move workflows.

use serde::{Deserialize, Serialize};

use super::property::PropertyFilter;
use crate::automation::event_kind::ConsentChannel;
use crate::contact::ConsentStatus;

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
        /// A [`UrlPattern`](crate::segment::UrlPattern) of the link. Defaults to any link.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
    },
    /// One of these text messages was delivered.
    SmsDelivered {
        /// The messages.
        messages: Vec<String>,
    },
    /// One of these text messages was answered.
    SmsAnswered {
        /// The messages.
        messages: Vec<String>,
        /// A part of the answer, ignoring case. Defaults to any answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contains: Option<String>,
    },
    /// One of these push messages was shown or opened.
    PushOpened {
        /// The messages.
        messages: Vec<String>,
    },
    /// One of these push messages was clicked.
    PushClicked {
        /// The messages.
        messages: Vec<String>,
        /// A [`UrlPattern`](crate::segment::UrlPattern) of the link. Defaults to any link.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
    },
    /// One of these forms was filled in.
    FormFilled {
        /// The forms.
        forms: Vec<String>,
    },
    /// A visitor came from one of these sources, or with a search for one of these phrases.
    VisitFrom {
        /// The sources, ignoring case. Defaults to any, also an unknown one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sources: Vec<String>,
        /// Parts of the phrase of which one must be in it, ignoring case. Defaults to any phrase, or none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        phrases: Vec<String>,
        /// A [`UrlPattern`](crate::segment::UrlPattern) of the page. Defaults to any page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
    /// A note was added.
    NoteAdded {
        /// A part of its text, ignoring case. Defaults to any text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contains: Option<String>,
    },
    /// One of these tasks was finished.
    TaskFinished {
        /// The tasks.
        tasks: Vec<String>,
    },
    /// The score at one of these stages of a funnel changed, up or down, and is at least `score`.
    StageScoreAtLeast {
        /// The funnel.
        funnel: String,
        /// The stages.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stages: Vec<String>,
        /// The threshold, inclusive.
        score: i64,
    },
    /// A page was visited.
    PageVisited {
        /// A [`UrlPattern`](crate::segment::UrlPattern) of its address.
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
}
