//! Each key's rules: text in, normalized text or a reason out.

pub(super) mod birth;
pub(super) mod country;
pub(super) mod device;
pub(super) mod email;
pub(super) mod gender;
pub(super) mod name;
pub(super) mod place;
pub(super) mod privacy;
pub(super) mod punycode;
pub(super) mod settings;
pub(super) mod tables;
pub(super) mod text;
pub(super) mod zip;

pub(super) use birth::{day, month, year};
pub(super) use country::Region;
pub(super) use country::country;
pub(super) use device::{extern_id, madid, scoped_id};
pub(super) use email::email;
pub(super) use gender::gender;
pub(super) use name::{initial, name};
pub(super) use place::{city, state};
pub(super) use privacy::{lookalike_value, options, options_country, options_state};
pub(super) use settings::Normalizer;
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
pub(super) type Rule = fn(
    &str,
    &Cx<'_>,
    &mut String,
    &mut crate::identity::trail::Trail,
) -> Result<(), crate::identity::reject::Reject>;
