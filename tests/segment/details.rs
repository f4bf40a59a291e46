//! Conditions on details in the notation of SALESmanago.

use audiencekit::contact::{FieldType, Value};
use audiencekit::segment::{EvaluationTime, detail_filter};
use audiencekit::{Contact, Schema};
use time::macros::datetime;

fn schema() -> Schema {
    Schema::builder()
        .detail("plan", FieldType::Text)
        .detail("line", FieldType::Keyword)
        .detail("visits", FieldType::Integer)
        .detail("spent", FieldType::Decimal)
        .detail("member", FieldType::Boolean)
        .build()
        .unwrap()
}

/// What is said of a detail with this value; none is a detail that is missing.
fn holds(field: &str, condition: &str, value: Option<&str>) -> bool {
    let schema = schema();
    let filter = detail_filter(field, condition, &schema).unwrap();
    let compiled = filter.compile(&schema, &EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC))).unwrap();
    let mut contact = Contact::new(&schema);
    if let Some(value) = value {
        let id = schema.require(field).unwrap();
        let value: Value = match field {
            "visits" => value.parse::<i64>().unwrap().into(),
            "spent" => value.parse::<rust_decimal::Decimal>().unwrap().into(),
            "member" => (value == "true").into(),
            _ => value.into(),
        };
        contact.set(id, value).unwrap();
    }
    compiled.matches(&contact)
}

#[test]
fn every_operator_selects_as_the_product_does() {
    for (field, condition, inside, outside) in [
        ("plan", "-", &["x", "0"][..], &[None][..]),
        ("plan", "= Gold", &["gold", "GOLD"], &[Some("Golden"), Some("silver"), None]),
        ("plan", "=ex:2", &["2"], &[Some("23"), Some("12"), None]),
        ("plan", "= EX: Gold ", &["gold"], &[Some("Gold plus")]),
        ("line", "= 2", &["2"], &[Some("23")]),
        ("visits", "= 7", &["7"], &[Some("70"), None]),
        ("plan", "~ old", &["Gold", "OLD"], &[Some("silver"), None]),
        ("plan", "~ ^g.*d$", &["Gold", "GLAD"], &[Some("Golden")]),
        // A phrase that also reads as a pattern is found as it is written.
        ("plan", "~ 1.5 (l)", &["bottle 1.5 (L)"], &[Some("x")]),
        ("plan", "~ (unclosed", &["an (Unclosed one"], &[Some("unclosed")]),
        ("visits", "> 3", &["4"], &[Some("3"), None]),
        ("visits", "<3", &["2", "-1"], &[Some("3")]),
        ("visits", "> 3 < 6", &["4", "5"], &[Some("3"), Some("6")]),
        ("visits", "<6>3", &["4", "5"], &[Some("3"), Some("6")]),
        ("spent", "> 12.50", &["12.51"], &[Some("12.5")]),
        ("member", "= true", &["true"], &[Some("false"), None]),
    ] {
        for value in inside {
            assert!(holds(field, condition, Some(value)), "{field} {condition}: {value} must be in");
        }
        for value in outside {
            assert!(!holds(field, condition, *value), "{field} {condition}: {value:?} must be out");
        }
    }
}

#[test]
fn an_error_points_at_its_place_in_the_condition() {
    let schema = schema();
    for (field, condition, place, message) in [
        ("plan", "", 0..0, "the condition is empty"),
        ("plan", "  ", 2..2, "the condition is empty"),
        ("plan", "Gold", 0..1, "the condition does not begin with an operator"),
        ("plan", " żółw", 1..3, "the condition does not begin with an operator"),
        ("plan", "- Gold", 2..6, "- takes no value"),
        ("plan", "=", 1..1, "= without a value"),
        ("plan", "= ex: ", 5..5, "= without a value"),
        ("plan", "~ ", 0..1, "~ without a text"),
        ("visits", "= ex: many", 6..10, "not a number"),
        ("visits", "= many", 2..6, "not a number"),
        ("visits", "> 3 < six", 6..9, "not a number"),
        ("spent", "> 12,50", 2..7, "not a number"),
        ("visits", "> 3 > 5", 4..5, "a second bound on the same side"),
        ("visits", "> <5", 0..1, "a bound without a number"),
        ("visits", ">= 3", 0..2, "there is no bound with ="),
        ("plan", "> 3", 0..3, "text has no order"),
        ("visits", "~ 3", 0..3, "a whole number is not text"),
        ("plam", " = x", 1..4, "unknown field \"plam\""),
    ] {
        let error = detail_filter(field, condition, &schema).expect_err(condition);
        let problem = &error.problems()[0];
        assert_eq!(
            (problem.span.range(), problem.message.as_str()),
            (place, message),
            "{field} {condition:?}"
        );
        assert!(problem.expected.is_some(), "{field} {condition:?}");
    }
    let value = detail_filter("visits", "= kowalski@example.com", &schema).unwrap_err();
    assert!(!format!("{value} {value:?}").contains("kowalski"), "{value}");
    let near = detail_filter("plam", "-", &schema).unwrap_err();
    assert_eq!(near.problems()[0].expected.as_deref(), Some("did you mean \"plan\"?"));
}
