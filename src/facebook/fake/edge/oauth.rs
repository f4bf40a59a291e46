//! `debug_token`, token exchange and revocation.

use serde_json::{Map, Value, json};

use crate::facebook::fake::model::token::{Caller, Token};
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::{Answer, Refusal};

/// Life of a long-lived token.
///
/// Source: long-lived tokens guide (read 2026-09-11); the page shows 5,183,944 seconds.
const LONG_LIVED_SECONDS: i64 = 5_183_944;

pub(super) fn debug_token(state: &State, caller: &Caller, params: &Params<'_>) -> Answer {
    params.only(state.settings.strict, &[&["input_token"]])?;
    let Some(input) = params.text("input_token") else {
        return Err(Refusal::parameter("The parameter input_token is required"));
    };
    let Some(token) = state.tokens.get(input.as_ref()) else {
        return Ok(json!({ "data": {
            "error": { "code": 190, "message": "The access token could not be decrypted" },
            "is_valid": false,
            "scopes": [],
        } }));
    };
    if token.app != caller.app {
        return Err(Refusal::parameter(
            "You must provide an app access token, or a user access token that is an owner or developer of the app",
        ));
    }
    let fault = token.fault(state.now);
    let mut data = Map::new();
    let mut set = |name: &str, value: Value| {
        data.insert(name.to_owned(), value);
    };
    set("app_id", json!(token.app));
    set("type", json!(token.kind));
    set("application", json!(state.apps.get(&token.app).map(|app| app.name.as_str())));
    set("data_access_expires_at", json!(0));
    set("expires_at", json!(token.expires_at.unwrap_or(0)));
    set("is_valid", json!(fault.is_none()));
    set("issued_at", json!(token.issued_at));
    set("scopes", json!(token.scopes));
    let granular = |scope: &String| match &token.accounts {
        Some(accounts) => json!({ "scope": scope, "target_ids": accounts }),
        None => json!({ "scope": scope }),
    };
    set("granular_scopes", json!(token.scopes.iter().map(granular).collect::<Vec<_>>()));
    set("user_id", json!(token.user));
    if let Some((subcode, message)) = fault {
        set("error", json!({ "code": 190, "message": message, "subcode": subcode }));
    }
    Ok(json!({ "data": data }))
}

/// The app proves itself with its secret, so there is no token to check.
fn app_of(state: &State, params: &Params<'_>) -> Result<String, Refusal> {
    let id = params.text("client_id").ok_or_else(|| Refusal::parameter("Missing client_id parameter."))?;
    let secret = params.text("client_secret").unwrap_or_default();
    match state.apps.get(id.as_ref()) {
        None => Err(Refusal::new(
            101,
            "Error validating application. Cannot get application info due to a system error.",
        )),
        Some(app) if app.secret != *secret => Err(Refusal::new(1, "Error validating client secret.")),
        Some(_) => Ok(id.into_owned()),
    }
}

pub(in crate::facebook::fake) fn exchange_token(state: &mut State, params: &Params<'_>) -> Answer {
    const KNOWN: [&str; 5] =
        ["grant_type", "client_id", "client_secret", "fb_exchange_token", "set_token_expires_in_60_days"];
    params.only(state.settings.strict, &[&KNOWN])?;
    let app = app_of(state, params)?;
    match params.text("grant_type").as_deref() {
        Some("client_credentials") => {
            let secret = state.apps.get(&app).map(|app| app.secret.clone()).unwrap_or_default();
            return Ok(json!({ "access_token": format!("{app}|{secret}"), "token_type": "bearer" }));
        }
        Some("fb_exchange_token") => {}
        _ => return Err(Refusal::parameter("Missing or invalid grant_type parameter.")),
    }
    let input = params.text("fb_exchange_token").unwrap_or_default();
    let Some(token) = state.tokens.get(input.as_ref()).filter(|token| token.app == app).cloned() else {
        return Err(Refusal::new(190, "Invalid OAuth access token.").status(state.settings.token_status));
    };
    if let Some((subcode, message)) = token.fault(state.now) {
        return Err(Refusal::new(190, message).sub(subcode).status(state.settings.token_status));
    }
    let expires_at = Some(state.now + LONG_LIVED_SECONDS);
    let fresh = format!("EAAfakeExchanged{:016x}{:016x}", state.random.next(), state.random.next());
    state.tokens.insert(fresh.clone(), Token { issued_at: state.now, expires_at, ..token });
    Ok(json!({ "access_token": fresh, "token_type": "bearer", "expires_in": LONG_LIVED_SECONDS }))
}

pub(in crate::facebook::fake) fn revoke_token(state: &mut State, params: &Params<'_>) -> Answer {
    params.only(state.settings.strict, &[&["client_id", "client_secret", "revoke_token"]])?;
    app_of(state, params)?;
    let input = params.text("revoke_token").unwrap_or_default();
    let Some(token) = state.tokens.get_mut(input.as_ref()) else {
        return Err(Refusal::parameter("Invalid revoke_token"));
    };
    token.refused = Some(467);
    Ok(json!({ "success": true }))
}
