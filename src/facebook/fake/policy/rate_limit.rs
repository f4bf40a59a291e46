//! Quotas that fill, the headers that tell it, and the refusal once they are full.

use serde_json::json;

use crate::facebook::AccessTier;
use crate::facebook::fake::log::Edge;
use crate::facebook::fake::model::meter::score_rule;
use crate::facebook::fake::settings::{AppLimitCode, FakeSettings, ScoreCode};
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::http::FakeReply;
use crate::facebook::fake::wire::refusal::Refusal;
use crate::facebook::fake::wire::route::Route;

/// Calls an hour of the use case `custom_audience`.
///
/// Source: Marketing API rate limiting (read 2026-09-12).
fn calls_per_hour(settings: &FakeSettings, audiences: u64) -> u64 {
    if let Some(calls) = settings.calls_per_hour {
        return u64::from(calls).max(1);
    }
    let base = u64::from(settings.tier.calls_per_hour());
    (base + 40 * audiences).min(700_000)
}

fn throttled(settings: &FakeSettings, code: i64, subcode: Option<i64>, words: &str) -> Refusal {
    let transient = settings.tell_transient.then_some(true);
    let mut refusal = Refusal::new(code, format!("(#{code}) {words}"));
    refusal.subcode = subcode;
    refusal
        .transient(transient)
        .user("Too Many Calls", "There have been too many calls. Wait a bit and try again.")
}

/// What a call uses up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::facebook::fake) enum Quota {
    /// The use case `custom_audience` of an ad account, by digits.
    CustomAudience(String),
    /// The use case `ads_management` of an ad account, by digits.
    AdsManagement(String),
    /// The app's own.
    App,
}

/// What a call costs, and whose quota it is.
pub(in crate::facebook::fake) struct Charge {
    pub(in crate::facebook::fake) app: String,
    pub(in crate::facebook::fake) quota: Quota,
    pub(in crate::facebook::fake) edge: Edge,
}

impl Charge {
    fn meter(&self) -> String {
        match &self.quota {
            Quota::CustomAudience(account) => format!("{}:{account}", self.app),
            Quota::AdsManagement(account) => format!("{}:{account}:ads_management", self.app),
            Quota::App => self.app.clone(),
        }
    }
}

/// What a call uses up: of the account that it names or that owns the audience, or of the app.
pub(in crate::facebook::fake) fn quota_of(state: &State, route: &Route) -> Option<Quota> {
    let known = |digits: &String| state.accounts.contains_key(digits).then(|| digits.clone());
    match route.edge {
        Edge::CreateAudience | Edge::ListAudiences | Edge::EraseUsers => {
            known(&route.object).map(Quota::CustomAudience)
        }
        Edge::ReadAccount | Edge::ReadTerms | Edge::AcceptTerms => {
            known(&route.object).map(Quota::AdsManagement)
        }
        Edge::Me
        | Edge::ListAccounts
        | Edge::ListOwnedAccounts
        | Edge::ListClientAccounts
        | Edge::DebugToken
        | Edge::InstallApp
        | Edge::CreateToken => Some(Quota::App),
        _ => {
            let owner = state.audiences.get(&route.object).map(|audience| audience.account.clone());
            owner.map(Quota::CustomAudience)
        }
    }
}

/// Calls an hour.
///
/// Source: Graph API rate limiting, with the formulas of each use case and of the platform (read 2026-09-12).
fn limit_of(state: &State, quota: &Quota) -> u64 {
    match quota {
        Quota::CustomAudience(account) => {
            let mine = state.audiences.values().filter(|audience| audience.account == *account);
            calls_per_hour(&state.settings, mine.count() as u64)
        }
        Quota::AdsManagement(account) => {
            let base = match state.settings.tier {
                AccessTier::DevelopmentAccess => 300,
                AccessTier::StandardAccess => 100_000,
            };
            base + 40 * active_ads(state, account)
        }
        Quota::App => 200 * u64::from(state.settings.app_users),
    }
}

fn refusal_of(state: &State, quota: &Quota) -> Refusal {
    let to_account = "There have been too many calls to this ad-account. Wait a bit and try again.";
    match (quota, state.settings.app_limit) {
        (Quota::CustomAudience(_), _) => throttled(&state.settings, 80003, Some(2446079), to_account),
        (Quota::AdsManagement(_), _) => throttled(&state.settings, 80004, Some(2446079), to_account),
        (Quota::App, AppLimitCode::Code4) => {
            throttled(&state.settings, 4, None, "Application request limit reached")
        }
        (Quota::App, AppLimitCode::Code341) => {
            throttled(&state.settings, 341, None, "Application limit reached")
        }
    }
}

/// Counts a call before it is served; refuses it when the quota is used up.
pub(in crate::facebook::fake) fn charge(
    state: &mut State,
    charge: &Charge,
    writes: bool,
) -> Result<(), Refusal> {
    let (limit, throttle) = (limit_of(state, &charge.quota), refusal_of(state, &charge.quota));
    let now = state.now;
    let settings = &state.settings;
    let meter = state.meters.entry(charge.meter()).or_default();
    if meter.blocked_until > now {
        // Calls while blocked make the block longer.
        meter.blocked_until += 60;
        return Err(throttle);
    }
    meter.count(now, if writes { 3.0 } else { 1.0 }, settings.tier);
    if meter.used(now) > limit {
        meter.blocked_until = now + meter.wait(now);
        return Err(throttle);
    }
    let (most, _, block) = score_rule(settings.tier);
    if settings.enforce_account_score && meter.score > most && charge.quota != Quota::App {
        meter.blocked_until = now + block;
        let (code, subcode) = match settings.score_code {
            ScoreCode::Code17Subcode2446079 => (17, 2446079),
            ScoreCode::Code613Subcode1487742 => (613, 1487742),
        };
        let words = "There have been too many calls from this ad-account. Wait a bit and try again.";
        return Err(throttled(settings, code, Some(subcode), words));
    }
    Ok(())
}

/// Adds the headers that report how full a quota is. An upload reports the account's and the app's use, a call without an
/// account the app's, everything else the use case's.
///
/// Source: Graph API rate limiting, and recordings of 2020 and 2021 for which edge reports what.
pub(in crate::facebook::fake) fn usage_headers(state: &mut State, charge: &Charge, reply: &mut FakeReply) {
    let limit = limit_of(state, &charge.quota);
    let (now, tier) = (state.now, state.settings.tier);
    let Some(meter) = state.meters.get_mut(&charge.meter()) else { return };
    let blocked = meter.blocked_until > now;
    let percent = if blocked { 100 } else { (meter.used(now) * 100 / limit.max(1)).min(100) };
    let shares = json!({ "call_count": percent, "total_cputime": percent / 2, "total_time": percent / 2 });
    let tier_name = match tier {
        AccessTier::DevelopmentAccess => "development_access",
        AccessTier::StandardAccess => "standard_access",
    };
    let uploads = matches!(charge.edge, Edge::AddUsers | Edge::ReplaceUsers);
    let (use_case, account) = match &charge.quota {
        Quota::App => {
            reply.push("x-app-usage", shares.to_string());
            return;
        }
        Quota::CustomAudience(_) if uploads && !blocked => {
            let (most, decay, _) = score_rule(tier);
            let used = (meter.score * 10_000.0 / most).round() / 100.0;
            let reset = (meter.score / most * decay).ceil() as i64;
            let usage = json!({
                "acc_id_util_pct": used.min(100.0),
                "reset_time_duration": reset,
                "ads_api_access_tier": tier_name,
            });
            reply.push("x-ad-account-usage", usage.to_string());
            reply.push("x-app-usage", shares.to_string());
            return;
        }
        Quota::CustomAudience(account) => ("custom_audience", account),
        Quota::AdsManagement(account) => ("ads_management", account),
    };
    let minutes = if blocked { ((meter.blocked_until - now) as u64).div_ceil(60) } else { 0 };
    let entry = json!({
        "type": use_case,
        "call_count": percent,
        "total_cputime": percent / 2,
        "total_time": percent / 2,
        "estimated_time_to_regain_access": minutes,
        "ads_api_access_tier": tier_name,
    });
    reply.push("x-business-use-case-usage", json!({ account.as_str(): [entry] }).to_string());
}

/// Ads of an account that are running.
fn active_ads(state: &State, account: &str) -> u64 {
    let mine = state.audiences.values().filter(|audience| audience.account == account);
    mine.flat_map(|audience| &audience.ads).filter(|ad| ad.effective_status == "ACTIVE").count() as u64
}
