//! Adding, removing and replacing members.

use serde_json::{Value, json};

use super::audience::Audience;
use super::session::{Place, made_up};
use crate::facebook::fake::log::Edge;
use crate::facebook::fake::model::members::Row;
use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::privacy_alarm::PrivacyViolation;
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::payload::{Columns, Payload};
use crate::facebook::fake::wire::refusal::{Answer, Refusal};
use crate::facebook::fake::wire::rows::{Read, read};
use crate::identity::MatchKey;

const PARAMETERS: [&str; 4] = ["payload", "session", "namespace", "customer_consent"];

/// Members at which an audience can no longer be replaced.
const TOO_MANY_TO_REPLACE: u64 = 100_000_000;

impl State {
    /// `POST` and `DELETE` of `/users`, and `POST` of `/usersreplace`.
    pub(in crate::facebook::fake) fn upload(
        &mut self,
        edge: Edge,
        id: &str,
        caller: &Caller,
        params: &Params<'_>,
    ) -> Answer {
        params.only(self.settings.strict, &[&PARAMETERS])?;
        let method = if edge == Edge::RemoveUsers { "DELETE" } else { "POST" };
        let audience = self.audience(id, caller, method, true)?;
        let account = audience.account.clone();
        if audience.fresh_misses > 0 {
            audience.fresh_misses -= 1;
            let name = if edge == Edge::ReplaceUsers { "usersreplace" } else { "users" };
            return Err(Refusal::new(
                803,
                format!("(#803) Some of the aliases you requested do not exist: {name}"),
            ));
        }
        self.account_for_files(&account, caller, method)?;
        let (payload_text, place) = self.payload_and_place(params, edge)?;
        let payload = Payload::read(&payload_text)?;
        let audience = self.audience(id, caller, method, true)?;
        accepts(audience, edge, &payload.columns)?;
        let read = self.read_rows(&payload)?;
        let names = payload.columns.names();
        if edge == Edge::ReplaceUsers {
            self.may_replace(id, &account, place, &names)?;
        } else if let Some(place) = place {
            self.enter_session(&account, id, edge, place, &names)?;
        }
        let matched = self.apply(edge, id, &payload.columns, &read, place)?;
        let session = place.map_or_else(|| made_up(edge, &names), |place| place.id);
        let received = match place {
            Some(place) => self.count_batch(&account, place, read.received, read.invalid, matched),
            None => read.received,
        };
        if edge == Edge::ReplaceUsers && place.is_some_and(|place| place.last) {
            self.end_replace(id);
        }
        Ok(self.receipt(id, session, received, &read))
    }

    /// `DELETE /act_X/usersofanyaudience`: the same body, for all customer files of the account.
    pub(in crate::facebook::fake) fn erase(
        &mut self,
        account: &str,
        caller: &Caller,
        params: &Params<'_>,
    ) -> Answer {
        params.only(self.settings.strict, &[&PARAMETERS])?;
        self.account_for_files(account, caller, "DELETE")?;
        let (payload_text, place) = self.payload_and_place(params, Edge::EraseUsers)?;
        let payload = Payload::read(&payload_text)?;
        let read = self.read_rows(&payload)?;
        let names = payload.columns.names();
        if let Some(place) = place {
            self.enter_session(account, account, Edge::EraseUsers, place, &names)?;
        }
        let (now, call, ready) = (self.now, self.calls, self.settings.ready);
        for audience in self.audiences.values_mut() {
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
            Some(place) => self.count_batch(account, place, read.received, read.invalid, 0),
            None => read.received,
        };
        let session = place.map_or_else(|| made_up(Edge::EraseUsers, &names), |place| place.id);
        Ok(self.receipt(account, session, received, &read))
    }

    fn payload_and_place(
        &mut self,
        params: &Params<'_>,
        edge: Edge,
    ) -> Result<(String, Option<Place>), Refusal> {
        params.bool("customer_consent")?;
        let place = Place::read(params)?;
        self.call_place = place;
        if edge == Edge::ReplaceUsers && place.is_none() {
            return Err(Refusal::parameter("Missing parameter(s): session"));
        }
        let Some(payload) = params.json("payload") else {
            return Err(Refusal::new(194, "(#194) Missing at least one required parameter: payload"));
        };
        Ok((payload.into_owned(), place))
    }

    fn read_rows(&mut self, payload: &Payload<'_>) -> Result<Read, Refusal> {
        let read = read(payload, !self.settings.discard_members)?;
        self.call_rows = read.received;
        for (kind, column) in &read.alarms {
            let column = Some(column.wire_name().to_owned());
            let alarm = PrivacyViolation { call: self.calls, kind: *kind, column };
            if self.alarms.last() != Some(&alarm) {
                self.alarms.push(alarm);
            }
        }
        if read.received > self.settings.max_rows as u64 {
            if self.settings.too_many_rows_as_html {
                return Err(Refusal::page(500));
            }
            return Err(Refusal::new(1, "An unknown error occurred").sub(99).status(500));
        }
        if read.received == 0 {
            return Err(Refusal::schema());
        }
        Ok(read)
    }

    /// Puts the rows into effect; gives how many matched a person.
    fn apply(
        &mut self,
        edge: Edge,
        id: &str,
        columns: &Columns,
        read: &Read,
        place: Option<Place>,
    ) -> Result<u64, Refusal> {
        let (now, call, ready) = (self.now, self.calls, self.settings.ready);
        let (keep, floor) = (!self.settings.discard_members, self.settings.removal_floor);
        let people = self.people.take();
        let person = |row: &Row| people.as_ref().and_then(|people| people.find(&row.marks));
        let matched = match &people {
            Some(_) => read.valid.iter().filter(|row| person(row).is_some()).count() as u64,
            None => (read.received - read.invalid) * u64::from(self.settings.match_percent) / 100,
        };
        let done = self.audiences.get_mut(id).map_or(Ok(()), |audience| {
            if edge == Edge::RemoveUsers {
                let hit = if keep { audience.members.hit(&read.valid) } else { Vec::new() };
                let left = audience.members.len().saturating_sub(hit.len() as u64);
                let live = audience.work.shown.is_some_and(|shown| shown >= floor);
                if keep && live && left < floor && !hit.is_empty() {
                    return Err(Refusal::new(200, "Permissions error")
                        .sub(1870047)
                        .transient(Some(false))
                        .user(
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
        self.people = people;
        done?;
        self.settle(id);
        Ok(matched)
    }

    fn receipt(&self, id: &str, session: u64, received: u64, read: &Read) -> Value {
        let samples = if read.samples.is_empty() && self.settings.empty_samples_as_list {
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

    /// Source: replace section of the customer-file guide (read 2026-09-12).
    fn may_replace(
        &mut self,
        id: &str,
        account: &str,
        place: Option<Place>,
        names: &[String],
    ) -> Result<(), Refusal> {
        let Some(place) = place else { return Ok(()) };
        let refuse = |subcode, why: &str| {
            Err(Refusal::new(2650, format!("(#2650) Failed to update the custom audience: {why}"))
                .sub(subcode))
        };
        let now = self.now;
        let known = self.sessions.get(account).and_then(|all| all.get(&place.id)).cloned();
        if let Some(session) = &known {
            if session.audience != id || session.edge != Edge::ReplaceUsers {
                return Err(Refusal::parameter(
                    "Param session: session_id is not unique within the ad account",
                ));
            }
            if session.failed {
                return refuse(1870148, "something went wrong and the list is not fully updated");
            }
            if now - session.first >= super::session::OPEN_SECONDS {
                return refuse(1870158, "the replace session timed out after 90 minutes");
            }
            if session.ended.is_some() && session.last_seq != place.seq {
                return refuse(1870159, "the replace session is already finished");
            }
            if session.schema != names {
                return Err(Refusal::parameter("All batches of a session must have the schema of the first"));
            }
            // The first batch, sent again because its reply was lost, must not wipe what came after it.
            if place.seq == 1 && session.last_seq > 1 {
                return refuse(1870145, "an update is in progress");
            }
            return Ok(());
        }
        let Some(audience) = self.audiences.get_mut(id) else { return Ok(()) };
        if audience.work.replacing.is_some() || audience.work.pending.is_some() {
            return refuse(1870145, "an update is in progress");
        }
        if place.seq != 1 {
            return refuse(1870147, "the first batch is missing, batch_seq must begin at 1");
        }
        if audience.members.len() >= TOO_MANY_TO_REPLACE {
            return refuse(1870144, "the audience has 100 million members or more");
        }
        audience.work.replacing = Some((place.id, now));
        audience.work.replace_failed = false;
        self.enter_session(account, id, Edge::ReplaceUsers, place, names)
    }

    pub(in crate::facebook::fake) fn break_replace(&mut self, id: &str) {
        let Some(audience) = self.audiences.get_mut(id) else { return };
        let Some((session, _)) = audience.work.replacing.take() else { return };
        audience.work.replace_failed = true;
        let sessions = self.sessions.get_mut(&audience.account);
        if let Some(session) = sessions.and_then(|all| all.get_mut(&session)) {
            session.failed = true;
        }
    }

    fn end_replace(&mut self, id: &str) {
        let (now, ready) = (self.now, self.settings.ready);
        if let Some(audience) = self.audiences.get_mut(id) {
            audience.work.replacing = None;
            audience.work.populating(now, ready);
        }
        self.settle(id);
    }
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
