//! The client: every verb is one request, sent under the same rules of pacing, retry and decoding.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;

use super::codes::RetryClass;
use super::ids::{AccountId, AudienceId};
use super::observe::{CallSpan, ClientEvent};
use super::pacer::{Pacer, Scope};
use super::proof::proof;
use super::request::GraphRequest;
use super::response::{GraphResponse, Refusal};
use super::retry::Jitter;
use super::secret::AccessToken;
use super::settings::{GraphClientBuilder, Settings};
#[cfg(feature = "http")]
use super::transport::{HttpTransport, HttpTransportBuilder};
use super::transport::{NotSent, Transport};
use super::usage::UsageHeaders;
use super::version::GraphVersion;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};

/// Facebook through a [`Transport`]: production over HTTP, tests over the fake. Clones share everything.
///
/// The token belongs to the client and to nothing else: one client per advertiser, as many as needed.
///
/// Cancel safety: dropping the future of a call forgets the call; whether Facebook did it is then unknown.
///
/// ```
/// # #[cfg(feature = "http")] {
/// use audiencekit::facebook::{GraphClient, RetryPolicy};
///
/// let facebook = GraphClient::builder("an access token")
///     .app_id("1234567890")
///     .app_secret("the app's secret")
///     .retry(RetryPolicy::default().attempts(3))
///     .build()?;
/// assert_eq!(format!("{facebook:?}"), "GraphClient(HttpTransport(graph.facebook.com), v26.0)");
/// # }
/// # Ok::<(), audiencekit::Error>(())
/// ```
pub struct GraphClient<T> {
    inner: Arc<Inner<T>>,
}

struct Inner<T> {
    transport: T,
    settings: Settings,
    jitter: Jitter,
    /// The account of each audience that passed by: quotas belong to accounts, and most calls name only an audience.
    owners: Mutex<HashMap<AudienceId, AccountId>>,
    told_end: AtomicBool,
    told_other: AtomicBool,
}

/// Most audiences whose account is remembered.
const MOST_OWNERS: usize = 100_000;

/// One verb: what is sent under which rules.
pub(super) struct Call {
    pub(super) operation: &'static str,
    pub(super) scope: Scope,
    pub(super) repeat: Repeat,
    /// The audience that it is about, when its account is not known yet.
    pub(super) orphan: Option<AudienceId>,
}

/// Whether a call may be sent again when it is unknown whether it took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Twice is as good as once: reads, and changes of a set.
    Safe,
    /// Twice makes two.
    MakesTwo,
}

/// What is known about the sendings before this one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before {
    /// One of them may have taken effect.
    pub(super) unknown: bool,
}

#[cfg(feature = "http")]
impl GraphClient<HttpTransport> {
    /// Starts a client over HTTPS with the machine's clock.
    #[must_use]
    pub fn builder(token: impl Into<AccessToken>) -> GraphClientBuilder<HttpTransportBuilder> {
        GraphClientBuilder::new(HttpTransport::builder(), token.into(), Arc::new(crate::clock::SystemClock))
    }
}

impl<T: Transport> GraphClient<T> {
    /// A client over any transport, everything else by default.
    #[must_use]
    pub fn with_transport(transport: T, token: impl Into<AccessToken>, clock: impl Clock + 'static) -> Self {
        Self::configure(transport, token, clock).build()
    }

    /// Starts a client over any transport.
    #[must_use]
    pub fn configure(
        transport: T,
        token: impl Into<AccessToken>,
        clock: impl Clock + 'static,
    ) -> GraphClientBuilder<T> {
        GraphClientBuilder::new(transport, token.into(), Arc::new(clock))
    }

    pub(super) fn made(transport: T, settings: Settings) -> Self {
        let jitter = Jitter::new(settings.jitter_seed);
        let inner = Inner {
            transport,
            settings,
            jitter,
            owners: Mutex::default(),
            told_end: AtomicBool::new(false),
            told_other: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    /// What carries the requests.
    #[must_use]
    pub fn transport(&self) -> &T {
        &self.inner.transport
    }

    /// The quotas as far as answers told them.
    #[must_use]
    pub fn pacer(&self) -> &Pacer {
        &self.inner.settings.pacer
    }

    /// The version in use.
    #[must_use]
    pub fn version(&self) -> GraphVersion {
        self.inner.settings.version
    }

    /// The clock in use.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.settings.clock
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(super) fn path(&self, rest: impl fmt::Display) -> String {
        format!("/{}/{rest}", self.inner.settings.version)
    }

    pub(super) fn call_on_account(
        &self,
        operation: &'static str,
        account: Option<&AccountId>,
        use_case: &'static str,
    ) -> Call {
        let scope = Scope { app: self.inner.settings.app_id.clone(), account: account.cloned(), use_case };
        Call { operation, scope, repeat: Repeat::Safe, orphan: None }
    }

    pub(super) fn call_on_audience(&self, operation: &'static str, audience: &AudienceId) -> Call {
        let account = self.owners().get(audience).cloned();
        let mut call = self.call_on_account(operation, account.as_ref(), super::pacer::CUSTOM_AUDIENCE);
        call.orphan = account.is_none().then(|| audience.clone());
        call
    }

    fn owners(&self) -> std::sync::MutexGuard<'_, HashMap<AudienceId, AccountId>> {
        self.inner.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers whose quota the audience spends.
    pub(super) fn owned(&self, audience: &AudienceId, account: &AccountId) {
        let mut owners = self.owners();
        if owners.len() >= MOST_OWNERS {
            owners.clear();
        }
        if owners.get(audience) != Some(account) {
            owners.insert(audience.clone(), account.clone());
        }
    }

    /// Learns from the use-case header whose quota the audience spends.
    fn adopt(&self, orphan: Option<&AudienceId>, usage: &UsageHeaders) {
        let owner = usage.only_object().and_then(|object| format!("act_{object}").parse().ok());
        if let (Some(audience), Some(account)) = (orphan, owner) {
            self.owned(audience, &account);
        }
    }

    /// Sends what `build` builds until `read` reads an answer from it or the rules say to give up.
    pub(super) async fn call<R>(
        &self,
        call: Call,
        build: impl Fn() -> GraphRequest + Send + Sync,
        read: impl Fn(&GraphResponse, Before) -> Result<R, Refusal> + Send + Sync,
    ) -> Result<R> {
        let settings = &self.inner.settings;
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
                    .retryable(false)
                    .expected("look whether it was done before doing it again"));
            }
            let Some(wait) = settings.retry.wait(retry, attempt, &self.inner.jitter) else {
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
    async fn wait_for_place(&self, call: &Call, budget: Duration) -> Result<Duration, Duration> {
        let settings = &self.inner.settings;
        let mut waited = Duration::ZERO;
        loop {
            let wait = settings.pacer.reserve(&call.scope, settings.clock.now());
            if waited + wait > budget {
                return Err(wait);
            }
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
        call: &Call,
        attempt: u32,
        build: &(impl Fn() -> GraphRequest + Send + Sync),
        read: &(impl Fn(&GraphResponse, Before) -> Result<R, Refusal> + Send + Sync),
        before: Before,
        span: &CallSpan,
    ) -> (Result<R, Refusal>, UsageHeaders) {
        let settings = &self.inner.settings;
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
        let answer = self.inner.transport.send(&request).await;
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
        let settings = &self.inner.settings;
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
        super::observe::trace(event);
        if let Some(hook) = &self.inner.settings.hook {
            hook.on_event(event);
        }
    }

    fn tell_version_end(&self) {
        let settings = &self.inner.settings;
        if let Some(ends) = settings.version.ends_soon(settings.clock.now())
            && !self.inner.told_end.swap(true, Ordering::Relaxed)
        {
            self.tell(&ClientEvent::VersionEnds { version: settings.version, ends });
        }
    }

    fn tell_other_version(&self, response: &GraphResponse) {
        let asked = self.inner.settings.version;
        let answered = response.header("facebook-api-version").and_then(|version| version.parse().ok());
        if let Some(answered) = answered.filter(|answered| *answered != asked)
            && !self.inner.told_other.swap(true, Ordering::Relaxed)
        {
            self.tell(&ClientEvent::VersionDiffers { asked, answered });
        }
    }
}

/// Nothing was sent, as it would have been refused.
fn used_up(operation: &'static str) -> Error {
    Error::new(
        ErrorKind::Throttled,
        operation,
        "the quota is used up, as Facebook told before; nothing was sent",
    )
}

/// The same failure, of the verb that failed.
fn in_operation(error: Error, operation: &'static str) -> Error {
    let not_sent = NotSent::is_cause_of(&error);
    let outer = Error::new(error.kind(), operation, error.to_string()).retryable(error.is_retryable());
    if not_sent { outer.with_source(NotSent(Some(Box::new(error)))) } else { outer.with_source(error) }
}

impl<T> Clone for GraphClient<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T: fmt::Debug> fmt::Debug for GraphClient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GraphClient({:?}, {})", self.inner.transport, self.inner.settings.version)
    }
}
