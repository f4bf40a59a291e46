//! JSON of the caller's, or of Facebook's, without a documented shape.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};

/// A JSON value, for parameters and answers whose shape this crate does not know.
///
/// ```
/// use audiencekit::facebook::JsonValue;
///
/// assert_eq!(JsonValue::from("PL").to_string(), r#""PL""#);
/// assert_eq!(JsonValue::from(vec![100, 200]).to_string(), "[100,200]");
/// assert_eq!(JsonValue::parse(r#"{"a": 1}"#)?.to_string(), r#"{"a":1}"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonValue(Value);

impl JsonValue {
    /// Parses a JSON text.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a text that is not JSON.
    pub fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).map(Self).map_err(|problem| {
            let (line, column) = (problem.line(), problem.column());
            let what = format!("not JSON at line {line} column {column}");
            Error::new(ErrorKind::Invalid, "JSON value", what)
        })
    }

    /// Deserializes the value as `T`.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] for a value of another shape.
    ///
    /// ```
    /// use audiencekit::facebook::JsonValue;
    ///
    /// let countries: Vec<String> = JsonValue::parse(r#"["PL", "DE"]"#)?.read()?;
    /// assert_eq!(countries, ["PL", "DE"]);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        // What serde says about it may quote the value.
        T::deserialize(&self.0)
            .map_err(|_| Error::new(ErrorKind::Decode, "JSON value", "not of the shape asked for"))
    }

    pub(in crate::facebook) fn as_value(&self) -> &Value {
        &self.0
    }

    pub(in crate::facebook) fn new(value: Value) -> Self {
        Self(value)
    }
}

impl fmt::Display for JsonValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! from {
    ($($type:ty),*) => {$(
        impl From<$type> for JsonValue {
            fn from(value: $type) -> Self {
                Self(value.into())
            }
        }
    )*};
}
from!(&str, String, bool, i32, i64, u16, u32, u64, f64);

impl<T: Into<Self>> From<Vec<T>> for JsonValue {
    fn from(values: Vec<T>) -> Self {
        Self(values.into_iter().map(|value| value.into().0).collect())
    }
}
