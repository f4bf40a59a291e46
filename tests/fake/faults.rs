//! Seeded faults, through the client that must survive them.

use std::sync::Arc;
use std::time::Duration;

use audiencekit::facebook::fake::{Call, Edge, Fake, Fault, FaultDelivery, FaultRule};
use audiencekit::facebook::transport::{FakeTransport, Transport};
use audiencekit::facebook::{GraphRequest, Method, NewAudience};
use audiencekit::{ErrorKind, FacebookClient, MockClient};
use serde_json::json;

use super::desk::{Desk, emails};

fn last(desk: &Desk) -> Call {
    desk.0.calls().pop().unwrap()
}

#[test]
fn a_call_dropped_before_leaves_no_trace_and_one_dropped_after_does() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.0.inject(FaultRule::new(Fault::DropBefore).on(Edge::AddUsers).nth(1));
    desk.0.inject(FaultRule::new(Fault::DropReply).on(Edge::AddUsers).nth(2));
    assert_eq!(desk.add(&id, &emails(0..3)).delivery, FaultDelivery::Closed);
    assert_eq!(desk.count(&id), 0);
    assert!(!last(&desk).delivered);
    assert_eq!(desk.add(&id, &emails(0..3)).delivery, FaultDelivery::Closed);
    assert_eq!(desk.count(&id), 3);
    assert!(!last(&desk).delivered);
    assert_eq!(desk.add(&id, &emails(0..3)).delivery, FaultDelivery::Whole);
    assert!(last(&desk).delivered);
}

#[test]
fn a_duplicate_is_processed_twice_and_a_late_call_after_the_next() {
    let desk = Desk::new();
    desk.0.inject(FaultRule::new(Fault::Duplicate).on(Edge::CreateAudience).first(1));
    desk.create("twice");
    assert_eq!(desk.0.audiences().len(), 2);
    let id = desk.create("a");
    desk.0.inject(FaultRule::new(Fault::Late).on(Edge::RemoveUsers).nth(1));
    desk.add(&id, &emails(0..5));
    assert_eq!(desk.remove(&id, &emails(0..2)).delivery, FaultDelivery::Closed);
    assert_eq!(desk.count(&id), 5, "held back");
    desk.add(&id, &emails(0..5));
    assert_eq!(desk.count(&id), 5, "another edge does not release it");
    desk.remove(&id, &emails(4..5));
    assert_eq!(desk.count(&id), 2, "overtaken, then served");
}

#[test]
fn delays_and_slow_bodies_move_the_clock_in_process() {
    let desk = Desk::new();
    desk.0.inject(FaultRule::new(Fault::Delay(Duration::from_secs(30))).nth(1));
    desk.0.inject(FaultRule::new(Fault::Slow { chunk: 10, pause: Duration::from_secs(1) }).nth(2));
    let transport = FakeTransport::new(desk.0.clone());
    let mut request = GraphRequest::new(Method::Get, "/v26.0/act_1234567890");
    request.token = Some(desk.0.token().into());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let start = desk.0.now();
    assert_eq!(runtime.block_on(transport.send(&request)).unwrap().status, 200);
    assert_eq!(desk.0.now() - start, Duration::from_secs(30));
    let start = desk.0.now();
    let body = runtime.block_on(transport.send(&request)).unwrap().body;
    assert_eq!((desk.0.now() - start).whole_seconds(), body.len().div_ceil(10) as i64);
}

#[test]
fn cut_bodies_resets_pages_and_429_are_what_they_say() {
    let desk = Desk::new();
    let id = desk.create("a");
    let faults = [
        Fault::Truncate(9),
        Fault::Reset,
        Fault::Html(502),
        Fault::TooManyRequests,
        Fault::Body { status: 200, body: String::new() },
        Fault::Body { status: 200, body: "{\"id\":".into() },
    ];
    let seen: Vec<(u16, FaultDelivery)> = faults
        .into_iter()
        .map(|fault| {
            desk.0.clear_faults();
            desk.0.inject(FaultRule::new(fault).on(Edge::ReadAudience));
            let reply = desk.get(&id);
            (reply.status, reply.delivery)
        })
        .collect();
    assert_eq!(
        seen,
        [
            (200, FaultDelivery::Truncated(9)),
            (200, FaultDelivery::Reset),
            (502, FaultDelivery::Whole),
            (429, FaultDelivery::Whole),
            (200, FaultDelivery::Whole),
            (200, FaultDelivery::Whole),
        ]
    );
}

#[test]
fn the_same_seed_strikes_the_same_calls() {
    let run = |seed: u64| {
        let desk = Desk(Fake::seeded(seed));
        desk.0.inject(FaultRule::new(Fault::Html(500)).per_mille(200));
        (0..200).map(|_| desk.get("me").status).collect::<Vec<_>>()
    };
    let struck = run(3).iter().filter(|&&status| status == 500).count();
    assert!((20..=60).contains(&struck), "{struck}");
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

#[test]
fn rules_strike_by_edge_nth_first_every() {
    let desk = Desk::new();
    let id = desk.create("a");
    let statuses = |count: usize| (0..count).map(|_| desk.get(&id).status).collect::<Vec<_>>();
    desk.0.inject(FaultRule::new(Fault::Html(500)).on(Edge::ReadAudience).every(3));
    assert_eq!(statuses(6), [200, 200, 500, 200, 200, 500]);
    desk.0.clear_faults();
    desk.0.inject(FaultRule::new(Fault::Html(500)).on(Edge::ReadAudience).first(2));
    assert_eq!(statuses(3), [500, 500, 200]);
    desk.0.clear_faults();
    desk.0.inject(FaultRule::new(Fault::Html(500)).on(Edge::ReadAccount));
    assert_eq!(statuses(2), [200, 200]);
}

#[tokio::test]
async fn the_client_survives_what_is_worth_a_retry() {
    for fault in [
        Fault::DropReply,
        Fault::Truncate(3),
        Fault::Reset,
        Fault::Html(500),
        Fault::TooManyRequests,
        Fault::Error { code: 2, subcode: None, is_transient: Some(true) },
        Fault::Error { code: 80003, subcode: Some(2446079), is_transient: None },
    ] {
        let facebook = MockClient::new();
        let account = facebook.fake().account();
        let id = facebook.create_audience(&account, &NewAudience::new("a", "b")).await.unwrap();
        facebook.fake().inject(FaultRule::new(fault.clone()).on(Edge::ReadAudience).first(1));
        let read = facebook.audience(&id).await;
        assert_eq!(read.unwrap_or_else(|error| panic!("{fault:?}: {error}")).name.as_deref(), Some("a"));
        assert_eq!(facebook.fake().count(Edge::ReadAudience), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn a_transport_tells_a_lost_reply_from_a_refusal() {
    let fake = Fake::new();
    fake.inject(FaultRule::new(Fault::DropReply).first(1));
    let transport: Arc<dyn Transport> = Arc::new(FakeTransport::new(fake.clone()));
    let mut request = GraphRequest::new(Method::Get, "/v26.0/4242");
    request.token = Some(fake.token().into());
    assert_eq!(transport.send(&request).await.unwrap_err().kind(), ErrorKind::Transport);
    assert_eq!(transport.send(&request).await.unwrap().status, 400);
}

#[test]
fn a_rule_is_json_too() {
    let rule: FaultRule = serde_json::from_value(
        json!({ "fault": { "html": 503 }, "edge": "add_users", "when": { "nth": 2 } }),
    )
    .unwrap();
    assert_eq!(rule, "html=503@add_users:2".parse().unwrap());
}

#[test]
fn a_rule_that_cannot_be_read_says_what_there_is() {
    let says = |rule: &str| rule.parse::<FaultRule>().unwrap_err().to_string();
    let fault = says("drop_replay@add_users");
    assert!(fault.contains("unknown fault \"drop_replay\"") && fault.contains("drop_reply"), "{fault}");
    let edge = says("drop_reply@add_user");
    assert!(edge.contains("unknown variant `add_user`") && edge.contains("`add_users`"), "{edge}");
    assert!(says("html=500:never").contains("FAULT[@EDGE][:WHEN]"));
}
