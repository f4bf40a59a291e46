//! The audience object: creation, reading, its life, its list.

use std::collections::BTreeSet;
use std::time::Duration;

use audiencekit::facebook::fake::{DeletedCode, FlaggedEdit, ReadyAfter, SizeModel};
use serde_json::{Value, json};

use super::desk::{ACCOUNT, Desk, Refused, emails, refused};

#[test]
fn only_the_id_comes_without_fields_and_unset_fields_are_absent() {
    let desk = Desk::new();
    let id = desk.create("a");
    assert_eq!(desk.get(&id).json(), json!({ "id": id }));
    let read = desk.get(&format!("{id}?fields=name,description,time_created,account_id,pixel_id")).json();
    assert_eq!(read["account_id"], "1234567890");
    assert_eq!(read["time_created"], desk.0.now().unix_timestamp());
    assert!(read.get("description").is_none() && read.get("pixel_id").is_none());
    let reply = desk.get(&format!("{id}?fields=approximate_count"));
    assert_eq!(refused(&reply), Refused(400, 100, None));
    assert!(
        reply.json()["error"]["message"].as_str().unwrap().contains("nonexisting field (approximate_count)")
    );
}

#[test]
fn creation_needs_name_subtype_and_source_and_checks_what_it_takes() {
    let desk = Desk::new();
    let full = json!({ "name": "a", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY" });
    let with = |name: &str, value: Value| {
        let mut body = full.clone();
        body[name] = value;
        desk.post(&format!("{ACCOUNT}/customaudiences"), &body)
    };
    for name in ["name", "subtype", "customer_file_source"] {
        let reply = with(name, Value::Null).json();
        assert_eq!(reply["error"]["message"], format!("(#100) Missing parameter(s): {name}"));
    }
    for (name, value) in [
        ("subtype", json!("NICE")),
        ("customer_file_source", json!("STOLEN")),
        ("retention_days", json!(0)),
        ("retention_days", json!(181)),
        ("is_value_based", json!("maybe")),
        ("name", json!("  ")),
    ] {
        assert_eq!(refused(&with(name, value)), Refused(400, 100, None), "{name}");
    }
    assert_eq!(with("retention_days", json!(180)).status, 200);
}

#[test]
fn names_may_repeat_unless_fetching_is_asked_for() {
    let desk = Desk::new();
    let first = desk.create("a");
    assert_ne!(desk.create("a"), first);
    let fetched = desk.create_with(&json!({ "name": "b", "enable_fetch_or_create": true }));
    assert_eq!(desk.create_with(&json!({ "name": "b", "enable_fetch_or_create": "1" })), fetched);
}

#[test]
fn an_account_holds_only_so_many_audiences() {
    let desk = Desk::new();
    assert_eq!(desk.0.settings().max_audiences, 500);
    desk.0.configure(|settings| settings.max_audiences = 2);
    desk.create("a");
    desk.create("b");
    let new = json!({ "name": "c", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY" });
    assert_eq!(refused(&desk.post(&format!("{ACCOUNT}/customaudiences"), &new)), Refused(400, 2654, None));
}

#[test]
fn an_audience_goes_from_empty_over_populating_to_ready_with_time() {
    let desk = Desk::new();
    let id = desk.create("a");
    assert_eq!(desk.status(&id), (410, 300));
    assert_eq!(desk.get(&format!("{id}?fields=data_source")).json()["data_source"]["type"], "UNKNOWN");
    desk.add(&id, &emails(0..150));
    assert_eq!(desk.status(&id), (441, 300));
    desk.wait(599);
    assert_eq!(desk.status(&id), (441, 300));
    desk.wait(1);
    assert_eq!(desk.status(&id), (200, 200));
    let source = desk.get(&format!("{id}?fields=data_source")).json()["data_source"].clone();
    assert_eq!(
        (source["type"].as_str(), source["sub_type"].as_str()),
        (Some("FILE_IMPORTED"), Some("MULTI_HASHES"))
    );
}

#[test]
fn readiness_comes_at_once_or_after_so_many_reads() {
    let desk = Desk::quick();
    let id = desk.create("a");
    desk.add(&id, &emails(0..150));
    assert_eq!(desk.status(&id), (200, 200));
    desk.0.configure(|settings| settings.ready = ReadyAfter::AfterPolls(3));
    desk.add(&id, &emails(0..150));
    assert_eq!([1, 2, 3].map(|_| desk.status(&id).0), [441, 441, 200]);
    desk.0.configure(|settings| settings.ready = ReadyAfter::After(Duration::from_secs(86_400)));
    desk.add(&id, &emails(0..150));
    desk.wait(86_399);
    assert_eq!(desk.status(&id).0, 441);
    desk.wait(1);
    assert_eq!(desk.status(&id).0, 200);
}

#[test]
fn sizes_are_bands_floors_or_unknown() {
    let desk = Desk::quick();
    let id = desk.create("a");
    assert_eq!(desk.bounds(&id), (-1, -1));
    desk.add(&id, &emails(0..50));
    assert_eq!(desk.bounds(&id), (1000, 1000));
    assert_eq!(desk.status(&id).1, 300);
    desk.0.configure(|settings| settings.sizes = SizeModel::UnknownBelowMinimum);
    assert_eq!(desk.bounds(&id), (-1, -1));
    desk.add(&id, &emails(0..4321));
    let (lower, upper) = desk.bounds(&id);
    assert!(lower < 4321 && 4321 < upper && upper - lower < 600, "{lower} to {upper}");
    desk.0.configure(|settings| settings.sizes = SizeModel::Unknown);
    assert_eq!(desk.bounds(&id), (-1, -1));
}

#[test]
fn bad_uploads_show_in_the_operation_status() {
    let desk = Desk::quick();
    let id = desk.create("a");
    desk.add(&id, &json!({ "schema": ["EMAIL"], "data": [["x"], ["y"], [super::desk::digest("z")]] }));
    assert_eq!(desk.status(&id).0, 412);
    desk.0.populate(audiencekit::facebook::fake::SyntheticPopulation::synthetic(1, 10));
    desk.add(&id, &emails(100..300));
    assert_eq!(desk.status(&id).0, 411);
    for code in [421, 450, 500] {
        desk.0.force_operation_status(&desk.id(&id), Some(code));
        assert_eq!(desk.status(&id).0, i64::from(code));
    }
}

#[test]
fn a_list_is_newest_first_in_pages_with_opaque_cursors() {
    let desk = Desk::new();
    let target = format!("{ACCOUNT}/customaudiences");
    assert_eq!(desk.get(&target).json(), json!({ "data": [] }));
    let made: Vec<String> = (0..60).map(|number| desk.create(&format!("a{number}"))).collect();
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = desk.get(&format!("{target}?limit=25&fields=name&after={after}")).json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|a| a["id"].as_str().unwrap().to_owned()));
        let cursors = &page["paging"]["cursors"];
        assert!(cursors["after"].as_str().unwrap().starts_with("QVFIU"));
        match page["paging"]["next"].as_str() {
            Some(next) => assert!(next.starts_with("https://graph.facebook.com/v26.0/act_")),
            None => break,
        }
        after = cursors["after"].as_str().unwrap().to_owned();
    }
    assert_eq!(seen, made.into_iter().rev().collect::<Vec<_>>());
    assert_eq!(desk.get(&target).json()["data"].as_array().unwrap().len(), 25);
    assert_eq!(refused(&desk.get(&format!("{target}?after=nonsense"))), Refused(400, 100, None));
    assert_eq!(refused(&desk.get(&format!("{target}?limit=100000"))), Refused(400, 1, None));
}

#[test]
fn a_page_may_be_short_or_empty_and_still_have_a_next() {
    let desk = Desk::new();
    let made: BTreeSet<String> = (0..200).map(|number| desk.create(&format!("a{number}"))).collect();
    desk.0.configure(|settings| settings.short_pages = true);
    let (mut seen, mut sizes, mut after) = (BTreeSet::new(), Vec::new(), String::new());
    loop {
        let page = desk.get(&format!("{ACCOUNT}/customaudiences?limit=5&after={after}")).json();
        let rows = page["data"].as_array().unwrap();
        sizes.push(rows.len());
        seen.extend(rows.iter().map(|a| a["id"].as_str().unwrap().to_owned()));
        if page["paging"].get("next").is_none() {
            break;
        }
        after = page["paging"]["cursors"]["after"].as_str().unwrap().to_owned();
    }
    assert_eq!(seen, made);
    assert!(sizes.contains(&0) && sizes.contains(&1), "{sizes:?}");
}

#[test]
fn a_list_is_filtered_by_name_delete_time_and_status() {
    let desk = Desk::new();
    let (first, second) = (desk.create("VIP customers"), desk.create("Others"));
    desk.0.expire_audience(&desk.id(&second));
    let list = |field: &str, operator: &str, value: Value| {
        let filter = json!([{ "field": field, "operator": operator, "value": value }]).to_string();
        let filter = filter.replace('"', "%22").replace(' ', "%20");
        let reply = desk.get(&format!("{ACCOUNT}/customaudiences?filtering={filter}"));
        assert_eq!(reply.status, 200, "{}", reply.json());
        let data = reply.json()["data"].as_array().unwrap().clone();
        data.iter().map(|a| a["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list("name", "CONTAIN", json!("vip")), [first.as_str()]);
    assert_eq!(list("delete_time", "GREATER_THAN", json!(0)), [second.as_str()]);
    assert_eq!(list("operation_status.code", "IN", json!([100])), [second]);
    assert_eq!(list("name", "NOT_EQUAL", json!("Others")), [first]);
    let wrong = "%5B%7B%22field%22:%22x%22,%22operator%22:%22EQUAL%22,%22value%22:1%7D%5D";
    assert_eq!(
        refused(&desk.get(&format!("{ACCOUNT}/customaudiences?filtering={wrong}"))),
        Refused(400, 100, None)
    );
}

#[test]
fn an_audience_is_edited_and_deleted_for_good() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.wait(5);
    let edit =
        json!({ "name": "b", "description": "c", "retention_days": 30, "audience_labels": ["AT_RISK"] });
    assert_eq!(desk.post(&id, &edit).json(), json!({ "success": true }));
    let read =
        desk.get(&format!("{id}?fields=name,description,retention_days,audience_labels,time_updated")).json();
    assert_eq!((read["name"].as_str(), read["retention_days"].as_i64()), (Some("b"), Some(30)));
    assert_eq!(read["audience_labels"], json!(["AT_RISK"]));
    assert_eq!(read["time_updated"], desk.0.now().unix_timestamp());
    assert_eq!(refused(&desk.post(&id, &json!({ "subtype": "WEBSITE" }))), Refused(400, 100, None));
    assert_eq!(desk.delete(&id, &json!({})).json(), json!({ "success": true }));
    assert_eq!(refused(&desk.get(&id)), Refused(400, 100, Some(33)));
    assert_eq!(refused(&desk.add(&id, &emails(0..1))), Refused(400, 100, Some(33)));
}

#[test]
fn a_lookalike_needs_a_seed_and_keeps_it_from_being_deleted() {
    let desk = Desk::new();
    let id = desk.create("seed");
    let make = |spec: Value| {
        let body = json!({
            "name": "like", "subtype": "LOOKALIKE", "origin_audience_id": id, "lookalike_spec": spec.to_string()
        });
        desk.post(&format!("{ACCOUNT}/customaudiences"), &body)
    };
    let spec = json!({ "type": "custom_ratio", "ratio": 0.02, "country": "PL" });
    assert_eq!(refused(&make(spec.clone())), Refused(400, 2654, None), "too few people");
    desk.add(&id, &emails(0..100));
    for wrong in [
        json!({ "ratio": 0.5, "country": "PL" }),
        json!({ "ratio": 0.02 }),
        json!({ "ratio": 0.02, "starting_ratio": 0.03, "country": "PL" }),
        json!({ "type": "similarity", "country": "PL", "colour": 1 }),
    ] {
        assert_eq!(refused(&make(wrong)), Refused(400, 100, None));
    }
    let like = make(spec).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        desk.get(&format!("{id}?fields=lookalike_audience_ids")).json()["lookalike_audience_ids"],
        json!([like])
    );
    assert_eq!(refused(&desk.delete(&id, &json!({}))), Refused(400, 2656, None));
    assert_eq!(refused(&desk.add(&like, &emails(0..1))), Refused(400, 2650, None));
    assert_eq!(desk.delete(&like, &json!({})).status, 200);
    assert_eq!(desk.delete(&id, &json!({})).status, 200);
}

#[test]
fn a_flagged_audience_takes_nothing() {
    let desk = Desk::quick();
    let id = desk.create("a");
    desk.add(&id, &emails(0..150));
    desk.0.flag(&desk.id(&id), &["name"]);
    assert_eq!(desk.status(&id), (471, 400));
    let read = desk.get(&format!("{id}?fields=fields_violating_integrity_policy")).json();
    assert_eq!(read["fields_violating_integrity_policy"], json!(["name"]));
    assert_eq!(refused(&desk.add(&id, &emails(0..1))), Refused(400, 100, Some(1713230)));
    assert_eq!(refused(&desk.remove(&id, &emails(0..1))), Refused(400, 100, Some(1713230)));
    let session = json!({ "session_id": 1, "batch_seq": 1 });
    let replace =
        desk.post(&format!("{id}/usersreplace"), &json!({ "payload": emails(0..1), "session": session }));
    assert_eq!(refused(&replace), Refused(400, 100, Some(1713230)));
    assert_eq!(refused(&desk.post(&id, &json!({ "name": "b" }))), Refused(400, 100, Some(1713228)));
    let spec = json!({ "type": "similarity", "country": "PL" }).to_string();
    let like =
        json!({ "name": "l", "subtype": "LOOKALIKE", "origin_audience_id": id, "lookalike_spec": spec });
    assert_eq!(
        refused(&desk.post(&format!("{ACCOUNT}/customaudiences"), &like)),
        Refused(400, 100, Some(1713232))
    );
}

#[test]
fn an_edit_of_a_flagged_audience_may_have_to_change_every_flagged_field() {
    let desk = Desk::new();
    let id = desk.create_with(&json!({ "name": "a", "description": "b" }));
    desk.0.flag(&desk.id(&id), &["name", "description"]);
    assert_eq!(
        refused(&desk.post(&id, &json!({ "name": "c", "description": "d" }))),
        Refused(400, 100, Some(1713228))
    );
    desk.0.configure(|settings| settings.flagged_edit = FlaggedEdit::MustChangeFields);
    for part in
        [json!({ "name": "c" }), json!({ "name": "c", "description": "b" }), json!({ "opt_out_link": "x" })]
    {
        assert_eq!(refused(&desk.post(&id, &part)), Refused(400, 100, Some(1713231)), "{part}");
    }
    assert_eq!(desk.status(&id).0, 471);
    assert_eq!(desk.post(&id, &json!({ "name": "c", "description": "d" })).status, 200);
    assert_eq!(desk.status(&id).0, 410);
    assert_eq!(desk.add(&id, &emails(0..1)).status, 200);
}

#[test]
fn a_deleted_audience_may_be_told_from_one_that_never_was() {
    let desk = Desk::new();
    let (gone, also) = (desk.create("a"), desk.create("b"));
    desk.delete(&gone, &json!({}));
    desk.0.delete_audience(&desk.id(&also));
    assert_eq!(refused(&desk.get(&gone)), Refused(400, 100, Some(33)));
    desk.0.configure(|settings| settings.deleted = DeletedCode::Code1487366);
    for id in [&gone, &also] {
        assert_eq!(refused(&desk.get(id)), Refused(400, 1487366, None));
        assert_eq!(refused(&desk.add(id, &emails(0..1))), Refused(400, 1487366, None));
    }
    assert_eq!(refused(&desk.get("42")), Refused(400, 100, Some(33)));
}

#[test]
fn an_account_uses_only_audiences_that_are_its_own_or_shared_with_it() {
    let desk = Desk::quick();
    let other = "act_77".parse().unwrap();
    desk.0.add_account(&other);
    let id = desk.create("seed");
    desk.add(&id, &emails(0..200));
    let like = |seed: &str| {
        let spec = json!({ "type": "reach", "country": "PL" }).to_string();
        let body = json!({ "name": "l", "subtype": "LOOKALIKE", "origin_audience_id": seed, "lookalike_spec": spec });
        desk.post("act_77/customaudiences", &body)
    };
    let seen = || desk.get(&format!("{id}?ad_account_id=77"));
    assert_eq!(refused(&like(&id)), Refused(400, 1487301, None));
    assert_eq!(refused(&seen()), Refused(400, 1487301, None));
    assert_eq!(desk.get(&format!("{id}?ad_account_id=1234567890")).status, 200);
    desk.post(&format!("{id}/adaccounts"), &json!({ "adaccounts": ["77"] }));
    assert_eq!(seen().status, 200);
    assert_eq!(refused(&like(&id)), Refused(400, 200, None), "who it is shared with cannot seed a lookalike");
    desk.delete(&id, &json!({}));
    assert_eq!(refused(&like(&id)), Refused(400, 1487366, None));
}

#[test]
fn a_lookalike_tells_what_it_was_made_from() {
    let desk = Desk::quick();
    let id = desk.create("seed");
    desk.add(&id, &emails(0..200));
    let spec = json!({ "ratio": 0.03, "country": "PL" }).to_string();
    let body =
        json!({ "name": "l", "subtype": "LOOKALIKE", "origin_audience_id": id, "lookalike_spec": spec });
    let like =
        desk.post(&format!("{ACCOUNT}/customaudiences"), &body).json()["id"].as_str().unwrap().to_owned();
    let read = desk.get(&format!("{like}?fields=lookalike_spec")).json()["lookalike_spec"].clone();
    assert_eq!(
        read,
        json!({ "type": "custom_ratio", "ratio": 0.03, "country": "PL", "target_countries": ["PL"],
            "origin": [{ "id": id, "name": "seed", "type": "custom_audience", "deleted": false }] })
    );
}

#[test]
fn an_unused_audience_expires_and_is_deleted() {
    let desk = Desk::quick();
    let id = desk.create("a");
    desk.add(&id, &emails(0..150));
    desk.wait(730 * 86_400);
    assert_eq!(desk.status(&id).0, 100);
    let delete_time = desk.get(&format!("{id}?fields=delete_time")).json()["delete_time"].as_i64().unwrap();
    assert_eq!(delete_time, desk.0.now().unix_timestamp() + 90 * 86_400);
    desk.add(&id, &emails(0..1));
    assert_eq!(desk.status(&id).0, 200);
    desk.0.expire_audience(&desk.id(&id));
    desk.wait(90 * 86_400);
    assert_eq!(refused(&desk.get(&id)), Refused(400, 100, Some(33)));
}

#[test]
fn a_fresh_id_may_not_be_known_yet() {
    let desk = Desk::new();
    desk.0.configure(|settings| settings.fresh_id_misses = 1);
    let id = desk.create("a");
    let reply = desk.add(&id, &emails(0..1));
    assert_eq!(refused(&reply), Refused(400, 803, None));
    assert_eq!(desk.add(&id, &emails(0..1)).status, 200);
}

#[test]
fn an_audience_can_be_deleted_by_somebody_else() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.0.delete_audience(&desk.id(&id));
    assert_eq!(refused(&desk.add(&id, &emails(0..1))), Refused(400, 100, Some(33)));
}

#[test]
fn an_audience_is_shared_and_taken_back() {
    let desk = Desk::new();
    desk.0.add_account(&"act_77".parse().unwrap());
    let id = desk.create("a");
    let edge = format!("{id}/adaccounts");
    let shared = desk.post(&edge, &json!({ "adaccounts": ["77"], "permissions": "targeting" })).json();
    assert_eq!(shared["sharing_data"][0]["ad_acct_id"], "77");
    assert_eq!(desk.get(&edge).json()["data"], json!([{ "id": "act_77" }]));
    assert_eq!(desk.get(&format!("{id}/shared_account_info")).json()["data"][0]["sharing_status"], "SHARED");
    assert_eq!(desk.delete(&edge, &json!({ "adaccounts": ["77"] })).json(), json!({ "success": true }));
    assert_eq!(desk.get(&edge).json(), json!({ "data": [] }));
    assert_eq!(refused(&desk.post(&edge, &json!({ "adaccounts": ["78"] }))), Refused(400, 100, Some(33)));
}

#[test]
fn health_is_for_value_based_audiences() {
    let desk = Desk::new();
    let (plain, valued) =
        (desk.create("a"), desk.create_with(&json!({ "name": "b", "is_value_based": true })));
    assert_eq!(desk.get(&format!("{valued}/health")).json(), json!({ "data": [] }));
    assert_eq!(refused(&desk.get(&format!("{plain}/health"))), Refused(400, 100, None));
}
