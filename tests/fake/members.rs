//! Uploads: what a call, a row and a cell may be, and what becomes of them.

use audiencekit::facebook::fake::{AlarmKind, SyntheticPopulation};
use audiencekit::identity::MatchKey;
use serde_json::{Value, json};

use super::desk::{ACCOUNT, Desk, Refused, digest, emails, refused, told};

#[test]
fn too_many_rows_fail_the_whole_call() {
    let desk = Desk::new();
    let id = desk.create("a");
    assert_eq!(desk.add(&id, &emails(0..10_000)).status, 200);
    assert_eq!(refused(&desk.add(&id, &emails(10_000..20_001))), Refused(500, 1, Some(99)));
    desk.0.configure(|settings| settings.too_many_rows_as_html = true);
    let reply = desk.add(&id, &emails(10_000..20_001));
    assert!(reply.status == 500 && reply.header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(desk.count(&id), 10_000);
}

#[test]
fn rows_that_do_not_fit_the_schema_refuse_the_whole_call() {
    let desk = Desk::new();
    let id = desk.create("a");
    let (a, b) = (digest("a"), digest("b"));
    for payload in [
        json!({ "schema": ["EMAIL", "PHONE"], "data": [[a, b], [a]] }),
        json!({ "schema": ["EMAIL"], "data": [[a], [a, b]] }),
        json!({ "schema": ["EMAIL"], "data": [a] }),
        json!({ "schema": [], "data": [] }),
        json!({ "schema": ["EMAIL"], "data": [] }),
        json!({ "schema": "NONSENSE", "data": [a] }),
        json!({ "data": [[a]] }),
        json!([]),
    ] {
        let reply = desk.add(&id, &payload);
        assert_eq!(refused(&reply), Refused(400, 100, None), "{payload}");
        let message = reply.json()["error"]["message"].clone();
        assert_eq!(message, "(#100) Data is missing or does not match schema");
    }
    assert_eq!(desk.count(&id), 0);
    assert_eq!(refused(&desk.post(&format!("{id}/users"), &json!({}))), Refused(400, 194, None));
}

#[test]
fn a_bad_row_costs_the_row_and_is_sampled() {
    let desk = Desk::new();
    let id = desk.create("a");
    let good = digest("a@example.com");
    let rows = json!([
        [good, "7"],
        [good.to_uppercase(), "8"],
        ["0cc175b9c0f1b6a831c399e269772661", "9"],
        [good, ""],
        ["", "10"],
    ]);
    let reply = desk.add(&id, &json!({ "schema": ["EMAIL", "EXTERN_ID"], "data": rows })).json();
    assert_eq!((reply["num_received"].as_u64(), reply["num_invalid_entries"].as_u64()), (Some(5), Some(3)));
    let samples = reply["invalid_entry_samples"].as_object().unwrap();
    assert_eq!(samples[&rows[3].to_string()], "empty external ID");
    assert_eq!(samples[&rows[1].to_string()], "invalid hash");
    assert_eq!(samples[&rows[2].to_string()], "invalid hash");
    assert_eq!(desk.count(&id), 2);
    let empty = desk.add(&id, &json!({ "schema": ["EMAIL", "PHONE"], "data": [["", ""]] })).json();
    assert_eq!(empty["num_invalid_entries"], 1);
}

#[test]
fn at_most_a_hundred_samples_come_back_and_none_is_an_object_or_a_list() {
    let desk = Desk::new();
    let id = desk.create("a");
    let bad: Vec<Value> = (0..150).map(|number| json!([format!("{number}")])).collect();
    let reply = desk.add(&id, &json!({ "schema": ["EMAIL"], "data": bad })).json();
    assert_eq!(reply["num_invalid_entries"], 150);
    assert_eq!(reply["invalid_entry_samples"].as_object().unwrap().len(), 100);
    assert_eq!(desk.add(&id, &emails(0..1)).json()["invalid_entry_samples"], json!({}));
    desk.0.configure(|settings| settings.empty_samples_as_list = true);
    assert_eq!(desk.add(&id, &emails(0..1)).json()["invalid_entry_samples"], json!([]));
}

#[test]
fn value_columns_are_checked_and_belong_to_value_based_audiences() {
    let desk = Desk::new();
    let (plain, valued) =
        (desk.create("a"), desk.create_with(&json!({ "name": "b", "is_value_based": true })));
    let hash = digest("a@example.com");
    let rows = json!([[hash, 44.5], [digest("b"), -1], [digest("c"), "5"], [digest("d"), 0]]);
    let payload = json!({ "schema": ["EMAIL", "LOOKALIKE_VALUE"], "data": rows });
    assert_eq!(refused(&desk.add(&plain, &payload)), Refused(400, 100, None));
    assert_eq!(refused(&desk.add(&valued, &emails(0..1))), Refused(400, 100, None));
    let reply = desk.add(&valued, &payload).json();
    assert_eq!(reply["num_invalid_entries"], 2);
    assert_eq!(reply["invalid_entry_samples"][&rows[1].to_string()], "negative value");
    assert_eq!(desk.count(&valued), 2);
    desk.add(&valued, &json!({ "schema": ["EMAIL", "LOOKALIKE_VALUE"], "data": [[hash, 99]] }));
    assert_eq!(desk.count(&valued), 2, "another value is not another person");
    let options = json!({
        "schema": ["EMAIL", "DATA_PROCESSING_OPTIONS", "DATA_PROCESSING_OPTIONS_COUNTRY", "DATA_PROCESSING_OPTIONS_STATE"],
        "data": [[hash, ["LDU"], 1, 1000], [digest("e"), [], 0, 0], [digest("f"), ["LDX"], 0, 0]],
    });
    assert_eq!(desk.add(&plain, &options).json()["num_invalid_entries"], 1);
}

#[test]
fn received_rows_add_up_within_a_session_and_a_session_is_made_up_without_one() {
    let desk = Desk::new();
    let id = desk.create("a");
    let batch = |seq: u64, last: bool, rows: std::ops::Range<usize>| {
        let session =
            json!({ "session_id": 9_007_199_254_740_993_u64, "batch_seq": seq, "last_batch_flag": last });
        desk.post(&format!("{id}/users"), &json!({ "payload": emails(rows), "session": session })).json()
    };
    assert_eq!(batch(1, false, 0..3)["num_received"], 3);
    let second = batch(2, true, 3..5);
    assert_eq!(second["num_received"], 5);
    assert_eq!(second["session_id"], "9007199254740993");
    let loose = desk.add(&id, &emails(0..2)).json();
    assert_eq!(loose["num_received"], 2);
    let made_up = loose["session_id"].as_str().unwrap();
    assert_eq!(made_up.len(), 19);
    let other = desk.create("b");
    assert_eq!(
        desk.add(&other, &emails(0..1)).json()["session_id"],
        made_up,
        "one per operation and columns"
    );
    assert_ne!(desk.remove(&id, &emails(0..1)).json()["session_id"], made_up);
}

#[test]
fn a_session_goes_in_order_with_one_schema_and_ends() {
    let desk = Desk::new();
    let (id, other) = (desk.create("a"), desk.create("b"));
    let send = |id: &str, session: u64, seq: i64, last: bool, payload: &Value| {
        let session = json!({ "session_id": session, "batch_seq": seq, "last_batch_flag": last });
        refused(&desk.post(&format!("{id}/users"), &json!({ "payload": payload, "session": session })))
    };
    let (good, bad) = (Refused(200, 0, None), Refused(400, 100, None));
    let rows = emails(0..1);
    let phones = json!({ "schema": ["PHONE"], "data": [[digest("48500")]] });
    assert_eq!(send(&id, 5, 2, false, &rows), bad, "begins at 1");
    assert_eq!(send(&id, 5, 0, false, &rows), bad, "positive");
    assert_eq!(send(&id, 5, 1, false, &rows), good);
    assert_eq!(send(&id, 5, 1, false, &rows), good, "sent again");
    assert_eq!(send(&id, 5, 3, false, &rows), bad, "a gap");
    assert_eq!(send(&id, 5, 2, false, &phones), bad, "another schema");
    assert_eq!(send(&other, 5, 2, false, &rows), bad, "unique in the account");
    assert_eq!(send(&id, 5, 2, true, &rows), good);
    assert_eq!(send(&id, 5, 3, false, &rows), bad, "ended");
    assert_eq!(send(&id, 5, 2, true, &rows), good, "the last one again");
    assert_eq!(send(&id, 6, 1, false, &rows), good);
    desk.wait(90 * 60);
    assert_eq!(send(&id, 6, 2, false, &rows), bad, "closed after 90 minutes");
    assert_eq!(send(&id, 0, 1, false, &rows), bad);
}

#[test]
fn sessions_are_read_back_as_text_and_may_be_stuck() {
    let desk = Desk::new();
    let id = desk.create("a");
    let send = |seq: u64, last: bool| {
        let session = json!({ "session_id": 5, "batch_seq": seq, "last_batch_flag": last });
        desk.post(&format!("{id}/users"), &json!({ "payload": emails(0..3), "session": session }));
    };
    send(1, false);
    let row = || desk.get(&format!("{id}/sessions?session_id=5")).json()["data"][0].clone();
    let open = row();
    assert!(open.as_object().unwrap().values().all(Value::is_string), "{open}");
    assert_eq!((open["stage"].as_str(), open["num_matched"].as_str()), (Some("uploading"), Some("-1")));
    send(2, true);
    let done = row();
    assert_eq!((done["num_received"].as_str(), done["stage"].as_str()), (Some("6"), Some("finished")));
    desk.0.configure(|settings| settings.stuck_sessions = true);
    assert_eq!(
        row(),
        json!({
            "session_id": "5", "start_time": done["start_time"], "end_time": "0", "num_received": "6",
            "num_matched": "-1", "num_invalid_entries": "0", "progress": "0", "stage": "uploading",
        })
    );
}

#[test]
fn an_audience_remembers_its_data_source() {
    let desk = Desk::new();
    let (list, single) = (desk.create("a"), desk.create("b"));
    let legacy = json!({ "schema": "EMAIL_SHA256", "data": [digest("a"), digest("b")] });
    desk.add(&list, &emails(0..1));
    let reply = desk.add(&list, &legacy);
    assert_eq!(refused(&reply), Refused(400, 2650, None));
    assert_eq!(
        reply.json()["error"]["message"],
        "(#2650) Failed to update the custom audience: This audience was created from data source \
         FILE_IMPORTED.MULTI_HASHES, which does not support data source FILE_IMPORTED.HASHES_OR_USER_IDS."
    );
    assert_eq!(desk.add(&single, &legacy).json()["num_received"], 2);
    assert_eq!(refused(&desk.add(&single, &emails(0..1))), Refused(400, 2650, None));
    let madids =
        json!({ "schema": "MOBILE_ADVERTISER_ID", "data": [["38400000-8cf0-11bd-b23e-10b96e40000d"]] });
    assert_eq!(desk.add(&desk.create("c"), &madids).json()["num_invalid_entries"], 0);
}

#[test]
fn scoped_ids_need_their_app_or_page() {
    let desk = Desk::new();
    let id = desk.create("a");
    let payload = json!({ "schema": ["PAGEUID"], "data": [["123"]] });
    assert_eq!(refused(&desk.add(&id, &payload)), Refused(400, 100, None));
    let payload = json!({ "schema": ["PAGEUID"], "data": [["123"]], "page_ids": ["9"] });
    assert_eq!(desk.add(&id, &payload).json()["num_invalid_entries"], 0);
    let payload = json!({ "schema": ["APPUID"], "data": [[123]], "app_ids": [9] });
    assert_eq!(desk.add(&id, &payload).json()["num_invalid_entries"], 0);
    assert_eq!(desk.count(&id), 2);
}

#[test]
fn what_goes_beside_the_rows_is_checked() {
    let desk = Desk::new();
    let id = desk.create("a");
    let add = |more: Value| {
        let mut payload = emails(0..1);
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        refused(&desk.add(&id, &payload)).1
    };
    for bad in [
        json!({ "app_ids": "1" }),
        json!({ "page_ids": [[]] }),
        json!({ "ig_account_ids": ["x"] }),
        json!({ "metadata": { "colour": 1 } }),
        json!({ "data_source": { "sub_type": "HASHES" } }),
        json!({ "data_source": { "type": "GUESSED" } }),
        json!({ "data_source": { "type": "FILE_IMPORTED", "sub_type": "GUESSED" } }),
    ] {
        assert_eq!(add(bad.clone()), 100, "{bad}");
    }
    let good = json!({
        "app_ids": [1, "2"], "metadata": { "calculated_date": "2026-11-23", "schema_version": "2" },
        "data_source": { "type": "FILE_IMPORTED", "sub_type": "MULTI_HASHES" },
    });
    assert_eq!(add(good), 0);
    assert_eq!(add(json!({ "data_source": { "type": "FILE_IMPORTED", "sub_type": "TOKENS" } })), 2650);
    let beside = |name: &str, value: Value| {
        refused(&desk.post(&format!("{id}/users"), &json!({ "payload": emails(0..1), name: value }))).1
    };
    assert_eq!(beside("namespace", json!("crm")), 0);
    assert_eq!(beside("customer_consent", json!(true)), 0);
    assert_eq!(beside("customer_consent", json!("perhaps")), 100);
}

#[test]
fn plain_data_never_matches_and_rings_the_alarm() {
    let desk = Desk::new();
    let id = desk.create("a");
    let rows = json!([["mary@example.com", digest("mary")], [digest("x@y.zz"), "Mary"]]);
    let reply = desk.add(&id, &json!({ "schema": ["EMAIL", "FN"], "data": rows })).json();
    assert_eq!(reply["num_invalid_entries"], 2);
    assert_eq!(desk.count(&id), 0);
    let seen: Vec<(AlarmKind, Option<String>)> =
        desk.0.alarms().into_iter().map(|alarm| (alarm.kind, alarm.column)).collect();
    assert_eq!(
        seen,
        [
            (AlarmKind::PlainEmail, None),
            (AlarmKind::UnhashedValue, Some("EMAIL".into())),
            (AlarmKind::UnhashedValue, Some("FN".into())),
        ]
    );
}

#[test]
fn empty_digests_and_hashed_device_ids_ring_the_alarm() {
    let desk = Desk::new();
    let id = desk.create("a");
    let payload = json!({ "schema": ["EMAIL", "MADID"], "data": [[digest(""), ""], ["", digest("device")]] });
    assert_eq!(desk.add(&id, &payload).json()["num_invalid_entries"], 0);
    let kinds: Vec<AlarmKind> = desk.0.alarms().iter().map(|alarm| alarm.kind).collect();
    assert_eq!(kinds, [AlarmKind::DigestOfNothing, AlarmKind::HashedDeviceId]);
    assert!(told(|| desk.0.assert_clean()).contains("HashedDeviceId"));
}

#[test]
fn matches_follow_from_the_normalized_values_of_the_population() {
    let desk = Desk::quick();
    let id = desk.create("a");
    // Facebook's own published pairs.
    let people = "{\"EMAIL\":\"mary@example.com\",\"PHONE\":\"15559876543\",\"FN\":\"mary\",\"LN\":\"smith\",\"ZIP\":\"94035\"}\n\
                  {\"EMAIL\":\"john_smith@gmail.com\",\"PHONE\":\"16505551212\"}\n";
    desk.0.populate(SyntheticPopulation::from_json_lines(people).unwrap());
    let mary = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79";
    let john = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176";
    let wrong = digest("Mary@Example.com");
    let payload = json!({ "schema": ["EMAIL", "PHONE"], "data": [[mary, ""], ["", john], [wrong, ""]] });
    desk.add(&id, &payload);
    assert_eq!((desk.count(&id), desk.0.matched(&desk.id(&id))), (3, 2));
    let by_name = json!({
        "schema": ["FN", "LN", "ZIP"],
        "data": [[digest("mary"), digest("smith"), digest("94035")], [digest("mary"), digest("smith"), ""]],
    });
    let other = desk.create("b");
    desk.add(&other, &by_name);
    assert_eq!(desk.0.matched(&desk.id(&other)), 1);
    assert!(
        SyntheticPopulation::from_json_lines("{\"EMAIL\":1}").unwrap_err().to_string().contains("line 1")
    );
}

#[test]
fn a_wrong_normalization_lowers_the_match_rate() {
    let desk = Desk::quick();
    let population = SyntheticPopulation::synthetic(7, 1000);
    let value = |index: usize, key| population.person(index).unwrap()[&key].clone();
    let right: Vec<[String; 1]> = (0..1000).map(|index| [digest(&value(index, MatchKey::Phone))]).collect();
    let with_plus: Vec<[String; 1]> =
        (0..1000).map(|index| [digest(&format!("+{}", value(index, MatchKey::Phone)))]).collect();
    desk.0.populate(population.clone());
    for (rows, matched) in [(right, 1000), (with_plus, 0)] {
        let id = desk.create("a");
        desk.add(&id, &json!({ "schema": ["PHONE"], "data": rows }));
        assert_eq!(desk.0.matched(&desk.id(&id)), matched);
    }
}

#[test]
fn adding_and_removing_are_set_operations() {
    let desk = Desk::new();
    let id = desk.create("a");
    for _ in 0..3 {
        desk.add(&id, &emails(0..10));
    }
    assert_eq!(desk.count(&id), 10);
    assert_eq!(desk.remove(&id, &emails(5..20)).json()["num_received"], 15, "a stranger is no error");
    assert_eq!(desk.count(&id), 5);
    desk.remove(&id, &emails(5..20));
    assert_eq!(desk.count(&id), 5);
}

#[test]
fn one_key_of_several_removes_and_another_value_does_not() {
    let desk = Desk::new();
    let id = desk.create("a");
    let rows = json!([[digest("a"), "1"], [digest("b"), "2"], [digest("c"), "3"]]);
    desk.add(&id, &json!({ "schema": ["EMAIL", "EXTERN_ID"], "data": rows }));
    desk.remove(&id, &json!({ "schema": ["EXTERN_ID"], "data": [["1"]] }));
    assert_eq!(desk.count(&id), 2);
    desk.remove(&id, &json!({ "schema": ["EMAIL", "EXTERN_ID"], "data": [[digest("changed"), "2"]] }));
    assert_eq!(desk.count(&id), 2, "a changed address does not remove what was sent");
}

#[test]
fn a_removal_that_leaves_too_few_of_a_live_audience_is_refused() {
    let desk = Desk::quick();
    let id = desk.create("a");
    desk.add(&id, &emails(0..150));
    let reply = desk.remove(&id, &emails(0..51));
    assert_eq!(refused(&reply), Refused(400, 200, Some(1870047)));
    assert_eq!(reply.json()["error"]["error_user_title"], "Audience Size too Low");
    assert_eq!(reply.json()["error"]["is_transient"], false);
    assert_eq!(desk.count(&id), 150);
    assert_eq!(desk.remove(&id, &emails(0..50)).status, 200);
    desk.0.configure(|settings| settings.removal_floor = 0);
    assert_eq!(desk.remove(&id, &emails(50..150)).status, 200);
    assert_eq!(desk.count(&id), 0);
}

#[test]
fn erasing_takes_people_out_of_every_customer_file_of_the_account() {
    let desk = Desk::new();
    desk.0.add_account(&"act_77".parse().unwrap());
    let (first, second) = (desk.create("a"), desk.create("b"));
    let new = json!({ "name": "c", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY" });
    let foreign = desk.post("act_77/customaudiences", &new).json()["id"].as_str().unwrap().to_owned();
    for id in [&first, &second, &foreign] {
        desk.add(id, &emails(0..10));
    }
    let reply = desk.delete(&format!("{ACCOUNT}/usersofanyaudience"), &json!({ "payload": emails(0..4) }));
    assert_eq!(reply.json()["num_received"], 4);
    assert_eq!([&first, &second, &foreign].map(|id| desk.count(id)), [6, 6, 10]);
}

#[test]
fn members_cannot_be_read() {
    let desk = Desk::new();
    let id = desk.create("a");
    assert_eq!(refused(&desk.get(&format!("{id}/users"))), Refused(400, 100, Some(33)));
}

#[test]
fn members_leave_after_the_retention() {
    let desk = Desk::new();
    let id = desk.create_with(&json!({ "name": "a", "retention_days": 30 }));
    desk.add(&id, &emails(0..10));
    desk.wait(20 * 86_400);
    desk.add(&id, &emails(0..4));
    desk.wait(10 * 86_400);
    assert_eq!(desk.count(&id), 4);
}

#[test]
fn members_may_be_counted_without_being_kept() {
    let desk = Desk::quick();
    desk.0.configure(|settings| settings.discard_members = true);
    let id = desk.create("a");
    for _ in 0..3 {
        assert_eq!(desk.add(&id, &emails(0..2000)).json()["num_invalid_entries"], 0);
    }
    assert_eq!((desk.count(&id), desk.0.members(&desk.id(&id)).len()), (6000, 0));
    assert!(desk.bounds(&id).0 > 5000);
}
