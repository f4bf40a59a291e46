//! Checks, and what they run on.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::bench::Bench;
use super::outcome::Outcome;
use crate::facebook::fake::Fake;
use crate::facebook::{AccountId, FacebookClient};

/// A client to check, and an ad account in which it may create audiences.
///
/// ```
/// use audiencekit::MockClient;
/// use audiencekit::testing::client_contract::Subject;
/// use std::sync::Arc;
///
/// let mock = MockClient::new();
/// let account = mock.fake().account();
/// assert!(Subject::real(Arc::new(mock), account).fake.is_none());
/// ```
#[derive(Debug, Clone)]
pub struct Subject {
    /// The client to check.
    pub client: Arc<dyn FacebookClient>,
    /// An ad account that is active, linked to a business, with the terms accepted.
    pub account: AccountId,
    /// The fake that the client calls, if it calls one. The client must run on its clock.
    pub fake: Option<Fake>,
}

impl Subject {
    /// Creates a subject that calls Facebook itself.
    ///
    /// The checks create audiences named `audiencekit contract ...` in this account and delete them.
    #[must_use]
    pub fn real(client: Arc<dyn FacebookClient>, account: AccountId) -> Self {
        Self { client, account, fake: None }
    }

    /// Creates a subject that calls this fake, in process or over a socket.
    ///
    /// ```
    /// # use audiencekit::{MockClient, testing::client_contract::Subject};
    /// let mock = MockClient::new();
    /// let fake = mock.fake().clone();
    /// let subject = Subject::faked(std::sync::Arc::new(mock), fake.clone());
    /// assert_eq!(subject.account, fake.account());
    /// ```
    #[must_use]
    pub fn faked(client: Arc<dyn FacebookClient>, fake: Fake) -> Self {
        Self { client, account: fake.account(), fake: Some(fake) }
    }
}

/// One promise that every client must keep.
#[derive(Clone, Copy)]
pub struct Check {
    name: &'static str,
    needs_fake: bool,
    body: fn(Bench) -> Running,
}

impl Check {
    pub(super) const fn new(name: &'static str, needs_fake: bool, body: fn(Bench) -> Running) -> Self {
        Self { name, needs_fake, body }
    }

    /// Returns the promise, as a sentence with underscores instead of spaces.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns `true` if the check must control the other side, and so needs a fake.
    #[must_use]
    pub fn needs_fake(&self) -> bool {
        self.needs_fake
    }

    /// Runs the check; returns `Ok(false)` if it needs a fake and the subject has none.
    ///
    /// ```
    /// # use audiencekit::{MockClient, testing::client_contract::{Subject, checks}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mock = MockClient::new();
    /// let fake = mock.fake().clone();
    /// let check = checks().next().unwrap();
    /// assert_eq!(check.run(Subject::faked(std::sync::Arc::new(mock), fake)).await, Ok(true));
    /// # }
    /// ```
    ///
    /// # Errors
    /// What was not as promised, as a text for people.
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

pub(super) type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// Declares the checks of a file: `real` ones need nothing but a client, `faked` ones get the fake too.
macro_rules! promises {
    ($($kind:ident $name:ident($bench:ident $(, $fake:ident)?) $body:block)*) => {
        pub(super) const CHECKS: &[$crate::testing::client_contract::check::Check] = &[$(promises!(@check $kind $name $name)),*];
        $(
            async fn $name($bench: $crate::testing::client_contract::bench::Bench) -> $crate::testing::client_contract::outcome::Outcome {
                $(let $fake = $bench.fake.clone().ok_or("no fake")?;)?
                $body
                Ok(())
            }
        )*
    };
    (@check real $name:ident $f:ident) => { promises!(@made $name false $f) };
    (@check faked $name:ident $f:ident) => { promises!(@made $name true $f) };
    (@made $name:ident $needs:literal $f:ident) => {
        $crate::testing::client_contract::check::Check::new(stringify!($name), $needs, |bench| Box::pin($f(bench)))
    };
}

pub(super) use promises;
