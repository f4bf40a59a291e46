//! The fields of an audience to read.

use crate::facebook::ids::AccountId;

/// A field of an audience to read.
///
/// Facebook returns only `id` unless fields are named, and some fields fail the whole read for some tokens, so name
/// only what you need.
///
/// Source: Custom Audience reference (read 2026-09-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AudienceField {
    /// `account_id`
    AccountId,
    /// `name`
    Name,
    /// `description`
    Description,
    /// `subtype`
    Subtype,
    /// `customer_file_source`
    CustomerFileSource,
    /// `delivery_status`
    DeliveryStatus,
    /// `operation_status`
    OperationStatus,
    /// `approximate_count_lower_bound`
    CountLowerBound,
    /// `approximate_count_upper_bound`
    CountUpperBound,
    /// `retention_days`
    RetentionDays,
    /// `is_value_based`
    IsValueBased,
    /// `opt_out_link`
    OptOutLink,
    /// `audience_labels`; known since v25.0.
    Labels,
    /// `time_created`
    TimeCreated,
    /// `time_updated`
    TimeUpdated,
    /// `time_content_updated`
    TimeContentUpdated,
    /// `delete_time`
    DeleteTime,
    /// `lookalike_audience_ids`
    LookalikeAudienceIds,
    /// `fields_violating_integrity_policy`
    FieldsViolatingIntegrityPolicy,
    /// `data_source`
    DataSource,
    /// `permission_for_actions`
    PermissionForActions,
    /// `sharing_status`
    SharingStatus,
    /// `owner_business`
    OwnerBusiness,
    /// `datafile_custom_audience_uploading_status`
    UploadingStatus,
    /// `is_eligible_for_sac_campaigns`
    IsEligibleForSpecialAds,
    /// `lookalike_spec`
    LookalikeSpec,
}

impl AudienceField {
    /// The fields that are read when none is named.
    pub const DEFAULT: [Self; 18] = [
        Self::AccountId,
        Self::Name,
        Self::Description,
        Self::Subtype,
        Self::CustomerFileSource,
        Self::DeliveryStatus,
        Self::OperationStatus,
        Self::CountLowerBound,
        Self::CountUpperBound,
        Self::RetentionDays,
        Self::IsValueBased,
        Self::OptOutLink,
        Self::TimeCreated,
        Self::TimeUpdated,
        Self::TimeContentUpdated,
        Self::DeleteTime,
        Self::LookalikeAudienceIds,
        Self::DataSource,
    ];

    /// Returns Facebook's name of the field.
    ///
    /// ```
    /// use audiencekit::facebook::AudienceField;
    ///
    /// assert_eq!(AudienceField::CountLowerBound.as_str(), "approximate_count_lower_bound");
    /// assert!(AudienceField::DEFAULT.contains(&AudienceField::Name));
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountId => "account_id",
            Self::Name => "name",
            Self::Description => "description",
            Self::Subtype => "subtype",
            Self::CustomerFileSource => "customer_file_source",
            Self::DeliveryStatus => "delivery_status",
            Self::OperationStatus => "operation_status",
            Self::CountLowerBound => "approximate_count_lower_bound",
            Self::CountUpperBound => "approximate_count_upper_bound",
            Self::RetentionDays => "retention_days",
            Self::IsValueBased => "is_value_based",
            Self::OptOutLink => "opt_out_link",
            Self::Labels => "audience_labels",
            Self::TimeCreated => "time_created",
            Self::TimeUpdated => "time_updated",
            Self::TimeContentUpdated => "time_content_updated",
            Self::DeleteTime => "delete_time",
            Self::LookalikeAudienceIds => "lookalike_audience_ids",
            Self::FieldsViolatingIntegrityPolicy => "fields_violating_integrity_policy",
            Self::DataSource => "data_source",
            Self::PermissionForActions => "permission_for_actions",
            Self::SharingStatus => "sharing_status",
            Self::OwnerBusiness => "owner_business",
            Self::UploadingStatus => "datafile_custom_audience_uploading_status",
            Self::IsEligibleForSpecialAds => "is_eligible_for_sac_campaigns",
            Self::LookalikeSpec => "lookalike_spec",
        }
    }
}

/// How to read one audience: its fields, and the account that reads it.
///
/// Source: Custom Audience reference, parameters of reading (read 2026-09-12).
///
/// ```
/// use audiencekit::facebook::{AudienceField, AudienceQuery};
///
/// let recipient = "act_1234567890".parse()?;
/// let query = AudienceQuery::new().fields([AudienceField::SharingStatus]).seen_by(recipient);
/// assert_eq!(query.fields.len(), 1);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AudienceQuery {
    /// The fields to read. Empty means [`AudienceField::DEFAULT`].
    pub fields: Vec<AudienceField>,
    /// The account that reads a shared audience (`ad_account_id`).
    pub seen_by: Option<AccountId>,
    /// The special ad categories that the audience is meant for, such as `HOUSING`.
    pub special_ad_categories: Vec<String>,
    /// The countries of those categories, ISO 3166-1 alpha-2.
    pub special_ad_category_countries: Vec<String>,
    /// The countries in which ads will be shown.
    pub target_countries: Vec<String>,
}

impl AudienceQuery {
    /// Creates a query of the default fields as the owner sees them.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds fields to read. Defaults to [`AudienceField::DEFAULT`].
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = AudienceField>) -> Self {
        self.fields.extend(fields);
        self
    }

    /// Reads the audience as an account sees it that it is shared with.
    #[must_use]
    pub fn seen_by(mut self, account: AccountId) -> Self {
        self.seen_by = Some(account);
        self
    }
}

/// The value of `fields`: `id` and the fields, or the default ones when none is named.
pub(in crate::facebook) fn field_list(fields: &[AudienceField]) -> String {
    let fields = if fields.is_empty() { &AudienceField::DEFAULT } else { fields };
    let mut list = String::from("id");
    for field in fields {
        list.push(',');
        list.push_str(field.as_str());
    }
    list
}
