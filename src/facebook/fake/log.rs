//! The call log.

use serde::{Deserialize, Serialize};

/// What a call is for, however it is written.
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
    /// `POST /` with `batch`.
    Batch,
    /// A path or method that the fake does not serve.
    Unknown,
}

/// One call, without query and body: they hold tokens and digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Call {
    /// 1 for the first call the fake got.
    pub number: u64,
    /// Unix seconds on the fake's clock.
    pub time: i64,
    /// The method, `method=` override applied.
    pub method: String,
    /// The path.
    pub path: String,
    /// What it is for.
    pub edge: Edge,
    /// Bytes of the body.
    pub body_bytes: usize,
    /// Bytes of path and query.
    pub url_bytes: usize,
    /// Rows of an upload that was read.
    pub rows: u64,
    /// The session of an upload.
    pub session: Option<u64>,
    /// `batch_seq` of an upload.
    pub batch_seq: Option<u64>,
    /// Status of the reply.
    pub status: u16,
    /// Code of the error, 0 without one.
    pub code: i64,
    /// Its subcode.
    pub subcode: Option<i64>,
    /// True when the caller got the whole reply.
    pub delivered: bool,
    /// True for a call inside a batch.
    pub in_batch: bool,
}
