//! The client: every verb is one request, sent under the same rules of pacing, retry and decoding.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use super::builder::{ClientSettings, GraphClientBuilder};
use super::call::{Call, Repeat};
use super::pacer::{Pacer, Scope};
use super::retry::Jitter;
use super::usage_headers::UsageHeaders;
use crate::clock::Clock;
use crate::facebook::auth::secret::AccessToken;
use crate::facebook::ids::{AccountId, AudienceId};
use crate::facebook::transport::Transport;
#[cfg(feature = "http")]
use crate::facebook::transport::http::{HttpTransport, HttpTransportBuilder};
use crate::facebook::version::GraphVersion;

/// Facebook through a [`Transport`]: production over HTTP, tests over the fake. Clones share everything.
///
/// The token belongs to the client and to nothing else: one client per advertiser, as many as needed.
///
/// Cancel safety: dropping the future of a call forgets the call; whether Facebook did it is then unknown.
///
/// ```
/// # #[cfg(feature = "http")] {
/// use audiencekit::facebook::{GraphClient, RetryPolicy};
///
/// let facebook = GraphClient::builder("an access token")
///     .app_id("1234567890")
///     .app_secret("the app's secret")
///     .retry(RetryPolicy::default().attempts(3))
///     .build()?;
/// assert_eq!(format!("{facebook:?}"), "GraphClient(HttpTransport(graph.facebook.com), v26.0)");
/// # }
/// # Ok::<(), audiencekit::Error>(())
/// ```
pub struct GraphClient<T> {
    pub(in crate::facebook) inner: Arc<Inner<T>>,
}

pub(in crate::facebook) struct Inner<T> {
    pub(in crate::facebook) transport: T,
    pub(in crate::facebook) settings: ClientSettings,
    pub(super) jitter: Jitter,
    /// The account of each audience that passed by: quotas belong to accounts, and most calls name only an audience.
    owners: Mutex<HashMap<AudienceId, AccountId>>,
    pub(super) told_end: AtomicBool,
    pub(super) told_other: AtomicBool,
}

/// Most audiences whose account is remembered.
const MOST_OWNERS: usize = 100_000;

#[cfg(feature = "http")]
impl GraphClient<HttpTransport> {
    /// Starts a client over HTTPS with the machine's clock.
    #[must_use]
    pub fn builder(token: impl Into<AccessToken>) -> GraphClientBuilder<HttpTransportBuilder> {
        GraphClientBuilder::new(HttpTransport::builder(), token.into(), Arc::new(crate::clock::SystemClock))
    }
}

impl<T: Transport> GraphClient<T> {
    /// A client over any transport, everything else by default.
    #[must_use]
    pub fn with_transport(transport: T, token: impl Into<AccessToken>, clock: impl Clock + 'static) -> Self {
        Self::builder_with_transport(transport, token, clock).build()
    }

    /// Starts a client over any transport.
    #[must_use]
    pub fn builder_with_transport(
        transport: T,
        token: impl Into<AccessToken>,
        clock: impl Clock + 'static,
    ) -> GraphClientBuilder<T> {
        GraphClientBuilder::new(transport, token.into(), Arc::new(clock))
    }

    pub(in crate::facebook) fn made(transport: T, settings: ClientSettings) -> Self {
        let jitter = Jitter::new(settings.jitter_seed);
        let inner = Inner {
            transport,
            settings,
            jitter,
            owners: Mutex::default(),
            told_end: AtomicBool::new(false),
            told_other: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    /// What carries the requests.
    #[must_use]
    pub fn transport(&self) -> &T {
        &self.inner.transport
    }

    /// The quotas as far as answers told them.
    #[must_use]
    pub fn pacer(&self) -> &Pacer {
        &self.inner.settings.pacer
    }

    /// The version in use.
    #[must_use]
    pub fn version(&self) -> GraphVersion {
        self.inner.settings.version
    }

    /// The clock in use.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.settings.clock
    }

    pub(in crate::facebook) fn settings(&self) -> &ClientSettings {
        &self.inner.settings
    }

    pub(in crate::facebook) fn path(&self, rest: impl fmt::Display) -> String {
        format!("/{}/{rest}", self.inner.settings.version)
    }

    pub(in crate::facebook) fn call_on_account(
        &self,
        operation: &'static str,
        account: Option<&AccountId>,
        use_case: &'static str,
    ) -> Call {
        let scope = Scope { app: self.inner.settings.app_id.clone(), account: account.cloned(), use_case };
        Call { operation, scope, repeat: Repeat::Safe, orphan: None }
    }

    pub(in crate::facebook) fn call_on_audience(
        &self,
        operation: &'static str,
        audience: &AudienceId,
    ) -> Call {
        let account = self.owners().get(audience).cloned();
        let mut call = self.call_on_account(operation, account.as_ref(), super::pacer::CUSTOM_AUDIENCE);
        call.orphan = account.is_none().then(|| audience.clone());
        call
    }

    fn owners(&self) -> std::sync::MutexGuard<'_, HashMap<AudienceId, AccountId>> {
        self.inner.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers whose quota the audience spends.
    pub(in crate::facebook) fn owned(&self, audience: &AudienceId, account: &AccountId) {
        let mut owners = self.owners();
        if owners.len() >= MOST_OWNERS {
            owners.clear();
        }
        if owners.get(audience) != Some(account) {
            owners.insert(audience.clone(), account.clone());
        }
    }

    /// Learns from the use-case header whose quota the audience spends.
    pub(super) fn adopt(&self, orphan: Option<&AudienceId>, usage: &UsageHeaders) {
        let owner = usage.only_object().and_then(|object| format!("act_{object}").parse().ok());
        if let (Some(audience), Some(account)) = (orphan, owner) {
            self.owned(audience, &account);
        }
    }
}

impl<T> Clone for GraphClient<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T: fmt::Debug> fmt::Debug for GraphClient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GraphClient({:?}, {})", self.inner.transport, self.inner.settings.version)
    }
}
