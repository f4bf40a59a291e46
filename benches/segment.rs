//! What a filter costs, stage by stage, each against a limit in the same run.
//!
//! `cargo bench --bench segment` prints nanoseconds of CPU. `AUDIENCEKIT_ROWS` sets how many contacts (200,000 without
//! it: more than any cache holds), `AUDIENCEKIT_ROUNDS` how many interleaved rounds, of which the median counts. Rule
//! engines are compared in `benches/peers/filters`.
#![expect(clippy::disallowed_methods, reason = "a bench takes its size from the environment")]

mod reference;

use std::hint::black_box;

use audiencekit::segment::{ContactTable, EvaluationTime, Filter};
use reference::{ByHand, FILTER, Facts, Interned, NOW, cpu, median};

/// One piece of work on `units` filters or contacts, repeated until the clock can see it.
struct Stage<'a> {
    name: &'static str,
    units: usize,
    repeat: usize,
    work: Box<dyn FnMut() + 'a>,
    times: Vec<f64>,
}

fn stage<'a>(name: &'static str, units: usize, enough: usize, work: impl FnMut() + 'a) -> Stage<'a> {
    Stage { name, units, repeat: (enough / units).max(1), work: Box::new(work), times: Vec::new() }
}

/// How many filters, contacts that are asked, and contacts that are copied the clock can see.
const FILTERS: usize = 20_000;
const ASKED: usize = 10_000_000;
const COPIED: usize = 200_000;

/// Both lie behind pointers.
const TAG_AND_TEXT: &str = r#"has tag "VIP" and not email ends with "@test.com""#;

fn main() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
    let rows = number("AUDIENCEKIT_ROWS").unwrap_or(200_000).max(1);
    let rounds = number("AUDIENCEKIT_ROUNDS").unwrap_or(9).max(1);
    let schema = reference::schema();
    let time = EvaluationTime::utc(NOW);
    let filter = Filter::parse(FILTER, &schema).expect("the reference filter fits its schema");
    let compiled = filter.compile(&schema, &time).expect("a filter that was checked");
    let json = filter.to_json();
    let tag_and_text = Filter::parse(TAG_AND_TEXT, &schema).expect("a filter that fits the schema");
    let tag_and_text = tag_and_text.compile(&schema, &time).expect("a filter that was checked");
    let contacts = reference::contacts(0..rows as u64, &schema);
    let warm = &contacts[..rows.min(1_024)];
    let mut table = ContactTable::new(&schema);
    for contact in &contacts {
        table.push(contact).expect("room in the table");
    }
    let by_hand = ByHand::new(&schema);
    let facts = || (0..rows as u64).map(Facts::of);
    let interned: Vec<Interned> = facts().map(|facts| Interned::new(&facts)).collect();
    let countries: Vec<u16> = facts().map(|facts| facts.country as u16).collect();
    let scores: Vec<i64> = facts().map(|facts| facts.score).collect();

    let mut stages = [
        stage("parse and check the text", 1, FILTERS, || drop(black_box(Filter::parse(FILTER, &schema)))),
        stage("  serde_json, the filter as a tree", 1, FILTERS, || {
            drop(black_box(serde_json::from_str::<serde_json::Value>(&json)));
        }),
        stage("check and print what was built", 1, FILTERS, || {
            drop(black_box(Filter::new(filter.expr().clone(), &schema)));
        }),
        stage("check again and compile", 1, FILTERS, || drop(black_box(filter.compile(&schema, &time)))),
        stage("rows", rows, ASKED, || {
            black_box(contacts.iter().filter(|contact| compiled.matches(contact)).count());
        }),
        stage("  by hand on the same contacts", rows, ASKED, || {
            black_box(contacts.iter().filter(|contact| by_hand.fits(contact)).count());
        }),
        stage("  by hand on rows of its own", rows, ASKED, || {
            black_box(interned.iter().filter(|row| row.fits()).count());
        }),
        stage("rows, a tag and a text", rows, ASKED, || {
            black_box(contacts.iter().filter(|contact| tag_and_text.matches(contact)).count());
        }),
        stage("rows of a warm batch", warm.len(), ASKED, || {
            black_box(warm.iter().filter(|contact| compiled.matches(contact)).count());
        }),
        stage("  by hand on the same batch", warm.len(), ASKED, || {
            black_box(warm.iter().filter(|contact| by_hand.fits(contact)).count());
        }),
        stage("table", rows, ASKED, || {
            black_box(table.count(&compiled));
        }),
        stage("  by hand, two of its seven columns", rows, ASKED, || {
            let both = black_box(&countries).iter().zip(black_box(&scores));
            black_box(both.filter(|(country, score)| (**country < 3) & (**score >= 50)).count());
        }),
        stage("into the table", rows, COPIED, || {
            let mut table = ContactTable::new(&schema);
            for contact in &contacts {
                table.push(contact).expect("room in the table");
            }
            black_box(table.len());
        }),
        stage("  a copy of each contact", rows, COPIED, || {
            for contact in &contacts {
                black_box(contact.clone());
            }
        }),
    ];
    for _ in 0..rounds {
        for stage in &mut stages {
            let before = cpu();
            (0..stage.repeat).for_each(|_| (stage.work)());
            stage.times.push((cpu() - before) as f64 / (stage.units * stage.repeat) as f64);
        }
    }
    println!("{FILTER}\n\n{rows} contacts, median of {rounds} rounds, ns of CPU a filter or a contact");
    for stage in &mut stages {
        println!("  {:<36}{:>10.1}", stage.name, median(&mut stage.times));
    }
    let hits = contacts.iter().filter(|contact| by_hand.fits(contact)).count();
    assert_eq!(hits as u64, table.count(&compiled), "rows by hand and the table disagree");
    assert_eq!(hits, contacts.iter().filter(|contact| compiled.matches(contact)).count());
    println!("{hits} fit; a contact is {} bytes and its lists", size_of::<audiencekit::Contact>());
}
