//! Commits: all or nothing, in order, under expectations.

use std::future::poll_fn;
use std::task::Poll;

use super::bench::{Bench, Failure, Outcome, same};
use crate::error::ErrorKind;
use crate::store::{Commit, CommitOutcome, Durability, KeyRange, PageLimit};

pub(super) async fn a_conflict_writes_nothing_and_names_what_failed(bench: Bench<'_, '_>) -> Outcome {
    let space = bench.space;
    bench.fill(&[b"a", b"b"]).await?;
    let refused = [
        (Commit::new().expect(space, b"a", b"x"), 0),
        (Commit::new().expect(space, b"a", b"a\0"), 0),
        (Commit::new().expect(space, b"a", b""), 0),
        (Commit::new().expect_absent(space, b"a"), 0),
        (Commit::new().expect(space, b"c", b""), 0),
        (Commit::new().expect(space, b"a", b"a").expect_absent(space, b"c").expect(space, b"b", b"a"), 2),
    ];
    for (commit, expectation) in refused {
        let commit = commit.put(space, b"d", b"").delete(space, b"a").delete_range(space, KeyRange::all());
        let outcome = bench.store.commit(commit, Durability::Immediate).await?;
        same!(outcome, CommitOutcome::Conflict { expectation });
        same!(bench.keys(KeyRange::all(), PageLimit::default()).await?, [b"a", b"b"]);
    }
    let commit = Commit::new().expect(space, b"a", b"a").expect_absent(space, b"c").put(space, b"d", b"d");
    bench.apply(commit).await?;
    same!(bench.value(b"d").await?, Some(b"d".to_vec()));
    Ok(())
}

pub(super) async fn expectations_hold_for_the_state_before_the_writes(bench: Bench<'_, '_>) -> Outcome {
    let space = bench.space;
    bench.apply(Commit::new().expect_absent(space, b"a").put(space, b"a", b"1")).await?;
    let commit = Commit::new().put(space, b"a", b"2").expect(space, b"a", b"1").expect(space, b"a", b"1");
    bench.apply(commit).await?;
    same!(bench.value(b"a").await?, Some(b"2".to_vec()));
    Ok(())
}

pub(super) async fn expectations_alone_are_checked(bench: Bench<'_, '_>) -> Outcome {
    bench.fill(&[b"a"]).await?;
    bench.apply(Commit::new()).await?;
    bench.apply(Commit::new().expect(bench.space, b"a", b"a")).await?;
    let commit = Commit::new().expect_absent(bench.space, b"a");
    let outcome = bench.store.commit(commit, Durability::Deferred).await?;
    same!(outcome, CommitOutcome::Conflict { expectation: 0 });
    Ok(())
}

pub(super) async fn writes_are_applied_in_order(bench: Bench<'_, '_>) -> Outcome {
    let space = bench.space;
    let commit = Commit::new()
        .put(space, b"a", b"1")
        .put(space, b"a", b"2")
        .put(space, b"b", b"1")
        .delete(space, b"b")
        .delete(space, b"c")
        .put(space, b"c", b"1")
        .put(space, b"d1", b"1")
        .delete_range(space, KeyRange::prefix(b"d"))
        .put(space, b"d2", b"1");
    bench.apply(commit).await?;
    same!(bench.keys(KeyRange::all(), PageLimit::default()).await?, [&b"a"[..], b"c", b"d2"]);
    same!(bench.value(b"a").await?, Some(b"2".to_vec()));
    Ok(())
}

pub(super) async fn a_range_is_deleted_and_nothing_beside_it(bench: Bench<'_, '_>) -> Outcome {
    let space = bench.space;
    bench.fill(&[b"", b"a", b"a\xFF", b"b", b"b\0", b"c", b"\xFF", b"\xFF\xFF"]).await?;
    let empty = Commit::new()
        .delete_range(space, KeyRange::between(b"b", b"b"))
        .delete_range(space, KeyRange::between(b"c", b"a"));
    bench.apply(empty).await?;
    same!(bench.keys(KeyRange::all(), PageLimit::default()).await?.len(), 8);
    bench.apply(Commit::new().delete_range(space, KeyRange::prefix(b"a"))).await?;
    bench.apply(Commit::new().delete_range(space, KeyRange::between(b"b\0", b"c"))).await?;
    bench.apply(Commit::new().delete_range(space, KeyRange::prefix(b"\xFF"))).await?;
    same!(bench.keys(KeyRange::all(), PageLimit::default()).await?, [&b""[..], b"b", b"c"]);
    bench.apply(Commit::new().delete_range(space, KeyRange::all())).await?;
    same!(bench.keys(KeyRange::all(), PageLimit::default()).await?.len(), 0);
    Ok(())
}

pub(super) async fn empty_and_large_ones_are_kept(bench: Bench<'_, '_>) -> Outcome {
    let space = bench.space;
    let large: Vec<u8> =
        (0..1_u32 << 18).flat_map(|word| word.wrapping_mul(0x9E37_79B9).to_le_bytes()).collect();
    let long: Vec<u8> = (0..Commit::MAX_KEY_LEN).map(|at| (at * 7) as u8).collect();
    bench
        .apply(Commit::new().put(space, b"", b"").put(space, b"large", &large[..]).put(
            space,
            &long[..],
            b"x",
        ))
        .await?;
    same!(bench.value(b"").await?, Some(Vec::new()));
    same!(bench.value(b"large").await?.is_some_and(|value| value == large), true);
    same!(bench.value(&long).await?, Some(b"x".to_vec()));
    bench
        .apply(Commit::new().expect(space, b"", b"").expect(space, b"large", large).delete(space, b""))
        .await?;
    same!(bench.value(b"").await?, None);
    Ok(())
}

pub(super) async fn what_is_too_large_is_refused_whole(bench: Bench<'_, '_>) -> Outcome {
    let long = vec![7; Commit::MAX_KEY_LEN + 1];
    let commit = Commit::new().put(bench.space, b"a", b"").put(bench.space, long, b"");
    match bench.store.commit(commit, Durability::Immediate).await {
        Err(error) => same!(error.kind(), ErrorKind::Limit),
        Ok(outcome) => return Err(Failure::new(format!("{outcome:?} for a key that is too long"))),
    }
    same!(bench.value(b"a").await?, None);
    Ok(())
}

pub(super) async fn a_dropped_commit_is_whole_or_absent(bench: Bench<'_, '_>) -> Outcome {
    let space = bench.space;
    for polls in 0..8_u8 {
        let (first, last) = ([polls, 0], [polls, 9]);
        let commit =
            Commit::new().put(space, first, b"").put(space, [polls, 5], vec![1; 5_000]).put(space, last, b"");
        let mut pending = bench.store.commit(commit, Durability::Immediate);
        for _ in 0..polls {
            if poll_fn(|context| Poll::Ready(pending.as_mut().poll(context))).await.is_ready() {
                break;
            }
        }
        drop(pending);
        let values = bench.store.get(space, &[&first, &last]).await?;
        same!(values[0], values[1]);
    }
    Ok(())
}
