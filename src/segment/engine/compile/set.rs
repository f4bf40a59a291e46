//! What is asked of all the texts of a list together.

use super::compiler::{Compiler, join, not, texts};
use crate::error::Result;
use crate::segment::engine::plan::Node;
use crate::segment::engine::text_test::TextTest;
use crate::segment::language::ast::tree::{Check, Test};
use crate::segment::language::check::scope::Scope;
use crate::segment::language::kind::Kind;

/// Each wanted text is there, none but those is there, or both.
pub(crate) fn set(compiler: &Compiler<'_>, test: &Test, kind: Kind, scope: Scope<'_>) -> Result<Node> {
    let term = compiler.text_term(&test.term, scope)?;
    let wanted = texts(&test.check);
    let one_of = |some: &[&str]| Box::new(TextTest::one_of(some.iter().copied(), test.exact));
    let mut parts = Vec::new();
    if !matches!(test.check, Check::HasOnly(_)) {
        let there = |text| Node::Text { term: term.clone(), test: one_of(&[text]), negated: false };
        parts.extend(wanted.iter().copied().map(there));
    }
    if !matches!(test.check, Check::HasAll(_)) {
        parts.push(Node::Every { term, test: one_of(&wanted) });
    }
    let all = join(parts, true);
    if !test.negated {
        return Ok(all);
    }
    let set = Node::IsSet(Box::new(compiler.presence(&test.term, kind, scope)?));
    Ok(join(vec![set, not(all)], true))
}
