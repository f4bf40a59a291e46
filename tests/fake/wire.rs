//! Transport: the forms in which a call may come, and what every reply carries.

use audiencekit::facebook::fake::{AlarmKind, Fake, FakeRequest};
use serde_json::{Value, json};

use super::desk::{ACCOUNT, Desk, FORM, JSON, Refused, digest, emails, people, refused};

#[test]
fn every_reply_carries_version_and_trace() {
    let desk = Desk::new();
    let reply = desk.get(ACCOUNT);
    assert_eq!(reply.header("facebook-api-version"), Some("v26.0"));
    assert!(reply.header("x-fb-trace-id").is_some());
    let reply = desk.get("42");
    let trace = reply.json()["error"]["fbtrace_id"].as_str().unwrap().to_owned();
    assert_eq!(reply.header("x-fb-request-id"), Some(trace.as_str()));
    assert!(!String::from_utf8(reply.body).unwrap().contains(": "), "compact JSON");
}

#[test]
fn an_expired_version_answers_2635_and_an_unknown_one_2500() {
    let fake = Fake::new();
    let call = |path: &str| refused(&fake.handle(&FakeRequest::new("GET", path).bearer(fake.token())));
    assert_eq!(call("/v19.0/act_1234567890"), Refused(400, 2635, None));
    assert_eq!(call("/v99.0/act_1234567890"), Refused(400, 2500, None));
}

#[test]
fn parameters_come_by_query_form_multipart_and_json() {
    let fake = Fake::new();
    let target = format!("/v26.0/{ACCOUNT}/customaudiences");
    let post = |target: &str| FakeRequest::new("POST", target).bearer(fake.token());
    let multipart = ["name", "subtype", "customer_file_source"]
        .iter()
        .zip(["multi", "CUSTOM", "USER_PROVIDED_ONLY"])
        .map(|(name, value)| {
            format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        })
        .collect::<String>()
        + "--xx--\r\n";
    let calls = [
        post(&format!("{target}?name=query&subtype=CUSTOM&customer_file_source=USER_PROVIDED_ONLY")),
        post(&target).body(FORM, "name=form&subtype=CUSTOM&customer_file_source=USER_PROVIDED_ONLY"),
        post(&target).body("multipart/form-data; boundary=xx", multipart),
        post(&target).body(
            JSON,
            r#"{"name":"json","subtype":"CUSTOM","customer_file_source":"USER_PROVIDED_ONLY","is_value_based":1}"#,
        ),
        // Samples of Facebook's put scalars in quotes.
        post(&target)
            .body(FORM, "name=%22quoted%22&subtype=%22CUSTOM%22&customer_file_source=%22USER_PROVIDED_ONLY%22"),
    ];
    for call in &calls {
        let reply = fake.handle(call);
        assert_eq!(reply.status, 200, "{}", reply.json());
    }
    let list = FakeRequest::new("GET", &format!("{target}?fields=name")).bearer(fake.token());
    let names: Vec<Value> =
        fake.handle(&list).json()["data"].as_array().unwrap().iter().map(|a| a["name"].clone()).collect();
    assert_eq!(names, ["quoted", "json", "multi", "form", "query"]);
}

#[test]
fn a_payload_is_an_object_in_json_and_text_everywhere_else() {
    let desk = Desk::new();
    let id = desk.create("a");
    let payload = emails(0..2);
    let form = format!("payload={payload}").replace('"', "%22");
    let post = || FakeRequest::new("POST", &format!("/v26.0/{id}/users")).bearer(desk.0.token());
    for call in [
        post().body(JSON, json!({ "payload": payload }).to_string()),
        post().body(JSON, json!({ "payload": payload.to_string() }).to_string()),
        post().body(FORM, form),
    ] {
        let reply = desk.0.handle(&call).json();
        assert_eq!(reply["num_received"], 2, "{reply}");
        assert_eq!(reply["num_invalid_entries"], 0);
    }
    assert_eq!(desk.count(&id), 2);
    assert_eq!(
        refused(&desk.post(&format!("{id}/users"), &json!({ "payload": "{" }))),
        Refused(400, 100, None)
    );
    let broken = desk.0.handle(&post().body(JSON, "[".repeat(100_000)));
    assert_eq!(refused(&broken), Refused(400, 100, None));
}

#[test]
fn a_token_comes_by_header_query_or_form() {
    let fake = Fake::new();
    let token = fake.token();
    let path = format!("/v26.0/{ACCOUNT}");
    let calls = [
        FakeRequest::new("GET", &path).bearer(token),
        FakeRequest::new("GET", &format!("{path}?access_token={token}")),
        FakeRequest::new("GET", &path).header("authorization", format!("OAuth {token}")),
        FakeRequest::new("POST", &path).body(FORM, format!("method=GET&access_token={token}")),
    ];
    for call in &calls {
        assert_eq!(fake.handle(call).status, 200, "{call:?}");
    }
    assert_eq!(refused(&fake.handle(&FakeRequest::new("GET", &path))), Refused(400, 2500, None));
    let kinds: Vec<AlarmKind> = fake.alarms().iter().map(|alarm| alarm.kind).collect();
    assert_eq!(kinds, [AlarmKind::TokenInUrl]);
}

#[test]
fn a_delete_has_a_body_or_hides_in_a_post() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.add(&id, &emails(0..9));
    assert_eq!(desk.remove(&id, &emails(0..3)).status, 200);
    assert_eq!(desk.count(&id), 6);
    let hidden = json!({ "method": "DELETE", "payload": emails(3..6) });
    assert_eq!(desk.post(&format!("{id}/users"), &hidden).status, 200);
    assert_eq!(desk.count(&id), 3);
    assert_eq!(desk.post(&id, &json!({ "method": "delete" })).json(), json!({ "success": true }));
}

#[test]
fn a_payload_in_the_url_is_refused_with_a_page_once_it_is_long() {
    let desk = Desk::new();
    let id = desk.create("a");
    desk.add(&id, &emails(0..300));
    let in_url = |count: usize| {
        let payload =
            emails(0..count).to_string().replace('"', "%22").replace('[', "%5B").replace(']', "%5D");
        let target = format!("/v26.0/{id}/users?payload={payload}");
        desk.0.handle(&FakeRequest::new("DELETE", &target).bearer(desk.0.token()))
    };
    assert_eq!(in_url(200).status, 200);
    let reply = in_url(300);
    assert_eq!(reply.status, 414);
    assert!(reply.header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(desk.count(&id), 100);
}

#[test]
fn what_facebook_does_not_know_is_refused() {
    let desk = Desk::new();
    let id = desk.create("a");
    let hash = people(0..1)[0][0].clone();
    let new = json!({ "name": "a", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY", "colour": 1 });
    let cases = [
        desk.post(&format!("{ACCOUNT}/customaudiences"), &new),
        desk.get(&format!("{id}?fields=name,colour")),
        desk.get(&format!("{ACCOUNT}?fields=colour")),
        desk.add(&id, &json!({ "schema": ["COLOUR"], "data": [[hash]] })),
        desk.add(&id, &json!({ "schema": ["EMAIL"], "data": [[hash]], "colour": 1 })),
        desk.add(&id, &json!({ "schema": ["EMAIL", "EMAIL"], "data": [[hash, hash]] })),
        desk.post(
            &format!("{id}/users"),
            &json!({ "payload": emails(0..1), "session": { "session_id": 1, "batch_seq": 1, "colour": 1 } }),
        ),
    ];
    for (number, reply) in cases.iter().enumerate() {
        assert_eq!(refused(reply), Refused(400, 100, None), "{number}");
    }
    assert_eq!(refused(&desk.get("nowhere/at/all")), Refused(400, 2500, None));
    desk.0.configure(|settings| settings.strict = false);
    assert_eq!(desk.post(&format!("{ACCOUNT}/customaudiences"), &new).status, 200);
}

#[test]
fn a_batch_is_served_call_by_call() {
    let desk = Desk::new();
    let id = desk.create("a");
    let calls = json!([
        { "method": "GET", "relative_url": format!("{id}?fields=name") },
        { "method": "POST", "relative_url": format!("v26.0/{id}"), "body": "name=renamed%20here" },
        { "method": "GET", "relative_url": "42" },
    ]);
    let replies = desk.post("", &json!({ "batch": calls })).json();
    let codes: Vec<i64> = replies.as_array().unwrap().iter().map(|r| r["code"].as_i64().unwrap()).collect();
    assert_eq!(codes, [200, 200, 400]);
    let first: Value = serde_json::from_str(replies[0]["body"].as_str().unwrap()).unwrap();
    assert_eq!(first["name"], "a");
    assert!(
        replies[0]["headers"].as_array().unwrap().iter().any(|header| header["name"] == "x-fb-request-id")
    );
    assert_eq!(desk.get(&format!("{id}?fields=name")).json()["name"], "renamed here");
    let many: Vec<Value> = (0..51).map(|_| json!({ "method": "GET", "relative_url": "me" })).collect();
    let reply = desk.post("", &json!({ "batch": many })).json();
    assert_eq!(reply["error"]["type"], "GraphBatchException");
}

#[test]
fn hostile_bytes_are_refused_and_never_panic() {
    let desk = Desk::new();
    let id = desk.create("a");
    let hash = digest("a@example.com");
    let bodies = [
        b"\xff\xfe".to_vec(),
        b"{\"payload\":".to_vec(),
        b"{\"payload\":{\"schema\":[],\"data\":[]}}".to_vec(),
        b"{\"payload\":{\"schema\":[\"EMAIL\"],\"data\":{}}}".to_vec(),
        b"{\"payload\":{\"schema\":[\"EMAIL\"],\"data\":[[[[[[]]]]]]}}".to_vec(),
        b"{\"payload\":[],\"session\":5}".to_vec(),
        format!("{{\"payload\":{{\"schema\":[\"EMAIL\"],\"data\":[[\"{hash}\"]]}},\"session\":{{\"session_id\":-1}}}}")
            .into_bytes(),
        vec![b'['; 1_000_000],
    ];
    for method in ["GET", "POST", "DELETE", "PATCH"] {
        for target in
            [format!("/v26.0/{id}/users"), format!("/v26.0/{ACCOUNT}/usersofanyaudience"), "/%ff".into()]
        {
            for kind in [JSON, FORM, "multipart/form-data; boundary=x", "nonsense"] {
                for body in &bodies {
                    let call =
                        FakeRequest::new(method, &target).bearer(desk.0.token()).body(kind, body.clone());
                    let reply = desk.0.handle(&call);
                    // A cell that is no value costs its row; everything else costs the call.
                    let all_refused = reply.json()["num_invalid_entries"] == 1;
                    assert!(reply.status / 100 != 2 || all_refused, "{method} {target} {kind}");
                }
            }
        }
    }
    assert_eq!(desk.count(&id), 0);
}
