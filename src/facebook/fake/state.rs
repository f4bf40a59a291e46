//! Everything the fake remembers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::fault::{Armed, Held};
use super::log::{Call, Edge};
use super::model::account::Account;
use super::model::audience::Audience;
use super::model::meter::Meter;
use super::model::population::SyntheticPopulation;
use super::model::session::{BatchPosition, UploadSession};
use super::model::token::{App, Token};
use super::privacy_alarm::PrivacyViolation;
use super::random::Random;
use super::settings::FakeSettings;

/// The whole state, as it is dumped and loaded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) settings: FakeSettings,
    pub(super) seed: u64,
    pub(super) random: Random,
    /// By app id.
    pub(super) apps: BTreeMap<String, App>,
    /// By the token itself.
    pub(super) tokens: BTreeMap<String, Token>,
    /// By digits.
    pub(super) accounts: BTreeMap<String, Account>,
    /// By id.
    pub(super) audiences: BTreeMap<String, Audience>,
    /// Ids of audiences that were deleted.
    pub(super) deleted: BTreeSet<String>,
    /// System users, and the apps that are installed for each.
    pub(super) system_users: BTreeMap<String, BTreeSet<String>>,
    /// By account digits and session id.
    pub(super) sessions: BTreeMap<String, BTreeMap<u64, UploadSession>>,
    pub(super) log: VecDeque<Call>,
    pub(super) calls: u64,
    /// Rows of the call that is served.
    pub(super) call_rows: u64,
    /// Its session.
    #[serde(rename = "call_place")]
    pub(super) call_position: Option<BatchPosition>,
    /// By edge, also for calls that left the log.
    pub(super) counts: BTreeMap<Edge, u64>,
    pub(super) people: Option<SyntheticPopulation>,
    pub(super) faults: Vec<Armed>,
    /// Calls that were held back, to be served late.
    pub(super) held: Vec<Held>,
    /// By app, account and use case.
    pub(super) meters: BTreeMap<String, Meter>,
    pub(super) alarms: Vec<PrivacyViolation>,
    /// How many object ids were made, so that ids rise.
    pub(super) made: u64,
    /// Unix seconds; set when a call comes in.
    pub(super) now: i64,
}

impl State {
    pub(super) fn new(seed: u64, now: i64) -> Self {
        let mut state = Self {
            settings: FakeSettings::default(),
            seed,
            random: Random::new(seed),
            apps: BTreeMap::new(),
            tokens: BTreeMap::new(),
            accounts: BTreeMap::new(),
            audiences: BTreeMap::new(),
            deleted: BTreeSet::new(),
            system_users: BTreeMap::new(),
            sessions: BTreeMap::new(),
            log: VecDeque::new(),
            calls: 0,
            call_rows: 0,
            call_position: None,
            counts: BTreeMap::new(),
            people: None,
            faults: Vec::new(),
            held: Vec::new(),
            meters: BTreeMap::new(),
            alarms: Vec::new(),
            made: 0,
            now,
        };
        state.apps.insert(App::DEFAULT_ID.to_owned(), App::default());
        let token = Token::system_user(App::DEFAULT_ID, now);
        state.system_users.insert(token.user.clone(), BTreeSet::from([App::DEFAULT_ID.to_owned()]));
        state.tokens.insert(Token::DEFAULT.to_owned(), token);
        let account = Account::new(Account::DEFAULT);
        state.accounts.insert(account.id.clone(), account);
        state
    }

    /// A fresh object id: 17 digits, rising.
    pub(super) fn object_id(&mut self) -> String {
        self.made += 1;
        format!("{}", 23_850_000_000_000_000 + self.made * 1000 + self.random.below(1000))
    }
}
