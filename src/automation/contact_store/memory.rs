//! Contacts in memory: for tests, simulations and small hosts.

use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;

use super::store::{ContactChange, ContactStore, ContactUpdate};
use crate::clock::TimeZone;
use crate::contact::{Contact, Schema};
use crate::error::Result;

/// Contacts by id in memory, with the calls that actions made.
///
/// ```
/// use audiencekit::{Contact, Schema, automation::{ContactStore, MemoryContacts}};
///
/// let schema = Schema::standard();
/// let mut contacts = MemoryContacts::new(&schema);
/// contacts.edit("c-1", |contact| contact.add_tag("VIP", 1, None))?;
/// assert!(contacts.load("c-1", &mut Contact::new(&schema))?);
/// assert!(!contacts.load("c-2", &mut Contact::new(&schema))?);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MemoryContacts {
    schema: Schema,
    zone: TimeZone,
    contacts: BTreeMap<String, Contact>,
    done: HashSet<String>,
    calls: Vec<ContactUpdate>,
}

impl MemoryContacts {
    /// The same contacts, of which no change was asked yet.
    pub(in crate::automation) fn unused(&self) -> Self {
        let (done, calls) = (HashSet::new(), Vec::new());
        Self {
            schema: self.schema.clone(),
            zone: self.zone.clone(),
            contacts: self.contacts.clone(),
            done,
            calls,
        }
    }

    /// No contacts yet.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        Self {
            schema: schema.clone(),
            zone: TimeZone::utc(),
            contacts: BTreeMap::new(),
            done: HashSet::new(),
            calls: Vec::new(),
        }
    }

    /// Changes the contact of this id, made if need be.
    ///
    /// # Errors
    /// What `change` returns.
    pub fn edit(
        &mut self,
        id: impl Into<String>,
        change: impl FnOnce(&mut Contact) -> Result<()>,
    ) -> Result<()> {
        let schema = &self.schema;
        change(self.contacts.entry(id.into()).or_insert_with(|| Contact::new(schema)))
    }

    /// Forgets a contact; true if it was there.
    pub fn remove(&mut self, id: &str) -> bool {
        self.contacts.remove(id).is_some()
    }

    /// The contact of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Contact> {
        self.contacts.get(id)
    }

    /// How many contacts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.contacts.len()
    }

    /// True without contacts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contacts.is_empty()
    }

    /// The calls that actions made, in order.
    #[must_use]
    pub fn calls(&self) -> &[ContactUpdate] {
        &self.calls
    }
}

impl ContactStore for MemoryContacts {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn load(&self, id: &str, into: &mut Contact) -> Result<bool> {
        match self.contacts.get(id) {
            Some(contact) => {
                into.clone_from(contact);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn apply(&mut self, effect: &ContactUpdate) -> Result<()> {
        if !effect.change.is_repeatable() && !self.done.insert(effect.key.clone()) {
            return Ok(());
        }
        if let ContactChange::Call { .. } = effect.change {
            self.calls.push(effect.clone());
        } else if let Some(contact) = self.contacts.get_mut(&effect.contact) {
            effect.change.apply(contact, effect.at, &self.zone)?;
        }
        Ok(())
    }

    fn each(&self, after: Option<&str>, visit: &mut dyn FnMut(&str) -> Result<bool>) -> Result<()> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        for (id, _) in self.contacts.range::<str, _>((from, Bound::Unbounded)) {
            if !visit(id)? {
                break;
            }
        }
        Ok(())
    }
}
