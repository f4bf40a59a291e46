//! The match keys of an upload.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::normalize as rule;
use super::normalize::context::Rule;
use super::phone;

/// A column of an upload, by Facebook's name: an identifier, an attribute or an upload option.
///
/// Source: Custom Audience users reference and the customer-file guide,
/// developers.facebook.com/documentation/ads-commerce/marketing-api (read 2026-09-12).
///
/// ```
/// use audiencekit::MatchKey;
///
/// assert_eq!(MatchKey::Email.wire_name(), "EMAIL");
/// assert!(MatchKey::Email.is_identifier() && !MatchKey::Country.is_identifier());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum MatchKey {
    /// `EMAIL`, hashed.
    #[serde(rename = "EMAIL")]
    Email,
    /// `PHONE`, hashed: country code and national number, digits only.
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
    /// `EXTERN_ID`, in clear: the advertiser's own id of the person.
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

/// How a key is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As the SHA-256 of the normalized value.
    Hashed,
    /// In clear, as a JSON string.
    Plain,
    /// In clear, as a JSON number or list.
    Json,
}

/// One line of the table.
struct Line {
    key: MatchKey,
    wire: &'static str,
    form: Form,
    /// Whether it can tell one person from others; a row of keys that cannot is not sent.
    identifies: bool,
    /// Whether one person may have several, which become rows of their own.
    several: bool,
    rule: Rule,
    source: &'static str,
}

const GUIDE: &str = "customer-file guide, audiences/guides/custom-audiences, section on hashing and normalization, read 2026-09-12";
const USERS: &str = "custom audience users reference, read 2026-09-12";
const VALUES: &str = "value-based lookalike guide, read 2026-09-12";
const OPTIONS: &str = "data processing options, read 2026-09-12";

#[rustfmt::skip]
static TABLE: [Line; MatchKey::COUNT] = {
    use Form::{Hashed, Json, Plain};
    use MatchKey as K;
    const fn line(key: MatchKey, wire: &'static str, form: Form, identifies: bool, several: bool, rule: Rule, source: &'static str) -> Line {
        Line { key, wire, form, identifies, several, rule, source }
    }
    [
        //   key               wire               form   identifies several rule         source
        line(K::Email,          "EMAIL",           Hashed, true,  true,  rule::email,     GUIDE),
        line(K::Phone,          "PHONE",           Hashed, true,  true,  phone::phone,    GUIDE),
        line(K::Gender,         "GEN",             Hashed, false, false, rule::gender,    GUIDE),
        line(K::BirthYear,      "DOBY",            Hashed, false, false, rule::year,      GUIDE),
        line(K::BirthMonth,     "DOBM",            Hashed, false, false, rule::month,     GUIDE),
        line(K::BirthDay,       "DOBD",            Hashed, false, false, rule::day,       GUIDE),
        line(K::LastName,       "LN",              Hashed, true,  false, rule::name,      GUIDE),
        line(K::FirstName,      "FN",              Hashed, true,  false, rule::name,      GUIDE),
        line(K::FirstInitial,   "FI",              Hashed, false, false, rule::initial,   GUIDE),
        line(K::City,           "CT",              Hashed, false, false, rule::city,      GUIDE),
        line(K::State,          "ST",              Hashed, false, false, rule::state,     GUIDE),
        line(K::Zip,            "ZIP",             Hashed, false, false, rule::zip,       GUIDE),
        line(K::Country,        "COUNTRY",         Hashed, false, false, rule::country,   GUIDE),
        line(K::Madid,          "MADID",           Plain,  true,  true,  rule::madid,     GUIDE),
        line(K::ExternId,       "EXTERN_ID",       Plain,  true,  true,  rule::extern_id, GUIDE),
        line(K::PageUid,        "PAGEUID",         Plain,  true,  true,  rule::scoped_id, USERS),
        line(K::AppUid,         "APPUID",          Plain,  true,  true,  rule::scoped_id, USERS),
        line(K::LookalikeValue, "LOOKALIKE_VALUE", Json,   false, false, rule::lookalike_value, VALUES),
        line(K::DataProcessingOptions, "DATA_PROCESSING_OPTIONS", Json, false, false, rule::options, OPTIONS),
        line(K::DataProcessingOptionsCountry, "DATA_PROCESSING_OPTIONS_COUNTRY", Json, false, false, rule::options_country, OPTIONS),
        line(K::DataProcessingOptionsState, "DATA_PROCESSING_OPTIONS_STATE", Json, false, false, rule::options_state, OPTIONS),
    ]
};

impl MatchKey {
    /// How many keys there are.
    pub(super) const COUNT: usize = 21;

    /// Returns every key, in declaration order.
    ///
    /// ```
    /// use audiencekit::MatchKey;
    ///
    /// assert_eq!(MatchKey::all().next(), Some(MatchKey::Email));
    /// assert_eq!(MatchKey::all().len(), 21);
    /// ```
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        TABLE.iter().map(|line| line.key)
    }

    /// Returns the name in the schema of an upload, such as `EMAIL`.
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        TABLE[self as usize].wire
    }

    /// Returns `true` if values of the key are sent as SHA-256.
    ///
    /// ```
    /// use audiencekit::MatchKey;
    ///
    /// assert!(MatchKey::Phone.is_hashed());
    /// assert!(!MatchKey::ExternId.is_hashed());
    /// ```
    #[must_use]
    pub fn is_hashed(self) -> bool {
        TABLE[self as usize].form == Form::Hashed
    }

    /// True for the keys that leave as a JSON number or list.
    pub(super) fn is_json(self) -> bool {
        TABLE[self as usize].form == Form::Json
    }

    /// Returns `true` if the key can identify a person. A row without an identifier is not sent.
    #[must_use]
    pub fn is_identifier(self) -> bool {
        TABLE[self as usize].identifies
    }

    /// Returns `true` if a contact may have several values of the key, each in a row of its own.
    ///
    /// ```
    /// use audiencekit::MatchKey;
    ///
    /// assert!(MatchKey::Email.allows_multiple());
    /// assert!(!MatchKey::City.allows_multiple());
    /// ```
    #[must_use]
    pub fn allows_multiple(self) -> bool {
        TABLE[self as usize].several
    }

    /// Returns the page of Facebook's documentation that defines the key, and the day it was read.
    #[must_use]
    pub fn source(self) -> &'static str {
        TABLE[self as usize].source
    }

    pub(super) fn rule(self) -> Rule {
        TABLE[self as usize].rule
    }

    /// Returns the key with this wire name.
    ///
    /// ```
    /// use audiencekit::MatchKey;
    ///
    /// assert_eq!(MatchKey::from_wire_name("DOBY"), Some(MatchKey::BirthYear));
    /// assert_eq!(MatchKey::from_wire_name("doby"), None);
    /// ```
    #[must_use]
    pub fn from_wire_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|line| line.wire == name).map(|line| line.key)
    }
}

impl fmt::Display for MatchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.wire_name())
    }
}

/// Whether values of the key are digits. A whole number has lost the zeros at its front, which a postcode has and a number
/// of a phone has only in its national form.
pub(super) fn may_be_a_number(key: MatchKey) -> bool {
    use MatchKey as K;
    !matches!(
        key,
        K::Email
            | K::Gender
            | K::LastName
            | K::FirstName
            | K::FirstInitial
            | K::City
            | K::State
            | K::Country
            | K::Madid
    )
}

/// The standard fields that hold the values of one key, or of those that are parts of it.
pub(super) fn key_of_field(field: &str) -> &'static [MatchKey] {
    use MatchKey as K;
    match field {
        "email" | "parent_email" | "child_email" => &[K::Email],
        "phone" => &[K::Phone],
        "first_name" => &[K::FirstName, K::FirstInitial],
        "last_name" => &[K::LastName],
        "gender" => &[K::Gender],
        "birth_date" => &[K::BirthYear, K::BirthMonth, K::BirthDay],
        "city" => &[K::City],
        "province" => &[K::State],
        "zip_code" => &[K::Zip],
        "country" => &[K::Country],
        "madid" => &[K::Madid],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use crate::identity::key::{MatchKey, TABLE};

    #[test]
    fn the_table_is_in_the_order_of_the_keys() {
        for (at, line) in TABLE.iter().enumerate() {
            assert_eq!(line.key as usize, at);
            assert_eq!(MatchKey::from_wire_name(line.wire), Some(line.key));
            assert_eq!(serde_json::to_string(&line.key).unwrap(), format!("{:?}", line.wire));
        }
    }
}
