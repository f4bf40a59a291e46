//! Functions that build conditions in Rust: `expr::field("score").ge(50)`.
//!
//! They make the same syntax tree as the text of a filter. Terms become conditions by the methods of
//! [`Term`](crate::segment::ast::Term), events by those of [`EventQuery`](crate::segment::ast::EventQuery), and
//! conditions combine by those of [`Expr`](crate::segment::ast::Expr).
//!
//! ```
//! use audiencekit::Schema;
//! use audiencekit::segment::{Filter, expr};
//!
//! let warm = expr::field("score").ge(50).and(expr::has_any_tag(["VIP", "GOLD"]));
//! let filter = Filter::new(warm, &Schema::standard())?;
//! assert_eq!(filter.to_string(), r#"score >= 50 and has any tag ("VIP", "GOLD")"#);
//! # Ok::<(), audiencekit::Error>(())
//! ```

mod conditions;
mod terms;

pub use conditions::{
    at_least, has_all_tags, has_any_tag, has_exactly_tags, has_no_tag, has_only_tags, in_segment,
};
pub use terms::{
    age, anniversary, any_event, consent, consent_agreed_on, consent_description_id, consent_ip,
    consent_opt_out, consent_since, distance, domain, event, field, stage, stage_score, stage_since,
    stage_value, tag_count, tag_score, tag_since, unaccent,
};
