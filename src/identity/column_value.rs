//! The values of a contact for a column, read and normalized.

use super::hashed::Hashed;
use super::key::MatchKey;
use super::keymap::{Column, Feed, KeyMap, ValueEncoding};
use super::normalize::birth::{write_two, write_year};
use super::normalize::region::Region;
use super::normalize::settings::Normalizer;
use super::normalize::text::is_hex;
use super::reject::Reject;
use super::steps::{NormalizationSteps, Step};
use super::trail::Trail;
use crate::contact::{Birthday, Contact, ValueRef};

/// A value of a contact for a column.
#[derive(Clone, Copy)]
pub(super) enum ColumnValue<'a> {
    Text(&'a str),
    Birthday(Birthday),
}

/// The country of a contact, looked up when a value first needs it.
pub(super) struct LazyRegion<'a> {
    map: &'a KeyMap,
    pub(super) contact: &'a Contact,
    known: std::cell::Cell<Option<Option<Region>>>,
}

impl<'a> LazyRegion<'a> {
    pub(super) fn new(map: &'a KeyMap, contact: &'a Contact) -> Self {
        Self { map, contact, known: std::cell::Cell::new(None) }
    }

    fn get(&self) -> Option<Region> {
        if let Some(region) = self.known.get() {
            return region;
        }
        let region = self.map.region.and_then(|field| Region::find(self.contact.texts(field).next()?));
        self.known.set(Some(region));
        region
    }
}

/// The text of a column that has exactly one, which is how most are.
#[inline]
pub(super) fn only_text<'a>(column: &Column, contact: &'a Contact) -> Option<&'a str> {
    let Feed::Text(field) = column.feed else { return None };
    let mut texts = contact.texts(field);
    let text = texts.next().filter(|text| !text.trim_ascii().is_empty())?;
    texts.next().is_none().then_some(text)
}

/// Calls `each` with every value of the column that is not blank.
pub(super) fn each_value(column: &Column, contact: &Contact, mut each: impl FnMut(ColumnValue<'_>)) {
    let mut text = |text: &str| {
        if !text.trim_ascii().is_empty() {
            each(ColumnValue::Text(text));
        }
    };
    match &column.feed {
        Feed::Constant(value) => text(value),
        Feed::Text(field) => contact.texts(*field).for_each(text),
        Feed::Typed(field) => match contact.get(*field) {
            None => {}
            Some(ValueRef::Integer(value)) => text(itoa::Buffer::new().format(value)),
            Some(ValueRef::Decimal(value)) => text(&value.to_string()),
            Some(ValueRef::Boolean(value)) => text(if value { "true" } else { "false" }),
            Some(ValueRef::Birthday(value)) => each(ColumnValue::Birthday(value)),
            Some(ValueRef::Date(value)) => each(ColumnValue::Birthday(value.into())),
            // Text is read in place, and no key is read from an instant.
            Some(_) => {}
        },
    }
}

/// Writes the normalized value to `out`; the digest itself, in hex, where the column holds one.
#[inline]
pub(super) fn read(
    column: &Column,
    value: ColumnValue<'_>,
    region: &LazyRegion<'_>,
    out: &mut String,
    trail: &mut Trail,
) -> Result<(), Reject> {
    let normalizer = &region.map.normalizer;
    let text = match value {
        ColumnValue::Birthday(birthday) => return birth_part(normalizer, column.key, birthday, out, trail),
        ColumnValue::Text(text) => text,
    };
    if column.encoding != ValueEncoding::Plain {
        match digest(text) {
            Ok(_) => {
                out.clear();
                out.push_str(text.trim());
                trail.add(Step::PassedAsDigest, out);
                return Ok(());
            }
            Err(reason) if column.encoding == ValueEncoding::Sha256 => return Err(reason),
            Err(_) => {}
        }
    }
    normalizer.normalize(column.key, text, &|| region.get(), out, trail)
}

/// The digest that is sent for what [`read`] wrote.
#[inline]
pub(super) fn hash(steps: NormalizationSteps, text: &str) -> Option<Hashed> {
    if steps.contains(Step::PassedAsDigest) { digest(text).ok() } else { Some(Hashed::of(text.as_bytes())) }
}

fn birth_part(
    normalizer: &Normalizer,
    key: MatchKey,
    birthday: Birthday,
    out: &mut String,
    trail: &mut Trail,
) -> Result<(), Reject> {
    match key {
        MatchKey::BirthMonth => write_two(birthday.month(), out),
        MatchKey::BirthDay => write_two(birthday.day(), out),
        _ => write_year(birthday.year().ok_or(Reject::Empty)?, normalizer.last_year(), out)?,
    }
    trail.add(Step::DateSplit, out);
    Ok(())
}

/// A SHA-256 in hex, any case.
fn digest(text: &str) -> Result<Hashed, Reject> {
    let trimmed = text.trim();
    match trimmed.len() {
        64 => Hashed::from_hex(trimmed)
            .map_err(|_| if is_hex(trimmed) { Reject::Empty } else { Reject::NotHashed }),
        32 | 40 | 56 | 96 | 128 if is_hex(trimmed) => Err(Reject::OtherDigest),
        _ => Err(Reject::NotHashed),
    }
}
