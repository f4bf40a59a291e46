//! What was done to a value on its way, by kind.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// One thing that was done to a value, or noticed about it. It never holds the value.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Step {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Step {
            const ALL: &[Self] = &[$(Self::$name),+];

            /// The step in words.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

steps! {
    /// White space or control characters were cut off an end.
    Trimmed = "trimmed",
    /// Zero-width or direction characters were removed.
    InvisibleRemoved = "invisible characters removed",
    /// Full-width characters became the plain ones.
    WidthFolded = "full-width characters folded",
    /// Letters and marks were composed (NFC).
    Composed = "composed to NFC",
    /// Letters became small.
    Lowercased = "lowercased",
    /// White space inside was removed.
    SpacesRemoved = "white space removed",
    /// Punctuation and symbols were removed.
    PunctuationRemoved = "punctuation removed",
    /// Digits were removed.
    DigitsRemoved = "digits removed",
    /// Letters other than a to z were removed.
    SpecialRemoved = "special characters removed",
    /// Letters other than a to z were rewritten in a to z.
    Transliterated = "transliterated",
    /// Digits of another script became 0 to 9.
    DigitsFolded = "digits folded to 0-9",
    /// `mailto:` was removed.
    SchemeRemoved = "mailto: removed",
    /// The trailing dot of an e-mail address was removed.
    RootDotRemoved = "trailing dot removed",
    /// An address was taken out of `Name <address>`.
    DisplayNameRemoved = "display name removed",
    /// A mail domain was rewritten between Unicode and ASCII.
    DomainRewritten = "domain rewritten",
    /// A word became its code.
    WordMapped = "word mapped to its code",
    /// Zeros behind the point were removed.
    DecimalsRemoved = "zeros behind the point removed",
    /// Zeros were put in front to the key's length.
    ZeroPadded = "padded with zeros",
    /// A part was taken out of a whole date.
    DateSplit = "taken out of a whole date",
    /// A number was written in its shortest form.
    NumberRewritten = "number in its shortest form",
    /// Only the documented part was kept.
    Shortened = "shortened to the documented part",
    /// The country code was put in front.
    CountryCodeAdded = "country code added",
    /// An exit code such as `00` was removed.
    ExitCodeRemoved = "exit code removed",
    /// A trunk prefix such as a leading zero was removed.
    TrunkPrefixRemoved = "trunk prefix removed",
    /// An extension was removed.
    ExtensionRemoved = "extension removed",
    /// Everything but the digits of a phone number was removed.
    DigitsKept = "digits kept",
    /// Letters became the digits on their keys.
    LettersDialled = "letters read as keys of a phone",
    /// Digits without a plus were read as an international number.
    ReadAsInternational = "read as an international number",
    /// Note: the number has a possible length, and its range is not known to be in use.
    NotAssigned = "note: possible, but in no assigned range",
    /// Note: the id looks like an e-mail address or a phone number, and it is sent in clear.
    LooksPersonal = "note: looks like personal data and is sent in clear",
    /// The value was a SHA-256 already.
    PassedAsDigest = "passed as a digest",
}

impl Step {
    /// True for what the host should look at: the value was sent all the same.
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

    /// True when the step is among them.
    #[must_use]
    pub fn contains(self, step: Step) -> bool {
        self.0 & (1 << step as u32) != 0
    }

    /// The steps, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Step> {
        Step::ALL.iter().copied().filter(move |&step| self.contains(step))
    }
}

impl fmt::Debug for NormalizationSteps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
