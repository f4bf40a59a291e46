//! The whole path, CSV to bodies, against the sum of its stages and against a straight line written by hand.
//!
//! `cargo bench --all-features --bench pipeline` prints nanoseconds of CPU for each contact. `AUDIENCEKIT_ROWS` sets how
//! many contacts (200,000 without it), `AUDIENCEKIT_ROUNDS` how many interleaved rounds, of which the median counts.
#![expect(
    clippy::disallowed_methods,
    reason = "a bench measures itself and takes its size from the environment"
)]

use std::fmt::Write as _;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use audiencekit::audience::MinimumSize;
use audiencekit::facebook::transport::Transport;
use audiencekit::facebook::{GraphRequest, GraphResponse, Session, SessionId, Upload};
use audiencekit::identity::{Coverage, MatchRows};
use audiencekit::source::Batch;
use audiencekit::{
    ContactSource, CsvSource, EvaluationTime, FacebookClient, GraphClient, KeyMap, ManualClock, MatchKey,
    MemoryLedger, Mode, Result, Schema, Segment, Selector, SyncEngine, SyncTarget, Zone,
};
use sha2::{Digest, Sha256};
use time::macros::datetime;

/// Takes every body and answers that all is well.
#[derive(Debug)]
struct Nowhere;

#[async_trait]
impl Transport for Nowhere {
    async fn send(&self, request: &GraphRequest) -> Result<GraphResponse> {
        black_box(request.body.as_ref().map(|body| body.bytes.len()));
        let answer = br#"{"audience_id":"1","session_id":"1","num_received":10000,"num_invalid_entries":0,"invalid_entry_samples":{}}"#;
        Ok(GraphResponse::new(200, answer.as_slice()))
    }
}

/// Nothing here waits, so one poll after the other is enough.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}

fn contacts(rows: u64) -> Vec<u8> {
    let mut text = String::from("id,email,phone,first_name,last_name,country,score\n");
    for row in 0..rows {
        let mixed = row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        writeln!(
            text,
            "c{row},Ada.{row}@Example.com,+48 600 {:03} {:03},{},{},{},{}",
            row / 1_000 % 1_000,
            row % 1_000,
            ["Ada", "Grace", "Alan", "Edsger", "Łukasz"][(mixed % 5) as usize],
            ["Lovelace", "Hopper", "Turing", "Müller"][(mixed / 7 % 4) as usize],
            ["PL", "DE"][(mixed % 2) as usize],
            mixed % 100
        )
        .unwrap();
    }
    text.into_bytes()
}

/// CPU nanoseconds of this thread.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

struct Fixture {
    csv: Vec<u8>,
    schema: Arc<Schema>,
    source: CsvSource,
    keys: KeyMap,
    segment: Segment,
}

impl Fixture {
    fn each(&self, mut work: impl FnMut(&Batch)) {
        block_on(async {
            let mut reader = self.source.open().await.unwrap();
            let mut batch = Batch::with_capacity(&self.schema, 1_024);
            loop {
                batch.clear();
                let more = reader.next_batch(&mut batch).await.unwrap();
                work(&batch);
                if !more {
                    return;
                }
            }
        });
    }

    fn client(&self) -> GraphClient<Nowhere> {
        GraphClient::with_transport(Nowhere, "token", ManualClock::new(datetime!(2026-11-23 12:00 UTC)))
    }

    fn parse(&self) {
        self.each(|batch| {
            black_box(batch.contacts().len());
        });
    }

    fn parse_and_select(&self) {
        let time = EvaluationTime::new(datetime!(2026-11-23 12:00 UTC), Zone::utc());
        let segment = self.segment.compile(&self.schema, &time).unwrap();
        self.each(|batch| {
            black_box(batch.contacts().iter().filter(|contact| segment.selects(contact)).count());
        });
    }

    fn parse_and_hash(&self) {
        let mut mapper = self.keys.mapper();
        let mut rows = MatchRows::new(self.keys.keys().clone());
        let mut coverage = Coverage::default();
        self.each(|batch| {
            rows.clear();
            for contact in batch.contacts() {
                mapper.append(contact, &mut rows, &mut coverage);
            }
            black_box(rows.len());
        });
    }

    /// Bodies and decoding, from rows that are ready.
    fn write(&self, rows: &MatchRows, count: usize) {
        let client = self.client();
        let audience = "1".parse().unwrap();
        for call in 0..count.div_ceil(Upload::MAX_ROWS) {
            let session = Session {
                id: SessionId::new(call as u64 + 1).unwrap(),
                batch_seq: 1,
                last_batch: true,
                estimated_total: None,
            };
            let upload = Upload::new(rows, 0..rows.len(), session);
            block_on(client.add_users(&audience, &upload)).unwrap();
        }
    }

    fn engine(&self, members: bool) {
        let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
        let engine = SyncEngine::builder(self.source.clone(), self.client(), clock).keys(self.keys.clone());
        let engine =
            if members { engine.ledger(MemoryLedger::new()) } else { engine.journal(MemoryLedger::new()) };
        let target = SyncTarget::new("act_1".parse().unwrap(), "1".parse().unwrap())
            .mode(Mode::Add)
            .segment(self.segment.clone())
            .minimum_size(MinimumSize::warn_below(0));
        let report = block_on(engine.build().run(target)).unwrap();
        report.check().unwrap();
        black_box(report.added.sent);
    }

    /// What a careful program without a library does: borrowed cells, one buffer, digests into the body.
    fn by_hand(&self) {
        let mut reader = csv::ReaderBuilder::new().from_reader(self.csv.as_slice());
        let mut record = csv::ByteRecord::new();
        let (mut body, mut scratch, mut rows) = (Vec::with_capacity(3 << 20), String::new(), 0);
        while reader.read_byte_record(&mut record).unwrap() {
            let cell = |index: usize| std::str::from_utf8(&record[index]).unwrap();
            if !matches!(cell(5), "PL" | "DE") {
                continue;
            }
            body.push(b'[');
            for column in [1, 2, 3, 4] {
                scratch.clear();
                match column {
                    2 => scratch.extend(cell(2).bytes().filter(u8::is_ascii_digit).map(char::from)),
                    _ => {
                        let text = cell(column).trim();
                        if text.is_ascii() {
                            scratch.push_str(text);
                            scratch.make_ascii_lowercase();
                        } else {
                            scratch.extend(text.chars().flat_map(char::to_lowercase));
                        }
                    }
                }
                let mut hex = [0; 64];
                const_hex::encode_to_slice(Sha256::digest(scratch.as_bytes()), &mut hex).unwrap();
                body.push(b'"');
                body.extend_from_slice(&hex);
                body.extend_from_slice(b"\",");
            }
            body.extend_from_slice(b"],");
            rows += 1;
            if rows % Upload::MAX_ROWS == 0 {
                black_box(body.len());
                body.clear();
            }
        }
        black_box(body.len());
    }
}

fn main() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let rows = number("AUDIENCEKIT_ROWS").unwrap_or(200_000);
    let rounds = number("AUDIENCEKIT_ROUNDS").unwrap_or(5) as usize;
    let schema = Schema::standard();
    let csv = contacts(rows);
    let segment = Segment::builder("all of PL and DE")
        .include(Selector::all())
        .filter(r#"country in ("PL", "DE")"#)
        .build(&schema)
        .unwrap();
    let keys = KeyMap::builder()
        .column(MatchKey::Email, "email")
        .column(MatchKey::Phone, "phone")
        .column(MatchKey::FirstName, "first_name")
        .column(MatchKey::LastName, "last_name")
        .build(&schema)
        .unwrap();
    let source = CsvSource::builder(&schema).from_bytes(&csv).unwrap();
    let fixture = Fixture { csv, schema, source, keys, segment };
    let mut ready = MatchRows::new(fixture.keys.keys().clone());
    let mut mapper = fixture.keys.mapper();
    fixture.each(|batch| {
        for contact in batch.contacts() {
            if ready.len() < Upload::MAX_ROWS {
                mapper.append(contact, &mut ready, &mut Coverage::default());
            }
        }
    });
    let stages: [(&str, &dyn Fn()); 7] = [
        ("parse", &|| fixture.parse()),
        ("parse and select", &|| fixture.parse_and_select()),
        ("parse and hash", &|| fixture.parse_and_hash()),
        ("write bodies", &|| fixture.write(&ready, rows as usize)),
        ("whole, journal alone", &|| fixture.engine(false)),
        ("whole, ledger in memory", &|| fixture.engine(true)),
        ("straight line by hand", &|| fixture.by_hand()),
    ];
    let mut taken = vec![Vec::new(); stages.len()];
    for _ in 0..rounds {
        for ((_, stage), taken) in stages.iter().zip(&mut taken) {
            let before = cpu();
            stage();
            taken.push((cpu() - before) as f64 / rows as f64);
        }
    }
    let median: Vec<f64> = taken
        .iter_mut()
        .map(|all| {
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        })
        .collect();
    println!("{rows} contacts, median of {rounds} rounds, ns of CPU a contact");
    for ((name, _), median) in stages.iter().zip(&median) {
        println!("  {name:<26}{median:>8.0}");
    }
    let sum = median[1] + (median[2] - median[0]) + median[3];
    println!("  sum of the stages         {sum:>8.0}");
    println!("whole to the sum of its stages: {:.2} (goal 1.3)", median[4] / sum);
    println!("whole to the straight line:     {:.2} (goal 1.3)", median[4] / median[6]);
}
