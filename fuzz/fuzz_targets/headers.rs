//! Any text as the usage headers: numbers within bounds or nothing, never a panic, and a pacer that stays sane.
//!
//! `cargo +nightly fuzz run headers -- -max_len=2048`. Lines are the four headers in turn.

#![no_main]

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake};
use std::time::Duration;

use async_trait::async_trait;
use audiencekit::facebook::transport::Transport;
use audiencekit::facebook::{GraphClient, GraphRequest, GraphResponse, ListRequest, Pacer, UsageHeaders};
use audiencekit::{AccountId, Clock, FacebookClient, ManualClock, Result};
use libfuzzer_sys::fuzz_target;

#[derive(Debug)]
struct Fixed(Mutex<GraphResponse>);

#[async_trait]
impl Transport for Fixed {
    async fn send(&self, _: &GraphRequest) -> Result<GraphResponse> {
        Ok(self.0.lock().unwrap().clone())
    }
}

struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

const NAMES: [&str; 4] = ["x-business-use-case-usage", "x-ad-account-usage", "x-app-usage", "retry-after"];
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut response = GraphResponse::new(200, r#"{"data":[]}"#);
    for (line, name) in text.lines().zip(NAMES) {
        response.headers.push((name.to_owned(), line.to_owned()));
    }
    let usage = UsageHeaders::read(&response);
    assert!(usage.retry_after.is_none_or(|wait| wait <= DAY));
    assert!(usage.app.is_none_or(|percent| percent.is_finite() && percent >= 0.0));
    assert!(usage.account.is_none_or(|(percent, reset)| percent.is_finite() && percent >= 0.0 && reset <= DAY));
    assert!(usage.use_cases.len() <= 64);
    assert!(usage.use_cases.iter().all(|case| case.percent >= 0.0 && case.regain <= DAY));

    let now = time::macros::datetime!(2026-11-23 12:00 UTC);
    let clock = ManualClock::new(now);
    let client = GraphClient::with_transport(Fixed(Mutex::new(response)), "TOKEN", clock.clone());
    let account: AccountId = "act_55".parse().unwrap();
    let waker = Arc::new(Nobody).into();
    for _ in 0..3 {
        let list = ListRequest::new();
        let mut call = pin!(client.audiences(&account, &list));
        let Poll::Ready(outcome) = call.as_mut().poll(&mut Context::from_waker(&waker)) else { unreachable!() };
        if let Err(error) = outcome {
            assert!(error.retry_after().is_some_and(|wait| wait <= DAY), "{error}");
        }
    }
    assert!(clock.now() - now <= DAY);
    let saved = client.pacer().save();
    let restored = Pacer::restore(saved);
    for quota in restored.quotas(clock.now()) {
        assert!(quota.predicted_finish(1_000_000) >= clock.now() && quota.calls_left() <= 190_000);
    }
});
