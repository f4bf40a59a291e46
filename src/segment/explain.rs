//! Why a contact is in or out: the definition as a tree, with the result of each part.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::catalog::memory::SegmentCatalog;
use super::compiled_filter::node;
use super::definition::Segment;
use super::engine::window::EvaluationTime;
use super::filter::Filter;
use super::language::ast::tree::Expr;
use super::language::limits::Limits;
use super::language::print::printer;
use super::language::redact::redacted;
use super::resolver::Resolver;
use crate::contact::{Contact, Schema};
use crate::error::Result;

/// A part of a definition, its result for one contact, and the parts below it.
///
/// ```
/// use audiencekit::{Contact, Schema};
/// use audiencekit::segment::{EvaluationTime, Filter};
/// use time::macros::datetime;
///
/// let schema = Schema::standard();
/// let mut ada = Contact::new(&schema);
/// ada.set(schema.require("score")?, 20)?;
/// let filter = Filter::parse(r#"score >= 50 and email = "ada@example.com""#, &schema)?;
/// let why = filter.explain(&ada, &schema, &EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC)))?;
/// assert_eq!(why.to_string(), "\
/// no   all of
/// no     score >= 50
/// no     email = \"...\"
/// ");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DecisionTree {
    /// Whether the part holds.
    pub holds: bool,
    /// The condition without its texts, or `all of`, `any of` and so on.
    pub what: String,
    /// `true` for the leaves that decide: with another result of one of them the whole could change.
    pub decides: bool,
    /// The parts below.
    pub parts: Vec<DecisionTree>,
}

impl DecisionTree {
    /// Returns the leaves that decide, in order.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::parse("score >= 50 and monitored", &schema)?;
    /// let tree = filter.explain(&Contact::builder(&schema).score(70).build()?, &schema, &time)?;
    /// assert_eq!(tree.deciding()[0].what, "monitored = true");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn deciding(&self) -> Vec<&Self> {
        if self.parts.is_empty() {
            return if self.decides { vec![self] } else { Vec::new() };
        }
        self.parts.iter().flat_map(Self::deciding).collect()
    }

    fn draw(&self, indent: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {:indent$}{}", if self.holds { "yes " } else { "no  " }, "", self.what)?;
        self.parts.iter().try_for_each(|part| part.draw(indent + 2, f))
    }
}

impl fmt::Display for DecisionTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.draw(0, f)
    }
}

impl Filter {
    /// Explains why a contact is selected or not, without the texts of the filter, which may be personal data.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::parse(r#"email = "ada@example.com""#, &schema)?;
    /// let tree = filter.explain(&Contact::new(&schema), &schema, &time)?;
    /// assert_eq!(tree.to_string(), "no   email = \"...\"\n");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn explain(&self, contact: &Contact, schema: &Schema, time: &EvaluationTime) -> Result<DecisionTree> {
        self.explain_with(contact, schema, time, &ExplainOptions::new())
    }

    /// Explains why a contact is selected or not, with values or the segments of a catalog.
    ///
    /// # Errors
    /// As [`Segment::compile_with`].
    pub fn explain_with(
        &self,
        contact: &Contact,
        schema: &Schema,
        time: &EvaluationTime,
        options: &ExplainOptions<'_>,
    ) -> Result<DecisionTree> {
        Explainer { schema, time, options }.explain(&self.expr, self.limits(), None, contact)
    }
}

impl Segment {
    /// Explains why a contact is selected or not, without the texts of the definition, which may be personal data.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let vip = Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&schema)?;
    /// let tree = vip.explain(&Contact::new(&schema), &schema, &time)?;
    /// assert!(!tree.holds);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn explain(&self, contact: &Contact, schema: &Schema, time: &EvaluationTime) -> Result<DecisionTree> {
        self.explain_with(contact, schema, time, &ExplainOptions::new())
    }

    /// Explains why a contact is selected or not, with values or the segments of a catalog.
    ///
    /// # Errors
    /// As [`Segment::compile_with`].
    pub fn explain_with(
        &self,
        contact: &Contact,
        schema: &Schema,
        time: &EvaluationTime,
        options: &ExplainOptions<'_>,
    ) -> Result<DecisionTree> {
        let explainer = Explainer { schema, time, options };
        explainer.explain(&self.expr(), &self.limits(), Some(&self.name), contact)
    }
}

/// Options for [`Filter::explain_with`] and [`Segment::explain_with`].
///
/// ```
/// use audiencekit::{Contact, Schema, Segment, Selector};
/// use audiencekit::segment::{EvaluationTime, ExplainOptions, MemoryCatalog, SegmentCatalog};
/// use time::macros::datetime;
///
/// let schema = Schema::standard();
/// let catalog = MemoryCatalog::new();
/// catalog.save(&Segment::builder("Staff").include(Selector::tag_any(["staff"])).build(&schema)?)?;
/// let buyers = Segment::builder("Buyers")
///     .include(Selector::all()).exclude(Selector::segment("Staff")).build(&schema)?;
/// let ada = Contact::builder(&schema).tag("staff").build()?;
/// let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
/// let options = ExplainOptions::new().catalog(&catalog);
/// let tree = buyers.explain_with(&ada, &schema, &time, &options)?;
/// assert_eq!(tree.deciding()[0].what, r#"has tag "staff""#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct ExplainOptions<'a> {
    catalog: Option<&'a dyn SegmentCatalog>,
    show_values: bool,
}

impl<'a> ExplainOptions<'a> {
    /// Creates options without a catalog, which hide the texts of conditions.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the catalog of the segments that are named. Each becomes a part of the tree, under its name.
    #[must_use]
    pub fn catalog(self, catalog: &'a dyn SegmentCatalog) -> Self {
        Self { catalog: Some(catalog), ..self }
    }

    /// Shows the texts of conditions, which may be personal data. Defaults to hiding them.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, ExplainOptions, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let filter = Filter::parse(r#"email = "ada@example.com""#, &schema)?;
    /// let options = ExplainOptions::new().show_values();
    /// let tree = filter.explain_with(&Contact::new(&schema), &schema, &time, &options)?;
    /// assert_eq!(tree.what, r#"email = "ada@example.com""#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn show_values(self) -> Self {
        Self { show_values: true, ..self }
    }
}

/// What is the same for every part of a definition.
struct Explainer<'a> {
    schema: &'a Schema,
    time: &'a EvaluationTime,
    options: &'a ExplainOptions<'a>,
}

impl Explainer<'_> {
    fn explain(
        &self,
        expr: &Expr,
        limits: &Limits,
        inside: Option<&str>,
        contact: &Contact,
    ) -> Result<DecisionTree> {
        // The whole first: a definition that does not compile is refused before it is taken apart.
        node(expr, limits, self.schema, self.time, &mut Resolver::new(inside, self.options.catalog))?;
        let mut resolver = Resolver::new(inside, self.options.catalog);
        let mut explanation = self.tree(expr, limits, contact, &mut resolver)?;
        decide(&mut explanation);
        Ok(explanation)
    }

    fn tree(
        &self,
        expr: &Expr,
        limits: &Limits,
        contact: &Contact,
        resolver: &mut Resolver<'_>,
    ) -> Result<DecisionTree> {
        let (what, parts): (String, &[Expr]) = match expr {
            Expr::All(parts) => ("all of".to_owned(), parts),
            Expr::Any(parts) => ("any of".to_owned(), parts),
            Expr::None(parts) => ("none of".to_owned(), parts),
            Expr::AtLeast(at_least) => (format!("at least {} of", at_least.count), &at_least.of),
            Expr::Not(inner) => ("not".to_owned(), std::slice::from_ref(inner)),
            Expr::Segment(name) => {
                let (named, limits) = resolver.enter(&name.node)?;
                let part = self.tree(&named, &limits, contact, resolver)?;
                resolver.leave();
                return Ok(DecisionTree {
                    holds: part.holds,
                    what: printer::text(expr),
                    decides: false,
                    parts: vec![part],
                });
            }
            leaf => {
                let holds = node(leaf, limits, self.schema, self.time, resolver)?.holds(contact);
                let what = if self.options.show_values {
                    printer::text(leaf)
                } else {
                    printer::text(&redacted(leaf))
                };
                return Ok(DecisionTree { holds, what, decides: false, parts: Vec::new() });
            }
        };
        let parts: Vec<_> =
            parts.iter().map(|part| self.tree(part, limits, contact, resolver)).collect::<Result<_>>()?;
        let holding = parts.iter().filter(|part| part.holds).count();
        let holds = match expr {
            Expr::All(_) => holding == parts.len(),
            Expr::Any(_) => holding > 0,
            Expr::AtLeast(at_least) => holding >= at_least.count as usize,
            _ => holding == 0,
        };
        Ok(DecisionTree { holds, what, decides: false, parts })
    }
}

/// Marks the leaves that pull the whole to where it stands.
fn decide(whole: &mut DecisionTree) {
    fn mark(node: &mut DecisionTree) {
        node.decides = true;
        // Of a true `all of` every part counts, of a false one the false parts; `any of` the other way round.
        let pulls = match (node.what.as_str(), node.holds) {
            ("all of", holds) => Some(holds),
            ("any of", holds) => Some(holds),
            ("none of", holds) => Some(!holds),
            (_, holds) if node.what.starts_with("at least") => Some(holds),
            _ => None,
        };
        for part in &mut node.parts {
            if pulls.is_none_or(|pulls| part.holds == pulls) {
                mark(part);
            }
        }
    }
    mark(whole);
}
