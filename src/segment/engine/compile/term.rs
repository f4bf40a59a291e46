//! Terms to where their values come from.

use super::compiler::{Compiler, place, place_of, states, symbol, tag_symbol, unchecked};
use super::events::events;
use crate::contact::{date_key, micros};
use crate::error::Result;
use crate::segment::engine::plan::{
    CodeTerm, Distance, InstantTerm, NumberTerm, Part, Presence, TextTerm, VALUE,
};
use crate::segment::engine::window::year_day;
use crate::segment::language::ast::events::{Aggregate, Fold};
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::tree::{Check, DistanceTo, Literal, Term};
use crate::segment::language::check::scope::Scope;
use crate::segment::language::kind::Kind;

impl Compiler<'_> {
    pub(crate) fn number_term(&self, term: &Term, scope: Scope<'_>) -> Result<NumberTerm> {
        let zone = || self.time.zone.clone();
        let part = |name, part| Ok(NumberTerm::Part { at: place(name, scope)?, part, zone: zone() });
        match term {
            Term::Field(name) => Ok(NumberTerm::Cell(place(name, scope)?)),
            Term::Age(name) => Ok(NumberTerm::Age { at: place(name, scope)?, today: self.time.today() }),
            Term::Year(name) => part(name, Part::Year),
            Term::Month(name) => part(name, Part::Month),
            Term::Day(name) => part(name, Part::Day),
            Term::Weekday(name) => part(name, Part::Weekday),
            Term::Hour(name) => part(name, Part::Hour),
            Term::Length(name) => Ok(NumberTerm::Length(place(name, scope)?)),
            Term::Values(name) => Ok(NumberTerm::Values(place(name, scope)?)),
            Term::TagCount => Ok(NumberTerm::TagCount),
            Term::TagScore(tag) => Ok(NumberTerm::TagScore(tag_symbol(&tag.node, scope)?)),
            Term::StageValue(funnel) => Ok(NumberTerm::StageValue(symbol(&funnel.node, scope))),
            Term::StageScore(funnel) => Ok(NumberTerm::StageScore(symbol(&funnel.node, scope))),
            Term::Distance(distance) => self.distance(distance, scope),
            Term::Events(aggregate) => {
                let events = events(self, &aggregate.query, scope)?;
                let at = match &aggregate.property {
                    Some(property) => place(property, scope.event(aggregate.query.event.as_ref()))?,
                    None => VALUE,
                };
                match aggregate.of {
                    Fold::Count => Ok(NumberTerm::Count(events)),
                    Fold::Distinct => Ok(NumberTerm::Distinct(events, at)),
                    Fold::Sum => Ok(NumberTerm::Sum(events, at)),
                    Fold::Min => Ok(NumberTerm::Min(events, at)),
                    Fold::Max => Ok(NumberTerm::Max(events, at)),
                    Fold::Avg => Ok(NumberTerm::Avg(events, at)),
                    Fold::First | Fold::Last => {
                        Ok(NumberTerm::Nth { events: Box::new(events), last: aggregate.of == Fold::Last, at })
                    }
                }
            }
            _ => Err(unchecked()),
        }
    }

    fn distance(&self, distance: &DistanceTo, scope: Scope<'_>) -> Result<NumberTerm> {
        let at = (place(&distance.latitude, scope)?, place(&distance.longitude, scope)?);
        let [Literal::Number(latitude), Literal::Number(longitude)] =
            [&distance.to.0.node, &distance.to.1.node]
        else {
            return Err(unchecked());
        };
        let found = Distance::new(at.0, at.1, (*latitude, *longitude)).ok_or_else(unchecked)?;
        Ok(NumberTerm::Distance(Box::new(found)))
    }

    pub(crate) fn text_term(&self, term: &Term, scope: Scope<'_>) -> Result<TextTerm> {
        let now = micros(self.time.now);
        match term {
            Term::Field(name) => Ok(TextTerm::Cell(place(name, scope)?)),
            Term::Domain(name) => Ok(TextTerm::Domain(place(name, scope)?)),
            Term::Stage(funnel) => Ok(TextTerm::Stage(symbol(&funnel.node, scope))),
            Term::ConsentIp(name) => Ok(TextTerm::ConsentIp { name: symbol(&name.node, scope), now }),
            Term::ConsentDescriptionId(name) => {
                Ok(TextTerm::ConsentDescription { name: symbol(&name.node, scope), now })
            }
            Term::Unaccent(name) => Ok(TextTerm::Unaccent(Box::new(TextTerm::Cell(place(name, scope)?)))),
            Term::Events(Aggregate { of, query, property: Some(property) }) => Ok(TextTerm::Nth {
                events: Box::new(events(self, query, scope)?),
                last: *of == Fold::Last,
                at: place(property, scope.event(query.event.as_ref()))?,
            }),
            _ => Err(unchecked()),
        }
    }

    pub(crate) fn instant(&self, term: &Term, scope: Scope<'_>) -> Result<InstantTerm> {
        let now = micros(self.time.now);
        Ok(match term {
            Term::Field(name) => InstantTerm::Cell(place(name, scope)?),
            Term::TagSince(tag) => InstantTerm::TagSince(tag_symbol(&tag.node, scope)?),
            Term::ConsentSince(name) => InstantTerm::ConsentSince { name: symbol(&name.node, scope), now },
            Term::ConsentAgreedOn(name) => {
                InstantTerm::ConsentAgreedOn { name: symbol(&name.node, scope), now }
            }
            Term::StageSince(funnel) => InstantTerm::StageSince(symbol(&funnel.node, scope)),
            Term::Events(aggregate) => InstantTerm::Nth {
                events: Box::new(events(self, &aggregate.query, scope)?),
                last: aggregate.of == Fold::Last,
            },
            _ => return Err(unchecked()),
        })
    }

    pub(crate) fn presence(&self, term: &Term, kind: Kind, scope: Scope<'_>) -> Result<Presence> {
        Ok(match term {
            Term::Field(name) | Term::Anniversary(name) => Presence::Cell(place(name, scope)?),
            Term::Domain(_)
            | Term::Stage(_)
            | Term::ConsentIp(_)
            | Term::ConsentDescriptionId(_)
            | Term::Unaccent(_) => Presence::Text(self.text_term(term, scope)?),
            _ if kind.is_number() => Presence::Number(self.number_term(term, scope)?),
            _ => Presence::Code(self.code_term(term, kind, scope)?),
        })
    }

    pub(crate) fn code_term(&self, term: &Term, kind: Kind, scope: Scope<'_>) -> Result<CodeTerm> {
        if let Term::Events(Aggregate { of, query, property: Some(property) }) = term {
            let field = Term::Field(property.clone());
            let of_event = self.code_term(&field, kind, scope.event(query.event.as_ref()))?;
            let events = Box::new(events(self, query, scope)?);
            return Ok(CodeTerm::Nth { events, last: *of == Fold::Last, of: Box::new(of_event) });
        }
        Ok(match (kind, term) {
            (Kind::Boolean, Term::ConsentOptOut(name)) => {
                let now = micros(self.time.now);
                CodeTerm::ConsentOptOut { name: symbol(&name.node, scope), now }
            }
            (Kind::Boolean, _) => CodeTerm::Truth(place_of(term, scope)?),
            (Kind::Date | Kind::Birthday, _) => CodeTerm::Day(place_of(term, scope)?),
            (Kind::Anniversary, Term::Anniversary(name)) => {
                CodeTerm::YearDay { at: place(name, scope)?, zone: self.time.zone.clone() }
            }
            (Kind::Consent, Term::Consent(name)) => {
                let now = micros(self.time.now);
                CodeTerm::Consent { name: symbol(&name.node, scope), now }
            }
            (Kind::Instant, _) => CodeTerm::Instant(self.instant(term, scope)?),
            _ => return Err(unchecked()),
        })
    }

    /// A value as a term of this kind has it; a day as an instant is its beginning.
    pub(crate) fn code(&self, value: &Literal, kind: Kind) -> Option<i64> {
        match (kind, value) {
            (Kind::Boolean, Literal::Boolean(value)) => Some((*value).into()),
            (Kind::Date | Kind::Birthday, value) => value.day().map(|day| date_key(day).into()),
            (Kind::Anniversary, value) => {
                value.day().map(|day| year_day(day.month().into(), day.day()) as i64)
            }
            (Kind::Consent, Literal::Text(text)) => Some(states(&[text]).into()),
            (Kind::Instant, value) => {
                let begin = Check::GreaterOrEqual(Spanned::from(value.clone()));
                self.time.instants(&begin).map(|(begin, _)| begin)
            }
            _ => None,
        }
    }
}
