//! A request and a reply at the level of HTTP, which both fronts share.

use std::fmt;
use std::time::Duration;

/// One HTTP request, as the fake receives it.
///
/// `Debug` shows method, path and size: query and body hold tokens and digests.
#[derive(Clone)]
#[non_exhaustive]
pub struct FakeRequest {
    /// `GET`, `POST`, `DELETE`.
    pub method: String,
    /// The path, percent-encoded as it came.
    pub path: String,
    /// What follows the question mark, as it came.
    pub query: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl FakeRequest {
    /// A request without headers and body. `target` is a path, with its query if it has one.
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

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Adds `Authorization: Bearer`.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sets the body and its content type.
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

/// How much of a reply reaches the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultDelivery {
    /// All of it.
    Whole,
    /// Status, headers and this many bytes of the body; then the connection closes.
    Truncated(usize),
    /// All of it, this many bytes at a time with a pause after each.
    Slow {
        /// Bytes at a time.
        chunk: usize,
        /// The pause.
        pause: Duration,
    },
    /// Nothing: the connection closes.
    Closed,
    /// Nothing: the connection is reset.
    Reset,
}

/// One HTTP reply, and how much of it arrives.
///
/// `Debug` shows status, size and delivery.
#[derive(Clone)]
#[non_exhaustive]
pub struct FakeReply {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The whole body, also where less is delivered.
    pub body: Vec<u8>,
    /// How much arrives.
    pub delivery: FaultDelivery,
    /// How long it takes to arrive.
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

    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON, or `null` when it is none.
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
