//! A run streams: no further ahead than Facebook takes, several calls side by side, and it says how far it is.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use crate::doubles::{Fault, TinyFacebook};
use async_trait::async_trait;
use audiencekit::audience::MinimumSize;
use audiencekit::contact::{FieldId, ToContact};
use audiencekit::facebook::NewAudience;
use audiencekit::source::{Batch, ContactReader, RecordSource};
use audiencekit::sync::{Executor, Progress, RemovalGuard, RunStage, SyncEngineBuilder, Task};
use audiencekit::{
    AudienceId, Contact, ContactSource, ErrorKind, EvaluationTime, FacebookClient, ManualClock, MemoryLedger,
    MockClient, Result, Schema, Segment, Selector, SyncEngine, SyncMode, SyncReport, SyncTarget,
};
use futures_core::Stream;
use time::macros::datetime;

struct Numbered(u64);

impl ToContact for Numbered {
    type Fields = FieldId;

    fn fields(schema: &Schema) -> Result<FieldId> {
        schema.require("email")
    }

    fn fill(&self, &email: &FieldId, contact: &mut Contact) -> Result<()> {
        contact.set(email, format!("p{}@example.com", self.0))
    }
}

/// Contacts from 0 on, and how many have been asked for.
fn numbered(contacts: u64) -> (RecordSource<Numbered>, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&asked);
    let records = move || {
        let seen = Arc::clone(&seen);
        (0..contacts).map(move |number| {
            seen.store(number + 1, Relaxed);
            Ok(Numbered(number))
        })
    };
    (RecordSource::from_iter(&Schema::standard(), records).unwrap(), asked)
}

/// Three uploads side by side, of 500 rows each.
fn engine(source: impl ContactSource + 'static, facebook: &TinyFacebook) -> SyncEngineBuilder {
    let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
    SyncEngine::builder(source, facebook.clone(), clock)
        .ledger(MemoryLedger::new())
        .upload_sessions(3)
        .rows_per_call(500)
}

fn target() -> SyncTarget {
    SyncTarget::new("act_1".parse().unwrap(), "1".parse().unwrap())
        .mode(SyncMode::Add)
        .minimum_size(MinimumSize::warn_below(0))
}

/// Polls a run until nothing moves any more without Facebook or the source.
async fn settle(run: &mut Pin<&mut impl Future<Output = Result<SyncReport>>>) {
    for _ in 0..100 {
        let pending = poll_fn(|context| Poll::Ready(run.as_mut().poll(context).is_pending())).await;
        assert!(pending, "a run that waits");
        tokio::task::yield_now().await;
    }
}

async fn latest(stream: &mut (impl Stream<Item = Progress> + Unpin)) -> Progress {
    let look = poll_fn(|context| match Pin::new(&mut *stream).poll_next(context) {
        Poll::Pending => Poll::Ready(None),
        Poll::Ready(look) => Poll::Ready(look),
    });
    look.await.expect("something new")
}

#[tokio::test]
async fn a_run_reads_no_further_than_what_waits_for_facebook_can_hold() {
    let facebook = TinyFacebook::new();
    facebook.let_through(0);
    let (source, asked) = numbered(20_000);
    let engine = engine(source, &facebook).build();
    let mut run = pin!(engine.run(target()));
    settle(&mut run).await;
    // Three calls under way, one held back behind each, one being filled, one batch of contacts.
    let held = asked.load(Relaxed);
    assert!((3_000..=3_500 + 1_024).contains(&held), "{held} contacts read");
    for call in 1..=20 {
        facebook.let_through(1);
        settle(&mut run).await;
        let held = asked.load(Relaxed) - call * 500;
        assert!(held <= 3_500 + 1_024, "{held} contacts held after {call} calls");
        assert_eq!(facebook.calls(), call);
    }
    facebook.let_through(u64::MAX / 2);
    let report = run.await.unwrap();
    assert_eq!((report.added.sent, report.added.calls), (20_000, 40));
}

#[tokio::test]
async fn answers_are_told_while_the_last_calls_are_waited_for() {
    let facebook = TinyFacebook::new();
    facebook.let_through(0);
    let (source, _) = numbered(3_000);
    let engine = engine(source, &facebook).build();
    let mut progress = engine.progress();
    let mut run = pin!(engine.run(target()));
    settle(&mut run).await;
    let look = latest(&mut progress).await;
    assert_eq!((look.stage, look.total, look.answered), (RunStage::Reading, None, 0));
    assert_eq!(look.predicted_end, None, "of a source that does not say how long it is");
    for calls in 1..=5 {
        facebook.let_through(1);
        settle(&mut run).await;
        assert_eq!(latest(&mut progress).await.answered, calls * 500);
    }
    facebook.let_through(9);
    assert_eq!(run.await.unwrap().added.sent, 3_000);
    let last = latest(&mut progress).await;
    assert_eq!((last.stage, last.done, last.answered), (RunStage::Done, 3_000, 3_000));
}

#[tokio::test]
async fn removals_are_told_as_they_are_answered() {
    let facebook = TinyFacebook::new();
    let ledger = MemoryLedger::new();
    let (everyone, _) = numbered(4_000);
    engine(everyone, &facebook).ledger(ledger.clone()).build().run(target()).await.unwrap();
    facebook.0.lock().unwrap().gate = Some(0);
    let (staying, _) = numbered(2_000);
    let engine = engine(staying, &facebook)
        .ledger(ledger)
        .removal_guard(RemovalGuard::off())
        .upload_sessions(1)
        .build();
    let mut progress = engine.progress();
    let mut run = pin!(engine.run(target().mode(SyncMode::Mirror)));
    settle(&mut run).await;
    let look = latest(&mut progress).await;
    assert_eq!((look.stage, look.done, look.total, look.answered), (RunStage::Removing, 0, Some(2_000), 0));
    for calls in 1..=3 {
        facebook.let_through(1);
        settle(&mut run).await;
        let look = latest(&mut progress).await;
        assert_eq!((look.done, look.answered), (calls * 500, calls * 500));
    }
    facebook.let_through(1);
    assert_eq!(run.await.unwrap().removed.sent, 2_000);
}

/// Two thousand contacts at once, and the others when the sluice is opened.
#[derive(Debug)]
struct Halting(Schema, Arc<AtomicBool>);

struct HaltingReader(Arc<AtomicBool>, u64);

#[async_trait]
impl ContactSource for Halting {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn len_hint(&self) -> Option<u64> {
        Some(2_500)
    }

    async fn open(&self) -> Result<Box<dyn ContactReader>> {
        Ok(Box::new(HaltingReader(Arc::clone(&self.1), 0)))
    }
}

#[async_trait]
impl ContactReader for HaltingReader {
    async fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.clear();
        if self.1 == 2_000 {
            poll_fn(|_| if self.0.load(Relaxed) { Poll::Ready(()) } else { Poll::Pending }).await;
        }
        let end = (self.1 + 500).min(2_500);
        for number in self.1..end {
            batch.push(|contact| {
                let email = contact.schema().require("email")?;
                contact.set(email, format!("p{number}@example.com"))
            })?;
        }
        self.1 = end;
        Ok(!batch.contacts().is_empty())
    }
}

#[tokio::test]
async fn answers_are_noted_while_the_source_is_waited_for() {
    let facebook = TinyFacebook::new();
    facebook.let_through(0);
    let open = Arc::new(AtomicBool::new(false));
    let ledger = MemoryLedger::new();
    let engine =
        engine(Halting(Schema::standard(), Arc::clone(&open)), &facebook).ledger(ledger.clone()).build();
    let mut progress = engine.progress();
    let mut run = Box::pin(engine.run(target()));
    settle(&mut run.as_mut()).await;
    assert_eq!(latest(&mut progress).await.done, 2_000);
    facebook.let_through(1);
    settle(&mut run.as_mut()).await;
    let look = latest(&mut progress).await;
    assert_eq!((look.done, look.total, look.answered), (2_000, Some(2_500), 500));
    // Dropped there, the next run knows that the answer came: what it sends again is the call without one.
    drop(run);
    open.store(true, Relaxed);
    facebook.let_through(99);
    let report = engine.run(target()).await.unwrap();
    assert_eq!((report.rows.unchanged, report.added.sent), (500, 2_000));
    assert_eq!(facebook.members(&"1".parse().unwrap()).len(), 2_500);
}

#[tokio::test]
async fn a_throttle_in_the_middle_of_three_uploads_is_waited_out() {
    let facebook = MockClient::new();
    let account = facebook.fake().account();
    let audience: AudienceId = facebook.create_audience(&account, &NewAudience::new("a", "b")).await.unwrap();
    for fault in
        ["too_many_requests@add_users:5", "too_many_requests@add_users:6", "too_many_requests@add_users:9"]
    {
        facebook.fake().inject(fault.parse().unwrap());
    }
    let (source, _) = numbered(6_000);
    let engine = SyncEngine::builder(source, facebook.clone(), facebook.fake().clone())
        .upload_sessions(3)
        .rows_per_call(500)
        .build();
    let report = engine.run(SyncTarget::new(account, audience.clone()).mode(SyncMode::Add)).await.unwrap();
    report.check().unwrap();
    assert_eq!((report.added.accepted, report.added.calls), (6_000, 12));
}

#[tokio::test]
async fn a_throttle_that_is_not_waited_out_leaves_the_outcomes_of_the_other_uploads() {
    for strikes in 0..12 {
        let facebook = TinyFacebook::new();
        {
            let mut world = facebook.0.lock().unwrap();
            world.waits = true;
            world.faults.insert(strikes, Fault::Throttled);
        }
        let (source, _) = numbered(6_000);
        let engine = engine(source, &facebook).build();
        let error = engine.run(target()).await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        let answered = facebook.calls() - 1;
        let report = engine.run(target()).await.unwrap();
        report.check().unwrap();
        assert_eq!(report.rows.unchanged, answered * 500, "call {strikes} is throttled");
        assert_eq!(report.added.sent, 6_000 - answered * 500);
        assert_eq!(facebook.members(&"1".parse().unwrap()).len(), 6_000);
    }
}

/// Gives nothing again and again, a few contacts, and the last ones together with the end.
#[derive(Debug)]
struct Stuttering(Schema);

struct StutteringReader(u64);

#[async_trait]
impl ContactSource for Stuttering {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn len_hint(&self) -> Option<u64> {
        None
    }

    async fn open(&self) -> Result<Box<dyn ContactReader>> {
        Ok(Box::new(StutteringReader(0)))
    }
}

#[async_trait]
impl ContactReader for StutteringReader {
    async fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.clear();
        self.0 += 1;
        if self.0.is_multiple_of(3) {
            batch.push(|contact| {
                let email = contact.schema().require("email")?;
                contact.set(email, format!("p{}@example.com", self.0))
            })?;
        }
        Ok(self.0 < 30)
    }
}

#[tokio::test]
async fn empty_batches_end_nothing_and_contacts_beside_the_end_count() {
    let schema = Schema::standard();
    for threads in [0, 2] {
        let facebook = TinyFacebook::new();
        let mut engine = engine(Stuttering(schema.clone()), &facebook);
        if threads > 0 {
            engine = engine.executor(Losing { losing: u64::MAX, jobs: AtomicU64::new(0) }, threads);
        }
        let report = engine.build().run(target()).await.unwrap();
        assert_eq!((report.contacts.read, report.added.accepted), (10, 10));
    }
    let everyone = Segment::builder("all").include(Selector::all()).build(&schema).unwrap();
    let now = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    assert_eq!(everyone.count(&Stuttering(schema), &now).await.unwrap().contacts, 10);
}

/// Runs jobs at once, and loses one.
#[derive(Debug)]
struct Losing {
    losing: u64,
    jobs: AtomicU64,
}

impl Executor for Losing {
    fn execute(&self, job: Task) {
        if self.jobs.fetch_add(1, Relaxed) != self.losing {
            job();
        }
    }
}

#[tokio::test]
async fn a_lost_job_is_an_error_from_which_the_next_run_goes_on() {
    let facebook = TinyFacebook::new();
    let (source, _) = numbered(20_000);
    let engine = engine(source, &facebook).executor(Losing { losing: 4, jobs: AtomicU64::new(0) }, 2).build();
    let error = engine.run(target()).await.unwrap_err();
    assert!(error.to_string().contains("the executor dropped a task"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Io);
    let sent = facebook.calls() * 500;
    assert!(sent > 0);
    let report = engine.run(target()).await.unwrap();
    assert_eq!((report.rows.unchanged, report.added.sent), (sent, 20_000 - sent));
}

/// Keeps jobs for later.
#[derive(Clone, Default)]
struct Later(Arc<Mutex<Vec<Task>>>);

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Later")
    }
}

impl Executor for Later {
    fn execute(&self, job: Task) {
        self.0.lock().unwrap().push(job);
    }
}

#[tokio::test]
async fn a_run_that_is_dropped_with_jobs_out_leaves_nothing_that_they_could_change() {
    let facebook = TinyFacebook::new();
    let (source, asked) = numbered(20_000);
    let workers = Later::default();
    let engine = engine(source, &facebook).executor(workers.clone(), 2).build();
    let mut run = Box::pin(engine.run(target()));
    settle(&mut run.as_mut()).await;
    assert_eq!((workers.0.lock().unwrap().len(), asked.load(Relaxed)), (4, 4 * 2_048));
    drop(run);
    workers.0.lock().unwrap().drain(..).for_each(|job| job());
    assert_eq!(facebook.calls(), 0);
    let mut run = Box::pin(engine.run(target()));
    settle(&mut run.as_mut()).await;
    // The newest first: order is kept all the same.
    while let Some(job) = { workers.0.lock().unwrap().pop() } {
        job();
        let step = poll_fn(|context| Poll::Ready(run.as_mut().poll(context))).await;
        if let Poll::Ready(report) = step {
            assert_eq!(report.unwrap().added.sent, 20_000);
            return;
        }
    }
    panic!("the run waits for no job");
}
