//! Texts of a record, one after the other, in place.

use std::io::Write;
use std::net::IpAddr;

use crate::contact::{Cell, Store, with_unaccented};
use crate::segment::engine::plan::TextTerm;
use crate::segment::engine::record::{Record, proof};
use crate::segment::engine::text_test::TextTest;

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
        TextTerm::ConsentIp { name, now } => {
            if let Some(ip) = proof(record, *name, *now).and_then(|proof| proof.ip) {
                with_written(&ip, take);
            }
            return;
        }
        TextTerm::ConsentDescription { name, now } => {
            let id = proof(record, *name, *now).and_then(|proof| proof.description_id);
            id.map(|id| take(record.store().piece(id)));
            return;
        }
        TextTerm::Unaccent(inner) => return each_unaccented(record, inner, &mut take),
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

/// Apart, and without a type of its own for each that takes: a term inside a term would need one for each level.
fn each_unaccented<R: Record>(record: &R, term: &TextTerm, take: &mut dyn FnMut(&str) -> bool) {
    each_text(record, term, |text| with_unaccented(text, &mut *take));
}

/// Shows an address as it is written; the longest has 45 characters.
fn with_written(ip: &IpAddr, mut take: impl FnMut(&str) -> bool) {
    let mut written = [0u8; 64];
    let mut rest = &mut written[..];
    if write!(rest, "{ip}").is_err() {
        return;
    }
    let left = rest.len();
    let len = written.len() - left;
    if let Some(text) = written.get(..len).and_then(|text| std::str::from_utf8(text).ok()) {
        take(text);
    }
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
