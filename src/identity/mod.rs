//! Match keys: normalize and hash the identifiers of contacts.
//!
//! Facebook matches people by SHA-256 digests of normalized identifiers. A [`KeyMap`] maps contact fields to
//! [`MatchKey`]s and contacts to [`MatchRows`]: digests, and the few keys that Facebook takes in clear. This is the only
//! path from a contact to the network. A [`Normalizer`] sets the rules of normalization.
//!
//! ```
//! use audiencekit::{Contact, KeyMap, MatchKey, Schema};
//!
//! let schema = Schema::standard();
//! let keys = KeyMap::builder()
//!     .column(MatchKey::Email, "email")
//!     .column(MatchKey::Phone, "phone")
//!     .default_region("PL") // for phone numbers without a country code
//!     .build(&schema)?;
//! let ada = Contact::builder(&schema).email(" Ada@Example.com").phone("601 234 567").build()?;
//! let values: Vec<_> = keys.explain(&ada).iter().map(|trace| trace.normalized().map(str::to_owned)).collect();
//! assert_eq!(values, [Ok("ada@example.com".into()), Ok("48601234567".into())]);
//! # Ok::<(), audiencekit::Error>(())
//! ```
//!
//! An invalid value is left out of its row. It is counted in [`Coverage`] by key and [`Reject`] reason, never by value.
//! Whether a field holds plain values or digests is declared with [`ValueEncoding`], never guessed. The digest of empty
//! text is never sent.
//!
//! Values are read as other programs write them. What cannot be one value for certain is refused with a reason:
//!
//! | written | in | read as |
//! |---|---|---|
//! | phone with its own country's code and no plus, `4915112345678` | DE | international, as Facebook's help shows it |
//! | phone behind `00`, `0062 812345678` | any country | international |
//! | phone or postcode with the `.0` of floating point | any | without it; `4.9E12` is [`Reject::ScientificNotation`] |
//! | phone with words behind it, `+44 7911 123456 (mobile)` | any | the number |
//! | national phone without a country | none | [`Reject::NoRegion`]: nothing is guessed |
//! | Mexican phone with 1, 044, 045 or 01 before it | MX | the ten digits of today |
//! | `94035 - 1234`, `CA 94035`, `1220.0` | US, US, FR | `94035`, `94035`, `01220` |
//! | `US-MA`, `State of Texas`, `ND` | US | `ma`, `tx`, `nd` |
//! | `Ontario` | CA | `ontario`; the code with a setting of [`Normalizer`] |
//! | `US - United States`, `Palestinian Territory` | | `us`, `ps` |
//! | `O&apos;Brien`, U+FB01 for `fi` | | HTML entities and ligatures are decoded first |
//! | `NULL`, `nan`, `<NA>`, `-` as an id; U+FFFD in a name or an address | | refused |
//!
//! Where a phone number reads otherwise than in libphonenumber, the difference and its reason are in the repository, in
//! `tests/data/normalize/phone_golden_differences.tsv`.
//!
//! Guides: [cookbook](crate::_documentation::cookbook) for already hashed input and several identifiers per person,
//! [privacy](crate::_documentation::privacy), [comparison](crate::_documentation::comparison) for how other products
//! normalize.

mod body;
mod bytes;
mod column_value;
mod coverage;
mod explain;
mod hashed;
mod key;
mod key_list;
mod keymap;
mod mapper;
mod normalize;
mod phone;
mod reject;
mod rows;
mod steps;
mod trail;

pub use coverage::{Coverage, KeyCoverage};
pub use explain::NormalizationTrace;
pub use hashed::Hashed;
pub use key::MatchKey;
pub use key_list::KeyList;
pub use keymap::{KeyMap, KeyMapBuilder, ValueEncoding};
pub use mapper::RowMapper;
pub use normalize::region::Region;
pub use normalize::settings::{
    Accents, BarePhones, Domains, ExternIds, NameDigits, NameSpaces, NonUsStates, Normalizer, PhoneNumbers,
    Postcodes,
};
pub use phone::metadata_version as phone_metadata_version;
pub use reject::Reject;
pub use rows::{Cell, MatchRow, MatchRows};
pub use steps::{NormalizationSteps, Step};
