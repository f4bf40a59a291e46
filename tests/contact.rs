//! Contacts: what their JSON says, what it may not say, and what comes back.

use std::sync::Arc;

use audiencekit::contact::{Contact, FieldType, JsonReading, Schema, UnknownFields};
use audiencekit::segment::{EvaluationTime, Filter};
use audiencekit::{ErrorKind, Result};
use time::macros::datetime;

fn schema() -> Arc<Schema> {
    Schema::builder()
        .event("webinar", [("held_on", FieldType::Date), ("minutes", FieldType::Integer)])
        .event("webinar", [("live", FieldType::Boolean), ("price", FieldType::Decimal)])
        .event("webinar", [("topics", FieldType::TextList), ("room", FieldType::Keyword)])
        .build()
        .unwrap()
}

fn read(json: &str, schema: &Arc<Schema>, unknown: UnknownFields) -> Result<Contact> {
    let mut contact = Contact::new(schema);
    JsonReading { unknown, ..JsonReading::default() }.read(json, &mut contact)?;
    Ok(contact)
}

fn fits(contact: &Contact, filter: &str) -> bool {
    let filter = Filter::parse(filter, contact.schema()).unwrap_or_else(|e| panic!("{}", e.picture()));
    let now = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    filter.compile(contact.schema(), &now).unwrap().matches(contact)
}

#[test]
fn properties_of_events_are_of_their_declared_types() {
    let schema = schema();
    let json = r#"{"events": [
        {"type": "purchase", "at": "2026-11-02", "value": "9.50", "properties": {"detail3": 42, "detail4": null}},
        {"type": "Webinar", "at": "2026-11-03", "properties": {"held_on": "2026-11-01", "minutes": "45",
            "live": "yes", "price": 12.50, "topics": ["a", "b"], "room": " R1 "}}]}"#;
    let contact = read(json, &schema, UnknownFields::Refuse).unwrap();
    for filter in [
        r#"exists(event.purchase where detail3 = "42" and value = 9.5 and detail4 is not set)"#,
        "exists(event.webinar where year(held_on) = 2026 and held_on = 2026-11-01)",
        r#"exists(event.webinar where minutes >= 45 and live and price = 12.5 and room exactly = "R1")"#,
        r#"exists(event.webinar where topics = "b" and count(topics) = 2)"#,
        "sum(event.webinar.price) = 12.5",
    ] {
        assert!(fits(&contact, filter), "{filter}");
    }
    let again = read(&contact.to_json(), &schema, UnknownFields::Refuse).unwrap();
    assert_eq!(again.to_json(), contact.to_json());
}

#[test]
fn what_the_schema_does_not_declare_is_refused_by_name_and_place() {
    let schema = schema();
    let event = |kind: &str, properties: &str| {
        format!(
            r#"{{"events": [{{"type": "visit", "at": "2026-11-02"}},
            {{"type": "{kind}", "at": "2026-11-02", "properties": {properties}}}]}}"#
        )
    };
    for (json, kind, wanted) in [
        (
            event("webiner", "{}"),
            ErrorKind::Schema,
            r#"field "events[1].type": unknown event type "webiner": did you mean "webinar"?"#,
        ),
        (
            event("webinar", r#"{"minuts": 3}"#),
            ErrorKind::Schema,
            r#"field "events[1].properties": unknown property "minuts" of the event "webinar": did you mean "minutes"?"#,
        ),
        (
            event("webinar", r#"{"value": 3}"#),
            ErrorKind::Source,
            r#"field "events[1].properties.value": stands beside the properties, not among them: "value" as a member of the event"#,
        ),
        (
            event("webinar", r#"{"at": "2026-01-01"}"#),
            ErrorKind::Source,
            r#"field "events[1].properties.at": stands beside the properties, not among them: "at" as a member of the event"#,
        ),
        (
            event("webinar", r#"{"held_on": "2026-02-30"}"#),
            ErrorKind::Source,
            r#"field "events[1].held_on": the value is not of its type"#,
        ),
        (
            event("webinar", r#"{"live": 1, "live": 0}"#),
            ErrorKind::Schema,
            r#"property "live": stands twice: each property once"#,
        ),
        (
            r#"{"emial": "x"}"#.to_owned(),
            ErrorKind::Schema,
            r#"schema: unknown field "emial": did you mean "email"?"#,
        ),
        (
            r#"{"tags": ["a", {"name": "b", "scroe": 2}]}"#.to_owned(),
            ErrorKind::Source,
            r#"field "tags[1]": not of its shape"#,
        ),
    ] {
        let error = read(&json, &schema, UnknownFields::Refuse).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.kind()), (wanted, kind));
    }
}

#[test]
fn what_is_kept_is_written_again() {
    let schema = schema();
    let json = r#"{"score":7,"events":[{"at":"2026-11-02T00:00:00Z","properties":{"mood":"good","stars":4.5,"times":3},"type":"yoga"}],"crm":{"big":12345678901234567890123,"x":[1.10]},"note":"żółw\n"}"#;
    let contact = read(json, &schema, UnknownFields::Keep).unwrap();
    assert_eq!(contact.kept().map(|(name, _)| name).collect::<Vec<_>>(), ["crm", "note"]);
    let written = contact.to_json();
    assert!(
        written.ends_with(r#","crm":{"big":12345678901234567890123,"x":[1.10]},"note":"żółw\n"}"#),
        "{written}"
    );
    let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
    assert_eq!(value(&written), value(json));
    assert_eq!(read(&written, &schema, UnknownFields::Keep).unwrap().to_json(), written);
    assert!(fits(&contact, "count(event.any) = 1"));
    let alone = read(r#"{"x":1}"#, &schema, UnknownFields::Keep).unwrap();
    assert_eq!(alone.to_json(), r#"{"x":1}"#);
    assert_eq!(read(r#"{"x":1,"x":2}"#, &schema, UnknownFields::Keep).unwrap_err().kind(), ErrorKind::Source);
}

#[test]
fn what_is_ignored_is_gone() {
    let schema = schema();
    let json = r#"{"x": 1, "score": 7, "events": [{"type": "yoga", "at": "2026-11-02"},
        {"type": "webinar", "at": "2026-11-02", "properties": {"mood": 1, "minutes": 5}}]}"#;
    let contact = read(json, &schema, UnknownFields::Ignore).unwrap();
    assert!(fits(&contact, "score = 7 and count(event.any) = 1 and exists(event.webinar where minutes = 5)"));
    assert_eq!((contact.kept().len(), contact.to_json().contains("mood")), (0, false));
}

#[test]
fn a_bad_item_costs_the_item_and_not_the_list() {
    let schema = schema();
    let json = r#"{"tags": ["a", 7, "b"], "events": [{"type": "visit", "at": "?"}, {"type": "visit", "at": "2026-11-02"}],
        "consents": [{"name": "news", "status": "perhaps"}, {"name": "news", "status": "withdrawn"}]}"#;
    let (mut contact, mut bad) = (Contact::new(&schema), Vec::new());
    JsonReading::default()
        .read_lenient(json, &mut contact, &mut |name, error| {
            bad.push(format!("{name}: {error}"));
            Ok(())
        })
        .unwrap();
    assert_eq!(
        bad,
        [
            r#"tags: field "tags[1]": not of its shape"#,
            r#"events: field "events[0].at": the value is not of its type"#,
            r#"consents: field "consents[0]": not of its shape"#,
        ]
    );
    assert!(fits(
        &contact,
        r#"has all tags ("a", "b") and count(event.visit) = 1 and consent("news") = "withdrawn""#
    ));
}

#[test]
fn a_list_beyond_its_limit_costs_the_row() {
    let schema = schema();
    let tags = |n: usize| {
        let tags: Vec<String> = (0..n).map(|n| format!("\"t{n}\"")).collect();
        format!(r#"{{"tags": [{}]}}"#, tags.join(","))
    };
    assert!(read(&tags(Contact::MAX_TAGS), &schema, UnknownFields::Refuse).is_ok());
    let error = read(&tags(Contact::MAX_TAGS + 1), &schema, UnknownFields::Refuse).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    assert_eq!(error.to_string(), "field \"tags\": 4097 items: at most 4096");
}
