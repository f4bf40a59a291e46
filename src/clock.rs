//! Time, supplied by your application: a [`Clock`] for now and sleeping, a [`TimeZone`] for civil days.
//!
//! Nothing in the crate asks the operating system for the time except `SystemClock` (feature `tokio`) and the
//! [stores](crate::store) of this machine, and nothing sleeps except through a clock. So tests run a year in a millisecond with a [`ManualClock`], and a fake Facebook can
//! be the clock of a whole program.
//!
//! | clock | now | sleeping |
//! |---|---|---|
//! | `SystemClock` | the machine's | tokio's timer |
//! | [`ManualClock`] | where you set it | moves the clock and returns at once |
//! | [`Fake`](crate::facebook::fake::Fake) | the virtual time of the fake Facebook | moves it |
//!
//! ```
//! use audiencekit::{Clock, ManualClock, TimeZone};
//! use time::macros::{date, datetime};
//!
//! let clock = ManualClock::new(datetime!(2026-11-23 22:30 UTC));
//! clock.advance(std::time::Duration::from_secs(3_600));
//! let warsaw = TimeZone::named("Europe/Warsaw")?;
//! assert_eq!(warsaw.date(clock.now()), date!(2026-11-24));
//! # Ok::<(), audiencekit::Error>(())
//! ```
//!
//! The IANA time zone database is part of the crate.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use time::{Date, OffsetDateTime, UtcOffset};

use crate::error::{Error, ErrorKind, Result};

/// The source of the current time and of sleep.
///
/// ```
/// use audiencekit::{Clock, ManualClock};
/// use time::macros::datetime;
///
/// let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
/// clock.advance(std::time::Duration::from_secs(60));
/// assert_eq!(clock.now(), datetime!(2026-11-23 12:01 UTC));
/// ```
#[async_trait]
pub trait Clock: Send + Sync + fmt::Debug {
    /// Returns the current instant, in UTC.
    fn now(&self) -> OffsetDateTime;

    /// Returns once `duration` has passed on this clock.
    ///
    /// Cancel safety: dropping the future forgets the wait and nothing else.
    async fn sleep(&self, duration: Duration);
}

#[async_trait]
impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> OffsetDateTime {
        (**self).now()
    }

    async fn sleep(&self, duration: Duration) {
        (**self).sleep(duration).await;
    }
}

/// The clock of the machine. It sleeps on tokio's timer, so it must be used within a tokio runtime.
#[cfg(feature = "tokio")]
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[cfg(feature = "tokio")]
#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        machine_time()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that sleeps")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The machine's time, also for stores that have no other clock.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
pub(crate) fn machine_time() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Elapsed time that goes on while the machine is suspended and when its clock is set back. A clock that was set ahead
/// and back again makes it stand still until the true time has caught up.
pub(crate) struct Stopwatch(Box<dyn Fn() -> Duration + Send + Sync>);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the one place that measures time")]
    pub(crate) fn start() -> Self {
        let (begun, wall) = (std::time::Instant::now(), machine_time());
        // The first stands still while a machine is suspended, the second can be set.
        Self::from_fn(move || begun.elapsed().max((machine_time() - wall).try_into().unwrap_or_default()))
    }

    pub(crate) fn from_fn(elapsed: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Box::new(elapsed))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        (self.0)()
    }
}

/// A clock that moves only when it is told to. Sleeping advances it and returns at once.
///
/// Clones share the same time.
///
/// ```
/// use audiencekit::{Clock, ManualClock};
/// use std::time::Duration;
/// use time::macros::datetime;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
/// clock.sleep(Duration::from_secs(86_400)).await;
/// assert_eq!(clock.now(), datetime!(2026-11-24 12:00 UTC));
/// # }
/// ```
#[derive(Clone)]
pub struct ManualClock(Arc<Mutex<OffsetDateTime>>);

impl ManualClock {
    /// Creates a clock that shows `now` until it is moved.
    #[must_use]
    pub fn new(now: OffsetDateTime) -> Self {
        Self(Arc::new(Mutex::new(now.to_offset(UtcOffset::UTC))))
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(time::Duration::try_from(duration).unwrap_or(time::Duration::MAX));
    }

    /// Sets the clock, also backwards.
    pub fn set(&self, now: OffsetDateTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now.to_offset(UtcOffset::UTC);
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManualClock({})", self.now())
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}

/// The time zone in which a day begins and ends: a fixed offset or a name of the IANA database.
///
/// ```
/// use audiencekit::TimeZone;
/// use time::macros::{date, datetime};
///
/// let warsaw = TimeZone::named("Europe/Warsaw")?;
/// assert_eq!(warsaw.date(datetime!(2026-11-23 23:30 UTC)), date!(2026-11-24));
/// assert_eq!(warsaw.start_of_day(date!(2026-07-01)), datetime!(2026-06-30 22:00 UTC));
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct TimeZone {
    name: Arc<str>,
    rules: jiff::tz::TimeZone,
}

impl TimeZone {
    /// Returns coordinated universal time.
    ///
    /// ```
    /// use audiencekit::TimeZone;
    ///
    /// assert_eq!(TimeZone::utc().name(), "UTC");
    /// ```
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".into(), rules: jiff::tz::TimeZone::UTC }
    }

    /// Returns a zone of the IANA database, such as `Europe/Warsaw`. The database is part of the crate.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a name that the database does not have.
    pub fn named(name: &str) -> Result<Self> {
        jiff::tz::TimeZone::get(name).map(|rules| Self { name: name.into(), rules }).map_err(|_| {
            Error::new(ErrorKind::Invalid, "time zone", format!("unknown name {name:?}"))
                .with_expected("a name of the IANA database such as \"Europe/Warsaw\" or \"UTC\"")
        })
    }

    /// Returns the name with which the zone was created.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name that the database has for it, however it was written.
    pub(crate) fn canonical(&self) -> &str {
        self.rules.iana_name().unwrap_or(&self.name)
    }

    /// Returns the offset from UTC at `instant`.
    #[must_use]
    pub fn offset(&self, instant: OffsetDateTime) -> UtcOffset {
        let seconds = jiff::Timestamp::from_second(instant.unix_timestamp())
            .map_or(0, |timestamp| self.rules.to_offset(timestamp).seconds());
        UtcOffset::from_whole_seconds(seconds).unwrap_or(UtcOffset::UTC)
    }

    /// The next instant after `instant` at which the clocks are moved.
    pub(crate) fn next_change(&self, instant: OffsetDateTime) -> Option<OffsetDateTime> {
        let from = jiff::Timestamp::from_second(instant.unix_timestamp()).ok()?;
        let change = self.rules.following(from).next()?;
        OffsetDateTime::from_unix_timestamp(change.timestamp().as_second()).ok()
    }

    /// Returns the civil day on which `instant` falls in this zone.
    #[must_use]
    pub fn date(&self, instant: OffsetDateTime) -> Date {
        instant.checked_to_offset(self.offset(instant)).map_or(instant.date(), OffsetDateTime::date)
    }

    /// Returns the first instant of the civil day `date`: midnight, or the end of the gap if the day begins later.
    ///
    /// ```
    /// use audiencekit::TimeZone;
    /// use time::macros::{date, datetime};
    ///
    /// let warsaw = TimeZone::named("Europe/Warsaw")?;
    /// assert_eq!(warsaw.start_of_day(date!(2026-11-24)), datetime!(2026-11-23 23:00 UTC));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn start_of_day(&self, date: Date) -> OffsetDateTime {
        let utc = date.midnight().assume_utc();
        let civil = jiff::civil::Date::new(
            date.year().clamp(-9999, 9999) as i16,
            u8::from(date.month()) as i8,
            date.day() as i8,
        );
        civil
            .ok()
            .and_then(|civil| self.rules.to_ambiguous_zoned_datetime(civil.at(0, 0, 0, 0)).compatible().ok())
            .and_then(|zoned| OffsetDateTime::from_unix_timestamp(zoned.timestamp().as_second()).ok())
            .unwrap_or(utc)
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}
