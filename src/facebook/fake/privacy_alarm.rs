//! Alarms: what must never arrive at Facebook.

use serde::{Deserialize, Serialize};

/// Something that a client must never send, even though Facebook might accept it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum AlarmKind {
    /// A plain email address in the URL or the body of a call.
    PlainEmail,
    /// A value that is not a digest, in a column that must be hashed.
    UnhashedValue,
    /// The digest of an empty text, which stands for no person.
    DigestOfNothing,
    /// A hashed mobile advertiser id, which can never match.
    HashedDeviceId,
    /// The access token in the URL, which ends up in logs.
    TokenInUrl,
}

/// One alarm. The value that caused it is not kept.
///
/// ```
/// use audiencekit::facebook::fake::{AlarmKind, Fake, FakeRequest};
///
/// let fake = Fake::new();
/// let form = "schema=EMAIL&data=ada%40example.com";
/// let call = FakeRequest::new("POST", "/1/users").body("application/x-www-form-urlencoded", form);
/// let _reply = fake.handle(&call.bearer(fake.token()));
/// assert_eq!((fake.alarms()[0].call, fake.alarms()[0].kind), (1, AlarmKind::PlainEmail));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PrivacyViolation {
    /// The number of the call in the log.
    pub call: u64,
    /// The kind of data that came.
    pub kind: AlarmKind,
    /// The column, if it came in a cell of an upload.
    pub column: Option<String>,
}
