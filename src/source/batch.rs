//! Contacts in transit: refilled, never reallocated.

use super::read_errors::ReadErrors;
use crate::contact::{Contact, Schema};
use crate::error::Result;

/// A reusable buffer of contacts. Its memory serves one batch after another.
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
    /// The default number of contacts in a batch: 1,024.
    pub const DEFAULT_CAPACITY: usize = 1_024;

    /// Creates an empty batch that holds at most `capacity` contacts.
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

    /// Returns the contacts that were read.
    #[must_use]
    pub fn contacts(&self) -> &[Contact] {
        &self.contacts[..self.len]
    }

    /// Returns the maximum number of contacts.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Returns `true` if no more contacts fit.
    ///
    /// ```
    /// use audiencekit::{Schema, source::Batch};
    ///
    /// let mut batch = Batch::with_capacity(&Schema::standard(), 1);
    /// batch.push(|_| Ok(()))?;
    /// assert!(batch.is_full());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len >= self.capacity
    }

    /// Returns what the source could not read since this batch was created. Clearing the batch keeps it.
    #[must_use]
    pub fn read_errors(&self) -> &ReadErrors {
        &self.losses
    }

    /// Returns the counters in which a source records what it cannot read.
    pub fn read_errors_mut(&mut self) -> &mut ReadErrors {
        &mut self.losses
    }

    /// Removes the contacts and keeps their memory.
    ///
    /// ```
    /// use audiencekit::{Schema, source::Batch};
    ///
    /// let mut batch = Batch::with_capacity(&Schema::standard(), 10);
    /// batch.push(|_| Ok(()))?;
    /// batch.clear();
    /// assert!(batch.contacts().is_empty());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Adds a contact that `fill` writes into an empty record. If `fill` fails, nothing is added.
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
