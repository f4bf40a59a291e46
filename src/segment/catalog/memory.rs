//! The trait of segment catalogs, and a catalog in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::segment::definition::Segment;

/// A store of named segments and their earlier versions.
///
/// The calls are synchronous. With a remote store, your application loads the segments into a [`MemoryCatalog`] first.
pub trait SegmentCatalog: Send + Sync + fmt::Debug {
    /// Returns the newest version of a segment.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn segment(&self, name: &str) -> Result<Option<Segment>>;

    /// Returns the names of all segments, sorted.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn names(&self) -> Result<Vec<String>>;

    /// Returns all versions of a segment, oldest first: version 1 is at index 0. Empty for an unknown name.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn versions(&self, name: &str) -> Result<Vec<Segment>>;

    /// Saves a segment as the newest version of its name and returns the number of that version. Saving the newest
    /// version again adds none.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn save(&self, segment: &Segment) -> Result<u32>;

    /// Removes a segment and its versions. Returns `true` if there was one.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn remove(&self, name: &str) -> Result<bool>;
}

impl dyn SegmentCatalog + '_ {
    /// Saves an earlier version as the newest one and returns its new number.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for a version that is not there; what the store refuses.
    pub fn revert(&self, name: &str, version: u32) -> Result<u32> {
        let versions = self.versions(name)?;
        let earlier = (version as usize).checked_sub(1).and_then(|at| versions.get(at));
        let earlier = earlier.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("segment {name:?}"), format!("no version {version}"))
                .with_expected(format!("a version from 1 to {}", versions.len()))
        })?;
        self.save(earlier)
    }
}

/// A [`SegmentCatalog`] in memory.
///
/// ```
/// use audiencekit::Schema;
/// use audiencekit::segment::{MemoryCatalog, Segment, SegmentCatalog, Selector};
///
/// let schema = Schema::standard();
/// let catalog = MemoryCatalog::new();
/// let vip = Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&schema)?;
/// assert_eq!(catalog.save(&vip)?, 1);
/// let wider = vip.to_builder().include(Selector::tag_any(["gold"])).build(&schema)?;
/// assert_eq!(catalog.save(&wider)?, 2);
/// assert_eq!((&catalog as &dyn SegmentCatalog).revert("VIP", 1)?, 3);
/// assert_eq!(catalog.segment("VIP")?, Some(vip));
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Default)]
pub struct MemoryCatalog {
    segments: Mutex<Versions>,
}

/// Versions by name, the oldest first.
pub(in crate::segment) type Versions = BTreeMap<String, Vec<Segment>>;

impl MemoryCatalog {
    /// Creates an empty catalog.
    ///
    /// ```
    /// # use audiencekit::segment::{MemoryCatalog, SegmentCatalog};
    /// assert!(MemoryCatalog::new().names()?.is_empty());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn read<T>(&self, read: impl FnOnce(&mut Versions) -> T) -> T {
        read(&mut self.segments.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Adds a version unless it is the newest already; the number of the newest.
pub(in crate::segment) fn add(versions: &mut Versions, segment: &Segment) -> u32 {
    let known = versions.entry(segment.name().to_owned()).or_default();
    if known.last() != Some(segment) {
        known.push(segment.clone());
    }
    u32::try_from(known.len()).unwrap_or(u32::MAX)
}

impl SegmentCatalog for MemoryCatalog {
    fn segment(&self, name: &str) -> Result<Option<Segment>> {
        Ok(self.read(|segments| segments.get(name).and_then(|versions| versions.last().cloned())))
    }

    fn names(&self) -> Result<Vec<String>> {
        Ok(self.read(|segments| segments.keys().cloned().collect()))
    }

    fn versions(&self, name: &str) -> Result<Vec<Segment>> {
        Ok(self.read(|segments| segments.get(name).cloned().unwrap_or_default()))
    }

    fn save(&self, segment: &Segment) -> Result<u32> {
        Ok(self.read(|segments| add(segments, segment)))
    }

    fn remove(&self, name: &str) -> Result<bool> {
        Ok(self.read(|segments| segments.remove(name).is_some()))
    }
}

/// A catalog that several share, such as an engine of automation and the page on which segments are edited.
impl<C: SegmentCatalog + ?Sized> SegmentCatalog for Arc<C> {
    fn segment(&self, name: &str) -> Result<Option<Segment>> {
        (**self).segment(name)
    }

    fn names(&self) -> Result<Vec<String>> {
        (**self).names()
    }

    fn versions(&self, name: &str) -> Result<Vec<Segment>> {
        (**self).versions(name)
    }

    fn save(&self, segment: &Segment) -> Result<u32> {
        (**self).save(segment)
    }

    fn remove(&self, name: &str) -> Result<bool> {
        (**self).remove(name)
    }
}

impl fmt::Debug for MemoryCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryCatalog({} segments)", self.read(|segments| segments.len()))
    }
}
