//! Changes of a saved audience.

use super::audience::Audience;
use super::check;
use super::lint::lint;
use crate::error::{FieldError, Result, ValidationErrors};
use crate::facebook::{AudienceLabel, AudiencePatch, CustomerFileSource, FacebookClient};

/// What to change in a saved audience; what is not set stays.
///
/// The ad account, the kind and whether it is value-based cannot be changed. Source: Custom Audience reference,
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
    changes: AudiencePatch,
}

impl AudienceEdit {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.changes.name = Some(name.into().trim().to_owned());
        self
    }

    /// A new description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.changes.description = Some(description.into().trim().to_owned());
        self
    }

    /// A new source.
    pub fn customer_file_source(mut self, source: CustomerFileSource) -> Self {
        self.changes.customer_file_source = Some(source);
        self
    }

    /// A new retention, 1 to 180 days.
    pub fn retention_days(mut self, days: u16) -> Self {
        self.changes.retention_days = Some(days);
        self
    }

    /// A new opt-out link.
    pub fn opt_out_link(mut self, link: impl Into<String>) -> Self {
        self.changes.opt_out_link = Some(link.into());
        self
    }

    /// New labels, instead of all old ones.
    pub fn labels(mut self, labels: impl IntoIterator<Item = impl Into<AudienceLabel>>) -> Self {
        self.changes.labels = Some(labels.into_iter().map(Into::into).collect());
        self
    }

    /// Checks the changes without sending them.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem.
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

    /// What could go wrong though nothing is, as [`AudienceDraft::warnings`](super::draft::AudienceDraft::warnings).
    #[must_use]
    pub fn warnings(&self) -> Vec<FieldError> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        lint([("name", &text(&self.changes.name)), ("description", &text(&self.changes.description))])
    }
}

impl Audience {
    /// Changes the audience at Facebook, then here. Nothing is sent when nothing is set.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem; what Facebook refuses. The audience
    /// is then as it was here.
    pub async fn edit<C: FacebookClient + ?Sized>(&mut self, client: &C, edit: &AudienceEdit) -> Result<()> {
        edit.check()?;
        if *edit == AudienceEdit::default() {
            return Ok(());
        }
        client.update_audience(&self.id, &edit.changes).await?;
        if let Some(name) = &edit.changes.name {
            self.name.clone_from(name);
        }
        if let Some(description) = &edit.changes.description {
            self.description.clone_from(description);
        }
        Ok(())
    }
}
