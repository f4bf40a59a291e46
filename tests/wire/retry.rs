//! When a call is sent again, when it waits, and when it gives up.

use std::sync::Mutex;
use std::time::Duration;

use crate::script::{Heard, Script, rows, upload};
use audiencekit::facebook::transport::NotSent;
use audiencekit::facebook::{
    AccessTier, ClientEvent, GraphClient, GraphVersion, HealthQuery, Listing, LookalikeLocations,
    LookalikeSpec, MemberOperation, NewAudience, Pacer, RetryPolicy, SessionId, SharePermission,
    ShareRequest,
};
use audiencekit::{AccountId, AudienceId, Clock, Error, ErrorKind, FacebookClient, ManualClock, MockClient};
use serde_json::json;
use time::macros::datetime;

const OK: &str = r#"{"success":true}"#;
const AUDIENCE: &str = r#"{"id":"9","account_id":"55"}"#;
const RECEIPT: &str =
    r#"{"session_id":"7","num_received":1,"num_invalid_entries":0,"invalid_entry_samples":{}}"#;
const SCHEMA: &str = r#"{"error":{"message":"(#100) Data is missing or does not match schema","code":100}}"#;
const UNAVAILABLE: &str = r#"{"error":{"message":"Service temporarily unavailable","code":2}}"#;
const GONE: &str = r#"{"error":{"message":"Unsupported get request.","code":100,"error_subcode":33}}"#;
const THROTTLED: &str =
    r#"{"error":{"message":"(#80003) There have been too many calls","code":80003,"error_subcode":2446079}}"#;

fn account() -> AccountId {
    "act_55".parse().unwrap()
}

fn audience() -> AudienceId {
    "9".parse().unwrap()
}

fn broken() -> Error {
    Error::new(ErrorKind::Transport, "script", "the answer broke off")
}

fn use_case(percent: u32, minutes: u32) -> String {
    format!(
        r#"{{"55":[{{"type":"custom_audience","call_count":{percent},"total_cputime":3,"total_time":7,"estimated_time_to_regain_access":{minutes}}}]}}"#
    )
}

#[tokio::test]
async fn an_upload_of_unknown_outcome_is_sent_again_byte_for_byte() {
    let script =
        Script::new().fail(broken).answer(500, "<html>").answer(400, UNAVAILABLE).answer(200, RECEIPT);
    let people = rows(&["mary@example.com", "john@example.com"]);
    script.client().add_users(&audience(), &upload(&people)).await.unwrap();
    let sent = script.sent.lock().unwrap();
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|request| request.body == sent[0].body && request.path == sent[0].path));
    assert!(sent[0].body.as_ref().unwrap().bytes.len() > 200);
}

#[tokio::test]
async fn a_create_of_unknown_outcome_is_not_sent_again() {
    for script in [
        Script::new().fail(broken),
        Script::new().answer(500, "<html>"),
        Script::new().answer(200, r#"{"id":"#),
        Script::new().answer(400, UNAVAILABLE),
    ] {
        let error =
            script.client().create_audience(&account(), &NewAudience::new("n", "d")).await.unwrap_err();
        assert_eq!(script.calls(), 1);
        assert!(!error.is_retryable(), "{error}");
        assert!(error.to_string().contains("before you repeat it"), "{error}");
    }
}

#[tokio::test]
async fn a_create_that_did_not_happen_is_sent_again() {
    let not_sent = || broken().with_source(NotSent::default());
    let script = Script::new().fail(not_sent).answer(400, THROTTLED).answer(200, AUDIENCE);
    script.client().create_audience(&account(), &NewAudience::new("n", "d")).await.unwrap();
    assert_eq!(script.calls(), 3);
    let script = Script::new().fail(broken).answer(200, AUDIENCE);
    let mut fetch = NewAudience::new("n", "d");
    fetch.enable_fetch_or_create = true;
    script.client().create_audience(&account(), &fetch).await.unwrap();
    assert_eq!(script.calls(), 2);
}

#[tokio::test]
async fn a_delete_whose_first_answer_was_lost_has_succeeded_when_nothing_is_left() {
    let script = Script::new().fail(broken).answer(400, GONE);
    script.client().delete_audience(&audience()).await.unwrap();
    let script = Script::new().answer(400, GONE);
    assert_eq!(script.client().delete_audience(&audience()).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn attempts_and_waiting_are_bounded_and_the_last_error_is_told() {
    let script = (0..5).fold(Script::new(), |script, _| script.answer(400, UNAVAILABLE));
    let heard = Heard::default();
    let client = script.configure().observer(heard.clone()).build();
    let error = client.audience(&audience()).await.unwrap_err();
    assert_eq!((script.calls(), error.kind()), (5, ErrorKind::Unavailable));
    let waits = heard.waits();
    assert_eq!(waits.len(), 4);
    for (wait, bound) in waits.iter().zip([1, 2, 4, 8]) {
        assert!(*wait <= Duration::from_secs(bound), "{waits:?}");
    }
    assert_eq!(client.clock().now() - datetime!(2026-11-23 12:00 UTC), waits.iter().sum::<Duration>());

    let script = Script::new().answer(400, UNAVAILABLE);
    let policy = RetryPolicy::default().budget(Duration::ZERO);
    let error = script.configure().retry(policy).build().audience(&audience()).await.unwrap_err();
    assert_eq!((script.calls(), error.is_retryable()), (1, true));
    assert!(error.retry_after().is_some());
}

#[tokio::test]
async fn a_refusal_for_good_is_not_sent_again() {
    for body in [
        SCHEMA,
        GONE,
        r#"{"error":{"message":"m","code":190,"error_subcode":463}}"#,
        r#"{"error":{"message":"m","code":368}}"#,
        r#"{"error":{"message":"m","code":613}}"#,
        r#"{"error":{"message":"m","code":2650,"error_subcode":1870148}}"#,
    ] {
        let script = Script::new().answer(400, body);
        script.client().audience(&audience()).await.unwrap_err();
        assert_eq!(script.calls(), 1, "{body}");
    }
}

#[tokio::test]
async fn a_fresh_audience_that_is_not_there_yet_is_asked_for_again() {
    let race =
        r#"{"error":{"message":"(#803) Some of the aliases you requested do not exist: users","code":803}}"#;
    let script = Script::new().answer(404, race).answer(200, RECEIPT);
    let people = rows(&["mary@example.com"]);
    script.client().add_users(&audience(), &upload(&people)).await.unwrap();
    assert_eq!(script.calls(), 2);
}

#[tokio::test]
async fn a_replace_in_progress_is_waited_for_and_a_finished_session_is_not() {
    let busy = r#"{"error":{"message":"m","code":2650,"error_subcode":1870145}}"#;
    let finished = r#"{"error":{"message":"m","code":2650,"error_subcode":1870159}}"#;
    let people = rows(&["mary@example.com"]);
    let script = Script::new().answer(400, busy).answer(200, RECEIPT);
    script.client().replace_users(&audience(), &upload(&people)).await.unwrap();
    let script = Script::new().answer(400, finished);
    let error = script.client().replace_users(&audience(), &upload(&people)).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Busy, false));
}

#[tokio::test]
async fn a_throttle_waits_for_as_long_as_the_use_case_header_says() {
    let blocked = use_case(100, 5);
    let script = Script::new()
        .answer(200, AUDIENCE)
        .answer_with(400, &[("x-business-use-case-usage", &blocked)], THROTTLED)
        .answer(200, AUDIENCE);
    let client = script.client();
    client.audience(&audience()).await.unwrap();
    let before = client.clock().now();
    client.audience(&audience()).await.unwrap();
    assert_eq!(client.clock().now() - before, time::Duration::minutes(5));
    assert_eq!(script.calls(), 3);
}

#[tokio::test]
async fn a_block_longer_than_the_budget_is_an_error_at_once_and_no_call_is_made_meanwhile() {
    let blocked = use_case(100, 50);
    let script = Script::new().answer_with(400, &[("x-business-use-case-usage", &blocked)], THROTTLED);
    let client = script.client();
    let create = NewAudience::new("n", "d");
    let error = client.create_audience(&account(), &create).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(50 * 60)));
    assert_eq!(error.api().map(|api| api.code), Some(80_003), "the refusal that began it is told");
    let error = client.create_audience(&account(), &create).await.unwrap_err();
    assert_eq!((error.kind(), script.calls()), (ErrorKind::Throttled, 1));
    assert!(error.api().is_none() && error.to_string().contains("nothing was sent"), "{error}");
    let quota = client.pacer().quota(&account(), client.clock().now()).unwrap();
    assert_eq!(quota.blocked_until, Some(datetime!(2026-11-23 12:50 UTC)));
}

#[tokio::test]
async fn the_quota_of_an_audience_is_learned_from_the_header_of_its_first_call() {
    let blocked = use_case(100, 50);
    let people = rows(&["mary@example.com"]);
    let script = Script::new().answer_with(200, &[("x-business-use-case-usage", &blocked)], RECEIPT);
    let client = script.client();
    client.add_users(&audience(), &upload(&people)).await.unwrap();
    let error = client.add_users(&audience(), &upload(&people)).await.unwrap_err();
    assert_eq!((error.kind(), script.calls()), (ErrorKind::Throttled, 1));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(50 * 60)));
}

#[tokio::test]
async fn a_throttle_without_a_time_is_waited_out_longer_each_time() {
    let script =
        Script::new().answer(400, THROTTLED).answer(400, THROTTLED).answer(400, THROTTLED).answer(200, OK);
    let heard = Heard::default();
    script.configure().observer(heard.clone()).build().delete_audience(&audience()).await.unwrap();
    assert_eq!(heard.waits(), [60, 120, 240].map(Duration::from_secs));
}

#[tokio::test]
async fn retry_after_is_obeyed_if_something_sends_it() {
    let script = Script::new()
        .answer_with(429, &[("retry-after", "17")], r#"{"error":{"message":"m","code":0}}"#)
        .answer(200, OK);
    let heard = Heard::default();
    script.configure().observer(heard.clone()).build().delete_audience(&audience()).await.unwrap();
    assert_eq!(heard.waits(), [Duration::from_secs(17)]);
}

#[tokio::test]
async fn a_429_of_something_in_between_is_a_throttle_and_was_not_done() {
    let script = Script::new()
        .answer_with(429, &[("retry-after", "17")], "Too Many Requests")
        .answer(200, r#"{"id":"9"}"#);
    let heard = Heard::default();
    let client = script.configure().observer(heard.clone()).build();
    client.create_audience(&account(), &NewAudience::new("n", "d")).await.unwrap();
    assert_eq!((heard.waits(), script.calls()), (vec![Duration::from_secs(17)], 2));

    let script = Script::new().answer_with(429, &[], "<html>slow down</html>");
    let never = script.configure().retry(RetryPolicy::never()).build();
    let error = never.audience(&audience()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, Some(Duration::from_secs(60))));
}

#[tokio::test]
async fn an_outage_that_says_how_long_is_waited_for() {
    let script = Script::new().answer_with(503, &[("retry-after", "90")], "<html>").answer(200, OK);
    let heard = Heard::default();
    script.configure().observer(heard.clone()).build().delete_audience(&audience()).await.unwrap();
    assert_eq!(heard.waits(), [Duration::from_secs(90)]);
}

/// A clock during whose first wait another client is throttled.
#[derive(Debug)]
struct Meddling {
    inner: ManualClock,
    other: Mutex<Option<GraphClient<Script>>>,
}

#[async_trait::async_trait]
impl Clock for Meddling {
    fn now(&self) -> time::OffsetDateTime {
        self.inner.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.inner.advance(duration);
        let other = self.other.lock().unwrap().take();
        if let Some(other) = other {
            let error = other.audiences(&account(), &Default::default()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Throttled);
        }
    }
}

#[tokio::test]
async fn who_waits_for_a_place_learns_of_a_block_that_came_meanwhile() {
    let (near, blocked) = (use_case(76, 0), use_case(100, 5));
    let list = r#"{"data":[]}"#;
    let script = Script::new()
        .answer_with(200, &[("x-business-use-case-usage", &near)], list)
        .answer_with(200, &[("x-business-use-case-usage", &near)], list)
        .answer_with(400, &[("x-business-use-case-usage", &blocked)], THROTTLED)
        .answer(200, list);
    let (clock, pacer) = (Script::clock(), Pacer::new());
    let once = RetryPolicy::default().attempts(1);
    let other = script.configure().clock(clock.clone()).pacer(pacer.clone()).retry(once).build();
    let meddling = Meddling { inner: clock.clone(), other: Mutex::new(Some(other)) };
    let client = script.configure().clock(meddling).pacer(pacer).build();
    for _ in 0..2 {
        client.audiences(&account(), &Default::default()).await.unwrap();
    }
    assert!(clock.now() - datetime!(2026-11-23 12:00 UTC) < time::Duration::minutes(1));
    client.audiences(&account(), &Default::default()).await.unwrap();
    assert_eq!(script.calls(), 4);
    assert!(clock.now() - datetime!(2026-11-23 12:00 UTC) >= time::Duration::minutes(5), "{}", clock.now());
}

#[tokio::test]
async fn full_headers_of_account_and_app_advise_and_the_use_case_header_decides() {
    let full = [
        (
            "x-ad-account-usage",
            r#"{"acc_id_util_pct":100,"reset_time_duration":300,"ads_api_access_tier":"standard_access"}"#,
        ),
        ("x-app-usage", r#"{"call_count":100,"total_cputime":100,"total_time":100}"#),
    ];
    let script = (0..20).fold(Script::new(), |script, _| script.answer_with(200, &full, AUDIENCE));
    let client = script.client();
    for _ in 0..20 {
        client.audience(&audience()).await.unwrap();
    }
    let took = client.clock().now() - datetime!(2026-11-23 12:00 UTC);
    assert!(took > time::Duration::ZERO && took < time::Duration::seconds(20), "{took}");

    let near = use_case(96, 0);
    let script = (0..20).fold(Script::new(), |script, _| {
        script.answer_with(200, &[("x-business-use-case-usage", &near)], r#"{"data":[]}"#)
    });
    let client = script.client();
    for _ in 0..20 {
        client.audiences(&account(), &Default::default()).await.unwrap();
    }
    let took = client.clock().now() - datetime!(2026-11-23 12:00 UTC);
    assert!(took > time::Duration::seconds(40) && took < time::Duration::seconds(60), "{took}");
}

#[tokio::test]
async fn clients_that_share_a_pacer_share_the_places_in_it() {
    let near = use_case(100, 0);
    let script = (0..9).fold(Script::new(), |script, _| {
        script.answer_with(200, &[("x-business-use-case-usage", &near)], r#"{"data":[]}"#)
    });
    let clock = Script::clock();
    let pacer = Pacer::new();
    let client = || script.configure().clock(clock.clone()).app_id("1").pacer(pacer.clone()).build();
    let (one, two) = (client(), client());
    for _ in 0..3 {
        one.audiences(&account(), &Default::default()).await.unwrap();
        two.audiences(&account(), &Default::default()).await.unwrap();
    }
    // The first knows nothing yet, the others keep three seconds between them.
    assert_eq!(clock.now() - datetime!(2026-11-23 12:00 UTC), time::Duration::seconds(12));
    // Another account is not held back.
    one.audiences(&"act_66".parse().unwrap(), &Default::default()).await.unwrap();
    assert_eq!(clock.now() - datetime!(2026-11-23 12:00 UTC), time::Duration::seconds(12));
}

#[tokio::test]
async fn a_saved_pacer_goes_on_where_it_stopped_and_tells_what_is_left() {
    let half = r#"{"act_55":[{"type":"custom_audience","call_count":50,"total_cputime":1,"total_time":1,"ads_api_access_tier":"standard_access"}]}"#;
    let script = Script::new().answer_with(200, &[("x-business-use-case-usage", half)], r#"{"data":[]}"#);
    let client = script.configure().app_id("1").build();
    client.audiences(&account(), &Default::default()).await.unwrap();
    let saved = serde_json::to_string(&client.pacer().save()).unwrap();
    assert!(!saved.contains("TOKEN"));
    let restored = Pacer::restore(serde_json::from_str(&saved).unwrap());

    let now = datetime!(2026-11-23 12:00 UTC);
    let quota = restored.quota(&account(), now).unwrap();
    assert_eq!(quota.tier, Some(AccessTier::StandardAccess));
    assert_eq!((quota.used_percent, quota.calls_left(), quota.blocked_until), (50.0, 95_000, None));
    assert_eq!(quota.predicted_finish(95_000), now);
    assert_eq!(quota.predicted_finish(95_000 + 190_000), now + time::Duration::hours(1));
    let later = restored.quota(&account(), now + time::Duration::minutes(30)).unwrap();
    assert_eq!(later.used_percent, 25.0);
}

#[tokio::test]
async fn odd_usage_headers_are_left_out() {
    for odd in [
        "",
        "null",
        "[]",
        "{",
        "{\"55\":1}",
        "{\"55\":[{\"type\":1}]}",
        r#"{"55":[{"type":"custom_audience","call_count":-5}]}"#,
        r#"{"55":[{"type":"custom_audience","call_count":1e999}]}"#,
    ] {
        let headers = [
            ("x-business-use-case-usage", odd),
            ("x-app-usage", odd),
            ("x-ad-account-usage", odd),
            ("retry-after", odd),
        ];
        let script = Script::new().answer_with(200, &headers, AUDIENCE);
        let client = script.client();
        client.audience(&audience()).await.unwrap();
        assert!(client.pacer().quotas(client.clock().now()).is_empty(), "{odd}");
    }
    // A time to regain of a thousand years is a day.
    let long = use_case(100, 600_000_000);
    let script = Script::new().answer_with(400, &[("x-business-use-case-usage", &long)], THROTTLED);
    let error = script.client().create_audience(&account(), &NewAudience::new("n", "d")).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(24 * 60 * 60)));
}

#[tokio::test]
async fn one_bad_row_is_found_and_the_others_get_through() {
    let people = rows(&["a@x.com", "b@x.com", "c@x.com", "d@x.com"]);
    // 0..4 refused, 0..2 taken, 2..4 refused, 2 refused, 3 taken.
    let script = Script::new()
        .answer(400, SCHEMA)
        .answer(200, RECEIPT)
        .answer(400, SCHEMA)
        .answer(400, SCHEMA)
        .answer(200, RECEIPT);
    let done =
        script.client().upload_bisecting(MemberOperation::Add, &audience(), &upload(&people)).await.unwrap();
    assert_eq!((done.num_received, done.calls, done.next_batch_seq), (3, 5, 3));
    let [refused] = done.refused.as_slice() else { panic!("{done:?}") };
    assert_eq!(refused.row, Some(2));
    assert!(refused.reason.contains("does not match schema"));
    let sessions: Vec<_> = script
        .sent
        .lock()
        .unwrap()
        .iter()
        .map(|request| {
            let body: serde_json::Value =
                serde_json::from_slice(&request.body.as_ref().unwrap().bytes).unwrap();
            let session = &body["session"];
            (
                body["payload"]["data"].as_array().unwrap().len(),
                session["batch_seq"].as_u64().unwrap(),
                session["last_batch_flag"] == true,
            )
        })
        .collect();
    assert_eq!(sessions, [(4, 1, true), (2, 1, false), (2, 2, true), (1, 2, false), (1, 2, true)]);
}

#[tokio::test]
async fn rows_over_both_limits_go_in_several_calls_of_one_session() {
    let people: Vec<String> = (0..10_500).map(|number| format!("p{number}@x.com")).collect();
    let people = rows(&people.iter().map(String::as_str).collect::<Vec<_>>());
    let client = MockClient::new();
    let fake = client.fake();
    let narrow = MockClient::builder(fake).max_body_bytes(300_000).build();
    let id = client.create_audience(&fake.account(), &NewAudience::new("n", "d")).await.unwrap();
    let done = narrow.upload_bisecting(MemberOperation::Add, &id, &upload(&people)).await.unwrap();
    // By rows 5,250 each, by bytes (72 a row) half of that.
    assert_eq!((done.calls, done.num_received, done.next_batch_seq), (4, 10_500, 5));
    assert_eq!(fake.member_count(&id), 10_500);
    let uploads: Vec<_> = fake.calls().into_iter().filter(|call| call.rows > 0).collect();
    assert!(uploads.iter().all(|call| call.body_bytes <= 300_000));
    assert_eq!(uploads.iter().map(|call| call.batch_seq.unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let session = &client.upload_sessions(&id, None).await.unwrap()[0];
    assert_eq!((session.stage.as_deref(), session.num_received), (Some("finished"), Some(10_500)));
}

#[tokio::test]
async fn a_session_whose_last_row_is_refused_is_closed_all_the_same() {
    let people = rows(&["a@x.com", "b@x.com"]);
    let script =
        Script::new().answer(400, SCHEMA).answer(200, RECEIPT).answer(400, SCHEMA).answer(200, RECEIPT);
    let done =
        script.client().upload_bisecting(MemberOperation::Add, &audience(), &upload(&people)).await.unwrap();
    assert_eq!((done.refused[0].row, done.num_received, done.next_batch_seq), (Some(1), 1, 3));
    let session = script.last_json()["session"].clone();
    assert_eq!((&session["batch_seq"], &session["last_batch_flag"]), (&2.into(), &true.into()));
}

#[tokio::test]
async fn rows_that_are_all_refused_are_not_asked_about_one_by_one() {
    let people: Vec<String> = (0..1_000).map(|number| format!("p{number}@x.com")).collect();
    let people = rows(&people.iter().map(String::as_str).collect::<Vec<_>>());
    let script = (0..40).fold(Script::new(), |script, _| script.answer(400, SCHEMA));
    let error = script
        .client()
        .upload_bisecting(MemberOperation::Add, &audience(), &upload(&people))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(script.calls() < 30, "{}", script.calls());
}

#[tokio::test]
async fn a_refusal_that_is_not_about_rows_is_not_halved() {
    let people = rows(&["a@x.com", "b@x.com"]);
    for body in [THROTTLED, r#"{"error":{"message":"m","code":100,"error_subcode":1713230}}"#] {
        let script = Script::new().answer(400, body);
        let client = script.configure().retry(RetryPolicy::never()).build();
        client.upload_bisecting(MemberOperation::Remove, &audience(), &upload(&people)).await.unwrap_err();
        assert_eq!(script.calls(), 1);
    }
}

#[tokio::test]
async fn a_list_streams_over_empty_pages_and_shrinks_when_asked_to() {
    let more = r#"{"data":[{"id":"1"},{"id":"2"}],"paging":{"cursors":{"after":"A"},"next":"https://x"}}"#;
    let none = r#"{"data":[],"paging":{"cursors":{"after":"B"},"next":"https://x"}}"#;
    let last = r#"{"data":[{"id":"3"}],"paging":{"cursors":{"after":"C"}}}"#;
    let shrink = r#"{"error":{"message":"Please reduce the amount of data you're asking for","code":1}}"#;
    let script = Script::new().answer(500, shrink).answer(200, more).answer(200, none).answer(200, last);
    let list: Listing<_> = script.client().list_audiences(&account(), Default::default());
    let ids: Vec<_> =
        list.collect_all().await.unwrap().iter().map(|audience| audience.id.to_string()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    let cursors: Vec<_> =
        script.sent.lock().unwrap().iter().map(|request| request.query[1..].to_vec()).collect();
    let pair = |name, value: &str| (std::borrow::Cow::Borrowed(name), value.to_owned());
    assert_eq!(cursors[1], [pair("limit", "25")]);
    assert_eq!(cursors[3], [pair("limit", "25"), pair("after", "B")]);

    let script = Script::new().answer(200, more).answer(200, more);
    let error =
        script.client().list_audiences(&account(), Default::default()).collect_all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "a cursor that stands still ends the list");
}

#[tokio::test]
async fn a_list_without_end_ends_in_an_error() {
    let endless = |item: &str| {
        (0..1_500).fold(Script::new(), |script, number| {
            script.answer(
                200,
                &format!(
                    r#"{{"data":[{item}],"paging":{{"cursors":{{"after":"C{number}"}},"next":"https://x"}}}}"#
                ),
            )
        })
    };
    let empty = endless("");
    let mut list = empty.client().list_audiences(&account(), Default::default());
    assert_eq!(list.next().await.unwrap().unwrap_err().kind(), ErrorKind::Decode);
    assert!(list.next().await.is_none());
    let full = endless(r#"{"id":"1"}"#);
    assert_eq!(full.client().audience_ads(&audience(), &[]).await.unwrap_err().kind(), ErrorKind::Decode);
    assert_eq!((empty.calls(), full.calls()), (1_001, 1_000));
}

#[tokio::test]
async fn the_hook_hears_of_a_version_that_ends_and_of_one_that_was_not_asked_for_once() {
    let script = (0..3).fold(Script::new(), |script, _| {
        script.answer_with(200, &[("facebook-api-version", "v26.0")], AUDIENCE)
    });
    let heard = Heard::default();
    let client = script.configure().version(GraphVersion::new(24, 0)).observer(heard.clone()).build();
    for _ in 0..3 {
        client.audience(&audience()).await.unwrap();
    }
    let heard = heard.0.lock().unwrap();
    let count = |wanted: fn(&ClientEvent) -> bool| heard.iter().filter(|event| wanted(event)).count();
    assert_eq!(count(|event| matches!(event, ClientEvent::VersionEnds { .. })), 1);
    assert_eq!(count(|event| matches!(event, ClientEvent::VersionDiffers { .. })), 1);
    assert_eq!(count(|event| matches!(event, ClientEvent::Sent { .. })), 3);
    assert_eq!(
        count(|event| matches!(event, ClientEvent::Answered { kind: None, status: Some(200), .. })),
        3
    );
    assert!(!format!("{heard:?}").contains("TOKEN"));
}

#[tokio::test]
async fn sharing_lookalikes_sessions_and_health_speak_their_edges() {
    let script = Script::new()
        .answer(200, r#"{"success":true,"sharing_data":[{"ad_acct_id":66,"business_id":"5","audience_share_status":"SHARED","errors":[]}]}"#)
        .answer(200, OK)
        .answer(200, r#"{"data":[{"id":"act_66"}]}"#)
        .answer(200, r#"{"data":[{"account_id":"66","account_name":"R","business_id":5,"sharing_status":"IN_PROGRESS"}]}"#)
        .answer(200, r#"{"id":"77"}"#)
        .answer(200, r#"{"data":[{"session_id":"7","start_time":"1700000000","end_time":"0","num_received":"10000","num_matched":"-1","num_invalid_entries":"0","progress":"0","stage":"uploading"}]}"#)
        .answer(200, r#"{"data":[{"health":[{"a":1}]}]}"#);
    let client = script.client();
    let other: AccountId = "act_66".parse().unwrap();
    let shared = client
        .share_audience(&audience(), std::slice::from_ref(&other), SharePermission::Targeting)
        .await
        .unwrap();
    assert_eq!(script.last_line(), "POST /v26.0/9/adaccounts");
    assert_eq!(script.last_json(), json!({"adaccounts": ["66"], "permissions": "targeting"}));
    assert_eq!((shared[0].account.clone(), shared[0].status.as_deref()), (other.clone(), Some("SHARED")));
    client.unshare_audience(&audience(), std::slice::from_ref(&other)).await.unwrap();
    assert_eq!(script.last_line(), "DELETE /v26.0/9/adaccounts");
    assert_eq!(client.audience_recipients(&audience(), None).await.unwrap().items, [other]);
    assert_eq!(
        client.shared_account_info(&audience()).await.unwrap()[0].status.as_deref(),
        Some("IN_PROGRESS")
    );

    let spec = LookalikeSpec::ratio_percent(7, "PL").starting_percent(1);
    let made = client.create_lookalike(&account(), "like", &audience(), &spec).await.unwrap();
    assert_eq!((made.as_str(), script.last_line().as_str()), ("77", "POST /v26.0/act_55/customaudiences"));
    assert_eq!(
        script.last_json(),
        json!({"name": "like", "subtype": "LOOKALIKE", "origin_audience_id": "9",
            "lookalike_spec": r#"{"type":"custom_ratio","ratio":0.07,"starting_ratio":0.01,"country":"PL"}"#})
    );

    let sessions = client.upload_sessions(&audience(), None).await.unwrap();
    assert_eq!(
        (sessions[0].num_received, sessions[0].num_matched, sessions[0].end_time),
        (Some(10_000), None, None)
    );
    let mut of_day = HealthQuery::default();
    of_day.calculated_on = Some(time::macros::date!(2026 - 11 - 01));
    of_day.country = Some("PL".into());
    let health = client.audience_health(&audience(), &of_day).await.unwrap();
    assert_eq!(health[0].read::<serde_json::Value>().unwrap(), json!({"a": 1}));
    assert_eq!(health.len(), 1);
    assert_eq!(script.last_line(), "GET /v26.0/9/health calculated_date=2026-11-01&value_country=PL");
}

#[tokio::test]
async fn sharing_that_replaces_and_lookalikes_of_many_countries_are_written_as_documented() {
    let script = Script::new().answer(200, OK).answer(200, r#"{"id":"77"}"#);
    let client = script.client();
    let request = ShareRequest::with(["act_66".parse().unwrap()]).relationship("Agency").replacing();
    assert!(client.share_audience_as(&audience(), &request).await.unwrap().is_empty());
    assert_eq!(
        script.last_json(),
        json!({"adaccounts": ["66"], "permissions": "targeting_and_insights",
            "relationship_type": ["Agency"], "replace": true})
    );
    let mut places = LookalikeLocations::countries(["PL", "DE"]).except("FR");
    places.country_groups = vec!["europe".into()];
    let spec = LookalikeSpec::ratio_percent(10, "").locations(places);
    client.create_lookalike(&account(), "like", &audience(), &spec).await.unwrap();
    assert_eq!(
        script.last_json()["lookalike_spec"],
        r#"{"type":"custom_ratio","ratio":0.10,"location_spec":{"geo_locations":{"countries":["PL","DE"],"country_groups":["europe"]},"excluded_geo_locations":{"countries":["FR"]}}}"#
    );
    for bad in [LookalikeLocations::default(), LookalikeLocations::countries(["Poland"])] {
        let spec = LookalikeSpec::reach("PL").locations(bad);
        let error = client.create_lookalike(&account(), "n", &audience(), &spec).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
    assert_eq!(script.calls(), 2);
}

#[tokio::test]
async fn short_lists_are_read_to_their_end() {
    let page = |id: u32, next: &str| {
        format!(
            r#"{{"data":[{{"session_id":{id},"id":"{id}","name":"n","effective_status":"ACTIVE"}}],"paging":{{"cursors":{{"after":"C{id}"}}{next}}}}}"#
        )
    };
    let more = r#","next":"https://x""#;
    let script = Script::new()
        .answer(200, &page(1, more))
        .answer(200, &page(2, ""))
        .answer(200, &page(3, more))
        .answer(200, &page(4, ""))
        .answer(200, &page(5, more))
        .answer(200, &page(5, more));
    let client = script.client();
    let session = SessionId::new(7).unwrap();
    let sessions = client.upload_sessions(&audience(), Some(session)).await.unwrap();
    assert_eq!(sessions.iter().map(|session| session.session_id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(script.last_line(), "GET /v26.0/9/sessions session_id=7&after=C1");
    let ads = client.audience_ads(&audience(), &["ACTIVE", "PAUSED"]).await.unwrap();
    assert_eq!((ads.len(), ads[1].id.as_str(), ads[1].effective_status.as_deref()), (2, "4", Some("ACTIVE")));
    assert_eq!(
        script.last_line(),
        r#"GET /v26.0/9/ads fields=id,name,effective_status&effective_status=["ACTIVE","PAUSED"]&after=C3"#
    );
    let standing_still = client.audience_ads(&audience(), &[]).await.unwrap_err();
    assert_eq!(standing_still.kind(), ErrorKind::Decode);
}
