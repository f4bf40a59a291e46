//! Facebook Custom Audiences from your contacts.

#![forbid(unsafe_code)]
// Data must not be able to reach a panic, nor anything a terminal. Tests and examples may.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

pub mod audience;
pub mod automation;
pub mod clock;
pub mod contact;
pub mod error;
pub mod facebook;
pub mod identity;
pub mod segment;
pub mod source;
pub mod sync;
#[cfg(feature = "testing")]
pub mod testing;

pub use audience::{Audience, AudienceBuilder, ContactManagement, Refresh};
#[cfg(feature = "tokio")]
pub use clock::SystemClock;
pub use clock::{Clock, ManualClock, Zone};
pub use contact::{Contact, Schema};
pub use error::{ApiError, Error, ErrorKind, Problem, Result, ValidationErrors};
pub use facebook::fake::MockClient;
pub use facebook::{AccessToken, AccountId, AppSecret, AudienceId, FacebookClient, GraphClient};
pub use identity::{KeyMap, MatchKey};
pub use segment::{Count, EvaluationTime, Filter, Segment, Selector};
#[cfg(feature = "csv")]
pub use source::CsvSource;
pub use source::{ContactSource, JsonLinesSource, MemorySource};
pub use sync::{MemoryLedger, Mode, Plan, Report, SyncEngine, SyncTarget};
