//! A call that waits to be repeated is not sent after another process has begun a run of the audience.
#![cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use audiencekit::facebook::fake::{Edge, Fake, Fault, FaultRule, MockClient};
use audiencekit::facebook::{ClientEvent, ClientObserver, NewAudience};
use audiencekit::sync::{RemovalGuard, SqliteFile, SqliteLedger, SqliteSettings};
use audiencekit::{
    Contact, ErrorKind, FacebookClient, MemorySource, Schema, SyncEngine, SyncMode, SyncTarget,
};

/// A process of its own as far as the ledger can tell: another handle on the same database.
fn engine(path: &Path, client: impl FacebookClient + 'static, fake: &Fake, people: &[&str]) -> SyncEngine {
    let schema = Schema::standard();
    let contact =
        |name: &&str| Contact::builder(&schema).email(format!("{name}@example.com")).build().unwrap();
    let file = SqliteFile::in_database(path, SqliteSettings::default()).unwrap();
    SyncEngine::builder(
        MemorySource::new(&schema, people.iter().map(contact).collect()),
        client,
        fake.clone(),
    )
    .ledger(SqliteLedger::in_file(&file))
    .removal_guard(RemovalGuard::off())
    .build()
}

/// While the client waits to repeat a call, another process brings the audience in step with other contacts.
#[derive(Debug)]
struct Meanwhile {
    path: PathBuf,
    fake: Fake,
    target: SyncTarget,
    people: Mutex<Option<Vec<&'static str>>>,
}

impl ClientObserver for Meanwhile {
    fn on_event(&self, event: &ClientEvent) {
        if !matches!(event, ClientEvent::Retry { .. }) {
            return;
        }
        let Some(people) = self.people.lock().unwrap().take() else { return };
        std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                let engine = engine(&self.path, MockClient::builder(&self.fake).build(), &self.fake, &people);
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(engine.run(&self.target)).unwrap();
            });
            other.join().unwrap();
        });
    }
}

async fn late_call(edge: Edge, before: &[&str], late: &[&str], meanwhile: &[&'static str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA journal_mode = WAL").unwrap();
    let fake = Fake::new();
    fake.configure(|settings| settings.removal_floor = 0);
    let client = MockClient::builder(&fake).build();
    let account = fake.account();
    let audience = client.create_audience(&account, &NewAudience::new("All", "All of them")).await.unwrap();
    let target = SyncTarget::new(account, audience.clone()).mode(SyncMode::Mirror);
    if !before.is_empty() {
        engine(&path, client.clone(), &fake, before).run(&target).await.unwrap();
    }

    let observer = Meanwhile {
        path: path.clone(),
        fake: fake.clone(),
        target: target.clone(),
        people: Mutex::new(Some(meanwhile.to_vec())),
    };
    fake.inject(FaultRule::new(Fault::TooManyRequests).on(edge).first(1));
    let waits = MockClient::builder(&fake).observer(observer).build();
    let error = engine(&path, waits, &fake, late).run(&target).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    assert!(!error.is_retryable());
    assert_eq!(fake.member_count(&audience), meanwhile.len() as u64, "the late call was sent");
    // And what the ledger remembers is what Facebook has.
    let report = engine(&path, client, &fake, meanwhile).run(&target).await.unwrap();
    assert_eq!((report.rows.unchanged, report.added.sent), (meanwhile.len() as u64, 0));
}

#[tokio::test]
async fn a_late_addition_brings_back_no_one_who_has_left() {
    late_call(Edge::AddUsers, &[], &["ada", "bob"], &["bob"]).await;
}

#[tokio::test]
async fn a_late_removal_takes_no_one_who_has_come_back() {
    late_call(Edge::RemoveUsers, &["ada", "bob"], &["ada"], &["ada", "bob"]).await;
}
