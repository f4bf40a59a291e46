//! Segments in one JSON file, replaced whole at every change.

use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind as Io, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::memory::{SegmentCatalog, Versions, add};
use crate::error::{Error, ErrorKind, Result};
use crate::segment::definition::Segment;

/// A [`SegmentCatalog`] in a JSON file, with every version.
///
/// Each change writes a new file and renames it over the old one, so a crash leaves one of the two.
/// At most one process may use a file.
pub struct FileCatalog {
    path: PathBuf,
    segments: Mutex<Versions>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    /// The shape of this file.
    format: u32,
    segments: Versions,
}

const FORMAT: u32 = 1;

impl FileCatalog {
    /// Opens a catalog file, or starts an empty catalog if there is none.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{EvaluationTime, FileCatalog, Filter, Segment, SegmentCatalog, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let path = std::env::temp_dir().join(format!("catalog-{}.json", std::process::id()));
    /// let catalog = FileCatalog::open(&path)?;
    /// catalog.save(&Segment::builder("all").include(Selector::all()).build(&schema)?)?;
    /// assert_eq!(FileCatalog::open(&path)?.names()?, ["all"]);
    /// # std::fs::remove_file(path).ok();
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be read; [`ErrorKind::Corrupt`] when it is not a whole catalog.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let segments = match fs::read(&path) {
            Ok(bytes) => read(&bytes)?,
            Err(error) if error.kind() == Io::NotFound => Versions::new(),
            Err(error) => return Err(io("cannot be read", error)),
        };
        Ok(Self { path, segments: Mutex::new(segments) })
    }

    fn read<T>(&self, read: impl FnOnce(&Versions) -> T) -> T {
        read(&self.segments.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes a copy, writes it, and only then takes it for true.
    fn change<T>(&self, change: impl FnOnce(&mut Versions) -> T) -> Result<T> {
        let mut segments = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = segments.clone();
        let result = change(&mut changed);
        write(&self.path, &changed)?;
        *segments = changed;
        Ok(result)
    }
}

fn read(bytes: &[u8]) -> Result<Versions> {
    let contents: Contents = serde_json::from_slice(bytes).map_err(|error| {
        Error::new(
            ErrorKind::Corrupt,
            "segment catalog",
            format!("not a whole catalog, line {}", error.line()),
        )
        .with_expected("the JSON that this catalog wrote")
    })?;
    if contents.format != FORMAT {
        let message = format!("format {}", contents.format);
        return Err(Error::new(ErrorKind::Corrupt, "segment catalog", message)
            .with_expected(format!("format {FORMAT}")));
    }
    Ok(contents.segments)
}

fn write(path: &Path, segments: &Versions) -> Result<()> {
    let contents = Contents { format: FORMAT, segments: segments.clone() };
    let mut json = serde_json::to_vec_pretty(&contents).map_err(|_| {
        Error::new(ErrorKind::Invalid, "segment catalog", "a segment that cannot be written")
            .with_expected("filters no deeper than Limits::MAX_DEPTH")
    })?;
    json.push(b'\n');
    // Never in place of a file that can be read.
    if read(&json).ok().is_none_or(|again| again != *segments) {
        return Err(Error::new(
            ErrorKind::Invalid,
            "segment catalog",
            "a segment that could not be read again",
        )
        .with_expected("filters that text can say, no longer than Limits::text"));
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let replace = || -> std::io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(&json)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        // The new name is durable once its folder is.
        match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    replace().map_err(|error| io("cannot be written", error))
}

fn io(message: &'static str, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "segment catalog", message).with_source(error)
}

impl SegmentCatalog for FileCatalog {
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
        self.change(|segments| add(segments, segment))
    }

    fn remove(&self, name: &str) -> Result<bool> {
        self.change(|segments| segments.remove(name).is_some())
    }
}

impl fmt::Debug for FileCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileCatalog({} segments)", self.read(Versions::len))
    }
}
