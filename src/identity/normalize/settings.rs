//! The points that Facebook's documentation leaves open, as settings.

use super::country::Region;
use crate::contact::DateOrder;

macro_rules! setting {
    ($(#[doc = $doc:literal])+ $name:ident { $(#[doc = $first_doc:literal])+ $first:ident, $($(#[doc = $other_doc:literal])+ $other:ident,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub enum $name {
            $(#[doc = $first_doc])+
            #[default]
            $first,
            $($(#[doc = $other_doc])+ $other,)+
        }
    };
}

setting! {
    /// White space inside a first or last name. Facebook's words do not mention it.
    NameSpaces {
        /// `Mary Ann` is `maryann`, as Meta's newest normalizer (capi-param-builder) does.
        Remove,
        /// `Mary  Ann` is `mary ann`.
        Keep,
    }
}
setting! {
    /// Digits in a first or last name. Facebook's words are "a-z only", and special characters in UTF-8.
    NameDigits {
        /// `John 2` is `john`.
        Remove,
        /// `John 2` is `john2`.
        Keep,
    }
}
setting! {
    /// Letters beyond a to z in a city or a state. The customer-file guide forbids them, the Conversions API page
    /// allows them in UTF-8.
    Accents {
        /// `São Paulo` is `sopaulo`: a-z only, as the customer-file guide says and Meta's own code does.
        Remove,
        /// `São Paulo` is `sãopaulo`.
        Keep,
        /// `São Paulo` is `saopaulo`.
        Transliterate,
    }
}
setting! {
    /// States outside the United States and Canada.
    NonUsStates {
        /// The name: `Bayern` is `bayern`.
        Whole,
        /// The first two letters, as capi-param-builder does.
        TwoLetters,
    }
}
setting! {
    /// Postcodes of the United Kingdom. The guide asks for area, district and sector; Facebook's example is whole.
    Postcodes {
        /// `M1 1AE` is `m11ae`, as in the example.
        Whole,
        /// `M1 1AE` is `m11`, as in the words.
        Sector,
    }
}
setting! {
    /// The advertiser's own id.
    ExternIds {
        /// As it is, white space included: the documented "exact same format".
        Verbatim,
        /// Without white space at the ends.
        Trimmed,
    }
}
setting! {
    /// International mail domains. Facebook documents neither form.
    Domains {
        /// As typed, lowercase.
        AsTyped,
        /// `müller.de` is `xn--mller-kva.de`.
        Ascii,
        /// `xn--mller-kva.de` is `müller.de`.
        Unicode,
    }
}
setting! {
    /// Which phone numbers are sent.
    PhoneNumbers {
        /// Those of a possible length; one in no assigned range is noted. Tables age, so this loses nobody.
        Possible,
        /// Only those in an assigned range.
        Assigned,
    }
}

/// How values are normalized: the documented reading by default, the open points as settings.
///
/// ```
/// use audiencekit::{MatchKey, identity::{NameSpaces, Normalizer, Reject}};
///
/// let normalizer = Normalizer::new().default_region("PL".parse()?);
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
    pub(super) states_abroad: NonUsStates,
    pub(super) postcodes: Postcodes,
    pub(super) extern_ids: ExternIds,
    pub(super) domains: Domains,
    pub(super) display_names: bool,
    pub(in crate::identity) phone_numbers: PhoneNumbers,
}

macro_rules! setters {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ty,)+) => {
        $($(#[doc = $doc])+
        #[must_use]
        pub fn $name(mut self, $name: $kind) -> Self {
            self.$name = $name.into();
            self
        })+
    };
}

impl Normalizer {
    /// The documented reading of every rule.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// The country of national phone numbers, states and postcodes where the row has no country.
        default_region: Region,
        /// The order of day and month in dates that are written both ways; without it those are refused.
        date_order: DateOrder,
        /// The last year of birth that is taken. Without it years up to 2100 are.
        current_year: i16,
        /// White space inside names.
        name_spaces: NameSpaces,
        /// Digits in names.
        name_digits: NameDigits,
        /// Letters beyond a to z in cities and states.
        accents: Accents,
        /// States outside the United States and Canada.
        states_abroad: NonUsStates,
        /// Postcodes of the United Kingdom.
        postcodes: Postcodes,
        /// The advertiser's own id.
        extern_ids: ExternIds,
        /// International mail domains.
        domains: Domains,
        /// Whether the address is taken out of `Ada <ada@example.com>`; otherwise that is refused.
        display_names: bool,
        /// Which phone numbers are sent.
        phone_numbers: PhoneNumbers,
    }

    pub(in crate::identity) fn last_year(&self) -> i16 {
        self.current_year.unwrap_or(2100)
    }
}
