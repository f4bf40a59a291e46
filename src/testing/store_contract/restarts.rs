//! What is there after a restart, and what damage looks like.

use super::bench::{Bench, Outcome, same};
use crate::error::ErrorKind;
use crate::store::{Commit, Durability, KeyRange, PageLimit, open, seal};

pub(super) async fn commits_survive_a_restart(bench: Bench<'_, '_>) -> Outcome {
    let Bench { store, space, open } = bench;
    let deferred = Commit::new().put(space, b"a", b"1").put(space, b"b", b"1");
    same!(store.commit(deferred, Durability::Deferred).await?.is_applied(), true);
    let immediate = Commit::new().expect(space, b"a", b"1").put(space, b"a", b"2").delete(space, b"b");
    same!(store.commit(immediate, Durability::Immediate).await?.is_applied(), true);
    drop(store);

    let bench = Bench { store: open().await?, space, open };
    same!(bench.value(b"a").await?, Some(b"2".to_vec()));
    same!(bench.keys(KeyRange::all(), PageLimit::default()).await?, [b"a"]);
    let again = Commit::new().expect(space, b"a", b"1").put(space, b"c", b"");
    same!(bench.store.commit(again, Durability::Immediate).await?.is_applied(), false);
    Ok(())
}

pub(super) async fn exchanged_values_are_noticed(bench: Bench<'_, '_>) -> Outcome {
    let space = bench.space;
    let (a, b) = (seal(space, b"a", 1, b"of a"), seal(space, b"b", 1, b"of b"));
    bench.apply(Commit::new().put(space, b"a", a).put(space, b"b", b)).await?;
    let sealed = bench.value(b"a").await?.unwrap_or_default();
    same!(open(space, b"a", &sealed)?.payload, b"of a");
    bench.apply(Commit::new().put(space, b"b", sealed)).await?;
    let moved = bench.value(b"b").await?.unwrap_or_default();
    same!(open(space, b"b", &moved).map_err(|error| error.kind()), Err(ErrorKind::Corrupt));
    Ok(())
}
