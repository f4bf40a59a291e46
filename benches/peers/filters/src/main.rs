//! The reference filter over the same synthetic contacts, here and in embeddable rule engines, in one run.
//!
//! `cargo run --release [CONTACTS]`, in this folder. Times are CPU time of the thread, the median of the rounds, which
//! take turns; compare the ratios, not the nanoseconds. Engines are asked only: their contexts are filled before.

use std::sync::Arc;

use audiencekit::contact::{Birthday, Contact, Event, FieldType, Schema};
use audiencekit::segment::{ContactTable, EvaluationTime, Filter};
use bumpalo::Bump;
use datalogic_rs::{Engine, ParsedData};
use serde_json::json;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

const TEXT: &str = r#"country in ("PL", "DE", "FR") and score >= 50 and has any tag ("VIP", "NEWSLETTER")
    and not email ends with "@test.com" and birth_date between 1970-01-01 and 2000-12-31
    and plan = "pro" and count(event.purchase in last 90 days) >= 2"#;

const COUNTRIES: [&str; 10] = ["PL", "DE", "FR", "GB", "US", "ES", "IT", "NL", "SE", "CZ"];
const PLANS: [&str; 4] = ["free", "basic", "pro", "team"];

/// The plain facts of a contact, from which every engine's own form is made. SplitMix64, so always the same.
struct Facts {
    country: usize,
    score: i64,
    tags: Vec<u64>,
    email: String,
    birth: (i16, u8, u8),
    plan: usize,
    /// Days ago.
    purchases: Vec<i64>,
}

fn facts(number: u64) -> Facts {
    let mut state = number.wrapping_mul(0xA076_1D64_78BD_642F);
    let mut roll = |sides: u64| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    };
    Facts {
        country: roll(10) as usize,
        score: roll(100) as i64,
        tags: (0..roll(11)).map(|_| if roll(8) == 0 { roll(2) } else { roll(500) }).collect(),
        email: format!(
            "person{}.{number}@{}",
            roll(1000),
            ["test.com", "example.com", "mail.example"][roll(3) as usize]
        ),
        birth: (1940 + roll(70) as i16, 1 + roll(12) as u8, 1 + roll(28) as u8),
        plan: roll(4) as usize,
        purchases: (0..roll(9)).map(|_| roll(400) as i64).collect(),
    }
}

/// Tags 0 and 1 are the two that the filter asks for.
fn tag(number: u64) -> String {
    match number {
        0 => "VIP".to_owned(),
        1 => "NEWSLETTER".to_owned(),
        n => format!("TAG_{n}"),
    }
}

fn day(facts: &Facts) -> i64 {
    i64::from(facts.birth.0) * 10_000 + i64::from(facts.birth.1) * 100 + i64::from(facts.birth.2)
}

fn ours(facts: &Facts, schema: &Arc<Schema>) -> Contact {
    let mut contact = Contact::new(schema);
    let id = |name: &str| schema.require(name).unwrap();
    contact.set(id("country"), COUNTRIES[facts.country]).unwrap();
    contact.set(id("score"), facts.score).unwrap();
    contact.set(id("email"), facts.email.as_str()).unwrap();
    let (year, month, day) = facts.birth;
    contact.set(id("birth_date"), Birthday::new(Some(year), month, day).unwrap()).unwrap();
    contact.set(id("plan"), PLANS[facts.plan]).unwrap();
    for &number in &facts.tags {
        contact.add_tag(&tag(number), 1, None).unwrap();
    }
    for &ago in &facts.purchases {
        contact.add_event(&Event::new("purchase", NOW - Duration::days(ago))).unwrap();
    }
    contact
}

/// Hand-written Rust over rows of its own: everything interned but the e-mail address.
struct Compact {
    country: u16,
    plan: u16,
    score: i32,
    birth: i32,
    email: Box<str>,
    tags: Box<[u16]>,
    purchases: Box<[i32]>,
}

impl Compact {
    fn fits(&self) -> bool {
        self.country < 3
            && self.score >= 50
            && self.plan == 2
            && (19_700_101..=20_001_231).contains(&self.birth)
            && self.tags.iter().any(|&tag| tag < 2)
            && !self.email.ends_with("@test.com")
            && self.purchases.iter().filter(|&&ago| ago <= 90).count() >= 2
    }
}

/// Hand-written Rust over texts.
struct Texts {
    country: String,
    plan: String,
    score: i64,
    birth: i64,
    email: String,
    tags: Vec<String>,
    purchases: Vec<i64>,
}

impl Texts {
    fn fits(&self) -> bool {
        (self.country == "PL" || self.country == "DE" || self.country == "FR")
            && self.score >= 50
            && self.tags.iter().any(|tag| tag == "VIP" || tag == "NEWSLETTER")
            && !self.email.ends_with("@test.com")
            && (19_700_101..=20_001_231).contains(&self.birth)
            && self.plan == "pro"
            && self.purchases.iter().filter(|&&ago| ago <= 90).count() >= 2
    }
}

/// Nanoseconds that this thread has been on a processor.
fn cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}

struct Case<'a> {
    name: &'static str,
    contacts: usize,
    note: &'static str,
    run: Box<dyn FnMut() -> u64 + 'a>,
    times: Vec<f64>,
    matches: u64,
}

fn main() {
    let wanted = std::env::args().nth(1).map_or(1_000_000, |count| count.parse().unwrap());
    let small = wanted.min(100_000);
    let cel_count = wanted.min(20_000);
    let schema = Schema::builder().detail("plan", FieldType::Keyword).build().unwrap();
    let filter = Filter::parse(TEXT, &schema).unwrap_or_else(|error| panic!("{}", error.picture()));
    let time = EvaluationTime::utc(NOW);
    let compiled = filter.compile(&schema, &time).unwrap();

    let rows: Vec<Contact> = (0..wanted as u64).map(|n| ours(&facts(n), &schema)).collect();
    let mut table = ContactTable::new(&schema);
    rows.iter().for_each(|row| table.push(row).unwrap());
    let compact: Vec<Compact> = (0..wanted as u64)
        .map(|n| {
            let f = facts(n);
            Compact {
                country: f.country as u16,
                plan: f.plan as u16,
                score: f.score as i32,
                birth: day(&f) as i32,
                tags: f.tags.iter().map(|&tag| tag as u16).collect(),
                purchases: f.purchases.iter().map(|&ago| ago as i32).collect(),
                email: f.email.into(),
            }
        })
        .collect();
    let texts: Vec<Texts> = (0..wanted as u64)
        .map(|n| {
            let f = facts(n);
            Texts {
                country: COUNTRIES[f.country].to_owned(),
                plan: PLANS[f.plan].to_owned(),
                score: f.score,
                birth: day(&f),
                tags: f.tags.iter().map(|&number| tag(number)).collect(),
                purchases: f.purchases.clone(),
                email: f.email,
            }
        })
        .collect();

    // wirefilter 0.6.1 has no lists and no functions: the two tags are fields, the purchases are left out.
    let scheme = wirefilter::Scheme! {
        country: Bytes, plan: Bytes, score: Int, birth: Int, email: Bytes, vip: Bool, newsletter: Bool,
    };
    let wire = scheme
        .parse(
            r#"country in {"PL" "DE" "FR"} && score >= 50 && (vip || newsletter) && not email matches "@test\.com$"
            && birth >= 19700101 && birth <= 20001231 && plan == "pro""#,
        )
        .unwrap()
        .compile();
    let contexts: Vec<_> = texts[..small]
        .iter()
        .map(|t| {
            let mut context = wirefilter::ExecutionContext::new(&scheme);
            context.set_field_value("country", t.country.as_str()).unwrap();
            context.set_field_value("plan", t.plan.as_str()).unwrap();
            context.set_field_value("score", t.score as i32).unwrap();
            context.set_field_value("birth", t.birth as i32).unwrap();
            context.set_field_value("email", t.email.as_str()).unwrap();
            context.set_field_value("vip", t.tags.iter().any(|tag| tag == "VIP")).unwrap();
            context.set_field_value("newsletter", t.tags.iter().any(|tag| tag == "NEWSLETTER")).unwrap();
            context
        })
        .collect();

    let engine = Engine::new();
    let rule = json!({"and": [
        {"in": [{"var": "country"}, ["PL", "DE", "FR"]]},
        {">=": [{"var": "score"}, 50]},
        {"or": [{"in": ["VIP", {"var": "tags"}]}, {"in": ["NEWSLETTER", {"var": "tags"}]}]},
        {"!": {"ends_with": [{"var": "email"}, "@test.com"]}},
        {"<=": [19_700_101, {"var": "birth"}, 20_001_231]},
        {"==": [{"var": "plan"}, "pro"]},
        {">=": [{"reduce": [{"filter": [{"var": "purchases"}, {"<=": [{"var": ""}, 90]}]},
            {"+": [{"var": "accumulator"}, 1]}, 0]}, 2]},
    ]});
    let logic = engine.compile(rule.to_string().as_str()).unwrap();
    let object = |t: &Texts| {
        json!({"country": t.country, "plan": t.plan, "score": t.score, "birth": t.birth, "email": t.email,
               "tags": t.tags, "purchases": t.purchases})
    };
    let parsed: Vec<ParsedData> =
        texts[..small].iter().map(|t| ParsedData::from_json(&object(t).to_string()).unwrap()).collect();

    let program = cel::Program::compile(
        r#"country in ["PL", "DE", "FR"] && score >= 50 && tags.exists(t, t == "VIP" || t == "NEWSLETTER")
        && !email.endsWith("@test.com") && birth >= 19700101 && birth <= 20001231 && plan == "pro"
        && purchases.filter(p, p <= 90).size() >= 2"#,
    )
    .unwrap();
    let cel_contexts: Vec<_> = texts[..cel_count]
        .iter()
        .map(|t| {
            let mut context = cel::Context::default();
            context.add_variable_from_value("country", t.country.as_str());
            context.add_variable_from_value("plan", t.plan.as_str());
            context.add_variable_from_value("score", t.score);
            context.add_variable_from_value("birth", t.birth);
            context.add_variable_from_value("email", t.email.as_str());
            context.add_variable_from_value("tags", t.tags.clone());
            context.add_variable_from_value("purchases", t.purchases.clone());
            context
        })
        .collect();

    let count = |hits: usize| hits as u64;
    let mut arena = Bump::new();
    let case = |name, contacts, note, run: Box<dyn FnMut() -> u64>| Case {
        name,
        contacts,
        note,
        run,
        times: vec![],
        matches: 0,
    };
    let mut cases = vec![
        case("audiencekit table", wanted, "", Box::new(|| table.count(&compiled))),
        case(
            "audiencekit rows, in blocks",
            wanted,
            "CompiledFilter::select",
            Box::new(|| {
                let mut hits = 0;
                compiled.select(&rows, |_| hits += 1);
                hits
            }),
        ),
        case(
            "audiencekit rows",
            wanted,
            "",
            Box::new(|| count(rows.iter().filter(|row| compiled.matches(row)).count())),
        ),
        case(
            "audiencekit rows, 1,024 warm",
            wanted.min(1_024),
            "the batch of a stream",
            Box::new(|| count(rows[..wanted.min(1_024)].iter().filter(|row| compiled.matches(row)).count())),
        ),
        case(
            "hand-written, interned rows",
            wanted,
            "",
            Box::new(|| count(compact.iter().filter(|row| row.fits()).count())),
        ),
        case(
            "hand-written, texts",
            wanted,
            "",
            Box::new(|| count(texts.iter().filter(|row| row.fits()).count())),
        ),
        case(
            "wirefilter 0.6.1",
            small,
            "cannot count purchases; tags as fields",
            Box::new(|| count(contexts.iter().filter(|context| wire.execute(context).unwrap()).count())),
        ),
        case(
            "datalogic-rs 5.4.0",
            small,
            "",
            Box::new(|| {
                let mut hits = 0;
                for data in &parsed {
                    hits += u64::from(engine.evaluate(&logic, data, &arena).unwrap().as_bool() == Some(true));
                    arena.reset();
                }
                hits
            }),
        ),
        case(
            "cel 0.15.0",
            cel_count,
            "",
            Box::new(|| {
                count(
                    cel_contexts
                        .iter()
                        .filter(|context| program.execute(context).unwrap() == cel::Value::Bool(true))
                        .count(),
                )
            }),
        ),
    ];
    for _ in 0..9 {
        for case in &mut cases {
            let start = cpu();
            // Short cases are repeated until the clock can see them.
            let repeat = (1_000_000 / case.contacts).clamp(1, 2_000);
            for _ in 0..repeat {
                case.matches = (case.run)();
            }
            case.times.push((cpu() - start) as f64 / (case.contacts * repeat) as f64);
        }
    }
    let median = |case: &Case| {
        let mut times = case.times.clone();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let wire_time = cases.iter().find(|case| case.name.starts_with("wirefilter")).map_or(1.0, median);
    println!("{TEXT}\n");
    println!(
        "{:<30} {:>9} {:>8} {:>10} {:>12} {:>12}",
        "", "contacts", "matches", "ns/contact", "contacts/s", "wirefilter/x"
    );
    for case in &cases {
        let ns = median(case);
        println!(
            "{:<30} {:>9} {:>8} {:>10.1} {:>12.0} {:>12.1}  {}",
            case.name,
            case.contacts,
            case.matches,
            ns,
            1e9 / ns,
            wire_time / ns,
            case.note
        );
    }
    println!("\ntable: {} bytes/contact", table.bytes() / wanted.max(1));
    let expected = |n: usize| compact[..n].iter().filter(|row| row.fits()).count() as u64;
    for case in &cases {
        let wanted = if case.name.starts_with("wirefilter") {
            texts[..case.contacts]
                .iter()
                .filter(|t| Texts { purchases: vec![0, 0], ..clone(t) }.fits())
                .count() as u64
        } else {
            expected(case.contacts)
        };
        assert_eq!(case.matches, wanted, "{} disagrees", case.name);
    }
    println!("matches agree (wirefilter: with the filter less the purchases)");
    let start = cpu();
    for _ in 0..2_000 {
        let filter = Filter::parse(TEXT, &schema).unwrap();
        std::hint::black_box(filter.compile(&schema, &time).unwrap());
    }
    println!("parse + check + compile: {:.1} us", (cpu() - start) as f64 / 2e6);
}

fn clone(t: &Texts) -> Texts {
    Texts {
        country: t.country.clone(),
        plan: t.plan.clone(),
        score: t.score,
        birth: t.birth,
        email: t.email.clone(),
        tags: t.tags.clone(),
        purchases: Vec::new(),
    }
}
