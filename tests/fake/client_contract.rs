//! Every client keeps the same promises: the mock in process, and the client of production over a socket.
#![cfg(feature = "testing")]

use std::sync::Arc;

use audiencekit::MockClient;
use audiencekit::facebook::RetryPolicy;
use audiencekit::testing::client_contract::{Subject, checks};

#[test]
fn the_suite_has_at_least_sixty_checks_with_names_of_their_own() {
    let mut names: Vec<_> = checks().map(|check| check.name()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(count >= 60, "{count}");
    assert!(checks().filter(|check| !check.needs_fake()).count() >= 20);
}

#[tokio::test]
async fn the_mock_keeps_every_promise() {
    let mut broken = Vec::new();
    for check in checks() {
        let mock = MockClient::new();
        let fake = mock.fake().clone();
        match check.run(Subject::faked(Arc::new(mock), fake)).await {
            Ok(true) => {}
            Ok(false) => broken.push(format!("{} did not run", check.name())),
            Err(why) => broken.push(format!("{}: {why}", check.name())),
        }
    }
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}

#[tokio::test]
async fn checks_that_need_a_fake_do_not_run_without_one() {
    for check in checks().filter(audiencekit::testing::client_contract::Check::needs_fake) {
        let mock = MockClient::new();
        let account = mock.fake().account();
        assert_eq!(check.run(Subject::real(Arc::new(mock), account)).await, Ok(false));
    }
}

#[tokio::test]
async fn a_client_that_gives_up_at_once_breaks_the_promises_about_faults() {
    for check in checks() {
        let mock = MockClient::new();
        let fake = mock.fake().clone();
        let hasty = MockClient::builder(&fake).retry(RetryPolicy::never()).build();
        let survives = check.name().starts_with("an_upload_survives");
        let outcome = check.run(Subject::faked(Arc::new(hasty), fake)).await;
        assert!(!survives || outcome.is_err(), "{}", check.name());
    }
}

#[cfg(all(feature = "http", feature = "fake-server"))]
#[tokio::test]
async fn the_client_of_production_keeps_every_promise_over_a_socket() {
    use audiencekit::facebook::fake::{Fake, FakeServer};

    let mut broken = Vec::new();
    for check in checks() {
        let fake = Fake::new();
        let server = FakeServer::bind(fake.clone(), ([127, 0, 0, 1], 0).into()).await.unwrap();
        let client = audiencekit::GraphClient::builder(fake.token())
            .base_url(server.url())
            .app_id(fake.app_id())
            .app_secret(fake.app_secret())
            .clock(fake.clone())
            .build()
            .unwrap();
        let outcome = tokio::select! {
            never = server.serve() => match never {},
            outcome = check.run(Subject::faked(Arc::new(client), fake)) => outcome,
        };
        match outcome {
            Ok(true) => {}
            Ok(false) => broken.push(format!("{} did not run", check.name())),
            Err(why) => broken.push(format!("{}: {why}", check.name())),
        }
    }
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}
