//! The client over the fake.

use std::ops::Deref;

use async_trait::async_trait;

use super::transport::FakeTransport;
use crate::error::Result;
use crate::facebook::facebook_client::{SealedClient, forward};
use crate::facebook::fake::handle::Fake;
use crate::facebook::{
    AccountId, AdAccount, AudienceId, AudiencePatch, CustomAudience, FacebookClient, GraphClient,
    GraphClientBuilder, ListRequest, NewAudience, Page, Upload, UploadReceipt,
};

/// A [`GraphClient`] over a [`Fake`] in the same process, with the requests, decoding, retry and pacing of production.
///
/// Its waits move the fake's clock, so a test of a day's back-off takes no time.
///
/// ```
/// use audiencekit::FacebookClient;
/// use audiencekit::facebook::NewAudience;
/// use audiencekit::facebook::fake::{Edge, Fault, FaultRule, MockClient};
///
/// # struct Now; impl std::task::Wake for Now { fn wake(self: std::sync::Arc<Self>) {} }
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let mut future = std::pin::pin!(future);
/// #     let waker = std::sync::Arc::new(Now).into();
/// #     loop { if let std::task::Poll::Ready(out) = future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) { return out } }
/// # }
/// # block_on(async {
/// let facebook = MockClient::new();
/// facebook.fake().inject(FaultRule::new(Fault::Html(500)).on(Edge::ReadAudience).first(1));
///
/// let account = facebook.fake().account();
/// let id = facebook.create_audience(&account, &NewAudience::new("VIP", "Two purchases in 90 days")).await?;
/// assert_eq!(facebook.audience(&id).await?.name.as_deref(), Some("VIP"));
/// assert_eq!(facebook.fake().count(Edge::ReadAudience), 2); // the first answer was a page of HTML
/// # Ok::<(), audiencekit::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct MockClient(GraphClient<FakeTransport>);

impl MockClient {
    /// Creates a client of a fresh [`Fake`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_fake(&Fake::new())
    }

    /// Creates a client of this fake, with the token that a new fake knows.
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::fake::Fake;
    ///
    /// let fake = Fake::seeded(7);
    /// let facebook = MockClient::with_fake(&fake);
    /// assert_eq!(facebook.fake().seed(), 7);
    /// ```
    #[must_use]
    pub fn with_fake(fake: &Fake) -> Self {
        Self::builder(fake).build().into()
    }

    /// Returns a builder of a client of this fake, with the token that a new fake knows.
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::RetryPolicy;
    /// use audiencekit::facebook::fake::Fake;
    ///
    /// let impatient: MockClient = MockClient::builder(&Fake::new()).retry(RetryPolicy::never()).build().into();
    /// assert!(impatient.fake().calls().is_empty());
    /// ```
    pub fn builder(fake: &Fake) -> GraphClientBuilder<FakeTransport> {
        GraphClient::builder_with_transport(FakeTransport::new(fake.clone()), fake.token(), fake.clone())
    }

    /// Returns the fake behind the client.
    #[must_use]
    pub fn fake(&self) -> &Fake {
        self.transport().fake()
    }
}

impl Default for MockClient {
    fn default() -> Self {
        Self::new()
    }
}

/// Everything that the client of production has: tokens, terms, sharing, sessions, ads.
impl Deref for MockClient {
    type Target = GraphClient<FakeTransport>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<GraphClient<FakeTransport>> for MockClient {
    fn from(client: GraphClient<FakeTransport>) -> Self {
        Self(client)
    }
}

forward!([] MockClient);
