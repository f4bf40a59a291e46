//! Leases: one owner at a time, with a number that only grows.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;

use super::commit::{Commit, CommitOutcome, Durability};
use super::frame::corrupt;
use super::lease_records::{LEASES, Owner, Records, end_key, owner_key, seal_end};
use super::store::Store;
use crate::clock::Stopwatch;
use crate::error::{Error, ErrorKind, Result};

/// Attempts against others who change the same records.
const ATTEMPTS: usize = 8;

/// A lease: the right of one owner, at a time, to do what the name stands for, across all processes of a store.
///
/// It ends by the store's clock unless it is renewed, so a process that died holds up others no longer than that. Its
/// [number](Self::number) grows with each owner and never shrinks, also over a release; [`fence`](Self::fence) puts it
/// into a commit, so that a commit of an earlier owner writes nothing. [`check`](Self::check) is the gate before what
/// no commit can undo, such as a request to another service.
///
/// A holder trusts its own clocks for a third of the duration. If the machine's clock is set ahead and back again, `check`
/// may trust them for as long as it was ahead; a fenced commit is refused all the same.
///
/// Dropping a lease releases nothing: an operation that was cancelled may still have requests in flight.
///
/// ```
/// use audiencekit::store::{Commit, CommitOutcome, Durability, Lease, MemoryStore, Space, Store};
/// use std::{sync::Arc, time::Duration};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// const RUNS: Space = Space::new("runs");
/// let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
/// let first = Lease::acquire(Arc::clone(&store), "audience/1", "worker-a", Duration::from_secs(60)).await?;
/// let refused = Lease::acquire(Arc::clone(&store), "audience/1", "worker-b", Duration::from_secs(60)).await;
/// assert!(refused.unwrap_err().to_string().contains("worker-a"));
///
/// first.check().await?;
/// let commit = first.fence(Commit::new().put(RUNS, b"last", b"7"));
/// assert!(store.commit(commit, Durability::Immediate).await?.is_applied());
/// first.release().await?;
/// # Ok(())
/// # }
/// ```
pub struct Lease {
    store: Arc<dyn Store>,
    name: String,
    owner: Owner,
    duration: Duration,
    stopwatch: Stopwatch,
    seen: Mutex<Seen>,
}

/// What the holder knows without asking the store.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Until when, by the stopwatch, others cannot have taken over.
    safe_until: Duration,
    /// False once another owner was seen, or the lease was released.
    held: bool,
}

impl Lease {
    /// Acquires a lease, which lasts for `duration` by the store's clock unless it is renewed.
    ///
    /// `owner` is a label for people, such as a host name and a process id. It is repeated in the error that others get.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] while another lease of that name has not ended, with its owner and when it ends;
    /// [`ErrorKind::Invalid`] for an empty or too long name, or a duration of less than a second or more than a day; the
    /// errors of the store.
    pub async fn acquire(store: Arc<dyn Store>, name: &str, owner: &str, duration: Duration) -> Result<Self> {
        Self::acquire_timed(store, name, owner, duration, Stopwatch::start()).await
    }

    /// Acquires a lease whose holder measures elapsed time by `elapsed`, which must never run slower than the store's clock.
    ///
    /// For tests with a clock of their own. [`acquire`](Self::acquire) measures by the machine's clocks.
    ///
    /// ```
    /// use audiencekit::store::{Lease, MemoryStore};
    /// use audiencekit::{Clock, ManualClock};
    /// use std::{sync::Arc, time::Duration};
    /// use time::macros::datetime;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let clock = ManualClock::new(datetime!(2026-11-24 12:00 UTC));
    /// let (begun, shown) = (clock.now(), clock.clone());
    /// let store = Arc::new(MemoryStore::new().with_clock(clock.clone()));
    /// let elapsed = move || (shown.now() - begun).unsigned_abs();
    /// let lease = Lease::acquire_with(store, "nightly", "worker-a", Duration::from_secs(60), elapsed).await?;
    ///
    /// clock.advance(Duration::from_secs(61));
    /// assert!(lease.check().await.is_err(), "it has ended, and another process may hold it");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    pub async fn acquire_with(
        store: Arc<dyn Store>,
        name: &str,
        owner: &str,
        duration: Duration,
        elapsed: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::acquire_timed(store, name, owner, duration, Stopwatch::from_fn(elapsed)).await
    }

    async fn acquire_timed(
        store: Arc<dyn Store>,
        name: &str,
        label: &str,
        duration: Duration,
        stopwatch: Stopwatch,
    ) -> Result<Self> {
        check_arguments(name, label, duration)?;
        for _ in 0..ATTEMPTS {
            let begun = stopwatch.elapsed();
            let records = Records::read(&*store, name).await?;
            let last = records.owner(name)?;
            let now = micros(store.now().await?);
            let end = records.end(name)?;
            if let Some(last) = last.as_ref().filter(|_| end > now) {
                return Err(held(name, &last.label, end));
            }
            let number = last.map_or(0, |last| last.number).checked_add(1).ok_or_else(|| corrupt(LEASES))?;
            let owner = Owner { label: label.to_owned(), number };
            let end = now.saturating_add(duration.as_micros() as i64);
            let commit = records.expected(name).put(LEASES, owner_key(name), owner.seal(name)).put(
                LEASES,
                end_key(name),
                seal_end(name, end),
            );
            if store.commit(commit, Durability::Immediate).await?.is_applied() {
                let seen = Mutex::new(Seen { safe_until: safe_until(begun, duration), held: true });
                return Ok(Self { store, name: name.to_owned(), owner, duration, stopwatch, seen });
            }
        }
        Err(Error::new(
            ErrorKind::Busy,
            "lease",
            format!("others acquire the lease {name:?} at the same time"),
        ))
    }

    /// Returns the number of this lease: greater than that of every earlier lease of the name.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.owner.number
    }

    /// Returns the name of the lease.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds the expectation to a commit that no other owner has taken over, so that otherwise it writes nothing.
    ///
    /// It holds until another owner takes over, also after the end: nothing can have been written in between.
    pub fn fence(&self, commit: Commit) -> Commit {
        commit.expect(LEASES, owner_key(&self.name), self.owner.seal(&self.name))
    }

    /// Checks that the lease is held, and renews it when less than half of its time is left.
    ///
    /// Call it before each request that no commit can undo, repetitions included. For a third of the lease's duration
    /// after the store was asked last it answers without asking: no other owner can take over before the end, and by then at
    /// least a sixth of the duration is left, against clocks that run at different speeds.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`], not retryable, if another owner has taken over or the lease has ended; the errors of the
    /// store.
    pub async fn check(&self) -> Result<()> {
        let seen = *self.lock();
        if !seen.held {
            return Err(self.lost("it was taken over or released"));
        }
        if self.stopwatch.elapsed() < seen.safe_until {
            return Ok(());
        }
        let begun = self.stopwatch.elapsed();
        let records = self.owned_records().await?;
        let (now, end) = (micros(self.store.now().await?), records.end(&self.name)?);
        if end <= now {
            return Err(self.lost("it has ended"));
        }
        let left = Duration::from_micros(end.abs_diff(now));
        if left >= self.duration / 2 {
            self.confirm(begun, left);
            return Ok(());
        }
        self.extend(records, now, begun).await
    }

    /// Renews the lease for its whole duration from now on, also after its end if no other owner has taken over.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub async fn renew(&self) -> Result<()> {
        let begun = self.stopwatch.elapsed();
        let records = self.owned_records().await?;
        let now = micros(self.store.now().await?);
        self.extend(records, now, begun).await
    }

    /// Releases the lease, so that another owner can acquire it at once. Its number is kept.
    ///
    /// # Errors
    /// As [`renew`](Self::renew). If it was lost already, there is nothing to release and no error.
    pub async fn release(self) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let records = Records::read(&*self.store, &self.name).await?;
            if records.owner(&self.name)?.as_ref() != Some(&self.owner) {
                return Ok(());
            }
            let ended = seal_end(&self.name, i64::MIN);
            let commit = records.expected(&self.name).put(LEASES, end_key(&self.name), ended);
            if self.store.commit(commit, Durability::Immediate).await?.is_applied() {
                return Ok(());
            }
        }
        Err(self.lost("others change it at the same time"))
    }

    /// Reads the records, which must be those of this owner.
    async fn owned_records(&self) -> Result<Records> {
        let records = Records::read(&*self.store, &self.name).await?;
        match records.owner(&self.name)? {
            Some(owner) if owner == self.owner => Ok(records),
            Some(other) => {
                self.lock().held = false;
                Err(held(&self.name, &other.label, records.end(&self.name)?).with_retryable(false))
            }
            None => Err(corrupt(LEASES)),
        }
    }

    async fn extend(&self, mut records: Records, now: i64, begun: Duration) -> Result<()> {
        let end = now.saturating_add(self.duration.as_micros() as i64);
        for _ in 0..ATTEMPTS {
            // A renewal of another task of this owner may be further on; the end never moves back.
            let end = end.max(records.end(&self.name)?);
            let commit =
                records.expected(&self.name).put(LEASES, end_key(&self.name), seal_end(&self.name, end));
            if let CommitOutcome::Applied = self.store.commit(commit, Durability::Immediate).await? {
                self.confirm(begun, self.duration);
                return Ok(());
            }
            records = self.owned_records().await?;
        }
        Err(self.lost("others change it at the same time"))
    }

    /// Notes that the lease was seen to last for `left` at the instant `begun` or later.
    fn confirm(&self, begun: Duration, left: Duration) {
        let mut seen = self.lock();
        // At least half of the duration is left: a third of it leaves a sixth.
        seen.safe_until = seen.safe_until.max(safe_until(begun, self.duration.min(left * 2)));
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost(&self, what: &str) -> Error {
        Error::new(ErrorKind::Busy, "lease", format!("the lease {:?} is lost: {what}", self.name))
            .with_help("acquire it again before you go on")
            .with_retryable(false)
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lease({:?}, number {})", self.name, self.owner.number)
    }
}

/// A third of the duration after the store was about to be asked.
fn safe_until(begun: Duration, duration: Duration) -> Duration {
    begun + duration / 3
}

fn micros(instant: OffsetDateTime) -> i64 {
    (instant.unix_timestamp_nanos() / 1_000) as i64
}

fn held(name: &str, owner: &str, end: i64) -> Error {
    let until = OffsetDateTime::from_unix_timestamp_nanos(i128::from(end) * 1_000)
        .ok()
        .and_then(|end| end.format(&time::format_description::well_known::Rfc3339).ok())
        .unwrap_or_else(|| "now".to_owned());
    Error::new(ErrorKind::Busy, "lease", format!("the lease {name:?} is held by {owner:?} until {until}"))
        .with_help("wait until it is released or has ended")
}

fn check_arguments(name: &str, label: &str, duration: Duration) -> Result<()> {
    let refused = |what: &str, expected: &str| {
        Err(Error::new(ErrorKind::Invalid, "lease", what.to_owned()).with_expected(expected.to_owned()))
    };
    if name.is_empty() || name.len() > 256 || name.contains('\0') {
        return refused("the name cannot be used", "1 to 256 bytes without a zero byte");
    }
    if label.len() > 256 {
        return refused("the owner's label is too long", "at most 256 bytes");
    }
    if duration < Duration::from_secs(1) || duration > Duration::from_secs(86_400) {
        return refused("the duration cannot be used", "a second to a day");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::clock::{Clock, ManualClock};
    use crate::store::{MemoryStore, Space};

    const MINUTE: Duration = Duration::from_secs(60);

    struct World {
        store: Arc<dyn Store>,
        clock: ManualClock,
    }

    impl World {
        fn new() -> Self {
            let clock = ManualClock::new(datetime!(2026-11-24 12:00 UTC));
            Self { store: Arc::new(MemoryStore::new().with_clock(clock.clone())), clock }
        }

        async fn acquire(&self, owner: &str) -> Result<Lease> {
            let (clock, begun) = (self.clock.clone(), datetime!(2026-11-24 00:00 UTC));
            let elapsed = move || (clock.now() - begun).try_into().unwrap_or_default();
            Lease::acquire_with(Arc::clone(&self.store), "a", owner, MINUTE, elapsed).await
        }
    }

    const DATA: Space = Space::new("data");

    async fn writes(world: &World, lease: &Lease) -> bool {
        let commit = lease.fence(Commit::new().put(DATA, b"x", b""));
        world.store.commit(commit, Durability::Immediate).await.unwrap().is_applied()
    }

    #[tokio::test]
    async fn a_lease_is_taken_over_after_its_end_only_and_its_owner_is_told() {
        let world = World::new();
        let first = world.acquire("one").await.unwrap();
        world.clock.advance(MINUTE - Duration::from_secs(1));
        let error = world.acquire("two").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "lease: the lease \"a\" is held by \"one\" until 2026-11-24T12:01:00Z; \
             wait until it is released or has ended"
        );
        assert!(error.kind() == ErrorKind::Busy && error.is_retryable());
        world.clock.advance(Duration::from_secs(1));
        assert!(writes(&world, &first).await, "no one has taken over yet");
        assert_eq!(first.check().await.unwrap_err().kind(), ErrorKind::Busy, "but it may happen at once");

        let second = world.acquire("two").await.unwrap();
        assert!(second.number() > first.number());
        assert!(!writes(&world, &first).await && writes(&world, &second).await);
        for error in [first.check().await.unwrap_err(), first.renew().await.unwrap_err()] {
            assert!(error.kind() == ErrorKind::Busy && !error.is_retryable(), "{error}");
        }
        first.release().await.unwrap();
        second.check().await.unwrap();
        assert!(writes(&world, &second).await, "who lost it releases nothing");
    }

    #[tokio::test]
    async fn checks_renew_it_and_a_release_frees_it_at_once() {
        let world = World::new();
        let first = world.acquire("one").await.unwrap();
        for _ in 0..20 {
            world.clock.advance(MINUTE / 3);
            first.check().await.unwrap();
            assert!(world.acquire("two").await.is_err());
        }
        let number = first.number();
        first.release().await.unwrap();
        let second = world.acquire("two").await.unwrap();
        assert_eq!(second.number(), number + 1);
    }

    #[tokio::test]
    async fn a_check_asks_the_store_again_before_it_may_be_wrong() {
        let world = World::new();
        let first = world.acquire("one").await.unwrap();
        // What a takeover leaves behind, as if the store's clock had jumped.
        let other = Owner { label: "two".to_owned(), number: 2 }.seal("a");
        let commit = Commit::new().put(LEASES, owner_key("a"), other);
        assert!(world.store.commit(commit, Durability::Immediate).await.unwrap().is_applied());
        world.clock.advance(MINUTE / 3);
        assert_eq!(first.check().await.unwrap_err().kind(), ErrorKind::Busy);
        world.clock.set(datetime!(2026-11-24 12:00 UTC));
        assert!(first.check().await.is_err(), "it stays lost whatever the clock shows");
    }

    #[tokio::test]
    async fn an_end_that_was_seen_is_not_taken_over_after_a_renewal() {
        let world = World::new();
        let first = world.acquire("one").await.unwrap();
        world.clock.advance(MINUTE);
        let seen = Records::read(&*world.store, "a").await.unwrap();
        first.renew().await.unwrap();
        let late = seen.expected("a").put(LEASES, owner_key("a"), b"");
        assert!(!world.store.commit(late, Durability::Immediate).await.unwrap().is_applied());
        first.check().await.unwrap();
    }

    #[tokio::test]
    async fn damage_and_bad_arguments_are_told() {
        let world = World::new();
        let store = || Arc::clone(&world.store);
        for (name, label, duration) in [
            ("", "x", MINUTE),
            ("a\0b", "x", MINUTE),
            ("a", "x", Duration::from_millis(999)),
            ("a", "x", Duration::from_secs(86_401)),
        ] {
            let error = Lease::acquire(store(), name, label, duration).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
        }
        let first = world.acquire("one").await.unwrap();
        let commit = Commit::new().put(LEASES, end_key("a"), b"damaged");
        assert!(world.store.commit(commit, Durability::Immediate).await.unwrap().is_applied());
        assert_eq!(world.acquire("two").await.unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(first.renew().await.unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
