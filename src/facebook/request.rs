//! Calls as values: built and inspected without a socket.

use std::fmt;

use super::secret::AccessToken;

/// The HTTP method of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read.
    Get,
    /// Create or change.
    Post,
    /// Delete or remove.
    Delete,
}

impl Method {
    /// The method's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// One call of the Graph API.
///
/// The token is apart from path, query and body: a transport puts it in the `Authorization` header. `Debug` shows
/// method and path and the size of the body.
#[derive(Clone)]
#[non_exhaustive]
pub struct GraphRequest {
    /// The method.
    pub method: Method,
    /// The path with its version, such as `/v26.0/act_1/customaudiences`.
    pub path: String,
    /// Parameters of a read.
    pub query: Vec<(&'static str, String)>,
    /// The body, if any, and its content type.
    pub body: Option<Body>,
    /// Who calls.
    pub token: Option<AccessToken>,
}

/// A request body. It holds digests, so `Debug` shows only its size.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl GraphRequest {
    /// A call without parameters.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), body: None, token: None }
    }
}

impl fmt::Debug for GraphRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GraphRequest({} {}", self.method.as_str(), self.path)?;
        if let Some(body) = &self.body {
            write!(f, ", {body:?}")?;
        }
        f.write_str(")")
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of {}", self.bytes.len(), self.content_type)
    }
}
