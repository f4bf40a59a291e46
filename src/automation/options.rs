//! Options of an engine, and the report of a call to it.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::TimeZone;
use crate::error::Error;
use crate::segment::SegmentCatalog;

/// Options of an [`AutomationEngine`](super::engine::AutomationEngine).
///
/// ```
/// use std::time::Duration;
/// use audiencekit::automation::EngineOptions;
/// use audiencekit::TimeZone;
///
/// let options = EngineOptions::default()
///     .zone(TimeZone::named("Europe/Warsaw")?)
///     .dedup_window(Duration::from_secs(7 * 24 * 3_600))
///     .audit_entries(1_000_000);
/// assert_eq!(options.max_chain_depth, 8);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EngineOptions {
    /// The time zone of days, dates and calendar months. Defaults to UTC. After a change of it, call
    /// [`AutomationEngine::schedule_dates`](super::engine::AutomationEngine::schedule_dates).
    pub zone: TimeZone,
    /// How long handled events are remembered. Older events are refused, because they could be repetitions. Defaults to
    /// 30 days.
    pub dedup_window: Duration,
    /// How far in the future an event may be, for clocks that differ. Defaults to 5 minutes.
    pub clock_skew: Duration,
    /// The maximum number of rules that start one another in a row. Defaults to 8.
    pub max_chain_depth: u8,
    /// Whether the store keeps an audit log. Defaults to `true`.
    pub audit: bool,
    /// The number of entries that the audit log keeps; the oldest are deleted. An entry takes about 300 bytes. Defaults to
    /// no limit; [`AutomationEngine::prune_audit_log`](super::engine::AutomationEngine::prune_audit_log) deletes entries.
    pub audit_entries: Option<u64>,
    /// The number of contacts whose state stays in memory between two calls. All others are read from the store on demand.
    /// Defaults to 10,000.
    pub cache_capacity: usize,
    /// The catalog of the segments that conditions and backfilled segments name, as in `segment("VIP")`. It is asked at each
    /// check, so that a segment counts as it is defined then. Defaults to none, with which such a condition is refused.
    pub catalog: Option<Arc<dyn SegmentCatalog>>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            zone: TimeZone::utc(),
            dedup_window: Duration::from_secs(30 * 24 * 60 * 60),
            clock_skew: Duration::from_secs(5 * 60),
            max_chain_depth: 8,
            audit: true,
            audit_entries: None,
            cache_capacity: 10_000,
            catalog: None,
        }
    }
}

impl EngineOptions {
    /// Sets the time zone of days, dates and calendar months. Defaults to UTC.
    #[must_use]
    pub fn zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// Sets how long handled events are remembered. Defaults to 30 days.
    ///
    /// ```
    /// use audiencekit::automation::EngineOptions;
    /// use std::time::Duration;
    ///
    /// let options = EngineOptions::default().dedup_window(Duration::from_secs(3_600));
    /// assert_eq!(options.dedup_window.as_secs(), 3_600);
    /// ```
    #[must_use]
    pub fn dedup_window(mut self, window: Duration) -> Self {
        self.dedup_window = window;
        self
    }

    /// Sets how far in the future an event may be. Defaults to 5 minutes.
    #[must_use]
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew;
        self
    }

    /// Sets the maximum number of rules that start one another in a row. Defaults to 8.
    ///
    /// ```
    /// use audiencekit::automation::EngineOptions;
    ///
    /// assert_eq!(EngineOptions::default().max_chain_depth(3).max_chain_depth, 3);
    /// ```
    #[must_use]
    pub fn max_chain_depth(mut self, depth: u8) -> Self {
        self.max_chain_depth = depth;
        self
    }

    /// Sets the number of contacts whose state stays in memory between two calls. Defaults to 10,000.
    ///
    /// ```
    /// use audiencekit::automation::EngineOptions;
    ///
    /// assert_eq!(EngineOptions::default().cache_capacity(500).cache_capacity, 500);
    /// ```
    #[must_use]
    pub fn cache_capacity(mut self, contacts: usize) -> Self {
        self.cache_capacity = contacts;
        self
    }

    /// Sets the catalog of the segments that conditions name. Defaults to none.
    ///
    /// ```
    /// use audiencekit::Schema;
    /// use audiencekit::automation::*;
    /// use audiencekit::segment::{MemoryCatalog, Segment, SegmentCatalog, Selector};
    ///
    /// let (schema, catalog) = (Schema::standard(), MemoryCatalog::new());
    /// catalog.save(&Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&schema)?)?;
    /// let rule = Rule::new("r").when(r#"segment("VIP")"#).then(Action::ChangeScore { by: 1 });
    /// let open = |options| {
    ///     let definitions = Definitions::new().rule(rule.clone());
    ///     AutomationEngine::open(definitions, &[], MemoryStore::new(), MemoryContacts::new(&schema), options)
    /// };
    /// assert!(open(EngineOptions::default()).is_err());
    /// assert!(open(EngineOptions::default().catalog(catalog)).is_ok());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn catalog(mut self, catalog: impl SegmentCatalog + 'static) -> Self {
        self.catalog = Some(Arc::new(catalog));
        self
    }

    /// Sets the number of entries that the audit log keeps. Defaults to no limit.
    #[must_use]
    pub fn audit_entries(mut self, most: u64) -> Self {
        self.audit_entries = Some(most);
        self
    }

    /// Sets whether the store keeps an audit log. Defaults to `true`.
    ///
    /// ```
    /// use audiencekit::automation::EngineOptions;
    ///
    /// assert!(!EngineOptions::default().audit(false).audit);
    /// ```
    #[must_use]
    pub fn audit(mut self, audit: bool) -> Self {
        self.audit = audit;
        self
    }
}

/// The report of a call to an engine.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct StepReport {
    /// Whether the event was handled before, in which case nothing was done.
    pub repeated: bool,
    /// Rules that started, and workflows that contacts entered, left or continued in.
    pub matched: u64,
    /// Rules whose conditions were checked.
    pub checked: u64,
    /// Actions that ran.
    pub actions: u64,
    /// Membership changes that were put in the outbox.
    pub members: u64,
    /// Runs that a rate limit or a frequency cap skipped, and actions that a schedule skipped. The audit log has each.
    pub dropped: u64,
    /// Actions of rules, and contacts in workflows, that wait until a schedule opens.
    pub postponed: u64,
    /// Errors of single contacts and rules. Everything else was done.
    pub problems: Vec<Error>,
}

impl StepReport {
    pub(super) fn add(&mut self, other: Self) {
        self.matched += other.matched;
        self.checked += other.checked;
        self.actions += other.actions;
        self.members += other.members;
        self.dropped += other.dropped;
        self.postponed += other.postponed;
        self.problems.extend(other.problems);
    }
}
