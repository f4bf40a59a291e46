//! Where the nodes of a syntax tree stood in the text.

use serde::{Deserialize, Serialize};

/// A place in the text of a filter. All spans compare equal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    /// Returns the range of bytes in the text.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start..self.end
    }
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

/// A node and its place in the text. As JSON it is the node alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Spanned<T> {
    /// The node.
    pub node: T,
    #[serde(skip)]
    pub(crate) span: Span,
}

impl<T> Spanned<T> {
    pub(crate) fn at(node: T, span: Span) -> Self {
        Self { node, span }
    }
}

impl<T> From<T> for Spanned<T> {
    fn from(node: T) -> Self {
        Self { node, span: Span::default() }
    }
}
