//! How large a filter may be.

/// The limits on the size of a filter.
///
/// ```
/// use audiencekit::Schema;
/// use audiencekit::segment::{Filter, Limits, ParseOptions};
///
/// let flat = ParseOptions::new().limits(Limits { depth: 2, ..Limits::default() });
/// let schema = Schema::standard();
/// assert!(Filter::parse_with("not score = 1", &schema, &flat).is_ok());
/// assert!(Filter::parse_with("not not score = 1", &schema, &flat).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most nested conditions; at most [`Limits::MAX_DEPTH`].
    pub depth: usize,
    /// Most bytes of text.
    pub text: usize,
    /// Most values in one list.
    pub list: usize,
    /// Most bytes of one compiled pattern of `matches`, `like` or `contains`.
    pub regex: usize,
    /// Most bytes of all patterns of a filter together. Each counts as the least of 4 KiB, 64 KiB, 1 MiB and so on that
    /// holds it, written and compiled, or as [`regex`](Self::regex).
    pub regexes: usize,
    /// Most problems reported at once.
    pub problems: usize,
}

impl Limits {
    /// The deepest nesting of any setting, so that no filter can exhaust the stack of a thread.
    pub const MAX_DEPTH: usize = 50;

    /// The greater of each.
    pub(crate) fn widest(self, other: &Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            text: self.text.max(other.text),
            list: self.list.max(other.list),
            regex: self.regex.max(other.regex),
            regexes: self.regexes.max(other.regexes),
            problems: self.problems.max(other.problems),
        }
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth.min(Self::MAX_DEPTH)
    }
}

impl Default for Limits {
    /// Depth 50, one MiB of text, 10,000 values in a list, one MiB for a pattern and 32 MiB for all, 20 problems.
    fn default() -> Self {
        Self {
            depth: Self::MAX_DEPTH,
            text: 1 << 20,
            list: 10_000,
            regex: 1 << 20,
            regexes: 32 << 20,
            problems: 20,
        }
    }
}
