//! All rows of an audience, page by page, in the order of their slots.

use crate::error::Result;
use crate::facebook::AudienceId;
use crate::sync::digest::RowDigest;
use crate::sync::ledger::backend::Backend;
use crate::sync::ledger::record::RowRecord;

/// Rows read from the ledger at a time.
pub(super) const PAGE: usize = 4_096;

/// A scan of all rows. Rows may be overwritten and deleted meanwhile.
#[derive(Debug, Default)]
pub(in crate::sync) struct RowScan {
    after: Option<u64>,
    over: bool,
}

impl RowScan {
    pub(in crate::sync) fn after(slot: u64) -> Self {
        Self { after: Some(slot), over: false }
    }

    /// Reads the next page; `None` at the end, and without a ledger.
    pub(in crate::sync) async fn next(
        &mut self,
        store: &Backend,
        audience: &AudienceId,
    ) -> Result<Option<Vec<(RowDigest, RowRecord)>>> {
        let Some(ledger) = store.ledger().filter(|_| !self.over) else { return Ok(None) };
        let page = ledger.scan(audience, self.after, PAGE).await?;
        self.over = page.len() < PAGE;
        let Some((_, last)) = page.last() else { return Ok(None) };
        self.after = Some(last.slot);
        Ok(Some(page))
    }
}
