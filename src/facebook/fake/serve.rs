//! One call through the state machine, from bytes to bytes.

use serde_json::Value;

use super::edge::{batch, dispatch, oauth};
use super::fault::{Fault, Held};
use super::log::{Call, Edge};
use super::policy::auth;
use super::policy::rate_limit::{self, Charge};
use super::privacy_alarm::PrivacyViolation;
use super::state::State;
use super::wire::http::{FakeReply, FakeRequest, FaultDelivery, MAX_URL_BYTES};
use super::wire::params::Params;
use super::wire::privacy_scan;
use super::wire::refusal::{Answer, Refusal};
use super::wire::route::{Route, route};

/// Method, route and parameters, or why there are none.
type Target<'a> = Result<(String, Route, Params<'a>), Refusal>;

/// What is known of a call that is served.
struct Served {
    reply: FakeReply,
    code: i64,
    subcode: Option<i64>,
}

/// Serves a call with the faults that strike it.
pub(super) fn handle(state: &mut State, request: &FakeRequest) -> FakeReply {
    let target = target(state, request);
    let edge = target.as_ref().map_or(Edge::Unknown, |(_, route, _)| route.edge);
    (state.call_rows, state.call_position) = (0, None);
    let mut random = state.random;
    // Every rule counts the call; the first that strikes decides.
    let faults: Vec<Fault> =
        state.faults.iter_mut().filter_map(|rule| rule.strikes(edge, &mut random)).collect();
    state.random = random;
    let unprocessed = |state: &mut State, mut reply: FakeReply, delivery| {
        reply.delivery = delivery;
        log(state, request, &target, &Served { reply: reply.clone(), code: 0, subcode: None }, false);
        reply
    };
    let nothing = || FakeReply::new(0, "text/plain", "");
    let reply = match faults.into_iter().next() {
        None => process(state, request, &target, false),
        Some(Fault::DropBefore) => unprocessed(state, nothing(), FaultDelivery::Closed),
        Some(Fault::Late) => {
            state.held.push(Held {
                edge,
                method: request.method.clone(),
                path: request.path.clone(),
                query: request.query.clone(),
                headers: request.headers.clone(),
                body: request.body.clone(),
            });
            return unprocessed(state, nothing(), FaultDelivery::Closed);
        }
        Some(Fault::DropReply) => cut(state, request, &target, FaultDelivery::Closed),
        Some(Fault::Reset) => cut(state, request, &target, FaultDelivery::Reset),
        Some(Fault::Truncate(bytes)) => cut(state, request, &target, FaultDelivery::Truncated(bytes)),
        Some(Fault::Duplicate) => {
            process(state, request, &target, false);
            process(state, request, &target, false)
        }
        Some(Fault::Delay(delay)) => {
            let mut reply = process(state, request, &target, false);
            reply.delay = delay;
            reply
        }
        Some(Fault::Slow { chunk, pause }) => {
            let mut reply = process(state, request, &target, false);
            reply.delivery = FaultDelivery::Slow { chunk, pause };
            reply
        }
        Some(Fault::Html(status)) => unprocessed(state, FakeReply::html(status), FaultDelivery::Whole),
        Some(Fault::TooManyRequests) => {
            unprocessed(state, FakeReply::new(429, "text/plain", "Too Many Requests"), FaultDelivery::Whole)
        }
        Some(Fault::Body { status, body }) => {
            unprocessed(state, FakeReply::new(status, "application/json", body), FaultDelivery::Whole)
        }
        Some(Fault::Error { code, subcode, is_transient }) => {
            let mut refusal = Refusal::new(code, format!("(#{code}) Injected by the test"));
            refusal.subcode = subcode;
            refusal.is_transient = is_transient;
            if code == 190 {
                refusal.status = state.settings.token_status;
            }
            refuse(state, request, &target, &refusal)
        }
    };
    release(state, edge);
    reply
}

/// Serves the calls on this edge that were held back.
fn release(state: &mut State, edge: Edge) {
    let (due, held) = std::mem::take(&mut state.held).into_iter().partition(|held| held.edge == edge);
    state.held = held;
    let due: Vec<Held> = due;
    for held in due {
        serve_late(state, held);
    }
}

/// Serves every call that was held back.
pub(super) fn release_all(state: &mut State) {
    for held in std::mem::take(&mut state.held) {
        serve_late(state, held);
    }
}

fn serve_late(state: &mut State, held: Held) {
    let mut request = FakeRequest::new(held.method, &held.path);
    request.query = held.query;
    request.headers = held.headers;
    request.body = held.body;
    let target = target(state, &request);
    cut(state, &request, &target, FaultDelivery::Closed);
}

fn cut(state: &mut State, request: &FakeRequest, target: &Target<'_>, delivery: FaultDelivery) -> FakeReply {
    let mut reply = process(state, request, target, false);
    reply.delivery = delivery;
    if let Some(call) = state.log.back_mut() {
        call.delivered = false;
    }
    reply
}

fn refuse(state: &mut State, request: &FakeRequest, target: &Target<'_>, refusal: &Refusal) -> FakeReply {
    let trace = trace(state);
    let mut served = Served { reply: refusal.reply(&trace), code: refusal.code, subcode: refusal.subcode };
    stamp(state, &mut served.reply, target, &trace);
    log(state, request, target, &served, false);
    served.reply
}

/// Serves the calls of a batch: faults do not strike them, quotas do.
fn serve_batch(state: &mut State, request: &FakeRequest, params: &Params<'_>) -> Answer {
    let batch = batch::read(state, request, params)?;
    let mut replies = Vec::with_capacity(batch.calls.len());
    for call in &batch.calls {
        let target = target(state, call);
        replies.push(batch.describe(&process(state, call, &target, true)));
    }
    Ok(Value::Array(replies))
}

/// The method with its override, and the route.
fn target<'a>(state: &State, request: &'a FakeRequest) -> Target<'a> {
    let params = Params::read(request)?;
    let mut method = request.method.to_ascii_uppercase();
    if method == "POST"
        && let Some(instead) = params.text("method")
    {
        method = instead.to_ascii_uppercase();
    }
    let route = route(&method, &request.path, &state.settings)?;
    Ok((method, route, params))
}

fn process(state: &mut State, request: &FakeRequest, target: &Target<'_>, in_batch: bool) -> FakeReply {
    state.calls += 1;
    (state.call_rows, state.call_position) = (0, None);
    for kind in privacy_scan::scan(request) {
        state.alarms.push(PrivacyViolation { call: state.calls, kind, column: None });
    }
    state.calls -= 1;
    let trace = trace(state);
    let mut charge = None;
    let answer = if request.path.len() + request.query.len() + 1 > MAX_URL_BYTES {
        Err(Refusal::page(414))
    } else {
        answer(state, request, target, in_batch, &mut charge)
    };
    let (reply, code, subcode) = match answer {
        Ok(body) => (FakeReply::new(200, "application/json; charset=UTF-8", body.to_string()), 0, None),
        Err(refusal) => {
            let refusal = translated(state, refusal);
            (refusal.reply(&trace), refusal.code, refusal.subcode)
        }
    };
    let mut served = Served { reply, code, subcode };
    stamp(state, &mut served.reply, target, &trace);
    if let Some(charge) = &charge {
        rate_limit::usage_headers(state, charge, &mut served.reply);
    }
    log(state, request, target, &served, in_batch);
    served.reply
}

fn answer(
    state: &mut State,
    request: &FakeRequest,
    target: &Target<'_>,
    in_batch: bool,
    charge: &mut Option<Charge>,
) -> Answer {
    let (method, route, params) = target.as_ref().map_err(Refusal::clone)?;
    match route.edge {
        Edge::ExchangeToken => return oauth::exchange_token(state, params),
        Edge::RevokeToken => return oauth::revoke_token(state, params),
        Edge::Batch if in_batch => return Err(Refusal::parameter("A batch cannot hold a batch")),
        Edge::Batch => return serve_batch(state, request, params),
        _ => {}
    }
    let caller = auth::authenticate(state, request, params)?;
    if let Some(quota) = rate_limit::quota_of(state, route) {
        let due = Charge { app: caller.app.clone(), quota, edge: route.edge };
        let paid = rate_limit::charge(state, &due, route.writes());
        *charge = Some(due);
        paid?;
    }
    // The number that this call will have in the log.
    state.calls += 1;
    let answer = dispatch::dispatch(state, method, route, request, &caller, params);
    state.calls -= 1;
    answer
}

/// The texts for people follow the language of the token's owner; codes and `message` do not.
fn translated(state: &State, mut refusal: Refusal) -> Refusal {
    if state.settings.localized && refusal.title.is_some() {
        refusal.title = Some("Działanie niemożliwe");
        refusal.user_message = Some("Tego działania nie można teraz wykonać.");
    }
    refusal
}

fn trace(state: &mut State) -> String {
    format!("A{:015x}", state.random.next() >> 4)
}

/// The headers of every reply.
///
/// Source: recordings of 2020 and 2021.
fn stamp(state: &State, reply: &mut FakeReply, target: &Target<'_>, trace: &str) {
    let newest = || format!("v{}.0", state.settings.newest_version);
    reply.push(
        "facebook-api-version",
        target.as_ref().map_or_else(|_| newest(), |(_, r, _)| r.version.clone()),
    );
    reply.push("x-fb-request-id", trace);
    reply.push("x-fb-trace-id", format!("T{}", trace.get(1..9).unwrap_or_default()));
    for (name, value) in [
        ("x-fb-rev", "1000000000"),
        ("x-fb-debug", "fake"),
        ("x-fb-rlafr", "0"),
        ("access-control-allow-origin", "*"),
        ("strict-transport-security", "max-age=15552000; preload"),
        ("pragma", "no-cache"),
        ("cache-control", "private, no-cache, no-store, must-revalidate"),
        ("expires", "Sat, 01 Jan 2000 00:00:00 GMT"),
    ] {
        reply.push(name, value);
    }
}

fn log(state: &mut State, request: &FakeRequest, target: &Target<'_>, served: &Served, in_batch: bool) {
    state.calls += 1;
    let (method, edge) = match target {
        Ok((method, route, _)) => (method.clone(), route.edge),
        Err(_) => (request.method.clone(), Edge::Unknown),
    };
    *state.counts.entry(edge).or_default() += 1;
    let place = state.call_position;
    state.log.push_back(Call {
        number: state.calls,
        time: state.now,
        method,
        path: request.path.clone(),
        edge,
        body_bytes: request.body.len(),
        url_bytes: request.path.len() + request.query.len(),
        rows: state.call_rows,
        session: place.map(|place| place.id),
        batch_seq: place.map(|place| place.seq),
        status: served.reply.status,
        code: served.code,
        subcode: served.subcode,
        delivered: matches!(served.reply.delivery, FaultDelivery::Whole | FaultDelivery::Slow { .. }),
        in_batch,
    });
    while state.log.len() > state.settings.log_calls {
        state.log.pop_front();
    }
}
