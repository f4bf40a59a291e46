//! Looks into the fake: what it truly holds, and which calls came.

use std::collections::BTreeSet;

use super::handle::Fake;
use super::log::{Call, Edge};
use super::model::members::{Fingerprint, MembershipEvent};
use super::policy::lifecycle;
use super::privacy_alarm::PrivacyViolation;
use super::wire::http::MAX_URL_BYTES;
use crate::facebook::AudienceId;
use crate::identity::Hashed;

impl Fake {
    /// Returns the ids of all audiences, oldest first.
    ///
    /// ```
    /// # use audiencekit::{FacebookClient, MockClient, facebook::NewAudience};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// let account = facebook.fake().account();
    /// let id = facebook.create_audience(&account, &NewAudience::new("VIP", "Gold card")).await?;
    /// assert_eq!(facebook.fake().audiences(), [id]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn audiences(&self) -> Vec<AudienceId> {
        self.lock().audiences.keys().filter_map(|id| id.parse().ok()).collect()
    }

    /// Returns the fingerprints of the rows that are in an audience now. It is empty for an audience that does not
    /// exist.
    ///
    /// They are the values of [`MatchRow::fingerprint`](crate::identity::MatchRow::fingerprint). Columns that identify
    /// no contact, such as `LOOKALIKE_VALUE`, have no part in them.
    ///
    /// ```
    /// # use audiencekit::{Contact, KeyMap, MemorySource, MockClient, Schema, SyncEngine, SyncTarget};
    /// # use audiencekit::{FacebookClient, facebook::NewAudience};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let (schema, facebook) = (Schema::standard(), MockClient::new());
    /// # let account = facebook.fake().account();
    /// # let id = facebook.create_audience(&account, &NewAudience::new("VIP", "Gold card")).await?;
    /// let ada = Contact::builder(&schema).email("ada@example.com").build()?;
    /// let people = MemorySource::new(&schema, vec![ada]);
    /// let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
    /// engine.run(SyncTarget::new(account, id.clone())).await?;
    /// assert_eq!(facebook.fake().members(&id).len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn members(&self, audience: &AudienceId) -> BTreeSet<Hashed> {
        let mut state = self.lock();
        lifecycle::settle(&mut state, audience.as_str());
        let audience = state.audiences.get(audience.as_str());
        let keys = audience.into_iter().flat_map(|audience| audience.members.rows.keys());
        keys.map(|fingerprint| Hashed::from_bytes(fingerprint.0)).collect()
    }

    /// Returns the number of members of an audience.
    ///
    /// While [`discard_members`](super::FakeSettings::discard_members) is set, it is the number of rows added less the
    /// number of rows removed.
    ///
    /// ```
    /// # use audiencekit::{FacebookClient, MockClient, facebook::NewAudience, facebook::fake::FakeRequest};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let fake = facebook.fake();
    /// # let id = facebook.create_audience(&fake.account(), &NewAudience::new("VIP", "Gold")).await?;
    /// let digest = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79";
    /// let rows = format!(r#"{{"payload":{{"schema":["EMAIL"],"data":[["{digest}"]]}}}}"#);
    /// let upload = FakeRequest::new("POST", &format!("/{id}/users")).bearer(fake.token());
    /// let _receipt = fake.handle(&upload.body("application/json", rows));
    /// assert_eq!(fake.member_count(&id), 1);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn member_count(&self, audience: &AudienceId) -> u64 {
        let mut state = self.lock();
        lifecycle::settle(&mut state, audience.as_str());
        state.audiences.get(audience.as_str()).map_or(0, |audience| audience.members.len())
    }

    /// Returns the number of people of the population that the members match.
    ///
    /// Without a population it is a share of the rows, [`match_percent`](super::FakeSettings::match_percent).
    ///
    /// ```
    /// # use audiencekit::{FacebookClient, MockClient, facebook::NewAudience, facebook::fake::FakeRequest};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let fake = facebook.fake();
    /// # let id = facebook.create_audience(&fake.account(), &NewAudience::new("VIP", "Gold")).await?;
    /// # let digest = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79";
    /// # let rows = format!(r#"{{"payload":{{"schema":["EMAIL"],"data":[["{digest}"]]}}}}"#);
    /// # let upload = FakeRequest::new("POST", &format!("/{id}/users")).bearer(fake.token());
    /// # let _receipt = fake.handle(&upload.body("application/json", rows));
    /// assert_eq!(fake.matched(&id), 1);
    /// fake.configure(|settings| settings.match_percent = 0);
    /// assert_eq!(fake.matched(&id), 0);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn matched(&self, audience: &AudienceId) -> u64 {
        let state = self.lock();
        state.audiences.get(audience.as_str()).map_or(0, |audience| lifecycle::matched(&state, audience))
    }

    /// Returns when a row was added to an audience and removed from it, oldest first.
    ///
    /// ```
    /// # use audiencekit::{FacebookClient, MockClient, facebook::NewAudience, facebook::fake::FakeRequest};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let fake = facebook.fake();
    /// # let id = facebook.create_audience(&fake.account(), &NewAudience::new("VIP", "Gold")).await?;
    /// # let digest = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79";
    /// # let rows = format!(r#"{{"payload":{{"schema":["EMAIL"],"data":[["{digest}"]]}}}}"#);
    /// # let upload = FakeRequest::new("POST", &format!("/{id}/users")).bearer(fake.token());
    /// # let _receipt = fake.handle(&upload.body("application/json", rows));
    /// let row = *fake.members(&id).first().unwrap();
    /// let history = fake.history(&id, &row);
    /// assert!(history.len() == 1 && history[0].added);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn history(&self, audience: &AudienceId, row: &Hashed) -> Vec<MembershipEvent> {
        let state = self.lock();
        let audience = state.audiences.get(audience.as_str());
        let row = Fingerprint(*row.as_bytes());
        audience.and_then(|audience| audience.members.history.get(&row)).cloned().unwrap_or_default()
    }

    /// Returns the calls so far, oldest first.
    ///
    /// The log holds the last [`log_calls`](super::FakeSettings::log_calls), 10,000 by default.
    ///
    /// ```
    /// # use audiencekit::{FacebookClient, MockClient, facebook::fake::Edge};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// facebook.ad_account(&facebook.fake().account()).await?;
    /// let calls = facebook.fake().calls();
    /// assert_eq!((calls[0].edge, calls[0].status), (Edge::ReadAccount, 200));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().log.iter().cloned().collect()
    }

    /// Returns the number of calls on an edge, including those that left the log.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Edge, Fake};
    /// assert_eq!(Fake::new().count(Edge::AddUsers), 0);
    /// ```
    #[must_use]
    pub fn count(&self, edge: Edge) -> u64 {
        self.lock().counts.get(&edge).copied().unwrap_or(0)
    }

    /// Returns what came that must never arrive at Facebook, oldest first.
    ///
    /// ```
    /// use audiencekit::facebook::fake::{AlarmKind, Fake, FakeRequest};
    ///
    /// let fake = Fake::new();
    /// let _reply = fake.handle(&FakeRequest::new("GET", "/me?q=ada@example.com").bearer(fake.token()));
    /// assert_eq!(fake.alarms()[0].kind, AlarmKind::PlainEmail);
    /// ```
    #[must_use]
    pub fn alarms(&self) -> Vec<PrivacyViolation> {
        self.lock().alarms.clone()
    }

    /// Panics if plain personal data, the digest of an empty text, a hashed device id or a token in a URL ever came.
    ///
    /// Call it at the end of every test.
    ///
    /// # Panics
    /// If [`alarms`](Self::alarms) is not empty. The message names calls, kinds and columns, and no value.
    ///
    /// ```should_panic
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// let _reply = fake.handle(&FakeRequest::new("GET", &format!("/me?access_token={}", fake.token())));
    /// fake.assert_clean();
    /// ```
    #[track_caller]
    pub fn assert_clean(&self) {
        let alarms = self.alarms();
        assert!(alarms.is_empty(), "the fake saw what must never leave: {alarms:?}");
    }

    /// Panics unless the members of an audience are exactly `expected`.
    ///
    /// # Panics
    /// If a member is missing or unexpected. The message contains counts and the seed, and no member.
    ///
    /// ```
    /// # use audiencekit::{FacebookClient, MockClient, facebook::NewAudience};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold")).await?;
    /// facebook.fake().assert_members(&id, &[].into()); // nothing was uploaded yet
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_members(&self, audience: &AudienceId, expected: &BTreeSet<Hashed>) {
        let members = self.members(audience);
        let missing = expected.difference(&members).count();
        let extra = members.difference(expected).count();
        assert!(
            missing + extra == 0,
            "audience {audience} has {} members, {missing} are missing and {extra} are too many (seed {})",
            members.len(),
            self.seed()
        );
    }

    /// Panics if a call had too many rows, too long a URL, or hit a quota.
    ///
    /// # Panics
    /// If a call of the log did. The message contains the numbers of the calls and the seed.
    ///
    /// ```
    /// # use audiencekit::MockClient;
    /// MockClient::new().fake().assert_within_limits();
    /// ```
    #[track_caller]
    pub fn assert_within_limits(&self) {
        let settings = self.settings();
        let over = |call: &Call| {
            call.rows > settings.max_rows as u64
                || call.url_bytes >= MAX_URL_BYTES
                || matches!(call.code, 4 | 17 | 32 | 613 | 80000..=80014)
        };
        let over: Vec<u64> = self.calls().iter().filter(|call| over(call)).map(|call| call.number).collect();
        assert!(over.is_empty(), "calls {over:?} went over a limit (seed {})", self.seed());
    }
}
