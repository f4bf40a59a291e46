//! Which contacts a run takes.

use time::OffsetDateTime;

use super::target::SyncTarget;
use crate::clock::Zone;
use crate::contact::{Contact, Schema};
use crate::error::Result;

/// What became of a contact.
#[allow(dead_code)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    NotIncluded,
    Excluded,
    Filtered,
    Selected,
}

/// The groups of a target, compiled: a contact is selected when one of them selects it.
#[derive(Debug)]
pub(super) struct Groups;

impl Groups {
    pub(super) fn compile(_: &SyncTarget, _: &Schema, _: OffsetDateTime, _: &Zone) -> Result<Self> {
        Ok(Self)
    }

    pub(super) fn decide(&self, _: &Contact) -> Verdict {
        Verdict::Selected
    }
}
