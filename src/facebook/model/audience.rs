//! Audiences, and what they are made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::json_value::JsonValue;
use super::label::AudienceLabel;
use super::lookalike::LookalikeRead;
use crate::facebook::ids::{AccountId, AudienceId};

/// `customer_file_source`: where the people of the file come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum CustomerFileSource {
    /// The advertiser collected the data from its customers.
    #[default]
    UserProvidedOnly,
    /// A partner did.
    PartnerProvidedOnly,
    /// Both did.
    BothUserAndPartnerProvided,
}

impl CustomerFileSource {
    /// Facebook's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserProvidedOnly => "USER_PROVIDED_ONLY",
            Self::PartnerProvidedOnly => "PARTNER_PROVIDED_ONLY",
            Self::BothUserAndPartnerProvided => "BOTH_USER_AND_PARTNER_PROVIDED",
        }
    }
}

/// What an audience is created with.
///
/// Source: `POST /act_{id}/customaudiences`, ad account custom audiences reference (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewAudience {
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// Where the people come from.
    pub customer_file_source: CustomerFileSource,
    /// Days that a member stays without being sent again, 1 to 180; none is for ever.
    pub retention_days: Option<u16>,
    /// True for value-based audiences, whose rows carry `LOOKALIKE_VALUE`.
    pub is_value_based: bool,
    /// Where people can opt out.
    pub opt_out_link: Option<String>,
    /// `audience_labels`.
    pub labels: Vec<AudienceLabel>,
    /// True to get the existing audience when an identical one exists.
    pub enable_fetch_or_create: bool,
    /// Domains that the audience may be used for; none is all.
    pub allowed_domains: Vec<String>,
    /// Whether campaigns may use it; Facebook's default is true.
    pub use_in_campaigns: Option<bool>,
    /// `use_for_products`: an open list, `ADS` and `MARKETING_MESSAGES` are known.
    pub use_for_products: Vec<String>,
    /// `subscription_info` of marketing-message lists: an open list, `WHATSAPP` and `MESSENGER` are known.
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

/// What to change in an audience; what is `None` stays.
///
/// Source: `POST /{audience}`, Custom Audience reference (read 2026-09-12).
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
    /// Whether campaigns may use it.
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

/// `delivery_status` or `operation_status`: a code to branch on and a text for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// The code.
    pub code: u32,
    /// Facebook's words, which may change.
    pub description: String,
}

impl Status {
    /// A status.
    #[must_use]
    pub fn new(code: u32, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }
}

/// `data_source`: what kind of data filled the audience first. Later uploads must be of the same kind.
///
/// Source: Custom Audience users reference (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DataSource {
    /// `type`, such as `FILE_IMPORTED`, or `UNKNOWN` before the first upload.
    pub kind: String,
    /// `sub_type`, such as `MULTI_HASHES`.
    pub sub_type: Option<String>,
}

impl DataSource {
    /// A kind of data, such as `FILE_IMPORTED`.
    #[must_use]
    pub fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), sub_type: None }
    }

    /// The kind within the kind, such as `MULTI_HASHES`.
    #[must_use]
    pub fn sub_type(mut self, sub_type: impl Into<String>) -> Self {
        self.sub_type = Some(sub_type.into());
        self
    }
}

/// An audience as Facebook describes it. A field that Facebook left out is `None`.
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
    /// Where the people come from.
    pub customer_file_source: Option<String>,
    /// Whether ads can use it.
    pub delivery_status: Option<Status>,
    /// What the last operation did.
    pub operation_status: Option<Status>,
    /// Lower bound of the estimated size; -1 is unknown.
    pub count_lower_bound: Option<i64>,
    /// Upper bound of the estimated size; -1 is unknown.
    pub count_upper_bound: Option<i64>,
    /// Days that a member stays; 0 is for ever.
    pub retention_days: Option<u16>,
    /// True for value-based audiences.
    pub is_value_based: Option<bool>,
    /// Where people can opt out.
    pub opt_out_link: Option<String>,
    /// Labels.
    pub labels: Vec<AudienceLabel>,
    /// When it was created.
    pub time_created: Option<OffsetDateTime>,
    /// When it was changed.
    pub time_updated: Option<OffsetDateTime>,
    /// When its members were changed.
    pub time_content_updated: Option<OffsetDateTime>,
    /// When Facebook will delete it, if it will.
    pub delete_time: Option<OffsetDateTime>,
    /// Lookalikes made from it.
    pub lookalike_audience_ids: Vec<AudienceId>,
    /// Which of name, description and rule were flagged.
    pub fields_violating_integrity_policy: Vec<String>,
    /// What kind of data filled it.
    pub data_source: Option<DataSource>,
    /// `permission_for_actions`: what the token may do with it.
    pub permission_for_actions: Vec<(String, bool)>,
    /// `sharing_status`, as Facebook words it.
    pub sharing_status: Option<String>,
    /// The business that owns it.
    pub owner_business: Option<String>,
    /// `datafile_custom_audience_uploading_status`, as Facebook words it.
    pub uploading_status: Option<String>,
    /// Whether campaigns of special ad categories may use it.
    pub is_eligible_for_special_ads: Option<bool>,
    /// What a lookalike was made with.
    pub lookalike: Option<LookalikeRead>,
}

impl CustomAudience {
    /// An audience of which only the id is known.
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
