//! The engine: a source, a client, and the rules between them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::delivery::batch::SessionIds;
use super::delivery::uploader::Sender;
use super::digest::PseudonymKey;
use super::ledger::backend::Backend;
use super::ledger::memory::MemoryLedger;
use super::ledger::traits::{Journal, Ledger};
use super::pipeline::prepare::RowPreparer;
use super::pipeline::reader::RowReader;
use super::pipeline::select::Selection;
use super::pipeline::workers::Executor;
use super::policy::{ConsentPolicy, RemovalGuard};
use super::progress::{ProgressChannel, ProgressStream};
use super::target::SyncTarget;
use crate::clock::{Clock, TimeZone};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::{AudienceId, FacebookClient, Upload};
use crate::identity::KeyMap;
use crate::segment::{EvaluationTime, SegmentCatalog};
use crate::source::ContactSource;
use time::OffsetDateTime;

/// Keeps audiences in step with contacts.
///
/// A run reads contacts, selects, hashes and uploads in calls of 10,000 rows, with bounded memory. Dropping its future
/// at any point leaves a state from which the next run goes on.
///
/// ```
/// use audiencekit::facebook::NewAudience;
/// use audiencekit::{Contact, FacebookClient, MemorySource, MockClient, SyncMode, Schema, SyncEngine, SyncTarget};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let schema = Schema::standard();
/// let mut ada = Contact::new(&schema);
/// ada.set(schema.require("email")?, "ada@example.com")?;
/// let facebook = MockClient::new();
/// let account = facebook.fake().account();
/// let audience = facebook.create_audience(&account, &NewAudience::new("VIP", "Two purchases")).await?;
///
/// let people = MemorySource::new(&schema, vec![ada]);
/// let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
/// let target = SyncTarget::new(account, audience).mode(SyncMode::Mirror);
/// assert_eq!(engine.plan(&target).await?.add, 1); // sends nothing
/// let report = engine.run(&target).await?;
/// assert_eq!((report.added.accepted, report.members), (1, Some(1)));
/// # Ok::<(), audiencekit::Error>(())
/// # }).unwrap();
/// ```
pub struct SyncEngine {
    pub(super) source: Arc<dyn ContactSource>,
    pub(super) client: Arc<dyn FacebookClient>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) zone: TimeZone,
    pub(super) zone_field: Option<String>,
    pub(super) keys: KeyMap,
    pub(super) catalog: Option<Arc<dyn SegmentCatalog>>,
    pub(super) store: Backend,
    pub(super) secret: PseudonymKey,
    pub(super) consent: ConsentPolicy,
    pub(super) guards: RemovalGuard,
    pub(super) uploads: usize,
    pub(super) rows_per_call: usize,
    pub(super) search_calls: Option<u32>,
    pub(super) workers: Option<(Arc<dyn Executor>, usize)>,
    pub(super) batch_rows: usize,
    pub(super) watch: ProgressChannel,
    pub(super) ids: Arc<SessionIds>,
    /// How often a stop was asked for.
    stops: AtomicU64,
}

/// Says whether a stop was asked for since a run began.
#[derive(Debug, Clone, Copy)]
pub(super) struct CancelToken<'a> {
    stops: &'a AtomicU64,
    before: u64,
}

impl CancelToken<'_> {
    /// # Errors
    /// [`ErrorKind::Cancelled`] when a stop was asked for.
    pub(super) fn check(self) -> Result<()> {
        if self.stops.load(Ordering::Relaxed) == self.before {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Cancelled, "sync", "stopped on request")
            .expected("another run, which goes on from here"))
    }
}

/// Builds a [`SyncEngine`].
#[derive(Debug)]
pub struct SyncEngineBuilder(SyncEngine);

impl SyncEngine {
    /// An engine with the machine's clock, e-mail and phone as keys, and a ledger in memory.
    #[cfg(feature = "tokio")]
    #[must_use]
    pub fn new(source: impl ContactSource + 'static, client: impl FacebookClient + 'static) -> Self {
        Self::builder(source, client, crate::clock::SystemClock).build()
    }

    /// Starts an engine.
    #[must_use]
    pub fn builder(
        source: impl ContactSource + 'static,
        client: impl FacebookClient + 'static,
        clock: impl Clock + 'static,
    ) -> SyncEngineBuilder {
        let keys = KeyMap::standard(source.schema());
        SyncEngineBuilder(Self {
            source: Arc::new(source),
            client: Arc::new(client),
            clock: Arc::new(clock),
            zone: TimeZone::utc(),
            zone_field: None,
            keys,
            catalog: None,
            store: Backend::Ledger(Arc::new(MemoryLedger::new())),
            secret: PseudonymKey::default(),
            consent: ConsentPolicy::default(),
            guards: RemovalGuard::default(),
            uploads: 1,
            rows_per_call: Upload::MAX_ROWS,
            search_calls: None,
            workers: None,
            batch_rows: 1_024,
            watch: ProgressChannel::default(),
            ids: Arc::new(SessionIds::new()),
            stops: AtomicU64::new(0),
        })
    }

    /// The progress of the runs of this engine.
    pub fn progress(&self) -> ProgressStream {
        self.watch.stream()
    }

    /// Asks the runs under way to stop after the calls under way; they end with
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) and the next run goes on from there. A run that begins
    /// later is not stopped.
    pub fn cancel(&self) {
        self.stops.fetch_add(1, Ordering::Relaxed);
    }

    /// To be taken when a run begins.
    pub(super) fn stop_signal(&self) -> CancelToken<'_> {
        CancelToken { stops: &self.stops, before: self.stops.load(Ordering::Relaxed) }
    }

    pub(super) async fn intake(&self, target: &SyncTarget, now: OffsetDateTime) -> Result<RowReader> {
        let schema = self.source.schema();
        let mut time = EvaluationTime::new(now, self.zone.clone());
        if let Some(field) = &self.zone_field {
            time = time.zone_of(field);
        }
        let blocked = self.store.journal().blocked().await?;
        let preparer = Arc::new(RowPreparer {
            groups: Selection::compile(target.segments.as_deref(), schema, &time, self.catalog.as_deref())?,
            policy: self.consent.bind(schema, now),
            keys: self.keys.clone(),
            secret: self.secret.clone(),
            id: schema.field("id"),
            blocked: Arc::new(blocked.into_iter().collect()),
            identify: self.store.ledger().is_some(),
        });
        let workers = self.workers.as_ref().map(|(workers, threads)| (workers, *threads));
        Ok(RowReader::new(self.source.open().await?, schema, &preparer, workers, self.batch_rows))
    }

    /// The instant that its clock shows.
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    pub(super) fn sender<'a>(&'a self, audience: &'a AudienceId) -> Sender<'a> {
        Sender {
            client: &self.client,
            clock: &self.clock,
            audience,
            ids: &self.ids,
            lanes: self.uploads,
            rows: self.rows_per_call,
            search_calls: self.search_calls,
            stop: None,
            meter: None,
        }
    }
}

impl SyncEngineBuilder {
    /// Which fields become which match keys; e-mail and phone without it.
    #[must_use]
    pub fn keys(mut self, keys: KeyMap) -> Self {
        self.0.keys = keys;
        self
    }

    /// The zone in which a day begins; UTC without it.
    #[must_use]
    pub fn zone(mut self, zone: TimeZone) -> Self {
        self.0.zone = zone;
        self
    }

    /// The field in which a contact may name a zone of its own, for the segments:
    /// [`EvaluationTime::zone_of`](crate::EvaluationTime::zone_of). A run is refused when there is no such field.
    #[must_use]
    pub fn zone_of(mut self, field: impl Into<String>) -> Self {
        self.0.zone_field = Some(field.into());
        self
    }

    /// Where segments that other segments name are found.
    #[must_use]
    pub fn catalog(mut self, catalog: impl SegmentCatalog + 'static) -> Self {
        self.0.catalog = Some(Arc::new(catalog));
        self
    }

    /// Where calls and members are remembered.
    #[must_use]
    pub fn ledger(mut self, ledger: impl Ledger + 'static) -> Self {
        self.0.store = Backend::Ledger(Arc::new(ledger));
        self
    }

    /// Remembers calls only: uploads of any size in bounded memory, in the modes that remove nobody and
    /// [`SyncMode::Replace`](super::target::SyncMode::Replace). Interrupted runs resume where the journal ends.
    #[must_use]
    pub fn journal(mut self, journal: impl Journal + 'static) -> Self {
        self.0.store = Backend::Journal(Arc::new(journal));
        self
    }

    /// The key under which persons are digested in the ledger.
    #[must_use]
    pub fn pseudonym_key(mut self, secret: PseudonymKey) -> Self {
        self.0.secret = secret;
        self
    }

    /// Which selected contacts are held back.
    #[must_use]
    pub fn consent(mut self, policy: ConsentPolicy) -> Self {
        self.0.consent = policy;
        self
    }

    /// What a run refuses to remove.
    #[must_use]
    pub fn removal_guard(mut self, guards: RemovalGuard) -> Self {
        self.0.guards = guards;
        self
    }

    /// Upload sessions side by side, each with one call under way; 1 without it, at most 16.
    #[must_use]
    pub fn upload_sessions(mut self, count: usize) -> Self {
        self.0.uploads = count.clamp(1, 16);
        self
    }

    /// Rows of a call; 10,000 without it, which is the most. Fewer rows cost more calls of the quota.
    #[must_use]
    pub fn rows_per_call(mut self, rows: usize) -> Self {
        self.0.rows_per_call = rows.clamp(1, Upload::MAX_ROWS);
        self
    }

    /// Finds the rows that Facebook refused and did not name, by sending halves of the call again, in at most
    /// `most_calls` more calls for each call.
    #[must_use]
    pub fn isolate_rejected_rows(mut self, most_calls: u32) -> Self {
        self.0.search_calls = Some(most_calls);
        self
    }

    /// Reads, selects and hashes on `threads` threads of the host's; on the task's own thread without it.
    ///
    /// The task's own thread then cuts the source into lots and sends. A source without a
    /// [`ChunkReader`](crate::source::ChunkReader) is read there too.
    #[must_use]
    pub fn executor(mut self, workers: impl Executor + 'static, threads: usize) -> Self {
        self.0.workers = Some((Arc::new(workers), threads));
        self.0.batch_rows = 2_048;
        self
    }

    /// The engine.
    #[must_use]
    pub fn build(self) -> SyncEngine {
        self.0
    }
}

impl fmt::Debug for SyncEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SyncEngine({:?}, {:?})", self.source, self.store)
    }
}
