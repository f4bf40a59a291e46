//! Error bodies, as Facebook words them.
//!
//! Source: the error reference and the recordings listed in the crate's fact sheet (read 2026-09-12).

use serde_json::{Map, Value, json};

use super::http::FakeReply;

/// A call that Facebook refuses.
#[derive(Debug, Clone)]
pub(in crate::facebook::fake) struct Refusal {
    pub(in crate::facebook::fake) status: u16,
    pub(in crate::facebook::fake) code: i64,
    pub(in crate::facebook::fake) subcode: Option<i64>,
    pub(in crate::facebook::fake) kind: &'static str,
    pub(in crate::facebook::fake) message: String,
    pub(in crate::facebook::fake) title: Option<&'static str>,
    pub(in crate::facebook::fake) user_message: Option<&'static str>,
    pub(in crate::facebook::fake) is_transient: Option<bool>,
    /// An HTML page instead of JSON.
    pub(in crate::facebook::fake) html: bool,
}

impl Refusal {
    pub(in crate::facebook::fake) fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            subcode: None,
            kind: "OAuthException",
            message: message.into(),
            title: None,
            user_message: None,
            is_transient: None,
            html: false,
        }
    }

    pub(in crate::facebook::fake) fn sub(mut self, subcode: i64) -> Self {
        self.subcode = Some(subcode);
        self
    }

    pub(in crate::facebook::fake) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(in crate::facebook::fake) fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    pub(in crate::facebook::fake) fn transient(mut self, transient: Option<bool>) -> Self {
        self.is_transient = transient;
        self
    }

    pub(in crate::facebook::fake) fn user(mut self, title: &'static str, message: &'static str) -> Self {
        self.title = Some(title);
        self.user_message = Some(message);
        self
    }

    /// An HTML page of this status.
    pub(in crate::facebook::fake) fn page(status: u16) -> Self {
        Self { html: true, ..Self::new(0, "").status(status) }
    }

    /// 100: a parameter is wrong.
    pub(in crate::facebook::fake) fn parameter(message: impl std::fmt::Display) -> Self {
        Self::new(100, format!("(#100) {message}"))
    }

    /// 100/33: no such object, or none that the token can see.
    pub(in crate::facebook::fake) fn no_object(method: &str, id: &str) -> Self {
        Self::new(
            100,
            format!(
                "Unsupported {} request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
                 permissions, or does not support this operation. Please read the Graph API documentation at \
                 https://developers.facebook.com/docs/graph-api",
                method.to_ascii_lowercase()
            ),
        )
        .sub(33)
        .kind("GraphMethodException")
    }

    /// 1487366, as connectors of others report it.
    pub(in crate::facebook::fake) fn deleted() -> Self {
        Self::new(1_487_366, "(#1487366) This custom audience was deleted")
            .user("Custom Audience Was Deleted", "The custom audience was deleted and cannot be used.")
    }

    /// 1487301, as connectors of others report it.
    pub(in crate::facebook::fake) fn not_shared() -> Self {
        Self::new(1_487_301, "(#1487301) This custom audience was not shared with the ad account").user(
            "Custom Audience Unavailable",
            "The custom audience is not owned by the ad account and was not shared with it.",
        )
    }

    /// 100: rows and schema disagree, or the payload is not one.
    pub(in crate::facebook::fake) fn schema() -> Self {
        Self::parameter("Data is missing or does not match schema")
    }

    /// 2500: the path or query is not one.
    pub(in crate::facebook::fake) fn path(path: &str) -> Self {
        Self::new(2500, format!("Unknown path components: /{path}"))
    }

    pub(in crate::facebook::fake) fn reply(&self, trace: &str) -> FakeReply {
        if self.html {
            return FakeReply::html(self.status);
        }
        let mut error = Map::new();
        error.insert("message".into(), json!(self.message));
        error.insert("type".into(), json!(self.kind));
        error.insert("code".into(), json!(self.code));
        if let Some(subcode) = self.subcode {
            error.insert("error_subcode".into(), json!(subcode));
        }
        if let Some(transient) = self.is_transient {
            error.insert("is_transient".into(), json!(transient));
        }
        if let (Some(title), Some(message)) = (self.title, self.user_message) {
            error.insert("error_user_title".into(), json!(title));
            error.insert("error_user_msg".into(), json!(message));
        }
        error.insert("fbtrace_id".into(), json!(trace));
        let body = Value::Object(Map::from_iter([("error".to_owned(), Value::Object(error))]));
        let mut reply = FakeReply::new(self.status, "application/json; charset=UTF-8", body.to_string());
        let what = if self.code == 190 { "invalid_token" } else { "invalid_request" };
        // A header holds no quotes within quotes, no line ends and no letters beyond ASCII.
        let plain = |c: char| if c == '"' || !(' '..='~').contains(&c) { '?' } else { c };
        let message: String = self.message.chars().map(plain).collect();
        reply.push("www-authenticate", format!("OAuth \"Facebook Platform\" \"{what}\" \"{message}\""));
        reply
    }
}

/// What an edge answers: a JSON body, or a refusal.
pub(in crate::facebook::fake) type Answer = Result<Value, Refusal>;
