//! `multipart/form-data`, as `curl -F` sends it.

use super::refusal::Refusal;

/// The fields of a multipart body, by name. File names and part headers do not matter here.
pub(super) fn parts(content_type: &str, body: &[u8]) -> Result<Vec<(String, String)>, Refusal> {
    let broken = || Refusal::parameter("The multipart body is malformed");
    let boundary = content_type
        .split(';')
        .filter_map(|part| part.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("boundary"))
        .map(|(_, value)| value.trim_matches('"'))
        .filter(|boundary| !boundary.is_empty())
        .ok_or_else(broken)?;
    let text = std::str::from_utf8(body).map_err(|_| broken())?;
    let mut parts = Vec::new();
    let delimiter = format!("--{boundary}");
    // What precedes the first delimiter is a preamble.
    for part in text.split(delimiter.as_str()).skip(1) {
        if part.starts_with("--") {
            return Ok(parts);
        }
        let part = part.strip_prefix("\r\n").and_then(|part| part.strip_suffix("\r\n")).ok_or_else(broken)?;
        let (headers, value) = part.split_once("\r\n\r\n").ok_or_else(broken)?;
        let name = headers
            .lines()
            .filter(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))
            .flat_map(|line| line.split(';'))
            .find_map(|piece| piece.trim().strip_prefix("name="))
            .ok_or_else(broken)?;
        parts.push((name.trim_matches('"').to_owned(), value.to_owned()));
    }
    Err(broken())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_out_in_order_and_a_body_cut_short_is_refused() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n[\"\r\n\"]\r\n--x--\r\n";
        let parts = parts("multipart/form-data; boundary=x", body.as_bytes()).unwrap();
        assert_eq!(parts, [("a".into(), "1".into()), ("b".into(), "[\"\r\n\"]".into())]);
        assert!(super::parts("multipart/form-data; boundary=x", &body.as_bytes()[..70]).is_err());
        assert!(super::parts("multipart/form-data", body.as_bytes()).is_err());
    }
}
