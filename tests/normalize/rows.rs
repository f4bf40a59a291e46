//! From contacts to rows: fan-out, order, equality of add and remove, bytes.

use audiencekit::contact::{Birthday, FieldType};
use audiencekit::identity::{Coverage, MatchRows, Normalizer, Reject, RowMapper, Step, ValueEncoding};
use audiencekit::{Contact, KeyMap, MatchKey as K, Schema};

/// A table of raw text, one text field per column, and an id that makes every row a person.
pub(crate) struct Sheet {
    schema: Schema,
    map: KeyMap,
    rows: MatchRows,
    coverage: Coverage,
    counts: Vec<usize>,
}

impl Sheet {
    pub(crate) fn new(columns: &[(K, ValueEncoding)]) -> Self {
        let mut schema = Schema::builder();
        let mut map =
            KeyMap::builder().normalizer(Normalizer::new().current_year(2026)).region_field("row_region");
        schema = schema.detail("row_region", FieldType::Text);
        for (at, &(key, holds)) in columns.iter().enumerate() {
            schema = schema.detail(format!("column_{at}"), FieldType::Text);
            map = map.column_with(key, format!("column_{at}"), holds);
        }
        let schema = schema.build().unwrap();
        let map = map.build(&schema).unwrap();
        let rows = MatchRows::new(map.keys().clone());
        Self { schema, map, rows, coverage: Coverage::default(), counts: Vec::new() }
    }

    pub(crate) fn row(mut self, cells: &[&str]) -> Self {
        let mut contact = Contact::new(&self.schema);
        for (at, cell) in cells.iter().enumerate() {
            contact.set_text(self.schema.require(&format!("column_{at}")).unwrap(), cell).unwrap();
        }
        self.counts.push(self.map.mapper().append(&contact, &mut self.rows, &mut self.coverage));
        self
    }

    pub(crate) fn counts(&self) -> &[usize] {
        &self.counts
    }

    pub(crate) fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    pub(crate) fn rejected(&self, key: K, reason: Reject) -> u64 {
        self.coverage.key(key).rejected.get(&reason).copied().unwrap_or(0)
    }

    /// The cells of the only row as they are sent; none without a row.
    pub(crate) fn body(&self) -> Vec<String> {
        let rows: Vec<Vec<serde_json::Value>> = parse(&self.rows);
        rows.into_iter().next().unwrap_or_default().iter().map(text).collect()
    }

    /// As `body`, where a row that identifies nobody is told by an empty cell.
    pub(crate) fn body_with_id(&self) -> Vec<String> {
        let body = self.body();
        if body.is_empty() { vec![String::new()] } else { body }
    }
}

fn text(cell: &serde_json::Value) -> String {
    cell.as_str().map_or_else(|| cell.to_string(), str::to_owned)
}

fn parse(rows: &MatchRows) -> Vec<Vec<serde_json::Value>> {
    let mut body = Vec::new();
    rows.write_json(0..rows.len(), &mut body);
    serde_json::from_slice(&body).unwrap()
}

fn contact(schema: &Schema, emails: &[&str], phones: &[&str]) -> Contact {
    let mut contact = Contact::new(schema);
    emails.iter().for_each(|email| contact.add_text(schema.require("email").unwrap(), email).unwrap());
    phones.iter().for_each(|phone| contact.add_text(schema.require("phone").unwrap(), phone).unwrap());
    contact
}

fn sha(key: K, value: &str) -> String {
    Normalizer::new().explain(key, value, None).sha256().unwrap()
}

#[test]
fn several_addresses_and_phones_become_rows_without_losing_one() {
    let schema = Schema::standard();
    let map = KeyMap::builder()
        .column(K::Email, "email")
        .column(K::Phone, "phone")
        .column(K::FirstName, "first_name")
        .build(&schema)
        .unwrap();
    let mut person = contact(
        &schema,
        &["n/a", "ada@example.com", "ADA@example.com", "ada@example.org", "ada@example.net"],
        &["+48601234567", "bad", "+48 602 345 678"],
    );
    person.set_text(schema.require("first_name").unwrap(), "Ada").unwrap();
    let (mut rows, mut coverage) = (MatchRows::new(map.keys().clone()), Coverage::default());
    assert_eq!(map.mapper().append(&person, &mut rows, &mut coverage), 3);
    let row = |email, phone| {
        vec![
            serde_json::Value::from(sha(K::Email, email)),
            sha(K::Phone, phone).into(),
            sha(K::FirstName, "ada").into(),
        ]
    };
    assert_eq!(
        parse(&rows),
        [
            row("ada@example.com", "+48601234567"),
            row("ada@example.org", "+48602345678"),
            row("ada@example.net", "+48601234567"),
        ]
    );
    let email = coverage.key(K::Email);
    assert_eq!((email.present, email.sent, email.rejected[&Reject::Placeholder]), (5, 4, 1));
    assert_eq!((coverage.contacts, coverage.rows, coverage.without_rows), (1, 3, 0));
}

#[test]
fn a_contact_with_endless_values_is_cut_and_counted() {
    let schema = Schema::standard();
    let map = KeyMap::standard(&schema);
    let emails: Vec<String> = (0..1_000).map(|n| format!("ada{n}@example.com")).collect();
    let person = contact(&schema, &emails.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    let (mut rows, mut coverage) = (MatchRows::new(map.keys().clone()), Coverage::default());
    let most = RowMapper::MAX_ROWS_PER_CONTACT;
    assert_eq!(map.mapper().append(&person, &mut rows, &mut coverage), most);
    assert_eq!(coverage.key(K::Email).rejected[&Reject::Surplus], 1_000 - most as u64);
}

#[test]
fn adding_and_removing_send_the_same_cells_whatever_the_order_of_columns() {
    let schema = Schema::standard();
    let keys = [K::Email, K::Phone, K::FirstName, K::City, K::Country, K::BirthYear];
    let fields = ["email", "phone", "first_name", "city", "country", "birth_date"];
    let mut person = contact(&schema, &[" Ada@Example.com"], &["601 234 567"]);
    person.set_text(schema.require("first_name").unwrap(), "Ada-Maria").unwrap();
    person.set_text(schema.require("city").unwrap(), "Nowy Sącz").unwrap();
    person.set_text(schema.require("country").unwrap(), "Polska").unwrap();
    person.set(schema.require("birth_date").unwrap(), Birthday::new(Some(1990), 2, 16).unwrap()).unwrap();
    let mut sent = Vec::new();
    for turn in 0..keys.len() {
        let mut map = KeyMap::builder();
        for at in (0..keys.len()).map(|at| (at + turn) % keys.len()) {
            map = map.column(keys[at], fields[at]);
        }
        let map = map.build(&schema).unwrap();
        let mut rows = MatchRows::new(map.keys().clone());
        assert_eq!(map.mapper().append(&person, &mut rows, &mut Coverage::default()), 1);
        let mut cells: Vec<(K, String)> =
            map.keys().iter().copied().zip(parse(&rows).remove(0).iter().map(text)).collect();
        cells.sort();
        sent.push((cells, rows.row(0).fingerprint()));
    }
    assert!(sent.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(sent[0].0.iter().all(|(_, cell)| cell.len() == 64));
    // The phone was read in the contact's own country.
    assert!(sent[0].0.contains(&(K::Phone, sha(K::Phone, "+48601234567"))));
}

#[test]
fn a_row_comes_back_from_its_bytes_and_damage_is_told() {
    let sheet = Sheet::new(&[
        (K::Email, ValueEncoding::Plain),
        (K::ExternId, ValueEncoding::Plain),
        (K::LookalikeValue, ValueEncoding::Plain),
    ])
    .row(&["ada@example.com", "id \"7\"", "44.5"])
    .row(&["", "8", ""]);
    let mut copy = MatchRows::new(sheet.rows.keys().clone());
    for row in sheet.rows.iter() {
        let bytes = row.to_bytes();
        copy.push_bytes(&bytes).unwrap();
        for end in 0..bytes.len() {
            assert!(copy.push_bytes(&bytes[..end]).is_err(), "{end}");
        }
        assert!(copy.push_bytes(&[bytes.as_slice(), &[0]].concat()).is_err());
    }
    assert_eq!(parse(&copy), parse(&sheet.rows));
    assert_eq!(parse(&copy)[0][1], "id \"7\"");
    assert_eq!(parse(&copy)[0][2], 44.5);
}

#[test]
fn rows_that_differ_only_in_the_column_are_different() {
    let a = Sheet::new(&[(K::PageUid, ValueEncoding::Plain), (K::AppUid, ValueEncoding::Plain)])
        .row(&["7", ""])
        .row(&["", "7"]);
    assert_ne!(a.rows.row(0).fingerprint(), a.rows.row(1).fingerprint());
}

#[test]
fn limited_data_use_is_a_list_and_two_numbers_in_every_row() {
    let schema = Schema::builder().detail("california", FieldType::Boolean).build().unwrap();
    let map =
        KeyMap::builder().column(K::Email, "email").limited_data_use("california").build(&schema).unwrap();
    let (mut rows, mut coverage) = (MatchRows::new(map.keys().clone()), Coverage::default());
    for limited in [Some(true), Some(false), None] {
        let mut person = contact(&schema, &["ada@example.com"], &[]);
        if let Some(limited) = limited {
            person.set(schema.require("california").unwrap(), limited).unwrap();
        }
        map.mapper().append(&person, &mut rows, &mut coverage);
    }
    let options: Vec<String> =
        parse(&rows).iter().map(|row| serde_json::to_string(&row[1..]).unwrap()).collect();
    assert_eq!(options, ["[[\"LDU\"],0,0]", "[[],0,0]", "[[],0,0]"]);
}

#[test]
fn a_row_that_identifies_nobody_is_not_sent() {
    let sheet = Sheet::new(&[
        (K::Gender, ValueEncoding::Plain),
        (K::Country, ValueEncoding::Plain),
        (K::LookalikeValue, ValueEncoding::Plain),
    ])
    .row(&["f", "Poland", "7"]);
    assert_eq!((sheet.counts(), sheet.coverage().without_rows), (&[0][..], 1));
}

#[test]
fn an_id_that_looks_personal_and_a_number_in_no_range_are_noted() {
    let sheet = Sheet::new(&[(K::ExternId, ValueEncoding::Plain), (K::Phone, ValueEncoding::Plain)])
        .row(&["ada@example.com", "+1 555 987 6543"])
        .row(&["42", "+48601234567"]);
    assert_eq!(sheet.coverage().key(K::ExternId).warned[&Step::LooksPersonal], 1);
    assert_eq!(sheet.coverage().key(K::Phone).warned[&Step::NotAssigned], 1);
}

#[test]
fn a_map_that_could_send_nothing_or_the_wrong_thing_is_refused() {
    let schema = Schema::builder().detail("loyalty_no", FieldType::Integer).build().unwrap();
    let code = |map: audiencekit::identity::KeyMapBuilder| map.build(&schema).unwrap_err().problems()[0].code;
    let map = KeyMap::builder;
    assert_eq!(code(map()), "required");
    // Rows need somebody to be about: such a map reads values, and runs refuse it.
    let places = map().column(K::City, "city").constant(K::Country, "PL");
    assert!(!places.clone().build(&schema).unwrap().identifies());
    assert!(places.column(K::LastName, "last_name").build(&schema).unwrap().identifies());
    // A number is no address, name or place.
    for key in [K::Email, K::FirstName, K::LastName, K::City, K::Gender, K::Country, K::State, K::Madid] {
        let mapped = map().column(K::ExternId, "id").column(key, "score");
        assert_eq!(code(mapped), "wrong_type", "{key}");
    }
    // A standard field of one key is not another's.
    for (key, field) in
        [(K::Email, "phone"), (K::Phone, "email"), (K::FirstName, "last_name"), (K::City, "country")]
    {
        let mapped = map().column(K::ExternId, "id").column(key, field);
        assert_eq!(code(mapped), "wrong_field", "{key} {field}");
    }
    // What is meant is taken: ids may be numbers or addresses, an initial is part of a name, details are the host's.
    for (key, field) in [
        (K::ExternId, "loyalty_no"),
        (K::ExternId, "email"),
        (K::Phone, "loyalty_no"),
        (K::Zip, "loyalty_no"),
        (K::FirstInitial, "first_name"),
        (K::LastName, "name"),
        (K::State, "state"),
    ] {
        let id = if key == K::ExternId { map() } else { map().column(K::ExternId, "id") };
        assert!(id.column(key, field).build(&schema).is_ok(), "{key} {field}");
    }
}

#[test]
fn a_map_names_every_problem_at_once() {
    let schema = Schema::standard();
    let error = KeyMap::builder()
        .column(K::Email, "emial")
        .column(K::Phone, "phone")
        .column(K::Phone, "fax")
        .column(K::City, "score_date")
        .column(K::FirstName, "opted_out")
        .column_with(K::Madid, "madid", ValueEncoding::Sha256)
        .constant(K::Country, "Polandia")
        .default_region("Atlantis")
        .build(&schema)
        .unwrap_err();
    let mut fields: Vec<_> = error.problems().iter().map(|problem| problem.code.to_string()).collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "bad_constant",
            "not_hashed",
            "twice",
            "unknown_field",
            "unknown_field",
            "unknown_region",
            "wrong_type"
        ]
    );
}

#[test]
fn explanations_show_kinds_and_the_value_only_on_request() {
    let schema = Schema::standard();
    let map = KeyMap::standard(&schema);
    let person = contact(&schema, &[" Ada@Example.com", "n/a"], &["+48601234567"]);
    let explanations = map.explain(&person);
    let lines: Vec<String> = explanations.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "EMAIL: trimmed, lowercased, sent as SHA-256",
            "EMAIL: not sent, placeholder",
            "PHONE: digits kept, sent as SHA-256"
        ]
    );
    for shown in [format!("{explanations:?}"), lines.concat()] {
        assert!(!shown.to_lowercase().contains("ada") && !shown.contains("48601"), "{shown}");
    }
    assert!(explanations[0].reveal().starts_with(
        "EMAIL \" Ada@Example.com\": trimmed \"Ada@Example.com\", lowercased \"ada@example.com\", sent"
    ));
    assert_eq!(explanations[1].reveal(), "EMAIL \"n/a\": not sent, placeholder");
}

#[test]
fn an_explanation_shows_the_value_after_each_single_step() {
    let trail = |key, text: &str| {
        let explanation = Normalizer::new().explain(key, text, "PL".parse().ok());
        explanation.trail().map(|(step, value)| (step, value.to_owned())).collect::<Vec<_>>()
    };
    let steps = |expected: &[(Step, &str)]| {
        expected.iter().map(|&(step, value)| (step, value.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(
        trail(K::LastName, " O\u{200b}\u{2019}Brie\u{ff4e} 2. "),
        steps(&[
            (Step::Trimmed, "O\u{200b}\u{2019}Brie\u{ff4e} 2."),
            (Step::InvisibleRemoved, "O\u{2019}Brie\u{ff4e} 2."),
            (Step::WidthFolded, "O\u{2019}Brien 2."),
            (Step::Lowercased, "o\u{2019}brien 2."),
            (Step::PunctuationRemoved, "obrien 2"),
            (Step::SpacesRemoved, "obrien2"),
            (Step::DigitsRemoved, "obrien"),
        ])
    );
    assert_eq!(
        trail(K::Phone, "00 1 (800) FLOWERS"),
        steps(&[
            (Step::LettersDialled, "00 1 (800) 3569377"),
            (Step::DigitsKept, "0018003569377"),
            (Step::ExitCodeRemoved, "18003569377"),
        ])
    );
    // An extension is taken away once.
    assert_eq!(
        trail(K::Phone, "00x0"),
        steps(&[(Step::ExtensionRemoved, "00"), (Step::ExitCodeRemoved, "")])
    );
    // What was done before a value was refused is shown too.
    assert_eq!(trail(K::Email, " ADA\u{200b} "), steps(&[(Step::Trimmed, "ADA"), (Step::Lowercased, "ada")]));
}
