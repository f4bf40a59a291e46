//! Counts of sent and rejected values by key and reason, never by value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::key::MatchKey;
use super::reject::Reject;
use super::steps::{NormalizationSteps, Step};

/// The counts of one key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyCoverage {
    /// The number of values present, sent or rejected.
    pub present: u64,
    /// The number of values that became part of a row.
    pub sent: u64,
    /// The number of values that did not, by reason.
    pub rejected: BTreeMap<Reject, u64>,
    /// The number of values that were sent with a warning, by warning.
    pub warned: BTreeMap<Step, u64>,
}

impl KeyCoverage {
    const NONE: Self = Self { present: 0, sent: 0, rejected: BTreeMap::new(), warned: BTreeMap::new() };
}

/// Counts of mapped contacts, and of their values by key and outcome. It never holds a value.
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
    /// The number of contacts that were mapped.
    pub contacts: u64,
    /// The number of contacts without a row, because they have no valid identifier.
    pub without_rows: u64,
    /// The number of rows made.
    pub rows: u64,
}

impl Default for Coverage {
    fn default() -> Self {
        Self { keys: [KeyCoverage::NONE; MatchKey::COUNT], contacts: 0, without_rows: 0, rows: 0 }
    }
}

impl Coverage {
    /// Returns the counts of `key`.
    #[must_use]
    pub fn key(&self, key: MatchKey) -> &KeyCoverage {
        &self.keys[key as usize]
    }

    /// Returns the counts of the keys that had at least one value, in the order of [`MatchKey::all`].
    ///
    /// ```
    /// use audiencekit::{Contact, KeyMap, MatchKey, Schema, identity::{Coverage, MatchRows}};
    ///
    /// # let schema = Schema::standard();
    /// # let map = KeyMap::standard(&schema);
    /// # let ada = Contact::builder(&schema).email("ada@example.com").build()?;
    /// # let (mut rows, mut coverage) = (MatchRows::new(map.keys().clone()), Coverage::default());
    /// # map.mapper().append(&ada, &mut rows, &mut coverage);
    /// let sent: Vec<_> = coverage.keys().map(|(key, counts)| (key, counts.sent)).collect();
    /// assert_eq!(sent, [(MatchKey::Email, 1)]);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
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

    /// Adds the counts of `other` to these.
    ///
    /// ```
    /// use audiencekit::identity::Coverage;
    ///
    /// let (mut total, mut part) = (Coverage::default(), Coverage::default());
    /// part.contacts = 2;
    /// total.merge(&part);
    /// total.merge(&part);
    /// assert_eq!(total.contacts, 4);
    /// ```
    pub fn merge(&mut self, other: &Self) {
        self.contacts += other.contacts;
        self.without_rows += other.without_rows;
        self.rows += other.rows;
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
    keys: BTreeMap<MatchKey, KeyCoverage>,
}

impl From<Coverage> for Stored {
    fn from(coverage: Coverage) -> Self {
        let keys = coverage.keys().map(|(key, counts)| (key, counts.clone())).collect();
        let Coverage { contacts, without_rows, rows, .. } = coverage;
        Self { contacts, without_rows, rows, keys }
    }
}

impl From<Stored> for Coverage {
    fn from(stored: Stored) -> Self {
        let Stored { contacts, without_rows, rows, keys } = stored;
        let mut coverage = Self { contacts, without_rows, rows, ..Self::default() };
        for (key, counts) in keys {
            coverage.keys[key as usize] = counts;
        }
        coverage
    }
}
