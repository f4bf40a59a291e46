//! The names that a condition may use, and the kinds of their values, by the schema.

use crate::contact::{FieldType, Schema, nearest};
use crate::segment::language::ast::events::{Aggregate, Fold};
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::tree::{Literal, Term};
use crate::segment::language::error::FilterProblem;
use crate::segment::language::function::{Argument, Function};
use crate::segment::language::kind::Kind;

/// Whose names a condition uses: the contact's, or those of the events of a type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) schema: &'a Schema,
    /// Inside `where`: the type of the events, or none for any.
    pub(crate) event: Option<Option<&'a str>>,
}

impl<'a> Scope<'a> {
    pub(crate) fn contact(schema: &'a Schema) -> Self {
        Self { schema, event: None }
    }

    pub(crate) fn event(self, kind: Option<&'a Spanned<String>>) -> Self {
        Self { event: Some(kind.map(|kind| kind.node.as_str())), ..self }
    }

    /// The type of a field, or of a property inside `where`.
    pub(crate) fn field_type(self, name: &Spanned<String>) -> Result<FieldType, FilterProblem> {
        match self.event {
            None => match self.schema.field(&name.node) {
                Some(id) => Ok(self.schema.get(id).field_type()),
                None => Err(self.unknown("field", name, self.schema.suggest(&name.node))),
            },
            Some(kind) => self.schema.property_type(kind, &name.node).ok_or_else(|| {
                let near = nearest(&name.node, self.schema.properties(kind).map(|(name, _)| name));
                self.unknown("property", name, near)
            }),
        }
    }

    fn unknown(self, what: &str, name: &Spanned<String>, near: Option<&str>) -> FilterProblem {
        let problem = FilterProblem::new(name.span, format!("unknown {what} {:?}", name.node));
        if let Some(hint) = self.form_of(&name.node).filter(|_| what == "field") {
            return problem.expected(hint);
        }
        problem.expected(match near {
            Some(near) => format!("did you mean {near:?}?"),
            None if what == "field" => "a standard field, or one declared in the schema".to_owned(),
            None => "value, at, a standard property, or one declared with the event type".to_owned(),
        })
    }

    /// The form in which the language has what other languages have as a column of this name.
    fn form_of(self, name: &str) -> Option<String> {
        let is = |word: &str| name.eq_ignore_ascii_case(word);
        if is("tag") || is("tags") {
            return Some(
                "write has tag \"VIP\", has any tag (\"VIP\", \"GOLD\") or count(tags) >= 2".to_owned(),
            );
        }
        if is("consent") || is("stage") || is("segment") {
            return Some(format!("write {}(\"its name\")", name.to_ascii_lowercase()));
        }
        if is("age") {
            return Some("write age(birth_date)".to_owned());
        }
        let event = self.schema.event_types().find(|kind| kind.eq_ignore_ascii_case(name))?;
        Some(format!("write event.{event}, as in count(event.{event}) or exists(event.{event})"))
    }

    /// The kind of a term's value.
    pub(crate) fn kind(self, term: &Term) -> Result<Kind, FilterProblem> {
        if let Some((function, name)) = term.call() {
            return self.call(function, name);
        }
        match term {
            Term::Field(name) => self.field_type(name).map(Kind::of),
            Term::Distance(distance) => {
                for name in [&distance.latitude, &distance.longitude] {
                    self.argument(name, Argument::Degrees)?;
                }
                degrees(&distance.to.0, 90)?;
                degrees(&distance.to.1, 180)?;
                Ok(Kind::Decimal)
            }
            Term::Events(aggregate) => self.aggregate(aggregate),
            // A number of tags.
            _ => Ok(Kind::Integer),
        }
    }

    /// The kind of a function's value, with this name in its parentheses.
    fn call(self, function: &Function, name: &Spanned<String>) -> Result<Kind, FilterProblem> {
        if function.argument == Argument::Name {
            return match self.event {
                None if name.node.trim().is_empty() => {
                    Err(FilterProblem::new(name.span, "a blank name").expected("a name"))
                }
                None => Ok(function.kind),
                Some(_) => Err(FilterProblem::new(name.span, "this belongs to the contact, not to an event")
                    .expected("only properties of the event inside where")),
            };
        }
        let found = self.argument(name, function.argument)?;
        Ok(if (found, function.kind) == (Kind::Texts, Kind::Text) { Kind::Texts } else { function.kind })
    }

    /// The kind of the field that a function takes.
    fn argument(self, name: &Spanned<String>, argument: Argument) -> Result<Kind, FilterProblem> {
        let found = Kind::of(self.field_type(name)?);
        if argument.fits(found) {
            return Ok(found);
        }
        let message = format!("{:?} is {}", name.node, found.word());
        Err(FilterProblem::new(name.span, message).expected(argument.wanted()))
    }

    fn aggregate(self, aggregate: &Aggregate) -> Result<Kind, FilterProblem> {
        let Aggregate { of, query, property } = aggregate;
        if self.event.is_some() {
            return Err(FilterProblem::new(query.span, "an event has no events of its own")
                .expected("only properties of the event inside where"));
        }
        let inner = self.event(query.event.as_ref());
        match (of, property) {
            (Fold::Count, None) => Ok(Kind::Integer),
            (Fold::Count, Some(property)) => {
                Err(FilterProblem::new(property.span, "count counts events, not values")
                    .expected(format!("where {} is set", property.node)))
            }
            (Fold::Distinct, None) => {
                Err(FilterProblem::new(query.span, "distinct of events, not of values")
                    .expected("a property, such as distinct(event.purchase.products)"))
            }
            (Fold::Distinct, Some(property)) => match Kind::of(inner.field_type(property)?) {
                Kind::Texts => {
                    Err(FilterProblem::new(property.span, "a list of texts").expected("one value"))
                }
                _ => Ok(Kind::Integer),
            },
            (Fold::First | Fold::Last, None) => Ok(Kind::Instant),
            (Fold::First | Fold::Last, Some(property)) => match Kind::of(inner.field_type(property)?) {
                Kind::Texts => {
                    Err(FilterProblem::new(property.span, "a list of texts").expected("one value"))
                }
                kind => Ok(kind),
            },
            (_, None) => Ok(Kind::Decimal),
            (_, Some(property)) => {
                let kind = Kind::of(inner.field_type(property)?);
                if kind.is_number() {
                    return Ok(Kind::Decimal);
                }
                Err(FilterProblem::new(property.span, format!("{:?} is {}", property.node, kind.word()))
                    .expected("a property with numbers"))
            }
        }
    }
}

/// A coordinate that is on the earth.
fn degrees(value: &Spanned<Literal>, most: i64) -> Result<(), FilterProblem> {
    match &value.node {
        Literal::Number(number) if number.abs() <= most.into() => Ok(()),
        other => {
            let message = format!("{} is not such a coordinate", other.word());
            Err(FilterProblem::new(value.span, message).expected(format!("degrees from -{most} to {most}")))
        }
    }
}
