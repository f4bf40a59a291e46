//! Choosing contacts: filters, selectors, segments, counts.

pub mod ast;
mod builder;
mod catalog;
mod catalog_file;
mod check;
mod compile;
mod compiled;
mod count;
mod definition;
mod evaluate;
mod explain;
mod filter;
mod json;
mod kind;
mod lex;
mod limits;
mod literal;
mod number;
mod parse;
mod parse_check;
mod plan;
mod print;
mod problem;
mod regexes;
mod rfm;
mod selector;
mod table;
mod window;
mod words;

pub use builder::{
    age, anniversary, any_event, at_least, consent, domain, event, field, has_all_tags, has_any_tag,
    has_no_tag, in_segment, stage, tag_score, tag_since,
};
pub use catalog::{MemoryCatalog, SegmentCatalog};
pub use catalog_file::FileCatalog;
pub use compiled::{CompiledSegment, Decision};
pub use count::{Count, CountBuilder};
pub use definition::{FilterSource, Segment, SegmentBuilder};
pub use explain::Explanation;
pub use filter::{CompiledFilter, Filter};
pub use limits::Limits;
pub use problem::{FilterError, FilterProblem};
pub use rfm::{Frequency, Monetary, Recency, Rfm, RfmCutoffs};
pub use selector::{Channel, Message, Selector};
pub use table::ContactTable;
pub use window::EvaluationTime;
