//! An audience's life: built, checked, saved, watched, edited, deleted.
//!
//! [`AudienceBuilder`] makes an [`AudienceDraft`], which is checked; [`AudienceDraft::save`] makes an [`Audience`],
//! which has an id at Facebook. What fills an audience takes only the last of the three.

#[expect(clippy::module_inception, reason = "the file holds the type of that name")]
mod audience;
mod availability;
mod builder;
mod check;
mod definition;
mod draft;
mod edit;
mod lint;
mod list;
mod management;
mod size;
mod wait;

pub use audience::Audience;
pub use availability::{AudienceStatus, Availability};
pub use builder::AudienceBuilder;
pub use draft::{AudienceDraft, OnNameConflict};
pub use edit::AudienceEdit;
pub use list::{AudienceSummary, list};
pub use management::{ContactManagement, Refresh};
pub use size::{EstimatedSize, MinimumSize};
pub use wait::PollOptions;
