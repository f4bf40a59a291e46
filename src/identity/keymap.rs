//! From a contact's fields to the columns of an upload.

use std::sync::Arc;

use super::coverage::{Coverage, Reject};
use super::hashed::Hashed;
use super::key::MatchKey;
use super::rows::{Cell, MatchRows};
use crate::contact::{Contact, FieldId, Schema};
use crate::error::{Result, ValidationErrors};

/// Which field feeds which key, and how it is to be read.
///
/// ```
/// use audiencekit::{Contact, KeyMap, Schema, identity::{Coverage, MatchRows}};
///
/// let schema = Schema::standard();
/// let map = KeyMap::standard(&schema);
/// let mut contact = Contact::new(&schema);
/// contact.set(schema.require("email")?, "Ada@Example.com ")?;
///
/// let mut rows = MatchRows::new(map.keys().clone());
/// let mut coverage = Coverage::default();
/// assert_eq!(map.mapper().append(&contact, &mut rows, &mut coverage), 1);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct KeyMap {
    keys: Arc<[MatchKey]>,
    fields: Vec<FieldId>,
    default_region: Option<String>,
}

/// Builds a [`KeyMap`].
#[derive(Debug, Clone)]
pub struct KeyMapBuilder {
    columns: Vec<(MatchKey, String)>,
    default_region: Option<String>,
}

impl KeyMap {
    /// E-mail and phone, from the fields of those names.
    #[must_use]
    pub fn standard(schema: &Schema) -> Self {
        let columns = [(MatchKey::Email, "email"), (MatchKey::Phone, "phone")];
        Self {
            keys: columns.iter().map(|&(key, _)| key).collect(),
            fields: columns.iter().filter_map(|&(_, name)| schema.field(name)).collect(),
            default_region: None,
        }
    }

    /// Starts a map without columns.
    #[must_use]
    pub fn builder() -> KeyMapBuilder {
        KeyMapBuilder { columns: Vec::new(), default_region: None }
    }

    /// The columns of the rows that this map makes.
    #[must_use]
    pub fn keys(&self) -> &Arc<[MatchKey]> {
        &self.keys
    }

    /// A worker with buffers of its own; one per thread.
    #[must_use]
    pub fn mapper(&self) -> RowMapper<'_> {
        RowMapper { map: self, scratch: String::new() }
    }
}

impl KeyMapBuilder {
    /// Feeds `key` from the field named `field`.
    #[must_use]
    pub fn column(mut self, key: MatchKey, field: impl Into<String>) -> Self {
        self.columns.push((key, field.into()));
        self
    }

    /// The country in which a national phone number is read when the contact has none: two letters.
    #[must_use]
    pub fn default_region(mut self, region: impl Into<String>) -> Self {
        self.default_region = Some(region.into());
        self
    }

    /// The map.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every column whose field is unknown or whose key is
    /// used twice.
    pub fn build(self, schema: &Schema) -> Result<KeyMap> {
        let mut problems = ValidationErrors::new("key map");
        let mut keys = Vec::new();
        let mut fields = Vec::new();
        for (key, name) in self.columns {
            match schema.require(&name) {
                Ok(id) => {
                    keys.push(key);
                    fields.push(id);
                }
                Err(error) => problems.push(key.wire_name(), "unknown_field", error.to_string()),
            }
        }
        problems.into_result()?;
        Ok(KeyMap { keys: keys.into(), fields, default_region: self.default_region })
    }
}

/// Turns contacts into rows. It keeps buffers, so make one per thread and use it for all contacts.
#[derive(Debug)]
pub struct RowMapper<'a> {
    map: &'a KeyMap,
    scratch: String,
}

impl RowMapper<'_> {
    /// Appends the rows of one contact and says how many: none when no key could be made.
    ///
    /// A contact with several e-mail addresses or phones gives several rows. What is lost is counted in `coverage`.
    pub fn append(&mut self, contact: &Contact, rows: &mut MatchRows, coverage: &mut Coverage) -> usize {
        let mut any = false;
        let mut cells = Vec::with_capacity(self.map.keys.len());
        for (&key, &field) in self.map.keys.iter().zip(&self.map.fields) {
            let cell = match contact.texts(field).next() {
                None => Cell::Empty,
                Some(raw) => match self.normalize(key, raw) {
                    Ok(()) => {
                        coverage.sent(key);
                        any = true;
                        Cell::Hash(Hashed::of(self.scratch.as_bytes()))
                    }
                    Err(reason) => {
                        coverage.rejected(key, reason);
                        Cell::Empty
                    }
                },
            };
            cells.push(cell);
        }
        if any {
            cells.into_iter().for_each(|cell| rows.push_cell(cell));
        }
        usize::from(any)
    }

    fn normalize(&mut self, key: MatchKey, raw: &str) -> Result<(), Reject> {
        self.scratch.clear();
        match key {
            MatchKey::Phone => self.scratch.extend(raw.chars().filter(char::is_ascii_digit)),
            _ => self.scratch.push_str(&raw.trim().to_lowercase()),
        }
        let _ = &self.map.default_region;
        if self.scratch.is_empty() { Err(Reject::Empty) } else { Ok(()) }
    }
}
