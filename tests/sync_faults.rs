//! Every fault of the fake at every call of a run, through the client of production: it completes, or stops with a
//! typed error and the next run converges.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use audiencekit::audience::MinimumSize;
use audiencekit::facebook::fake::{Edge, Fault, FaultRule, MockClient};
use audiencekit::facebook::transport::FakeTransport;
use audiencekit::facebook::{GraphClient, NewAudience};
use audiencekit::identity::{Coverage, Hashed, MatchRow, MatchRows};
use audiencekit::sync::Guards;
use audiencekit::{
    AudienceId, Contact, ErrorKind, FacebookClient, KeyMap, MemoryLedger, MemorySource, Mode, Schema,
    SyncEngine, SyncTarget,
};

fn source(numbers: impl Iterator<Item = u64>) -> MemorySource {
    let schema = Schema::standard();
    let contacts = numbers.map(|number| {
        let mut contact = Contact::new(&schema);
        contact.set(schema.require("id").unwrap(), format!("c{number}")).unwrap();
        contact.set(schema.require("email").unwrap(), format!("p{number}@example.com")).unwrap();
        contact.set(schema.require("phone").unwrap(), format!("+48600{number:06}")).unwrap();
        contact
    });
    MemorySource::new(&schema, contacts.collect())
}

fn rows_of(source: &MemorySource) -> BTreeSet<Hashed> {
    let map = KeyMap::standard(&Schema::standard());
    let mut rows = MatchRows::new(map.keys().clone());
    for contact in source.contacts() {
        map.mapper().append(contact, &mut rows, &mut Coverage::default());
    }
    rows.iter().map(MatchRow::fingerprint).collect()
}

struct Scene {
    facebook: MockClient,
    audience: AudienceId,
    ledger: MemoryLedger,
}

impl Scene {
    async fn new() -> Self {
        let facebook = MockClient::new();
        facebook.fake().configure(|settings| settings.removal_floor = 0);
        let account = facebook.fake().account();
        let audience =
            facebook.create_audience(&account, &NewAudience::new("faults", "of all kinds")).await.unwrap();
        Self { facebook, audience, ledger: MemoryLedger::new() }
    }

    async fn run(&self, source: &MemorySource, mode: Mode, uploads: usize) -> audiencekit::Result<()> {
        self.run_with(&self.facebook, 10, source, mode, uploads).await
    }

    async fn run_with(
        &self,
        client: &MockClient,
        rows: usize,
        source: &MemorySource,
        mode: Mode,
        uploads: usize,
    ) -> audiencekit::Result<()> {
        let engine = SyncEngine::builder(source.clone(), client.clone(), self.facebook.fake().clone())
            .ledger(self.ledger.clone())
            .guards(Guards::off())
            .rows_per_call(rows)
            .uploads(uploads)
            .build();
        let target = SyncTarget::new(self.facebook.fake().account(), self.audience.clone())
            .mode(mode)
            .minimum_size(MinimumSize::warn_below(0));
        engine.run(target).await.map(|report| report.check().unwrap())
    }

    /// For each session the numbers of its calls that were taken.
    fn sessions(&self) -> BTreeMap<u64, Vec<u64>> {
        let mut sessions = BTreeMap::<u64, Vec<u64>>::new();
        for call in self.facebook.fake().calls().iter().filter(|call| call.code == 0) {
            if let (Some(session), Some(seq)) = (call.session, call.batch_seq) {
                sessions.entry(session).or_default().push(seq);
            }
        }
        sessions
    }
}

fn faults() -> Vec<Fault> {
    let error = |code, subcode, is_transient| Fault::Error { code, subcode, is_transient };
    vec![
        Fault::DropBefore,
        Fault::DropReply,
        Fault::Duplicate,
        Fault::Late,
        Fault::Delay(Duration::from_secs(30)),
        Fault::Truncate(0),
        Fault::Truncate(9),
        Fault::Reset,
        Fault::Html(500),
        Fault::Html(414),
        Fault::TooManyRequests,
        error(1, None, None),
        error(2, None, Some(true)),
        error(17, Some(2_446_079), None),
        error(100, None, Some(false)),
        error(190, Some(463), None),
        error(200, Some(1_870_090), None),
        error(368, None, None),
        error(613, Some(1_487_742), None),
        error(2650, Some(1_870_145), None),
        error(80_003, Some(2_446_079), None),
        Fault::Body { status: 200, body: "{}".into() },
        Fault::Body { status: 200, body: "null".into() },
        Fault::Body { status: 502, body: String::new() },
    ]
}

#[tokio::test]
async fn every_fault_at_every_call_of_a_mirror_ends_in_convergence() {
    let (before, after) = (source(0..45), source(20..70));
    let (mut completed, mut stopped) = (0, 0);
    for fault in faults() {
        for edge in [Edge::AddUsers, Edge::RemoveUsers] {
            for nth in 1..=4 {
                for often in [1, 20] {
                    let scene = Scene::new().await;
                    scene.run(&before, Mode::Mirror, 2).await.unwrap();
                    // Once, or so often that the client gives up.
                    for again in 0..often {
                        scene.facebook.fake().inject(FaultRule::new(fault.clone()).on(edge).nth(nth + again));
                    }
                    match scene.run(&after, Mode::Mirror, 2).await {
                        Ok(()) => completed += 1,
                        Err(error) => {
                            stopped += 1;
                            assert_ne!(error.kind(), ErrorKind::Corrupt, "{fault:?}: {error}");
                            assert!(!error.to_string().contains("example"), "{error}");
                        }
                    }
                    scene.facebook.fake().clear_faults();
                    scene.facebook.fake().advance(Duration::from_secs(7_200));
                    scene.run(&after, Mode::Mirror, 2).await.unwrap();
                    let members = scene.facebook.fake().members(&scene.audience);
                    assert!(members == rows_of(&after), "{fault:?} at {edge:?} {nth}, {often} times");
                    scene.facebook.fake().assert_clean();
                }
            }
        }
    }
    assert!(completed > 50 && stopped > 50, "{completed} runs completed, {stopped} stopped");
}

#[tokio::test]
async fn every_fault_at_every_call_of_a_replacement_ends_in_convergence() {
    let (before, after) = (source(0..25), source(10..45));
    for fault in faults() {
        for nth in 1..=4 {
            let scene = Scene::new().await;
            scene.run(&before, Mode::Add, 1).await.unwrap();
            scene.facebook.fake().advance(Duration::from_secs(7_200));
            for again in 0..20 {
                scene
                    .facebook
                    .fake()
                    .inject(FaultRule::new(fault.clone()).on(Edge::ReplaceUsers).nth(nth + again));
            }
            let _ = scene.run(&after, Mode::Replace, 1).await;
            scene.facebook.fake().clear_faults();
            // Within the 90 minutes the session goes on; after them Facebook ends it, and it is begun again.
            let mut last = scene.run(&after, Mode::Replace, 1).await;
            for _ in 0..2 {
                if last.is_err() {
                    scene.facebook.fake().advance(Duration::from_secs(7_200));
                    last = scene.run(&after, Mode::Replace, 1).await;
                }
            }
            assert!(last.is_ok(), "{fault:?} at replace {nth}: {last:?}");
            let members = scene.facebook.fake().members(&scene.audience);
            assert!(members == rows_of(&after), "{fault:?} at replace {nth}");
        }
    }
}

/// The client of the scene with another limit of bytes.
fn narrow(scene: &Scene, bytes: usize) -> MockClient {
    let fake = scene.facebook.fake();
    GraphClient::configure(FakeTransport::new(fake.clone()), fake.token(), fake.clone())
        .max_body_bytes(bytes)
        .build()
}

#[tokio::test]
async fn calls_over_the_byte_limit_are_split_within_their_sessions() {
    const BYTES: usize = 4_000;
    let (before, after) = (source(0..450), source(400..700));
    for mode in [Mode::Mirror, Mode::Replace] {
        let scene = Scene::new().await;
        // 100 rows of two digests make 13,700 bytes: four calls each.
        let client = narrow(&scene, BYTES);
        scene.run_with(&client, 100, &before, mode, 2).await.unwrap();
        scene.facebook.fake().advance(Duration::from_secs(7_200));
        scene.run_with(&client, 100, &after, mode, 2).await.unwrap();
        assert!(scene.facebook.fake().members(&scene.audience) == rows_of(&after));
        let calls = scene.facebook.fake().calls();
        let uploads = || calls.iter().filter(|call| call.rows > 0);
        assert!(uploads().all(|call| call.body_bytes <= BYTES && call.code == 0));
        assert!(uploads().count() >= 30, "{}", uploads().count());
        for (session, numbers) in scene.sessions() {
            assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{session}: {numbers:?}");
        }
        // Every session was closed by its last call.
        let listed = scene.facebook.upload_sessions(&scene.audience, None).await.unwrap();
        assert!(listed.iter().all(|session| session.stage.as_deref() == Some("finished")), "{listed:?}");
    }
}

#[tokio::test]
async fn a_run_that_stops_between_the_parts_of_a_call_goes_on_in_order() {
    let all = source(0..450);
    for nth in 1..=12 {
        let scene = Scene::new().await;
        let client = narrow(&scene, 4_000);
        let dead = Fault::Error { code: 190, subcode: None, is_transient: None };
        scene.facebook.fake().inject(FaultRule::new(dead).on(Edge::AddUsers).nth(nth));
        scene.run_with(&client, 100, &all, Mode::Mirror, 1).await.unwrap_err();
        scene.run_with(&client, 100, &all, Mode::Mirror, 1).await.unwrap();
        assert!(scene.facebook.fake().members(&scene.audience) == rows_of(&all), "{nth}");
        assert!(scene.facebook.fake().calls().iter().all(|call| call.code != 100), "{nth}");
    }
}

#[tokio::test]
async fn a_replacement_that_went_wrong_at_facebook_begins_again() {
    let scene = Scene::new().await;
    let fault = Fault::Error { code: 2650, subcode: Some(1_870_148), is_transient: None };
    scene.facebook.fake().inject(FaultRule::new(fault).on(Edge::ReplaceUsers).nth(2));
    let wanted = source(0..35);
    scene.run(&wanted, Mode::Replace, 1).await.unwrap_err();
    scene.facebook.fake().clear_faults();
    scene.facebook.fake().advance(Duration::from_secs(7_200));
    let engine = SyncEngine::builder(wanted, scene.facebook.clone(), scene.facebook.fake().clone())
        .ledger(scene.ledger.clone())
        .guards(Guards::off())
        .rows_per_call(10)
        .build();
    let target = SyncTarget::new(scene.facebook.fake().account(), scene.audience.clone())
        .mode(Mode::Replace)
        .minimum_size(MinimumSize::warn_below(0));
    // Facebook first ends the session that went wrong.
    assert_eq!(engine.run(&target).await.unwrap_err().kind(), ErrorKind::Busy);
    scene.facebook.fake().advance(Duration::from_secs(7_200));
    let report = engine.run(&target).await.unwrap();
    report.check().unwrap();
    // The ten rows that were answered before count for nothing.
    assert_eq!(report.added.sent, 35);
}
