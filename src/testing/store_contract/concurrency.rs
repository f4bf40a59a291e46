//! Expectations between those who write at the same time.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use super::bench::{Bench, Failure, Outcome, same};
use crate::error::{ErrorKind, Result};
use crate::store::{Commit, Durability, Lease, Space, Store, open, seal};

const COUNTER: Space = Space::new("contract/counter");
const KEY: &[u8] = b"count";

/// Those who write at the same time, and what each of them does.
const WRITERS: u32 = 8;
const TIMES: u32 = 25;

/// How often each of them holds the lease, and tries to.
const HOLDS: u32 = 3;
const ATTEMPTS: u32 = 20_000;

/// Increments the counter of the store this many times, each by a commit that expects what was read.
///
/// For tests with several threads or processes: afterwards [`count`] has grown by exactly the sum of all.
///
/// ```
/// use audiencekit::store::MemoryStore;
/// use audiencekit::testing::store_contract::{count, increment};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let store = MemoryStore::new();
/// increment(&store, 3).await?;
/// assert_eq!(count(&store).await?, 3);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The errors of the store.
pub async fn increment(store: &dyn Store, times: u32) -> Result<()> {
    for _ in 0..times {
        loop {
            let read = store.get(COUNTER, &[KEY]).await?.into_iter().next().flatten();
            let next = seal(COUNTER, KEY, 1, &(decode(read.as_deref())? + 1).to_be_bytes());
            let commit = Commit::new().expect_same(COUNTER, KEY, read).put(COUNTER, KEY, next);
            if store.commit(commit, Durability::Deferred).await?.is_applied() {
                break;
            }
        }
    }
    Ok(())
}

/// Returns the counter that [`increment`] increments, 0 if there is none yet.
///
/// # Errors
/// The errors of the store, and [`ErrorKind::Corrupt`] if the counter is damaged.
pub async fn count(store: &dyn Store) -> Result<u64> {
    decode(store.get(COUNTER, &[KEY]).await?.into_iter().next().flatten().as_deref())
}

fn decode(sealed: Option<&[u8]>) -> Result<u64> {
    let Some(sealed) = sealed else { return Ok(0) };
    Ok(open(COUNTER, KEY, sealed)?.payload.try_into().map_or(0, u64::from_be_bytes))
}

pub(super) async fn concurrent_increments_are_all_counted(bench: Bench<'_, '_>) -> Outcome {
    let before = count(&*bench.store).await?;
    let writers = (0..WRITERS).map(|_| increment(&*bench.store, TIMES));
    for outcome in join(writers).await {
        outcome?;
    }
    same!(count(&*bench.store).await? - before, u64::from(WRITERS * TIMES));
    Ok(())
}

pub(super) async fn a_lease_has_one_holder(bench: Bench<'_, '_>) -> Outcome {
    let holders = AtomicU32::new(0);
    let one = async |number: u32| -> Outcome {
        let owner = format!("writer {number}");
        let (mut acquired, mut attempts) = (0, 0);
        while acquired < HOLDS {
            attempts += 1;
            if attempts > ATTEMPTS {
                return Err(Failure::new(format!("a lease was free {acquired} times of {ATTEMPTS}")));
            }
            let store = Arc::clone(&bench.store);
            let lease = match Lease::acquire(store, "contract", &owner, Duration::from_secs(60)).await {
                Ok(lease) => lease,
                Err(error) if error.kind() == ErrorKind::Busy => continue,
                Err(error) => return Err(error.into()),
            };
            same!(holders.fetch_add(1, Ordering::SeqCst), 0);
            lease.renew().await?;
            bench.apply(lease.fence(Commit::new().put(bench.space, owner.as_bytes(), b""))).await?;
            holders.fetch_sub(1, Ordering::SeqCst);
            lease.release().await?;
            acquired += 1;
        }
        Ok(())
    };
    for outcome in join((0..WRITERS).map(one)).await {
        outcome?;
    }
    Ok(())
}

/// Runs futures at the same time, on one task.
async fn join<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        let mut pending = false;
        for (future, output) in running.iter_mut().filter(|(_, output)| output.is_none()) {
            match future.as_mut().poll(context) {
                Poll::Ready(value) => *output = Some(value),
                Poll::Pending => pending = true,
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}
