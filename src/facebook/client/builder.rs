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

/// Builds a [`GraphClient`](crate::GraphClient) over `T`, or over what `T` builds.
///
/// ```
/// use std::time::Duration;
/// use audiencekit::MockClient;
/// use audiencekit::facebook::RetryPolicy;
/// use audiencekit::facebook::fake::Fake;
///
/// let facebook = MockClient::builder(&Fake::new()) // in production: GraphClient::builder(token)
///     .app_id("1234567890")
///     .app_secret("the app's secret")
///     .retry(RetryPolicy::default().budget(Duration::from_secs(60)))
///     .build();
/// assert_eq!(facebook.version().to_string(), "v26.0");
/// ```
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

    /// Sets the version of the Graph API to call. Defaults to [`GraphVersion::NEWEST`].
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::GraphVersion;
    /// use audiencekit::facebook::fake::Fake;
    ///
    /// let facebook = MockClient::builder(&Fake::new()).version(GraphVersion::new(25, 0)).build();
    /// assert_eq!(facebook.version().to_string(), "v25.0");
    /// ```
    #[must_use]
    pub fn version(mut self, version: GraphVersion) -> Self {
        self.settings.version = version;
        self
    }

    /// Sets the id of the app. It names the app's quotas; with the app secret it can inspect and renew tokens.
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::fake::Fake;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let fake = Fake::new();
    /// let facebook = MockClient::builder(&fake).app_id(fake.app_id()).app_secret(fake.app_secret()).build();
    /// assert_eq!(facebook.debug_token().await?.app_id.as_deref(), Some(fake.app_id()));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn app_id(mut self, id: impl Into<String>) -> Self {
        self.settings.app_id = Some(id.into());
        self
    }

    /// Sets the app secret. Every call then carries a proof of it.
    ///
    /// ```
    /// use audiencekit::facebook::fake::Fake;
    /// use audiencekit::{FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let fake = Fake::new();
    /// fake.require_proof(true); // the app's setting "Require App Secret"
    /// assert!(MockClient::with_fake(&fake).ad_account(&fake.account()).await.is_err());
    /// let facebook = MockClient::builder(&fake).app_secret(fake.app_secret()).build();
    /// assert!(facebook.ad_account(&fake.account()).await.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn app_secret(mut self, secret: impl Into<AppSecret>) -> Self {
        self.settings.app_secret = Some(secret.into());
        self
    }

    /// Sets the form of the app secret proof. Defaults to [`AppSecretProof::Classic`], which Meta's own SDKs send.
    ///
    /// ```
    /// use audiencekit::facebook::AppSecretProof;
    /// use audiencekit::facebook::fake::Fake;
    /// use audiencekit::{FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let fake = Fake::new();
    /// fake.require_proof(true);
    /// let builder = MockClient::builder(&fake).app_secret(fake.app_secret());
    /// let facebook = builder.proof_form(AppSecretProof::Timed).build();
    /// assert!(facebook.ad_account(&fake.account()).await.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn proof_form(mut self, form: AppSecretProof) -> Self {
        self.settings.proof = form;
        self
    }

    /// Sets how often and how long a call is retried. Defaults to 5 attempts within 15 minutes.
    ///
    /// ```
    /// use audiencekit::facebook::RetryPolicy;
    /// use audiencekit::facebook::fake::{Edge, Fake};
    /// use audiencekit::{FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let fake = Fake::new();
    /// fake.inject("html=500".parse()?);
    /// let facebook = MockClient::builder(&fake).retry(RetryPolicy::default().attempts(3)).build();
    /// assert!(facebook.ad_account(&fake.account()).await.is_err());
    /// assert_eq!(fake.count(Edge::ReadAccount), 3);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = policy;
        self
    }

    /// Sets the pacer. Share one among the clients of an app, because they spend the same quotas. Defaults to a new
    /// one.
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::Pacer;
    /// use audiencekit::facebook::fake::Fake;
    ///
    /// let (fake, pacer) = (Fake::new(), Pacer::new());
    /// let one = MockClient::builder(&fake).pacer(pacer.clone()).build();
    /// let other = MockClient::builder(&fake).pacer(pacer).build(); // waits where `one` has to
    /// # let _ = (one, other);
    /// ```
    #[must_use]
    pub fn pacer(mut self, pacer: Pacer) -> Self {
        self.settings.pacer = pacer;
        self
    }

    /// Registers an observer of requests, retries and pacing. Defaults to none.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use audiencekit::facebook::fake::Fake;
    /// use audiencekit::facebook::{ClientEvent, ClientObserver};
    /// use audiencekit::{FacebookClient, MockClient};
    ///
    /// #[derive(Debug, Default)]
    /// struct Requests(AtomicU64);
    ///
    /// impl ClientObserver for Requests {
    ///     fn on_event(&self, event: &ClientEvent) {
    ///         if let ClientEvent::Sent { .. } = event {
    ///             self.0.fetch_add(1, Ordering::Relaxed);
    ///         }
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let (fake, requests) = (Fake::new(), Arc::new(Requests::default()));
    /// let facebook = MockClient::builder(&fake).observer(Arc::clone(&requests)).build();
    /// facebook.ad_account(&fake.account()).await?;
    /// assert_eq!(requests.0.load(Ordering::Relaxed), 1);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn observer(mut self, observer: impl ClientObserver + 'static) -> Self {
        self.settings.observer = Some(Arc::new(observer));
        self
    }

    /// Sets the clock that times waits and proofs. Defaults to the system's clock over HTTP.
    ///
    /// ```
    /// use audiencekit::facebook::fake::Fake;
    /// use audiencekit::{ManualClock, MockClient};
    /// use time::macros::datetime;
    ///
    /// let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
    /// let facebook = MockClient::builder(&Fake::new()).clock(clock).build();
    /// assert_eq!(facebook.clock().now(), datetime!(2026-11-23 12:00 UTC));
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// Sets the apps whose ids `APPUID` columns hold. Facebook requires them with such a column.
    #[must_use]
    pub fn app_ids(mut self, ids: impl IntoIterator<Item = u64>) -> Self {
        self.settings.upload.app_ids = ids.into_iter().collect();
        self
    }

    /// Sets the pages whose ids `PAGEUID` columns hold. Facebook requires them with such a column.
    #[must_use]
    pub fn page_ids(mut self, ids: impl IntoIterator<Item = u64>) -> Self {
        self.settings.upload.page_ids = ids.into_iter().collect();
        self
    }

    /// Sets what uploads carry beside their rows, unless an [upload](crate::facebook::Upload::options) has options of
    /// its own. It replaces earlier [`app_ids`](Self::app_ids) and [`page_ids`](Self::page_ids).
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::UploadOptions;
    /// use audiencekit::facebook::fake::Fake;
    ///
    /// let mut options = UploadOptions::default();
    /// options.app_ids = vec![1234567890]; // the app whose ids an APPUID column holds
    /// let facebook = MockClient::builder(&Fake::new()).upload_options(options).build();
    /// # let _ = facebook;
    /// ```
    #[must_use]
    pub fn upload_options(mut self, options: UploadOptions) -> Self {
        self.settings.upload = options;
        self
    }

    /// Sets the maximum size of a request body. Defaults to 32 MiB.
    ///
    /// A single call with a larger body is refused before it is sent;
    /// [`upload_bisecting`](crate::GraphClient::upload_bisecting) and a sync send it as several calls.
    ///
    /// ```
    /// use audiencekit::facebook::fake::Fake;
    /// use audiencekit::facebook::{Body, GraphRequest, Method};
    /// use audiencekit::{ErrorKind, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::builder(&Fake::new()).max_body_bytes(10).build();
    /// let large = GraphRequest::new(Method::Post, "me").body(Body::json().field("name", "a long name"));
    /// assert_eq!(facebook.request(large).await.unwrap_err().kind(), ErrorKind::Limit);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_body_bytes = bytes;
        self
    }

    /// Makes the random part of waits repeatable. Defaults to a random seed.
    #[must_use]
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.settings.jitter_seed = Some(seed);
        self
    }
}

#[cfg(feature = "http")]
impl GraphClientBuilder<HttpTransportBuilder> {
    /// Sets the base URL. See [`HttpTransportBuilder::base_url`].
    ///
    /// ```
    /// use audiencekit::GraphClient;
    ///
    /// let facebook = GraphClient::builder("a token").base_url("http://127.0.0.1:8080").build()?; // a fake server
    /// assert_eq!(format!("{facebook:?}"), "GraphClient(HttpTransport(127.0.0.1), v26.0)");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn base_url(mut self, base: impl Into<String>) -> Self {
        self.transport = self.transport.base_url(base);
        self
    }

    /// Sets a proxy for all calls. See [`HttpTransportBuilder::proxy`].
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.transport = self.transport.proxy(url);
        self
    }

    /// Adds root certificates. See [`HttpTransportBuilder::root_certificates`].
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.transport = self.transport.root_certificates(pem);
        self
    }

    /// Sets the maximum time of one call. See [`HttpTransportBuilder::timeout`].
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.transport = self.transport.timeout(timeout);
        self
    }

    /// Sets the HTTP transport, with all its settings.
    ///
    /// ```
    /// use std::time::Duration;
    /// use audiencekit::GraphClient;
    /// use audiencekit::facebook::transport::HttpTransport;
    ///
    /// let transport = HttpTransport::builder().connect_timeout(Duration::from_secs(2)).max_answer_bytes(1 << 20);
    /// assert!(GraphClient::builder("a token").http(transport).build().is_ok());
    /// ```
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
