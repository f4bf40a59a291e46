//! JSON records with a checksum beside them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::corrupt;
use crate::error::{Error, ErrorKind, Result};
use crate::store::checksum::Checksum;

/// A checksum over the parts of a line.
pub(super) fn check(parts: &[&[u8]]) -> i64 {
    let mut mix = Checksum::default();
    parts.iter().for_each(|part| mix.bytes(part));
    mix.finish().cast_signed()
}

pub(super) fn write_json(record: &impl Serialize) -> Result<String> {
    serde_json::to_string(record)
        .map_err(|_| Error::new(ErrorKind::Invalid, "ledger", "a record cannot be written"))
}

pub(super) fn read_json<T: DeserializeOwned>(audience: i64, text: &str, checksum: i64) -> Result<T> {
    if check(&[&audience.to_le_bytes(), text.as_bytes()]) != checksum {
        return Err(corrupt("a record is damaged"));
    }
    serde_json::from_str(text).map_err(|_| corrupt("a record is damaged"))
}
