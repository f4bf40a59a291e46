//! The audience of a run, its contacts, and how the two are brought together.

use serde::{Deserialize, Serialize};

use crate::audience::{Audience, ContactManagement, MinimumSize, Refresh};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::{AccountId, AudienceId};
use crate::segment::Segment;

/// The way a run brings the members of an audience in step with the selected contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SyncMode {
    /// Sends the selected contacts once. Then the audience is frozen: later runs send nothing, whatever happens to the
    /// contacts.
    #[default]
    Snapshot,
    /// Adds the selected contacts and removes no members.
    Add,
    /// Removes the selected contacts, each with the rows by which it was added. Requires a ledger.
    Remove,
    /// Adds selected contacts that are not members, and removes members that are no longer selected. Requires a ledger.
    Mirror,
    /// Replaces all members, including those that this crate did not send, in one session of at most 90 minutes. Refused
    /// while rows of the source cannot be read.
    Replace,
}

impl SyncMode {
    /// Returns its name in reports, such as `mirror`.
    ///
    /// ```
    /// assert_eq!(audiencekit::SyncMode::Mirror.as_str(), "mirror");
    /// ```
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

/// The audience of a run, its contacts, and the mode.
///
/// A saved `Audience` converts into it. Create one yourself to choose another mode.
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
    /// The way the members are brought in step with the contacts.
    pub mode: SyncMode,
    /// The segments; a contact is selected if any of them selects it. `None` selects every contact of the source. An empty
    /// list is an audience fed by automation alone, which runs reject.
    pub segments: Option<Vec<Segment>>,
    /// The minimum number of reachable contacts.
    pub minimum_size: MinimumSize,
}

impl SyncTarget {
    /// Creates a target of all contacts of the source, with [`SyncMode::Snapshot`].
    ///
    /// ```
    /// use audiencekit::{SyncMode, SyncTarget};
    ///
    /// let target = SyncTarget::new("act_1".parse()?, "23850000000000001".parse()?);
    /// assert!(target.mode == SyncMode::Snapshot && target.segments.is_none());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
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

    /// Adds a segment: only contacts that it or another given segment selects are sent. Defaults to all contacts.
    ///
    /// ```
    /// use audiencekit::{Schema, Segment, Selector, SyncTarget};
    ///
    /// let schema = Schema::standard();
    /// let vip = Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&schema)?;
    /// let target = SyncTarget::new("act_1".parse()?, "23850000000000001".parse()?).segment(vip);
    /// assert_eq!(target.segments.map_or(0, |segments| segments.len()), 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn segment(mut self, segment: Segment) -> Self {
        self.segments.get_or_insert_default().push(segment);
        self
    }

    /// Sets the mode. Defaults to [`SyncMode::Snapshot`].
    ///
    /// ```
    /// use audiencekit::{SyncMode, SyncTarget};
    ///
    /// let target = SyncTarget::new("act_1".parse()?, "23850000000000001".parse()?).mode(SyncMode::Mirror);
    /// assert_eq!(target.mode, SyncMode::Mirror);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn mode(mut self, mode: SyncMode) -> Self {
        self.mode = mode;
        self
    }

    /// Refuses an audience without a group, whose contacts no segment selects.
    pub(super) fn require_group(&self) -> Result<()> {
        if !self.segments.as_ref().is_some_and(Vec::is_empty) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Invalid, "sync", "the audience is fed by automation alone")
            .with_help("to add contacts that match already, use SyncTarget::segment(..) with SyncMode::Add"))
    }

    /// Takes the segments and the mode of an audience.
    pub(super) fn take_from(&mut self, management: &ContactManagement, refresh: Refresh) {
        let (segments, mode) = match (management, refresh) {
            (ContactManagement::Group(segments), Refresh::Mirror) => (segments.clone(), SyncMode::Mirror),
            (ContactManagement::Group(segments), Refresh::Never) => (segments.clone(), SyncMode::Snapshot),
            (ContactManagement::Automation, _) => (Vec::new(), SyncMode::Add),
        };
        self.segments = Some(segments);
        self.mode = mode;
    }

    /// Sets the minimum number of reachable contacts, and what happens below it.
    ///
    /// ```
    /// use audiencekit::SyncTarget;
    /// use audiencekit::audience::MinimumSize;
    ///
    /// let target = SyncTarget::new("act_1".parse()?, "23850000000000001".parse()?)
    ///     .minimum_size(MinimumSize::warn_below(100));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
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

/// A target of a run: a [`SyncTarget`], or a saved [`Audience`].
///
/// A draft is none, because it has no id yet:
///
/// ```compile_fail
/// use audiencekit::audience::AudienceDraft;
/// async fn run(engine: &audiencekit::SyncEngine, draft: &AudienceDraft) {
///     let _ = engine.run(draft).await; // error: `&AudienceDraft` is no target of a run; save it first
/// }
/// ```
///
/// Saved, it is one:
///
/// ```
/// use audiencekit::{FacebookClient, SyncEngine, audience::AudienceDraft};
/// async fn run(engine: &SyncEngine, draft: &AudienceDraft, client: &impl FacebookClient) -> audiencekit::Result<()> {
///     let audience = draft.save(client).await?;
///     engine.run(&audience).await.map(drop)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no target of a run",
    label = "expected `&Audience` or `SyncTarget`",
    note = "a draft has no id yet: save it first, `let audience = draft.save(&client).await?`, and pass `&audience`",
    note = "to see what a run of a draft would send, use `SyncEngine::preview(&draft)`"
)]
pub trait IntoSyncTarget {
    /// Returns the target.
    fn into_sync_target(self) -> SyncTarget;
}

impl IntoSyncTarget for SyncTarget {
    fn into_sync_target(self) -> SyncTarget {
        self
    }
}

impl IntoSyncTarget for &SyncTarget {
    fn into_sync_target(self) -> SyncTarget {
        self.clone()
    }
}

impl IntoSyncTarget for &Audience {
    fn into_sync_target(self) -> SyncTarget {
        self.into()
    }
}

impl From<&SyncTarget> for SyncTarget {
    fn from(target: &SyncTarget) -> Self {
        target.clone()
    }
}
