//! Contract suites: what every implementation of a trait of this crate must do (feature `testing`).
//!
//! [`client_contract`] checks an implementation of [`FacebookClient`](crate::FacebookClient), for example one of your
//! own, with the same checks that [`GraphClient`](crate::GraphClient) and [`MockClient`](crate::MockClient) pass.
//! [`store_contract`] checks an implementation of [`Store`](crate::store::Store). To
//! test your application, you need no suite, only a [`MockClient`](crate::MockClient):
//!
//! ```
//! use audiencekit::facebook::{FacebookClient, NewAudience};
//! use audiencekit::MockClient;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> audiencekit::Result<()> {
//! let facebook = MockClient::new();
//! facebook.fake().inject("error=190/463@create_audience:1".parse()?); // the token has expired
//! let (account, vip) = (facebook.fake().account(), NewAudience::new("VIP", "Gold card"));
//! let error = facebook.create_audience(&account, &vip).await.unwrap_err();
//! assert_eq!(error.kind(), audiencekit::ErrorKind::Token);
//! # Ok(())
//! # }
//! ```
//!
//! The [testing](crate::_documentation::testing) guide covers faults, virtual time, inspection and the fake server for
//! other languages.

pub mod client_contract;
pub mod store_contract;
