//! Assigned numbers of every region, written as exports write them.

use std::collections::BTreeMap;

use rlibphonenumber::enums::{PhoneNumberFormat, PhoneNumberType as Kind, Region as Peer};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber};

use crate::identity::Normalizer;
use crate::identity::phone::Region;

/// A generator of digits that is the same in every run.
struct Digits(u64);

impl Digits {
    fn next(&mut self) -> char {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        char::from(b'0' + (self.0 % 10) as u8)
    }
}

/// Assigned numbers of a kind: the example of libphonenumber with other last digits.
fn numbers(region: Peer, kind: Kind, wanted: usize, digits: &mut Digits) -> Vec<PhoneNumber> {
    let Ok(example) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind) else {
        return Vec::new();
    };
    let national = example.get_national_significant_number().to_string();
    let head = national.len().min(2);
    let mut found = Vec::new();
    for _ in 0..wanted * 20 {
        let tail: String = (head..national.len()).map(|_| digits.next()).collect();
        let text = format!("+{}{}{tail}", example.country_code, &national[..head]);
        let Ok(number) = PHONE_NUMBER_UTIL.parse(&text, Some(region)) else { continue };
        let of = PHONE_NUMBER_UTIL.get_number_type(&number);
        let is_of_kind = of == kind || of == Kind::FixedLineOrMobile;
        if PHONE_NUMBER_UTIL.is_valid_number_for_region(&number, region) && is_of_kind {
            found.push(number);
        }
        if found.len() == wanted {
            break;
        }
    }
    found
}

fn forms(number: &PhoneNumber) -> Vec<(&'static str, String)> {
    let digits = format!("{}{}", number.country_code, number.get_national_significant_number());
    let national = PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::National).to_string();
    vec![
        ("plus", format!("+{digits}")),
        ("exit code", format!("00{digits}")),
        ("bare code", digits.clone()),
        ("floating point", format!("{digits}.0")),
        ("words behind", format!("+{digits} (mobile)")),
        ("national", national),
    ]
}

/// How many numbers were tried, and those that came out wrong, by region.
type Outcome = (usize, BTreeMap<String, Vec<String>>);

/// Returns the outcome of each kind and form.
fn sweep(wanted: usize) -> BTreeMap<(&'static str, &'static str), Outcome> {
    let normalizer = Normalizer::new();
    let mut digits = Digits(0x9E37_79B9_7F4A_7C15);
    let mut found: BTreeMap<_, Outcome> = BTreeMap::new();
    let mut regions: Vec<Peer> = PHONE_NUMBER_UTIL.get_supported_regions().collect();
    regions.sort_by_key(ToString::to_string);
    for peer in regions {
        let name = peer.to_string();
        let region = Region::find(&name);
        for (kind_name, kind) in [("mobile", Kind::Mobile), ("fixed line", Kind::FixedLine)] {
            for number in numbers(peer, kind, wanted, &mut digits) {
                let right = format!("{}{}", number.country_code, number.get_national_significant_number());
                for (form, text) in forms(&number) {
                    let (tried, wrong) = found.entry((kind_name, form)).or_default();
                    *tried += 1;
                    let trace = normalizer.explain(crate::MatchKey::Phone, &text, region);
                    if trace.normalized().ok() != Some(right.as_str()) {
                        let ours = trace.normalized().map_or_else(|why| why.to_string(), str::to_owned);
                        wrong.entry(name.clone()).or_default().push(format!("{text} -> {ours}"));
                    }
                }
            }
        }
    }
    found
}

/// Regions with fixed lines that libphonenumber's Rust port knows and the tables of this crate, made of another version
/// of the same metadata, do not: only what no rule needs to be sure of is read there.
const NEWER_METADATA: &[&str] = &["ZW"];

/// More numbers of each region: `AUDIENCEKIT_PHONES=1000`.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test may be told to try more")]
fn assigned_numbers_of_every_region_are_read_in_every_form() {
    let wanted = std::env::var("AUDIENCEKIT_PHONES").ok().and_then(|count| count.parse().ok()).unwrap_or(10);
    let found = sweep(wanted);
    assert_eq!(found.len(), 12, "two kinds in six forms");
    for ((kind, form), (tried, wrong)) in found {
        let lost: usize = wrong.values().map(Vec::len).sum();
        println!("{kind}, {form}: {} of {tried} right", tried - lost);
        assert!(tried >= 200 * wanted, "{kind}, {form}: only {tried} tried");
        let excused = |region: &str| kind == "fixed line" && NEWER_METADATA.contains(&region);
        let unexpected: Vec<_> = wrong.iter().filter(|(region, _)| !excused(region)).collect();
        assert!(unexpected.is_empty(), "{kind}, {form}: {unexpected:?}");
    }
}
