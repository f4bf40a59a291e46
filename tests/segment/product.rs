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

#[test]
fn a_segment_that_includes_no_one_is_refused_unless_that_is_said() {
    let schema = schema();
    let error = Segment::builder("case").filter("score > 5").build(&schema).unwrap_err();
    assert_eq!(error.problems()[0].field, "include");
    assert!(error.to_string().contains("Selector::none()"), "{error}");
    let meant = Segment::builder("case").include(Selector::none());
    assert!(!selects(&schema, &meant, &tagged(&schema, &["A"])));
    // One that was stored without it is still read, and selects no contact.
    let stored: Segment = serde_json::from_str(r#"{"name": "old"}"#).unwrap();
    let now = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    assert!(!stored.compile(&schema, &now).unwrap().selects(&tagged(&schema, &["A"])));
}

#[test]
fn the_problem_of_one_bad_filter_of_three_has_its_path() {
    let schema = schema();
    let three =
        |second: &str| all_who("score > 5").filter(second).filter("score < 9").build(&schema).unwrap_err();
    let error = three("scor > 6");
    let paths = |error: &audiencekit::Error| {
        error.problems().iter().map(|problem| (problem.field.to_string(), problem.code)).collect::<Vec<_>>()
    };
    assert_eq!(paths(&error), [("filters[1]".to_owned(), "filter")]);
    assert_eq!(error.kind(), audiencekit::ErrorKind::Filter);
    assert_eq!(
        error.to_string(),
        r#"filters[1] filter column 1: unknown field "scor"; did you mean "score"?"#
    );
    assert_eq!(error.filter_error().unwrap().problems()[0].span.range(), 0..4);
    // With another problem beside it both are listed, and the filter's own error stays behind them.
    let error = Segment::builder(" ").include(Selector::all()).filter("scor > 6").build(&schema).unwrap_err();
    assert_eq!(paths(&error), [("name".to_owned(), "required"), ("filters[0]".to_owned(), "filter")]);
    assert_eq!(error.kind(), audiencekit::ErrorKind::Invalid);
    assert!(error.filter_error().unwrap().picture().contains("^^^^"));
    // One that is too long is a problem with a path as well.
    let error = three(&"x".repeat(2 << 20));
    assert_eq!((error.kind(), paths(&error)[0].0.as_str()), (audiencekit::ErrorKind::Limit, "filters[1]"));
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
