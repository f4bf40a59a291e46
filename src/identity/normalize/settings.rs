//! Settings for the points that Facebook's documentation leaves open.

use super::region::Region;
use crate::contact::DateOrder;

macro_rules! setting {
    ($(#[doc = $doc:literal])+ $name:ident { $(#[doc = $first_doc:literal])+ $first:ident, $($(#[doc = $other_doc:literal])+ $other:ident,)+ }) => {
        $(#[doc = $doc])+
        #[doc(hidden)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = $first_doc])+
            #[default]
            $first,
            $($(#[doc = $other_doc])+ $other,)+
        }
    };
}

setting! {
    /// Handling of whitespace in names. Facebook's documentation does not mention it.
    NameSpaces {
        /// `Mary Ann` becomes `maryann`, as in Meta's newest normalizer (capi-param-builder).
        Remove,
        /// `Mary  Ann` becomes `mary ann`.
        Keep,
    }
}
setting! {
    /// Handling of digits in names. Facebook's documentation says "a-z only", and special characters in UTF-8.
    NameDigits {
        /// `John 2` becomes `john`.
        Remove,
        /// `John 2` becomes `john2`.
        Keep,
    }
}
setting! {
    /// Handling of letters beyond a to z in cities and states. The customer-file guide forbids them, the Conversions API
    /// page allows them in UTF-8.
    Accents {
        /// `São Paulo` becomes `sopaulo`: a-z only, as in the customer-file guide and in Meta's own code.
        Remove,
        /// `São Paulo` becomes `sãopaulo`.
        Keep,
        /// `São Paulo` becomes `saopaulo`.
        Transliterate,
    }
}
setting! {
    /// Format of states outside the United States.
    NonUsStates {
        /// The whole name: `Bayern` becomes `bayern`.
        Whole,
        /// The code in Canada: `Ontario` becomes `on`; elsewhere the whole name.
        CanadianCodes,
        /// The first two letters, as in capi-param-builder.
        TwoLetters,
    }
}
setting! {
    /// Format of postcodes of the United Kingdom. The guide asks for area, district and sector; its example is whole.
    Postcodes {
        /// `M1 1AE` becomes `m11ae`, as in the example.
        Whole,
        /// `M1 1AE` becomes `m11`, as in the text.
        Sector,
    }
}
setting! {
    /// Handling of whitespace around external ids.
    ExternIds {
        /// Surrounding whitespace is trimmed.
        Trimmed,
        /// The id is sent unchanged.
        Verbatim,
    }
}
setting! {
    /// Format of international email domains. Facebook documents neither form.
    Domains {
        /// As typed, in lowercase.
        AsTyped,
        /// `müller.de` becomes `xn--mller-kva.de`.
        Ascii,
        /// `xn--mller-kva.de` becomes `müller.de`.
        Unicode,
    }
}
setting! {
    /// Which phone numbers are accepted.
    PhoneNumbers {
        /// Numbers of a possible length. One in no assigned range gets a warning, because the tables age.
        Possible,
        /// Only numbers in an assigned range.
        Assigned,
    }
}

setting! {
    /// Handling of phone numbers without a plus, an exit code and a country.
    BarePhones {
        /// Read as international only where the digits cannot be a national number of another country.
        Unmistakable,
        /// Read as international: every number of the column carries its country code.
        International,
        /// Rejected as `no_region`.
        Refused,
    }
}

/// The rules by which values are normalized.
///
/// The default follows Facebook's documentation. [`Normalizer::lenient`] accepts more inputs.
///
/// ```
/// use audiencekit::{MatchKey, identity::{Normalizer, Reject}};
///
/// let normalizer = Normalizer::documented().default_region("PL".parse()?);
/// assert_eq!(normalizer.explain(MatchKey::Phone, "601 234 567", None).normalized(), Ok("48601234567"));
/// assert_eq!(normalizer.explain(MatchKey::FirstName, " Anna-Maria ", None).normalized(), Ok("annamaria"));
/// assert_eq!(normalizer.explain(MatchKey::Email, "n/a", None).normalized(), Err(Reject::Placeholder));
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Normalizer {
    pub(in crate::identity) default_region: Option<Region>,
    pub(super) date_order: Option<DateOrder>,
    pub(super) current_year: Option<i16>,
    pub(super) name_spaces: NameSpaces,
    pub(super) name_digits: NameDigits,
    pub(super) accents: Accents,
    pub(super) non_us_states: NonUsStates,
    pub(super) postcodes: Postcodes,
    pub(super) extern_ids: ExternIds,
    pub(super) domains: Domains,
    pub(super) display_names: bool,
    pub(in crate::identity) phone_numbers: PhoneNumbers,
    pub(in crate::identity) bare_phones: BarePhones,
}

macro_rules! setters {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ty,)+) => {
        $($(#[doc = $doc])+
        #[doc(hidden)]
        #[must_use]
        pub fn $name(mut self, $name: $kind) -> Self {
            self.$name = $name;
            self
        })+
    };
}

impl Normalizer {
    /// Creates a normalizer with the documented rules, like [`documented`](Self::documented).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a normalizer that follows Facebook's documentation, and Meta's own code where it says nothing.
    ///
    /// ```
    /// use audiencekit::{MatchKey, identity::Normalizer};
    ///
    /// let trace = Normalizer::documented().explain(MatchKey::City, "São Paulo", None);
    /// assert_eq!(trace.normalized(), Ok("sopaulo"));
    /// ```
    #[must_use]
    pub fn documented() -> Self {
        Self::default()
    }

    /// Creates a normalizer that also accepts addresses written as `Ada <ada@example.com>`.
    ///
    /// Values that the documented rules accept get the same digests.
    ///
    /// ```
    /// use audiencekit::{MatchKey, identity::Normalizer};
    ///
    /// let address = "Ada <ada@example.com>";
    /// assert!(Normalizer::documented().explain(MatchKey::Email, address, None).normalized().is_err());
    /// let trace = Normalizer::lenient().explain(MatchKey::Email, address, None);
    /// assert_eq!(trace.normalized(), Ok("ada@example.com"));
    /// ```
    #[must_use]
    pub fn lenient() -> Self {
        Self { display_names: true, ..Self::default() }
    }

    /// Sets the country of national phone numbers, states and postcodes of contacts without a country.
    #[must_use]
    pub fn default_region(mut self, region: Region) -> Self {
        self.default_region = Some(region);
        self
    }

    /// Sets the order of day and month in dates such as `01/02/1990`. Without it, ambiguous dates are rejected.
    ///
    /// ```
    /// use audiencekit::{MatchKey, contact::DateOrder, identity::Normalizer};
    ///
    /// let normalizer = Normalizer::documented().date_order(DateOrder::DayMonthYear);
    /// assert_eq!(normalizer.explain(MatchKey::BirthMonth, "01/02/1990", None).normalized(), Ok("02"));
    /// ```
    #[must_use]
    pub fn date_order(mut self, order: DateOrder) -> Self {
        self.date_order = Some(order);
        self
    }

    /// Sets the last year of birth that is accepted. Defaults to 2100.
    ///
    /// ```
    /// use audiencekit::{MatchKey, identity::{Normalizer, Reject}};
    ///
    /// let normalizer = Normalizer::documented().current_year(2026);
    /// assert_eq!(normalizer.explain(MatchKey::BirthYear, "2027", None).normalized(), Err(Reject::OutOfRange));
    /// ```
    #[must_use]
    pub fn current_year(mut self, year: i16) -> Self {
        self.current_year = Some(year);
        self
    }

    setters! {
        /// Sets the handling of whitespace in names.
        name_spaces: NameSpaces,
        /// Sets the handling of digits in names.
        name_digits: NameDigits,
        /// Sets the handling of letters beyond a to z in cities and states.
        accents: Accents,
        /// Sets the format of states outside the United States.
        non_us_states: NonUsStates,
        /// Sets the format of postcodes of the United Kingdom.
        postcodes: Postcodes,
        /// Sets the handling of whitespace around external ids.
        extern_ids: ExternIds,
        /// Sets the format of international email domains.
        domains: Domains,
        /// Sets whether the address is extracted from `Ada <ada@example.com>`. Otherwise such input is rejected.
        display_names: bool,
        /// Sets which phone numbers are accepted.
        phone_numbers: PhoneNumbers,
        /// Sets the handling of phone numbers without a plus, an exit code and a country.
        bare_phones: BarePhones,
    }

    pub(in crate::identity) fn last_year(&self) -> i16 {
        self.current_year.unwrap_or(2100)
    }
}
