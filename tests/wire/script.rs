//! A transport that answers from a script and keeps what was sent.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use audiencekit::facebook::transport::Transport;
use audiencekit::facebook::{
    ClientEvent, ClientObserver, GraphClient, GraphClientBuilder, GraphRequest, GraphResponse, Session,
    SessionId, Upload,
};
use audiencekit::identity::{Coverage, MatchRows};
use audiencekit::{Contact, Error, KeyMap, ManualClock, Result, Schema};
use time::macros::datetime;

/// Head and body of one HTTP message as text, once the body is as long as the head says.
pub(crate) fn whole_message(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length =
        |line: &str| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok();
    let length = head.lines().find_map(length).unwrap_or(0);
    (body.len() >= length).then(|| text.as_ref().to_owned())
}

type Answer = Box<dyn FnMut() -> Result<GraphResponse> + Send>;

#[derive(Clone, Default)]
pub(crate) struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    pub(crate) sent: Arc<Mutex<Vec<GraphRequest>>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Script")
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: &GraphRequest) -> Result<GraphResponse> {
        self.sent.lock().unwrap().push(request.clone());
        let answer = self.answers.lock().unwrap().pop_front();
        answer.expect("a call that the script does not expect")()
    }
}

impl Script {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn answer(self, status: u16, body: &str) -> Self {
        self.answer_with(status, &[], body)
    }

    pub(crate) fn answer_bytes(self, status: u16, body: &[u8]) -> Self {
        let response = GraphResponse::new(status, body);
        self.answers.lock().unwrap().push_back(Box::new(move || Ok(response.clone())));
        self
    }

    pub(crate) fn answer_with(self, status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let mut response = GraphResponse::new(status, body);
        response.headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.answers.lock().unwrap().push_back(Box::new(move || Ok(response.clone())));
        self
    }

    pub(crate) fn fail(self, error: impl Fn() -> Error + Send + 'static) -> Self {
        self.answers.lock().unwrap().push_back(Box::new(move || Err(error())));
        self
    }

    pub(crate) fn clock() -> ManualClock {
        ManualClock::new(datetime!(2026-11-23 12:00 UTC))
    }

    pub(crate) fn configure(&self) -> GraphClientBuilder<Self> {
        GraphClient::builder_with_transport(self.clone(), "TOKEN", Self::clock()).jitter_seed(7)
    }

    pub(crate) fn client(&self) -> GraphClient<Self> {
        self.configure().build()
    }

    pub(crate) fn calls(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    pub(crate) fn last(&self) -> GraphRequest {
        self.sent.lock().unwrap().last().cloned().expect("no call was made")
    }

    /// The body of the last request, as JSON.
    pub(crate) fn last_json(&self) -> serde_json::Value {
        let body = self.last().body.expect("no body");
        assert_eq!(body.content_type, "application/json");
        serde_json::from_slice(&body.bytes).expect("the body is not JSON")
    }

    /// Method, path and query of the last request.
    pub(crate) fn last_line(&self) -> String {
        let last = self.last();
        let query: Vec<_> = last.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} {} {}", last.method.as_str(), last.path, query.join("&")).trim_end().to_owned()
    }
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Heard(pub(crate) Arc<Mutex<Vec<ClientEvent>>>);

impl ClientObserver for Heard {
    fn on_event(&self, event: &ClientEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Heard {
    pub(crate) fn waits(&self) -> Vec<Duration> {
        let wait = |event: &ClientEvent| match event {
            ClientEvent::Retry { wait, .. } | ClientEvent::Paced { wait, .. } if !wait.is_zero() => {
                Some(*wait)
            }
            _ => None,
        };
        self.0.lock().unwrap().iter().filter_map(wait).collect()
    }
}

/// Rows of e-mail and phone, one for each address.
pub(crate) fn rows(emails: &[&str]) -> MatchRows {
    let schema = Schema::standard();
    let map = KeyMap::standard(&schema);
    let mut rows = MatchRows::new(map.keys().clone());
    let mut mapper = map.mapper();
    for email in emails {
        let mut contact = Contact::new(&schema);
        contact.set(schema.require("email").unwrap(), *email).unwrap();
        assert_eq!(mapper.append(&contact, &mut rows, &mut Coverage::default()), 1);
    }
    rows
}

pub(crate) fn upload(rows: &MatchRows) -> Upload<'_> {
    let session = Session::single(SessionId::new(7).unwrap());
    Upload::new(rows, 0..rows.len(), session)
}
