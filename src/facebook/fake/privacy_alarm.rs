//! The alarm: what must never arrive at Facebook, looked for in every call.

use serde::{Deserialize, Serialize};

/// Something that a caller must never do, though Facebook might let it pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum AlarmKind {
    /// An e-mail address in clear in the URL or the body of a call.
    PlainEmail,
    /// A value that is no digest in a column that must be hashed.
    UnhashedValue,
    /// The digest of an empty text: one person shared by everyone who sends it.
    DigestOfNothing,
    /// A mobile advertiser id that was hashed and can never match.
    HashedDeviceId,
    /// The access token in the URL, where logs keep it.
    TokenInUrl,
}

/// One alarm: which call, and what. The value itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PrivacyViolation {
    /// The number of the call, as in the log.
    pub call: u64,
    /// What was seen.
    pub kind: AlarmKind,
    /// The column, for what was seen in a cell.
    pub column: Option<String>,
}
