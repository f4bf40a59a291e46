//! `COUNTRY`, and the region that phones, states and postcodes are read in.

use std::fmt;
use std::str::FromStr;

use super::tables::countries::{CODES, NAMES};
use super::tables::{fold, look_up};
use super::text::{clean, is_placeholder, refuse_digest};
use crate::error::{Error, ErrorKind};
use crate::identity::normalize::Cx;
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// A country by its ISO 3166-1 alpha-2 code.
///
/// ```
/// use audiencekit::identity::Region;
///
/// for text in ["PL", "pol", "616", "Poland", "Polska", "Polen"] {
///     assert_eq!(text.parse::<Region>()?.as_str(), "pl");
/// }
/// assert!("Polandia".parse::<Region>().is_err()); // no guess by the first letters
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region([u8; 2]);

/// Places with telephone numbers of their own that ISO 3166-1 does not list.
const PHONE_ONLY: [&str; 3] = ["ac", "ta", "xk"];

impl Region {
    /// The code, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) const fn code(self) -> [u8; 2] {
        self.0
    }

    /// The country of a cell: a code, a number, or a name in one of the listed languages.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        let text = text.trim();
        if let &[a, b] = text.as_bytes() {
            return Self::of_code([a.to_ascii_lowercase(), b.to_ascii_lowercase()]);
        }
        if text.len() <= super::text::MAX_CELL { Self::of_words(text) } else { None }
    }

    fn of_code(code: [u8; 2]) -> Option<Self> {
        let text = std::str::from_utf8(&code).ok()?;
        if CODES.binary_search_by(|entry| entry.0.cmp(text)).is_ok() || PHONE_ONLY.contains(&text) {
            return Some(Self(code));
        }
        Self::from_text(look_up(&NAMES, text)?)
    }

    /// By name, alpha-3 or number.
    fn of_words(text: &str) -> Option<Self> {
        let word = fold(text);
        let folded = word.as_str();
        let code = match folded.as_bytes() {
            [a, b] => return Self::of_code([*a, *b]),
            digits if !digits.is_empty() && digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit) => {
                let number: u16 = folded.parse().ok()?;
                CODES.iter().find(|entry| entry.2 == number)?.0
            }
            _ => look_up(&NAMES, folded)?,
        };
        Self::from_text(code)
    }

    fn from_text(code: &str) -> Option<Self> {
        code.as_bytes().try_into().ok().map(Self)
    }
}

impl FromStr for Region {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::find(text).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "region", "not a country")
                .expected("an ISO 3166-1 code such as PL, or a country's name")
        })
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({})", self.as_str())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The alpha-2 code, lowercase.
///
/// Source: customer-file guide (read 2026-09-12): ISO 3166-1 alpha-2, lowercase; the Conversions API's example is
/// `United States` to `us`. Only assigned codes are sent; a name that is in no list is refused, never shortened.
pub(crate) fn country(raw: &str, _: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    clean(raw, out, trail)?;
    if is_placeholder(out) {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    let region = match out.as_bytes() {
        &[a, b] => Region::of_code([a.to_ascii_lowercase(), b.to_ascii_lowercase()]),
        _ => Region::of_words(out),
    };
    let region = region.filter(|region| !PHONE_ONLY.contains(&region.as_str())).ok_or(Reject::Unknown)?;
    if out.eq_ignore_ascii_case(region.as_str()) {
        super::text::lowercase(out, trail);
    } else {
        out.clear();
        out.push_str(region.as_str());
        trail.add(Step::WordMapped, out);
    }
    Ok(())
}
