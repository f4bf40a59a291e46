//! Waiting for Facebook without being busy.

use std::time::Duration;

use super::availability::{AudienceStatus, Availability};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::{AudienceId, FacebookClient};

/// How often to look and how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollOptions {
    /// Time between two looks, at least a second.
    pub every: Duration,
    /// Time after which to look for the last time; zero looks once.
    pub at_most: Duration,
}

impl Default for PollOptions {
    /// Every 15 minutes for 24 hours: Facebook takes up to a day. Source: customer-file audiences guide
    /// (read 2026-09-12).
    fn default() -> Self {
        Self { every: Duration::from_secs(15 * 60), at_most: Duration::from_secs(24 * 60 * 60) }
    }
}

/// Least time between two looks, but for the last.
const SHORTEST: Duration = Duration::from_secs(1);

pub(super) async fn until_ready<C: FacebookClient + ?Sized>(
    client: &C,
    id: &AudienceId,
    clock: &dyn Clock,
    wait: PollOptions,
) -> Result<AudienceStatus> {
    let deadline = clock.now().saturating_add(wait.at_most.try_into().unwrap_or(time::Duration::MAX));
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
        let left = by_clock.min(wait.at_most.saturating_sub(slept));
        if left.is_zero() || at_least > left {
            return Err(last);
        }
        // A pause of no time would turn the wait into a busy loop.
        let pause = wait.every.max(SHORTEST).max(at_least).min(left);
        clock.sleep(pause).await;
        slept += pause;
    }
}

fn not_yet(status: &AudienceStatus) -> Error {
    Error::new(ErrorKind::Busy, "wait for audience", format!("not ready in time: {}", status.availability))
        .expected(status.availability.next_step())
}

fn never(status: &AudienceStatus) -> Error {
    let kind = match status.availability {
        Availability::TooSmall => ErrorKind::TooSmall,
        Availability::Flagged => ErrorKind::Flagged,
        _ => ErrorKind::Rejected,
    };
    Error::new(kind, "wait for audience", format!("waiting cannot help: {}", status.availability))
        .expected(status.availability.next_step())
}
