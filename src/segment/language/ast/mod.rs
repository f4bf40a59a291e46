//! The syntax tree that text, builder and JSON share.

pub(in crate::segment) mod events;
pub(in crate::segment) mod operand;
pub(in crate::segment) mod span;
pub(in crate::segment) mod time;
pub(in crate::segment) mod tree;

pub use events::{Aggregate, EventQuery, Fold, Followed};
pub use operand::{Against, Bounds, Operand, OtherTerm, Relation};
pub use span::{Span, Spanned};
pub use time::{Calendar, Period, Unit, Which};
pub use tree::{AtLeast, Check, DistanceTo, Expr, Literal, Quantifier, TagTest, Term, Test};
