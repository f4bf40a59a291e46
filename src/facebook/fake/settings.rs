//! What a test can choose about the fake.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::facebook::AccessTier;

/// When an upload becomes visible in an audience's status and size.
///
/// ```
/// # use audiencekit::facebook::fake::{Fake, ReadyAfter};
/// let fake = Fake::new();
/// fake.configure(|settings| settings.ready = ReadyAfter::AfterPolls(3));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReadyAfter {
    /// At once.
    Immediate,
    /// After this time on the fake's clock.
    After(Duration),
    /// With the n-th read of the audience.
    AfterPolls(u32),
}

/// How the size of an audience is reported.
///
/// ```
/// # use audiencekit::{FacebookClient, MockClient, facebook::NewAudience};
/// # use audiencekit::facebook::fake::{FakeRequest, SizeModel};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// # let facebook = MockClient::new();
/// # let fake = facebook.fake();
/// # let id = facebook.create_audience(&fake.account(), &NewAudience::new("VIP", "Gold")).await?;
/// fake.configure(|settings| settings.sizes = SizeModel::Unknown);
/// let read = FakeRequest::new("GET", &format!("/{id}?fields=approximate_count_lower_bound"));
/// assert_eq!(fake.handle(&read.bearer(fake.token())).json()["approximate_count_lower_bound"], -1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SizeModel {
    /// As a range around two significant digits; 1,000 to 1,000 for every smaller size.
    Rounded,
    /// As -1, which means unknown, below 1,000; as a range above.
    UnknownBelowMinimum,
    /// Always as -1.
    Unknown,
}

/// The error of calls that need the terms while they are not accepted. Facebook's pages name several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TermsCode {
    /// Code 200, subcode 1870090.
    Code200Subcode1870090,
    /// Code 200, subcode 1870034.
    Code200Subcode1870034,
    /// Code 2663.
    Code2663,
    /// Code 2664: the business has not accepted them.
    Code2664,
    /// Code 2655, which was reported once.
    Code2655,
}

/// The effect of editing a flagged audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlaggedEdit {
    /// Code 100, subcode 1713228: no edit is accepted, as documented for customer files and lookalikes.
    Refused,
    /// Code 100, subcode 1713231, until an edit changes every flagged field, as documented for other audiences. That
    /// edit removes the flag.
    MustChangeFields,
}

/// The error of calls on a deleted audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeletedCode {
    /// Code 100, subcode 33, as for an id that never existed.
    Code100Subcode33,
    /// Code 1487366, as other connectors report it.
    Code1487366,
}

/// The error of calls once the app's own quota is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AppLimitCode {
    /// Code 4: "application request limit reached".
    Code4,
    /// Code 341: "application limit reached".
    Code341,
}

/// The error of calls once the ad account's score is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ScoreCode {
    /// Code 17, subcode 2446079.
    Code17Subcode2446079,
    /// Code 613, subcode 1487742.
    Code613Subcode1487742,
}

/// How the fake behaves where Facebook leaves room, or where a test wants to choose.
///
/// Change it with [`Fake::configure`](super::Fake::configure), or over HTTP with `POST /_control/settings`, whose JSON has
/// the names of these fields.
///
/// ```
/// use audiencekit::facebook::fake::{Fake, ReadyAfter};
///
/// let fake = Fake::new();
/// fake.configure(|settings| {
///     settings.ready = ReadyAfter::Immediate; // uploads are visible at once
///     settings.removal_floor = 0; // small audiences can be emptied
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FakeSettings {
    /// Whether parameters that an edge does not have are refused; Facebook ignores many of them. Defaults to `true`.
    pub strict: bool,
    /// When an upload becomes visible. Defaults to 600 seconds later.
    pub ready: ReadyAfter,
    /// How sizes are reported. Defaults to [`SizeModel::Rounded`].
    pub sizes: SizeModel,
    /// The percentage of rows that match a person, while no population is loaded. Defaults to 100.
    pub match_percent: u8,
    /// Whether rows are only counted and no members kept, so that memory stays flat. Defaults to `false`.
    pub discard_members: bool,
    /// The greatest number of rows in a call. Defaults to 10,000.
    pub max_rows: usize,
    /// Whether too many rows get an HTML page of status 500 instead of code 1, subcode 99. Defaults to `false`.
    pub too_many_rows_as_html: bool,
    /// The oldest version that is served; older ones get code 2635. Defaults to 24, for `v24.0`.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// fake.configure(|settings| settings.oldest_version = 26); // the day on which v25.0 ends
    /// let reply = fake.handle(&FakeRequest::new("GET", "/v25.0/me").bearer(fake.token()));
    /// assert_eq!(reply.json()["error"]["code"], 2635);
    /// ```
    pub oldest_version: u32,
    /// The newest version that is served; newer ones get code 2500. Defaults to 26.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// fake.configure(|settings| settings.newest_version = 27);
    /// assert_eq!(fake.handle(&FakeRequest::new("GET", "/v27.0/me").bearer(fake.token())).status, 200);
    /// ```
    pub newest_version: u32,
    /// The app's access tier. Defaults to [`AccessTier::StandardAccess`].
    pub tier: AccessTier,
    /// Calls per hour of the use case `custom_audience`; `None` applies the published formula of the tier. Defaults to
    /// `None`.
    pub calls_per_hour: Option<u32>,
    /// The number of people who use the app in a day. The app's own quota, for calls without an ad account, is 200 times
    /// as many calls per hour. Defaults to 1,000.
    pub app_users: u32,
    /// The error once the app's own quota is used up. Defaults to [`AppLimitCode::Code4`].
    pub app_limit: AppLimitCode,
    /// Whether calls are refused once the ad account's score is full; it is always reported in the headers. Defaults to
    /// `false`.
    pub enforce_account_score: bool,
    /// The error once the ad account's score is full. Defaults to [`ScoreCode::Code17Subcode2446079`].
    pub score_code: ScoreCode,
    /// The error while the terms are not accepted. Defaults to [`TermsCode::Code200Subcode1870090`].
    pub terms: TermsCode,
    /// The effect of editing a flagged audience. Defaults to [`FlaggedEdit::Refused`].
    pub flagged_edit: FlaggedEdit,
    /// The error of calls on a deleted audience. Defaults to [`DeletedCode::Code100Subcode33`].
    pub deleted: DeletedCode,
    /// The HTTP status of code 190, which is 400 or 401 at Facebook. Defaults to 400.
    pub token_status: u16,
    /// Whether "no invalid entries" is written as `[]` instead of `{}`; Facebook does both. Defaults to `false`.
    pub empty_samples_as_list: bool,
    /// How many calls on the edges of a new audience get code 803. Defaults to 0.
    pub fresh_id_misses: u32,
    /// A removal is refused if it would leave a live audience with fewer people. Defaults to 100.
    pub removal_floor: u64,
    /// An audience with fewer people is not delivered: its `delivery_status` is 300. Defaults to 100.
    pub too_small_below: u64,
    /// Whether pages have fewer rows than asked for, some of them none. Defaults to `false`.
    pub short_pages: bool,
    /// The greatest number of `CUSTOM` audiences in an account. Defaults to 500.
    pub max_audiences: usize,
    /// The greatest number of calls in the log; counters go on. Defaults to 10,000.
    pub log_calls: usize,
    /// Whether upload sessions stay at `uploading`, as was reported once. Defaults to `false`.
    pub stuck_sessions: bool,
    /// Whether the app is in development and the owner of its token no admin of the ad account, which gives code 270.
    /// Defaults to `false`.
    pub app_in_development: bool,
    /// Whether the error texts for people are in another language than English. Defaults to `false`.
    pub localized: bool,
    /// Whether throttling errors contain `is_transient`. Defaults to `true`.
    pub tell_transient: bool,
}

impl Default for FakeSettings {
    fn default() -> Self {
        Self {
            strict: true,
            ready: ReadyAfter::After(Duration::from_secs(600)),
            sizes: SizeModel::Rounded,
            match_percent: 100,
            discard_members: false,
            max_rows: 10_000,
            too_many_rows_as_html: false,
            oldest_version: 24,
            newest_version: 26,
            tier: AccessTier::StandardAccess,
            calls_per_hour: None,
            app_users: 1_000,
            app_limit: AppLimitCode::Code4,
            enforce_account_score: false,
            score_code: ScoreCode::Code17Subcode2446079,
            terms: TermsCode::Code200Subcode1870090,
            flagged_edit: FlaggedEdit::Refused,
            deleted: DeletedCode::Code100Subcode33,
            token_status: 400,
            empty_samples_as_list: false,
            fresh_id_misses: 0,
            removal_floor: 100,
            too_small_below: 100,
            short_pages: false,
            max_audiences: 500,
            log_calls: 10_000,
            stuck_sessions: false,
            app_in_development: false,
            localized: false,
            tell_transient: true,
        }
    }
}
