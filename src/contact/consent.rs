//! Consents and funnel stages of a contact.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::schema::symbols::Symbol;

/// Where a consent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentStatus {
    /// Given and not withdrawn.
    Confirmed,
    /// Given once, then taken back.
    Withdrawn,
    /// Asked for and not given.
    NotConfirmed,
}

/// One entry of a consent's history. The state at an instant is the last entry at or before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consent {
    /// The consent's name.
    pub name: Symbol,
    /// What was decided.
    pub status: ConsentStatus,
    /// When; unknown counts as before all known ones.
    pub at: Option<OffsetDateTime>,
}

/// A place in a sales funnel. A contact may stand on stages of several funnels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunnelStage {
    /// The funnel's name.
    pub funnel: Symbol,
    /// The stage's name.
    pub stage: Symbol,
    /// Since when, if known.
    pub since: Option<OffsetDateTime>,
}
