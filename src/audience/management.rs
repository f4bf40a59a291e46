//! How contacts come into an audience.

use serde::{Deserialize, Serialize};

use crate::error::ValidationErrors;
use crate::segment::Segment;

/// How contacts come into an audience and leave it.
///
/// A segment, or several, is a group: `.contacts(vip)` is `.contacts(ContactManagement::group(vip))`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContactManagement {
    /// The contacts that any of these segments selects: a union, in which each contact counts once.
    Group(Vec<Segment>),
    /// Starts empty; rules and workflows add and remove people one by one.
    #[default]
    Automation,
}

/// Whether a group follows its contacts after it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refresh {
    /// The group is defined once: a contact that changes later stays where it is.
    #[default]
    Never,
    /// Each run adds who came in since the last one and removes who left.
    Mirror,
}

impl ContactManagement {
    /// A group of one segment.
    #[must_use]
    pub fn group(segment: Segment) -> Self {
        Self::Group(vec![segment])
    }

    /// The segments of a group; none for automation.
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
                problems.push("contacts", "required", "is a group without a segment: choose at least one");
            }
            Self::Group(_) => {}
            Self::Automation if refresh == Refresh::Mirror => problems.push(
                "refresh",
                "needs_a_group",
                "can be a mirror only of a group: automation adds and removes people itself",
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
