//! Counting a selection: how many contacts, and where the others were lost.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::compiled_segment::{CompiledSegment, Decision};
use super::definition::Segment;
use super::engine::plan::TextTerm;
use super::engine::record::Record;
use super::engine::terms::texts::each_text;
use super::engine::window::EvaluationTime;
use super::table::contact_table::ContactTable;
use super::table::row::Row;
use super::table::select::each_row;
use super::tag_dictionary::TagDictionary;
use crate::contact::{Contact, FieldId, Schema, Symbol, fold};
use crate::error::Result;

/// The number of contacts that a segment selects, and why the others were not.
///
/// `contacts = selected + not_included + sum of excluded + sum of filtered`, always.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SegmentCount {
    /// Contacts that were looked at.
    pub contacts: u64,
    /// Contacts in the segment.
    pub selected: u64,
    /// Contacts that no include selector takes in.
    pub not_included: u64,
    /// Contacts that each exclude selector takes out; the first that does counts.
    pub excluded: Vec<u64>,
    /// Contacts lost at each filter; the first that does not hold counts.
    pub filtered: Vec<u64>,
    /// Selected contacts with an e-mail address and a phone number.
    pub by_email_and_phone: u64,
    /// Selected contacts with an e-mail address and no phone number.
    pub by_email_only: u64,
    /// Selected contacts with a phone number and no e-mail address.
    pub by_phone_only: u64,
    /// Selected contacts with neither: Facebook cannot know them by these.
    pub unreachable: u64,
    /// Selected contacts whose e-mail address an earlier one had too.
    pub duplicate_emails: u64,
    /// Selected contacts whose phone number an earlier one had too.
    pub duplicate_phones: u64,
    /// Selected contacts by tag.
    pub by_tag: BTreeMap<String, u64>,
    /// The number of reachable contacts below which [`below_minimum`](Self::below_minimum) warns.
    pub minimum: u64,
}

impl SegmentCount {
    /// Returns the number of selected contacts with an e-mail address.
    #[must_use]
    pub fn by_email(&self) -> u64 {
        self.by_email_and_phone + self.by_email_only
    }

    /// Returns the number of selected contacts with a phone number.
    #[must_use]
    pub fn by_phone(&self) -> u64 {
        self.by_email_and_phone + self.by_phone_only
    }

    /// Returns the number of selected contacts with an e-mail address or a phone number.
    #[must_use]
    pub fn reachable(&self) -> u64 {
        self.by_email_and_phone + self.by_email_only + self.by_phone_only
    }

    /// Returns the tags of the selected contacts as a dictionary.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{CountBuilder, EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let segment = Segment::builder("x").include(Selector::all()).build(&schema)?;
    /// let mut counter = CountBuilder::new(&segment, &schema, &time)?;
    /// counter.push(&Contact::builder(&schema).tag("vip").build()?);
    /// assert!(counter.finish().tag_dictionary().contains("VIP"));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn tag_dictionary(&self) -> TagDictionary {
        self.by_tag.keys().collect()
    }

    /// Returns the shortfall of reachable contacts against the minimum, or `None` if it is met.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{CountBuilder, EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let segment = Segment::builder("x").include(Selector::all()).build(&schema)?;
    /// let count = CountBuilder::new(&segment, &schema, &time)?.minimum(20).finish();
    /// assert_eq!(count.below_minimum(), Some(20));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn below_minimum(&self) -> Option<u64> {
        self.minimum.checked_sub(self.reachable()).filter(|&missing| missing > 0)
    }
}

/// A table for a person to read.
impl fmt::Display for SegmentCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, count: u64| writeln!(f, "{name:<28}{count:>12}");
        line("contacts", self.contacts)?;
        line("selected", self.selected)?;
        line("not included", self.not_included)?;
        for (at, count) in (1..).zip(&self.excluded) {
            line(&format!("excluded by {at}"), *count)?;
        }
        for (at, count) in (1..).zip(&self.filtered) {
            line(&format!("lost at filter {at}"), *count)?;
        }
        line("e-mail and phone", self.by_email_and_phone)?;
        line("e-mail only", self.by_email_only)?;
        line("phone only", self.by_phone_only)?;
        line("neither", self.unreachable)?;
        line("duplicate e-mails", self.duplicate_emails)?;
        line("duplicate phones", self.duplicate_phones)?;
        for (tag, count) in &self.by_tag {
            line(&format!("tag {tag}"), *count)?;
        }
        if let Some(missing) = self.below_minimum() {
            line(&format!("below the minimum of {}", self.minimum), missing)?;
        }
        Ok(())
    }
}

/// Counts contacts one by one, as the caller pushes them.
///
/// ```
/// use audiencekit::{Contact, Schema};
/// use audiencekit::segment::{CountBuilder, EvaluationTime, Segment, Selector};
/// use time::macros::datetime;
///
/// let schema = Schema::standard();
/// let all = Segment::builder("warm").include(Selector::all()).filter("score >= 50").build(&schema)?;
/// let mut counter = CountBuilder::new(&all, &schema, &EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC)))?;
/// let mut contact = Contact::new(&schema);
/// contact.set(schema.require("email")?, "ada@example.com")?;
/// contact.set(schema.require("score")?, 70)?;
/// counter.push(&contact);
/// contact.set(schema.require("score")?, 20)?;
/// counter.push(&contact);
/// let count = counter.finish();
/// assert_eq!((count.contacts, count.selected, count.filtered[0], count.by_email_only), (2, 1, 1, 1));
/// # Ok::<(), audiencekit::Error>(())
/// ```
pub struct CountBuilder {
    compiled: CompiledSegment,
    tally: Tally,
}

/// What has been counted.
struct Tally {
    email: Option<FieldId>,
    phone: Option<FieldId>,
    count: SegmentCount,
    tags: HashMap<Symbol, u64>,
    names: HashMap<Symbol, String>,
    emails: HashSet<u64>,
    phones: HashSet<u64>,
}

impl CountBuilder {
    /// The default of [`minimum`](Self::minimum): 1,000 reachable contacts.
    pub const DEFAULT_MINIMUM: u64 = 1_000;

    /// Starts a count of `segment`.
    ///
    /// # Errors
    /// As [`Segment::compile`].
    pub fn new(segment: &Segment, schema: &Schema, time: &EvaluationTime) -> Result<Self> {
        Ok(Self::of(segment.compile(schema, time)?, schema))
    }

    /// Starts a count of a compiled segment.
    #[must_use]
    pub fn of(compiled: CompiledSegment, schema: &Schema) -> Self {
        let count = SegmentCount {
            excluded: vec![0; compiled.exclude.len()],
            filtered: vec![0; compiled.filters.len()],
            minimum: Self::DEFAULT_MINIMUM,
            ..SegmentCount::default()
        };
        let tally = Tally {
            email: schema.field("email"),
            phone: schema.field("phone"),
            count,
            tags: HashMap::new(),
            names: HashMap::new(),
            emails: HashSet::new(),
            phones: HashSet::new(),
        };
        Self { compiled, tally }
    }

    /// Sets the fewest reachable contacts that are enough. Defaults to [`DEFAULT_MINIMUM`](Self::DEFAULT_MINIMUM).
    #[must_use]
    pub fn minimum(mut self, contacts: u64) -> Self {
        self.tally.count.minimum = contacts;
        self
    }

    /// Counts one contact and returns the decision of the segment.
    pub fn push(&mut self, contact: &Contact) -> Decision {
        let decision = self.compiled.decide(contact);
        self.tally.decided(decision, 1);
        if decision == Decision::Selected {
            self.tally.select(contact);
        }
        decision
    }

    /// Counts every contact of a table, with the same result as pushing each of them, in less time.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{ContactTable, CountBuilder, EvaluationTime, Filter, Segment, Selector};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let mut table = ContactTable::new(&schema);
    /// table.push(&Contact::builder(&schema).email("ada@example.com").build()?)?;
    /// let all = Segment::builder("all").include(Selector::all()).build(&schema)?;
    /// let mut counter = CountBuilder::new(&all, &schema, &time)?;
    /// counter.push_table(&table);
    /// assert_eq!(counter.finish().by_email(), 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn push_table(&mut self, table: &ContactTable) {
        let Self { compiled, tally } = self;
        let columns = table.columns();
        if columns.schema.symbols().id() != compiled.schema() {
            return tally.decided(Decision::NotIncluded, table.len() as u64);
        }
        columns.decide(compiled, |decision, base, words| {
            tally.decided(decision, words.iter().map(|word| u64::from(word.count_ones())).sum());
            if decision == Decision::Selected {
                each_row(base, words, |row| tally.select(&Row { table: columns, at: row }));
            }
        });
    }

    /// Returns the count of the contacts so far.
    #[must_use]
    pub fn finish(self) -> SegmentCount {
        let Tally { mut count, tags, mut names, .. } = self.tally;
        for (tag, contacts) in tags {
            if let Some(name) = names.remove(&tag) {
                count.by_tag.insert(name, contacts);
            }
        }
        count
    }
}

impl Tally {
    fn decided(&mut self, decision: Decision, contacts: u64) {
        self.count.contacts += contacts;
        let at = |list: &mut Vec<u64>, at: usize| {
            if let Some(count) = list.get_mut(at) {
                *count += contacts;
            }
        };
        match decision {
            Decision::Selected => self.count.selected += contacts,
            Decision::NotIncluded => self.count.not_included += contacts,
            Decision::Excluded(by) => at(&mut self.count.excluded, by),
            Decision::Filtered(by) => at(&mut self.count.filtered, by),
        }
    }

    fn select<R: Record>(&mut self, contact: &R) {
        let count = &mut self.count;
        let email = self.email.map_or(Seen::Nothing, |id| see(contact, id, &mut self.emails, email_key));
        let phone = self.phone.map_or(Seen::Nothing, |id| see(contact, id, &mut self.phones, phone_key));
        count.duplicate_emails += u64::from(email == Seen::Again);
        count.duplicate_phones += u64::from(phone == Seen::Again);
        match (email != Seen::Nothing, phone != Seen::Nothing) {
            (true, true) => count.by_email_and_phone += 1,
            (true, false) => count.by_email_only += 1,
            (false, true) => count.by_phone_only += 1,
            (false, false) => count.unreachable += 1,
        }
        for tag in contact.tags() {
            *self.tags.entry(tag.name).or_default() += 1;
            self.names.entry(tag.name).or_insert_with(|| contact.store().symbols.lend(tag.name).to_owned());
        }
    }
}

impl fmt::Debug for CountBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CountBuilder({} contacts, {} selected)",
            self.tally.count.contacts, self.tally.count.selected
        )
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Nothing,
    First,
    Again,
}

/// Whether a contact has an identifier, and whether some contact had it before. Only hashes are kept.
fn see<R: Record>(contact: &R, id: FieldId, seen: &mut HashSet<u64>, key: fn(&str) -> Option<u64>) -> Seen {
    let mut keys: SmallVec<[u64; 8]> = SmallVec::new();
    each_text(contact, &TextTerm::Cell(id.index() as u32), |text| {
        keys.extend(key(text));
        false
    });
    // An address that one contact has twice is no second contact.
    let before = keys.iter().any(|key| seen.contains(key));
    seen.extend(&keys);
    match (before, keys.is_empty()) {
        (true, _) => Seen::Again,
        (false, true) => Seen::Nothing,
        (false, false) => Seen::First,
    }
}

/// An e-mail address has an `@` with something on both sides.
fn email_key(text: &str) -> Option<u64> {
    let text = text.trim();
    let (name, host) = text.rsplit_once('@')?;
    let mut hasher = DefaultHasher::new();
    text.chars().map(fold).for_each(|c| c.hash(&mut hasher));
    (!name.is_empty() && !host.is_empty()).then(|| hasher.finish())
}

/// A phone number has seven digits or more; only they are compared.
fn phone_key(text: &str) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    let mut digits = 0;
    for c in text.chars().filter(char::is_ascii_digit) {
        c.hash(&mut hasher);
        digits += 1;
    }
    (digits >= 7).then(|| hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_address_twice_in_one_contact_is_no_duplicate() {
        let schema = Schema::standard();
        let email = schema.require("email").unwrap();
        let mut contact = Contact::new(&schema);
        contact.add_text(email, "ada@example.com").unwrap();
        contact.add_text(email, "Ada@Example.com").unwrap();
        let mut seen = HashSet::new();
        assert!(see(&contact, email, &mut seen, email_key) == Seen::First);
        assert!(see(&contact, email, &mut seen, email_key) == Seen::Again);
    }
}
