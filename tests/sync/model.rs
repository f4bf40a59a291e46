//! Random lives of an audience against a set: whatever fails and whatever repeats, the members are those asked for.
//!
//! `AUDIENCEKIT_SEQUENCES=100000 cargo test --release --all-features --test sync model -- --nocapture` runs more; each
//! failure prints its seed, and `AUDIENCEKIT_SEED` runs that one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::doubles::{Fault, Row, TinyFacebook};
use audiencekit::audience::MinimumSize;
use audiencekit::identity::{Cell, Coverage, MatchRows};
use audiencekit::sync::{Ledger, Operation, RemovalGuard};
use audiencekit::{
    AudienceId, Contact, KeyMap, ManualClock, MemoryLedger, MemorySource, Schema, SyncEngine, SyncMode,
    SyncTarget,
};
use time::macros::datetime;

/// SplitMix64: small, seeded, the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

fn audience() -> AudienceId {
    "23850000000000001".parse().unwrap()
}

fn target(mode: SyncMode) -> SyncTarget {
    SyncTarget::new("act_1".parse().unwrap(), audience()).mode(mode).minimum_size(MinimumSize::warn_below(0))
}

fn contact(schema: &Schema, number: u64, (email, phone): (u64, u64)) -> Contact {
    let mut contact = Contact::new(schema);
    contact.set(schema.require("id").unwrap(), format!("c{number}")).unwrap();
    contact.set(schema.require("email").unwrap(), format!("e{email}@example.com")).unwrap();
    if phone > 0 {
        contact.set(schema.require("phone").unwrap(), format!("+48600{phone:06}")).unwrap();
    }
    contact
}

fn rows_of(schema: &Schema, people: &BTreeMap<u64, (u64, u64)>) -> BTreeSet<Row> {
    let map = KeyMap::standard(schema);
    let mut rows = MatchRows::new(map.keys().clone());
    for (number, keys) in people {
        map.mapper().append(&contact(schema, *number, *keys), &mut rows, &mut Coverage::default());
    }
    rows.iter()
        .map(|row| {
            row.cells()
                .map(|cell| match cell {
                    Cell::Hash(hash) => hash.as_bytes().to_vec(),
                    _ => Vec::new(),
                })
                .collect()
        })
        .collect()
}

/// How an audience is kept in one life.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Life {
    Mirror,
    MirrorAndReplace,
    Automation,
    Adding,
}

/// A ledger that outlives its engines: in memory, or opened again from its file by each of them.
enum Store {
    Memory(MemoryLedger),
    #[cfg(feature = "sqlite")]
    File(tempfile::TempDir),
}

impl Store {
    fn open(&self) -> Arc<dyn Ledger> {
        match self {
            Self::Memory(ledger) => Arc::new(ledger.clone()),
            #[cfg(feature = "sqlite")]
            Self::File(folder) => {
                use audiencekit::sync::{SqliteFile, SqliteLedger, SqliteSettings};
                // So few that members are found in memory and in the file.
                let settings = SqliteSettings::default().index_entries_in_memory(7);
                let file = SqliteFile::open_with(folder.path().join("ledger.db"), settings).unwrap();
                Arc::new(SqliteLedger::in_file(&file))
            }
        }
    }
}

async fn live(seed: u64, ledger: Store) {
    let mut random = Random(seed);
    let schema = Schema::standard();
    let facebook = TinyFacebook::new();
    facebook.0.lock().unwrap().any_key = random.one_in(2);
    let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
    let life =
        [Life::Mirror, Life::MirrorAndReplace, Life::Automation, Life::Adding][random.below(4) as usize];
    // E-mail addresses are shared by some; a person without a phone has a row that is part of another's.
    let keys = |random: &mut Random| (random.below(12), random.below(4));
    let mut people: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    // What a run that only adds must have added, and what it may have: a run cut short adds a part.
    let (mut must, mut may) = (BTreeSet::<Row>::new(), BTreeSet::<Row>::new());
    let mut generation = 0;
    let mut old_changes = Vec::new();
    let mut latest = BTreeMap::new();
    for step in 0..random.below(8) + 3 {
        for _ in 0..random.below(6) {
            let number = random.below(14);
            if random.one_in(3) {
                people.remove(&number);
            } else {
                let new = keys(&mut random);
                people.insert(number, new);
            }
        }
        clock.advance(std::time::Duration::from_secs(random.below(4_000)));
        let source = MemorySource::new(
            &schema,
            people.iter().map(|(number, keys)| contact(&schema, *number, *keys)).collect(),
        );
        // A new engine is a restart; a fault may hit any of the next calls.
        let engine = SyncEngine::builder(source, facebook.clone(), clock.clone())
            .ledger(ledger.open())
            .removal_guard(RemovalGuard::off())
            .rows_per_call(1 + random.below(5) as usize)
            .upload_sessions(1 + random.below(3) as usize)
            .build();
        let faults = [Fault::DropRequest, Fault::DropReply, Fault::Unavailable, Fault::Token];
        if !random.one_in(3) {
            let at = facebook.calls() + random.below(6);
            let fault = faults[random.below(4) as usize];
            facebook.0.lock().unwrap().faults.insert(at, fault);
        }
        let outcome = if life == Life::Automation {
            let mut changes = Vec::new();
            for number in 0..14 {
                generation += 1;
                let (operation, keys) = match people.get(&number) {
                    Some(keys) => (Operation::Add, *keys),
                    None => (Operation::Remove, (0, 0)),
                };
                let change =
                    engine.member_change(&contact(&schema, number, keys), operation, generation).unwrap();
                changes.push(change.clone());
                latest.insert(number, change);
            }
            // Late and repeated changes of before come along.
            changes.extend(old_changes.iter().filter(|_| random.one_in(4)).cloned());
            let outcome = engine.apply_changes(target(SyncMode::Add), &changes).await.map(|_| ());
            old_changes.extend(changes);
            outcome
        } else {
            let mode = match life {
                Life::MirrorAndReplace if random.one_in(3) && !people.is_empty() => SyncMode::Replace,
                Life::Adding => SyncMode::Add,
                _ => SyncMode::Mirror,
            };
            may.extend(rows_of(&schema, &people));
            let run = engine.run(target(mode));
            if random.one_in(5) {
                // Dropped somewhere in the middle.
                tokio::select! {
                    biased;
                    outcome = run => outcome.map(|report| report.check().unwrap()),
                    () = yields(random.below(12)) => continue,
                }
            } else {
                run.await.map(|report| report.check().unwrap())
            }
        };
        if outcome.is_ok() {
            let wanted = rows_of(&schema, &people);
            let members = facebook.members(&audience());
            must.extend(wanted.iter().cloned());
            let (least, most) = if life == Life::Adding { (&must, &may) } else { (&wanted, &wanted) };
            let (lost, extra) = (least.difference(&members).count(), members.difference(most).count());
            assert_eq!((lost, extra), (0, 0), "seed {seed}, step {step}, {life:?}: lost and extra members");
        }
    }
    // In the end everything works, and all is as asked.
    facebook.0.lock().unwrap().faults.clear();
    let source = MemorySource::new(
        &schema,
        people.iter().map(|(number, keys)| contact(&schema, *number, *keys)).collect(),
    );
    let engine = SyncEngine::builder(source, facebook.clone(), clock.clone())
        .ledger(ledger.open())
        .removal_guard(RemovalGuard::off())
        .build();
    let wanted = match life {
        Life::Automation => {
            let changes: Vec<_> = latest.into_values().collect();
            engine.apply_changes(target(SyncMode::Add), &changes).await.unwrap();
            // The last step told every number where it stands, so the latest changes are the people.
            rows_of(&schema, &people)
        }
        Life::Adding => {
            engine.run(target(SyncMode::Add)).await.unwrap();
            let members = facebook.members(&audience());
            must.extend(rows_of(&schema, &people));
            may.extend(rows_of(&schema, &people));
            assert!(must.is_subset(&members) && members.is_subset(&may), "seed {seed}, {life:?}: the end");
            members
        }
        _ => {
            engine.run(target(SyncMode::Mirror)).await.unwrap();
            rows_of(&schema, &people)
        }
    };
    assert_eq!(facebook.members(&audience()), wanted, "seed {seed}, {life:?}: the end");
    let again = facebook.calls();
    if matches!(life, Life::Mirror | Life::MirrorAndReplace) {
        engine.run(target(SyncMode::Mirror)).await.unwrap();
        assert_eq!(facebook.calls(), again, "seed {seed}: a mirror in step sends nothing");
    }
}

/// People come by mirrors and go by removals that name some of them, with what they have now.
async fn come_and_go(seed: u64) {
    let mut random = Random(seed ^ 0x5eed);
    let schema = Schema::standard();
    let (facebook, ledger) = (TinyFacebook::new(), MemoryLedger::new());
    facebook.0.lock().unwrap().any_key = random.one_in(2);
    let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
    let mut people: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for step in 0..random.below(8) + 2 {
        let mirrors = step == 0 || random.one_in(3);
        let mut named = BTreeMap::new();
        for number in 0..10 {
            let keys = (random.below(6), random.below(3));
            if mirrors && !random.one_in(3) {
                named.insert(number, keys);
            } else if !mirrors && random.one_in(3) {
                // Somebody who moved since is known by their id.
                let known = people.get(&number).copied().filter(|_| !random.one_in(3));
                named.insert(number, known.unwrap_or(keys));
            }
        }
        let engine = |random: &mut Random| {
            let named = named.iter().map(|(number, keys)| contact(&schema, *number, *keys));
            SyncEngine::builder(MemorySource::new(&schema, named.collect()), facebook.clone(), clock.clone())
                .ledger(ledger.clone())
                .removal_guard(RemovalGuard::off())
                .rows_per_call(1 + random.below(5) as usize)
                .build()
        };
        let mode = if mirrors { SyncMode::Mirror } else { SyncMode::Remove };
        let fails = random.one_in(2);
        if fails {
            let faults = [Fault::DropRequest, Fault::DropReply, Fault::Unavailable];
            let fault = faults[random.below(3) as usize];
            let at = facebook.calls() + random.below(4);
            facebook.0.lock().unwrap().faults.insert(at, fault);
        }
        let plan = engine(&mut random).plan(target(mode)).await.unwrap();
        let first = engine(&mut random).apply(target(mode), &plan).await;
        facebook.0.lock().unwrap().faults.clear();
        match first {
            Ok(report) => {
                report.check().unwrap();
                let done = (report.removed.sent - report.removed.carried, report.rows.fresh);
                assert_eq!(
                    (plan.remove, plan.add),
                    done,
                    "seed {seed}, step {step}: the plan\n{plan}\n{report}"
                );
            }
            Err(_) => engine(&mut random).run(target(mode)).await.unwrap().check().unwrap(),
        }
        if mirrors {
            people = named;
        } else {
            people.retain(|number, _| !named.contains_key(number));
        }
        let (members, wanted) = (facebook.members(&audience()), rows_of(&schema, &people));
        let (lost, extra) = (wanted.difference(&members).count(), members.difference(&wanted).count());
        assert_eq!((lost, extra), (0, 0), "seed {seed}, step {step}, {mode:?}: lost and extra members");
    }
}

async fn yields(count: u64) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may be told to run longer")]
fn whatever_happens_the_members_are_those_asked_for() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    if let Some(seed) = number("AUDIENCEKIT_SEED") {
        return runtime.block_on(live(seed, Store::Memory(MemoryLedger::new())));
    }
    let sequences = number("AUDIENCEKIT_SEQUENCES").unwrap_or(2_000);
    for seed in 0..sequences {
        runtime.block_on(live(seed, Store::Memory(MemoryLedger::new())));
        runtime.block_on(come_and_go(seed));
    }
    println!("seeds 0 to {} converged", sequences - 1);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_ledger_in_a_file_converges_through_every_reopening() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for seed in 0..30 {
        runtime.block_on(live(seed, Store::File(tempfile::tempdir().unwrap())));
    }
}
