//! Many contacts at once, on threads that the caller asks for.

use std::num::NonZeroUsize;
use std::thread;

use super::coverage::Coverage;
use super::keymap::KeyMap;
use super::rows::MatchRows;
use crate::contact::Contact;

impl KeyMap {
    /// Maps `contacts` on `threads` threads, which end before this returns, and says how many rows each contact got.
    ///
    /// Rows are in the order of the contacts, the same as one [`RowMapper`](super::RowMapper) makes. Threads share
    /// nothing, so rows are not deduplicated; see [`SeenRows`](super::SeenRows).
    pub fn append_all(
        &self,
        contacts: &[Contact],
        threads: NonZeroUsize,
        rows: &mut MatchRows,
        coverage: &mut Coverage,
    ) -> Vec<usize> {
        let share = contacts.len().div_ceil(threads.get()).max(1);
        let map = |contacts: &[Contact]| {
            let mut part = Part {
                rows: MatchRows::new(self.keys().clone()),
                coverage: Coverage::default(),
                counts: Vec::with_capacity(contacts.len()),
            };
            let mut mapper = self.mapper();
            for contact in contacts {
                part.counts.push(mapper.append(contact, &mut part.rows, &mut part.coverage));
            }
            part
        };
        let mut counts = Vec::with_capacity(contacts.len());
        thread::scope(|scope| {
            let workers: Vec<_> =
                contacts.chunks(share).map(|chunk| (chunk, scope.spawn(move || map(chunk)))).collect();
            for (chunk, worker) in workers {
                // A worker cannot panic by itself; should it all the same, its share is mapped here.
                let part = worker.join().unwrap_or_else(|_| map(chunk));
                rows.absorb(&part.rows);
                coverage.merge(&part.coverage);
                counts.extend(part.counts);
            }
        });
        counts
    }
}

struct Part {
    rows: MatchRows,
    coverage: Coverage,
    counts: Vec<usize>,
}
