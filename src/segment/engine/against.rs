//! Asks how two terms of a record stand to one another.

use std::cmp::Ordering;

use super::evaluate::{Record, day, each_text};
use super::number::Number;
use super::plan::{Sides, TextTerm};
use crate::contact::fold;
use crate::segment::language::ast::Relation;

impl Sides {
    /// None when a value is missing.
    pub(crate) fn hold<R: Record>(&self, relation: Relation, record: &R) -> Option<bool> {
        let order = match self {
            Self::Numbers(one, other, default) => {
                let other = other.value(record).map(Number::decimal).or(*default)?;
                one.value(record)?.decimal().cmp(&other)
            }
            Self::Days(one, other, default) => {
                day(record.cell(*one))?.cmp(&day(record.cell(*other)).or(*default)?)
            }
            Self::Instants(one, other, default) => one.value(record)?.cmp(&other.value(record).or(*default)?),
            Self::Texts { one, other, default, exact } => {
                return texts(record, (*one, *other), default.as_deref(), *exact);
            }
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

/// Whether some text of one is a text of the other.
fn texts<R: Record>(
    record: &R,
    of: (TextTerm, TextTerm),
    default: Option<&str>,
    exact: bool,
) -> Option<bool> {
    let (one, other) = of;
    let mut found = None;
    each_text(record, one, |text| {
        let mut take = |known: &str| {
            let same = if exact { text == known } else { text.chars().map(fold).eq(known.chars().map(fold)) };
            found = Some(same);
            same
        };
        let mut missing = true;
        each_text(record, other, |known| {
            missing = false;
            take(known)
        });
        if let (true, Some(default)) = (missing, default) {
            take(default);
        }
        found == Some(true)
    });
    found
}
