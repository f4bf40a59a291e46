//! The terms of a syntax tree that stand where a value could.

use serde::{Deserialize, Serialize};

use super::span::Spanned;
use super::tree::{Check, Literal, Term, Test};

/// A comparison with another term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Against {
    /// The relation between the two.
    pub relation: Relation,
    /// The other term.
    pub term: Term,
    /// The value that counts where the other term is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Spanned<Literal>>,
}

/// A relation between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Relation {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Two bounds, at least one of which is a term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Bounds {
    /// The lower bound.
    pub low: Operand,
    /// The upper bound.
    pub high: Operand,
}

/// An operand: a value or a term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operand {
    /// A value.
    Value(Spanned<Literal>),
    /// A term.
    Term(OtherTerm),
}

/// A term and its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OtherTerm {
    /// The term.
    pub term: Term,
    /// The value that counts where the term is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Spanned<Literal>>,
}

impl Operand {
    /// Creates an operand from a value.
    #[must_use]
    pub fn value(value: impl Into<Literal>) -> Self {
        Self::Value(Spanned::from(value.into()))
    }

    /// Creates an operand from a term.
    #[must_use]
    pub fn term(term: Term) -> Self {
        Self::Term(OtherTerm { term, default: None })
    }

    /// What compares with this bound.
    pub(crate) fn check(&self, relation: Relation) -> Check {
        match self {
            Self::Term(OtherTerm { term, default }) => {
                Check::Against(Box::new(Against { relation, term: term.clone(), default: default.clone() }))
            }
            Self::Value(value) => {
                let value = value.clone();
                match relation {
                    Relation::Equal => Check::Equal(value),
                    Relation::Less => Check::Less(value),
                    Relation::LessOrEqual => Check::LessOrEqual(value),
                    Relation::Greater => Check::Greater(value),
                    Relation::GreaterOrEqual => Check::GreaterOrEqual(value),
                }
            }
        }
    }
}

impl Check {
    /// The terms that stand where a value could.
    pub(crate) fn terms(&self) -> impl Iterator<Item = &Term> {
        let of = |operand| {
            if let &Operand::Term(OtherTerm { ref term, .. }) = operand { Some(term) } else { None }
        };
        let terms = match self {
            Self::Against(against) => [Some(&against.term), None],
            Self::BetweenTerms(bounds) => [of(&bounds.low), of(&bounds.high)],
            _ => [None, None],
        };
        terms.into_iter().flatten()
    }

    /// The same, to be changed, with what counts for them.
    pub(crate) fn terms_mut(&mut self) -> impl Iterator<Item = (&mut Term, Option<&mut Spanned<Literal>>)> {
        fn of(operand: &mut Operand) -> Option<(&mut Term, Option<&mut Spanned<Literal>>)> {
            match operand {
                Operand::Term(OtherTerm { term, default }) => Some((term, default.as_mut())),
                Operand::Value(_) => None,
            }
        }
        let terms = match self {
            Self::Against(against) => [Some((&mut against.term, against.default.as_mut())), None],
            Self::BetweenTerms(bounds) => [of(&mut bounds.low), of(&mut bounds.high)],
            _ => [None, None],
        };
        terms.into_iter().flatten()
    }
}

impl Test {
    /// The term, and those that it is compared with.
    pub(crate) fn terms(&self) -> impl Iterator<Item = &Term> {
        std::iter::once(&self.term).chain(self.check.terms())
    }
}
