//! One verb on its way: its place in the quota, its sendings, what is told of them, and when to give up.

use std::sync::atomic::Ordering;
use std::time::Duration;

use time::OffsetDateTime;

use super::inner::ClientInner;
use super::observer::{CallSpan, ClientEvent};
use super::quota::{CUSTOM_AUDIENCE, Scope};
use super::usage_headers::UsageHeaders;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::credentials::appsecret_proof::proof;
use crate::facebook::ids::{AccountId, AudienceId};
use crate::facebook::model::send_gate::SendGate;
use crate::facebook::transport::{NotSent, Transport};
use crate::facebook::wire::codes::RetryClass;
use crate::facebook::wire::request::GraphRequest;
use crate::facebook::wire::response::{GraphResponse, Refusal};

/// One verb: what is sent under which rules.
pub(in crate::facebook) struct Call<'a> {
    pub(super) operation: &'static str,
    pub(super) scope: Scope,
    pub(in crate::facebook) repeat: Repeat,
    /// The audience that it is about, when its account is not known yet.
    pub(super) orphan: Option<AudienceId>,
    /// Asked before each sending.
    pub(super) gate: Option<&'a dyn SendGate>,
}

/// Whether a call may be sent again when it is unknown whether it took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::facebook) enum Repeat {
    /// Twice is as good as once: reads, and changes of a set.
    Safe,
    /// Twice makes two.
    MakesTwo,
}

/// What is known about the sendings before this one.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::facebook) struct Before {
    /// One of them may have taken effect.
    pub(in crate::facebook) unknown: bool,
}

impl<T: Transport> ClientInner<T> {
    /// A call that spends the quota of an account, or of the app alone.
    pub(in crate::facebook) fn call_on_account(
        &self,
        operation: &'static str,
        account: Option<&AccountId>,
        use_case: &'static str,
    ) -> Call<'static> {
        let scope = Scope { app: self.settings.app_id.clone(), account: account.cloned(), use_case };
        Call { operation, scope, repeat: Repeat::Safe, orphan: None, gate: None }
    }

    /// A call that spends the quota of the account that has the audience.
    pub(in crate::facebook) fn call_on_audience(
        &self,
        operation: &'static str,
        audience: &AudienceId,
    ) -> Call<'static> {
        let account = self.owner(audience);
        let mut call = self.call_on_account(operation, account.as_ref(), CUSTOM_AUDIENCE);
        call.orphan = account.is_none().then(|| audience.clone());
        call
    }

    /// Sends what `build` builds until `read` reads an answer from it or the rules say to give up.
    pub(in crate::facebook) async fn call<R>(
        &self,
        call: Call<'_>,
        build: impl Fn() -> GraphRequest + Send + Sync,
        read: impl Fn(&GraphResponse, Before) -> Result<R, Refusal> + Send + Sync,
    ) -> Result<R> {
        let settings = &self.settings;
        let mut before = Before::default();
        let mut spent = Duration::ZERO;
        let mut last: Option<Error> = None;
        self.tell_version_end();
        for attempt in 1.. {
            spent += match self.wait_for_place(&call, settings.retry.budget.saturating_sub(spent)).await {
                Ok(waited) => waited,
                Err(wait) => {
                    return Err(last.unwrap_or_else(|| used_up(call.operation)).with_retry_after(wait));
                }
            };
            // However long the call has waited for its place or to be repeated: who may not send any more does not.
            if let Some(gate) = call.gate {
                gate.check().await?;
            }
            let span = CallSpan::new(call.operation, attempt);
            let sending = self.send_once(&call, attempt, &build, &read, before, &span);
            let (outcome, usage) = span.around(sending).await;
            let Refusal { mut error, retry } = match outcome {
                Ok(read) => {
                    settings.pacer.passed(&call.scope);
                    return Ok(read);
                }
                Err(refusal) => refusal,
            };
            if retry == RetryClass::Throttle {
                let away = settings.pacer.throttled(&call.scope, &usage, settings.clock.now());
                error = error.with_retry_after(away);
            }
            let not_sent = NotSent::is_cause_of(&error);
            let unknown = !not_sent && matches!(error.kind(), ErrorKind::Transport | ErrorKind::Unavailable);
            before.unknown |= unknown;
            if unknown && call.repeat == Repeat::MakesTwo {
                return Err(error
                    .with_retryable(false)
                    .with_help("check whether it was carried out before you repeat it"));
            }
            let Some(wait) = settings.retry.wait(retry, attempt, &self.jitter) else {
                return Err(error);
            };
            // The pacer knows of a throttle's; an outage may name one too.
            let asked = usage.retry_after.filter(|_| retry == RetryClass::Backoff);
            let wait = wait.max(asked.unwrap_or_default());
            if spent + wait > settings.retry.budget {
                return Err(if error.retry_after().is_none() { error.with_retry_after(wait) } else { error });
            }
            self.tell(&ClientEvent::Retry {
                operation: call.operation,
                kind: error.kind(),
                code: error.api().map(|api| api.code),
                wait,
            });
            if !wait.is_zero() {
                settings.clock.sleep(wait).await;
                spent += wait;
            }
            last = Some(error);
        }
        Err(Error::new(ErrorKind::Limit, call.operation, "too many attempts"))
    }

    /// Waits until the call may be made, and says how long that was; or, where it would be longer than `budget`, for
    /// how long to stay away.
    async fn wait_for_place(&self, call: &Call<'_>, budget: Duration) -> Result<Duration, Duration> {
        let settings = &self.settings;
        let mut waited = Duration::ZERO;
        loop {
            let most = budget.saturating_sub(waited);
            let wait = settings.pacer.reserve(&call.scope, settings.clock.now(), most)?;
            if wait.is_zero() {
                return Ok(waited);
            }
            self.tell(&ClientEvent::Paced { operation: call.operation, wait });
            settings.clock.sleep(wait).await;
            waited += wait;
            // Another call may have been throttled meanwhile, and calling then makes the block longer.
            if !settings.pacer.is_blocked(&call.scope, settings.clock.now()) {
                return Ok(waited);
            }
        }
    }

    async fn send_once<R>(
        &self,
        call: &Call<'_>,
        attempt: u32,
        build: &(impl Fn() -> GraphRequest + Send + Sync),
        read: &(impl Fn(&GraphResponse, Before) -> Result<R, Refusal> + Send + Sync),
        before: Before,
        span: &CallSpan,
    ) -> (Result<R, Refusal>, UsageHeaders) {
        let settings = &self.settings;
        let sent_at = settings.clock.now();
        let request = self.signed(build(), sent_at);
        self.tell_in(
            span,
            &ClientEvent::Sent {
                operation: call.operation,
                method: request.method,
                attempt,
                body_bytes: request.body.as_ref().map_or(0, |body| body.bytes.len()),
            },
        );
        let answer = self.transport.send(&request).await;
        let now = settings.clock.now();
        let (outcome, usage, status) = match answer {
            Ok(response) => {
                let usage = UsageHeaders::read(&response);
                settings.pacer.observe(&call.scope, &usage, now);
                self.adopt(call.orphan.as_ref(), &usage);
                self.tell_other_version(&response);
                (read(&response, before), usage, Some(response.status))
            }
            Err(error) => {
                let retry = match error.kind() {
                    ErrorKind::Transport => RetryClass::Backoff,
                    _ => RetryClass::Never,
                };
                (
                    Err(Refusal { error: in_operation(error, call.operation), retry }),
                    UsageHeaders::default(),
                    None,
                )
            }
        };
        let error = outcome.as_ref().err().map(|refusal| &refusal.error);
        let api = error.and_then(Error::api);
        self.tell_in(
            span,
            &ClientEvent::Answered {
                operation: call.operation,
                attempt,
                status,
                kind: error.map(Error::kind),
                code: api.map(|api| api.code),
                subcode: api.and_then(|api| api.subcode),
                trace_id: api.and_then(|api| api.trace_id.clone()),
                took: Duration::try_from(now - sent_at).unwrap_or_default(),
            },
        );
        (outcome, usage)
    }

    /// The request with what says who sends it. Made for each sending: a timed proof grows old.
    fn signed(&self, mut request: GraphRequest, now: OffsetDateTime) -> GraphRequest {
        let settings = &self.settings;
        let token = request.token.get_or_insert_with(|| settings.token.clone()).clone();
        if let Some(secret) = &settings.app_secret {
            request.add(proof(settings.proof, secret, &token, now));
        }
        request
    }

    fn tell_in(&self, span: &CallSpan, event: &ClientEvent) {
        span.record(event);
        self.tell(event);
    }

    fn tell(&self, event: &ClientEvent) {
        #[cfg(feature = "tracing")]
        super::observer::trace(event);
        if let Some(observer) = &self.settings.observer {
            observer.on_event(event);
        }
    }

    fn tell_version_end(&self) {
        let settings = &self.settings;
        if let Some(ends) = settings.version.ends_soon(settings.clock.now())
            && !self.told_end.swap(true, Ordering::Relaxed)
        {
            self.tell(&ClientEvent::VersionEnds { version: settings.version, ends });
        }
    }

    fn tell_other_version(&self, response: &GraphResponse) {
        let asked = self.settings.version;
        let answered = response.header("facebook-api-version").and_then(|version| version.parse().ok());
        if let Some(answered) = answered.filter(|answered| *answered != asked)
            && !self.told_other.swap(true, Ordering::Relaxed)
        {
            self.tell(&ClientEvent::VersionDiffers { asked, answered });
        }
    }
}

/// Nothing was sent, as it would have been refused.
fn used_up(operation: &'static str) -> Error {
    Error::new(ErrorKind::Throttled, operation, "the quota is used up; nothing was sent")
}

/// The same failure, of the verb that failed.
fn in_operation(error: Error, operation: &'static str) -> Error {
    let not_sent = NotSent::is_cause_of(&error);
    let outer = Error::new(error.kind(), operation, error.to_string()).with_retryable(error.is_retryable());
    if not_sent { outer.with_source(NotSent(Some(Box::new(error)))) } else { outer.with_source(error) }
}
