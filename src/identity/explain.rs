//! What became of one value, step by step.

use std::fmt;

use super::hashed::Hashed;
use super::key::MatchKey;
use super::normalize::{Cx, Normalizer, Region};
use super::reject::Reject;
use super::steps::Steps;

/// What became of one value: the steps by kind, and the value itself only on request.
///
/// `Debug` and `Display` show kinds; [`reveal`](Self::reveal) shows the value to whoever may see it.
///
/// ```
/// use audiencekit::{MatchKey, identity::Normalizer};
///
/// let explanation = Normalizer::new().explain(MatchKey::Email, " Ada@Example.com", None);
/// assert_eq!(explanation.to_string(), "EMAIL: trimmed, lowercased, sent as SHA-256");
/// assert_eq!(explanation.reveal(), "EMAIL \" Ada@Example.com\": trimmed, lowercased: \"ada@example.com\", sent as \
///     SHA-256 b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72");
/// ```
#[derive(Clone)]
pub struct Explanation {
    key: MatchKey,
    input: String,
    outcome: Result<(Steps, String, Option<Hashed>), Reject>,
}

impl Normalizer {
    /// What the rule of `key` makes of a raw value, in the country of its row if that is known.
    #[must_use]
    pub fn explain(&self, key: MatchKey, raw: &str, region: Option<Region>) -> Explanation {
        let mut out = String::new();
        let outcome = self.normalize(key, raw, &|| region, &mut out).map(|steps| {
            let hash = key.is_hashed().then(|| Hashed::of(out.as_bytes()));
            (steps, out, hash)
        });
        Explanation::new(key, raw.to_owned(), outcome)
    }

    /// Writes the normalized value to `out`.
    pub(super) fn normalize(
        &self,
        key: MatchKey,
        raw: &str,
        row_region: &dyn Fn() -> Option<Region>,
        out: &mut String,
    ) -> Result<Steps, Reject> {
        out.clear();
        let steps = key.rule()(raw, &Cx { rules: self, row_region }, out)?;
        if out.is_empty() { Err(Reject::Empty) } else { Ok(steps) }
    }
}

impl Explanation {
    pub(super) fn new(
        key: MatchKey,
        input: String,
        outcome: Result<(Steps, String, Option<Hashed>), Reject>,
    ) -> Self {
        Self { key, input, outcome }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> MatchKey {
        self.key
    }

    /// What was done, by kind; nothing for a value that was rejected.
    #[must_use]
    pub fn steps(&self) -> Steps {
        self.outcome.as_ref().map_or(Steps::default(), |&(steps, ..)| steps)
    }

    /// The normalized value, in clear, or the reason why there is none. It is empty for a value that was passed as a
    /// digest.
    ///
    /// # Errors
    /// The reason why the value is not sent.
    pub fn normalized(&self) -> Result<&str, Reject> {
        self.outcome.as_ref().map(|(_, value, _)| value.as_str()).map_err(|&reason| reason)
    }

    /// The digest that is sent; `None` for a rejected value and for the keys that leave in clear.
    #[must_use]
    pub fn hashed(&self) -> Option<Hashed> {
        self.outcome.as_ref().ok()?.2
    }

    /// The 64 hex digits of [`hashed`](Self::hashed).
    #[must_use]
    pub fn sha256(&self) -> Option<String> {
        self.hashed().map(|hashed| String::from_utf8_lossy(&hashed.hex()).into_owned())
    }

    /// One line with the value before and after. It is personal data: for its owner's eyes, not for logs.
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
        match &self.outcome {
            Err(reason) => line += &format!("not sent, {reason}"),
            Ok((steps, value, _)) => {
                for step in steps.iter() {
                    line += &format!("{step}, ");
                }
                if reveal {
                    line.truncate(line.trim_end_matches([',', ' ', ':']).len());
                    line += &format!(": {value:?}, ");
                }
                line += "sent ";
                line += if self.key.is_hashed() { "as SHA-256" } else { "in clear" };
                if let Some(hex) = self.sha256().filter(|_| reveal) {
                    line += &format!(" {hex}");
                }
            }
        }
        line
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line(false))
    }
}

impl fmt::Debug for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Explanation({self})")
    }
}
