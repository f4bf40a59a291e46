//! The engine: a source, a client, and the rules between them.

use std::fmt;

use time::OffsetDateTime;

use super::context::Context;
use super::erasure::{self, ErasureReceipt, PersonRef};
use super::ledger::record::Operation;
use super::ledger::traits::{Durability, LedgerCommit};
use super::member_change::{self, ChangeReport, MemberChange};
use super::plan::{self, SyncPlan};
use super::report::progress::ProgressStream;
use super::report::sync_report::SyncReport;
use super::run;
use super::target::{IntoSyncTarget, SyncTarget};
use crate::audience::{AudienceDraft, ContactManagement};
use crate::contact::Contact;
use crate::error::Result;
use crate::facebook::AccountId;

/// Keeps audiences in step with contacts.
///
/// A run reads contacts, selects and hashes them, and uploads them in calls of at most 10,000 rows, in bounded memory.
/// Its future may be dropped at any point: the next run resumes it.
///
/// ```
/// use audiencekit::facebook::NewAudience;
/// use audiencekit::{Contact, FacebookClient, MemorySource, MockClient, SyncMode, Schema, SyncEngine, SyncTarget};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let schema = Schema::standard();
/// let ada = Contact::builder(&schema).email("ada@example.com").build()?;
/// let facebook = MockClient::new();
/// let account = facebook.fake().account();
/// let audience = facebook.create_audience(&account, &NewAudience::new("VIP", "Two purchases")).await?;
///
/// let people = MemorySource::new(&schema, vec![ada]);
/// let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
/// let target = SyncTarget::new(account, audience).mode(SyncMode::Mirror);
/// let report = engine.run(&target).await?;
/// assert_eq!((report.added.accepted, report.members), (1, Some(1)));
/// # Ok::<(), audiencekit::Error>(())
/// # }).unwrap();
/// ```
pub struct SyncEngine {
    context: Context,
}

impl SyncEngine {
    pub(super) fn new_in(context: Context) -> Self {
        Self { context }
    }

    /// Plans what [`run`](Self::run) would do now. Reads every contact; sends and changes nothing.
    ///
    /// A plan finds duplicates in memory: it takes 20 to 40 bytes for each row that the ledger does not remember, a bit
    /// for each row that it does, and some 100 bytes for each contact to remove.
    ///
    /// ```
    /// # use audiencekit::{Contact, MemorySource, MockClient, Schema, SyncEngine, SyncTarget};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let schema = Schema::standard();
    /// # let people = MemorySource::new(&schema, vec![Contact::builder(&schema).email("ada@example.com").build()?]);
    /// # let facebook = MockClient::new();
    /// # let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
    /// let target = SyncTarget::new("act_1".parse()?, "23850000000000001".parse()?);
    /// let plan = engine.plan(&target).await?;
    /// assert_eq!((plan.add, plan.remove, plan.calls), (1, 0, 1));
    /// # Ok::<(), audiencekit::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for an audience that automation alone fills, as
    /// [`run`](Self::run); whatever the source or the store returns.
    pub async fn plan(&self, target: impl IntoSyncTarget) -> Result<SyncPlan> {
        let target = target.into_sync_target();
        plan::plan_at(&self.context, &target, self.now()).await
    }

    /// Plans the first run of an audience that is not created yet. Reads every contact; sends and changes nothing.
    ///
    /// ```
    /// # use audiencekit::{AudienceBuilder, Contact, MemorySource, MockClient, Schema, Segment, Selector, SyncEngine};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let schema = Schema::standard();
    /// # let ada = Contact::builder(&schema).email("ada@example.com").tag("vip").build()?;
    /// # let facebook = MockClient::new();
    /// # let people = MemorySource::new(&schema, vec![ada]);
    /// # let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
    /// let vip = Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&schema)?;
    /// # let account = facebook.fake().account();
    /// let draft = AudienceBuilder::new().name("VIP").description("Two purchases").account(account).contacts(vip).build()?;
    /// assert_eq!(engine.preview(&draft).await?.add, 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a draft without a group; whatever the source or the store
    /// returns.
    pub async fn preview(&self, draft: &AudienceDraft) -> Result<SyncPlan> {
        plan::preview(&self.context, draft).await
    }

    /// Counts what the first run of a group would send, before there is an audience or a draft of one.
    ///
    /// Unlike [`Segment::count`](crate::Segment::count), which looks at one segment and at whether fields are filled, this is
    /// the count of the run: the union of the segments, by the engine's key map and consent policy, without people that
    /// were erased, and with equal rows once. [`SyncPlan::reachable`] has the people, [`SyncPlan::add`] the rows.
    ///
    /// ```
    /// # use audiencekit::{Contact, MemorySource, MockClient, Schema, Segment, Selector, SyncEngine};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let schema = Schema::standard();
    /// # let facebook = MockClient::new();
    /// let ada = Contact::builder(&schema).email("ada@example.com").build()?;
    /// let bad = Contact::builder(&schema).email("someone@localhost").build()?;
    /// let gone = Contact::builder(&schema).email("bob@example.com").opted_out(true).build()?;
    /// let people = MemorySource::new(&schema, vec![ada, bad, gone]);
    /// let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
    ///
    /// let all = Segment::builder("all").include(Selector::all()).build(&schema)?;
    /// let count = engine.count(vec![all]).await?;
    /// assert_eq!((count.contacts.selected, count.reachable()), (3, 1));
    /// # Ok::<(), audiencekit::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) without a segment; whatever the source or the store returns.
    pub async fn count(&self, group: impl Into<ContactManagement>) -> Result<SyncPlan> {
        plan::count(&self.context, &group.into()).await
    }

    /// Brings an audience in step with its contacts, and resumes a run that was interrupted.
    ///
    /// Cancel safety: if the future is dropped, the next run resumes.
    ///
    /// ```
    /// # use audiencekit::{Contact, FacebookClient, MemorySource, MockClient, Schema, SyncEngine, SyncTarget};
    /// # use audiencekit::facebook::NewAudience;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let schema = Schema::standard();
    /// # let people = MemorySource::new(&schema, vec![Contact::builder(&schema).email("ada@example.com").build()?]);
    /// # let facebook = MockClient::new();
    /// # let account = facebook.fake().account();
    /// # let audience = facebook.create_audience(&account, &NewAudience::new("A", "a")).await?;
    /// # let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
    /// let report = engine.run(SyncTarget::new(account, audience)).await?;
    /// assert_eq!((report.added.sent, report.added.accepted), (1, 1));
    /// # Ok::<(), audiencekit::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// - [`ErrorKind::Guard`](crate::ErrorKind::Guard) before any member is removed, if too many would be;
    /// - [`ErrorKind::TooSmall`](crate::ErrorKind::TooSmall) before anything is sent, if the target rejects so few contacts;
    /// - [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) before any member is removed, if the ledger is damaged;
    /// - [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) after [`cancel`](Self::cancel);
    /// - whatever the source, the store or Facebook returns.
    ///
    /// After each of them the next run resumes where this one stopped.
    pub async fn run(&self, target: impl IntoSyncTarget) -> Result<SyncReport> {
        run::run(&self.context, &target.into_sync_target(), None).await
    }

    /// Applies a plan: does what the plan lists, judged at the plan's time, and nothing else.
    ///
    /// Reads the contacts twice, to compare them with the plan and to send them. They must not change in between, so read
    /// them from a file of their own or a snapshot of the database.
    ///
    /// ```
    /// # use audiencekit::{Contact, FacebookClient, MemorySource, MockClient, Schema, SyncEngine, SyncTarget};
    /// # use audiencekit::facebook::NewAudience;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let schema = Schema::standard();
    /// # let people = MemorySource::new(&schema, vec![Contact::builder(&schema).email("ada@example.com").build()?]);
    /// # let facebook = MockClient::new();
    /// # let account = facebook.fake().account();
    /// # let audience = facebook.create_audience(&account, &NewAudience::new("A", "a")).await?;
    /// # let target = SyncTarget::new(account, audience);
    /// # let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
    /// let plan = engine.plan(&target).await?; // approve it, for example as JSON
    /// let report = engine.apply(&target, &plan).await?;
    /// assert_eq!(report.added.accepted, plan.add);
    /// # Ok::<(), audiencekit::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Guard`](crate::ErrorKind::Guard) before anything is sent, if contacts or members have changed since
    /// the plan was made; otherwise as [`run`](Self::run).
    pub async fn apply(&self, target: impl IntoSyncTarget, plan: &SyncPlan) -> Result<SyncReport> {
        run::run(&self.context, &target.into_sync_target(), Some(plan)).await
    }

    /// Returns a stream of the progress of this engine's runs.
    ///
    /// See [`ProgressStream`] for an example.
    pub fn progress(&self) -> ProgressStream {
        self.context.progress.stream()
    }

    /// Cancels the runs in progress, after the calls that are under way.
    ///
    /// They return [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled), and the next run resumes. A run that begins later
    /// is not cancelled.
    ///
    /// ```
    /// # use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
    /// # let facebook = MockClient::new();
    /// # let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// # let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
    /// engine.cancel(); // from a signal handler or another task
    /// ```
    pub fn cancel(&self) {
        self.context.cancel.cancel();
    }

    /// Returns the change that adds a contact or removes it.
    ///
    /// `generation` orders the changes of one contact: use the time of the event in microseconds, for example.
    ///
    /// ```
    /// # use audiencekit::{Contact, MemorySource, MockClient, Schema, SyncEngine};
    /// use audiencekit::sync::Operation;
    /// # let schema = Schema::standard();
    /// # let facebook = MockClient::new();
    /// # let people = MemorySource::new(&schema, Vec::new());
    /// # let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
    ///
    /// let ada = Contact::builder(&schema).id("c1").email("ada@example.com").build()?;
    /// let change = engine.member_change(&ada, Operation::Add, 1)?;
    /// assert_eq!(change.operation(), Operation::Add);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for [`Operation::Replace`], and for a contact with neither an
    /// `id` nor a match key.
    pub fn member_change(
        &self,
        contact: &Contact,
        operation: Operation,
        generation: u64,
    ) -> Result<MemberChange> {
        member_change::member_change(&self.context, contact, operation, generation)
    }

    /// Applies changes and sends what follows from them. Applying a change again has no effect.
    ///
    /// An addition sends the rows of its contact. A removal reads all remembered rows of the audience, once for all the
    /// changes given, so apply changes in batches.
    ///
    /// ```
    /// # use audiencekit::{Contact, FacebookClient, MemorySource, MockClient, Schema, SyncEngine, SyncTarget};
    /// # use audiencekit::facebook::NewAudience;
    /// # use audiencekit::sync::Operation;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let schema = Schema::standard();
    /// # let facebook = MockClient::new();
    /// # let account = facebook.fake().account();
    /// # let audience = facebook.create_audience(&account, &NewAudience::new("A", "a")).await?;
    /// # let people = MemorySource::new(&schema, Vec::new());
    /// # let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
    /// # let ada = Contact::builder(&schema).id("c1").email("ada@example.com").build()?;
    /// let change = engine.member_change(&ada, Operation::Add, 1)?;
    /// let report = engine.apply_changes(SyncTarget::new(account, audience), &[change]).await?;
    /// assert_eq!((report.applied, report.added.accepted), (1, 1));
    /// # Ok::<(), audiencekit::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run). The changes are durable before the first call: after an error, apply them again, or let any
    /// run of the audience send what is left.
    pub async fn apply_changes(
        &self,
        target: impl IntoSyncTarget,
        changes: &[MemberChange],
    ) -> Result<ChangeReport> {
        let target = target.into_sync_target();
        member_change::apply_changes(&self.context, &target, changes, Durability::Immediate).await
    }

    /// Erases a person from every audience, and blocks them from being added again by this ledger.
    ///
    /// The block is durable before the first call: keyed digests of the contact's id and of each match key that
    /// identifies a person. Facebook is asked twice: first the account, to erase the person from all its customer-file
    /// audiences, then each remembered audience, to remove the rows that were added.
    ///
    /// ```
    /// # use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
    /// use audiencekit::sync::PersonRef;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let facebook = MockClient::new();
    /// # let account = facebook.fake().account();
    /// # let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// # let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
    ///
    /// let receipt = engine.erase(&account, PersonRef::Id("c1")).await?;
    /// assert_eq!((receipt.tombstones, receipt.pending.len()), (1, 0));
    /// # Ok::<(), audiencekit::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// Whatever the store returns, what Facebook returns for the request to the account, and
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy) while a run of an audience is in progress. The block holds all the same
    /// and the rows to erase are kept; erase again to do the rest.
    pub async fn erase(&self, account: &AccountId, person: PersonRef<'_>) -> Result<ErasureReceipt> {
        erasure::erase(&self.context, account, person).await
    }

    /// Blocks a person from every audience from now on, and removes them from each at its next run.
    ///
    /// ```
    /// # use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
    /// # use audiencekit::sync::PersonRef;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let facebook = MockClient::new();
    /// # let people = MemorySource::new(&Schema::standard(), Vec::new());
    /// # let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
    /// engine.suppress(PersonRef::Id("c1")).await?;
    /// engine.unsuppress(PersonRef::Id("c1")).await?; // and allowed again
    /// # Ok::<(), audiencekit::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// Whatever the store returns, and [`ErrorKind::Busy`](crate::ErrorKind::Busy) while a run of an audience is in
    /// progress. The block holds all the same; suppress again to do the rest.
    pub async fn suppress(&self, person: PersonRef<'_>) -> Result<()> {
        erasure::suppress(&self.context, person).await
    }

    /// Allows a suppressed person to be added again.
    ///
    /// Give the contact as it was when it was suppressed: its match keys are blocked too.
    ///
    /// # Errors
    /// Whatever the store returns.
    pub async fn unsuppress(&self, person: PersonRef<'_>) -> Result<()> {
        erasure::unsuppress(&self.context, person).await
    }

    /// Returns the time of the engine's clock.
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.context.clock.now()
    }

    /// Applies changes and leaves the outcome of the last calls to the next commit of the same store.
    ///
    /// Whatever the caller commits there at once is in one transaction with it. The caller sees to it that there is such
    /// a commit.
    pub(crate) async fn apply_with_next_commit(
        &self,
        target: &SyncTarget,
        changes: &[MemberChange],
    ) -> Result<ChangeReport> {
        let done = member_change::apply_changes(&self.context, target, changes, Durability::Grouped).await;
        if done.is_err() {
            // Answers that came before it are worth knowing; the first error is the one to return.
            let _ = self.commit_what_waits().await;
        }
        done
    }

    /// Makes durable what was left to the next commit.
    pub(crate) async fn commit_what_waits(&self) -> Result<()> {
        self.context.backend.journal().commit(LedgerCommit::default(), Durability::Immediate).await
    }
}

impl fmt::Debug for SyncEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SyncEngine({:?}, {:?})", self.context.source, self.context.backend)
    }
}
