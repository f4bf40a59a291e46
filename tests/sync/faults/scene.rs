//! One audience of the fake, its ledger, and everything that an engine can do to it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use audiencekit::audience::MinimumSize;
use audiencekit::facebook::NewAudience;
use audiencekit::facebook::fake::MockClient;
use audiencekit::identity::{Coverage, Hashed, MatchRow, MatchRows};
use audiencekit::sync::{MemberChange, Operation, PersonRef, RemovalGuard, SyncEngineBuilder};
use audiencekit::{
    AudienceId, Contact, Error, ErrorKind, FacebookClient, KeyMap, MemoryLedger, MemorySource, Result,
    Schema, SyncEngine, SyncMode, SyncTarget,
};

pub(crate) fn contact(number: u64) -> Contact {
    let schema = Schema::standard();
    let mut contact = Contact::new(&schema);
    contact.set(schema.require("id").unwrap(), format!("c{number}")).unwrap();
    contact.set(schema.require("email").unwrap(), format!("p{number}@example.com")).unwrap();
    contact.set(schema.require("phone").unwrap(), format!("+48600{number:06}")).unwrap();
    contact
}

pub(crate) fn source(numbers: impl IntoIterator<Item = u64>) -> MemorySource {
    MemorySource::new(&Schema::standard(), numbers.into_iter().map(contact).collect())
}

pub(crate) fn rows_of(source: &MemorySource) -> BTreeSet<Hashed> {
    let map = KeyMap::standard(&Schema::standard());
    let mut rows = MatchRows::new(map.keys().clone());
    for contact in source.contacts() {
        map.mapper().append(contact, &mut rows, &mut Coverage::default());
    }
    rows.iter().map(MatchRow::fingerprint).collect()
}

pub(crate) struct Scene {
    pub(crate) facebook: MockClient,
    pub(crate) audience: AudienceId,
    pub(crate) ledger: MemoryLedger,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let facebook = MockClient::new();
        facebook.fake().configure(|settings| settings.removal_floor = 0);
        let account = facebook.fake().account();
        let audience =
            facebook.create_audience(&account, &NewAudience::new("faults", "of all kinds")).await.unwrap();
        Self { facebook, audience, ledger: MemoryLedger::new() }
    }

    /// A scene whose audience has the members that every [`Task`] begins with.
    pub(crate) async fn populated() -> Self {
        let scene = Self::new().await;
        scene.run(&source(BEFORE), SyncMode::Add, 1).await.unwrap();
        scene.later();
        scene
    }

    pub(crate) async fn run(&self, source: &MemorySource, mode: SyncMode, uploads: usize) -> Result<()> {
        self.run_with(&self.facebook, 10, source, mode, uploads).await
    }

    pub(crate) async fn run_with(
        &self,
        client: &MockClient,
        rows: usize,
        source: &MemorySource,
        mode: SyncMode,
        uploads: usize,
    ) -> Result<()> {
        let engine = SyncEngine::builder(source.clone(), client.clone(), self.facebook.fake().clone())
            .ledger(self.ledger.clone())
            .removal_guard(RemovalGuard::off())
            .rows_per_call(rows)
            .upload_sessions(uploads)
            .build();
        engine.run(self.target(mode)).await.map(|report| report.check().unwrap())
    }

    pub(crate) fn target(&self, mode: SyncMode) -> SyncTarget {
        SyncTarget::new(self.facebook.fake().account(), self.audience.clone())
            .mode(mode)
            .minimum_size(MinimumSize::warn_below(0))
    }

    pub(crate) fn engine(&self, source: &MemorySource) -> SyncEngine {
        let engine = SyncEngine::builder(source.clone(), self.facebook.clone(), self.facebook.fake().clone());
        settings(engine.ledger(self.ledger.clone()))
    }

    /// Past the end of every upload session.
    pub(crate) fn later(&self) {
        self.facebook.fake().advance(Duration::from_secs(7_200));
    }

    /// For each session the numbers of its calls that were taken.
    pub(crate) fn sessions(&self) -> BTreeMap<u64, Vec<u64>> {
        let mut sessions = BTreeMap::<u64, Vec<u64>>::new();
        for call in self.facebook.fake().calls().iter().filter(|call| call.code == 0) {
            if let (Some(session), Some(seq)) = (call.session, call.batch_seq) {
                sessions.entry(session).or_default().push(seq);
            }
        }
        sessions
    }

    pub(crate) fn members(&self) -> BTreeSet<Hashed> {
        self.facebook.fake().members(&self.audience)
    }

    /// The members are those that the task asks for, and the ledger remembers just them.
    pub(crate) async fn assert_done(&self, task: Task, what: &str) {
        let wanted = source(task.wanted());
        assert!(self.members() == rows_of(&wanted), "{what}");
        let report = self.engine(&wanted).run(self.target(SyncMode::Mirror)).await.unwrap();
        report.check().unwrap();
        let count = wanted.contacts().len() as u64;
        assert_eq!((report.rows.unchanged, report.added.sent, report.removed.sent), (count, 0, 0), "{what}");
        self.facebook.fake().assert_clean();
    }
}

pub(crate) fn settings(engine: SyncEngineBuilder) -> SyncEngine {
    engine.removal_guard(RemovalGuard::off()).rows_per_call(5).upload_sessions(2).build()
}

/// The members before a task.
const BEFORE: Range<u64> = 0..15;
/// Whom most tasks are given.
const GIVEN: Range<u64> = 8..22;
/// Who is erased or suppressed.
const LEAVER: u64 = 7;

/// Something that an engine does to an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Run(SyncMode),
    /// A plan of a mirror, and the run of it.
    Apply,
    /// Changes of single people, in and out.
    Changes,
    /// An erasure.
    Erase,
    /// A suppression, and the mirror that takes the person out.
    Suppress,
}

impl Task {
    pub(crate) const ALL: [Self; 9] = [
        Self::Run(SyncMode::Snapshot),
        Self::Run(SyncMode::Add),
        Self::Run(SyncMode::Remove),
        Self::Run(SyncMode::Mirror),
        Self::Run(SyncMode::Replace),
        Self::Apply,
        Self::Changes,
        Self::Erase,
        Self::Suppress,
    ];

    /// The contacts of the engine that does it.
    pub(crate) fn source(self) -> MemorySource {
        match self {
            Self::Run(_) | Self::Apply | Self::Changes | Self::Erase => source(GIVEN),
            Self::Suppress => source(BEFORE),
        }
    }

    /// Who is a member when it is done.
    pub(crate) fn wanted(self) -> BTreeSet<u64> {
        match self {
            Self::Run(SyncMode::Snapshot | SyncMode::Add) => BEFORE.chain(GIVEN).collect(),
            Self::Run(SyncMode::Remove) => BEFORE.filter(|number| !GIVEN.contains(number)).collect(),
            Self::Run(_) | Self::Apply | Self::Changes => GIVEN.collect(),
            Self::Erase | Self::Suppress => BEFORE.filter(|&number| number != LEAVER).collect(),
        }
    }

    /// Members before and after it, who are never to be missed. A replacement begins by wiping them.
    pub(crate) fn staying(self) -> BTreeSet<Hashed> {
        if self == Self::Run(SyncMode::Replace) {
            return BTreeSet::new();
        }
        let wanted = self.wanted();
        rows_of(&source(BEFORE.filter(|number| wanted.contains(number))))
    }

    /// Does it, or what is left of it.
    pub(crate) async fn perform(self, scene: &Scene, engine: &SyncEngine) -> Result<()> {
        match self {
            Self::Run(mode) => engine.run(scene.target(mode)).await.map(|report| report.check().unwrap()),
            Self::Apply => {
                let target = scene.target(SyncMode::Mirror);
                let plan = engine.plan(&target).await?;
                engine.apply(&target, &plan).await.map(|report| report.check().unwrap())
            }
            Self::Changes => {
                let changes = changes(engine)?;
                engine.apply_changes(scene.target(SyncMode::Add), &changes).await.map(drop)
            }
            Self::Erase => {
                let receipt = engine
                    .erase(&scene.facebook.fake().account(), PersonRef::Contact(&contact(LEAVER)))
                    .await?;
                match receipt.pending.is_empty() {
                    true => Ok(()),
                    false => Err(Error::new(ErrorKind::Unavailable, "erase", "an audience is pending")),
                }
            }
            Self::Suppress => {
                engine.suppress(PersonRef::Contact(&contact(LEAVER))).await?;
                engine.run(scene.target(SyncMode::Mirror)).await.map(|report| report.check().unwrap())
            }
        }
    }
}

fn changes(engine: &SyncEngine) -> Result<Vec<MemberChange>> {
    let gone = BEFORE.filter(|number| !GIVEN.contains(number)).map(|number| (number, Operation::Remove));
    gone.chain(GIVEN.map(|number| (number, Operation::Add)))
        .map(|(number, operation)| engine.member_change(&contact(number), operation, 7))
        .collect()
}
