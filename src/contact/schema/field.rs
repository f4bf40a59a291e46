//! One declared field: its name, its type, its slot.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// Returns the name of the type in a schema file.
    ///
    /// ```
    /// use audiencekit::contact::FieldType;
    ///
    /// assert_eq!(FieldType::TextList.as_str(), "text_list");
    /// ```
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

/// The slot of a field in a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub(crate) u16);

impl FieldId {
    /// Returns the index of the slot.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One declared field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub(super) name: Box<str>,
    pub(super) field_type: FieldType,
    pub(super) standard: bool,
    pub(super) values: Option<Box<[Box<str>]>>,
}

impl Field {
    /// Returns the name, as filters write it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the type of the field.
    #[must_use]
    pub fn field_type(&self) -> FieldType {
        self.field_type
    }

    /// Returns the only values with which a filter may compare the field, if they are declared.
    ///
    /// ```
    /// use audiencekit::Schema;
    ///
    /// let schema = Schema::builder().one_of("plan", ["free", "pro"]).build()?;
    /// let plan = schema.get(schema.require("plan")?);
    /// assert_eq!(plan.values().unwrap().collect::<Vec<_>>(), ["free", "pro"]);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn values(&self) -> Option<impl ExactSizeIterator<Item = &str>> {
        self.values.as_ref().map(|values| values.iter().map(|value| &**value))
    }

    /// Returns `true` for the fields that every schema has.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        self.standard
    }
}
