//! Custom Audiences: create, list, poll, edit and delete them.
//!
//! [`Audience::builder`] takes a name, a description, an ad account and how contacts enter the audience, and validates
//! all settings at once. The result is an [`AudienceDraft`]. [`AudienceDraft::save`] creates the audience at Facebook,
//! still empty, and returns an [`Audience`], which has an id. Everything that fills an audience takes an [`Audience`],
//! so an audience cannot be filled before it is saved.
//!
//! | [`ContactManagement`] and [`Refresh`] | members |
//! |---|---|
//! | `Group` with `Never` (default) | the contacts that the segments select in the first run; later changes have no effect |
//! | `Group` with `Mirror` | follow the segments: each run adds and removes the difference |
//! | `Automation` | added and removed one by one by rules and workflows |
//!
//! ```
//! use audiencekit::audience::{Audience, Availability, ContactManagement};
//! use audiencekit::MockClient;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> audiencekit::Result<()> {
//! let facebook = MockClient::new();
//! let draft = Audience::builder()
//!     .name("VIP customers").description("Two purchases in 90 days").account(facebook.fake().account())
//!     .contacts(ContactManagement::Automation)
//!     .build()?;
//! let audience = draft.save(&facebook).await?;
//! assert_eq!(audience.status(&facebook).await?.availability, Availability::Empty);
//! # Ok(())
//! # }
//! ```
//!
//! Facebook stores neither segments nor refresh modes, so serialize the [`Audience`] and store it. [`crate::sync`]
//! uploads its members, [`Audience::wait_until_ready`] waits until ads can use it, and [`Availability::next_step`] says
//! what to do if they cannot. The [Facebook setup](crate::_documentation::facebook_setup) guide lists what an account
//! needs.

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
pub use list::AudienceSummary;
pub use management::{ContactManagement, Refresh};
pub use size::{EstimatedSize, MinimumSize};
pub use wait::PollOptions;
