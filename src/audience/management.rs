//! How contacts enter and leave an audience.

use serde::{Deserialize, Serialize};

use crate::error::ValidationErrors;
use crate::segment::Segment;

/// How contacts enter and leave an audience.
///
/// One or more segments form a group: `.contacts(vip)` is short for `.contacts(ContactManagement::group(vip))`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContactManagement {
    /// The contacts that at least one of these segments selects. Each contact counts once.
    Group(Vec<Segment>),
    /// Starts empty; rules and workflows add and remove contacts one by one.
    #[default]
    Automation,
}

/// Whether a group follows its contacts after the first run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refresh {
    /// The group is evaluated once; contacts that change later keep their membership.
    #[default]
    Never,
    /// Each run adds the contacts that newly match and removes those that no longer match.
    Mirror,
}

impl ContactManagement {
    /// Creates a group of one segment.
    ///
    /// ```
    /// use audiencekit::audience::ContactManagement;
    /// use audiencekit::{Schema, Segment, Selector};
    ///
    /// let segment = Segment::builder("customers").include(Selector::all()).build(&Schema::standard())?;
    /// let group = ContactManagement::group(segment.clone());
    /// assert_eq!(group.segments(), [segment]);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn group(segment: Segment) -> Self {
        Self::Group(vec![segment])
    }

    /// Returns the segments of the group. Empty for [`Automation`](Self::Automation).
    ///
    /// ```
    /// use audiencekit::audience::ContactManagement;
    ///
    /// assert!(ContactManagement::Automation.segments().is_empty());
    /// ```
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        match self {
            Self::Group(segments) => segments,
            Self::Automation => &[],
        }
    }

    /// Reports what does not fit together.
    pub(super) fn check(&self, refresh: Refresh, problems: &mut ValidationErrors) {
        match self {
            Self::Group(segments) if segments.is_empty() => {
                problems.push("contacts", "required", "is a group without a segment; choose at least one");
            }
            Self::Group(_) => {}
            Self::Automation if refresh == Refresh::Mirror => problems.push(
                "refresh",
                "needs_a_group",
                "is a mirror of no group; automation adds and removes contacts itself",
            ),
            Self::Automation => {}
        }
    }

    /// Two groups become one, with each segment once; anything else is replaced by what came later.
    pub(super) fn joined(self, later: Self) -> Self {
        let Self::Group(more) = later else { return later };
        let mut segments = match self {
            Self::Group(segments) => segments,
            Self::Automation => Vec::new(),
        };
        more.into_iter().for_each(|segment| join(&mut segments, segment));
        Self::Group(segments)
    }
}

/// Adds a segment to a group that does not have it.
pub(super) fn join(segments: &mut Vec<Segment>, segment: Segment) {
    if !segments.contains(&segment) {
        segments.push(segment);
    }
}

impl From<Segment> for ContactManagement {
    fn from(segment: Segment) -> Self {
        Self::group(segment)
    }
}

impl From<Vec<Segment>> for ContactManagement {
    fn from(segments: Vec<Segment>) -> Self {
        Self::Group(segments)
    }
}
