//! Ads, as far as an audience knows of them.

use serde::{Deserialize, Serialize};

/// An ad that an audience is used in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct Ad {
    pub(in crate::facebook::fake) id: String,
    pub(in crate::facebook::fake) name: String,
    pub(in crate::facebook::fake) effective_status: String,
}
