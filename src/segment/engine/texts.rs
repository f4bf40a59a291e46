//! Texts of a record, one after the other, in place.

use super::evaluate::Record;
use super::plan::TextTerm;
use super::words::TextTest;
use crate::contact::{Cell, Store};

/// Whether some text of the term passes; none when it has no text.
#[inline]
pub(crate) fn any_text<R: Record>(record: &R, term: &TextTerm, test: &TextTest) -> Option<bool> {
    let mut found = None;
    each_text(record, term, |text| {
        let holds = test.holds(text);
        found = Some(holds);
        holds
    });
    found
}

/// True when there is a text and every one passes.
pub(crate) fn every_text<R: Record>(record: &R, term: &TextTerm, test: &TextTest) -> bool {
    let mut all = false;
    each_text(record, term, |text| {
        all = test.holds(text);
        !all
    });
    all
}

/// Shows the texts of a term until one is taken.
#[inline]
pub(crate) fn each_text<R: Record>(record: &R, term: &TextTerm, mut take: impl FnMut(&str) -> bool) {
    let (at, domain) = match term {
        TextTerm::Cell(at) => (*at, false),
        TextTerm::Domain(at) => (*at, true),
        TextTerm::Stage(funnel) => {
            if let Some(stage) = record.stages().iter().find(|stage| stage.funnel == *funnel) {
                take(record.store().symbols.lend(stage.stage));
            }
            return;
        }
        TextTerm::Nth { events, last, at } => {
            if let Some(event) = events.nth(record, *last) {
                texts_of(event.property(*at), record.store(), take);
            }
            return;
        }
    };
    let show = |text: &str| {
        if !domain {
            return take(text);
        }
        text.trim().rsplit_once('@').is_some_and(|(_, domain)| take(domain))
    };
    texts_of(record.cell(at), record.store(), show);
}

#[inline]
fn texts_of(cell: Cell<'_>, store: Store<'_>, mut show: impl FnMut(&str) -> bool) {
    match cell {
        Cell::Text(text) => {
            show(text);
        }
        Cell::Keyword { symbol, .. } => {
            show(store.symbols.lend(symbol));
        }
        Cell::Texts(texts) => {
            for text in texts.iter() {
                if show(text) {
                    return;
                }
            }
        }
        _ => {}
    }
}
