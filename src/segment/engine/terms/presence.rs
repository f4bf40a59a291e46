//! Whether a record has a value, and whether that is blank.

use super::texts::each_text;
use crate::contact::Cell;
use crate::segment::engine::plan::{Presence, TextTerm};
use crate::segment::engine::record::Record;

impl Presence {
    pub(crate) fn is_set<R: Record>(&self, record: &R) -> bool {
        match self {
            Self::Cell(at) => match record.cell(*at) {
                Cell::Missing => false,
                Cell::Texts(texts) => texts.len() > 0,
                _ => true,
            },
            Self::Number(term) => term.value(record).is_some(),
            Self::Text(term) => {
                let mut set = false;
                each_text(record, term, |_| {
                    set = true;
                    true
                });
                set
            }
            Self::Code(term) => term.value(record).is_some(),
        }
    }

    /// No value, or only blank text.
    pub(crate) fn is_empty<R: Record>(&self, record: &R) -> bool {
        let of_cell;
        let term = match self {
            Self::Cell(at) => {
                of_cell = TextTerm::Cell(*at);
                &of_cell
            }
            Self::Text(term) => term,
            other => return !other.is_set(record),
        };
        let mut blank = true;
        let mut texts = false;
        each_text(record, term, |text| {
            texts = true;
            blank = text.trim().is_empty();
            !blank
        });
        if texts { blank } else { !self.is_set(record) }
    }
}
