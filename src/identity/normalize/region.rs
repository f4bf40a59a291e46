//! Countries, in which phone numbers, states and postcodes are read.

use std::fmt;
use std::str::FromStr;

use super::tables::countries::{CODES, NAMES};
use super::tables::{fold, look_up};
use crate::error::{Error, ErrorKind};

/// A country, by its ISO 3166-1 alpha-2 code.
///
/// ```
/// use audiencekit::identity::Region;
///
/// for text in ["PL", "pol", "616", "Poland", "Polska", "Polen"] {
///     assert_eq!(text.parse::<Region>()?.as_str(), "pl");
/// }
/// assert!("Polandia".parse::<Region>().is_err()); // names are matched whole
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region([u8; 2]);

/// Places with telephone numbers of their own that ISO 3166-1 does not list.
pub(super) const PHONE_ONLY: [&str; 3] = ["ac", "ta", "xk"];

/// Those of them that Facebook does not take as a country either; Kosovo is one there.
pub(super) const NO_COUNTRIES: [&str; 2] = ["ac", "ta"];

/// Names that shops and old lists write beside those of CLDR and ISO 3166-1.
#[rustfmt::skip]
const ALIASES: &[(&str, &str)] = &[
    ("bolivarianrepublicofvenezuela", "ve"), ("capeverde", "cv"), ("congo", "cg"), ("congobrazzaville", "cg"),
    ("congodemocraticrepublic", "cd"), ("congokinshasa", "cd"),
    ("congothedemocraticrepublicofthe", "cd"), ("czechrepublic", "cz"), ("ivorycoast", "ci"),
    ("koreanorth", "kp"), ("koreasouth", "kr"), ("kosovo", "xk"), ("libyanarabjamahiriya", "ly"),
    ("macedonia", "mk"), ("macedoniatheformeryugoslavrepublicof", "mk"), ("palestinianterritory", "ps"),
    ("palestinianterritoryoccupied", "ps"), ("republicofkosovo", "xk"), ("swaziland", "sz"),
    ("unitedstatesus", "us"), ("vaticancity", "va"), ("virginislandsbritish", "vg"), ("virginislandsus", "vi"),
];

impl Region {
    /// Returns the alpha-2 code in lowercase.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) const fn code(self) -> [u8; 2] {
        self.0
    }

    /// Returns the country for an alpha-2 or alpha-3 code, a number, or a name in one of the supported languages.
    ///
    /// ```
    /// use audiencekit::identity::Region;
    ///
    /// assert_eq!(Region::find(" Deutschland ").unwrap().as_str(), "de");
    /// assert_eq!(Region::find("Atlantis"), None);
    /// ```
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        let text = text.trim();
        if let &[a, b] = text.as_bytes() {
            return Self::of_code([a.to_ascii_lowercase(), b.to_ascii_lowercase()]);
        }
        if text.len() <= super::text::MAX_CELL { Self::of_words(text) } else { None }
    }

    pub(super) fn of_code(code: [u8; 2]) -> Option<Self> {
        let text = std::str::from_utf8(&code).ok()?;
        if CODES.binary_search_by(|entry| entry.0.cmp(text)).is_ok() || PHONE_ONLY.contains(&text) {
            return Some(Self(code));
        }
        Self::from_text(look_up(&NAMES, text)?)
    }

    /// By name, alpha-3 or number.
    pub(super) fn of_words(text: &str) -> Option<Self> {
        let word = fold(text);
        let folded = word.as_str();
        let code = match folded.as_bytes() {
            [a, b] => return Self::of_code([*a, *b]),
            digits if !digits.is_empty() && digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit) => {
                let number: u16 = folded.parse().ok()?;
                CODES.iter().find(|entry| entry.2 == number)?.0
            }
            _ => match look_up(&NAMES, folded).or_else(|| look_up(ALIASES, folded)) {
                Some(code) => code,
                None => return Self::of_two_names(text),
            },
        };
        Self::from_text(code)
    }

    /// A name and its code in one cell, as `United States (US)` or `US - United States`: both must be of one country.
    fn of_two_names(text: &str) -> Option<Self> {
        let (first, second) = match text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) {
            Some(parts) => parts,
            None => text.split_once(" - ")?,
        };
        let (first, second) = (first.trim(), second.trim());
        if first.contains(['(', ')']) || second.contains(['(', ')', '-']) {
            return None;
        }
        let region = Self::of_words(first)?;
        (Self::of_words(second) == Some(region)).then_some(region)
    }

    fn from_text(code: &str) -> Option<Self> {
        code.as_bytes().try_into().ok().map(Self)
    }
}

impl FromStr for Region {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::find(text).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "parse region", "unknown country")
                .with_expected("an ISO 3166-1 code such as PL, or the name of a country")
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
