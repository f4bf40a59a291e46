//! What counts for a term that is missing, to a plan.

use super::compiler::{Compiler, join, not, texts, unchecked};
use super::number::number_test;
use crate::contact::{ConsentStatus, date_key};
use crate::error::Result;
use crate::segment::engine::evaluate::state_bit;
use crate::segment::engine::plan::{Node, Presence};
use crate::segment::engine::terms::text_test::TextTest;
use crate::segment::engine::window::{has_bit, year_day};
use crate::segment::language::ast::tree::{Check, Literal, Spanned, Term, Test};
use crate::segment::language::check::checker::CONSENT_STATES;
use crate::segment::language::check::value_kind::{Kind, Scope};

impl Compiler<'_> {
    /// A test whose term has a value where it is missing: what it says of that is known before any contact is.
    pub(crate) fn or_default(&self, test: &Test, default: &Literal, scope: Scope<'_>) -> Result<Node> {
        let kind = scope.kind(&test.term).map_err(|_| unchecked())?;
        let node = self.test(&Test { default: None, ..test.clone() }, scope)?;
        if !self.default_fits(test, default, kind)? {
            return Ok(node);
        }
        let known = Node::IsSet(Box::new(self.comparable(&test.term, kind, scope)?));
        Ok(join(vec![node, not(known)], false))
    }

    /// Whether there is a value that comparisons see: a birthday without its year is set, and no day.
    fn comparable(&self, term: &Term, kind: Kind, scope: Scope<'_>) -> Result<Presence> {
        Ok(match kind {
            Kind::Integer | Kind::Decimal => Presence::Number(self.number_term(term, scope)?),
            Kind::Text | Kind::Texts => Presence::Text(self.text_term(term, scope)?),
            kind => Presence::Code(self.code_term(term, kind, scope)?),
        })
    }

    /// What a test says of a term that is its default.
    pub(crate) fn default_fits(&self, test: &Test, default: &Literal, kind: Kind) -> Result<bool> {
        let fits = match (kind, default) {
            (Kind::Integer | Kind::Decimal, Literal::Number(number)) => {
                number_test(&test.check).map(|passes| passes.exact(*number))
            }
            (Kind::Text | Kind::Texts, Literal::Text(text)) => Some(self.text_fits(test, text)?),
            (Kind::Consent, Literal::Text(text)) => Some(states(&texts(&test.check)) & states(&[text]) != 0),
            (Kind::Anniversary, value) => {
                let day = value.day().map(|day| year_day(day.month().into(), day.day()));
                day.zip(self.time.year_days(&test.check)).map(|(day, days)| has_bit(&days, day))
            }
            (_, value) => self.code(value, kind).and_then(|code| self.code_fits(&test.check, kind, code)),
        };
        Ok(fits.ok_or_else(unchecked)? != test.negated)
    }

    fn code_fits(&self, check: &Check, kind: Kind, code: i64) -> Option<bool> {
        match (check, kind) {
            (Check::In(values), _) => {
                let one = |value: &Spanned<Literal>| {
                    self.code_fits(&Check::Equal(value.clone()), kind, code) == Some(true)
                };
                Some(values.iter().any(one))
            }
            (Check::Equal(value), Kind::Boolean) => Some(self.code(&value.node, kind)? == code),
            (check, Kind::Date | Kind::Birthday) => {
                let (low, high) = self.time.days(check)?;
                Some((date_key(low).into()..=date_key(high).into()).contains(&code))
            }
            (check, Kind::Instant) => {
                let (low, high) = self.time.instants(check)?;
                Some(low <= code && code < high)
            }
            _ => None,
        }
    }

    fn text_fits(&self, test: &Test, text: &str) -> Result<bool> {
        let wanted = texts(&test.check);
        let among = || TextTest::one_of(wanted.iter().copied(), test.exact).holds(text);
        let each = || wanted.iter().all(|one| TextTest::one_of([*one].into_iter(), test.exact).holds(text));
        Ok(match &test.check {
            Check::HasAll(_) => each(),
            Check::HasOnly(_) => among(),
            Check::HasExactly(_) => among() && each(),
            _ => self.text_test(test)?.holds(text),
        })
    }
}

/// The bits of the states of a consent that these words name.
pub(crate) fn states(words: &[&str]) -> u8 {
    let known = [ConsentStatus::Confirmed, ConsentStatus::Withdrawn, ConsentStatus::NotConfirmed];
    let named = known.into_iter().zip(CONSENT_STATES);
    let wanted = named.filter(|(_, state)| words.iter().any(|word| state.eq_ignore_ascii_case(word)));
    wanted.map(|(state, _)| state_bit(state)).sum()
}
