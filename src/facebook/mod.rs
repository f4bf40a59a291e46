//! A client for the Custom Audience part of Facebook's Graph API, and a fake Facebook to test with.
//!
//! [`FacebookClient`] is the trait that the rest of the crate uses. [`GraphClient`] implements it over any
//! [`Transport`](transport::Transport), with retries, pacing by Facebook's usage headers, and typed errors; it also has
//! what the trait does not: tokens, terms, business accounts, sharing, lookalikes, sessions, health, ads that use an
//! audience. [`MockClient`](fake::MockClient) is the same client over a fake Facebook in the process.
//!
//! ```
//! use audiencekit::facebook::{FacebookClient, NewAudience};
//! use audiencekit::MockClient;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> audiencekit::Result<()> {
//! let facebook = MockClient::new(); // in production: GraphClient::builder(token).build()?
//! let account = facebook.fake().account();
//! let id = facebook.create_audience(&account, &NewAudience::new("VIP", "Gold card")).await?;
//! assert_eq!(facebook.audience(&id).await?.name.as_deref(), Some("VIP"));
//! # Ok(())
//! # }
//! ```
//!
//! This module cannot name a contact. All it can send are [`MatchRows`](crate::identity::MatchRows), which hold
//! digests.
//!
//! Facebook's batch endpoint is not used: each call of a batch counts against the quotas as if it came alone, and an
//! upload fills a call by itself (source: asynchronous and batch requests, read 2026-09-12). Salted uploads and
//! estimates for targeting specs are left out: the former are not documented and the latter are not about audiences.
//!
//! Guides: [Facebook setup](crate::_documentation::facebook_setup), [errors](crate::_documentation::errors),
//! [testing](crate::_documentation::testing).

mod auth;
mod client;
mod credentials;
mod edges;
mod facebook_client;
pub mod fake;
mod ids;
mod model;
pub mod transport;
mod version;
mod wire;

pub use auth::account::{AccountWarning, AuthorizationDenied, AuthorizedAccount};
pub use auth::system_user::TokenLifetime;
pub use auth::token::{GranularScope, IssuedToken, TokenInfo};
pub(crate) use client::bisect::upload_bisecting;
pub use client::bisect::{BisectedUpload, MemberOperation};
pub use client::builder::GraphClientBuilder;
pub use client::graph_client::GraphClient;
pub use client::listing::Listing;
pub use client::observer::{ClientEvent, ClientObserver};
pub use client::pacer::Pacer;
pub use client::quota::{PacerState, Quota, QuotaKey};
pub use client::retry::RetryPolicy;
pub use client::usage_headers::{AccessTier, UsageHeaders, UseCaseUsage};
pub use credentials::appsecret_proof::AppSecretProof;
pub use credentials::secret::{AccessToken, AppSecret};
pub use edges::ads::AudienceAd;
pub use edges::business::BusinessAccounts;
pub use edges::lookalike::{LookalikeLocations, LookalikeSpec, LookalikeType};
pub use edges::sessions::{HealthQuery, UploadSession};
pub use edges::sharing::{SharePermission, ShareRequest, Shared, SharedAccount};
pub use edges::terms::AudienceTerms;
pub use facebook_client::FacebookClient;
#[doc(hidden)]
pub use facebook_client::SealedClient;
pub use ids::{AccountId, AudienceId, BusinessId, SessionId, SystemUserId};
pub use model::account::{AccountStatus, AdAccount};
pub use model::audience::{
    AudiencePatch, CustomAudience, CustomerFileSource, DataSource, NewAudience, Status,
};
pub use model::fields::{AudienceField, AudienceQuery};
pub use model::json_value::JsonValue;
pub use model::label::AudienceLabel;
pub use model::list::{ListFilter, ListRequest, Page};
pub use model::lookalike::{LookalikeOrigin, LookalikeRead};
pub(crate) use model::send_gate::SendGate;
pub use model::upload::{InvalidEntry, Session, Upload, UploadOptions, UploadReceipt};
pub use version::GraphVersion;
pub use wire::codes;
pub use wire::request::{Body, GraphRequest, Method};
pub use wire::response::GraphResponse;
