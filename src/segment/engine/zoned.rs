//! A condition whose days are those of the zone that a contact names.
//!
//! A plan holds the bounds of its days, so each zone has a plan of its own, made when the first contact names it. Only
//! the conditions that hang on the zone are kept so; the others around them are compiled once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::compile::compiler::{Compiler, unchecked};
use super::evaluate::Record;
use super::plan::Node;
use super::window::EvaluationTime;
use crate::clock::TimeZone;
use crate::contact::{Cell, Schema, Store};
use crate::segment::language::ast::tree::{Expr, Term};
use crate::segment::language::check::value_kind::{Kind, Scope};
use crate::segment::language::limits::Limits;

/// A leaf of a filter, with a plan for each zone.
#[derive(Debug)]
pub(crate) struct Zoned {
    /// The slot with the name of the zone.
    at: u32,
    leaf: Expr,
    limits: Limits,
    time: EvaluationTime,
    /// For a contact that names no zone.
    fixed: Arc<Node>,
    /// By the names of the database, so there are no more than it has zones, whatever contacts have in their field.
    plans: RwLock<HashMap<Box<str>, Arc<Node>>>,
}

impl Zoned {
    pub(crate) fn new(at: u32, leaf: &Expr, fixed: Node, compiler: &Compiler<'_>) -> Self {
        Self {
            at,
            leaf: leaf.clone(),
            limits: *compiler.limits,
            time: compiler.time.clone(),
            fixed: Arc::new(fixed),
            plans: RwLock::default(),
        }
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
        let time = EvaluationTime { zone, ..self.time.clone() };
        let compiler = Compiler { time: &time, limits: &self.limits, zone_at: None };
        // What compiled for one zone compiles for every other.
        let plan = compiler.expr(&self.leaf, Scope::contact(schema), &mut |_| Err(unchecked())).ok()?;
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(plans.entry(canonical).or_insert_with(|| Arc::new(plan))))
    }

    pub(crate) fn cost(&self) -> u32 {
        self.fixed.cost().saturating_add(2)
    }
}

/// What a field says that names a zone.
pub(crate) fn zone_name<'a>(cell: Cell<'a>, store: Store<'a>) -> Option<&'a str> {
    match cell {
        Cell::Text(name) => Some(name),
        Cell::Keyword { symbol, .. } => Some(store.symbols.lend(symbol)),
        _ => None,
    }
}

/// Whether a leaf can have another plan in another zone.
pub(crate) fn hangs_on_zone(leaf: &Expr, scope: Scope<'_>) -> bool {
    match leaf {
        Expr::Test(test) => test.terms().any(|asked| term(asked, scope)),
        Expr::Exists(_) => true,
        _ => false,
    }
}

fn term(asked: &Term, scope: Scope<'_>) -> bool {
    match asked {
        Term::Field(_) => scope
            .kind(asked)
            .is_ok_and(|kind| kind.is_day() || matches!(kind, Kind::Instant | Kind::Anniversary)),
        Term::Age(_)
        | Term::Anniversary(_)
        | Term::Year(_)
        | Term::Month(_)
        | Term::Day(_)
        | Term::Weekday(_)
        | Term::Hour(_)
        | Term::TagSince(_)
        | Term::ConsentSince(_)
        | Term::ConsentAgreedOn(_)
        | Term::StageSince(_)
        | Term::Events(_) => true,
        Term::Domain(_)
        | Term::Unaccent(_)
        | Term::Length(_)
        | Term::Values(_)
        | Term::TagCount
        | Term::TagScore(_)
        | Term::Consent(_)
        | Term::ConsentIp(_)
        | Term::ConsentDescriptionId(_)
        | Term::ConsentOptOut(_)
        | Term::Stage(_)
        | Term::StageValue(_)
        | Term::StageScore(_)
        | Term::Distance(_) => false,
    }
}
