//! What compiles conditions needs, and how plans are joined.

use crate::contact::{ConsentStatus, Symbol, normalize_tag};
use crate::error::{Error, ErrorKind, Result};
use crate::segment::engine::plan::{AT, Node, VALUE};
use crate::segment::engine::record::state_bit;
use crate::segment::engine::window::EvaluationTime;
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::tree::{Check, Literal, Term};
use crate::segment::language::check::checker::CONSENT_STATES;
use crate::segment::language::check::scope::Scope;
use crate::segment::language::limits::Limits;

/// Turns the name of a segment into its plan.
pub(crate) type Resolve<'a> = &'a mut dyn FnMut(&str) -> Result<Node>;

/// Compiles what the checker has passed.
pub(crate) struct Compiler<'a> {
    pub(crate) time: &'a EvaluationTime,
    pub(crate) limits: &'a Limits,
    /// The slot with the name of a contact's own zone, where that counts.
    pub(crate) zone_at: Option<u32>,
}

/// Only a tree that skipped the checker comes here.
pub(crate) fn unchecked() -> Error {
    Error::new(ErrorKind::Filter, "filter", "a condition that does not fit its term")
}

/// `and` or `or` of several, flat, without constants, the cheapest first.
pub(crate) fn join(parts: Vec<Node>, all: bool) -> Node {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Node::Constant(value) if value == all => {}
            Node::Constant(value) => return Node::Constant(value),
            Node::All(inner) if all => flat.extend(inner),
            Node::Any(inner) if !all => flat.extend(inner),
            other => flat.push(other),
        }
    }
    flat.sort_by_key(Node::cost);
    match flat.len() {
        0 => Node::Constant(all),
        1 => flat.swap_remove(0),
        _ if all => Node::All(flat.into()),
        _ => Node::Any(flat.into()),
    }
}

pub(crate) fn not(node: Node) -> Node {
    match node {
        Node::Constant(value) => Node::Constant(!value),
        Node::Not(inner) => *inner,
        other => Node::Not(Box::new(other)),
    }
}

pub(crate) fn texts(check: &Check) -> Vec<&str> {
    let literals = match check {
        Check::Equal(literal) => std::slice::from_ref(literal),
        Check::In(literals)
        | Check::HasAll(literals)
        | Check::HasOnly(literals)
        | Check::HasExactly(literals) => literals,
        _ => &[],
    };
    literals
        .iter()
        .filter_map(
            |literal| if let Literal::Text(text) = &literal.node { Some(text.as_str()) } else { None },
        )
        .collect()
}

/// The bits of the states of a consent that these words name.
pub(crate) fn states(words: &[&str]) -> u8 {
    let known = [ConsentStatus::Confirmed, ConsentStatus::Withdrawn, ConsentStatus::NotConfirmed];
    let named = known.into_iter().zip(CONSENT_STATES);
    let wanted = named.filter(|(_, state)| words.iter().any(|word| state.eq_ignore_ascii_case(word)));
    wanted.map(|(state, _)| state_bit(state)).sum()
}

pub(crate) fn place_of(term: &Term, scope: Scope<'_>) -> Result<u32> {
    match term {
        Term::Field(name) => place(name, scope),
        _ => Err(unchecked()),
    }
}

/// The slot of a field, or the symbol of a property.
pub(crate) fn place(name: &Spanned<String>, scope: Scope<'_>) -> Result<u32> {
    match (scope.event, name.node.as_str()) {
        (None, field) => scope.schema.field(field).map(|id| id.index() as u32).ok_or_else(unchecked),
        (Some(_), "value") => Ok(VALUE),
        (Some(_), "at") => Ok(AT),
        (Some(_), property) => Ok(symbol(property, scope).0),
    }
}

/// The symbol of a text; of a text for which there is no room, one that no contact has.
pub(crate) fn symbol(text: &str, scope: Scope<'_>) -> Symbol {
    scope.schema.symbols().intern(text).unwrap_or(Symbol(u32::MAX - 2))
}

/// The symbol of a tag.
pub(crate) fn tag_symbol(name: &str, scope: Scope<'_>) -> Result<Symbol> {
    Ok(symbol(&normalize_tag(name).ok_or_else(unchecked)?, scope))
}
