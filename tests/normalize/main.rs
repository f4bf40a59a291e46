//! Every key becomes what Facebook documents, or a reason: tables under `tests/data/normalize`.

use audiencekit::MatchKey;
use audiencekit::identity::{Normalizer, Region};
use serde::Deserialize;

mod bugs;
mod properties;
mod rows;
mod settings;

/// One row of a table.
#[derive(Deserialize)]
struct Vector {
    /// The kind of fault that brought the row up, where there was one.
    kind: Option<String>,
    key: String,
    value: String,
    region: Option<String>,
    normalized: Option<String>,
    sha256: Option<String>,
    reject: Option<String>,
    source: String,
}

fn vectors(table: &str) -> Vec<Vector> {
    let rows: Vec<Vector> = table
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect();
    assert!(!rows.is_empty());
    rows
}

/// What the rules make of a row: the value and its digest, or the reason.
fn outcome(vector: &Vector) -> (Option<String>, Option<String>, Option<String>) {
    let normalizer = Normalizer::new().current_year(2026);
    let region: Option<Region> = vector.region.as_deref().map(|text| text.parse().unwrap());
    // A whole date is no key of an audience: it is split into three.
    if vector.key == "DB" {
        let part = |key| normalizer.explain(key, &vector.value, None).normalized().unwrap().to_owned();
        let whole = part(MatchKey::BirthYear) + &part(MatchKey::BirthMonth) + &part(MatchKey::BirthDay);
        return (Some(whole), None, None);
    }
    let key = MatchKey::from_wire_name(&vector.key).unwrap_or_else(|| panic!("{}", vector.key));
    let explanation = normalizer.explain(key, &vector.value, region);
    match explanation.normalized() {
        Ok(value) => (Some(value.to_owned()), explanation.sha256(), None),
        Err(reason) => (None, None, Some(reason.as_str().to_owned())),
    }
}

fn check(table: &str) {
    let mut wrong = Vec::new();
    for vector in vectors(table) {
        assert!(!vector.source.is_empty());
        let (normalized, sha256, reject) = outcome(&vector);
        let digest_differs = vector.sha256.is_some() && sha256.is_some() && vector.sha256 != sha256;
        if normalized != vector.normalized || reject != vector.reject || digest_differs {
            wrong.push(format!(
                "{} {:?} {:?}: {normalized:?} {reject:?}, not {:?} {:?}",
                vector.key, vector.value, vector.region, vector.normalized, vector.reject
            ));
        }
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_pair_that_meta_publishes_comes_out() {
    check(include_str!("../data/normalize/meta.jsonl"));
}

macro_rules! tables {
    ($($name:ident: $file:literal,)+) => {
        $(#[test]
        fn $name() {
            check(include_str!(concat!("../data/normalize/", $file)));
        })+

        /// Every table of our own.
        fn own_tables() -> String {
            [$(include_str!(concat!("../data/normalize/", $file))),+].concat()
        }
    };
}

tables! {
    every_email_row_comes_out: "email.jsonl",
    every_name_row_comes_out: "name.jsonl",
    every_place_row_comes_out: "place.jsonl",
    every_birth_and_gender_row_comes_out: "birth.jsonl",
    every_device_and_plain_row_comes_out: "device.jsonl",
    every_phone_row_comes_out: "phone.jsonl",
    every_row_of_other_programs_exports_comes_out: "exports.jsonl",
}

#[test]
fn the_tables_cover_every_key_and_sixty_phone_regions() {
    let rows = vectors(&own_tables());
    assert!(rows.len() >= 600, "{}", rows.len());
    for key in MatchKey::all() {
        assert!(rows.iter().any(|row| row.key == key.wire_name()), "{key}");
    }
    let mut regions: Vec<_> =
        rows.iter().filter(|row| row.key == "PHONE").filter_map(|row| row.region.clone()).collect();
    regions.sort();
    regions.dedup();
    assert!(regions.len() >= 60, "{}", regions.len());
}

#[test]
fn every_kind_of_export_has_five_rows() {
    let rows = vectors(include_str!("../data/normalize/exports.jsonl"));
    let kinds: std::collections::BTreeSet<_> = rows.iter().filter_map(|row| row.kind.as_deref()).collect();
    for kind in kinds {
        let count = rows.iter().filter(|row| row.kind.as_deref() == Some(kind)).count();
        assert!(count >= 5, "{kind}: {count}");
    }
    assert!(rows.iter().all(|row| row.kind.is_some()));
}
