//! Replacing all members.

use audiencekit::facebook::fake::FakeReply;
use serde_json::json;

use super::desk::{Desk, Refused, digest, emails, refused};

fn replace(
    desk: &Desk,
    id: &str,
    session: u64,
    seq: u64,
    last: bool,
    rows: std::ops::Range<usize>,
) -> FakeReply {
    let session = json!({ "session_id": session, "batch_seq": seq, "last_batch_flag": last });
    desk.post(&format!("{id}/usersreplace"), &json!({ "payload": emails(rows), "session": session }))
}

fn ready(desk: &Desk) -> String {
    let id = desk.create("a");
    desk.add(&id, &emails(0..150));
    id
}

#[test]
fn a_replacement_wipes_with_its_first_batch_and_ends_with_its_last() {
    let desk = Desk::quick();
    let id = ready(&desk);
    assert_eq!(replace(&desk, &id, 1, 1, false, 200..300).status, 200);
    assert_eq!((desk.status(&id).0, desk.count(&id)), (414, 100));
    assert_eq!(replace(&desk, &id, 1, 7, false, 300..400).status, 200, "numbers may skip");
    assert_eq!(replace(&desk, &id, 1, 7, true, 400..500).json()["num_received"], 300, "and repeat");
    assert_eq!((desk.status(&id).0, desk.count(&id)), (200, 300));
    let without = desk.post(&format!("{id}/usersreplace"), &json!({ "payload": emails(0..1) }));
    assert_eq!(refused(&without), Refused(400, 100, None));
}

#[test]
fn each_way_to_replace_wrongly_has_its_subcode() {
    let desk = Desk::quick();
    let id = ready(&desk);
    let wrong = |reply: FakeReply| refused(&reply);
    assert_eq!(wrong(replace(&desk, &id, 1, 2, false, 0..1)), Refused(400, 2650, Some(1870147)));
    replace(&desk, &id, 1, 1, false, 0..10);
    assert_eq!(wrong(replace(&desk, &id, 2, 1, false, 0..1)), Refused(400, 2650, Some(1870145)));
    assert_eq!(wrong(desk.add(&id, &emails(0..1))), Refused(400, 2650, Some(1870145)));
    assert_eq!(wrong(desk.remove(&id, &emails(0..1))), Refused(400, 2650, Some(1870145)));
    replace(&desk, &id, 1, 2, true, 10..20);
    assert_eq!(wrong(replace(&desk, &id, 1, 3, false, 0..1)), Refused(400, 2650, Some(1870159)));
    desk.0.configure(|settings| settings.discard_members = true);
    let huge = desk.create("b");
    desk.0.load(&desk.0.dump().unwrap().replace("\"counted\":0", "\"counted\":100000000")).unwrap();
    assert_eq!(wrong(replace(&desk, &huge, 9, 1, false, 0..1)), Refused(400, 2650, Some(1870144)));
}

#[test]
fn a_replacement_times_out_and_keeps_what_came() {
    let desk = Desk::quick();
    let id = ready(&desk);
    replace(&desk, &id, 1, 1, false, 0..10);
    desk.wait(90 * 60);
    assert_eq!(refused(&replace(&desk, &id, 1, 2, true, 10..20)), Refused(400, 2650, Some(1870158)));
    assert_eq!((desk.status(&id).0, desk.count(&id)), (415, 10));
    assert_eq!(desk.add(&id, &emails(10..20)).status, 200);
    assert_eq!((desk.status(&id).0, desk.count(&id)), (200, 20));
}

#[test]
fn a_replacement_that_broke_must_be_started_again() {
    let desk = Desk::quick();
    let id = ready(&desk);
    replace(&desk, &id, 1, 1, false, 0..10);
    desk.0.break_replace(&desk.id(&id));
    assert_eq!(desk.status(&id).0, 415);
    assert_eq!(refused(&replace(&desk, &id, 1, 2, true, 10..20)), Refused(400, 2650, Some(1870148)));
    assert_eq!(replace(&desk, &id, 2, 1, true, 0..20).status, 200);
    assert_eq!((desk.status(&id).0, desk.count(&id)), (200, 20));
}

#[test]
fn a_replacement_waits_for_a_running_upload() {
    let desk = Desk::new();
    let id = ready(&desk);
    assert_eq!(desk.status(&id).0, 441);
    assert_eq!(refused(&replace(&desk, &id, 1, 1, true, 0..1)), Refused(400, 2650, Some(1870145)));
    desk.wait(600);
    assert_eq!(replace(&desk, &id, 1, 1, true, 0..1).status, 200);
}

#[test]
fn a_replacement_keeps_schema_and_kind() {
    let desk = Desk::quick();
    let id = ready(&desk);
    let send = |seq: u64, payload: serde_json::Value| {
        let session = json!({ "session_id": 1, "batch_seq": seq });
        refused(&desk.post(&format!("{id}/usersreplace"), &json!({ "payload": payload, "session": session })))
    };
    let valued = json!({ "schema": ["EMAIL", "LOOKALIKE_VALUE"], "data": [[digest("a"), 1]] });
    assert_eq!(send(1, valued), Refused(400, 100, None));
    assert_eq!(send(1, emails(0..1)), Refused(200, 0, None));
    assert_eq!(send(2, json!({ "schema": ["PHONE"], "data": [[digest("1")]] })), Refused(400, 100, None));
}
