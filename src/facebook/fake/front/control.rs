//! The control interface of the HTTP front: what tests in other languages reach the handle by.
//!
//! Every call is under `/_control/`. Its body, if any, is a JSON object, whatever its content type. A call that succeeds is
//! answered with status 200, one that is wrong with status 400 and `{"error": REASON}`. Calls need no token, are not in
//! the log, and no fault strikes them.
//!
//! | call | body | reply |
//! |---|---|---|
//! | `GET info` | | `url`, `access_token`, `app_id`, `app_secret`, `ad_accounts`, `seed`, `now` in Unix seconds |
//! | `POST advance` | `seconds`, a number of at least 0 | `now` |
//! | `GET settings` | | every setting by its name |
//! | `POST settings` | the settings to change, by name | every setting after the change |
//! | `POST faults` | `rule`, as text such as `drop_reply@add_users:3`; or `fault`, `edge` and `when` | `success` |
//! | `DELETE faults` | | `success`, after calls that were held back have been served |
//! | `POST flag` | `audience`; `fields`, a list of names, empty to remove the flag | `success` |
//! | `POST terms` | `account`, such as `act_1`; `accepted`, a boolean | `success` |
//! | `POST tokens` | `token`; `scopes`, a list; `expires_in` seconds, never without it | `success` |
//! | `POST tokens` | `token`; `revoked`, the subcode that it is refused with | `success` |
//! | `GET members?audience=ID` | | `count`, `matched`, and `members`, a list of fingerprints in hex |
//! | `GET calls` | | the log, a list, oldest call first |
//! | `GET alarms` | | the alarms, a list, oldest first |
//! | `GET state` | | the whole state, which contains tokens and digests |
//! | `PUT state` | a whole state | `success` |
//! | `POST reset` | | `success`; seed, clock and settings stay |

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::Result;
use crate::facebook::AudienceId;
use crate::facebook::fake::fault::FaultRule;
use crate::facebook::fake::handle::Fake;
use crate::facebook::fake::settings::FakeSettings;
use crate::facebook::fake::wire::http::{FakeReply, FakeRequest};
use crate::facebook::fake::wire::params::decode;

/// Serves a call under `/_control/`; `None` for any other path.
pub(in crate::facebook::fake) fn handle(fake: &Fake, request: &FakeRequest) -> Option<FakeReply> {
    let name = request.path.strip_prefix("/_control/")?;
    let (status, body) = match serve(fake, request, name) {
        Ok(body) => (200, body),
        Err(wrong) => (400, json!({ "error": wrong })),
    };
    Some(FakeReply::new(status, "application/json", body.to_string()))
}

fn serve(fake: &Fake, request: &FakeRequest, name: &str) -> Result<Value, String> {
    let body: Value = if request.body.is_empty() || name == "state" {
        Value::Null
    } else {
        serde_json::from_slice(&request.body).map_err(|error| format!("body is not JSON: {error}"))?
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).ok_or(format!("{name} is missing"));
    let audience = |id: &str| id.parse::<AudienceId>().map_err(|error| error.to_string());
    match (request.method.as_str(), name) {
        ("GET", "info") => Ok(info(fake, request)),
        ("POST", "advance") => {
            let seconds = body.get("seconds").and_then(Value::as_f64).filter(|seconds| *seconds >= 0.0);
            let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            fake.advance(duration.ok_or("seconds is missing or no duration")?);
            Ok(json!({ "now": fake.now().unix_timestamp() }))
        }
        ("GET", "settings") => Ok(json!(fake.settings())),
        ("POST", "settings") => {
            let mut all = json!(fake.settings());
            let named = body.as_object().ok_or("settings are an object")?.clone();
            all.as_object_mut().ok_or("settings are an object")?.extend(named);
            let fresh: FakeSettings = serde_json::from_value(all).map_err(|error| error.to_string())?;
            fake.configure(|settings| *settings = fresh);
            Ok(json!(fake.settings()))
        }
        ("POST", "faults") => {
            let rule = match body.get("rule").and_then(Value::as_str) {
                Some(rule) => rule.parse::<FaultRule>().map_err(|error| error.to_string())?,
                None => serde_json::from_value(body.clone()).map_err(|error| error.to_string())?,
            };
            fake.inject(rule);
            Ok(json!({ "success": true }))
        }
        ("DELETE", "faults") => {
            fake.clear_faults();
            Ok(json!({ "success": true }))
        }
        ("POST", "flag") => {
            let fields: Vec<&str> = body
                .get("fields")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            fake.flag(&audience(text("audience")?)?, &fields);
            Ok(json!({ "success": true }))
        }
        ("POST", "terms") => {
            let account = text("account")?.parse().map_err(|error: crate::Error| error.to_string())?;
            let accepted = body.get("accepted").and_then(Value::as_bool).ok_or("accepted is missing")?;
            fake.set_terms_accepted(&account, accepted);
            Ok(json!({ "success": true }))
        }
        ("POST", "tokens") => {
            let token = text("token")?;
            if let Some(subcode) = body.get("revoked").and_then(Value::as_i64) {
                fake.revoke_token(token, subcode);
                return Ok(json!({ "success": true }));
            }
            let scopes: Vec<&str> = body
                .get("scopes")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let expires = body.get("expires_in").and_then(Value::as_i64);
            let expires = expires.map(|seconds| fake.now().saturating_add(time::Duration::seconds(seconds)));
            fake.add_token(token, &scopes, expires);
            Ok(json!({ "success": true }))
        }
        ("GET", "members") => {
            let id = request.query.split('&').find_map(|pair| pair.strip_prefix("audience="));
            let id = audience(&decode(id.ok_or("audience is missing")?))?;
            let members: Vec<String> =
                fake.members(&id).iter().map(|member| const_hex::encode(member.as_bytes())).collect();
            Ok(json!({ "count": fake.member_count(&id), "matched": fake.matched(&id), "members": members }))
        }
        ("GET", "calls") => Ok(json!(fake.calls())),
        ("GET", "alarms") => Ok(json!(fake.alarms())),
        ("GET", "state") => {
            let dump = fake.dump().map_err(|error| error.to_string())?;
            serde_json::from_str(&dump).map_err(|error| error.to_string())
        }
        ("PUT", "state") => {
            let dump = std::str::from_utf8(&request.body).map_err(|error| error.to_string())?;
            fake.load(dump).map_err(|error| error.to_string())?;
            Ok(json!({ "success": true }))
        }
        ("POST", "reset") => {
            fake.reset();
            Ok(json!({ "success": true }))
        }
        (method, name) => Err(format!("no such control: {method} {name}")),
    }
}

/// What a client needs to begin.
fn info(fake: &Fake, request: &FakeRequest) -> Value {
    json!({
        "url": request.get("host").map(|host| format!("http://{host}")),
        "access_token": fake.token(),
        "app_id": fake.app_id(),
        "app_secret": fake.app_secret(),
        "ad_accounts": fake.accounts().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "seed": fake.seed(),
        "now": fake.now().unix_timestamp(),
    })
}
