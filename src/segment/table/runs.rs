//! Lists of many rows, one behind the other.

use crate::contact::Span;

/// A list for each row. A list that is replaced stays behind until the table is written anew.
#[derive(Debug)]
pub(super) struct Runs<T> {
    pub(super) items: Vec<T>,
    spans: Vec<Span>,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self { items: Vec::new(), spans: Vec::new() }
    }
}

impl<T> Runs<T> {
    pub(super) fn of(&self, row: usize) -> &[T] {
        self.spans.get(row).and_then(|span| self.items.get(span.range())).unwrap_or_default()
    }

    /// Gives a row the items from `start` to the end.
    pub(super) fn close(&mut self, row: usize, start: usize) {
        let span = Span { start: start as u32, len: (self.items.len() - start) as u32 };
        match self.spans.get_mut(row) {
            Some(known) => *known = span,
            None => {
                self.spans.resize(row, Span { start: 0, len: 0 });
                self.spans.push(span);
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.items) + size_of_val(&*self.spans)
    }
}

impl<T: Copy> Runs<T> {
    pub(super) fn set(&mut self, row: usize, items: &[T]) {
        let start = self.items.len();
        self.items.extend_from_slice(items);
        self.close(row, start);
    }
}
