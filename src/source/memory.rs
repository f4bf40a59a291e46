//! Contacts that are in memory already.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::batch::Batch;
use crate::contact::{Contact, Schema};
use crate::error::Result;
use crate::segment::ContactTable;
use crate::source::{ContactReader, ContactSource};

/// A source over contacts in memory. Clones share the contacts.
///
/// ```
/// use audiencekit::{Contact, Schema, MemorySource};
///
/// let schema = Schema::standard();
/// let mut ada = Contact::new(&schema);
/// ada.set(schema.require("email")?, "ada@example.com")?;
/// let people = MemorySource::new(&schema, vec![ada]);
/// assert_eq!(people.contacts().len(), 1);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone)]
pub struct MemorySource {
    schema: Schema,
    contacts: Arc<[Contact]>,
    table: Option<Arc<ContactTable>>,
}

impl MemorySource {
    /// Creates a source of these contacts, which must belong to `schema`.
    #[must_use]
    pub fn new(schema: &Schema, contacts: Vec<Contact>) -> Self {
        Self { schema: schema.clone(), contacts: contacts.into(), table: None }
    }

    /// Adds a [`ContactTable`] of the contacts, so that further [counts](crate::Segment::count) take a fraction of the
    /// time. Use it when many segments are counted, for instance while a user edits one.
    ///
    /// ```
    /// use audiencekit::{Contact, EvaluationTime, MemorySource, Schema, Segment, Selector};
    /// use time::macros::datetime;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let schema = Schema::standard();
    /// let contacts = vec![Contact::builder(&schema).score(70).build()?, Contact::new(&schema)];
    /// let people = MemorySource::new(&schema, contacts).with_table()?;
    /// let warm = Segment::builder("warm").include(Selector::all()).filter("score >= 50").build(&schema)?;
    /// let count = warm.count(&people, &EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC))).await?;
    /// assert_eq!((count.contacts, count.selected), (2, 1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`ContactTable::push`].
    pub fn with_table(self) -> Result<Self> {
        let mut table = ContactTable::new(&self.schema);
        for contact in self.contacts.iter() {
            table.push(contact)?;
        }
        Ok(Self { table: Some(Arc::new(table)), ..self })
    }

    /// Returns the contacts of the source.
    #[must_use]
    pub fn contacts(&self) -> &[Contact] {
        &self.contacts
    }
}

impl fmt::Debug for MemorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemorySource({} contacts)", self.contacts.len())
    }
}

#[async_trait]
impl ContactSource for MemorySource {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn len_hint(&self) -> Option<u64> {
        Some(self.contacts.len() as u64)
    }

    fn table(&self) -> Option<&ContactTable> {
        self.table.as_deref()
    }

    async fn open(&self) -> Result<Box<dyn ContactReader>> {
        Ok(Box::new(MemoryReader { contacts: Arc::clone(&self.contacts), next: 0 }))
    }
}

struct MemoryReader {
    contacts: Arc<[Contact]>,
    next: usize,
}

#[async_trait]
impl ContactReader for MemoryReader {
    async fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.clear();
        while let Some(known) = self.contacts.get(self.next) {
            if batch.is_full() {
                break;
            }
            batch.push(|contact| {
                contact.clone_from(known);
                Ok(())
            })?;
            self.next += 1;
        }
        Ok(!batch.contacts().is_empty())
    }
}
