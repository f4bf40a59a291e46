//! What kind of value a term has, by the schema.

use crate::contact::{FieldType, Schema, nearest};
use crate::segment::language::ast::events::{Aggregate, Fold};
use crate::segment::language::ast::tree::{Literal, Spanned, Term};
use crate::segment::language::error::FilterProblem;

/// The kind of a term's value, as far as operators tell kinds apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    Integer,
    Decimal,
    Text,
    Texts,
    Date,
    Birthday,
    Instant,
    /// A day without its year.
    Anniversary,
    /// The state of a consent.
    Consent,
}

impl Kind {
    pub(crate) fn of(field_type: FieldType) -> Self {
        match field_type {
            FieldType::Boolean => Self::Boolean,
            FieldType::Integer => Self::Integer,
            FieldType::Decimal => Self::Decimal,
            FieldType::Text | FieldType::Keyword => Self::Text,
            FieldType::TextList => Self::Texts,
            FieldType::Date => Self::Date,
            FieldType::Birthday => Self::Birthday,
            FieldType::Instant => Self::Instant,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Integer => "a whole number",
            Self::Decimal => "a number",
            Self::Text => "text",
            Self::Consent => "the state of a consent",
            Self::Texts => "a list of texts",
            Self::Date => "a date",
            Self::Birthday => "a birthday",
            Self::Instant => "an instant",
            Self::Anniversary => "an anniversary",
        }
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal)
    }

    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Texts)
    }

    pub(crate) fn is_day(self) -> bool {
        matches!(self, Self::Date | Self::Birthday)
    }
}

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
        problem.expected(match near {
            Some(near) => format!("did you mean {near:?}?"),
            None if what == "field" => "a standard field, or one declared in the schema".to_owned(),
            None => "value, at, a standard property, or one declared with the event type".to_owned(),
        })
    }

    /// The kind of a term's value.
    pub(crate) fn kind(self, term: &Term) -> Result<Kind, FilterProblem> {
        let field = |name: &Spanned<String>, fits: fn(Kind) -> bool, wanted: &str, kind: Kind| {
            let found = Kind::of(self.field_type(name)?);
            if fits(found) {
                return Ok(kind);
            }
            let message = format!("{:?} is {}", name.node, found.word());
            Err(FilterProblem::new(name.span, message).expected(wanted))
        };
        let of_contact = |name: &Spanned<String>, kind: Kind| match self.event {
            None if name.node.trim().is_empty() => {
                Err(FilterProblem::new(name.span, "a blank name").expected("a name"))
            }
            None => Ok(kind),
            Some(_) => Err(FilterProblem::new(name.span, "this belongs to the contact, not to an event")
                .expected("only properties of the event inside where")),
        };
        let dated: fn(Kind) -> bool = |kind| kind.is_day() || kind == Kind::Instant;
        match term {
            Term::Field(name) => self.field_type(name).map(Kind::of),
            Term::Age(name) => field(name, Kind::is_day, "a birthday or a date", Kind::Integer),
            Term::Anniversary(name) => {
                field(name, dated, "a birthday, a date or an instant", Kind::Anniversary)
            }
            Term::Year(name) | Term::Month(name) | Term::Day(name) | Term::Weekday(name) => {
                field(name, dated, "a birthday, a date or an instant", Kind::Integer)
            }
            Term::Hour(name) => field(name, |kind| kind == Kind::Instant, "an instant", Kind::Integer),
            Term::Domain(name) => {
                let several = self.field_type(name).map(Kind::of)? == Kind::Texts;
                let kind = if several { Kind::Texts } else { Kind::Text };
                field(name, Kind::is_text, "a field with e-mail addresses", kind)
            }
            Term::Length(name) => {
                field(name, |kind| kind == Kind::Text, "a field with one text", Kind::Integer)
            }
            Term::Values(name) => field(name, |_| true, "a field", Kind::Integer),
            Term::TagCount => Ok(Kind::Integer),
            Term::TagScore(name) => of_contact(name, Kind::Integer),
            Term::TagSince(name) | Term::ConsentSince(name) | Term::StageSince(name) => {
                of_contact(name, Kind::Instant)
            }
            Term::Unaccent(name) => {
                let several = self.field_type(name).map(Kind::of)? == Kind::Texts;
                field(
                    name,
                    Kind::is_text,
                    "a field with text",
                    if several { Kind::Texts } else { Kind::Text },
                )
            }
            Term::ConsentAgreedOn(name) => of_contact(name, Kind::Instant),
            Term::ConsentIp(name) | Term::ConsentDescriptionId(name) => of_contact(name, Kind::Text),
            Term::ConsentOptOut(name) => of_contact(name, Kind::Boolean),
            Term::StageValue(name) => of_contact(name, Kind::Decimal),
            Term::StageScore(name) => of_contact(name, Kind::Integer),
            Term::Distance(distance) => {
                for name in [&distance.latitude, &distance.longitude] {
                    field(name, Kind::is_number, "a field with degrees", Kind::Decimal)?;
                }
                degrees(&distance.to.0, 90)?;
                degrees(&distance.to.1, 180)?;
                Ok(Kind::Decimal)
            }
            Term::Consent(name) => of_contact(name, Kind::Consent),
            Term::Stage(name) => of_contact(name, Kind::Text),
            Term::Events(aggregate) => self.aggregate(aggregate),
        }
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
