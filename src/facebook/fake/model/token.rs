//! Apps and access tokens.

use serde::{Deserialize, Serialize};

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
