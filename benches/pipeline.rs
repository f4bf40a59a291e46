//! The whole path, CSV to bodies, against the sum of its stages and against a straight line written by hand; and with
//! workers against one thread, beside what this machine's cores give to work that shares nothing.
//!
//! `cargo bench --all-features --bench pipeline` prints nanoseconds of CPU for each contact. `AUDIENCEKIT_ROWS` sets how
//! many contacts (200,000 without it), `AUDIENCEKIT_ROUNDS` how many interleaved rounds, of which the median counts,
//! `AUDIENCEKIT_STAGE` the one stage to run.
//!
//! The straight line reads the same bytes with the same CSV crate and must make the same rows, which is asserted before
//! anything is timed: trimmed, lowercase, NFC, letters of names only, digits of phones with a country code, nothing
//! sent of an empty cell. It knows this one file: no schema, no numbering plans, placeholders or digests in cells, no
//! other columns, no consent, no counts of what was lost, no journal, no answers.
#![expect(
    clippy::disallowed_methods,
    reason = "a bench measures itself and takes its size from the environment"
)]

use std::fmt::Write as _;
use std::future::Future;
use std::hint::black_box;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};
use std::time::Instant;

use async_trait::async_trait;
use audiencekit::audience::MinimumSize;
use audiencekit::facebook::transport::Transport;
use audiencekit::facebook::{GraphRequest, GraphResponse, Session, SessionId, Upload};
use audiencekit::identity::{Coverage, MatchRows};
use audiencekit::source::Batch;
use audiencekit::sync::{Executor, Task};
use audiencekit::{
    ContactSource, CsvSource, EvaluationTime, FacebookClient, GraphClient, KeyMap, ManualClock, MatchKey,
    MemoryLedger, Result, Schema, Segment, Selector, SyncEngine, SyncMode, SyncTarget, TimeZone,
};
use sha2::{Digest, Sha256};
use time::macros::datetime;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Takes every body and answers that all is well.
#[derive(Debug, Default, Clone)]
struct Nowhere {
    /// The bodies, if they are compared.
    kept: Option<Arc<Mutex<Vec<Vec<u8>>>>>,
}

#[async_trait]
impl Transport for Nowhere {
    async fn send(&self, request: &GraphRequest) -> Result<GraphResponse> {
        black_box(request.body.as_ref().map(|body| body.bytes.len()));
        if let (Some(kept), Some(body)) = (&self.kept, &request.body) {
            kept.lock().unwrap().push(body.bytes.clone());
        }
        let answer = br#"{"audience_id":"1","session_id":"1","num_received":10000,"num_invalid_entries":0,"invalid_entry_samples":{}}"#;
        Ok(GraphResponse::new(200, answer.as_slice()))
    }
}

/// Wakes a thread that waits for workers.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}

/// Threads that take jobs from one queue.
#[derive(Debug, Clone)]
struct Pool(Sender<Task>);

impl Pool {
    fn start(threads: usize) -> Self {
        let (jobs, queue) = channel::<Task>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                loop {
                    let job = queue.lock().unwrap().recv();
                    let Ok(job) = job else { return };
                    job();
                }
            });
        }
        Self(jobs)
    }
}

impl Executor for Pool {
    fn execute(&self, job: Task) {
        self.0.send(job).unwrap();
    }
}

fn contacts(rows: Range<u64>) -> Vec<u8> {
    let mut text = String::from("id,email,phone,first_name,last_name,country,score\n");
    for row in rows {
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
    cpu_of(Path::new("/proc/thread-self"))
}

fn cpu_of(task: &Path) -> u64 {
    let text = std::fs::read_to_string(task.join("schedstat")).unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

/// CPU nanoseconds of every thread of the process, by thread.
fn cpu_by_thread() -> Vec<(PathBuf, u64)> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks
        .map(|task| {
            let task = task.unwrap().path();
            let cpu = cpu_of(&task);
            (task, cpu)
        })
        .collect()
}

struct Fixture {
    csv: Vec<u8>,
    schema: Schema,
    source: CsvSource,
    /// The same contacts in two files.
    halves: [CsvSource; 2],
    keys: KeyMap,
    segment: Segment,
    batch: usize,
}

impl Fixture {
    fn each(&self, work: impl FnMut(&Batch)) {
        self.each_of(&self.source, work);
    }

    fn each_of(&self, source: &CsvSource, mut work: impl FnMut(&Batch)) {
        block_on(async {
            let mut reader = source.open().await.unwrap();
            let mut batch = Batch::with_capacity(&self.schema, self.batch);
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

    fn client(&self, transport: Nowhere) -> GraphClient<Nowhere> {
        GraphClient::with_transport(transport, "token", ManualClock::new(datetime!(2026-11-23 12:00 UTC)))
    }

    fn parse(&self) {
        self.each(|batch| {
            black_box(batch.contacts().len());
        });
    }

    fn parse_and_select(&self) {
        let time = EvaluationTime::new(datetime!(2026-11-23 12:00 UTC), TimeZone::utc());
        let segment = self.segment.compile(&self.schema, &time).unwrap();
        self.each(|batch| {
            black_box(batch.contacts().iter().filter(|contact| segment.selects(contact)).count());
        });
    }

    fn parse_and_hash(&self, source: &CsvSource) {
        let mut mapper = self.keys.mapper();
        let mut rows = MatchRows::new(self.keys.keys().clone());
        let mut coverage = Coverage::default();
        self.each_of(source, |batch| {
            rows.clear();
            for contact in batch.contacts() {
                mapper.append(contact, &mut rows, &mut coverage);
            }
            black_box(rows.len());
        });
    }

    /// Bodies and decoding, from rows that are ready.
    fn write(&self, rows: &MatchRows, count: usize) {
        let client = self.client(Nowhere::default());
        let audience = "1".parse().unwrap();
        for call in 0..count.div_ceil(Upload::MAX_ROWS) {
            let session = Session::single(SessionId::new(call as u64 + 1).unwrap());
            let upload = Upload::new(rows, 0..rows.len(), session);
            block_on(client.add_users(&audience, &upload)).unwrap();
        }
    }

    fn engine(&self, members: bool, workers: Option<(&Pool, usize)>, transport: Nowhere) {
        let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
        let client = self.client(transport);
        let engine = SyncEngine::builder(self.source.clone(), client, clock).keys(self.keys.clone());
        let engine = match workers {
            Some((pool, threads)) => engine.executor(pool.clone(), threads),
            None => engine,
        };
        let engine =
            if members { engine.ledger(MemoryLedger::new()) } else { engine.journal(MemoryLedger::new()) };
        let target = SyncTarget::new("act_1".parse().unwrap(), "1".parse().unwrap())
            .mode(SyncMode::Add)
            .segment(self.segment.clone())
            .minimum_size(MinimumSize::warn_below(0));
        let report = block_on(engine.build().run(target)).unwrap();
        report.check().unwrap();
        black_box(report.added.sent);
    }

    /// What a careful program without a library does: borrowed cells, one buffer, digests into the body.
    fn by_hand(&self, mut send: impl FnMut(&[u8])) {
        let mut reader = csv::ReaderBuilder::new().from_reader(self.csv.as_slice());
        let mut record = csv::ByteRecord::new();
        let (mut body, mut scratch, mut rows) = (Vec::with_capacity(3 << 20), String::new(), 0);
        let mut finish = |body: &mut Vec<u8>| {
            if let Some(last) = body.last_mut() {
                *last = b']';
                send(body);
            }
            body.clear();
        };
        while reader.read_byte_record(&mut record).unwrap() {
            let cell = |index: usize| std::str::from_utf8(&record[index]).unwrap();
            if !matches!(cell(5), "PL" | "DE") {
                continue;
            }
            body.extend_from_slice(if body.is_empty() { b"[[" } else { b"[" });
            for column in [1, 2, 3, 4] {
                scratch.clear();
                let good = match column {
                    1 => email_by_hand(cell(1), &mut scratch),
                    2 => phone_by_hand(cell(2), &mut scratch),
                    _ => name_by_hand(cell(column), &mut scratch),
                };
                body.push(b'"');
                if good {
                    let mut hex = [0; 64];
                    const_hex::encode_to_slice(Sha256::digest(scratch.as_bytes()), &mut hex).unwrap();
                    body.extend_from_slice(&hex);
                }
                body.extend_from_slice(b"\",");
            }
            body.pop();
            body.extend_from_slice(b"],");
            rows += 1;
            if rows % Upload::MAX_ROWS == 0 {
                finish(&mut body);
            }
        }
        finish(&mut body);
    }

    /// Both make the same rows in the same order.
    fn check_straight_line(&self) {
        let kept = Arc::new(Mutex::new(Vec::new()));
        self.engine(false, None, Nowhere { kept: Some(Arc::clone(&kept)) });
        let data = |body: &Vec<u8>| {
            let body: serde_json::Value = serde_json::from_slice(body).unwrap();
            body["payload"]["data"].as_array().unwrap().clone()
        };
        let ours: Vec<serde_json::Value> = kept.lock().unwrap().iter().flat_map(data).collect();
        let mut by_hand: Vec<serde_json::Value> = Vec::new();
        self.by_hand(|body| by_hand.extend(serde_json::from_slice::<Vec<_>>(body).unwrap()));
        assert!(!ours.is_empty() && ours == by_hand, "the straight line makes other rows");
    }

    /// How many times faster two threads read and hash that share nothing, each its own half: what the machine gives.
    fn apart(&self) -> f64 {
        let begun = Instant::now();
        self.parse_and_hash(&self.source);
        let alone = begun.elapsed();
        let begun = Instant::now();
        thread::scope(|scope| {
            for half in &self.halves {
                scope.spawn(|| self.parse_and_hash(half));
            }
        });
        alone.as_secs_f64() / begun.elapsed().as_secs_f64()
    }

    /// Wall nanoseconds, and CPU nanoseconds of the busiest thread and of all.
    fn with_workers(&self, pool: &Pool, threads: usize) -> [u64; 3] {
        let (before, begun) = (cpu_by_thread(), Instant::now());
        self.engine(false, Some((pool, threads)), Nowhere::default());
        let wall = begun.elapsed().as_nanos() as u64;
        let spent: Vec<u64> = cpu_by_thread()
            .into_iter()
            .map(|(task, cpu)| {
                cpu - before.iter().find(|(known, _)| *known == task).map_or(0, |(_, cpu)| *cpu)
            })
            .collect();
        [wall, spent.iter().copied().max().unwrap_or(0), spent.iter().sum()]
    }
}

fn email_by_hand(cell: &str, out: &mut String) -> bool {
    let text = cell.trim();
    lowercase_by_hand(text, out);
    out.len() <= 254
        && out.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
        && !out.contains(char::is_whitespace)
}

fn phone_by_hand(cell: &str, out: &mut String) -> bool {
    let text = cell.trim();
    out.extend(text.bytes().filter(u8::is_ascii_digit).map(char::from));
    text.starts_with('+') && (8..=15).contains(&out.len()) && !out.starts_with('0')
}

fn name_by_hand(cell: &str, out: &mut String) -> bool {
    lowercase_by_hand(cell.trim(), out);
    if !out.bytes().all(|b| b.is_ascii_lowercase()) {
        out.retain(char::is_alphabetic);
    }
    !out.is_empty()
}

fn lowercase_by_hand(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.push_str(text);
        out.make_ascii_lowercase();
    } else if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        out.extend(text.chars().flat_map(char::to_lowercase));
    } else {
        out.extend(text.nfc().flat_map(char::to_lowercase).nfc());
    }
}

fn main() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let rows = number("AUDIENCEKIT_ROWS").unwrap_or(200_000);
    let rounds = number("AUDIENCEKIT_ROUNDS").unwrap_or(5) as usize;
    let schema = Schema::standard();
    let csv = contacts(0..rows);
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
    let halves = [contacts(0..rows / 2), contacts(rows / 2..rows)]
        .map(|half| CsvSource::builder(&schema).from_bytes(half).unwrap());
    let batch = number("AUDIENCEKIT_BATCH").map_or(Batch::DEFAULT_CAPACITY, |batch| batch as usize);
    let fixture = Fixture { csv, schema, source, halves, keys, segment, batch };
    let mut ready = MatchRows::new(fixture.keys.keys().clone());
    let mut mapper = fixture.keys.mapper();
    fixture.each(|batch| {
        for contact in batch.contacts() {
            if ready.len() < Upload::MAX_ROWS {
                mapper.append(contact, &mut ready, &mut Coverage::default());
            }
        }
    });
    fixture.check_straight_line();
    let stages: [(&str, &dyn Fn()); 7] = [
        ("parse", &|| fixture.parse()),
        ("parse and select", &|| fixture.parse_and_select()),
        ("parse and hash", &|| fixture.parse_and_hash(&fixture.source)),
        ("write bodies", &|| fixture.write(&ready, rows as usize)),
        ("whole, journal alone", &|| fixture.engine(false, None, Nowhere::default())),
        ("whole, ledger in memory", &|| fixture.engine(true, None, Nowhere::default())),
        ("straight line by hand", &|| {
            fixture.by_hand(|body| {
                black_box(body.len());
            });
        }),
    ];
    let only = std::env::var("AUDIENCEKIT_STAGE").ok();
    let chosen = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let pool = Pool::start(2);
    let mut taken = vec![Vec::new(); stages.len()];
    let (mut together, mut apart) = ([Vec::new(), Vec::new(), Vec::new(), Vec::new()], Vec::new());
    for _ in 0..rounds {
        for ((_, stage), taken) in stages.iter().zip(&mut taken).filter(|((name, _), _)| chosen(name)) {
            let before = cpu();
            stage();
            taken.push((cpu() - before) as f64 / rows as f64);
        }
        if chosen("whole, two workers") {
            let begun = Instant::now();
            fixture.engine(false, None, Nowhere::default());
            let alone = begun.elapsed().as_nanos() as u64;
            let [wall, busiest, all] = fixture.with_workers(&pool, 2);
            for (all, one) in together.iter_mut().zip([alone, wall, busiest, all]) {
                all.push(one as f64 / rows as f64);
            }
            apart.push(fixture.apart());
        }
    }
    let median = |all: &mut Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let stage: Vec<f64> = taken.iter_mut().map(median).collect();
    println!("{rows} contacts, median of {rounds} rounds, ns of CPU a contact");
    for ((name, _), median) in stages.iter().zip(&stage) {
        println!("  {name:<26}{median:>8.0}");
    }
    let sum = stage[1] + (stage[2] - stage[0]) + stage[3];
    println!("  sum of the stages         {sum:>8.0}");
    println!("whole to the sum of its stages: {:.2} (goal 1.3)", stage[4] / sum);
    println!("whole to the straight line:     {:.2} (goal 1.3)", stage[4] / stage[6]);
    let best = |all: &[f64]| all.iter().copied().fold(f64::NAN, f64::min);
    let (alone, wall) = (best(&together[0]), best(&together[1]));
    let most = apart.iter().copied().fold(f64::NAN, f64::max);
    let mut gains: Vec<f64> =
        together[0].iter().zip(&together[1]).map(|(alone, wall)| alone / wall).collect();
    let [.., busiest, all] = together.each_mut().map(median);
    println!("two workers beside the thread that reads, wall clock, best of {rounds} rounds");
    println!(
        "  one thread {alone:.0} ns a contact, with workers {wall:.0}: {:.2} times (goal 1.8)",
        alone / wall
    );
    println!("  median of the rounds: {:.2} times", median(&mut gains));
    println!(
        "  two threads that share nothing read and hash half each: {most:.2} times, median {:.2}",
        median(&mut apart)
    );
    println!("  ns of CPU a contact: busiest thread {busiest:.0}, all {all:.0}");
}
