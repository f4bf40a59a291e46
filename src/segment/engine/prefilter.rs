//! What every contact that fits must have in place, asked without a branch.
//!
//! A contact in memory is seldom in the processor's cache. A condition that branches on what it reads makes the processor
//! guess; with a wrong guess it waits for the memory, one contact after the other. The guard reads what the filter's plain
//! conditions ask for and decides once, mostly the same way, so that the next contacts are fetched in the meantime.

use super::plan::{InstantTerm, Node};
use crate::contact::{Contact, PackedRange, Schema, Symbol};

/// Necessary conditions of a plan: a contact that they refuse does not fit, one that they admit has to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    slots: Box<[SlotTest]>,
    /// The marks of the tags of each condition, one of which there must be.
    tags: Box<[u64]>,
}

/// A slot has a value in one of these ranges.
#[derive(Debug, Clone)]
struct SlotTest {
    at: u32,
    ranges: Box<[PackedRange]>,
}

/// All of them are asked of every contact, so there are few.
const MOST_TESTS: usize = 6;
const MOST_WORDS: usize = 6;

impl Guard {
    pub(crate) fn of(plan: &Node, schema: &Schema) -> Self {
        let parts = match plan {
            Node::All(parts) => parts,
            one => std::slice::from_ref(one),
        };
        let tags = parts.iter().filter_map(|part| match part {
            Node::Tags(tags) => Some(tags.iter().fold(0, |marks, tag| marks | tag.mark())),
            _ => None,
        });
        Self {
            slots: parts.iter().filter_map(|part| SlotTest::of(part, schema)).take(MOST_TESTS).collect(),
            tags: tags.take(MOST_TESTS).collect(),
        }
    }

    /// False for a contact that cannot fit.
    #[inline]
    pub(crate) fn admits(&self, contact: &Contact) -> bool {
        let admitted = self.slots.iter().fold(true, |admitted, test| admitted & test.holds(contact));
        self.tags.iter().fold(admitted, |admitted, marks| admitted & contact.may_be_tagged(*marks))
    }
}

impl SlotTest {
    fn of(part: &Node, schema: &Schema) -> Option<Self> {
        let (at, ranges) = match part {
            Node::Boolean { at, wanted } => (*at, vec![PackedRange::boolean(*wanted)]),
            Node::Whole { at, low, high, negated: false } => (*at, vec![PackedRange::integers(*low, *high)]),
            Node::Days { at, low, high, negated: false } => {
                let (_, field) = schema.fields().nth(*at as usize)?;
                (*at, vec![PackedRange::days(field.field_type(), *low, *high)])
            }
            Node::Instant { term: InstantTerm::Cell(at), low, high, negated: false } => {
                (*at, vec![PackedRange::instants(*low, *high)])
            }
            Node::Keyword { at, symbols, exact: false, negated: false, .. }
                if symbols.len() <= MOST_WORDS =>
            {
                let words = symbols.iter().map(|&folded| PackedRange::keyword(Symbol(folded)));
                // One that found no room among the symbols came as text.
                (*at, words.chain([PackedRange::texts()]).collect())
            }
            _ => return None,
        };
        Some(Self { at, ranges: ranges.into_iter().flatten().collect() })
    }

    #[inline]
    fn holds(&self, contact: &Contact) -> bool {
        let value = contact.packed(self.at as usize);
        self.ranges.iter().fold(false, |found, range| found | range.contains(value))
    }
}
