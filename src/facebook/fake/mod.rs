//! A fake Facebook: one state machine of the Graph API's audience part, in process and over HTTP.
//!
//! It is strict (what Facebook does not know is refused), stateful (audiences, members, sessions, quotas), has a
//! clock of its own, takes seeded faults, and can be looked into: who is in an audience, which calls came, and
//! whether plain personal data or a token in a URL was ever seen.
//!
//! ```
//! use audiencekit::facebook::fake::{Fake, FakeRequest};
//!
//! let fake = Fake::new();
//! let call = FakeRequest::new("GET", "/v26.0/act_1234567890?fields=name,account_status").bearer(fake.token());
//! let reply = fake.handle(&call);
//! assert_eq!(reply.status, 200);
//! assert_eq!(reply.json()["account_status"], 1);
//! ```
//!
//! # Known differences to the real thing
//! Facebook's behaviour is taken from its pages as of 2026-09-12 and from recordings of 2020 to 2021; nothing here was
//! checked against the live service. Beyond that:
//! - Unknown parameters are refused; Facebook ignores many of them ([`FakeSettings::strict`]).
//! - Of the reasons in `invalid_entry_samples` only "empty external ID" is Facebook's own; what counts as invalid
//!   beyond that and wrong hashing is a guess.
//! - A batch of a session may be sent again with its own number, also the last one; Facebook does not say.
//! - Limits of name and description, the refusal of a 501st audience, and the codes for a broken session order are
//!   made up; Facebook publishes none.
//! - A member is a row. A removal takes the very row, or where there is none, every row that has all its cells.
//! - Matching knows the keys that [`SyntheticPopulation`] lists and is certain; Facebook's is neither.
//! - Quotas count calls, not processor time; the percentages of time are half of those of calls.
//! - Sizes settle at once when the transition ends; the real ones move for a day.
//! - Only customer files and lookalikes exist; lookalikes stay empty. Of ads there are only those that a test
//!   [adds](Fake::advertise); pixels, rules, salts and estimates do not exist.
//! - Codes 32 and 613 without subcode come only by [`Fault::Error`]: what triggers them is not published. What triggers
//!   1487301 and 1487366 is known from connectors of others, not from Facebook.
//! - Terms are accepted by any token with `ads_management`; a system user cannot at Facebook.
//! - Expired versions answer 2635; Facebook may upgrade the call instead.

pub(super) mod edge;
pub(super) mod fault;
pub(super) mod front;
pub(super) mod handle;
pub(super) mod inspect;
pub(super) mod log;
pub(super) mod model;
pub(super) mod policy;
pub(super) mod privacy_alarm;
pub(super) mod random;
pub(super) mod serve;
pub(super) mod settings;
pub(super) mod state;
pub(super) mod wire;

pub use fault::{Fault, FaultRule};
pub use front::mock::MockClient;
#[cfg(feature = "fake-server")]
pub use front::server::{FakeServer, RunningServer};
pub use handle::Fake;
pub use log::{Call, Edge};
pub use model::members::MembershipEvent;
pub use model::population::SyntheticPopulation;
pub use privacy_alarm::{AlarmKind, PrivacyViolation};
pub use settings::{
    AppLimitCode, DeletedCode, FakeSettings, FlaggedEdit, ReadyAfter, ScoreCode, SizeModel, TermsCode,
};
pub use wire::http::{FakeReply, FakeRequest, FaultDelivery};
