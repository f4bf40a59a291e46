//! Contacts: what their JSON says, what it may not say, and what comes back.

use audiencekit::contact::{Contact, FieldType, JsonReading, Schema, UnknownFields};
use audiencekit::segment::{EvaluationTime, Filter};
use audiencekit::{ErrorKind, Result};
use time::macros::datetime;

fn schema() -> Schema {
    Schema::builder()
        .event("webinar", [("held_on", FieldType::Date), ("minutes", FieldType::Integer)])
        .event("webinar", [("live", FieldType::Boolean), ("price", FieldType::Decimal)])
        .event("webinar", [("topics", FieldType::TextList), ("room", FieldType::Keyword)])
        .build()
        .unwrap()
}

fn read(json: &str, schema: &Schema, unknown: UnknownFields) -> Result<Contact> {
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
            r#"field "events[1].type": unknown event type "webiner"; did you mean "webinar"?"#,
        ),
        (
            event("webinar", r#"{"minuts": 3}"#),
            ErrorKind::Schema,
            r#"field "events[1].properties": unknown property "minuts" of the event "webinar"; did you mean "minutes"?"#,
        ),
        (
            event("webinar", r#"{"value": 3}"#),
            ErrorKind::Source,
            r#"field "events[1].properties.value": stands beside the properties, not among them; expected "value" as a member of the event"#,
        ),
        (
            event("webinar", r#"{"at": "2026-01-01"}"#),
            ErrorKind::Source,
            r#"field "events[1].properties.at": stands beside the properties, not among them; expected "at" as a member of the event"#,
        ),
        (
            event("webinar", r#"{"held_on": "2026-02-30"}"#),
            ErrorKind::Source,
            r#"field "events[1].held_on": the value is not of its type"#,
        ),
        (
            event("webinar", r#"{"live": 1, "live": 0}"#),
            ErrorKind::Schema,
            r#"property "live": stands twice; expected each property once"#,
        ),
        (
            r#"{"emial": "x"}"#.to_owned(),
            ErrorKind::Schema,
            r#"schema: unknown field "emial"; did you mean "email"?"#,
        ),
        (
            r#"{"tags": ["a", {"name": "b", "scroe": 2}]}"#.to_owned(),
            ErrorKind::Schema,
            r#"field "tags[1].scroe": unknown member; did you mean "score"?"#,
        ),
        (
            r#"{"consents": [{"name": "b", "status": "confirmed", "mood": 2}]}"#.to_owned(),
            ErrorKind::Schema,
            r#"field "consents[0].mood": unknown member; expected one of name, status, at, agreed_on, ip, description_id, opt_out"#,
        ),
        (
            r#"{"stages": [{"funnel": "b", "stage": "c", "vlaue": 2}]}"#.to_owned(),
            ErrorKind::Schema,
            r#"field "stages[0].vlaue": unknown member; did you mean "value"?"#,
        ),
        (
            r#"{"events": [{"type": "visit", "at": "2026-11-02", "uuid": 2}]}"#.to_owned(),
            ErrorKind::Schema,
            r#"field "events[0].uuid": unknown member; expected one of type, at, value, properties"#,
        ),
        (
            r#"{"consents": [{"name": "b", "status": "confirmed", "ip": "192.0.2"}]}"#.to_owned(),
            ErrorKind::Source,
            r#"field "consents[0].ip": the value is not of its type"#,
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

/// Members that a tag, a consent, a stage or an event does not have, at every place where one may stand.
const NESTED: &str = concat!(
    r#"{"consents":[{"name":"news","status":"confirmed","x":1.10},{"name":"news","status":"withdrawn","x":{"y":[]}}],"#,
    r#""events":[{"at":"2026-11-02T00:00:00Z","type":"visit"},{"at":"2026-11-02T00:00:00Z","type":"visit","x":"a\n","z":null}],"#,
    r#""stages":[{"funnel":"f","stage":"s","x":12345678901234567890123}],"#,
    r#""tags":[{"name":"A","score":1,"x":true},{"name":"B","score":1}],"top":0}"#
);

#[test]
fn members_inside_lists_are_kept_to_the_byte_or_ignored() {
    let schema = schema();
    let kept = read(NESTED, &schema, UnknownFields::Keep).unwrap();
    assert_eq!(kept.to_json(), NESTED);
    let ignored = read(NESTED, &schema, UnknownFields::Ignore).unwrap();
    let bare = ignored.to_json();
    assert!(!bare.contains('x') && !bare.contains("top"), "{bare}");
    assert_eq!(read(&bare, &schema, UnknownFields::Refuse).unwrap().to_json(), bare);
    assert_eq!(
        (ignored.tags().len(), ignored.consents().len(), ignored.stages().len(), ignored.events().len()),
        (2, 2, 1, 2)
    );
    // Nothing that is ignored is a bad item.
    let mut contact = Contact::new(&schema);
    let ignore = JsonReading { unknown: UnknownFields::Ignore, ..JsonReading::default() };
    ignore.read_lenient(NESTED, &mut contact, &mut |_, error| Err(error)).unwrap();
    // What goes takes along what was kept of it.
    let again = r#"{"stages":[{"funnel":"f","stage":"s","x":1},{"funnel":"f","stage":"t"}],"tags":[{"name":"a","x":1},"a",{"name":"b","x":1}]}"#;
    let mut again = read(again, &schema, UnknownFields::Keep).unwrap();
    assert!(again.remove_tag(schema.symbols().get("B").unwrap()));
    assert_eq!(again.to_json(), r#"{"stages":[{"funnel":"f","stage":"t"}],"tags":[{"name":"A","score":1}]}"#);
    contact.clear();
    assert_eq!(contact.to_json(), "{}");
}

#[test]
fn each_item_keeps_so_many_members_and_no_more() {
    let schema = schema();
    let tag = |n: usize| {
        let members: String = (0..n).map(|n| format!(",\"m{n}\":{n}")).collect();
        format!(r#"{{"tags":[{{"name":"A","score":1{members}}},{{"name":"B","score":1,"m0":0}}]}}"#)
    };
    let most = tag(Contact::MAX_KEPT);
    assert_eq!(read(&most, &schema, UnknownFields::Keep).unwrap().to_json(), most);
    let error = read(&tag(Contact::MAX_KEPT + 1), &schema, UnknownFields::Keep).unwrap_err();
    assert_eq!(
        error.to_string(),
        "field \"tags[0].m1024\": more than 1024 members without a field; expected fields for them"
    );
    let twice = r#"{"tags":[{"name":"A","x":1,"x":2}]}"#;
    assert_eq!(
        read(twice, &schema, UnknownFields::Keep).unwrap_err().to_string(),
        "field \"tags[0].x\": stands twice; expected each member once"
    );
}

/// One contact with everything that a contact card has.
const CARD: &str = concat!(
    r#"{"app_segments":["players","q"],"birth_date":"--02-29","child_email":"c@example.com","churn_risk":"high","city":"Lublin","#,
    r#""co_owners":["o2","o3"],"company":"c","consents":[{"agreed_on":"2026-01-05T10:00:00Z","at":"2026-02-05T10:00:00Z","#,
    r#""description_id":"form-3","ip":"192.0.2.7","name":"news","opt_out":true,"status":"withdrawn"}],"country":"PL","#,
    r#""created_on":"2026-01-05T10:00:00Z","deleted":false,"department":"d","email":["a@example.com","b@example.com"],"#,
    r#""events":[{"at":"2026-11-02T00:00:00Z","properties":{"description":"d","detail1":"1","duration":60,"event_id":"7","#,
    r#""external_id":"8","host":"example.com","keywords":"k","location":"l","message":"m","private":true,"products":"p","#,
    r#""score":1,"shop_domain":"example.com","source":"s","source_host":"h","url":"u"},"type":"note","value":"9.50"}],"#,
    r#""external_id":"2","fax":"4","id":"1","invalid":false,"language":"pl","last_visit":"2026-01-05T10:00:00Z","#,
    r#""loyalty_points":"12","loyalty_program":"club","loyalty_tier":"gold","message_frequency":"sometimes","modified_on":"2026-01-05T10:00:00Z","#,
    r#""monitored":true,"name":"n","one_message":false,"opted_out":false,"owner":"o","parent_email":"p@example.com","#,
    r#""phone":["3","4"],"phone_opted_out":true,"position":"p","preferred_channel":"sms","preferred_time":"evening","#,
    r#""preferred_weekday":"monday","province":"p","score":7,"#,
    r#""stages":[{"funnel":"Sales","score":7,"since":"2026-01-05T10:00:00Z","stage":"Offer","value":"1200.50"}],"#,
    r#""state":"CUSTOMER","street_address":"s","tags":[{"name":"VIP","score":3,"since":"2026-01-05T10:00:00Z"}],"zip_code":"z"}"#
);

#[test]
fn every_row_of_the_table_of_contact_cards_is_there_both_ways() {
    let schema = Schema::standard();
    let written = read(CARD, &schema, UnknownFields::Refuse).unwrap().to_json();
    assert_eq!(written, CARD);
    let json: serde_json::Value = serde_json::from_str(&written).unwrap();
    let docs = include_str!("../../src/contact/mod.rs");
    let (_, table) = docs.split_once("//! | contact card | here |\n").unwrap();
    let rows: Vec<_> = table.lines().skip(1).map_while(|line| line.strip_prefix("//! | ")).collect();
    for row in &rows {
        let (_, path) = row.trim_end_matches(" |").rsplit_once(" | ").unwrap();
        let Some(path) = path.strip_prefix('`') else {
            assert!(path.starts_with("a field that your application declares"), "{row}");
            continue;
        };
        let pointer = format!("/{}", path.trim_end_matches('`').replace("[]", "/0").replace('.', "/"));
        assert!(json.pointer(&pointer).is_some(), "{row}");
    }
    for name in [
        "id",
        "contactId",
        "email",
        "name",
        "phone",
        "fax",
        "company",
        "position",
        "department",
        "externalId",
        "address.streetAddress",
        "address.zipCode",
        "address.city",
        "address.country",
        "province",
        "birthdayYear",
        "birthdayMonth",
        "birthdayDay",
        "score",
        "state",
        "optedOut",
        "optedOutPhone",
        "deleted",
        "invalid",
        "mainContactOwner",
        "createdOn",
        "modifiedOn",
        "lastVisit",
        "lang",
        "tag",
        "tagName",
        "properties",
        "dictionaryProperties",
        "consentName",
        "consentAccept",
        "agreementDate",
        "ip",
        "optOut",
        "consentDescriptionId",
        "host",
        "url",
        "time",
        "duration",
        "visitSource",
        "visitSourceHost",
        "visitSourceKeywords",
        "visitScore",
        "location",
        "contactFunnels",
        "eventId",
        "date",
        "contactExtEventType",
        "description",
        "products",
        "value",
        "shopDomain",
        "detail1",
        "detail20",
    ] {
        assert!(
            rows.iter().any(|row| row.split(" | ").next().unwrap().contains(&format!("`{name}`"))),
            "{name}"
        );
    }
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
    assert_eq!(error.to_string(), "field \"tags\": 4097 items; expected at most 4096");
}

#[test]
fn a_builder_says_everything_that_is_wrong_or_the_first() {
    let schema = Schema::builder().one_of("plan", ["free", "pro"]).build().unwrap();
    let wrong = Contact::builder(&schema)
        .email(" ")
        .detail("scroe", 5)
        .detail("score", "many")
        .detail("plan", "por")
        .tag("")
        .consent("", audiencekit::contact::ConsentStatus::Confirmed, None)
        .stage("Sales", " ", None)
        .event(
            &audiencekit::contact::Event::new("purchase", datetime!(2026-11-02 9:30 UTC))
                .property("sku", "1"),
        );
    let error = wrong.clone().build().unwrap_err();
    let said: Vec<String> =
        error.problems().iter().map(|p| format!("{} {}: {}", p.field, p.code, p.message)).collect();
    assert_eq!(
        said,
        [
            "email malformed: cannot be taken: text: nothing but white space; expected a text, or no call",
            "scroe schema: cannot be taken: schema: unknown field \"scroe\"; did you mean \"score\"?",
            "score schema: cannot be taken: field \"score\": a value of type text does not fit; expected a value of type integer",
            "plan malformed: cannot be taken: keyword: not a value of this field; did you mean \"pro\"?",
            "tags malformed: cannot be taken: tag: a blank name; expected letters, digits, - ( [ { ) ] } _",
            "consents malformed: cannot be taken: text: nothing but white space; expected a text, or no call",
            "stages malformed: cannot be taken: text: nothing but white space; expected a text, or no call",
            "events[0] schema: cannot be taken: event: unknown property \"sku\" of the event \"purchase\"; expected a standard property, or one declared with Schema::builder().event(..)",
        ]
    );
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let first = wrong.build_or_first().unwrap_err();
    assert_eq!((first.problems().len(), &*first.problems()[0].field), (1, "email"));
    let fine =
        Contact::builder(&schema).email("ada@example.com").email("b@example.com").detail("plan", "PRO");
    let fine = fine.build_or_first().unwrap();
    assert!(fits(&fine, r#"count(email) = 2 and plan = "pro""#));
}

/// Every field that a schema has by itself has a method of its own.
#[test]
fn a_builder_sets_every_standard_field() {
    let schema = Schema::standard();
    let at = datetime!(2026-11-02 9:30 UTC);
    let whole = Contact::builder(&schema)
        .id("1")
        .external_id("2")
        .email("a@example.com")
        .phone("3")
        .name("n")
        .first_name("f")
        .last_name("l")
        .gender("f")
        .birth_date(audiencekit::contact::Birthday::new(None, 2, 29).unwrap())
        .fax("4")
        .company("c")
        .position("p")
        .department("d")
        .street_address("s")
        .zip_code("z")
        .city("c")
        .province("p")
        .country("PL")
        .language("pl")
        .score(7)
        .state("customer")
        .opted_out(false)
        .phone_opted_out(true)
        .one_message(true)
        .deleted(false)
        .invalid(false)
        .monitored(true)
        .owner("o")
        .co_owner("o2")
        .created_on(at)
        .modified_on(at)
        .last_visit(at)
        .parent_email("p@example.com")
        .child_email("c@example.com")
        .preferred_channel("sms")
        .preferred_weekday("monday")
        .preferred_time("evening")
        .message_frequency("sometimes")
        .loyalty_program("club")
        .loyalty_tier("gold")
        .loyalty_points(12)
        .churn_risk("high")
        .app_segment("players")
        .madid("m")
        .build()
        .unwrap();
    for (id, field) in schema.fields() {
        assert!(whole.get(id).is_some(), "{}", field.name());
    }
    assert_eq!(read(&whole.to_json(), &schema, UnknownFields::Refuse).unwrap().to_json(), whole.to_json());
}

#[test]
fn the_docs_name_every_standard_field_event_and_property() {
    let docs = include_str!("../../src/contact/mod.rs");
    let (fields, events) = docs.split_once("//! Events are of the types").unwrap();
    let schema = Schema::standard();
    for (_, field) in schema.fields() {
        let row = format!("//! | {} |", field.field_type());
        let row = fields.lines().find(|line| line.starts_with(&row)).unwrap_or_else(|| panic!("{row}"));
        assert!(row.contains(&format!("`{}`", field.name())), "{}", field.name());
    }
    let properties = schema.properties(None).map(|(name, _)| name);
    for name in schema.event_types().chain(properties).filter(|name| !name.starts_with("detail")) {
        assert!(events.contains(&format!("`{name}`")), "{name}");
    }
}

mod records {
    use super::*;
    use audiencekit::contact::{FieldId, ToContact};
    use audiencekit::segment::{Segment, Selector};
    use audiencekit::source::{Batch, ContactSource, OnBadRow, RecordSource};
    use audiencekit::{Error, JsonLinesSource};

    #[derive(Clone)]
    struct Customer {
        mail: String,
        points: i64,
        vip: bool,
    }

    struct Fields {
        email: FieldId,
        score: FieldId,
    }

    impl ToContact for Customer {
        type Fields = Fields;

        fn fields(schema: &Schema) -> Result<Fields> {
            Ok(Fields { email: schema.require("email")?, score: schema.require("score")? })
        }

        fn fill(&self, fields: &Fields, contact: &mut Contact) -> Result<()> {
            if self.points < 0 {
                return Err(Error::new(ErrorKind::Source, "points", "below zero"));
            }
            contact.set_text(fields.email, &self.mail)?;
            contact.set(fields.score, self.points)?;
            if self.vip { contact.add_tag("vip", 1, None) } else { Ok(()) }
        }
    }

    fn customers(range: std::ops::Range<i64>) -> impl Iterator<Item = Result<Customer>> + Send + 'static {
        range.map(|n| Ok(Customer { mail: format!("c{n:06}@example.com"), points: n % 100, vip: n % 2 == 0 }))
    }

    async fn count(source: &dyn ContactSource) -> Result<audiencekit::SegmentCount> {
        let vip = Segment::builder("x").include(Selector::tag_any(["vip"])).filter("score >= 50");
        let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
        vip.build(source.schema())?.count(source, &time).await
    }

    #[tokio::test]
    async fn records_of_the_host_are_counted_from_an_iterator_and_from_a_stream() {
        let schema = Schema::standard();
        let iterator = RecordSource::from_iter(&schema, || customers(0..5_000)).unwrap().len_hint(5_000);
        let stream =
            RecordSource::from_stream(&schema, || futures_util::stream::iter(customers(0..5_000))).unwrap();
        let lines: String = customers(0..5_000)
            .map(|customer| {
                let Customer { mail, points, vip } = customer.unwrap();
                let tags = if vip { r#","tags":["vip"]"# } else { "" };
                format!("{{\"email\":\"{mail}\",\"score\":{points}{tags}}}\n")
            })
            .collect();
        let wanted = count(&JsonLinesSource::from_bytes(lines, &schema)).await.unwrap();
        assert_eq!((wanted.contacts, wanted.selected), (5_000, 1_250));
        // Every pass begins anew.
        for source in [&iterator as &dyn ContactSource, &stream, &iterator] {
            assert_eq!(count(source).await.unwrap(), wanted);
        }
    }

    #[tokio::test]
    async fn a_record_that_does_not_fit_is_a_bad_row_and_a_broken_iterator_stops() {
        let schema = Schema::standard();
        let bad = |at: i64| {
            move || {
                customers(0..10).map(move |customer| {
                    let customer = customer?;
                    Ok(Customer {
                        points: if customer.points == at { -1 } else { customer.points },
                        ..customer
                    })
                })
            }
        };
        let strict = RecordSource::from_iter(&schema, bad(3)).unwrap();
        assert_eq!(count(&strict).await.unwrap_err().to_string(), "record 4: points: below zero");
        let lenient = RecordSource::from_iter(&schema, bad(3)).unwrap().bad_row(OnBadRow::Skip);
        assert_eq!(count(&lenient).await.unwrap().contacts, 9);
        let broken = || customers(0..3).chain([Err(Error::new(ErrorKind::Io, "cursor", "lost"))]);
        let broken = RecordSource::from_iter(&schema, broken).unwrap().bad_row(OnBadRow::Skip);
        assert_eq!(count(&broken).await.unwrap_err().kind(), ErrorKind::Io);

        struct Elsewhere;
        impl ToContact for Elsewhere {
            type Fields = FieldId;

            fn fields(schema: &Schema) -> Result<FieldId> {
                schema.require("plann")
            }

            fn fill(&self, _: &FieldId, _: &mut Contact) -> Result<()> {
                Ok(())
            }
        }
        let error = RecordSource::from_iter(&schema, || [Ok(Elsewhere)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema);
    }

    /// What a contact holds stays where it is from batch to batch: no record costs memory of its own.
    #[tokio::test]
    async fn batch_after_batch_is_filled_into_the_same_memory() {
        let schema = Schema::standard();
        let email = schema.require("email").unwrap();
        let source = RecordSource::from_iter(&schema, || customers(0..4_000)).unwrap();
        let mut reader = source.open().await.unwrap();
        let mut batch = Batch::with_capacity(&schema, 100);
        let mut places = Vec::new();
        while reader.next_batch(&mut batch).await.unwrap() {
            let texts =
                batch.contacts().iter().map(|contact| contact.texts(email).next().unwrap().as_ptr() as usize);
            let tags = batch.contacts().iter().map(|contact| contact.tags().as_ptr() as usize);
            places.push(texts.chain(tags).collect::<Vec<_>>());
        }
        assert_eq!(places.len(), 40);
        assert!(places.iter().all(|batch| *batch == places[0]));
    }
}
