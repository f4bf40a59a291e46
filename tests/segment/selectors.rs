//! Every selector has a contact that it selects and one that it does not.

use std::collections::BTreeSet;

use audiencekit::Schema;
use audiencekit::contact::{ConsentStatus, Contact, Event};
use audiencekit::segment::{
    EvaluationTime, Filter, MemoryCatalog, Message, MessageChannel, Recency, Rfm, RfmCutoffs, Segment,
    SegmentCatalog, Selector, expr,
};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

type Change = fn(&mut Contact);

fn text(contact: &mut Contact, field: &str, value: &str) {
    let id = contact.schema().require(field).unwrap();
    contact.set_text(id, value).unwrap();
}

fn flag(contact: &mut Contact, field: &str, value: bool) {
    let id = contact.schema().require(field).unwrap();
    contact.set(id, value).unwrap();
}

/// An event some hours ago, with a message.
fn event(contact: &mut Contact, kind: &str, message: &str, hours: i64) {
    let event = Event::new(kind, NOW - Duration::hours(hours)).property("message", message);
    contact.add_event(&event).unwrap();
}

fn sourced(contact: &mut Contact, kind: &str, source: &str) {
    contact.add_event(&Event::new(kind, NOW).property("source", source)).unwrap();
}

fn visited(contact: &mut Contact, url: &str) {
    contact.add_event(&Event::new("visit", NOW).property("url", url)).unwrap();
}

fn names(values: &[&str]) -> Vec<String> {
    values.iter().map(|&value| value.to_owned()).collect()
}

/// Each selector with a change after which it selects a contact, and one after which it does not.
fn cases() -> Vec<(Selector, Change, Change)> {
    let may = || Message::email("May");
    let cutoffs = RfmCutoffs {
        recency_days: (30, 90),
        frequency: (2, 5),
        monetary: (10.into(), 100.into()),
        window_days: 365,
    };
    vec![
        (
            Selector::TagAny(names(&["a", "b"])),
            |c| c.add_tag("B", 1, None).unwrap(),
            |c| c.add_tag("c", 1, None).unwrap(),
        ),
        (
            Selector::TagAll(names(&["a", "b"])),
            |c| ["a", "b"].iter().for_each(|tag| c.add_tag(tag, 1, None).unwrap()),
            |c| c.add_tag("a", 1, None).unwrap(),
        ),
        (Selector::TagNone(names(&["a"])), |_| {}, |c| c.add_tag("a", 1, None).unwrap()),
        (Selector::EmailOptedIn, |c| flag(c, "opted_out", false), |_| {}),
        (Selector::EmailOptedOut, |c| flag(c, "opted_out", true), |c| flag(c, "opted_out", false)),
        (Selector::PhoneOptedIn, |c| flag(c, "phone_opted_out", false), |c| flag(c, "opted_out", false)),
        (Selector::PhoneOptedOut, |c| flag(c, "phone_opted_out", true), |c| flag(c, "opted_out", true)),
        (Selector::OneMessage, |c| flag(c, "one_message", true), |c| flag(c, "one_message", false)),
        (Selector::Monitored, |c| flag(c, "monitored", true), |_| {}),
        (Selector::NotMonitored, |_| {}, |c| flag(c, "monitored", true)),
        (Selector::Invalid, |c| flag(c, "invalid", true), |c| flag(c, "deleted", true)),
        (Selector::Deleted, |c| flag(c, "deleted", true), |c| flag(c, "invalid", true)),
        (
            Selector::ConsentConfirmed("news".into()),
            |c| c.add_consent("news", ConsentStatus::Confirmed, None).unwrap(),
            |c| {
                c.add_consent("news", ConsentStatus::Confirmed, Some(NOW - Duration::days(2))).unwrap();
                c.add_consent("news", ConsentStatus::Withdrawn, Some(NOW - Duration::days(1))).unwrap();
            },
        ),
        (
            Selector::Funnel("Sales".into()),
            |c| c.set_stage("Sales", "Won", None).unwrap(),
            |c| c.set_stage("Care", "Won", None).unwrap(),
        ),
        (
            Selector::Stage { funnel: "Sales".into(), stages: names(&["Won", "Lost"]) },
            |c| c.set_stage("Sales", "Lost", None).unwrap(),
            |c| c.set_stage("Sales", "Offer", None).unwrap(),
        ),
        (Selector::Country(names(&["PL", "DE"])), |c| text(c, "country", "de"), |c| text(c, "country", "FR")),
        (
            Selector::Province(names(&["Mazowieckie"])),
            |c| text(c, "province", "mazowieckie"),
            |c| text(c, "city", "Mazowieckie"),
        ),
        (Selector::City(names(&["Lublin"])), |c| text(c, "city", "Lublin"), |c| text(c, "city", "Lubin")),
        (
            Selector::State(names(&["CUSTOMER"])),
            |c| text(c, "state", "CUSTOMER"),
            |c| text(c, "state", "PROSPECT"),
        ),
        (
            Selector::Owner(names(&["o@example.com"])),
            |c| text(c, "owner", "o@example.com"),
            |c| text(c, "owner", "p@example.com"),
        ),
        (Selector::Language(names(&["pl"])), |c| text(c, "language", "PL"), |c| text(c, "country", "pl")),
        (
            Selector::LoyaltyTier(names(&["gold"])),
            |c| text(c, "loyalty_tier", "Gold"),
            |c| text(c, "loyalty_tier", "silver"),
        ),
        (
            Selector::Loyalty { program: "Club".into(), tiers: names(&["gold"]) },
            |c| {
                text(c, "loyalty_program", "club");
                text(c, "loyalty_tier", "gold");
            },
            |c| {
                text(c, "loyalty_program", "Miles");
                text(c, "loyalty_tier", "gold");
            },
        ),
        (
            Selector::Loyalty { program: "Club".into(), tiers: Vec::new() },
            |c| text(c, "loyalty_program", "Club"),
            |c| text(c, "loyalty_tier", "gold"),
        ),
        (
            Selector::ChurnRisk(names(&["high"])),
            |c| text(c, "churn_risk", "high"),
            |c| text(c, "churn_risk", "low"),
        ),
        (
            Selector::Email(names(&["a@example.com"])),
            |c| text(c, "email", "A@example.com"),
            |c| text(c, "email", "b@example.com"),
        ),
        (Selector::Id(names(&["7"])), |c| text(c, "id", "7"), |c| text(c, "external_id", "7")),
        (Selector::Sent(may()), |c| event(c, "email_sent", "May", 2), |c| event(c, "email_sent", "June", 2)),
        (
            Selector::Planned(may()),
            |c| event(c, "email_planned", "May", 2),
            |c| event(c, "email_sent", "May", 2),
        ),
        // The dispatch ends it, also one at the planned instant; planned anew it is planned again.
        (
            Selector::Planned(may()),
            |c| {
                event(c, "email_planned", "May", 9);
                event(c, "email_sent", "May", 5);
                event(c, "email_planned", "May", 2);
            },
            |c| {
                event(c, "email_planned", "May", 2);
                event(c, "email_sent", "May", 2);
            },
        ),
        // Another message, and another channel, end nothing.
        (
            Selector::Planned(may()),
            |c| {
                event(c, "email_planned", "May", 3);
                event(c, "email_sent", "June", 2);
                event(c, "sms_sent", "May", 1);
            },
            |c| {
                event(c, "email_planned", "May", 3);
                event(c, "email_sent", "May", 1);
            },
        ),
        (
            Selector::Planned(Message::any(MessageChannel::Push)),
            |c| event(c, "push_planned", "x", 3),
            |c| {
                event(c, "push_planned", "x", 3);
                event(c, "push_sent", "x", 2);
            },
        ),
        (
            Selector::Opened(may()),
            |c| event(c, "email_opened", "May", 1),
            |c| event(c, "email_sent", "May", 1),
        ),
        (
            Selector::NotOpened(may()),
            |c| event(c, "email_sent", "May", 2),
            |c| {
                event(c, "email_sent", "May", 2);
                event(c, "email_opened", "May", 1);
            },
        ),
        (
            Selector::Clicked(Message::sms("Sale")),
            |c| event(c, "sms_clicked", "Sale", 1),
            |c| event(c, "sms_opened", "Sale", 1),
        ),
        (Selector::NotClicked(Message::push("Sale")), |c| event(c, "push_sent", "Sale", 1), |_| {}),
        (
            Selector::SmsDelivered("Code".into()),
            |c| event(c, "sms_delivered", "Code", 1),
            |c| event(c, "sms_sent", "Code", 1),
        ),
        (
            Selector::FormFilled("Footer".into()),
            |c| sourced(c, "form_filled", "Footer"),
            |c| sourced(c, "form_filled", "Popup"),
        ),
        (
            Selector::Coupon("SPRING".into()),
            |c| sourced(c, "coupon", "SPRING"),
            |c| sourced(c, "coupon", "AUTUMN"),
        ),
        (
            Selector::Visited("path:/shop/**".into()),
            |c| visited(c, "https://example.com/shop/shoes/1"),
            |c| visited(c, "https://example.com/blog"),
        ),
        (
            Selector::Rfm(Rfm { recency: Some(Recency::Short), ..Rfm::new(cutoffs) }),
            |c| c.add_event(&Event::new("purchase", NOW - Duration::days(1)).value(10.into())).unwrap(),
            |_| {},
        ),
        (
            Selector::Segment("VIP".into()),
            |c| c.add_tag("vip", 1, None).unwrap(),
            |c| c.add_tag("gold", 1, None).unwrap(),
        ),
        (
            Selector::Where(expr::field("score").ge(50)),
            |c| c.set(c.schema().require("score").unwrap(), 50).unwrap(),
            |_| {},
        ),
    ]
}

#[test]
fn every_selector_selects_whom_it_says_and_nobody_else() {
    let schema = Schema::standard();
    let catalog = MemoryCatalog::new();
    catalog
        .save(&Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&schema).unwrap())
        .unwrap();
    let selects = |selector: &Selector, change: Change| {
        let filter = Filter::new(selector.expr(), &schema).unwrap();
        let compiled = filter.compile_with(&schema, &EvaluationTime::utc(NOW), &catalog).unwrap();
        let mut contact = Contact::new(&schema);
        change(&mut contact);
        compiled.matches(&contact)
    };
    let mut tried = BTreeSet::new();
    for (at, (selector, inside, outside)) in cases().into_iter().enumerate() {
        assert!(selects(&selector, inside), "{at}: {selector:?} misses its contact");
        assert!(!selects(&selector, outside), "{at}: {selector:?} takes another contact");
        let json = serde_json::to_value(&selector).unwrap();
        assert_eq!(serde_json::from_value::<Selector>(json.clone()).unwrap(), selector);
        let name = json
            .as_str()
            .map_or_else(|| json.as_object().unwrap().keys().next().unwrap().clone(), str::to_owned);
        tried.insert(name);
    }
    assert!(selects(&Selector::all(), |_| {}) && !selects(&Selector::none(), |_| {}));
    tried.extend(["all".to_owned(), "none".to_owned()]);
    // A variant that is added needs a case.
    let source = include_str!("../../src/segment/selector/selector.rs");
    let (_, body) = source.split_once("pub enum Selector {\n").unwrap();
    let (body, _) = body.split_once("\n}").unwrap();
    let variants = body.lines().filter_map(|line| {
        let name = line.strip_prefix("    ")?;
        name.starts_with(|c: char| c.is_ascii_uppercase())
            .then(|| name.split(['(', ',', ' ']).next().unwrap())
    });
    let snake = |name: &str| {
        let mut out = String::new();
        for c in name.chars() {
            if c.is_ascii_uppercase() && !out.is_empty() {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        }
        out
    };
    let untried: Vec<String> = variants.map(snake).filter(|name| !tried.contains(name)).collect();
    assert!(untried.is_empty(), "{untried:?}");
    assert_eq!(tried.len(), 41);
}
