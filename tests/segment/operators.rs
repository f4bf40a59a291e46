//! Every operator of the language: true, false, on a missing value and on a value of the wrong type.

use std::collections::{BTreeMap, BTreeSet};

use crate::reference;
use audiencekit::contact::{Contact, FieldType, JsonReading, Schema};
use audiencekit::segment::ast::Expr;
use audiencekit::segment::{
    ContactTable, EvaluationTime, Filter, MemoryCatalog, Segment, SegmentCatalog, Selector,
};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// One row of `tests/data/segment/operators.jsonl`: a filter, a contact for each answer, and what is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    operator: String,
    filter: String,
    /// A contact that fits, and one that has the value and does not; none where there is no such contact.
    #[serde(rename = "true")]
    fits: Box<RawValue>,
    #[serde(rename = "false")]
    fails: Box<RawValue>,
    /// A contact without the value.
    missing: Box<RawValue>,
    when_missing: bool,
    /// A filter with the operator on what it is not for, and a part of what is said of it.
    wrong_type: String,
    error: String,
}

fn rows() -> Vec<Row> {
    let read = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    include_str!("../data/segment/operators.jsonl").lines().map(read).collect()
}

fn schema() -> Schema {
    Schema::builder()
        .detail("plan", FieldType::Keyword)
        .detail("revenue", FieldType::Decimal)
        .detail("renewal", FieldType::Date)
        .build()
        .unwrap()
}

fn catalog(schema: &Schema) -> MemoryCatalog {
    let buyers = Segment::builder("Buyers").include(Selector::all()).filter("count(event.purchase) >= 1");
    let catalog = MemoryCatalog::new();
    catalog.save(&buyers.build(schema).unwrap()).unwrap();
    catalog
}

/// Puts the segments that are named in their places.
fn in_place(expr: &mut Expr, catalog: &MemoryCatalog) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) | Expr::None(parts) => {
            parts.iter_mut().for_each(|part| in_place(part, catalog));
        }
        Expr::Not(inner) => in_place(inner, catalog),
        Expr::Segment(name) => *expr = catalog.segment(&name.node).unwrap().unwrap().expr(),
        _ => {}
    }
}

#[test]
fn every_operator_says_the_same_of_rows_of_columns_and_by_the_book() {
    let schema = schema();
    let (catalog, time) = (catalog(&schema), EvaluationTime::utc(reference::NOW));
    let mut wrong = Vec::new();
    for row in rows() {
        let text = &row.filter;
        let filter = Filter::parse(text, &schema).unwrap_or_else(|e| panic!("{text}\n{}", e.picture()));
        let mut expr = filter.expr().clone();
        in_place(&mut expr, &catalog);
        let compiled = filter.compile_with(&schema, &time, &catalog).unwrap();
        for (json, wanted) in [(&row.fits, true), (&row.fails, false), (&row.missing, row.when_missing)] {
            if json.get() == "null" {
                continue;
            }
            let shown = format!("{text} of {json}");
            let mut contact = Contact::new(&schema);
            JsonReading::default().read(json.get(), &mut contact).unwrap_or_else(|e| panic!("{e}: {shown}"));
            let mut table = ContactTable::new(&schema);
            table.push(&contact).unwrap();
            let said =
                [compiled.matches(&contact), table.count(&compiled) == 1, reference::holds(&expr, &contact)];
            if said != [wanted; 3] {
                wrong.push(format!("{shown}: rows, table, reference say {said:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_operator_refuses_what_it_is_not_for() {
    let schema = schema();
    let mut wrong = Vec::new();
    for Row { wrong_type: text, error, .. } in rows() {
        let said = Filter::parse(&text, &schema).err().map_or("not refused".to_owned(), |e| e.picture());
        if !said.contains(&error) {
            wrong.push(format!("{text}, not {error:?} but\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// True when some row is about the word or words: they stand in its name one behind the other.
fn is_covered(words: &str, operators: &BTreeSet<String>) -> bool {
    let wanted: Vec<&str> = words.split(' ').collect();
    operators.iter().any(|operator| {
        let words: Vec<&str> = operator.split(' ').collect();
        words.windows(wanted.len()).any(|some| some == wanted)
    })
}

#[test]
fn every_operator_of_the_grammar_has_its_rows() {
    let docs = include_str!("../../docs/segment_language.md");
    let rows = rows();
    let operators: BTreeSet<String> = rows.iter().map(|row| row.operator.clone()).collect();
    // The signs and words of the grammar.
    let grammar = docs.split("\n## Grammar").nth(1).unwrap();
    let grammar = grammar.split("```text").nth(1).unwrap().split("```").next().unwrap();
    let terminals: BTreeSet<&str> = grammar.split('"').skip(1).step_by(2).collect();
    assert!(terminals.len() > 70, "{terminals:?}");
    // Not operators: marks around them, and the parts of one that have no meaning alone.
    let marks = ["(", ")", ",", ".", "event", "of", "more", "less", "than", "next", "starts", "ends", "with"];
    let lost: Vec<&&str> = terminals
        .iter()
        .filter(|terminal| !marks.contains(terminal) && !is_covered(terminal, &operators))
        .collect();
    assert!(lost.is_empty(), "of the grammar without a row: {lost:?}");
    // The first column of the table.
    let table = docs.split("| operator | on | example |").nth(1).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let mut names = 0;
    for line in table.lines().filter_map(|line| line.strip_prefix("| ")).filter(|line| line.starts_with('`'))
    {
        let column = line.split(" | ").next().unwrap();
        for name in column.split('`').skip(1).step_by(2) {
            let name = name.replace(" n ", " ");
            assert!(is_covered(&name, &operators), "of the table without a row: {name}");
            names += 1;
        }
    }
    assert!(names >= 50, "{names} names");
    // Each operator has a contact that fits, one that does not, and one without the value.
    let mut cases: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for row in &rows {
        let case = cases.entry(row.operator.as_str()).or_default();
        case.0 |= row.fits.get() != "null";
        case.1 |= row.fails.get() != "null" || row.operator == "true";
    }
    assert!(cases.values().all(|case| *case == (true, true)), "{cases:?}");
}

/// A generator with no surprises (SplitMix64), so that a failure comes back.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }
}

/// The place of every value inside a JSON value.
fn places(json: &Value, at: String, found: &mut Vec<String>) {
    match json {
        Value::Array(items) => {
            (0..).zip(items).for_each(|(n, item)| places(item, format!("{at}/{n}"), found));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| places(member, format!("{at}/{name}"), found));
        }
        _ => {}
    }
    found.push(at);
}

#[test]
fn pieces_of_filters_put_together_anyhow_are_refused_or_come_back_the_same() {
    let (schema, time) = (schema(), EvaluationTime::utc(reference::NOW));
    let texts: Vec<String> = rows().into_iter().map(|row| row.filter).collect();
    let texts: Vec<&String> = texts.iter().filter(|text| !text.contains("segment(")).collect();
    let trees: Vec<Value> = texts
        .iter()
        .map(|text| serde_json::from_str(&Filter::parse(text, &schema).unwrap().to_json()).unwrap())
        .collect();
    let (mut dice, mut taken) = (Dice(99), 0);
    let nobody = Contact::new(&schema);
    for _ in 0..6_000 {
        // The beginning of one text before the end of another, and a piece of one tree in the place of another's.
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (head, tail) = (words(texts[dice.below(texts.len())]), words(texts[dice.below(texts.len())]));
        let spliced =
            [&head[..dice.below(head.len() + 1)], &tail[dice.below(tail.len())..]].concat().join(" ");
        let (mut tree, donor) = (trees[dice.below(trees.len())].clone(), &trees[dice.below(trees.len())]);
        let (mut from, mut to) = (Vec::new(), Vec::new());
        places(donor, String::new(), &mut from);
        places(&tree, String::new(), &mut to);
        let piece = donor.pointer(&from[dice.below(from.len())]).unwrap();
        *tree.pointer_mut(&to[dice.below(to.len())]).unwrap() = piece.clone();
        let read = [Filter::parse(&spliced, &schema), Filter::from_json(&tree.to_string(), &schema)];
        for filter in read.into_iter().filter_map(Result::ok) {
            assert_eq!(Filter::parse(&filter.to_string(), &schema).as_ref(), Ok(&filter), "{filter}");
            assert_eq!(Filter::from_json(&filter.to_json(), &schema).as_ref(), Ok(&filter), "{filter}");
            let compiled = filter.compile(&schema, &time).unwrap_or_else(|e| panic!("{filter}: {e}"));
            let why = filter.explain(&nobody, &schema, &time).unwrap();
            assert_eq!(compiled.matches(&nobody), why.holds, "{filter}");
            assert_eq!(reference::holds(filter.expr(), &nobody), why.holds, "{filter}");
            taken += 1;
        }
    }
    assert!(taken > 500, "{taken} of 12,000 are filters");
}
