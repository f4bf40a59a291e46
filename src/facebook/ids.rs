//! Ids of Facebook's objects, checked when created.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// The id of an ad account: `act_` and digits.
///
/// ```
/// use audiencekit::AccountId;
///
/// let account: AccountId = "act_1234567890".parse()?;
/// assert_eq!((account.to_string().as_str(), account.digits()), ("act_1234567890", "1234567890"));
/// assert!("1234567890".parse::<AccountId>().is_err());
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(Box<str>);

/// The id of a custom audience: digits.
///
/// ```
/// use audiencekit::AudienceId;
///
/// let audience: AudienceId = "23847000000000001".parse()?;
/// assert_eq!(audience.as_str(), "23847000000000001");
/// assert!("VIP".parse::<AudienceId>().is_err());
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AudienceId(Box<str>);

/// The id of a business: digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BusinessId(Box<str>);

/// The id of a system user of a business: digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SystemUserId(Box<str>);

/// An upload session, chosen by the caller: a positive 64-bit number, unique within the ad account.
///
/// Source: Custom Audience users reference, developers.facebook.com (read 2026-09-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct SessionId(u64);

fn is_number(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

impl AccountId {
    /// Of an id that is known to be digits.
    pub(super) fn from_digits(digits: &str) -> Self {
        Self(digits.into())
    }

    /// Returns the digits without `act_`.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.strip_prefix("act_") {
            Some(digits) if is_number(digits) => Ok(Self(digits.into())),
            _ => Err(Error::new(ErrorKind::Invalid, "ad account id", "malformed id")
                .with_expected("\"act_\" followed by digits, such as \"act_1234567890\"")),
        }
    }
}

impl SessionId {
    /// Creates a session id.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for 0 and for numbers above 2^63 - 1.
    ///
    /// ```
    /// use audiencekit::facebook::SessionId;
    ///
    /// assert_eq!(SessionId::new(7)?.get(), 7);
    /// assert!(SessionId::new(0).is_err());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn new(id: u64) -> Result<Self> {
        if id == 0 || i64::try_from(id).is_err() {
            return Err(
                Error::new(ErrorKind::Invalid, "session id", "out of range").with_expected("1 to 2^63 - 1")
            );
        }
        Ok(Self(id))
    }

    /// Returns the id as a number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for SessionId {
    type Error = Error;

    fn try_from(id: u64) -> Result<Self> {
        Self::new(id)
    }
}

impl From<SessionId> for u64 {
    fn from(id: SessionId) -> Self {
        id.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("act_{}", self.0))
    }
}

macro_rules! digits {
    ($($id:ident, $name:literal, $what:literal;)*) => {$(
        impl FromStr for $id {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                if is_number(text) {
                    return Ok(Self(text.into()));
                }
                Err(Error::new(ErrorKind::Invalid, $name, $what).with_expected("digits"))
            }
        }

        impl $id {
            /// Returns the id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )*};
}
digits! {
    AudienceId, "audience id", "malformed id";
    BusinessId, "business id", "malformed id";
    SystemUserId, "system user id", "malformed id";
}

macro_rules! through_text {
    ($($id:ty),*) => {$(
        impl TryFrom<String> for $id {
            type Error = Error;

            fn try_from(text: String) -> Result<Self> {
                text.parse()
            }
        }

        impl From<$id> for String {
            fn from(id: $id) -> Self {
                id.to_string()
            }
        }
    )*};
}
through_text!(AccountId, AudienceId, BusinessId, SystemUserId);
