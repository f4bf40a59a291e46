//! Apps, tokens, and the proof that a call comes from the app's server.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::facebook::fake::front::http::FakeRequest;
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::Refusal;

/// An app as the fake knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct App {
    pub(in crate::facebook::fake) secret: String,
    pub(in crate::facebook::fake) name: String,
    /// The app's switch "Require App Secret".
    pub(in crate::facebook::fake) require_proof: bool,
}

/// A token as the fake knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct Token {
    pub(in crate::facebook::fake) app: String,
    pub(in crate::facebook::fake) user: String,
    /// `SYSTEM_USER`, `USER`, `APP`.
    pub(in crate::facebook::fake) kind: String,
    pub(in crate::facebook::fake) issued_at: i64,
    pub(in crate::facebook::fake) expires_at: Option<i64>,
    pub(in crate::facebook::fake) scopes: Vec<String>,
    /// The subcode that it is refused with: 458, 459, 460, 464, 467.
    pub(in crate::facebook::fake) refused: Option<i64>,
    /// The ad accounts that it sees, by digits; none is all.
    pub(in crate::facebook::fake) accounts: Option<Vec<String>>,
}

impl App {
    pub(in crate::facebook::fake) const DEFAULT_ID: &'static str = "220011330055779";
    pub(in crate::facebook::fake) const DEFAULT_SECRET: &'static str = "fake0app0secret0fake0app0secret0";
}

impl Default for App {
    fn default() -> Self {
        Self { secret: Self::DEFAULT_SECRET.to_owned(), name: "Fake app".to_owned(), require_proof: false }
    }
}

impl Token {
    pub(in crate::facebook::fake) const DEFAULT: &'static str = "EAAfakeSystemUserToken000000000000";

    pub(in crate::facebook::fake) fn system_user(app: &str, now: i64) -> Self {
        Self {
            app: app.to_owned(),
            user: "100200300400500".to_owned(),
            kind: "SYSTEM_USER".to_owned(),
            issued_at: now,
            expires_at: None,
            scopes: ["ads_management", "ads_read", "business_management"].map(str::to_owned).to_vec(),
            refused: None,
            accounts: None,
        }
    }

    pub(in crate::facebook::fake) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|known| known == scope)
    }

    /// Why the token is no good at `now`: subcode and message.
    ///
    /// Source: Graph API error handling (read 2026-09-12).
    pub(in crate::facebook::fake) fn fault(&self, now: i64) -> Option<(i64, String)> {
        if let Some(subcode) = self.refused {
            let why = match subcode {
                458 => "The user has not authorized application",
                459 => "The session has been invalidated because the user has been checkpointed",
                460 => {
                    "The session has been invalidated because the user changed their password or Facebook has \
                     changed the session for security reasons"
                }
                464 => "The session has been invalidated because the user is not a confirmed user",
                _ => "The access token was revoked",
            };
            return Some((subcode, format!("Error validating access token: {why}.")));
        }
        let expired = self.expires_at.filter(|&end| end <= now)?;
        Some((
            463,
            format!(
                "Error validating access token: Session has expired on unix time {expired}. The current unix \
                 time is {now}."
            ),
        ))
    }
}

/// Who calls.
#[derive(Debug, Clone)]
pub(in crate::facebook::fake) struct Caller {
    pub(in crate::facebook::fake) app: String,
    pub(in crate::facebook::fake) token: Token,
}

/// The token of a call, from the header, the form or the query.
pub(in crate::facebook::fake) fn presented(request: &FakeRequest, params: &Params<'_>) -> Option<String> {
    request
        .get("authorization")
        .and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("OAuth ")))
        .map(|token| token.trim().to_owned())
        .or_else(|| params.text("access_token").map(std::borrow::Cow::into_owned))
        .filter(|token| !token.is_empty())
}

impl State {
    fn refused_token(&self, subcode: Option<i64>, message: String) -> Refusal {
        let refusal = Refusal::new(190, message).status(self.settings.token_status);
        match subcode {
            Some(subcode) => refusal.sub(subcode),
            None => refusal,
        }
    }

    /// Checks token and proof.
    pub(in crate::facebook::fake) fn caller(
        &self,
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
            Some((id, secret)) if self.apps.get(id).is_some_and(|app| app.secret == secret) => {
                Token { kind: "APP".to_owned(), scopes: Vec::new(), ..Token::system_user(id, self.now) }
            }
            Some(_) => return Err(self.refused_token(None, "Invalid OAuth access token signature.".into())),
            None => match self.tokens.get(&text) {
                Some(token) => token.clone(),
                None => {
                    let message = "Invalid OAuth access token - Cannot parse access token";
                    return Err(self.refused_token(None, message.into()));
                }
            },
        };
        if let Some((subcode, message)) = token.fault(self.now) {
            return Err(self.refused_token(Some(subcode), message));
        }
        self.check_proof(&token.app, &text, params)?;
        Ok(Caller { app: token.app.clone(), token })
    }

    /// Both documented forms: over the token, and over token and time, which is good for five minutes.
    ///
    /// Source: Facebook Login security guide (page of 2024-10-16, read 2026-09-12).
    fn check_proof(&self, app: &str, token: &str, params: &Params<'_>) -> Result<(), Refusal> {
        let Some(app) = self.apps.get(app) else { return Ok(()) };
        let refuse = |message| Err(Refusal::new(100, message).kind("GraphMethodException"));
        let Some(proof) = params.text("appsecret_proof") else {
            if app.require_proof {
                return refuse("API calls from the server require an appsecret_proof argument");
            }
            return Ok(());
        };
        let message = match params.int("appsecret_time")? {
            None => token.to_owned(),
            Some(time) if self.now.abs_diff(time) <= 300 => format!("{token}|{time}"),
            Some(_) => return refuse("Invalid appsecret_proof provided in the API argument"),
        };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app.secret.as_bytes()) else { return Ok(()) };
        mac.update(message.as_bytes());
        if const_hex::encode(mac.finalize().into_bytes()) == *proof {
            return Ok(());
        }
        refuse("Invalid appsecret_proof provided in the API argument")
    }
}
