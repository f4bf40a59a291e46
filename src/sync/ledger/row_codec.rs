//! The compact binary form of a row.

use smallvec::SmallVec;

use super::record::{Owner, RowRecord};
use crate::error::{Error, ErrorKind, Result};
use crate::store::codec::{Reader, put_number};
use crate::sync::digest::{PersonId, RowDigest};

impl RowRecord {
    /// Encodes the row without its slot: digest, run, call, columns, owners, cells. Digests are personal data.
    #[must_use]
    pub fn to_bytes(&self, digest: RowDigest) -> Vec<u8> {
        let numbers = [self.run, self.call, u64::from(self.columns), self.owners.len() as u64];
        let owners = self.owners.iter().map(|owner| 16 + number_len(owner.generation));
        let length = numbers.into_iter().map(number_len).chain(owners).sum::<usize>() + 16 + self.bytes.len();
        // The exact capacity, so that a boxed slice is made without a copy.
        let mut out = Vec::with_capacity(length);
        out.extend_from_slice(digest.as_bytes());
        numbers.into_iter().for_each(|number| put_number(&mut out, number));
        for owner in &self.owners {
            out.extend_from_slice(owner.person.as_bytes());
            put_number(&mut out, owner.generation);
        }
        out.extend_from_slice(&self.bytes);
        out
    }

    /// Decodes the row of a slot, and its digest, from [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] if the bytes are not a row.
    pub fn from_bytes(slot: u64, bytes: &[u8]) -> Result<(RowDigest, Self)> {
        read_row(slot, bytes).ok_or_else(|| Error::new(ErrorKind::Corrupt, "ledger", "a row is damaged"))
    }
}

fn read_row(slot: u64, bytes: &[u8]) -> Option<(RowDigest, RowRecord)> {
    let mut reader = Reader(bytes);
    let digest = RowDigest::from_bytes(reader.chunk()?);
    let (run, call, columns, count) =
        (reader.number()?, reader.number()?, reader.number()?, reader.number()?);
    let mut owners = SmallVec::new();
    for _ in 0..count {
        owners.push(Owner::new(PersonId::from_bytes(reader.chunk()?), reader.number()?));
    }
    let columns = u16::try_from(columns).ok()?;
    Some((digest, RowRecord::new(slot, run, call, columns, owners, reader.0.into())))
}

fn number_len(number: u64) -> usize {
    (64 - (number | 1).leading_zeros() as usize).div_ceil(7)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_row_comes_back_as_it_was(
            digest: [u8; 16],
            slot: u64,
            run: u64,
            call: u64,
            columns: u16,
            owners in proptest::collection::vec((any::<[u8; 16]>(), any::<u64>()), 0..4),
            cells: Vec<u8>,
        ) {
            let owners = owners.into_iter();
            let owners = owners.map(|(person, generation)| Owner::new(PersonId::from_bytes(person), generation));
            let row = RowRecord::new(slot, run, call, columns, owners.collect(), cells.into());
            let digest = RowDigest::from_bytes(digest);
            let bytes = row.to_bytes(digest);
            prop_assert_eq!(bytes.len(), bytes.capacity());
            prop_assert_eq!(RowRecord::from_bytes(slot, &bytes).unwrap(), (digest, row));
        }

        #[test]
        fn no_bytes_are_too_wrong(bytes: Vec<u8>) {
            let _ = RowRecord::from_bytes(0, &bytes);
        }
    }
}
