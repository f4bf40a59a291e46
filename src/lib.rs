//! Turns a service's contacts into Facebook (Meta) Custom Audiences: select, count, normalize, hash, create, upload,
//! keep in step. And a faithful fake Facebook to test all of it against.
//!
//! ```
//! use audiencekit::{AudienceBuilder, JsonLinesSource, MockClient, Schema, Segment, Selector, SyncEngine};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> audiencekit::Result<()> {
//! let schema = Schema::standard();
//! let people = JsonLinesSource::from_bytes(
//!     r#"{"id": "1", "email": "Ada@Example.com", "score": 70, "tags": ["vip"]}
//!        {"id": "2", "phone": "+48 601 000 001", "score": 90, "tags": ["vip"], "opted_out": true}
//!        {"id": "3", "email": "n/a", "score": 80, "tags": ["gold"]}"#,
//!     &schema,
//! );
//! let facebook = MockClient::new(); // in production GraphClient::builder(token).build()?
//!
//! let vip = Segment::builder("VIP")
//!     .include(Selector::tag_any(["vip", "gold"]))
//!     .exclude(Selector::email_opted_out())
//!     .filter("score >= 50")
//!     .build(&schema)?;
//! let audience = AudienceBuilder::new()
//!     .name("VIP customers").description("Tagged and active").account(facebook.fake().account())
//!     .contacts(vip)
//!     .build()?
//!     .save(&facebook).await?;
//!
//! let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
//! let report = engine.run(&audience).await?;
//! assert_eq!((report.contacts.read, report.contacts.selected, report.added.accepted), (3, 2, 1));
//! assert_eq!(facebook.fake().members(audience.id()).len(), 1); // "n/a" is nobody's address
//! # Ok(())
//! # }
//! ```
//!
//! # The way of a contact
//!
//! | step | module | begin with |
//! |---|---|---|
//! | a record and its declared fields | [`contact`] | [`Schema`], [`Contact`] |
//! | where records come from | [`source`] | [`CsvSource`](source), [`JsonLinesSource`], [`MemorySource`], your own [`ContactSource`] |
//! | who is meant, and how many | [`segment`] | [`Segment`], [`Selector`], [`Filter`], [`Segment::count`] |
//! | match keys, normalized and hashed | [`identity`] | [`KeyMap`], [`MatchKey`] |
//! | Facebook, real or fake | [`facebook`] | [`FacebookClient`], [`GraphClient`], [`MockClient`] |
//! | the audience and its life | [`audience`] | [`AudienceBuilder`], [`Audience`] |
//! | plan, send, resume, mirror, erase | [`sync`] | [`SyncEngine`], [`SyncPlan`], [`SyncReport`] |
//! | as things happen | [`automation`] | rules, workflows and their engine |
//!
//! # What leaves the process
//!
//! SHA-256 digests, the few keys that Facebook wants in clear if you map them, and the audience's name and description;
//! to Facebook and nowhere else. [`facebook`] cannot name a contact: all it can send are the rows of [`identity`]. No
//! error, log line, `Debug` or URL holds a person or a token.
//!
//! # What the host keeps
//!
//! Time comes in through a [`Clock`], threads and the async executor are the host's, and nothing is read from the
//! environment. There is no global state.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `http` | yes | [`GraphClient`] over reqwest, without TLS; turns on `tokio` |
//! | `rustls` | yes | TLS for `http` by rustls and aws-lc; used where `native-tls` is on too |
//! | `native-tls` | | TLS for `http` by OpenSSL, Secure Transport or SChannel |
//! | `csv` | yes | reading CSV |
//! | `tokio` | by `http` | `SystemClock` |
//! | `fake-server` | | the fake Facebook behind a socket |
//! | `sqlite` | | ledger, journal and automation state in one SQLite file; SQLite is compiled in |
//! | `tracing` | | spans |
//! | `testing` | | the contract suites |
//!
//! Features only add. Without default features the core has none of reqwest, url, hyper, tokio and rustls. `http` without
//! `rustls` or `native-tls` refuses `https` when the client is built.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
// Data must not be able to reach a panic, nor anything a terminal. Tests and examples may.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

pub mod _documentation;
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
pub use clock::{Clock, ManualClock, TimeZone};
pub use contact::{Contact, Schema};
pub use error::{ApiError, Error, ErrorKind, FieldError, Result, ValidationErrors};
pub use facebook::fake::MockClient;
pub use facebook::{AccessToken, AccountId, AppSecret, AudienceId, FacebookClient, GraphClient};
pub use identity::{KeyMap, MatchKey};
pub use segment::{EvaluationTime, Filter, Segment, SegmentCount, Selector};
#[cfg(feature = "csv")]
pub use source::CsvSource;
pub use source::{ContactSource, JsonLinesSource, MemorySource};
#[cfg(feature = "sqlite")]
pub use sync::SqliteLedger;
pub use sync::{MemoryLedger, SyncEngine, SyncMode, SyncPlan, SyncReport, SyncTarget};

/// The programs of the README compile and keep compiling.
#[cfg(all(doctest, feature = "http", feature = "csv", feature = "sqlite"))]
#[doc = include_str!("../README.md")]
struct Readme;
