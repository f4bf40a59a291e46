//! Audiences: as they are created, changed and read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::json_value::JsonValue;
use super::label::AudienceLabel;
use super::lookalike::LookalikeRead;
use crate::facebook::ids::{AccountId, AudienceId};

/// The origin of the data in a customer file (`customer_file_source`).
///
/// ```
/// use audiencekit::facebook::CustomerFileSource;
///
/// assert_eq!(CustomerFileSource::default().as_str(), "USER_PROVIDED_ONLY");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum CustomerFileSource {
    /// The advertiser collected the data from its customers.
    #[default]
    UserProvidedOnly,
    /// A partner collected the data.
    PartnerProvidedOnly,
    /// Both collected the data.
    BothUserAndPartnerProvided,
}

impl CustomerFileSource {
    /// Returns Facebook's name of the value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserProvidedOnly => "USER_PROVIDED_ONLY",
            Self::PartnerProvidedOnly => "PARTNER_PROVIDED_ONLY",
            Self::BothUserAndPartnerProvided => "BOTH_USER_AND_PARTNER_PROVIDED",
        }
    }
}

/// The definition of an audience to create.
///
/// Source: `POST /act_{id}/customaudiences`, ad account custom audiences reference (read 2026-09-12).
///
/// ```
/// use audiencekit::facebook::{AudienceLabel, NewAudience};
/// use audiencekit::{FacebookClient, MockClient};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let facebook = MockClient::new();
/// let mut vip = NewAudience::new("VIP", "Two purchases in 90 days");
/// vip.retention_days = Some(90);
/// vip.labels = vec![AudienceLabel::HIGH_VALUE_CUSTOMERS];
/// let id = facebook.create_audience(&facebook.fake().account(), &vip).await?;
/// assert_eq!(facebook.audience(&id).await?.retention_days, Some(90));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewAudience {
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// The origin of the data.
    pub customer_file_source: CustomerFileSource,
    /// The number of days that a member stays without being sent again, 1 to 180. `None` means forever.
    pub retention_days: Option<u16>,
    /// `true` for a value-based audience, whose rows carry `LOOKALIKE_VALUE`.
    pub is_value_based: bool,
    /// The page where people can opt out.
    pub opt_out_link: Option<String>,
    /// The labels of the audience.
    pub labels: Vec<AudienceLabel>,
    /// `true` to get the existing audience if an identical one exists.
    pub enable_fetch_or_create: bool,
    /// The domains that the audience may be used for. Empty means all.
    pub allowed_domains: Vec<String>,
    /// `true` if campaigns may use it. Facebook's default is `true`.
    pub use_in_campaigns: Option<bool>,
    /// The products that may use it, such as `ADS` and `MARKETING_MESSAGES`; an open list.
    pub use_for_products: Vec<String>,
    /// The channels of a marketing-message list, such as `WHATSAPP` and `MESSENGER`; an open list.
    pub subscription_info: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::facebook) params: BTreeMap<String, JsonValue>,
}

impl NewAudience {
    /// Creates a definition from a name and a description, with defaults for everything else.
    #[must_use]
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self { name: name.into(), description: description.into(), ..Self::default() }
    }

    /// Adds a parameter that has no field here, such as one that Facebook introduced after this release.
    ///
    /// A parameter that has a field, or that says who sends the request, is refused when the audience is created. The
    /// value is sent as it is, so never put data of contacts in it.
    ///
    /// ```
    /// use audiencekit::facebook::NewAudience;
    /// use audiencekit::{ErrorKind, FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// let wrong = NewAudience::new("VIP", "Gold card").param("name", "another");
    /// let error = facebook.create_audience(&facebook.fake().account(), &wrong).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Invalid);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<JsonValue>) -> Self {
        self.params.insert(name.into(), value.into());
        self
    }
}

/// Changes to an audience. Fields that are `None` stay as they are.
///
/// Source: `POST /{audience}`, Custom Audience reference (read 2026-09-12).
///
/// ```
/// use audiencekit::facebook::{AudiencePatch, NewAudience};
/// use audiencekit::{FacebookClient, MockClient};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let facebook = MockClient::new();
/// let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold card")).await?;
/// facebook.update_audience(&id, &AudiencePatch::new().name("VIP 2027")).await?;
/// assert_eq!(facebook.audience(&id).await?.name.as_deref(), Some("VIP 2027"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AudiencePatch {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// A new source.
    pub customer_file_source: Option<CustomerFileSource>,
    /// A new retention, 1 to 180 days.
    pub retention_days: Option<u16>,
    /// A new opt-out link.
    pub opt_out_link: Option<String>,
    /// New labels.
    pub labels: Option<Vec<AudienceLabel>>,
    /// New domains.
    pub allowed_domains: Option<Vec<String>>,
    /// `true` if campaigns may use it.
    pub use_in_campaigns: Option<bool>,
    /// New products.
    pub use_for_products: Option<Vec<String>>,
    pub(in crate::facebook) params: BTreeMap<String, JsonValue>,
}

impl AudiencePatch {
    /// Creates a patch that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a new name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets a new description.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets how many days a member stays without being sent again, 1 to 180.
    #[must_use]
    pub fn retention_days(mut self, days: u16) -> Self {
        self.retention_days = Some(days);
        self
    }

    /// Adds a parameter that has no field here, such as one that Facebook introduced after this release.
    ///
    /// The rules of [`NewAudience::param`] apply.
    ///
    /// ```
    /// use audiencekit::facebook::AudiencePatch;
    ///
    /// let patch = AudiencePatch::new().name("VIP 2027").param("a_new_parameter", true);
    /// assert_eq!(patch.name.as_deref(), Some("VIP 2027"));
    /// ```
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<JsonValue>) -> Self {
        self.params.insert(name.into(), value.into());
        self
    }
}

/// A `delivery_status` or `operation_status`: a code to branch on and a text for people.
///
/// ```
/// use audiencekit::facebook::Status;
///
/// assert_eq!(Status::new(200, "Normal").code, 200);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// The code.
    pub code: u32,
    /// Facebook's text, which may change.
    pub description: String,
}

impl Status {
    /// Creates a status from its code and text.
    #[must_use]
    pub fn new(code: u32, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }
}

/// The kind of data that first filled an audience (`data_source`). Later uploads must be of the same kind.
///
/// Source: Custom Audience users reference (read 2026-09-12).
///
/// ```
/// use audiencekit::facebook::DataSource;
///
/// let source = DataSource::new("FILE_IMPORTED").sub_type("MULTI_HASHES");
/// assert_eq!(source.sub_type.as_deref(), Some("MULTI_HASHES"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DataSource {
    /// `type`, such as `FILE_IMPORTED`, or `UNKNOWN` before the first upload.
    pub kind: String,
    /// `sub_type`, such as `MULTI_HASHES`.
    pub sub_type: Option<String>,
}

impl DataSource {
    /// Creates a data source of a kind such as `FILE_IMPORTED`.
    #[must_use]
    pub fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), sub_type: None }
    }

    /// Sets the sub-type, such as `MULTI_HASHES`.
    #[must_use]
    pub fn sub_type(mut self, sub_type: impl Into<String>) -> Self {
        self.sub_type = Some(sub_type.into());
        self
    }
}

/// An audience as Facebook describes it. A field that Facebook left out is `None`.
///
/// [`Audience`](crate::Audience) reads its status and size in typed form.
///
/// Source: Custom Audience reference, developers.facebook.com (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomAudience {
    /// The id.
    pub id: AudienceId,
    /// The ad account, in digits.
    pub account: Option<AccountId>,
    /// The name.
    pub name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// `subtype`, such as `CUSTOM` or `LOOKALIKE`.
    pub subtype: Option<String>,
    /// The origin of the data.
    pub customer_file_source: Option<String>,
    /// Whether ads can use the audience.
    pub delivery_status: Option<Status>,
    /// The result of the last operation.
    pub operation_status: Option<Status>,
    /// The lower bound of the estimated size. -1 is unknown.
    pub count_lower_bound: Option<i64>,
    /// The upper bound of the estimated size. -1 is unknown.
    pub count_upper_bound: Option<i64>,
    /// The number of days that a member stays. 0 means forever.
    pub retention_days: Option<u16>,
    /// `true` for a value-based audience.
    pub is_value_based: Option<bool>,
    /// The page where people can opt out.
    pub opt_out_link: Option<String>,
    /// The labels of the audience.
    pub labels: Vec<AudienceLabel>,
    /// When it was created.
    pub time_created: Option<OffsetDateTime>,
    /// When it was changed.
    pub time_updated: Option<OffsetDateTime>,
    /// When its members were changed.
    pub time_content_updated: Option<OffsetDateTime>,
    /// When Facebook will delete it.
    pub delete_time: Option<OffsetDateTime>,
    /// The lookalikes that were made from it.
    pub lookalike_audience_ids: Vec<AudienceId>,
    /// The flagged fields, out of name, description and rule.
    pub fields_violating_integrity_policy: Vec<String>,
    /// The kind of data that first filled it.
    pub data_source: Option<DataSource>,
    /// What the token may do with it (`permission_for_actions`).
    pub permission_for_actions: Vec<(String, bool)>,
    /// `sharing_status` in Facebook's words.
    pub sharing_status: Option<String>,
    /// The business that owns it.
    pub owner_business: Option<String>,
    /// `datafile_custom_audience_uploading_status` in Facebook's words.
    pub uploading_status: Option<String>,
    /// `true` if campaigns of special ad categories may use it.
    pub is_eligible_for_special_ads: Option<bool>,
    /// The specification of a lookalike.
    pub lookalike: Option<LookalikeRead>,
}

impl CustomAudience {
    /// Creates an audience of which only the id is known.
    ///
    /// ```
    /// use audiencekit::facebook::CustomAudience;
    ///
    /// let audience = CustomAudience::new("23847000000000001".parse()?);
    /// assert_eq!(audience.name, None);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn new(id: AudienceId) -> Self {
        Self {
            id,
            account: None,
            name: None,
            description: None,
            subtype: None,
            customer_file_source: None,
            delivery_status: None,
            operation_status: None,
            count_lower_bound: None,
            count_upper_bound: None,
            retention_days: None,
            is_value_based: None,
            opt_out_link: None,
            labels: Vec::new(),
            time_created: None,
            time_updated: None,
            time_content_updated: None,
            delete_time: None,
            lookalike_audience_ids: Vec::new(),
            fields_violating_integrity_policy: Vec::new(),
            data_source: None,
            permission_for_actions: Vec::new(),
            sharing_status: None,
            owner_business: None,
            uploading_status: None,
            is_eligible_for_special_ads: None,
            lookalike: None,
        }
    }
}
