//! What was lost on the way, counted by key and reason and never by value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::key::MatchKey;
use super::reject::Reject;
use super::steps::{NormalizationSteps, Step};

/// Counts of one key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyCoverage {
    /// Values that were there: sent and rejected.
    pub present: u64,
    /// Values that became part of a row.
    pub sent: u64,
    /// Values that did not, by reason.
    pub rejected: BTreeMap<Reject, u64>,
    /// Values that were sent and should be looked at, by what was noticed.
    pub warned: BTreeMap<Step, u64>,
}

impl KeyCoverage {
    const NONE: Self = Self { present: 0, sent: 0, rejected: BTreeMap::new(), warned: BTreeMap::new() };
}

/// What became of the contacts and their values.
///
/// ```
/// use audiencekit::{Contact, KeyMap, MatchKey, Schema, identity::{Coverage, MatchRows, Reject}};
///
/// let schema = Schema::standard();
/// let map = KeyMap::standard(&schema);
/// let mut contact = Contact::new(&schema);
/// contact.set(schema.require("email")?, "n/a")?;
///
/// let (mut rows, mut coverage) = (MatchRows::new(map.keys().clone()), Coverage::default());
/// map.mapper().append(&contact, &mut rows, &mut coverage);
/// assert_eq!(coverage.key(MatchKey::Email).rejected[&Reject::Placeholder], 1);
/// assert_eq!((coverage.contacts, coverage.without_rows), (1, 1));
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
#[non_exhaustive]
pub struct Coverage {
    keys: [KeyCoverage; MatchKey::COUNT],
    /// Contacts that were mapped.
    pub contacts: u64,
    /// Contacts without a row, because no key that identifies a person could be made.
    pub without_rows: u64,
    /// Rows that were made.
    pub rows: u64,
    /// Rows left out because the same row was made before in this run.
    pub duplicates: u64,
}

impl Default for Coverage {
    fn default() -> Self {
        Self {
            keys: [KeyCoverage::NONE; MatchKey::COUNT],
            contacts: 0,
            without_rows: 0,
            rows: 0,
            duplicates: 0,
        }
    }
}

impl Coverage {
    /// The counts of a key.
    #[must_use]
    pub fn key(&self, key: MatchKey) -> &KeyCoverage {
        &self.keys[key as usize]
    }

    /// The counts of the keys that had a value, in the order of [`MatchKey::all`].
    pub fn keys(&self) -> impl Iterator<Item = (MatchKey, &KeyCoverage)> {
        MatchKey::all().zip(&self.keys).filter(|(_, counts)| counts.present > 0)
    }

    pub(super) fn sent(&mut self, key: MatchKey, steps: NormalizationSteps) {
        let counts = &mut self.keys[key as usize];
        counts.present += 1;
        counts.sent += 1;
        if steps.has_warning() {
            for step in steps.iter().filter(|step| step.is_warning()) {
                *counts.warned.entry(step).or_default() += 1;
            }
        }
    }

    pub(super) fn rejected(&mut self, key: MatchKey, reason: Reject) {
        let counts = &mut self.keys[key as usize];
        counts.present += 1;
        *counts.rejected.entry(reason).or_default() += 1;
    }

    /// Adds the counts of another part of the same run.
    pub fn merge(&mut self, other: &Self) {
        self.contacts += other.contacts;
        self.without_rows += other.without_rows;
        self.rows += other.rows;
        self.duplicates += other.duplicates;
        for (mine, counts) in self.keys.iter_mut().zip(&other.keys) {
            mine.present += counts.present;
            mine.sent += counts.sent;
            for (reason, count) in &counts.rejected {
                *mine.rejected.entry(*reason).or_default() += count;
            }
            for (step, count) in &counts.warned {
                *mine.warned.entry(*step).or_default() += count;
            }
        }
    }
}

/// The form of reports: keys by name, those without a value left out.
#[derive(Serialize, Deserialize)]
struct Stored {
    contacts: u64,
    without_rows: u64,
    rows: u64,
    duplicates: u64,
    keys: BTreeMap<MatchKey, KeyCoverage>,
}

impl From<Coverage> for Stored {
    fn from(coverage: Coverage) -> Self {
        let keys = coverage.keys().map(|(key, counts)| (key, counts.clone())).collect();
        let Coverage { contacts, without_rows, rows, duplicates, .. } = coverage;
        Self { contacts, without_rows, rows, duplicates, keys }
    }
}

impl From<Stored> for Coverage {
    fn from(stored: Stored) -> Self {
        let Stored { contacts, without_rows, rows, duplicates, keys } = stored;
        let mut coverage = Self { contacts, without_rows, rows, duplicates, ..Self::default() };
        for (key, counts) in keys {
            coverage.keys[key as usize] = counts;
        }
        coverage
    }
}
