//! Versions of the Graph API and their last days.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use time::macros::date;
use time::{Date, OffsetDateTime};

use crate::error::{Error, ErrorKind, Result};

/// A version of the Graph and Marketing API, such as `v26.0`.
///
/// ```
/// use audiencekit::facebook::GraphVersion;
/// use time::macros::date;
///
/// assert_eq!(GraphVersion::NEWEST.to_string(), "v26.0");
/// assert_eq!("v24.0".parse::<GraphVersion>()?.ends(), Some(date!(2026-10-06)));
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GraphVersion {
    major: u16,
    minor: u16,
}

/// Ends of the Marketing API, or of the Graph API where only that is announced. Versions end in their order, so one
/// that is older than the first of these has ended when that one does, at the latest.
///
/// Source: graph-api/changelog/versions and marketing-api-changelog/versions, developers.facebook.com
/// (read 2026-09-12).
const ENDS: [(u16, Date); 4] = [
    (22, date!(2026 - 02 - 19)),
    (23, date!(2026 - 06 - 09)),
    (24, date!(2026 - 10 - 06)),
    (25, date!(2028 - 07 - 29)),
];

impl GraphVersion {
    /// The newest version that this crate knows, released 2026-07-29: the default.
    pub const NEWEST: Self = Self::new(26, 0);

    /// How long before its end a version is warned about: 60 days.
    pub const NOTICE: Duration = Duration::from_secs(60 * 24 * 60 * 60);

    /// Creates a version from its major and minor number.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// Returns the day on which Facebook stops serving custom audiences under this version, if it is announced.
    ///
    /// ```
    /// use audiencekit::facebook::GraphVersion;
    /// use time::macros::date;
    ///
    /// assert_eq!(GraphVersion::new(24, 0).ends(), Some(date!(2026-10-06)));
    /// assert_eq!(GraphVersion::NEWEST.ends(), None);
    /// ```
    #[must_use]
    pub fn ends(self) -> Option<Date> {
        let [(oldest, _), ..] = ENDS;
        let major = self.major.max(oldest);
        ENDS.iter().find(|&&(known, _)| known == major).map(|&(_, date)| date)
    }

    /// Returns the last day of this version if it is past or at most [`GraphVersion::NOTICE`] away.
    ///
    /// ```
    /// use audiencekit::facebook::GraphVersion;
    /// use time::macros::datetime;
    ///
    /// let version = GraphVersion::new(24, 0);
    /// assert_eq!(version.ends_soon(datetime!(2026-06-01 0:00 UTC)), None);
    /// assert_eq!(version.ends_soon(datetime!(2026-09-01 0:00 UTC)), version.ends());
    /// ```
    #[must_use]
    pub fn ends_soon(self, now: OffsetDateTime) -> Option<Date> {
        self.ends().filter(|end| *end - now.date() <= Self::NOTICE)
    }
}

impl Default for GraphVersion {
    fn default() -> Self {
        Self::NEWEST
    }
}

impl fmt::Display for GraphVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}", self.major, self.minor)
    }
}

impl FromStr for GraphVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.strip_prefix('v')
            .and_then(|numbers| numbers.split_once('.'))
            .and_then(|(major, minor)| Some(Self::new(major.parse().ok()?, minor.parse().ok()?)))
            .ok_or_else(|| {
                Error::new(ErrorKind::Invalid, "graph version", "malformed version")
                    .with_expected("a version such as \"v26.0\"")
            })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_version_near_its_end_is_told_and_one_past_it_too() {
        let version = GraphVersion::new(24, 0);
        assert_eq!(version.ends_soon(datetime!(2026-08-06 0:00 UTC)), None);
        assert_eq!(version.ends_soon(datetime!(2026-08-07 0:00 UTC)), version.ends());
        assert_eq!(version.ends_soon(datetime!(2026-11-23 0:00 UTC)), version.ends());
        assert_eq!(GraphVersion::NEWEST.ends_soon(datetime!(2030-01-01 0:00 UTC)), None);
    }

    #[test]
    fn a_version_whose_own_end_is_not_known_ended_before_its_successors() {
        for major in [3, 20, 21, 22] {
            assert_eq!(GraphVersion::new(major, 0).ends(), Some(date!(2026 - 02 - 19)), "{major}");
        }
        assert_eq!(GraphVersion::new(27, 0).ends(), None);
    }

    #[test]
    fn a_version_round_trips_through_text() {
        assert_eq!("v26.0".parse::<GraphVersion>().unwrap(), GraphVersion::NEWEST);
        for wrong in ["26.0", "v26", "v", "v26.x", ""] {
            assert!(wrong.parse::<GraphVersion>().is_err(), "{wrong}");
        }
    }
}
