//! Contacts in transit: refilled, never reallocated.

use super::losses::ReadErrors;
use crate::contact::{Contact, Schema};
use crate::error::Result;

/// A run of contacts, whose memory is used again for the next run.
///
/// ```
/// use audiencekit::{Schema, source::Batch};
///
/// let schema = Schema::standard();
/// let email = schema.require("email")?;
/// let mut batch = Batch::with_capacity(&schema, 1_000);
/// batch.push(|contact| contact.set(email, "ada@example.com"))?;
/// assert_eq!(batch.contacts().len(), 1);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug)]
pub struct Batch {
    schema: Schema,
    contacts: Vec<Contact>,
    len: usize,
    capacity: usize,
    losses: ReadErrors,
}

impl Batch {
    /// Contacts in a batch, unless told otherwise.
    pub const DEFAULT_CAPACITY: usize = 1_024;

    /// An empty batch that takes at most `capacity` contacts.
    #[must_use]
    pub fn with_capacity(schema: &Schema, capacity: usize) -> Self {
        Self {
            schema: schema.clone(),
            contacts: Vec::new(),
            len: 0,
            capacity: capacity.max(1),
            losses: ReadErrors::default(),
        }
    }

    /// The contacts read.
    #[must_use]
    pub fn contacts(&self) -> &[Contact] {
        &self.contacts[..self.len]
    }

    /// Most contacts this batch takes.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// True when no more contacts fit.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len >= self.capacity
    }

    /// What the source could not read since this batch was made; clearing keeps it.
    #[must_use]
    pub fn losses(&self) -> &ReadErrors {
        &self.losses
    }

    /// Where a source counts what it cannot read.
    pub fn losses_mut(&mut self) -> &mut ReadErrors {
        &mut self.losses
    }

    /// Forgets the contacts and keeps their memory.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Adds a contact that `fill` writes into a cleared record; nothing is added when `fill` fails.
    ///
    /// # Errors
    /// What `fill` returns.
    pub fn push(&mut self, fill: impl FnOnce(&mut Contact) -> Result<()>) -> Result<()> {
        if self.len == self.contacts.len() {
            self.contacts.push(Contact::new(&self.schema));
        }
        let contact = &mut self.contacts[self.len];
        contact.clear();
        fill(contact)?;
        self.len += 1;
        Ok(())
    }
}
