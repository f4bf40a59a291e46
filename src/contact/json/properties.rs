//! The properties of an event, as they stand in JSON.

use std::fmt;

use serde::Deserialize;
use serde::de::Deserializer;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

/// The properties as they stand, those that stand twice included.
#[derive(Default)]
pub(in crate::contact) struct Properties<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Properties<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Properties<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of properties, or null")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Properties::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Properties(members))
            }
        }

        deserializer.deserialize_any(Members)
    }
}
