//! The store in memory.

use std::sync::Arc;

use audiencekit::store::{MemoryStore, Store};
use audiencekit::testing::store_contract::{StoreContract, count, increment};

#[tokio::test]
async fn memory_keeps_the_contract() {
    let store = MemoryStore::new();
    let contract = StoreContract::new(async || Ok(Arc::new(store.clone()) as Arc<dyn Store>));
    contract.run().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_lose_no_increment() {
    let store = MemoryStore::new();
    let mut writers = tokio::task::JoinSet::new();
    for store in [(); 4].map(|()| store.clone()) {
        writers.spawn(async move { increment(&store, 5_000).await.unwrap() });
    }
    writers.join_all().await;
    assert_eq!(count(&store).await.unwrap(), 20_000);
}
