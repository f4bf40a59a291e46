//! The stored form of an audience: JSON with a version.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::audience::Audience;
use super::management::{ContactManagement, Refresh};
use super::size::MinimumSize;
use crate::facebook::{AccountId, AudienceId};

/// The version that this crate writes. It reads this one and older ones.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    schema_version: u32,
    id: AudienceId,
    account: AccountId,
    name: String,
    description: String,
    contacts: ContactManagement,
    refresh: Refresh,
    minimum_size: MinimumSize,
    #[serde(default)]
    value_based: bool,
}

impl Serialize for Audience {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Definition {
            schema_version: SCHEMA_VERSION,
            id: self.id.clone(),
            account: self.account.clone(),
            name: self.name.clone(),
            description: self.description.clone(),
            contacts: self.management.clone(),
            refresh: self.refresh,
            minimum_size: self.minimum_size,
            value_based: self.is_value_based,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Definition::deserialize(deserializer)?;
        if !(1..=SCHEMA_VERSION).contains(&read.schema_version) {
            return Err(de::Error::custom(format!(
                "schema_version {} is not known: expected 1 to {SCHEMA_VERSION}",
                read.schema_version
            )));
        }
        Ok(Self {
            id: read.id,
            account: read.account,
            name: read.name,
            description: read.description,
            management: read.contacts,
            refresh: read.refresh,
            minimum_size: read.minimum_size,
            is_value_based: read.value_based,
        })
    }
}
