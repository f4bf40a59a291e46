//! Selection as the product documents it, case by case. The cases of automation are in `automation/rules.rs`, those of sizes
//! and snapshots in `audience.rs` and `sync/engine.rs`, the writing of tags beside `normalize_tag`.

use audiencekit::contact::{Contact, FieldType, Schema};
use audiencekit::segment::{EvaluationTime, Segment, SegmentBuilder, Selector};
use proptest::prelude::*;
use time::macros::{date, datetime};

fn schema() -> Schema {
    Schema::builder()
        .detail("rooms", FieldType::Integer)
        .detail("line", FieldType::Keyword)
        .detail("visit", FieldType::Date)
        .build()
        .unwrap()
}

fn selects(schema: &Schema, segment: &SegmentBuilder, contact: &Contact) -> bool {
    let now = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    segment.clone().build(schema).unwrap().compile(schema, &now).unwrap().selects(contact)
}

fn all_who(filter: &str) -> SegmentBuilder {
    Segment::builder("case").include(Selector::all()).filter(filter)
}

fn tagged(schema: &Schema, tags: &[&str]) -> Contact {
    let mut contact = Contact::new(schema);
    tags.iter().for_each(|tag| contact.add_tag(tag, 1, None).unwrap());
    contact
}

#[test]
fn one_of_the_selected_tags_is_enough() {
    let schema = schema();
    let segment = Segment::builder("case").include(Selector::tag_any(["A", "B"]));
    assert!(selects(&schema, &segment, &tagged(&schema, &["B"])));
    assert!(!selects(&schema, &segment, &tagged(&schema, &["C"])));
}

#[test]
fn of_all_contacts_those_remain_who_meet_every_filter() {
    let schema = schema();
    let segment = all_who("birth_date is set").filter(r#"domain(email) = "shop.example""#);
    for (email, birth, expected) in
        [("a@shop.example", true, true), ("a@other.example", true, false), ("a@shop.example", false, false)]
    {
        let mut contact = Contact::new(&schema);
        contact.set(schema.require("email").unwrap(), email).unwrap();
        if birth {
            contact.set(schema.require("birth_date").unwrap(), date!(1990 - 06 - 15)).unwrap();
        }
        assert_eq!(selects(&schema, &segment, &contact), expected, "{email} {birth}");
    }
}

#[test]
fn both_ends_of_a_range_of_numbers_are_in() {
    let schema = schema();
    let segment = all_who("rooms between 3 and 6");
    let found: Vec<i64> = (1..=8)
        .filter(|&rooms| {
            let mut contact = Contact::new(&schema);
            contact.set(schema.require("rooms").unwrap(), rooms).unwrap();
            selects(&schema, &segment, &contact)
        })
        .collect();
    assert_eq!(found, [3, 4, 5, 6]);
}

#[test]
fn both_ends_of_a_range_of_dates_are_in() {
    let schema = schema();
    let segment = all_who("visit between 2026-06-01 and 2026-06-30");
    for (day, expected) in [
        (date!(2026 - 05 - 31), false),
        (date!(2026 - 06 - 01), true),
        (date!(2026 - 06 - 30), true),
        (date!(2026 - 07 - 01), false),
    ] {
        let mut contact = Contact::new(&schema);
        contact.set(schema.require("visit").unwrap(), day).unwrap();
        assert_eq!(selects(&schema, &segment, &contact), expected, "{day}");
    }
}

#[test]
fn equal_is_the_whole_value_and_does_not_mind_case() {
    let schema = schema();
    let with = |value: &str| {
        let mut contact = Contact::new(&schema);
        contact.set(schema.require("line").unwrap(), value).unwrap();
        contact
    };
    assert!(!selects(&schema, &all_who(r#"line = "2""#), &with("23")));
    assert!(selects(&schema, &all_who(r#"line = "2""#), &with("2")));
    assert!(selects(&schema, &all_who(r#"line = "Men""#), &with("men")));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whether the filter F is applied to the selected S and the excluded E alike, or once to what is left.
    #[test]
    fn it_is_the_same_set_whether_filters_come_before_or_after_the_exclusion(
        people in prop::collection::vec((any::<bool>(), any::<bool>(), -3_i64..3), 0..20),
    ) {
        let schema = schema();
        let after = Segment::builder("case")
            .include(Selector::tag_any(["S"]))
            .exclude(Selector::tag_any(["E"]))
            .filter("score > 0");
        let selected = Segment::builder("case").include(Selector::tag_any(["S"])).filter("score > 0");
        let excluded = Segment::builder("case").include(Selector::tag_any(["E"])).filter("score > 0");
        for (in_s, in_e, score) in people {
            let tags: Vec<_> = [("S", in_s), ("E", in_e)].iter().filter(|tag| tag.1).map(|tag| tag.0).collect();
            let mut contact = tagged(&schema, &tags);
            contact.set(schema.require("score").unwrap(), score).unwrap();
            let before = selects(&schema, &selected, &contact) && !selects(&schema, &excluded, &contact);
            prop_assert_eq!(selects(&schema, &after, &contact), before);
        }
    }
}
