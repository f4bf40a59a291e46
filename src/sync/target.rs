//! What a run is for: the audience, its contacts, and how the two are brought together.

use serde::{Deserialize, Serialize};

use crate::audience::{Audience, ContactManagement, MinimumSize, Refresh};
use crate::facebook::{AccountId, AudienceId};
use crate::segment::Segment;

/// How a run brings Facebook's members and the selected contacts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SyncMode {
    /// Sends the selected people once. When all were sent the audience is frozen: later runs send nothing, whatever
    /// happens to the contacts.
    #[default]
    Snapshot,
    /// Adds the selected people and removes nobody.
    Add,
    /// Removes the selected people, each exactly as it was added. Needs a ledger.
    Remove,
    /// Adds who is selected and not a member, removes who is a member and no longer selected. Needs a ledger.
    Mirror,
    /// Replaces all members, also those that this side did not send, in one session of at most 90 minutes. Refused while
    /// rows of the source cannot be read.
    Replace,
}

impl SyncMode {
    /// The word for it in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Mirror => "mirror",
            Self::Replace => "replace",
        }
    }
}

/// The audience and contacts of a run. An `Audience` converts into it; make one by hand to choose another mode.
///
/// ```
/// use audiencekit::{SyncMode, Schema, Segment, Selector, SyncTarget};
///
/// let vip = Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&Schema::standard())?;
/// let target = SyncTarget::new("act_1".parse()?, "23850000000000001".parse()?).segment(vip).mode(SyncMode::Replace);
/// assert_eq!(target.segments.as_deref().map(<[_]>::len), Some(1));
/// // Of a saved audience: SyncTarget::from(&audience).mode(SyncMode::Replace)
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SyncTarget {
    /// The audience.
    pub audience: AudienceId,
    /// The ad account that owns it.
    pub account: AccountId,
    /// How members and contacts are brought together.
    pub mode: SyncMode,
    /// A contact is selected when one of these selects it. `None` selects every contact of the source, an empty list
    /// is an audience fed by automation alone, which no run can read.
    pub segments: Option<Vec<Segment>>,
    /// How many reachable people there should be.
    pub minimum_size: MinimumSize,
}

impl SyncTarget {
    /// All contacts of the source, as a frozen snapshot.
    #[must_use]
    pub fn new(account: AccountId, audience: AudienceId) -> Self {
        Self {
            audience,
            account,
            mode: SyncMode::Snapshot,
            segments: None,
            minimum_size: MinimumSize::default(),
        }
    }

    /// Only the contacts that this segment, or another one given before, selects.
    #[must_use]
    pub fn segment(mut self, segment: Segment) -> Self {
        self.segments.get_or_insert_default().push(segment);
        self
    }

    /// Another mode.
    #[must_use]
    pub fn mode(mut self, mode: SyncMode) -> Self {
        self.mode = mode;
        self
    }

    /// Groups and mode as an audience has them.
    pub(super) fn take_from(&mut self, management: &ContactManagement, refresh: Refresh) {
        let (segments, mode) = match (management, refresh) {
            (ContactManagement::Group(segments), Refresh::Mirror) => (segments.clone(), SyncMode::Mirror),
            (ContactManagement::Group(segments), Refresh::Never) => (segments.clone(), SyncMode::Snapshot),
            (ContactManagement::Automation, _) => (Vec::new(), SyncMode::Add),
        };
        self.segments = Some(segments);
        self.mode = mode;
    }

    /// Another policy for the number of reachable people.
    #[must_use]
    pub fn minimum_size(mut self, policy: MinimumSize) -> Self {
        self.minimum_size = policy;
        self
    }
}

impl From<&Audience> for SyncTarget {
    fn from(audience: &Audience) -> Self {
        let mut target = Self::new(audience.account().clone(), audience.id().clone())
            .minimum_size(audience.minimum_size());
        target.take_from(audience.management(), audience.refresh());
        target
    }
}

impl From<&SyncTarget> for SyncTarget {
    fn from(target: &SyncTarget) -> Self {
        target.clone()
    }
}
