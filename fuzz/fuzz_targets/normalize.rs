//! Any text as any key: normalized once and for all, never a hash of nothing, never twice.
//!
//! `cargo +nightly fuzz run normalize`. The first byte picks the key, the second the country, the third settings.

#![no_main]

use audiencekit::MatchKey;
use audiencekit::identity::{
    Accents, Domains, ExternIds, NameDigits, NameSpaces, Normalizer, PhoneNumbers, Postcodes, Region, NonUsStates,
};
use libfuzzer_sys::fuzz_target;

const REGIONS: [&str; 16] =
    ["", "US", "CA", "GB", "PL", "DE", "IT", "RU", "BR", "AR", "JP", "XK", "HU", "KR", "AG", "CI"];
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fuzz_target!(|data: &[u8]| {
    let [key, region, settings, text @ ..] = data else { return };
    let text = String::from_utf8_lossy(text);
    let keys: Vec<MatchKey> = MatchKey::all().collect();
    let key = keys[usize::from(*key) % keys.len()];
    let region = Region::find(REGIONS[usize::from(*region) % REGIONS.len()]);
    let normalizer = normalizer(*settings);
    let explanation = normalizer.explain(key, &text, region);
    let shown = format!("{explanation} {explanation:?}");
    assert!(shown.len() < 4_096);
    let Ok(value) = explanation.normalized() else {
        assert!(explanation.sha256().is_none());
        return;
    };
    assert!(!value.is_empty());
    match explanation.sha256() {
        Some(hex) => assert!(key.is_hashed() && hex != NOTHING && hex != value),
        None => assert!(!key.is_hashed()),
    }
    match key {
        MatchKey::Phone => assert!(value.bytes().all(|b| b.is_ascii_digit()) && !value.starts_with('0')),
        // Settings that cut a value may cut it again.
        _ if *settings == 0 => assert_eq!(normalizer.explain(key, value, region).normalized(), Ok(value)),
        _ => {}
    }
});

fn normalizer(settings: u8) -> Normalizer {
    let mut normalizer = Normalizer::new();
    if settings & 1 != 0 {
        normalizer = normalizer.name_spaces(NameSpaces::Keep).accents(Accents::Transliterate);
    }
    if settings & 2 != 0 {
        normalizer = normalizer.name_digits(NameDigits::Keep).non_us_states(NonUsStates::TwoLetters);
    }
    if settings & 4 != 0 {
        normalizer = normalizer.domains(Domains::Ascii).postcodes(Postcodes::Sector);
    }
    if settings & 8 != 0 {
        normalizer = normalizer.domains(Domains::Unicode).accents(Accents::Keep);
    }
    if settings & 16 != 0 {
        normalizer = normalizer.extern_ids(ExternIds::Trimmed).phone_numbers(PhoneNumbers::Assigned);
    }
    if settings & 32 != 0 {
        normalizer = normalizer.display_names(true).date_order(audiencekit::contact::DateOrder::DayMonthYear);
    }
    normalizer
}
