//! Changes to a saved audience.

use super::check;
use super::lint::lint;
use crate::error::{FieldError, Result, ValidationErrors};
use crate::facebook::{AudienceLabel, AudiencePatch, CustomerFileSource};

/// Changes to a saved audience. Settings that are not set stay as they are.
///
/// The ad account, the kind and whether the audience is value-based cannot be changed. Source: Custom Audience reference,
/// developers.facebook.com (read 2026-09-12).
///
/// ```
/// use audiencekit::audience::AudienceEdit;
///
/// let edit = AudienceEdit::new().name("VIP customers 2027").retention_days(90);
/// assert!(edit.check().is_ok());
/// assert_eq!(AudienceEdit::new().name(" ").retention_days(0).check().unwrap_err().problems().len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct AudienceEdit {
    pub(super) changes: AudiencePatch,
}

impl AudienceEdit {
    /// Creates an edit that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a new name. At most 255 characters; surrounding whitespace is trimmed.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.changes.name = Some(name.into().trim().to_owned());
        self
    }

    /// Sets a new description. At most 1,000 characters; surrounding whitespace is trimmed.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.changes.description = Some(description.into().trim().to_owned());
        self
    }

    /// Sets where the customer data comes from.
    pub fn customer_file_source(mut self, source: CustomerFileSource) -> Self {
        self.changes.customer_file_source = Some(source);
        self
    }

    /// Sets how many days a member stays without being sent again: 1 to 180.
    pub fn retention_days(mut self, days: u16) -> Self {
        self.changes.retention_days = Some(days);
        self
    }

    /// Sets the link with which people opt out, such as `https://example.com/opt-out`.
    pub fn opt_out_link(mut self, link: impl Into<String>) -> Self {
        self.changes.opt_out_link = Some(link.into());
        self
    }

    /// Replaces all labels with these.
    ///
    /// ```
    /// use audiencekit::audience::AudienceEdit;
    ///
    /// assert!(AudienceEdit::new().labels(["HIGH_VALUE_CUSTOMERS"]).check().is_ok());
    /// assert!(AudienceEdit::new().labels(["high value"]).check().is_err());
    /// ```
    pub fn labels(mut self, labels: impl IntoIterator<Item = impl Into<AudienceLabel>>) -> Self {
        self.changes.labels = Some(labels.into_iter().map(Into::into).collect());
        self
    }

    /// Checks the changes without sending them.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem.
    ///
    /// ```
    /// use audiencekit::audience::AudienceEdit;
    ///
    /// let error = AudienceEdit::new().retention_days(365).check().unwrap_err();
    /// assert_eq!(error.problems()[0].field, "retention_days");
    /// ```
    pub fn check(&self) -> Result<()> {
        let mut problems = ValidationErrors::new("edit audience");
        if let Some(name) = &self.changes.name {
            check::text("name", name, check::NAME_CHARS, &mut problems);
        }
        if let Some(description) = &self.changes.description {
            check::text("description", description, check::DESCRIPTION_CHARS, &mut problems);
        }
        check::retention(self.changes.retention_days, &mut problems);
        check::opt_out_link(self.changes.opt_out_link.as_deref(), &mut problems);
        check::labels(self.changes.labels.as_deref().unwrap_or(&[]), &mut problems);
        problems.into_result()
    }

    /// Returns warnings that do not prevent the edit, like [`AudienceDraft::warnings`](super::draft::AudienceDraft::warnings).
    ///
    /// ```
    /// use audiencekit::audience::AudienceEdit;
    ///
    /// let warnings = AudienceEdit::new().name("Diabetes newsletter").warnings();
    /// assert_eq!(warnings[0].code, "may_be_flagged");
    /// ```
    #[must_use]
    pub fn warnings(&self) -> Vec<FieldError> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        lint([("name", &text(&self.changes.name)), ("description", &text(&self.changes.description))])
    }
}
