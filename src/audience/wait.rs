//! Polling the status of an audience.

use std::time::Duration;

use super::availability::{AudienceStatus, Availability};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::{AudienceId, FacebookClient};

/// How often and how long to poll the status of an audience.
///
/// ```
/// use std::time::Duration;
/// use audiencekit::audience::PollOptions;
///
/// let options = PollOptions::new(Duration::from_secs(60), Duration::from_secs(3_600));
/// assert_eq!(options.interval, Duration::from_secs(60));
/// assert_eq!(PollOptions::default().timeout, Duration::from_secs(24 * 3_600));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PollOptions {
    /// Time between two requests. Values below one second count as one second. Defaults to 15 minutes.
    pub interval: Duration,
    /// Time after which to stop. With zero, the status is read once. Defaults to 24 hours.
    pub timeout: Duration,
}

impl PollOptions {
    /// Creates options that poll every `interval` until `timeout` has elapsed.
    #[must_use]
    pub const fn new(interval: Duration, timeout: Duration) -> Self {
        Self { interval, timeout }
    }
}

impl Default for PollOptions {
    /// Returns 15 minutes and 24 hours: Facebook takes up to a day. Source: customer-file audiences guide
    /// (read 2026-09-12).
    fn default() -> Self {
        Self::new(Duration::from_secs(15 * 60), Duration::from_secs(24 * 60 * 60))
    }
}

/// Shortest time between two requests, except before the last.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

pub(super) async fn until_ready<C: FacebookClient + ?Sized>(
    client: &C,
    id: &AudienceId,
    clock: &dyn Clock,
    options: PollOptions,
) -> Result<AudienceStatus> {
    let deadline = clock.now().saturating_add(options.timeout.try_into().unwrap_or(time::Duration::MAX));
    let mut slept = Duration::ZERO;
    loop {
        let seen = client.audience(id).await.map(|audience| AudienceStatus::from(&audience));
        let (at_least, last) = match seen {
            Ok(status) if status.availability.is_usable() => return Ok(status),
            Ok(status) if status.availability.is_transient() => (Duration::ZERO, not_yet(&status)),
            Ok(status) => return Err(never(&status)),
            Err(error) if error.is_retryable() => (error.retry_after().unwrap_or_default(), error),
            Err(error) => return Err(error),
        };
        // A clock that is set back must not make the wait longer, nor one that is set forward.
        let by_clock = Duration::try_from(deadline - clock.now()).unwrap_or_default();
        let left = by_clock.min(options.timeout.saturating_sub(slept));
        if left.is_zero() || at_least > left {
            return Err(last);
        }
        // A pause of no time would turn the wait into a busy loop.
        let pause = options.interval.max(MIN_INTERVAL).max(at_least).min(left);
        clock.sleep(pause).await;
        slept += pause;
    }
}

fn not_yet(status: &AudienceStatus) -> Error {
    Error::new(ErrorKind::Busy, "wait for audience", format!("not ready in time: {}", status.availability))
        .with_help(status.availability.next_step())
}

fn never(status: &AudienceStatus) -> Error {
    let kind = match status.availability {
        Availability::TooSmall => ErrorKind::TooSmall,
        Availability::Flagged => ErrorKind::Flagged,
        _ => ErrorKind::Rejected,
    };
    Error::new(kind, "wait for audience", format!("waiting cannot help: {}", status.availability))
        .with_help(status.availability.next_step())
}
