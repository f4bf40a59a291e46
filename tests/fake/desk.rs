//! One fake and short ways to call it.

use std::time::Duration;

use audiencekit::facebook::AudienceId;
use audiencekit::facebook::fake::{Fake, FakeReply, FakeRequest, ReadyAfter};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) const ACCOUNT: &str = "act_1234567890";
pub(crate) const JSON: &str = "application/json";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) struct Desk(pub(crate) Fake);

/// What of an error tests look at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) u16, pub(crate) i64, pub(crate) Option<i64>);

pub(crate) fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn refused(reply: &FakeReply) -> Refused {
    let error = &reply.json()["error"];
    Refused(reply.status, error["code"].as_i64().unwrap_or(0), error["error_subcode"].as_i64())
}

/// Rows of one hashed address each.
pub(crate) fn people(range: std::ops::Range<usize>) -> Value {
    json!(range.map(|number| vec![digest(&format!("person{number}@example.com"))]).collect::<Vec<_>>())
}

pub(crate) fn emails(range: std::ops::Range<usize>) -> Value {
    json!({ "schema": ["EMAIL"], "data": people(range) })
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self(Fake::new())
    }

    /// Uploads show at once.
    pub(crate) fn quick() -> Self {
        let desk = Self::new();
        desk.0.configure(|settings| settings.ready = ReadyAfter::Immediate);
        desk
    }

    pub(crate) fn send(&self, method: &str, target: &str, body: &Value) -> FakeReply {
        let request = FakeRequest::new(method, &format!("/v26.0/{target}")).bearer(self.0.token());
        self.0.handle(&request.body(JSON, body.to_string()))
    }

    pub(crate) fn get(&self, target: &str) -> FakeReply {
        self.0.handle(&FakeRequest::new("GET", &format!("/v26.0/{target}")).bearer(self.0.token()))
    }

    pub(crate) fn post(&self, target: &str, body: &Value) -> FakeReply {
        self.send("POST", target, body)
    }

    pub(crate) fn delete(&self, target: &str, body: &Value) -> FakeReply {
        self.send("DELETE", target, body)
    }

    pub(crate) fn create(&self, name: &str) -> String {
        self.create_with(&json!({ "name": name }))
    }

    /// A customer-file audience with more parameters.
    pub(crate) fn create_with(&self, more: &Value) -> String {
        let mut body = json!({ "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let reply = self.post(&format!("{ACCOUNT}/customaudiences"), &body);
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn add(&self, id: &str, payload: &Value) -> FakeReply {
        self.post(&format!("{id}/users"), &json!({ "payload": payload }))
    }

    pub(crate) fn remove(&self, id: &str, payload: &Value) -> FakeReply {
        self.delete(&format!("{id}/users"), &json!({ "payload": payload }))
    }

    pub(crate) fn count(&self, id: &str) -> u64 {
        self.0.member_count(&self.id(id))
    }

    pub(crate) fn id(&self, id: &str) -> AudienceId {
        id.parse().unwrap()
    }

    /// `operation_status` and `delivery_status`.
    pub(crate) fn status(&self, id: &str) -> (i64, i64) {
        let read = self.get(&format!("{id}?fields=operation_status,delivery_status")).json();
        let code = |name: &str| read[name]["code"].as_i64().unwrap_or_else(|| panic!("{read}"));
        (code("operation_status"), code("delivery_status"))
    }

    pub(crate) fn bounds(&self, id: &str) -> (i64, i64) {
        let read = self
            .get(&format!("{id}?fields=approximate_count_lower_bound,approximate_count_upper_bound"))
            .json();
        let bound = |name: &str| read[name].as_i64().unwrap_or_else(|| panic!("{read}"));
        (bound("approximate_count_lower_bound"), bound("approximate_count_upper_bound"))
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.0.advance(Duration::from_secs(seconds));
    }
}

/// What a check that must fail says.
pub(crate) fn told(check: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).expect_err("the check passed");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}
