//! Tags that exist, so that a filter that names another one can say what was probably meant.

use std::collections::BTreeSet;
use std::fmt;

use super::language::ast::span::Spanned;
use super::language::ast::tree::{Expr, Term};
use super::language::error::{FilterError, FilterProblem};
use super::language::limits::Limits;
use super::language::parse::condition;
use super::language::print::printer;
use crate::contact::{nearest, normalize_tag};

/// The names of the tags that a host knows. A tag is a word of the host's, so no schema declares them; this holds
/// filters to them where that is wanted, as a hint or as an error.
///
/// ```
/// use audiencekit::{Schema, segment::{Filter, TagDictionary}};
///
/// let known: TagDictionary = ["vip", "newsletter"].into_iter().collect();
/// let schema = Schema::standard();
/// let error = Filter::parse_knowing(r#"has tag "VPI""#, &schema, &known).unwrap_err();
/// assert_eq!(error.picture(), "\
/// no contact has the tag \"VPI\"
///   | has tag \"VPI\"
///   |         ^^^^^ did you mean \"VIP\"?
/// ");
/// let filter = Filter::parse(r#"has tag "VPI""#, &schema)?; // it may be assigned one day
/// assert_eq!(filter.tag_hints(&known).unwrap().problems().len(), 1);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TagDictionary(BTreeSet<String>);

impl TagDictionary {
    /// The names, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// True for a tag that is known, however its name is written.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        normalize_tag(name).is_some_and(|name| self.0.contains(&name))
    }

    pub(super) fn problems(&self, expr: &Expr) -> Vec<FilterProblem> {
        let mut named = Vec::new();
        tags(expr, &mut named);
        // The check has its own words for what is no tag at all.
        let is_tag = |tag: &str| normalize_tag(tag).is_some() && !tag.contains(',');
        let unknown = |tag: &&Spanned<String>| is_tag(&tag.node) && !self.contains(&tag.node);
        // To look for what was meant takes its time, so it is done for as many as are shown.
        let most = Limits::default().problems;
        named.into_iter().filter(unknown).take(most).map(|tag| self.unknown(tag)).collect()
    }

    fn unknown(&self, tag: &Spanned<String>) -> FilterProblem {
        let name = normalize_tag(&tag.node).unwrap_or_default();
        let problem = FilterProblem::new(tag.span, format!("no contact has the tag {:?}", tag.node));
        problem.expected(match nearest(&name, self.iter()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("one of the {} tags that are known", self.0.len()),
        })
    }

    /// The tags of a tree that are not known, with pictures of its canonical text.
    pub(super) fn hints(&self, expr: &Expr) -> Option<FilterError> {
        let text = printer::within(expr, Limits::MAX_DEPTH)?;
        let problems = self.problems(&condition::parse(&text, &Limits::default()).ok()?);
        (!problems.is_empty()).then(|| FilterError::new(&text, problems))
    }
}

/// Names as they come; what is no tag is left out.
impl<T: AsRef<str>> FromIterator<T> for TagDictionary {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Self(names.into_iter().filter_map(|name| normalize_tag(name.as_ref())).collect())
    }
}

impl fmt::Debug for TagDictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TagDictionary({} tags)", self.0.len())
    }
}

/// Collects the tags that a condition names.
fn tags<'a>(expr: &'a Expr, found: &mut Vec<&'a Spanned<String>>) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) | Expr::None(parts) => {
            parts.iter().for_each(|part| tags(part, found));
        }
        Expr::AtLeast(at_least) => at_least.of.iter().for_each(|part| tags(part, found)),
        Expr::Not(inner) => tags(inner, found),
        Expr::Tags(test) => found.extend(&test.tags),
        Expr::Test(test) => test.terms().for_each(|term| tags_of_term(term, found)),
        // Tags belong to contacts: the check refuses them inside `where`, but they may bound events in time.
        Expr::Exists(query) => query.windows().for_each(|term| tags_of_term(term, found)),
        Expr::Constant(_) | Expr::Segment(_) => {}
    }
}

fn tags_of_term<'a>(term: &'a Term, found: &mut Vec<&'a Spanned<String>>) {
    match term {
        Term::TagScore(tag) | Term::TagSince(tag) => found.push(tag),
        Term::Events(aggregate) => aggregate.query.windows().for_each(|term| tags_of_term(term, found)),
        _ => {}
    }
}
