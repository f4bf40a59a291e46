//! The client: every method is one request, sent under the same rules of pacing, retry and decoding.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::bisect::{BisectedUpload, MemberOperation, upload_bisecting};
use super::builder::GraphClientBuilder;
use super::inner::ClientInner;
use super::listing::Listing;
use super::pacer::Pacer;
use super::verbs;
use crate::clock::Clock;
use crate::error::Result;
use crate::facebook::credentials::secret::AccessToken;
use crate::facebook::facebook_client::{FacebookClient, SealedClient};
use crate::facebook::ids::{AccountId, AudienceId};
use crate::facebook::model::account::AdAccount;
use crate::facebook::model::audience::{AudiencePatch, CustomAudience, NewAudience};
use crate::facebook::model::fields::{AudienceField, AudienceQuery};
use crate::facebook::model::list::{ListRequest, Page};
use crate::facebook::model::upload::{Upload, UploadReceipt};
use crate::facebook::transport::Transport;
#[cfg(feature = "http")]
use crate::facebook::transport::http::{HttpTransport, HttpTransportBuilder};
use crate::facebook::version::GraphVersion;
use crate::facebook::wire::request::GraphRequest;
use crate::facebook::wire::response::GraphResponse;
use crate::facebook::wire::upload::Edge;

/// A client for the Custom Audience part of the Graph API over any [`Transport`]. Clones share everything.
///
/// The calls that the rest of the crate needs are those of [`FacebookClient`]; import the trait to make them. The
/// methods here are the others: access (tokens, permissions, terms), what surrounds an audience (sharing, lookalikes,
/// upload sessions, ads), and [`request`](Self::request) for everything without a method.
///
/// A client belongs to one token. Use one client per advertiser and share a [`Pacer`] among the clients of an app.
///
/// # Cancel safety
/// Dropping the future of a call abandons it; whether Facebook carried it out is then unknown.
///
/// ```
/// # #[cfg(feature = "http")] {
/// use audiencekit::facebook::{GraphClient, RetryPolicy};
///
/// let facebook = GraphClient::builder("an access token")
///     .app_id("1234567890")
///     .app_secret("the app's secret")
///     .retry(RetryPolicy::default().attempts(3))
///     .build()?;
/// assert_eq!(format!("{facebook:?}"), "GraphClient(HttpTransport(graph.facebook.com), v26.0)");
/// # }
/// # Ok::<(), audiencekit::Error>(())
/// ```
pub struct GraphClient<T> {
    pub(in crate::facebook) inner: Arc<ClientInner<T>>,
}

#[cfg(feature = "http")]
impl GraphClient<HttpTransport> {
    /// Returns a builder of a client over HTTPS with the system's clock.
    ///
    /// ```
    /// use audiencekit::GraphClient;
    ///
    /// let facebook = GraphClient::builder("an access token").build()?;
    /// assert_eq!(facebook.version().to_string(), "v26.0");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn builder(token: impl Into<AccessToken>) -> GraphClientBuilder<HttpTransportBuilder> {
        GraphClientBuilder::new(HttpTransport::builder(), token.into(), Arc::new(crate::clock::SystemClock))
    }
}

impl<T: Transport> GraphClient<T> {
    /// Creates a client over any transport with default settings.
    ///
    /// ```
    /// use audiencekit::GraphClient;
    /// use audiencekit::facebook::fake::Fake;
    /// use audiencekit::facebook::transport::FakeTransport;
    ///
    /// let fake = Fake::new();
    /// let facebook = GraphClient::with_transport(FakeTransport::new(fake.clone()), fake.token(), fake.clone());
    /// assert_eq!(facebook.transport().fake().seed(), 0);
    /// ```
    #[must_use]
    pub fn with_transport(transport: T, token: impl Into<AccessToken>, clock: impl Clock + 'static) -> Self {
        Self::builder_with_transport(transport, token, clock).build()
    }

    /// Returns a builder of a client over any transport.
    ///
    /// ```
    /// use audiencekit::GraphClient;
    /// use audiencekit::facebook::RetryPolicy;
    /// use audiencekit::facebook::fake::Fake;
    /// use audiencekit::facebook::transport::FakeTransport;
    ///
    /// let fake = Fake::new();
    /// let transport = FakeTransport::new(fake.clone());
    /// let facebook = GraphClient::builder_with_transport(transport, fake.token(), fake)
    ///     .retry(RetryPolicy::never())
    ///     .build();
    /// # let _ = facebook;
    /// ```
    #[must_use]
    pub fn builder_with_transport(
        transport: T,
        token: impl Into<AccessToken>,
        clock: impl Clock + 'static,
    ) -> GraphClientBuilder<T> {
        GraphClientBuilder::new(transport, token.into(), Arc::new(clock))
    }

    /// Sends any request, with this client's token, pacing, retries and error handling.
    ///
    /// This is for parts of the Graph API without a method of their own. A path that begins with `/` is sent as it is;
    /// any other path gets this client's version in front, so `me/permissions` is read as `/v26.0/me/permissions`. A
    /// request to `act_<digits>` spends the quota of that ad account.
    ///
    /// A `POST` is not repeated when its outcome is unknown, because it might create a second object. `GET` and
    /// `DELETE` are repeated as the [`RetryPolicy`](crate::facebook::RetryPolicy) says.
    ///
    /// # Privacy
    /// The request is sent as you built it: nothing in it is hashed. Send contact data only through the uploads of
    /// [`FacebookClient`].
    ///
    /// # Errors
    /// An answer with an error becomes an [`Error`](crate::Error) with [`api`](crate::Error::api), as everywhere.
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::{GraphRequest, Method};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// let request = GraphRequest::new(Method::Get, "act_1234567890").query("fields", "name,currency");
    /// let answer: serde_json::Value = facebook.request(request).await?.json()?;
    /// assert_eq!(answer["id"], "act_1234567890");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn request(&self, request: GraphRequest) -> Result<GraphResponse> {
        verbs::request(&self.inner, request).await
    }

    /// Reads one audience with the named fields. Without any, [`AudienceField::DEFAULT`] is read.
    ///
    /// # Errors
    /// See [`FacebookClient::audience`].
    ///
    /// ```
    /// use audiencekit::facebook::{AudienceField, NewAudience};
    /// use audiencekit::{FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold card")).await?;
    /// let audience = facebook.audience_with(&id, &[AudienceField::Name]).await?;
    /// assert_eq!((audience.name.as_deref(), audience.description), (Some("VIP"), None));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn audience_with(
        &self,
        audience: &AudienceId,
        fields: &[AudienceField],
    ) -> Result<CustomAudience> {
        self.read_audience(audience, &AudienceQuery::new().fields(fields.iter().copied())).await
    }

    /// Reads one audience with the parameters of `query`, for example as a recipient of a shared audience sees it.
    ///
    /// # Errors
    /// See [`FacebookClient::audience`].
    ///
    /// ```
    /// use audiencekit::facebook::{AudienceField, AudienceQuery, NewAudience};
    /// use audiencekit::{FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold card")).await?;
    /// let query = AudienceQuery::new().fields([AudienceField::OwnerBusiness]);
    /// assert!(facebook.read_audience(&id, &query).await?.owner_business.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn read_audience(
        &self,
        audience: &AudienceId,
        query: &AudienceQuery,
    ) -> Result<CustomAudience> {
        verbs::audience(&self.inner, audience, query).await
    }

    /// Uploads any number of rows in as many calls as it takes, and isolates rows that Facebook refuses.
    ///
    /// A call of more than 10,000 rows, or of more bytes than [`max_body_bytes`](GraphClientBuilder::max_body_bytes),
    /// is halved before it is sent. A call that Facebook refuses because of its content is halved until the offending
    /// rows are alone; they are reported in [`BisectedUpload::refused`]. One bad row of 10,000 costs about 28 calls,
    /// and 9,999 rows are uploaded.
    ///
    /// The calls count `batch_seq` up from that of `upload`; the last one carries its `last_batch`. If the last rows
    /// are refused, an accepted row is sent again to carry it.
    ///
    /// # Errors
    /// Errors that concern the audience and not its rows: token, permission, flags, throttles, transport. More than 50
    /// refused rows, or more than 8 before any was accepted, are [`ErrorKind::Rejected`](crate::ErrorKind::Rejected),
    /// because then the rows are not to blame.
    pub async fn upload_bisecting(
        &self,
        operation: MemberOperation,
        audience: &AudienceId,
        upload: &Upload<'_>,
    ) -> Result<BisectedUpload> {
        upload_bisecting(self, operation, audience, upload).await
    }

    /// Returns the transport that carries the requests.
    #[must_use]
    pub fn transport(&self) -> &T {
        &self.inner.transport
    }

    /// Returns the pacer, which knows the quotas that answers have reported.
    ///
    /// ```
    /// use audiencekit::MockClient;
    ///
    /// let facebook = MockClient::new();
    /// let saved = serde_json::to_string(&facebook.pacer().save()).unwrap(); // keep it across restarts
    /// assert_eq!(saved, "[]");
    /// ```
    #[must_use]
    pub fn pacer(&self) -> &Pacer {
        &self.inner.settings.pacer
    }

    /// Returns the version of the Graph API that is called.
    #[must_use]
    pub fn version(&self) -> GraphVersion {
        self.inner.settings.version
    }

    /// Returns the clock that times waits and proofs.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.settings.clock
    }
}

impl<T: Transport + 'static> GraphClient<T> {
    /// Lists all audiences of an account that match `request`, newest first, fetching pages as needed.
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::ListRequest;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// let mut audiences = facebook.list_audiences(&facebook.fake().account(), ListRequest::new().limit(100));
    /// while let Some(audience) = audiences.next().await {
    ///     println!("{}", audience?.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn list_audiences(&self, account: &AccountId, request: ListRequest) -> Listing<CustomAudience> {
        let (client, account) = (self.clone(), account.clone());
        Listing::new(request, move |request| {
            let (client, account) = (client.clone(), account.clone());
            Box::pin(async move { client.audiences(&account, &request).await })
        })
    }

    /// Lists all ad accounts that the token can see, fetching pages as needed.
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::ListRequest;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let accounts = MockClient::new().list_ad_accounts(ListRequest::new()).collect_all().await?;
    /// assert_eq!(accounts[0].id.to_string(), "act_1234567890");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn list_ad_accounts(&self, request: ListRequest) -> Listing<AdAccount> {
        let client = self.clone();
        Listing::new(request, move |request| {
            let client = client.clone();
            Box::pin(async move { client.ad_accounts(&request).await })
        })
    }
}

impl<T: Transport> SealedClient for GraphClient<T> {}

#[async_trait]
impl<T: Transport> FacebookClient for GraphClient<T> {
    async fn ad_accounts(&self, request: &ListRequest) -> Result<Page<AdAccount>> {
        verbs::ad_accounts(&self.inner, request).await
    }

    async fn ad_account(&self, account: &AccountId) -> Result<AdAccount> {
        verbs::ad_account(&self.inner, account).await
    }

    async fn create_audience(&self, account: &AccountId, audience: &NewAudience) -> Result<AudienceId> {
        verbs::create_audience(&self.inner, account, audience).await
    }

    async fn update_audience(&self, audience: &AudienceId, changes: &AudiencePatch) -> Result<()> {
        verbs::update_audience(&self.inner, audience, changes).await
    }

    async fn delete_audience(&self, audience: &AudienceId) -> Result<()> {
        verbs::delete_audience(&self.inner, audience).await
    }

    async fn audience(&self, audience: &AudienceId) -> Result<CustomAudience> {
        verbs::audience(&self.inner, audience, &AudienceQuery::new()).await
    }

    async fn audiences(&self, account: &AccountId, request: &ListRequest) -> Result<Page<CustomAudience>> {
        verbs::audiences(&self.inner, account, request).await
    }

    async fn add_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt> {
        verbs::upload(&self.inner, Edge::Add, audience, upload).await
    }

    async fn remove_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt> {
        verbs::upload(&self.inner, Edge::Remove, audience, upload).await
    }

    async fn replace_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt> {
        verbs::upload(&self.inner, Edge::Replace, audience, upload).await
    }

    async fn erase_users(&self, account: &AccountId, upload: &Upload<'_>) -> Result<UploadReceipt> {
        verbs::erase(&self.inner, account, upload).await
    }
}

impl<T: Transport> GraphClientBuilder<T> {
    /// Builds the client over the given transport.
    #[must_use]
    pub fn build(self) -> GraphClient<T> {
        GraphClient { inner: Arc::new(ClientInner::new(self.transport, self.settings)) }
    }
}

#[cfg(feature = "http")]
impl GraphClientBuilder<HttpTransportBuilder> {
    /// Builds the client and its HTTP transport.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a malformed base URL, proxy or certificate.
    pub fn build(self) -> Result<GraphClient<HttpTransport>> {
        let transport = self.transport.build()?;
        Ok(GraphClient { inner: Arc::new(ClientInner::new(transport, self.settings)) })
    }
}

impl<T> Clone for GraphClient<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T: fmt::Debug> fmt::Debug for GraphClient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GraphClient({:?}, {})", self.inner.transport, self.inner.settings.version)
    }
}
