//! The version of the form in which definitions are stored.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The version that this crate writes and reads; there is no older one.
const SCHEMA_VERSION: u32 = 1;

/// The number that a stored definition begins with: what a later version says differently is not taken for this one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SchemaVersion;

impl Serialize for SchemaVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(SCHEMA_VERSION)
    }
}

impl<'de> Deserialize<'de> for SchemaVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            SCHEMA_VERSION => Ok(Self),
            version => Err(de::Error::custom(format!(
                "schema_version {version} is not known; expected {SCHEMA_VERSION}"
            ))),
        }
    }
}
