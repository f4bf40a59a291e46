//! Pseudonyms of people and rows: digests of 16 bytes.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::error::{Error, ErrorKind, Result};
use crate::identity::{Cell, MatchKey, MatchRow};

macro_rules! digest16 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 16]);

        impl $name {
            /// Returns the bytes, to be stored.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// Creates a digest from its 16 stored bytes.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> Self {
                const_hex::encode(key.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self> {
                let mut bytes = [0; 16];
                const_hex::decode_to_slice(&text, &mut bytes).map_err(|_| {
                    Error::new(ErrorKind::Invalid, "digest", "not a digest").with_expected("32 hex digits")
                })?;
                Ok(Self(bytes))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(_)"))
            }
        }
    };
}

digest16! {
    /// The pseudonym of a person: a keyed digest of the contact's `id`, or the digest of the first row of a contact
    /// without one.
    ///
    /// `Debug` hides it.
    ///
    /// ```
    /// use audiencekit::sync::{PersonId, PseudonymKey};
    ///
    /// let ada = PseudonymKey::default().person("c1");
    /// assert_eq!(PersonId::from_bytes(*ada.as_bytes()), ada);
    /// ```
    PersonId
}

digest16! {
    /// The digest of a row: the first half of [`MatchRow::fingerprint`]. Equal rows have equal digests.
    ///
    /// `Debug` hides it.
    RowDigest
}

impl RowDigest {
    /// Computes the digest of a row.
    #[must_use]
    pub fn of(row: MatchRow<'_>) -> Self {
        Self(half(row.fingerprint().as_bytes()))
    }

    pub(super) fn number(self) -> u128 {
        u128::from_le_bytes(self.0)
    }
}

/// The secret key with which a ledger pseudonymizes contact ids.
///
/// Keep it apart from the ledger, and do not lose it: a ledger opens only with the key it was created with. With the
/// default key, anyone who has the file can test whether a guessed contact id is in it. `Debug` hides the key.
///
/// ```
/// use audiencekit::sync::PseudonymKey;
///
/// let key = PseudonymKey::new(b"32 random bytes from your secrets")?;
/// assert_ne!(key.person("c1"), PseudonymKey::default().person("c1"));
/// assert!(PseudonymKey::new(b"too short").is_err());
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone)]
pub struct PseudonymKey(Hmac<Sha256>);

impl PseudonymKey {
    /// Creates a key from a secret of at least 16 bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the secret is shorter.
    pub fn new(secret: &[u8]) -> Result<Self> {
        if secret.len() < 16 {
            return Err(Error::new(ErrorKind::Invalid, "pseudonym key", "the secret is too short")
                .with_expected("at least 16 bytes"));
        }
        Ok(Self::keyed(secret))
    }

    fn keyed(secret: &[u8]) -> Self {
        // A hash of the secret is always of a length that the block takes.
        use sha2::Digest;
        let block: [u8; 32] = Sha256::digest(secret).into();
        Self(Hmac::<Sha256>::new(&block.into_block()))
    }

    /// Returns the pseudonym of the person with this contact id.
    ///
    /// ```
    /// use audiencekit::sync::PseudonymKey;
    ///
    /// let key = PseudonymKey::default();
    /// assert_eq!(key.person("c1"), key.person("c1"));
    /// assert_ne!(key.person("c1"), key.person("c2"));
    /// ```
    #[must_use]
    pub fn person(&self, contact_id: &str) -> PersonId {
        PersonId(self.digest(&[b"person\0", contact_id.as_bytes()]))
    }

    /// Returns a value that identifies the key without revealing it, by which a ledger recognizes its key.
    ///
    /// ```
    /// use audiencekit::sync::PseudonymKey;
    ///
    /// let key = PseudonymKey::new(b"32 random bytes from your secrets")?;
    /// assert_ne!(key.check(), PseudonymKey::default().check());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn check(&self) -> PersonId {
        PersonId(self.digest(&[b"check\0"]))
    }

    /// Returns the tombstones of a row: one for each cell that identifies a person on its own.
    pub(super) fn cells<'a>(&'a self, row: MatchRow<'a>) -> impl Iterator<Item = PersonId> + 'a {
        row.keys().iter().zip(row.cells()).filter(|(key, _)| identifies_a_person(**key)).filter_map(
            move |(key, cell)| {
                let value = match &cell {
                    Cell::Hash(hash) => hash.as_bytes().as_slice(),
                    Cell::Plain(text) => text.as_bytes(),
                    Cell::Json(_) | Cell::Empty => return None,
                };
                Some(PersonId(self.digest(&[b"cell\0", &[*key as u8], value])))
            },
        )
    }

    fn digest(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        half(&mac.finalize().into_bytes().into())
    }
}

trait IntoBlock {
    fn into_block(self) -> hmac::digest::Key<Hmac<Sha256>>;
}

impl IntoBlock for [u8; 32] {
    fn into_block(self) -> hmac::digest::Key<Hmac<Sha256>> {
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        for (to, from) in block.iter_mut().zip(self) {
            *to = from;
        }
        block
    }
}

impl Default for PseudonymKey {
    /// The same key everywhere: it hides ids from a glance, not from a guess.
    fn default() -> Self {
        Self::keyed(b"audiencekit person key, version 1")
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(_)")
    }
}

/// Returns `true` for keys by which Facebook may find a person alone. Names, places and birth dates are shared by many.
pub(super) fn identifies_a_person(key: MatchKey) -> bool {
    matches!(
        key,
        MatchKey::Email
            | MatchKey::Phone
            | MatchKey::Madid
            | MatchKey::ExternId
            | MatchKey::PageUid
            | MatchKey::AppUid
    )
}

fn half(digest: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(digest.split_at(16).0);
    half
}
