//! Events per second and peak memory: 1, 10 and 30 million events over 100,000 contacts and 100 rules.
//!
//! `cargo bench --bench automation --features sqlite`. One thread, 1,000 events a commit, the audit log off; seconds are
//! those of the processor, and those of the wall beside them, since a durable commit waits for the disk. Four in ten
//! events find a rule, one in twenty-five a condition that reads the contact, as many a delay, six a limit of one run for a
//! contact. Handled events are remembered for an hour, which is 72,000 of them. The peer is the same definitions written
//! by hand as a loop over hash maps, which can neither be edited nor explained nor resumed. Each case is a process of its
//! own. Memory and the size of the file must not depend on how many events there were.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::time::Instant;

use audiencekit::Schema;
use audiencekit::audience::Audience;
use audiencekit::automation::{
    Action, AutomationEngine, ContactEvent, Definitions, Delay, EngineOptions, EventKind, MemoryContacts,
    MemoryStore, Rule, Store, Trigger,
};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const CONTACTS: u64 = 100_000;
const BATCH: usize = 1_000;
const START: OffsetDateTime = datetime!(2026-11-01 0:00 UTC);
/// How long events are remembered: 72,000 of them, so that 1,000,000 go far beyond it.
const MEMORY: std::time::Duration = std::time::Duration::from_secs(3_600);

fn saved() -> Audience {
    let definition = r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d",
        "contacts":"automation","refresh":"never","minimum_size":{"people":0,"refuse":false}}"#;
    serde_json::from_str(definition).expect("a definition")
}

fn definitions(audience: &Audience) -> Definitions {
    (0..100).fold(Definitions::new(), |all, n| {
        let rule = Rule::new(format!("r{n}"));
        let add = Action::add_to(audience);
        all.rule(match n % 10 {
            0 => rule.on(Trigger::tag(format!("TAG{n}"))).then(add),
            1 => rule.on(Trigger::external(format!("kind{n}"))).when("score >= 50").then(add),
            2 => rule.on(Trigger::external(format!("kind{n}"))).then(Action::remove_from(audience)),
            3 => rule.on(Trigger::tag(format!("TAG{n}"))).check_after(Delay::Hours(6)).then(add),
            _ => rule.on(Trigger::external(format!("kind{n}"))).then(add).runs_per_contact(1),
        })
    })
}

/// Events in batches; tags and kinds are twice as many as any rule names.
fn batch(number: u64) -> Vec<ContactEvent> {
    (0..BATCH as u64)
        .map(|index| {
            let n = number * BATCH as u64 + index;
            let mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
            let which = mixed % 250;
            let what = if matches!(which % 10, 0 | 3) {
                EventKind::TagAssigned { tag: format!("TAG{which}") }
            } else {
                EventKind::external(format!("kind{which}"))
            };
            ContactEvent::new(
                format!("c{}", (mixed >> 8) % CONTACTS),
                START + Duration::milliseconds(n as i64 * 50),
                what,
            )
        })
        .collect()
}

/// What a case ends with, the same for the engine and for the peer.
#[derive(Debug, PartialEq)]
struct End {
    matched: u64,
    members: u64,
    timers: u64,
}

/// Seconds.
struct Spent {
    processor: f64,
    wall: f64,
}

/// Feeds events in batches and counts the seconds of the processor that `handle` takes.
fn feed(count: u64, mut handle: impl FnMut(&[ContactEvent], OffsetDateTime)) -> Spent {
    let mut spent = Spent { processor: 0.0, wall: 0.0 };
    for number in 0..count / BATCH as u64 {
        let events = batch(number);
        let now = events.last().expect("events").at;
        #[expect(clippy::disallowed_methods, reason = "a bench measures with the machine's clock")]
        let (wall, processor) = (Instant::now(), processor_seconds());
        handle(&events, now);
        spent.processor += processor_seconds() - processor;
        spent.wall += wall.elapsed().as_secs_f64();
    }
    spent
}

fn engine<S: Store>(store: S, count: u64) -> (Spent, u64, End) {
    let schema = Schema::standard();
    let mut contacts = MemoryContacts::new(&schema);
    let score = schema.require("score").expect("a standard field");
    for n in 0..CONTACTS {
        contacts.edit(format!("c{n}"), |contact| contact.set(score, (n % 100) as i64)).expect("a contact");
    }
    let before = memory("VmRSS");
    let audience = saved();
    let options = EngineOptions::default().audit(false).dedup_window(MEMORY);
    let mut engine = AutomationEngine::open(
        definitions(&audience),
        std::slice::from_ref(&audience),
        store,
        contacts,
        options,
    )
    .expect("an engine");
    let mut matched = 0;
    let spent = feed(count, |events, now| {
        for result in engine.handle_all(events, now).expect("a commit") {
            matched += result.expect("a good event").matched;
        }
    });
    (spent, before, End { matched, members: engine.pending_len(), timers: engine.timers() })
}

/// The same definitions by hand.
fn by_hand(count: u64) -> (Spent, u64, End) {
    let scores: HashMap<String, i64> = (0..CONTACTS).map(|n| (format!("c{n}"), (n % 100) as i64)).collect();
    let before = memory("VmRSS");
    let names: HashMap<String, u32> = (0..100)
        .map(|n| (if matches!(n % 10, 0 | 3) { format!("TAG{n}") } else { format!("kind{n}") }, n))
        .collect();
    let hasher = RandomState::new();
    let mut seen: HashSet<u64> = HashSet::new();
    let mut seen_in_order = std::collections::VecDeque::new();
    let mut members: HashMap<String, bool> = HashMap::new();
    let mut ran: HashSet<(u32, String)> = HashSet::new();
    let mut timers: BTreeSet<(OffsetDateTime, u64, String)> = BTreeSet::new();
    let (mut matched, mut number) = (0, 0);
    let spent = feed(count, |events, now| {
        while let Some((due, ..)) = timers.first()
            && *due <= now
            && let Some((.., contact)) = timers.pop_first()
        {
            members.insert(contact, true);
        }
        while let Some(&(at, key)) = seen_in_order.front()
            && at < now - MEMORY
        {
            seen_in_order.pop_front();
            seen.remove(&key);
        }
        for event in events {
            let name = match &event.kind {
                EventKind::TagAssigned { tag } => tag,
                EventKind::External { kind, .. } => kind,
                _ => continue,
            };
            let Some(&rule) = names.get(name) else { continue };
            let key = hasher.hash_one((&event.contact, event.at, name));
            let Some(&score) = scores.get(&event.contact).filter(|_| seen.insert(key)) else { continue };
            seen_in_order.push_back((now, key));
            match rule % 10 {
                0 => drop(members.insert(event.contact.clone(), true)),
                1 if score >= 50 => drop(members.insert(event.contact.clone(), true)),
                1 => {}
                2 => drop(members.insert(event.contact.clone(), false)),
                3 => {
                    number += 1;
                    timers.insert((event.at + Duration::hours(6), number, event.contact.clone()));
                }
                _ if !ran.insert((rule, event.contact.clone())) => continue,
                _ => drop(members.insert(event.contact.clone(), true)),
            }
            matched += 1;
        }
    });
    (spent, before, End { matched, members: members.len() as u64, timers: timers.len() as u64 })
}

fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("a Linux kernel");
    text.split(' ').next().and_then(|first| first.parse::<f64>().ok()).expect("nanoseconds") / 1e9
}

/// Kilobytes of this process.
fn memory(what: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("a Linux kernel");
    let line = text.lines().find_map(|line| line.strip_prefix(what)).expect("a line");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("kilobytes")
}

fn case(name: &str, count: u64) {
    #[cfg_attr(not(feature = "sqlite"), expect(unused_mut, reason = "only a durable store has a file"))]
    let mut file = 0;
    let (spent, before, end) = match name {
        "by hand" => by_hand(count),
        "memory" => engine(MemoryStore::new(), count),
        #[cfg(feature = "sqlite")]
        "sqlite" => {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("state.sqlite");
            let store = audiencekit::automation::SqliteStore::open(&path).expect("a store");
            let measured = engine(store, count);
            file = std::fs::metadata(&path).expect("a file").len() / 1024;
            measured
        }
        other => panic!("no case {other}"),
    };
    let peak = memory("VmHWM");
    let [processor, wall] = [spent.processor, spent.wall].map(|seconds| seconds / count as f64 * 1e9);
    let own = peak - before;
    println!("{processor} {wall} {peak} {own} {file} {} {} {}", end.matched, end.members, end.timers);
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [name, count] = &arguments[..]
        && let Ok(count) = count.parse()
    {
        return case(name, count);
    }
    let run = |name: &str, count: u64| {
        let output = std::process::Command::new(std::env::current_exe().expect("this program"))
            .args([name, &count.to_string()])
            .stderr(std::process::Stdio::inherit())
            .output()
            .expect("a process");
        assert!(output.status.success(), "{name}");
        let text = String::from_utf8(output.stdout).expect("text");
        let numbers: Vec<f64> =
            text.split_whitespace().map(|number| number.parse().expect("a number")).collect();
        let [nanoseconds, wall, peak, own, file, matched, members, timers] = numbers[..] else {
            panic!("{text}")
        };
        let [peak, own, file] = [peak, own, file].map(|kilobytes| kilobytes / 1024.0);
        println!(
            "{name:<8} {count:>10} events {:>9.0} events/s ({:.0} by the wall), peak {peak:>4.0} MiB, {own:>5.1} MiB \
             without the contacts, file {file:.1} MiB; {matched} matched, {members} members, {timers} timers",
            1e9 / nanoseconds,
            1e9 / wall,
        );
        (nanoseconds, [matched, members, timers])
    };
    for count in [1_000_000, 10_000_000, 30_000_000] {
        let (peer, expected) = run("by hand", count);
        let (ours, found) = run("memory", count);
        assert_eq!(found, expected, "both do the same");
        println!("         the engine takes {:.2} times the time of the loop by hand", ours / peer);
    }
    if cfg!(feature = "sqlite") {
        for count in [1_000_000, 3_000_000, 10_000_000] {
            run("sqlite", count);
        }
    }
}
