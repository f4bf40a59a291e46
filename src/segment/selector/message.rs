//! Messages that were sent, as events tell of them.

use serde::{Deserialize, Serialize};

use crate::segment::language::ast::events::EventQuery;
use crate::segment::language::ast::operand::Relation;
use crate::segment::language::ast::tree::Expr;
use crate::segment::language::builder::expr::{event, field};

/// A message by channel and name, as events carry it in their property `message`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The channel.
    pub channel: MessageChannel,
    /// The name of the message. Defaults to any message of the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The sender, such as a workflow or a rule, as events carry it in their property `source`. Defaults to any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Message {
    /// Creates a message from the name of a mailing.
    #[must_use]
    pub fn email(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::any(MessageChannel::Email) }
    }

    /// Creates a message from the name of a text message.
    #[must_use]
    pub fn sms(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::any(MessageChannel::Sms) }
    }

    /// Creates a message from the name of a web push.
    #[must_use]
    pub fn push(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::any(MessageChannel::Push) }
    }

    /// Creates a message that stands for any of a channel.
    #[must_use]
    pub fn any(channel: MessageChannel) -> Self {
        Self { channel, name: None, source: None }
    }

    /// Narrows the message to those sent by a rule, a workflow or a mailing.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Message, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let sent = Selector::Sent(Message::email("Autumn").sent_by("welcome"));
    /// let text = r#"exists(event.email_sent where message = "Autumn" and source = "welcome")"#;
    /// assert_eq!(Filter::new(sent.expr(), &schema)?.to_string(), text);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn sent_by(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(super) fn event(&self, what: &str) -> Expr {
        self.events(what).exists()
    }

    /// Planned after the last dispatch, or with none so far.
    pub(super) fn pending(&self) -> Expr {
        let before_all = time::macros::date!(1970 - 01 - 01);
        self.events("planned").last().compared_or(Relation::Greater, self.events("sent").last(), before_all)
    }

    fn events(&self, what: &str) -> EventQuery {
        let channel = match self.channel {
            MessageChannel::Email => "email",
            MessageChannel::Sms => "sms",
            MessageChannel::Push => "push",
        };
        let named = [("message", self.name.as_deref()), ("source", self.source.as_deref())];
        events(&format!("{channel}_{what}"), named)
    }
}

/// The channel of a message. Events are named after it: `email_sent`, `sms_sent`, `push_sent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageChannel {
    /// E-mail.
    Email,
    /// Text message.
    Sms,
    /// Web push.
    Push,
}

/// An event with these properties; `None` matches any.
pub(super) fn happened<const N: usize>(kind: &str, properties: [(&str, Option<&str>); N]) -> Expr {
    events(kind, properties).exists()
}

fn events<const N: usize>(kind: &str, properties: [(&str, Option<&str>); N]) -> EventQuery {
    let asked = properties.into_iter().filter_map(|(name, value)| Some(field(name).eq(value?)));
    asked.fold(event(kind), EventQuery::filter)
}
