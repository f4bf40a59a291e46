//! The stored form of an audience: JSON with a version.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::audience::Audience;
use super::management::{ContactManagement, Refresh};
use super::size::MinimumSize;
use crate::error::ValidationErrors;
use crate::facebook::{AccountId, AudienceId};
use crate::segment::{SchemaVersion, read_json};

/// The version alone, wherever it stands: a database may give the members of an object in another order.
#[derive(Deserialize)]
struct Versioned {
    #[expect(dead_code, reason = "reading it is the check")]
    schema_version: Option<SchemaVersion>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    schema_version: SchemaVersion,
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
            schema_version: SchemaVersion,
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

impl Audience {
    /// Parses an audience from the JSON that serde writes of one.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with the path to the problem: an unknown field, a wrong type, truncated
    /// text, an unsupported version. Serde's own error has only line and column.
    ///
    /// ```
    /// use audiencekit::audience::Audience;
    ///
    /// let json = r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d","contacts":"automation",
    ///     "refresh":"never","minimum_size":{"people":1000,"refuse":"yes"}}"#;
    /// let error = Audience::from_json(json).unwrap_err();
    /// assert!(error.to_string().starts_with("audience minimum_size.refuse: "), "{error}");
    /// assert!(Audience::from_json(&json.replace("\"yes\"", "true")).is_ok());
    /// ```
    pub fn from_json(text: &str) -> crate::Result<Self> {
        read_json::<Versioned>("audience", text)?;
        read_json("audience", text)
    }
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Definition::deserialize(deserializer)?;
        let mut problems = ValidationErrors::new("audience");
        read.contacts.check(read.refresh, &mut problems);
        if !problems.problems().is_empty() {
            return Err(de::Error::custom(problems));
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
