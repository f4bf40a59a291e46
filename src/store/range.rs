//! Ranges of keys.

use std::fmt;
use std::ops::Bound;

/// The keys from a first one, inclusive, to an end, exclusive, in the order of their bytes.
///
/// ```
/// use audiencekit::store::KeyRange;
///
/// let range = KeyRange::prefix(b"run/");
/// assert!(range.contains(b"run/7") && !range.contains(b"runs"));
/// assert!(KeyRange::between(b"b", b"a").is_empty());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyRange {
    start: Vec<u8>,
    end: Option<Vec<u8>>,
}

impl KeyRange {
    /// Creates the range of all keys.
    #[must_use]
    pub fn all() -> Self {
        Self { start: Vec::new(), end: None }
    }

    /// Creates the range of the keys that begin with these bytes.
    ///
    /// ```
    /// use audiencekit::store::KeyRange;
    ///
    /// assert_eq!(KeyRange::prefix(b"a\xFF"), KeyRange::between(b"a\xFF", b"b"));
    /// assert_eq!(KeyRange::prefix(b"\xFF"), KeyRange::from_key(b"\xFF")); // no key lies behind them
    /// ```
    #[must_use]
    pub fn prefix(bytes: impl Into<Vec<u8>>) -> Self {
        let start = bytes.into();
        let mut end = start.clone();
        // The next key that does not begin so: the last byte that can grow has grown, and those behind it are gone.
        while let Some(last) = end.pop() {
            if let Some(next) = last.checked_add(1) {
                end.push(next);
                return Self { start, end: Some(end) };
            }
        }
        Self { start, end: None }
    }

    /// Creates the range of this key and all behind it.
    #[must_use]
    pub fn from_key(key: impl Into<Vec<u8>>) -> Self {
        Self { start: key.into(), end: None }
    }

    /// Creates the range from `start`, inclusive, to `end`, exclusive. It is empty unless `start` comes before `end`.
    #[must_use]
    pub fn between(start: impl Into<Vec<u8>>, end: impl Into<Vec<u8>>) -> Self {
        Self { start: start.into(), end: Some(end.into()) }
    }

    /// Sets the first key, such as that of the [next page](crate::store::Page::next).
    ///
    /// ```
    /// use audiencekit::store::KeyRange;
    ///
    /// assert_eq!(KeyRange::between(b"a", b"z").starting_at(b"m"), KeyRange::between(b"m", b"z"));
    /// ```
    #[must_use]
    pub fn starting_at(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.start = key.into();
        self
    }

    /// Returns the first key that belongs to the range.
    #[must_use]
    pub fn start(&self) -> &[u8] {
        &self.start
    }

    /// Returns the first key that no longer belongs to it, or `None` if the range ends with the space.
    #[must_use]
    pub fn end(&self) -> Option<&[u8]> {
        self.end.as_deref()
    }

    /// Returns `true` if no key belongs to the range.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.end.as_ref().is_some_and(|end| *end <= self.start)
    }

    /// Returns `true` if the key belongs to the range.
    #[must_use]
    pub fn contains(&self, key: &[u8]) -> bool {
        *key >= *self.start && self.end.as_ref().is_none_or(|end| *key < **end)
    }

    /// Returns the bounds, for an ordered map. They must not be given to one if the range [is empty](Self::is_empty).
    ///
    /// ```
    /// use audiencekit::store::KeyRange;
    /// use std::collections::BTreeMap;
    ///
    /// let map: BTreeMap<Vec<u8>, u8> = [(b"a".to_vec(), 1), (b"b".to_vec(), 2)].into();
    /// assert_eq!(map.range::<[u8], _>(KeyRange::from_key(b"b").bounds()).count(), 1);
    /// ```
    #[must_use]
    pub fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (Bound::Included(&self.start), self.end().map_or(Bound::Unbounded, Bound::Excluded))
    }
}

impl fmt::Debug for KeyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.end.is_some() { "KeyRange(..)" } else { "KeyRange(.. to the end)" })
    }
}
