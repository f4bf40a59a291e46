//! The frame of every value: a version before it, a checksum after it.

use super::checksum::Checksum;
use super::space::Space;
use crate::error::{Error, ErrorKind, Result};

/// Bytes of the checksum.
const CHECK: usize = 8;

/// A sealed value that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened<'a> {
    /// The version of the content's format.
    pub version: u8,
    /// The content.
    pub payload: &'a [u8],
}

/// Seals a value: returns its version, the payload, and a checksum over both, the space and the key.
///
/// ```
/// use audiencekit::store::{Space, open, seal};
///
/// const RUNS: Space = Space::new("runs");
/// let sealed = seal(RUNS, b"7", 1, b"done");
/// assert_eq!(sealed.len(), 4 + 9);
/// assert_eq!(open(RUNS, b"7", &sealed)?.payload, b"done");
/// assert!(open(RUNS, b"8", &sealed).is_err(), "the value of another key");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn seal(space: Space, key: &[u8], version: u8, payload: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(1 + payload.len() + CHECK);
    sealed.push(version);
    sealed.extend_from_slice(payload);
    sealed.extend_from_slice(&checksum(space, key, version, payload));
    sealed
}

/// Opens a value that [`seal`] returned.
///
/// # Errors
/// [`ErrorKind::Corrupt`] if it is damaged, or was sealed for another key. The error names the space only.
pub fn open<'a>(space: Space, key: &[u8], sealed: &'a [u8]) -> Result<Opened<'a>> {
    let parts = sealed.split_last_chunk::<CHECK>().and_then(|(rest, check)| {
        let (&version, payload) = rest.split_first()?;
        (checksum(space, key, version, payload) == *check).then_some(Opened { version, payload })
    });
    parts.ok_or_else(|| corrupt(space))
}

/// The error for a value that this crate did not write where it was found.
pub(crate) fn corrupt(space: Space) -> Error {
    let message = format!("an entry of the space {} is damaged", space.as_str());
    Error::new(ErrorKind::Corrupt, "store", message)
        .with_help("restore a copy and run with SyncMode::Replace, or begin with a new store")
}

fn checksum(space: Space, key: &[u8], version: u8, payload: &[u8]) -> [u8; CHECK] {
    let mut checksum = Checksum::default();
    checksum.bytes(space.as_str().as_bytes());
    checksum.bytes(key);
    checksum.number(u64::from(version));
    checksum.bytes(payload);
    checksum.finish().to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACE: Space = Space::new("runs");

    #[test]
    fn every_changed_bit_and_every_cut_is_noticed() {
        let sealed = seal(SPACE, b"key", 3, b"the content of a value");
        assert_eq!(
            open(SPACE, b"key", &sealed).unwrap(),
            Opened { version: 3, payload: b"the content of a value" }
        );
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let error = open(SPACE, b"key", &damaged).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            assert!(!error.to_string().contains("key") && !error.to_string().contains("content"), "{error}");
        }
        for cut in 0..sealed.len() {
            assert!(open(SPACE, b"key", &sealed[..cut]).is_err(), "at {cut}");
        }
    }

    #[test]
    fn a_value_of_another_place_is_noticed() {
        let sealed = seal(SPACE, b"ab", 1, b"c");
        for (space, key) in [(SPACE, &b"a"[..]), (SPACE, b"abc"), (SPACE, b""), (Space::new("run"), b"ab")] {
            assert!(open(space, key, &sealed).is_err());
        }
        // A boundary that moved.
        assert_ne!(seal(SPACE, b"a", 1, b"bc")[1..], seal(SPACE, b"ab", 1, b"c")[1..]);
        // Zeros at the end of what is padded with zeros.
        assert_ne!(seal(SPACE, b"a\0", 1, b"")[1..], seal(SPACE, b"a", 1, b"")[1..]);
    }

    #[test]
    fn the_form_of_a_sealed_value_stays() {
        assert_eq!(const_hex::encode(seal(SPACE, b"7", 1, b"done")), "01646f6e6579424dde746ca4b9");
    }
}
