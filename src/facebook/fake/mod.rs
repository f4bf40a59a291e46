//! A fake Facebook for tests: the audience part of the Graph API as a state machine, in process and over HTTP.
//!
//! - [`MockClient`] is the production client over a [`Fake`] in the same process. Most tests need only this.
//! - [`Fake`] is the handle: it arranges accounts, tokens and [faults](FaultRule), moves time, and shows what came.
//! - `FakeServer` (feature `fake-server`) serves a fake over HTTP to clients in any language.
//!
//! The fake is strict: it refuses what Facebook does not know. It keeps audiences, members, upload sessions, tokens and
//! quotas, and has its own clock. It shows who is in an audience, which calls came, and whether plain personal data or a
//! token in a URL ever arrived. [`FakeSettings`] chooses where Facebook leaves room. The
//! [testing](crate::_documentation::testing) guide is the introduction.
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
//! # Differences from Facebook
//! The behaviour is taken from Facebook's pages as of 2026-09-12 and from recordings of 2020 to 2021. Nothing was checked
//! against the live service. Known differences:
//! - Unknown parameters are refused; Facebook ignores many of them ([`FakeSettings::strict`]).
//! - Of the reasons in `invalid_entry_samples` only "empty external ID" is Facebook's own. What else counts as
//!   invalid, apart from wrong hashing, is a guess.
//! - A batch of a session may be sent again with its own number, even the last one; Facebook does not document this.
//! - Limits of name and description, the refusal of a 501st audience, and the codes for a broken session order are
//!   made up; Facebook publishes none.
//! - A member is a row. A removal removes the same row, or if there is none, every row that has all its cells.
//! - Matching knows the keys that [`SyntheticPopulation`] lists and is certain; Facebook's is neither.
//! - Quotas count calls, not processor time; percentages of time are half of those of calls.
//! - Sizes are final once an upload becomes visible; real ones change for a day.
//! - Only customer files and lookalikes exist; lookalikes stay empty. The only ads are those that a
//!   test [adds](Fake::advertise); pixels, rules, salts and estimates do not exist.
//! - Codes 32 and 613 without subcode occur only by [`Fault::Error`], since their triggers are not published. The triggers
//!   of 1487301 and 1487366 are known from other connectors, not from Facebook.
//! - Any token with `ads_management` can accept the terms; at Facebook a system user cannot.
//! - Calls to expired versions get 2635; Facebook may upgrade them instead.

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
pub(super) mod scenario;
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
