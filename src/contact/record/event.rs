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
    /// Creates an event of type `kind`, such as `purchase`, at an instant. Types are compared without regard to case.
    #[must_use]
    pub fn new(kind: impl Into<String>, at: OffsetDateTime) -> Self {
        Self { kind: kind.into(), at, value: None, properties: Vec::new() }
    }

    /// Sets the amount, exact.
    #[must_use]
    pub fn value(mut self, value: Decimal) -> Self {
        self.value = Some(value);
        self
    }

    /// Adds a property, such as `products`, `location`, `detail1` or one that your schema declares.
    ///
    /// ```
    /// use audiencekit::contact::Event;
    /// use time::macros::datetime;
    ///
    /// let visit = Event::new("visit", datetime!(2026-11-02 10:00 UTC)).property("url", "https://example.com/offer");
    /// assert_eq!(format!("{visit:?}"), "Event(visit, url)"); // no value is printed
    /// ```
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
    /// Returns the type, as a symbol of the schema.
    #[must_use]
    pub fn kind(self) -> Symbol {
        self.contact.event_row(self.index).kind
    }

    /// Returns when the event happened.
    #[must_use]
    pub fn at(self) -> OffsetDateTime {
        from_micros(self.contact.event_row(self.index).at)
    }

    /// Returns the amount, or `None` if the event has none.
    ///
    /// ```
    /// use audiencekit::contact::Event;
    /// use audiencekit::{Contact, Schema};
    /// use time::macros::datetime;
    ///
    /// let bought = Event::new("purchase", datetime!(2026-11-02 10:00 UTC)).value("129.90".parse()?);
    /// let ada = Contact::builder(&Schema::standard()).event(&bought).build()?;
    /// assert_eq!(ada.events().next().unwrap().value(), Some("129.90".parse()?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn value(self) -> Option<Decimal> {
        self.contact.event_row(self.index).value
    }

    /// Returns the names and values of the properties.
    pub fn properties(self) -> impl Iterator<Item = (Symbol, ValueRef<'a>)> {
        self.contact.event_properties(self.index)
    }

    /// Returns the name of the type, in lower case.
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
