//! The documented spans and events, and nothing in them that is personal or secret.
#![cfg(feature = "tracing")]

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::script::{Script, rows, upload};
use audiencekit::FacebookClient;
use audiencekit::facebook::GraphVersion;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes down all names and values.
#[derive(Clone, Default)]
struct Notes {
    lines: Arc<Mutex<Vec<String>>>,
    spans: Arc<AtomicU64>,
}

impl Visit for Notes {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.lines.lock().unwrap().push(format!("{field}={value:?}"));
    }
}

impl Subscriber for Notes {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.lines.lock().unwrap().push(format!("span {}", span.metadata().name()));
        span.record(&mut self.clone());
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let name = event.metadata().name();
        if name.starts_with("audiencekit") {
            self.lines.lock().unwrap().push(format!("event {name}"));
            event.record(&mut self.clone());
        }
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn spans_and_events_have_their_documented_names_and_no_secrets() {
    let notes = Notes::default();
    let guard = tracing::subscriber::set_default(notes.clone());
    let refused =
        r#"{"error":{"message":"mary@example.com","code":80003,"error_subcode":2446079,"fbtrace_id":"Abc"}}"#;
    let script = Script::new().answer(400, refused).answer(
        200,
        r#"{"session_id":"7","num_received":1,"num_invalid_entries":0,"invalid_entry_samples":{}}"#,
    );
    let people = rows(&["mary@example.com"]);
    let client = script.configure().version(GraphVersion::new(24, 0)).app_secret("SECRET").build();
    client.add_users(&"987650000".parse().unwrap(), &upload(&people)).await.unwrap();
    drop(guard);

    let lines = notes.lines.lock().unwrap();
    let seen: BTreeSet<&str> = lines.iter().map(String::as_str).collect();
    for expected in [
        "span audiencekit.facebook.call",
        "operation=\"add users\"",
        "attempt=1",
        "attempt=2",
        "method=\"POST\"",
        "status=400",
        "status=200",
        "code=80003",
        "subcode=2446079",
        "trace_id=\"Abc\"",
        "kind=Throttled",
        "event audiencekit.facebook.retry",
        "event audiencekit.facebook.pace",
        "wait_ms=60000",
        "event audiencekit.facebook.version",
        "version=v24.0",
        "ends=2026-10-06",
    ] {
        assert!(seen.contains(expected), "{expected} is missing from {lines:#?}");
    }
    let all = lines.join("\n");
    for secret in ["TOKEN", "SECRET", "mary", "987650000", "f1904cf1"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}
