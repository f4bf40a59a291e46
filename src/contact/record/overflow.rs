//! What few contacts have, kept aside so that the others stay small.

use std::fmt;
use std::net::IpAddr;

use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::cell::{Slot, Span};
use super::packed::Packed;
use crate::contact::consent::{Consent, FunnelStage};
use crate::contact::schema::symbols::Symbol;

/// What proves the consent at a place of the history.
#[derive(Clone, Copy)]
pub(crate) struct Proof {
    pub(crate) entry: u32,
    pub(crate) agreed_on: Option<OffsetDateTime>,
    pub(crate) ip: Option<IpAddr>,
    pub(crate) description_id: Option<Span>,
    pub(crate) opt_out: Option<bool>,
}

/// Prints nothing: a proof holds an IP address.
impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof")
    }
}

/// What the stage of a funnel may bring.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prospect {
    pub(crate) funnel: Symbol,
    pub(crate) value: Option<Decimal>,
    pub(crate) score: Option<i32>,
}

/// The object in one of a contact's lists that has a member kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::contact) enum Inside {
    Tag(Symbol),
    /// By its place in the history.
    Consent(u32),
    /// By its funnel.
    Stage(Symbol),
    /// By its place among the events.
    Event(u32),
}

/// Lists of one contact that most contacts do without.
#[derive(Debug, Clone, Default)]
pub(in crate::contact) struct Lists {
    /// The texts of fields with several.
    pub(super) spans: Vec<Span>,
    pub(super) decimals: Vec<Decimal>,
    /// Whole numbers that sixty bits do not hold.
    pub(super) integers: Vec<i64>,
    pub(in crate::contact) consents: Vec<Consent>,
    pub(in crate::contact) stages: Vec<FunnelStage>,
    /// Of consents, in their order.
    pub(in crate::contact) proofs: Vec<Proof>,
    /// Of stages.
    pub(in crate::contact) prospects: Vec<Prospect>,
    /// Of events.
    pub(in crate::contact) properties: Vec<(Symbol, Slot)>,
    /// Names and JSON of members without a field.
    pub(in crate::contact) kept: Vec<(Span, Span)>,
    /// The same of members inside tags, consents, stages and events.
    pub(in crate::contact) kept_inside: Vec<(Inside, Span, Span)>,
    /// Bytes, of texts too, that nothing points to any more.
    pub(super) waste: usize,
}

/// The lists of a contact without any.
pub(super) static NONE: Lists = Lists {
    spans: Vec::new(),
    decimals: Vec::new(),
    integers: Vec::new(),
    consents: Vec::new(),
    stages: Vec::new(),
    proofs: Vec::new(),
    prospects: Vec::new(),
    properties: Vec::new(),
    kept: Vec::new(),
    kept_inside: Vec::new(),
    waste: 0,
};

impl Lists {
    /// Forgets everything but the memory.
    pub(in crate::contact) fn clear(&mut self) {
        self.spans.clear();
        self.decimals.clear();
        self.integers.clear();
        self.consents.clear();
        self.stages.clear();
        self.proofs.clear();
        self.prospects.clear();
        self.properties.clear();
        self.kept.clear();
        self.kept_inside.clear();
        self.waste = 0;
    }

    /// Bytes of what fields point to.
    pub(in crate::contact) fn bytes(&self) -> usize {
        size_of_val(&*self.spans) + size_of_val(&*self.decimals) + size_of_val(&*self.integers)
    }

    /// Keeps a decimal number.
    pub(in crate::contact) fn decimal(&mut self, value: Decimal) -> Slot {
        self.decimals.push(value);
        Slot::Decimal(self.decimals.len() as u32 - 1)
    }

    /// Keeps a whole number aside.
    pub(super) fn aside(&mut self, slot: Slot) -> Packed {
        let Slot::Integer(value) = slot else { return Packed::MISSING };
        self.integers.push(value);
        Packed::aside(value, self.integers.len() - 1)
    }

    /// Several texts as a list.
    pub(in crate::contact) fn list(&mut self, texts: &[Span]) -> Slot {
        let start = self.spans.len() as u32;
        self.spans.extend_from_slice(texts);
        Slot::TextList(Span { start, len: texts.len() as u32 })
    }

    /// How many places [`longer`](Self::longer) takes.
    pub(super) fn cost_of_one_more(&self, run: Span) -> usize {
        if self.is_last(run) { 1 } else { run.len as usize + 1 }
    }

    /// A list with one more text: where it is, or at the end when others stand behind it.
    pub(in crate::contact) fn longer(&mut self, run: Span, text: Span) -> Slot {
        let mut start = run.start;
        if !self.is_last(run) {
            start = self.spans.len() as u32;
            self.spans.extend_from_within(run.range());
        }
        self.spans.push(text);
        Slot::TextList(Span { start, len: run.len + 1 })
    }

    fn is_last(&self, run: Span) -> bool {
        run.range().end == self.spans.len()
    }
}
