//! The HTTP front: the same machine behind a socket.
#![cfg(feature = "fake-server")]

use std::io::{Read, Write};
use std::net::TcpStream;

use audiencekit::facebook::fake::{Fake, FakeRequest, FakeServer, Fault, FaultRule, RunningServer};
use serde_json::{Value, json};

use super::desk::{ACCOUNT, Desk, JSON, emails};

/// One call on a connection of its own: status line and headers, and the body, as far as they came.
fn call(server: &RunningServer, method: &str, target: &str, kind: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let token = server.fake().token();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: fake.test\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut reply = Vec::new();
    // A reset ends the reading; what came until then counts.
    let _ = stream.read_to_end(&mut reply);
    let reply = String::from_utf8(reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap_or((&reply, ""));
    (head.to_owned(), body.to_owned())
}

fn control(server: &RunningServer, method: &str, name: &str, body: &Value) -> Value {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let (_, reply) = call(server, method, &format!("/_control/{name}"), JSON, &text);
    serde_json::from_str(&reply).unwrap()
}

#[test]
fn both_fronts_answer_alike() {
    let desk = Desk::new();
    let server = FakeServer::start(Fake::new()).unwrap();
    let new =
        json!({ "name": "a", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY" }).to_string();
    let upload = json!({ "payload": emails(0..50) }).to_string();
    let id = Desk(Fake::new()).create("a");
    let script = [
        ("GET", format!("/v26.0/{ACCOUNT}?fields=name,account_status"), String::new()),
        ("POST", format!("/v26.0/{ACCOUNT}/customaudiences"), new),
        ("POST", format!("/v26.0/{id}/users"), upload.clone()),
        ("DELETE", format!("/v26.0/{id}/users"), upload),
        ("GET", format!("/v26.0/{id}?fields=operation_status,name"), String::new()),
        ("GET", "/v26.0/42".to_owned(), String::new()),
        ("GET", "/v19.0/42".to_owned(), String::new()),
        ("DELETE", format!("/v26.0/{id}"), String::new()),
    ];
    for (method, target, body) in script {
        let request = FakeRequest::new(method, &target).bearer(desk.0.token()).body(JSON, body.clone());
        let inside = desk.0.handle(&request);
        let (head, outside) = call(&server, method, &target, JSON, &body);
        assert!(head.starts_with(&format!("HTTP/1.1 {}", inside.status)), "{target}: {head}");
        assert_eq!(String::from_utf8(inside.body).unwrap(), outside, "{target}");
        assert!(head.contains("facebook-api-version: v26.0"), "{head}");
    }
    assert_eq!(server.fake().calls().len(), desk.0.calls().len());
}

#[test]
fn a_link_to_the_next_page_leads_back_to_the_server() {
    let server = FakeServer::start(Fake::new()).unwrap();
    let desk = Desk(server.fake().clone());
    for _ in 0..3 {
        desk.create("a");
    }
    let (_, body) = call(&server, "GET", &format!("/v26.0/{ACCOUNT}/customaudiences?limit=2"), JSON, "");
    let next = serde_json::from_str::<Value>(&body).unwrap()["paging"]["next"].as_str().unwrap().to_owned();
    assert!(
        next.starts_with("http://fake.test/v26.0/act_1234567890/customaudiences?limit=2&after="),
        "{next}"
    );
}

#[test]
fn faults_reach_the_socket() {
    let server = FakeServer::start(Fake::new()).unwrap();
    let strike = |fault: Fault| {
        server.fake().clear_faults();
        server.fake().inject(FaultRule::new(fault));
        call(&server, "GET", &format!("/v26.0/{ACCOUNT}"), JSON, "")
    };
    assert_eq!(strike(Fault::DropReply), (String::new(), String::new()));
    assert_eq!(strike(Fault::Reset), (String::new(), String::new()));
    let (head, body) = strike(Fault::Truncate(10));
    assert!(head.starts_with("HTTP/1.1 200") && body.len() == 10, "{head} {body}");
    let (head, body) = strike(Fault::Slow { chunk: 7, pause: std::time::Duration::from_millis(1) });
    assert!(head.starts_with("HTTP/1.1 200"));
    assert!(serde_json::from_str::<Value>(&body).is_ok(), "{body}");
    let (head, body) = strike(Fault::Html(503));
    assert!(head.starts_with("HTTP/1.1 503") && body.contains("Sorry, something went wrong"));
}

#[test]
fn the_control_interface_drives_the_fake() {
    let server = FakeServer::start(Fake::new()).unwrap();
    let info = control(&server, "GET", "info", &Value::Null);
    assert_eq!(
        (info["ad_accounts"][0].as_str(), info["access_token"].as_str()),
        (Some(ACCOUNT), Some(server.fake().token()))
    );
    let before = info["now"].as_i64().unwrap();
    assert_eq!(control(&server, "POST", "advance", &json!({ "seconds": 90 }))["now"], before + 90);
    assert_eq!(control(&server, "POST", "settings", &json!({ "ready": "immediate" }))["ready"], "immediate");
    assert!(control(&server, "POST", "settings", &json!({ "colour": 1 }))["error"].is_string());
    let id = Desk(server.fake().clone()).create("a");
    Desk(server.fake().clone()).add(&id, &emails(0..3));
    let members = control(&server, "GET", &format!("members?audience={id}"), &Value::Null);
    assert_eq!((members["count"].as_u64(), members["members"].as_array().unwrap().len()), (Some(3), 3));
    control(&server, "POST", "flag", &json!({ "audience": id, "fields": ["name"] }));
    control(&server, "POST", "terms", &json!({ "account": ACCOUNT, "accepted": false }));
    control(&server, "POST", "tokens", &json!({ "token": "EAAx", "scopes": ["ads_read"], "expires_in": 5 }));
    control(&server, "POST", "tokens", &json!({ "token": "EAAx", "revoked": 460 }));
    let desk = Desk(server.fake().clone());
    assert_eq!(desk.status(&id).0, 471);
    assert!(desk.get(&format!("{ACCOUNT}?fields=tos_accepted")).json().get("tos_accepted").is_none());
    control(&server, "POST", "faults", &json!({ "rule": "html=500@read_account" }));
    control(&server, "POST", "faults", &json!({ "fault": "drop_reply", "edge": "me" }));
    assert_eq!(desk.get(ACCOUNT).status, 500);
    control(&server, "DELETE", "faults", &Value::Null);
    assert_eq!(desk.get(ACCOUNT).status, 200);
    let state = control(&server, "GET", "state", &Value::Null);
    assert_eq!(control(&server, "POST", "reset", &Value::Null), json!({ "success": true }));
    assert_eq!(desk.0.audiences().len(), 0);
    assert_eq!(control(&server, "PUT", "state", &state), json!({ "success": true }));
    assert_eq!(desk.0.audiences().len(), 1);
    assert!(control(&server, "GET", "calls", &Value::Null).as_array().is_some_and(|calls| !calls.is_empty()));
    assert_eq!(control(&server, "GET", "alarms", &Value::Null), json!([]));
    assert!(control(&server, "GET", "nothing", &Value::Null)["error"].is_string());
}

#[test]
fn servers_on_free_ports_share_nothing() {
    let servers = [FakeServer::start(Fake::new()).unwrap(), FakeServer::start(Fake::new()).unwrap()];
    assert_ne!(servers[0].url(), servers[1].url());
    Desk(servers[0].fake().clone()).create("a");
    assert_eq!(servers[1].fake().audiences().len(), 0);
    let url = servers[0].url().to_owned();
    drop(servers);
    assert!(TcpStream::connect(url.trim_start_matches("http://")).is_err(), "it stops when dropped");
}

#[cfg(feature = "http")]
#[tokio::test]
async fn the_client_removes_ten_thousand_wide_rows_over_a_socket() {
    use audiencekit::FacebookClient;
    use audiencekit::facebook::{GraphClient, NewAudience, Session, SessionId, Upload};
    use audiencekit::identity::{MatchKey, MatchRows};

    let server = FakeServer::start(Fake::new()).unwrap();
    let facebook = GraphClient::builder(server.fake().token()).base_url(server.url()).build().unwrap();
    let keys = [MatchKey::Email, MatchKey::Phone, MatchKey::FirstName, MatchKey::LastName, MatchKey::Zip];
    let mut rows = MatchRows::new(keys.into());
    for number in 0..10_000_u32 {
        let mut digest = [7; 32];
        digest[..4].copy_from_slice(&number.to_be_bytes());
        let cell = [&[1], digest.as_slice()].concat();
        rows.push_bytes(&cell.repeat(keys.len())).unwrap();
    }
    let account = server.fake().account();
    let audience = facebook.create_audience(&account, &NewAudience::new("a", "b")).await.unwrap();
    let upload = |session: u64| {
        let id = SessionId::new(session).unwrap();
        let session = Session::single(id).estimated_total(10_000);
        Upload::new(&rows, 0..rows.len(), session)
    };
    assert_eq!(facebook.add_users(&audience, &upload(1)).await.unwrap().num_received, 10_000);
    let expected = rows.iter().map(audiencekit::identity::MatchRow::fingerprint).collect();
    server.fake().assert_members(&audience, &expected);
    let receipt = facebook.remove_users(&audience, &upload(2)).await.unwrap();
    assert_eq!((receipt.num_received, receipt.num_invalid_entries), (10_000, 0));
    assert_eq!(server.fake().member_count(&audience), 0);
    server.fake().assert_clean();
    server.fake().assert_within_limits();
}

#[test]
fn a_payload_in_the_url_is_refused_with_a_page_over_the_socket_too() {
    let server = FakeServer::start(Fake::new()).unwrap();
    let desk = Desk(server.fake().clone());
    let id = desk.create("a");
    desk.add(&id, &emails(0..2_000));
    let target = |rows: usize| {
        let payload = emails(0..rows).to_string();
        let hidden: String = payload.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("/v26.0/{id}/users?payload={hidden}")
    };
    let (head, _) = call(&server, "DELETE", &target(20), JSON, "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    for rows in [300, 2_000] {
        let (head, body) = call(&server, "DELETE", &target(rows), JSON, "");
        assert!(head.starts_with("HTTP/1.1 414"), "{rows}: {head}");
        assert!(!body.starts_with('{'), "{rows}: {body}");
    }
    assert_eq!(desk.count(&id), 1_980);
}

#[test]
fn a_removal_of_ten_thousand_wide_rows_fits_a_body() {
    let server = FakeServer::start(Fake::new()).unwrap();
    let desk = Desk(server.fake().clone());
    let id = desk.create("a");
    let row = |number: usize| {
        let hash = super::desk::digest(&format!("{number}"));
        vec![hash.clone(), hash.clone(), hash.clone(), hash]
    };
    let rows: Vec<Vec<String>> = (0..10_000).map(row).collect();
    let payload =
        json!({ "payload": { "schema": ["EMAIL", "PHONE", "FN", "LN"], "data": rows } }).to_string();
    for (method, left) in [("POST", 10_000), ("DELETE", 0)] {
        let (head, body) = call(&server, method, &format!("/v26.0/{id}/users"), JSON, &payload);
        assert!(head.starts_with("HTTP/1.1 200"), "{head} {body}");
        assert_eq!(desk.count(&id), left);
    }
    desk.0.assert_clean();
}
