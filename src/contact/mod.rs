//! One record and its schema.
//!
//! A [`Schema`] declares typed fields and gives each a slot; a [`Contact`] keeps its values by slot, beside its tags,
//! consents, events and funnel stages. Names are looked up once, when a file is opened or a filter is compiled,
//! and never per contact.

mod attached;
mod builder;
mod cell;
mod consent;
#[expect(clippy::module_inception, reason = "the file holds the type of that name")]
mod contact;
mod day;
mod event;
mod event_types;
mod fold;
mod kept;
mod lists;
mod mapping;
mod nearest;
mod packed;
mod parse;
mod read_event;
mod read_json;
mod schema;
mod standard;
mod symbols;
mod tag;
mod value;
mod write_json;

pub use builder::ContactBuilder;
pub(crate) use cell::{Cell, EventRow, Slot, Span, Store};
pub use consent::{Consent, ConsentStatus, Stage};
pub use contact::Contact;
pub(crate) use contact::{from_micros, micros};
pub(crate) use day::{FIRST_YEAR, birthday_key, birthday_of_key, date_key, date_of_key};
pub use event::{Event, EventRef};
pub(crate) use fold::{fold, fold_text};
pub use mapping::ToContact;
pub(crate) use nearest::nearest;
pub(crate) use packed::PackedRange;
pub use parse::DateOrder;
pub(crate) use parse::{date, instant};
pub use read_json::{JsonReading, UnknownFields};
pub use schema::{Field, FieldId, FieldType, Schema, SchemaBuilder};
pub use symbols::{Symbol, Symbols};
pub use tag::{Tag, normalize_tag};
pub use value::{Birthday, Value, ValueRef};
