//! The fake as a transport: no socket, no dependency.

use async_trait::async_trait;

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::fake::handle::Fake;
use crate::facebook::fake::wire::http::{FakeRequest, FaultDelivery};
use crate::facebook::transport::Transport;
use crate::facebook::wire::request::{GraphRequest, percent_encode};
use crate::facebook::wire::response::GraphResponse;

/// A transport that carries requests to a [`Fake`] in the same process.
///
/// A delayed reply moves the fake's clock instead of waiting.
///
/// ```
/// use audiencekit::facebook::fake::Fake;
/// use audiencekit::facebook::transport::FakeTransport;
///
/// let fake = Fake::new();
/// let transport = FakeTransport::new(fake.clone());
/// assert_eq!(transport.fake().calls().len(), 0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct FakeTransport {
    fake: Fake,
}

impl FakeTransport {
    /// Creates a transport to this fake.
    #[must_use]
    pub fn new(fake: Fake) -> Self {
        Self { fake }
    }

    /// Returns the fake that answers.
    #[must_use]
    pub fn fake(&self) -> &Fake {
        &self.fake
    }
}

/// The query as HTTP writes it.
fn query(request: &GraphRequest) -> String {
    let mut text = Vec::new();
    for (name, value) in &request.query {
        if !text.is_empty() {
            text.push(b'&');
        }
        percent_encode(name, &mut text);
        text.push(b'=');
        percent_encode(value, &mut text);
    }
    String::from_utf8(text).unwrap_or_default()
}

#[async_trait]
impl Transport for FakeTransport {
    async fn send(&self, request: &GraphRequest) -> Result<GraphResponse> {
        let mut http = FakeRequest::new(request.method.as_str(), &request.path);
        http.query = query(request);
        if let Some(token) = &request.token {
            http = http.bearer(token.expose());
        }
        if let Some(body) = &request.body {
            http = http.body(body.content_type, body.bytes.clone());
        }
        let reply = self.fake.handle(&http);
        if !reply.delay.is_zero() {
            self.fake.sleep(reply.delay).await;
        }
        let lost = |what: &'static str| {
            Err(Error::new(ErrorKind::Transport, "fake Facebook", what).with_retryable(true))
        };
        match reply.delivery {
            FaultDelivery::Whole => {}
            FaultDelivery::Slow { chunk, pause } => {
                let parts = u32::try_from(reply.body.len().div_ceil(chunk.max(1))).unwrap_or(u32::MAX);
                self.fake.sleep(pause.saturating_mul(parts)).await;
            }
            FaultDelivery::Truncated(bytes) if bytes >= reply.body.len() => {}
            FaultDelivery::Truncated(_) => return lost("the reply was cut short"),
            FaultDelivery::Closed => return lost("the connection was closed without a reply"),
            FaultDelivery::Reset => return lost("the connection was reset"),
        }
        let mut response = GraphResponse::new(reply.status, reply.body);
        response.headers = reply.headers;
        Ok(response)
    }
}
