//! One term against another to a plan.

use super::compile::{Compiler, place_of, unchecked};
use super::plan::{Node, Sides};
use crate::contact::date_key;
use crate::error::Result;
use crate::segment::language::ast::{Against, Check, Literal, Test};
use crate::segment::language::kind::{Kind, Scope};

impl Compiler<'_> {
    pub(crate) fn against(
        &self,
        test: &Test,
        against: &Against,
        kind: Kind,
        scope: Scope<'_>,
    ) -> Result<Node> {
        let (one, other) = (&test.term, &against.term);
        let default = against.default.as_ref();
        let sides = if kind.is_number() {
            let default = default.and_then(|value| match value.node {
                Literal::Number(number) => Some(number),
                _ => None,
            });
            Sides::Numbers(self.number_term(one, scope)?, self.number_term(other, scope)?, default)
        } else if kind.is_day() {
            let default = default.and_then(|value| value.node.day()).map(date_key);
            Sides::Days(place_of(one, scope)?, place_of(other, scope)?, default)
        } else if kind == Kind::Instant {
            // A day counts from its beginning.
            let begin = |value: &crate::segment::language::ast::Spanned<Literal>| {
                self.time.instants(&Check::GreaterOrEqual(value.clone())).map(|(begin, _)| begin)
            };
            Sides::Instants(self.instant(one, scope)?, self.instant(other, scope)?, default.and_then(begin))
        } else if kind.is_text() {
            let default = default.and_then(|value| match &value.node {
                Literal::Text(text) => Some(text.as_str().into()),
                _ => None,
            });
            let (one, other) = (self.text_term(one, scope)?, self.text_term(other, scope)?);
            Sides::Texts { one, other, default, exact: test.exact }
        } else {
            return Err(unchecked());
        };
        Ok(Node::Against { sides: Box::new(sides), relation: against.relation, negated: test.negated })
    }
}
