//! Why a contact is in or out: the definition as a tree, with what each part says.

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

/// One part of a definition, what it says of a contact, and the parts it is made of.
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
    /// Whether it holds.
    pub holds: bool,
    /// What it is: a condition with its texts left out, or `all of`, `any of` ...
    pub what: String,
    /// True for the leaves that decide: with another answer of one of them the whole could change.
    pub decides: bool,
    /// Its parts.
    pub parts: Vec<DecisionTree>,
}

impl DecisionTree {
    /// The leaves that decide, from first to last.
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
    /// Why a contact fits or does not. Texts of the filter are left out: they may be somebody's address.
    ///
    /// # Errors
    /// As [`compile`](Self::compile). With the segments that it names: [`Explainer`].
    pub fn explain(&self, contact: &Contact, schema: &Schema, time: &EvaluationTime) -> Result<DecisionTree> {
        Explainer::new(schema, time).filter(self, contact)
    }

    /// The same with the texts of the filter.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn explain_in_clear(
        &self,
        contact: &Contact,
        schema: &Schema,
        time: &EvaluationTime,
    ) -> Result<DecisionTree> {
        Explainer::new(schema, time).in_clear().filter(self, contact)
    }
}

impl Segment {
    /// Why a contact is in or out. Texts of the definition are left out: they may be somebody's address.
    ///
    /// # Errors
    /// As [`compile`](Self::compile). With the segments that it names: [`Explainer`].
    pub fn explain(&self, contact: &Contact, schema: &Schema, time: &EvaluationTime) -> Result<DecisionTree> {
        Explainer::new(schema, time).segment(self, contact)
    }

    /// The same with the texts of the definition.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn explain_in_clear(
        &self,
        contact: &Contact,
        schema: &Schema,
        time: &EvaluationTime,
    ) -> Result<DecisionTree> {
        Explainer::new(schema, time).in_clear().segment(self, contact)
    }
}

/// Explains decisions, those of segments that name other segments too.
///
/// ```
/// use audiencekit::{Contact, Schema, Segment, Selector};
/// use audiencekit::segment::{EvaluationTime, Explainer, MemoryCatalog, SegmentCatalog};
/// use time::macros::datetime;
///
/// let schema = Schema::standard();
/// let catalog = MemoryCatalog::new();
/// catalog.save(&Segment::builder("Staff").include(Selector::tag_any(["staff"])).build(&schema)?)?;
/// let buyers = Segment::builder("Buyers")
///     .include(Selector::all()).exclude(Selector::segment("Staff")).build(&schema)?;
/// let mut ada = Contact::new(&schema);
/// ada.add_tag("staff", 1, None)?;
/// let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
/// let why = Explainer::new(&schema, &time).catalog(&catalog).segment(&buyers, &ada)?;
/// assert_eq!(why.deciding()[0].what, r#"has tag "staff""#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Explainer<'a> {
    schema: &'a Schema,
    time: &'a EvaluationTime,
    catalog: Option<&'a dyn SegmentCatalog>,
    clear: bool,
}

impl<'a> Explainer<'a> {
    /// Explains for contacts of `schema`, as of `time`.
    #[must_use]
    pub fn new(schema: &'a Schema, time: &'a EvaluationTime) -> Self {
        Self { schema, time, catalog: None, clear: false }
    }

    /// Takes the segments that are named from here; each is a part of the tree, under its name.
    #[must_use]
    pub fn catalog(self, catalog: &'a dyn SegmentCatalog) -> Self {
        Self { catalog: Some(catalog), ..self }
    }

    /// Shows the texts of the definitions, which may be somebody's address.
    #[must_use]
    pub fn in_clear(self) -> Self {
        Self { clear: true, ..self }
    }

    /// Why a contact fits a filter or does not.
    ///
    /// # Errors
    /// As [`Segment::compile_with`].
    pub fn filter(&self, filter: &Filter, contact: &Contact) -> Result<DecisionTree> {
        self.explain(&filter.expr, filter.limits(), None, contact)
    }

    /// Why a contact is in a segment or is not.
    ///
    /// # Errors
    /// As [`Segment::compile_with`].
    pub fn segment(&self, segment: &Segment, contact: &Contact) -> Result<DecisionTree> {
        self.explain(&segment.expr(), &segment.limits(), Some(&segment.name), contact)
    }

    fn explain(
        &self,
        expr: &Expr,
        limits: &Limits,
        inside: Option<&str>,
        contact: &Contact,
    ) -> Result<DecisionTree> {
        // The whole first: a definition that does not compile is refused before it is taken apart.
        node(expr, limits, self.schema, self.time, &mut Resolver::new(inside, self.catalog))?;
        let mut resolver = Resolver::new(inside, self.catalog);
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
                let what = if self.clear { printer::text(leaf) } else { printer::text(&redacted(leaf)) };
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
