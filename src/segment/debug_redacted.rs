//! `Debug` of what filters and selectors hold values in: addresses and ids of people stay out of logs.

use std::fmt::{Debug, Formatter, Result};

use super::language::ast::tree::{Check, Literal};
use super::selector::selector::Selector;

impl Debug for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Boolean(_) => "Boolean(_)",
            Self::Number(_) => "Number(_)",
            Self::Text(_) => "Text(_)",
            Self::Date(_) => "Date(_)",
            Self::Instant(_) => "Instant(_)",
        })
    }
}

impl Debug for Check {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let name = match self {
            Self::Equal(_) => "Equal",
            Self::Less(_) => "Less",
            Self::LessOrEqual(_) => "LessOrEqual",
            Self::Greater(_) => "Greater",
            Self::GreaterOrEqual(_) => "GreaterOrEqual",
            Self::In(values) => return write!(f, "In({} values)", values.len()),
            Self::HasAll(values) => return write!(f, "HasAll({} values)", values.len()),
            Self::HasOnly(values) => return write!(f, "HasOnly({} values)", values.len()),
            Self::HasExactly(values) => return write!(f, "HasExactly({} values)", values.len()),
            Self::Against(_) => "Against",
            Self::Between(..) => "Between",
            Self::BetweenTerms(_) => "BetweenTerms",
            Self::Contains(_) => "Contains",
            Self::ContainsWord(_) => "ContainsWord",
            Self::StartsWith(_) => "StartsWith",
            Self::EndsWith(_) => "EndsWith",
            Self::Like(_) => "Like",
            Self::Matches(_) => "Matches",
            Self::MatchesUrl(_) => "MatchesUrl",
            Self::IsSet => return f.write_str("IsSet"),
            Self::IsEmpty => return f.write_str("IsEmpty"),
            Self::InLast(_) => "InLast",
            Self::InNext(_) => "InNext",
            Self::MoreThanAgo(_) => "MoreThanAgo",
            Self::LessThanAgo(_) => "LessThanAgo",
            Self::ExactlyAgo(_) => "ExactlyAgo",
            Self::MoreThanAhead(_) => "MoreThanAhead",
            Self::LessThanAhead(_) => "LessThanAhead",
            Self::ExactlyAhead(_) => "ExactlyAhead",
            Self::InCalendar(_) => "InCalendar",
        };
        write!(f, "{name}(_)")
    }
}

impl Debug for Selector {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (name, values) = match self {
            Self::TagAny(values) => ("TagAny", values.len()),
            Self::TagAll(values) => ("TagAll", values.len()),
            Self::TagNone(values) => ("TagNone", values.len()),
            Self::Country(values) => ("Country", values.len()),
            Self::Province(values) => ("Province", values.len()),
            Self::City(values) => ("City", values.len()),
            Self::State(values) => ("State", values.len()),
            Self::Owner(values) => ("Owner", values.len()),
            Self::Language(values) => ("Language", values.len()),
            Self::LoyaltyTier(values) => ("LoyaltyTier", values.len()),
            Self::ChurnRisk(values) => ("ChurnRisk", values.len()),
            Self::Email(values) => ("Email", values.len()),
            Self::Id(values) => ("Id", values.len()),
            Self::Stage { stages, .. } => ("Stage", stages.len()),
            Self::Loyalty { tiers, .. } => ("Loyalty", tiers.len()),
            Self::Where(expr) => return f.debug_tuple("Where").field(expr).finish(),
            other => return f.write_str(other.word()),
        };
        write!(f, "{name}({values} values)")
    }
}

impl Selector {
    fn word(&self) -> &'static str {
        match self {
            Self::All => "All",
            Self::None => "None",
            Self::EmailOptedIn => "EmailOptedIn",
            Self::EmailOptedOut => "EmailOptedOut",
            Self::PhoneOptedIn => "PhoneOptedIn",
            Self::PhoneOptedOut => "PhoneOptedOut",
            Self::OneMessage => "OneMessage",
            Self::Monitored => "Monitored",
            Self::NotMonitored => "NotMonitored",
            Self::Invalid => "Invalid",
            Self::Deleted => "Deleted",
            Self::ConsentConfirmed(_) => "ConsentConfirmed(_)",
            Self::Funnel(_) => "Funnel(_)",
            Self::Sent(_) => "Sent(_)",
            Self::Planned(_) => "Planned(_)",
            Self::Opened(_) => "Opened(_)",
            Self::NotOpened(_) => "NotOpened(_)",
            Self::Clicked(_) => "Clicked(_)",
            Self::NotClicked(_) => "NotClicked(_)",
            Self::SmsDelivered(_) => "SmsDelivered(_)",
            Self::FormFilled(_) => "FormFilled(_)",
            Self::Coupon(_) => "Coupon(_)",
            Self::Visited(_) => "Visited(_)",
            Self::Rfm(_) => "Rfm(_)",
            Self::Segment(_) => "Segment(_)",
            _ => "Selector",
        }
    }
}
