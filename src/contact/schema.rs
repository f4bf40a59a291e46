//! The declared fields of a contact: names, types, slots.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::standard;
use super::symbols::Symbols;
use crate::error::{Error, ErrorKind, Result, ValidationErrors};

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FieldType {
    /// True or false.
    Boolean,
    /// A whole number, 64 bits with sign.
    Integer,
    /// An exact decimal number of up to 28 digits.
    Decimal,
    /// Text that differs from contact to contact.
    Text,
    /// Text with few distinct values, kept once and compared as a number.
    Keyword,
    /// Several texts; a comparison holds when it holds for one of them.
    TextList,
    /// A civil day.
    Date,
    /// A civil day whose year may be unknown.
    Birthday,
    /// A point in time.
    Instant,
}

impl FieldType {
    /// The word for it in a schema file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Text => "text",
            Self::Keyword => "keyword",
            Self::TextList => "text_list",
            Self::Date => "date",
            Self::Birthday => "birthday",
            Self::Instant => "instant",
        }
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The place of a field in a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub(crate) u16);

impl FieldId {
    /// The index of the slot.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One declared field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    name: Box<str>,
    field_type: FieldType,
    standard: bool,
}

impl Field {
    /// The name, as filters write it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type.
    #[must_use]
    pub fn field_type(&self) -> FieldType {
        self.field_type
    }

    /// True for the fields that every schema has.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        self.standard
    }
}

/// The declared fields: the standard ones are always there, the host adds its own details.
///
/// ```
/// use audiencekit::{Schema, contact::FieldType};
///
/// let schema = Schema::builder().detail("plan", FieldType::Keyword).detail("ltv", FieldType::Decimal).build()?;
/// assert!(schema.field("email").is_some());
/// assert_eq!(schema.get(schema.field("ltv").unwrap()).field_type(), FieldType::Decimal);
/// assert_eq!(schema.require("coutry").unwrap_err().to_string(),
///     "schema: unknown field \"coutry\": did you mean \"country\"?");
/// # Ok::<(), audiencekit::Error>(())
/// ```
pub struct Schema {
    fields: Vec<Field>,
    by_name: HashMap<Box<str>, FieldId>,
    symbols: Symbols,
}

impl Schema {
    /// Most fields of one schema.
    pub const MAX_FIELDS: usize = 4_096;

    /// The standard fields and no more.
    #[must_use]
    pub fn standard() -> Arc<Self> {
        Arc::new(Self::from_fields(standard_fields(), Symbols::DEFAULT_LIMIT))
    }

    /// Starts a schema with the standard fields.
    #[must_use]
    pub fn builder() -> SchemaBuilder {
        SchemaBuilder { details: Vec::new(), symbol_limit: Symbols::DEFAULT_LIMIT }
    }

    fn from_fields(fields: Vec<Field>, symbol_limit: usize) -> Self {
        let by_name =
            fields.iter().enumerate().map(|(i, field)| (field.name.clone(), FieldId(i as u16))).collect();
        Self { fields, by_name, symbols: Symbols::new(symbol_limit) }
    }

    /// The field of this name, if declared.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<FieldId> {
        self.by_name.get(name).copied()
    }

    /// The field of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`], with the nearest name, for a field that is not declared.
    pub fn require(&self, name: &str) -> Result<FieldId> {
        self.field(name).ok_or_else(|| {
            let error = Error::new(ErrorKind::Schema, "schema", format!("unknown field {name:?}"));
            match self.suggest(name) {
                Some(near) => error.expected(format!("did you mean {near:?}?")),
                None => error.expected("a standard field, or one declared with Schema::builder().detail(..)"),
            }
        })
    }

    /// The declared name nearest to `name`, if one is near.
    #[must_use]
    pub fn suggest(&self, name: &str) -> Option<&str> {
        nearest(name, self.fields.iter().map(Field::name))
    }

    /// A field of this schema.
    ///
    /// # Panics
    /// For an id of another, larger schema.
    #[must_use]
    pub fn get(&self, id: FieldId) -> &Field {
        &self.fields[id.index()]
    }

    /// All fields, in slot order.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (FieldId, &Field)> {
        self.fields.iter().enumerate().map(|(i, field)| (FieldId(i as u16), field))
    }

    /// How many slots a contact has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Never: the standard fields are always there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The texts of tags, event types and keyword fields.
    #[must_use]
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.fields.iter().map(|field| format!("{}: {}", field.name, field.field_type)))
            .finish()
    }
}

/// Builds a [`Schema`].
#[derive(Debug, Clone)]
pub struct SchemaBuilder {
    details: Vec<(String, FieldType)>,
    symbol_limit: usize,
}

impl SchemaBuilder {
    /// Declares a detail of the host's own: a name of letters, digits and `_` that does not start with a digit.
    #[must_use]
    pub fn detail(mut self, name: impl Into<String>, field_type: FieldType) -> Self {
        self.details.push((name.into(), field_type));
        self
    }

    /// Most distinct texts of tags, event types and keyword fields.
    #[must_use]
    pub fn symbol_limit(mut self, limit: usize) -> Self {
        self.symbol_limit = limit;
        self
    }

    /// The schema.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], with every name that is malformed, taken or declared twice.
    pub fn build(self) -> Result<Arc<Schema>> {
        let mut problems = ValidationErrors::new("schema");
        let mut fields = standard_fields();
        for (name, field_type) in self.details {
            if !is_name(&name) {
                problems.push(
                    name,
                    "malformed",
                    "is not a name: use letters, digits and _, not a digit first",
                );
            } else if fields.iter().any(|field| *field.name == *name) {
                problems.push(name, "taken", "is declared already: choose another name");
            } else {
                fields.push(Field { name: name.into(), field_type, standard: false });
            }
        }
        if fields.len() > Schema::MAX_FIELDS {
            problems.push(
                "fields",
                "too_many",
                format!("are {}: at most {}", fields.len(), Schema::MAX_FIELDS),
            );
        }
        problems.into_result()?;
        Ok(Arc::new(Schema::from_fields(fields, self.symbol_limit)))
    }
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    name.len() <= 255
        && chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

fn standard_fields() -> Vec<Field> {
    standard::FIELDS
        .iter()
        .map(|&(name, field_type)| Field { name: name.into(), field_type, standard: true })
        .collect()
}

/// The candidate nearest to `name` by edits, if it is near enough to be what was meant.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.chars().take(64).flat_map(char::to_lowercase).collect();
    let most = (name.len() / 3).max(1);
    candidates
        .map(|candidate| (edits(&name, candidate), candidate))
        .filter(|&(edits, _)| edits <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance that counts a swap of two neighbours as one edit.
fn edits(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).flat_map(char::to_lowercase).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &cb) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(ca != cb)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && ca == b[j - 1] && a[i - 1] == cb {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}
