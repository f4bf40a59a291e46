//! From a contact's fields to the columns of an upload: which field feeds which key, and what it holds.

use std::sync::Arc;

use super::key::MatchKey;
use super::mapper::RowMapper;
use super::normalize::country::Region;
use super::normalize::settings::Normalizer;
use crate::contact::{Contact, FieldId, FieldType, Schema};
use crate::error::{Result, ValidationErrors};

/// What a field holds. It is declared, because a guess would hash a digest or send a value in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ValueEncoding {
    /// Values as people write them. A SHA-256 in such a field is refused.
    #[default]
    Raw,
    /// SHA-256 in hex of values normalized elsewhere, in any case. Anything else is refused.
    Hashed,
    /// Either: 64 hex digits are a SHA-256, other lengths of digests are refused, all else is raw.
    Auto,
}

/// Which field feeds which key, and how it is to be read.
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
    pub(super) keys: Arc<[MatchKey]>,
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
    pub(super) holds: ValueEncoding,
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
    /// E-mail and phone, from the fields of those names.
    #[must_use]
    pub fn standard(schema: &Schema) -> Self {
        let columns: Vec<Column> = [(MatchKey::Email, "email"), (MatchKey::Phone, "phone")]
            .into_iter()
            .filter_map(|(key, name)| {
                let feed = Feed::Text(schema.field(name)?);
                Some(Column { key, feed, holds: ValueEncoding::Raw })
            })
            .collect();
        Self {
            keys: columns.iter().map(|column| column.key).collect(),
            columns,
            normalizer: Normalizer::new(),
            region: schema.field("country"),
        }
    }

    /// Starts a map without columns.
    #[must_use]
    pub fn builder() -> KeyMapBuilder {
        KeyMapBuilder::default()
    }

    /// The columns of the rows that this map makes.
    #[must_use]
    pub fn keys(&self) -> &Arc<[MatchKey]> {
        &self.keys
    }

    /// How values are normalized.
    #[must_use]
    pub fn normalizer(&self) -> &Normalizer {
        &self.normalizer
    }

    /// A worker with buffers of its own; one per thread.
    #[must_use]
    pub fn mapper(&self) -> RowMapper<'_> {
        RowMapper::new(self)
    }

    /// What becomes of each value of a contact, in the order of the columns. For one contact on request: it allocates.
    #[must_use]
    pub fn explain(&self, contact: &Contact) -> Vec<super::explain::NormalizationTrace> {
        super::mapper::explain(self, contact)
    }
}

impl KeyMapBuilder {
    /// Feeds `key` from the field named `field`, which holds raw values.
    #[must_use]
    pub fn column(self, key: MatchKey, field: impl Into<String>) -> Self {
        self.column_holding(key, field, ValueEncoding::Raw)
    }

    /// Feeds `key` from the field named `field`, which holds what is declared.
    #[must_use]
    pub fn column_holding(mut self, key: MatchKey, field: impl Into<String>, holds: ValueEncoding) -> Self {
        self.columns.push((key, Source::Field(field.into()), holds));
        self
    }

    /// Gives every row the same raw value of `key`, such as `COUNTRY`: Facebook asks for it even if all share it.
    #[must_use]
    pub fn constant(mut self, key: MatchKey, value: impl Into<String>) -> Self {
        self.columns.push((key, Source::Constant(value.into()), ValueEncoding::Raw));
        self
    }

    /// Limits the use of the data of the rows whose boolean or text `field` says so (`DATA_PROCESSING_OPTIONS`);
    /// Facebook finds country and state out itself.
    ///
    /// Source: data processing options (read 2026-09-12).
    #[must_use]
    pub fn limited_data_use(self, field: impl Into<String>) -> Self {
        self.column(MatchKey::DataProcessingOptions, field)
            .constant(MatchKey::DataProcessingOptionsCountry, "0")
            .constant(MatchKey::DataProcessingOptionsState, "0")
    }

    /// The settings of the points that Facebook leaves open.
    #[must_use]
    pub fn normalizer(mut self, normalizer: Normalizer) -> Self {
        self.normalizer = normalizer;
        self
    }

    /// The country in which a national phone number is read when the contact has none: a code or a name.
    #[must_use]
    pub fn default_region(mut self, region: impl Into<String>) -> Self {
        self.default_region = Some(region.into());
        self
    }

    /// The field of the contact's country, in which its phone, state and postcode are read. By default the field of
    /// the `COUNTRY` column, else the standard field `country`.
    #[must_use]
    pub fn region_field(mut self, field: impl Into<String>) -> Self {
        self.region_field = Some(field.into());
        self
    }

    /// The map.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every column whose field is unknown or of a type that
    /// the key cannot be read from, whose key is used twice or whose constant is no value of the key, and with a
    /// default region that is no country.
    pub fn build(self, schema: &Schema) -> Result<KeyMap> {
        let mut problems = ValidationErrors::new("key map");
        let mut normalizer = self.normalizer;
        if let Some(text) = self.default_region {
            match Region::find(&text) {
                Some(region) => normalizer.default_region = Some(region),
                None => problems.push(
                    "default_region",
                    "unknown_region",
                    "is not a country: use a code such as PL",
                ),
            }
        }
        let mut columns: Vec<Column> = Vec::with_capacity(self.columns.len());
        for (key, source, holds) in self.columns {
            let name = key.wire_name();
            if columns.iter().any(|column| column.key == key) {
                problems.push(name, "twice", "is fed twice: several values of one field become several rows");
                continue;
            }
            if holds != ValueEncoding::Raw && !key.is_hashed() {
                problems.push(name, "not_hashed", "is sent in clear, so its field cannot hold digests");
                continue;
            }
            let feed = match source {
                Source::Field(field) => feed(key, &field, schema, &mut problems),
                Source::Constant(value) => constant(key, value, &normalizer, &mut problems),
            };
            columns.extend(feed.map(|feed| Column { key, feed, holds }));
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
    let is_birth = matches!(key, MatchKey::BirthYear | MatchKey::BirthMonth | MatchKey::BirthDay);
    match schema.get(id).field_type() {
        FieldType::Text | FieldType::TextList | FieldType::Keyword => Some(Feed::Text(id)),
        FieldType::Integer => Some(Feed::Typed(id)),
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
                format!("has a constant that is not sent: {reason}"),
            );
            None
        }
    }
}
