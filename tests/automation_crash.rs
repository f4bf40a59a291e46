//! A process that is killed at any moment and started again ends as if it had never been killed.
#![cfg(all(feature = "sqlite", unix))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use audiencekit::audience::Audience;
use audiencekit::automation::{
    Action, ContactEvent, ContactStore, Definitions, Delay, Effect, Engine, Happening, MemberSink,
    Membership, MemoryContacts, MemoryStore, Node, Options, Rule, SqliteStore, Store, Trigger, Workflow,
};
use audiencekit::contact::ValueRef;
use audiencekit::{Contact, Schema};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const START: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);
const EVENTS: usize = 240;
const KILLS: u32 = 60;
const CHILD: &str = "AUTOMATION_CRASH_CHILD";

fn saved() -> Audience {
    serde_json::from_str(
        r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d","contacts":"automation",
            "refresh":"never","minimum_size":{"people":0,"refuse":false}}"#,
    )
    .unwrap()
}

fn definitions() -> Definitions {
    Definitions::new()
        .rule(
            Rule::new("count").on(Trigger::tag("A")).then(Action::ChangeScore { by: 1 }).runs_per_contact(9),
        )
        .rule(
            Rule::new("in")
                .on(Trigger::score_above(3))
                .then_after(Delay::Hours(30), Action::add_to(&saved())),
        )
        .rule(Rule::new("out").on(Trigger::tag("B")).when("score > 5").then(Action::remove_from(&saved())))
        .workflow(
            Workflow::new("w", 1)
                .start(Trigger::tag("C"), "wait")
                .node(
                    "wait",
                    Node::WaitFor {
                        on: vec![Trigger::tag("B")],
                        within: Delay::Hours(20),
                        then: "end".into(),
                        otherwise: "up".into(),
                    },
                )
                .node(
                    "up",
                    Node::Do {
                        actions: vec![Action::ChangeScore { by: 10 }, Action::add_to(&saved())],
                        to: "end".into(),
                    },
                )
                .node("end", Node::End),
        )
}

fn events() -> Vec<ContactEvent> {
    (0..EVENTS)
        .map(|n| {
            let tag = ["A", "A", "C", "A", "B"][(n * 7 + n / 11) % 5];
            let at = START + Duration::hours(n as i64);
            ContactEvent::new(format!("c{}", (n * 13) % 8), at, Happening::TagAssigned { tag: tag.into() })
        })
        .collect()
}

/// Contacts whose changes are in a file before they are told to be done.
#[derive(Debug)]
struct LoggedContacts {
    inner: MemoryContacts,
    log: PathBuf,
}

impl LoggedContacts {
    fn open(log: PathBuf) -> Self {
        let schema = Schema::standard();
        let mut inner = MemoryContacts::new(&schema);
        for n in 0..8 {
            inner.edit(format!("c{n}"), |contact| contact.set(schema.require("score")?, 0)).unwrap();
        }
        for line in whole_lines(&log) {
            inner.apply(&serde_json::from_str::<Effect>(&line).unwrap()).unwrap();
        }
        Self { inner, log }
    }
}

impl ContactStore for LoggedContacts {
    fn schema(&self) -> &Arc<Schema> {
        self.inner.schema()
    }

    fn load(&self, id: &str, into: &mut Contact) -> audiencekit::Result<bool> {
        self.inner.load(id, into)
    }

    fn apply(&mut self, effect: &Effect) -> audiencekit::Result<()> {
        append(&self.log, &serde_json::to_string(effect).unwrap());
        self.inner.apply(effect)
    }

    fn each(&self, visit: &mut dyn FnMut(&str) -> audiencekit::Result<()>) -> audiencekit::Result<()> {
        self.inner.each(visit)
    }
}

/// Remembers what it was sent in a file.
struct LoggedSink(PathBuf);

#[async_trait::async_trait]
impl MemberSink for LoggedSink {
    async fn apply(&self, _: &Audience, changes: &[Membership]) -> audiencekit::Result<()> {
        for change in changes {
            let id = change.contact.schema().require("id")?;
            let person = change.contact.texts(id).next().unwrap_or_default();
            append(&self.0, &format!("{} {} {person}", change.generation, change.add));
        }
        Ok(())
    }
}

fn append(path: &Path, line: &str) {
    // A line that a kill has cut is parted from the next one.
    let cut = std::fs::read(path).is_ok_and(|bytes| bytes.last().is_some_and(|&last| last != b'\n'));
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    let line = format!("{}{line}\n", if cut { "\n" } else { "" });
    file.write_all(line.as_bytes()).unwrap();
}

fn whole_lines(path: &Path) -> Vec<String> {
    let Ok(text) = std::fs::read_to_string(path) else { return Vec::new() };
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().filter(|line| !line.starts_with('{') || line.ends_with('}')).map(str::to_owned).collect()
}

/// The host's loop, from the event after the last one it has heard of on.
fn drive<S: Store>(store: S, folder: &Path) {
    let contacts = LoggedContacts::open(folder.join("contacts"));
    let mut engine = Engine::open(definitions(), &[saved()], store, contacts, Options::default()).unwrap();
    let sink = LoggedSink(folder.join("members"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let done = whole_lines(&folder.join("progress")).len();
    for (number, event) in events().iter().enumerate().skip(done) {
        while let Some(due) = engine.next_due().filter(|&due| due <= event.at) {
            engine.tick(due).unwrap();
        }
        engine.handle(event, event.at).unwrap();
        append(&folder.join("progress"), "done");
        if number % 16 == 0 {
            runtime.block_on(engine.flush(&sink)).unwrap();
        }
    }
    engine.tick(START + Duration::days(30)).unwrap();
    runtime.block_on(engine.flush(&sink)).unwrap();
    assert_eq!(engine.unsent(), 0);
    append(&folder.join("finished"), "yes");
}

/// Members, as the last operation of each says, and scores.
fn end_of(folder: &Path) -> (BTreeSet<String>, BTreeMap<String, i64>) {
    let mut last: BTreeMap<String, (u64, bool)> = BTreeMap::new();
    for line in whole_lines(&folder.join("members")) {
        let [generation, add, person] = line.split(' ').collect::<Vec<_>>()[..] else { continue };
        let operation = (generation.parse().unwrap(), add.parse().unwrap());
        let known = last.entry(person.to_owned()).or_insert(operation);
        *known = (*known).max(operation);
    }
    let members = last.into_iter().filter(|(_, (_, add))| *add).map(|(person, _)| person).collect();
    let contacts = LoggedContacts::open(folder.join("contacts")).inner;
    let score = contacts.schema().require("score").unwrap();
    let scores = (0..8)
        .map(|n| {
            let id = format!("c{n}");
            let value = match contacts.get(&id).unwrap().get(score) {
                Some(ValueRef::Integer(score)) => score,
                _ => 0,
            };
            (id, value)
        })
        .collect();
    (members, scores)
}

/// The body of the process that is killed; on its own it does nothing.
#[test]
#[expect(clippy::disallowed_methods, reason = "the parent says where through the environment")]
fn the_process_that_is_killed() {
    if let Some(folder) = std::env::var_os(CHILD) {
        let folder = PathBuf::from(folder);
        drive(SqliteStore::open(folder.join("state.sqlite")).unwrap(), &folder);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the kill comes after a moment of the machine's clock")]
fn a_process_killed_again_and_again_ends_as_one_that_was_not() {
    let whole = tempfile::tempdir().unwrap();
    drive(MemoryStore::new(), whole.path());
    let expected = end_of(whole.path());
    assert!(!expected.0.is_empty() && expected.1.values().any(|&score| score > 10), "{expected:?}");

    let broken = tempfile::tempdir().unwrap();
    let (mut kills, mut random) = (0, 0x9E37_79B9_u64);
    while whole_lines(&broken.path().join("finished")).is_empty() {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["the_process_that_is_killed", "--exact", "--nocapture"])
            .env(CHILD, broken.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        if kills < KILLS {
            // Once it runs, a moment later: between two and some twenty steps.
            let mut first = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            std::thread::sleep(std::time::Duration::from_micros(2_000 + (random >> 33) % 12_000));
            kills += u32::from(child.try_wait().unwrap().is_none());
            child.kill().unwrap();
            child.wait().unwrap();
        } else {
            assert!(child.wait().unwrap().success());
        }
    }
    let steps = whole_lines(&broken.path().join("progress")).len();
    assert!(kills >= 10, "killed {kills} times in {steps} steps");
    assert_eq!(end_of(broken.path()), expected, "after {kills} kills");

    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(broken.path().join("state.sqlite")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "the file is its owner's alone");
}
