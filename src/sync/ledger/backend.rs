//! The store of an engine.

use std::sync::Arc;

use super::lease::AudienceLock;
use super::traits::{Journal, Ledger};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::AudienceId;

/// A store: calls alone, or members too.
#[derive(Debug, Clone)]
pub(in crate::sync) enum Backend {
    Journal(Arc<dyn Journal>),
    Ledger(Arc<dyn Ledger>),
}

impl Backend {
    pub(in crate::sync) fn journal(&self) -> &dyn Journal {
        match self {
            Self::Journal(journal) => journal,
            Self::Ledger(ledger) => ledger,
        }
    }

    pub(in crate::sync) fn ledger(&self) -> Option<&dyn Ledger> {
        match self {
            Self::Journal(..) => None,
            Self::Ledger(ledger) => Some(ledger),
        }
    }

    pub(in crate::sync) fn lock(&self, audience: &AudienceId) -> Result<AudienceLock> {
        self.journal().audience_locks().acquire(audience)
    }

    pub(in crate::sync) fn require_ledger(&self, operation: &'static str) -> Result<&dyn Ledger> {
        self.ledger().ok_or_else(|| {
            Error::new(ErrorKind::Invalid, operation, "a journal alone does not remember members")
                .with_help("build the engine with a ledger")
        })
    }
}
