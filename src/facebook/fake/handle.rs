//! The handle: a cheap clone that every front and every test holds.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;
use time::macros::datetime;

use super::edge::{ads, replace};
use super::fault::{Armed, FaultRule};
use super::model::account::Account;
use super::model::population::SyntheticPopulation;
use super::model::token::{App, Token};
use super::policy::lifecycle;
use super::serve;
use super::settings::FakeSettings;
use super::state::State;
use super::wire::http::{FakeReply, FakeRequest};
use crate::clock::{Clock, ManualClock};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::{AccountId, AudienceId, BusinessId, SystemUserId};

/// A fake Facebook. Clones share one state; a new one shares nothing with another.
///
/// It starts with one app, one system-user token and the ad account `act_1234567890`, linked to a business, terms
/// accepted. Its clock starts at 2026-11-23 12:00 UTC and moves only when told to.
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
    host: Option<Arc<dyn Clock>>,
}

/// Where a fake's clock starts.
const START: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

impl Fake {
    /// A fake with seed 0 and a clock that stands still.
    #[must_use]
    pub fn new() -> Self {
        Self::seeded(0)
    }

    /// A fake whose ids, faults and session numbers follow from this seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::with_clock(seed, ManualClock::new(START))
    }

    /// A fake on a clock that others share, such as the client under test: its waits move the fake too.
    #[must_use]
    pub fn with_clock(seed: u64, clock: ManualClock) -> Self {
        let state = State::new(seed, clock.now().unix_timestamp());
        Self { state: Arc::new(Mutex::new(state)), clock, host: None }
    }

    /// A fake whose time runs as the host's; [`advance`](Self::advance) puts it ahead.
    #[must_use]
    pub fn with_running_clock(seed: u64, host: Arc<dyn Clock>) -> Self {
        let state = State::new(seed, host.now().unix_timestamp());
        let ahead = ManualClock::new(OffsetDateTime::UNIX_EPOCH);
        Self { state: Arc::new(Mutex::new(state)), clock: ahead, host: Some(host) }
    }

    /// Now, on the fake's clock.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        match &self.host {
            None => self.clock.now(),
            Some(host) => host.now().saturating_add(self.clock.now() - OffsetDateTime::UNIX_EPOCH),
        }
    }

    /// The clock that the fake stands on; with a running clock, how far it is ahead of the epoch.
    #[must_use]
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Moves the fake's clock.
    pub fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        let now = self.now().unix_timestamp();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = now;
        state
    }

    /// Serves one call.
    #[must_use]
    pub fn handle(&self, request: &FakeRequest) -> FakeReply {
        serve::handle(&mut self.lock(), request)
    }

    /// Changes how the fake behaves from here on.
    pub fn configure(&self, change: impl FnOnce(&mut FakeSettings)) {
        change(&mut self.lock().settings);
    }

    /// How the fake behaves.
    #[must_use]
    pub fn settings(&self) -> FakeSettings {
        self.lock().settings.clone()
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.lock().seed
    }

    /// The token that a new fake knows: a system user's, that does not expire.
    #[must_use]
    pub fn token(&self) -> &'static str {
        Token::DEFAULT
    }

    /// The app that a new fake knows.
    #[must_use]
    pub fn app_id(&self) -> &'static str {
        App::DEFAULT_ID
    }

    /// The secret of that app.
    #[must_use]
    pub fn app_secret(&self) -> &'static str {
        App::DEFAULT_SECRET
    }

    /// The first ad account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        let state = self.lock();
        AccountId::from_digits(state.accounts.keys().next().map_or(Account::DEFAULT, String::as_str))
    }

    /// All ad accounts.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountId> {
        self.lock().accounts.keys().map(|digits| AccountId::from_digits(digits)).collect()
    }

    /// Adds an ad account, linked to a business, terms accepted.
    pub fn add_account(&self, account: &AccountId) {
        let digits = account.digits();
        self.lock().accounts.insert(digits.to_owned(), Account::new(digits));
    }

    /// Injects a fault; rules are asked in the order in which they came.
    pub fn inject(&self, rule: FaultRule) {
        self.lock().faults.push(Armed::new(rule));
    }

    /// Takes all faults back, and serves the calls that were held.
    pub fn clear_faults(&self) {
        let mut state = self.lock();
        state.faults.clear();
        serve::release_all(&mut state);
    }

    /// Loads people; from here on a row counts for the size only when it matches one of them.
    pub fn populate(&self, people: SyntheticPopulation) {
        self.lock().people = Some(people);
    }

    /// Flags an audience: it can be neither edited nor filled. `fields` are out of name, description and rule.
    pub fn flag(&self, audience: &AudienceId, fields: &[&str]) {
        if let Some(audience) = self.lock().audiences.get_mut(audience.as_str()) {
            audience.flagged = fields.iter().map(|&field| field.to_owned()).collect();
        }
    }

    /// Sets or clears an `operation_status` that the fake does not reach by itself, such as 421 or 450.
    pub fn force_operation_status(&self, audience: &AudienceId, code: Option<u32>) {
        if let Some(audience) = self.lock().audiences.get_mut(audience.as_str()) {
            audience.work.forced = code;
        }
    }

    /// Breaks a running replacement: it must be started again.
    pub fn break_replace(&self, audience: &AudienceId) {
        replace::interrupt(&mut self.lock(), audience.as_str());
    }

    /// Marks an audience as expiring: it goes in 90 days unless it is filled.
    pub fn expire_audience(&self, audience: &AudienceId) {
        let mut state = self.lock();
        let delete_time = state.now + 90 * 86_400;
        if let Some(audience) = state.audiences.get_mut(audience.as_str()) {
            audience.delete_time = Some(delete_time);
        }
    }

    /// Deletes an audience as somebody else would.
    pub fn delete_audience(&self, audience: &AudienceId) {
        lifecycle::delete(&mut self.lock(), audience.as_str());
    }

    /// Accepts the terms of an account, or takes the acceptance back.
    pub fn set_terms_accepted(&self, account: &AccountId, accepted: bool) {
        self.with_account(account, |account| account.terms_accepted = accepted);
    }

    /// Sets `account_status`.
    pub fn set_account_status(&self, account: &AccountId, status: u32) {
        self.with_account(account, |account| account.status = status);
    }

    /// Sets the tasks that the token's owner may do on an account, such as `ANALYZE`.
    pub fn set_user_tasks(&self, account: &AccountId, tasks: &[&str]) {
        let tasks = tasks.iter().map(|&task| task.to_owned()).collect();
        self.with_account(account, |account| account.user_tasks = tasks);
    }

    /// Lets a business act on an account that it does not own, with these tasks: the account is a client's.
    pub fn add_client(&self, business: &BusinessId, account: &AccountId, tasks: &[&str]) {
        let tasks = tasks.iter().map(|&task| task.to_owned()).collect();
        self.with_account(account, |account| {
            account.client_of.insert(business.to_string(), tasks);
        });
    }

    /// Adds a system user, for whom no app is installed yet.
    pub fn add_system_user(&self, user: &SystemUserId) {
        self.lock().system_users.entry(user.to_string()).or_default();
    }

    /// Uses an audience in an ad and gives the ad's id.
    pub fn advertise(&self, audience: &AudienceId, name: &str, effective_status: &str) -> String {
        ads::advertise(&mut self.lock(), audience.as_str(), name, effective_status)
    }

    /// Links an account to a business, or takes it away.
    pub fn set_business(&self, account: &AccountId, business: Option<&str>) {
        self.with_account(account, |account| account.business = business.map(str::to_owned));
    }

    fn with_account(&self, account: &AccountId, change: impl FnOnce(&mut Account)) {
        if let Some(account) = self.lock().accounts.get_mut(account.digits()) {
            change(account);
        }
    }

    /// Adds a token of the first app: its scopes, and when it expires, if it does.
    pub fn add_token(&self, token: &str, scopes: &[&str], expires_at: Option<OffsetDateTime>) {
        let mut state = self.lock();
        let mut fresh = Token::system_user(App::DEFAULT_ID, state.now);
        fresh.scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        fresh.expires_at = expires_at.map(OffsetDateTime::unix_timestamp);
        state.tokens.insert(token.to_owned(), fresh);
    }

    /// Lets a token see only these ad accounts.
    pub fn restrict_token(&self, token: &str, accounts: &[AccountId]) {
        if let Some(token) = self.lock().tokens.get_mut(token) {
            token.accounts = Some(accounts.iter().map(|account| account.digits().to_owned()).collect());
        }
    }

    /// Refuses a token from here on, with code 190 and this subcode: 458, 459, 460, 464 or 467.
    pub fn revoke_token(&self, token: &str, subcode: i64) {
        if let Some(token) = self.lock().tokens.get_mut(token) {
            token.refused = Some(subcode);
        }
    }

    /// Turns the app's switch "Require App Secret" on or off.
    pub fn require_proof(&self, required: bool) {
        if let Some(app) = self.lock().apps.get_mut(App::DEFAULT_ID) {
            app.require_proof = required;
        }
    }

    /// The whole state as JSON. It holds tokens and digests.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when it cannot be written.
    pub fn dump(&self) -> Result<String> {
        serde_json::to_string(&*self.lock())
            .map_err(|_| Error::new(ErrorKind::Invalid, "fake state", "cannot be written"))
    }

    /// Takes the state that [`dump`](Self::dump) gave; the clock stays.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] when the text is none; the fake is then as it was.
    pub fn load(&self, dump: &str) -> Result<()> {
        let state: State = serde_json::from_str(dump)
            .map_err(|_| Error::new(ErrorKind::Corrupt, "fake state", "not a state that was dumped"))?;
        *self.lock() = state;
        Ok(())
    }

    /// Forgets everything but the seed, the clock and the settings.
    pub fn reset(&self) {
        let mut state = self.lock();
        let settings = state.settings.clone();
        *state = State::new(state.seed, state.now);
        state.settings = settings;
    }
}

/// The fake's time; a wait moves it, or passes on the host's clock where the fake runs on one.
#[async_trait]
impl Clock for Fake {
    fn now(&self) -> OffsetDateTime {
        Self::now(self)
    }

    async fn sleep(&self, duration: Duration) {
        match &self.host {
            None => self.advance(duration),
            Some(host) => host.sleep(duration).await,
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
