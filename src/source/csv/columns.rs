//! What each column of a file is: a field, tags, a consent, a stage, or nothing to us.

use std::collections::HashSet;

use crate::clock::TimeZone;
use crate::contact::{ConsentStatus, Contact, DateOrder, FieldId, FieldType, Schema};
use crate::error::{Error, ErrorKind, Result};
use crate::source::read_errors::guards;

/// Where the cells of one column go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Field(FieldId),
    /// A field that takes text as it is.
    Text(FieldId),
    /// Several values in one cell, apart by the list separator.
    List(FieldId),
    Tags,
    Consent(String),
    Stage(String),
    Ignored,
}

/// How the text of cells is read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) order: DateOrder,
    pub(super) zone: TimeZone,
    pub(super) list_separator: char,
}

/// How columns find their fields.
#[derive(Debug, Clone, Default)]
pub(super) struct ColumnRules {
    pub(super) renamed: Vec<(String, String)>,
    pub(super) ignored: Vec<String>,
    pub(super) ignore_unknown: bool,
}

impl ColumnRules {
    /// The targets of a header, in its order.
    pub(super) fn targets(&self, headers: &[&str], schema: &Schema) -> Result<Vec<Target>> {
        let mut seen = HashSet::new();
        for (column, header) in (1..).zip(headers) {
            if !header.is_empty() && !seen.insert(*header) {
                refuse_data(column, header)?;
                return Err(wrong(column, format!("the name {header:?} stands twice"), "distinct names"));
            }
        }
        for (header, _) in &self.renamed {
            if !headers.contains(&header.as_str()) {
                return Err(Error::new(
                    ErrorKind::Schema,
                    "header",
                    format!("there is no column {header:?}"),
                )
                .with_expected("the exact name of a column in the first line"));
            }
        }
        (1..).zip(headers).map(|(column, header)| self.target(column, header, schema)).collect()
    }

    fn target(&self, column: usize, header: &str, schema: &Schema) -> Result<Target> {
        if self.ignored.iter().any(|ignored| ignored == header) {
            return Ok(Target::Ignored);
        }
        let renamed = self.renamed.iter().find(|(from, _)| from == header).map(|(_, to)| to.as_str());
        let name = renamed.unwrap_or(header).trim();
        if let Some(id) = schema.field(name) {
            return Ok(match schema.get(id).field_type() {
                FieldType::TextList => Target::List(id),
                FieldType::Text => Target::Text(id),
                _ => Target::Field(id),
            });
        }
        match name.split_once('.') {
            Some(("consent", consent)) if !consent.is_empty() => {
                return Ok(Target::Consent(consent.to_owned()));
            }
            Some(("stage", funnel)) if !funnel.is_empty() => return Ok(Target::Stage(funnel.to_owned())),
            _ if name == "tags" => return Ok(Target::Tags),
            _ if renamed.is_none() && self.ignore_unknown => return Ok(Target::Ignored),
            _ => {}
        }
        refuse_data(column, name)?;
        let error = Error::new(
            ErrorKind::Schema,
            format!("header column {column}"),
            format!("unknown field {name:?}"),
        );
        Err(match schema.suggest(name) {
            Some(near) => error.with_help(format!("did you mean {near:?}?")),
            None => error.with_help("declare it in the schema, map it with column(..), or ignore it"),
        })
    }
}

/// The header may be missing, and its place taken by a person, who must not come into an error.
fn refuse_data(column: usize, name: &str) -> Result<()> {
    if name.contains('@') || name.bytes().filter(u8::is_ascii_digit).count() > 6 {
        let what = "a name that looks like data".to_owned();
        return Err(wrong(column, what, "a header with the names of the columns in the first line"));
    }
    Ok(())
}

fn wrong(column: usize, what: String, expected: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Schema, format!("header column {column}"), what).with_expected(expected)
}

impl Target {
    /// Writes the text of a cell where it belongs. A blank cell is nothing.
    pub(super) fn write(&self, contact: &mut Contact, text: &str, reading: &Reading) -> Result<()> {
        match self {
            Self::Text(id) if starts_with_text(text) => contact.set_text(*id, text),
            Self::Text(id) | Self::Field(id) => contact.set_cell(*id, text, reading.order, &reading.zone),
            // One value, as most lists have.
            Self::List(id) if starts_with_text(text) && !text.contains(reading.list_separator) => {
                contact.set_text(*id, text.trim_end())
            }
            Self::List(id) => {
                for part in pieces(text, reading.list_separator) {
                    contact.add_text(*id, part)?;
                }
                Ok(())
            }
            Self::Tags => {
                for part in pieces(text, ',').flat_map(|part| pieces(part, reading.list_separator)) {
                    let (name, score) = tag(part);
                    contact.add_tag(name, score, None)?;
                }
                Ok(())
            }
            Self::Consent(name) => match consent(text.trim()) {
                Some(None) => Ok(()),
                Some(Some(status)) => contact.add_consent(name, status, None),
                None => Err(unreadable("confirmed, withdrawn, not_confirmed, yes or no")),
            },
            Self::Stage(funnel) if !text.trim().is_empty() => contact.set_stage(funnel, text.trim(), None),
            Self::Stage(_) | Self::Ignored => Ok(()),
        }
    }

    /// True for a cell that says whether the person may be contacted: losing it would lose a refusal.
    pub(super) fn guards(&self, schema: &Schema) -> bool {
        match self {
            Self::Field(id) | Self::Text(id) => guards(schema.get(*id).name()),
            Self::Consent(_) => true,
            Self::List(_) | Self::Tags | Self::Stage(_) | Self::Ignored => false,
        }
    }

    /// The name under which a lost cell is counted.
    pub(super) fn name<'a>(&'a self, schema: &'a Schema) -> &'a str {
        match self {
            Self::Field(id) | Self::Text(id) | Self::List(id) => schema.get(*id).name(),
            Self::Tags => "tags",
            Self::Consent(_) => "consent",
            Self::Stage(_) => "stage",
            Self::Ignored => "ignored",
        }
    }
}

/// True for text that is not blank, for certain: what is not ASCII may be white space too.
#[inline]
fn starts_with_text(text: &str) -> bool {
    matches!(text.as_bytes().first(), Some(b'!'..=b'~'))
}

fn pieces(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).map(str::trim).filter(|piece| !piece.is_empty())
}

/// `NAME` or `NAME (score)`, as exports write a tag with its score.
fn tag(text: &str) -> (&str, i32) {
    text.strip_suffix(')')
        .and_then(|rest| rest.rsplit_once(" ("))
        .and_then(|(name, score)| Some((name, score.parse().ok()?)))
        .unwrap_or((text, 1))
}

fn consent(text: &str) -> Option<Option<ConsentStatus>> {
    Some(Some(match text.to_ascii_lowercase().as_str() {
        "" => return Some(None),
        "confirmed" | "yes" | "true" | "1" => ConsentStatus::Confirmed,
        "withdrawn" => ConsentStatus::Withdrawn,
        "not_confirmed" | "no" | "false" | "0" => ConsentStatus::NotConfirmed,
        _ => return None,
    }))
}

fn unreadable(expected: &'static str) -> Error {
    Error::new(ErrorKind::Source, "cell", "the cell cannot be read").with_expected(expected)
}
