//! System users: apps installed for them, and their tokens.

use serde_json::json;

use crate::facebook::fake::model::token::{Caller, Token};
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::{Answer, Refusal};

/// Life of a token that is not endless.
const SIXTY_DAYS: i64 = 60 * 86_400;

/// The app that a call names, where the caller may manage the system user.
fn app_for(state: &State, user: &str, caller: &Caller, params: &Params<'_>) -> Result<String, Refusal> {
    if !state.system_users.contains_key(user) {
        return Err(Refusal::no_object("POST", user));
    }
    if !caller.token.has("business_management") {
        return Err(Refusal::new(200, "(#200) Requires business_management permission to manage the object"));
    }
    let app = params
        .text("business_app")
        .ok_or_else(|| Refusal::parameter("Missing parameter(s): business_app"))?;
    if !state.apps.contains_key(app.as_ref()) {
        return Err(Refusal::parameter("Param business_app must be a valid app id"));
    }
    Ok(app.into_owned())
}

pub(super) fn install_app(state: &mut State, user: &str, caller: &Caller, params: &Params<'_>) -> Answer {
    params.only(state.settings.strict, &[&["business_app"]])?;
    let app = app_for(state, user, caller, params)?;
    state.system_users.entry(user.to_owned()).or_default().insert(app);
    Ok(json!({ "success": true }))
}

/// Source: install-apps-and-generate-tokens, in a summary of 2026-04-05 (read 2026-09-12); the refusals are made up.
pub(super) fn create_token(state: &mut State, user: &str, caller: &Caller, params: &Params<'_>) -> Answer {
    const KNOWN: [&str; 3] = ["business_app", "scope", "set_token_expires_in_60_days"];
    params.only(state.settings.strict, &[&KNOWN])?;
    let app = app_for(state, user, caller, params)?;
    if !state.system_users.get(user).is_some_and(|apps| apps.contains(&app)) {
        return Err(Refusal::new(200, "(#200) The app is not installed for the system user"));
    }
    // Its value was checked with the token.
    if !params.has("appsecret_proof") {
        let message = "API calls from the server require an appsecret_proof argument";
        return Err(Refusal::new(100, message).kind("GraphMethodException"));
    }
    let scopes = params.list("scope")?.filter(|scopes| !scopes.is_empty());
    let scopes = scopes.ok_or_else(|| Refusal::parameter("Missing parameter(s): scope"))?;
    let ends = params.bool("set_token_expires_in_60_days")?.unwrap_or(false);
    let fresh = format!("EAAfakeMade{:016x}{:016x}", state.random.next(), state.random.next());
    let token = Token {
        user: user.to_owned(),
        scopes,
        expires_at: ends.then_some(state.now + SIXTY_DAYS),
        ..Token::system_user(&app, state.now)
    };
    state.tokens.insert(fresh.clone(), token);
    Ok(json!({ "access_token": fresh }))
}
