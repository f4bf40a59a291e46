//! Who is in an audience: a set, keyed by what identifies a person in a row.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::identity::MatchKey;

/// SHA-256 over the columns and cells that identify a person: the fingerprint of a row without its value and
/// processing columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::facebook::fake) struct Fingerprint(pub(in crate::facebook::fake) [u8; 32]);

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&const_hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut bytes = [0; 32];
        const_hex::decode_to_slice(text, &mut bytes).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes))
    }
}

/// A cell as far as equality matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct Mark(
    pub(in crate::facebook::fake) MatchKey,
    pub(in crate::facebook::fake) u64,
);

impl Mark {
    /// `value` is a digest in hex, or what is sent in clear.
    pub(in crate::facebook::fake) fn of(key: MatchKey, value: &str) -> Self {
        let mut digest = [0; 32];
        if !key.is_hashed() || const_hex::decode_to_slice(value, &mut digest).is_err() {
            digest = Sha256::digest(value.as_bytes()).into();
        }
        let (head, _) = digest.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        Self(key, u64::from_le_bytes(*head))
    }
}

/// A row that was understood.
#[derive(Debug, Clone)]
pub(in crate::facebook::fake) struct Row {
    pub(in crate::facebook::fake) fingerprint: Fingerprint,
    pub(in crate::facebook::fake) marks: Box<[Mark]>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct Member {
    pub(in crate::facebook::fake) marks: Box<[Mark]>,
    /// Unix seconds of the last time it was sent.
    pub(in crate::facebook::fake) since: i64,
    /// Index of the person of the population that it matched.
    pub(in crate::facebook::fake) person: Option<u32>,
}

/// One change of a row's membership, as [`Fake::history`](crate::facebook::fake::Fake::history) returns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MembershipEvent {
    /// When it happened, in Unix seconds on the fake's clock.
    pub time: i64,
    /// The number of the call that caused it; 0 for a member that expired.
    pub call: u64,
    /// Whether the row was added; otherwise it was removed.
    pub added: bool,
}

/// The members of one audience.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct Members {
    pub(in crate::facebook::fake) rows: BTreeMap<Fingerprint, Member>,
    pub(in crate::facebook::fake) history: BTreeMap<Fingerprint, Vec<MembershipEvent>>,
    /// Rows added less rows removed, where members are not kept.
    pub(in crate::facebook::fake) counted: u64,
}

impl Members {
    pub(in crate::facebook::fake) fn len(&self) -> u64 {
        self.rows.len() as u64 + self.counted
    }

    pub(in crate::facebook::fake) fn add(&mut self, row: Row, person: Option<u32>, now: i64, call: u64) {
        let before = self.rows.insert(row.fingerprint, Member { marks: row.marks, since: now, person });
        if before.is_none() {
            self.note(row.fingerprint, now, call, true);
        }
    }

    fn note(&mut self, fingerprint: Fingerprint, time: i64, call: u64, added: bool) {
        self.history.entry(fingerprint).or_default().push(MembershipEvent { time, call, added });
    }

    /// What a removal of these rows would take: for each row that very member, or, where there is none, every member
    /// that has all the cells of the row. One key of several that were sent is enough to remove by.
    pub(in crate::facebook::fake) fn hit(&self, rows: &[Row]) -> Vec<Fingerprint> {
        let mut hit = Vec::new();
        let mut partial: BTreeMap<Mark, Vec<&Row>> = BTreeMap::new();
        for row in rows {
            if self.rows.contains_key(&row.fingerprint) {
                hit.push(row.fingerprint);
            } else if let Some(first) = row.marks.first() {
                partial.entry(*first).or_default().push(row);
            }
        }
        if !partial.is_empty() {
            for (fingerprint, member) in &self.rows {
                let covers = |row: &&Row| row.marks.iter().all(|mark| member.marks.contains(mark));
                if member.marks.iter().filter_map(|mark| partial.get(mark)).flatten().any(covers) {
                    hit.push(*fingerprint);
                }
            }
        }
        hit.sort_unstable();
        hit.dedup();
        hit
    }

    pub(in crate::facebook::fake) fn remove(&mut self, hit: &[Fingerprint], now: i64, call: u64) {
        for &fingerprint in hit {
            if self.rows.remove(&fingerprint).is_some() {
                self.note(fingerprint, now, call, false);
            }
        }
    }

    /// Members that were not sent again within the retention go.
    pub(in crate::facebook::fake) fn expire(&mut self, before: i64, now: i64) {
        let gone: Vec<Fingerprint> =
            self.rows.iter().filter(|(_, member)| member.since <= before).map(|(&key, _)| key).collect();
        self.remove(&gone, now, 0);
    }

    pub(in crate::facebook::fake) fn clear(&mut self, now: i64, call: u64) {
        let all: Vec<Fingerprint> = self.rows.keys().copied().collect();
        self.remove(&all, now, call);
        self.counted = 0;
    }
}
