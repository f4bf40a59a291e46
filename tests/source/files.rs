//! Every source gives each contact once, in order, in bounded batches, and says what it could not read.
#![cfg(feature = "csv")]

use audiencekit::contact::{DateOrder, FieldType, JsonReading, ToContact, UnknownFields, ValueRef};
use audiencekit::source::{Batch, OnBadCell, OnBadRow, ReadErrors, RecordSource};
use audiencekit::{
    Contact, ContactSource, CsvSource, Error, ErrorKind, JsonLinesSource, MemorySource, Schema, TimeZone,
};

async fn read(source: &dyn ContactSource, capacity: usize) -> Result<(Vec<Contact>, ReadErrors), Error> {
    let mut reader = source.open().await?;
    let mut batch = Batch::with_capacity(source.schema(), capacity);
    let mut contacts = Vec::new();
    while reader.next_batch(&mut batch).await? {
        assert!(batch.contacts().len() <= capacity);
        contacts.extend_from_slice(batch.contacts());
    }
    Ok((contacts, batch.read_errors().clone()))
}

fn text<'a>(contact: &'a Contact, field: &str) -> Option<&'a str> {
    contact.texts(contact.schema().field(field).unwrap()).next()
}

fn schema() -> Schema {
    Schema::builder()
        .detail("plan", FieldType::Keyword)
        .detail("ltv", FieldType::Decimal)
        .event("purchase", [("gift", FieldType::Boolean)])
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_csv_row_becomes_a_contact() {
    let schema = schema();
    let file = "\u{feff}id,email,birth_date,score,tags,consent.newsletter,stage.sales,plan,ltv\r\n\
                7,\"ada@example.com; a@b.pl\",1990-02-16,70,\"vip, gold (3)\",yes,won,pro,12.50\r\n\
                8,,,,,,,,\n\n\
                9,\"x\"\"y,\nz@example.com\",02-29,-1,,withdrawn,,free,0\n";
    let source = CsvSource::builder(&schema).from_bytes(file).unwrap();
    let (contacts, losses) = read(&source, 2).await.unwrap();
    assert_eq!(contacts.len(), 3);
    assert!(losses.is_empty(), "{losses}");
    let ada = &contacts[0];
    assert_eq!(ada.texts(schema.field("email").unwrap()).collect::<Vec<_>>(), ["ada@example.com", "a@b.pl"]);
    assert_eq!(ada.get(schema.field("ltv").unwrap()), Some(ValueRef::Decimal("12.50".parse().unwrap())));
    let tags: Vec<_> = ada.tags().iter().map(|tag| (schema.symbols().text(tag.name), tag.score)).collect();
    assert_eq!(tags, [("VIP".into(), 1), ("GOLD".into(), 3)]);
    assert_eq!((ada.consents().len(), ada.stages().len()), (1, 1));
    assert_eq!(contacts[1].get(schema.field("score").unwrap()), None);
    assert_eq!(text(&contacts[2], "email"), Some("x\"y,\nz@example.com"));
    let Some(ValueRef::Birthday(day)) = contacts[2].get(schema.field("birth_date").unwrap()) else {
        panic!()
    };
    assert_eq!((day.year(), day.month(), day.day()), (None, 2, 29));
}

#[tokio::test]
async fn an_unknown_column_is_refused_when_the_file_is_opened() {
    let schema = schema();
    let error = CsvSource::builder(&schema).from_bytes("email,oders\n").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert!(error.to_string().starts_with("header column 2: unknown field \"oders\""), "{error}");
    for builder in [
        CsvSource::builder(&schema).ignore("oders"),
        CsvSource::builder(&schema).ignore_unknown(),
        CsvSource::builder(&schema).column("oders", "ltv"),
    ] {
        let source = builder.from_bytes("email,oders\na@example.com,5\n").unwrap();
        assert_eq!(read(&source, 9).await.unwrap().0.len(), 1);
    }
    let error = CsvSource::builder(&schema).column("orders", "ltv").from_bytes("email\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "header: there is no column \"orders\"; expected the exact name of a column in the first line"
    );
    let error = CsvSource::builder(&schema).from_bytes("email,email\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "header column 2: the name \"email\" stands twice; expected distinct names"
    );
    assert!(CsvSource::builder(&schema).from_bytes("").is_err());
}

#[tokio::test]
async fn a_malformed_row_is_named_by_line_and_column_or_skipped_and_counted() {
    let schema = schema();
    let file = b"id,email,score\n1,a@example.com,1\n2,b@example.com\n3,\xff\xfe,3\n4,d@example.com,4\n";
    let strict = CsvSource::builder(&schema).from_bytes(file).unwrap();
    let error = read(&strict, 10).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 3: 2 cells under 3 columns; expected 3 cells; a cell that holds the delimiter stands in quotes"
    );
    let lenient = CsvSource::builder(&schema).bad_row(OnBadRow::Skip).from_bytes(file).unwrap();
    let (contacts, losses) = read(&lenient, 10).await.unwrap();
    assert_eq!(contacts.iter().filter_map(|c| text(c, "id")).collect::<Vec<_>>(), ["1", "4"]);
    assert_eq!(losses.rows, 2);
    assert_eq!(losses.places[1], "line 4, column 2 (email): not UTF-8");
}

#[tokio::test]
async fn a_bad_cell_costs_the_cell_and_is_counted_without_its_value() {
    let schema = schema();
    let file = "id,score,birth_date\n1,much,1990-02-30\n2,5,16.02.1990\n";
    let source = CsvSource::builder(&schema).from_bytes(file).unwrap();
    let (contacts, losses) = read(&source, 10).await.unwrap();
    assert_eq!(contacts.len(), 2);
    assert_eq!(losses.cells, [("birth_date".to_owned(), 2), ("score".to_owned(), 1)].into());
    assert!(losses.places[0].starts_with("line 2, column 2 (score): "), "{:?}", losses.places);
    assert!(!format!("{losses:?} {losses}").contains("much"));
    let source = CsvSource::builder(&schema).bad_cell(OnBadCell::FailRow).from_bytes(file).unwrap();
    assert_eq!(read(&source, 10).await.unwrap_err().kind(), ErrorKind::Source);
    let source = CsvSource::builder(&schema).date_order(DateOrder::DayMonthYear).from_bytes(file).unwrap();
    assert_eq!(read(&source, 10).await.unwrap().1.cells["birth_date"], 1);
}

#[tokio::test]
async fn a_quote_that_is_never_closed_does_not_swallow_the_rest() {
    let schema = schema();
    for file in ["id,email\n1,\"a@example.com\n2,b@example.com\n3,c@example.com\n", "id,email\n1,\"a@exam"] {
        let source = CsvSource::builder(&schema).from_bytes(file).unwrap();
        let error = read(&source, 1).await.unwrap_err();
        assert!(error.to_string().starts_with("line 2: a quoted cell is not closed"), "{error}");
    }
    let fine = CsvSource::builder(&schema).from_bytes("id,name\n1,5\" nails\n2,\"say \"\"hi\"\"\"").unwrap();
    assert_eq!(read(&fine, 10).await.unwrap().0.len(), 2);
}

#[tokio::test]
async fn semicolons_and_local_times_are_read_when_declared() {
    let schema = schema();
    let source = CsvSource::builder(&schema)
        .delimiter(b';')
        .zone(TimeZone::named("Europe/Warsaw").unwrap())
        .from_bytes("email;created_on\na@example.com|b@example.com;2026-07-01 12:30\n")
        .unwrap();
    let (contacts, _) = read(&source, 10).await.unwrap();
    assert_eq!(contacts[0].texts(schema.field("email").unwrap()).count(), 2);
    let Some(ValueRef::Instant(at)) = contacts[0].get(schema.field("created_on").unwrap()) else { panic!() };
    assert_eq!(at, time::macros::datetime!(2026-07-01 10:30 UTC));
}

#[tokio::test]
async fn memory_gives_back_what_it_was_given() {
    let schema = schema();
    let contacts: Vec<Contact> = (0..5)
        .map(|i| {
            let mut contact = Contact::new(&schema);
            contact.set(schema.field("id").unwrap(), i.to_string()).unwrap();
            contact
        })
        .collect();
    let source = MemorySource::new(&schema, contacts);
    assert_eq!(source.len_hint(), Some(5));
    for capacity in [1, 2, 5, 100] {
        let (contacts, _) = read(&source, capacity).await.unwrap();
        let ids: Vec<_> = contacts.iter().filter_map(|c| text(c, "id")).collect();
        assert_eq!(ids, ["0", "1", "2", "3", "4"]);
    }
}

const ADA: &str = r#"{"id":"7","email":["ada@example.com","ada@example.org"],"name":"Zo\u00eb \"Z\"","birth_date":"1990-02-16","score":70,"opted_out":false,"created_on":"2026-07-01T10:30:00Z","ltv":"12.50","tags":[{"name":"VIP","score":1},{"name":"GOLD","score":3,"since":"2026-01-05T10:00:00Z"}],"consents":[{"name":"newsletter","status":"confirmed","at":"2026-01-05T10:00:00Z"}],"stages":[{"funnel":"sales","stage":"won"}],"events":[{"type":"purchase","at":"2026-11-02T09:30:00Z","value":"12345678901234567890.12","properties":{"gift":true,"products":"sku-1,sku-2"}}]}"#;

#[tokio::test]
async fn a_contact_survives_the_way_through_json() {
    let schema = schema();
    let source = JsonLinesSource::from_bytes(format!("\u{feff}{ADA}\r\n\n{{}}\n"), &schema);
    let (contacts, losses) = read(&source, 10).await.unwrap();
    assert!(losses.is_empty(), "{losses:?}");
    assert_eq!(contacts.len(), 2);
    assert_eq!(text(&contacts[0], "name"), Some("Zoë \"Z\""));
    let again = JsonLinesSource::from_bytes(contacts[0].to_json(), &schema);
    let (again, _) = read(&again, 10).await.unwrap();
    assert_eq!(again[0].to_json(), contacts[0].to_json());
    let written: serde_json::Value = serde_json::from_str(&contacts[0].to_json()).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(ADA).unwrap());
}

#[tokio::test]
async fn a_bad_line_of_json_is_named_or_skipped_and_counted() {
    let schema = schema();
    let file = "{\"id\":\"1\",\"score\":\"x\"}\n{\"id\":\n[1]\n{\"oders\":1}\n{\"id\":5,\"birth_date\":{}}\n";
    let error = read(&JsonLinesSource::from_bytes(file, &schema), 10).await.unwrap_err();
    assert!(error.to_string().starts_with("line 2: column "), "{error}");
    let lenient = JsonLinesSource::from_bytes(file, &schema).bad_row(OnBadRow::Skip);
    let (contacts, losses) = read(&lenient, 10).await.unwrap();
    assert_eq!(contacts.iter().filter_map(|c| text(c, "id")).collect::<Vec<_>>(), ["1", "5"]);
    assert_eq!((losses.rows, losses.cells["score"], losses.cells["birth_date"]), (3, 1, 1));
    let error = read(&JsonLinesSource::from_bytes("{\"coutry\":1}", &schema), 10).await.unwrap_err();
    assert_eq!(error.to_string(), "line 1: schema: unknown field \"coutry\"; did you mean \"country\"?");
    let ignoring = JsonReading { unknown: UnknownFields::Ignore, ..JsonReading::default() };
    let source = JsonLinesSource::from_bytes("{\"coutry\":1}", &schema).reading(ignoring);
    assert_eq!(read(&source, 10).await.unwrap().0.len(), 1);
}

#[tokio::test]
async fn a_refusal_that_cannot_be_read_is_not_dropped() {
    let schema = schema();
    let file = "id,opted_out,consent.newsletter\n1,maybe,yes\n2,no,yes\n3,no,perhaps\n";
    let source = CsvSource::builder(&schema).from_bytes(file).unwrap();
    let error = read(&source, 9).await.unwrap_err();
    assert!(error.to_string().starts_with("line 2, column 2 (opted_out): "), "{error}");
    let source = CsvSource::builder(&schema).bad_row(OnBadRow::Skip).from_bytes(file).unwrap();
    let (contacts, losses) = read(&source, 9).await.unwrap();
    assert_eq!((contacts.len(), losses.rows), (1, 2));
    let lines = "{\"id\":\"1\",\"opted_out\":\"maybe\"}\n{\"id\":\"2\",\"consents\":[{\"name\":\"a\",\"status\":\"x\"}]}\n{}";
    let source = JsonLinesSource::from_bytes(lines, &schema).bad_row(OnBadRow::Skip);
    let (contacts, losses) = read(&source, 9).await.unwrap();
    assert_eq!((contacts.len(), losses.rows), (1, 2));
}

#[tokio::test]
async fn a_file_whose_columns_moved_is_not_read_into_the_wrong_fields() {
    let schema = schema();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "id,name\n1,Ada\n").unwrap();
    let source = CsvSource::open(file.path(), &schema).unwrap();
    assert_eq!(read(&source, 9).await.unwrap().0.len(), 1);
    std::fs::write(file.path(), "name,id\nAda,1\n").unwrap();
    let error = read(&source, 9).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
}

#[tokio::test]
async fn one_record_cannot_fill_the_memory() {
    let schema = schema();
    let mut file = "id,name\n1,\"".to_owned();
    file.push_str(&"x\n".repeat(10 << 20));
    let source = CsvSource::builder(&schema).bad_row(OnBadRow::Skip).from_bytes(&file).unwrap();
    let error = read(&source, 9).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
}

type Open = Box<dyn Fn(OnBadRow) -> Box<dyn ContactSource>>;

/// Two people, and between them one with more than a contact takes.
fn one_too_large(schema: &Schema) -> Vec<(&'static str, Open)> {
    let tags = |quote: &str| {
        (0..=Contact::MAX_TAGS).map(|n| format!("{quote}t{n}{quote}")).collect::<Vec<_>>().join(",")
    };
    let csv = format!("id,tags\n1,a\n2,\"{}\"\n3,a\n", tags(""));
    let lines = format!("{{\"id\":\"1\"}}\n{{\"tags\":[{}]}}\n{{\"id\":\"3\"}}\n", tags("\""));
    let texts = format!(
        "{{\"id\":\"1\"}}\n{{\"email\":[{}\"\"]}}\n{{\"id\":\"3\"}}\n",
        "\"\",".repeat(Contact::MAX_TEXTS)
    );
    let json = |lines: String| {
        let schema = schema.clone();
        Box::new(move |bad_row| {
            Box::new(JsonLinesSource::from_bytes(&lines, &schema).bad_row(bad_row)) as Box<dyn ContactSource>
        }) as Open
    };
    let (of_csv, of_records) = (schema.clone(), schema.clone());
    vec![
        (
            "line 3, column 2 (tags): contact: more tags than a contact takes; expected at most 4096",
            Box::new(move |bad_row| {
                Box::new(CsvSource::builder(&of_csv).bad_row(bad_row).from_bytes(&csv).unwrap())
            }),
        ),
        ("line 2: field \"tags\": 4097 items; expected at most 4096", json(lines)),
        (
            "line 2: contact: more than 1048576 texts in the lists of one contact; expected each list filled in one go",
            json(texts),
        ),
        (
            "record 2: contact: more tags than a contact takes; expected at most 4096",
            Box::new(move |bad_row| {
                let records = || [1, Contact::MAX_TAGS + 1, 1].into_iter().map(|tags| Ok(Tagged(tags)));
                Box::new(RecordSource::from_iter(&of_records, records).unwrap().bad_row(bad_row))
            }),
        ),
    ]
}

struct Tagged(usize);

impl ToContact for Tagged {
    type Fields = ();

    fn fields(_: &Schema) -> Result<(), Error> {
        Ok(())
    }

    fn fill(&self, (): &(), contact: &mut Contact) -> Result<(), Error> {
        (0..self.0).try_for_each(|n| contact.add_tag(&format!("t{n}"), 1, None))
    }
}

#[tokio::test]
async fn a_contact_over_a_limit_costs_its_row_in_every_source() {
    for (wanted, source) in one_too_large(&schema()) {
        assert_eq!(read(&*source(OnBadRow::Fail), 9).await.unwrap_err().to_string(), wanted);
        let (contacts, losses) = read(&*source(OnBadRow::Skip), 9).await.unwrap();
        assert_eq!((contacts.len(), losses.rows), (2, 1), "{wanted}");
        assert_eq!(losses.places, [wanted]);
    }
}

#[tokio::test]
async fn a_full_table_of_symbols_is_no_row_s_fault_and_stops_every_source() {
    let schema = Schema::builder().symbol_limit(8).build().unwrap();
    for (wanted, source) in one_too_large(&schema) {
        // Counted before any of them is looked at.
        if wanted.starts_with("line 2: ") {
            continue;
        }
        let error = read(&*source(OnBadRow::Skip), 9).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{wanted}");
    }
    let lines = r#"{"tags":["a","b","c","d","e","f","g","h","i"]}"#;
    let source = JsonLinesSource::from_bytes(lines, &schema).bad_row(OnBadRow::Skip);
    let error = read(&source, 9).await.unwrap_err();
    assert!(error.to_string().starts_with("line 1: symbols: more than 8 distinct tags"), "{error}");
}

#[test]
fn a_missing_header_does_not_show_the_first_person() {
    let error = CsvSource::builder(&schema()).from_bytes("ada@example.com,70\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "header column 1: a name that looks like data; expected a header with the names of the columns in the first line"
    );
    let error = CsvSource::builder(&schema()).from_bytes("48601000001,70\n").unwrap_err();
    assert!(!error.to_string().contains("48601000001"), "{error}");
}

#[test]
fn a_name_that_stands_twice_is_not_told_when_it_may_be_a_person() {
    let file = "id,canary@example.com,canary@example.com\n";
    let error = CsvSource::builder(&Schema::standard()).ignore_unknown().from_bytes(file).unwrap_err();
    assert!(!error.to_string().contains("canary"), "{error}");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_twice_is_no_source() {
    for path in ["/dev/null", "/"] {
        let json = JsonLinesSource::open(path, &Schema::standard()).map(drop).unwrap_err();
        let csv = CsvSource::open(path, &Schema::standard()).map(drop).unwrap_err();
        assert!(
            json.to_string().contains("not a file") && csv.to_string() == json.to_string(),
            "{json}, {csv}"
        );
        assert_eq!(json.kind(), ErrorKind::Io);
    }
}

#[tokio::test]
async fn a_file_that_becomes_shorter_while_it_is_read_has_not_ended() {
    const LINES: u64 = 100_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.jsonl");
    std::fs::write(&path, "{\"id\": \"1\"}\n".repeat(LINES as usize)).unwrap();
    let source = JsonLinesSource::open(&path, &Schema::standard()).unwrap();
    let mut reader = source.open().await.unwrap();
    let mut batch = Batch::with_capacity(source.schema(), 1_000);
    assert!(reader.next_batch(&mut batch).await.unwrap());
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(LINES / 2 * 12).unwrap();
    let mut contacts = batch.contacts().len() as u64;
    let error = loop {
        match reader.next_batch(&mut batch).await {
            Ok(more) => assert!(more, "the end after {contacts} of {LINES} contacts"),
            Err(error) => break error,
        }
        contacts += batch.contacts().len() as u64;
    };
    contacts += batch.contacts().len() as u64;
    assert_eq!((error.kind(), contacts), (ErrorKind::Io, LINES / 2), "{error}");
}
