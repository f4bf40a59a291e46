//! Reading JSON so that an error says where: `rules[2].if_yes[0].action.add_tag.tg`.

use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};

/// Reads `text`, naming the path to what is wrong. The message names fields and types, never a value.
pub(crate) fn read_json<T: DeserializeOwned>(subject: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let offset = offset_of(text, error.line(), error.column());
        // A field that is missing is one of the whole object, not of the field before its end.
        let path = path_at(text, offset, error.to_string().starts_with("missing field"));
        let operation = if path.is_empty() { subject.to_owned() } else { format!("{subject} {path}") };
        Error::new(ErrorKind::Invalid, operation, without_values(&error))
    })
}

/// serde's words without the quoted content of a wrong value, which may be personal data.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: ")) {
        Some(rest) => {
            let kind = rest.split([' ', '`', '"']).next().unwrap_or("value");
            let expected = rest.find("expected").map_or("", |at| &rest[at..]);
            format!("a {kind} does not fit; {expected}")
        }
        // The path has the name already, if it is one and no value.
        None => match (text.strip_prefix("unknown variant "), text.rfind(", expected ")) {
            (Some(_), Some(at)) => format!("unknown variant{}", &text[at..]),
            _ => text,
        },
    }
}

fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column).min(text.len())
}

enum Place {
    Key(String),
    Index(usize),
}

/// The path of the value in which `offset` lies, or of the object around it.
fn path_at(text: &str, offset: usize, of_object: bool) -> String {
    let bytes = text.as_bytes();
    let mut places: Vec<Place> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at).filter(|_| at < offset) {
        match byte {
            b'"' => {
                let (string, end) = string_at(text, at);
                let is_key = text.get(end..).is_some_and(|rest| rest.trim_start().starts_with(':'));
                if let (true, Some(Place::Key(key))) = (is_key, places.last_mut()) {
                    *key = string;
                }
                at = end;
                continue;
            }
            b'{' => places.push(Place::Key(String::new())),
            b'[' => places.push(Place::Index(0)),
            b'}' | b']' if at + 1 < offset => {
                places.pop();
            }
            b',' => match places.last_mut() {
                Some(Place::Index(index)) => *index += 1,
                Some(Place::Key(key)) if at + 1 < offset => key.clear(),
                _ => {}
            },
            _ => {}
        }
        at += 1;
    }
    if let (true, Some(Place::Key(key))) = (of_object, places.last_mut()) {
        key.clear();
    }
    let mut path = String::new();
    for place in places {
        match place {
            Place::Key(key) if key.is_empty() => {}
            Place::Key(key) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&key);
            }
            Place::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

/// The text of the string that starts at `start`, and where it ends.
fn string_at(text: &str, start: usize) -> (String, usize) {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return (text.get(start + 1..at).unwrap_or("").to_owned(), at + 1),
            _ => at += 1,
        }
    }
    (String::new(), text.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::segment::json_path::read_json;

    #[test]
    fn an_error_names_the_path_and_not_the_value() {
        type Nested = BTreeMap<String, Vec<BTreeMap<String, u8>>>;
        let error = read_json::<Nested>("file", r#"{"a": [{"x": 1}, {"y": 2, "zed": "ada@example.com"}]}"#)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "file a[1].zed: a string does not fit; expected u8 at line 1 column 50"
        );
        let error = read_json::<Nested>("file", r#"{"a": [{"x": 1}, {"y""#).unwrap_err();
        assert!(error.to_string().starts_with("file a[1]"), "{error}");

        #[derive(Debug, serde::Deserialize)]
        struct Whole {
            _id: u8,
            _on: u8,
        }
        let error = read_json::<Vec<Whole>>("file", r#"[{"_id": 1, "_on": 2}, {"_on": 3}]"#).unwrap_err();
        assert!(error.to_string().starts_with("file [1]: missing field `_id`"), "{error}");
    }
}
