//! A child process is killed at every durable step and at random moments, and the next one goes on: Facebook, in the
//! parent and over HTTP, ends with the wanted members, and nobody who should stay is ever removed.
//!
//! The child is this binary again, told by its environment what to do.
#![cfg(all(feature = "sqlite", feature = "fake-server", feature = "http"))]
#![expect(clippy::disallowed_methods, reason = "the parent and its child talk through the environment")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use audiencekit::audience::MinimumSize;
use audiencekit::facebook::NewAudience;
use audiencekit::facebook::fake::{Fake, FakeServer, MockClient, RunningServer};
use audiencekit::identity::{Coverage, Hashed, MatchRow, MatchRows};
use audiencekit::sync::{
    AudienceLocks, CallRecord, Durability, ErasureRecord, Journal, Ledger, LedgerCommit, Operation, PersonId,
    RemovalGuard, RowDigest, RowRecord, RunRecord, SqliteFile, SqliteLedger, SqliteOutbox, SqliteSettings,
};
use audiencekit::{
    AudienceId, Contact, FacebookClient, GraphClient, KeyMap, MemorySource, Result, Schema, SyncEngine,
    SyncMode, SyncTarget, SystemClock,
};

const CHILD: &str = "AUDIENCEKIT_CRASH_CHILD";

/// Passes everything on, and kills its own process before or after the n-th commit.
#[derive(Debug)]
struct Fatal {
    ledger: SqliteLedger,
    commits: AtomicU64,
    /// 2n kills before the n-th commit, 2n + 1 after it.
    at: Option<u64>,
}

impl Fatal {
    fn step(&self, after: u64) {
        let step = self.commits.load(Ordering::SeqCst) * 2 + after;
        if self.at == Some(step) {
            Command::new("kill").args(["-9", &std::process::id().to_string()]).status().unwrap();
            loop {
                std::thread::park();
            }
        }
    }
}

impl audiencekit::sync::__Sealed for Fatal {}

#[async_trait]
impl Journal for Fatal {
    async fn run(&self, audience: &AudienceId) -> Result<Option<RunRecord>> {
        self.ledger.run(audience).await
    }
    async fn calls(&self, audience: &AudienceId) -> Result<Vec<CallRecord>> {
        self.ledger.calls(audience).await
    }
    async fn blocked(&self) -> Result<Vec<PersonId>> {
        self.ledger.blocked().await
    }
    async fn erasures(&self) -> Result<Vec<ErasureRecord>> {
        self.ledger.erasures().await
    }
    async fn commit(&self, changes: LedgerCommit, durability: Durability) -> Result<()> {
        self.step(0);
        let done = self.ledger.commit(changes, durability).await;
        self.step(1);
        self.commits.fetch_add(1, Ordering::SeqCst);
        done
    }
    fn audience_locks(&self) -> &AudienceLocks {
        self.ledger.audience_locks()
    }
}

#[async_trait]
impl Ledger for Fatal {
    async fn rows(&self, audience: &AudienceId, prints: &[RowDigest]) -> Result<Vec<Option<RowRecord>>> {
        self.ledger.rows(audience, prints).await
    }
    async fn scan(
        &self,
        audience: &AudienceId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(RowDigest, RowRecord)>> {
        self.ledger.scan(audience, after, limit).await
    }
    async fn rows_of(&self, audience: &AudienceId, person: PersonId) -> Result<Vec<RowDigest>> {
        self.ledger.rows_of(audience, person).await
    }
    async fn generation(&self, audience: &AudienceId, person: PersonId) -> Result<u64> {
        self.ledger.generation(audience, person).await
    }
    async fn audiences(&self) -> Result<Vec<AudienceId>> {
        self.ledger.audiences().await
    }
}

fn contact(schema: &Schema, number: u64) -> Contact {
    let mut contact = Contact::new(schema);
    contact.set(schema.require("id").unwrap(), format!("c{number}")).unwrap();
    contact.set(schema.require("email").unwrap(), format!("p{number}@example.com")).unwrap();
    contact.set(schema.require("phone").unwrap(), format!("+48600{number:06}")).unwrap();
    contact
}

fn source(numbers: impl Iterator<Item = u64>) -> MemorySource {
    let schema = Schema::standard();
    MemorySource::new(&schema, numbers.map(|number| contact(&schema, number)).collect())
}

fn rows_of(numbers: impl Iterator<Item = u64>) -> BTreeSet<Hashed> {
    let schema = Schema::standard();
    let map = KeyMap::standard(&schema);
    let mut rows = MatchRows::new(map.keys().clone());
    for number in numbers {
        map.mapper().append(&contact(&schema, number), &mut rows, &mut Coverage::default());
    }
    rows.iter().map(MatchRow::fingerprint).collect()
}

/// What a child is told: url, token, audience, ledger, from, to, the step at which to die.
fn tell(values: &[String]) -> String {
    values.join("\n")
}

/// The child's part; without instructions there is nothing to do and nothing to prove.
#[test]
fn child() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let told: Vec<&str> = told.split('\n').collect();
    let [url, token, audience, ledger, from, to, at] = told[..] else { panic!("instructions") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (from, to): (u64, u64) = (from.parse().unwrap(), to.parse().unwrap());
    // So few that each run moves some of them from memory into the file.
    let settings = SqliteSettings::default().index_entries_in_memory(40);
    let ledger = Fatal {
        ledger: SqliteLedger::in_file(&SqliteFile::open_with(ledger, settings).unwrap()),
        commits: AtomicU64::new(0),
        at: at.parse().ok(),
    };
    let client = GraphClient::builder(token).base_url(url).build().unwrap();
    let engine = SyncEngine::builder(source(from..to), client, SystemClock)
        .ledger(ledger)
        .removal_guard(RemovalGuard::off())
        .rows_per_call(7)
        .build();
    let target = SyncTarget::new("act_1234567890".parse().unwrap(), audience.parse().unwrap())
        .mode(SyncMode::Mirror)
        .minimum_size(MinimumSize::warn_below(0));
    let report = runtime.block_on(engine.run(target)).unwrap();
    report.check().unwrap();
    println!("the run is over");
}

const HOST_CHILD: &str = "AUDIENCEKIT_HOST_CHILD";

/// The part of a child that sends what waits in its host's database.
#[test]
fn child_of_a_host() {
    let Ok(told) = std::env::var(HOST_CHILD) else { return };
    let told: Vec<&str> = told.split('\n').collect();
    let [url, token, audience, path, at] = told[..] else { panic!("instructions") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let file = SqliteFile::in_database(path, SqliteSettings::default()).unwrap();
    let ledger =
        Fatal { ledger: SqliteLedger::in_file(&file), commits: AtomicU64::new(0), at: at.parse().ok() };
    let client = GraphClient::builder(token).base_url(url).build().unwrap();
    let engine = SyncEngine::builder(source(0..0), client, SystemClock).ledger(ledger).build();
    let target = SyncTarget::new("act_1234567890".parse().unwrap(), audience.parse().unwrap());
    let report = runtime.block_on(SqliteOutbox::in_file(&file).flush(&engine, target)).unwrap();
    assert_eq!(report.waiting, 0);
}

#[test]
fn a_change_in_a_hosts_database_waits_until_the_ledger_is_done_with_it_through_every_kill() {
    let scene = Scene::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let schema = Schema::standard();
    let maker = SyncEngine::builder(source(0..0), MockClient::with_fake(&scene.fake), SystemClock).build();
    let mut step = 0;
    loop {
        let audience = new_audience(&scene.fake);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        let shop = rusqlite::Connection::open(&path).unwrap();
        shop.execute_batch("PRAGMA journal_mode = WAL").unwrap();
        drop(SqliteFile::in_database(&path, SqliteSettings::default()).unwrap());
        let child = |at: u64| {
            let told = [
                scene.server.url(),
                scene.fake.token(),
                audience.as_str(),
                path.to_str().unwrap(),
                &at.to_string(),
            ];
            let output = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "crash::child_of_a_host", "--nocapture", "--test-threads=1"])
                .env(HOST_CHILD, told.join("\n"))
                .output()
                .unwrap();
            let killed = std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(9);
            assert!(killed || output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            killed
        };
        let put = |number, operation, generation| {
            let change = maker.member_change(&contact(&schema, number), operation, generation).unwrap();
            let change = serde_json::to_string(&change).unwrap();
            shop.execute(SqliteOutbox::INSERT, rusqlite::params![audience.as_str(), change]).unwrap();
        };
        (0..5).for_each(|number| put(number, Operation::Add, 1));
        assert!(!child(u64::MAX));
        put(5, Operation::Add, 2);
        put(0, Operation::Remove, 2);
        let killed = child(step);
        let waiting: i64 =
            shop.query_row("SELECT count(*) FROM audiencekit_outbox", [], |line| line.get(0)).unwrap();
        let file = SqliteFile::in_database(&path, SqliteSettings::default()).unwrap();
        let run = runtime.block_on(SqliteLedger::in_file(&file).run(&audience)).unwrap().unwrap();
        let (done, begun) = (run.finished, run.run > 1);
        assert_eq!(waiting, if done && begun { 0 } else { 2 }, "step {step}: {done}, run {}", run.run);
        drop(file);
        assert!(!killed || !child(u64::MAX));
        assert_eq!(scene.fake.members(&audience), rows_of(1..6), "step {step}");
        if !killed {
            break;
        }
        step += 1;
    }
    scene.fake.assert_clean();
    println!("{step} durable steps in a host's database, a kill at each");
    assert!(step > 10, "{step} steps");
}

fn new_audience(fake: &Fake) -> AudienceId {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let new = NewAudience::new("crash", "people that stay");
    runtime.block_on(MockClient::with_fake(fake).create_audience(&fake.account(), &new)).unwrap()
}

struct Scene {
    server: RunningServer,
    fake: Fake,
    audience: AudienceId,
    folder: tempfile::TempDir,
    kills: u64,
    /// Seeded, for the random moments.
    random: u64,
}

impl Scene {
    fn new() -> Self {
        let fake = Fake::with_running_clock(7, Arc::new(SystemClock));
        fake.configure(|settings| {
            settings.removal_floor = 0;
            settings.calls_per_hour = Some(10_000_000);
        });
        let audience = new_audience(&fake);
        let server = FakeServer::start(fake.clone()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self { server, fake, audience, folder, kills: 0, random: 7 }
    }

    fn start(&self, (from, to): (u64, u64), at: Option<u64>) -> Child {
        let told = tell(&[
            self.server.url().to_owned(),
            self.fake.token().to_owned(),
            self.audience.to_string(),
            self.folder.path().join("ledger.db").to_str().unwrap().to_owned(),
            from.to_string(),
            to.to_string(),
            at.map_or_else(String::new, |at| at.to_string()),
        ]);
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--nocapture", "--test-threads=1"])
            .env(CHILD, told)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Starts a child that dies at a step; false when the run was over before it.
    fn killed_at(&mut self, range: (u64, u64), at: u64) -> bool {
        let mut child = self.start(range, Some(at));
        let status = child.wait().unwrap();
        let killed = std::os::unix::process::ExitStatusExt::signal(&status) == Some(9);
        assert!(killed || status.success(), "{}", said(child));
        self.kills += u64::from(killed);
        killed
    }

    /// Starts a child and kills it after some milliseconds.
    fn killed_some_time(&mut self, range: (u64, u64)) {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let wait = Duration::from_micros((self.random >> 33) % 90_000);
        let mut child = self.start(range, None);
        let begun = Instant::now();
        while begun.elapsed() < wait {
            std::thread::sleep(Duration::from_micros(200));
        }
        child.kill().unwrap();
        let status = child.wait().unwrap();
        self.kills += u64::from(std::os::unix::process::ExitStatusExt::signal(&status) == Some(9));
        assert!(!said(child).contains("panicked"));
    }

    /// A new audience and a new ledger, with these members.
    fn begin_anew(&mut self, members: Option<(u64, u64)>) {
        assert_eq!(self.removed_who_stay(), 0, "nobody who stays was removed, at any moment");
        self.audience = new_audience(&self.fake);
        let _ = std::fs::remove_file(self.folder.path().join("ledger.db"));
        let _ = std::fs::remove_file(self.folder.path().join("ledger.db-journal"));
        if let Some(range) = members {
            self.finished(range);
        }
    }

    /// How often somebody of people 30 to 60, who are in every range, was taken out of the audience.
    fn removed_who_stay(&self) -> usize {
        let rows = rows_of(30..60);
        let changes = rows.iter().flat_map(|row| self.fake.history(&self.audience, row));
        changes.filter(|change| !change.added).count()
    }

    fn finished(&self, range: (u64, u64)) {
        let mut child = self.start(range, None);
        let status = child.wait().unwrap();
        assert!(status.success(), "{}", said(child));
        assert_eq!(self.fake.members(&self.audience), rows_of(range.0..range.1), "after {range:?}");
    }

    fn ledger(&self) -> &Path {
        self.folder.path()
    }
}

fn said(mut child: Child) -> String {
    let mut text = String::new();
    if let Some(mut stream) = child.stderr.take() {
        std::io::Read::read_to_string(&mut stream, &mut text).unwrap();
    }
    text
}

#[test]
fn nobody_is_lost_and_nobody_who_stays_is_removed_through_three_hundred_kills() {
    let mut scene = Scene::new();
    // People 30 to 60 stay in every range below, from the first run to the last.
    let ranges = [(0, 60), (10, 75), (30, 90), (5, 62)];
    // Every durable step of the first run, and of a run that adds and removes: before its commit and after it, until a
    // run has no step of that number. Each child begins from the same ledger and the same members as the first.
    for (before, range) in [(None, ranges[0]), (Some(ranges[0]), ranges[1])] {
        let mut step = 0;
        loop {
            scene.begin_anew(before);
            if !scene.killed_at(range, step) {
                break;
            }
            scene.finished(range);
            step += 1;
        }
        println!("{step} durable steps from {before:?} to {range:?}, a kill at each");
        assert!(step > 30, "a run of so many calls has more steps");
    }
    // Steps of runs that go on where the one before was killed.
    for range in &ranges[2..] {
        let mut step = 0;
        while scene.killed_at(*range, step) {
            step += 1;
        }
        scene.finished(*range);
        assert!(step > 10, "{range:?}");
    }
    let stays = rows_of(30..60);
    assert_eq!(scene.removed_who_stay(), 0, "nobody who stays was removed, at any moment");
    // Random moments.
    let mut round = 0;
    while scene.kills < 300 {
        let range = ranges[round % ranges.len()];
        for _ in 0..5 {
            scene.killed_some_time(range);
            let members = scene.fake.members(&scene.audience);
            assert!(stays.is_subset(&members), "someone who stays is not there");
        }
        if round % 5 == 4 {
            scene.finished(range);
        }
        round += 1;
    }
    scene.finished((30, 64));
    assert_eq!(scene.removed_who_stay(), 0, "nobody who stays was removed, at any moment");
    scene.fake.assert_clean();
    assert!(scene.ledger().join("ledger.db").exists());
    println!("{} kills", scene.kills);
}
