//! Tokens: inspection, exchange and renewal.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use time::OffsetDateTime;

use crate::error::{ApiError, Error, ErrorKind, Result};
use crate::facebook::client::inner::ClientInner;
use crate::facebook::client::quota::APP;
use crate::facebook::credentials::secret::{AccessToken, AppSecret};
use crate::facebook::transport::Transport;
use crate::facebook::wire::redact::{MESSAGE, redact};
use crate::facebook::wire::request::{Body, GraphRequest, Method};
use crate::facebook::wire::response::{decode, refused};
use crate::facebook::wire::scalars::{Flag, Int, Loose, Text};

/// What `debug_token` says about a token.
///
/// Source: graph-api/reference/debug_token, developers.facebook.com (read 2026-09-12).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let token = audiencekit::MockClient::new().debug_token().await?;
/// assert_eq!(token.to_string(), "SYSTEM_USER token, valid, without end");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenInfo {
    /// The id of the app that it was issued for.
    pub app_id: Option<String>,
    /// `USER`, `PAGE`, `APP`, `SYSTEM_USER`.
    pub kind: Option<String>,
    /// `true` if it works now.
    pub is_valid: bool,
    /// When it expires. `None` if it never does.
    pub expires_at: Option<OffsetDateTime>,
    /// When the app's access to the person's data expires. This does not concern ads.
    pub data_access_expires_at: Option<OffsetDateTime>,
    /// When it was issued. Facebook says so only for long-lived tokens.
    pub issued_at: Option<OffsetDateTime>,
    /// Its permissions, such as `ads_management`.
    pub scopes: Vec<String>,
    /// Its permissions for named objects.
    pub granular_scopes: Vec<GranularScope>,
    /// The name of the app.
    pub application: Option<String>,
    /// The id of its owner.
    pub user_id: Option<String>,
    /// The error that it causes.
    pub error: Option<ApiError>,
}

/// A permission and the objects that it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GranularScope {
    /// The permission.
    pub scope: String,
    /// The ids of the objects. Empty means all that the token's owner sees.
    pub target_ids: Vec<String>,
}

impl TokenInfo {
    /// Returns `true` if the token has the permission `scope`.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|known| known == scope)
    }

    /// Returns the time until the token expires: `None` if it never does, zero if it has.
    ///
    /// ```
    /// use std::time::Duration;
    /// use audiencekit::MockClient;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// let now = facebook.fake().now();
    /// facebook.fake().add_token("SHORT", &["ads_management"], Some(now + Duration::from_secs(60)));
    /// let token = facebook.debug_token_of(&"SHORT".into()).await?;
    /// assert_eq!(token.time_left(now), Some(Duration::from_secs(60)));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn time_left(&self, now: OffsetDateTime) -> Option<Duration> {
        self.expires_at.map(|end| Duration::try_from(end - now).unwrap_or_default())
    }
}

/// A token that Facebook has issued, and its expiry. `Debug` hides the token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuedToken {
    /// The token.
    pub token: AccessToken,
    /// When it expires. `None` if it never does, or if Facebook did not say.
    pub expires_at: Option<OffsetDateTime>,
}

#[derive(Deserialize)]
struct DebugWire {
    data: TokenWire,
}

#[derive(Deserialize)]
struct TokenWire {
    app_id: Option<Text>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    is_valid: Option<Flag>,
    expires_at: Option<Int>,
    data_access_expires_at: Option<Int>,
    issued_at: Option<Int>,
    scopes: Option<Vec<String>>,
    #[serde(default)]
    granular_scopes: Vec<GranularWire>,
    application: Option<String>,
    user_id: Option<Text>,
    error: Option<TokenError>,
}

#[derive(Deserialize)]
struct GranularWire {
    scope: String,
    #[serde(default)]
    target_ids: Vec<Text>,
}

#[derive(Deserialize)]
struct TokenError {
    #[serde(default)]
    code: Loose,
    #[serde(default)]
    subcode: Loose,
    #[serde(default)]
    message: Loose,
}

#[derive(Deserialize)]
struct IssuedWire {
    access_token: String,
    expires_in: Option<Int>,
}

/// A token that was asked for at this time.
pub(super) fn issued(token: String, asked_at: OffsetDateTime, lasts: Option<time::Duration>) -> IssuedToken {
    let expires_at = lasts.and_then(|lasts| asked_at.checked_add(lasts));
    IssuedToken { token: AccessToken::new(token), expires_at }
}

/// An instant; 0 is none.
fn instant(seconds: Option<Int>) -> Option<OffsetDateTime> {
    seconds.filter(|Int(at)| *at > 0).and_then(|Int(at)| OffsetDateTime::from_unix_timestamp(at).ok())
}

impl TokenWire {
    fn info(self) -> TokenInfo {
        let error = self.error.map(|error| {
            let mut api = ApiError::new(0, error.code.int().unwrap_or_default());
            api.subcode = error.subcode.int();
            api.message = error.message.text().map(|text| redact(&text, MESSAGE)).unwrap_or_default();
            // Through the table, for the remedy.
            refused("inspect token", api).0.api().cloned().unwrap_or_default()
        });
        TokenInfo {
            app_id: self.app_id.map(|Text(id)| id),
            kind: self.kind,
            is_valid: self.is_valid.is_some_and(|Flag(valid)| valid),
            expires_at: instant(self.expires_at),
            data_access_expires_at: instant(self.data_access_expires_at),
            issued_at: instant(self.issued_at),
            scopes: self.scopes.unwrap_or_default(),
            granular_scopes: self
                .granular_scopes
                .into_iter()
                .map(|GranularWire { scope, target_ids }| GranularScope {
                    scope,
                    target_ids: target_ids.into_iter().map(|Text(id)| id).collect(),
                })
                .collect(),
            application: self.application,
            user_id: self.user_id.map(|Text(id)| id),
            error,
        }
    }
}

pub(super) async fn debug<T: Transport>(client: &ClientInner<T>, token: &AccessToken) -> Result<TokenInfo> {
    const OPERATION: &str = "inspect token";
    let asker = app_token(client);
    client
        .call(
            client.call_on_account(OPERATION, None, APP),
            || {
                // A read sent as POST: the token to inspect would be in the URL otherwise, where logs keep it.
                let form = Body::form(&[("method", "GET"), ("input_token", token.expose())]);
                let mut request = GraphRequest::new(Method::Post, client.path("debug_token")).body(form);
                request.token.clone_from(&asker);
                request
            },
            |response, _| decode::<DebugWire>(OPERATION, response).map(|debug| debug.data.info()),
        )
        .await
}

pub(super) async fn renew<T: Transport>(
    client: &ClientInner<T>,
    operation: &'static str,
    more: &[(&str, &str)],
) -> Result<IssuedToken> {
    let settings = &client.settings;
    let (app_id, secret) = app_credentials(client, operation)?;
    let call = client.call_on_account(operation, None, APP);
    let asked_at = settings.clock.now();
    client
        .call(
            call,
            || {
                let mut fields = vec![
                    ("method", "GET"),
                    ("grant_type", "fb_exchange_token"),
                    ("client_id", app_id),
                    ("client_secret", secret.expose()),
                    ("fb_exchange_token", settings.token.expose()),
                ];
                fields.extend(more);
                GraphRequest::new(Method::Post, client.path("oauth/access_token")).body(Body::form(&fields))
            },
            |response, _| {
                let IssuedWire { access_token, expires_in } = decode(operation, response)?;
                let lasts = expires_in.map(|Int(seconds)| time::Duration::seconds(seconds));
                Ok(issued(access_token, asked_at, lasts))
            },
        )
        .await
}

/// App id and app secret, which some calls cannot do without.
pub(super) fn app_credentials<'a, T>(
    client: &'a ClientInner<T>,
    operation: &'static str,
) -> Result<(&'a str, &'a AppSecret)> {
    let settings = &client.settings;
    match (&settings.app_id, &settings.app_secret) {
        (Some(id), Some(secret)) => Ok((id, secret)),
        _ => Err(Error::new(ErrorKind::Invalid, operation, "the client has no app id or app secret")
            .with_help("build the client with app_id and app_secret")),
    }
}

/// `{app id}|{app secret}`, which is the token of the app itself.
fn app_token<T>(client: &ClientInner<T>) -> Option<AccessToken> {
    let settings = &client.settings;
    let joined = |id: &String, secret: &AppSecret| AccessToken::new(format!("{id}|{}", secret.expose()));
    Some(joined(settings.app_id.as_ref()?, settings.app_secret.as_ref()?))
}

impl fmt::Display for TokenInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} token", self.kind.as_deref().unwrap_or("unknown"))?;
        f.write_str(if self.is_valid { ", valid" } else { ", not valid" })?;
        match self.expires_at {
            Some(end) => write!(f, ", ends {}", end.date()),
            None => f.write_str(", without end"),
        }
    }
}
