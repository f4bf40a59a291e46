//! The kinds of steps of normalization.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// One change of a value during normalization, or a warning about it. It never holds the value.
        ///
        /// ```
        /// use audiencekit::identity::Step;
        ///
        /// assert_eq!(Step::CountryCodeAdded.to_string(), "country code added");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Step {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Step {
            const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the step in words, such as `trimmed`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

steps! {
    /// Surrounding whitespace or control characters were removed.
    Trimmed = "trimmed",
    /// Zero-width or direction characters were removed.
    InvisibleRemoved = "invisible characters removed",
    /// Full-width characters, ligatures and the like were replaced by plain ones.
    WidthFolded = "full-width characters folded",
    /// HTML entities such as `&apos;` were replaced by their characters.
    EntitiesDecoded = "HTML entities decoded",
    /// Letters and combining marks were composed (NFC).
    Composed = "composed to NFC",
    /// Letters were lowercased.
    Lowercased = "lowercased",
    /// Whitespace inside the value was removed.
    SpacesRemoved = "white space removed",
    /// Punctuation and symbols were removed.
    PunctuationRemoved = "punctuation removed",
    /// Digits were removed.
    DigitsRemoved = "digits removed",
    /// Letters other than a to z were removed.
    SpecialRemoved = "special characters removed",
    /// Letters other than a to z were transliterated to a to z.
    Transliterated = "transliterated",
    /// Digits of another script were replaced by 0 to 9.
    DigitsFolded = "digits folded to 0-9",
    /// `mailto:` was removed.
    SchemeRemoved = "mailto: removed",
    /// The trailing dot of an e-mail address was removed.
    RootDotRemoved = "trailing dot removed",
    /// The address was extracted from `Name <address>`.
    DisplayNameRemoved = "display name removed",
    /// An email domain was converted between Unicode and ASCII.
    DomainRewritten = "domain rewritten",
    /// A word was replaced by its code.
    WordMapped = "word mapped to its code",
    /// Zeros after the decimal point were removed.
    DecimalsRemoved = "zeros behind the point removed",
    /// Leading zeros were added to the length of the key.
    ZeroPadded = "padded with zeros",
    /// A part was extracted from a whole date.
    DateSplit = "taken out of a whole date",
    /// A number was written in its shortest form.
    NumberRewritten = "number in its shortest form",
    /// The value was shortened to the documented part.
    Shortened = "shortened to the documented part",
    /// The country code was added.
    CountryCodeAdded = "country code added",
    /// An exit code such as `00` was removed.
    ExitCodeRemoved = "exit code removed",
    /// A trunk prefix such as a leading zero was removed.
    TrunkPrefixRemoved = "trunk prefix removed",
    /// An extension was removed.
    ExtensionRemoved = "extension removed",
    /// Everything but the digits of a phone number was removed.
    DigitsKept = "digits kept",
    /// Letters were replaced by the digits of a phone keypad.
    LettersDialled = "letters read as keys of a phone",
    /// Words behind a whole phone number were removed.
    WordsRemoved = "words behind the number removed",
    /// Digits without a plus were read as an international number.
    ReadAsInternational = "read as an international number",
    /// Warning: the number has a possible length but is in no assigned range.
    NotAssigned = "note: possible, but in no assigned range",
    /// Warning: the id looks like an email address or a phone number, and it is sent in clear.
    LooksPersonal = "note: looks like personal data and is sent in clear",
    /// The value was a SHA-256 digest already.
    PassedAsDigest = "passed as a digest",
}

impl Step {
    /// Returns `true` for a warning. The value was sent nevertheless; your application should review it.
    ///
    /// ```
    /// use audiencekit::identity::Step;
    ///
    /// assert!(Step::LooksPersonal.is_warning());
    /// assert!(!Step::Trimmed.is_warning());
    /// ```
    #[must_use]
    pub fn is_warning(self) -> bool {
        matches!(self, Self::NotAssigned | Self::LooksPersonal)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of [`Step`]s.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct NormalizationSteps(u64);

impl NormalizationSteps {
    const WARNINGS: u64 = (1 << Step::NotAssigned as u32) | (1 << Step::LooksPersonal as u32);

    #[inline]
    pub(super) fn add(&mut self, step: Step) {
        self.0 |= 1 << step as u32;
    }

    pub(super) fn has_warning(self) -> bool {
        self.0 & Self::WARNINGS != 0
    }

    /// Returns `true` if the set contains `step`.
    #[must_use]
    pub fn contains(self, step: Step) -> bool {
        self.0 & (1 << step as u32) != 0
    }

    /// Returns an iterator over the steps, in declaration order.
    ///
    /// ```
    /// use audiencekit::{MatchKey, identity::{Normalizer, Step}};
    ///
    /// let trace = Normalizer::new().explain(MatchKey::Email, " Ada@Example.com", None);
    /// assert_eq!(trace.steps().iter().collect::<Vec<_>>(), [Step::Trimmed, Step::Lowercased]);
    /// ```
    pub fn iter(self) -> impl Iterator<Item = Step> {
        Step::ALL.iter().copied().filter(move |&step| self.contains(step))
    }
}

impl fmt::Debug for NormalizationSteps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
