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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::{JsonReading, Schema, UnknownFields};

    #[test]
    fn one_more_member_than_are_kept_is_refused() {
        let schema = Schema::standard();
        let mut contact = Contact::new(&schema);
        let reading = JsonReading { unknown: UnknownFields::Keep, ..JsonReading::default() };
        let members = |n: usize| {
            let members: Vec<String> = (0..n).map(|n| format!("\"m{n}\":{n}")).collect();
            format!("{{{}}}", members.join(","))
        };
        reading.read(&members(Contact::MAX_KEPT), &mut contact).unwrap();
        assert_eq!(contact.to_json(), members(Contact::MAX_KEPT));
        contact.clear();
        let error = reading.read(&members(Contact::MAX_KEPT + 1), &mut contact).unwrap_err();
        assert_eq!(
            error.to_string(),
            "field \"m1024\": more than 1024 members without a field: fields for them"
        );
    }
}
