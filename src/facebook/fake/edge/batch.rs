//! Several calls in one.
//!
//! Source: Graph API batch requests (read 2026-09-12).

use serde::Deserialize;
use serde_json::{Value, json};

use crate::facebook::fake::policy::auth;
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::http::{FakeReply, FakeRequest};
use crate::facebook::fake::wire::params::{Params, presented};
use crate::facebook::fake::wire::refusal::Refusal;

const MOST_CALLS: usize = 50;

#[derive(Deserialize)]
struct Inner {
    method: String,
    relative_url: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
}

/// The calls of a batch, and how their replies are written.
pub(in crate::facebook::fake) struct Batch {
    pub(in crate::facebook::fake) calls: Vec<FakeRequest>,
    with_headers: bool,
}

/// Reads the calls of a batch. They carry its token and proof where they have none of their own.
pub(in crate::facebook::fake) fn read(
    state: &State,
    request: &FakeRequest,
    params: &Params<'_>,
) -> Result<Batch, Refusal> {
    params.only(state.settings.strict, &[&["batch"]])?;
    auth::authenticate(state, request, params)?;
    let Some(text) = params.json("batch") else {
        return Err(Refusal::parameter("Missing parameter(s): batch"));
    };
    let calls: Vec<Inner> = serde_json::from_str(&text)
        .map_err(|_| Refusal::parameter("Param batch must be an array of calls"))?;
    if calls.len() > MOST_CALLS {
        return Err(Refusal::new(100, "Too many requests in batch message. Maximum batch size is 50")
            .kind("GraphBatchException"));
    }
    let token = presented(request, params).unwrap_or_default();
    let with_headers = params.bool("include_headers")?.unwrap_or(true);
    let version = request.path.split('/').find(|part| part.starts_with('v') && part.ends_with(".0"));
    let one = |call: Inner| {
        let relative = call.relative_url.trim_start_matches('/');
        let has_version = relative.split('/').next().is_some_and(|part| {
            part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        });
        let target = match version {
            Some(version) if !has_version => format!("/{version}/{relative}"),
            _ => format!("/{relative}"),
        };
        let mut inner = FakeRequest::new(call.method, &target)
            .bearer(call.access_token.as_deref().unwrap_or(&token))
            .body("application/x-www-form-urlencoded", call.body.unwrap_or_default());
        // One proof on the outer call is enough.
        for name in ["appsecret_proof", "appsecret_time"] {
            if let Some(value) = params.text(name).filter(|_| !inner.query.contains("appsecret_proof=")) {
                let and = if inner.query.is_empty() { "" } else { "&" };
                inner.query.push_str(&format!("{and}{name}={value}"));
            }
        }
        inner
    };
    Ok(Batch { calls: calls.into_iter().map(one).collect(), with_headers })
}

impl Batch {
    /// The reply of one call, as the reply of the batch holds it.
    pub(in crate::facebook::fake) fn describe(&self, reply: &FakeReply) -> Value {
        let mut one = json!({ "code": reply.status, "body": String::from_utf8_lossy(&reply.body) });
        if self.with_headers
            && let Some(one) = one.as_object_mut()
        {
            let headers: Vec<Value> =
                reply.headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
            one.insert("headers".to_owned(), json!(headers));
        }
        one
    }
}
