//! The call log.

use serde::{Deserialize, Serialize};

/// What a call does: an edge of the Graph API and a method, however the call is written.
///
/// In text, such as that of a [`FaultRule`](super::FaultRule), the names are in `snake_case`.
///
/// ```
/// use audiencekit::facebook::fake::Edge;
///
/// assert_eq!(serde_json::to_string(&Edge::AddUsers)?, "\"add_users\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Edge {
    /// `GET /me`.
    Me,
    /// `GET /me/adaccounts`.
    ListAccounts,
    /// `GET /{business}/owned_ad_accounts`.
    ListOwnedAccounts,
    /// `GET /{business}/client_ad_accounts`.
    ListClientAccounts,
    /// `GET /act_X`.
    ReadAccount,
    /// `POST /act_X/customaudiences`.
    CreateAudience,
    /// `GET /act_X/customaudiences`.
    ListAudiences,
    /// `GET /{audience}`.
    ReadAudience,
    /// `POST /{audience}`.
    UpdateAudience,
    /// `DELETE /{audience}`.
    DeleteAudience,
    /// `POST /{audience}/users`.
    AddUsers,
    /// `DELETE /{audience}/users`.
    RemoveUsers,
    /// `GET /{audience}/users`, which Facebook refuses.
    ReadUsers,
    /// `POST /{audience}/usersreplace`.
    ReplaceUsers,
    /// `DELETE /act_X/usersofanyaudience`.
    EraseUsers,
    /// `GET /{audience}/sessions`.
    ReadSessions,
    /// `GET /{audience}/health`.
    ReadHealth,
    /// `GET /{audience}/ads`.
    ReadAds,
    /// `GET /{audience}/adaccounts`.
    ReadSharing,
    /// `POST /{audience}/adaccounts`.
    Share,
    /// `DELETE /{audience}/adaccounts`.
    Unshare,
    /// `GET /{audience}/shared_account_info`.
    SharedAccountInfo,
    /// `GET /act_X/customaudiencestos`.
    ReadTerms,
    /// `POST /act_X/customaudiencestos`.
    AcceptTerms,
    /// `GET /debug_token`.
    DebugToken,
    /// `GET /oauth/access_token`.
    ExchangeToken,
    /// `GET /oauth/revoke`.
    RevokeToken,
    /// `POST /{system user}/applications`.
    InstallApp,
    /// `POST /{system user}/access_tokens`.
    CreateToken,
    /// `POST /` with the parameter `batch`.
    Batch,
    /// A path or method that the fake does not serve.
    Unknown,
}

/// One call of the log. Query and body are left out, since they contain tokens and digests.
///
/// ```
/// use audiencekit::facebook::fake::{Edge, Fake, FakeRequest};
///
/// let fake = Fake::new();
/// let _reply = fake.handle(&FakeRequest::new("GET", "/v26.0/me").bearer(fake.token()));
/// let call = &fake.calls()[0];
/// assert_eq!((call.number, call.edge, call.status, call.delivered), (1, Edge::Me, 200, true));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Call {
    /// The number of the call, counted from 1.
    pub number: u64,
    /// Unix seconds on the fake's clock.
    pub time: i64,
    /// The HTTP method; a parameter `method` overrides it.
    pub method: String,
    /// The path of the URL.
    pub path: String,
    /// The edge that was called.
    pub edge: Edge,
    /// The size of the body, in bytes.
    pub body_bytes: usize,
    /// The size of path and query, in bytes.
    pub url_bytes: usize,
    /// The number of rows of an upload; 0 if its payload could not be read.
    pub rows: u64,
    /// The `session_id` of an upload.
    pub session: Option<u64>,
    /// The `batch_seq` of an upload.
    pub batch_seq: Option<u64>,
    /// The HTTP status of the reply; 0 if there was none.
    pub status: u16,
    /// The code of the error; 0 without an error.
    pub code: i64,
    /// The subcode of the error.
    pub subcode: Option<i64>,
    /// Whether the client got the whole reply.
    pub delivered: bool,
    /// Whether the call came inside a batch.
    pub in_batch: bool,
}
