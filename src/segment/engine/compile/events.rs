//! Events to a plan: which, when, and what follows them.

use super::compiler::{Compiler, symbol, unchecked};
use crate::error::Result;
use crate::segment::engine::plan::{Edge, EventPlan, FollowPlan};
use crate::segment::language::ast::events::{EventQuery, Followed};
use crate::segment::language::ast::operand::{Operand, Relation};
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::tree::{Check, Literal, Term};
use crate::segment::language::check::scope::Scope;

pub(crate) fn events(compiler: &Compiler<'_>, query: &EventQuery, scope: Scope<'_>) -> Result<EventPlan> {
    let condition = query.condition.as_deref().map(|condition| {
        let inner = scope.event(query.event.as_ref());
        compiler.expr(condition, inner, &mut |_| Err(unchecked()))
    });
    let (low, high, edges) = window(compiler, query.within.as_ref(), scope)?;
    Ok(EventPlan {
        kind: query.event.as_ref().map(|event| symbol(&event.node.to_lowercase(), scope)),
        low,
        high,
        edges: edges.into(),
        condition: condition.transpose()?,
        then: query.then.as_ref().map(|then| follows(compiler, then, scope)).transpose()?,
    })
}

fn follows(compiler: &Compiler<'_>, then: &Followed, scope: Scope<'_>) -> Result<Box<FollowPlan>> {
    Ok(Box::new(FollowPlan {
        by: events(compiler, &then.by, scope)?,
        absent: then.absent,
        within: then.within,
        zone: compiler.time.zone.clone(),
        now: crate::contact::micros(compiler.time.now),
    }))
}

/// The instants between which events lie, the end left out, and what else bounds them.
fn window(
    compiler: &Compiler<'_>,
    within: Option<&Check>,
    scope: Scope<'_>,
) -> Result<(i64, i64, Vec<Edge>)> {
    const ALWAYS: (i64, i64) = (i64::MIN, i64::MAX);
    let ((low, high), edges) = match within {
        None => (ALWAYS, Vec::new()),
        Some(Check::Against(against)) => {
            let edge = edge(compiler, against.relation, &against.term, against.default.as_ref(), scope)?;
            (ALWAYS, vec![edge])
        }
        Some(Check::BetweenTerms(bounds)) => {
            let (mut window, mut edges) = (ALWAYS, Vec::new());
            for (bound, relation) in
                [(&bounds.low, Relation::GreaterOrEqual), (&bounds.high, Relation::LessOrEqual)]
            {
                if let Operand::Term(other) = bound {
                    edges.push(edge(compiler, relation, &other.term, other.default.as_ref(), scope)?);
                } else {
                    let (low, high) = compiler.time.instants(&bound.check(relation)).ok_or_else(unchecked)?;
                    window = (window.0.max(low), window.1.min(high));
                }
            }
            (window, edges)
        }
        Some(check) => (compiler.time.instants(check).ok_or_else(unchecked)?, Vec::new()),
    };
    Ok((low, high, edges))
}

fn edge(
    compiler: &Compiler<'_>,
    relation: Relation,
    term: &Term,
    default: Option<&Spanned<Literal>>,
    scope: Scope<'_>,
) -> Result<Edge> {
    let kind = scope.kind(term).map_err(|_| unchecked())?;
    let default = default.map(|value| compiler.code(&value.node, kind).ok_or_else(unchecked));
    let zone = kind.is_day().then(|| compiler.time.zone.clone());
    Ok(Edge { relation, term: compiler.code_term(term, kind, scope)?, default: default.transpose()?, zone })
}
