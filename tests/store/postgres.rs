//! The store in a Postgres schema, on a server that the tests start.

use std::path::Path;
use std::sync::Arc;

use audiencekit::store::{
    Commit, Durability, KeyRange, PageLimit, PostgresSettings, PostgresStore, Space, Store,
};
use audiencekit::testing::store_contract::{StoreContract, count, increment};
use audiencekit::{ErrorKind, Result};
use tokio_postgres::{Config, NoTls};

use super::child;
use super::server::Server;

const DATA: Space = Space::new("data");

fn config(socket: &Path) -> Config {
    let mut config = Config::new();
    config.host_path(socket).user("test").dbname("postgres");
    config
}

/// Opens a store, once the server is there.
async fn open(socket: &Path, schema: &str) -> Result<PostgresStore> {
    let mut attempts = 0;
    let store = loop {
        match PostgresStore::connect(config(socket), NoTls, PostgresSettings::new(schema)).await {
            Err(_) if attempts < 2_000 => {
                attempts += 1;
                // Nothing tells when a server is there.
                pause().await;
            }
            outcome => break outcome?,
        }
    };
    store.prepare().await?;
    Ok(store)
}

#[expect(clippy::disallowed_methods, reason = "a server takes its time to start")]
async fn pause() {
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_the_contract() {
    let Some(server) = Server::start() else { return };
    let socket = server.socket();
    let contract =
        StoreContract::new(async || Ok(Arc::new(open(socket, "a \"schema\"").await?) as Arc<dyn Store>));
    contract.run().await.unwrap();
}

#[test]
fn processes_lose_no_increment() {
    if let Some(socket) = child::told() {
        return child::block_on(async {
            increment(&open(Path::new(&socket), "ak").await.unwrap(), 100).await.unwrap();
        });
    }
    let Some(server) = Server::start() else { return };
    let children: Vec<_> = (0..2)
        .map(|_| child::start("postgres::processes_lose_no_increment", server.socket().to_str().unwrap()))
        .collect();
    child::block_on(async {
        let store = open(server.socket(), "ak").await.unwrap();
        increment(&store, 100).await.unwrap();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        assert_eq!(count(&store).await.unwrap(), 300);
    });
}

/// The number of a change is given when it is written, and seen when its transaction ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_becomes_visible_late_is_not_deleted_with_those_that_were_read() {
    let Some(server) = Server::start() else { return };
    let store = open(server.socket(), "ak").await.unwrap();
    let (mut late, connection) = config(server.socket()).connect(NoTls).await.unwrap();
    let (soon, other) = config(server.socket()).connect(NoTls).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { connection.await.unwrap_or_default() });
    tasks.spawn(async move { other.await.unwrap_or_default() });
    let insert = store.insert_change();
    let open_transaction = late.transaction().await.unwrap();
    open_transaction.execute(&insert, &[&"1", &"late"]).await.unwrap();
    soon.execute(&insert, &[&"1", &"soon"]).await.unwrap();

    let pending = async || {
        let range = KeyRange::prefix(b"1\0");
        store.scan(Space::OUTBOX, &range, PageLimit::default()).await.unwrap().entries
    };
    let read = pending().await;
    assert_eq!(read.len(), 1);
    open_transaction.commit().await.unwrap();
    let end = |commit: Commit| {
        commit.expect(Space::OUTBOX, &read[0].key[..], b"soon").delete(Space::OUTBOX, &read[0].key[..])
    };
    assert!(store.commit(end(Commit::new()), Durability::Immediate).await.unwrap().is_applied());
    assert!(!store.commit(end(Commit::new()), Durability::Immediate).await.unwrap().is_applied());
    let left = pending().await;
    assert_eq!((left.len(), &left[0].value[..]), (1, &b"late"[..]));
    assert!(left[0].key < read[0].key, "it was written first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_connects_again_after_its_connections_were_ended() {
    let Some(server) = Server::start() else { return };
    let store = open(server.socket(), "ak").await.unwrap();
    let put = |value: &[u8]| store.commit(Commit::new().put(DATA, b"a", value), Durability::Immediate);
    assert!(put(b"1").await.unwrap().is_applied());
    let (admin, connection) = config(server.socket()).connect(NoTls).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { connection.await.unwrap_or_default() });
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
    admin.batch_execute(end).await.unwrap();
    assert!(put(b"2").await.unwrap().is_applied());
    assert_eq!(store.get(DATA, &[b"a"]).await.unwrap(), [Some(b"2".to_vec())]);
    admin.batch_execute("UPDATE ak.audiencekit_store_meta SET value = 99").await.unwrap();
    assert_eq!(store.prepare().await.unwrap_err().kind(), ErrorKind::Invalid);
    admin.batch_execute("DROP SCHEMA ak CASCADE").await.unwrap();
    let error = put(b"3").await.unwrap_err();
    assert!(error.to_string().contains("PostgresStore::prepare"), "{error}");
}
