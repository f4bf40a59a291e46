//! Selectors, and the conditions that they stand for.

use serde::{Deserialize, Serialize};

use super::message::{Message, happened};
use crate::segment::language::ast::span::{Span, Spanned};
use crate::segment::language::ast::tree::{Expr, Quantifier, TagTest};
use crate::segment::language::builder::expr::{consent, event, field, stage};
use crate::segment::rfm::cutoffs::Rfm;

/// A ready-made group of contacts.
///
/// Each stands for a condition of the filter language ([`expr`](Self::expr)).
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
/// `Debug` shows the kind of group without addresses, ids or other values.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Selector {
    /// Every contact.
    All,
    /// No contact. A segment that is empty on purpose includes it.
    None,
    /// Has at least one of these tags.
    TagAny(Vec<String>),
    /// Has each of these tags.
    TagAll(Vec<String>),
    /// Has none of these tags.
    TagNone(Vec<String>),
    /// Contacts that accept e-mail: `opted_out` is known to be false.
    EmailOptedIn,
    /// Contacts that refuse e-mail.
    EmailOptedOut,
    /// Contacts that accept text messages and calls: `phone_opted_out` is known to be false.
    PhoneOptedIn,
    /// Contacts that refuse text messages and calls.
    PhoneOptedOut,
    /// Agreed to one message a week.
    OneMessage,
    /// Behaviour is tracked.
    Monitored,
    /// Behaviour is not tracked, or it is unknown.
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
    /// Is in one of these tiers of a loyalty programme, whichever it is.
    LoyaltyTier(Vec<String>),
    /// Is in the loyalty programme of this name, as the field `loyalty_program` has it, and in one of these tiers. Without
    /// tiers, in any.
    Loyalty {
        /// The programme.
        program: String,
        /// The tiers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tiers: Vec<String>,
    },
    /// Has one of these values in `churn_risk`.
    ChurnRisk(Vec<String>),
    /// Has one of these e-mail addresses.
    Email(Vec<String>),
    /// Has one of these ids.
    Id(Vec<String>),
    /// Was sent this message.
    Sent(Message),
    /// Is to be sent this message: it was planned, and not sent since. A message without a name stands for its channel, so
    /// that any dispatch of the channel ends what was planned before it.
    Planned(Message),
    /// Was sent this message and opened it.
    Opened(Message),
    /// Was sent this message and did not open it.
    NotOpened(Message),
    /// Was sent this message and clicked in it.
    Clicked(Message),
    /// Was sent this message and did not click in it.
    NotClicked(Message),
    /// Was delivered this text message.
    SmsDelivered(String),
    /// Filled in this form, as the event `form_filled` carries its name in the property `source`.
    FormFilled(String),
    /// Was given this coupon, as the event `coupon` carries its name in the property `source`.
    Coupon(String),
    /// Visited a URL that fits a pattern: part of it, `any:a, b`, or `path:/shop/**`.
    Visited(String),
    /// Is in this group by recency, frequency and money of purchases.
    Rfm(Rfm),
    /// Is in another segment, as that is defined when this one is compiled.
    Segment(String),
    /// Matches a condition.
    Where(Expr),
}

impl Selector {
    /// Returns the condition that this selector stands for.
    #[must_use]
    pub fn expr(&self) -> Expr {
        let tags = |quantifier, tags: &[String]| {
            let tags = tags.iter().map(|tag| Spanned::from(tag.clone())).collect();
            Expr::Tags(TagTest { quantifier, tags, span: Span::default() })
        };
        let one_of = |name: &str, values: &[String]| match values {
            [only] => field(name).eq(only.as_str()),
            values => field(name).one_of(values.iter().map(String::as_str)),
        };
        match self {
            Self::All => Expr::Constant(true),
            Self::None => Expr::Constant(false),
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
            Self::Loyalty { program, tiers } => {
                let member = field("loyalty_program").eq(program.as_str());
                if tiers.is_empty() { member } else { member.and(one_of("loyalty_tier", tiers)) }
            }
            Self::ChurnRisk(names) => one_of("churn_risk", names),
            Self::Email(names) => one_of("email", names),
            Self::Id(names) => one_of("id", names),
            Self::Sent(message) => message.event("sent"),
            Self::Planned(message) => message.pending(),
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
