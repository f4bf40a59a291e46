//! Responses as values: decoded without a socket.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::codes::{RetryClass, classify};
use super::redact::{MESSAGE, redact};
use super::scalars::Loose;
use crate::error::{ApiError, Error, ErrorKind, Result};

/// A response of the Graph API, or of a proxy on the way.
///
/// `Debug` shows status and size.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphResponse {
    /// The HTTP status.
    pub status: u16,
    /// The header names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl GraphResponse {
    /// Creates a response without headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// Deserializes the body as `T`.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] for a body of another shape.
    ///
    /// ```
    /// use audiencekit::facebook::GraphResponse;
    ///
    /// let ids: Vec<u64> = GraphResponse::new(200, "[1, 2]").json()?;
    /// assert_eq!(ids, [1, 2]);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        // What serde says about it may quote the value.
        serde_json::from_slice(&self.body).map_err(|problem| {
            let (line, column) = (problem.line(), problem.column());
            let what = format!("the body is not of the shape asked for at line {line} column {column}");
            Error::new(ErrorKind::Decode, "read response", what)
        })
    }

    /// Returns the value of a header. The name is in lower case.
    ///
    /// ```
    /// use audiencekit::facebook::GraphResponse;
    ///
    /// let mut response = GraphResponse::new(200, "{}");
    /// response.headers.push(("facebook-api-version".into(), "v26.0".into()));
    /// assert_eq!(response.header("facebook-api-version"), Some("v26.0"));
    /// ```
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

/// A refusal, and when its call may be sent again.
#[derive(Debug)]
pub(in crate::facebook) struct Refusal {
    pub(in crate::facebook) error: Error,
    pub(in crate::facebook) retry: RetryClass,
}

/// Longest piece of an answer that is not JSON, in characters.
const SNIPPET: usize = 120;

/// Reads the body as `T`, or as the refusal that it is.
pub(in crate::facebook) fn decode<T: DeserializeOwned>(
    operation: &'static str,
    response: &GraphResponse,
) -> Result<T, Refusal> {
    let body = response.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&response.body);
    let refusal = |error, retry| Err(Refusal { error, retry });
    match serde_json::from_slice::<Envelope>(body) {
        Ok(Envelope(None)) if response.status < 300 => {}
        Ok(Envelope(Some(error))) => {
            let api = error.into_api(response.status);
            let (error, retry) = refused(operation, api);
            return refusal(error, retry);
        }
        // Whatever it says it in, it was not done.
        _ if response.status == 429 => {
            let error = no_answer(ErrorKind::Throttled, operation, 429, body);
            return refusal(error, RetryClass::Throttle);
        }
        _ => {
            let error = no_answer(ErrorKind::Transport, operation, response.status, body);
            return refusal(error, RetryClass::Backoff);
        }
    }
    serde_json::from_slice(body).or_else(|problem| {
        if !problem.is_data() {
            let error = no_answer(ErrorKind::Transport, operation, response.status, body);
            return refusal(error, RetryClass::Backoff);
        }
        // What serde says about it may quote the value.
        let (line, column) = (problem.line(), problem.column());
        let what = format!("the answer is not of the documented shape at line {line} column {column}");
        refusal(Error::new(ErrorKind::Decode, operation, what), RetryClass::Never)
    })
}

/// An answer of JSON that lacks what it must have.
pub(in crate::facebook) fn shape(operation: &'static str, what: &'static str) -> Refusal {
    Refusal { error: Error::new(ErrorKind::Decode, operation, what), retry: RetryClass::Never }
}

/// The error of an answer that has no usable JSON in it.
fn no_answer(kind: ErrorKind, operation: &'static str, status: u16, body: &[u8]) -> Error {
    // A character of UTF-8 is at most four bytes.
    let start = body.get(..SNIPPET * 16).unwrap_or(body);
    let snippet = redact(&String::from_utf8_lossy(start), SNIPPET);
    let what = if body.is_empty() {
        format!("status {status} with an empty body")
    } else {
        format!("status {status} with {} bytes that are not Facebook's JSON: {snippet:?}", body.len())
    };
    Error::new(kind, operation, what)
}

/// The error of a refusal by Facebook.
pub(in crate::facebook) fn refused(operation: &'static str, mut api: ApiError) -> (Error, RetryClass) {
    let (kind, retry, remedy) = classify(&api);
    api.remedy = remedy;
    let mut error = Error::new(kind, operation, "refused").with_retryable(retry.is_retryable());
    if let Some(wait) = retry.default_wait() {
        error = error.with_retry_after(wait);
    }
    (error.with_api(api), retry)
}

/// The `error` of an answer, if it is an object that has one.
struct Envelope(Option<ErrorBody>);

#[derive(Default)]
struct ErrorBody {
    message: Option<String>,
    kind: Option<String>,
    code: Option<i64>,
    subcode: Option<i64>,
    is_transient: Option<bool>,
    user_title: Option<String>,
    user_message: Option<String>,
    trace_id: Option<String>,
}

impl ErrorBody {
    fn into_api(self, status: u16) -> ApiError {
        let bounded = |text: String| redact(&text, MESSAGE);
        let mut api = ApiError::new(status, self.code.unwrap_or_default());
        api.subcode = self.subcode;
        api.kind = self.kind.map(bounded).unwrap_or_default();
        api.message = self.message.map(bounded).unwrap_or_default();
        api.user_title = self.user_title.map(bounded);
        api.user_message = self.user_message.map(bounded);
        api.is_transient = self.is_transient;
        api.trace_id = self.trace_id.map(|id| {
            id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(64).collect()
        });
        api
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Envelope;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an answer")
            }
            fn visit_bool<E>(self, _: bool) -> Result<Envelope, E> {
                Ok(Envelope(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Envelope, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Envelope(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
                let mut error = None;
                while let Some(key) = map.next_key::<Key>()? {
                    if matches!(key, Key::Error) {
                        error = map.next_value::<Option<ErrorBody>>()?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Envelope(error))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Error,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for ErrorBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = ErrorBody;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an error")
            }
            fn visit_str<E>(self, text: &str) -> Result<ErrorBody, E> {
                Ok(ErrorBody { message: Some(text.to_owned()), ..ErrorBody::default() })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ErrorBody, A::Error> {
                let mut body = ErrorBody::default();
                while let Some(key) = map.next_key::<String>()? {
                    let value: Loose = map.next_value()?;
                    match key.as_str() {
                        "message" => body.message = value.text(),
                        "type" => body.kind = value.text(),
                        "code" => body.code = value.int(),
                        "error_subcode" => body.subcode = value.int(),
                        "is_transient" => body.is_transient = value.flag(),
                        "error_user_title" => body.user_title = value.text(),
                        "error_user_msg" => body.user_message = value.text(),
                        "fbtrace_id" => body.trace_id = value.text(),
                        _ => {}
                    }
                }
                Ok(body)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
