//! Requests of the caller's own, and parameters without a field.

use std::time::Duration;

use crate::script::{Heard, Script};
use audiencekit::facebook::{
    AudiencePatch, Body, GraphRequest, JsonValue, Method, NewAudience, Pacer, RetryPolicy,
};
use audiencekit::{AccountId, ErrorKind, FacebookClient};
use serde_json::json;
use time::macros::datetime;

const THROTTLED: &str =
    r#"{"error":{"message":"(#80003) There have been too many calls","code":80003,"error_subcode":2446079}}"#;
const UNAVAILABLE: &str = r#"{"error":{"message":"Service temporarily unavailable","code":2}}"#;

fn account() -> AccountId {
    "act_55".parse().unwrap()
}

#[tokio::test]
async fn a_path_without_a_slash_is_read_in_the_version_of_the_client_and_any_other_as_it_is() {
    let script = Script::new().answer(200, "{}").answer(200, "[]");
    let client = script.configure().app_secret("s").build();
    let read = GraphRequest::new(Method::Get, "me/permissions").query("limit".to_owned(), "5");
    let answer = client.request(read).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"{}".as_slice()));
    let line = script.last_line();
    assert!(line.starts_with("GET /v26.0/me/permissions limit=5&appsecret_proof="), "{line}");
    assert_eq!(script.last().token.unwrap().expose(), "TOKEN");

    let body = Body::json().field("name", "x");
    client.request(GraphRequest::new(Method::Post, "/v25.0/act_55/adrules").body(body)).await.unwrap();
    assert_eq!(script.last_line(), "POST /v25.0/act_55/adrules");
    assert_eq!(script.last_json()["name"], "x");
}

#[tokio::test]
async fn a_request_is_paced_by_the_quota_of_the_account_that_it_names() {
    let header = r#"{"55":[{"type":"ads_management","call_count":100,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":2}]}"#;
    let script = Script::new()
        .answer_with(200, &[("x-business-use-case-usage", header)], "{}")
        .answer(200, "{}")
        .answer(200, "{}");
    let (heard, pacer) = (Heard::default(), Pacer::new());
    let client = script.configure().pacer(pacer.clone()).observer(heard.clone()).build();
    client.request(GraphRequest::new(Method::Get, "act_55/adrules")).await.unwrap();
    let quotas = pacer.quotas(datetime!(2026-11-23 12:00 UTC));
    assert!(quotas.iter().any(|quota| quota.key.account.as_deref() == Some("55")), "{quotas:?}");
    client.request(GraphRequest::new(Method::Get, "act_66/adrules")).await.unwrap();
    assert!(heard.waits().is_empty(), "another account waits for nothing");
    client.request(GraphRequest::new(Method::Get, "/v26.0/act_55/adrules")).await.unwrap();
    assert_eq!(heard.waits(), [Duration::from_secs(120)]);
}

#[tokio::test]
async fn a_read_is_sent_again_and_a_post_of_unknown_outcome_is_not() {
    let script = Script::new().answer(500, UNAVAILABLE).answer(400, THROTTLED).answer(200, "{}");
    script.client().request(GraphRequest::new(Method::Get, "me")).await.unwrap();
    assert_eq!(script.calls(), 3);

    let script = Script::new().answer(400, THROTTLED).answer(500, UNAVAILABLE);
    let post = GraphRequest::new(Method::Post, "act_55/adrules").body(Body::json());
    let error = script.client().request(post).await.unwrap_err();
    assert_eq!((script.calls(), error.kind(), error.is_retryable()), (2, ErrorKind::Unavailable, false));
}

#[tokio::test]
async fn an_error_in_an_answer_is_an_error_with_its_code() {
    let script = Script::new().answer(200, r#"{"error":{"message":"m","code":190,"error_subcode":463}}"#);
    let client = script.configure().retry(RetryPolicy::never()).build();
    let error = client.request(GraphRequest::new(Method::Get, "me")).await.unwrap_err();
    assert_eq!((error.kind(), error.api().unwrap().subcode), (ErrorKind::Token, Some(463)));
    let large = Body { content_type: Body::FORM, bytes: vec![b'a'; 300] };
    let client = script.configure().max_body_bytes(200).build();
    let error = client.request(GraphRequest::new(Method::Post, "me").body(large)).await.unwrap_err();
    assert_eq!((error.kind(), script.calls()), (ErrorKind::Limit, 1));
}

#[tokio::test]
async fn extra_parameters_are_sent_and_those_with_a_field_are_refused_before_anything_is_sent() {
    let script = Script::new().answer(200, r#"{"id":"9"}"#).answer(200, r#"{"success":true}"#);
    let client = script.client();
    let new = NewAudience::new("n", "d").param("countries", vec!["PL"]).param("depth", 3);
    let id = client.create_audience(&account(), &new).await.unwrap();
    let sent = script.last_json();
    assert_eq!((&sent["name"], &sent["countries"], &sent["depth"]), (&json!("n"), &json!(["PL"]), &json!(3)));

    let patch = AudiencePatch::new().param("rule", JsonValue::parse(r#"{"a": [1.5, null]}"#).unwrap());
    client.update_audience(&id, &patch).await.unwrap();
    assert_eq!(script.last_json(), json!({"rule": {"a": [1.5, null]}}));

    for name in ["name", "subtype", "customer_file_source", "access_token", "method", ""] {
        let error = client.create_audience(&account(), &new.clone().param(name, "x")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{name}");
        assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
        let error = client.update_audience(&id, &AudiencePatch::new().param(name, "x")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{name}");
    }
    assert_eq!(script.calls(), 2);
}
