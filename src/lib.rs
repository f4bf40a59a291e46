//! Turn the contacts of a service into Facebook (Meta) Custom Audiences, and keep them in step.
//!
//! audiencekit is the whole path as a library that you embed: it reads contacts, selects them with segments, normalizes
//! and hashes their identifiers, creates the audience, uploads its members, and adds and removes the difference later.
//! It also brings a faithful fake Facebook, in the process and over HTTP, so that all of this can be tested without an
//! account.
//!
//! What it takes care of:
//!
//! - **Correct matching.** Identifiers are normalized as Facebook documents it, phone numbers of all countries
//!   included.
//! - **Delivery that converges.** After a crash, a lost reply or a retry, the next run ends with the members that were
//!   asked for.
//! - **Privacy.** Only digests leave the process; the module that talks to Facebook cannot name a contact.
//! - **Facebook's limits.** Calls are filled, paced by the usage headers, retried when that is safe, and split when a
//!   row is bad.
//! - **Automation.** Rules and workflows add and remove contacts as things happen.
//!
//! New here? Begin with the [tutorial](_documentation::tutorial). To prepare an account, see [Facebook
//! setup](_documentation::facebook_setup).
//!
//! # Example
//!
//! Select customers and upload them. [`MockClient`] is the production client over a fake Facebook; in production, use
//! `GraphClient::builder(token).build()?`, which implements the same trait.
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
//! let vip = Segment::builder("VIP")
//!     .include(Selector::tag_any(["vip", "gold"]))
//!     .exclude(Selector::email_opted_out())
//!     .filter("score >= 50")
//!     .build(&schema)?;
//!
//! let facebook = MockClient::new();
//! let audience = AudienceBuilder::new()
//!     .name("VIP customers").description("Tagged and active").account(facebook.fake().account())
//!     .contacts(vip)
//!     .build()?
//!     .save(&facebook).await?;
//!
//! let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
//! let report = engine.run(&audience).await?;
//! assert_eq!((report.contacts.read, report.contacts.selected, report.added.accepted), (3, 2, 1));
//! assert_eq!(facebook.fake().members(audience.id()).len(), 1); // "n/a" is not an address
//! # Ok(())
//! # }
//! ```
//!
//! # Data flow
//!
//! | step | module | start with |
//! |---|---|---|
//! | describe contacts | [`contact`] | [`Schema`], [`Contact`] |
//! | read them | [`source`] | `CsvSource`, [`JsonLinesSource`], [`MemorySource`], [`RecordSource`](source::RecordSource), or your own [`ContactSource`] |
//! | select and count | [`segment`] | [`Segment`], [`Selector`], [`Filter`], [`Segment::count`] |
//! | normalize and hash | [`identity`] | [`KeyMap`], [`MatchKey`] |
//! | talk to Facebook, real or fake | [`facebook`] | [`FacebookClient`], [`GraphClient`], [`MockClient`] |
//! | create and watch an audience | [`audience`] | [`AudienceBuilder`], [`Audience`] |
//! | keep what must be remembered | [`store`] | [`Store`](store::Store), [`MemoryStore`](store::MemoryStore) |
//! | plan, upload, mirror, erase | [`sync`] | [`SyncEngine`], [`SyncPlan`], [`SyncReport`] |
//! | react to events | [`automation`] | [`AutomationEngine`](automation::AutomationEngine), rules, workflows |
//!
//! Each module can be used without those above it: count a segment without a Facebook account, normalize a file without
//! uploading it, or use the client alone.
//!
//! # Keeping an audience in step
//!
//! By default, an audience is a snapshot. With [`Refresh::Mirror`], each run adds who is newly selected and removes who
//! is no longer. A ledger remembers what was uploaded: in memory by default, or in a SQLite file with the feature
//! `sqlite`. Plan a run before you make it:
//!
//! ```
//! use audiencekit::{AudienceBuilder, MockClient, Refresh, Schema, Segment, Selector, SyncEngine};
//! # use audiencekit::{Contact, MemorySource};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> audiencekit::Result<()> {
//! # let schema = Schema::standard();
//! # let facebook = MockClient::new();
//! # let people = MemorySource::new(&schema, vec![Contact::builder(&schema).email("ada@example.com").build()?]);
//! let everyone = Segment::builder("everyone").include(Selector::all()).build(&schema)?;
//! let audience = AudienceBuilder::new()
//!     .name("Customers").description("All of them").account(facebook.fake().account())
//!     .contacts(everyone).refresh(Refresh::Mirror)
//!     .build()?
//!     .save(&facebook).await?;
//!
//! let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
//! let plan = engine.plan(&audience).await?; // reads the contacts, sends nothing
//! assert_eq!((plan.add, plan.remove, plan.calls), (1, 0, 1));
//! let report = engine.apply(&audience, &plan).await?; // does exactly that, or refuses
//! assert_eq!(report.members, Some(1));
//! # Ok(())
//! # }
//! ```
//!
//! A run that would remove more than 30 % of the members is refused, and so is one that would remove all. See
//! [delivery](_documentation::delivery) for what is promised and what is not.
//!
//! # Testing
//!
//! The fake Facebook is a state machine with accounts, audiences, members, quotas and a virtual clock. It fails on
//! demand:
//!
//! ```
//! use audiencekit::facebook::{FacebookClient, ListRequest};
//! use audiencekit::MockClient;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> audiencekit::Result<()> {
//! let facebook = MockClient::new();
//! facebook.fake().inject("html=500@list_accounts:first=2".parse()?); // two outages; the client retries
//! assert_eq!(facebook.ad_accounts(&ListRequest::new()).await?.items.len(), 1);
//! assert_eq!(facebook.fake().calls().len(), 3);
//! # Ok(())
//! # }
//! ```
//!
//! See the [testing](_documentation::testing) guide, also for tests in other languages.
//!
//! # What leaves your process
//!
//! SHA-256 digests of identifiers, the keys that Facebook takes in clear (such as `EXTERN_ID`) if you map them, and the
//! name and description of the audience; to Facebook and nowhere else. No error, log line, `Debug` output or URL
//! contains personal data or a token. See [privacy](_documentation::privacy).
//!
//! # What your application provides
//!
//! Contacts, an access token, an async executor and a [`Clock`]. The crate starts no timer or runtime, and no thread but
//! that of a `SqliteStore`; it reads no environment variable, and has no global state: several accounts and tenants are
//! several clients. Futures can be dropped at any point.
//!
//! # Crate features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `http` | yes | [`GraphClient`] over reqwest, without TLS; turns on `tokio` |
//! | `rustls` | yes | TLS for `http` by rustls and aws-lc; used if `native-tls` is on too |
//! | `native-tls` | | TLS for `http` by OpenSSL, Secure Transport or SChannel |
//! | `csv` | yes | `CsvSource` |
//! | `tokio` | through `http` | `SystemClock` |
//! | `sqlite` | | ledger, journal and automation state in one SQLite file; SQLite is compiled in |
//! | `postgres` | | a store in a Postgres schema |
//! | `sqlite-unbundled` | by `sqlite` | the same with the system's SQLite, at least 3.37 |
//! | `fake-server` | | the fake Facebook behind an HTTP server |
//! | `tracing` | | spans with documented names and no personal data |
//! | `testing` | | contract suites for implementations of the crate's traits |
//!
//! Features are additive. Without default features the crate has no dependency on reqwest, url, hyper, tokio or rustls:
//! bring a [`Transport`](facebook::transport::Transport) and a [`Clock`]. With `http` but neither `rustls` nor
//! `native-tls`, building a client for an `https` address is an error.
//!
//! # Guides
//!
//! | guide | about |
//! |---|---|
//! | [tutorial](_documentation::tutorial) | from a CSV file to an audience, in ten steps |
//! | [cookbook](_documentation::cookbook) | short recipes for common tasks |
//! | [Facebook setup](_documentation::facebook_setup) | app, permissions, system user, terms |
//! | [segment language](_documentation::segment_language) | grammar, operators, missing values, time, events |
//! | [automation](_documentation::automation) | rules, workflows, the engine loop, simulation |
//! | [delivery](_documentation::delivery) | what converges, what is not promised, stores |
//! | [errors](_documentation::errors) | every kind: whether to retry, and the remedy |
//! | [testing](_documentation::testing) | mock, faults, virtual time, the server |
//! | [privacy](_documentation::privacy) | what leaves, what is stored, erasure |
//! | [performance](_documentation::performance) | figures, method, tuning |
//! | [comparison](_documentation::comparison) | Meta's SDKs, RudderStack, Hightouch, Segment, Census |
//! | [design](_documentation::design) | why it is built so |

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
pub mod store;
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
#[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
pub use sync::SqliteLedger;
pub use sync::{MemoryLedger, SyncEngine, SyncMode, SyncPlan, SyncReport, SyncTarget};

/// The crates whose types are part of this crate's API, in the versions that it uses.
pub use {rust_decimal, time};

/// The programs of the README compile and keep compiling.
#[cfg(all(doctest, feature = "http", feature = "csv", feature = "sqlite"))]
#[doc = include_str!("../README.md")]
struct Readme;
