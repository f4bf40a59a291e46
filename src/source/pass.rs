//! One pass over all contacts of a source.

use super::batch::Batch;
use crate::contact::Contact;
use crate::error::Result;
use crate::source::ContactSource;

/// Calls `each` with every contact, also with those that come beside the end.
pub(super) async fn each_contact(
    source: &(impl ContactSource + ?Sized),
    mut each: impl FnMut(&Contact),
) -> Result<()> {
    let mut reader = source.open().await?;
    let mut batch = Batch::with_capacity(source.schema(), Batch::DEFAULT_CAPACITY);
    loop {
        batch.clear();
        let more = reader.next_batch(&mut batch).await?;
        batch.contacts().iter().for_each(&mut each);
        if !more {
            return Ok(());
        }
    }
}
