//! Keys of the space [`Space::OUTBOX`](super::Space::OUTBOX), and where a key stands among the rows of its table.

use super::commit::{Commit, Write};
use super::range::KeyRange;
use super::space::Space;
use crate::error::{Error, ErrorKind, Result};

/// Refuses writes that no row of the table can be, before a transaction that may hold other commits begins.
pub(super) fn check(commit: &Commit) -> Result<()> {
    commit.writes().iter().try_for_each(|write| match write {
        Write::Put { space: Space::OUTBOX, key, value } => {
            let text = std::str::from_utf8(value).is_ok_and(|text| !text.contains('\0'));
            row_of(key).filter(|_| text).map(drop).ok_or_else(refused)
        }
        Write::DeleteRange { space: Space::OUTBOX, range } => places(range).map(drop),
        _ => Ok(()),
    })
}

/// The place of a row, or of a bound between rows: audience, then id.
pub(super) type Place = (String, i64);

/// The key of a row: the audience, a zero byte, the id as eight bytes, big-endian.
pub(super) fn key_of(audience: &str, id: i64) -> Vec<u8> {
    [audience.as_bytes(), &[0], &id.to_be_bytes()].concat()
}

/// The row that a key stands for, if it can stand for one.
pub(super) fn row_of(key: &[u8]) -> Option<Place> {
    let (rest, id) = key.split_last_chunk::<8>()?;
    let audience = rest.strip_suffix(&[0])?;
    let id = i64::from_be_bytes(*id);
    let audience = std::str::from_utf8(audience).ok().filter(|audience| !audience.contains('\0'))?;
    (id >= 0).then(|| (audience.to_owned(), id))
}

/// The places from which and up to which the rows of a range stand.
pub(super) fn places(range: &KeyRange) -> Result<(Place, Option<Place>)> {
    Ok((place(range.start())?, range.end().map(place).transpose()?))
}

/// The first place whose key is not less than these bytes.
fn place(bound: &[u8]) -> Result<Place> {
    let zero = bound.iter().position(|byte| *byte == 0);
    let (audience, id) = bound.split_at(zero.unwrap_or(bound.len()));
    let audience = std::str::from_utf8(audience).map_err(|_| refused())?.to_owned();
    let id = id.get(1..).unwrap_or_default();
    let mut first = [0; 8];
    first.iter_mut().zip(id).for_each(|(to, from)| *to = *from);
    // A longer bound lies behind the key of these eight bytes.
    let first = u64::from_be_bytes(first).saturating_add(u64::from(id.len() > 8));
    Ok((audience, i64::try_from(first).unwrap_or(i64::MAX)))
}

/// The error for a key that no row of the outbox has.
pub(super) fn refused() -> Error {
    Error::new(ErrorKind::Invalid, "outbox", "the key cannot be that of a change")
        .with_expected("an audience id, a zero byte and eight bytes of a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_ordered_as_the_keys_are() {
        let rows: Vec<Place> = ["", "1", "1\u{1}", "12", "2", "ż"]
            .into_iter()
            .flat_map(|audience| [0, 1, 255, 256, 1 << 40].map(|id| (audience.to_owned(), id)))
            .collect();
        let mut bounds: Vec<Vec<u8>> = rows.iter().map(|(audience, id)| key_of(audience, *id)).collect();
        bounds.extend(bounds.clone().iter().flat_map(|key| (0..key.len()).map(|cut| key[..cut].to_vec())));
        bounds.extend(
            bounds.clone().iter().flat_map(|key| [[&key[..], b"\0"].concat(), [&key[..], b"\x7F"].concat()]),
        );
        for bound in &bounds {
            let Ok(place) = place(bound) else { continue };
            for row in &rows {
                let key = key_of(&row.0, row.1);
                assert_eq!(key >= *bound, *row >= place, "{row:?} and {bound:?}");
                assert_eq!(row_of(&key).as_ref(), Some(row));
            }
        }
        assert_eq!(row_of(b"1\0short"), None);
    }
}
