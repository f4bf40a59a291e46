//! Upload sessions.

use std::hash::{Hash, Hasher};

use serde_json::{Value, json};

use crate::facebook::fake::log::Edge;
use crate::facebook::fake::model::session::{BatchPosition, OPEN_SECONDS, UploadSession};
use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::policy::access::{self, Access};
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::page;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::{Answer, Refusal};

/// Reads `session` of a call.
pub(super) fn position(params: &Params<'_>) -> Result<Option<BatchPosition>, Refusal> {
    let Some(text) = params.json("session") else { return Ok(None) };
    let wrong = |what: &str| Refusal::parameter(format_args!("Param session {what}"));
    let object: serde_json::Map<String, Value> =
        serde_json::from_str(&text).map_err(|_| wrong("must be an object"))?;
    const KNOWN: [&str; 4] = ["session_id", "batch_seq", "last_batch_flag", "estimated_num_total"];
    if let Some(name) = object.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(wrong(&format!("has an unknown key: {name}")));
    }
    let number = |name: &str| match object.get(name) {
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let positive = |name: &str| {
        number(name)
            .and_then(|number| u64::try_from(number).ok())
            .filter(|&number| number > 0)
            .ok_or_else(|| wrong(&format!("needs {name}, a positive 64-bit integer")))
    };
    if object.contains_key("estimated_num_total") && number("estimated_num_total").is_none() {
        return Err(wrong("has an estimated_num_total that is not an integer"));
    }
    let last = match object.get("last_batch_flag") {
        None => false,
        Some(Value::Bool(last)) => *last,
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        Some(Value::String(text)) => text == "true" || text == "1",
        Some(_) => return Err(wrong("has a last_batch_flag that is not a boolean")),
    };
    Ok(Some(BatchPosition { id: positive("session_id")?, seq: positive("batch_seq")?, last }))
}

/// The session that Facebook makes up when none is sent: one for each operation and column list, shared between
/// audiences.
///
/// Source: recordings of 2021-12-01 (18 calls).
pub(super) fn implicit_session(edge: Edge, schema: &[String]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    (edge, schema).hash(&mut hasher);
    4_000_000_000_000_000_000 + hasher.finish() % 1_000_000_000_000_000_000
}

/// Checks the place of a batch in its session and opens it with the first.
pub(super) fn enter(
    state: &mut State,
    account: &str,
    audience: &str,
    edge: Edge,
    place: BatchPosition,
    schema: &[String],
) -> Result<(), Refusal> {
    let now = state.now;
    let sessions = state.sessions.entry(account.to_owned()).or_default();
    let Some(session) = sessions.get(&place.id) else {
        if place.seq != 1 {
            return Err(Refusal::parameter("Param session: batch_seq must begin at 1"));
        }
        sessions.insert(
            place.id,
            UploadSession {
                audience: audience.to_owned(),
                edge,
                schema: schema.to_vec(),
                first: now,
                last_seq: 0,
                ended: None,
                received: 0,
                invalid: 0,
                matched: 0,
                failed: false,
            },
        );
        return Ok(());
    };
    if session.audience != audience || session.edge != edge {
        return Err(Refusal::parameter("Param session: session_id is not unique within the ad account"));
    }
    if session.schema != schema {
        return Err(Refusal::parameter("All batches of a session must have the schema of the first"));
    }
    let again = session.last_seq == place.seq;
    if session.ended.is_some() && !(again && place.last) {
        return Err(Refusal::parameter("Param session: the session has ended, no more batches are accepted"));
    }
    if now - session.first >= OPEN_SECONDS {
        return Err(Refusal::parameter("Param session: the session closed 90 minutes after its first batch"));
    }
    if place.seq > session.last_seq + 1 {
        return Err(Refusal::parameter("Param session: batch_seq must be sequential"));
    }
    Ok(())
}

/// Counts a batch, and ends the session with its last. Returns the total received so far.
pub(super) fn count_batch(
    state: &mut State,
    account: &str,
    place: BatchPosition,
    received: u64,
    invalid: u64,
    matched: u64,
) -> u64 {
    let now = state.now;
    let Some(session) = state.sessions.get_mut(account).and_then(|all| all.get_mut(&place.id)) else {
        return received;
    };
    session.last_seq = session.last_seq.max(place.seq);
    session.received += received;
    session.invalid += invalid;
    session.matched += matched;
    if place.last {
        session.ended = Some(now);
    }
    session.received
}

pub(super) fn read(
    state: &mut State,
    id: &str,
    link: &page::Link<'_>,
    caller: &Caller,
    params: &Params<'_>,
) -> Answer {
    params.only(state.settings.strict, &[&page::PARAMETERS, &["session_id"]])?;
    let account = access::audience(state, id, caller, "GET", Access::Read)?.account.clone();
    let one = params.text("session_id").filter(|text| !text.is_empty());
    let now = state.now;
    let describe = |number: u64, session: &UploadSession| {
        let open = session.is_open(now) || state.settings.stuck_sessions;
        json!({
            "session_id": number.to_string(),
            "start_time": session.first.to_string(),
            "end_time": session.ended.filter(|_| !open).unwrap_or(0).to_string(),
            "num_received": session.received.to_string(),
            "num_matched": if open { "-1".to_owned() } else { session.matched.to_string() },
            "num_invalid_entries": session.invalid.to_string(),
            "progress": if open { "0" } else { "100" },
            "stage": if open { "uploading" } else { "finished" },
        })
    };
    let rows: Vec<_> = state
        .sessions
        .get(&account)
        .into_iter()
        .flatten()
        .filter(|(_, session)| session.audience == id)
        .filter(|(number, _)| one.as_ref().is_none_or(|one| **one == number.to_string()))
        .map(|(&number, session)| (number.to_string(), describe(number, session)))
        .collect();
    page::cut(&rows, link, params, &state.settings, state.seed)
}
