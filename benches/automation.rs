//! Events per second: 1,000,000 events over 100,000 contacts and 100 rules, in memory and with the durable store.
//!
//! `cargo bench --bench automation --features sqlite`. One thread. The audit log is off. A tenth of the rules listens to each kind of
//! event; four in ten events find a rule, one in ten a condition that reads the contact.

use std::collections::BTreeMap;
use std::time::Instant;

use audiencekit::Schema;
use audiencekit::audience::Audience;
use audiencekit::automation::{
    Action, ContactEvent, Definitions, Delay, Engine, Happening, MemoryContacts, MemoryStore, Options, Rule,
    Store, Trigger,
};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const CONTACTS: u64 = 100_000;
const EVENTS: u64 = 1_000_000;
const BATCH: usize = 1_000;
const START: OffsetDateTime = datetime!(2026-11-01 0:00 UTC);

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
                Happening::TagAssigned { tag: format!("TAG{which}") }
            } else {
                Happening::External { kind: format!("kind{which}"), value: None, properties: BTreeMap::new() }
            };
            ContactEvent::new(
                format!("c{}", (mixed >> 8) % CONTACTS),
                START + Duration::milliseconds(n as i64 * 50),
                what,
            )
        })
        .collect()
}

fn run<S: Store>(name: &str, store: S, batches: u64) {
    let schema = Schema::standard();
    let mut contacts = MemoryContacts::new(&schema);
    let score = schema.require("score").expect("a standard field");
    for n in 0..CONTACTS {
        contacts.edit(format!("c{n}"), |contact| contact.set(score, (n % 100) as i64)).expect("a contact");
    }
    let audience = saved();
    let options = Options::default().audit(false);
    let mut engine =
        Engine::open(definitions(&audience), std::slice::from_ref(&audience), store, contacts, options)
            .expect("an engine");
    let (mut matched, mut spent) = (0, std::time::Duration::ZERO);
    for number in 0..batches {
        let events = batch(number);
        let now = events.last().expect("events").at;
        #[expect(clippy::disallowed_methods, reason = "a bench measures with the machine's clock")]
        let begin = Instant::now();
        for result in engine.handle_all(&events, now).expect("a commit") {
            matched += result.expect("a good event").matched;
        }
        spent += begin.elapsed();
    }
    let count = batches * BATCH as u64;
    println!(
        "{name:<22} {count:>9} events  {:>9.0} events/s  {matched} rules started, {} memberships, {} timers waiting",
        count as f64 / spent.as_secs_f64(),
        engine.outbox().count(),
        engine.timers(),
    );
}

fn main() {
    run("memory", MemoryStore::new(), EVENTS / BATCH as u64);
    #[cfg(feature = "sqlite")]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let store =
            audiencekit::automation::SqliteStore::open(folder.path().join("state.sqlite")).expect("a store");
        run("sqlite, 1,000 a commit", store, EVENTS / BATCH as u64 / 4);
    }
}
