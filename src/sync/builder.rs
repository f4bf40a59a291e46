//! The builder of an engine.

use std::fmt;
use std::sync::Arc;

use super::context::Context;
use super::digest::PseudonymKey;
use super::engine::SyncEngine;
use super::ledger::backend::Backend;
use super::ledger::traits::{Journal, Ledger};
use super::pipeline::workers::Executor;
use super::policy::{ConsentPolicy, RemovalGuard};
use crate::clock::{Clock, TimeZone};
use crate::facebook::{FacebookClient, Upload};
use crate::identity::KeyMap;
use crate::segment::SegmentCatalog;
use crate::source::ContactSource;

/// A builder of a [`SyncEngine`].
///
/// ```
/// use audiencekit::{MemorySource, MockClient, Schema, SyncEngine, TimeZone};
///
/// let people = MemorySource::new(&Schema::standard(), Vec::new());
/// let facebook = MockClient::new();
/// let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone())
///     .zone(TimeZone::named("Europe/Warsaw")?)
///     .upload_sessions(4)
///     .build();
/// # Ok::<(), audiencekit::Error>(())
/// ```
pub struct SyncEngineBuilder {
    context: Context,
}

impl SyncEngine {
    /// Creates an engine with the system clock and every other setting at its default.
    ///
    /// ```
    /// use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
    ///
    /// let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// let engine = SyncEngine::new(people, MockClient::new());
    /// ```
    #[cfg(feature = "tokio")]
    #[must_use]
    pub fn new(source: impl ContactSource + 'static, client: impl FacebookClient + 'static) -> Self {
        Self::builder(source, client, crate::clock::SystemClock).build()
    }

    /// Creates a builder of an engine that reads from `source` and sends by `client`.
    ///
    /// ```
    /// use audiencekit::{ManualClock, MemorySource, MockClient, Schema, SyncEngine};
    /// use time::macros::datetime;
    ///
    /// let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// let clock = ManualClock::new(datetime!(2026-11-30 12:00 UTC));
    /// let engine = SyncEngine::builder(people, MockClient::new(), clock).upload_sessions(4).build();
    /// ```
    #[must_use]
    pub fn builder(
        source: impl ContactSource + 'static,
        client: impl FacebookClient + 'static,
        clock: impl Clock + 'static,
    ) -> SyncEngineBuilder {
        SyncEngineBuilder { context: Context::new(Arc::new(source), Arc::new(client), Arc::new(clock)) }
    }
}

impl SyncEngineBuilder {
    /// Sets the mapping from fields to match keys. Defaults to e-mail and phone.
    ///
    /// ```
    /// # use audiencekit::{MemorySource, MockClient, SyncEngine};
    /// use audiencekit::{KeyMap, MatchKey, Schema};
    ///
    /// let schema = Schema::standard();
    /// # let (people, facebook) = (MemorySource::new(&schema, Vec::new()), MockClient::new());
    /// # let builder = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone());
    /// let keys = KeyMap::builder().column(MatchKey::Email, "email").build(&schema)?;
    /// let engine = builder.keys(keys).build();
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn keys(mut self, keys: KeyMap) -> Self {
        self.context.keys = keys;
        self
    }

    /// Sets the time zone in which days begin and end. Defaults to UTC.
    ///
    /// ```
    /// # use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
    /// use audiencekit::TimeZone;
    ///
    /// # let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// # let facebook = MockClient::new();
    /// # let builder = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone());
    /// let engine = builder.zone(TimeZone::named("America/New_York")?).build();
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn zone(mut self, zone: TimeZone) -> Self {
        self.context.zone = zone;
        self
    }

    /// Sets the field in which a contact may name its own time zone, for segments with calendar conditions.
    ///
    /// See [`EvaluationTime::zone_of`](crate::EvaluationTime::zone_of). A run returns an error if the schema has no such
    /// field. Defaults to none.
    #[must_use]
    pub fn zone_of(mut self, field: impl Into<String>) -> Self {
        self.context.zone_field = Some(field.into());
        self
    }

    /// Sets the catalog in which segments find the segments they refer to. Defaults to none.
    ///
    /// ```
    /// # use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
    /// use audiencekit::segment::MemoryCatalog;
    ///
    /// # let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// # let facebook = MockClient::new();
    /// # let builder = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone());
    /// let engine = builder.catalog(MemoryCatalog::new()).build();
    /// ```
    #[must_use]
    pub fn catalog(mut self, catalog: impl SegmentCatalog + 'static) -> Self {
        self.context.catalog = Some(Arc::new(catalog));
        self
    }

    /// Sets the store that remembers calls and members. Defaults to a new [`MemoryLedger`](super::MemoryLedger).
    ///
    /// ```
    /// # use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
    /// use audiencekit::MemoryLedger;
    ///
    /// # let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// # let facebook = MockClient::new();
    /// # let builder = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone());
    /// let ledger = MemoryLedger::new(); // or SqliteLedger::open("audiences.db")?
    /// let engine = builder.ledger(ledger.clone()).build();
    /// ```
    #[must_use]
    pub fn ledger(mut self, ledger: impl Ledger + 'static) -> Self {
        self.context.backend = Backend::Ledger(Arc::new(ledger));
        self
    }

    /// Sets a store that remembers calls only, so that uploads of any size take bounded memory.
    ///
    /// Then only [`SyncMode::Replace`](super::SyncMode::Replace) and the modes that remove no member work, and duplicate
    /// rows are sent twice. An interrupted run resumes where the journal ends.
    ///
    /// ```
    /// # use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
    /// use audiencekit::MemoryLedger;
    ///
    /// # let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// # let facebook = MockClient::new();
    /// # let builder = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone());
    /// let engine = builder.journal(MemoryLedger::new()).build();
    /// ```
    #[must_use]
    pub fn journal(mut self, journal: impl Journal + 'static) -> Self {
        self.context.backend = Backend::Journal(Arc::new(journal));
        self
    }

    /// Sets the key with which the ledger pseudonymizes contact ids. Defaults to a key that is the same everywhere.
    ///
    /// A ledger that was created with another key is rejected.
    ///
    /// ```
    /// # use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
    /// use audiencekit::sync::PseudonymKey;
    ///
    /// # let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// # let facebook = MockClient::new();
    /// # let builder = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone());
    /// let key = PseudonymKey::new(b"32 random bytes from your secrets")?;
    /// let engine = builder.pseudonym_key(key).build();
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn pseudonym_key(mut self, key: PseudonymKey) -> Self {
        self.context.pseudonym_key = key;
        self
    }

    /// Sets the policy that excludes contacts without consent. Defaults to [`ConsentPolicy::enforce`].
    ///
    /// ```
    /// # use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
    /// use audiencekit::sync::ConsentPolicy;
    ///
    /// # let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// # let facebook = MockClient::new();
    /// # let builder = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone());
    /// let policy = ConsentPolicy::enforce().require("newsletter");
    /// let engine = builder.consent(policy).build();
    /// ```
    #[must_use]
    pub fn consent(mut self, policy: ConsentPolicy) -> Self {
        self.context.consent = policy;
        self
    }

    /// Sets how many members a run may remove. Defaults to at most 30 %, and never all.
    ///
    /// ```
    /// # use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
    /// use audiencekit::sync::RemovalGuard;
    ///
    /// # let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// # let facebook = MockClient::new();
    /// # let builder = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone());
    /// let guard = RemovalGuard::default().max_removed_percent(5.0);
    /// let engine = builder.removal_guard(guard).build();
    /// ```
    #[must_use]
    pub fn removal_guard(mut self, guard: RemovalGuard) -> Self {
        self.context.removal_guard = guard;
        self
    }

    /// Sets the number of concurrent upload sessions, each with one call under way. Defaults to 1, at most 16.
    #[must_use]
    pub fn upload_sessions(mut self, count: usize) -> Self {
        self.context.upload_sessions = count.clamp(1, 16);
        self
    }

    /// Sets the maximum number of rows in a call. Defaults to 10,000, which is also the most.
    ///
    /// Fewer rows take more calls of the quota.
    ///
    /// ```
    /// # use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
    /// # let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// # let facebook = MockClient::new();
    /// # let builder = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone());
    /// let engine = builder.rows_per_call(1_000).build();
    /// ```
    #[must_use]
    pub fn rows_per_call(mut self, rows: usize) -> Self {
        self.context.rows_per_call = rows.clamp(1, Upload::MAX_ROWS);
        self
    }

    /// Isolates rows that Facebook rejected without naming them, by sending halves of the call again.
    ///
    /// Takes at most `max_calls` more calls for each call. Defaults to none.
    ///
    /// ```
    /// # use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
    /// # let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// # let facebook = MockClient::new();
    /// # let builder = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone());
    /// let engine = builder.isolate_rejected_rows(20).build();
    /// ```
    #[must_use]
    pub fn isolate_rejected_rows(mut self, max_calls: u32) -> Self {
        self.context.search_calls = Some(max_calls);
        self
    }

    /// Reads, selects and hashes contacts on `threads` threads of an executor. Defaults to the task's own thread.
    ///
    /// The task's own thread then splits the source into chunks and sends. It also reads a source without a
    /// [`ChunkReader`](crate::source::ChunkReader). See [`Executor`] for an example.
    #[must_use]
    pub fn executor(mut self, executor: impl Executor + 'static, threads: usize) -> Self {
        self.context.executor = Some((Arc::new(executor), threads));
        self.context.batch_rows = 2_048;
        self
    }

    /// Builds the engine with these settings.
    #[must_use]
    pub fn build(self) -> SyncEngine {
        SyncEngine::new_in(self.context)
    }
}

impl fmt::Debug for SyncEngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SyncEngineBuilder({:?}, {:?})", self.context.source, self.context.backend)
    }
}
