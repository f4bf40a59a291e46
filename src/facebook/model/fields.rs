//! Which fields of an audience to read.

/// A field of an audience that can be asked for.
///
/// Facebook gives only `id` unless fields are named, and some fields fail the whole read for some tokens, so ask for
/// what you need.
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
}

impl AudienceField {
    /// What is read when no field is named.
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

    /// Facebook's name.
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
        }
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
