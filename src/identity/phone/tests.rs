//! The parser against libphonenumber: rows written by its Python port, and its Rust port on random text.

use super::parse::{self, Standing};
use super::plan_types::Plan;
use crate::identity::phone::Region;
use crate::identity::trail::Trail;

/// What libphonenumber says and what the parser says, without the crate's own additions.
fn outcome(region: &str, text: &str) -> (String, &'static str) {
    let mut cleaned = String::new();
    if crate::identity::phone::clean(text, &mut cleaned, &mut Trail::default()).is_err() {
        return ("-".to_owned(), "X");
    }
    let mut trail = Trail::default();
    let Ok(cell) = parse::read(&cleaned, &mut trail) else { return ("-".to_owned(), "X") };
    let Ok(number) = parse::parse(&cell, Region::find(region), &mut trail) else {
        return ("-".to_owned(), "X");
    };
    let mut digits = String::new();
    number.write(&mut digits);
    (
        digits,
        match number.standing() {
            Standing::Assigned => "V",
            Standing::Possible => "P",
            Standing::Not(_) => "X",
        },
    )
}

#[test]
fn the_parser_reads_what_libphonenumber_reads() {
    let table = include_str!("../../../tests/data/normalize/phone_golden.tsv");
    let mut rows = 0;
    let mut wrong = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [region, text, digits, kind] = cells[..] else { panic!("{line:?}") };
        rows += 1;
        let (ours, our_kind) = outcome(region, text);
        if (ours.as_str(), our_kind) != (digits, kind) {
            wrong.push(format!("{line:?}: {ours} {our_kind}"));
        }
    }
    assert!(rows > 8_000, "{rows}");
    assert!(wrong.is_empty(), "{} of {rows}:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

/// What the rules make of a cell, the crate's own included.
fn normalized(region: &str, text: &str) -> String {
    let normalizer = crate::identity::Normalizer::new();
    let trace = normalizer.explain(crate::MatchKey::Phone, text, Region::find(region));
    trace.normalized().map_or_else(|reason| reason.to_string(), str::to_owned)
}

#[test]
fn every_number_of_libphonenumber_that_reads_otherwise_is_listed() {
    let listed = include_str!("../../../tests/data/normalize/phone_golden_differences.tsv");
    let mut expected: Vec<String> =
        listed.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    assert!(expected.iter().all(|line| line.split('\t').nth(4).is_some_and(|reason| !reason.is_empty())));
    let mut unlisted = Vec::new();
    let table = include_str!("../../../tests/data/normalize/phone_golden.tsv");
    for line in table.lines().filter(|line| !line.starts_with('#') && !line.ends_with('X')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [region, text, digits, _] = cells[..] else { panic!("{line:?}") };
        let ours = normalized(region, text);
        let row = format!("{region}\t{text}\t{digits}\t{ours}\t");
        match expected.iter().position(|known| known.starts_with(&row)) {
            Some(at) => drop(expected.swap_remove(at)),
            None if ours == digits => {}
            None => unlisted.push(row),
        }
    }
    assert!(unlisted.is_empty(), "{} rows:\n{}", unlisted.len(), unlisted.join("\n"));
    assert!(expected.is_empty(), "no such difference any more: {expected:?}");
}

#[test]
fn every_region_with_a_plan_is_a_region() {
    let plans = super::plans::PLANS.iter().filter(|plan| plan.region != *b"  ");
    let mut count = 0;
    for plan in plans {
        let text = std::str::from_utf8(&plan.region).unwrap();
        assert_eq!(Region::find(text).unwrap().code(), plan.region);
        assert!(std::ptr::eq(Plan::of_region(plan.region).unwrap(), plan));
        count += 1;
    }
    assert_eq!(count, 245);
}

/// The answer of libphonenumber's Rust port: calling code and national number, and whether it is valid.
fn peer(region: rlibphonenumber::enums::Region, text: &str) -> (String, bool) {
    use rlibphonenumber::PHONE_NUMBER_UTIL;
    match PHONE_NUMBER_UTIL.parse(text, Some(region)) {
        Err(_) => ("-".to_owned(), false),
        Ok(number) => {
            let digits = format!("{}{}", number.country_code, number.get_national_significant_number());
            (digits, PHONE_NUMBER_UTIL.is_valid_number(&number))
        }
    }
}

#[test]
fn random_text_reads_as_in_libphonenumber() {
    use rlibphonenumber::enums::Region as Peer;
    // Digits, what people put between them, prefixes and extensions.
    const PIECES: &[&str] = &[
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "234", "5678", "201 555", "601", "3912", "00",
        "55", "60", "12", "77", "020", "30", "99", "+", "011", "810", "+44", "+48", "+1", "+39", "+7",
        "+54 9", "+55", "(0)", "(", ")", "-", " ", ".", "/", " ext 1", "x2", "#3", "a", ",,5", ";ext=4", "*",
    ];
    let regions = [
        ("US", Peer::US),
        ("GB", Peer::GB),
        ("PL", Peer::PL),
        ("DE", Peer::DE),
        ("RU", Peer::RU),
        ("IT", Peer::IT),
        ("BR", Peer::BR),
        ("AR", Peer::AR),
        ("KR", Peer::KR),
        ("HU", Peer::HU),
        ("MX", Peer::MX),
        ("CI", Peer::CI),
    ];
    let mut seed = 0x1234_5678_9abc_def0u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as usize % below
    };
    let (rows, mut wrong, mut valid) = (20_000, Vec::new(), 0);
    for _ in 0..rows {
        let (name, region) = regions[next(regions.len())];
        let hostile = next(2) == 0;
        let mut text: String = String::new();
        if hostile {
            (0..6 + next(9)).for_each(|_| text.push_str(PIECES[next(PIECES.len())]));
        } else {
            text.push_str(["", "0", "1", "+1 ", "+44 ", "+48", "+49 (0)", "8", "00", "+390"][next(10)]);
            (0..7 + next(5)).for_each(|_| text.push((b'0' + next(10) as u8) as char));
        }
        let (theirs, is_valid) = peer(region, &text);
        let (ours, kind) = outcome(name, &text);
        valid += usize::from(is_valid);
        if ours != theirs || (kind == "V") != is_valid {
            wrong.push(format!("{name} {text:?}: {ours} {kind}, not {theirs} {is_valid}"));
        }
    }
    assert!(valid > 500, "{valid}");
    // The peer's metadata is a release older, so a few ranges may differ.
    assert!(
        wrong.len() <= rows / 1_000,
        "{} of {rows}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(30)].join("\n")
    );
}
