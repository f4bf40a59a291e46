//! Any bytes as the answer to any verb: a value or a typed error of one bounded line, never a panic.
//!
//! `cargo +nightly fuzz run response -- -max_len=4096`. The first byte picks the verb, the second the status.

#![no_main]

use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake};

use async_trait::async_trait;
use audiencekit::facebook::transport::Transport;
use audiencekit::facebook::{
    GraphClient, GraphRequest, GraphResponse, ListRequest, LookalikeSpec, NewAudience, RetryPolicy, Session, SessionId,
    SharePermission, Upload, UploadReceipt,
};
use audiencekit::identity::{Coverage, MatchRows};
use audiencekit::{AccountId, AudienceId, Contact, Error, FacebookClient, KeyMap, ManualClock, Result, Schema};
use libfuzzer_sys::fuzz_target;

#[derive(Debug)]
struct Fixed(GraphResponse);

#[async_trait]
impl Transport for Fixed {
    async fn send(&self, _: &GraphRequest) -> Result<GraphResponse> {
        Ok(self.0.clone())
    }
}

struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Arc::new(Nobody).into();
    match pin!(future).poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing waits here"),
    }
}

fn rows() -> &'static MatchRows {
    static ROWS: OnceLock<MatchRows> = OnceLock::new();
    ROWS.get_or_init(|| {
        let schema = Schema::standard();
        let map = KeyMap::standard(&schema);
        let mut rows = MatchRows::new(map.keys().clone());
        for number in 0..3 {
            let mut contact = Contact::new(&schema);
            let email = format!("person{number}@example.com");
            contact.set(schema.require("email").unwrap(), email.as_str()).unwrap();
            map.mapper().append(&contact, &mut rows, &mut Coverage::default());
        }
        rows
    })
}

const STATUSES: [u16; 8] = [200, 400, 401, 429, 500, 302, 204, 999];

fuzz_target!(|data: &[u8]| {
    let [verb, status, body @ ..] = data else { return };
    let response = GraphResponse::new(STATUSES[usize::from(*status) % STATUSES.len()], body);
    let clock = ManualClock::new(time::macros::datetime!(2026-11-23 12:00 UTC));
    let client = GraphClient::builder_with_transport(Fixed(response), "TOKEN", clock).retry(RetryPolicy::never()).build();
    let account: AccountId = "act_1".parse().unwrap();
    let audience: AudienceId = "9".parse().unwrap();
    let session = Session::single(SessionId::new(7).unwrap());
    let upload = Upload::new(rows(), 1..3, session);
    let outcome = block_on(async {
        match verb % 13 {
            0 => client.ad_accounts(&ListRequest::new()).await.map(drop),
            1 => client.ad_account(&account).await.map(drop),
            2 => client.create_audience(&account, &NewAudience::new("n", "d")).await.map(drop),
            3 => client.delete_audience(&audience).await,
            4 => client.audience(&audience).await.map(drop),
            5 => client.audiences(&account, &ListRequest::new()).await.map(drop),
            6 | 7 => client.add_users(&audience, &upload).await.map(|receipt| looked_at(&receipt)),
            8 => client.debug_token().await.map(drop),
            9 => client.upload_sessions(&audience, None).await.map(drop),
            10 => client.share_audience(&audience, &[], SharePermission::default()).await.map(drop),
            11 => client.shared_account_info(&audience).await.map(drop),
            _ => client
                .create_lookalike(&account, "n", &audience, &LookalikeSpec::reach("PL"))
                .await
                .map(drop),
        }
    });
    if let Err(error) = outcome {
        bounded(&error);
    }
});

fn looked_at(receipt: &UploadReceipt) {
    for entry in &receipt.invalid_entry_samples {
        assert!(entry.row.is_none_or(|row| (1..3).contains(&row)));
        assert!(entry.reason.chars().count() <= 203 && !entry.reason.contains('@'));
    }
}

fn bounded(error: &Error) {
    let shown = error.to_string();
    assert!(shown.len() < 8_192, "{} bytes", shown.len());
    assert!(!shown.contains('\n') && !shown.contains("TOKEN1"), "{shown}");
    assert!(error.retry_after().is_none_or(|wait| wait.as_secs() <= 24 * 60 * 60));
}
