//! The rows.

use super::row::{CodeRow, RetryClass};
use crate::error::ErrorKind;
use crate::error::ErrorKind as K;
use RetryClass as R;

const NEW_TOKEN: &str = "get a new access token and have its owner log in again";
const SLOW_DOWN: &str = "call less often, with more rows per call";
const ACCEPT_TERMS: &str = "a person of the business must accept the custom audience terms at \
    https://business.facebook.com/ads/manage/customaudiences/tos/?act=<ad account digits>; system users cannot";
const GRANT: &str = "grant the app ads_management and the token's owner access to the ad account";
const APPEAL: &str = "appeal in Ads Manager or make a new audience with another name and description";
const STAY_AWAY: &str = "stop calling for some hours; if it lasts, ask Facebook's support";
const AFTER_REPLACE: &str = "wait until operation_status is 200, then add the missing rows";

const fn row(
    code: i64,
    subcode: Option<i64>,
    kind: ErrorKind,
    retry: RetryClass,
    meaning: &'static str,
    remedy: &'static str,
) -> CodeRow {
    CodeRow { code, subcode, message: "", meaning, kind, retry, remedy }
}

const fn worded(
    code: i64,
    message: &'static str,
    kind: ErrorKind,
    retry: RetryClass,
    meaning: &'static str,
    remedy: &'static str,
) -> CodeRow {
    CodeRow { code, subcode: None, message, meaning, kind, retry, remedy }
}

/// Every code that a customer-file audience can meet, and a few neighbours.
#[rustfmt::skip]
pub const TABLE: &[CodeRow] = &[
    row(1, Some(99), K::Limit, R::Shrink, "unknown error, seen for too many rows", "send fewer rows per call"),
    worded(1, "reduce the amount of data", K::Limit, R::Shrink, "too much data asked for", "ask for fewer items or fields"),
    row(1, None, K::Unavailable, R::Backoff, "unknown error, possibly temporary", ""),
    row(2, None, K::Unavailable, R::Backoff, "service temporarily unavailable", ""),
    row(3, None, K::Permission, R::Never, "the app lacks the capability", "add the Marketing API to the app"),
    row(4, Some(1_504_022), K::Throttled, R::Throttle, "app request limit of insights", SLOW_DOWN),
    row(4, Some(1_504_039), K::Throttled, R::Throttle, "app request limit of insights", SLOW_DOWN),
    row(4, None, K::Throttled, R::Throttle, "app request limit", SLOW_DOWN),
    row(10, None, K::Permission, R::Never, "permission denied or removed", GRANT),
    row(17, Some(1_885_172), K::Rejected, R::Never, "too many spend limit changes", "change the spend limit less often"),
    row(17, Some(2_446_079), K::Throttled, R::Throttle, "account request limit", SLOW_DOWN),
    row(17, None, K::Throttled, R::Throttle, "user request limit", SLOW_DOWN),
    row(32, None, K::Throttled, R::Throttle, "page request limit", SLOW_DOWN),
    row(100, Some(33), K::NotFound, R::Never, "the object is missing, not visible, or cannot do this",
        "check the id, and assign the token's owner to the ad account that owns it"),
    row(100, Some(1_713_098), K::Rejected, R::Never, "the rule is not JSON", "mend the rule"),
    row(100, Some(1_713_228), K::Flagged, R::Never, "a flagged audience cannot be edited", APPEAL),
    row(100, Some(1_713_230), K::Flagged, R::Never, "a flagged audience takes no members and gives none", APPEAL),
    row(100, Some(1_713_231), K::Flagged, R::Never, "an edit must change every flagged field",
        "change every field of fields_violating_integrity_policy in one edit"),
    row(100, Some(1_713_232), K::Flagged, R::Never, "a flagged audience cannot seed a lookalike", APPEAL),
    worded(100, "missing parameter", K::Rejected, R::Never, "a parameter is missing", "send the parameter"),
    worded(100, "does not match schema", K::Rejected, R::Never, "rows do not match the schema; none was taken",
        "give every row one cell per column"),
    worded(100, "appsecret_proof", K::Token, R::Reauthenticate, "the app demands a proof of its secret",
        "give the client the right app secret"),
    row(100, None, K::Rejected, R::Never, "invalid parameter", "mend the parameter that Facebook names"),
    row(102, None, K::Token, R::Reauthenticate, "session or login key invalid", NEW_TOKEN),
    row(104, None, K::Token, R::Reauthenticate, "incorrect signature", "give the client the right app secret"),
    row(105, None, K::Rejected, R::Never, "too many parameters", "send fewer parameters"),
    row(190, Some(458), K::Token, R::Reauthenticate, "the person removed the app", NEW_TOKEN),
    row(190, Some(459), K::Token, R::Reauthenticate, "the person must log in at facebook.com first", NEW_TOKEN),
    row(190, Some(460), K::Token, R::Reauthenticate, "the password changed", NEW_TOKEN),
    row(190, Some(463), K::Token, R::Reauthenticate, "the token expired", NEW_TOKEN),
    row(190, Some(464), K::Token, R::Reauthenticate, "the person is not confirmed", NEW_TOKEN),
    row(190, Some(467), K::Token, R::Reauthenticate, "the token was revoked", NEW_TOKEN),
    row(190, Some(492), K::Token, R::Reauthenticate, "the person lost the role on the page", NEW_TOKEN),
    row(190, None, K::Token, R::Reauthenticate, "the token is invalid", NEW_TOKEN),
    row(194, None, K::Rejected, R::Never, "a required parameter is missing", "send the parameter"),
    row(200, Some(1_713_153), K::Permission, R::Never, "engagement audience without permission", GRANT),
    row(200, Some(1_870_034), K::Terms, R::Never, "custom audience terms not accepted", ACCEPT_TERMS),
    row(200, Some(1_870_047), K::TooSmall, R::Never, "the removal would leave too few people",
        "keep more people, replace the members, or delete the audience"),
    row(200, Some(1_870_050), K::Permission, R::Never, "the ad account is not linked to a business",
        "add the ad account to a business in Meta Business Suite"),
    row(200, Some(1_870_090), K::Terms, R::Never, "custom audience terms not accepted", ACCEPT_TERMS),
    row(200, Some(1_870_092), K::Terms, R::Never, "business tools terms not accepted",
        "a person of the business must accept the Business Tools terms in Meta Business Suite"),
    row(200, None, K::Permission, R::Never, "permission missing", GRANT),
    row(270, None, K::Permission, R::Never, "an app in development cannot use this account",
        "ask for a higher access tier, or use an account of the app's administrators"),
    row(294, None, K::Permission, R::Never, "ads_management and an admitted app are needed", GRANT),
    row(341, None, K::Throttled, R::Throttle, "application limit", SLOW_DOWN),
    row(368, None, K::Blocked, R::Long, "blocked for policy or abuse", STAY_AWAY),
    row(506, None, K::Rejected, R::Never, "duplicate post", "change the post"),
    row(613, Some(1_487_742), K::Throttled, R::Throttle, "too many calls for this ad account", SLOW_DOWN),
    row(613, Some(5_044_001), K::Throttled, R::Throttle, "too many changes a second", SLOW_DOWN),
    row(613, Some(1_487_632), K::Rejected, R::Never, "ad set budget changed too often", "change the budget less often"),
    row(613, Some(1_487_225), K::Rejected, R::Never, "ads created too often", "create fewer ads"),
    row(613, None, K::Throttled, R::Long, "custom limit on calls, a sign of many small ones", STAY_AWAY),
    row(803, None, K::NotFound, R::Briefly, "unknown alias, seen right after an audience was made", "check the id"),
    row(2500, None, K::Rejected, R::Never, "the query cannot be parsed", "check the fields asked for"),
    row(2635, None, K::Rejected, R::Never, "the API version has ended", "use a newer version"),
    row(2650, Some(1_870_144), K::Limit, R::Never, "100 million members or more cannot be replaced", "add and remove instead"),
    row(2650, Some(1_870_145), K::Busy, R::Wait, "another update is in progress", "wait until operation_status is 200"),
    row(2650, Some(1_870_147), K::Rejected, R::RestartSession, "the first batch is missing", "start a session with batch_seq 1"),
    row(2650, Some(1_870_148), K::Unavailable, R::RestartSession, "the list was not fully replaced", "replace again with a new session"),
    row(2650, Some(1_870_158), K::Busy, R::WaitThenAdd, "the session timed out after 90 minutes", AFTER_REPLACE),
    row(2650, Some(1_870_159), K::Busy, R::WaitThenAdd, "the session has finished", AFTER_REPLACE),
    row(2650, None, K::Rejected, R::Never, "the audience was not updated",
        "send the same kind of columns as the first upload did, or make a new audience"),
    row(2654, Some(1_713_092), K::Permission, R::Never, "no write permission for the ad account", GRANT),
    row(2654, Some(1_713_214), K::Permission, R::Never, "engagement audience without permission", GRANT),
    row(2654, Some(1_870_231), K::Permission, R::Never, "engagement audience without permission", GRANT),
    row(2654, None, K::Rejected, R::Never, "the audience was not created", "check the parameters"),
    row(2655, None, K::Terms, R::Never, "terms of service not accepted", ACCEPT_TERMS),
    row(2656, None, K::Rejected, R::Never, "lookalikes are made from it", "delete the lookalikes first"),
    row(2663, None, K::Terms, R::Never, "terms of service not accepted", ACCEPT_TERMS),
    row(2664, None, K::Terms, R::Never, "the business has not accepted its terms of service", ACCEPT_TERMS),
    row(5000, None, K::Unavailable, R::Once, "unknown error code", ""),
    row(80_000, None, K::Throttled, R::Throttle, "insights throttled", SLOW_DOWN),
    row(80_001, None, K::Throttled, R::Throttle, "pages throttled", SLOW_DOWN),
    row(80_002, None, K::Throttled, R::Throttle, "Instagram throttled", SLOW_DOWN),
    row(80_003, None, K::Throttled, R::Throttle, "custom audiences throttled", SLOW_DOWN),
    row(80_004, None, K::Throttled, R::Throttle, "ads management throttled", SLOW_DOWN),
    row(80_005, None, K::Throttled, R::Throttle, "leads throttled", SLOW_DOWN),
    row(80_006, None, K::Throttled, R::Throttle, "messenger throttled", SLOW_DOWN),
    row(80_008, None, K::Throttled, R::Throttle, "WhatsApp throttled", SLOW_DOWN),
    row(80_009, None, K::Throttled, R::Throttle, "catalogue throttled", SLOW_DOWN),
    row(80_014, None, K::Throttled, R::Throttle, "catalogue batch throttled", SLOW_DOWN),
    row(1_404_078, None, K::Blocked, R::Long, "temporarily blocked", STAY_AWAY),
    row(2_859_015, None, K::Blocked, R::Long, "temporarily blocked", STAY_AWAY),
    row(1_487_301, None, K::Permission, R::Never, "the audience is not owned by nor shared with the account",
        "have its owner share it"),
    row(1_487_366, None, K::NotFound, R::Never, "the audience was deleted", "make a new audience"),
    row(1_870_065, None, K::Rejected, R::Never, "it contains a shared audience that was disabled",
        "take the disabled audience out"),
    row(3_910_001, None, K::Unavailable, R::Backoff, "trouble with the account, try later", ""),
];
