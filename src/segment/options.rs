//! Options for reading filters.

use super::language::limits::Limits;
use super::tag_dictionary::TagDictionary;

/// Options for [`Filter::parse_with`](super::Filter::parse_with) and [`Filter::new_with`](super::Filter::new_with).
///
/// ```
/// use audiencekit::Schema;
/// use audiencekit::segment::{Filter, Limits, ParseOptions, TagDictionary};
///
/// let known: TagDictionary = ["vip", "newsletter"].into_iter().collect();
/// let options = ParseOptions::new().limits(Limits { depth: 2, ..Limits::default() }).known_tags(known);
/// let schema = Schema::standard();
/// assert!(Filter::parse_with(r#"has tag "vip""#, &schema, &options).is_ok());
/// assert!(Filter::parse_with(r#"has tag "vpi""#, &schema, &options).is_err());
/// assert!(Filter::parse_with("not not score = 1", &schema, &options).is_err());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParseOptions {
    pub(super) limits: Limits,
    pub(super) known_tags: Option<TagDictionary>,
}

impl ParseOptions {
    /// Creates options with the default limits, which accept any tag.
    ///
    /// ```
    /// use audiencekit::segment::ParseOptions;
    ///
    /// assert_eq!(ParseOptions::new(), ParseOptions::default());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the limits. Defaults to [`Limits::default`].
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Refuses tags that are not in this dictionary. Defaults to accepting any tag.
    #[must_use]
    pub fn known_tags(self, tags: TagDictionary) -> Self {
        Self { known_tags: Some(tags), ..self }
    }
}
