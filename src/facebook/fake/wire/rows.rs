//! Each row on its own: what is wrong with it costs the row, not the call.

use serde_json::Value;

use super::payload::{Cell, Payload};
use super::refusal::Refusal;
use crate::facebook::fake::model::members::{Fingerprint, Mark, Row};
use crate::facebook::fake::privacy_alarm::AlarmKind;
use crate::identity::{MatchKey, MatchRows};

/// Most samples of refused rows in one reply.
///
/// Source: customer-file guide (read 2026-09-12).
const MOST_SAMPLES: usize = 100;

const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What the rows of one call came to.
#[derive(Debug, Default)]
pub(in crate::facebook::fake) struct Read {
    pub(in crate::facebook::fake) valid: Vec<Row>,
    pub(in crate::facebook::fake) received: u64,
    pub(in crate::facebook::fake) invalid: u64,
    /// JSON text of a refused row, and the reason.
    pub(in crate::facebook::fake) samples: Vec<(String, &'static str)>,
    pub(in crate::facebook::fake) alarms: Vec<(AlarmKind, MatchKey)>,
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_value(key: MatchKey) -> bool {
    matches!(
        key,
        MatchKey::LookalikeValue
            | MatchKey::DataProcessingOptions
            | MatchKey::DataProcessingOptionsCountry
            | MatchKey::DataProcessingOptionsState
    )
}

/// Why a row is refused, in a sample.
///
/// Source: only "empty external ID" was ever seen (recording of 2021-12-01); the other texts are made up.
fn fault(
    keys: &[MatchKey],
    cells: &[Cell<'_>],
    alarms: &mut Vec<(AlarmKind, MatchKey)>,
) -> Option<&'static str> {
    let mut fault = None;
    let mut identified = false;
    for (&key, cell) in keys.iter().zip(cells) {
        let wrong = match (key, cell) {
            (MatchKey::LookalikeValue, Cell::Other(Value::Number(value))) => {
                value.as_f64().is_none_or(|value| value < 0.0).then_some("negative value")
            }
            (MatchKey::LookalikeValue, cell) => (!cell.is_empty()).then_some("value is not a number"),
            (MatchKey::DataProcessingOptions, Cell::Other(Value::Array(list))) => {
                list.iter().any(|item| item != "LDU").then_some("unknown data processing option")
            }
            (MatchKey::DataProcessingOptions, cell) => {
                (!cell.is_empty()).then_some("data processing options are not a list")
            }
            (MatchKey::DataProcessingOptionsCountry | MatchKey::DataProcessingOptionsState, cell) => {
                let fits = cell.is_empty() || matches!(cell, Cell::Other(Value::Number(_)));
                (!fits).then_some("data processing location is not a number")
            }
            (MatchKey::ExternId, cell) if cell.is_empty() => Some("empty external ID"),
            (_, cell) if cell.is_empty() => None,
            (key, Cell::Text(text)) if key.is_hashed() => {
                if is_digest(text) {
                    identified = true;
                    if text == OF_NOTHING {
                        alarms.push((AlarmKind::DigestOfNothing, key));
                    }
                    None
                } else {
                    // A digest that is damaged or of another kind is wrong, but it is not plain data.
                    if text.len() < 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
                        alarms.push((AlarmKind::UnhashedValue, key));
                    }
                    Some("invalid hash")
                }
            }
            (key, Cell::Text(text)) => {
                identified = true;
                if key == MatchKey::Madid && is_digest(text) {
                    alarms.push((AlarmKind::HashedDeviceId, key));
                }
                None
            }
            (MatchKey::ExternId | MatchKey::AppUid | MatchKey::PageUid, Cell::Other(value))
                if value.is_number() || value.is_array() =>
            {
                identified = true;
                None
            }
            (key, Cell::Other(_)) => {
                alarms.extend(key.is_hashed().then_some((AlarmKind::UnhashedValue, key)));
                Some("invalid cell")
            }
        };
        fault = fault.or(wrong);
    }
    fault.or((!identified).then_some("no identifier"))
}

/// Reads all rows; `keep` is false where they are only counted.
pub(in crate::facebook::fake) fn read(payload: &Payload<'_>, keep: bool) -> Result<Read, Refusal> {
    let keys = payload.columns.keys.clone();
    let mut read = Read::default();
    let mut scratch = MatchRows::new(keys.clone());
    let mut bytes = Vec::new();
    payload.rows(&mut |cells| {
        read.received += 1;
        if let Some(reason) = fault(&keys, cells, &mut read.alarms) {
            read.invalid += 1;
            if read.samples.len() < MOST_SAMPLES {
                let row = Value::Array(cells.iter().map(Cell::to_json).collect());
                let row = if payload.columns.single { row.get(0).cloned().unwrap_or_default() } else { row };
                read.samples.push((row.to_string(), reason));
            }
            return;
        }
        if keep {
            read.valid.push(identify(&keys, cells, &mut scratch, &mut bytes));
        }
    })?;
    Ok(read)
}

/// The same fingerprint as the sender's, so that both sides of a test can be compared.
fn identify(keys: &[MatchKey], cells: &[Cell<'_>], scratch: &mut MatchRows, bytes: &mut Vec<u8>) -> Row {
    bytes.clear();
    let mut marks = Vec::with_capacity(keys.len());
    for (&key, cell) in keys.iter().zip(cells) {
        if cell.is_empty() || is_value(key) {
            bytes.push(0);
            continue;
        }
        let text = match cell {
            Cell::Text(text) => text.clone(),
            Cell::Other(value) => value.to_string().into(),
        };
        marks.push(Mark::of(key, &text));
        let mut digest = [0; 32];
        if key.is_hashed() && const_hex::decode_to_slice(text.as_bytes(), &mut digest).is_ok() {
            bytes.push(1);
            bytes.extend_from_slice(&digest);
        } else {
            bytes.push(if matches!(cell, Cell::Text(_)) { 2 } else { 3 });
            bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    scratch.clear();
    let fingerprint = match scratch.push_bytes(bytes) {
        Ok(()) => *scratch.row(0).fingerprint().as_bytes(),
        Err(_) => [0; 32],
    };
    Row { fingerprint: Fingerprint(fingerprint), marks: marks.into() }
}
