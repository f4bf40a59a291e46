//! The alarm: what must never arrive at Facebook, looked for in every call.

use serde::{Deserialize, Serialize};

use super::front::http::FakeRequest;
use super::wire::params::decode;

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

/// What of URL and body is wrong whatever the edge.
pub(super) fn look(request: &FakeRequest) -> Vec<AlarmKind> {
    let mut seen = Vec::new();
    if request.query.split('&').any(|pair| pair.starts_with("access_token=")) {
        seen.push(AlarmKind::TokenInUrl);
    }
    let in_body = has_email(&request.body)
        || (memchr::memmem::find(&request.body, b"%40").is_some()
            && std::str::from_utf8(&request.body).is_ok_and(|text| has_email(decode(text).as_bytes())));
    if in_body || has_email(decode(&request.query).as_bytes()) {
        seen.push(AlarmKind::PlainEmail);
    }
    seen
}

/// Something like `a@b.cc` anywhere.
fn has_email(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'@', bytes).any(|at| {
        let before = bytes[..at].last().is_some_and(|b| b.is_ascii_alphanumeric() || b"._%+-".contains(b));
        let domain = bytes[at + 1..]
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || b".-".contains(b))
            .copied()
            .collect::<Vec<u8>>();
        let mut labels = domain.rsplit(|&b| b == b'.');
        let top = labels.next().is_some_and(|top| top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic));
        before && top && labels.next().is_some_and(|label| !label.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_seen_in_json_form_and_query() {
        let form = "application/x-www-form-urlencoded";
        let bad = [
            FakeRequest::new("POST", "/").body("application/json", r#"["mary@example.com"]"#),
            FakeRequest::new("POST", "/").body(form, "payload=%5B%22mary%40example.com%22%5D"),
            FakeRequest::new("GET", "/?q=mary%40example.com"),
        ];
        for request in &bad {
            assert_eq!(look(request), [AlarmKind::PlainEmail]);
        }
        let good = FakeRequest::new("POST", "/").body("application/json", r#"["@", "a@b", "5 @ 3.00"]"#);
        assert!(look(&good).is_empty());
    }
}
