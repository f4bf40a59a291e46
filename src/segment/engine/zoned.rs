//! A condition whose days are those of the zone that a contact names.
//!
//! A plan holds the bounds of its days, so each zone has a plan of its own, made when the first contact names it. Only
//! the conditions that hang on the zone are kept so; the others around them are compiled once.

use std::sync::{Arc, PoisonError, RwLock};

use super::plan::{Node, Recompile, Zoned};
use super::record::Record;
use super::window::zone_name;
use crate::clock::TimeZone;
use crate::contact::Schema;

impl Zoned {
    pub(crate) fn new(at: u32, fixed: Node, recompile: Recompile) -> Self {
        Self { at, fixed: Arc::new(fixed), recompile, plans: RwLock::default() }
    }

    /// The plan for the zone that a contact names.
    pub(crate) fn plan<R: Record>(&self, record: &R) -> Arc<Node> {
        let named = zone_name(record.cell(self.at), record.store());
        let plan = named.and_then(|name| self.known(name).or_else(|| self.planned(name, record.schema()?)));
        plan.unwrap_or_else(|| Arc::clone(&self.fixed))
    }

    fn known(&self, name: &str) -> Option<Arc<Node>> {
        self.plans.read().unwrap_or_else(PoisonError::into_inner).get(name).map(Arc::clone)
    }

    /// The plan of a zone that is asked for by another name than that of the database, or for the first time.
    fn planned(&self, name: &str, schema: &Schema) -> Option<Arc<Node>> {
        let zone = TimeZone::named(name).ok()?;
        let canonical: Box<str> = zone.canonical().into();
        if let Some(plan) = self.known(&canonical) {
            return Some(plan);
        }
        // What compiled for one zone compiles for every other.
        let plan = (self.recompile)(&zone, schema)?;
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(plans.entry(canonical).or_insert_with(|| Arc::new(plan))))
    }
}
