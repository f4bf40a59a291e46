//! Members of a contact's JSON that no field takes, kept as they were written.

use super::contact::Contact;
use crate::error::{Error, ErrorKind, Result};

impl Contact {
    /// Most members that are kept without a field.
    pub const MAX_KEPT: usize = 1_024;

    /// The members without a field that [`UnknownFields::Keep`](super::UnknownFields::Keep) kept: names, and values
    /// as JSON.
    pub fn kept(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.lists().kept.iter().map(|&(name, json)| (self.store().piece(name), self.store().piece(json)))
    }

    /// Keeps a member that stands there once.
    pub(super) fn keep(&mut self, name: &str, json: &str) -> Result<()> {
        let wrong = |message: &'static str| Error::new(ErrorKind::Source, format!("field {name:?}"), message);
        if self.kept().any(|(known, _)| known == name) {
            return Err(wrong("stands twice").expected("each member once"));
        }
        if self.lists().kept.len() >= Self::MAX_KEPT {
            return Err(wrong("more than 1024 members without a field").expected("fields for them"));
        }
        let (name, json) = (self.push_text(name)?, self.push_text(json)?);
        self.lists_mut().kept.push((name, json));
        Ok(())
    }
}
