//! A process that is killed at any moment, and at every durable step, ends as if it had never been killed.
#![cfg(all(feature = "sqlite", feature = "fake-server", feature = "http", unix))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use audiencekit::audience::Audience;
use audiencekit::automation::{
    Action, AuditEvent, AutomationEngine, ContactEvent, ContactStore, ContactUpdate, DeferredRemovals,
    Definitions, Delay, EngineOptions, EventKind, Keyspace, MemberSink, MembershipChange, MemoryContacts,
    MemoryStore, Node, Rule, SqliteStore, Store, Trigger, Workflow, WorkflowMigration, WriteOp,
};
use audiencekit::contact::ValueRef;
use audiencekit::facebook::NewAudience;
use audiencekit::facebook::fake::{Fake, FakeServer};
use audiencekit::identity::{Coverage, Hashed, MatchRow, MatchRows};
use audiencekit::sync::{
    AudienceLocks, CallRecord, Durability, ErasureRecord, Journal, Ledger, LedgerCommit, Operation, PersonId,
    PseudonymKey, RemovalGuard, RowDigest, RowRecord, RunRecord, SqliteFile, SqliteLedger, SqliteSettings,
};
use audiencekit::{
    AudienceId, Contact, FacebookClient, GraphClient, KeyMap, MemorySource, MockClient, Result, Schema,
    SyncEngine, SystemClock,
};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const START: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);
const EVENTS: usize = 240;
const KILLS: u32 = 60;
const CHILD: &str = "AUTOMATION_CRASH_CHILD";
const STEPS_CHILD: &str = "AUTOMATION_STEPS_CHILD";
const MIGRATION_CHILD: &str = "AUTOMATION_MIGRATION_CHILD";
/// Events of the story in which every durable step is a place to die.
const FEW: usize = 14;

fn saved(id: &str) -> Audience {
    let definition = format!(
        r#"{{"schema_version":1,"id":"{id}","account":"act_1234567890","name":"A","description":"d","contacts":"automation",
            "refresh":"never","minimum_size":{{"people":0,"refuse":false}}}}"#
    );
    serde_json::from_str(&definition).unwrap()
}

fn definitions(audience: &Audience) -> Definitions {
    Definitions::new()
        .rule(
            Rule::new("count").on(Trigger::tag("A")).then(Action::ChangeScore { by: 1 }).runs_per_contact(9),
        )
        .rule(
            Rule::new("in")
                .on(Trigger::score_above(3))
                .then_after(Delay::Hours(30), Action::add_to(audience)),
        )
        .rule(Rule::new("out").on(Trigger::tag("B")).when("score > 5").then(Action::remove_from(audience)))
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
                        actions: vec![Action::ChangeScore { by: 10 }, Action::add_to(audience)],
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
            ContactEvent::new(format!("c{}", (n * 13) % 8), at, EventKind::TagAssigned { tag: tag.into() })
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
            let email = format!("c{n}@example.com");
            let fill = |contact: &mut Contact| {
                contact.set(schema.require("email")?, email)?;
                contact.set(schema.require("score")?, 0)
            };
            inner.edit(format!("c{n}"), fill).unwrap();
        }
        for line in whole_lines(&log) {
            inner.apply(&serde_json::from_str::<ContactUpdate>(&line).unwrap()).unwrap();
        }
        Self { inner, log }
    }
}

impl ContactStore for LoggedContacts {
    fn schema(&self) -> &Schema {
        self.inner.schema()
    }

    fn load(&self, id: &str, into: &mut Contact) -> Result<bool> {
        self.inner.load(id, into)
    }

    fn apply(&mut self, effect: &ContactUpdate) -> Result<()> {
        step();
        append(&self.log, &serde_json::to_string(effect).unwrap());
        step();
        self.inner.apply(effect)
    }

    fn each(
        &self,
        after: Option<&str>,
        visit: &mut dyn FnMut(&str) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.inner.each(after, visit)
    }
}

/// Remembers what it was sent in a file.
struct LoggedSink(PathBuf);

#[async_trait::async_trait]
impl MemberSink for LoggedSink {
    async fn apply(&self, _: &Audience, changes: &[MembershipChange]) -> Result<Option<DeferredRemovals>> {
        for change in changes {
            let id = change.contact.schema().require("id")?;
            let person = change.contact.texts(id).next().unwrap_or_default();
            let add = change.operation == Operation::Add;
            append(&self.0, &format!("{} {add} {person}", change.generation));
        }
        Ok(None)
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
fn drive<S: Store>(
    store: S,
    folder: &Path,
    audience: &Audience,
    events: &[ContactEvent],
    sink: &dyn MemberSink,
) {
    let contacts = LoggedContacts::open(folder.join("contacts"));
    let audiences = std::slice::from_ref(audience);
    let mut engine =
        AutomationEngine::open(definitions(audience), audiences, store, contacts, EngineOptions::default())
            .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done = whole_lines(&folder.join("progress")).len();
    for (number, event) in events.iter().enumerate().skip(done) {
        while let Some(due) = engine.next_due().filter(|&due| due <= event.at) {
            engine.tick(due).unwrap();
        }
        engine.handle(event, event.at).unwrap();
        append(&folder.join("progress"), "done");
        if number % 16 == 0 || events.len() == FEW && number % 5 == 4 {
            assert!(runtime.block_on(engine.flush(sink)).unwrap().failed.is_empty());
        }
    }
    engine.tick(START + Duration::days(30)).unwrap();
    assert!(runtime.block_on(engine.flush(sink)).unwrap().failed.is_empty());
    assert_eq!(engine.pending_len(), 0);
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
        let store = SqliteStore::open(folder.join("state.sqlite")).unwrap();
        drive(store, &folder, &saved("1"), &events(), &LoggedSink(folder.join("members")));
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the kill comes after a moment of the machine's clock")]
fn a_process_killed_again_and_again_ends_as_one_that_was_not() {
    let whole = tempfile::tempdir().unwrap();
    drive(
        MemoryStore::new(),
        whole.path(),
        &saved("1"),
        &events(),
        &LoggedSink(whole.path().join("members")),
    );
    let expected = end_of(whole.path());
    assert!(!expected.0.is_empty() && expected.1.values().any(|&score| score > 10), "{expected:?}");

    let broken = tempfile::tempdir().unwrap();
    let (mut kills, mut random) = (0, 0x9E37_79B9_u64);
    while whole_lines(&broken.path().join("finished")).is_empty() {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::the_process_that_is_killed", "--exact", "--nocapture"])
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

// Every durable step, over one file for ledger, journal and automation state.

/// Steps that this process has come to, and the one at which it dies.
static STEP: AtomicU64 = AtomicU64::new(0);
static LAST: AtomicU64 = AtomicU64::new(u64::MAX);

/// A place to die.
fn step() {
    if STEP.fetch_add(1, Ordering::SeqCst) == LAST.load(Ordering::SeqCst) {
        Command::new("kill").args(["-9", &std::process::id().to_string()]).status().unwrap();
        loop {
            std::thread::park();
        }
    }
}

/// Passes everything on; before and after each commit it may die.
#[derive(Debug, Clone)]
struct Fatal<T>(T);

impl Store for Fatal<SqliteStore> {
    fn commit(&mut self, writes: Vec<WriteOp>) -> Result<()> {
        step();
        let done = self.0.commit(writes);
        step();
        done
    }
    fn get(&self, table: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.0.get(table, key)
    }
    fn scan(
        &self,
        table: Keyspace,
        from: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.0.scan(table, from, visit)
    }
}

impl audiencekit::sync::__Sealed for Fatal<SqliteLedger> {}

#[async_trait::async_trait]
impl Journal for Fatal<SqliteLedger> {
    async fn run(&self, audience: &AudienceId) -> Result<Option<RunRecord>> {
        self.0.run(audience).await
    }
    async fn calls(&self, audience: &AudienceId) -> Result<Vec<CallRecord>> {
        self.0.calls(audience).await
    }
    async fn blocked(&self) -> Result<Vec<PersonId>> {
        self.0.blocked().await
    }
    async fn erasures(&self) -> Result<Vec<ErasureRecord>> {
        self.0.erasures().await
    }
    async fn commit(&self, changes: LedgerCommit, durability: Durability) -> Result<()> {
        step();
        let done = self.0.commit(changes, durability).await;
        step();
        done
    }
    fn audience_locks(&self) -> &AudienceLocks {
        self.0.audience_locks()
    }
}

#[async_trait::async_trait]
impl Ledger for Fatal<SqliteLedger> {
    async fn rows(&self, audience: &AudienceId, prints: &[RowDigest]) -> Result<Vec<Option<RowRecord>>> {
        self.0.rows(audience, prints).await
    }
    async fn scan(
        &self,
        audience: &AudienceId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(RowDigest, RowRecord)>> {
        self.0.scan(audience, after, limit).await
    }
    async fn rows_of(&self, audience: &AudienceId, person: PersonId) -> Result<Vec<RowDigest>> {
        self.0.rows_of(audience, person).await
    }
    async fn generation(&self, audience: &AudienceId, person: PersonId) -> Result<u64> {
        self.0.generation(audience, person).await
    }
    async fn audiences(&self) -> Result<Vec<AudienceId>> {
        self.0.audiences().await
    }
}

/// The body of the process that dies at a step; on its own it does nothing.
#[test]
#[expect(clippy::disallowed_methods, reason = "the parent says where through the environment")]
fn the_process_that_dies_at_a_step() {
    let Ok(told) = std::env::var(STEPS_CHILD) else { return };
    let [folder, url, token, audience, last] = told.split('\n').collect::<Vec<_>>()[..] else {
        panic!("instructions")
    };
    LAST.store(last.parse().unwrap(), Ordering::SeqCst);
    let folder = Path::new(folder);
    let file = SqliteFile::open(folder.join("one.sqlite")).unwrap();
    let client = GraphClient::builder(token).base_url(url).build().unwrap();
    let sync = SyncEngine::builder(MemorySource::new(&Schema::standard(), Vec::new()), client, SystemClock)
        .ledger(Fatal(SqliteLedger::in_file(&file)))
        .removal_guard(RemovalGuard::off())
        .build();
    let store = Fatal(SqliteStore::in_file(&file).unwrap());
    drive(store, folder, &saved(audience), &events()[..FEW], &sync);
}

/// Starts the process; true when it died at its step, false when it came to its end before it.
fn dies(told: &[&str]) -> bool {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["crash::the_process_that_dies_at_a_step", "--exact", "--nocapture"])
        .env(STEPS_CHILD, told.join("\n"))
        .output()
        .unwrap();
    let died = std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(9);
    assert!(died || output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    died
}

fn rows_of(people: &BTreeSet<String>) -> BTreeSet<Hashed> {
    let schema = Schema::standard();
    let map = KeyMap::standard(&schema);
    let mut rows = MatchRows::new(map.keys().clone());
    let mut contact = Contact::new(&schema);
    for person in people {
        contact.clear();
        contact.set(schema.require("email").unwrap(), format!("{person}@example.com")).unwrap();
        map.mapper().append(&contact, &mut rows, &mut Coverage::default());
    }
    rows.iter().map(MatchRow::fingerprint).collect()
}

/// What stands in a file: whether the last run of the audience came to its end, whether the last call was answered, and
/// the operations of the outbox, each with the generation that the ledger knows of its contact.
fn standing(path: &Path, audience: &AudienceId) -> (bool, bool, Vec<(u64, u64)>) {
    let file = SqliteFile::open(path).unwrap();
    let (ledger, store) = (SqliteLedger::in_file(&file), SqliteStore::in_file(&file).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let finished = ledger.run(audience).await.unwrap().is_none_or(|run| run.finished);
        let answered =
            ledger.calls(audience).await.unwrap().last().is_none_or(|call| call.rejected.is_some());
        let mut waiting = Vec::new();
        let mut keep = |key: &[u8], value: &[u8]| {
            let generation = u64::from_be_bytes(key[key.len() - 8..].try_into().unwrap());
            // The contact's id, two bytes long, after its length.
            let contact = (0..8)
                .map(|n| format!("c{n}"))
                .find(|id| value.windows(2).any(|bytes| bytes == id.as_bytes()));
            waiting.push((generation, contact.unwrap()));
            Ok(ControlFlow::Continue(()))
        };
        store.scan(Keyspace::Outbox, &[], &mut keep).unwrap();
        let mut operations = Vec::new();
        for (generation, contact) in waiting {
            let person = PseudonymKey::default().person(&contact);
            operations.push((generation, ledger.generation(audience, person).await.unwrap()));
        }
        (finished, answered, operations)
    })
}

/// The outcome of a flush and the end of its operations are never apart.
fn together(path: &Path, audience: &AudienceId) {
    if !path.exists() {
        return;
    }
    let (finished, answered, operations) = standing(path, audience);
    let taken = operations.iter().filter(|(generation, known)| generation == known).count();
    if finished {
        assert_eq!(taken, 0, "the ledger is done with operations that wait: {operations:?}");
    } else {
        assert!(!operations.is_empty(), "the ledger is not done with operations that are gone");
    }
    assert!(answered || !finished && !operations.is_empty(), "{operations:?}");
}

#[test]
fn a_flush_whose_commit_fails_leaves_the_outbox_and_the_outcome_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.sqlite");
    let facebook = MockClient::new();
    facebook.fake().configure(|settings| settings.removal_floor = 0);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let new = NewAudience::new("fails", "the commit");
    let audience = runtime.block_on(facebook.create_audience(&facebook.fake().account(), &new)).unwrap();
    let sql = |text: &str| rusqlite::Connection::open(&path).unwrap().execute_batch(text).unwrap();
    let live = |flushes: bool| {
        let file = SqliteFile::open(&path).unwrap();
        let ledger = SqliteLedger::in_file(&file);
        let nobody = MemorySource::new(&Schema::standard(), Vec::new());
        let sync = SyncEngine::builder(nobody, facebook.clone(), SystemClock).ledger(ledger.clone()).build();
        let known = saved(audience.as_str());
        let contacts = LoggedContacts::open(folder.path().join("contacts"));
        let rule = Rule::new("in").on(Trigger::tag("A")).then(Action::add_to(&known));
        let mut engine = AutomationEngine::open(
            Definitions::new().rule(rule),
            std::slice::from_ref(&known),
            SqliteStore::in_file(&file).unwrap(),
            contacts,
            EngineOptions::default(),
        )
        .unwrap();
        let event = ContactEvent::new("c1", START, EventKind::TagAssigned { tag: "A".into() });
        engine.handle(&event, START).unwrap();
        assert_eq!(engine.pending_len(), 1);
        let flushed = runtime.block_on(engine.flush(&sync));
        assert_eq!(flushed.is_ok(), flushes, "{flushed:?}");
        if !flushes {
            // Somebody else's commit in the same file does not take the half of it.
            runtime.block_on(ledger.commit(LedgerCommit::default(), Durability::Immediate)).unwrap_err();
        }
    };
    drop(SqliteStore::open(&path).unwrap());
    sql("CREATE TRIGGER stuck BEFORE DELETE ON audiencekit_automation WHEN OLD.part = 5
         BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    live(false);
    assert_eq!(facebook.fake().member_count(&audience), 1, "Facebook has answered");
    let (finished, answered, operations) = standing(&path, &audience);
    assert!(!finished && !answered && operations.len() == 1, "{finished} {answered} {operations:?}");
    sql("DROP TRIGGER stuck");
    live(true);
    assert_eq!(standing(&path, &audience), (true, true, Vec::new()));
    assert_eq!(facebook.fake().member_count(&audience), 1);
}

/// Takes what it is given until told to refuse.
#[derive(Debug)]
struct Refusing(MemoryStore, Arc<AtomicU64>);

impl Store for Refusing {
    fn commit(&mut self, writes: Vec<WriteOp>) -> Result<()> {
        if self.1.load(Ordering::SeqCst) > 0 {
            return Err(audiencekit::Error::new(audiencekit::ErrorKind::Io, "store", "the disk is full"));
        }
        self.0.commit(writes)
    }
    fn get(&self, table: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.0.get(table, key)
    }
    fn scan(
        &self,
        table: Keyspace,
        from: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.0.scan(table, from, visit)
    }
}

#[test]
fn a_flush_whose_commit_fails_leaves_no_lock_on_the_database_of_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("host.db");
    let host = rusqlite::Connection::open(&path).unwrap();
    host.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE customer (name TEXT)").unwrap();
    host.busy_timeout(std::time::Duration::ZERO).unwrap();
    let facebook = MockClient::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let new = NewAudience::new("fails", "the commit");
    let audience = runtime.block_on(facebook.create_audience(&facebook.fake().account(), &new)).unwrap();
    let file = SqliteFile::in_database(&path, SqliteSettings::default()).unwrap();
    let nobody = MemorySource::new(&Schema::standard(), Vec::new());
    let sync = SyncEngine::builder(nobody, facebook.clone(), SystemClock)
        .ledger(SqliteLedger::in_file(&file))
        .build();
    let known = saved(audience.as_str());
    let refuses = Arc::new(AtomicU64::new(0));
    let mut engine = AutomationEngine::open(
        Definitions::new().rule(Rule::new("in").on(Trigger::tag("A")).then(Action::add_to(&known))),
        std::slice::from_ref(&known),
        Refusing(MemoryStore::new(), Arc::clone(&refuses)),
        LoggedContacts::open(folder.path().join("contacts")),
        EngineOptions::default(),
    )
    .unwrap();
    let event = ContactEvent::new("c1", START, EventKind::TagAssigned { tag: "A".into() });
    engine.handle(&event, START).unwrap();
    refuses.store(1, Ordering::SeqCst);
    runtime.block_on(engine.flush(&sync)).unwrap_err();
    assert_eq!(facebook.fake().member_count(&audience), 1, "Facebook has answered");
    host.execute("INSERT INTO customer VALUES ('Ada')", []).unwrap();
}

#[test]
fn a_kill_before_and_after_each_durable_step_loses_nothing_and_repeats_nothing() {
    let whole = tempfile::tempdir().unwrap();
    let sink = LoggedSink(whole.path().join("members"));
    drive(MemoryStore::new(), whole.path(), &saved("1"), &events()[..FEW], &sink);
    let (members, scores) = end_of(whole.path());
    assert!(!members.is_empty() && scores.values().any(|&score| score > 10), "{members:?} {scores:?}");

    let fake = Fake::with_running_clock(7, Arc::new(SystemClock));
    fake.configure(|settings| {
        settings.removal_floor = 0;
        settings.calls_per_hour = Some(10_000_000);
    });
    let server = FakeServer::start(fake.clone()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut last = 0;
    loop {
        let new = NewAudience::new(format!("step {last}"), "dies at a step");
        let client = MockClient::with_fake(&fake);
        let audience = runtime.block_on(client.create_audience(&fake.account(), &new)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let run = |at: u64| dies(&[path, server.url(), fake.token(), audience.as_str(), &at.to_string()]);
        let died = run(last);
        if died {
            together(&folder.path().join("one.sqlite"), &audience);
            assert!(!run(u64::MAX), "nobody kills the second one");
        }
        assert_eq!(fake.members(&audience), rows_of(&members), "at step {last}");
        assert_eq!(end_of(folder.path()).1, scores, "at step {last}");
        if !died {
            break;
        }
        last += 1;
    }
    assert!(last > 60, "{last} durable steps");
    fake.assert_clean();
    println!("{last} durable steps");
}

// Every durable step of an edit that moves contacts a thousand at a time.

/// More than two lots.
const WALKERS: usize = 2_200;

fn walkers() -> MemoryContacts {
    let schema = Schema::standard();
    let mut contacts = MemoryContacts::new(&schema);
    for n in 0..WALKERS {
        let id = format!("c{n:04}");
        contacts.edit(id.clone(), |contact| contact.set_text(schema.require("id")?, &id)).unwrap();
    }
    contacts
}

/// Version 1 adds to audience 1; version 2 has another name for a wait and adds to audience 2.
fn version(version: u32) -> Definitions {
    let hold = ["hold", "rest"][version as usize - 1];
    Definitions::new().workflow(
        Workflow::new("w", version)
            .start(Trigger::tag("A"), hold)
            .start(Trigger::tag("B"), "await")
            .node(hold, Node::Wait { delay: Delay::Days(1), to: "add".into() })
            .node(
                "await",
                Node::WaitFor {
                    on: vec![Trigger::tag("C")],
                    within: Delay::Days(2),
                    then: "end".into(),
                    otherwise: "add".into(),
                },
            )
            .node(
                "add",
                Node::Do { actions: vec![Action::add_to(&saved(&version.to_string()))], to: "end".into() },
            )
            .node("end", Node::End),
    )
}

fn open_walk<S: Store>(store: S, version: u32) -> AutomationEngine<S, MemoryContacts> {
    let definitions = self::version(version);
    AutomationEngine::open(definitions, &[saved("1"), saved("2")], store, walkers(), EngineOptions::default())
        .unwrap()
}

fn edit<S: Store>(engine: &mut AutomationEngine<S, MemoryContacts>, moves: bool) {
    let renamed = [("hold".to_owned(), "rest".to_owned())].into();
    let migration =
        if moves { WorkflowMigration::MoveToNode { renamed } } else { WorkflowMigration::PinVersion };
    engine.set_definitions(version(2), &[saved("1"), saved("2")], &migration).unwrap();
}

/// The body of the process that dies while a workflow is edited; on its own it does nothing.
#[test]
#[expect(clippy::disallowed_methods, reason = "the parent says where through the environment")]
fn the_process_that_dies_while_a_workflow_is_edited() {
    let Ok(told) = std::env::var(MIGRATION_CHILD) else { return };
    let [path, moves, last] = told.split('\n').collect::<Vec<_>>()[..] else { panic!("instructions") };
    let mut engine = open_walk(Fatal(SqliteStore::open(path).unwrap()), 1);
    LAST.store(last.parse().unwrap(), Ordering::SeqCst);
    STEP.store(0, Ordering::SeqCst);
    edit(&mut engine, moves == "true");
    engine.tick(START + Duration::days(1)).unwrap();
}

fn dies_while_editing(told: &[&str]) -> bool {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["crash::the_process_that_dies_while_a_workflow_is_edited", "--exact", "--nocapture"])
        .env(MIGRATION_CHILD, told.join("\n"))
        .output()
        .unwrap();
    let died = std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(9);
    assert!(died || output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    died
}

/// Kills at each durable step of the edit and of the timers after it; it gives how many steps there were.
fn kill_at_each_step_of_an_edit(moves: bool) -> u32 {
    let folder = tempfile::tempdir().unwrap();
    let begun = folder.path().join("begun.sqlite");
    let mut engine = open_walk(SqliteStore::open(&begun).unwrap(), 1);
    let events: Vec<_> = (0..WALKERS)
        .map(|n| {
            let tag = ["A", "B"][n % 2].to_owned();
            ContactEvent::new(format!("c{n:04}"), START, EventKind::TagAssigned { tag })
        })
        .collect();
    assert!(engine.handle_all(&events, START).unwrap().iter().all(Result::is_ok));
    assert_eq!(engine.timers(), WALKERS as u64);
    drop(engine);
    let mut last = 0;
    loop {
        let path = folder.path().join(format!("{last}.sqlite"));
        std::fs::copy(&begun, &path).unwrap();
        let died = dies_while_editing(&[path.to_str().unwrap(), &moves.to_string(), &last.to_string()]);
        // The host may come back with the old definitions or with the new ones, and edits again.
        let mut engine = open_walk(SqliteStore::open(&path).unwrap(), 1 + last % 2);
        edit(&mut engine, moves);
        for (n, tag) in [(0, "A"), (1, "B")] {
            let place = engine.position("w", &format!("c{n:04}")).unwrap();
            let has_gone_on = place.is_none() && tag == "A";
            assert!(
                has_gone_on
                    || place.is_some_and(|(node, since)| {
                        since == START
                            && node
                                == if n == 1 {
                                    "await"
                                } else if moves {
                                    "rest"
                                } else {
                                    "hold"
                                }
                    }),
                "at step {last}"
            );
        }
        engine.tick(START + Duration::days(2) - Duration::seconds(1)).unwrap();
        assert_eq!(engine.timers(), WALKERS as u64 / 2, "at step {last}");
        engine.tick(START + Duration::days(2)).unwrap();
        assert_eq!((engine.timers(), engine.next_due()), (0, None), "at step {last}");
        let audience = if moves { "2" } else { "1" };
        let mut found = BTreeSet::new();
        for change in engine.outbox() {
            let change = change.unwrap();
            let is_addition = change.operation == Operation::Add;
            assert!(is_addition && change.audience == audience, "at step {last}");
            assert!(found.insert(change.contact), "twice at step {last}");
        }
        assert_eq!(found.len(), WALKERS, "at step {last}");
        let mut additions = 0;
        for entry in engine.audit_log(0) {
            additions += u32::from(matches!(entry.unwrap().event, AuditEvent::Member { .. }));
        }
        assert_eq!(additions, WALKERS as u32, "at step {last}");
        if !died {
            return last;
        }
        std::fs::remove_file(&path).unwrap();
        last += 1;
    }
}

#[test]
fn a_kill_at_any_step_of_moving_contacts_to_an_edited_workflow_loses_and_repeats_nothing() {
    // Definitions, three lots, old versions; three lots of timers: before and after each.
    let steps = kill_at_each_step_of_an_edit(true);
    assert!(steps >= 14, "{steps} durable steps");
}

#[test]
fn a_kill_at_any_step_of_an_edit_that_leaves_contacts_where_they_are_loses_and_repeats_nothing() {
    let steps = kill_at_each_step_of_an_edit(false);
    assert!(steps >= 6, "{steps} durable steps");
}
