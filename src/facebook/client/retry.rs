//! When a call is retried.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::facebook::wire::codes::RetryClass;

/// How [`GraphClient`](crate::GraphClient) retries a call: how often, and how long in all.
///
/// Waits are random between zero and a bound that doubles (full jitter), so that many clients do not come back
/// together.
///
/// ```
/// use audiencekit::facebook::RetryPolicy;
///
/// let patient = RetryPolicy::default().attempts(8);
/// assert_eq!((patient.max_attempts, RetryPolicy::never().max_attempts), (8, 1));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The maximum number of attempts per call, at least 1.
    pub max_attempts: u32,
    /// The maximum time that one call waits, pacing included. A longer wait is an error with `retry_after` at once.
    pub budget: Duration,
    /// The bound of the first wait.
    pub base: Duration,
    /// The bound of any wait.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    /// Five attempts, 15 minutes, from one second to one minute.
    fn default() -> Self {
        Self {
            max_attempts: 5,
            budget: Duration::from_secs(15 * 60),
            base: Duration::from_secs(1),
            cap: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// Creates a policy of one attempt and no waiting.
    ///
    /// ```
    /// use audiencekit::facebook::RetryPolicy;
    ///
    /// assert!(RetryPolicy::never().budget.is_zero());
    /// ```
    #[must_use]
    pub fn never() -> Self {
        Self { max_attempts: 1, budget: Duration::ZERO, ..Self::default() }
    }

    /// Sets the maximum number of attempts per call. Defaults to 5.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets the maximum time that one call waits, pacing included. Defaults to 15 minutes.
    ///
    /// ```
    /// use std::time::Duration;
    /// use audiencekit::facebook::RetryPolicy;
    ///
    /// let hasty = RetryPolicy::default().budget(Duration::from_secs(5));
    /// assert_eq!(hasty.budget.as_secs(), 5);
    /// ```
    #[must_use]
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// The wait before the next sending, after `attempt` (from 1) ended in `class`; none is to give up.
    pub(super) fn wait(&self, class: RetryClass, attempt: u32, jitter: &Jitter) -> Option<Duration> {
        if attempt >= self.max_attempts {
            return None;
        }
        let (base, cap) = match class {
            RetryClass::Backoff => (self.base, self.cap),
            RetryClass::Once if attempt == 1 => (self.base, self.cap),
            RetryClass::Briefly if attempt <= 3 => (self.base, self.cap),
            // Whole updates of an audience end in minutes, not in seconds.
            RetryClass::Wait => (self.base.saturating_mul(30), self.cap.saturating_mul(5)),
            // The pacer holds the next call back.
            RetryClass::Throttle => (Duration::ZERO, Duration::ZERO),
            _ => return None,
        };
        let doubled = base.saturating_mul(1 << (attempt - 1).min(20));
        Some(jitter.up_to(doubled.min(cap)))
    }
}

/// Random waits. Not for secrets.
#[derive(Debug)]
pub(super) struct Jitter(AtomicU64);

impl Jitter {
    pub(super) fn new(seed: Option<u64>) -> Self {
        // The standard library seeds its hash maps from the system's randomness.
        Self(AtomicU64::new(seed.unwrap_or_else(|| RandomState::new().hash_one(0_u64))))
    }

    pub(super) fn up_to(&self, bound: Duration) -> Duration {
        // SplitMix64: the counter may be shared by threads, each step is a number of its own.
        let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let unit = (z ^ (z >> 31)) >> 11;
        bound.mul_f64(unit as f64 / (1_u64 << 53) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_spread_over_the_whole_bound_and_the_bound_doubles_up_to_the_cap() {
        let policy = RetryPolicy::default().attempts(12);
        let jitter = Jitter::new(Some(1));
        for (attempt, bound) in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (11, 60)] {
            let bound = Duration::from_secs(bound);
            let waits: Vec<_> =
                (0..200).filter_map(|_| policy.wait(RetryClass::Backoff, attempt, &jitter)).collect();
            assert_eq!(waits.len(), 200);
            assert!(waits.iter().all(|wait| *wait <= bound));
            assert!(waits.iter().any(|wait| *wait < bound / 10), "attempt {attempt}");
            assert!(waits.iter().any(|wait| *wait > bound * 9 / 10), "attempt {attempt}");
        }
    }

    #[test]
    fn each_class_has_its_patience() {
        let policy = RetryPolicy::default();
        let jitter = Jitter::new(Some(1));
        let tries = |class| (1..=9).take_while(|n| policy.wait(class, *n, &jitter).is_some()).count();
        assert_eq!(tries(RetryClass::Backoff), 4);
        assert_eq!(tries(RetryClass::Once), 1);
        assert_eq!(tries(RetryClass::Briefly), 3);
        assert_eq!(tries(RetryClass::Never), 0);
        assert_eq!(tries(RetryClass::Long), 0);
        assert_eq!(tries(RetryClass::Reauthenticate), 0);
    }
}
