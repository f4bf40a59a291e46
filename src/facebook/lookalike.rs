//! Lookalikes: audiences of people who are like those of another.

use serde::Serialize;

use super::graph::{GraphClient, Repeat};
use super::ids::{AccountId, AudienceId};
use super::objects::Created;
use super::pacer::CUSTOM_AUDIENCE;
use super::request::{Body, GraphRequest, Method};
use super::response::decode;
use super::transport::Transport;
use super::verbs::shape;
use crate::error::{Result, ValidationErrors};

/// Which people are like enough.
///
/// Source: lookalike audiences guide (read 2026-09-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LookalikeType {
    /// The nearest 1 %.
    Similarity,
    /// The nearest 5 %.
    Reach,
    /// The part that [`LookalikeSpec::ratio_percent`] names; value-based seeds need it.
    CustomRatio,
}

/// What a lookalike is made with.
///
/// ```
/// use audiencekit::facebook::LookalikeSpec;
///
/// let spec = LookalikeSpec::ratio_percent(3, "PL").starting_percent(1);
/// assert!(spec.check().is_ok());
/// assert!(LookalikeSpec::ratio_percent(21, "Poland").check().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookalikeSpec {
    /// Which people.
    pub kind: LookalikeType,
    /// Up to how many of the country's people, in per cent, 1 to 20.
    pub ratio_percent: Option<u8>,
    /// From how many, less than `ratio_percent`.
    pub starting_percent: Option<u8>,
    /// The country: ISO 3166-1 alpha-2 in capitals.
    pub country: String,
    /// Whether a seed with too few people of the country may be filled with others.
    pub allow_international_seeds: bool,
}

impl LookalikeSpec {
    /// The nearest 1 % of a country.
    #[must_use]
    pub fn similarity(country: impl Into<String>) -> Self {
        Self::new(LookalikeType::Similarity, country)
    }

    /// The nearest 5 % of a country.
    #[must_use]
    pub fn reach(country: impl Into<String>) -> Self {
        Self::new(LookalikeType::Reach, country)
    }

    /// The nearest `percent` of a country, 1 to 20.
    #[must_use]
    pub fn ratio_percent(percent: u8, country: impl Into<String>) -> Self {
        Self { ratio_percent: Some(percent), ..Self::new(LookalikeType::CustomRatio, country) }
    }

    /// Leaves out the nearest `percent`.
    #[must_use]
    pub fn starting_percent(mut self, percent: u8) -> Self {
        self.starting_percent = Some(percent);
        self
    }

    /// Lets a seed with too few people of the country be filled with others.
    #[must_use]
    pub fn allow_international_seeds(mut self) -> Self {
        self.allow_international_seeds = true;
        self
    }

    fn new(kind: LookalikeType, country: impl Into<String>) -> Self {
        Self {
            kind,
            ratio_percent: None,
            starting_percent: None,
            country: country.into(),
            allow_international_seeds: false,
        }
    }

    /// Looks for what Facebook would refuse.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem.
    pub fn check(&self) -> Result<()> {
        let mut problems = ValidationErrors::new("lookalike");
        if self.country.len() != 2 || !self.country.bytes().all(|b| b.is_ascii_uppercase()) {
            problems.push("country", "malformed", "is not two capital letters, such as \"PL\"");
        }
        if self.ratio_percent.is_some_and(|ratio| !(1..=20).contains(&ratio)) {
            problems.push("ratio", "out_of_range", "is not 1 to 20 per cent");
        }
        if self
            .starting_percent
            .is_some_and(|start| start == 0 || self.ratio_percent.is_none_or(|ratio| start >= ratio))
        {
            problems.push("starting_ratio", "out_of_range", "is not above 0 and below the ratio");
        }
        problems.into_result()
    }

    /// The JSON text that Facebook wants as a string.
    fn text(&self) -> String {
        // Hundredths as text: binary floating point would send 0.07 as 0.07000000000000001 somewhere.
        let hundredths = |percent: u8| format!("{}.{:02}", percent / 100, percent % 100);
        let mut body = Body::json();
        body = body.field("type", &self.kind);
        if let Some(ratio) = self.ratio_percent {
            body = body.written("ratio", |out| out.extend(hundredths(ratio).bytes()));
        }
        if let Some(start) = self.starting_percent {
            body = body.written("starting_ratio", |out| out.extend(hundredths(start).bytes()));
        }
        body = body.field("country", &self.country);
        if self.allow_international_seeds {
            body = body.field("allow_international_seeds", &true);
        }
        String::from_utf8(body.bytes).unwrap_or_default()
    }
}

impl<T: Transport> GraphClient<T> {
    /// Makes a lookalike of `origin`, which needs 100 people; it fills within hours.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a spec that Facebook would refuse,
    /// [`ErrorKind::Flagged`](crate::ErrorKind::Flagged) when the seed is.
    pub async fn create_lookalike(
        &self,
        account: &AccountId,
        name: &str,
        origin: &AudienceId,
        spec: &LookalikeSpec,
    ) -> Result<AudienceId> {
        const OPERATION: &str = "create lookalike";
        spec.check()?;
        let mut call = self.call_on_account(OPERATION, Some(account), CUSTOM_AUDIENCE);
        call.repeat = Repeat::MakesTwo;
        let id = self
            .call(
                call,
                || {
                    let body = Body::json()
                        .field("name", name)
                        .field("subtype", "LOOKALIKE")
                        .field("origin_audience_id", origin.as_str())
                        .field("lookalike_spec", &spec.text());
                    GraphRequest::new(Method::Post, self.path(format_args!("{account}/customaudiences")))
                        .body(body)
                },
                |response, _| {
                    let created: Created = decode(OPERATION, response)?;
                    created.audience().ok_or_else(|| shape(OPERATION, "the id of the audience is not digits"))
                },
            )
            .await?;
        self.owned(&id, account);
        Ok(id)
    }
}
