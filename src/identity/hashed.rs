//! A SHA-256 digest of a normalized value.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};

/// The SHA-256 digest of a normalized value.
///
/// The digest of a phone number can be reversed by trying all numbers, so digests are personal data: `Debug` hides them and
/// there is no `Display`.
///
/// ```
/// use audiencekit::identity::Hashed;
///
/// let digest = Hashed::from_hex("B5FC85E55755F9E0D030A10AB4429B6B2944855F9A0D60077FE832BECBC41D72")?;
/// assert_eq!(format!("{digest:?}"), "Hashed(_)");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hashed([u8; 32]);

impl Hashed {
    /// The SHA-256 of empty text. It is never sent: every sender of it would share one false person.
    pub const OF_NOTHING: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
        0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);

    /// The digest of bytes that are normalized already.
    pub(crate) fn of(normalized: &[u8]) -> Self {
        let mut block = [0; 64];
        if fill_block(normalized, &mut block) {
            return Self::of_block(&block);
        }
        use sha2::Digest;
        Self(sha2::Sha256::digest(normalized).into())
    }

    /// The digest of a block that [`fill_block`] filled.
    #[inline]
    pub(super) fn of_block(block: &[u8; 64]) -> Self {
        const INITIAL: [u32; 8] = [
            0x6a09_e667,
            0xbb67_ae85,
            0x3c6e_f372,
            0xa54f_f53a,
            0x510e_527f,
            0x9b05_688c,
            0x1f83_d9ab,
            0x5be0_cd19,
        ];
        let mut state = INITIAL;
        sha2::block_api::compress256(&mut state, std::slice::from_ref(block));
        let mut digest = [0; 32];
        for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        Self(digest)
    }

    /// Parses a digest from 64 hex digits, upper or lower case.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for anything else and for the digest of empty text. The error does not contain the text.
    ///
    /// ```
    /// use audiencekit::identity::Hashed;
    ///
    /// assert!(Hashed::from_hex("ada@example.com").is_err());
    /// ```
    pub fn from_hex(hex: &str) -> Result<Self> {
        let mut digest = [0; 32];
        let wrong = |what: &'static str| {
            Err(Error::new(ErrorKind::Invalid, "parse digest", what)
                .with_expected("64 hex digits of a SHA-256 digest"))
        };
        if hex.len() != 64 || const_hex::decode_to_slice(hex, &mut digest).is_err() {
            return wrong("not a SHA-256 digest in hex");
        }
        if Self(digest) == Self::OF_NOTHING {
            return wrong("the SHA-256 digest of empty text");
        }
        Ok(Self(digest))
    }

    /// Returns the 32 bytes of the digest, for storage.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Creates a digest from its 32 bytes.
    ///
    /// ```
    /// use audiencekit::identity::Hashed;
    ///
    /// let digest = Hashed::from_bytes([7; 32]);
    /// assert_eq!(digest.as_bytes(), &[7; 32]);
    /// ```
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 64 lower-case hex digits, as sent.
    pub(crate) fn hex(&self) -> [u8; 64] {
        let mut hex = [0; 64];
        // The lengths are fixed, so this cannot fail.
        let _ = const_hex::encode_to_slice(self.0, &mut hex);
        hex
    }
}

/// Writes the only block that SHA-256 makes of a short text; false, and nothing written, for a longer one. Most values
/// fit, and padding them here is a fifth faster than the general interface.
#[inline]
pub(super) fn fill_block(text: &[u8], block: &mut [u8; 64]) -> bool {
    let len = text.len();
    if len >= 56 {
        return false;
    }
    *block = [0; 64];
    block[..len].copy_from_slice(text);
    block[len] = 0x80;
    block[56..].copy_from_slice(&(len as u64 * 8).to_be_bytes());
    true
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashed(_)")
    }
}

#[cfg(test)]
mod tests {
    use sha2::Digest;

    use crate::identity::hashed::Hashed;

    #[test]
    fn one_block_and_many_agree_with_the_general_interface() {
        let text = [b'a'; 200];
        for len in 0..text.len() {
            let expected: [u8; 32] = sha2::Sha256::digest(&text[..len]).into();
            assert_eq!(Hashed::of(&text[..len]), Hashed(expected), "{len}");
        }
        assert_eq!(Hashed::of(b""), Hashed::OF_NOTHING);
    }
}
