//! What must hold for any text at all.

use audiencekit::MatchKey;
use audiencekit::identity::{MatchRows, Normalizer, Region, Step, ValueEncoding};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::rows::Sheet;

/// Text of every kind: ASCII, any Unicode, near-misses of real values, digests.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,40}",
        "[0-9+() ./x#,-]{0,24}",
        "[a-zA-ZÀ-ž\u{300}-\u{36f}\u{200b}-\u{200f}\u{202a}-\u{202e} '’.-]{0,20}",
        "[a-z.]{1,8}@[a-z.-]{1,10}\\.[a-z]{1,4}",
        "[0-9]{1,4}[-/. ][0-9]{1,4}[-/. ][0-9]{1,4}",
        "[0-9a-fA-F]{64}",
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    ]
}

fn any_key() -> impl Strategy<Value = MatchKey> {
    proptest::sample::select(MatchKey::all().collect::<Vec<_>>())
}

fn any_region() -> impl Strategy<Value = Option<Region>> {
    proptest::sample::select(vec!["", "US", "CA", "GB", "PL", "DE", "IT", "RU", "BR", "XK"])
        .prop_map(Region::find)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_value_is_normalized_once_and_for_all(key in any_key(), text in any_text(), region in any_region()) {
        let normalizer = Normalizer::new();
        let first = normalizer.explain(key, &text, region);
        if let Ok(value) = first.normalized() {
            prop_assert!(!value.is_empty());
            // Digits of a phone have lost the plus that told their country.
            if key != MatchKey::Phone {
                let again = normalizer.explain(key, value, region);
                prop_assert_eq!(again.normalized(), Ok(value), "{} {:?}", key, text);
            }
            if let Some(hex) = first.sha256() {
                prop_assert!(key.is_hashed());
                prop_assert_eq!(&hex, &const_hex::encode(Sha256::digest(value)));
            } else {
                prop_assert!(!key.is_hashed());
            }
        } else {
            prop_assert_eq!(first.sha256(), None);
        }
    }

    #[test]
    fn every_change_of_a_value_is_a_step_of_its_trail(key in any_key(), text in any_text(), region in any_region()) {
        let explanation = Normalizer::new().explain(key, &text, region);
        let mut before = text.as_str();
        for (step, after) in explanation.trail() {
            let notes_only = step.is_warning() || step == Step::ReadAsInternational;
            prop_assert_eq!(before == after, notes_only, "{} {:?}: {}", key, text, step);
            before = after;
        }
        if let Ok(value) = explanation.normalized() {
            prop_assert_eq!(before, value, "{} {:?}", key, text);
            let mut steps: Vec<Step> = explanation.trail().map(|(step, _)| step).collect();
            steps.sort();
            steps.dedup();
            prop_assert_eq!(steps, explanation.steps().iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_leaves_in_a_hashed_column_is_a_sha256_of_something(
        key in any_key().prop_filter("hashed", |key| key.is_hashed()),
        holds in proptest::sample::select(vec![ValueEncoding::Plain, ValueEncoding::Sha256, ValueEncoding::Detect]),
        text in any_text(),
    ) {
        let body = Sheet::new(&[(key, holds), (MatchKey::ExternId, ValueEncoding::Plain)]).row(&[&text, "7"]).body();
        let cell = &body[0];
        prop_assert!(cell.is_empty() || (cell.len() == 64 && cell.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase() && b <= b'f')));
        prop_assert_ne!(cell.as_str(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        // A digest is passed or refused, never hashed.
        let trimmed = text.trim();
        if trimmed.len() == 64 && trimmed.bytes().all(|b| b.is_ascii_hexdigit()) {
            let passed = if holds == ValueEncoding::Plain { String::new() } else { trimmed.to_lowercase() };
            prop_assert_eq!(cell, &passed);
        }
        if holds == ValueEncoding::Sha256 && !cell.is_empty() {
            prop_assert_eq!(cell, &trimmed.to_lowercase());
        }
    }

    #[test]
    fn phones_are_digits_of_a_possible_length(text in any_text(), region in any_region()) {
        if let Ok(value) = Normalizer::new().explain(MatchKey::Phone, &text, region).normalized() {
            prop_assert!(value.bytes().all(|b| b.is_ascii_digit()));
            prop_assert!(!value.starts_with('0'));
            prop_assert!((4..=20).contains(&value.len()), "{}", value);
        }
    }

    #[test]
    fn any_bytes_as_a_stored_row_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut rows = MatchRows::new([MatchKey::Email, MatchKey::ExternId].into());
        let read = rows.push_bytes(&bytes).is_ok();
        prop_assert_eq!(rows.len(), usize::from(read));
        if read {
            prop_assert_eq!(rows.row(0).to_bytes(), bytes);
        }
    }
}

#[test]
fn a_megabyte_in_a_cell_costs_no_more_than_a_look() {
    let texts = [
        "a".repeat(1 << 20),
        "\u{301}".repeat(1 << 19),
        " ".repeat(1 << 20),
        "a.".repeat(1 << 19),
        "\u{202e}x".repeat(1 << 18),
    ];
    for key in MatchKey::all() {
        for text in &texts {
            assert!(Normalizer::new().explain(key, text, None).normalized().is_err(), "{key}");
        }
    }
}
