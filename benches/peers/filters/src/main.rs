//! The reference filter over the same synthetic contacts, here and in embeddable rule engines, in one run.
//!
//! `cargo run --release [CONTACTS]`, in this folder. Times are CPU time of the thread, the median of the rounds, which
//! take turns; compare the ratios, not the nanoseconds. Engines are asked only: their contexts are filled before. Bytes
//! are those asked of the allocator for one contact in that form.

mod engines;
mod measure;
#[path = "../../../reference/mod.rs"]
mod reference;

use audiencekit::segment::{ContactTable, EvaluationTime, Filter};
use bumpalo::Bump;
use engines::{CEL, Texts, WIREFILTER};
use measure::weighed;
use reference::{ByHand, FILTER, Facts, Interned, NOW, cpu, median};

#[global_allocator]
static ALLOCATOR: measure::Counting = measure::Counting;

struct Case<'a> {
    name: &'static str,
    contacts: usize,
    bytes: usize,
    note: &'static str,
    run: Box<dyn FnMut() -> usize + 'a>,
    times: Vec<f64>,
    matches: usize,
}

fn case<'a>(
    name: &'static str,
    (contacts, bytes): (usize, usize),
    note: &'static str,
    run: impl FnMut() -> usize + 'a,
) -> Case<'a> {
    Case { name, contacts, bytes, note, run: Box::new(run), times: vec![], matches: 0 }
}

fn main() {
    let wanted = std::env::args().nth(1).map_or(1_000_000, |count| count.parse().unwrap());
    // Fewer for those whose contacts are large: still many times the cache.
    let small = wanted.min(100_000);
    let cel_count = wanted.min(20_000);
    let batch = wanted.min(1_024);
    let all = || (0..wanted as u64).map(Facts::of);
    let schema = reference::schema();
    let filter = Filter::parse(FILTER, &schema).unwrap_or_else(|error| panic!("{}", error.picture()));
    let time = EvaluationTime::utc(NOW);
    let compiled = filter.compile(&schema, &time).unwrap();
    let by_hand = ByHand::new(&schema);

    let (rows, row_bytes) = weighed(wanted, || reference::contacts(0..wanted as u64, &schema));
    let (table, table_bytes) = weighed(wanted, || {
        let mut table = ContactTable::new(&schema);
        for row in &rows {
            table.push(row).unwrap();
        }
        table
    });
    let (interned, interned_bytes) =
        weighed(wanted, || all().map(|facts| Interned::new(&facts)).collect::<Vec<_>>());
    let (texts, text_bytes) = weighed(small, || all().take(small).map(Texts::new).collect::<Vec<_>>());
    let scheme = engines::wirefilter_scheme();
    let wire = scheme.parse(WIREFILTER).unwrap().compile();
    let (contexts, wire_bytes) =
        weighed(small, || texts.iter().map(|t| engines::wirefilter_context(&scheme, t)).collect::<Vec<_>>());
    let engine = datalogic_rs::Engine::new();
    let logic = engine.compile(engines::datalogic().as_str()).unwrap();
    let (parsed, logic_bytes) =
        weighed(small, || texts.iter().map(engines::datalogic_data).collect::<Vec<_>>());
    let program = cel::Program::compile(CEL).unwrap();
    let (cel_contexts, cel_bytes) =
        weighed(cel_count, || texts[..cel_count].iter().map(engines::cel_context).collect::<Vec<_>>());

    let mut arena = Bump::new();
    let mut cases = vec![
        case("audiencekit table", (wanted, table_bytes), "", || table.count(&compiled) as usize),
        case("audiencekit rows", (wanted, row_bytes), "", || {
            rows.iter().filter(|row| compiled.matches(row)).count()
        }),
        case("audiencekit rows, warm", (batch, row_bytes), "the batch of a stream", || {
            rows[..batch].iter().filter(|row| compiled.matches(row)).count()
        }),
        case("by hand, same rows", (wanted, row_bytes), "over Contact's own accessors", || {
            rows.iter().filter(|row| by_hand.fits(row)).count()
        }),
        case("by hand, same rows, warm", (batch, row_bytes), "", || {
            rows[..batch].iter().filter(|row| by_hand.fits(row)).count()
        }),
        case("by hand, interned rows", (wanted, interned_bytes), "only what the filter reads", || {
            interned.iter().filter(|row| row.fits()).count()
        }),
        case("by hand, texts", (small, text_bytes), "struct of String, HashMap of details", || {
            texts.iter().filter(|row| row.fits()).count()
        }),
        case("wirefilter 0.6.1", (small, wire_bytes), "its context alone: it borrows the texts", || {
            contexts.iter().filter(|context| wire.execute(context).unwrap()).count()
        }),
        case("datalogic-rs 5.4.0", (small, logic_bytes), "", || {
            let mut hits = 0;
            for data in &parsed {
                hits += usize::from(engine.evaluate(&logic, data, &arena).unwrap().as_bool() == Some(true));
                arena.reset();
            }
            hits
        }),
        case("cel 0.15.0", (cel_count, cel_bytes), "", || {
            let holds = |context: &&_| program.execute(context).unwrap() == cel::Value::Bool(true);
            cel_contexts.iter().filter(holds).count()
        }),
    ];
    for _ in 0..9 {
        for case in &mut cases {
            let start = cpu();
            // The clock moves every four milliseconds: short cases are repeated until it can see them.
            let enough =
                if case.contacts == small || case.contacts == cel_count { 1_000_000 } else { 8_000_000 };
            let repeat = (enough / case.contacts).clamp(1, 8_000);
            for _ in 0..repeat {
                case.matches = (case.run)();
            }
            case.times.push((cpu() - start) as f64 / (case.contacts * repeat) as f64);
        }
    }
    let medians: Vec<f64> = cases.iter_mut().map(|case| median(&mut case.times)).collect();
    let of = |name: &str| cases.iter().position(|case| case.name == name).map_or(f64::NAN, |at| medians[at]);
    println!("{FILTER}\n");
    println!(
        "{:<27} {:>8} {:>7} {:>8} {:>12} {:>7} {:>12} {:>9}",
        "", "contacts", "matches", "ns", "contacts/s", "bytes", "wirefilter/x", "x/by hand"
    );
    for (case, ns) in cases.iter().zip(&medians) {
        println!(
            "{:<27} {:>8} {:>7} {ns:>8.1} {:>12.0} {:>7} {:>12.1} {:>9.2}  {}",
            case.name,
            case.contacts,
            case.matches,
            1e9 / ns,
            case.bytes,
            of("wirefilter 0.6.1") / ns,
            ns / of(if case.contacts == batch { "by hand, same rows, warm" } else { "by hand, same rows" }),
            case.note
        );
    }
    for case in &cases {
        let expected = match case.name {
            "wirefilter 0.6.1" => texts.iter().filter(|t| t.fits_but_for_purchases()).count(),
            _ => interned[..case.contacts].iter().filter(|row| row.fits()).count(),
        };
        assert_eq!(case.matches, expected, "{} disagrees", case.name);
    }
    println!(
        "\nEvery count is that of the filter by hand over as many contacts. wirefilter 0.6.1, the newest that is"
    );
    println!("published, cannot count: it is asked the other six conditions, and more contacts fit them.\n");
    compiling(&[
        ("audiencekit, parse and check", &|| drop(Filter::parse(FILTER, &schema).unwrap())),
        ("audiencekit, compile", &|| drop(filter.compile(&schema, &time).unwrap())),
        ("wirefilter, six conditions", &|| drop(scheme.parse(WIREFILTER).unwrap().compile())),
        ("datalogic-rs", &|| drop(engine.compile(engines::datalogic().as_str()).unwrap())),
        ("cel", &|| drop(cel::Program::compile(CEL).unwrap())),
    ]);
}

/// Prints what it costs to make a filter ready.
fn compiling(ways: &[(&str, &dyn Fn())]) {
    for (name, compile) in ways {
        let start = cpu();
        (0..20_000).for_each(|_| compile());
        println!("{name:<30} {:>6.1} us", (cpu() - start) as f64 / 20e6);
    }
}
