//! Text of others made fit for an error: short, one line, without what may be a token, a digest or an address.

/// Longest message of Facebook's that an error carries, in characters.
pub(in crate::facebook) const MESSAGE: usize = 500;

/// At most `limit` characters of `text` on one line. Words that contain `@`, and runs of the alphabet of tokens and
/// digests that are long, or of some length and mix letters and digits, become `[redacted]`.
pub(in crate::facebook) fn redact(text: &str, limit: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    // Four times the limit bounds the work on a hostile text of megabytes.
    let text: String = text.chars().take(limit.saturating_mul(4)).collect();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
            count += 1;
        }
        for c in clean(word).chars() {
            if count >= limit {
                out.push_str("...");
                return out;
            }
            out.push(c);
            count += 1;
        }
    }
    out
}

fn clean(word: &str) -> String {
    const REDACTED: &str = "[redacted]";
    if word.contains('@') {
        return REDACTED.to_owned();
    }
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '|' | '-' | '%' | '+');
    let mut out = String::with_capacity(word.len());
    let mut run = String::new();
    for c in word.chars().map(Some).chain([None]) {
        match c {
            Some(c) if is_token(c) => run.push(c),
            other => {
                out.push_str(if is_secret(&run) { REDACTED } else { &run });
                run.clear();
                out.extend(other);
            }
        }
    }
    out
}

/// Ids are digits alone and words are letters alone: they pass up to 23 characters.
fn is_secret(run: &str) -> bool {
    let mixed = run.bytes().any(|b| b.is_ascii_digit()) && run.bytes().any(|b| b.is_ascii_alphabetic());
    run.len() >= 24 || (mixed && run.len() >= 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_digests_and_addresses_do_not_pass() {
        let digest = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79";
        let text = format!("Malformed access token EAAB{digest} of <ada@example.com>\n\n[\"{digest}\"]");
        assert_eq!(redact(&text, 200), "Malformed access token [redacted] of [redacted] [\"[redacted]\"]");
        assert_eq!(
            redact("https://x/?access_token=EAAB1234567890123456789012345&a=1", 200),
            "https://x/?access_token=[redacted]&a=1"
        );
        assert_eq!(
            redact("token EAABshort7391 of 120330000000000001", 200),
            "token [redacted] of 120330000000000001"
        );
    }

    #[test]
    fn what_facebook_says_about_fields_passes() {
        let said =
            "(#2650) data source FILE_IMPORTED.MULTI_HASHES, which does not support HASHES_OR_USER_IDS.";
        assert_eq!(redact(said, 200), said);
    }

    #[test]
    fn long_text_is_cut() {
        let cut = redact(&"ab ".repeat(1_000_000), 10);
        assert_eq!(cut, "ab ab ab a...");
    }
}
