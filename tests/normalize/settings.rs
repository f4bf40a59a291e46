//! The points that Facebook leaves open: the documented reading by default, each other reading on request.

use audiencekit::MatchKey as K;
use audiencekit::contact::DateOrder;
use audiencekit::identity::{
    Accents, BarePhones, Domains, ExternIds, NameDigits, NameSpaces, NonUsStates, Normalizer, PhoneNumbers,
    Postcodes, Reject,
};

/// A value in a country, by default and by a setting.
struct Point {
    setting: fn(Normalizer) -> Normalizer,
    key: K,
    value: &'static str,
    country: &'static str,
    default: Result<&'static str, Reject>,
    set: Result<&'static str, Reject>,
}

#[rustfmt::skip]
const POINTS: &[Point] = &[
    Point { setting: |n| n.name_spaces(NameSpaces::Keep), key: K::FirstName, value: " Mary  Ann ", country: "", default: Ok("maryann"), set: Ok("mary ann") },
    Point { setting: |n| n.name_spaces(NameSpaces::Keep), key: K::LastName, value: "de la Müller !", country: "", default: Ok("delamüller"), set: Ok("de la müller") },
    Point { setting: |n| n.name_digits(NameDigits::Keep), key: K::LastName, value: "Smith 2nd", country: "", default: Ok("smithnd"), set: Ok("smith2nd") },
    Point { setting: |n| n.accents(Accents::Keep), key: K::City, value: "São Paulo", country: "", default: Ok("sopaulo"), set: Ok("sãopaulo") },
    Point { setting: |n| n.accents(Accents::Transliterate), key: K::City, value: "Łódź", country: "", default: Ok("d"), set: Ok("lodz") },
    Point { setting: |n| n.accents(Accents::Transliterate), key: K::State, value: "Thüringen", country: "DE", default: Ok("thringen"), set: Ok("thuringen") },
    Point { setting: |n| n.non_us_states(NonUsStates::TwoLetters), key: K::State, value: "Bayern", country: "DE", default: Ok("bayern"), set: Ok("ba") },
    Point { setting: |n| n.non_us_states(NonUsStates::TwoLetters), key: K::State, value: "California", country: "US", default: Ok("ca"), set: Ok("ca") },
    Point { setting: |n| n.non_us_states(NonUsStates::CanadianCodes), key: K::State, value: "Ontario", country: "CA", default: Ok("ontario"), set: Ok("on") },
    Point { setting: |n| n.bare_phones(BarePhones::International), key: K::Phone, value: "4791234567", country: "", default: Err(Reject::NoRegion), set: Ok("4791234567") },
    Point { setting: |n| n.bare_phones(BarePhones::Refused), key: K::Phone, value: "48601234567", country: "", default: Ok("48601234567"), set: Err(Reject::NoRegion) },
    Point { setting: |n| n.postcodes(Postcodes::Sector), key: K::Zip, value: "M1 1AE", country: "GB", default: Ok("m11ae"), set: Ok("m11") },
    Point { setting: |n| n.extern_ids(ExternIds::Verbatim), key: K::ExternId, value: " ID-7 ", country: "", default: Ok("ID-7"), set: Ok(" ID-7 ") },
    Point { setting: |n| n.domains(Domains::Ascii), key: K::Email, value: "Ada@Müller.de", country: "", default: Ok("ada@müller.de"), set: Ok("ada@xn--mller-kva.de") },
    Point { setting: |n| n.domains(Domains::Unicode), key: K::Email, value: "ada@xn--mller-kva.de", country: "", default: Ok("ada@xn--mller-kva.de"), set: Ok("ada@müller.de") },
    Point { setting: |n| n.display_names(true), key: K::Email, value: "Ada L. <Ada@Example.com>", country: "", default: Err(Reject::Malformed), set: Ok("ada@example.com") },
    Point { setting: |n| n.phone_numbers(PhoneNumbers::Assigned), key: K::Phone, value: "+1 555 987 6543", country: "", default: Ok("15559876543"), set: Err(Reject::NotANumber) },
    Point { setting: |n| n.phone_numbers(PhoneNumbers::Assigned), key: K::Phone, value: "+48 601 234 567", country: "", default: Ok("48601234567"), set: Ok("48601234567") },
    Point { setting: |n| n.default_region("PL".parse().unwrap()), key: K::Phone, value: "601 234 567", country: "", default: Err(Reject::NoRegion), set: Ok("48601234567") },
    Point { setting: |n| n.default_region("PL".parse().unwrap()), key: K::Phone, value: "030 901820", country: "DE", default: Ok("4930901820"), set: Ok("4930901820") },
    Point { setting: |n| n.date_order(DateOrder::DayMonthYear), key: K::BirthMonth, value: "01/02/1990", country: "", default: Err(Reject::Ambiguous), set: Ok("02") },
    Point { setting: |n| n.date_order(DateOrder::MonthDayYear), key: K::BirthDay, value: "01/02/1990", country: "", default: Err(Reject::Ambiguous), set: Ok("02") },
    Point { setting: |n| n.current_year(2026), key: K::BirthYear, value: "2027", country: "", default: Ok("2027"), set: Err(Reject::OutOfRange) },
];

#[test]
fn every_open_point_has_its_documented_reading_and_the_other_on_request() {
    for point in POINTS {
        let read = |normalizer: Normalizer| {
            let explanation = normalizer.explain(point.key, point.value, point.country.parse().ok());
            let last = explanation.trail().last().map(|(_, value)| value.to_owned());
            let normalized = explanation.normalized().map(str::to_owned);
            if let Ok(value) = &normalized {
                assert_eq!(last.as_deref().unwrap_or(point.value), value, "{} {:?}", point.key, point.value);
            }
            normalized
        };
        let expected = |value: Result<&str, Reject>| value.map(str::to_owned);
        assert_eq!(read(Normalizer::new()), expected(point.default), "{} {:?}", point.key, point.value);
        let set = read((point.setting)(Normalizer::new()));
        assert_eq!(set, expected(point.set), "{} {:?}, set", point.key, point.value);
    }
}
