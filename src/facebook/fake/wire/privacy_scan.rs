//! Looks through every call for what must never arrive at Facebook.

use super::http::FakeRequest;
use super::params::decode;
use crate::facebook::fake::privacy_alarm::AlarmKind;

/// What of URL and body is wrong whatever the edge.
pub(in crate::facebook::fake) fn scan(request: &FakeRequest) -> Vec<AlarmKind> {
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
            assert_eq!(scan(request), [AlarmKind::PlainEmail]);
        }
        let good = FakeRequest::new("POST", "/").body("application/json", r#"["@", "a@b", "5 @ 3.00"]"#);
        assert!(scan(&good).is_empty());
    }
}
