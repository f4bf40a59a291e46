//! Answers to uploads, with refused rows joined back to the rows that were sent.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::redact::redact;
use super::scalars::{Loose, Text};
use crate::facebook::model::upload::{InvalidEntry, Upload, UploadReceipt};

#[derive(Deserialize, Default)]
pub(super) struct ReceiptWire {
    session_id: Option<Text>,
    #[serde(default)]
    num_received: Count,
    #[serde(default)]
    num_invalid_entries: Count,
    #[serde(default)]
    invalid_entry_samples: Samples,
}

/// How many; a negative number is none.
#[derive(Default)]
struct Count(u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let super::scalars::Int(count) = Deserialize::deserialize(deserializer)?;
        Ok(Self(u64::try_from(count).unwrap_or_default()))
    }
}

/// Rows that were refused: the JSON text of each, and why.
#[derive(Default)]
struct Samples(Vec<(String, Option<String>)>);

/// Facebook documents 100; what is more is not read.
const MOST_SAMPLES: usize = 1_000;
/// Longest reason that is kept, in characters.
const REASON: usize = 200;

impl<'de> Deserialize<'de> for Samples {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapOrList;
        impl<'de> Visitor<'de> for MapOrList {
            type Value = Samples;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or a list")
            }
            fn visit_unit<E>(self) -> Result<Samples, E> {
                Ok(Samples::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Samples, A::Error> {
                let mut samples = Vec::new();
                while let Some((row, reason)) = map.next_entry::<String, Loose>()? {
                    if samples.len() < MOST_SAMPLES {
                        samples.push((row, reason.text()));
                    }
                }
                Ok(Samples(samples))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Samples, A::Error> {
                let mut samples = Vec::new();
                while let Some(item) = seq.next_element::<Value>()? {
                    if samples.len() >= MOST_SAMPLES {
                        continue;
                    }
                    match item {
                        Value::String(row) => samples.push((row, None)),
                        Value::Object(map) => samples.extend(
                            map.into_iter().map(|(row, reason)| (row, reason.as_str().map(str::to_owned))),
                        ),
                        row => samples.push((row.to_string(), None)),
                    }
                }
                Ok(Samples(samples))
            }
        }
        deserializer.deserialize_any(MapOrList)
    }
}

impl ReceiptWire {
    /// The receipt. Rows that are equal were refused together, so each of them is named.
    pub(super) fn receipt(self, upload: &Upload<'_>) -> UploadReceipt {
        UploadReceipt {
            session_id: self.session_id.map(|Text(id)| id),
            num_received: self.num_received.0,
            num_invalid_entries: self.num_invalid_entries.0,
            invalid_entry_samples: join(self.invalid_entry_samples.0, upload),
        }
    }
}

fn join(samples: Vec<(String, Option<String>)>, upload: &Upload<'_>) -> Vec<InvalidEntry> {
    if samples.is_empty() {
        return Vec::new();
    }
    let mut rows: HashMap<String, Vec<usize>> = HashMap::new();
    for (row, _) in &samples {
        rows.insert(canonical(row.as_bytes()).unwrap_or_default(), Vec::new());
    }
    let mut text = Vec::new();
    for index in upload.range.clone() {
        text.clear();
        upload.rows.row(index).write_json(&mut text);
        if let Some(found) = canonical(&text).and_then(|row| rows.get_mut(&row)) {
            found.push(index);
        }
    }
    let mut entries = Vec::new();
    for (row, reason) in samples {
        // The reason is shown to people and written to logs, and the row itself never is.
        let reason = reason.map_or_else(|| "refused".to_owned(), |reason| redact(&reason, REASON));
        match canonical(row.as_bytes()).and_then(|row| rows.remove(&row)).as_deref() {
            None | Some([]) => entries.push(InvalidEntry { row: None, reason }),
            Some(found) => {
                entries
                    .extend(found.iter().map(|&row| InvalidEntry { row: Some(row), reason: reason.clone() }));
            }
        }
    }
    entries
}

/// The same row in one spelling: Facebook escapes slashes and letters that we do not.
fn canonical(row: &[u8]) -> Option<String> {
    serde_json::from_slice::<Vec<Value>>(row).ok().map(|cells| Value::from(cells).to_string())
}
