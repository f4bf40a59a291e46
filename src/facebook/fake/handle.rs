//! The handle: a cheap clone that every front and every test holds.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;
use time::macros::datetime;

use super::model::account::Account;
use super::model::token::{App, Token};
use super::serve;
use super::settings::FakeSettings;
use super::state::State;
use super::wire::http::{FakeReply, FakeRequest};
use crate::clock::{Clock, ManualClock};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::AccountId;

/// A fake Facebook.
///
/// Clones share one state; two fakes share nothing. A new fake has one app, one system-user token and the ad account
/// `act_1234567890`, which is linked to a business and has accepted the terms. Its clock starts at 2026-11-23 12:00 UTC
/// and moves only when it is [advanced](Self::advance) or when a client of it waits.
///
/// Most tests get one from a [`MockClient`](super::MockClient); clients in other languages reach it over HTTP through a
/// `FakeServer` (feature `fake-server`).
///
/// ```
/// use audiencekit::facebook::fake::Fake;
///
/// let fake = Fake::new();
/// assert_eq!(fake.account().to_string(), "act_1234567890");
/// assert!(fake.alarms().is_empty());
/// ```
#[derive(Clone)]
pub struct Fake {
    state: Arc<Mutex<State>>,
    clock: ManualClock,
    /// Set where time runs by itself; the manual clock is then how far ahead the fake is.
    running: Option<Arc<dyn Clock>>,
}

/// Where a fake's clock starts.
const START: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

impl Fake {
    /// Creates a fake with seed 0 and a clock that stands still.
    #[must_use]
    pub fn new() -> Self {
        Self::seeded(0)
    }

    /// Creates a fake whose ids and random faults follow from `seed`.
    ///
    /// The same seed and the same calls give the same replies.
    ///
    /// ```
    /// use audiencekit::facebook::fake::Fake;
    ///
    /// assert_eq!(Fake::seeded(7).seed(), 7);
    /// ```
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::with_clock(seed, ManualClock::new(START))
    }

    /// Creates a fake on a clock that other parts of a test share.
    ///
    /// ```
    /// use audiencekit::facebook::fake::Fake;
    /// use audiencekit::{Clock, ManualClock};
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::new(time::macros::datetime!(2027-01-01 0:00 UTC));
    /// let fake = Fake::with_clock(0, clock.clone());
    /// fake.advance(Duration::from_secs(60));
    /// assert_eq!(clock.now(), fake.now());
    /// ```
    #[must_use]
    pub fn with_clock(seed: u64, clock: ManualClock) -> Self {
        let state = State::new(seed, clock.now().unix_timestamp());
        Self { state: Arc::new(Mutex::new(state)), clock, running: None }
    }

    /// Creates a fake whose time passes as that of `clock` does; [`advance`](Self::advance) puts it ahead.
    ///
    /// Use it for a fake that serves processes with clocks of their own.
    ///
    /// ```
    /// use audiencekit::facebook::fake::Fake;
    /// use audiencekit::{Clock, ManualClock};
    /// use std::{sync::Arc, time::Duration};
    ///
    /// let clock = ManualClock::new(time::macros::datetime!(2027-01-01 0:00 UTC)); // or SystemClock
    /// let fake = Fake::with_running_clock(0, Arc::new(clock.clone()));
    /// fake.advance(Duration::from_secs(60));
    /// assert_eq!(fake.now() - clock.now(), time::Duration::MINUTE);
    /// ```
    #[must_use]
    pub fn with_running_clock(seed: u64, clock: Arc<dyn Clock>) -> Self {
        let state = State::new(seed, clock.now().unix_timestamp());
        let ahead = ManualClock::new(OffsetDateTime::UNIX_EPOCH);
        Self { state: Arc::new(Mutex::new(state)), clock: ahead, running: Some(clock) }
    }

    /// Returns the time on the fake's clock.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::Fake;
    /// assert_eq!(Fake::new().now(), time::macros::datetime!(2026-11-23 12:00 UTC));
    /// ```
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        match &self.running {
            None => self.clock.now(),
            Some(clock) => clock.now().saturating_add(self.clock.now() - OffsetDateTime::UNIX_EPOCH),
        }
    }

    /// Returns the clock under the fake; with a [running clock](Self::with_running_clock), how far the fake is ahead,
    /// counted from 1970-01-01.
    ///
    /// ```
    /// # use audiencekit::{Clock, facebook::fake::Fake};
    /// let fake = Fake::new();
    /// assert_eq!(fake.clock().now(), fake.now());
    /// ```
    #[must_use]
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Moves the fake's clock forward.
    ///
    /// Uploads become visible, tokens expire, quotas recover and audiences age accordingly.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::Fake;
    /// # use std::time::Duration;
    /// let fake = Fake::new();
    /// let before = fake.now();
    /// fake.advance(Duration::from_secs(3600));
    /// assert_eq!(fake.now() - before, time::Duration::HOUR);
    /// ```
    pub fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        let now = self.now().unix_timestamp();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = now;
        state
    }

    /// Serves one HTTP call.
    ///
    /// Clients call it through a transport; call it yourself to test a client of your own without a socket.
    ///
    /// ```
    /// use audiencekit::facebook::fake::{Fake, FakeRequest};
    ///
    /// let fake = Fake::new();
    /// let reply = fake.handle(&FakeRequest::new("GET", "/v26.0/me").bearer("wrong"));
    /// assert_eq!(reply.json()["error"]["code"], 190);
    /// ```
    #[must_use]
    pub fn handle(&self, request: &FakeRequest) -> FakeReply {
        serve::handle(&mut self.lock(), request)
    }

    /// Changes the settings; calls from now on see the change.
    ///
    /// ```
    /// use audiencekit::facebook::fake::{Fake, ReadyAfter};
    ///
    /// let fake = Fake::new();
    /// fake.configure(|settings| settings.ready = ReadyAfter::Immediate);
    /// assert_eq!(fake.settings().ready, ReadyAfter::Immediate);
    /// ```
    pub fn configure(&self, change: impl FnOnce(&mut FakeSettings)) {
        change(&mut self.lock().settings);
    }

    /// Returns a copy of the settings.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::Fake;
    /// assert_eq!(Fake::new().settings().removal_floor, 100);
    /// ```
    #[must_use]
    pub fn settings(&self) -> FakeSettings {
        self.lock().settings.clone()
    }

    /// Returns the seed that the fake was created with.
    ///
    /// Print it when a test with random faults fails, to run it again.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::Fake;
    /// assert_eq!(Fake::new().seed(), 0);
    /// ```
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.lock().seed
    }

    /// Returns the access token of a new fake: a system user's, which does not expire.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// assert_eq!(fake.handle(&FakeRequest::new("GET", "/me").bearer(fake.token())).status, 200);
    /// ```
    #[must_use]
    pub fn token(&self) -> &'static str {
        Token::DEFAULT
    }

    /// Returns the id of the app that a new fake has.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::Fake;
    /// assert_eq!(Fake::new().app_id(), "220011330055779");
    /// ```
    #[must_use]
    pub fn app_id(&self) -> &'static str {
        App::DEFAULT_ID
    }

    /// Returns the secret of the app that a new fake has.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// let app_token = format!("{}|{}", fake.app_id(), fake.app_secret());
    /// let call = FakeRequest::new("GET", &format!("/debug_token?input_token={}", fake.token()));
    /// assert_eq!(fake.handle(&call.bearer(&app_token)).json()["data"]["is_valid"], true);
    /// ```
    #[must_use]
    pub fn app_secret(&self) -> &'static str {
        App::DEFAULT_SECRET
    }

    /// Returns the first ad account in text order: `act_1234567890` in a new fake.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::Fake;
    /// assert_eq!(Fake::new().account().digits(), "1234567890");
    /// ```
    #[must_use]
    pub fn account(&self) -> AccountId {
        let state = self.lock();
        AccountId::from_digits(state.accounts.keys().next().map_or(Account::DEFAULT, String::as_str))
    }

    /// Returns the ids of all ad accounts, in text order.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::Fake;
    /// let fake = Fake::new();
    /// assert_eq!(fake.accounts(), [fake.account()]);
    /// ```
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountId> {
        self.lock().accounts.keys().map(|digits| AccountId::from_digits(digits)).collect()
    }

    /// Writes the whole state as JSON: settings, accounts, audiences, members, log, faults and quotas.
    ///
    /// The text contains tokens and hashes of personal data.
    ///
    /// ```
    /// use audiencekit::facebook::fake::Fake;
    ///
    /// let (fake, copy) = (Fake::seeded(7), Fake::new());
    /// copy.load(&fake.dump()?)?;
    /// assert_eq!(copy.seed(), 7);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the state cannot be written as JSON.
    pub fn dump(&self) -> Result<String> {
        serde_json::to_string(&*self.lock())
            .map_err(|_| Error::new(ErrorKind::Invalid, "fake state", "cannot be written as JSON"))
    }

    /// Replaces the state by one that [`dump`](Self::dump) wrote; the clock stays as it is.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] if the text is not such a state; the fake is then unchanged.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::Fake;
    /// let error = Fake::new().load("{}").unwrap_err();
    /// assert_eq!(error.to_string(), "fake state: cannot be read; expected the text that dump wrote");
    /// ```
    pub fn load(&self, dump: &str) -> Result<()> {
        let state: State = serde_json::from_str(dump).map_err(|_| {
            Error::new(ErrorKind::Corrupt, "fake state", "cannot be read")
                .with_expected("the text that dump wrote")
        })?;
        *self.lock() = state;
        Ok(())
    }

    /// Resets everything to that of a new fake, except the seed, the clock and the settings.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Edge, Fake, FakeRequest};
    /// let fake = Fake::new();
    /// let _reply = fake.handle(&FakeRequest::new("GET", "/me").bearer(fake.token()));
    /// assert_eq!(fake.count(Edge::Me), 1);
    /// fake.reset();
    /// assert_eq!(fake.count(Edge::Me), 0);
    /// ```
    pub fn reset(&self) {
        let mut state = self.lock();
        let settings = state.settings.clone();
        *state = State::new(state.seed, state.now);
        state.settings = settings;
    }
}

/// The fake's time. A wait moves it, or with a running clock, waits on that.
#[async_trait]
impl Clock for Fake {
    fn now(&self) -> OffsetDateTime {
        Self::now(self)
    }

    async fn sleep(&self, duration: Duration) {
        match &self.running {
            None => self.advance(duration),
            Some(clock) => clock.sleep(duration).await,
        }
    }
}

impl Default for Fake {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        write!(f, "Fake(seed {}, {} audiences, {} calls)", state.seed, state.audiences.len(), state.calls)
    }
}
