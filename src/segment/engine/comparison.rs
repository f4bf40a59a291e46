//! Asks how two terms of a record stand to one another.

use std::cmp::Ordering;

use super::plan::{Sides, TextTerm};
use super::record::Record;
use super::terms::number::Number;
use super::terms::texts::each_text;
use crate::contact::fold;
use crate::segment::language::ast::operand::Relation;

impl Sides {
    /// None when a value is missing.
    pub(crate) fn hold<R: Record>(&self, relation: Relation, record: &R) -> Option<bool> {
        let order = match self {
            Self::Numbers([(one, instead), (other, other_instead)]) => {
                let one = one.value(record).map(Number::decimal).or(*instead)?;
                one.cmp(&other.value(record).map(Number::decimal).or(*other_instead)?)
            }
            Self::Codes([(one, instead), (other, other_instead)]) => {
                one.value(record).or(*instead)?.cmp(&other.value(record).or(*other_instead)?)
            }
            Self::Texts { sides: [one, other], exact } => return texts(record, one, other, *exact),
        };
        Some(match relation {
            Relation::Equal => order == Ordering::Equal,
            Relation::Less => order == Ordering::Less,
            Relation::LessOrEqual => order != Ordering::Greater,
            Relation::Greater => order == Ordering::Greater,
            Relation::GreaterOrEqual => order != Ordering::Less,
        })
    }
}

/// A term of text, and what counts for it where it is missing.
type Side = (TextTerm, Option<Box<str>>);

/// Whether some text of one is a text of the other.
fn texts<R: Record>(record: &R, one: &Side, other: &Side, exact: bool) -> Option<bool> {
    let mut found = None;
    each_or_default(record, one, |text| {
        each_or_default(record, other, |known| {
            let same = if exact { text == known } else { text.chars().map(fold).eq(known.chars().map(fold)) };
            found = Some(same);
            same
        });
        found == Some(true)
    });
    found
}

fn each_or_default<R: Record>(record: &R, (term, default): &Side, mut take: impl FnMut(&str) -> bool) {
    let mut missing = true;
    each_text(record, term, |text| {
        missing = false;
        take(text)
    });
    if let (true, Some(default)) = (missing, default) {
        take(default);
    }
}
