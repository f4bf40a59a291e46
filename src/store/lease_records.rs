//! The two records of a lease: who holds it, and when it ends.

use super::codec::{Reader, put_instant, put_number, put_text};
use super::commit::Commit;
use super::frame::{corrupt, open, seal};
use super::space::Space;
use super::store::Store;
use crate::error::{Error, ErrorKind, Result};

pub(super) const LEASES: Space = Space::new("lease");

/// The version of the records.
const VERSION: u8 = 1;

/// Who holds a lease, as recorded under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) label: String,
    pub(super) number: u64,
}

/// Both records of a lease as they were read, to expect them.
pub(super) struct Records {
    owner: Option<Vec<u8>>,
    end: Option<Vec<u8>>,
}

impl Owner {
    pub(super) fn seal(&self, name: &str) -> Vec<u8> {
        let mut payload = Vec::new();
        put_number(&mut payload, self.number);
        put_text(&mut payload, &self.label);
        seal(LEASES, &owner_key(name), VERSION, &payload)
    }
}

impl Records {
    pub(super) async fn read(store: &dyn Store, name: &str) -> Result<Self> {
        let (owner, end) = (owner_key(name), end_key(name));
        let mut values = store.get(LEASES, &[&owner, &end]).await?.into_iter();
        Ok(Self { owner: values.next().flatten(), end: values.next().flatten() })
    }

    pub(super) fn owner(&self, name: &str) -> Result<Option<Owner>> {
        let read = |payload| {
            let mut reader = Reader(payload);
            Some(Owner { number: reader.number()?, label: reader.text()?.to_owned() })
        };
        let Some(sealed) = &self.owner else { return Ok(None) };
        read(payload(&owner_key(name), sealed)?).map(Some).ok_or_else(|| corrupt(LEASES))
    }

    /// Returns the end, long ago if there is none.
    pub(super) fn end(&self, name: &str) -> Result<i64> {
        let Some(sealed) = &self.end else { return Ok(i64::MIN) };
        Reader(payload(&end_key(name), sealed)?).instant().ok_or_else(|| corrupt(LEASES))
    }

    /// A commit that expects both records as they were read.
    pub(super) fn expected(&self, name: &str) -> Commit {
        Commit::new().expect_same(LEASES, owner_key(name), self.owner.clone()).expect_same(
            LEASES,
            end_key(name),
            self.end.clone(),
        )
    }
}

fn payload<'a>(key: &[u8], sealed: &'a [u8]) -> Result<&'a [u8]> {
    let opened = open(LEASES, key, sealed)?;
    if opened.version == VERSION {
        return Ok(opened.payload);
    }
    Err(Error::new(ErrorKind::Invalid, "lease", format!("the record has version {}", opened.version))
        .with_expected(format!("version {VERSION}"))
        .with_help("use a newer release of this crate"))
}

pub(super) fn owner_key(name: &str) -> Vec<u8> {
    name.as_bytes().to_vec()
}

pub(super) fn end_key(name: &str) -> Vec<u8> {
    [name.as_bytes(), b"\0end"].concat()
}

pub(super) fn seal_end(name: &str, end: i64) -> Vec<u8> {
    let mut payload = Vec::new();
    put_instant(&mut payload, end);
    seal(LEASES, &end_key(name), VERSION, &payload)
}
