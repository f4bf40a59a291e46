//! Parameters, from wherever a client may put them: query, form, multipart, JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::http::FakeRequest;
use super::multipart;
use super::refusal::Refusal;

/// One value: text out of a query or form, or the JSON text out of a JSON body.
#[derive(Debug, Clone)]
enum Raw<'a> {
    Text(Cow<'a, str>),
    Json(&'a str),
}

/// The parameters of a call; what the body says wins over the query.
#[derive(Debug, Clone, Default)]
pub(in crate::facebook::fake) struct Params<'a>(Vec<(String, Raw<'a>)>);

/// What every call may carry beside its own parameters.
const ALWAYS: [&str; 13] = [
    "access_token",
    "appsecret_proof",
    "appsecret_time",
    "method",
    "format",
    "locale",
    "pretty",
    "debug",
    "summary",
    "include_headers",
    "suppress_http_code",
    "fields",
    // Meta's Node SDK repeats the id of the object in every body.
    "id",
];

impl<'a> Params<'a> {
    pub(in crate::facebook::fake) fn read(request: &'a FakeRequest) -> Result<Self, Refusal> {
        let mut params = Self::default();
        params.form(&request.query);
        let content_type = request.get("content-type").unwrap_or_default();
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if request.body.is_empty() {
            return Ok(params);
        }
        let text = || {
            std::str::from_utf8(&request.body)
                .map_err(|_| Refusal::parameter("The request body is not valid UTF-8"))
        };
        match kind.as_str() {
            "application/json" => {
                let object: BTreeMap<String, &RawValue> = serde_json::from_str(text()?)
                    .map_err(|_| Refusal::parameter("The request body is not a JSON object"))?;
                for (name, value) in object {
                    params.set(name, Raw::Json(value.get()));
                }
            }
            "multipart/form-data" => {
                for (name, value) in multipart::parts(content_type, &request.body)? {
                    params.set(name, Raw::Text(value.into()));
                }
            }
            _ => params.form(text()?),
        }
        Ok(params)
    }

    fn set(&mut self, name: String, value: Raw<'a>) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some(slot) => slot.1 = value,
            None => self.0.push((name, value)),
        }
    }

    fn form(&mut self, text: &'a str) {
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.set(decode(name).into_owned(), Raw::Text(decode(value)));
        }
    }

    fn get(&self, name: &str) -> Option<&Raw<'a>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub(in crate::facebook::fake) fn has(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// A scalar as text. The literal quotes that some samples of Facebook's put around a form value go.
    pub(in crate::facebook::fake) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.get(name)? {
            Raw::Text(text) if text.len() >= 2 && text.starts_with('"') && text.ends_with('"') => {
                Some(serde_json::from_str::<String>(text).map_or(Cow::Borrowed(text), Cow::Owned))
            }
            Raw::Text(text) => Some(Cow::Borrowed(text)),
            Raw::Json("null") => None,
            Raw::Json(json) if json.starts_with('"') => serde_json::from_str(json).ok().map(Cow::Owned),
            Raw::Json(json) => Some(Cow::Borrowed(json)),
        }
    }

    /// A nested value as JSON text: the text of a form field, or of a JSON string, or the nested JSON itself.
    pub(in crate::facebook::fake) fn json(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.get(name)? {
            Raw::Json("null") => None,
            Raw::Json(json) if json.starts_with('"') => serde_json::from_str(json).ok().map(Cow::Owned),
            Raw::Json(json) => Some(Cow::Borrowed(json)),
            Raw::Text(text) => Some(Cow::Borrowed(text)),
        }
    }

    pub(in crate::facebook::fake) fn bool(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.text(name).as_deref().map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0" | "") => Ok(Some(false)),
            Some(_) => Err(Refusal::parameter(format_args!("Param {name} must be a boolean"))),
        }
    }

    pub(in crate::facebook::fake) fn int(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.text(name)
            .map(|text| {
                text.trim()
                    .parse()
                    .map_err(|_| Refusal::parameter(format_args!("Param {name} must be an integer")))
            })
            .transpose()
    }

    /// A list of strings: JSON, or parted by commas.
    pub(in crate::facebook::fake) fn list(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(text) = self.json(name) else { return Ok(None) };
        let trimmed = text.trim();
        if !trimmed.starts_with('[') {
            let items = trimmed.split(',').map(str::trim).filter(|item| !item.is_empty());
            return Ok(Some(items.map(|item| item.trim_matches('"').to_owned()).collect()));
        }
        let values: Vec<serde_json::Value> = serde_json::from_str(trimmed)
            .map_err(|_| Refusal::parameter(format_args!("Param {name} must be an array")))?;
        let text = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(Some(values.into_iter().map(text).collect()))
    }

    /// One of the names of an enumeration.
    pub(in crate::facebook::fake) fn one_of(
        &self,
        name: &str,
        known: &[&str],
    ) -> Result<Option<String>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        if known.contains(&text.as_ref()) {
            return Ok(Some(text.into_owned()));
        }
        Err(Refusal::parameter(format_args!("Param {name} must be one of {{{}}}", known.join(", "))))
    }

    /// Refuses what the edge does not know.
    pub(in crate::facebook::fake) fn only(&self, strict: bool, known: &[&[&str]]) -> Result<(), Refusal> {
        let is_known = |name: &str| ALWAYS.contains(&name) || known.iter().any(|list| list.contains(&name));
        match self.names().find(|name| strict && !is_known(name)) {
            Some(name) => Err(Refusal::parameter(format_args!("Unknown parameter: {name}"))),
            None => Ok(()),
        }
    }
}

/// The token of a call, from the header, the form or the query.
pub(in crate::facebook::fake) fn presented(request: &FakeRequest, params: &Params<'_>) -> Option<String> {
    request
        .get("authorization")
        .and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("OAuth ")))
        .map(|token| token.trim().to_owned())
        .or_else(|| params.text("access_token").map(std::borrow::Cow::into_owned))
        .filter(|token| !token.is_empty())
}

/// Undoes percent-encoding; a plus is a space. A broken escape stays as it is.
pub(in crate::facebook::fake) fn decode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| b == b'%' || b == b'+') {
        return Cow::Borrowed(text);
    }
    let hex = |b: u8| (b as char).to_digit(16).map(|digit| digit as u8);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'+', _) => out.push(b' '),
            (b'%', [high, low, tail @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high * 16 + low);
                    rest = tail;
                }
                _ => out.push(b'%'),
            },
            _ => out.push(first),
        }
    }
    match String::from_utf8(out) {
        Ok(text) => Cow::Owned(text),
        Err(error) => Cow::Owned(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_scalar_and_a_number_read_alike() {
        let request = FakeRequest::new("POST", "/x?a=%22one+two%22&b=1")
            .body("application/json", r#"{"b":2,"c":[1,"x"],"d":"[1]","e":null}"#);
        let params = Params::read(&request).unwrap();
        assert_eq!(params.text("a").unwrap(), "one two");
        assert_eq!(params.int("b").unwrap(), Some(2));
        assert_eq!(params.list("c").unwrap().unwrap(), ["1", "x"]);
        assert_eq!(params.json("d").unwrap(), "[1]");
        assert!(!params.has("e"));
    }

    #[test]
    fn a_broken_escape_is_text() {
        assert_eq!(decode("100%&"), "100%&");
        assert_eq!(decode("%4"), "%4");
        assert_eq!(decode("%zz%41+"), "%zzA ");
    }
}
