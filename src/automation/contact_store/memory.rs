//! Contacts in memory.

use std::collections::{BTreeMap, HashSet};
use std::ops::{Bound, ControlFlow};

use super::store::{ContactChange, ContactStore, ContactUpdate};
use crate::clock::TimeZone;
use crate::contact::{Contact, Schema};
use crate::error::Result;

/// Contacts in memory, for tests, simulations and small applications. It records the calls that actions make.
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
    /// Returns a copy of the contacts to which no update was applied yet.
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

    /// Creates an empty store.
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

    /// Changes the contact of an id, which is created if it does not exist.
    ///
    /// # Errors
    /// The error of `change`.
    pub fn edit(
        &mut self,
        id: impl Into<String>,
        change: impl FnOnce(&mut Contact) -> Result<()>,
    ) -> Result<()> {
        let schema = &self.schema;
        change(self.contacts.entry(id.into()).or_insert_with(|| Contact::new(schema)))
    }

    /// Removes a contact. Returns `true` if it existed.
    ///
    /// ```
    /// use audiencekit::{Schema, automation::MemoryContacts};
    ///
    /// let mut contacts = MemoryContacts::new(&Schema::standard());
    /// contacts.edit("c-1", |_| Ok(()))?;
    /// assert!(contacts.remove("c-1") && contacts.is_empty());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn remove(&mut self, id: &str) -> bool {
        self.contacts.remove(id).is_some()
    }

    /// Returns the contact of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Contact> {
        self.contacts.get(id)
    }

    /// Returns the number of contacts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.contacts.len()
    }

    /// Returns `true` if there are no contacts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contacts.is_empty()
    }

    /// Returns the calls that actions made, in order.
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

    fn apply(&mut self, update: &ContactUpdate) -> Result<()> {
        if !update.change.is_repeatable() && !self.done.insert(update.key.clone()) {
            return Ok(());
        }
        if let ContactChange::Call { .. } = update.change {
            self.calls.push(update.clone());
        } else if let Some(contact) = self.contacts.get_mut(&update.contact) {
            update.change.apply(contact, update.at, &self.zone)?;
        }
        Ok(())
    }

    fn each(
        &self,
        after: Option<&str>,
        visit: &mut dyn FnMut(&str) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        for (id, _) in self.contacts.range::<str, _>((from, Bound::Unbounded)) {
            if visit(id)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
