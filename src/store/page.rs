//! Pages of a scan.

use std::fmt;

/// A key and its value.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({} bytes)", self.key.len() + self.value.len())
    }
}

/// A page of a scan: entries in the order of their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The entries of the page.
    pub entries: Vec<Entry>,
    /// The key at which the following page begins, or `None` if this one is the last.
    pub next: Option<Vec<u8>>,
}

/// How much a page holds at most. Defaults to 1,024 entries and 1 MiB.
///
/// A page has at least one entry if there is one, however large that is.
///
/// ```
/// use audiencekit::store::PageLimit;
///
/// assert_eq!(PageLimit::default(), PageLimit::new(1_024, 1 << 20));
/// assert_eq!(PageLimit::new(0, 0).entries(), 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit {
    entries: usize,
    bytes: usize,
}

impl Default for PageLimit {
    fn default() -> Self {
        Self { entries: 1_024, bytes: 1 << 20 }
    }
}

impl PageLimit {
    /// Creates a limit of entries, at least one, and of bytes of keys and values.
    #[must_use]
    pub fn new(entries: usize, bytes: usize) -> Self {
        Self { entries: entries.max(1), bytes }
    }

    /// Returns how many entries a page has at most.
    #[must_use]
    pub fn entries(self) -> usize {
        self.entries
    }

    /// Returns how many bytes of keys and values a page has at most, its first entry apart.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.bytes
    }
}

/// Fills a page up to its limit, for implementations of [`Store`](crate::store::Store).
///
/// ```
/// use audiencekit::store::{PageBuilder, PageLimit};
///
/// let mut page = PageBuilder::new(PageLimit::new(2, 1_000));
/// for key in [b"a", b"b", b"c", b"d"] {
///     if !page.push(key, b"value") {
///         break;
///     }
/// }
/// let page = page.finish();
/// assert_eq!((page.entries.len(), page.next), (2, Some(b"c".to_vec())));
/// ```
#[derive(Debug)]
pub struct PageBuilder {
    page: Page,
    limit: PageLimit,
    bytes: usize,
}

impl PageBuilder {
    /// Creates an empty page with a limit.
    #[must_use]
    pub fn new(limit: PageLimit) -> Self {
        Self { page: Page::default(), limit, bytes: 0 }
    }

    /// Adds the next entry, and returns `false` if it no longer fits: then the following page begins with its key.
    ///
    /// Entries come in the order of their keys, and none after one that did not fit.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> bool {
        let bytes = self.bytes + key.len() + value.len();
        let entries = self.page.entries.len();
        if entries == self.limit.entries || entries > 0 && bytes > self.limit.bytes {
            self.page.next = Some(key.to_vec());
            return false;
        }
        self.bytes = bytes;
        self.page.entries.push(Entry { key: key.to_vec(), value: value.to_vec() });
        true
    }

    /// Returns the finished page.
    #[must_use]
    pub fn finish(self) -> Page {
        self.page
    }
}
