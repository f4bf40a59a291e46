//! Events: purchases, visits, mails opened; anything that happened to a contact at an instant.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::contact::{Contact, from_micros};
use crate::contact::schema::symbols::Symbol;
use crate::contact::value::{Value, ValueRef};

/// An event to add to a contact.
///
/// `Debug` names the type and the properties, never a value.
///
/// ```
/// use audiencekit::contact::Event;
/// use time::macros::datetime;
///
/// let purchase = Event::new("purchase", datetime!(2026-11-02 10:00 UTC))
///     .value("129.90".parse()?)
///     .property("products", "sku-1,sku-2");
/// assert_eq!(format!("{purchase:?}"), "Event(purchase, value, products)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Event {
    pub(in crate::contact) kind: String,
    pub(in crate::contact) at: OffsetDateTime,
    pub(in crate::contact) value: Option<Decimal>,
    pub(in crate::contact) properties: Vec<(String, Value)>,
}

impl Event {
    /// An event of `kind`, such as `purchase`, at an instant. Types are told apart without regard to case.
    #[must_use]
    pub fn new(kind: impl Into<String>, at: OffsetDateTime) -> Self {
        Self { kind: kind.into(), at, value: None, properties: Vec::new() }
    }

    /// The amount, exact.
    #[must_use]
    pub fn value(mut self, value: Decimal) -> Self {
        self.value = Some(value);
        self
    }

    /// A property, such as `products`, `location`, `detail1` or one of the host's own.
    #[must_use]
    pub fn property(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.properties.push((name.into(), value.into()));
        self
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({}", self.kind)?;
        if self.value.is_some() {
            f.write_str(", value")?;
        }
        for (name, _) in &self.properties {
            write!(f, ", {name}")?;
        }
        f.write_str(")")
    }
}

/// An event read from a contact.
#[derive(Clone, Copy)]
pub struct EventRef<'a> {
    pub(in crate::contact) contact: &'a Contact,
    pub(in crate::contact) index: usize,
}

impl<'a> EventRef<'a> {
    /// The type, as a symbol of the schema.
    #[must_use]
    pub fn kind(self) -> Symbol {
        self.contact.event_row(self.index).kind
    }

    /// When it happened.
    #[must_use]
    pub fn at(self) -> OffsetDateTime {
        from_micros(self.contact.event_row(self.index).at)
    }

    /// The amount, if it has one.
    #[must_use]
    pub fn value(self) -> Option<Decimal> {
        self.contact.event_row(self.index).value
    }

    /// The names and values of its properties.
    pub fn properties(self) -> impl Iterator<Item = (Symbol, ValueRef<'a>)> {
        self.contact.event_properties(self.index)
    }

    /// The type's name.
    #[must_use]
    pub fn kind_name(self) -> Arc<str> {
        self.contact.schema().symbols().text(self.kind())
    }
}

impl fmt::Debug for EventRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventRef({})", self.kind_name())
    }
}
