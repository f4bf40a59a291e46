//! Everything that an engine does, dropped at each point at which it waits.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use audiencekit::facebook::transport::{FakeTransport, Transport};
use audiencekit::facebook::{GraphClient, GraphRequest, GraphResponse};
use audiencekit::source::{Batch, ContactReader, ContactSource};
use audiencekit::sync::{
    AudienceLocks, CallRecord, Durability, ErasureRecord, Journal, Ledger, LedgerCommit, PersonId, RowDigest,
    RowRecord, RunRecord,
};
use audiencekit::{AudienceId, Error, ErrorKind, MemoryLedger, MemorySource, Result, Schema, SyncEngine};

use super::scene::{Scene, Task, rows_of, settings, source};

/// Waits before each thing it does and after it, so that a drop finds it undone, and done but not answered.
#[derive(Debug, Clone)]
struct Hesitant<T>(T);

async fn hesitant<T>(work: impl Future<Output = T>) -> T {
    tokio::task::yield_now().await;
    let done = work.await;
    tokio::task::yield_now().await;
    done
}

#[async_trait]
impl Transport for Hesitant<FakeTransport> {
    async fn send(&self, request: &GraphRequest) -> Result<GraphResponse> {
        hesitant(self.0.send(request)).await
    }
}

#[async_trait]
impl ContactSource for Hesitant<MemorySource> {
    fn schema(&self) -> &Schema {
        self.0.schema()
    }
    fn len_hint(&self) -> Option<u64> {
        self.0.len_hint()
    }
    async fn open(&self) -> Result<Box<dyn ContactReader>> {
        hesitant(self.0.open()).await.map(|reader| Box::new(Hesitant(reader)) as Box<dyn ContactReader>)
    }
}

#[async_trait]
impl ContactReader for Hesitant<Box<dyn ContactReader>> {
    async fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
        hesitant(self.0.next_batch(batch)).await
    }
}

/// A ledger, and the commit of it that fails, if one is to.
#[derive(Debug)]
struct Remembering {
    ledger: MemoryLedger,
    commits: AtomicU64,
    fails: Option<Failure>,
}

/// The commit that fails, counted from 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failure {
    pub(crate) commit: u64,
    /// True when all is written in spite of it.
    pub(crate) writes: bool,
}

impl audiencekit::sync::__Sealed for Hesitant<Remembering> {}

#[async_trait]
impl Journal for Hesitant<Remembering> {
    async fn run(&self, audience: &AudienceId) -> Result<Option<RunRecord>> {
        hesitant(self.0.ledger.run(audience)).await
    }
    async fn calls(&self, audience: &AudienceId) -> Result<Vec<CallRecord>> {
        hesitant(self.0.ledger.calls(audience)).await
    }
    async fn blocked(&self) -> Result<Vec<PersonId>> {
        hesitant(self.0.ledger.blocked()).await
    }
    async fn erasures(&self) -> Result<Vec<ErasureRecord>> {
        hesitant(self.0.ledger.erasures()).await
    }
    async fn commit(&self, changes: LedgerCommit, durability: Durability) -> Result<()> {
        let number = self.0.commits.fetch_add(1, Ordering::Relaxed);
        let fails = self.0.fails.filter(|fails| fails.commit == number);
        if fails.is_none_or(|fails| fails.writes) {
            hesitant(self.0.ledger.commit(changes, durability)).await?;
        }
        fails.map_or(Ok(()), |_| {
            Err(Error::new(ErrorKind::Busy, "ledger", "locked for long").with_retryable(false))
        })
    }
    fn audience_locks(&self) -> &AudienceLocks {
        self.0.ledger.audience_locks()
    }
}

#[async_trait]
impl Ledger for Hesitant<Remembering> {
    async fn rows(&self, audience: &AudienceId, prints: &[RowDigest]) -> Result<Vec<Option<RowRecord>>> {
        hesitant(self.0.ledger.rows(audience, prints)).await
    }
    async fn scan(
        &self,
        audience: &AudienceId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(RowDigest, RowRecord)>> {
        hesitant(self.0.ledger.scan(audience, after, limit)).await
    }
    async fn rows_of(&self, audience: &AudienceId, person: PersonId) -> Result<Vec<RowDigest>> {
        hesitant(self.0.ledger.rows_of(audience, person)).await
    }
    async fn generation(&self, audience: &AudienceId, person: PersonId) -> Result<u64> {
        hesitant(self.0.ledger.generation(audience, person)).await
    }
    async fn audiences(&self) -> Result<Vec<AudienceId>> {
        hesitant(self.0.ledger.audiences()).await
    }
}

/// An engine that waits at whatever it asks of source, ledger and Facebook.
pub(crate) fn hesitant_engine(scene: &Scene, task: Task, fails: Option<Failure>) -> SyncEngine {
    let fake = scene.facebook.fake();
    let transport = Hesitant(FakeTransport::new(fake.clone()));
    let client = GraphClient::builder_with_transport(transport, fake.token(), fake.clone()).build();
    settings(
        SyncEngine::builder(Hesitant(task.source()), client, fake.clone()).ledger(Hesitant(Remembering {
            ledger: scene.ledger.clone(),
            commits: AtomicU64::new(0),
            fails,
        })),
    )
}

/// Polls a future so often and drops it; what it returned, if it did. Between polls `look` sees the world.
fn poll_times<T>(work: impl Future<Output = T>, times: usize, look: impl Fn()) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    let mut work = pin!(work);
    for _ in 0..times {
        let polled = work.as_mut().poll(&mut context);
        look();
        if let Poll::Ready(done) = polled {
            return Some(done);
        }
    }
    None
}

/// Drops a task at its `poll`th wait, as often as `drops` says, and does it whole then. True when it was over by then.
async fn drop_at(task: Task, poll: usize, drops: usize) -> bool {
    let what = format!("{task:?} dropped {drops} times at wait {poll}");
    let scene = Scene::populated().await;
    let stay = task.staying();
    let look = || assert!(stay.is_subset(&scene.members()), "{what}: somebody who should stay was removed");
    for _ in 0..drops {
        let engine = hesitant_engine(&scene, task, None);
        if let Some(done) = poll_times(task.perform(&scene, &engine), poll, look) {
            done.unwrap();
            scene.later();
            scene.assert_done(task, &what).await;
            return true;
        }
    }
    let mut resumed = task.perform(&scene, &scene.engine(&task.source())).await;
    if resumed.as_ref().is_err_and(|error| error.kind() == ErrorKind::Busy) {
        // It was over but for its answer, and Facebook takes the next replacement when it is through with this one.
        assert!(scene.members() == rows_of(&source(task.wanted())), "{what}: {resumed:?}");
        scene.later();
        resumed = task.perform(&scene, &scene.engine(&task.source())).await;
    }
    resumed.unwrap_or_else(|error| panic!("{what}: {error}"));
    look();
    scene.later();
    scene.assert_done(task, &what).await;
    false
}

#[tokio::test]
async fn a_task_that_is_dropped_wherever_it_waits_goes_on_later() {
    for task in Task::ALL {
        for drops in [1, 3] {
            let mut poll = 1;
            while !drop_at(task, poll, drops).await {
                poll += 1;
            }
            println!("{task:?}: {} waits, dropped {drops} times", poll - 1);
            assert!(poll > 20, "{task:?} waited {poll} times only");
        }
    }
}
