//! One call through the state machine, from bytes to bytes.

use serde_json::json;

use super::edge::batch;
use super::fault::{Fault, Held};
use super::front::http::{FakeReply, FakeRequest, FaultDelivery};
use super::log::{Call, Edge};
use super::model::quota::Charge;
use super::model::token::Caller;
use super::privacy_alarm::{self, PrivacyViolation};
use super::state::State;
use super::wire::page::Link;
use super::wire::params::Params;
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

impl State {
    /// Serves a call with the faults that strike it.
    pub(super) fn handle(&mut self, request: &FakeRequest) -> FakeReply {
        let target = self.target(request);
        let edge = target.as_ref().map_or(Edge::Unknown, |(_, route, _)| route.edge);
        (self.call_rows, self.call_place) = (0, None);
        let mut random = self.random;
        // Every rule counts the call; the first that strikes decides.
        let faults: Vec<Fault> =
            self.faults.iter_mut().filter_map(|rule| rule.strikes(edge, &mut random)).collect();
        self.random = random;
        let unprocessed = |state: &mut Self, mut reply: FakeReply, delivery| {
            reply.delivery = delivery;
            state.note(request, &target, &Served { reply: reply.clone(), code: 0, subcode: None }, false);
            reply
        };
        let nothing = || FakeReply::new(0, "text/plain", "");
        let reply = match faults.into_iter().next() {
            None => self.process(request, &target, false),
            Some(Fault::DropBefore) => unprocessed(self, nothing(), FaultDelivery::Closed),
            Some(Fault::Late) => {
                self.held.push(Held {
                    edge,
                    method: request.method.clone(),
                    path: request.path.clone(),
                    query: request.query.clone(),
                    headers: request.headers.clone(),
                    body: request.body.clone(),
                });
                return unprocessed(self, nothing(), FaultDelivery::Closed);
            }
            Some(Fault::DropReply) => self.cut(request, &target, FaultDelivery::Closed),
            Some(Fault::Reset) => self.cut(request, &target, FaultDelivery::Reset),
            Some(Fault::Truncate(bytes)) => self.cut(request, &target, FaultDelivery::Truncated(bytes)),
            Some(Fault::Duplicate) => {
                self.process(request, &target, false);
                self.process(request, &target, false)
            }
            Some(Fault::Delay(delay)) => {
                let mut reply = self.process(request, &target, false);
                reply.delay = delay;
                reply
            }
            Some(Fault::Slow { chunk, pause }) => {
                let mut reply = self.process(request, &target, false);
                reply.delivery = FaultDelivery::Slow { chunk, pause };
                reply
            }
            Some(Fault::Html(status)) => unprocessed(self, FakeReply::html(status), FaultDelivery::Whole),
            Some(Fault::TooManyRequests) => unprocessed(
                self,
                FakeReply::new(429, "text/plain", "Too Many Requests"),
                FaultDelivery::Whole,
            ),
            Some(Fault::Body { status, body }) => {
                unprocessed(self, FakeReply::new(status, "application/json", body), FaultDelivery::Whole)
            }
            Some(Fault::Error { code, subcode, is_transient }) => {
                let mut refusal = Refusal::new(code, format!("(#{code}) Injected by the test"));
                refusal.subcode = subcode;
                refusal.is_transient = is_transient;
                if code == 190 {
                    refusal.status = self.settings.token_status;
                }
                self.refuse(request, &target, &refusal)
            }
        };
        self.release(edge);
        reply
    }

    /// Serves the calls on this edge that were held back.
    fn release(&mut self, edge: Edge) {
        let (due, held) = std::mem::take(&mut self.held).into_iter().partition(|held| held.edge == edge);
        self.held = held;
        let due: Vec<Held> = due;
        for held in due {
            self.overtaken(held);
        }
    }

    /// Serves every call that was held back.
    pub(super) fn release_all(&mut self) {
        for held in std::mem::take(&mut self.held) {
            self.overtaken(held);
        }
    }

    fn overtaken(&mut self, held: Held) {
        let mut request = FakeRequest::new(held.method, &held.path);
        request.query = held.query;
        request.headers = held.headers;
        request.body = held.body;
        let target = self.target(&request);
        self.cut(&request, &target, FaultDelivery::Closed);
    }

    fn cut(&mut self, request: &FakeRequest, target: &Target<'_>, delivery: FaultDelivery) -> FakeReply {
        let mut reply = self.process(request, target, false);
        reply.delivery = delivery;
        if let Some(call) = self.log.back_mut() {
            call.delivered = false;
        }
        reply
    }

    fn refuse(&mut self, request: &FakeRequest, target: &Target<'_>, refusal: &Refusal) -> FakeReply {
        let trace = self.trace();
        let mut served =
            Served { reply: refusal.reply(&trace), code: refusal.code, subcode: refusal.subcode };
        self.stamp(&mut served.reply, target, &trace);
        self.note(request, target, &served, false);
        served.reply
    }

    /// A call of a batch: faults do not strike it, quotas do.
    pub(super) fn handle_inner(&mut self, request: &FakeRequest) -> FakeReply {
        let target = self.target(request);
        self.process(request, &target, true)
    }

    /// The method with its override, and the route.
    fn target<'a>(&self, request: &'a FakeRequest) -> Target<'a> {
        let params = Params::read(request)?;
        let mut method = request.method.to_ascii_uppercase();
        if method == "POST"
            && let Some(instead) = params.text("method")
        {
            method = instead.to_ascii_uppercase();
        }
        let route = route(&method, &request.path, &self.settings)?;
        Ok((method, route, params))
    }

    fn process(&mut self, request: &FakeRequest, target: &Target<'_>, in_batch: bool) -> FakeReply {
        self.calls += 1;
        (self.call_rows, self.call_place) = (0, None);
        for kind in privacy_alarm::look(request) {
            self.alarms.push(PrivacyViolation { call: self.calls, kind, column: None });
        }
        self.calls -= 1;
        let trace = self.trace();
        let mut charge = None;
        let answer = if request.path.len() + request.query.len() + 1 > self.settings.max_url_bytes {
            Err(Refusal::page(414))
        } else {
            self.answer(request, target, in_batch, &mut charge)
        };
        let (reply, code, subcode) = match answer {
            Ok(body) => (FakeReply::new(200, "application/json; charset=UTF-8", body.to_string()), 0, None),
            Err(refusal) => {
                let refusal = self.translated(refusal);
                (refusal.reply(&trace), refusal.code, refusal.subcode)
            }
        };
        let mut served = Served { reply, code, subcode };
        self.stamp(&mut served.reply, target, &trace);
        if let Some(charge) = &charge {
            self.usage_headers(charge, &mut served.reply);
        }
        self.note(request, target, &served, in_batch);
        served.reply
    }

    fn answer(
        &mut self,
        request: &FakeRequest,
        target: &Target<'_>,
        in_batch: bool,
        charge: &mut Option<Charge>,
    ) -> Answer {
        let (method, route, params) = target.as_ref().map_err(Refusal::clone)?;
        match route.edge {
            Edge::ExchangeToken => return self.exchange_token(params),
            Edge::RevokeToken => return self.revoke_token(params),
            Edge::Batch if in_batch => return Err(Refusal::parameter("A batch cannot hold a batch")),
            Edge::Batch => return batch::serve(self, request, params),
            _ => {}
        }
        let caller = self.caller(request, params)?;
        if let Some(quota) = self.quota_of(route) {
            let due = Charge { app: caller.app.clone(), quota, edge: route.edge };
            let paid = self.charge(&due, route.writes());
            *charge = Some(due);
            paid?;
        }
        // The number that this call will have in the log.
        self.calls += 1;
        let answer = self.dispatch(method, route, request, &caller, params);
        self.calls -= 1;
        answer
    }

    fn dispatch(
        &mut self,
        method: &str,
        route: &Route,
        request: &FakeRequest,
        caller: &Caller,
        params: &Params<'_>,
    ) -> Answer {
        let id = route.object.as_str();
        let link = Link::to(request, params);
        match route.edge {
            Edge::Me => Ok(json!({ "id": caller.token.user, "name": "Fake user" })),
            Edge::ListAccounts => self.list_accounts(&link, caller, params),
            Edge::ReadAccount => self.read_account(id, caller, params),
            Edge::CreateAudience => self.create_audience(id, caller, params),
            Edge::ListAudiences => self.list_audiences(id, &link, caller, params),
            Edge::ReadAudience => self.read_audience(id, caller, params),
            Edge::UpdateAudience => self.update_audience(id, caller, params),
            Edge::DeleteAudience => self.delete_audience(id, caller, params),
            Edge::AddUsers | Edge::RemoveUsers | Edge::ReplaceUsers => {
                self.upload(route.edge, id, caller, params)
            }
            Edge::EraseUsers => self.erase(id, caller, params),
            Edge::ReadSessions => self.read_sessions(id, &link, caller, params),
            Edge::ReadHealth => self.health(id, caller, params),
            Edge::ReadAds => self.read_ads(id, &link, caller, params),
            Edge::ListOwnedAccounts | Edge::ListClientAccounts => {
                self.list_of_business(route.edge, id, &link, caller, params)
            }
            Edge::InstallApp => self.install_app(id, caller, params),
            Edge::CreateToken => self.create_token(id, caller, params),
            Edge::ReadSharing | Edge::Share | Edge::Unshare | Edge::SharedAccountInfo => {
                self.sharing(route.edge, id, &link, caller, params)
            }
            Edge::ReadTerms | Edge::AcceptTerms => self.terms(route.edge, id, caller, params),
            Edge::DebugToken => self.debug_token(caller, params),
            Edge::ReadUsers | Edge::Unknown => Err(Refusal::no_object(method, id)),
            Edge::ExchangeToken | Edge::RevokeToken | Edge::Batch => Err(Refusal::path(&request.path)),
        }
    }

    /// The texts for people follow the language of the token's owner; codes and `message` do not.
    fn translated(&self, mut refusal: Refusal) -> Refusal {
        if self.settings.localized && refusal.title.is_some() {
            refusal.title = Some("Działanie niemożliwe");
            refusal.user_message = Some("Tego działania nie można teraz wykonać.");
        }
        refusal
    }

    fn trace(&mut self) -> String {
        format!("A{:015x}", self.random.next() >> 4)
    }

    /// The headers of every reply.
    ///
    /// Source: recordings of 2020 and 2021.
    fn stamp(&self, reply: &mut FakeReply, target: &Target<'_>, trace: &str) {
        let newest = || format!("v{}.0", self.settings.newest_version);
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

    fn note(&mut self, request: &FakeRequest, target: &Target<'_>, served: &Served, in_batch: bool) {
        self.calls += 1;
        let (method, edge) = match target {
            Ok((method, route, _)) => (method.clone(), route.edge),
            Err(_) => (request.method.clone(), Edge::Unknown),
        };
        *self.counts.entry(edge).or_default() += 1;
        let place = self.call_place;
        self.log.push_back(Call {
            number: self.calls,
            time: self.now,
            method,
            path: request.path.clone(),
            edge,
            body_bytes: request.body.len(),
            url_bytes: request.path.len() + request.query.len(),
            rows: self.call_rows,
            session: place.map(|place| place.id),
            batch_seq: place.map(|place| place.seq),
            status: served.reply.status,
            code: served.code,
            subcode: served.subcode,
            delivered: matches!(served.reply.delivery, FaultDelivery::Whole | FaultDelivery::Slow { .. }),
            in_batch,
        });
        while self.log.len() > self.settings.log_calls {
            self.log.pop_front();
        }
    }
}
