//! Conditions: segment filters, looked at as of the check.

use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

use crate::clock::TimeZone;
use crate::contact::{Contact, Schema};
use crate::error::Result;
use crate::segment::{CompiledFilter, EvaluationTime, Filter, SegmentCatalog};

/// A filter that was checked against the schema, compiled: what does not depend on the time of the check once, and
/// asked first; the rest for each instant at which that holds.
#[derive(Debug)]
pub(in crate::automation) struct Condition {
    timeless: Vec<CompiledFilter>,
    timed: Vec<Timed>,
    schema: Schema,
    zone: TimeZone,
    catalog: Option<Catalog>,
}

/// The catalog of the segments that conditions name.
pub(in crate::automation) type Catalog = Arc<dyn SegmentCatalog>;

/// A part that depends on the time, and its form for the last instant.
#[derive(Debug)]
struct Timed {
    filter: Filter,
    compiled: Mutex<Option<(OffsetDateTime, CompiledFilter)>>,
}

impl Condition {
    pub(in crate::automation) fn parse(
        text: &str,
        schema: &Schema,
        zone: &TimeZone,
        catalog: Option<&Catalog>,
    ) -> Result<Self> {
        let filter = Filter::parse(text, schema)?;
        let any_time = EvaluationTime::new(OffsetDateTime::UNIX_EPOCH, zone.clone());
        let (mut timeless, mut timed) = (Vec::new(), Vec::new());
        for part in filter.conjuncts() {
            let compiled = compile(&part, schema, &any_time, catalog)?;
            if part.depends_on_now() {
                timed.push(Timed { filter: part, compiled: Mutex::new(None) });
            } else {
                timeless.push(compiled);
            }
        }
        Ok(Self { timeless, timed, schema: schema.clone(), zone: zone.clone(), catalog: catalog.cloned() })
    }

    /// True when the filter holds for `contact`, with `at` as now.
    pub(super) fn holds(&self, contact: &Contact, at: OffsetDateTime) -> Result<bool> {
        if !self.timeless.iter().all(|part| part.matches(contact)) {
            return Ok(false);
        }
        for part in &self.timed {
            let mut compiled = part.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            let filter = match &mut *compiled {
                Some((known, filter)) if *known == at => filter,
                other => {
                    let time = EvaluationTime::new(at, self.zone.clone());
                    let catalog = self.catalog.as_ref();
                    &mut other.insert((at, compile(&part.filter, &self.schema, &time, catalog)?)).1
                }
            };
            if !filter.matches(contact) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn compile(
    filter: &Filter,
    schema: &Schema,
    time: &EvaluationTime,
    catalog: Option<&Catalog>,
) -> Result<CompiledFilter> {
    match catalog {
        Some(catalog) => filter.compile_with(schema, time, &**catalog),
        None => filter.compile(schema, time),
    }
}

/// The first condition that does not hold, or `None` when all do.
pub(in crate::automation) fn first_failing(
    conditions: &[Condition],
    contact: &Contact,
    at: OffsetDateTime,
) -> Result<Option<usize>> {
    for (index, condition) in conditions.iter().enumerate() {
        if !condition.holds(contact, at)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}
