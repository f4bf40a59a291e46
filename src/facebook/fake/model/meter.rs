//! The calls that a quota has counted.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::facebook::AccessTier;

const HOUR: i64 = 3600;

/// The calls of one app, on one ad account for one use case.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct Meter {
    /// Minute and calls in it, over the last hour.
    minutes: VecDeque<(i64, u64)>,
    /// Points of the account score, and when they were counted.
    pub(in crate::facebook::fake) score: f64,
    scored_at: i64,
    /// Calls are refused until then.
    pub(in crate::facebook::fake) blocked_until: i64,
}

/// Most points, seconds in which a full score decays, and seconds of a block.
///
/// Source: Marketing API rate limiting (read 2026-09-12).
pub(in crate::facebook::fake) fn score_rule(tier: AccessTier) -> (f64, f64, i64) {
    match tier {
        AccessTier::DevelopmentAccess => (60.0, 300.0, 300),
        AccessTier::StandardAccess => (9000.0, 300.0, 60),
    }
}

impl Meter {
    pub(in crate::facebook::fake) fn used(&mut self, now: i64) -> u64 {
        while self.minutes.front().is_some_and(|&(minute, _)| minute * 60 <= now - HOUR) {
            self.minutes.pop_front();
        }
        self.minutes.iter().map(|&(_, calls)| calls).sum()
    }

    pub(in crate::facebook::fake) fn count(&mut self, now: i64, points: f64, tier: AccessTier) {
        let minute = now.div_euclid(60);
        match self.minutes.back_mut() {
            Some(last) if last.0 == minute => last.1 += 1,
            _ => self.minutes.push_back((minute, 1)),
        }
        let (most, decay, _) = score_rule(tier);
        let passed = (now - self.scored_at).max(0) as f64;
        self.score = (self.score - passed * most / decay).max(0.0) + points;
        self.scored_at = now;
    }

    /// Seconds until enough of the last hour has passed.
    pub(in crate::facebook::fake) fn wait(&self, now: i64) -> i64 {
        let oldest = self.minutes.front().map_or(now, |&(minute, _)| minute * 60);
        (oldest + HOUR + 60 - now).max(60)
    }
}
