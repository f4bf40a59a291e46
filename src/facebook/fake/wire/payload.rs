//! `payload`: schema and rows of an upload.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::{DeserializeSeed, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::refusal::Refusal;
use crate::identity::{KeyList, MatchKey};

/// The columns of an upload, and which kind of data source they make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::facebook::fake) struct Columns {
    pub(in crate::facebook::fake) keys: KeyList,
    /// `sub_type` of the data source.
    pub(in crate::facebook::fake) kind: &'static str,
    /// The schema is one name and the rows may be plain strings.
    pub(super) single: bool,
}

/// A payload whose rows are still text.
#[derive(Debug)]
pub(in crate::facebook::fake) struct Payload<'a> {
    pub(in crate::facebook::fake) columns: Columns,
    pub(super) data: &'a str,
}

const KNOWN: [&str; 8] =
    ["schema", "data", "is_raw", "app_ids", "page_ids", "ig_account_ids", "data_source", "metadata"];

impl<'a> Payload<'a> {
    pub(in crate::facebook::fake) fn read(text: &'a str) -> Result<Self, Refusal> {
        let object: BTreeMap<String, &RawValue> =
            serde_json::from_str(text).map_err(|_| Refusal::schema())?;
        if let Some(name) = object.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(Refusal::parameter(format_args!("Unknown key in payload: {name}")));
        }
        let (Some(schema), Some(data)) = (object.get("schema"), object.get("data")) else {
            return Err(Refusal::schema());
        };
        let schema: Value = serde_json::from_str(schema.get()).map_err(|_| Refusal::schema())?;
        let mut columns = Columns::read(&schema)?;
        if let Some(kind) = beside_the_rows(&object)? {
            columns.kind = kind;
        }
        let needs = |key, list| columns.keys.contains(&key) && !object.contains_key(list);
        if needs(MatchKey::PageUid, "page_ids") {
            return Err(Refusal::parameter("Missing parameter(s): page_ids"));
        }
        if needs(MatchKey::AppUid, "app_ids") {
            return Err(Refusal::parameter("Missing parameter(s): app_ids"));
        }
        Ok(Self { columns, data: data.get() })
    }

    /// Hands each row to `each`, its cells in the order of the schema.
    ///
    /// Source: a row of another length than the schema refuses the whole call (observed, read 2026-09-12).
    pub(super) fn rows(&self, each: &mut dyn FnMut(&[Cell<'_>])) -> Result<(), Refusal> {
        let mut reader = serde_json::Deserializer::from_str(self.data);
        let rows = Rows { width: self.columns.keys.len(), single: self.columns.single, each };
        rows.deserialize(&mut reader).map_err(|_| Refusal::schema())
    }
}

/// Checks the parts of a payload that are not rows; returns the kind of data source, if given.
///
/// Source: Custom Audience users reference (read 2026-09-12).
fn beside_the_rows(object: &BTreeMap<String, &RawValue>) -> Result<Option<&'static str>, Refusal> {
    const TYPES: [&str; 8] = [
        "UNKNOWN",
        "FILE_IMPORTED",
        "EVENT_BASED",
        "SEED_BASED",
        "THIRD_PARTY_IMPORTED",
        "COPY_PASTE",
        "CONTACT_IMPORTER",
        "HOUSEHOLD_AUDIENCE",
    ];
    const SUB_TYPES: [&str; 10] = [
        "ANYTHING",
        "NOTHING",
        "HASHES",
        "USER_IDS",
        "HASHES_OR_USER_IDS",
        "MOBILE_ADVERTISER_IDS",
        "EXTERNAL_IDS",
        "MULTI_HASHES",
        "TOKENS",
        "EXTERNAL_IDS_MIX",
    ];
    let value =
        |name: &str| object.get(name).map(|raw| serde_json::from_str::<Value>(raw.get()).unwrap_or_default());
    let is_id = |id: &Value| {
        id.is_u64() || id.as_str().is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()))
    };
    for name in ["app_ids", "page_ids", "ig_account_ids"] {
        let list = value(name);
        if list.is_some_and(|list| !list.as_array().is_some_and(|ids| ids.iter().all(is_id))) {
            return Err(Refusal::parameter(format_args!("Param payload[{name}] must be an array of ids")));
        }
    }
    if let Some(metadata) = value("metadata") {
        let known = |name: &String| matches!(name.as_str(), "calculated_date" | "schema_version");
        if !metadata.as_object().is_some_and(|metadata| metadata.keys().all(known)) {
            return Err(Refusal::parameter("Param payload[metadata] has an unknown key"));
        }
    }
    let Some(source) = value("data_source") else { return Ok(None) };
    let text = |name: &str| source.get(name).and_then(Value::as_str);
    if !text("type").is_some_and(|kind| TYPES.contains(&kind)) {
        return Err(Refusal::parameter("Param payload[data_source][type] is not one of the known types"));
    }
    match text("sub_type") {
        None => Ok(None),
        Some(told) => SUB_TYPES.into_iter().find(|known| *known == told).map(Some).ok_or_else(|| {
            Refusal::parameter("Param payload[data_source][sub_type] is not one of the known types")
        }),
    }
}

impl Columns {
    /// Source: Custom Audience users reference (read 2026-09-12); the spellings with `_SHA256` are used by others.
    fn read(schema: &Value) -> Result<Self, Refusal> {
        match schema {
            Value::String(name) => {
                let (key, kind) = match name.as_str() {
                    "EMAIL_SHA256" | "EMAIL" => (MatchKey::Email, "HASHES_OR_USER_IDS"),
                    "PHONE_SHA256" | "PHONE" => (MatchKey::Phone, "HASHES_OR_USER_IDS"),
                    "UID" => (MatchKey::AppUid, "HASHES_OR_USER_IDS"),
                    "MOBILE_ADVERTISER_ID" => (MatchKey::Madid, "MOBILE_ADVERTISER_IDS"),
                    "EXTERN_ID" => (MatchKey::ExternId, "EXTERNAL_IDS"),
                    _ => return Err(Refusal::schema()),
                };
                Ok(Self { keys: KeyList::from([key]), kind, single: true })
            }
            Value::Array(names) if !names.is_empty() => {
                let mut keys = Vec::with_capacity(names.len());
                for name in names {
                    let key = match name.as_str() {
                        Some("EMAIL_SHA256") => MatchKey::Email,
                        Some("PHONE_SHA256") => MatchKey::Phone,
                        Some(name) => MatchKey::from_wire_name(name).ok_or_else(Refusal::schema)?,
                        None => return Err(Refusal::schema()),
                    };
                    if keys.contains(&key) {
                        return Err(Refusal::schema());
                    }
                    keys.push(key);
                }
                Ok(Self { keys: keys.into(), kind: "MULTI_HASHES", single: false })
            }
            _ => Err(Refusal::schema()),
        }
    }

    pub(in crate::facebook::fake) fn names(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.wire_name().to_owned()).collect()
    }
}

/// One cell as it came.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Text(Cow<'a, str>),
    Other(Value),
}

impl Cell<'_> {
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty()) || matches!(self, Self::Other(Value::Null))
    }

    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone().into_owned()),
            Self::Other(value) => value.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Cell<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;
        impl<'de> Visitor<'de> for One {
            type Value = Cell<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a cell")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cell::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cell::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Cell::Other(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Cell::Other(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Cell::Other(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Cell::Other(value.into()))
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Cell::Other(Value::Null))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element::<Value>()? {
                    values.push(value);
                }
                Ok(Cell::Other(Value::Array(values)))
            }
        }
        deserializer.deserialize_any(One)
    }
}

struct Rows<'f> {
    width: usize,
    single: bool,
    each: &'f mut dyn FnMut(&[Cell<'_>]),
}

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("rows")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut cells: Vec<Cell<'de>> = Vec::with_capacity(self.width);
        while list.next_element_seed(OneRow { cells: &mut cells, single: self.single })?.is_some() {
            if cells.len() != self.width {
                return Err(A::Error::custom("row and schema differ in length"));
            }
            (self.each)(&cells);
            cells.clear();
        }
        Ok(())
    }
}

struct OneRow<'r, 'de> {
    cells: &'r mut Vec<Cell<'de>>,
    single: bool,
}

impl<'de> DeserializeSeed<'de> for OneRow<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OneRow<'_, 'de> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a row")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(cell) = list.next_element()? {
            self.cells.push(cell);
        }
        Ok(())
    }
    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<(), E> {
        self.visit_text(Cow::Borrowed(text))
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.visit_text(Cow::Owned(text.to_owned()))
    }
}

impl<'de> OneRow<'_, 'de> {
    /// Only the legacy schemas of one name take rows that are no lists.
    fn visit_text<E: serde::de::Error>(self, text: Cow<'de, str>) -> Result<(), E> {
        if !self.single {
            return Err(E::custom("not a list"));
        }
        self.cells.push(Cell::Text(text));
        Ok(())
    }
}
