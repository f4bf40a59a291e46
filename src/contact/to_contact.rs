//! Records of your own as contacts, without a derive.

use std::sync::Arc;

use super::record::contact::Contact;
use super::schema::schema::Schema;
use crate::error::Result;

/// A record of your own that can fill a contact.
///
/// Names of fields are looked up once, in [`fields`](Self::fields); [`fill`](Self::fill) then writes by place. A name
/// that the schema does not have is an error before the first record, never a field in silence.
///
/// ```
/// use audiencekit::contact::{FieldId, ToContact};
/// use audiencekit::{Contact, Result, Schema};
///
/// struct Customer { mail: String, points: i64 }
///
/// impl ToContact for Customer {
///     type Fields = (FieldId, FieldId);
///
///     fn fields(schema: &Schema) -> Result<Self::Fields> {
///         Ok((schema.require("email")?, schema.require("score")?))
///     }
///
///     fn fill(&self, &(email, score): &Self::Fields, contact: &mut Contact) -> Result<()> {
///         contact.set_text(email, &self.mail)?;
///         contact.set(score, self.points)
///     }
/// }
///
/// let schema = Schema::standard();
/// let ada = Customer { mail: "ada@example.com".to_owned(), points: 70 };
/// assert_eq!(ada.to_contact(&schema)?.to_json(), r#"{"email":"ada@example.com","score":70}"#);
/// # Ok::<(), audiencekit::Error>(())
/// ```
pub trait ToContact {
    /// Where the fields stand, such as a tuple or a struct of [`FieldId`](super::schema::field::FieldId).
    type Fields: Send + Sync + 'static;

    /// Looks up the fields, once per source.
    ///
    /// # Errors
    /// What [`Schema::require`] says of a field that is not there.
    fn fields(schema: &Schema) -> Result<Self::Fields>;

    /// Writes the record into an empty contact.
    ///
    /// # Errors
    /// What the contact does not take; the record is then a bad row of its source.
    fn fill(&self, fields: &Self::Fields, contact: &mut Contact) -> Result<()>;

    /// One record as a contact, with its fields looked up for it alone: for a change of one person. Of many records
    /// [`RecordSource`](crate::source::RecordSource) looks them up once.
    ///
    /// # Errors
    /// What [`fields`](Self::fields) and [`fill`](Self::fill) say.
    fn to_contact(&self, schema: &Schema) -> Result<Contact> {
        let mut contact = Contact::new(schema);
        self.fill(&Self::fields(schema)?, &mut contact)?;
        Ok(contact)
    }
}

macro_rules! through {
    ($($pointer:ty),*) => {
        $(impl<T: ToContact + ?Sized> ToContact for $pointer {
            type Fields = T::Fields;

            fn fields(schema: &Schema) -> Result<Self::Fields> {
                T::fields(schema)
            }

            fn fill(&self, fields: &Self::Fields, contact: &mut Contact) -> Result<()> {
                (**self).fill(fields, contact)
            }
        })*
    };
}
through!(&T, Box<T>, Arc<T>);
