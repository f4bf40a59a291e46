//! A checked condition, a schema and a time to a plan.

use std::sync::Arc;

use super::comparison::{against_term, between_terms};
use super::compiler::{
    Compiler, Resolve, join, not, place, place_of, states, symbol, tag_symbol, texts, unchecked,
};
use super::default::{default_fits, or_default};
use super::events::events;
use super::number::number_test;
use super::set::set;
use crate::contact::{FieldType, Symbol, date_key, fold_text, micros};
use crate::error::{Error, ErrorKind, Result};
use crate::segment::engine::number_test::NumberTest;
use crate::segment::engine::plan::{Node, NumberTerm, Recompile, TextTerm, Zoned};
use crate::segment::engine::text_test::TextTest;
use crate::segment::engine::window::EvaluationTime;
use crate::segment::language::accents;
use crate::segment::language::ast::events::{Aggregate, Fold};
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::tree::{Check, Expr, Literal, Quantifier, Term, Test};
use crate::segment::language::check::scope::Scope;
use crate::segment::language::kind::Kind;
use crate::segment::language::pattern::regexes;

impl Compiler<'_> {
    pub(crate) fn expr(&self, expr: &Expr, scope: Scope<'_>, resolve: Resolve<'_>) -> Result<Node> {
        let mut parts = |parts: &[Expr]| -> Result<Vec<Node>> {
            parts.iter().map(|part| self.expr(part, scope, resolve)).collect()
        };
        Ok(match expr {
            Expr::Constant(value) => Node::Constant(*value),
            Expr::All(all) => join(parts(all)?, true),
            Expr::Any(any) => join(parts(any)?, false),
            Expr::None(none) => not(join(parts(none)?, false)),
            Expr::AtLeast(at_least) => Node::AtLeast(at_least.count, parts(&at_least.of)?.into()),
            Expr::Not(inner) => not(self.expr(inner, scope, resolve)?),
            Expr::Tags(test) => {
                let names = test.tags.iter().map(|tag| tag_symbol(&tag.node, scope));
                let names: Vec<Symbol> = names.collect::<Result<_>>()?;
                match test.quantifier {
                    Quantifier::Any => Node::Tags(names.into()),
                    Quantifier::None => not(Node::Tags(names.into())),
                    Quantifier::All => join(each_tag(names), true),
                    Quantifier::Only => Node::TagsOnly(names.into()),
                    Quantifier::Exactly => {
                        let only = Node::TagsOnly(names.clone().into());
                        join(each_tag(names).into_iter().chain([only]).collect(), true)
                    }
                }
            }
            Expr::Exists(query) => {
                self.zoned(expr, Node::Exists(Box::new(events(self, query, scope)?)), scope)
            }
            Expr::Segment(name) => resolve(&name.node)?,
            Expr::Test(test) => self.zoned(expr, self.test(test, scope)?, scope),
        })
    }

    /// The plan of a leaf, and those of other zones where they would differ.
    fn zoned(&self, leaf: &Expr, plan: Node, scope: Scope<'_>) -> Node {
        match self.zone_at {
            Some(at) if scope.event.is_none() && depends_on_zone(leaf, scope) => {
                Node::Zoned(Arc::new(Zoned::new(at, plan, self.for_zones(leaf))))
            }
            _ => plan,
        }
    }

    /// Compiles a leaf again with the days of another zone.
    fn for_zones(&self, leaf: &Expr) -> Recompile {
        let (leaf, limits, time) = (leaf.clone(), *self.limits, self.time.clone());
        Arc::new(move |zone, schema| {
            let time = EvaluationTime { zone: zone.clone(), ..time.clone() };
            let compiler = Compiler { time: &time, limits: &limits, zone_at: None };
            compiler.expr(&leaf, Scope::contact(schema), &mut |_| Err(unchecked())).ok()
        })
    }

    pub(crate) fn test(&self, test: &Test, scope: Scope<'_>) -> Result<Node> {
        let folded = accents::without(test);
        let test = folded.as_ref().unwrap_or(test);
        if let Check::Against(against) = &test.check {
            let kind = scope.kind(&test.term).map_err(|_| unchecked())?;
            return against_term(self, test, against, kind, scope);
        }
        if let Check::BetweenTerms(bounds) = &test.check {
            return between_terms(self, test, bounds, scope);
        }
        if let Term::Events(Aggregate {
            of: of @ (Fold::First | Fold::Last),
            query,
            property: Some(property),
        }) = &test.term
        {
            let inner = Test { term: Term::Field(property.clone()), ..test.clone() };
            let missing = match &test.default {
                Some(default) => {
                    let kind = scope.kind(&test.term).map_err(|_| unchecked())?;
                    default_fits(self, test, &default.node, kind)?
                }
                None => {
                    matches!(test.check, Check::IsSet | Check::IsEmpty)
                        && test.negated != matches!(test.check, Check::IsEmpty)
                }
            };
            return Ok(Node::Nth {
                events: Box::new(events(self, query, scope)?),
                last: *of == Fold::Last,
                test: Box::new(self.test(&inner, scope.event(query.event.as_ref()))?),
                missing,
            });
        }
        if let Some(default) = &test.default {
            return or_default(self, test, &default.node, scope);
        }
        let kind = scope.kind(&test.term).map_err(|_| unchecked())?;
        let negated = test.negated;
        match &test.check {
            Check::IsSet | Check::IsEmpty => {
                let presence = Box::new(self.presence(&test.term, kind, scope)?);
                let node =
                    if test.check == Check::IsSet { Node::IsSet(presence) } else { Node::IsEmpty(presence) };
                return Ok(if negated { not(node) } else { node });
            }
            Check::HasAll(_) | Check::HasOnly(_) | Check::HasExactly(_) => {
                return set(self, test, kind, scope);
            }
            // A list of days is any of the days.
            Check::In(literals) if kind.is_day() || kind == Kind::Instant => {
                // Without the list, which a copy for each of its days would square.
                let bare = Test {
                    term: test.term.clone(),
                    default: None,
                    check: Check::IsSet,
                    negated: false,
                    ..*test
                };
                let one = |literal: &Spanned<Literal>| {
                    self.test(&Test { check: Check::Equal(literal.clone()), ..bare.clone() }, scope)
                };
                let any = join(literals.iter().map(one).collect::<Result<_>>()?, false);
                if !negated {
                    return Ok(any);
                }
                let set = Node::IsSet(Box::new(self.presence(&test.term, kind, scope)?));
                return Ok(join(vec![set, not(any)], true));
            }
            _ => {}
        }
        Ok(match kind {
            Kind::Boolean => match &test.check {
                Check::Equal(Spanned { node: Literal::Boolean(wanted), .. }) => match &test.term {
                    Term::Field(name) => {
                        Node::Boolean { at: place(name, scope)?, wanted: *wanted != negated }
                    }
                    term => {
                        let term = Box::new(self.code_term(term, kind, scope)?);
                        Node::Code { term, wanted: (*wanted).into(), negated }
                    }
                },
                _ => return Err(unchecked()),
            },
            Kind::Integer | Kind::Decimal => self.number(test, scope)?,
            Kind::Text | Kind::Texts => self.text(test, scope)?,
            Kind::Consent => self.consent(test, scope)?,
            Kind::Date | Kind::Birthday => {
                let (low, high) = self.time.days(&test.check).ok_or_else(unchecked)?;
                let at = place_of(&test.term, scope)?;
                Node::Days { at, low: date_key(low), high: date_key(high), negated }
            }
            Kind::Instant => {
                let (low, high) = self.time.instants(&test.check).ok_or_else(unchecked)?;
                Node::Instant { term: self.instant(&test.term, scope)?, low, high, negated }
            }
            Kind::Anniversary => {
                let Term::Anniversary(name) = &test.term else { return Err(unchecked()) };
                let days = self.time.year_days(&test.check).ok_or_else(unchecked)?;
                Node::YearDays {
                    at: place(name, scope)?,
                    days,
                    zone: Box::new(self.time.zone.clone()),
                    negated,
                }
            }
        })
    }

    fn number(&self, test: &Test, scope: Scope<'_>) -> Result<Node> {
        let term = self.number_term(&test.term, scope)?;
        let passes = number_test(&test.check).ok_or_else(unchecked)?;
        let negated = test.negated;
        Ok(match (&term, &passes) {
            (NumberTerm::Cell(at), NumberTest::Range { whole: (low, high), .. })
                if scope.event.is_none() && scope.kind(&test.term) == Ok(Kind::Integer) =>
            {
                Node::Whole { at: *at, low: *low, high: *high, negated }
            }
            _ => Node::Number { term: Box::new(term), test: Box::new(passes), negated },
        })
    }

    fn text(&self, test: &Test, scope: Scope<'_>) -> Result<Node> {
        let (exact, negated) = (test.exact, test.negated);
        let passes = self.text_test(test)?;
        let term = self.text_term(&test.term, scope)?;
        let keyword = match (&test.term, scope.event) {
            (Term::Field(name), None) => scope.field_type(name) == Ok(FieldType::Keyword),
            _ => false,
        };
        if let (true, &TextTerm::Cell(at), TextTest::OneOf { .. }) = (keyword, &term, &passes) {
            let words = texts(&test.check).into_iter();
            let mut symbols: Vec<u32> = words
                .map(|text| if exact { symbol(text, scope).0 } else { symbol(&fold_text(text), scope).0 })
                .collect();
            symbols.sort_unstable();
            symbols.dedup();
            return Ok(Node::Keyword {
                at,
                symbols: symbols.into(),
                texts: Box::new(passes),
                exact,
                negated,
            });
        }
        Ok(Node::Text { term, test: Box::new(passes), negated })
    }

    pub(crate) fn text_test(&self, test: &Test) -> Result<TextTest> {
        let exact = test.exact;
        Ok(match &test.check {
            Check::Equal(_) | Check::In(_) => TextTest::one_of(texts(&test.check).into_iter(), exact),
            Check::StartsWith(text) => TextTest::starts_with(&text.node, exact),
            Check::EndsWith(text) => TextTest::ends_with(&text.node, exact),
            Check::Contains(text) if exact => TextTest::contains(&text.node),
            check => {
                let pattern = regexes::compile(check, exact, self.limits.regex);
                TextTest::Fits(Box::new(pattern.map_err(|(message, expected)| {
                    Error::new(ErrorKind::Filter, "filter", message).with_expected(expected)
                })?))
            }
        })
    }

    fn consent(&self, test: &Test, scope: Scope<'_>) -> Result<Node> {
        let Term::Consent(name) = &test.term else { return Err(unchecked()) };
        let states = states(&texts(&test.check));
        let now = micros(self.time.now);
        Ok(Node::Consent { name: symbol(&name.node, scope), now, states, negated: test.negated })
    }
}

/// One condition for each tag.
fn each_tag(names: Vec<Symbol>) -> Vec<Node> {
    names.into_iter().map(|name| Node::Tags([name].into())).collect()
}

/// Whether a leaf can have another plan in another zone.
fn depends_on_zone(leaf: &Expr, scope: Scope<'_>) -> bool {
    match leaf {
        Expr::Test(test) => test.terms().any(|term| match term {
            Term::Field(_) => scope.kind(term).is_ok_and(|kind| kind.is_day() || kind == Kind::Instant),
            Term::Events(_) => true,
            term => term.call().is_some_and(|(function, _)| function.depends_on_zone()),
        }),
        Expr::Exists(_) => true,
        _ => false,
    }
}
