//! The progress of runs, as a stream.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A stage of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunStage {
    /// Reading, selecting, hashing and adding.
    Reading,
    /// Removing members.
    Removing,
    /// Sending rows again that were left open.
    Settling,
    /// Ended with success.
    Done,
    /// Ended with an error, or dropped.
    Failed,
}

/// A snapshot of a run's progress.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Progress {
    /// The stage.
    pub stage: RunStage,
    /// Contacts read so far; in later stages rows removed or sent again.
    pub done: u64,
    /// The total of `done`, if known.
    pub total: Option<u64>,
    /// Rows in calls that Facebook has answered.
    pub answered: u64,
    /// `done` per second since the stage began, once time has passed.
    pub rate: Option<f64>,
    /// The time at which the stage ends at this rate, if the total is known.
    #[serde(with = "time::serde::rfc3339::option")]
    pub predicted_end: Option<OffsetDateTime>,
}

#[derive(Default)]
struct Channel {
    latest: Option<Progress>,
    /// The number of the latest snapshot.
    version: u64,
    /// Runs under way.
    runs: usize,
    wakers: Vec<Waker>,
}

/// The sending end, inside the engine.
#[derive(Clone, Default)]
pub(in crate::sync) struct ProgressChannel(Arc<Mutex<Channel>>);

/// A stream of the progress of an engine's runs. Each item is the latest snapshot; those in between are skipped.
///
/// It ends after [`RunStage::Done`] or [`RunStage::Failed`]. A stream sees only what happens after it was created, so create
/// it before the run. Dropping it has no effect on the run.
///
/// ```
/// use audiencekit::facebook::{FacebookClient, NewAudience};
/// use audiencekit::sync::RunStage;
/// use audiencekit::{Contact, MemorySource, MockClient, Schema, SyncEngine, SyncTarget};
/// use futures_util::StreamExt as _;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let (schema, facebook) = (Schema::standard(), MockClient::new());
/// let account = facebook.fake().account();
/// let audience = facebook.create_audience(&account, &NewAudience::new("VIP", "Two purchases")).await?;
/// let ada = Contact::builder(&schema).email("ada@example.com").build()?;
/// let people = MemorySource::new(&schema, vec![ada]);
/// let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
///
/// let mut progress = engine.progress();
/// let listen = async {
///     let mut last = None;
///     while let Some(snapshot) = progress.next().await {
///         last = Some(snapshot); // draw a bar: snapshot.done of snapshot.total
///     }
///     last
/// };
/// let (report, last) = tokio::join!(engine.run(SyncTarget::new(account, audience)), listen);
/// assert_eq!((report?.added.accepted, last.map(|snapshot| snapshot.stage)), (1, Some(RunStage::Done)));
/// # Ok(())
/// # }
/// ```
pub struct ProgressStream {
    channel: ProgressChannel,
    /// The last snapshot it returned.
    seen: u64,
    over: bool,
}

impl ProgressChannel {
    fn lock(&self) -> MutexGuard<'_, Channel> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::sync) fn stream(&self) -> ProgressStream {
        // A run that is over already is not the one to come.
        let seen = self.lock().version;
        ProgressStream { channel: self.clone(), seen, over: false }
    }

    pub(in crate::sync) fn set(&self, progress: Progress) {
        let mut channel = self.lock();
        channel.latest = Some(progress);
        channel.version += 1;
        let wakers = std::mem::take(&mut channel.wakers);
        // A waker may poll at once, which locks again.
        drop(channel);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Begins a run: however it ends, the streams end too.
    pub(in crate::sync) fn begin(&self) -> RunGuard {
        self.lock().runs += 1;
        RunGuard { watch: self.clone(), finished: false }
    }
}

/// One run, as the streams see it.
pub(in crate::sync) struct RunGuard {
    watch: ProgressChannel,
    finished: bool,
}

impl RunGuard {
    pub(in crate::sync) fn finish(&mut self, last: Progress) {
        self.finished = true;
        self.watch.set(last);
    }
}

impl Drop for RunGuard {
    fn drop(&mut self) {
        let mut channel = self.watch.lock();
        channel.runs = channel.runs.saturating_sub(1);
        if self.finished || channel.runs > 0 {
            return;
        }
        let latest =
            channel.latest.filter(|latest| !matches!(latest.stage, RunStage::Done | RunStage::Failed));
        drop(channel);
        let (done, total, answered) =
            latest.map_or((0, None, 0), |last| (last.done, last.total, last.answered));
        self.watch.set(Progress {
            stage: RunStage::Failed,
            done,
            total,
            answered,
            rate: None,
            predicted_end: None,
        });
    }
}

impl fmt::Debug for ProgressChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProgressChannel")
    }
}

impl fmt::Debug for ProgressStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProgressStream({:?})", self.channel.lock().latest)
    }
}

impl Stream for ProgressStream {
    type Item = Progress;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Progress>> {
        if self.over {
            return Poll::Ready(None);
        }
        let mut channel = self.channel.lock();
        match channel.latest {
            Some(latest) if channel.version > self.seen => {
                let version = channel.version;
                drop(channel);
                self.seen = version;
                self.over = matches!(latest.stage, RunStage::Done | RunStage::Failed);
                Poll::Ready(Some(latest))
            }
            _ => {
                if !channel.wakers.iter().any(|known| known.will_wake(context.waker())) {
                    channel.wakers.push(context.waker().clone());
                }
                Poll::Pending
            }
        }
    }
}

/// Measures one stage.
#[derive(Debug)]
pub(in crate::sync) struct StageMeter {
    watch: ProgressChannel,
    stage: RunStage,
    since: OffsetDateTime,
    total: Option<u64>,
    done: AtomicU64,
    answered: AtomicU64,
}

impl StageMeter {
    pub(in crate::sync) fn start(
        watch: &ProgressChannel,
        stage: RunStage,
        now: OffsetDateTime,
        total: Option<u64>,
    ) -> Self {
        let watch = watch.clone();
        Self { watch, stage, since: now, total, done: AtomicU64::new(0), answered: AtomicU64::new(0) }
    }

    /// Sets the rows that were answered in earlier stages.
    pub(in crate::sync) fn after(self, answered: u64) -> Self {
        Self { answered: AtomicU64::new(answered), ..self }
    }

    /// Notes how many contacts have been read.
    pub(in crate::sync) fn read(&self, contacts: u64, now: OffsetDateTime) {
        self.done.store(contacts, Ordering::Relaxed);
        self.show(now);
    }

    /// Notes that Facebook has answered for more rows.
    pub(in crate::sync) fn answered(&self, rows: u64, removed: bool, now: OffsetDateTime) {
        self.answered.fetch_add(rows, Ordering::Relaxed);
        if removed || self.stage == RunStage::Settling {
            self.done.fetch_add(rows, Ordering::Relaxed);
        }
        self.show(now);
    }

    pub(in crate::sync) fn show(&self, now: OffsetDateTime) {
        let done = self.done.load(Ordering::Relaxed);
        let seconds = (now - self.since).as_seconds_f64();
        let rate = (seconds > 0.0 && done > 0).then(|| done as f64 / seconds);
        let predicted_end = rate.zip(self.total).and_then(|(rate, total)| {
            let left = total.saturating_sub(done) as f64 / rate;
            now.checked_add(time::Duration::checked_seconds_f64(left)?)
        });
        self.watch.set(Progress {
            stage: self.stage,
            done,
            total: self.total,
            answered: self.answered.load(Ordering::Relaxed),
            rate,
            predicted_end,
        });
    }
}
