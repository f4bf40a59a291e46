//! Each key's rules: text in, normalized text or a reason out.

mod birth;
mod country;
mod device;
mod email;
mod gender;
mod name;
mod place;
mod privacy;
mod punycode;
mod settings;
mod tables;
mod text;
mod zip;

pub(super) use birth::{day, month, write_two, write_year, year};
pub use country::Region;
pub(super) use country::country;
pub(super) use device::{extern_id, madid, scoped_id};
pub(super) use email::email;
pub(super) use gender::gender;
pub(super) use name::{initial, name};
pub(super) use place::{city, state};
pub(super) use privacy::{lookalike_value, options, options_country, options_state};
pub use settings::{
    Accents, Domains, ExternIds, NameDigits, NameSpaces, Normalizer, PhoneNumbers, Postcodes, StatesAbroad,
};
pub(super) use text::{clean, digit_value, is_hex, is_placeholder, refuse_digest};
pub(super) use zip::zip;

/// What a normalizer may look at beside the value.
pub(super) struct Cx<'a> {
    /// The settings.
    pub(super) rules: &'a Normalizer,
    /// The row's own country, if it has one: looked up when a rule first asks.
    pub(super) row_region: &'a dyn Fn() -> Option<Region>,
}

impl Cx<'_> {
    /// The country to read a value in: the row's own, or the host's default.
    pub(super) fn region(&self) -> Option<Region> {
        (self.row_region)().or(self.rules.default_region)
    }
}

/// The rule of a key.
pub(super) type Rule =
    fn(&str, &Cx<'_>, &mut String, &mut super::trail::Trail) -> Result<(), super::reject::Reject>;
