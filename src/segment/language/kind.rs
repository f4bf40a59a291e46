//! What kind of value a term has.

use crate::contact::FieldType;

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
