//! What a test may choose about the fake.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::facebook::AccessTier;

/// When the effect of an upload shows in an audience's status and size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReadyAfter {
    /// With the upload itself.
    Immediate,
    /// This much later on the fake's clock.
    After(Duration),
    /// With the n-th read of the audience.
    AfterPolls(u32),
}

/// How sizes are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SizeModel {
    /// A band around two significant digits; 1000 to 1000 for anything below.
    Rounded,
    /// -1, which is unknown, below 1,000; a band above.
    UnknownBelowMinimum,
    /// Always -1.
    Unknown,
}

/// Which of the codes that Facebook's pages name answers while the terms are not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TermsCode {
    /// 200 with 1870090.
    Code200Subcode1870090,
    /// 200 with 1870034.
    Code200Subcode1870034,
    /// 2663.
    Code2663,
    /// 2664: the business has not accepted them.
    Code2664,
    /// 2655, as it was once reported.
    Code2655,
}

/// What an edit of a flagged audience answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlaggedEdit {
    /// 100 with 1713228: no edit is taken, as the page says of customer files and lookalikes.
    Refused,
    /// 100 with 1713231 until an edit changes every flagged field, as the page says of other audiences; the flag then
    /// goes.
    MustChangeFields,
}

/// What calls on a deleted audience answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeletedCode {
    /// 100 with 33, as for an id that never was.
    Code100Subcode33,
    /// 1487366, as connectors of others report it.
    Code1487366,
}

/// Which of the codes for it answers once the app's own quota is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AppLimitCode {
    /// 4: "application request limit reached".
    Code4,
    /// 341: "application limit reached".
    Code341,
}

/// Which of the codes for it answers once the ad account's score is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ScoreCode {
    /// 17 with 2446079.
    Code17Subcode2446079,
    /// 613 with 1487742.
    Code613Subcode1487742,
}

/// How the fake behaves, where Facebook leaves room or a test wants to choose.
///
/// ```
/// use audiencekit::facebook::fake::{Fake, ReadyAfter};
///
/// let fake = Fake::new();
/// fake.configure(|settings| settings.ready = ReadyAfter::Immediate);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FakeSettings {
    /// True to refuse parameters that the edge does not have; Facebook ignores many of them.
    pub strict: bool,
    /// When an upload shows.
    pub ready: ReadyAfter,
    /// How sizes are told.
    pub sizes: SizeModel,
    /// How many of a hundred rows match a person, while no population is loaded.
    pub match_percent: u8,
    /// True to count rows without keeping members: memory stays flat however many are sent.
    pub discard_members: bool,
    /// Longest URL; a longer one gets an HTML page of status 414. The default lets Meta's own SDKs, which put a
    /// removal into the URL, remove 200 people and fail at 300, as their users report.
    pub max_url_bytes: usize,
    /// Most rows of a call.
    pub max_rows: usize,
    /// True to answer too many rows with an HTML page of status 500 instead of code 1, subcode 99.
    pub too_many_rows_as_html: bool,
    /// Oldest version served; an older one gets code 2635.
    pub oldest_version: u32,
    /// Newest version served; a newer one gets code 2500.
    pub newest_version: u32,
    /// The app's tier.
    pub tier: AccessTier,
    /// Calls an hour of the use case `custom_audience` instead of the published formula.
    pub calls_per_hour: Option<u32>,
    /// People who use the app in a day: its own quota, for calls without an ad account, is 200 times as many an hour.
    pub app_users: u32,
    /// Which code answers once that is used up.
    pub app_limit: AppLimitCode,
    /// True to refuse once the ad account's score is full, not only to tell it in the header.
    pub enforce_account_score: bool,
    /// Which code answers then.
    pub score_code: ScoreCode,
    /// Which code answers while the terms are not accepted.
    pub terms: TermsCode,
    /// What an edit of a flagged audience answers.
    pub flagged_edit: FlaggedEdit,
    /// What calls on a deleted audience answer.
    pub deleted: DeletedCode,
    /// HTTP status of code 190: 400 or 401; both are seen.
    pub token_status: u16,
    /// True to write "no invalid entries" as `[]` instead of `{}`; both are seen.
    pub empty_samples_as_list: bool,
    /// How many calls on the edges of a fresh audience answer 803.
    pub fresh_id_misses: u32,
    /// A removal that would leave a live audience with fewer people is refused.
    pub removal_floor: u64,
    /// An audience with fewer people is not delivered: `delivery_status` 300.
    pub too_small_below: u64,
    /// Rows of a page when the caller names none.
    pub page_size: usize,
    /// True to give pages with fewer rows than asked for, some with none.
    pub short_pages: bool,
    /// Most `CUSTOM` audiences of an account.
    pub max_audiences: usize,
    /// Calls kept in the log; counters go on.
    pub log_calls: usize,
    /// True to leave every upload session at `uploading`, as was once reported.
    pub stuck_sessions: bool,
    /// True while the app is in development and its token's owner is no admin of the ad account: code 270.
    pub app_in_development: bool,
    /// True to give the texts for people in another language than English.
    pub localized: bool,
    /// True to write `is_transient` into throttles, false to leave it out.
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
            max_url_bytes: 20 * 1024,
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
            page_size: 25,
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
