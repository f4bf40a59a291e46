//! How contacts come into an audience.

use serde::{Deserialize, Serialize};

use crate::error::ValidationErrors;

/// How contacts come into an audience and leave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContactManagement {
    /// Starts empty; rules and workflows add and remove people one by one.
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
    /// Reports what does not fit together.
    pub(super) fn check(&self, refresh: Refresh, problems: &mut ValidationErrors) {
        match self {
            Self::Automation if refresh == Refresh::Mirror => problems.push(
                "refresh",
                "needs_a_group",
                "can be a mirror only of a group: automation adds and removes people itself",
            ),
            Self::Automation => {}
        }
    }
}
