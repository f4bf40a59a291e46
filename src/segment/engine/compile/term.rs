//! Terms to where their values come from.

use super::compiler::{Compiler, unchecked};
use crate::contact::Symbol;
use crate::error::Result;
use crate::segment::engine::plan::{AT, InstantTerm, NumberTerm, Part, Presence, TextTerm, VALUE};
use crate::segment::engine::terms::distance::Distance;
use crate::segment::language::ast::events::{Aggregate, Fold};
use crate::segment::language::ast::tree::{DistanceTo, Literal, Spanned, Term};
use crate::segment::language::check::value_kind::{Kind, Scope};

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
            Term::TagScore(tag) => Ok(NumberTerm::TagScore(self.tag(&tag.node, scope)?)),
            Term::StageValue(funnel) => Ok(NumberTerm::StageValue(symbol(&funnel.node, scope))),
            Term::StageScore(funnel) => Ok(NumberTerm::StageScore(symbol(&funnel.node, scope))),
            Term::Distance(distance) => self.distance(distance, scope),
            Term::Events(aggregate) => {
                let events = self.events(&aggregate.query, scope)?;
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
        let now = crate::contact::micros(self.time.now);
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
                events: Box::new(self.events(query, scope)?),
                last: *of == Fold::Last,
                at: place(property, scope.event(query.event.as_ref()))?,
            }),
            _ => Err(unchecked()),
        }
    }

    pub(crate) fn instant(&self, term: &Term, scope: Scope<'_>) -> Result<InstantTerm> {
        let now = crate::contact::micros(self.time.now);
        Ok(match term {
            Term::Field(name) => InstantTerm::Cell(place(name, scope)?),
            Term::TagSince(tag) => InstantTerm::TagSince(self.tag(&tag.node, scope)?),
            Term::ConsentSince(name) => InstantTerm::ConsentSince { name: symbol(&name.node, scope), now },
            Term::ConsentAgreedOn(name) => {
                InstantTerm::ConsentAgreedOn { name: symbol(&name.node, scope), now }
            }
            Term::StageSince(funnel) => InstantTerm::StageSince(symbol(&funnel.node, scope)),
            Term::Events(aggregate) => InstantTerm::Nth {
                events: Box::new(self.events(&aggregate.query, scope)?),
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
