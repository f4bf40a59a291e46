//! Conditions over many rows at once: a mask of 64 rows a word, narrowed condition by condition.

use super::column::Column;
use crate::contact::FIRST_YEAR;
use crate::segment::engine::plan::{InstantTerm, Node};
use crate::segment::table::ContactTable;

/// Rows looked at together: their masks fit the nearest cache many times over.
const BATCH: usize = 4_096;
const WORDS: usize = BATCH / 64;

/// With fewer rows left than one in so many, each is asked for itself.
const SPARSE: u32 = 16;

type Words = [u64; WORDS];

impl ContactTable {
    /// Shows the mask of every batch: its first row, and a bit for each row that is selected.
    pub(super) fn select(&self, node: &Node, mut show: impl FnMut(usize, &[u64])) {
        let mut base = 0;
        while base < self.len {
            let rows = (self.len - base).min(BATCH);
            let mut words = [0u64; WORDS];
            for (at, word) in words.iter_mut().enumerate() {
                let left = rows.saturating_sub(at * 64);
                *word = if left >= 64 { u64::MAX } else { (1 << left) - 1 };
            }
            self.narrow(node, base, &mut words);
            show(base, &words);
            base += BATCH;
        }
    }

    /// Clears the bits of rows for which the condition does not hold.
    fn narrow(&self, node: &Node, base: usize, words: &mut Words) {
        let left: u32 = words.iter().map(|word| word.count_ones()).sum();
        if left == 0 {
            return;
        }
        match node {
            Node::Constant(true) => {}
            Node::Constant(false) => words.fill(0),
            Node::All(parts) => parts.iter().for_each(|part| self.narrow(part, base, words)),
            Node::Any(parts) => {
                let mut found = [0u64; WORDS];
                for part in parts {
                    let mut open = *words;
                    open.iter_mut().zip(&found).for_each(|(open, found)| *open &= !found);
                    self.narrow(part, base, &mut open);
                    found.iter_mut().zip(&open).for_each(|(found, open)| *found |= open);
                }
                *words = found;
            }
            Node::Not(inner) => {
                let mut held = *words;
                self.narrow(inner, base, &mut held);
                words.iter_mut().zip(&held).for_each(|(word, held)| *word &= !held);
            }
            Node::Tags(tags) if tags.iter().all(|tag| self.tag_bits.contains_key(tag)) => {
                let bits: Vec<_> = tags.iter().filter_map(|tag| self.tag_bits.get(tag)).collect();
                for (at, word) in words.iter_mut().enumerate() {
                    *word &= bits.iter().fold(0, |any, bits| any | bits.word(base / 64 + at));
                }
            }
            node if left * SPARSE < BATCH as u32 || !self.dense(node, base, words) => {
                self.each(node, base, words);
            }
            _ => {}
        }
    }

    /// Asks every row that is left for itself.
    fn each(&self, node: &Node, base: usize, words: &mut Words) {
        for (at, word) in words.iter_mut().enumerate() {
            let mut left = *word;
            while left != 0 {
                let bit = left.trailing_zeros();
                left &= left - 1;
                if !node.holds(&self.row(base + at * 64 + bit as usize)) {
                    *word &= !(1 << bit);
                }
            }
        }
    }

    /// Asks whole words of a column, where the column and the condition allow it.
    fn dense(&self, node: &Node, base: usize, words: &mut Words) -> bool {
        let column = |at: &u32| self.columns.get(*at as usize);
        match node {
            Node::Keyword { at, symbols, exact, negated, .. } => {
                let Some(Column::Keyword { folded, symbols: own }) = column(at) else { return false };
                let values = if *exact { own } else { folded };
                match **symbols {
                    [a] => mask(values, base, words, |v| v == a, *negated, |v| v != super::column::NONE),
                    [a, b] => mask(
                        values,
                        base,
                        words,
                        |v| (v == a) | (v == b),
                        *negated,
                        |v| v != super::column::NONE,
                    ),
                    [a, b, c] => mask(
                        values,
                        base,
                        words,
                        |v| (v == a) | (v == b) | (v == c),
                        *negated,
                        |v| v != super::column::NONE,
                    ),
                    ref many if many.len() <= 16 => mask(
                        values,
                        base,
                        words,
                        |v| many.iter().fold(false, |any, &one| any | (v == one)),
                        *negated,
                        |v| v != super::column::NONE,
                    ),
                    _ => return false,
                }
            }
            Node::Whole { at, low, high, negated } => {
                let Some(Column::Integer { set, values }) = column(at) else { return false };
                let (low, high) = (*low, *high);
                mask(values, base, words, |v| (v >= low) & (v <= high), *negated, |_| true);
                words.iter_mut().enumerate().for_each(|(at, word)| *word &= set.word(base / 64 + at));
            }
            Node::Days { at, low, high, negated } => {
                let (keys, first) = match column(at) {
                    Some(Column::Date(keys)) => (keys, super::column::NO_DAY + 1),
                    Some(Column::Birthday(keys)) => (keys, FIRST_YEAR),
                    _ => return false,
                };
                let (low, high) = (*low, *high);
                mask(keys, base, words, |v| (v >= low) & (v <= high), *negated, |v| v >= first);
            }
            Node::Instant { term: InstantTerm::Cell(at), low, high, negated } => {
                let Some(Column::Instant(values)) = column(at) else { return false };
                let (low, high) = (*low, *high);
                mask(
                    values,
                    base,
                    words,
                    |v| (v >= low) & (v < high),
                    *negated,
                    |v| v != super::column::NO_INSTANT,
                );
            }
            Node::Boolean { at, wanted } => {
                let Some(Column::Boolean { set, yes }) = column(at) else { return false };
                for (at, word) in words.iter_mut().enumerate() {
                    let (set, yes) = (set.word(base / 64 + at), yes.word(base / 64 + at));
                    *word &= if *wanted { yes } else { set & !yes };
                }
            }
            _ => return false,
        }
        true
    }
}

/// Clears the bits of values that do not fit. `known` is false for the value that stands for none.
#[inline]
fn mask<T: Copy>(
    values: &[T],
    base: usize,
    words: &mut Words,
    fits: impl Fn(T) -> bool,
    negated: bool,
    known: impl Fn(T) -> bool,
) {
    let mut chunks = values.get(base..).unwrap_or_default().chunks(64);
    for word in words.iter_mut() {
        let chunk = chunks.next().unwrap_or_default();
        if *word == 0 {
            continue;
        }
        // Bytes first, so that the compiler compares many values at once; then eight bytes to eight bits.
        let mut bytes = [0u8; 64];
        for (byte, &value) in bytes.iter_mut().zip(chunk) {
            *byte = u8::from((fits(value) != negated) & known(value));
        }
        let mut bits = 0u64;
        for (at, eight) in bytes.chunks_exact(8).enumerate() {
            let packed = eight.iter().rev().fold(0u64, |packed, &byte| packed << 8 | u64::from(byte));
            bits |= (packed.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (at * 8);
        }
        *word &= bits;
    }
}
