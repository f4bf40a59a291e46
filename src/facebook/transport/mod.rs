//! Ways to carry a request to Facebook.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::request::GraphRequest;
use super::response::GraphResponse;
use crate::error::Result;

/// Carries one request and brings its answer.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends the request once: no retry, no redirect.
    ///
    /// # Errors
    /// [`ErrorKind::Transport`](crate::ErrorKind::Transport) when no answer came. Any answer at all, whatever its
    /// status, is a response.
    async fn send(&self, request: &GraphRequest) -> Result<GraphResponse>;
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    async fn send(&self, request: &GraphRequest) -> Result<GraphResponse> {
        (**self).send(request).await
    }
}
