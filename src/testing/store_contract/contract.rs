//! Runs the checks, each in a space of its own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::bench::{Bench, Failure, Open, Outcome};
use super::{commits, concurrency, reads, restarts};
use crate::error::Result;
use crate::store::{Commit, KeyRange, Space, Store};

/// The contract of stores: every check, on a store that a function opens.
pub struct StoreContract<'a> {
    open: Open<'a>,
}

/// A check with the text of its promise.
struct Check {
    promise: &'static str,
    space: Space,
    body: for<'b, 'a> fn(Bench<'b, 'a>) -> Pin<Box<dyn Future<Output = Outcome> + 'b>>,
}

macro_rules! checks {
    ($($room:ident :: $name:ident),* $(,)?) => {
        &[$(Check {
            promise: stringify!($name),
            space: Space::new(concat!("contract/", stringify!($room))),
            body: |bench| Box::pin($room::$name(bench)),
        }),*]
    };
}

const CHECKS: &[Check] = checks![
    reads::an_absent_key_has_no_value,
    reads::many_keys_are_read_in_the_order_asked_for,
    reads::entries_come_in_the_order_of_their_bytes,
    reads::a_range_holds_its_start_and_not_its_end,
    reads::pages_end_at_their_limits_and_miss_nothing,
    reads::spaces_are_apart,
    reads::the_clock_does_not_run_backwards,
    commits::a_conflict_writes_nothing_and_names_what_failed,
    commits::expectations_hold_for_the_state_before_the_writes,
    commits::expectations_alone_are_checked,
    commits::writes_are_applied_in_order,
    commits::a_range_is_deleted_and_nothing_beside_it,
    commits::empty_and_large_ones_are_kept,
    commits::what_is_too_large_is_refused_whole,
    commits::a_dropped_commit_is_whole_or_absent,
    concurrency::concurrent_increments_are_all_counted,
    concurrency::a_lease_has_one_holder,
    restarts::commits_survive_a_restart,
    restarts::exchanged_values_are_noticed,
];

impl<'a> StoreContract<'a> {
    /// Creates the contract for the store that `open` opens.
    ///
    /// It is called again for a restart, after the earlier store was dropped, and returns what that one left. The spaces
    /// whose names begin with `contract/` and the space `lease` are written to.
    #[must_use]
    pub fn new<F, O>(open: F) -> Self
    where
        F: Fn() -> O + Send + Sync + 'a,
        O: Future<Output = Result<Arc<dyn Store>>> + 'a,
    {
        Self { open: Box::new(move || Box::pin(open())) }
    }

    /// Runs every check, and stops at the first that fails.
    ///
    /// # Errors
    /// The promise that was not kept, and what was seen instead.
    pub async fn run(&self) -> std::result::Result<(), Failure> {
        for check in CHECKS {
            let failed = |what: Failure| Failure::new(format!("{}: {what}", check.promise.replace('_', " ")));
            self.run_one(check).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn run_one(&self, check: &Check) -> Outcome {
        let store = (self.open)().await?;
        let bench = Bench { store, space: check.space, open: &self.open };
        bench.apply(Commit::new().delete_range(check.space, KeyRange::all())).await?;
        (check.body)(bench).await
    }
}

impl fmt::Debug for StoreContract<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreContract({} checks)", CHECKS.len())
    }
}
