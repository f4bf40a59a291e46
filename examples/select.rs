//! Tries a segment on a file of your own: `select --contacts FILE.csv --filter 'score >= 50' --count`.
//!
//! Any CSV with a header, or JSON lines. Columns that are no standard field become details, with a type that fits the
//! first 1,000 values, or the one that `--schema FILE.json` declares: `{"plan": "keyword", "orders": "integer"}`.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use audiencekit::contact::FieldType;
use audiencekit::segment::{CountBuilder, ExplainOptions, FilterError};
use audiencekit::source::Batch;
use audiencekit::{
    Clock, ContactSource, CsvSource, EvaluationTime, Filter, JsonLinesSource, Schema, Segment, Selector,
};
use audiencekit::{SystemClock, TimeZone};
use clap::Parser;
use rust_decimal::Decimal;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Parser)]
#[command(about = "Selects contacts of a file with a filter and prints their ids, their count, or why")]
struct Arguments {
    /// The file: .csv with a header, or .jsonl
    #[arg(long)]
    contacts: PathBuf,
    /// A filter, such as 'country in ("PL", "DE") and score >= 50'
    #[arg(long)]
    filter: Vec<String>,
    /// Which contacts are in: all, tag:VIP,GOLD, opted_in, opted_out, phone_opted_in, phone_opted_out,
    /// consent_confirmed:NAME, or a condition; all when not given
    #[arg(long)]
    include: Vec<String>,
    /// Which contacts are out, in the same words
    #[arg(long)]
    exclude: Vec<String>,
    /// The instant to select as of, instead of now
    #[arg(long)]
    now: Option<String>,
    /// The time zone in which days begin
    #[arg(long, default_value = "UTC")]
    zone: String,
    /// The field in which a contact names a zone of its own
    #[arg(long)]
    zone_of: Option<String>,
    /// The types of columns, as JSON
    #[arg(long)]
    schema: Option<PathBuf>,
    /// Prints the count as a table
    #[arg(long, conflicts_with_all = ["ids", "explain"])]
    count: bool,
    /// Prints the ids, one a line, in the order of the file (the default)
    #[arg(long)]
    ids: bool,
    /// Prints why the contact of this id is in or out
    #[arg(long, conflicts_with = "ids")]
    explain: Option<String>,
}

type Anything<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        // The reader of the ids has seen enough, as `head` has.
        Err(error) if is_broken_pipe(&*error) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("select: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    let error = error.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn open(path: &Path) -> Anything<BufReader<File>> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(BufReader::new(file))
}

async fn run(arguments: &Arguments) -> Anything<()> {
    let declared = match &arguments.schema {
        Some(path) => serde_json::from_reader(open(path)?).map_err(|error| {
            format!(r#"{}: {error}: such as {{"plan": "keyword", "orders": "integer"}}"#, path.display())
        })?,
        None => BTreeMap::new(),
    };
    let csv = arguments.contacts.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let schema = sniff(&arguments.contacts, csv, declared)?;
    let source: Box<dyn ContactSource> = if csv {
        Box::new(CsvSource::builder(&schema).ignore_unknown().open(&arguments.contacts)?)
    } else {
        Box::new(JsonLinesSource::open(&arguments.contacts, &schema)?)
    };
    let now = match &arguments.now {
        Some(text) => OffsetDateTime::parse(text, &Rfc3339)
            .map_err(|error| format!("--now: {error}: such as 2026-11-23T12:00:00Z"))?,
        None => SystemClock.now(),
    };
    let mut time = EvaluationTime::new(now, TimeZone::named(&arguments.zone)?);
    if let Some(field) = &arguments.zone_of {
        time = time.zone_of(field);
    }
    let mut segment = Segment::builder("selection");
    if arguments.include.is_empty() {
        segment = segment.include(Selector::all());
    }
    for text in &arguments.include {
        segment = segment.include(selector(text, &schema)?);
    }
    for text in &arguments.exclude {
        segment = segment.exclude(selector(text, &schema)?);
    }
    for text in &arguments.filter {
        segment = segment.filter(pictured(Filter::parse(text, &schema))?);
    }
    let segment = segment.build(&schema)?;
    let compiled = segment.compile(&schema, &time)?;
    let mut counter = CountBuilder::of(compiled.clone(), &schema);

    let shown = ExplainOptions::new().show_values();

    let id = schema.require("id")?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut reader = source.open().await?;
    let mut batch = Batch::with_capacity(&schema, Batch::DEFAULT_CAPACITY);
    let mut found = false;
    let mut row = 0u64;
    while reader.next_batch(&mut batch).await? {
        for contact in batch.contacts() {
            row += 1;
            if let Some(wanted) = &arguments.explain {
                if contact.texts(id).next() == Some(wanted) {
                    found = true;
                    write!(out, "{}", segment.explain_with(contact, &schema, &time, &shown)?)?;
                }
            } else if arguments.count {
                counter.push(contact);
            } else if compiled.selects(contact) {
                // A contact without an id is named by its place.
                match contact.texts(id).next() {
                    Some(id) => writeln!(out, "{id}")?,
                    None => writeln!(out, "#{row}")?,
                }
            }
        }
        batch.clear();
    }
    if arguments.count {
        write!(out, "{}", counter.finish())?;
    }
    out.flush()?;
    if !batch.read_errors().is_empty() {
        eprintln!("select: {}", batch.read_errors());
    }
    match &arguments.explain {
        Some(wanted) if !found => Err(format!("no contact with the id {wanted:?}").into()),
        _ => Ok(()),
    }
}

fn pictured(filter: Result<Filter, FilterError>) -> Anything<Filter> {
    filter.map_err(|error| error.picture().into())
}

fn selector(text: &str, schema: &Schema) -> Anything<Selector> {
    let (word, argument) = text.split_once(':').unwrap_or((text, ""));
    let names = || argument.split(',').map(str::trim);
    Ok(match word {
        "all" => Selector::all(),
        "opted_in" => Selector::email_opted_in(),
        "opted_out" => Selector::email_opted_out(),
        "phone_opted_in" => Selector::phone_opted_in(),
        "phone_opted_out" => Selector::phone_opted_out(),
        "tag" => Selector::tag_any(names()),
        "consent_confirmed" => Selector::consent_confirmed(argument),
        _ => pictured(Filter::parse(text, schema))?.expr().clone().into(),
    })
}

/// A schema with the columns of the file that are no standard field.
fn sniff(path: &Path, csv: bool, mut types: BTreeMap<String, FieldType>) -> Anything<Schema> {
    const ROWS: usize = 1_000;
    let standard = Schema::standard();
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if csv {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(open(path)?);
        let headers = reader.headers()?.clone();
        for record in reader.records().take(ROWS) {
            for (header, value) in headers.iter().zip(&record?) {
                values.entry(header.trim().to_owned()).or_default().push(value.trim().to_owned());
            }
        }
    } else {
        for (at, line) in (1..).zip(open(path)?.lines().take(ROWS)) {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let object: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(&line).map_err(|_| {
                    format!("line {at}: not a JSON object: a file of JSON lines, or one that ends in .csv")
                })?;
            for (key, value) in object {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                values.entry(key).or_default().push(text);
            }
        }
    }
    for (name, values) in values {
        let attached =
            ["tags", "consents", "stages", "events"].contains(&name.as_str()) || name.contains('.');
        if standard.field(&name).is_none() && !attached {
            types.entry(name).or_insert_with(|| guess(&values));
        }
    }
    let mut builder = Schema::builder();
    for (name, field_type) in types {
        builder = builder.detail(name, field_type);
    }
    Ok(builder.build()?)
}

/// The narrowest type that all values fit.
fn guess(values: &[String]) -> FieldType {
    let values: Vec<&str> =
        values.iter().map(String::as_str).filter(|v| !v.is_empty() && *v != "null").collect();
    let all = |fits: fn(&str) -> bool| !values.is_empty() && values.iter().all(|value| fits(value));
    let date = time::macros::format_description!("[year]-[month]-[day]");
    if all(|v| v == "true" || v == "false") {
        FieldType::Boolean
    } else if all(|v| v.parse::<i64>().is_ok()) {
        FieldType::Integer
    } else if all(|v| Decimal::from_str_exact(v).is_ok()) {
        FieldType::Decimal
    } else if !values.is_empty() && values.iter().all(|v| time::Date::parse(v, date).is_ok()) {
        FieldType::Date
    } else if all(|v| OffsetDateTime::parse(v, &Rfc3339).is_ok()) {
        FieldType::Instant
    } else if values.iter().collect::<HashSet<_>>().len() <= 64 {
        FieldType::Keyword
    } else {
        FieldType::Text
    }
}
