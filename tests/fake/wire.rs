//! Transport: the forms in which a call may come, and what every reply carries.

use audiencekit::FacebookClient;
use audiencekit::MockClient;
use audiencekit::facebook::NewAudience;
use audiencekit::facebook::fake::{Edge, Fake, FakeReply, FakeRequest};
use serde_json::{Value, json};

pub(crate) fn get(fake: &Fake, target: &str) -> FakeReply {
    fake.handle(&FakeRequest::new("GET", &format!("/v26.0/{target}")).bearer(fake.token()))
}

pub(crate) fn post(fake: &Fake, target: &str, body: &Value) -> FakeReply {
    send(fake, "POST", target, body)
}

pub(crate) fn send(fake: &Fake, method: &str, target: &str, body: &Value) -> FakeReply {
    let request = FakeRequest::new(method, &format!("/v26.0/{target}")).bearer(fake.token());
    fake.handle(&request.body("application/json", body.to_string()))
}

#[tokio::test]
async fn the_client_creates_reads_edits_lists_and_deletes() {
    let facebook = MockClient::new();
    let account = facebook.fake().account();
    let id = facebook.create_audience(&account, &NewAudience::new("VIP", "Two purchases")).await.unwrap();
    let audience = facebook.audience(&id).await.unwrap();
    assert_eq!(audience.name.as_deref(), Some("VIP"));
    assert_eq!(audience.operation_status.unwrap().code, 410);
    let page = facebook.audiences(&account, &Default::default()).await.unwrap();
    assert_eq!(page.items.len(), 1);
    facebook.delete_audience(&id).await.unwrap();
    assert!(facebook.audience(&id).await.is_err());
    assert_eq!(facebook.fake().count(Edge::CreateAudience), 1);
    facebook.fake().assert_clean();
}

#[test]
fn an_upload_of_rows_makes_members() {
    let fake = Fake::new();
    let new = json!({ "name": "a", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY" });
    let id = post(&fake, "act_1234567890/customaudiences", &new).json()["id"].as_str().unwrap().to_owned();
    let hash = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79";
    let payload = json!({ "schema": ["EMAIL"], "data": [[hash], ["x"], [hash]] });
    let session = json!({ "session_id": 7, "batch_seq": 1, "last_batch_flag": true });
    let reply =
        post(&fake, &format!("{id}/users"), &json!({ "payload": payload, "session": session })).json();
    assert_eq!(reply["num_received"], 3);
    assert_eq!(reply["num_invalid_entries"], 1);
    assert_eq!(reply["session_id"], "7");
    assert_eq!(reply["invalid_entry_samples"], json!({ "[\"x\"]": "invalid hash" }));
    assert_eq!(fake.member_count(&id.parse().unwrap()), 1);
    let gone = send(&fake, "DELETE", &format!("{id}/users"), &json!({ "payload": payload }));
    assert_eq!(gone.status, 200);
    assert_eq!(fake.member_count(&id.parse().unwrap()), 0);
}
