//! What an audience was last busy with.

use serde::{Deserialize, Serialize};

use crate::facebook::fake::settings::ReadyAfter;

/// What an audience was last busy with.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct OperationState {
    /// Set while the effect of the last upload does not show.
    pub(in crate::facebook::fake) pending: Option<Pending>,
    /// People that show in the size; none before the first upload was worked in.
    pub(in crate::facebook::fake) shown: Option<u64>,
    /// Rows refused and received in the last upload session.
    pub(in crate::facebook::fake) last_invalid: u64,
    pub(in crate::facebook::fake) last_received: u64,
    /// The replace session that is running, and when it began.
    pub(in crate::facebook::fake) replacing: Option<(u64, i64)>,
    pub(in crate::facebook::fake) replace_failed: bool,
    /// An `operation_status` that a test has set.
    pub(in crate::facebook::fake) forced: Option<u32>,
}

/// When the last upload will show.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::facebook::fake) enum Pending {
    At(i64),
    Polls(u32),
}

impl OperationState {
    pub(in crate::facebook::fake) fn populating(&mut self, now: i64, ready: ReadyAfter) {
        self.pending = Some(match ready {
            ReadyAfter::Immediate => Pending::At(now),
            ReadyAfter::After(wait) => Pending::At(now.saturating_add_unsigned(wait.as_secs())),
            ReadyAfter::AfterPolls(polls) => Pending::Polls(polls),
        });
    }
}
