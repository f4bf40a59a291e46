//! Rows and batches that checks upload.

use std::collections::BTreeSet;

use super::outcome::ok;
use crate::contact::{Contact, Schema};
use crate::error::Result;
use crate::facebook::{AudienceId, Session, SessionId, Upload};
use crate::identity::{Coverage, Hashed, KeyMap, MatchKey, MatchRow, MatchRows};

/// Made-up people of `range`, one row of e-mail and phone each.
pub(super) fn people(range: std::ops::Range<usize>) -> Result<MatchRows, String> {
    let schema = Schema::standard();
    let map = KeyMap::standard(&schema);
    rows(&map, &schema, range, |contact, number| {
        contact.set(schema.require("email")?, format!("person{number}@example.com").as_str())?;
        contact.set(schema.require("phone")?, format!("+48{}", 500_000_000 + number).as_str())
    })
}

/// People with many keys each, as wide as rows get.
pub(super) fn wide_people(count: usize) -> Result<MatchRows, String> {
    let schema = Schema::standard();
    let map = ok(KeyMap::builder()
        .column(MatchKey::Email, "email")
        .column(MatchKey::Phone, "phone")
        .column(MatchKey::FirstName, "first_name")
        .column(MatchKey::LastName, "last_name")
        .column(MatchKey::City, "city")
        .column(MatchKey::ExternId, "external_id")
        .build(&schema))?;
    rows(&map, &schema, 0..count, |contact, number| {
        contact.set(schema.require("email")?, format!("person{number}@example.com").as_str())?;
        contact.set(schema.require("phone")?, format!("+48{}", 500_000_000 + number).as_str())?;
        contact.set(schema.require("first_name")?, "Anna")?;
        contact.set(schema.require("last_name")?, "Nowak")?;
        contact.set(schema.require("city")?, "Kraków")?;
        contact.set(schema.require("external_id")?, format!("crm-{number}").as_str())
    })
}

/// Two rows, the second without an `EXTERN_ID`, which Facebook refuses within the call.
pub(super) fn one_without_external_id() -> Result<MatchRows, String> {
    let schema = Schema::standard();
    let map = ok(KeyMap::builder()
        .column(MatchKey::Email, "email")
        .column(MatchKey::ExternId, "external_id")
        .build(&schema))?;
    rows(&map, &schema, 0..2, |contact, number| {
        contact.set(schema.require("email")?, format!("person{number}@example.com").as_str())?;
        if number == 0 {
            contact.set(schema.require("external_id")?, "crm-0")?;
        }
        Ok(())
    })
}

fn rows(
    map: &KeyMap,
    schema: &Schema,
    range: std::ops::Range<usize>,
    fill: impl Fn(&mut Contact, usize) -> Result<()>,
) -> Result<MatchRows, String> {
    let mut rows = MatchRows::new(map.keys().clone());
    let mut mapper = map.mapper();
    let mut coverage = Coverage::default();
    let mut contact = Contact::new(schema);
    for number in range {
        contact.clear();
        ok(fill(&mut contact, number))?;
        if mapper.append(&contact, &mut rows, &mut coverage) != 1 {
            return Err(format!("person {number} made no row"));
        }
    }
    Ok(rows)
}

/// A session that no other check of the account has, nor an earlier run: they must be unique within it.
pub(super) fn session(audience: &AudienceId, number: u64) -> u64 {
    let digits = audience.as_str();
    let last = digits.get(digits.len().saturating_sub(15)..).unwrap_or(digits);
    last.parse::<u64>().unwrap_or_default() * 100 + number
}

/// All rows as the only batch of a session.
pub(super) fn whole(rows: &MatchRows, session: u64) -> Result<Upload<'_>> {
    part(rows, 0..rows.len(), session, 1, true)
}

/// Some rows as one batch of a session.
pub(super) fn part(
    rows: &MatchRows,
    range: std::ops::Range<usize>,
    session: u64,
    batch_seq: u64,
    last_batch: bool,
) -> Result<Upload<'_>> {
    let session = Session { id: SessionId::new(session)?, batch_seq, last_batch, estimated_total: None };
    Ok(Upload::new(rows, range, session))
}

/// The members that rows make.
pub(super) fn fingerprints(rows: &MatchRows) -> BTreeSet<Hashed> {
    rows.iter().map(MatchRow::fingerprint).collect()
}
