//! Members of a contact's JSON that no field takes, kept as they were written.

use super::cell::Span;
use super::contact::Contact;
use super::overflow::Inside;
use crate::error::{Error, ErrorKind, Result};

impl Contact {
    /// The maximum number of kept members: 1,024 for the contact, and 1,024 for each of its tags, consents, stages and events.
    pub const MAX_KEPT: usize = 1_024;

    /// The maximum number of kept members inside all tags, consents, stages and events of one contact: 262,144.
    pub const MAX_KEPT_INSIDE: usize = 1 << 18;

    /// Returns the members without a field that `UnknownFields::Keep` kept: names, and values as JSON.
    ///
    /// Members inside tags, consents, stages and events are kept as well; [`to_json`](Self::to_json) writes them where
    /// they stood.
    ///
    /// ```
    /// use audiencekit::contact::{JsonReading, UnknownFields};
    /// use audiencekit::{Contact, Schema};
    ///
    /// let mut reading = JsonReading::default();
    /// reading.unknown = UnknownFields::Keep;
    /// let mut ada = Contact::new(&Schema::standard());
    /// reading.read(r#"{"id": "7", "shoe_size": 39}"#, &mut ada)?;
    /// assert_eq!(ada.kept().collect::<Vec<_>>(), [("shoe_size", "39")]);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn kept(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.lists().kept.iter().map(|&(name, json)| (self.store().piece(name), self.store().piece(json)))
    }

    /// Keeps a member that stands there once.
    pub(in crate::contact) fn keep(&mut self, name: &str, json: &str) -> Result<()> {
        may_keep(name, name, self.kept().map(|(known, _)| known))?;
        let (name, json) = (self.push_text(name)?, self.push_text(json)?);
        self.lists_mut().kept.push((name, json));
        Ok(())
    }

    /// Keeps a member of the object that was added last, which stands at `path`.
    pub(in crate::contact) fn keep_inside(
        &mut self,
        at: Inside,
        path: &str,
        name: &str,
        json: &str,
    ) -> Result<()> {
        let own = self.lists().kept_inside.iter().rev().take_while(|(of, ..)| *of == at);
        may_keep(path, name, own.map(|&(_, known, _)| self.store().piece(known)))?;
        if self.lists().kept_inside.len() >= Self::MAX_KEPT_INSIDE {
            let message = "more than 262144 members that tags, consents, stages and events do not have";
            return Err(Error::new(ErrorKind::Source, format!("field {path:?}"), message));
        }
        let (name, json) = (self.push_text(name)?, self.push_text(json)?);
        self.lists_mut().kept_inside.push((at, name, json));
        Ok(())
    }

    /// Drops what is kept of an object that is gone.
    pub(super) fn forget_inside(&mut self, at: Inside) {
        if !self.lists().kept_inside.is_empty() {
            let lists = self.lists_mut();
            for (_, name, json) in lists.kept_inside.extract_if(.., |(of, ..)| *of == at) {
                lists.waste += (name.len + json.len) as usize;
            }
        }
    }

    /// What is kept inside the lists, by the objects it belongs to.
    pub(in crate::contact) fn kept_inside(&self) -> KeptInside<'_> {
        let mut sorted = self.lists().kept_inside.clone();
        sorted.sort_by_key(|(at, ..)| *at);
        KeptInside { contact: self, sorted }
    }
}

/// Refuses a member that is kept already, and one more than there may be.
fn may_keep<'a>(path: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Result<()> {
    let wrong = |message: &'static str| Error::new(ErrorKind::Source, format!("field {path:?}"), message);
    let mut count = 0;
    for other in known {
        if other == name {
            return Err(wrong("stands twice").with_expected("each member once"));
        }
        count += 1;
    }
    if count >= Contact::MAX_KEPT {
        return Err(wrong("more than 1024 members without a field").with_expected("fields for them"));
    }
    Ok(())
}

/// Members that are kept inside tags, consents, stages and events.
pub(in crate::contact) struct KeptInside<'a> {
    contact: &'a Contact,
    sorted: Vec<(Inside, Span, Span)>,
}

impl KeptInside<'_> {
    /// Names and JSON of those of one object, in the order they stood.
    pub(in crate::contact) fn of(&self, at: Inside) -> impl Iterator<Item = (&str, &str)> {
        let start = self.sorted.partition_point(|(of, ..)| *of < at);
        let own = self.sorted.iter().skip(start).take_while(move |(of, ..)| *of == at);
        own.map(|&(_, name, json)| (self.contact.store().piece(name), self.contact.store().piece(json)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::json::read::{JsonReading, UnknownFields};
    use crate::contact::schema::schema::Schema;

    #[test]
    fn one_more_member_inside_lists_than_are_kept_is_refused() {
        let mut contact = Contact::new(&Schema::standard());
        for n in 0..Contact::MAX_KEPT_INSIDE as u32 {
            contact.keep_inside(Inside::Event(n), "", "x", "1").unwrap();
        }
        let error = contact.keep_inside(Inside::Event(u32::MAX), "events[9].x", "x", "1").unwrap_err();
        assert!(error.to_string().starts_with("field \"events[9].x\": more than 262144 members"), "{error}");
    }

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
            "field \"m1024\": more than 1024 members without a field; expected fields for them"
        );
    }
}
