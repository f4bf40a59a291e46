//! Who calls: the token of a call, and the proof that it comes from the app's server.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::facebook::fake::model::token::{Caller, Token};
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::http::FakeRequest;
use crate::facebook::fake::wire::params::{Params, presented};
use crate::facebook::fake::wire::refusal::Refusal;

fn refused_token(state: &State, subcode: Option<i64>, message: String) -> Refusal {
    let refusal = Refusal::new(190, message).status(state.settings.token_status);
    match subcode {
        Some(subcode) => refusal.sub(subcode),
        None => refusal,
    }
}

/// Checks token and proof.
pub(in crate::facebook::fake) fn authenticate(
    state: &State,
    request: &FakeRequest,
    params: &Params<'_>,
) -> Result<Caller, Refusal> {
    let Some(text) = presented(request, params) else {
        return Err(Refusal::new(
            2500,
            "An active access token must be used to query information about the current user.",
        ));
    };
    let token = match text.split_once('|') {
        Some((id, secret)) if state.apps.get(id).is_some_and(|app| app.secret == secret) => {
            Token { kind: "APP".to_owned(), scopes: Vec::new(), ..Token::system_user(id, state.now) }
        }
        Some(_) => return Err(refused_token(state, None, "Invalid OAuth access token signature.".into())),
        None => match state.tokens.get(&text) {
            Some(token) => token.clone(),
            None => {
                let message = "Invalid OAuth access token - Cannot parse access token";
                return Err(refused_token(state, None, message.into()));
            }
        },
    };
    if let Some((subcode, message)) = token.fault(state.now) {
        return Err(refused_token(state, Some(subcode), message));
    }
    check_proof(state, &token.app, &text, params)?;
    Ok(Caller { app: token.app.clone(), token })
}

/// Both documented forms: over the token, and over token and time, which is good for five minutes.
///
/// Source: Facebook Login security guide (page of 2024-10-16, read 2026-09-12).
fn check_proof(state: &State, app: &str, token: &str, params: &Params<'_>) -> Result<(), Refusal> {
    let Some(app) = state.apps.get(app) else { return Ok(()) };
    let refuse = |message| Err(Refusal::new(100, message).kind("GraphMethodException"));
    let Some(proof) = params.text("appsecret_proof") else {
        if app.require_proof {
            return refuse("API calls from the server require an appsecret_proof argument");
        }
        return Ok(());
    };
    let message = match params.int("appsecret_time")? {
        None => token.to_owned(),
        Some(time) if state.now.abs_diff(time) <= 300 => format!("{token}|{time}"),
        Some(_) => return refuse("Invalid appsecret_proof provided in the API argument"),
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app.secret.as_bytes()) else { return Ok(()) };
    mac.update(message.as_bytes());
    if const_hex::encode(mac.finalize().into_bytes()) == *proof {
        return Ok(());
    }
    refuse("Invalid appsecret_proof provided in the API argument")
}
