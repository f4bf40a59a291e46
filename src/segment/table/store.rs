//! Contacts into columns, out of contacts or out of another table.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::column::{Bits, Column};
use super::runs::Runs;
use crate::contact::{
    Consent, Contact, EventRow, FunnelStage, Proof, Prospect, Schema, Slot, Span, Store, Symbol, Tag,
};
use crate::error::{Error, ErrorKind, Result};
use crate::segment::engine::record::Record;

/// What a table takes over of a contact beside what conditions read.
pub(super) trait Parts: Record {
    fn slot(&self, at: usize) -> Slot;
    fn proofs(&self) -> &[Proof];
    fn prospects(&self) -> &[Prospect];
}

impl Parts for Contact {
    fn slot(&self, at: usize) -> Slot {
        Contact::slot(self, at)
    }

    fn proofs(&self) -> &[Proof] {
        Contact::proofs(self)
    }

    fn prospects(&self) -> &[Prospect] {
        Contact::prospects(self)
    }
}

/// Most tags that have a bitmap of their own; the others are found in the lists of their contacts.
const MOST_TAG_BITS: usize = 1_024;

/// The values of all contacts, column by column.
pub(in crate::segment) struct Columns {
    pub(in crate::segment) schema: Schema,
    /// Rows, those without a contact included.
    pub(super) rows: usize,
    /// Rows with a contact.
    pub(super) len: usize,
    pub(super) live: Bits,
    pub(super) columns: Vec<Column>,
    pub(super) text: String,
    pub(super) spans: Vec<Span>,
    pub(super) decimals: Vec<Decimal>,
    pub(super) tags: Runs<Tag>,
    pub(super) tag_bits: HashMap<Symbol, Bits>,
    pub(super) consents: Runs<Consent>,
    pub(super) stages: Runs<FunnelStage>,
    /// By row: few contacts have any.
    pub(super) proofs: HashMap<u32, Vec<Proof>>,
    pub(super) prospects: HashMap<u32, Vec<Prospect>>,
    pub(super) events: Runs<EventRow>,
    pub(super) properties: Vec<(Symbol, Slot)>,
    /// Bytes that updates have left behind, roughly.
    pub(super) stale: usize,
}

impl Columns {
    pub(super) fn new(schema: &Schema) -> Self {
        Self {
            schema: schema.clone(),
            rows: 0,
            len: 0,
            live: Bits::default(),
            columns: std::iter::repeat_with(Column::default).take(schema.len()).collect(),
            text: String::new(),
            spans: Vec::new(),
            decimals: Vec::new(),
            tags: Runs::default(),
            tag_bits: HashMap::new(),
            consents: Runs::default(),
            stages: Runs::default(),
            proofs: HashMap::new(),
            prospects: HashMap::new(),
            events: Runs::default(),
            properties: Vec::new(),
            stale: 0,
        }
    }

    /// Puts a contact in a row, in place of what is there.
    pub(super) fn put<P: Parts>(&mut self, row: usize, contact: &P) -> Result<()> {
        let (store, events) = (contact.store(), contact.events());
        let sizes = [
            self.text.len() + store.text.len(),
            row + 1,
            self.tags.items.len() + contact.tags().len(),
            self.events.items.len() + events.rows.len(),
            self.properties.len() + events.properties.len(),
            self.spans.len() + store.spans.len(),
            self.decimals.len() + store.decimals.len(),
        ];
        if sizes.iter().any(|&size| size >= u32::MAX as usize) {
            return Err(Error::new(ErrorKind::Limit, "contact table", "the table is full")
                .with_help("use a second table"));
        }
        self.clear_row(row);
        for at in 0..self.columns.len() {
            let moved = self.moved(contact.slot(at), store);
            if let Some(column) = self.columns.get_mut(at) {
                column.set(row, self.rows, moved);
            }
        }
        self.tags.set(row, contact.tags());
        for tag in contact.tags() {
            if self.tag_bits.len() < MOST_TAG_BITS || self.tag_bits.contains_key(&tag.name) {
                self.tag_bits.entry(tag.name).or_default().put(row, true);
            }
        }
        self.consents.set(row, contact.consents());
        self.stages.set(row, contact.stages());
        if !contact.proofs().is_empty() {
            let mut moved = Vec::with_capacity(contact.proofs().len());
            for proof in contact.proofs() {
                let description_id = proof.description_id.map(|id| self.copy(store.piece(id)));
                moved.push(Proof { description_id, ..*proof });
            }
            self.proofs.insert(row as u32, moved);
        }
        if !contact.prospects().is_empty() {
            self.prospects.insert(row as u32, contact.prospects().to_vec());
        }
        let first = self.events.items.len();
        for event in events.rows {
            let start = self.properties.len() as u32;
            for &(name, slot) in events.properties.get(event.properties.range()).unwrap_or_default() {
                let moved = self.moved(slot, store);
                self.properties.push((name, moved));
            }
            let properties = Span { start, len: event.properties.len };
            self.events.items.push(EventRow { properties, ..*event });
        }
        self.events.close(row, first);
        self.rows = self.rows.max(row + 1);
        self.len += 1;
        self.live.put(row, true);
        Ok(())
    }

    /// Takes the contact of a row away, if there is one; whether there was.
    pub(super) fn clear_row(&mut self, row: usize) -> bool {
        if !self.live.get(row) {
            return false;
        }
        self.stale += self.row_bytes(row);
        for tag in self.tags.of(row) {
            if let Some(bits) = self.tag_bits.get_mut(&tag.name) {
                bits.put(row, false);
            }
        }
        self.proofs.remove(&(row as u32));
        self.prospects.remove(&(row as u32));
        self.live.put(row, false);
        self.len -= 1;
        true
    }

    /// The bytes that replacing a row leaves behind, roughly.
    fn row_bytes(&self, row: usize) -> usize {
        let value = |slot: Slot| match slot {
            Slot::Text(span) => span.len as usize,
            Slot::TextList(run) => {
                let spans = self.spans.get(run.range()).unwrap_or_default();
                spans.iter().map(|span| size_of::<Span>() + span.len as usize).sum()
            }
            Slot::Decimal(_) => size_of::<Decimal>(),
            _ => 0,
        };
        let events = self.events.of(row);
        let properties = |event: &EventRow| {
            let properties = self.properties.get(event.properties.range()).unwrap_or_default();
            properties.iter().map(|(_, slot)| size_of::<(Symbol, Slot)>() + value(*slot)).sum::<usize>()
        };
        self.columns.iter().map(|column| value(column.slot(row))).sum::<usize>()
            + size_of_val(self.tags.of(row))
            + size_of_val(self.consents.of(row))
            + size_of_val(self.stages.of(row))
            + size_of_val(events)
            + events.iter().map(properties).sum::<usize>()
    }

    pub(super) fn bytes(&self) -> usize {
        let columns: usize = self.columns.iter().map(Column::bytes).sum();
        let bits: usize = self.tag_bits.values().map(Bits::bytes).sum();
        let proofs: usize = self.proofs.values().map(|proofs| size_of_val(&**proofs)).sum();
        let prospects: usize = self.prospects.values().map(|prospects| size_of_val(&**prospects)).sum();
        let lists = self.tags.bytes() + self.consents.bytes() + self.stages.bytes() + self.events.bytes();
        let arenas = self.text.len()
            + size_of_val(&*self.properties)
            + size_of_val(&*self.spans)
            + size_of_val(&*self.decimals);
        columns + bits + self.live.bytes() + proofs + prospects + lists + arenas
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
}
