//! One contact to its rows.

use std::fmt;

use super::coverage::Coverage;
use super::dedup::SeenRows;
use super::explain::Explanation;
use super::hashed::Hashed;
use super::key::MatchKey;
use super::keymap::{Column, Feed, Holds, KeyMap};
use super::normalize::{Region, is_hex, write_two, write_year};
use super::reject::Reject;
use super::rows::{Cell, MatchRows, Stored};
use super::steps::{Step, Steps};
use crate::contact::{Birthday, Contact, ValueRef};

/// Turns contacts into rows. It keeps buffers, so make one per thread and use it for all contacts.
///
/// `Debug` shows the columns.
pub struct RowMapper<'a> {
    map: &'a KeyMap,
    scratch: Scratch,
    seen: Option<SeenRows>,
}

/// Buffers that live as long as the mapper.
#[derive(Default)]
struct Scratch {
    /// The normalized value.
    text: String,
    /// Second and further values: column, which one, cell.
    further: Vec<(usize, usize, Stored)>,
}

impl<'a> RowMapper<'a> {
    /// Most rows of one contact; values beyond are rejected as [`Reject::Surplus`].
    pub const MAX_ROWS_PER_CONTACT: usize = 100;

    pub(super) fn new(map: &'a KeyMap) -> Self {
        Self { map, scratch: Scratch::default(), seen: None }
    }

    /// Leaves out rows that this mapper made before, remembering at most `rows` of them (17 to 34 bytes each).
    ///
    /// A row that comes again later than that is sent again, which changes nothing at Facebook.
    #[must_use]
    pub fn deduplicated(mut self, rows: usize) -> Self {
        self.seen = Some(SeenRows::new(rows));
        self
    }

    /// Appends the rows of one contact and says how many: none when no key that identifies a person could be made.
    ///
    /// A contact with several e-mail addresses or phones gives several rows: the second row has the second address
    /// and the second phone, and the first of each where there is no second. What is lost is counted in `coverage`.
    /// `rows` must be of the map's columns.
    pub fn append(&mut self, contact: &Contact, rows: &mut MatchRows, coverage: &mut Coverage) -> usize {
        debug_assert_eq!(rows.keys(), self.map.keys());
        let mark = rows.mark();
        coverage.contacts += 1;
        self.scratch.further.clear();
        let mut region = LazyRegion::Unread;
        let mut identifies = false;
        let mut several = 1;
        for (at, column) in self.map.columns.iter().enumerate() {
            let mut values = 0;
            let mut first = Stored::Empty;
            each_value(column, contact, |value| {
                if values >= Self::MAX_ROWS_PER_CONTACT || (values > 0 && !column.key.may_be_several()) {
                    coverage.rejected(column.key, Reject::Surplus);
                    return;
                }
                match cell(self.map, column, value, contact, &mut region, &mut self.scratch.text) {
                    Err(reason) => coverage.rejected(column.key, reason),
                    Ok((made, steps)) => {
                        coverage.sent(column.key, steps);
                        let stored = rows.store(made.into_cell(&self.scratch.text));
                        let known = values > 0
                            && (rows.same(stored, first)
                                || self.scratch.further.iter().any(|f| f.0 == at && rows.same(f.2, stored)));
                        if values == 0 {
                            first = stored;
                        } else if !known {
                            self.scratch.further.push((at, values, stored));
                        }
                        values += usize::from(!known);
                    }
                }
            });
            identifies |= values > 0 && column.key.identifies();
            several = several.max(values);
            let base = if values == 0 { absent(column.key, rows) } else { first };
            rows.push_stored(base);
        }
        if !identifies {
            rows.reset(mark);
            coverage.without_rows += 1;
            return 0;
        }
        for nth in 1..several {
            rows.repeat_row(mark);
            for &(at, _, stored) in self.scratch.further.iter().filter(|further| further.1 == nth) {
                rows.replace(at, stored);
            }
        }
        let made = self.drop_seen(mark, rows, coverage);
        coverage.rows += made as u64;
        made
    }

    fn drop_seen(&mut self, mark: super::rows::Mark, rows: &mut MatchRows, coverage: &mut Coverage) -> usize {
        let first = rows.row_of(mark);
        let made = rows.len() - first;
        let Some(seen) = &mut self.seen else { return made };
        let kept = rows.retain_from(first, |row| seen.is_new(row));
        coverage.duplicates += (made - kept) as u64;
        kept
    }
}

impl fmt::Debug for RowMapper<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowMapper({:?})", self.map.keys)
    }
}

/// The cell of a key without a value. The columns of data processing options are a list and two numbers, which have
/// an empty form of their own.
fn absent(key: MatchKey, rows: &mut MatchRows) -> Stored {
    match key {
        MatchKey::DataProcessingOptions => rows.store(Cell::Json("[]")),
        MatchKey::DataProcessingOptionsCountry | MatchKey::DataProcessingOptionsState => {
            rows.store(Cell::Json("0"))
        }
        _ => Stored::Empty,
    }
}

/// A value that a column is fed with.
#[derive(Clone, Copy)]
enum Fed<'a> {
    Text(&'a str),
    Birthday(Birthday),
}

/// The country of a contact, looked up when a value first needs it.
enum LazyRegion {
    Unread,
    Read(Option<Region>),
}

impl LazyRegion {
    fn get(&mut self, map: &KeyMap, contact: &Contact) -> Option<Region> {
        if let Self::Read(region) = *self {
            return region;
        }
        let region = map.region.and_then(|field| match contact.get(field)? {
            ValueRef::Keyword(text) => Region::find(&text),
            ValueRef::Text(text) => Region::find(text),
            ValueRef::TextList(texts) => texts.first().and_then(|text| Region::find(text)),
            _ => None,
        });
        *self = Self::Read(region);
        region
    }
}

/// Calls `each` with every value of the column that is not blank.
fn each_value(column: &Column, contact: &Contact, mut each: impl FnMut(Fed<'_>)) {
    let mut text = |text: &str| {
        if !text.trim_ascii().is_empty() {
            each(Fed::Text(text));
        }
    };
    match &column.feed {
        Feed::Constant(value) => text(value),
        Feed::Text(field) => contact.texts(*field).for_each(text),
        Feed::Typed(field) => match contact.get(*field) {
            None => {}
            Some(ValueRef::Keyword(value)) => text(&value),
            Some(ValueRef::Text(value)) => text(value),
            Some(ValueRef::Integer(value)) => text(itoa::Buffer::new().format(value)),
            Some(ValueRef::Decimal(value)) => text(&value.to_string()),
            Some(ValueRef::Boolean(value)) => text(if value { "true" } else { "false" }),
            Some(ValueRef::Birthday(value)) => each(Fed::Birthday(value)),
            Some(ValueRef::Date(value)) => each(Fed::Birthday(value.into())),
            Some(ValueRef::TextList(values)) => values.into_iter().for_each(text),
            Some(ValueRef::Instant(_)) => {}
        },
    }
}

/// A cell whose text, if any, is in the mapper's buffer.
enum Made {
    Hash(Hashed),
    Plain,
    Json,
}

impl Made {
    fn into_cell(self, text: &str) -> Cell<'_> {
        match self {
            Self::Hash(hash) => Cell::Hash(hash),
            Self::Plain => Cell::Plain(text),
            Self::Json => Cell::Json(text),
        }
    }
}

fn cell(
    map: &KeyMap,
    column: &Column,
    value: Fed<'_>,
    contact: &Contact,
    region: &mut LazyRegion,
    out: &mut String,
) -> Result<(Made, Steps), Reject> {
    let steps = match value {
        Fed::Birthday(birthday) => birth_part(map, column.key, birthday, out)?,
        Fed::Text(text) => {
            if column.holds != Holds::Raw {
                match digest(text) {
                    Ok(hash) => {
                        let mut steps = Steps::default();
                        steps.add(Step::PassedAsDigest);
                        return Ok((Made::Hash(hash), steps));
                    }
                    Err(reason) if column.holds == Holds::Hashed => return Err(reason),
                    Err(_) => {}
                }
            }
            let needs_region = matches!(column.key, MatchKey::Phone | MatchKey::State | MatchKey::Zip);
            let region = if needs_region { region.get(map, contact) } else { None };
            map.normalizer.normalize(column.key, text, region, out)?
        }
    };
    let made = match column.key {
        key if key.is_hashed() => Made::Hash(Hashed::of(out.as_bytes())),
        key if key.is_json() => Made::Json,
        _ => Made::Plain,
    };
    Ok((made, steps))
}

fn birth_part(map: &KeyMap, key: MatchKey, birthday: Birthday, out: &mut String) -> Result<Steps, Reject> {
    match key {
        MatchKey::BirthMonth => write_two(birthday.month(), out),
        MatchKey::BirthDay => write_two(birthday.day(), out),
        _ => write_year(birthday.year().ok_or(Reject::Empty)?, map.normalizer.last_year(), out)?,
    }
    Ok(Steps::default())
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

/// What becomes of each value of a contact.
pub(super) fn explain(map: &KeyMap, contact: &Contact) -> Vec<Explanation> {
    let mut region = LazyRegion::Unread;
    let mut explanations = Vec::new();
    for column in &map.columns {
        each_value(column, contact, |value| {
            let input = match &value {
                Fed::Text(text) => (*text).to_owned(),
                Fed::Birthday(day) => {
                    let year = day.year().map(|year| format!("{year:04}")).unwrap_or_default();
                    format!("{year}-{:02}-{:02}", day.month(), day.day())
                }
            };
            let mut out = String::new();
            let outcome = cell(map, column, value, contact, &mut region, &mut out);
            let outcome = outcome.map(|(made, steps)| match made {
                Made::Hash(hash) => (steps, out, Some(hash)),
                Made::Plain | Made::Json => (steps, out, None),
            });
            explanations.push(Explanation::new(column.key, input, outcome));
        });
    }
    explanations
}
