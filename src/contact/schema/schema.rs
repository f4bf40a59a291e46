//! The declared fields of a contact: names, types, slots.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use super::field::{Field, FieldId, FieldType};
use super::standard;
use super::symbols::Symbols;
use crate::contact::text::suggest::nearest;
use crate::error::{Error, ErrorKind, Result, ValidationErrors};

/// The declared fields of a contact: the standard fields and the details that your application adds.
///
/// Cloning is cheap: clones share the fields and the interned text.
///
/// ```
/// use audiencekit::{Schema, contact::FieldType};
///
/// let schema = Schema::builder().detail("plan", FieldType::Keyword).detail("ltv", FieldType::Decimal).build()?;
/// assert!(schema.field("email").is_some());
/// assert_eq!(schema.get(schema.field("ltv").unwrap()).field_type(), FieldType::Decimal);
/// assert_eq!(schema.require("coutry").unwrap_err().to_string(),
///     "schema: unknown field \"coutry\"; did you mean \"country\"?");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone)]
pub struct Schema(Arc<Inner>);

struct Inner {
    fields: Vec<Field>,
    by_name: HashMap<Box<str>, FieldId>,
    /// The event types and the properties that each was declared with, in lower case.
    events: BTreeMap<String, Vec<(String, FieldType)>>,
    symbols: Symbols,
}

impl Schema {
    /// The maximum number of fields of one schema: 4,096.
    pub const MAX_FIELDS: usize = 4_096;

    /// Returns a schema with the standard fields only.
    ///
    /// ```
    /// use audiencekit::Schema;
    ///
    /// let schema = Schema::standard();
    /// assert!(schema.field("email").is_some() && schema.field("plan").is_none());
    /// ```
    #[must_use]
    pub fn standard() -> Self {
        Self::from_fields(standard_fields(), standard_events(), Symbols::DEFAULT_LIMIT)
    }

    /// Returns a builder that starts with the standard fields.
    #[must_use]
    pub fn builder() -> SchemaBuilder {
        SchemaBuilder {
            details: Vec::new(),
            values: Vec::new(),
            events: Vec::new(),
            symbol_limit: Symbols::DEFAULT_LIMIT,
        }
    }

    fn from_fields(
        fields: Vec<Field>,
        events: BTreeMap<String, Vec<(String, FieldType)>>,
        symbol_limit: usize,
    ) -> Self {
        let by_name =
            fields.iter().enumerate().map(|(i, field)| (field.name.clone(), FieldId(i as u16))).collect();
        Self(Arc::new(Inner { fields, by_name, events, symbols: Symbols::new(symbol_limit) }))
    }

    /// Returns the field of this name, or `None` if it is not declared.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<FieldId> {
        self.0.by_name.get(name).copied()
    }

    /// Returns the field of this name, or an error that suggests the nearest declared name.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`], with the nearest name, for a field that is not declared.
    ///
    /// ```
    /// use audiencekit::Schema;
    ///
    /// let schema = Schema::standard();
    /// let error = schema.require("coutry").unwrap_err();
    /// assert_eq!(error.to_string(), "schema: unknown field \"coutry\"; did you mean \"country\"?");
    /// ```
    pub fn require(&self, name: &str) -> Result<FieldId> {
        self.field(name).ok_or_else(|| {
            let error = Error::new(ErrorKind::Schema, "schema", format!("unknown field {name:?}"));
            let otherwise = "a standard field, or one declared with Schema::builder().detail(..)";
            error.did_you_mean(self.suggest(name), otherwise)
        })
    }

    /// Returns the declared name nearest to `name`, or `None` if none is near.
    ///
    /// ```
    /// use audiencekit::Schema;
    ///
    /// assert_eq!(Schema::standard().suggest("emial"), Some("email"));
    /// assert_eq!(Schema::standard().suggest("zzzzzz"), None);
    /// ```
    #[must_use]
    pub fn suggest(&self, name: &str) -> Option<&str> {
        nearest(name, self.0.fields.iter().map(Field::name))
    }

    /// Returns a field of this schema.
    ///
    /// # Panics
    /// For an id of another, larger schema.
    #[must_use]
    pub fn get(&self, id: FieldId) -> &Field {
        &self.0.fields[id.index()]
    }

    /// Returns all fields, in slot order.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (FieldId, &Field)> {
        self.0.fields.iter().enumerate().map(|(i, field)| (FieldId(i as u16), field))
    }

    /// Returns `true` if both are the same schema: one is a clone of the other.
    #[must_use]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(in crate::contact) fn declared_events(&self) -> &BTreeMap<String, Vec<(String, FieldType)>> {
        &self.0.events
    }

    /// Returns the number of slots of a contact.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.fields.len()
    }

    /// Returns `false`: the standard fields are always there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.fields.is_empty()
    }

    /// Returns the interned texts of tags, event types and keyword fields.
    #[must_use]
    pub fn symbols(&self) -> &Symbols {
        &self.0.symbols
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.fields.iter().map(|field| format!("{}: {}", field.name, field.field_type)))
            .finish()
    }
}

/// Builds a [`Schema`].
#[derive(Debug, Clone)]
pub struct SchemaBuilder {
    details: Vec<(String, FieldType)>,
    values: Vec<(String, Vec<String>)>,
    events: Vec<(String, Vec<(String, FieldType)>)>,
    symbol_limit: usize,
}

impl SchemaBuilder {
    /// Declares a detail of your own. A name has letters, digits and `_`, and does not start with a digit.
    ///
    /// ```
    /// use audiencekit::Schema;
    /// use audiencekit::contact::FieldType;
    ///
    /// let schema = Schema::builder().detail("plan", FieldType::Keyword).build()?;
    /// assert!(schema.field("plan").is_some());
    /// assert!(Schema::builder().detail("2nd plan", FieldType::Keyword).build().is_err());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn detail(mut self, name: impl Into<String>, field_type: FieldType) -> Self {
        self.details.push((name.into(), field_type));
        self
    }

    /// Declares a keyword of your own with a fixed list of values. Filters may name these values only.
    ///
    /// ```
    /// use audiencekit::Schema;
    /// use audiencekit::segment::Filter;
    ///
    /// let schema = Schema::builder().one_of("plan", ["free", "pro"]).build()?;
    /// assert!(Filter::parse(r#"plan = "pro""#, &schema).is_ok());
    /// assert!(Filter::parse(r#"plan = "por""#, &schema).is_err());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn one_of<V: Into<String>>(
        mut self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let name = name.into();
        self.values.push((name.clone(), values.into_iter().map(Into::into).collect()));
        self.detail(name, FieldType::Keyword)
    }

    /// Declares an event type of your own, or more properties of a standard one.
    ///
    /// ```
    /// use audiencekit::{Schema, contact::FieldType, segment::Filter};
    ///
    /// let schema = Schema::builder().event("webinar", [("minutes", FieldType::Integer)]).build()?;
    /// assert!(Filter::parse("exists(event.webinar where minutes >= 30)", &schema).is_ok());
    /// assert!(Filter::parse("exists(event.webiner)", &schema).is_err());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn event<N: Into<String>>(
        mut self,
        kind: impl Into<String>,
        properties: impl IntoIterator<Item = (N, FieldType)>,
    ) -> Self {
        let properties = properties.into_iter().map(|(name, field_type)| (name.into(), field_type));
        self.events.push((kind.into().to_lowercase(), properties.collect()));
        self
    }

    /// Sets the maximum number of distinct texts of tags, event types and keyword fields. Defaults to 1,000,000.
    #[must_use]
    pub fn symbol_limit(mut self, limit: usize) -> Self {
        self.symbol_limit = limit;
        self
    }

    /// Returns the schema, or an error that lists every problem.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], with every name that is malformed, taken or declared twice.
    pub fn build(self) -> Result<Schema> {
        let mut problems = ValidationErrors::new("schema");
        let mut fields = standard_fields();
        for (name, field_type) in self.details {
            if !is_name(&name) {
                problems.push(
                    name,
                    "malformed",
                    "is not a name: use letters, digits and _, not a digit first",
                );
            } else if BESIDE_FIELDS.contains(&name.as_str()) {
                problems.push(
                    name,
                    "reserved",
                    "is what a contact has beside its fields: choose another name",
                );
            } else if fields.iter().any(|field| *field.name == *name) {
                problems.push(name, "taken", "is declared already: choose another name");
            } else {
                let values = self.values.iter().find(|(of, _)| *of == name).map(|(_, values)| boxed(values));
                fields.push(Field { name: name.into(), field_type, standard: false, values });
            }
        }
        if fields.len() > Schema::MAX_FIELDS {
            problems.push(
                "fields",
                "too_many",
                format!("are {}; expected at most {}", fields.len(), Schema::MAX_FIELDS),
            );
        }
        let mut events = standard_events();
        for (kind, properties) in self.events {
            if kind.trim().is_empty() || kind == "any" {
                problems.push(kind, "malformed", "cannot be an event type: use a name other than any");
                continue;
            }
            let known = events.entry(kind).or_default();
            for (name, field_type) in properties {
                if is_name(&name) && known.iter().all(|(other, _)| *other != name) && !is_standard(&name) {
                    known.push((name, field_type));
                } else {
                    problems.push(name, "taken", "is no new name of a property: choose another name");
                }
            }
        }
        problems.into_result()?;
        Ok(Schema::from_fields(fields, events, self.symbol_limit))
    }
}

/// Members of a contact's JSON, and columns of its files, that are no fields.
const BESIDE_FIELDS: [&str; 4] = ["tags", "consents", "stages", "events"];

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    name.len() <= 255
        && chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

fn standard_fields() -> Vec<Field> {
    standard::FIELDS
        .iter()
        .map(|&(name, field_type)| {
            let values = standard::VALUES.iter().find(|(of, _)| *of == name).map(|(_, values)| boxed(values));
            Field { name: name.into(), field_type, standard: true, values }
        })
        .collect()
}

fn standard_events() -> BTreeMap<String, Vec<(String, FieldType)>> {
    standard::EVENTS.iter().map(|&kind| (kind.to_owned(), Vec::new())).collect()
}

fn is_standard(property: &str) -> bool {
    standard::PROPERTIES.iter().any(|(name, _)| *name == property)
}

fn boxed<T: AsRef<str>>(values: &[T]) -> Box<[Box<str>]> {
    values.iter().map(|value| value.as_ref().into()).collect()
}
