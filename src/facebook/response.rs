//! Answers as values: decoded without a socket.

use std::fmt;

/// One answer of the Graph API, or of whatever stands between.
///
/// `Debug` shows status and size.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphResponse {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl GraphResponse {
    /// An answer without headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for GraphResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GraphResponse({}, {} bytes)", self.status, self.body.len())
    }
}
