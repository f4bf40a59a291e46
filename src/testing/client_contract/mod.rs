//! What every [`FacebookClient`](crate::FacebookClient) must do, as checks that run on the mock, over a socket, and on
//! Facebook itself.
//!
//! Give each check a [`Subject`] of its own. Checks that control the other side (faults, clock, terms, members) need its
//! [`Fake`](crate::facebook::fake::Fake); without one they do not run and return `Ok(false)`.
//!
//! ```
//! use audiencekit::MockClient;
//! use audiencekit::testing::client_contract::{Subject, checks};
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! for check in checks() {
//!     let mock = MockClient::new();
//!     let fake = mock.fake().clone();
//!     let outcome = check.run(Subject::faked(Arc::new(mock), fake)).await;
//!     assert_eq!(outcome, Ok(true), "{}", check.name());
//! }
//! # }
//! ```

pub(super) mod accounts;
pub(super) mod audiences;
pub(super) mod bench;
pub(super) mod check;
pub(super) mod failures;
pub(super) mod members;
pub(super) mod outcome;
pub(super) mod uploads;

pub use check::{Check, Subject};

/// Returns every check, always in the same order.
///
/// ```
/// use audiencekit::testing::client_contract::checks;
///
/// assert!(checks().any(|check| !check.needs_fake())); // those also run against Facebook itself
/// ```
pub fn checks() -> impl Iterator<Item = Check> {
    [accounts::CHECKS, audiences::CHECKS, members::CHECKS, failures::CHECKS].into_iter().flatten().copied()
}
