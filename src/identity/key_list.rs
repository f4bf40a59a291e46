//! A list of match keys that is cheap to clone.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::key::MatchKey;

/// An ordered list of match keys: the columns of [`MatchRows`](super::rows::MatchRows). Cloning it is cheap.
///
/// ```
/// use audiencekit::{MatchKey, identity::KeyList};
///
/// let columns: KeyList = [MatchKey::Email, MatchKey::Phone].into();
/// assert_eq!(columns.len(), 2);
/// assert_eq!(columns[1], MatchKey::Phone);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyList(Arc<[MatchKey]>);

impl Deref for KeyList {
    type Target = [MatchKey];

    #[inline]
    fn deref(&self) -> &[MatchKey] {
        &self.0
    }
}

impl<const N: usize> From<[MatchKey; N]> for KeyList {
    fn from(keys: [MatchKey; N]) -> Self {
        Self(keys.into())
    }
}

impl From<Vec<MatchKey>> for KeyList {
    fn from(keys: Vec<MatchKey>) -> Self {
        Self(keys.into())
    }
}

impl FromIterator<MatchKey> for KeyList {
    fn from_iter<I: IntoIterator<Item = MatchKey>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a KeyList {
    type Item = &'a MatchKey;
    type IntoIter = std::slice::Iter<'a, MatchKey>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Debug for KeyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&*self.0).finish()
    }
}
