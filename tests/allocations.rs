//! No memory is asked for per contact once buffers have grown: counted, not timed.

use allocation_counter::measure;
use audiencekit::identity::{Coverage, MatchRows};
use audiencekit::source::Batch;
use audiencekit::{Contact, EvaluationTime, KeyMap, MatchKey, Schema, Segment, Selector};
use time::macros::datetime;

const CONTACTS: usize = 1_000;

const KEYS: [(MatchKey, &str); 4] = [
    (MatchKey::Email, "email"),
    (MatchKey::Phone, "phone"),
    (MatchKey::FirstName, "first_name"),
    (MatchKey::LastName, "last_name"),
];

fn map(schema: &Schema) -> KeyMap {
    let columns = KEYS.iter().fold(KeyMap::builder(), |map, &(key, field)| map.column(key, field));
    columns.build(schema).unwrap()
}

/// Fills a contact from texts that are ready, as a reader does from its buffer.
struct Person {
    email: String,
    phone: String,
}

fn people(phone: fn(usize) -> String) -> Vec<Person> {
    (0..CONTACTS)
        .map(|n| Person { email: format!("Ada.{n}@Example.com"), phone: phone(600_000_000 + n * 7_919) })
        .collect()
}

fn international(number: usize) -> String {
    format!("+48{number}")
}

fn spaced(number: usize) -> String {
    format!("{} {:03} {:03}", number / 1_000_000, number / 1_000 % 1_000, number % 1_000)
}

fn fill(schema: &Schema, person: &Person, contact: &mut Contact) {
    let mut set = |field: &str, text: &str| {
        contact.set_text(schema.require(field).unwrap(), text).unwrap();
    };
    set("email", &person.email);
    set("phone", &person.phone);
    set("first_name", "Ada");
    set("last_name", "Lovelace");
    set("country", "PL");
}

fn contacts(schema: &Schema, people: &[Person]) -> Vec<Contact> {
    let filled = people.iter().map(|person| {
        let mut contact = Contact::new(schema);
        fill(schema, person, &mut contact);
        contact
    });
    filled.collect()
}

fn mapping_asks_for_no_memory(phone: fn(usize) -> String) {
    let schema = Schema::standard();
    let map = map(&schema);
    let contacts = contacts(&schema, &people(phone));
    let (mut mapper, mut rows) = (map.mapper(), MatchRows::new(map.keys().clone()));
    let mut body = Vec::new();
    let mut pass = |coverage: &mut Coverage| {
        rows.clear();
        body.clear();
        for contact in &contacts {
            mapper.append(contact, &mut rows, coverage);
        }
        rows.write_json(0..rows.len(), &mut body);
    };
    pass(&mut Coverage::default());
    let mut coverage = Coverage::default();
    let asked = measure(|| pass(&mut coverage));
    assert_eq!(asked.count_total, 0);
    assert_eq!(coverage.key(MatchKey::Phone).sent, CONTACTS as u64);
    assert_eq!(coverage.rows, CONTACTS as u64);
}

#[test]
fn mapping_rows_with_international_phones_asks_for_no_memory() {
    mapping_asks_for_no_memory(international);
}

#[test]
fn mapping_rows_with_national_phones_asks_for_no_memory() {
    mapping_asks_for_no_memory(spaced);
}

#[test]
fn contacts_to_bodies_ask_for_no_memory() {
    let schema = Schema::standard();
    let map = map(&schema);
    let people = people(spaced);
    let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    let segment = Segment::builder("Poland")
        .include(Selector::all())
        .filter(r#"country in ("PL", "DE") and email ends with "@example.com""#)
        .build(&schema)
        .unwrap()
        .compile(&schema, &time)
        .unwrap();
    let (mut mapper, mut rows) = (map.mapper(), MatchRows::new(map.keys().clone()));
    let mut batch = Batch::with_capacity(&schema, CONTACTS);
    let mut body = Vec::new();
    let mut pass = |coverage: &mut Coverage| {
        batch.clear();
        rows.clear();
        body.clear();
        for person in &people {
            let filled = batch.push(|contact| {
                fill(&schema, person, contact);
                Ok(())
            });
            filled.unwrap();
        }
        for contact in batch.contacts().iter().filter(|contact| segment.selects(contact)) {
            mapper.append(contact, &mut rows, coverage);
        }
        rows.write_json(0..rows.len(), &mut body);
    };
    pass(&mut Coverage::default());
    let mut coverage = Coverage::default();
    let asked = measure(|| pass(&mut coverage));
    assert_eq!(asked.count_total, 0);
    assert_eq!(coverage.rows, CONTACTS as u64);
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![1_u8]))).count_total, 1);
}
