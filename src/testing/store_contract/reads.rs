//! Reads: values, order, ranges, pages, the clock.

use super::bench::{Bench, Outcome, same};
use crate::store::{Commit, KeyRange, PageLimit, Space};

pub(super) async fn an_absent_key_has_no_value(bench: Bench<'_, '_>) -> Outcome {
    same!(bench.store.get(bench.space, &[]).await?, Vec::<Option<Vec<u8>>>::new());
    same!(bench.value(b"a").await?, None);
    let page = bench.store.scan(bench.space, &KeyRange::all(), PageLimit::default()).await?;
    same!((page.entries.len(), page.next), (0, None));
    Ok(())
}

pub(super) async fn many_keys_are_read_in_the_order_asked_for(bench: Bench<'_, '_>) -> Outcome {
    bench.fill(&[b"a", b"b", b"c"]).await?;
    let values = bench.store.get(bench.space, &[b"c", b"x", b"a", b"c", b"c\0"]).await?;
    same!(values, [Some(b"c".to_vec()), None, Some(b"a".to_vec()), Some(b"c".to_vec()), None]);
    let keys: Vec<_> = (0..2_000_u32).map(u32::to_be_bytes).collect();
    let keys: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
    bench.fill(&keys).await?;
    let values = bench.store.get(bench.space, &keys).await?;
    same!(values.iter().zip(&keys).all(|(value, key)| value.as_deref() == Some(*key)), true);
    Ok(())
}

/// Keys in the order of their bytes, with those that a collation, a signed byte or a length would put elsewhere.
const ORDERED: &[&[u8]] = &[
    b"",
    b"\0",
    b"\0\0",
    b"\x01",
    b"A",
    b"Z",
    b"a",
    b"a\0",
    b"aa",
    b"b",
    b"\x7F",
    b"\x80",
    b"\xFF",
    b"\xFF\xFF",
];

pub(super) async fn entries_come_in_the_order_of_their_bytes(bench: Bench<'_, '_>) -> Outcome {
    let mut shuffled = ORDERED.to_vec();
    shuffled.reverse();
    shuffled.swap(2, 9);
    bench.fill(&shuffled).await?;
    same!(bench.keys(KeyRange::all(), PageLimit::default()).await?, ORDERED);
    Ok(())
}

pub(super) async fn a_range_holds_its_start_and_not_its_end(bench: Bench<'_, '_>) -> Outcome {
    bench.fill(ORDERED).await?;
    bench.fill(&[b"\xFE\xFF", b"\xFE\xFF\x01"]).await?;
    let ranges = [
        (KeyRange::between(b"A", b"a"), &[&b"A"[..], b"Z"][..]),
        (KeyRange::between(b"a", b"a"), &[]),
        (KeyRange::between(b"b", b"a"), &[]),
        (KeyRange::between(b"B", b"Y"), &[]),
        (KeyRange::from_key(b"\x80\0"), &[b"\xFE\xFF", b"\xFE\xFF\x01", b"\xFF", b"\xFF\xFF"]),
        (KeyRange::prefix(b"a"), &[b"a", b"a\0", b"aa"]),
        (KeyRange::prefix(b"\xFE\xFF"), &[b"\xFE\xFF", b"\xFE\xFF\x01"]),
        (KeyRange::prefix(b"\xFF"), &[b"\xFF", b"\xFF\xFF"]),
    ];
    for (range, keys) in ranges {
        same!(bench.keys(range, PageLimit::default()).await?, keys);
    }
    Ok(())
}

pub(super) async fn pages_end_at_their_limits_and_miss_nothing(bench: Bench<'_, '_>) -> Outcome {
    bench.fill(&[b"a", b"b", b"c", b"d", b"e"]).await?;
    let scan = async |range: KeyRange, limit| bench.store.scan(bench.space, &range, limit).await;
    let page = scan(KeyRange::all(), PageLimit::new(2, 1_000)).await?;
    same!((page.entries.len(), page.next), (2, Some(b"c".to_vec())));
    let page = scan(KeyRange::all(), PageLimit::new(5, 1_000)).await?;
    same!((page.entries.len(), page.next), (5, None));
    // Keys count as values do: two bytes an entry.
    let page = scan(KeyRange::all(), PageLimit::new(9, 7)).await?;
    same!((page.entries.len(), page.next), (3, Some(b"d".to_vec())));
    let page = scan(KeyRange::between(b"b", b"d"), PageLimit::new(2, 1_000)).await?;
    same!((page.entries.len(), page.next), (2, None));
    let big = Commit::new().put(bench.space, b"c", vec![7; 10_000]);
    bench.apply(big).await?;
    let page = scan(KeyRange::from_key(b"c"), PageLimit::new(9, 100)).await?;
    same!((page.entries.len(), page.entries[0].value.len(), page.next), (1, 10_000, Some(b"d".to_vec())));
    for limit in [PageLimit::new(1, 0), PageLimit::new(2, 5), PageLimit::new(100, 4)] {
        same!(bench.keys(KeyRange::all(), limit).await?, [b"a", b"b", b"c", b"d", b"e"]);
    }
    Ok(())
}

pub(super) async fn spaces_are_apart(bench: Bench<'_, '_>) -> Outcome {
    const OTHER: Space = Space::new("contract/read");
    bench.apply(Commit::new().put(OTHER, b"b", b"other").put(bench.space, b"a", b"a")).await?;
    same!(bench.keys(KeyRange::all(), PageLimit::default()).await?, [b"a"]);
    same!(bench.value(b"b").await?, None);
    bench.apply(Commit::new().delete_range(bench.space, KeyRange::all())).await?;
    same!(bench.store.get(OTHER, &[b"b"]).await?, [Some(b"other".to_vec())]);
    bench.apply(Commit::new().delete(OTHER, b"b")).await
}

pub(super) async fn the_clock_does_not_run_backwards(bench: Bench<'_, '_>) -> Outcome {
    let first = bench.store.now().await?;
    bench.fill(&[b"a"]).await?;
    same!(bench.store.now().await? >= first, true);
    Ok(())
}
