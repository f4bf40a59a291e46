//! The context of every operation: source, client, store and settings of an engine.

use std::sync::Arc;

use time::OffsetDateTime;

use super::cancel::CancelSource;
use super::delivery::audience_ledger::AudienceLedger;
use super::delivery::session_ids::SessionIds;
use super::delivery::uploader::UploadContext;
use super::digest::PseudonymKey;
use super::ledger::backend::Backend;
use super::ledger::memory::MemoryLedger;
use super::pipeline::prepare::RowPreparer;
use super::pipeline::reader::RowReader;
use super::pipeline::select::Selection;
use super::pipeline::workers::Executor;
use super::policy::{ConsentPolicy, RemovalGuard};
use super::report::progress::ProgressChannel;
use super::target::{SyncMode, SyncTarget};
use crate::clock::{Clock, TimeZone};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::{AudienceId, FacebookClient, Upload};
use crate::identity::KeyMap;
use crate::segment::{EvaluationTime, SegmentCatalog};
use crate::source::ContactSource;

/// The parts and settings of an engine.
pub(super) struct Context {
    pub(super) source: Arc<dyn ContactSource>,
    pub(super) client: Arc<dyn FacebookClient>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) zone: TimeZone,
    /// The field in which a contact may name a time zone of its own.
    pub(super) zone_field: Option<String>,
    pub(super) keys: KeyMap,
    pub(super) catalog: Option<Arc<dyn SegmentCatalog>>,
    pub(super) backend: Backend,
    pub(super) pseudonym_key: PseudonymKey,
    pub(super) consent: ConsentPolicy,
    pub(super) removal_guard: RemovalGuard,
    pub(super) upload_sessions: usize,
    pub(super) rows_per_call: usize,
    pub(super) search_calls: Option<u32>,
    pub(super) executor: Option<(Arc<dyn Executor>, usize)>,
    /// Contacts that are read at a time.
    pub(super) batch_rows: usize,
    pub(super) progress: ProgressChannel,
    pub(super) session_ids: SessionIds,
    pub(super) cancel: CancelSource,
}

impl Context {
    pub(super) fn new(
        source: Arc<dyn ContactSource>,
        client: Arc<dyn FacebookClient>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let keys = KeyMap::standard(source.schema());
        Self {
            source,
            client,
            clock,
            zone: TimeZone::utc(),
            zone_field: None,
            keys,
            catalog: None,
            backend: Backend::Ledger(Arc::new(MemoryLedger::new())),
            pseudonym_key: PseudonymKey::default(),
            consent: ConsentPolicy::default(),
            removal_guard: RemovalGuard::default(),
            upload_sessions: 1,
            rows_per_call: Upload::MAX_ROWS,
            search_calls: None,
            executor: None,
            batch_rows: 1_024,
            progress: ProgressChannel::default(),
            session_ids: SessionIds::new(),
            cancel: CancelSource::default(),
        }
    }

    /// Refuses what could send no row whatever the contacts are.
    pub(super) fn check(&self, target: &SyncTarget) -> Result<()> {
        target.require_group()?;
        if self.keys.identifies() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Invalid, "sync", "no column of the key map identifies a person")
            .with_help("map a field to EMAIL, PHONE, FN, LN, MADID, EXTERN_ID, PAGEUID or APPUID"))
    }

    /// Opens the source for a pass over the contacts of a target, judged at `now`.
    pub(super) async fn open_contacts(&self, target: &SyncTarget, now: OffsetDateTime) -> Result<RowReader> {
        let schema = self.source.schema();
        let mut time = EvaluationTime::new(now, self.zone.clone());
        if let Some(field) = &self.zone_field {
            time = time.zone_of(field);
        }
        let blocked = self.backend.journal().blocked().await?;
        let preparer = Arc::new(RowPreparer {
            groups: Selection::compile(target.segments.as_deref(), schema, &time, self.catalog.as_deref())?,
            policy: self.consent.bind(schema, now),
            keys: self.keys.clone(),
            secret: self.pseudonym_key.clone(),
            id: schema.field("id"),
            blocked: Arc::new(blocked.into_iter().collect()),
            removes: target.mode == SyncMode::Remove,
            identify: self.backend.ledger().is_some(),
        });
        let executor = self.executor.as_ref().map(|(executor, threads)| (executor, *threads));
        Ok(RowReader::new(self.source.open().await?, schema, &preparer, executor, self.batch_rows))
    }

    /// Begins the next run of an audience; without a mode it goes on with what is open.
    pub(super) async fn open_ledger(
        &self,
        audience: &AudienceId,
        mode: Option<SyncMode>,
        now: OffsetDateTime,
    ) -> Result<AudienceLedger> {
        AudienceLedger::open(self.backend.clone(), audience, mode, now, self.pseudonym_key.check()).await
    }

    /// Returns what uploads to an audience need, without a token to cancel them and without a meter.
    pub(super) fn uploads<'a>(&'a self, audience: &'a AudienceId) -> UploadContext<'a> {
        UploadContext {
            client: &self.client,
            clock: &self.clock,
            audience,
            session_ids: &self.session_ids,
            sessions: self.upload_sessions,
            rows_per_call: self.rows_per_call,
            search_calls: self.search_calls,
            cancel: None,
            meter: None,
        }
    }
}
