//! Ids of rules, workflows and audiences as small numbers.

use std::collections::HashMap;
use std::sync::Arc;

use crate::automation::store::store::{Keyspace, WriteOp};

/// The number of an id. The store keeps it for ever.
pub(in crate::automation) type NameId = u32;

/// Numbers ids in the order in which they first come.
#[derive(Debug, Default)]
pub(in crate::automation) struct Interner {
    numbers: HashMap<Arc<str>, NameId>,
    texts: Vec<Arc<str>>,
    /// How many of them the store has.
    stored: usize,
}

impl Interner {
    /// Returns the number of a text, a new one if need be.
    pub(in crate::automation) fn intern(&mut self, text: &str) -> NameId {
        self.get(text).unwrap_or_else(|| self.add(text.into()))
    }

    /// Returns the number of a text that has one.
    pub(in crate::automation) fn get(&self, text: &str) -> Option<NameId> {
        self.numbers.get(text).copied()
    }

    /// Returns the text of a number.
    pub(in crate::automation) fn text(&self, name: NameId) -> Arc<str> {
        self.texts.get(name as usize).map_or_else(|| "".into(), Arc::clone)
    }

    /// Takes in the next text of the store.
    pub(super) fn load(&mut self, text: Arc<str>) {
        self.add(text);
        self.stored = self.texts.len();
    }

    pub(super) fn len(&self) -> NameId {
        self.texts.len() as NameId
    }

    pub(super) fn has_new(&self) -> bool {
        self.stored < self.texts.len()
    }

    /// Puts the new texts with the writes of a step.
    pub(super) fn write(&mut self, writes: &mut Vec<WriteOp>) {
        for (number, text) in self.texts.iter().enumerate().skip(self.stored) {
            let (key, value) = ((number as NameId).to_be_bytes().to_vec(), text.as_bytes().to_vec());
            writes.push(WriteOp::put(Keyspace::Name, key, value));
        }
        self.stored = self.texts.len();
    }

    fn add(&mut self, text: Arc<str>) -> NameId {
        let number = self.len();
        self.numbers.insert(Arc::clone(&text), number);
        self.texts.push(text);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_number_and_is_written_once() {
        let mut names = Interner::default();
        names.load("stored".into());
        assert_eq!((names.intern("stored"), names.intern("new"), names.intern("new")), (0, 1, 1));
        assert!(names.has_new());
        let mut writes = Vec::new();
        names.write(&mut writes);
        names.write(&mut writes);
        assert_eq!(writes, [WriteOp::put(Keyspace::Name, 1_u32.to_be_bytes().to_vec(), b"new".to_vec())]);
        assert_eq!((&*names.text(1), names.get("none"), &*names.text(9)), ("new", None, ""));
    }
}
