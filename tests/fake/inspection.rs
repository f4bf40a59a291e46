//! Looking into the fake: members, history, calls, alarms, state.

use std::collections::BTreeSet;

use audiencekit::Clock;
use audiencekit::ManualClock;
use audiencekit::facebook::fake::{AlarmKind, Edge, Fake};
use audiencekit::identity::{Hashed, MatchKey, MatchRows};
use serde_json::json;
use time::macros::datetime;

use super::desk::{Desk, digest, emails, told};

/// The row as a sender holds it: a digest and an id in clear.
fn fingerprint(hash: &str, id: &str) -> Hashed {
    let mut rows = MatchRows::new([MatchKey::Email, MatchKey::ExternId].into());
    let mut bytes = vec![1];
    bytes.extend_from_slice(Hashed::from_hex(hash).unwrap().as_bytes());
    bytes.push(2);
    bytes.extend_from_slice(&(id.len() as u32).to_le_bytes());
    bytes.extend_from_slice(id.as_bytes());
    rows.push_bytes(&bytes).unwrap();
    rows.row(0).fingerprint()
}

#[test]
fn members_are_known_by_the_fingerprint_of_the_senders_row() {
    let desk = Desk::new();
    let id = desk.create("a");
    let hash = digest("a@example.com");
    desk.add(&id, &json!({ "schema": ["EMAIL", "EXTERN_ID"], "data": [[hash, "7"]] }));
    let expected = BTreeSet::from([fingerprint(&hash, "7")]);
    assert_eq!(desk.0.members(&desk.id(&id)), expected);
    desk.0.assert_members(&desk.id(&id), &expected);
    let wrong = BTreeSet::from([fingerprint(&hash, "8")]);
    let told = told(|| desk.0.assert_members(&desk.id(&id), &wrong));
    assert!(
        told.contains("1 are missing and 1 are too many (seed 0)") && !told.contains(&hash[..8]),
        "{told}"
    );
}

#[test]
fn the_history_of_a_person_is_kept() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.add(&id, &emails(0..1));
    desk.wait(60);
    desk.add(&id, &emails(0..1));
    desk.remove(&id, &emails(0..1));
    let row = {
        desk.add(&id, &emails(0..1));
        *desk.0.members(&desk.id(&id)).first().unwrap()
    };
    let history = desk.0.history(&desk.id(&id), &row);
    assert_eq!(history.iter().map(|change| change.added).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(history[1].time - history[0].time, 60);
    let calls = desk.0.calls();
    let removal = calls.iter().find(|call| call.edge == Edge::RemoveUsers).unwrap();
    assert_eq!(history[1].call, removal.number);
}

#[test]
fn calls_are_logged_and_counted() {
    let desk = Desk::new();
    desk.0.configure(|settings| settings.log_calls = 3);
    let id = desk.create("a");
    let session = json!({ "session_id": 5, "batch_seq": 1 });
    for _ in 0..4 {
        desk.post(&format!("{id}/users"), &json!({ "payload": emails(0..7), "session": session }));
    }
    desk.get("42");
    let calls = desk.0.calls();
    assert_eq!(calls.len(), 3);
    let (upload, read) = (&calls[1], &calls[2]);
    assert_eq!(
        (upload.edge, upload.rows, upload.session, upload.batch_seq),
        (Edge::AddUsers, 7, Some(5), Some(1))
    );
    assert_eq!((read.status, read.code, read.subcode), (400, 100, Some(33)));
    assert_eq!((read.number, desk.0.count(Edge::AddUsers)), (6, 4));
    assert_eq!(read.path, "/v26.0/42");
}

#[test]
fn calls_over_a_limit_are_found() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.add(&id, &emails(0..5));
    desk.0.assert_within_limits();
    desk.add(&id, &emails(0..10_001));
    assert!(told(|| desk.0.assert_within_limits()).contains("went over a limit"));
}

#[test]
fn an_address_in_any_body_or_url_rings_the_alarm() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.0.assert_clean();
    desk.post(&id, &json!({ "description": "ask mary@example.com" }));
    desk.get("me?fields=id&locale=mary%40example.com");
    let kinds: Vec<AlarmKind> = desk.0.alarms().iter().map(|alarm| alarm.kind).collect();
    assert_eq!(kinds, [AlarmKind::PlainEmail, AlarmKind::PlainEmail]);
    assert!(!format!("{:?}{:?}", desk.0, desk.0.alarms()).contains("mary"));
}

#[test]
fn the_state_is_dumped_loaded_and_reset() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.add(&id, &emails(0..5));
    let dump = desk.0.dump().unwrap();
    let other = Fake::seeded(9);
    other.load(&dump).unwrap();
    assert_eq!(other.members(&desk.id(&id)), desk.0.members(&desk.id(&id)));
    assert_eq!((other.seed(), other.dump().unwrap()), (0, dump.clone()));
    assert!(other.load("{}").is_err());
    assert_eq!(other.dump().unwrap(), dump, "a failed load changes nothing");
    desk.0.reset();
    assert!(desk.0.audiences().is_empty() && desk.0.calls().is_empty());
    assert_eq!(other.audiences().len(), 1, "fakes share nothing");
}

#[test]
fn the_same_seed_and_calls_give_the_same_bytes() {
    let run = |seed: u64| {
        let desk = Desk(Fake::seeded(seed));
        let id = desk.create("a");
        (id.clone(), desk.add(&id, &emails(0..3)).body, desk.get("42").body)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).0, run(2).0);
}

#[test]
fn the_clock_is_shared_or_runs_by_itself() {
    let clock = ManualClock::new(datetime!(2030-01-01 00:00 UTC));
    let fake = Fake::with_clock(0, clock.clone());
    clock.advance(std::time::Duration::from_secs(5));
    assert_eq!(fake.now(), datetime!(2030-01-01 00:00:05 UTC));
    let host = ManualClock::new(datetime!(2031-01-01 00:00 UTC));
    let running = Fake::with_running_clock(0, std::sync::Arc::new(host.clone()));
    running.advance(std::time::Duration::from_secs(60));
    host.advance(std::time::Duration::from_secs(1));
    assert_eq!(running.now(), datetime!(2031-01-01 00:01:01 UTC));
    assert_eq!(host.now(), datetime!(2031-01-01 00:00:01 UTC));
}
