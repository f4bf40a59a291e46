//! What each value becomes before it is sent: check your data before an upload.
//!
//! Reads JSON lines `{"id"?, "key", "value", "region"?}` on standard input and writes one line for each on standard
//! output, `{"id"?, "key", "value", "normalized", "sha256", "reject"}`, with the default settings. `key` is Facebook's
//! name of a column; `DB` is taken too, a whole date of birth. A line that cannot be read gets a `reject` like any other.
//!
//! ```text
//! $ echo '{"key":"PHONE","value":"601 234 567","region":"PL"}' | cargo run --example normalize
//! {"key":"PHONE","value":"601 234 567","normalized":"48601234567","sha256":"dabf…","reject":null}
//! ```

use std::io::{self, BufRead, BufWriter, Write};

use audiencekit::MatchKey;
use audiencekit::identity::{Normalizer, Region};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

#[derive(Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Value>,
    key: Value,
    value: Value,
    normalized: Option<String>,
    sha256: Option<String>,
    reject: Option<String>,
}

fn main() -> io::Result<()> {
    let normalizer = Normalizer::new().current_year(current_year());
    let mut input = io::stdin().lock();
    let mut output = BufWriter::new(io::stdout().lock());
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            serde_json::to_writer(&mut output, &answer(&normalizer, &line))?;
            output.write_all(b"\n")?;
        }
        line.clear();
    }
    output.flush()
}

fn answer(normalizer: &Normalizer, line: &[u8]) -> Answer {
    let mut answer = Answer {
        id: None,
        key: Value::Null,
        value: Value::Null,
        normalized: None,
        sha256: None,
        reject: None,
    };
    let Ok(Value::Object(mut row)) = serde_json::from_slice(line) else {
        answer.reject = Some("not_a_json_object".to_owned());
        return answer;
    };
    answer.id = row.remove("id");
    answer.key = row.remove("key").unwrap_or_default();
    answer.value = row.remove("value").unwrap_or_default();
    let region = row.get("region").and_then(Value::as_str).and_then(Region::find);
    let text = match &answer.value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let outcome = match answer.key.as_str() {
        Some("DB") => whole_date(normalizer, &text),
        name => match name.and_then(MatchKey::from_wire_name) {
            Some(key) => normalize(normalizer, key, &text, region),
            None => Err("unknown_key".to_owned()),
        },
    };
    match outcome {
        Ok((normalized, sha256)) => (answer.normalized, answer.sha256) = (Some(normalized), sha256),
        Err(reason) => answer.reject = Some(reason),
    }
    answer
}

type Outcome = Result<(String, Option<String>), String>;

fn normalize(normalizer: &Normalizer, key: MatchKey, text: &str, region: Option<Region>) -> Outcome {
    let explanation = normalizer.explain(key, text, region);
    match explanation.normalized() {
        Ok(value) => Ok((value.to_owned(), explanation.sha256())),
        Err(reason) => Err(reason.to_string()),
    }
}

/// A whole date is no key of an audience; its three parts are.
fn whole_date(normalizer: &Normalizer, text: &str) -> Outcome {
    let mut whole = String::new();
    for key in [MatchKey::BirthYear, MatchKey::BirthMonth, MatchKey::BirthDay] {
        whole += &normalize(normalizer, key, text, None)?.0;
    }
    let sha256 = const_hex::encode(Sha256::digest(&whole));
    Ok((whole, Some(sha256)))
}

fn current_year() -> i16 {
    #[expect(clippy::disallowed_methods, reason = "a program is its own host")]
    let now = std::time::SystemTime::now();
    i16::try_from(time::OffsetDateTime::from(now).year()).unwrap_or(i16::MAX)
}
