//! Requests as values: built and inspected without a socket.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::facebook::credentials::secret::AccessToken;

/// The HTTP method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Read.
    Get,
    /// Create or change.
    Post,
    /// Delete or remove.
    Delete,
}

impl Method {
    /// Returns the name of the method.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// A request to the Graph API.
///
/// The token is kept apart from path, query and body; a transport puts it in the `Authorization` header. `Debug` shows
/// method, path and the size of the body.
///
/// ```
/// use audiencekit::facebook::{Body, GraphRequest, Method};
///
/// let request = GraphRequest::new(Method::Post, "/v26.0/act_1/adlabels").body(Body::json().field("name", "VIP"));
/// assert_eq!(format!("{request:?}"), "GraphRequest(POST /v26.0/act_1/adlabels, 14 bytes of application/json)");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct GraphRequest {
    /// The method.
    pub method: Method,
    /// The path, with its version if it begins with `/`, such as `/v26.0/act_1/customaudiences`.
    pub path: String,
    /// The query parameters.
    pub query: Vec<(Cow<'static, str>, String)>,
    /// The body, with its content type.
    pub body: Option<Body>,
    /// The token. `None` means the client's own.
    pub token: Option<AccessToken>,
}

/// The body of a request. It may hold digests, so `Debug` shows only its size.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl GraphRequest {
    /// Creates a request without parameters.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), body: None, token: None }
    }

    /// Adds a query parameter.
    ///
    /// ```
    /// use audiencekit::facebook::{GraphRequest, Method};
    ///
    /// let request = GraphRequest::new(Method::Get, "me").query("fields", "id,name");
    /// assert_eq!(request.query, [("fields".into(), "id,name".to_owned())]);
    /// ```
    #[must_use]
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets the body of the request.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = Some(body);
        self
    }

    /// Adds parameters to the body if there is one, else to the query.
    pub(in crate::facebook) fn add(&mut self, params: Vec<(&'static str, String)>) {
        match &mut self.body {
            Some(body) => params.iter().for_each(|(name, value)| body.add(name, value)),
            None => self.query.extend(params.into_iter().map(|(name, value)| (name.into(), value))),
        }
    }
}

impl Body {
    /// `Content-Type` of JSON.
    pub const JSON: &'static str = "application/json";
    /// `Content-Type` of a form.
    pub const FORM: &'static str = "application/x-www-form-urlencoded";

    /// Creates an empty JSON object.
    ///
    /// ```
    /// use audiencekit::facebook::Body;
    ///
    /// let body = Body::json().field("name", "VIP").field("days", &90);
    /// assert_eq!(body.bytes, br#"{"name":"VIP","days":90}"#);
    /// ```
    #[must_use]
    pub fn json() -> Self {
        Self { content_type: Self::JSON, bytes: b"{}".to_vec() }
    }

    /// Creates a URL-encoded form of these fields.
    ///
    /// ```
    /// use audiencekit::facebook::Body;
    ///
    /// assert_eq!(Body::form(&[("a", "1 & 2")]).bytes, b"a=1%20%26%202");
    /// ```
    #[must_use]
    pub fn form(fields: &[(&str, &str)]) -> Self {
        let mut body = Self { content_type: Self::FORM, bytes: Vec::new() };
        fields.iter().for_each(|(name, value)| body.add(name, value));
        body
    }

    /// Adds a field to a JSON object.
    #[must_use]
    pub fn field(self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        self.written(name, |out| {
            // Writing plain data to a Vec cannot fail.
            let _ = serde_json::to_writer(out, value);
        })
    }

    /// Adds a field to a JSON object if there is a value.
    ///
    /// ```
    /// use audiencekit::facebook::Body;
    ///
    /// let body = Body::json().maybe("name", Some("VIP")).maybe("days", None::<&u16>);
    /// assert_eq!(body.bytes, br#"{"name":"VIP"}"#);
    /// ```
    #[must_use]
    pub fn maybe(self, name: &str, value: Option<&(impl Serialize + ?Sized)>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// Adds a JSON object as a field of another, if there is one.
    pub(in crate::facebook) fn nested(self, name: &str, object: Option<Self>) -> Self {
        match object {
            Some(object) => self.written(name, |out| out.extend_from_slice(&object.bytes)),
            None => self,
        }
    }

    pub(in crate::facebook) fn is_empty_object(&self) -> bool {
        self.bytes == b"{}"
    }

    /// Adds a field to a JSON object, whose value `write` writes as JSON.
    pub(in crate::facebook) fn written(mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        self.bytes.pop();
        if self.bytes.len() > 1 {
            self.bytes.push(b',');
        }
        let _ = serde_json::to_writer(&mut self.bytes, name);
        self.bytes.push(b':');
        write(&mut self.bytes);
        self.bytes.push(b'}');
        self
    }

    fn add(&mut self, name: &str, value: &str) {
        if self.content_type == Self::JSON {
            let body = Self { content_type: Self::JSON, bytes: std::mem::take(&mut self.bytes) };
            *self = body.field(name, value);
            return;
        }
        if !self.bytes.is_empty() {
            self.bytes.push(b'&');
        }
        percent_encode(name, &mut self.bytes);
        self.bytes.push(b'=');
        percent_encode(value, &mut self.bytes);
    }
}

/// As in RFC 3986: everything but the unreserved characters.
pub(in crate::facebook) fn percent_encode(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte);
        } else {
            out.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_join_the_body_that_is_there() {
        let text = |request: &GraphRequest| {
            request.body.as_ref().map(|body| String::from_utf8(body.bytes.clone()).unwrap())
        };
        let proof = || vec![("appsecret_proof", "0a".to_owned())];

        let mut json = GraphRequest::new(Method::Post, "/").body(Body::json().field("name", "a \"b\""));
        json.add(proof());
        assert_eq!(text(&json).unwrap(), r#"{"name":"a \"b\"","appsecret_proof":"0a"}"#);

        let mut form = GraphRequest::new(Method::Post, "/").body(Body::form(&[("a b", "é&=")]));
        form.add(proof());
        assert_eq!(text(&form).unwrap(), "a%20b=%C3%A9%26%3D&appsecret_proof=0a");

        let mut read = GraphRequest::new(Method::Get, "/").query("fields", "id");
        read.add(proof());
        assert_eq!(
            read.query,
            [("fields".into(), "id".to_owned()), ("appsecret_proof".into(), "0a".to_owned())]
        );
    }
}
