//! Many contacts at once, on threads that the caller asks for.

use std::num::NonZeroUsize;
use std::thread;

use super::coverage::Coverage;
use super::keymap::KeyMap;
use super::rows::MatchRows;
use crate::contact::Contact;

impl KeyMap {
    /// Maps `contacts` on `threads` threads, this one and others that end before this returns, and says how many rows each
    /// contact got.
    ///
    /// Rows are in the order of the contacts, the same as one [`RowMapper`](super::mapper::RowMapper) makes. Threads share
    /// nothing, so rows are not deduplicated; see [`RowDeduplicator`](super::dedup::RowDeduplicator).
    pub fn append_all(
        &self,
        contacts: &[Contact],
        threads: NonZeroUsize,
        rows: &mut MatchRows,
        coverage: &mut Coverage,
    ) -> Vec<usize> {
        let share = contacts.len().div_ceil(threads.get()).max(1);
        let (own, others) = contacts.split_at(share.min(contacts.len()));
        let mut counts = Vec::with_capacity(contacts.len());
        thread::scope(|scope| {
            let workers: Vec<_> =
                others.chunks(share).map(|chunk| (chunk, scope.spawn(move || self.part(chunk)))).collect();
            // The thread that asks works too, and what it makes needs no copy.
            self.map_into(own, rows, coverage, &mut counts);
            for (chunk, worker) in workers {
                // A worker cannot panic by itself; should it all the same, its share is mapped here.
                let part = worker.join().unwrap_or_else(|_| self.part(chunk));
                rows.absorb(&part.rows);
                coverage.merge(&part.coverage);
                counts.extend(part.counts);
            }
        });
        counts
    }

    fn part(&self, contacts: &[Contact]) -> Part {
        let mut part = Part {
            rows: MatchRows::with_capacity(self.keys().clone(), contacts.len()),
            coverage: Coverage::default(),
            counts: Vec::with_capacity(contacts.len()),
        };
        self.map_into(contacts, &mut part.rows, &mut part.coverage, &mut part.counts);
        part
    }

    fn map_into(
        &self,
        contacts: &[Contact],
        rows: &mut MatchRows,
        coverage: &mut Coverage,
        counts: &mut Vec<usize>,
    ) {
        let mut mapper = self.mapper();
        counts.extend(contacts.iter().map(|contact| mapper.append(contact, rows, coverage)));
    }
}

struct Part {
    rows: MatchRows,
    coverage: Coverage,
    counts: Vec<usize>,
}
