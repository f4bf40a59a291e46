//! The match keys of a customer file.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A column of an upload, by Facebook's name.
///
/// Source: Custom Audience users reference and the customer-file guide,
/// developers.facebook.com/documentation/ads-commerce/marketing-api (read 2026-09-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum MatchKey {
    /// `EMAIL`, hashed.
    #[serde(rename = "EMAIL")]
    Email,
    /// `PHONE`, hashed: country code and national number.
    #[serde(rename = "PHONE")]
    Phone,
    /// `GEN`, hashed: `m` or `f`.
    #[serde(rename = "GEN")]
    Gender,
    /// `DOBY`, hashed: year of birth.
    #[serde(rename = "DOBY")]
    BirthYear,
    /// `DOBM`, hashed: month of birth.
    #[serde(rename = "DOBM")]
    BirthMonth,
    /// `DOBD`, hashed: day of birth.
    #[serde(rename = "DOBD")]
    BirthDay,
    /// `LN`, hashed: last name.
    #[serde(rename = "LN")]
    LastName,
    /// `FN`, hashed: first name.
    #[serde(rename = "FN")]
    FirstName,
    /// `FI`, hashed: first initial.
    #[serde(rename = "FI")]
    FirstInitial,
    /// `CT`, hashed: city.
    #[serde(rename = "CT")]
    City,
    /// `ST`, hashed: state or province.
    #[serde(rename = "ST")]
    State,
    /// `ZIP`, hashed: postcode.
    #[serde(rename = "ZIP")]
    Zip,
    /// `COUNTRY`, hashed: ISO 3166-1 alpha-2.
    #[serde(rename = "COUNTRY")]
    Country,
    /// `MADID`, in clear: mobile advertiser id.
    #[serde(rename = "MADID")]
    Madid,
    /// `EXTERN_ID`, in clear: the advertiser's own id.
    #[serde(rename = "EXTERN_ID")]
    ExternId,
    /// `PAGEUID`, in clear: page-scoped id.
    #[serde(rename = "PAGEUID")]
    PageUid,
    /// `APPUID`, in clear: app-scoped id.
    #[serde(rename = "APPUID")]
    AppUid,
    /// `LOOKALIKE_VALUE`, a number in clear.
    #[serde(rename = "LOOKALIKE_VALUE")]
    LookalikeValue,
    /// `DATA_PROCESSING_OPTIONS`, a list in clear.
    #[serde(rename = "DATA_PROCESSING_OPTIONS")]
    DataProcessingOptions,
    /// `DATA_PROCESSING_OPTIONS_COUNTRY`, a number in clear.
    #[serde(rename = "DATA_PROCESSING_OPTIONS_COUNTRY")]
    DataProcessingOptionsCountry,
    /// `DATA_PROCESSING_OPTIONS_STATE`, a number in clear.
    #[serde(rename = "DATA_PROCESSING_OPTIONS_STATE")]
    DataProcessingOptionsState,
}

/// One line of the table: key, wire name, hashed or in clear.
const TABLE: [(MatchKey, &str, bool); 21] = [
    (MatchKey::Email, "EMAIL", true),
    (MatchKey::Phone, "PHONE", true),
    (MatchKey::Gender, "GEN", true),
    (MatchKey::BirthYear, "DOBY", true),
    (MatchKey::BirthMonth, "DOBM", true),
    (MatchKey::BirthDay, "DOBD", true),
    (MatchKey::LastName, "LN", true),
    (MatchKey::FirstName, "FN", true),
    (MatchKey::FirstInitial, "FI", true),
    (MatchKey::City, "CT", true),
    (MatchKey::State, "ST", true),
    (MatchKey::Zip, "ZIP", true),
    (MatchKey::Country, "COUNTRY", true),
    (MatchKey::Madid, "MADID", false),
    (MatchKey::ExternId, "EXTERN_ID", false),
    (MatchKey::PageUid, "PAGEUID", false),
    (MatchKey::AppUid, "APPUID", false),
    (MatchKey::LookalikeValue, "LOOKALIKE_VALUE", false),
    (MatchKey::DataProcessingOptions, "DATA_PROCESSING_OPTIONS", false),
    (MatchKey::DataProcessingOptionsCountry, "DATA_PROCESSING_OPTIONS_COUNTRY", false),
    (MatchKey::DataProcessingOptionsState, "DATA_PROCESSING_OPTIONS_STATE", false),
];

impl MatchKey {
    /// Every key, in the order of the table.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        TABLE.iter().map(|&(key, _, _)| key)
    }

    /// The name in an upload's schema.
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// True for the keys that leave as SHA-256 only.
    #[must_use]
    pub fn is_hashed(self) -> bool {
        TABLE[self as usize].2
    }

    /// The key of a wire name.
    #[must_use]
    pub fn from_wire_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|&&(_, wire, _)| wire == name).map(|&(key, _, _)| key)
    }
}

impl fmt::Display for MatchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wire_name())
    }
}
