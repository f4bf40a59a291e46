//! Conditions over many rows at once: a mask of 64 rows a word, narrowed condition by condition.

use super::column::Column;
use super::row::Row;
use super::store::Columns;
use crate::contact::FIRST_YEAR;
use crate::segment::compiled_segment::{CompiledSegment, Decision};
use crate::segment::engine::plan::{InstantTerm, Node};

/// Rows looked at together: their masks fit the nearest cache many times over.
const BATCH: usize = 4_096;
const WORDS: usize = BATCH / 64;

/// With fewer rows left than one in so many, each is asked for itself.
const SPARSE: u32 = 16;

type Words = [u64; WORDS];

impl Columns {
    /// Shows the mask of every batch: its first row, and a bit for each row that is selected.
    pub(super) fn select(&self, node: &Node, mut show: impl FnMut(usize, &[u64])) {
        for base in (0..self.rows).step_by(BATCH) {
            let mut words = self.contacts(base);
            self.narrow(node, base, &mut words);
            show(base, &words);
        }
    }

    /// Shows what each part of a segment decides in every batch: its first row, and a bit for each row of the decision.
    pub(in crate::segment) fn decide(
        &self,
        segment: &CompiledSegment,
        mut show: impl FnMut(Decision, usize, &[u64]),
    ) {
        for base in (0..self.rows).step_by(BATCH) {
            let all = self.contacts(base);
            let mut left = self.any(&segment.include, base, &all);
            show(Decision::NotIncluded, base, &without(&all, &left));
            for (at, node) in segment.exclude.iter().enumerate() {
                let mut held = left;
                self.narrow(node, base, &mut held);
                show(Decision::Excluded(at), base, &held);
                left = without(&left, &held);
            }
            for (at, node) in segment.filters.iter().enumerate() {
                let mut held = left;
                self.narrow(node, base, &mut held);
                show(Decision::Filtered(at), base, &without(&left, &held));
                left = held;
            }
            show(Decision::Selected, base, &left);
        }
    }

    /// The rows of a batch that have a contact.
    fn contacts(&self, base: usize) -> Words {
        std::array::from_fn(|at| self.live.word(base / 64 + at))
    }

    /// Those of the rows for which some condition holds.
    fn any(&self, parts: &[Node], base: usize, words: &Words) -> Words {
        let mut found = [0u64; WORDS];
        for part in parts {
            let mut open = without(words, &found);
            self.narrow(part, base, &mut open);
            found.iter_mut().zip(&open).for_each(|(found, open)| *found |= open);
        }
        found
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
            Node::Any(parts) => *words = self.any(parts, base, words),
            Node::Not(inner) => {
                let mut held = *words;
                self.narrow(inner, base, &mut held);
                *words = without(words, &held);
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
                if !node.holds(&Row { table: self, at: base + at * 64 + bit as usize }) {
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

fn without(words: &Words, held: &Words) -> Words {
    std::array::from_fn(|at| words[at] & !held[at])
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

/// Calls `visit` with the row of each bit that is set.
pub(in crate::segment) fn each_row(base: usize, words: &[u64], mut visit: impl FnMut(usize)) {
    for (at, &word) in words.iter().enumerate() {
        let mut left = word;
        while left != 0 {
            visit(base + at * 64 + left.trailing_zeros() as usize);
            left &= left - 1;
        }
    }
}
