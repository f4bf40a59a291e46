//! Functions that make conditions of their own.

use crate::segment::language::ast::span::{Span, Spanned};
use crate::segment::language::ast::tree::{AtLeast, Expr, Quantifier, TagTest};

fn tags<T: Into<String>>(quantifier: Quantifier, names: impl IntoIterator<Item = T>) -> Expr {
    let tags = names.into_iter().map(|name| Spanned::from(name.into())).collect();
    Expr::Tags(TagTest { quantifier, tags, span: Span::default() })
}

/// Matches contacts with at least one of these tags.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::has_any_tag(["VIP", "GOLD"]), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"has any tag ("VIP", "GOLD")"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn has_any_tag<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Expr {
    tags(Quantifier::Any, names)
}

/// Matches contacts with each of these tags.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::has_all_tags(["VIP", "GOLD"]), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"has all tags ("VIP", "GOLD")"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn has_all_tags<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Expr {
    tags(Quantifier::All, names)
}

/// Matches contacts with none of these tags.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::has_no_tag(["VIP", "GOLD"]), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"has no tag ("VIP", "GOLD")"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn has_no_tag<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Expr {
    tags(Quantifier::None, names)
}

/// Matches contacts without any tag but these; a contact without tags matches.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::has_only_tags(["VIP", "GOLD"]), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"has only tags ("VIP", "GOLD")"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn has_only_tags<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Expr {
    tags(Quantifier::Only, names)
}

/// Matches contacts with each of these tags and no other.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::has_exactly_tags(["VIP", "GOLD"]), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"has exactly tags ("VIP", "GOLD")"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn has_exactly_tags<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Expr {
    tags(Quantifier::Exactly, names)
}

/// Matches contacts of another segment, which a [`SegmentCatalog`](crate::segment::SegmentCatalog) has.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let built = Filter::new(expr::in_segment("Staff").negate(), &Schema::standard())?;
/// assert_eq!(built.to_string(), r#"not segment("Staff")"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn in_segment(name: impl Into<String>) -> Expr {
    Expr::Segment(Spanned::from(name.into()))
}

/// Matches contacts for which at least `count` of these conditions hold.
///
/// ```
/// # use audiencekit::Schema;
/// use audiencekit::segment::{Filter, expr};
///
/// let two = expr::at_least(2, ["invalid", "deleted", "monitored"].map(|name| expr::field(name).eq(true)));
/// let built = Filter::new(two, &Schema::standard())?;
/// assert_eq!(built.to_string(), "at least 2 of (invalid = true, deleted = true, monitored = true)");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn at_least(count: u32, of: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::AtLeast(AtLeast { count, of: of.into_iter().collect() })
}
