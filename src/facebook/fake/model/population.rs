//! Synthetic people, so that a wrong normalization shows as fewer matches.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::members::Mark;
use crate::facebook::fake::random::Random;
use crate::identity::MatchKey;

/// The people that a fake Facebook knows, by their normalized values.
///
/// With a population [loaded](crate::facebook::fake::Fake::populate), a wrong normalization shows as fewer matches.
///
/// Shape: a person is a map from a key of the upload schema to the plain normalized value, as
/// [`SyntheticPopulation::from_json_lines`] reads it. A row matches a person with the same `EMAIL`, `PHONE`, `MADID`,
/// `APPUID` or `PAGEUID`, or else with the same `FN` and `LN` and the same `ZIP`, `CT` and `ST`, or date of birth.
///
/// ```
/// use audiencekit::facebook::fake::SyntheticPopulation;
///
/// let people = SyntheticPopulation::synthetic(7, 1000);
/// assert_eq!(people.len(), 1000);
/// assert_eq!(people.person(0), SyntheticPopulation::synthetic(7, 1).person(0));
/// ```
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<BTreeMap<MatchKey, String>>", into = "Vec<BTreeMap<MatchKey, String>>")]
pub struct SyntheticPopulation {
    people: Vec<BTreeMap<MatchKey, String>>,
    strong: HashMap<Mark, u32>,
    weak: HashMap<[Mark; 2], Vec<u32>>,
}

const STRONG: [MatchKey; 5] =
    [MatchKey::Email, MatchKey::Phone, MatchKey::Madid, MatchKey::AppUid, MatchKey::PageUid];

/// With first and last name, all the keys of one of these are enough.
const WITH_NAME: [&[MatchKey]; 3] = [
    &[MatchKey::Zip],
    &[MatchKey::City, MatchKey::State],
    &[MatchKey::BirthYear, MatchKey::BirthMonth, MatchKey::BirthDay],
];

/// The mark of a value as it is uploaded.
fn mark(key: MatchKey, value: &str) -> Mark {
    if key.is_hashed() {
        Mark::of(key, &const_hex::encode(Sha256::digest(value.as_bytes())))
    } else {
        Mark::of(key, value)
    }
}

impl From<Vec<BTreeMap<MatchKey, String>>> for SyntheticPopulation {
    fn from(people: Vec<BTreeMap<MatchKey, String>>) -> Self {
        let mut all = Self::default();
        for person in people {
            all.push(person);
        }
        all
    }
}

impl From<SyntheticPopulation> for Vec<BTreeMap<MatchKey, String>> {
    fn from(population: SyntheticPopulation) -> Self {
        population.people
    }
}

impl SyntheticPopulation {
    /// Creates `count` made-up people.
    ///
    /// The same seed gives the same people, and a longer list starts with the shorter one.
    ///
    /// ```
    /// # use audiencekit::{MatchKey, facebook::fake::SyntheticPopulation};
    /// let people = SyntheticPopulation::synthetic(7, 3);
    /// assert_eq!(people.person(2).unwrap()[&MatchKey::Email], "person2@example.com");
    /// ```
    #[must_use]
    pub fn synthetic(seed: u64, count: usize) -> Self {
        const FIRST: [&str; 12] =
            ["anna", "jan", "maria", "piotr", "mary", "john", "józef", "zoë", "hans", "valéry", "li", "noor"];
        const LAST: [&str; 12] = [
            "nowak", "kowalska", "smith", "jones", "müller", "garcía", "okafor", "tanaka", "rossi", "dubois",
            "larsen", "novák",
        ];
        const PLACES: [(&str, &str, &str); 6] = [
            ("krakow", "malopolskie", "pl"),
            ("berlin", "be", "de"),
            ("menlopark", "ca", "us"),
            ("london", "england", "gb"),
            ("paris", "idf", "fr"),
            ("oslo", "oslo", "no"),
        ];
        let mut all = Self::default();
        for number in 0..count {
            let mut random = Random::new(seed ^ (number as u64).wrapping_mul(0x5851_f42d_4c95_7f2d));
            let mut pick = |list: &[&str]| {
                list.get(random.below(list.len() as u64) as usize).copied().unwrap_or_default().to_owned()
            };
            let (first, last) = (pick(&FIRST), pick(&LAST));
            let (city, state, country) =
                PLACES.get(random.below(PLACES.len() as u64) as usize).copied().unwrap_or_default();
            let year = 1950 + random.below(55);
            let initial = first.chars().next().map(String::from).unwrap_or_default();
            let person = [
                (MatchKey::Email, format!("person{number}@example.com")),
                (MatchKey::Phone, format!("48{}", 500_000_000 + number)),
                (MatchKey::Gender, if random.chance(500) { "f" } else { "m" }.to_owned()),
                (MatchKey::BirthYear, year.to_string()),
                (MatchKey::BirthMonth, format!("{:02}", 1 + random.below(12))),
                (MatchKey::BirthDay, format!("{:02}", 1 + random.below(28))),
                (MatchKey::LastName, last),
                (MatchKey::FirstName, first),
                (MatchKey::FirstInitial, initial),
                (MatchKey::City, city.to_owned()),
                (MatchKey::State, state.to_owned()),
                (MatchKey::Zip, format!("{:05}", random.below(100_000))),
                (MatchKey::Country, country.to_owned()),
                (MatchKey::Madid, format!("{:08x}-0000-4000-8000-{number:012x}", random.next() as u32)),
            ];
            all.push(BTreeMap::from(person));
        }
        all
    }

    /// Parses people from JSON Lines, each an object such as `{"EMAIL":"mary@example.com","FN":"mary"}`.
    ///
    /// ```
    /// # use audiencekit::facebook::fake::SyntheticPopulation;
    /// let people = SyntheticPopulation::from_json_lines("{\"EMAIL\":\"mary@example.com\"}\n")?;
    /// assert_eq!(people.len(), 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with the number of the first line that is not such an object.
    /// The error does not contain the line.
    pub fn from_json_lines(text: &str) -> crate::Result<Self> {
        let mut all = Self::default();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let person = serde_json::from_str(line).map_err(|_| {
                crate::Error::new(
                    crate::ErrorKind::Invalid,
                    "population",
                    format!("line {} is not a person", number + 1),
                )
                .with_expected("a JSON object from keys such as \"EMAIL\" to normalized text")
            })?;
            all.push(person);
        }
        Ok(all)
    }

    /// Adds a person with these normalized values.
    ///
    /// ```
    /// # use audiencekit::{MatchKey, facebook::fake::SyntheticPopulation};
    /// let mut people = SyntheticPopulation::default();
    /// people.push([(MatchKey::Email, "mary@example.com".to_owned())].into());
    /// assert!(!people.is_empty());
    /// ```
    pub fn push(&mut self, person: BTreeMap<MatchKey, String>) {
        let index = self.people.len() as u32;
        for key in STRONG {
            if let Some(value) = person.get(&key) {
                self.strong.entry(mark(key, value)).or_insert(index);
            }
        }
        if let (Some(first), Some(last)) = (person.get(&MatchKey::FirstName), person.get(&MatchKey::LastName))
        {
            let name = [mark(MatchKey::FirstName, first), mark(MatchKey::LastName, last)];
            self.weak.entry(name).or_default().push(index);
        }
        self.people.push(person);
    }

    /// Returns the number of people.
    #[must_use]
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Returns `true` if there are no people.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Returns the plain normalized values of the person at `index`, in the order in which people were added.
    #[must_use]
    pub fn person(&self, index: usize) -> Option<&BTreeMap<MatchKey, String>> {
        self.people.get(index)
    }

    /// Who a row is.
    pub(in crate::facebook::fake) fn find(&self, marks: &[Mark]) -> Option<u32> {
        let strong = STRONG.iter().find_map(|key| {
            marks.iter().find(|mark| mark.0 == *key).and_then(|mark| self.strong.get(mark)).copied()
        });
        strong.or_else(|| {
            let cell = |key: MatchKey| marks.iter().find(|mark| mark.0 == key).copied();
            let name = [cell(MatchKey::FirstName)?, cell(MatchKey::LastName)?];
            self.weak.get(&name)?.iter().copied().find(|&index| {
                let Some(person) = self.people.get(index as usize) else { return false };
                let agrees = |key: &MatchKey| {
                    cell(*key)
                        .is_some_and(|sent| person.get(key).is_some_and(|value| mark(*key, value) == sent))
                };
                WITH_NAME.iter().any(|keys| keys.iter().all(agrees))
            })
        })
    }

    /// Distinct people among these.
    pub(in crate::facebook::fake) fn among(&self, people: impl Iterator<Item = u32>) -> u64 {
        let mut seen = vec![false; self.people.len()];
        for person in people {
            if let Some(slot) = seen.get_mut(person as usize) {
                *slot = true;
            }
        }
        seen.iter().filter(|&&seen| seen).count() as u64
    }
}

impl std::fmt::Debug for SyntheticPopulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SyntheticPopulation({})", self.len())
    }
}
