//! The host's store, as an engine asks it.

use std::sync::Arc;

use super::lease::Lease;
use super::ledger::{Journal, Ledger};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::AudienceId;

/// The host's store: calls alone, or members too.
#[derive(Debug, Clone)]
pub(super) enum Store {
    Calls(Arc<dyn Journal>),
    Members(Arc<dyn Ledger>),
}

impl Store {
    pub(super) fn journal(&self) -> &dyn Journal {
        match self {
            Self::Calls(journal) => journal,
            Self::Members(ledger) => ledger,
        }
    }

    pub(super) fn ledger(&self) -> Option<&dyn Ledger> {
        match self {
            Self::Calls(..) => None,
            Self::Members(ledger) => Some(ledger),
        }
    }

    pub(super) fn lease(&self, audience: &AudienceId) -> Result<Lease> {
        self.journal().leases().take(audience)
    }

    pub(super) fn require_ledger(&self, operation: &'static str) -> Result<&dyn Ledger> {
        self.ledger().ok_or_else(|| {
            Error::new(ErrorKind::Invalid, operation, "a journal alone does not remember members")
                .expected("an engine with a ledger")
        })
    }
}
