//! Adding, removing and replacing members.

use serde_json::{Value, json};

use super::{replace, sessions};
use crate::facebook::fake::log::Edge;
use crate::facebook::fake::model::audience::Audience;
use crate::facebook::fake::model::members::Row;
use crate::facebook::fake::model::session::BatchPosition;
use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::policy::access::{self, Access};
use crate::facebook::fake::policy::lifecycle;
use crate::facebook::fake::privacy_alarm::PrivacyViolation;
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::payload::{Columns, Payload};
use crate::facebook::fake::wire::refusal::{Answer, Refusal};
use crate::facebook::fake::wire::rows::{Read, read};
use crate::identity::MatchKey;

const PARAMETERS: [&str; 4] = ["payload", "session", "namespace", "customer_consent"];

/// `POST` and `DELETE` of `/users`, and `POST` of `/usersreplace`.
pub(super) fn upload(
    state: &mut State,
    edge: Edge,
    id: &str,
    caller: &Caller,
    params: &Params<'_>,
) -> Answer {
    params.only(state.settings.strict, &[&PARAMETERS])?;
    let method = if edge == Edge::RemoveUsers { "DELETE" } else { "POST" };
    let audience = access::audience(state, id, caller, method, Access::Write)?;
    let account = audience.account.clone();
    if audience.fresh_misses > 0 {
        audience.fresh_misses -= 1;
        let name = if edge == Edge::ReplaceUsers { "usersreplace" } else { "users" };
        return Err(Refusal::new(
            803,
            format!("(#803) Some of the aliases you requested do not exist: {name}"),
        ));
    }
    access::account_for_files(state, &account, caller, method)?;
    let (payload_text, place) = payload_and_position(state, params, edge)?;
    let payload = Payload::read(&payload_text)?;
    let audience = access::audience(state, id, caller, method, Access::Write)?;
    accepts(audience, edge, &payload.columns)?;
    let read = read_rows(state, &payload)?;
    let names = payload.columns.names();
    if edge == Edge::ReplaceUsers {
        replace::begin(state, id, &account, place, &names)?;
    } else if let Some(place) = place {
        sessions::enter(state, &account, id, edge, place, &names)?;
    }
    let matched = apply(state, edge, id, &payload.columns, &read, place)?;
    let session = place.map_or_else(|| sessions::implicit_session(edge, &names), |place| place.id);
    let received = match place {
        Some(place) => sessions::count_batch(state, &account, place, read.received, read.invalid, matched),
        None => read.received,
    };
    if edge == Edge::ReplaceUsers && place.is_some_and(|place| place.last) {
        replace::end(state, id);
    }
    Ok(receipt(state, id, session, received, &read))
}

/// `DELETE /act_X/usersofanyaudience`: the same body, for all customer files of the account.
pub(super) fn erase(state: &mut State, account: &str, caller: &Caller, params: &Params<'_>) -> Answer {
    params.only(state.settings.strict, &[&PARAMETERS])?;
    access::account_for_files(state, account, caller, "DELETE")?;
    let (payload_text, place) = payload_and_position(state, params, Edge::EraseUsers)?;
    let payload = Payload::read(&payload_text)?;
    let read = read_rows(state, &payload)?;
    let names = payload.columns.names();
    if let Some(place) = place {
        sessions::enter(state, account, account, Edge::EraseUsers, place, &names)?;
    }
    let (now, call, ready) = (state.now, state.calls, state.settings.ready);
    for audience in state.audiences.values_mut() {
        if audience.account == account && audience.subtype == "CUSTOM" {
            let hit = audience.members.hit(&read.valid);
            if !hit.is_empty() {
                audience.members.remove(&hit, now, call);
                audience.content_updated = Some(now);
                audience.work.populating(now, ready);
            }
        }
    }
    let received = match place {
        Some(place) => sessions::count_batch(state, account, place, read.received, read.invalid, 0),
        None => read.received,
    };
    let session =
        place.map_or_else(|| sessions::implicit_session(Edge::EraseUsers, &names), |place| place.id);
    Ok(receipt(state, account, session, received, &read))
}

fn payload_and_position(
    state: &mut State,
    params: &Params<'_>,
    edge: Edge,
) -> Result<(String, Option<BatchPosition>), Refusal> {
    params.bool("customer_consent")?;
    let place = sessions::position(params)?;
    state.call_position = place;
    if edge == Edge::ReplaceUsers && place.is_none() {
        return Err(Refusal::parameter("Missing parameter(s): session"));
    }
    let Some(payload) = params.json("payload") else {
        return Err(Refusal::new(194, "(#194) Missing at least one required parameter: payload"));
    };
    Ok((payload.into_owned(), place))
}

fn read_rows(state: &mut State, payload: &Payload<'_>) -> Result<Read, Refusal> {
    let read = read(payload, !state.settings.discard_members)?;
    state.call_rows = read.received;
    for (kind, column) in &read.alarms {
        let column = Some(column.wire_name().to_owned());
        let alarm = PrivacyViolation { call: state.calls, kind: *kind, column };
        if state.alarms.last() != Some(&alarm) {
            state.alarms.push(alarm);
        }
    }
    if read.received > state.settings.max_rows as u64 {
        if state.settings.too_many_rows_as_html {
            return Err(Refusal::page(500));
        }
        return Err(Refusal::new(1, "An unknown error occurred").sub(99).status(500));
    }
    if read.received == 0 {
        return Err(Refusal::schema());
    }
    Ok(read)
}

/// Puts the rows into effect; returns how many matched a person.
fn apply(
    state: &mut State,
    edge: Edge,
    id: &str,
    columns: &Columns,
    read: &Read,
    place: Option<BatchPosition>,
) -> Result<u64, Refusal> {
    let (now, call, ready) = (state.now, state.calls, state.settings.ready);
    let (keep, floor) = (!state.settings.discard_members, state.settings.removal_floor);
    let people = state.people.take();
    let person = |row: &Row| people.as_ref().and_then(|people| people.find(&row.marks));
    let matched = match &people {
        Some(_) => read.valid.iter().filter(|row| person(row).is_some()).count() as u64,
        None => (read.received - read.invalid) * u64::from(state.settings.match_percent) / 100,
    };
    let done = state.audiences.get_mut(id).map_or(Ok(()), |audience| {
        if edge == Edge::RemoveUsers {
            let hit = if keep { audience.members.hit(&read.valid) } else { Vec::new() };
            let left = audience.members.len().saturating_sub(hit.len() as u64);
            let live = audience.work.shown.is_some_and(|shown| shown >= floor);
            if keep && live && left < floor && !hit.is_empty() {
                return Err(Refusal::new(200, "Permissions error").sub(1870047).transient(Some(false)).user(
                    "Audience Size too Low",
                    "Removing these people would leave the audience with too few people.",
                ));
            }
            audience.members.remove(&hit, now, call);
            if !keep {
                audience.members.counted =
                    audience.members.counted.saturating_sub(read.received - read.invalid);
            }
        } else {
            if edge == Edge::ReplaceUsers && place.is_some_and(|place| place.seq == 1) {
                audience.members.clear(now, call);
            }
            if keep {
                for row in &read.valid {
                    audience.members.add(row.clone(), person(row), now, call);
                }
            } else {
                audience.members.counted += read.received - read.invalid;
            }
            audience.source.get_or_insert_with(|| columns.kind.to_owned());
        }
        let first = place.is_none_or(|place| place.seq == 1);
        let work = &mut audience.work;
        work.last_received = if first { 0 } else { work.last_received } + read.received;
        work.last_invalid = if first { 0 } else { work.last_invalid } + read.invalid;
        audience.content_updated = Some(now);
        audience.delete_time = None;
        if edge != Edge::ReplaceUsers {
            audience.work.replace_failed = false;
            audience.work.populating(now, ready);
        }
        Ok(())
    });
    state.people = people;
    done?;
    lifecycle::settle(state, id);
    Ok(matched)
}

fn receipt(state: &State, id: &str, session: u64, received: u64, read: &Read) -> Value {
    let samples = if read.samples.is_empty() && state.settings.empty_samples_as_list {
        json!([])
    } else {
        Value::Object(read.samples.iter().map(|(row, why)| (row.clone(), json!(why))).collect())
    };
    json!({
        "audience_id": id,
        "session_id": session.to_string(),
        "num_received": received,
        "num_invalid_entries": read.invalid,
        "invalid_entry_samples": samples,
    })
}

/// Whether an audience takes uploads of this kind now.
fn accepts(audience: &Audience, edge: Edge, columns: &Columns) -> Result<(), Refusal> {
    if audience.subtype != "CUSTOM" {
        return Err(Refusal::new(2650, "(#2650) Failed to update the custom audience: not a customer list"));
    }
    if !audience.flagged.is_empty() {
        return Err(Refusal::new(100, "(#100) Invalid parameter").sub(1713230).user(
            "Custom Audience Has Been Flagged",
            "This audience was flagged and people can be neither added nor removed.",
        ));
    }
    if edge != Edge::ReplaceUsers && audience.work.replacing.is_some() {
        return Err(Refusal::new(
            2650,
            "(#2650) Failed to update the custom audience: an update is in progress",
        )
        .sub(1870145));
    }
    if let Some(source) = audience.source.as_deref().filter(|&source| source != columns.kind) {
        return Err(Refusal::new(
            2650,
            format!(
                "(#2650) Failed to update the custom audience: This audience was created from data source \
                 FILE_IMPORTED.{source}, which does not support data source FILE_IMPORTED.{}.",
                columns.kind
            ),
        ));
    }
    let has_value = columns.keys.contains(&MatchKey::LookalikeValue);
    if edge != Edge::RemoveUsers && has_value != audience.is_value_based {
        return Err(Refusal::parameter(if has_value {
            "LOOKALIKE_VALUE needs a value-based audience"
        } else {
            "A value-based audience needs LOOKALIKE_VALUE"
        }));
    }
    Ok(())
}
