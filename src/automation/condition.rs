//! Conditions: segment filters, looked at as of the check.

use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

use crate::clock::Zone;
use crate::contact::{Contact, Schema};
use crate::error::Result;
use crate::segment::{CompiledFilter, EvaluationTime, Filter};

/// A filter that was checked against the schema, and its last compiled form.
#[derive(Debug)]
pub(super) struct Condition {
    filter: Filter,
    schema: Arc<Schema>,
    zone: Zone,
    compiled: Mutex<Option<(OffsetDateTime, Arc<CompiledFilter>)>>,
}

impl Condition {
    pub(super) fn parse(text: &str, schema: &Arc<Schema>, zone: &Zone) -> Result<Self> {
        let filter = Filter::parse(text, schema)?;
        Ok(Self { filter, schema: Arc::clone(schema), zone: zone.clone(), compiled: Mutex::new(None) })
    }

    /// True when the filter holds for `contact`, with `at` as now.
    pub(super) fn holds(&self, contact: &Contact, at: OffsetDateTime) -> Result<bool> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let filter = match &*compiled {
            Some((known, filter)) if *known == at => Arc::clone(filter),
            _ => {
                let time = EvaluationTime { now: at, zone: self.zone.clone() };
                let filter = Arc::new(self.filter.compile(&self.schema, &time)?);
                *compiled = Some((at, Arc::clone(&filter)));
                filter
            }
        };
        drop(compiled);
        Ok(filter.matches(contact))
    }
}

/// The first condition that does not hold, or `None` when all do.
pub(super) fn first_failing(
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
