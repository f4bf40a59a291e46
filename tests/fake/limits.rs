//! Quotas and throttles.

use audiencekit::facebook::AccessTier;
use audiencekit::facebook::fake::{AppLimitCode, FakeReply, Fault, FaultRule, ScoreCode};
use serde_json::{Value, json};

use super::desk::{ACCOUNT, Desk, Refused, emails, refused};

fn use_case(reply: &FakeReply) -> Value {
    let header: Value = serde_json::from_str(reply.header("x-business-use-case-usage").unwrap()).unwrap();
    let entry = &header["1234567890"][0];
    assert_eq!(entry["type"], "custom_audience");
    entry.clone()
}

#[test]
fn the_use_case_header_rises_to_a_hundred_and_then_calls_are_refused() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.0.configure(|settings| settings.calls_per_hour = Some(10));
    let used: Vec<i64> = (0..9).map(|_| use_case(&desk.get(&id))["call_count"].as_i64().unwrap()).collect();
    assert_eq!(used, [20, 30, 40, 50, 60, 70, 80, 90, 100]);
    let reply = desk.get(&id);
    assert_eq!(refused(&reply), Refused(400, 80003, Some(2446079)));
    assert_eq!(reply.json()["error"]["is_transient"], true);
    let minutes = use_case(&reply)["estimated_time_to_regain_access"].as_i64().unwrap();
    assert!((55..=62).contains(&minutes), "{minutes}");
    let longer = use_case(&desk.get(&id))["estimated_time_to_regain_access"].as_i64().unwrap();
    assert_eq!(longer, minutes + 1, "calls while blocked make the block longer");
    desk.wait(longer as u64 * 60);
    assert_eq!(desk.get(&id).status, 200);
    assert!(use_case(&desk.get(&id))["call_count"].as_i64().unwrap() < 50);
}

#[test]
fn the_quota_follows_the_published_formula() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.0.configure(|settings| settings.tier = AccessTier::DevelopmentAccess);
    // 5,000 and 40 for one audience: 2 % are 101 calls.
    for _ in 0..99 {
        desk.get(&id);
    }
    let entry = use_case(&desk.get(&id));
    assert_eq!(
        (entry["call_count"].as_i64(), entry["ads_api_access_tier"].as_str()),
        (Some(2), Some("development_access"))
    );
    desk.0.configure(|settings| settings.tier = AccessTier::StandardAccess);
    assert_eq!(use_case(&desk.get(&id))["call_count"], 0);
}

#[test]
fn an_upload_tells_the_account_and_the_app_and_is_not_refused_by_it() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.0.configure(|settings| settings.tier = AccessTier::DevelopmentAccess);
    let usage = |reply: &FakeReply| {
        let account: Value = serde_json::from_str(reply.header("x-ad-account-usage").unwrap()).unwrap();
        assert!(reply.header("x-app-usage").is_some() && reply.header("x-business-use-case-usage").is_none());
        account["acc_id_util_pct"].as_f64().unwrap()
    };
    let mut last = 0.0;
    for _ in 0..25 {
        let reply = desk.add(&id, &emails(0..1));
        assert_eq!(reply.status, 200);
        let used = usage(&reply);
        assert!(used >= last);
        last = used;
    }
    assert!((last - 100.0).abs() < f64::EPSILON, "a full account score is no refusal: {last}");
    desk.0.configure(|settings| settings.enforce_account_score = true);
    assert_eq!(refused(&desk.add(&id, &emails(0..1))), Refused(400, 17, Some(2446079)));
    desk.wait(600);
    assert_eq!(desk.add(&id, &emails(0..1)).status, 200);
}

#[test]
fn every_throttle_can_be_scripted_with_and_without_is_transient() {
    let desk = Desk::new();
    let id = desk.create("a");
    let codes = [
        (17, Some(2446079)),
        (613, None),
        (613, Some(1487742)),
        (4, None),
        (2, None),
        (1, None),
        (368, None),
        (80004, Some(2446079)),
        (32, None),
    ];
    for (code, subcode) in codes {
        for is_transient in [None, Some(true), Some(false)] {
            desk.0.clear_faults();
            desk.0.inject(FaultRule::new(Fault::Error { code, subcode, is_transient }).first(1));
            let reply = desk.get(&id);
            assert_eq!(refused(&reply), Refused(400, code, subcode));
            assert_eq!(
                reply.json()["error"].get("is_transient").cloned(),
                is_transient.map(|flag| json!(flag))
            );
            assert_eq!(desk.get(&id).status, 200);
        }
    }
}

#[test]
fn a_throttle_may_leave_out_is_transient_and_texts_may_be_in_another_language() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.0.configure(|settings| {
        settings.calls_per_hour = Some(1);
        settings.tell_transient = false;
        settings.localized = true;
    });
    let error = desk.get(&id).json()["error"].clone();
    assert_eq!(error["code"], 80003);
    assert!(error.get("is_transient").is_none());
    assert_eq!(error["error_user_title"], "Działanie niemożliwe");
    assert!(error["message"].as_str().unwrap().starts_with("(#80003)"));
}

#[test]
fn reading_accounts_spends_a_quota_of_its_own() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.0.configure(|settings| settings.tier = AccessTier::DevelopmentAccess);
    let read = || desk.get(ACCOUNT);
    let entry = |reply: &FakeReply| {
        let header: Value = serde_json::from_str(reply.header("x-business-use-case-usage").unwrap()).unwrap();
        header["1234567890"][0].clone()
    };
    // 300 an hour, and 40 more for an ad that is running.
    let used: Vec<i64> = (0..300).map(|_| entry(&read())["call_count"].as_i64().unwrap()).collect();
    assert!(used.is_sorted() && used[299] == 100 && used[149] == 50, "{used:?}");
    let audience = desk.id(&id);
    desk.0.advertise(&audience, "a", "ACTIVE");
    assert_eq!(entry(&read())["call_count"], 88);
    for _ in 0..39 {
        assert_eq!(read().status, 200);
    }
    let reply = read();
    assert_eq!(refused(&reply), Refused(400, 80004, Some(2446079)));
    assert_eq!(entry(&reply)["type"], "ads_management");
    assert!(entry(&reply)["estimated_time_to_regain_access"].as_i64().unwrap() > 0);
    assert_eq!(desk.get(&id).status, 200, "the audiences' quota is another");
    desk.wait(2 * 3600);
    assert_eq!(read().status, 200);
}

#[test]
fn calls_without_an_account_spend_the_quota_of_the_app() {
    let desk = Desk::new();
    desk.0.configure(|settings| settings.app_users = 1);
    let used = |reply: &FakeReply| {
        assert!(reply.header("x-business-use-case-usage").is_none());
        let header: Value = serde_json::from_str(reply.header("x-app-usage").unwrap()).unwrap();
        header["call_count"].as_i64().unwrap()
    };
    let rising: Vec<i64> = (0..200).map(|_| used(&desk.get("me/adaccounts"))).collect();
    assert!(rising.is_sorted() && rising[0] == 0 && rising[199] == 100, "{rising:?}");
    assert_eq!(refused(&desk.get("me")), Refused(400, 4, None));
    desk.0.configure(|settings| settings.app_limit = AppLimitCode::Code341);
    let reply = desk.get("me");
    assert_eq!((refused(&reply), used(&reply)), (Refused(400, 341, None), 100));
    assert_eq!(desk.get(ACCOUNT).status, 200, "the account's quota is another");
    desk.wait(2 * 3600);
    assert_eq!(desk.get("me").status, 200);
}

#[test]
fn a_full_account_score_answers_one_of_two_codes() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.0.configure(|settings| {
        settings.tier = AccessTier::DevelopmentAccess;
        settings.enforce_account_score = true;
        settings.score_code = ScoreCode::Code613Subcode1487742;
    });
    let replies: Vec<_> = (0..20).map(|_| refused(&desk.add(&id, &emails(0..1)))).collect();
    assert_eq!(replies[18..], [Refused(200, 0, None), Refused(400, 613, Some(1487742))]);
}

#[test]
fn calls_of_a_batch_count_one_by_one() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.0.configure(|settings| settings.calls_per_hour = Some(5));
    let calls: Vec<Value> = (0..6).map(|_| json!({ "method": "GET", "relative_url": id })).collect();
    let replies = desk.post("", &json!({ "batch": calls })).json();
    let codes: Vec<i64> =
        replies.as_array().unwrap().iter().map(|reply| reply["code"].as_i64().unwrap()).collect();
    assert_eq!(codes, [200, 200, 200, 200, 400, 400]);
}
