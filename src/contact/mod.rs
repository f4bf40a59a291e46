//! One record and its schema.
//!
//! A [`Schema`] declares typed fields and gives each a slot; a [`Contact`] keeps its values by slot, beside its tags,
//! consents, events and funnel stages. Names are looked up once, when a file is opened or a filter is compiled,
//! and never per contact.

mod attached;
mod consent;
#[expect(clippy::module_inception, reason = "the file holds the type of that name")]
mod contact;
mod event;
mod parse;
mod read_json;
mod schema;
mod standard;
mod symbols;
mod tag;
mod value;
mod write_json;

pub use consent::{Consent, ConsentStatus, Stage};
pub use contact::Contact;
pub use event::{Event, EventRef};
pub use parse::DateOrder;
pub use read_json::{JsonReading, UnknownFields};
pub use schema::{Field, FieldId, FieldType, Schema, SchemaBuilder};
pub use symbols::{Symbol, Symbols};
pub use tag::{Tag, normalize_tag};
pub use value::{Birthday, Value, ValueRef};
