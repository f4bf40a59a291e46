//! The client over the fake, in one line.

use crate::facebook::GraphClient;
use crate::facebook::fake::handle::Fake;
use crate::facebook::transport::FakeTransport;

/// The client of production over a [`Fake`] in the same process: same requests, decoding, retry and pacing.
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
pub type MockClient = GraphClient<FakeTransport>;

impl GraphClient<FakeTransport> {
    /// A client of a fresh [`Fake`].
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a client without a fake to talk to has no default")]
    pub fn new() -> Self {
        Self::of(&Fake::new())
    }

    /// A client of this fake, with the token that a new fake knows.
    #[must_use]
    pub fn of(fake: &Fake) -> Self {
        Self::with_transport(FakeTransport::new(fake.clone()), fake.token(), fake.clone())
    }

    /// The fake behind the client.
    #[must_use]
    pub fn fake(&self) -> &Fake {
        self.transport().fake()
    }
}
