//! Contacts in columns, for counting in bulk: a count per keystroke over contacts that are in memory already.

pub(super) mod column;
pub(super) mod select;

use std::collections::{HashMap, HashSet};
use std::fmt;

use rust_decimal::Decimal;

use crate::contact::{
    Cell, Consent, Contact, EventRow, FunnelStage, Proof, Prospect, Schema, Slot, Span, Store, Symbol,
    Symbols, Tag,
};
use crate::error::{Error, ErrorKind, Result};
use crate::segment::compiled_filter::CompiledFilter;
use crate::segment::engine::record::{Events, Record};
use crate::segment::tag_dictionary::TagDictionary;
use column::{Bits, Column};

/// Contacts by column: dictionary-coded keywords, bitmaps for tags and truth values, offsets for events.
///
/// The same [`CompiledFilter`] that is asked of one contact selects here, with the same answers, in a fraction of
/// the time, because a column that a filter does not read is not touched.
///
/// ```
/// use audiencekit::{Contact, Schema};
/// use audiencekit::segment::{ContactTable, EvaluationTime, Filter};
/// use time::macros::datetime;
///
/// let schema = Schema::standard();
/// let score = schema.require("score")?;
/// let mut table = ContactTable::new(&schema);
/// let mut contact = Contact::new(&schema);
/// for points in 0..100 {
///     contact.clear();
///     contact.set(score, points)?;
///     table.push(&contact)?;
/// }
/// let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
/// let filter = Filter::parse("score >= 90", &schema)?.compile(&schema, &time)?;
/// assert_eq!(table.count(&filter), 10);
/// assert_eq!(table.rows(&filter).first(), Some(&90));
/// # Ok::<(), audiencekit::Error>(())
/// ```
pub struct ContactTable {
    schema: Schema,
    len: usize,
    columns: Vec<Column>,
    text: String,
    spans: Vec<Span>,
    decimals: Vec<Decimal>,
    tags: Runs<Tag>,
    tag_bits: HashMap<Symbol, Bits>,
    consents: Runs<Consent>,
    stages: Runs<FunnelStage>,
    /// With their rows, in order: few contacts have any.
    proofs: Vec<(u32, Proof)>,
    prospects: Vec<(u32, Prospect)>,
    events: Runs<EventRow>,
    properties: Vec<(Symbol, Slot)>,
}

/// Most tags that have a bitmap of their own; the others are found in the lists of their contacts.
const MOST_TAG_BITS: usize = 1_024;

/// Lists of all contacts, one behind the other.
#[derive(Debug)]
struct Runs<T> {
    items: Vec<T>,
    ends: Vec<u32>,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self { items: Vec::new(), ends: Vec::new() }
    }
}

impl<T> Runs<T> {
    fn of(&self, row: usize) -> &[T] {
        let start =
            row.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        self.ends.get(row).and_then(|end| self.items.get(start..*end as usize)).unwrap_or_default()
    }

    fn close(&mut self) {
        self.ends.push(self.items.len() as u32);
    }
}

impl ContactTable {
    /// A table without contacts.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        Self {
            schema: schema.clone(),
            len: 0,
            columns: std::iter::repeat_with(Column::default).take(schema.len()).collect(),
            text: String::new(),
            spans: Vec::new(),
            decimals: Vec::new(),
            tags: Runs::default(),
            tag_bits: HashMap::new(),
            consents: Runs::default(),
            stages: Runs::default(),
            proofs: Vec::new(),
            prospects: Vec::new(),
            events: Runs::default(),
            properties: Vec::new(),
        }
    }

    /// How many contacts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True before the first contact.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The names of the tags that its contacts have.
    #[must_use]
    pub fn tag_names(&self) -> TagDictionary {
        let tags: HashSet<Symbol> = self.tags.items.iter().map(|tag| tag.name).collect();
        tags.into_iter().map(|tag| self.schema.symbols().lend(tag)).collect()
    }

    /// Adds a contact as the last row.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] for a contact of another schema; [`ErrorKind::Limit`] beyond 4 GiB of text, or
    /// 4 billion contacts, tags or events. Nothing is added then.
    pub fn push(&mut self, contact: &Contact) -> Result<()> {
        if !contact.schema().is_same(&self.schema) {
            return Err(Error::new(ErrorKind::Schema, "contact table", "a contact of another schema")
                .expected("contacts of the schema that the table was made with"));
        }
        let store = contact.store();
        let sizes = [
            self.text.len() + store.text.len(),
            self.len + 1,
            self.tags.items.len() + contact.tags().len(),
            self.events.items.len() + contact.event_rows().len(),
            self.properties.len() + contact.property_slots().len(),
            self.spans.len() + store.spans.len(),
            self.decimals.len() + store.decimals.len(),
        ];
        if sizes.iter().any(|&size| size >= u32::MAX as usize) {
            return Err(
                Error::new(ErrorKind::Limit, "contact table", "the table is full").expected("a second table")
            );
        }
        for at in 0..self.columns.len() {
            let moved = self.moved(contact.slot(at), store);
            if let Some(column) = self.columns.get_mut(at) {
                column.push(self.len, moved);
            }
        }
        for tag in contact.tags() {
            self.tags.items.push(*tag);
            if self.tag_bits.len() < MOST_TAG_BITS || self.tag_bits.contains_key(&tag.name) {
                self.tag_bits.entry(tag.name).or_default().set(self.len);
            }
        }
        self.consents.items.extend_from_slice(contact.consents());
        self.stages.items.extend_from_slice(contact.stages());
        for proof in contact.proofs() {
            let description_id = proof.description_id.map(|id| self.copy(store.piece(id)));
            self.proofs.push((self.len as u32, Proof { description_id, ..*proof }));
        }
        let row = self.len as u32;
        self.prospects.extend(contact.prospects().iter().map(|prospect| (row, *prospect)));
        for event in contact.event_rows() {
            let start = self.properties.len() as u32;
            for &(name, slot) in contact.property_slots().get(event.properties.range()).unwrap_or_default() {
                let moved = self.moved(slot, store);
                self.properties.push((name, moved));
            }
            let properties = Span { start, len: event.properties.len };
            self.events.items.push(EventRow { properties, ..*event });
        }
        self.tags.close();
        self.consents.close();
        self.stages.close();
        self.events.close();
        self.len += 1;
        Ok(())
    }

    /// A slot of a contact as a slot of the table, its text and decimals copied.
    fn moved(&mut self, slot: Slot, store: Store<'_>) -> Slot {
        match slot {
            Slot::Text(span) => Slot::Text(self.copy(store.piece(span))),
            Slot::TextList(run) => {
                let start = self.spans.len() as u32;
                for &span in store.run(run) {
                    let copied = self.copy(store.piece(span));
                    self.spans.push(copied);
                }
                Slot::TextList(Span { start, len: run.len })
            }
            Slot::Decimal(at) => {
                self.decimals.push(store.decimals.get(at as usize).copied().unwrap_or_default());
                Slot::Decimal(self.decimals.len() as u32 - 1)
            }
            other => other,
        }
    }

    fn copy(&mut self, text: &str) -> Span {
        let span = Span { start: self.text.len() as u32, len: text.len() as u32 };
        self.text.push_str(text);
        span
    }

    /// How many contacts a filter selects; none when it was compiled for another schema.
    #[must_use]
    pub fn count(&self, filter: &CompiledFilter) -> u64 {
        let mut count = 0;
        if filter.schema != self.schema.symbols().id() {
            return count;
        }
        self.select(&filter.node, |_, words| {
            count += words.iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
        });
        count
    }

    /// The rows that a filter selects, in order; none when it was compiled for another schema.
    #[must_use]
    pub fn rows(&self, filter: &CompiledFilter) -> Vec<u32> {
        let mut rows = Vec::new();
        if filter.schema != self.schema.symbols().id() {
            return rows;
        }
        self.select(&filter.node, |base, words| {
            for (at, &word) in words.iter().enumerate() {
                let mut left = word;
                while left != 0 {
                    rows.push((base + at * 64) as u32 + left.trailing_zeros());
                    left &= left - 1;
                }
            }
        });
        rows
    }

    /// Bytes that the table holds, roughly: columns, texts, lists and bitmaps, spare room apart.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let columns: usize = self.columns.iter().map(Column::bytes).sum();
        let bits: usize = self.tag_bits.values().map(Bits::bytes).sum();
        let lists = size_of_val(&*self.tags.items)
            + size_of_val(&*self.consents.items)
            + size_of_val(&*self.stages.items)
            + size_of_val(&*self.proofs)
            + size_of_val(&*self.prospects)
            + size_of_val(&*self.events.items)
            + size_of_val(&*self.properties)
            + size_of_val(&*self.spans)
            + size_of_val(&*self.decimals);
        columns + bits + lists + self.text.len() + self.len * 4 * size_of::<u32>()
    }

    fn row(&self, at: usize) -> Row<'_> {
        Row { table: self, at }
    }

    fn symbols(&self) -> &Symbols {
        self.schema.symbols()
    }
}

impl fmt::Debug for ContactTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContactTable({} contacts)", self.len)
    }
}

/// One contact of a table.
struct Row<'a> {
    table: &'a ContactTable,
    at: usize,
}

impl Record for Row<'_> {
    fn cell(&self, at: u32) -> Cell<'_> {
        let slot = self.table.columns.get(at as usize).map_or(Slot::Missing, |column| column.slot(self.at));
        self.store().cell(slot)
    }

    fn store(&self) -> Store<'_> {
        let ContactTable { text, spans, decimals, .. } = self.table;
        Store { text, spans, decimals, symbols: self.table.symbols() }
    }

    fn tags(&self) -> &[Tag] {
        self.table.tags.of(self.at)
    }

    fn consents(&self) -> &[Consent] {
        self.table.consents.of(self.at)
    }

    fn stages(&self) -> &[FunnelStage] {
        self.table.stages.of(self.at)
    }

    fn proof(&self, place: u32) -> Option<&Proof> {
        let proofs = &self.table.proofs;
        let found = proofs.binary_search_by_key(&(self.at as u32, place), |(row, proof)| (*row, proof.entry));
        found.ok().and_then(|at| proofs.get(at)).map(|(_, proof)| proof)
    }

    fn prospect(&self, funnel: Symbol) -> Option<&Prospect> {
        let prospects = &self.table.prospects;
        let first = prospects.partition_point(|(row, _)| (*row as usize) < self.at);
        let own = prospects.get(first..)?.iter().take_while(|(row, _)| *row as usize == self.at);
        own.map(|(_, prospect)| prospect).find(|prospect| prospect.funnel == funnel)
    }

    fn events(&self) -> Events<'_> {
        Events {
            rows: self.table.events.of(self.at),
            properties: &self.table.properties,
            store: self.store(),
        }
    }

    fn schema(&self) -> Option<&Schema> {
        Some(&self.table.schema)
    }
}
