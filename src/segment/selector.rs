//! Selectors: the ready-made groups of contacts that a segment takes in or leaves out.

use serde::{Deserialize, Serialize};

use super::language::ast::events::EventQuery;
use super::language::ast::span::Spanned;
use super::language::ast::tree::{Expr, Quantifier, TagTest};
use super::language::builder::conditions::{consent, event, field, stage};
use super::rfm::cutoffs::Rfm;

/// A ready-made group of contacts. Several in one box are a union.
///
/// Each lowers to a condition of the filter language ([`expr`](Self::expr)), so a selector and a filter that say
/// the same select the same.
///
/// ```
/// use audiencekit::segment::{Filter, Selector};
/// use audiencekit::Schema;
///
/// let schema = Schema::standard();
/// let selector = Selector::tag_any(["vip", "gold"]);
/// assert_eq!(Filter::new(selector.expr(), &schema)?.to_string(), r#"has any tag ("vip", "gold")"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
///
/// `Debug` says which group it is and shows no address, id or other value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Selector {
    /// Every contact.
    All,
    /// Has at least one of these tags.
    TagAny(Vec<String>),
    /// Has each of these tags.
    TagAll(Vec<String>),
    /// Has none of these tags.
    TagNone(Vec<String>),
    /// Said yes to e-mail: `opted_out` is known to be false.
    EmailOptedIn,
    /// Said no to e-mail.
    EmailOptedOut,
    /// Said yes to text messages and calls: `phone_opted_out` is known to be false.
    PhoneOptedIn,
    /// Said no to text messages and calls.
    PhoneOptedOut,
    /// Agreed to one message a week.
    OneMessage,
    /// Behaviour is tracked.
    Monitored,
    /// Behaviour is not tracked, or nobody knows.
    NotMonitored,
    /// Marked as undeliverable.
    Invalid,
    /// Marked as deleted.
    Deleted,
    /// This consent is given and not withdrawn as of now.
    ConsentConfirmed(String),
    /// On some stage of this funnel.
    Funnel(String),
    /// On one of these stages of a funnel.
    Stage {
        /// The funnel.
        funnel: String,
        /// The stages.
        stages: Vec<String>,
    },
    /// Lives in one of these countries.
    Country(Vec<String>),
    /// Lives in one of these provinces.
    Province(Vec<String>),
    /// Lives in one of these cities.
    City(Vec<String>),
    /// Is one of these states: `PROSPECT`, `CUSTOMER`, `PARTNER`, `OTHER`, `UNKNOWN`.
    State(Vec<String>),
    /// Has one of these main owners.
    Owner(Vec<String>),
    /// Speaks one of these languages.
    Language(Vec<String>),
    /// Is in one of these tiers of a loyalty programme.
    LoyaltyTier(Vec<String>),
    /// Is in one of the host's groups of those likely to leave.
    ChurnRisk(Vec<String>),
    /// Has one of these e-mail addresses.
    Email(Vec<String>),
    /// Has one of these ids.
    Id(Vec<String>),
    /// Was sent this message.
    Sent(Message),
    /// Is to be sent this message.
    Planned(Message),
    /// Was sent this message and opened it.
    Opened(Message),
    /// Was sent this message and did not open it; who was not sent it is not meant.
    NotOpened(Message),
    /// Was sent this message and clicked in it.
    Clicked(Message),
    /// Was sent this message and did not click in it; who was not sent it is not meant.
    NotClicked(Message),
    /// Was delivered this text message.
    SmsDelivered(String),
    /// Filled in this form, as the event `form_filled` carries its name in the property `source`.
    FormFilled(String),
    /// Was given this coupon, as the event `coupon` carries its name in the property `source`.
    Coupon(String),
    /// Visited a URL that fits a pattern: part of it, `any:a, b`, or `path:/shop/**`.
    Visited(String),
    /// Has a place by recency, frequency and money of purchases.
    Rfm(Rfm),
    /// Is in another segment, as that is defined when this one is compiled.
    Segment(String),
    /// Fits a condition.
    Where(Expr),
}

/// A message by channel and name, as events carry it in their property `message`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The channel.
    pub channel: MessageChannel,
    /// The message's name; none for any message of the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What sent it, such as a workflow or a rule, as events carry it in their property `source`; none for whatever did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Message {
    /// A mailing by name.
    #[must_use]
    pub fn email(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::any(MessageChannel::Email) }
    }

    /// A text message by name.
    #[must_use]
    pub fn sms(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::any(MessageChannel::Sms) }
    }

    /// A web push by name.
    #[must_use]
    pub fn push(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::any(MessageChannel::Push) }
    }

    /// Any message of a channel.
    #[must_use]
    pub fn any(channel: MessageChannel) -> Self {
        Self { channel, name: None, source: None }
    }

    /// The same, sent by this: a rule, a workflow, a mailing.
    #[must_use]
    pub fn sent_by(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    fn event(&self, what: &str) -> Expr {
        let channel = match self.channel {
            MessageChannel::Email => "email",
            MessageChannel::Sms => "sms",
            MessageChannel::Push => "push",
        };
        let named = [("message", self.name.as_deref()), ("source", self.source.as_deref())];
        happened(&format!("{channel}_{what}"), named)
    }
}

/// How a message reaches a contact. Events are named for it: `email_sent`, `sms_sent`, `push_sent`.
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

/// There was an event with these properties; those that are none are not asked.
fn happened<const N: usize>(kind: &str, properties: [(&str, Option<&str>); N]) -> Expr {
    let asked = properties.into_iter().filter_map(|(name, value)| Some(field(name).eq(value?)));
    asked.fold(event(kind), EventQuery::filter).exists()
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident => $variant:ident),* $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
            Self::$variant(values.into_iter().map(Into::into).collect())
        })*
    };
}

impl Selector {
    lists! {
        /// Has at least one of these tags.
        tag_any => TagAny,
        /// Has each of these tags.
        tag_all => TagAll,
        /// Has none of these tags.
        tag_none => TagNone,
        /// Lives in one of these countries.
        country => Country,
        /// Lives in one of these provinces.
        province => Province,
        /// Lives in one of these cities.
        city => City,
        /// Is one of these states.
        state => State,
        /// Has one of these main owners.
        owner => Owner,
        /// Speaks one of these languages.
        language => Language,
        /// Is in one of these tiers of a loyalty programme.
        loyalty_tier => LoyaltyTier,
        /// Is in one of the host's groups of those likely to leave.
        churn_risk => ChurnRisk,
        /// Has one of these e-mail addresses.
        email => Email,
        /// Has one of these ids.
        id => Id,
    }

    /// Every contact.
    #[must_use]
    pub fn all() -> Self {
        Self::All
    }

    /// Said yes to e-mail.
    #[must_use]
    pub fn email_opted_in() -> Self {
        Self::EmailOptedIn
    }

    /// Said no to e-mail.
    #[must_use]
    pub fn email_opted_out() -> Self {
        Self::EmailOptedOut
    }

    /// Said yes to text messages and calls.
    #[must_use]
    pub fn phone_opted_in() -> Self {
        Self::PhoneOptedIn
    }

    /// Said no to text messages and calls.
    #[must_use]
    pub fn phone_opted_out() -> Self {
        Self::PhoneOptedOut
    }

    /// This consent is given and not withdrawn as of now.
    #[must_use]
    pub fn consent_confirmed(name: impl Into<String>) -> Self {
        Self::ConsentConfirmed(name.into())
    }

    /// On some stage of this funnel.
    #[must_use]
    pub fn funnel(name: impl Into<String>) -> Self {
        Self::Funnel(name.into())
    }

    /// On one of these stages of a funnel.
    #[must_use]
    pub fn stage<T: Into<String>>(funnel: impl Into<String>, stages: impl IntoIterator<Item = T>) -> Self {
        Self::Stage { funnel: funnel.into(), stages: stages.into_iter().map(Into::into).collect() }
    }

    /// Is in another segment.
    #[must_use]
    pub fn segment(name: impl Into<String>) -> Self {
        Self::Segment(name.into())
    }

    /// The condition that this selector stands for.
    #[must_use]
    pub fn expr(&self) -> Expr {
        let tags = |quantifier, tags: &[String]| {
            let tags = tags.iter().map(|tag| Spanned::from(tag.clone())).collect();
            Expr::Tags(TagTest { quantifier, tags, span: super::language::ast::span::Span::default() })
        };
        let one_of = |name: &str, values: &[String]| match values {
            [only] => field(name).eq(only.as_str()),
            values => field(name).one_of(values.iter().map(String::as_str)),
        };
        match self {
            Self::All => Expr::Constant(true),
            Self::TagAny(names) => tags(Quantifier::Any, names),
            Self::TagAll(names) => tags(Quantifier::All, names),
            Self::TagNone(names) => tags(Quantifier::None, names),
            Self::EmailOptedIn => field("opted_out").eq(false),
            Self::EmailOptedOut => field("opted_out").eq(true),
            Self::PhoneOptedIn => field("phone_opted_out").eq(false),
            Self::PhoneOptedOut => field("phone_opted_out").eq(true),
            Self::OneMessage => field("one_message").eq(true),
            Self::Monitored => field("monitored").eq(true),
            Self::NotMonitored => field("monitored").eq(true).negate(),
            Self::Invalid => field("invalid").eq(true),
            Self::Deleted => field("deleted").eq(true),
            Self::ConsentConfirmed(name) => consent(name).eq("confirmed"),
            Self::Funnel(name) => stage(name).is_set(),
            Self::Stage { funnel, stages } => match stages.as_slice() {
                [only] => stage(funnel).eq(only.as_str()),
                stages => stage(funnel).one_of(stages.iter().map(String::as_str)),
            },
            Self::Country(names) => one_of("country", names),
            Self::Province(names) => one_of("province", names),
            Self::City(names) => one_of("city", names),
            Self::State(names) => one_of("state", names),
            Self::Owner(names) => one_of("owner", names),
            Self::Language(names) => one_of("language", names),
            Self::LoyaltyTier(names) => one_of("loyalty_tier", names),
            Self::ChurnRisk(names) => one_of("churn_risk", names),
            Self::Email(names) => one_of("email", names),
            Self::Id(names) => one_of("id", names),
            Self::Sent(message) => message.event("sent"),
            Self::Planned(message) => message.event("planned"),
            Self::Opened(message) => message.event("opened"),
            Self::NotOpened(message) => message.event("sent").and(message.event("opened").negate()),
            Self::Clicked(message) => message.event("clicked"),
            Self::NotClicked(message) => message.event("sent").and(message.event("clicked").negate()),
            Self::SmsDelivered(name) => happened("sms_delivered", [("message", Some(name))]),
            Self::FormFilled(name) => happened("form_filled", [("source", Some(name))]),
            Self::Coupon(name) => happened("coupon", [("source", Some(name))]),
            Self::Visited(pattern) => event("visit").filter(field("url").matches_url(pattern)).exists(),
            Self::Rfm(rfm) => rfm.expr(),
            Self::Segment(name) => Expr::Segment(Spanned::from(name.clone())),
            Self::Where(expr) => expr.clone(),
        }
    }
}

impl From<Expr> for Selector {
    fn from(expr: Expr) -> Self {
        Self::Where(expr)
    }
}
