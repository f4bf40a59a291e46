//! System users: the tokens that a service runs on, made and taken back.

use serde::Deserialize;

use super::secret::{AccessToken, AppSecret};
use super::token::{IssuedToken, fresh};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::client::call::Repeat;
use crate::facebook::client::graph_client::GraphClient;
use crate::facebook::client::pacer::APP;
use crate::facebook::client::verbs::done;
use crate::facebook::ids::SystemUserId;
use crate::facebook::transport::Transport;
use crate::facebook::wire::request::{Body, GraphRequest, Method};
use crate::facebook::wire::response::decode;
use crate::facebook::wire::scalars::Int;

/// How long a token of a system user lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TokenLifetime {
    /// Until it is revoked.
    #[default]
    Endless,
    /// 60 days, and as long again by [`refresh_system_user_token`](GraphClient::refresh_system_user_token).
    SixtyDays,
}

#[derive(Deserialize)]
struct MadeWire {
    access_token: String,
    expires_in: Option<Int>,
}

/// Source: business-management-apis/system-users/install-apps-and-generate-tokens, in a summary of 2026-04-05
/// (read 2026-09-12).
impl<T: Transport> GraphClient<T> {
    /// Installs this client's app for a system user, which must be done once before it can have a token.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] without app id; [`ErrorKind::Permission`] when this client's token is not an
    /// administrator's of the business.
    pub async fn install_app(&self, user: &SystemUserId) -> Result<()> {
        const OPERATION: &str = "install app";
        let (app, _) = self.app(OPERATION)?;
        self.call(
            self.call_on_account(OPERATION, None, APP),
            || {
                let path = self.path(format_args!("{user}/applications"));
                GraphRequest::new(Method::Post, path).body(Body::form(&[("business_app", app)]))
            },
            |response, _| done(OPERATION, response),
        )
        .await
    }

    /// Makes a token for a system user, which may do `scopes`, such as `ads_management`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] without app id and app secret. When the outcome is unknown it is not asked for again, as
    /// each call makes another token.
    pub async fn create_system_user_token(
        &self,
        user: &SystemUserId,
        scopes: &[&str],
        life: TokenLifetime,
    ) -> Result<IssuedToken> {
        const OPERATION: &str = "create token";
        let (app, _) = self.app(OPERATION)?;
        let scopes = scopes.join(",");
        let mut call = self.call_on_account(OPERATION, None, APP);
        call.repeat = Repeat::MakesTwo;
        let asked_at = self.settings().clock.now();
        self.call(
            call,
            || {
                let mut fields = vec![("business_app", app), ("scope", scopes.as_str())];
                if life == TokenLifetime::SixtyDays {
                    fields.push(("set_token_expires_in_60_days", "true"));
                }
                let path = self.path(format_args!("{user}/access_tokens"));
                GraphRequest::new(Method::Post, path).body(Body::form(&fields))
            },
            |response, _| {
                let made: MadeWire = decode(OPERATION, response)?;
                let lasts = match (made.expires_in, life) {
                    (Some(Int(seconds)), _) => Some(time::Duration::seconds(seconds)),
                    (None, TokenLifetime::SixtyDays) => Some(time::Duration::days(60)),
                    (None, TokenLifetime::Endless) => None,
                };
                Ok(fresh(made.access_token, asked_at, lasts))
            },
        )
        .await
    }

    /// Takes a token back: it ends now, wherever it is in use.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] without app id and app secret; whatever Facebook says about a token of another app.
    pub async fn revoke_token(&self, token: &AccessToken) -> Result<()> {
        const OPERATION: &str = "revoke token";
        let (app, secret) = self.app(OPERATION)?;
        self.call(
            self.call_on_account(OPERATION, None, APP),
            || {
                // A read sent as POST: secret and token would be in the URL otherwise, where logs keep them.
                let body = Body::form(&[
                    ("method", "GET"),
                    ("client_id", app),
                    ("client_secret", secret.expose()),
                    ("revoke_token", token.expose()),
                ]);
                GraphRequest::new(Method::Post, self.path("oauth/revoke")).body(body)
            },
            |response, _| done(OPERATION, response),
        )
        .await
    }

    /// App id and app secret, which some calls cannot do without.
    pub(super) fn app(&self, operation: &'static str) -> Result<(&str, &AppSecret)> {
        let settings = self.settings();
        match (&settings.app_id, &settings.app_secret) {
            (Some(id), Some(secret)) => Ok((id, secret)),
            _ => Err(Error::new(ErrorKind::Invalid, operation, "the client has no app id and app secret")
                .expected("GraphClientBuilder::app_id and app_secret")),
        }
    }
}
