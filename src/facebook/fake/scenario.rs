//! What a test arranges: accounts, tokens, people and faults, and what happens at Facebook outside of calls.

use time::OffsetDateTime;

use super::edge::{ads, replace};
use super::fault::{Armed, FaultRule};
use super::handle::Fake;
use super::model::account::Account;
use super::model::population::SyntheticPopulation;
use super::model::token::{App, Token};
use super::policy::lifecycle;
use super::serve;
use crate::facebook::{AccountId, AudienceId, BusinessId, SystemUserId};

impl Fake {
    /// Adds a rule that makes calls fail.
    ///
    /// Every rule counts the calls that it is about; of several rules that strike one call, the first added decides.
    ///
    /// ```
    /// use audiencekit::facebook::fake::{Fake, FakeRequest, Fault, FaultRule};
    ///
    /// let fake = Fake::new();
    /// fake.inject(FaultRule::new(Fault::Html(500)).first(1));
    /// let call = FakeRequest::new("GET", "/me").bearer(fake.token());
    /// assert_eq!(fake.handle(&call).status, 500);
    /// assert_eq!(fake.handle(&call).status, 200);
    /// ```
    pub fn inject(&self, rule: FaultRule) {
        self.lock().faults.push(Armed::new(rule));
    }

    /// Removes all fault rules, and serves the calls that [`Fault::Late`](super::Fault::Late) has held back.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// fake.inject("html=500".parse()?);
    /// fake.clear_faults();
    /// assert_eq!(fake.handle(&FakeRequest::new("GET", "/me").bearer(fake.token())).status, 200);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn clear_faults(&self) {
        let mut state = self.lock();
        state.faults.clear();
        serve::release_all(&mut state);
    }

    /// Sets the people that Facebook knows. From now on a row counts for an audience's size only if it matches one.
    ///
    /// ```
    /// use audiencekit::facebook::fake::{Fake, SyntheticPopulation};
    ///
    /// let fake = Fake::new();
    /// fake.populate(SyntheticPopulation::synthetic(7, 1_000));
    /// ```
    pub fn populate(&self, people: SyntheticPopulation) {
        self.lock().people = Some(people);
    }

    /// Adds an ad account that is active, linked to a business and has accepted the terms.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::Fake;
    /// let fake = Fake::new();
    /// fake.add_account(&"act_42".parse()?);
    /// assert_eq!(fake.accounts().len(), 2);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn add_account(&self, account: &AccountId) {
        let digits = account.digits();
        self.lock().accounts.insert(digits.to_owned(), Account::new(digits));
    }

    /// Sets whether an account has accepted the terms. Without them it takes no customer files.
    ///
    /// ```
    /// # use audiencekit::{ErrorKind, FacebookClient, MockClient, facebook::NewAudience};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let facebook = MockClient::new();
    /// let account = facebook.fake().account();
    /// facebook.fake().set_terms_accepted(&account, false);
    /// let error = facebook.create_audience(&account, &NewAudience::new("VIP", "Gold")).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Terms);
    /// # }
    /// ```
    pub fn set_terms_accepted(&self, account: &AccountId, accepted: bool) {
        self.with_account(account, |account| account.terms_accepted = accepted);
    }

    /// Sets the `account_status` of an account, such as 1 for active or 2 for disabled.
    ///
    /// ```
    /// # use audiencekit::{FacebookClient, MockClient, facebook::AccountStatus};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// let account = facebook.fake().account();
    /// facebook.fake().set_account_status(&account, 2);
    /// assert_eq!(facebook.ad_account(&account).await?.status, Some(AccountStatus::Disabled));
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_account_status(&self, account: &AccountId, status: u32) {
        self.with_account(account, |account| account.status = status);
    }

    /// Sets the tasks that the owner of the token has on an account, such as `ANALYZE` or `ADVERTISE`.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// fake.set_user_tasks(&fake.account(), &["ANALYZE"]);
    /// let call = FakeRequest::new("GET", "/act_1234567890?fields=user_tasks").bearer(fake.token());
    /// assert_eq!(fake.handle(&call).json()["user_tasks"][0], "ANALYZE");
    /// ```
    pub fn set_user_tasks(&self, account: &AccountId, tasks: &[&str]) {
        let tasks = tasks.iter().map(|&task| task.to_owned()).collect();
        self.with_account(account, |account| account.user_tasks = tasks);
    }

    /// Sets the business that owns an account; `None` unlinks the account, which then takes no customer files.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// fake.set_business(&fake.account(), Some("42"));
    /// let call = FakeRequest::new("GET", "/act_1234567890?fields=business").bearer(fake.token());
    /// assert_eq!(fake.handle(&call).json()["business"]["id"], "42");
    /// ```
    pub fn set_business(&self, account: &AccountId, business: Option<&str>) {
        self.with_account(account, |account| account.business = business.map(str::to_owned));
    }

    /// Makes an account a client of a business, which may then perform these tasks on it.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// fake.add_client(&"42".parse()?, &fake.account(), &["ADVERTISE"]);
    /// let call = FakeRequest::new("GET", "/42/client_ad_accounts").bearer(fake.token());
    /// assert_eq!(fake.handle(&call).json()["data"][0]["id"], "act_1234567890");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn add_client(&self, business: &BusinessId, account: &AccountId, tasks: &[&str]) {
        let tasks = tasks.iter().map(|&task| task.to_owned()).collect();
        self.with_account(account, |account| {
            account.client_of.insert(business.to_string(), tasks);
        });
    }

    fn with_account(&self, account: &AccountId, change: impl FnOnce(&mut Account)) {
        if let Some(account) = self.lock().accounts.get_mut(account.digits()) {
            change(account);
        }
    }

    /// Adds a token of the fake's app with these scopes; without `expires_at` it does not expire.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// fake.add_token("reader", &["ads_read"], None);
    /// assert_eq!(fake.handle(&FakeRequest::new("GET", "/act_1234567890").bearer("reader")).status, 200);
    /// ```
    pub fn add_token(&self, token: &str, scopes: &[&str], expires_at: Option<OffsetDateTime>) {
        let mut state = self.lock();
        let mut fresh = Token::system_user(App::DEFAULT_ID, state.now);
        fresh.scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        fresh.expires_at = expires_at.map(OffsetDateTime::unix_timestamp);
        state.tokens.insert(token.to_owned(), fresh);
    }

    /// Limits a token to these ad accounts; other accounts do not exist for it.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// fake.restrict_token(fake.token(), &[]);
    /// let reply = fake.handle(&FakeRequest::new("GET", "/act_1234567890").bearer(fake.token()));
    /// assert_eq!(reply.json()["error"]["error_subcode"], 33);
    /// ```
    pub fn restrict_token(&self, token: &str, accounts: &[AccountId]) {
        if let Some(token) = self.lock().tokens.get_mut(token) {
            token.accounts = Some(accounts.iter().map(|account| account.digits().to_owned()).collect());
        }
    }

    /// Revokes a token: calls with it get code 190 and this subcode, which is 458, 459, 460, 464 or 467.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// fake.revoke_token(fake.token(), 460);
    /// let reply = fake.handle(&FakeRequest::new("GET", "/me").bearer(fake.token()));
    /// assert_eq!(reply.json()["error"]["error_subcode"], 460);
    /// ```
    pub fn revoke_token(&self, token: &str, subcode: i64) {
        if let Some(token) = self.lock().tokens.get_mut(token) {
            token.refused = Some(subcode);
        }
    }

    /// Sets the app's switch "Require App Secret". While it is on, calls without `appsecret_proof` are refused.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// fake.require_proof(true);
    /// assert_eq!(fake.handle(&FakeRequest::new("GET", "/me").bearer(fake.token())).status, 400);
    /// ```
    pub fn require_proof(&self, required: bool) {
        if let Some(app) = self.lock().apps.get_mut(App::DEFAULT_ID) {
            app.require_proof = required;
        }
    }

    /// Adds a system user without an installed app.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// fake.add_system_user(&"42".parse()?);
    /// let install = FakeRequest::new("POST", "/42/applications?business_app=220011330055779");
    /// assert_eq!(fake.handle(&install.bearer(fake.token())).status, 200);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn add_system_user(&self, user: &SystemUserId) {
        self.lock().system_users.entry(user.to_string()).or_default();
    }

    /// Flags an audience as Facebook's integrity check does: members can be neither added nor removed, and edits are
    /// refused.
    ///
    /// `fields` are names such as `name` and `description`; an empty list removes the flag.
    ///
    /// ```
    /// # use audiencekit::{FacebookClient, MockClient, facebook::NewAudience};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold")).await?;
    /// facebook.fake().flag(&id, &["name"]);
    /// assert_eq!(facebook.audience(&id).await?.operation_status.map(|status| status.code), Some(471));
    /// # Ok(())
    /// # }
    /// ```
    pub fn flag(&self, audience: &AudienceId, fields: &[&str]) {
        if let Some(audience) = self.lock().audiences.get_mut(audience.as_str()) {
            audience.flagged = fields.iter().map(|&field| field.to_owned()).collect();
        }
    }

    /// Sets an `operation_status` that the fake does not reach by itself, such as 421 or 450; `None` unsets it.
    ///
    /// ```
    /// # use audiencekit::{FacebookClient, MockClient, facebook::NewAudience};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold")).await?;
    /// facebook.fake().force_operation_status(&id, Some(450));
    /// assert_eq!(facebook.audience(&id).await?.operation_status.map(|status| status.code), Some(450));
    /// # Ok(())
    /// # }
    /// ```
    pub fn force_operation_status(&self, audience: &AudienceId, code: Option<u32>) {
        if let Some(audience) = self.lock().audiences.get_mut(audience.as_str()) {
            audience.work.forced = code;
        }
    }

    /// Lets the running replacement of an audience's members fail; the client must start it again.
    ///
    /// ```
    /// # use audiencekit::{FacebookClient, MockClient, facebook::NewAudience, facebook::fake::FakeRequest};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let fake = facebook.fake();
    /// # let id = facebook.create_audience(&fake.account(), &NewAudience::new("VIP", "Gold")).await?;
    /// let session = r#"{"session_id":1,"batch_seq":1}"#;
    /// let rows = r#"{"schema":["EXTERN_ID"],"data":[["crm-1"]]}"#;
    /// let replace = FakeRequest::new("POST", &format!("/{id}/usersreplace")).bearer(fake.token());
    /// let first = replace.body("application/json", format!(r#"{{"payload":{rows},"session":{session}}}"#));
    /// assert_eq!(fake.handle(&first).status, 200);
    /// fake.break_replace(&id);
    /// assert_eq!(facebook.audience(&id).await?.operation_status.map(|status| status.code), Some(415));
    /// # Ok(())
    /// # }
    /// ```
    pub fn break_replace(&self, audience: &AudienceId) {
        replace::interrupt(&mut self.lock(), audience.as_str());
    }

    /// Marks an audience as expiring: Facebook deletes it in 90 days unless it is used.
    ///
    /// ```
    /// # use audiencekit::{FacebookClient, MockClient, facebook::NewAudience};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold")).await?;
    /// facebook.fake().expire_audience(&id);
    /// facebook.fake().advance(std::time::Duration::from_secs(90 * 86_400));
    /// assert!(facebook.audience(&id).await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn expire_audience(&self, audience: &AudienceId) {
        let mut state = self.lock();
        let delete_time = state.now + 90 * 86_400;
        if let Some(audience) = state.audiences.get_mut(audience.as_str()) {
            audience.delete_time = Some(delete_time);
        }
    }

    /// Deletes an audience, as a person in Ads Manager can at any time.
    ///
    /// ```
    /// # use audiencekit::{ErrorKind, FacebookClient, MockClient, facebook::NewAudience};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold")).await?;
    /// facebook.fake().delete_audience(&id);
    /// assert_eq!(facebook.audience(&id).await.unwrap_err().kind(), ErrorKind::NotFound);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_audience(&self, audience: &AudienceId) {
        lifecycle::delete(&mut self.lock(), audience.as_str());
    }

    /// Uses an audience in an ad with this name and `effective_status`, and returns the id of the ad.
    ///
    /// ```
    /// # use audiencekit::{FacebookClient, MockClient, facebook::NewAudience, facebook::fake::FakeRequest};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let fake = facebook.fake();
    /// # let id = facebook.create_audience(&fake.account(), &NewAudience::new("VIP", "Gold")).await?;
    /// let ad = fake.advertise(&id, "Spring sale", "ACTIVE");
    /// let call = FakeRequest::new("GET", &format!("/{id}/ads")).bearer(fake.token());
    /// assert_eq!(fake.handle(&call).json()["data"][0]["id"], ad.as_str());
    /// # Ok(())
    /// # }
    /// ```
    pub fn advertise(&self, audience: &AudienceId, name: &str, effective_status: &str) -> String {
        ads::advertise(&mut self.lock(), audience.as_str(), name, effective_status)
    }
}
