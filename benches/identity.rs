//! What it costs to turn contacts into hashed rows, against bare SHA-256 of the same bytes in the same run.
//!
//! `cargo bench --bench identity`. Each figure is the best of several interleaved rounds, on one thread. The
//! contacts are those of one batch over and over, as a reader refills a batch: what is measured is the mapping, not the
//! memory behind it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use audiencekit::identity::{Coverage, MatchRows};
use audiencekit::{Contact, KeyMap, MatchKey, Schema};
use sha2::{Digest, Sha256};

/// Contacts of a batch: few enough that a stage ends within a time slice of a busy machine.
const BATCH: usize = 2_000;
const ROUNDS: usize = 600;

const FIRST: &[&str] = &["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Margaret", "John"];
const LAST: &[&str] = &["Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Hamilton", "O'Brien"];

struct Person {
    email: String,
    international: String,
    national: String,
    first: &'static str,
    last: &'static str,
}

fn people() -> Vec<Person> {
    (0..BATCH)
        .map(|n| {
            let (first, last) = (FIRST[n % 8], LAST[n / 8 % 8]);
            let digits = 100_000 + n * 7 % 900_000;
            Person {
                email: format!("{first}.{}{n}@Example.com", &last[2..]),
                international: format!("+48601{digits}"),
                national: format!("601 {:03} {:03}", digits / 1_000, digits % 1_000),
                first,
                last,
            }
        })
        .collect()
}

fn contacts(schema: &Schema, people: &[Person], national: bool) -> Vec<Contact> {
    let field = |name| schema.require(name).expect("a standard field");
    let ids = ["email", "phone", "first_name", "last_name"].map(field);
    people
        .iter()
        .map(|person| {
            let phone = if national { &person.national } else { &person.international };
            let mut contact = Contact::new(schema);
            for (id, text) in ids.into_iter().zip([person.email.as_str(), phone, person.first, person.last]) {
                contact.set_text(id, text).expect("text in a text field");
            }
            contact
        })
        .collect()
}

/// The normalized values, for bare hashing.
fn normalized(map: &KeyMap, contacts: &[Contact]) -> Vec<String> {
    contacts
        .iter()
        .flat_map(|contact| map.explain(contact))
        .map(|explanation| explanation.normalized().expect("a good value").to_owned())
        .collect()
}

fn time(work: impl FnOnce()) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
    let start = Instant::now();
    work();
    start.elapsed()
}

/// The best time of each piece of work, in turns so that a busy machine hurts all alike.
fn best<const N: usize>(mut work: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut best = [f64::MAX; N];
    for _ in 0..ROUNDS {
        for (best, work) in best.iter_mut().zip(work.iter_mut()) {
            *best = best.min(time(work).as_secs_f64());
        }
    }
    best
}

fn map_all(map: &KeyMap, contacts: &[Contact], rows: &mut MatchRows) {
    let mut coverage = Coverage::default();
    let mut mapper = map.mapper();
    rows.clear();
    for contact in contacts {
        mapper.append(contact, rows, &mut coverage);
    }
    assert_eq!(coverage.rows, BATCH as u64);
}

fn hash_all(values: &[String]) {
    for value in values {
        black_box(Sha256::digest(black_box(value.as_bytes())));
    }
}

fn report(name: &str, seconds: f64, bare: f64) {
    let rows = BATCH as f64 / seconds;
    println!(
        "{name:<44} {rows:>11.0} rows/s {:>7.1} ns/row   bare sha2 {:>7.1} ns/row   ratio {:.2}",
        seconds / BATCH as f64 * 1e9,
        bare / BATCH as f64 * 1e9,
        seconds / bare
    );
}

fn main() {
    let schema = Schema::standard();
    let people = people();
    let international = contacts(&schema, &people, false);
    let national = contacts(&schema, &people, true);
    let map = |keys: &[(MatchKey, &str)]| {
        let map = keys.iter().fold(KeyMap::builder(), |map, &(key, field)| map.column(key, field));
        map.default_region("PL").build(&schema).expect("standard fields")
    };
    let one = map(&[(MatchKey::Email, "email")]);
    let four = map(&[
        (MatchKey::Email, "email"),
        (MatchKey::Phone, "phone"),
        (MatchKey::FirstName, "first_name"),
        (MatchKey::LastName, "last_name"),
    ]);
    let (values_one, values_four) = (normalized(&one, &international), normalized(&four, &international));
    assert!(values_four == normalized(&four, &national), "both spellings are the same number");

    let rows = |map: &KeyMap| MatchRows::new(map.keys().clone());
    let (mut a, mut b, mut c, mut d) = (rows(&one), rows(&four), rows(&four), rows(&four));
    let mut sent = Vec::new();
    let [email, email_bare, plain, bare, whole, local] = best([
        &mut || map_all(&one, &international, &mut a),
        &mut || hash_all(&values_one),
        &mut || map_all(&four, &international, &mut b),
        &mut || hash_all(&values_four),
        &mut || {
            map_all(&four, &international, &mut d);
            sent.clear();
            d.write_json(0..d.len(), black_box(&mut sent));
        },
        &mut || map_all(&four, &national, &mut c),
    ]);
    println!("{BATCH} contacts to rows of digests, best of {ROUNDS} rounds");
    report("EMAIL", email, email_bare);
    report("EMAIL+PHONE+FN+LN, phones with +", plain, bare);
    report("EMAIL+PHONE+FN+LN, to the JSON body", whole, bare);
    report("EMAIL+PHONE+FN+LN, national phones", local, bare);

    // Five batches, which is a full upload of 10,000 rows, as a body.
    let (mut full, mut full_mapper) = (rows(&four), four.mapper());
    for _ in 0..5 {
        for contact in &international {
            full_mapper.append(contact, &mut full, &mut Coverage::default());
        }
    }
    let mut body = Vec::new();
    let mut copy = Vec::new();
    full.write_json(0..full.len(), &mut body);
    copy.resize(body.len(), 0);
    let source = body.clone();
    let [written, copied] = best([
        &mut || {
            body.clear();
            full.write_json(0..full.len(), black_box(&mut body));
        },
        &mut || copy.copy_from_slice(black_box(&source)),
    ]);
    let size = source.len() as f64 / 1e9;
    println!(
        "body of {} rows, {} bytes: {:.2} GB/s   copying the same bytes {:.2} GB/s",
        full.len(),
        source.len(),
        size / written,
        size / copied
    );
}
