//! The filter language: what it selects, how it prints, what it refuses.

use std::sync::Arc;

use audiencekit::contact::{Birthday, ConsentStatus, Contact, Event, FieldType, Schema};
use audiencekit::segment::{
    Decision, EvaluationTime, Filter, MemoryCatalog, Segment, SegmentCatalog, Selector,
};
use audiencekit::{ErrorKind, Zone};
use time::macros::{date, datetime};

fn schema() -> Arc<Schema> {
    Schema::builder()
        .detail("plan", FieldType::Keyword)
        .detail("revenue", FieldType::Decimal)
        .detail("renewal", FieldType::Date)
        .build()
        .unwrap()
}

fn now() -> EvaluationTime {
    EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC))
}

fn ada(schema: &Arc<Schema>) -> Contact {
    let mut contact = Contact::new(schema);
    let id = |name: &str| schema.require(name).unwrap();
    contact.set(id("id"), "C1").unwrap();
    contact.set(id("email"), "Ada@Example.com").unwrap();
    contact.add_text(id("email"), "ada@work.example").unwrap();
    contact.set(id("country"), "PL").unwrap();
    contact.set(id("city"), "ŁÓDŹ").unwrap();
    contact.set(id("name"), "Ada Nowak").unwrap();
    contact.set(id("score"), 50).unwrap();
    contact.set(id("opted_out"), false).unwrap();
    contact.set(id("birth_date"), Birthday::new(Some(1992), 2, 29).unwrap()).unwrap();
    contact.set(id("created_on"), datetime!(2026-08-25 12:00 UTC)).unwrap();
    contact.set(id("plan"), "Pro").unwrap();
    contact.set(id("revenue"), "129.90".parse::<rust_decimal::Decimal>().unwrap()).unwrap();
    contact.set(id("renewal"), date!(2026 - 11 - 30)).unwrap();
    contact.add_tag("vip", 7, Some(datetime!(2026-11-01 0:00 UTC))).unwrap();
    contact
        .add_consent("newsletter", ConsentStatus::Confirmed, Some(datetime!(2026-01-01 0:00 UTC)))
        .unwrap();
    contact
        .add_consent("newsletter", ConsentStatus::Withdrawn, Some(datetime!(2027-01-01 0:00 UTC)))
        .unwrap();
    contact.set_stage("Sales", "Offer", None).unwrap();
    for (at, value, products) in [
        (datetime!(2026-08-25 12:00 UTC), "20", "sku-1"),
        (datetime!(2026-10-01 9:00 UTC), "100.10", "sku-2"),
        (datetime!(2026-11-22 9:00 UTC), "9.80", "sku-3"),
    ] {
        let event = Event::new("purchase", at).value(value.parse().unwrap()).property("products", products);
        contact.add_event(&event).unwrap();
    }
    let visit = Event::new("visit", datetime!(2026-11-20 9:00 UTC))
        .property("url", "https://shop.example/sale/shoes");
    contact.add_event(&visit).unwrap();
    contact
}

/// The table of the grammar: text of a filter, a tab, what it says of Ada.
#[test]
fn every_row_of_the_table_says_of_ada_what_it_should() {
    let schema = schema();
    let ada = ada(&schema);
    let mut rows = 0;
    for line in include_str!("data/segment/table.tsv")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let (text, wanted) = line.rsplit_once('\t').unwrap_or_else(|| panic!("no tab: {line}"));
        let filter = Filter::parse(text, &schema).unwrap_or_else(|e| panic!("{text}\n{}", e.picture()));
        let compiled = filter.compile(&schema, &now()).unwrap();
        assert_eq!(compiled.matches(&ada).to_string(), wanted, "{text}");
        let again = Filter::parse(&filter.to_string(), &schema)
            .unwrap_or_else(|e| panic!("{filter}\n{}", e.picture()));
        assert_eq!(again, filter, "{text} printed as {filter}");
        assert_eq!(Filter::from_json(&filter.to_json(), &schema).unwrap(), filter, "{}", filter.to_json());
        rows += 1;
    }
    assert!(rows > 150, "{rows} rows");
}

#[test]
fn a_day_begins_in_the_zone_of_the_run() {
    let schema = schema();
    let mut contact = Contact::new(&schema);
    contact.set(schema.require("created_on").unwrap(), datetime!(2026-11-22 23:30 UTC)).unwrap();
    let today = Filter::parse("created_on is today", &schema).unwrap();
    let says = |zone| {
        let time = EvaluationTime::new(datetime!(2026-11-23 12:00 UTC), zone);
        today.compile(&schema, &time).unwrap().matches(&contact)
    };
    assert!(says(Zone::named("Europe/Warsaw").unwrap()));
    assert!(!says(Zone::utc()));
}

#[test]
fn the_anniversary_of_29_february_is_on_the_28th_in_a_common_year() {
    let schema = schema();
    let ada = ada(&schema);
    let today = Filter::parse("anniversary(birth_date) is today", &schema).unwrap();
    let age = Filter::parse("age(birth_date) = 35", &schema).unwrap();
    let on = |filter: &Filter, now| filter.compile(&schema, &EvaluationTime::utc(now)).unwrap().matches(&ada);
    assert!(on(&today, datetime!(2027-02-28 12:00 UTC)));
    assert!(!on(&today, datetime!(2027-03-01 12:00 UTC)));
    assert!(!on(&today, datetime!(2028-02-28 12:00 UTC)));
    assert!(on(&today, datetime!(2028-02-29 12:00 UTC)));
    assert!(!on(&age, datetime!(2027-02-27 12:00 UTC)));
    assert!(on(&age, datetime!(2027-02-28 12:00 UTC)));
}

#[test]
fn a_segment_is_union_minus_union_and_every_filter() {
    let schema = schema();
    let ada = ada(&schema);
    let decide = |segment: Segment| segment.compile(&schema, &now()).unwrap().decide(&ada);
    let vip = Segment::builder("VIP").include(Selector::tag_any(["vip", "gold"]));
    assert_eq!(decide(vip.clone().build(&schema).unwrap()), Decision::Selected);
    assert_eq!(decide(Segment::builder("nobody").build(&schema).unwrap()), Decision::NotIncluded);
    let out = vip.clone().exclude(Selector::tag_any(["x"])).exclude(Selector::country(["pl"]));
    assert_eq!(decide(out.build(&schema).unwrap()), Decision::Excluded(1));
    let filtered = vip.filter("score >= 50").filter("score > 50");
    assert_eq!(decide(filtered.build(&schema).unwrap()), Decision::Filtered(1));
}

#[test]
fn segments_that_name_one_another_in_a_circle_are_refused() {
    let schema = schema();
    let catalog = MemoryCatalog::new();
    for (name, other) in [("a", "b"), ("b", "c"), ("c", "a")] {
        let segment = Segment::builder(name).include(Selector::segment(other)).build(&schema).unwrap();
        catalog.save(&segment).unwrap();
    }
    let a = catalog.segment("a").unwrap().unwrap();
    let error = a.compile_with(&schema, &now(), &catalog).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("a > b > c > a"), "{error}");
    let lost = Segment::builder("d").include(Selector::segment("aa")).build(&schema).unwrap();
    let error = lost.compile_with(&schema, &now(), &catalog).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("did you mean \"a\"?"), "{error}");
}

#[test]
fn the_hash_of_a_segment_does_not_change_with_its_formatting() {
    let schema = schema();
    let hash = |text: &str| {
        Segment::builder("x").include(Selector::all()).filter(text).build(&schema).unwrap().hash()
    };
    assert_eq!(hash("score >= 50 AND country in ('PL')"), hash("score>=50.0 and (country in (\"PL\"))"));
    assert_ne!(hash("score >= 50"), hash("score > 50"));
    assert_eq!(hash("score = 1").len(), 64);
}
