//! The transport over HTTP, by reqwest.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use reqwest::Certificate;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, ClientBuilder, Proxy};
use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::facebook::transport::{NotSent, Transport};
use crate::facebook::wire::request::{GraphRequest, Method};
use crate::facebook::wire::response::GraphResponse;

/// A transport over HTTPS: TLS 1.2 or newer, the platform's root certificates, no redirects, answers of bounded length.
///
/// TLS comes with the feature `rustls` (default) or `native-tls`; with both, rustls is used. Without either,
/// [`build`](HttpTransportBuilder::build) accepts only `http://` and a loopback address.
///
/// Proxies from environment variables are not used; set one with [`proxy`](HttpTransportBuilder::proxy).
#[derive(Clone)]
pub struct HttpTransport {
    client: Client,
    base: Url,
    max_answer_bytes: usize,
}

/// Builds an [`HttpTransport`].
///
/// ```
/// use std::time::Duration;
/// use audiencekit::facebook::transport::HttpTransport;
///
/// let transport = HttpTransport::builder()
///     .base_url("http://127.0.0.1:8080")
///     .timeout(Duration::from_secs(30))
///     .build()?;
/// assert_eq!(format!("{transport:?}"), "HttpTransport(127.0.0.1)");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone)]
pub struct HttpTransportBuilder {
    base: String,
    proxy: Option<String>,
    roots: Vec<Vec<u8>>,
    only_roots: bool,
    connect_timeout: Duration,
    timeout: Duration,
    max_answer_bytes: usize,
}

impl HttpTransport {
    /// The URL of the Graph API.
    pub const BASE_URL: &'static str = "https://graph.facebook.com";

    /// Returns a builder with Facebook's own host and default limits.
    #[must_use]
    pub fn builder() -> HttpTransportBuilder {
        HttpTransportBuilder {
            base: Self::BASE_URL.to_owned(),
            proxy: None,
            roots: Vec::new(),
            only_roots: false,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(120),
            max_answer_bytes: 8 * 1024 * 1024,
        }
    }
}

impl HttpTransportBuilder {
    /// Sets the base URL, for example of the fake server: `https://` and a host, or `http://` and a loopback address.
    /// Defaults to [`HttpTransport::BASE_URL`].
    ///
    /// ```
    /// use audiencekit::facebook::transport::HttpTransport;
    ///
    /// assert!(HttpTransport::builder().base_url("http://localhost:8080").build().is_ok());
    /// assert!(HttpTransport::builder().base_url("http://example.com").build().is_err()); // the token in clear
    /// ```
    #[must_use]
    pub fn base_url(mut self, base: impl Into<String>) -> Self {
        self.base = base.into();
        self
    }

    /// Sets a proxy for all calls, such as `http://user:password@proxy:3128`. Defaults to none.
    ///
    /// ```
    /// use audiencekit::facebook::transport::HttpTransport;
    ///
    /// assert!(HttpTransport::builder().proxy("http://user:password@proxy:3128").build().is_ok());
    /// ```
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Adds root certificates in PEM to those of the platform.
    ///
    /// ```
    /// use audiencekit::facebook::transport::HttpTransport;
    ///
    /// let error = HttpTransport::builder().root_certificates("not PEM").build().unwrap_err();
    /// assert!(error.to_string().contains("PEM"));
    /// ```
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Trusts the added root certificates only, not the platform's.
    #[must_use]
    pub fn only_given_roots(mut self) -> Self {
        self.only_roots = true;
        self
    }

    /// Sets the maximum time to connect. Defaults to 10 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the maximum time from sending to the last byte of the answer. Defaults to 120 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the maximum length of an answer. Defaults to 8 MiB.
    #[must_use]
    pub fn max_answer_bytes(mut self, bytes: usize) -> Self {
        self.max_answer_bytes = bytes;
        self
    }

    /// Builds the transport from these settings.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a base URL, proxy or certificate that is malformed, or a base URL that would send the token in
    /// clear.
    pub fn build(self) -> Result<HttpTransport> {
        let wrong = |what: &'static str| Error::new(ErrorKind::Invalid, "http transport", what);
        let base = Url::parse(&self.base).map_err(|_| wrong("the base URL is not a URL"))?;
        if base.scheme() != "https" && !(base.scheme() == "http" && is_loopback(&base)) {
            return Err(wrong("the base URL would send the token in clear")
                .with_help("use https, or http to a loopback address"));
        }
        if base.query().is_some() || !base.username().is_empty() {
            return Err(wrong("the base URL has more than scheme, host, port and path"));
        }
        if cfg!(not(any(feature = "rustls", feature = "native-tls"))) && base.scheme() == "https" {
            return Err(wrong("audiencekit is built without TLS, which https needs")
                .with_help("enable the feature `rustls` or `native-tls`"));
        }
        let mut client = Client::builder()
            .user_agent(concat!("audiencekit/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
            .http1_max_headers(128)
            .no_proxy();
        if let Some(proxy) = &self.proxy {
            client = client.proxy(Proxy::all(proxy).map_err(|_| wrong("the proxy is not a URL"))?);
        }
        let client = self
            .with_tls(client)?
            .build()
            .map_err(|error| wrong("the HTTP client cannot be built").with_source(error.without_url()))?;
        Ok(HttpTransport { client, base, max_answer_bytes: self.max_answer_bytes })
    }

    /// The client with what TLS needs. The backend is named, because another crate may turn on both of reqwest's.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    fn with_tls(&self, client: ClientBuilder) -> Result<ClientBuilder> {
        #[cfg(feature = "rustls")]
        let client = client.tls_backend_rustls();
        #[cfg(not(feature = "rustls"))]
        let client = client.tls_backend_native();
        let client = client.tls_version_min(reqwest::tls::Version::TLS_1_2);
        let mut roots = Vec::new();
        for pem in &self.roots {
            let more =
                Certificate::from_pem_bundle(pem).ok().filter(|more| !more.is_empty()).ok_or_else(|| {
                    Error::new(ErrorKind::Invalid, "http transport", "a root certificate is not PEM")
                })?;
            roots.extend(more);
        }
        Ok(if self.only_roots {
            client.tls_certs_only(roots)
        } else if roots.is_empty() {
            client
        } else {
            client.tls_certs_merge(roots)
        })
    }

    #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
    fn with_tls(&self, client: ClientBuilder) -> Result<ClientBuilder> {
        Ok(client)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

impl HttpTransport {
    fn request(&self, request: &GraphRequest) -> Result<reqwest::Request> {
        let mut url = self.base.clone();
        let path = format!("{}{}", url.path().trim_end_matches('/'), request.path);
        url.set_path(&path);
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut http = reqwest::Request::new(method, url);
        if let Some(token) = &request.token {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| {
                Error::new(ErrorKind::Token, "http transport", "the token holds characters that no token has")
            })?;
            value.set_sensitive(true);
            http.headers_mut().insert(AUTHORIZATION, value);
        }
        if let Some(body) = &request.body {
            http.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(body.content_type));
            *http.body_mut() = Some(body.bytes.clone().into());
        }
        Ok(http)
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: &GraphRequest) -> Result<GraphResponse> {
        let http = self.request(request)?;
        let mut answer = self.client.execute(http).await.map_err(failed)?;
        let mut response = GraphResponse::new(answer.status().as_u16(), Vec::new());
        for (name, value) in answer.headers() {
            if let Ok(value) = value.to_str() {
                response.headers.push((name.as_str().to_owned(), value.to_owned()));
            }
        }
        let too_long = || {
            Error::new(
                ErrorKind::Transport,
                "http transport",
                format!("the answer is longer than {} bytes", self.max_answer_bytes),
            )
        };
        if answer.content_length().is_some_and(|length| length > self.max_answer_bytes as u64) {
            return Err(too_long());
        }
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if response.body.len() + chunk.len() > self.max_answer_bytes {
                return Err(too_long());
            }
            response.body.extend_from_slice(&chunk);
        }
        Ok(response)
    }
}

fn failed(error: reqwest::Error) -> Error {
    // The address may be a proxy's with its password.
    let error = error.without_url();
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_body() || error.is_decode() {
        "the answer broke off"
    } else {
        "no answer"
    };
    let sent = !error.is_connect();
    let failure = Error::new(ErrorKind::Transport, "http transport", what);
    if sent { failure.with_source(error) } else { failure.with_source(NotSent(Some(Box::new(error)))) }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpTransport({})", self.base.host_str().unwrap_or_default())
    }
}

impl fmt::Debug for HttpTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The proxy's address may hold a password.
        f.debug_struct("HttpTransportBuilder")
            .field("has_proxy", &self.proxy.is_some())
            .field("roots", &self.roots.len())
            .field("timeout", &self.timeout)
            .field("max_answer_bytes", &self.max_answer_bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(feature = "rustls", feature = "native-tls"))))]
mod tests {
    use super::HttpTransport;

    #[test]
    fn https_without_tls_is_refused_with_the_feature_to_turn_on() {
        let error = HttpTransport::builder().build().unwrap_err().to_string();
        assert!(error.contains("without TLS") && error.contains("`rustls` or `native-tls`"), "{error}");
        assert!(HttpTransport::builder().base_url("http://127.0.0.1:8080").build().is_ok());
    }
}
