//! System users: installing the app, and creating and revoking tokens.

use serde::Deserialize;

use super::token::{IssuedToken, app_credentials, issued};
use crate::error::Result;
use crate::facebook::client::call::Repeat;
use crate::facebook::client::inner::ClientInner;
use crate::facebook::client::quota::APP;
use crate::facebook::credentials::secret::AccessToken;
use crate::facebook::ids::SystemUserId;
use crate::facebook::transport::Transport;
use crate::facebook::wire::objects::done;
use crate::facebook::wire::request::{Body, GraphRequest, Method};
use crate::facebook::wire::response::decode;
use crate::facebook::wire::scalars::Int;

/// The lifetime of a system user's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TokenLifetime {
    /// The token works until it is revoked.
    #[default]
    Endless,
    /// 60 days. Extend it by [`refresh_system_user_token`](crate::GraphClient::refresh_system_user_token).
    SixtyDays,
}

#[derive(Deserialize)]
struct MadeWire {
    access_token: String,
    expires_in: Option<Int>,
}

pub(super) async fn install_app<T: Transport>(client: &ClientInner<T>, user: &SystemUserId) -> Result<()> {
    const OPERATION: &str = "install app";
    let (app, _) = app_credentials(client, OPERATION)?;
    client
        .call(
            client.call_on_account(OPERATION, None, APP),
            || {
                let path = client.path(format_args!("{user}/applications"));
                GraphRequest::new(Method::Post, path).body(Body::form(&[("business_app", app)]))
            },
            |response, _| done(OPERATION, response),
        )
        .await
}

pub(super) async fn create_token<T: Transport>(
    client: &ClientInner<T>,
    user: &SystemUserId,
    scopes: &[&str],
    life: TokenLifetime,
) -> Result<IssuedToken> {
    const OPERATION: &str = "create token";
    let (app, _) = app_credentials(client, OPERATION)?;
    let scopes = scopes.join(",");
    let mut call = client.call_on_account(OPERATION, None, APP);
    call.repeat = Repeat::MakesTwo;
    let asked_at = client.settings.clock.now();
    client
        .call(
            call,
            || {
                let mut fields = vec![("business_app", app), ("scope", scopes.as_str())];
                if life == TokenLifetime::SixtyDays {
                    fields.push(("set_token_expires_in_60_days", "true"));
                }
                let path = client.path(format_args!("{user}/access_tokens"));
                GraphRequest::new(Method::Post, path).body(Body::form(&fields))
            },
            |response, _| {
                let made: MadeWire = decode(OPERATION, response)?;
                let lasts = match (made.expires_in, life) {
                    (Some(Int(seconds)), _) => Some(time::Duration::seconds(seconds)),
                    (None, TokenLifetime::SixtyDays) => Some(time::Duration::days(60)),
                    (None, TokenLifetime::Endless) => None,
                };
                Ok(issued(made.access_token, asked_at, lasts))
            },
        )
        .await
}

pub(super) async fn revoke_token<T: Transport>(client: &ClientInner<T>, token: &AccessToken) -> Result<()> {
    const OPERATION: &str = "revoke token";
    let (app, secret) = app_credentials(client, OPERATION)?;
    client
        .call(
            client.call_on_account(OPERATION, None, APP),
            || {
                // A read sent as POST: secret and token would be in the URL otherwise, where logs keep them.
                let body = Body::form(&[
                    ("method", "GET"),
                    ("client_id", app),
                    ("client_secret", secret.expose()),
                    ("revoke_token", token.expose()),
                ]);
                GraphRequest::new(Method::Post, client.path("oauth/revoke")).body(body)
            },
            |response, _| done(OPERATION, response),
        )
        .await
}
