//! The trace of one value through normalization.

use std::fmt;

use super::hashed::Hashed;
use super::key::MatchKey;
use super::normalize::context::Cx;
use super::normalize::region::Region;
use super::normalize::settings::Normalizer;
use super::reject::Reject;
use super::steps::{NormalizationSteps, Step};
use super::trail::Trail;

/// The result of normalizing one value: the steps taken, the normalized value and its digest.
///
/// `Debug` and `Display` show only the kinds of steps. [`reveal`](Self::reveal) and [`trail`](Self::trail) show the value,
/// which is personal data.
///
/// ```
/// use audiencekit::{MatchKey, identity::Normalizer};
///
/// let trace = Normalizer::new().explain(MatchKey::Email, " Ada@Example.com", None);
/// assert_eq!(trace.to_string(), "EMAIL: trimmed, lowercased, sent as SHA-256");
/// assert_eq!(trace.reveal(), "EMAIL \" Ada@Example.com\": trimmed \"Ada@Example.com\", lowercased \
///     \"ada@example.com\", sent as SHA-256 b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72");
/// ```
#[derive(Clone)]
pub struct NormalizationTrace {
    key: MatchKey,
    input: String,
    trail: Vec<(Step, String)>,
    outcome: Result<(NormalizationSteps, String, Option<Hashed>), Reject>,
}

impl Normalizer {
    /// Normalizes a raw value by the rules of `key` and returns each step.
    ///
    /// `region` is the country of the contact, if known; it takes precedence over the default region.
    ///
    /// ```
    /// use audiencekit::{MatchKey, identity::{Normalizer, Region}};
    ///
    /// let trace = Normalizer::new().explain(MatchKey::Phone, "601 234 567", Region::find("PL"));
    /// assert_eq!(trace.normalized(), Ok("48601234567"));
    /// ```
    #[must_use]
    pub fn explain(&self, key: MatchKey, raw: &str, region: Option<Region>) -> NormalizationTrace {
        let mut out = String::new();
        let mut trail = Trail::with_values();
        let outcome = self.normalize(key, raw, &|| region, &mut out, &mut trail).map(|()| {
            let hash = key.is_hashed().then(|| Hashed::of(out.as_bytes()));
            (out, hash)
        });
        NormalizationTrace::new(key, raw.to_owned(), trail, outcome)
    }

    /// Writes the normalized value to `out`.
    pub(super) fn normalize(
        &self,
        key: MatchKey,
        raw: &str,
        row_region: &dyn Fn() -> Option<Region>,
        out: &mut String,
        trail: &mut Trail,
    ) -> Result<(), Reject> {
        out.clear();
        key.rule()(raw, &Cx { rules: self, row_region }, out, trail)?;
        if out.is_empty() { Err(Reject::Empty) } else { Ok(()) }
    }
}

impl NormalizationTrace {
    pub(super) fn new(
        key: MatchKey,
        input: String,
        trail: Trail,
        outcome: Result<(String, Option<Hashed>), Reject>,
    ) -> Self {
        let outcome = outcome.map(|(value, hash)| (trail.steps(), value, hash));
        Self { key, input, trail: trail.into_values(), outcome }
    }

    /// Returns the match key whose rules were applied.
    #[must_use]
    pub fn key(&self) -> MatchKey {
        self.key
    }

    /// Returns the kinds of steps taken. Empty for a rejected value.
    ///
    /// ```
    /// use audiencekit::{MatchKey, identity::{Normalizer, Step}};
    ///
    /// let trace = Normalizer::new().explain(MatchKey::FirstName, "Ada", None);
    /// assert!(trace.steps().contains(Step::Lowercased));
    /// ```
    #[must_use]
    pub fn steps(&self) -> NormalizationSteps {
        self.outcome.as_ref().map_or(NormalizationSteps::default(), |&(steps, ..)| steps)
    }

    /// Returns each step with the value after it, in order. For a rejected value, these are the steps before the rejection.
    ///
    /// The values are personal data; do not log them.
    ///
    /// ```
    /// use audiencekit::{MatchKey, identity::{Normalizer, Step}};
    ///
    /// let trace = Normalizer::new().explain(MatchKey::Phone, "0601 234 567", "PL".parse().ok());
    /// let trail: Vec<_> = trace.trail().collect();
    /// assert_eq!(trail, [
    ///     (Step::DigitsKept, "0601234567"),
    ///     (Step::CountryCodeAdded, "480601234567"),
    ///     (Step::TrunkPrefixRemoved, "48601234567"),
    /// ]);
    /// ```
    pub fn trail(&self) -> impl ExactSizeIterator<Item = (Step, &str)> {
        self.trail.iter().map(|(step, value)| (*step, value.as_str()))
    }

    /// Returns the normalized value in clear. Empty for a value that was a digest already.
    ///
    /// # Errors
    /// The reason why the value is not sent.
    ///
    /// ```
    /// use audiencekit::{MatchKey, identity::{Normalizer, Reject}};
    ///
    /// let trace = Normalizer::new().explain(MatchKey::Email, "n/a", None);
    /// assert_eq!(trace.normalized(), Err(Reject::Placeholder));
    /// ```
    pub fn normalized(&self) -> Result<&str, Reject> {
        self.outcome.as_ref().map(|(_, value, _)| value.as_str()).map_err(|&reason| reason)
    }

    /// Returns the digest that is sent. `None` for rejected values and for keys that are sent in clear.
    #[must_use]
    pub fn hashed(&self) -> Option<Hashed> {
        self.outcome.as_ref().ok()?.2
    }

    /// Returns the digest as 64 lowercase hex digits, as it is sent.
    ///
    /// ```
    /// use audiencekit::{MatchKey, identity::Normalizer};
    ///
    /// let trace = Normalizer::new().explain(MatchKey::Email, " Ada@Example.com", None);
    /// assert!(trace.sha256().unwrap().starts_with("b5fc85e5"));
    /// ```
    #[must_use]
    pub fn sha256(&self) -> Option<String> {
        self.hashed().map(|hashed| String::from_utf8_lossy(&hashed.hex()).into_owned())
    }

    /// Returns one line with the input and the value after each step. It is personal data; do not log it.
    #[must_use]
    pub fn reveal(&self) -> String {
        self.line(true)
    }

    fn line(&self, reveal: bool) -> String {
        let mut line = self.key.wire_name().to_owned();
        if reveal {
            line += &format!(" {:?}", self.input);
        }
        line += ": ";
        if reveal {
            for (step, value) in self.trail() {
                line += &format!("{step} {value:?}, ");
            }
        } else {
            for step in self.steps().iter() {
                line += &format!("{step}, ");
            }
        }
        match &self.outcome {
            Err(reason) => line += &format!("not sent, {reason}"),
            Ok(_) => line += if self.key.is_hashed() { "sent as SHA-256" } else { "sent in clear" },
        }
        if let Some(hex) = self.sha256().filter(|_| reveal) {
            line += &format!(" {hex}");
        }
        line
    }
}

impl fmt::Display for NormalizationTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line(false))
    }
}

impl fmt::Debug for NormalizationTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NormalizationTrace({self})")
    }
}
