//! What every [`FacebookClient`] must do, as checks that run on the mock, over a socket, and on Facebook itself.
//!
//! A check gets a [`Subject`] of its own. Checks that need to control the other side (faults, the clock, terms, who is truly a
//! member) need its [`Fake`]; without one they are listed as not run.
//!
//! ```
//! use std::sync::Arc;
//! use audiencekit::MockClient;
//! use audiencekit::testing::client_contract::{Subject, checks};
//!
//! # struct Now; impl std::task::Wake for Now { fn wake(self: Arc<Self>) {} }
//! # fn block_on<F: Future>(future: F) -> F::Output {
//! #     let mut future = std::pin::pin!(future);
//! #     let waker = Arc::new(Now).into();
//! #     loop { if let std::task::Poll::Ready(out) = future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) { return out } }
//! # }
//! # block_on(async {
//! for check in checks() {
//!     let mock = MockClient::new();
//!     let fake = mock.fake().clone();
//!     check.run(Subject::faked(Arc::new(mock), fake)).await.unwrap_or_else(|why| panic!("{}: {why}", check.name()));
//! }
//! # });
//! ```

pub(super) mod accounts;
pub(super) mod audiences;
pub(super) mod failures;
pub(super) mod members;

use std::collections::BTreeSet;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::contact::{Contact, Schema};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::fake::Fake;
use crate::facebook::{
    AccountId, AudienceId, CustomAudience, FacebookClient, ListRequest, NewAudience, Session, SessionId,
    Upload, UploadReceipt,
};
use crate::identity::{Coverage, Hashed, KeyMap, MatchKey, MatchRow, MatchRows};

/// A client to check, and where it may make audiences.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The client.
    pub client: Arc<dyn FacebookClient>,
    /// An ad account that is active, linked to a business, with the terms accepted.
    pub account: AccountId,
    /// The other side, if it is the fake; its clock must be the client's.
    pub fake: Option<Fake>,
}

impl Subject {
    /// A client of the real Facebook. The checks make audiences named `audiencekit contract ...` and delete them.
    #[must_use]
    pub fn real(client: Arc<dyn FacebookClient>, account: AccountId) -> Self {
        Self { client, account, fake: None }
    }

    /// A client of this fake, in process or over a socket.
    #[must_use]
    pub fn faked(client: Arc<dyn FacebookClient>, fake: Fake) -> Self {
        Self { client, account: fake.account(), fake: Some(fake) }
    }
}

type Outcome = Result<(), String>;
type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// One promise that a client must keep.
#[derive(Clone, Copy)]
pub struct Check {
    name: &'static str,
    needs_fake: bool,
    body: fn(Bench) -> Running,
}

impl Check {
    /// The promise, as a sentence with underscores.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// True when it needs to control the other side.
    #[must_use]
    pub fn needs_fake(&self) -> bool {
        self.needs_fake
    }

    /// Runs it; `Ok(false)` when it needs a fake and there is none.
    ///
    /// # Errors
    /// What was not as promised.
    pub async fn run(&self, subject: Subject) -> Result<bool, String> {
        let fake = match subject.fake {
            None if self.needs_fake => return Ok(false),
            None => None,
            fake => fake,
        };
        let bench = Bench { client: subject.client, account: subject.account, fake, name: self.name };
        (self.body)(bench).await.map(|()| true)
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Check({})", self.name)
    }
}

/// Every check.
pub fn checks() -> impl Iterator<Item = Check> {
    [accounts::CHECKS, audiences::CHECKS, members::CHECKS, failures::CHECKS].into_iter().flatten().copied()
}

/// Declares the checks of a file: `real` ones need nothing but a client, `faked` ones get the fake too.
macro_rules! promises {
    ($($kind:ident $name:ident($bench:ident $(, $fake:ident)?) $body:block)*) => {
        pub(super) const CHECKS: &[super::Check] = &[$(promises!(@check $kind $name $name)),*];
        $(
            async fn $name($bench: super::Bench) -> super::Outcome {
                $(let $fake = $bench.fake.clone().ok_or("no fake")?;)?
                $body
                Ok(())
            }
        )*
    };
    (@check real $name:ident $f:ident) => { promises!(@made $name false $f) };
    (@check faked $name:ident $f:ident) => { promises!(@made $name true $f) };
    (@made $name:ident $needs:literal $f:ident) => {
        super::Check { name: stringify!($name), needs_fake: $needs, body: |bench| Box::pin($f(bench)) }
    };
}

/// Fails the check unless both are equal.
macro_rules! same {
    ($left:expr, $right:expr) => {{
        match (&$left, &$right) {
            (left, right) if left != right => {
                return Err(format!(
                    concat!(stringify!($left), " is {:?} and not {:?} (", file!(), ":", line!(), ")"),
                    left, right
                ));
            }
            _ => {}
        }
    }};
}

/// Fails the check unless it is so.
macro_rules! sure {
    ($fact:expr, $($why:tt)+) => {
        if !$fact {
            return Err(format!($($why)+));
        }
    };
}

use {promises, same, sure};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(format!("{:?}: {error}", error.kind()))
    }
}

/// An error where there should be none.
struct Failure(String);

impl From<Failure> for String {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

/// What a check works with.
struct Bench {
    client: Arc<dyn FacebookClient>,
    account: AccountId,
    fake: Option<Fake>,
    name: &'static str,
}

/// An id that no audience has.
const NOBODY: &str = "1";

impl Bench {
    /// What to make for this check.
    fn new_audience(&self) -> NewAudience {
        NewAudience::new(format!("audiencekit contract {}", self.name), "Made by a contract check")
    }

    async fn create(&self) -> Result<AudienceId, String> {
        self.create_as(&self.new_audience()).await
    }

    async fn create_as(&self, audience: &NewAudience) -> Result<AudienceId, String> {
        ok(self.client.create_audience(&self.account, audience).await)
    }

    async fn read(&self, audience: &AudienceId) -> Result<CustomAudience, String> {
        ok(self.client.audience(audience).await)
    }

    /// Deletes what the check made, so that a real account stays clean.
    async fn tidy(&self, audience: &AudienceId) -> Outcome {
        ok(self.client.delete_audience(audience).await)
    }

    /// All audiences of the account, over as many pages as it takes.
    async fn list(&self, request: ListRequest) -> Result<Vec<CustomAudience>, String> {
        let mut request = request;
        let mut all = Vec::new();
        for _ in 0..1_000 {
            let page = ok(self.client.audiences(&self.account, &request).await)?;
            all.extend(page.items);
            match page.after {
                None => return Ok(all),
                Some(after) => request.after = Some(after),
            }
        }
        Err("the list does not end".to_owned())
    }

    async fn add(&self, audience: &AudienceId, rows: &MatchRows) -> Result<UploadReceipt> {
        self.client.add_users(audience, &whole(rows, session(audience, 1))?).await
    }

    async fn remove(&self, audience: &AudienceId, rows: &MatchRows) -> Result<UploadReceipt> {
        self.client.remove_users(audience, &whole(rows, session(audience, 2))?).await
    }
}

/// The value, or what went wrong.
fn ok<T>(outcome: Result<T>) -> Result<T, String> {
    outcome.map_err(|error| Failure::from(error).0)
}

/// The error, which must be of this kind.
fn refused<T: fmt::Debug>(outcome: Result<T>, kind: ErrorKind) -> Result<Error, String> {
    match outcome {
        Err(error) if error.kind() == kind => Ok(error),
        Err(error) => Err(format!("{:?} instead of {kind:?}: {error}", error.kind())),
        Ok(value) => Err(format!("{value:?} instead of {kind:?}")),
    }
}

/// Made-up people of `range`, one row of e-mail and phone each.
fn people(range: std::ops::Range<usize>) -> Result<MatchRows, String> {
    let schema = Schema::standard();
    let map = KeyMap::standard(&schema);
    rows(&map, &schema, range, |contact, number| {
        contact.set(schema.require("email")?, format!("person{number}@example.com").as_str())?;
        contact.set(schema.require("phone")?, format!("+48{}", 500_000_000 + number).as_str())
    })
}

/// People with many keys each, as wide as rows get.
fn wide_people(count: usize) -> Result<MatchRows, String> {
    let schema = Schema::standard();
    let map = ok(KeyMap::builder()
        .column(MatchKey::Email, "email")
        .column(MatchKey::Phone, "phone")
        .column(MatchKey::FirstName, "first_name")
        .column(MatchKey::LastName, "last_name")
        .column(MatchKey::City, "city")
        .column(MatchKey::ExternId, "external_id")
        .build(&schema))?;
    rows(&map, &schema, 0..count, |contact, number| {
        contact.set(schema.require("email")?, format!("person{number}@example.com").as_str())?;
        contact.set(schema.require("phone")?, format!("+48{}", 500_000_000 + number).as_str())?;
        contact.set(schema.require("first_name")?, "Anna")?;
        contact.set(schema.require("last_name")?, "Nowak")?;
        contact.set(schema.require("city")?, "Kraków")?;
        contact.set(schema.require("external_id")?, format!("crm-{number}").as_str())
    })
}

/// Two people of whom the second has no `EXTERN_ID`, which Facebook refuses within the call.
fn one_without_external_id() -> Result<MatchRows, String> {
    let schema = Schema::standard();
    let map = ok(KeyMap::builder()
        .column(MatchKey::Email, "email")
        .column(MatchKey::ExternId, "external_id")
        .build(&schema))?;
    rows(&map, &schema, 0..2, |contact, number| {
        contact.set(schema.require("email")?, format!("person{number}@example.com").as_str())?;
        if number == 0 {
            contact.set(schema.require("external_id")?, "crm-0")?;
        }
        Ok(())
    })
}

fn rows(
    map: &KeyMap,
    schema: &Schema,
    range: std::ops::Range<usize>,
    fill: impl Fn(&mut Contact, usize) -> Result<()>,
) -> Result<MatchRows, String> {
    let mut rows = MatchRows::new(map.keys().clone());
    let mut mapper = map.mapper();
    let mut coverage = Coverage::default();
    let mut contact = Contact::new(schema);
    for number in range {
        contact.clear();
        ok(fill(&mut contact, number))?;
        if mapper.append(&contact, &mut rows, &mut coverage) != 1 {
            return Err(format!("person {number} made no row"));
        }
    }
    Ok(rows)
}

/// A session that no other check of the account has, nor an earlier run: they must be unique within it.
fn session(audience: &AudienceId, number: u64) -> u64 {
    let digits = audience.as_str();
    let last = digits.get(digits.len().saturating_sub(15)..).unwrap_or(digits);
    last.parse::<u64>().unwrap_or_default() * 100 + number
}

/// All rows as the only batch of a session.
fn whole(rows: &MatchRows, session: u64) -> Result<Upload<'_>> {
    part(rows, 0..rows.len(), session, 1, true)
}

/// Some rows as one batch of a session.
fn part(
    rows: &MatchRows,
    range: std::ops::Range<usize>,
    session: u64,
    batch_seq: u64,
    last_batch: bool,
) -> Result<Upload<'_>> {
    let session = Session { id: SessionId::new(session)?, batch_seq, last_batch, estimated_total: None };
    Ok(Upload::new(rows, range, session))
}

/// The members that rows make.
fn fingerprints(rows: &MatchRows) -> BTreeSet<Hashed> {
    rows.iter().map(MatchRow::fingerprint).collect()
}
