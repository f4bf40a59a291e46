//! Each key's rules: text in, normalized text or a reason out.

pub(super) mod birth;
pub(super) mod context;
pub(super) mod country;
pub(super) mod device;
pub(super) mod email;
pub(super) mod gender;
pub(super) mod name;
pub(super) mod place;
pub(super) mod privacy;
pub(super) mod punycode;
pub(super) mod region;
pub(super) mod settings;
pub(super) mod tables;
pub(super) mod text;
pub(super) mod zip;

pub(super) use birth::{day, month, year};
pub(super) use country::country;
pub(super) use device::{extern_id, madid, scoped_id};
pub(super) use email::email;
pub(super) use gender::gender;
pub(super) use name::{initial, name};
pub(super) use place::{city, state};
pub(super) use privacy::{lookalike_value, options, options_country, options_state};
pub(super) use zip::zip;
