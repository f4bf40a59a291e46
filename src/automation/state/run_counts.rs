//! How often rules have run for a contact, in a few bytes: a bit for one run, a number for more.

use smallvec::SmallVec;

use super::interner::NameId;
use crate::store::codec::{Reader, put_number};

/// Runs by rule, each up to what its rule can ask for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::automation) struct RunCounts {
    once: NameSet,
    /// Of two runs or more.
    more: Vec<(NameId, u32)>,
}

impl RunCounts {
    pub(super) fn of(&self, rule: NameId) -> u32 {
        if self.once.has(rule) {
            return 1;
        }
        self.more.iter().find(|(known, _)| *known == rule).map_or(0, |&(_, count)| count)
    }

    /// Counts one run more. It never goes below what it was.
    pub(super) fn add(&mut self, rule: NameId) {
        if let Some((_, count)) = self.more.iter_mut().find(|(known, _)| *known == rule) {
            *count = count.saturating_add(1);
        } else if self.once.remove(rule) {
            self.more.push((rule, 2));
        } else {
            self.once.insert(rule);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.once.0.is_empty() && self.more.is_empty()
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        self.once.put(out);
        put_number(out, self.more.len() as u64);
        for &(rule, count) in &self.more {
            put_number(out, rule.into());
            put_number(out, count.into());
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Option<Self> {
        let once = NameSet::read(from)?;
        Some(Self { once, more: from.list(|from| Some((from.small()?, from.small()?)))? })
    }
}

/// Names as bits, 32 beside one another: definitions number their names in a row.
#[derive(Debug, Clone, Default, PartialEq)]
struct NameSet(SmallVec<[(u32, u32); 4]>);

impl NameSet {
    fn has(&self, name: NameId) -> bool {
        let (block, bit) = place(name);
        self.0.iter().any(|&(known, bits)| known == block && bits & bit != 0)
    }

    fn insert(&mut self, name: NameId) {
        let (block, bit) = place(name);
        match self.0.binary_search_by_key(&block, |&(known, _)| known) {
            Ok(at) => {
                if let Some((_, bits)) = self.0.get_mut(at) {
                    *bits |= bit;
                }
            }
            Err(at) => self.0.insert(at, (block, bit)),
        }
    }

    /// True when it was there.
    fn remove(&mut self, name: NameId) -> bool {
        let (block, bit) = place(name);
        let was_there = self.has(name);
        self.0.iter_mut().filter(|(known, _)| *known == block).for_each(|(_, bits)| *bits &= !bit);
        self.0.retain(|(_, bits)| *bits != 0);
        was_there
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_number(out, self.0.len() as u64);
        for &(block, bits) in &self.0 {
            put_number(out, block.into());
            out.extend_from_slice(&bits.to_le_bytes());
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let blocks = from.list(|from| Some((from.small()?, u32::from_le_bytes(from.chunk()?))))?;
        let in_order = blocks.iter().zip(blocks.iter().skip(1)).all(|((one, _), (next, _))| one < next);
        in_order.then(|| Self(blocks.into()))
    }
}

fn place(name: NameId) -> (u32, u32) {
    (name / 32, 1 << (name % 32))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn runs_are_counted_as_a_map_counts_them_and_come_back_from_their_bytes() {
        let (mut runs, mut model) = (RunCounts::default(), BTreeMap::new());
        for n in 0..2_000_u32 {
            let rule = (n * 7_919 % 131) * if n % 3 == 0 { 1 } else { 1_000_003 };
            runs.add(rule);
            *model.entry(rule).or_insert(0) += 1;
            assert_eq!(runs.of(rule), model[&rule]);
            if n % 97 == 0 {
                let mut bytes = Vec::new();
                runs.put(&mut bytes);
                let mut from = Reader(&bytes);
                runs = RunCounts::read(&mut from).unwrap();
                assert!(from.0.is_empty());
            }
        }
        assert!(model.iter().all(|(&rule, &count)| runs.of(rule) == count));
        assert_eq!(runs.of(u32::MAX), 0);
    }

    #[test]
    fn one_run_of_each_of_a_hundred_rules_takes_two_dozen_bytes() {
        let mut runs = RunCounts::default();
        (0..100).for_each(|rule| runs.add(rule));
        let mut bytes = Vec::new();
        runs.put(&mut bytes);
        assert!(bytes.len() < 24, "{}", bytes.len());
    }
}
