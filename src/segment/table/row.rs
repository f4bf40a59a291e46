//! One contact of a table.

use super::store::{Columns, Parts};
use crate::contact::{Cell, Consent, FunnelStage, Proof, Prospect, Schema, Slot, Store, Symbol, Tag};
use crate::segment::engine::record::{Events, Record};

/// One contact of a table.
pub(in crate::segment) struct Row<'a> {
    pub(in crate::segment) table: &'a Columns,
    pub(in crate::segment) at: usize,
}

impl Record for Row<'_> {
    fn cell(&self, at: u32) -> Cell<'_> {
        self.store().cell(self.slot(at as usize))
    }

    fn store(&self) -> Store<'_> {
        let Columns { text, spans, decimals, .. } = self.table;
        Store { text, spans, decimals, symbols: self.table.schema.symbols() }
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
        self.proofs().iter().find(|proof| proof.entry == place)
    }

    fn prospect(&self, funnel: Symbol) -> Option<&Prospect> {
        self.prospects().iter().find(|prospect| prospect.funnel == funnel)
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

impl Parts for Row<'_> {
    fn slot(&self, at: usize) -> Slot {
        self.table.columns.get(at).map_or(Slot::Missing, |column| column.slot(self.at))
    }

    fn proofs(&self) -> &[Proof] {
        self.table.proofs.get(&(self.at as u32)).map_or(&[], Vec::as_slice)
    }

    fn prospects(&self) -> &[Prospect] {
        self.table.prospects.get(&(self.at as u32)).map_or(&[], Vec::as_slice)
    }
}
