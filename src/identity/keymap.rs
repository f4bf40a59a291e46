//! Which contact field maps to which match key, and its encoding.

use super::key::{MatchKey, key_of_field, may_be_a_number};
use super::key_list::KeyList;
use super::normalize::region::Region;
use super::normalize::settings::Normalizer;
use crate::contact::{FieldId, FieldType, Schema};
use crate::error::{Result, ValidationErrors};

/// Whether a field holds plain values or digests. It is declared because guessing could hash a digest again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ValueEncoding {
    /// Plain values. A SHA-256 digest is rejected.
    #[default]
    Plain,
    /// SHA-256 digests in hex, upper or lower case, of values normalized elsewhere. Everything else is rejected.
    Sha256,
    /// Either: 64 hex digits are a SHA-256 digest, digests of other lengths are rejected, all else is plain.
    Detect,
}

/// A mapping from contact fields to match keys.
///
/// ```
/// use audiencekit::{Contact, KeyMap, MatchKey, Schema, identity::{Coverage, MatchRows}};
///
/// let schema = Schema::standard();
/// let map = KeyMap::builder()
///     .column(MatchKey::Email, "email")
///     .column(MatchKey::Phone, "phone")
///     .column(MatchKey::FirstName, "first_name")
///     .constant(MatchKey::Country, "PL")
///     .build(&schema)?;
/// let mut contact = Contact::new(&schema);
/// contact.add_text(schema.require("email")?, "Ada@Example.com ")?;
/// contact.add_text(schema.require("email")?, "ada@example.org")?;
/// contact.set(schema.require("phone")?, "601 234 567")?;
///
/// let mut rows = MatchRows::new(map.keys().clone());
/// let mut coverage = Coverage::default();
/// assert_eq!(map.mapper().append(&contact, &mut rows, &mut coverage), 2);
/// assert_eq!(coverage.key(MatchKey::Email).sent, 2);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct KeyMap {
    pub(super) keys: KeyList,
    pub(super) columns: Vec<Column>,
    pub(super) normalizer: Normalizer,
    /// The field of the row's own country.
    pub(super) region: Option<FieldId>,
}

/// Where a column's values come from.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) key: MatchKey,
    pub(super) feed: Feed,
    pub(super) encoding: ValueEncoding,
}

#[derive(Debug, Clone)]
pub(super) enum Feed {
    /// Text, read in place.
    Text(FieldId),
    /// Any other type.
    Typed(FieldId),
    /// The same value in every row.
    Constant(Box<str>),
}

/// Builds a [`KeyMap`].
///
/// ```
/// use audiencekit::{KeyMap, MatchKey, Schema};
///
/// let error = KeyMap::builder().column(MatchKey::Email, "mail").build(&Schema::standard()).unwrap_err();
/// assert_eq!(error.problems()[0].code, "unknown_field");
/// ```
#[derive(Debug, Clone, Default)]
pub struct KeyMapBuilder {
    columns: Vec<(MatchKey, Source, ValueEncoding)>,
    normalizer: Normalizer,
    default_region: Option<String>,
    region_field: Option<String>,
}

#[derive(Debug, Clone)]
enum Source {
    Field(String),
    Constant(String),
}

impl KeyMap {
    /// Creates the map of the standard fields `email` and `phone`.
    ///
    /// ```
    /// use audiencekit::{KeyMap, MatchKey, Schema};
    ///
    /// assert_eq!(KeyMap::standard(&Schema::standard()).keys()[..], [MatchKey::Email, MatchKey::Phone]);
    /// ```
    #[must_use]
    pub fn standard(schema: &Schema) -> Self {
        let columns: Vec<Column> = [(MatchKey::Email, "email"), (MatchKey::Phone, "phone")]
            .into_iter()
            .filter_map(|(key, name)| {
                let feed = Feed::Text(schema.field(name)?);
                Some(Column { key, feed, encoding: ValueEncoding::Plain })
            })
            .collect();
        Self {
            keys: columns.iter().map(|column| column.key).collect(),
            columns,
            normalizer: Normalizer::new(),
            region: schema.field("country"),
        }
    }

    /// Returns a builder of a map without columns.
    #[must_use]
    pub fn builder() -> KeyMapBuilder {
        KeyMapBuilder::default()
    }

    /// Returns the columns of the rows that this map makes.
    #[must_use]
    pub fn keys(&self) -> &KeyList {
        &self.keys
    }

    /// Returns `true` if a column can identify a person. Without one no row is made, and runs refuse the map.
    ///
    /// ```
    /// use audiencekit::{KeyMap, MatchKey, Schema};
    ///
    /// let schema = Schema::standard();
    /// let city = KeyMap::builder().column(MatchKey::City, "city");
    /// assert!(!city.clone().build(&schema)?.identifies());
    /// assert!(city.column(MatchKey::Email, "email").build(&schema)?.identifies());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn identifies(&self) -> bool {
        self.columns.iter().any(|column| column.key.is_identifier())
    }

    /// Returns the settings with which values are normalized.
    #[must_use]
    pub fn normalizer(&self) -> &Normalizer {
        &self.normalizer
    }
}

impl KeyMapBuilder {
    /// Maps the field named `field`, which holds plain values, to `key`.
    #[must_use]
    pub fn column(self, key: MatchKey, field: impl Into<String>) -> Self {
        self.column_with(key, field, ValueEncoding::Plain)
    }

    /// Maps the field named `field`, which holds values of the given encoding, to `key`.
    ///
    /// ```
    /// use audiencekit::{Contact, KeyMap, MatchKey, Schema, identity::ValueEncoding};
    ///
    /// let schema = Schema::standard();
    /// let map = KeyMap::builder().column_with(MatchKey::Email, "email", ValueEncoding::Sha256).build(&schema)?;
    /// let digest = "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72";
    /// let ada = Contact::builder(&schema).email(digest).build()?;
    /// assert_eq!(map.explain(&ada)[0].sha256().as_deref(), Some(digest)); // sent as it is
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn column_with(mut self, key: MatchKey, field: impl Into<String>, encoding: ValueEncoding) -> Self {
        self.columns.push((key, Source::Field(field.into()), encoding));
        self
    }

    /// Gives every row the same plain value of `key`, such as one country: Facebook wants `COUNTRY` in every row.
    ///
    /// ```
    /// use audiencekit::{KeyMap, MatchKey, Schema};
    ///
    /// let map = KeyMap::builder().column(MatchKey::Email, "email").constant(MatchKey::Country, "Poland");
    /// assert!(map.clone().build(&Schema::standard()).is_ok());
    /// assert!(map.constant(MatchKey::State, " ").build(&Schema::standard()).is_err());
    /// ```
    #[must_use]
    pub fn constant(mut self, key: MatchKey, value: impl Into<String>) -> Self {
        self.columns.push((key, Source::Constant(value.into()), ValueEncoding::Plain));
        self
    }

    /// Limits the use of a row's data if its boolean or text `field` says so (`DATA_PROCESSING_OPTIONS`).
    ///
    /// Country and state are sent as 0, so Facebook determines them. Source: data processing options (read 2026-09-12).
    ///
    /// ```
    /// use audiencekit::contact::FieldType;
    /// use audiencekit::{KeyMap, MatchKey, Schema};
    ///
    /// let schema = Schema::builder().detail("mail", FieldType::Text).detail("limited", FieldType::Boolean).build()?;
    /// let map = KeyMap::builder().column(MatchKey::Email, "mail").limited_data_use("limited").build(&schema)?;
    /// assert_eq!(map.keys().len(), 4); // three columns of data processing options
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn limited_data_use(self, field: impl Into<String>) -> Self {
        self.column(MatchKey::DataProcessingOptions, field)
            .constant(MatchKey::DataProcessingOptionsCountry, "0")
            .constant(MatchKey::DataProcessingOptionsState, "0")
    }

    /// Sets how values are normalized. Defaults to [`Normalizer::documented`].
    #[must_use]
    pub fn normalizer(mut self, normalizer: Normalizer) -> Self {
        self.normalizer = normalizer;
        self
    }

    /// Sets the country of national phone numbers of contacts without a country: a code or a name.
    ///
    /// Defaults to the constant of `COUNTRY`, if the map has one.
    ///
    /// ```
    /// use audiencekit::{KeyMap, MatchKey, Schema};
    ///
    /// let map = KeyMap::builder().column(MatchKey::Phone, "phone");
    /// assert!(map.clone().default_region("Poland").build(&Schema::standard()).is_ok());
    /// assert!(map.default_region("Atlantis").build(&Schema::standard()).is_err());
    /// ```
    #[must_use]
    pub fn default_region(mut self, region: impl Into<String>) -> Self {
        self.default_region = Some(region.into());
        self
    }

    /// Sets the field with the country in which phone, state and postcode of a contact are read.
    ///
    /// Defaults to the field of the `COUNTRY` column, else to the standard field `country`.
    ///
    /// ```
    /// use audiencekit::{Contact, KeyMap, MatchKey, Schema};
    ///
    /// let schema = Schema::standard();
    /// let map = KeyMap::builder().column(MatchKey::Phone, "phone").region_field("country").build(&schema)?;
    /// let contact = Contact::builder(&schema).phone("601 234 567").country("PL").build()?;
    /// assert_eq!(map.explain(&contact)[0].normalized(), Ok("48601234567"));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn region_field(mut self, field: impl Into<String>) -> Self {
        self.region_field = Some(field.into());
        self
    }

    /// Builds the map for a schema.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem: a column whose field is unknown or has a type
    /// that the key cannot be read from, a standard field of another key, a key that is mapped twice, no column
    /// at all, a constant that is not a value of its key, and a
    /// default region that is not a country.
    pub fn build(self, schema: &Schema) -> Result<KeyMap> {
        let mut problems = ValidationErrors::new("key map");
        let mut normalizer = self.normalizer;
        if let Some(text) = self.default_region {
            match Region::find(&text) {
                Some(region) => normalizer.default_region = Some(region),
                None => problems.push(
                    "default_region",
                    "unknown_region",
                    "is not a country; use a code such as PL",
                ),
            }
        }
        if self.columns.is_empty() {
            problems.push(
                "columns",
                "required",
                "are missing; map at least one field, such as email to EMAIL",
            );
        }
        let mut columns: Vec<Column> = Vec::with_capacity(self.columns.len());
        for (key, source, encoding) in self.columns {
            let name = key.wire_name();
            if columns.iter().any(|column| column.key == key) {
                problems.push(
                    name,
                    "twice",
                    "is mapped twice; map one list field, whose values become several rows",
                );
                continue;
            }
            if encoding != ValueEncoding::Plain && !key.is_hashed() {
                problems.push(name, "not_hashed", "is sent in clear; its field cannot hold digests");
                continue;
            }
            let feed = match source {
                Source::Field(field) => feed(key, &field, schema, &mut problems),
                Source::Constant(value) => constant(key, value, &normalizer, &mut problems),
            };
            columns.extend(feed.map(|feed| Column { key, feed, encoding }));
        }
        let region = match &self.region_field {
            Some(field) => match schema.require(field) {
                Ok(id) => Some(id),
                Err(error) => {
                    problems.push("region_field", "unknown_field", error.to_string());
                    None
                }
            },
            None => country_field(&columns).or_else(|| schema.field("country")),
        };
        problems.into_result()?;
        if let Some(Column { feed: Feed::Constant(text), .. }) =
            columns.iter().find(|c| c.key == MatchKey::Country)
        {
            normalizer.default_region = normalizer.default_region.or_else(|| Region::find(text));
        }
        Ok(KeyMap { keys: columns.iter().map(|column| column.key).collect(), columns, normalizer, region })
    }
}

fn country_field(columns: &[Column]) -> Option<FieldId> {
    columns.iter().find(|column| column.key == MatchKey::Country).and_then(|column| match column.feed {
        Feed::Text(id) | Feed::Typed(id) => Some(id),
        Feed::Constant(_) => None,
    })
}

fn feed(key: MatchKey, field: &str, schema: &Schema, problems: &mut ValidationErrors) -> Option<Feed> {
    let id = match schema.require(field) {
        Ok(id) => id,
        Err(error) => {
            problems.push(key.wire_name(), "unknown_field", error.to_string());
            return None;
        }
    };
    let own = key_of_field(field);
    if !own.is_empty() && !own.contains(&key) && key != MatchKey::ExternId {
        let keys: Vec<&str> = own.iter().map(|key| key.wire_name()).collect();
        problems.push(
            key.wire_name(),
            "wrong_field",
            format!(
                "is mapped to the field {field:?}; expected a field of its own, as {field:?} is for {}",
                keys.join(", ")
            ),
        );
        return None;
    }
    let is_birth = matches!(key, MatchKey::BirthYear | MatchKey::BirthMonth | MatchKey::BirthDay);
    match schema.get(id).field_type() {
        FieldType::Text | FieldType::TextList | FieldType::Keyword => Some(Feed::Text(id)),
        FieldType::Integer if may_be_a_number(key) => Some(Feed::Typed(id)),
        FieldType::Date | FieldType::Birthday if is_birth => Some(Feed::Typed(id)),
        FieldType::Decimal if key == MatchKey::LookalikeValue => Some(Feed::Typed(id)),
        FieldType::Boolean if key == MatchKey::DataProcessingOptions => Some(Feed::Typed(id)),
        other => {
            problems.push(
                key.wire_name(),
                "wrong_type",
                format!("cannot be read from a field of type {other}"),
            );
            None
        }
    }
}

fn constant(
    key: MatchKey,
    value: String,
    normalizer: &Normalizer,
    problems: &mut ValidationErrors,
) -> Option<Feed> {
    match normalizer.explain(key, &value, None).normalized() {
        Ok(_) => Some(Feed::Constant(value.into())),
        Err(reason) => {
            problems.push(
                key.wire_name(),
                "bad_constant",
                format!("has a constant that is not a value of the key: {reason}"),
            );
            None
        }
    }
}
