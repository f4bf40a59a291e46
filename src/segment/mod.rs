//! Selecting and counting contacts: filters, selectors and segments.
//!
//! A [`Filter`] is a condition that reads like the `WHERE` clause of SQL. A [`Segment`] is a named selection: contacts
//! in any `include` [`Selector`], except those in any `exclude` selector, that match every filter. Both are checked
//! against a [`Schema`](crate::Schema) when they are built, with errors that point to the mistake; evaluating a
//! compiled one cannot fail. Conditions can be written as text, in Rust, or as JSON ([`Filter::JSON_SCHEMA`]).
//!
//! ```
//! use audiencekit::segment::{Decision, EvaluationTime, Segment, Selector};
//! use audiencekit::{Contact, Schema};
//! use time::macros::datetime;
//!
//! let schema = Schema::standard();
//! let vip = Segment::builder("VIP")
//!     .include(Selector::tag_any(["vip", "gold"]))
//!     .exclude(Selector::email_opted_out())
//!     .filter("score >= 50 and count(event.purchase in last 90 days) = 0")
//!     .build(&schema)?;
//! let compiled = vip.compile(&schema, &EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC)))?;
//!
//! let mut ada = Contact::builder(&schema).score(70).build()?;
//! assert_eq!(compiled.decide(&ada), Decision::NotIncluded);
//! ada.add_tag("vip", 1, None)?;
//! assert_eq!(compiled.decide(&ada), Decision::Selected);
//! # Ok::<(), audiencekit::Error>(())
//! ```
//!
//! The [segment language](crate::_documentation::segment_language) guide has the grammar, every operator and how
//! missing values, text, time and events are treated. [`Segment::count`] counts a source by reason; [`ContactTable`]
//! counts in memory while a user types; [`Segment::explain`] shows why a contact is in or out.

mod catalog;
mod compiled_filter;
mod compiled_segment;
mod count;
mod debug_redacted;
mod definition;
mod detail_filter;
mod engine;
mod explain;
mod filter;
mod filter_source;
mod json_path;
mod language;
mod options;
mod resolver;
mod rfm;
mod schema_version;
mod selector;
mod table;
mod tag_dictionary;

pub use catalog::file::FileCatalog;
pub use catalog::memory::{MemoryCatalog, SegmentCatalog};
pub use compiled_filter::CompiledFilter;
pub use compiled_segment::{CompiledSegment, Decision};
pub use count::{CountBuilder, SegmentCount};
pub use definition::{Segment, SegmentBuilder};
pub use detail_filter::detail_filter;
pub use engine::window::EvaluationTime;
pub use explain::{DecisionTree, ExplainOptions};
pub use filter::Filter;
pub use filter_source::FilterSource;
pub(crate) use json_path::read_json;
pub use language::ast;
pub use language::builder::expr;
pub use language::error::{FilterError, FilterProblem};
pub use language::limits::Limits;
pub use language::pattern::url_pattern::UrlPattern;
pub use options::ParseOptions;
pub use rfm::cutoffs::{Frequency, Monetary, Recency, Rfm, RfmCutoffs};
pub use rfm::survey::{RfmEstimator, RfmQuintiles};
pub(crate) use schema_version::SchemaVersion;
pub use selector::message::{Message, MessageChannel};
pub use selector::selector::Selector;
pub use table::contact_table::ContactTable;
pub use tag_dictionary::{TagDictionary, TagIter};
