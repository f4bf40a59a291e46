//! Whatever is done to an audience and wherever it is disturbed, through the client of production: it completes, or
//! stops with a typed error and the next run converges.

mod every_await;
mod every_commit;
mod every_fault;
mod scene;

use std::time::Duration;

use audiencekit::facebook::fake::{Edge, Fault, FaultRule, MockClient};
use audiencekit::{ErrorKind, SyncMode};
use scene::{Scene, rows_of, source};

/// The client of the scene with another limit of bytes.
fn narrow(scene: &Scene, bytes: usize) -> MockClient {
    let fake = scene.facebook.fake();
    MockClient::builder(fake).max_body_bytes(bytes).build().into()
}

#[tokio::test]
async fn calls_over_the_byte_limit_are_split_within_their_sessions() {
    const BYTES: usize = 4_000;
    let (before, after) = (source(0..450), source(400..700));
    for mode in [SyncMode::Mirror, SyncMode::Replace] {
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
        scene.run_with(&client, 100, &all, SyncMode::Mirror, 1).await.unwrap_err();
        scene.run_with(&client, 100, &all, SyncMode::Mirror, 1).await.unwrap();
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
    scene.run(&wanted, SyncMode::Replace, 1).await.unwrap_err();
    scene.facebook.fake().clear_faults();
    scene.facebook.fake().advance(Duration::from_secs(7_200));
    let (engine, target) = (scene.engine(&wanted), scene.target(SyncMode::Replace));
    // Facebook first ends the session that went wrong.
    assert_eq!(engine.run(&target).await.unwrap_err().kind(), ErrorKind::Busy);
    scene.facebook.fake().advance(Duration::from_secs(7_200));
    let report = engine.run(&target).await.unwrap();
    report.check().unwrap();
    // The ten rows that were answered before count for nothing.
    assert_eq!(report.added.sent, 35);
}
