//! What a client is made with.

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "http")]
use std::time::Duration;

use super::observer::ClientObserver;
use super::pacer::Pacer;
use super::retry::RetryPolicy;
use crate::clock::Clock;
use crate::facebook::credentials::appsecret_proof::AppSecretProof;
use crate::facebook::credentials::secret::{AccessToken, AppSecret};
use crate::facebook::model::upload::UploadOptions;
#[cfg(feature = "http")]
use crate::facebook::transport::http::HttpTransportBuilder;
use crate::facebook::version::GraphVersion;

/// Largest request body by default, in bytes: 10,000 rows of every key fit.
pub(super) const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

#[derive(Clone)]
pub(in crate::facebook) struct ClientSettings {
    pub(in crate::facebook) token: AccessToken,
    pub(in crate::facebook) clock: Arc<dyn Clock>,
    pub(in crate::facebook) version: GraphVersion,
    pub(in crate::facebook) app_id: Option<String>,
    pub(in crate::facebook) app_secret: Option<AppSecret>,
    pub(in crate::facebook) proof: AppSecretProof,
    pub(in crate::facebook) retry: RetryPolicy,
    pub(in crate::facebook) pacer: Pacer,
    pub(super) observer: Option<Arc<dyn ClientObserver>>,
    pub(in crate::facebook) upload: UploadOptions,
    pub(super) max_body_bytes: usize,
    pub(super) jitter_seed: Option<u64>,
}

/// Builds a [`GraphClient`] over `T`, or over what `T` builds.
#[derive(Clone)]
pub struct GraphClientBuilder<T> {
    pub(super) transport: T,
    pub(super) settings: ClientSettings,
}

impl<T> GraphClientBuilder<T> {
    pub(in crate::facebook) fn new(transport: T, token: AccessToken, clock: Arc<dyn Clock>) -> Self {
        let settings = ClientSettings {
            token,
            clock,
            version: GraphVersion::NEWEST,
            app_id: None,
            app_secret: None,
            proof: AppSecretProof::Classic,
            retry: RetryPolicy::default(),
            pacer: Pacer::new(),
            observer: None,
            upload: UploadOptions::default(),
            max_body_bytes: MAX_BODY_BYTES,
            jitter_seed: None,
        };
        Self { transport, settings }
    }

    /// The version to call; the newest by default.
    #[must_use]
    pub fn version(mut self, version: GraphVersion) -> Self {
        self.settings.version = version;
        self
    }

    /// The app's id: part of the name of its quotas, and with the secret what inspects and renews tokens.
    #[must_use]
    pub fn app_id(mut self, id: impl Into<String>) -> Self {
        self.settings.app_id = Some(id.into());
        self
    }

    /// The app's secret: every call then carries a proof of it.
    #[must_use]
    pub fn app_secret(mut self, secret: impl Into<AppSecret>) -> Self {
        self.settings.app_secret = Some(secret.into());
        self
    }

    /// The form of the proof; the one of Meta's own SDKs by default.
    #[must_use]
    pub fn proof_form(mut self, form: AppSecretProof) -> Self {
        self.settings.proof = form;
        self
    }

    /// How often to send again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = policy;
        self
    }

    /// The quotas to share with other clients of the same app.
    #[must_use]
    pub fn pacer(mut self, pacer: Pacer) -> Self {
        self.settings.pacer = pacer;
        self
    }

    /// Registers an observer of requests, retries and pacing. Defaults to none.
    #[must_use]
    pub fn observer(mut self, observer: impl ClientObserver + 'static) -> Self {
        self.settings.observer = Some(Arc::new(observer));
        self
    }

    /// Time from another clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// The apps whose ids `APPUID` columns hold: Facebook demands them with such a column.
    #[must_use]
    pub fn app_ids(mut self, ids: impl IntoIterator<Item = u64>) -> Self {
        self.settings.upload.app_ids = ids.into_iter().collect();
        self
    }

    /// The pages whose ids `PAGEUID` columns hold: Facebook demands them with such a column.
    #[must_use]
    pub fn page_ids(mut self, ids: impl IntoIterator<Item = u64>) -> Self {
        self.settings.upload.page_ids = ids.into_iter().collect();
        self
    }

    /// What goes beside the rows of every upload that does not [say otherwise](crate::facebook::model::upload::Upload::options); instead of
    /// [`app_ids`](Self::app_ids) and [`page_ids`](Self::page_ids) that were given before.
    #[must_use]
    pub fn upload_options(mut self, options: UploadOptions) -> Self {
        self.settings.upload = options;
        self
    }

    /// Largest request body; 32 MiB by default. A single call that makes more is an error before it is sent;
    /// [`upload_bisecting`](GraphClient::upload_bisecting) and a sync send it as several calls.
    #[must_use]
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_body_bytes = bytes;
        self
    }

    /// Makes the random waits repeatable.
    #[must_use]
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.settings.jitter_seed = Some(seed);
        self
    }
}

#[cfg(feature = "http")]
impl GraphClientBuilder<HttpTransportBuilder> {
    /// Another place than Facebook: see [`HttpTransportBuilder::base_url`].
    #[must_use]
    pub fn base_url(mut self, base: impl Into<String>) -> Self {
        self.transport = self.transport.base_url(base);
        self
    }

    /// The proxy for all calls: see [`HttpTransportBuilder::proxy`].
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.transport = self.transport.proxy(url);
        self
    }

    /// More root certificates: see [`HttpTransportBuilder::root_certificates`].
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.transport = self.transport.root_certificates(pem);
        self
    }

    /// Longest time of one call: see [`HttpTransportBuilder::timeout`].
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.transport = self.transport.timeout(timeout);
        self
    }

    /// Another transport configuration.
    #[must_use]
    pub fn http(mut self, transport: HttpTransportBuilder) -> Self {
        self.transport = transport;
        self
    }
}

impl<T: fmt::Debug> fmt::Debug for GraphClientBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphClientBuilder")
            .field("transport", &self.transport)
            .field("version", &self.settings.version)
            .finish_non_exhaustive()
    }
}
