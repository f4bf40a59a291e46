//! A request and a reply at the level of HTTP, which both fronts share.

use std::fmt;
use std::time::Duration;

/// Longest URL; a longer one gets an HTML page of status 414. With it, Meta's own SDKs, which put a removal into the URL,
/// remove 200 people and fail at 300, as their users report.
pub(in crate::facebook::fake) const MAX_URL_BYTES: usize = 20 * 1024;

/// An HTTP request to a [`Fake`](crate::facebook::fake::Fake).
///
/// `Debug` shows method, path and size, since query and body contain tokens and digests.
///
/// ```
/// use audiencekit::facebook::fake::{Fake, FakeRequest};
///
/// let fake = Fake::new();
/// let create = FakeRequest::new("POST", "/v26.0/act_1234567890/customaudiences").bearer(fake.token()).body(
///     "application/json",
///     r#"{"name":"VIP","subtype":"CUSTOM","customer_file_source":"USER_PROVIDED_ONLY"}"#,
/// );
/// assert_eq!(fake.handle(&create).status, 200);
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct FakeRequest {
    /// The HTTP method: `GET`, `POST` or `DELETE`.
    pub method: String,
    /// The path, still percent-encoded.
    pub path: String,
    /// The query without its question mark, still percent-encoded.
    pub query: String,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The bytes of the body.
    pub body: Vec<u8>,
}

impl FakeRequest {
    /// Creates a request without headers and body. `target` is a path, with or without a query.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::FakeRequest;
    /// let request = FakeRequest::new("GET", "/me?fields=id");
    /// assert_eq!((request.path.as_str(), request.query.as_str()), ("/me", "fields=id"));
    /// ```
    #[must_use]
    pub fn new(method: impl Into<String>, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.into(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a header; its name is put in lower case.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::FakeRequest;
    /// let request = FakeRequest::new("GET", "/me").header("X-Test", "1");
    /// assert_eq!(request.headers, [("x-test".to_owned(), "1".to_owned())]);
    /// ```
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Adds the header `Authorization: Bearer` with this token.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::FakeRequest;
    /// assert_eq!(FakeRequest::new("GET", "/me").bearer("T").headers[0].1, "Bearer T");
    /// ```
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sets the body and adds the header `Content-Type`.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::FakeRequest;
    /// let request = FakeRequest::new("POST", "/").body("application/json", "{}");
    /// assert_eq!(request.body, b"{}");
    /// ```
    #[must_use]
    pub fn body(mut self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = bytes.into();
        self.header("content-type", content_type)
    }

    /// The value of a header, by its name in lower case.
    pub(in crate::facebook::fake) fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for FakeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FakeRequest({} {}, {} bytes)", self.method, self.path, self.body.len())
    }
}

/// How much of a reply reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultDelivery {
    /// The whole reply.
    Whole,
    /// Status, headers and this many bytes of the body; then the connection closes.
    Truncated(usize),
    /// The whole reply, its body in chunks.
    Slow {
        /// Bytes per chunk.
        chunk: usize,
        /// The pause after each chunk.
        pause: Duration,
    },
    /// Nothing; the connection closes.
    Closed,
    /// Nothing; the connection is reset.
    Reset,
}

/// An HTTP reply of a [`Fake`](crate::facebook::fake::Fake), and how much of it is to be delivered.
///
/// `Debug` shows status, size and delivery.
///
/// ```
/// use audiencekit::facebook::fake::{Fake, FakeRequest, FaultDelivery};
///
/// let fake = Fake::new();
/// fake.inject("drop_reply".parse()?);
/// let reply = fake.handle(&FakeRequest::new("GET", "/me").bearer(fake.token()));
/// assert_eq!((reply.status, reply.delivery), (200, FaultDelivery::Closed));
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct FakeReply {
    /// The HTTP status.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body, even if less of it is delivered.
    pub body: Vec<u8>,
    /// How much of the reply arrives.
    pub delivery: FaultDelivery,
    /// The time after which the reply arrives.
    pub delay: Duration,
}

impl FakeReply {
    pub(in crate::facebook::fake) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
            delivery: FaultDelivery::Whole,
            delay: Duration::ZERO,
        }
    }

    /// The page that Facebook's front end shows when it gives up.
    ///
    /// Source: bodies pasted into facebook-python-business-sdk issues 141, 367 and 695 (read 2026-09-12).
    pub(in crate::facebook::fake) fn html(status: u16) -> Self {
        Self::new(
            status,
            "text/html; charset=utf-8",
            "<!DOCTYPE html><html lang=\"en\"><head><title>Error</title></head><body><h1>Sorry, something went \
             wrong.</h1><p>We're working on it and we'll get it fixed as soon as we can.</p></body></html>",
        )
    }

    /// Returns the value of a header; `name` is in lower case.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let fake = Fake::new();
    /// let reply = fake.handle(&FakeRequest::new("GET", "/me").bearer(fake.token()));
    /// assert_eq!(reply.header("facebook-api-version"), Some("v26.0"));
    /// ```
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the body as JSON, or `null` if it is not JSON.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::{Fake, FakeRequest};
    /// let reply = Fake::new().handle(&FakeRequest::new("GET", "/me"));
    /// assert_eq!(reply.json()["error"]["code"], 2500);
    /// ```
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or(serde_json::Value::Null)
    }

    pub(in crate::facebook::fake) fn push(&mut self, name: &str, value: impl Into<String>) {
        self.headers.push((name.to_owned(), value.into()));
    }
}

impl fmt::Debug for FakeReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FakeReply({}, {} bytes, {:?})", self.status, self.body.len(), self.delivery)
    }
}
