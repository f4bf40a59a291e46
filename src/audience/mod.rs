//! Custom Audiences: build, save, watch, edit and delete them.
//!
//! [`AudienceBuilder`] collects a name, a description, an ad account and how contacts get in, and checks all of it at
//! once. The result is an [`AudienceDraft`]. [`AudienceDraft::save`] creates the audience at Facebook, still empty, and
//! returns an [`Audience`], which has an id. Whatever fills an audience takes an [`Audience`] only, so saving first
//! cannot be forgotten.
//!
//! | [`ContactManagement`] and [`Refresh`] | members |
//! |---|---|
//! | `Group` with `Never` (default) | the contacts that the segments select at the first run; later changes of contacts have no effect |
//! | `Group` with `Mirror` | follow the segments: each run adds and removes the difference |
//! | `Automation` | added and removed one by one by rules and workflows |
//!
//! ```
//! use audiencekit::audience::{AudienceBuilder, Availability, ContactManagement};
//! use audiencekit::MockClient;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> audiencekit::Result<()> {
//! let facebook = MockClient::new();
//! let draft = AudienceBuilder::new()
//!     .name("VIP customers").description("Two purchases in 90 days").account(facebook.fake().account())
//!     .contacts(ContactManagement::Automation)
//!     .build()?;
//! let audience = draft.save(&facebook).await?;
//! assert_eq!(audience.status(&facebook).await?.availability, Availability::Empty);
//! # Ok(())
//! # }
//! ```
//!
//! Facebook stores neither segments nor modes: serialize the [`Audience`] and keep it. [`crate::sync`] uploads its
//! members, [`Audience::wait_until_ready`] waits until ads can use it, and [`Availability`] says what to do if they
//! cannot. See the [Facebook setup](crate::_documentation::facebook_setup) guide for what an account needs.

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
