//! The kinds of events: what happened to a contact.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::unique_map;
use crate::contact::ConsentStatus;

/// What happened to a contact.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum EventKind {
    /// The contact was added. Not an update of a known contact.
    ContactAdded,
    /// A field was set for the first time.
    DetailAdded {
        /// The field.
        field: String,
    },
    /// A field changed its value.
    DetailChanged {
        /// The field.
        field: String,
    },
    /// A tag was assigned.
    TagAssigned {
        /// The tag.
        tag: String,
    },
    /// A tag was removed.
    TagRemoved {
        /// The tag.
        tag: String,
    },
    /// The score of a tag changed, up or down.
    TagScoreChanged {
        /// The tag.
        tag: String,
        /// Its new score.
        score: i64,
    },
    /// The contact's score changed.
    ScoreChanged {
        /// The score before.
        from: i64,
        /// The score after.
        to: i64,
    },
    /// A consent was given, refused or withdrawn.
    ConsentChanged {
        /// The consent.
        channel: ConsentChannel,
        /// Its state now.
        status: ConsentStatus,
    },
    /// An external event, such as a purchase, was recorded.
    External {
        /// Its type, compared ignoring case.
        kind: String,
        /// Its amount.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Decimal>,
        /// Its properties.
        #[serde(
            default,
            deserialize_with = "unique_map::deserialize",
            skip_serializing_if = "BTreeMap::is_empty"
        )]
        properties: BTreeMap<String, String>,
    },
    /// An external event, such as a cart, was changed.
    ExternalChanged {
        /// Its type.
        kind: String,
        /// The fields that changed.
        #[serde(default)]
        fields: Vec<String>,
        /// Its amount now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Decimal>,
        /// Its properties now.
        #[serde(
            default,
            deserialize_with = "unique_map::deserialize",
            skip_serializing_if = "BTreeMap::is_empty"
        )]
        properties: BTreeMap<String, String>,
    },
    /// The contact reached a stage of a funnel.
    StageReached {
        /// The funnel.
        funnel: String,
        /// The stage.
        stage: String,
    },
    /// An e-mail was opened.
    MailOpened {
        /// The mailing.
        mail: String,
    },
    /// A link in an e-mail was clicked.
    MailClicked {
        /// The mailing.
        mail: String,
        /// The address of the link.
        link: String,
    },
    /// A text message was delivered.
    SmsDelivered {
        /// The message.
        message: String,
    },
    /// A text message was answered.
    SmsAnswered {
        /// The message.
        message: String,
        /// The answer.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// A push message was shown or opened.
    PushOpened {
        /// The message.
        message: String,
    },
    /// A push message was clicked.
    PushClicked {
        /// The message.
        message: String,
        /// The address of the link. Defaults to an empty text.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        link: String,
    },
    /// A form was filled in.
    FormFilled {
        /// The form.
        form: String,
    },
    /// A page was visited.
    PageVisited {
        /// The full address.
        url: String,
        /// Where the visitor came from, such as `google`, `newsletter` or a host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
        /// The phrase that the visitor searched for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phrase: Option<String>,
    },
    /// A note was added.
    NoteAdded {
        /// Its text.
        text: String,
    },
    /// A task was finished.
    TaskFinished {
        /// The task.
        task: String,
    },
    /// The score of a contact at a stage of a funnel changed, up or down.
    StageScoreChanged {
        /// The funnel.
        funnel: String,
        /// The stage.
        stage: String,
        /// The new score.
        score: i64,
    },
    /// The contact moved to another group of an RFM report.
    RfmChanged {
        /// The report.
        report: String,
        /// The dimension: recency, frequency or monetary.
        dimension: String,
        /// The new group.
        group: String,
    },
    /// An event of a kind that your application defines.
    Custom {
        /// Its name.
        name: String,
        /// Its properties.
        #[serde(
            default,
            deserialize_with = "unique_map::deserialize",
            skip_serializing_if = "BTreeMap::is_empty"
        )]
        properties: BTreeMap<String, String>,
    },
    /// The contact changed in a way that no trigger listens to. Exit conditions are checked again.
    Touched,
}

/// The channel or subject of a consent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConsentChannel {
    /// E-mail marketing.
    Email,
    /// Text messages and calls.
    Phone,
    /// Web push.
    WebPush,
    /// A named consent.
    Named(String),
}

impl EventKind {
    /// Creates an external event of a type, without an amount and properties.
    ///
    /// ```
    /// use audiencekit::automation::EventKind;
    ///
    /// assert_eq!(EventKind::external("purchase").kind(), "external");
    /// ```
    #[must_use]
    pub fn external(kind: impl Into<String>) -> Self {
        Self::External { kind: kind.into(), value: None, properties: BTreeMap::new() }
    }

    /// Creates a visit to a page, from an unknown source.
    ///
    /// ```
    /// use audiencekit::automation::EventKind;
    ///
    /// assert_eq!(EventKind::visit("https://example.com/").kind(), "page_visited");
    /// ```
    #[must_use]
    pub fn visit(url: impl Into<String>) -> Self {
        Self::PageVisited { url: url.into(), source: None, phrase: None }
    }

    /// Returns the name of the kind in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ContactAdded => "contact_added",
            Self::DetailAdded { .. } => "detail_added",
            Self::DetailChanged { .. } => "detail_changed",
            Self::TagAssigned { .. } => "tag_assigned",
            Self::TagRemoved { .. } => "tag_removed",
            Self::TagScoreChanged { .. } => "tag_score_changed",
            Self::ScoreChanged { .. } => "score_changed",
            Self::ConsentChanged { .. } => "consent_changed",
            Self::External { .. } => "external",
            Self::ExternalChanged { .. } => "external_changed",
            Self::StageReached { .. } => "stage_reached",
            Self::MailOpened { .. } => "mail_opened",
            Self::MailClicked { .. } => "mail_clicked",
            Self::SmsDelivered { .. } => "sms_delivered",
            Self::SmsAnswered { .. } => "sms_answered",
            Self::PushOpened { .. } => "push_opened",
            Self::PushClicked { .. } => "push_clicked",
            Self::FormFilled { .. } => "form_filled",
            Self::PageVisited { .. } => "page_visited",
            Self::NoteAdded { .. } => "note_added",
            Self::TaskFinished { .. } => "task_finished",
            Self::StageScoreChanged { .. } => "stage_score_changed",
            Self::RfmChanged { .. } => "rfm_changed",
            Self::Custom { .. } => "custom",
            Self::Touched => "touched",
        }
    }

    /// Visits every text in it, in a fixed order: its identity is made of them.
    pub(super) fn each_text(&self, visit: &mut dyn FnMut(&str)) {
        let properties = |properties: &BTreeMap<String, String>, visit: &mut dyn FnMut(&str)| {
            for (name, value) in properties {
                visit(name);
                visit(value);
            }
        };
        match self {
            Self::ContactAdded | Self::Touched => {}
            Self::DetailAdded { field } | Self::DetailChanged { field } => visit(field),
            Self::TagAssigned { tag } | Self::TagRemoved { tag } => visit(tag),
            Self::TagScoreChanged { tag, score } => {
                visit(tag);
                visit(&score.to_string());
            }
            Self::ScoreChanged { from, to } => {
                visit(&from.to_string());
                visit(&to.to_string());
            }
            Self::ConsentChanged { channel, status } => {
                match channel {
                    ConsentChannel::Email => visit("email"),
                    ConsentChannel::Phone => visit("phone"),
                    ConsentChannel::WebPush => visit("web_push"),
                    // Its word first, so that a consent may be named like a channel.
                    ConsentChannel::Named(name) => ["named", name].into_iter().for_each(&mut *visit),
                }
                visit(match status {
                    ConsentStatus::Confirmed => "confirmed",
                    ConsentStatus::Withdrawn => "withdrawn",
                    ConsentStatus::NotConfirmed => "not_confirmed",
                });
            }
            Self::External { kind, value, properties: all } => {
                visit(kind);
                value.iter().for_each(|value| visit(&value.to_string()));
                properties(all, visit);
            }
            Self::ExternalChanged { kind, fields, value, properties: all } => {
                visit(kind);
                // Their number first: fields must not pass for properties.
                visit(&fields.len().to_string());
                fields.iter().for_each(|field| visit(field));
                value.iter().for_each(|value| visit(&value.to_string()));
                properties(all, visit);
            }
            Self::StageReached { funnel: a, stage: b }
            | Self::MailClicked { mail: a, link: b }
            | Self::SmsAnswered { message: a, text: b }
            | Self::PushClicked { message: a, link: b } => {
                visit(a);
                visit(b);
            }
            Self::MailOpened { mail: name }
            | Self::SmsDelivered { message: name }
            | Self::PushOpened { message: name }
            | Self::FormFilled { form: name }
            | Self::NoteAdded { text: name }
            | Self::TaskFinished { task: name } => visit(name),
            Self::PageVisited { url, source, phrase } => {
                visit(url);
                // The name of each first: a source must not pass for a phrase.
                for (name, value) in [("source", source), ("phrase", phrase)] {
                    if let Some(value) = value {
                        visit(name);
                        visit(value);
                    }
                }
            }
            Self::StageScoreChanged { funnel, stage, score } => {
                visit(funnel);
                visit(stage);
                visit(&score.to_string());
            }
            Self::RfmChanged { report, dimension, group } => {
                visit(report);
                visit(dimension);
                visit(group);
            }
            Self::Custom { name, properties: all } => {
                visit(name);
                properties(all, visit);
            }
        }
    }
}

impl fmt::Debug for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventKind({})", self.kind())
    }
}
