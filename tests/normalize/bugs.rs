//! The nine groups of bugs that peers have, each with a test that fails if we had it.

use audiencekit::MatchKey as K;
use audiencekit::identity::{Hashed, Normalizer, Reject, ValueEncoding};

use crate::rows::Sheet;

const DIGEST: &str = "d709f370e52b57b4eb75f04e2b3422c4d41a05148cad8f81776d94a048fb70af";
const MD5: &str = "9e26471d35a78862c17e467d87cddedf";

fn normalized(key: K, value: &str) -> Result<String, Reject> {
    Normalizer::new().current_year(2026).explain(key, value, None).normalized().map(str::to_owned)
}

#[test]
fn group_1_clear_text_never_leaves_a_hashed_column() {
    // A value, a newline and a digest; 64 letters that are no hex; a cell "0"; every way to declare the column.
    let values = [
        format!("ada@example.com\n{DIGEST}"),
        format!("{DIGEST}\nada"),
        "z".repeat(64),
        "0".to_owned(),
        "ada".to_owned(),
    ];
    for key in K::all().filter(|key| key.is_hashed()) {
        for holds in [ValueEncoding::Plain, ValueEncoding::Sha256, ValueEncoding::Detect] {
            for value in &values {
                let body = Sheet::new(&[(key, holds)]).row(&[value]).body_with_id();
                for cell in body {
                    assert!(cell.is_empty() || is_sha256(&cell), "{key} {holds:?}");
                }
            }
        }
    }
}

fn is_sha256(cell: &str) -> bool {
    cell.len() == 64 && cell.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[test]
fn group_2_digests_are_of_utf8_bytes() {
    // SHA-256 of the UTF-8 of "valéry" as Meta publishes it; Latin-1 gives another.
    let explanation = Normalizer::new().explain(K::FirstName, "Valéry", None);
    assert_eq!(
        explanation.sha256().unwrap(),
        "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"
    );
    // Different characters with the same low byte stay different people.
    assert_ne!(normalized(K::FirstName, "ā"), normalized(K::FirstName, "Ł"));
}

#[test]
fn group_3_mobile_advertiser_ids_leave_in_clear() {
    let id = "6D92078A-8246-4BA4-AE5B-76104861E7DC";
    let body = Sheet::new(&[(K::Madid, ValueEncoding::Plain)]).row(&[id]).body();
    assert_eq!(body, [id.to_lowercase()]);
}

#[test]
fn group_4_the_hash_of_nothing_is_never_sent() {
    const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for key in K::all().filter(|key| key.is_hashed()) {
        for holds in [ValueEncoding::Plain, ValueEncoding::Sha256, ValueEncoding::Detect] {
            for blank in [
                "",
                " ",
                "\u{a0}",
                "\u{200b}",
                "\t\n",
                "!!!",
                "...",
                "😀",
                "\u{301}",
                NOTHING,
                &NOTHING.to_uppercase(),
            ] {
                let body = Sheet::new(&[(key, holds)]).row(&[blank]).body_with_id();
                assert_eq!(body[0], "", "{key} {holds:?} {blank:?}");
            }
        }
    }
    assert!(Hashed::from_hex(NOTHING).is_err());
}

#[test]
fn group_5_a_digest_is_not_hashed_again_and_md5_is_refused() {
    for text in [DIGEST.to_owned(), DIGEST.to_uppercase(), format!(" {DIGEST} ")] {
        for holds in [ValueEncoding::Sha256, ValueEncoding::Detect] {
            assert_eq!(Sheet::new(&[(K::Email, holds)]).row(&[&text]).body(), [DIGEST]);
        }
        let raw = Sheet::new(&[(K::Email, ValueEncoding::Plain)]).row(&[&text]);
        assert_eq!(raw.rejected(K::Email, Reject::AlreadyHashed), 1);
    }
    for holds in [ValueEncoding::Plain, ValueEncoding::Sha256, ValueEncoding::Detect] {
        for other in [MD5.to_owned(), MD5.to_uppercase(), "a".repeat(40)] {
            let sheet = Sheet::new(&[(K::Email, holds)]).row(&[&other]);
            assert_eq!(sheet.rejected(K::Email, Reject::OtherDigest), 1, "{holds:?}");
        }
    }
}

#[test]
fn group_6_another_persons_value_is_never_made() {
    // Characters deleted from an address, first letters of a country, a state, a gender, a postcode, a date.
    assert_eq!(normalized(K::Email, "josé@example.com").as_deref(), Ok("josé@example.com"));
    assert_eq!(normalized(K::Email, "ada brook@example.com"), Err(Reject::Malformed));
    assert_eq!(normalized(K::Country, "Austria").as_deref(), Ok("at"));
    assert_eq!(normalized(K::Country, "Sverige").as_deref(), Ok("se"));
    assert_eq!(normalized(K::Country, "Austrla"), Err(Reject::Unknown));
    assert_eq!(normalized(K::State, "New South Wales").as_deref(), Ok("newsouthwales"));
    assert_eq!(normalized(K::State, "Washington DC").as_deref(), Ok("dc"));
    assert_eq!(normalized(K::Gender, "woman").as_deref(), Ok("f"));
    assert_eq!(normalized(K::Gender, "unknown"), Err(Reject::Placeholder));
    assert_eq!(normalized(K::Zip, "blank").as_deref(), Ok("blank"));
    assert_eq!(normalized(K::Zip, "SW1A 1AA").as_deref(), Ok("sw1a1aa"));
    assert_eq!(normalized(K::BirthMonth, "1/2"), Err(Reject::Malformed));
    assert_eq!(normalized(K::BirthDay, "-1"), Err(Reject::Malformed));
    assert_eq!(normalized(K::Phone, "600100200, 600300400"), Err(Reject::NoRegion));
}

#[test]
fn group_7_neither_plus_nor_leading_zeros_stay_in_a_phone() {
    for text in ["+48 601 234 567", "0048601234567", "+0048601234567", "+48 (0) 601 234 567"] {
        assert_eq!(normalized(K::Phone, text).as_deref(), Ok("48601234567"), "{text}");
    }
    assert_eq!(normalized(K::Phone, "+1 (650) 555-1212").as_deref(), Ok("16505551212"));
    // Italy's zero is part of the number and stays behind the country code.
    assert_eq!(normalized(K::Phone, "+39 06 698 12345").as_deref(), Ok("390669812345"));
}

#[test]
fn group_8_a_bad_cell_costs_the_cell_and_a_bad_row_the_row() {
    let sheet = Sheet::new(&[(K::Phone, ValueEncoding::Plain), (K::Email, ValueEncoding::Plain)])
        .row(&["+48601234567", "ada@example.com"])
        .row(&["+0000000000", "bob@example.com"])
        .row(&["garbage", "also garbage"])
        .row(&[DIGEST, "eve@example.com"]);
    assert_eq!(sheet.counts(), [1, 1, 0, 1]);
    assert_eq!(sheet.coverage().without_rows, 1);
    assert_eq!(sheet.rejected(K::Phone, Reject::Placeholder), 1);
    assert_eq!(sheet.rejected(K::Phone, Reject::Malformed), 1);
    assert_eq!(sheet.rejected(K::Phone, Reject::AlreadyHashed), 1);
    assert_eq!(sheet.coverage().key(K::Email).sent, 3);
}

#[test]
fn group_9_names_lose_punctuation_and_spaces_and_keep_letters() {
    for text in ["O'Brien", "O\u{2019}Brien", "O Brien", " O.Brien ", "O\u{a0}Brien"] {
        assert_eq!(normalized(K::LastName, text).as_deref(), Ok("obrien"), "{text}");
    }
    assert_eq!(normalized(K::LastName, "Müller").as_deref(), Ok("müller"));
    assert_eq!(normalized(K::FirstName, "정").as_deref(), Ok("정"));
}
