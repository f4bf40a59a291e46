//! Lookalikes: audiences of people who resemble the members of another.

use serde::Serialize;

use crate::error::{Result, ValidationErrors};
use crate::facebook::client::call::Repeat;
use crate::facebook::client::inner::ClientInner;
use crate::facebook::client::quota::CUSTOM_AUDIENCE;
use crate::facebook::ids::{AccountId, AudienceId};
use crate::facebook::transport::Transport;
use crate::facebook::wire::objects::Created;
use crate::facebook::wire::request::{Body, GraphRequest, Method};
use crate::facebook::wire::response::{decode, shape};

/// The share of a country's people that a lookalike takes.
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
    /// The share in [`LookalikeSpec::ratio_percent`]. Value-based seeds need it.
    CustomRatio,
}

/// The specification of a lookalike to create.
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
    /// The type of the lookalike.
    pub kind: LookalikeType,
    /// The upper end of the share of the country's people, in per cent, 1 to 20.
    pub ratio_percent: Option<u8>,
    /// The lower end of the share. It is below `ratio_percent`.
    pub starting_percent: Option<u8>,
    /// The country, ISO 3166-1 alpha-2 in capitals. Ignored if there are `locations`.
    pub country: String,
    /// Several countries instead of one.
    pub locations: Option<LookalikeLocations>,
    /// `true` if a seed with too few people of the country may be filled with others.
    pub allow_international_seeds: bool,
}

/// The countries of a lookalike (`location_spec`).
///
/// Source: lookalike audiences guide (read 2026-09-12), which also says that Facebook once announced to remove it.
///
/// ```
/// use audiencekit::facebook::{LookalikeLocations, LookalikeSpec};
///
/// let spec = LookalikeSpec::similarity("PL").locations(LookalikeLocations::group("europe").except("FR"));
/// assert!(spec.check().is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LookalikeLocations {
    /// Countries, ISO 3166-1 alpha-2 in capitals.
    pub countries: Vec<String>,
    /// Groups of countries, such as `europe`.
    pub country_groups: Vec<String>,
    /// Countries that are excluded from the groups.
    pub excluded_countries: Vec<String>,
    /// Groups that are excluded.
    pub excluded_country_groups: Vec<String>,
}

impl LookalikeLocations {
    /// Creates locations from a list of countries, ISO 3166-1 alpha-2 in capitals.
    ///
    /// ```
    /// use audiencekit::facebook::LookalikeLocations;
    ///
    /// assert_eq!(LookalikeLocations::countries(["PL", "DE"]).countries.len(), 2);
    /// ```
    #[must_use]
    pub fn countries(countries: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { countries: countries.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Creates locations from a group of countries, such as `europe`.
    #[must_use]
    pub fn group(group: impl Into<String>) -> Self {
        Self { country_groups: vec![group.into()], ..Self::default() }
    }

    /// Excludes a country from the groups.
    #[must_use]
    pub fn except(mut self, country: impl Into<String>) -> Self {
        self.excluded_countries.push(country.into());
        self
    }

    fn body(&self) -> Body {
        let part = |countries: &Vec<String>, groups: &Vec<String>| {
            let some = |list: &Vec<String>| Some(list.clone()).filter(|list| !list.is_empty());
            let part = Body::json()
                .maybe("countries", some(countries).as_ref())
                .maybe("country_groups", some(groups).as_ref());
            Some(part).filter(|part| !part.is_empty_object())
        };
        Body::json()
            .nested("geo_locations", part(&self.countries, &self.country_groups))
            .nested("excluded_geo_locations", part(&self.excluded_countries, &self.excluded_country_groups))
    }
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

impl LookalikeSpec {
    /// Creates a specification for the nearest 1 % of a country.
    ///
    /// ```
    /// use audiencekit::facebook::{LookalikeSpec, LookalikeType};
    ///
    /// assert_eq!(LookalikeSpec::similarity("PL").kind, LookalikeType::Similarity);
    /// ```
    #[must_use]
    pub fn similarity(country: impl Into<String>) -> Self {
        Self::new(LookalikeType::Similarity, country)
    }

    /// Creates a specification for the nearest 5 % of a country.
    ///
    /// ```
    /// use audiencekit::facebook::{LookalikeSpec, LookalikeType};
    ///
    /// assert_eq!(LookalikeSpec::reach("PL").kind, LookalikeType::Reach);
    /// ```
    #[must_use]
    pub fn reach(country: impl Into<String>) -> Self {
        Self::new(LookalikeType::Reach, country)
    }

    /// Creates a specification for the nearest `percent` of a country, 1 to 20.
    #[must_use]
    pub fn ratio_percent(percent: u8, country: impl Into<String>) -> Self {
        Self { ratio_percent: Some(percent), ..Self::new(LookalikeType::CustomRatio, country) }
    }

    /// Excludes the nearest `percent`. It must be below the ratio.
    #[must_use]
    pub fn starting_percent(mut self, percent: u8) -> Self {
        self.starting_percent = Some(percent);
        self
    }

    /// Sets several countries instead of one.
    #[must_use]
    pub fn locations(mut self, locations: LookalikeLocations) -> Self {
        self.locations = Some(locations);
        self
    }

    /// Allows Facebook to fill a seed with too few people of the country with others.
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
            locations: None,
            allow_international_seeds: false,
        }
    }

    /// Checks the specification for what Facebook would refuse.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem.
    pub fn check(&self) -> Result<()> {
        let mut problems = ValidationErrors::new("lookalike");
        const COUNTRY: &str = "is not two capital letters, such as \"PL\"";
        match &self.locations {
            None if !is_country(&self.country) => problems.push("country", "malformed", COUNTRY),
            None => {}
            Some(places) => {
                if places.countries.is_empty() && places.country_groups.is_empty() {
                    problems.push("locations", "missing", "names neither countries nor groups of countries");
                }
                let mut all = places.countries.iter().chain(&places.excluded_countries);
                if all.any(|country| !is_country(country)) {
                    problems.push("locations", "malformed", COUNTRY);
                }
            }
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
        body = match &self.locations {
            None => body.field("country", &self.country),
            Some(places) => body.nested("location_spec", Some(places.body())),
        };
        if self.allow_international_seeds {
            body = body.field("allow_international_seeds", &true);
        }
        String::from_utf8(body.bytes).unwrap_or_default()
    }
}

pub(super) async fn create<T: Transport>(
    client: &ClientInner<T>,
    account: &AccountId,
    name: &str,
    origin: &AudienceId,
    spec: &LookalikeSpec,
) -> Result<AudienceId> {
    const OPERATION: &str = "create lookalike";
    spec.check()?;
    let mut call = client.call_on_account(OPERATION, Some(account), CUSTOM_AUDIENCE);
    call.repeat = Repeat::MakesTwo;
    let id = client
        .call(
            call,
            || {
                let body = Body::json()
                    .field("name", name)
                    .field("subtype", "LOOKALIKE")
                    .field("origin_audience_id", origin.as_str())
                    .field("lookalike_spec", &spec.text());
                GraphRequest::new(Method::Post, client.path(format_args!("{account}/customaudiences")))
                    .body(body)
            },
            |response, _| {
                let created: Created = decode(OPERATION, response)?;
                created.audience().ok_or_else(|| shape(OPERATION, "the id of the audience is not digits"))
            },
        )
        .await?;
    client.owned(&id, account);
    Ok(id)
}
