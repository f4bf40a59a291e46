//! Known tags, so that an unknown tag in a filter is reported with the nearest known one.

use std::collections::BTreeSet;
use std::fmt;

use super::language::ast::span::Spanned;
use super::language::ast::tree::{Expr, Term};
use super::language::error::{FilterError, FilterProblem};
use super::language::limits::Limits;
use super::language::parse::condition;
use super::language::print::printer;
use crate::contact::{nearest, normalize_tag};

/// The names of known tags, against which filters are checked.
///
/// Tags are free words that no schema declares. Use [`ParseOptions::known_tags`](super::ParseOptions::known_tags) to refuse
/// a filter with other tags, or `tag_hints` to show a hint.
///
/// ```
/// use audiencekit::{Schema, segment::{Filter, ParseOptions, TagDictionary}};
///
/// let known: TagDictionary = ["vip", "newsletter"].into_iter().collect();
/// let schema = Schema::standard();
/// let options = ParseOptions::new().known_tags(known);
/// let error = Filter::parse_with(r#"has tag "VPI""#, &schema, &options).unwrap_err();
/// assert_eq!(error.picture(), "\
/// no contact has the tag \"VPI\"
///   | has tag \"VPI\"
///   |         ^^^^^ did you mean \"VIP\"?
/// ");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TagDictionary(BTreeSet<String>);

impl TagDictionary {
    /// Returns an iterator over the names, sorted.
    ///
    /// ```
    /// # use audiencekit::segment::TagDictionary;
    /// let known: TagDictionary = ["vip", "gold"].into_iter().collect();
    /// assert_eq!(known.iter().collect::<Vec<_>>(), ["GOLD", "VIP"]);
    /// ```
    pub fn iter(&self) -> TagIter<'_> {
        TagIter(self.0.iter())
    }

    /// Returns `true` if the tag is known, in any notation that normalizes to the same name.
    ///
    /// ```
    /// # use audiencekit::segment::TagDictionary;
    /// let known: TagDictionary = ["vip"].into_iter().collect();
    /// assert!(known.contains("Vip") && !known.contains("gold"));
    /// ```
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

/// Normalizes names and leaves out what is no tag.
impl<T: AsRef<str>> FromIterator<T> for TagDictionary {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Self(names.into_iter().filter_map(|name| normalize_tag(name.as_ref())).collect())
    }
}

/// Normalizes names and leaves out what is no tag.
impl<T: AsRef<str>> Extend<T> for TagDictionary {
    fn extend<I: IntoIterator<Item = T>>(&mut self, names: I) {
        self.0.extend(names.into_iter().filter_map(|name| normalize_tag(name.as_ref())));
    }
}

/// An iterator over the names of a [`TagDictionary`].
#[derive(Debug, Clone)]
pub struct TagIter<'a>(std::collections::btree_set::Iter<'a, String>);

impl<'a> Iterator for TagIter<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.0.next().map(String::as_str)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for TagIter<'_> {}

impl<'a> IntoIterator for &'a TagDictionary {
    type Item = &'a str;
    type IntoIter = TagIter<'a>;

    fn into_iter(self) -> TagIter<'a> {
        self.iter()
    }
}

impl IntoIterator for TagDictionary {
    type Item = String;
    type IntoIter = std::collections::btree_set::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
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
