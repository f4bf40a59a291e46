//! The store in an SQLite file of its own, and in the application's database.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use audiencekit::ErrorKind;
use audiencekit::store::{Commit, Durability, KeyRange, PageLimit, Space, SqliteStore, Store};
use audiencekit::testing::store_contract::{StoreContract, count, increment};
use rusqlite::Connection;

use super::child;

const DATA: Space = Space::new("data");

fn shared(path: &Path) -> SqliteStore {
    SqliteStore::in_database(path).unwrap()
}

async fn put(store: &SqliteStore, key: &[u8], value: &[u8], durability: Durability) {
    assert!(store.commit(Commit::new().put(DATA, key, value), durability).await.unwrap().is_applied());
}

#[tokio::test]
async fn a_file_of_its_own_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let contract = StoreContract::new(async || Ok(Arc::new(SqliteStore::open(&path)?) as Arc<dyn Store>));
    contract.run().await.unwrap();
}

#[tokio::test]
async fn a_table_in_a_database_keeps_the_contract_with_every_journal() {
    for journal in ["WAL", "DELETE", "TRUNCATE"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        let shop = Connection::open(&path).unwrap();
        shop.pragma_update(None, "journal_mode", journal).unwrap();
        let contract =
            StoreContract::new(async || Ok(Arc::new(SqliteStore::in_database(&path)?) as Arc<dyn Store>));
        contract.run().await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_change_loses_no_commit_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    put(&store, b"kept", b"1", Durability::Deferred).await;
    for (key, change) in [(&b"no number"[..], &b"{}"[..]), (b"17\0\0\0\0\0\0\0\0\x01", b"\xFF")] {
        let commit = Commit::new().put(Space::OUTBOX, key, change);
        let error = store.commit(commit, Durability::Immediate).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    put(&store, b"next", b"2", Durability::Immediate).await;
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    let values = store.get(DATA, &[b"kept", b"next"]).await.unwrap();
    assert_eq!(values, [Some(b"1".to_vec()), Some(b"2".to_vec())]);
}

#[test]
fn two_processes_lose_no_increment() {
    if let Some(path) = child::told() {
        return child::block_on(async { increment(&shared(Path::new(&path)), 200).await.unwrap() });
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    Connection::open(&path).unwrap().pragma_update(None, "journal_mode", "WAL").unwrap();
    let store = shared(&path);
    let children: Vec<_> = (0..2)
        .map(|_| child::start("sqlite::two_processes_lose_no_increment", path.to_str().unwrap()))
        .collect();
    child::block_on(async { increment(&store, 200).await.unwrap() });
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(child::block_on(count(&store)).unwrap(), 600);
}

/// Each commit writes the same number under two keys, an immediate one after some deferred ones.
#[test]
fn a_kill_leaves_whole_commits_and_every_immediate_one() {
    if let Some(told) = child::told() {
        return child::block_on(write_until_killed(Path::new(&told)));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let told = folder.path().join("told");
    for round in 0..12_u64 {
        let mut child = child::start(
            "sqlite::a_kill_leaves_whole_commits_and_every_immediate_one",
            path.to_str().unwrap(),
        );
        let before = std::fs::read_to_string(&told).unwrap_or_default();
        while std::fs::read_to_string(&told).unwrap_or_default() == before {
            assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
            std::thread::yield_now();
        }
        // Other moments in each round: a number of spins, since time is not to be waited for.
        (0..round * 300_000).for_each(|spin| _ = std::hint::black_box(spin));
        child.kill().unwrap();
        child.wait().unwrap();
        let confirmed: u64 = std::fs::read_to_string(&told).unwrap().parse().unwrap_or_default();
        child::block_on(async {
            let store = SqliteStore::open(&path).unwrap();
            let values = store.get(DATA, &[b"first", b"last"]).await.unwrap();
            assert_eq!(values[0], values[1], "a part of a commit");
            let kept = u64::from_be_bytes(values[0].clone().unwrap().try_into().unwrap());
            assert!(kept >= confirmed, "{confirmed} was confirmed, {kept} is there");
        });
    }
}

async fn write_until_killed(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    let read = store.get(DATA, &[b"first"]).await.unwrap().remove(0);
    let mut number = read.map_or(0, |read| u64::from_be_bytes(read.try_into().unwrap()));
    loop {
        number += 1;
        let durability = if number % 4 == 0 { Durability::Immediate } else { Durability::Deferred };
        let value = number.to_be_bytes();
        let commit = Commit::new().put(DATA, b"first", value).put(DATA, b"last", value);
        assert!(store.commit(commit, durability).await.unwrap().is_applied());
        if durability == Durability::Immediate {
            let next = path.with_file_name("telling");
            std::fs::write(&next, number.to_string()).unwrap();
            std::fs::rename(next, path.with_file_name("told")).unwrap();
        }
    }
}

#[test]
fn a_file_is_open_once_in_this_process_and_in_others() {
    if let Some(path) = child::told() {
        let error = SqliteStore::open(path).unwrap_err();
        return assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Busy, false), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(SqliteStore::open(&path).unwrap_err().kind(), ErrorKind::Busy);
    #[cfg(unix)]
    {
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(SqliteStore::open(&link).unwrap_err().kind(), ErrorKind::Busy);
    }
    // By this, the process loses every lock of SQLite's on the file.
    drop(std::fs::read(&path).unwrap());
    let name = "sqlite::a_file_is_open_once_in_this_process_and_in_others";
    assert!(child::start(name, path.to_str().unwrap()).wait().unwrap().success());
    drop(store);
    SqliteStore::open(&path).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn its_files_are_the_owners_alone_and_what_is_deleted_is_overwritten() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mode = |name: &str| folder.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!((mode("store.db"), mode("store.db-lock")), (0o600, 0o600));
    put(&store, b"ada", b"a value that must not stay", Durability::Immediate).await;
    let delete = Commit::new().delete(DATA, b"ada");
    assert!(store.commit(delete, Durability::Immediate).await.unwrap().is_applied());
    drop(store);
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(7).any(|part| part == b"a value"));
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    drop(SqliteStore::open(&path).unwrap());
    assert_eq!(mode("store.db"), 0o600);
}

#[tokio::test]
async fn an_older_copy_is_recognized_also_when_it_was_made_between_two_commits() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("store.db"), folder.path().join("copy.db"));
    let store = SqliteStore::open(&path).unwrap();
    put(&store, b"a", b"1", Durability::Immediate).await;
    std::fs::copy(&path, &copy).unwrap();
    put(&store, b"a", b"2", Durability::Immediate).await;
    drop(store);
    let newest = std::fs::read(&path).unwrap();
    std::fs::copy(&copy, &path).unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("accept_restored"), "{error}");
    std::fs::write(&path, newest).unwrap();
    drop(SqliteStore::open(&path).unwrap());
    std::fs::copy(&copy, &path).unwrap();
    let store = SqliteStore::accept_restored(&path).unwrap();
    assert_eq!(store.get(DATA, &[b"a"]).await.unwrap(), [Some(b"1".to_vec())]);
    drop(store);
    SqliteStore::open(&path).unwrap();
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let kind = |path: &Path| SqliteStore::open(path).map(drop).unwrap_err().kind();
    assert_eq!(kind(Path::new(":memory:")), ErrorKind::Invalid);
    assert_eq!(kind(folder.path()), ErrorKind::Invalid);
    assert_eq!(kind(&path("missing").join("store.db")), ErrorKind::Io);
    #[cfg(unix)]
    {
        assert!(std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
        assert_eq!(kind(&path("pipe")), ErrorKind::Invalid);
    }
    std::fs::write(path("text"), "not a database, and long enough to have a header".repeat(40)).unwrap();
    std::fs::write(path("short"), "SQLite format 3\0").unwrap();
    Connection::open(path("other")).unwrap().execute_batch("CREATE TABLE customer (email TEXT)").unwrap();
    for name in ["text", "short", "other"] {
        let before = std::fs::read(path(name)).unwrap();
        assert_eq!(kind(&path(name)), ErrorKind::Corrupt, "{name}");
        assert_eq!(std::fs::read(path(name)).unwrap(), before, "{name}");
    }
    drop(SqliteStore::open(path("store.db")).unwrap());
    std::fs::write(path("store.db-wal"), "the log of another program").unwrap();
    assert_eq!(kind(&path("store.db")), ErrorKind::Corrupt);
    std::fs::remove_file(path("store.db-wal")).unwrap();
    let newer = "UPDATE audiencekit_store_meta SET value = 99 WHERE name = 'version'";
    Connection::open(path("store.db")).unwrap().execute(newer, []).unwrap();
    assert_eq!(kind(&path("store.db")), ErrorKind::Invalid);
}

#[tokio::test]
async fn deferred_commits_are_seen_by_other_openings_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let shop = Connection::open(&path).unwrap();
    shop.busy_timeout(Duration::ZERO).unwrap();
    let (one, two) = (shared(&path), shared(&path));
    put(&one, b"a", b"1", Durability::Deferred).await;
    assert_eq!(two.get(DATA, &[b"a"]).await.unwrap(), [Some(b"1".to_vec())]);
    shop.execute_batch("CREATE TABLE customer (email TEXT)").expect("a deferred commit holds no lock");
}

#[tokio::test]
async fn the_outbox_is_a_space_and_its_end_is_one_commit_with_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let shop = Connection::open(&path).unwrap();
    let store = shared(&path);
    for (audience, change) in [("2", "a"), ("10", "b"), ("1", "c"), ("1", "d")] {
        shop.execute(SqliteStore::INSERT_CHANGE, [audience, change]).unwrap();
    }
    let scan = async |range: KeyRange, limit| store.scan(Space::OUTBOX, &range, limit).await.unwrap();
    let page = scan(KeyRange::all(), PageLimit::new(3, 1_000)).await;
    let values: Vec<_> = page.entries.iter().map(|entry| &entry.value[..]).collect();
    assert_eq!(values, [b"c", b"d", b"b"]);
    assert_eq!(
        scan(KeyRange::all().starting_at(page.next.unwrap()), PageLimit::default()).await.entries.len(),
        1
    );
    let page = scan(KeyRange::prefix(b"1\0"), PageLimit::default()).await;
    assert_eq!(page.entries.len(), 2);

    let key = page.entries[0].key.clone();
    let end = || {
        Commit::new()
            .expect(Space::OUTBOX, &key[..], b"c")
            .delete(Space::OUTBOX, &key[..])
            .put(DATA, b"done", b"c")
    };
    assert!(store.commit(end(), Durability::Immediate).await.unwrap().is_applied());
    assert!(!store.commit(end(), Durability::Immediate).await.unwrap().is_applied(), "it was sent already");
    assert_eq!(scan(KeyRange::prefix(b"1\0"), PageLimit::default()).await.entries.len(), 1);
    let clear = Commit::new().delete_range(Space::OUTBOX, KeyRange::prefix(b"1\0"));
    assert!(store.commit(clear, Durability::Immediate).await.unwrap().is_applied());
    assert_eq!(scan(KeyRange::all(), PageLimit::default()).await.entries.len(), 2);
}
