//! A run sends the same, says the same and fails the same, whoever reads and hashes its contacts.
#![cfg(feature = "csv")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use crate::doubles::{Fault, Row, TinyFacebook};
use async_trait::async_trait;
use audiencekit::audience::MinimumSize;
use audiencekit::contact::{FieldId, ToContact};
use audiencekit::source::{Batch, Chunk, ChunkReader, ContactReader, Decoder, OnBadRow, RecordSource};
use audiencekit::sync::{Executor, Task};
use audiencekit::{
    Contact, ContactSource, CsvSource, Error, ErrorKind, JsonLinesSource, ManualClock, MemoryLedger, Result,
    Schema, Segment, Selector, SyncEngine, SyncMode, SyncTarget,
};
use time::macros::datetime;

const CONTACTS: u64 = 9_000;

/// Threads that take turns, and of which every other job waits for the next: what is begun first ends last.
#[derive(Debug)]
struct Pool(Vec<Sender<Task>>, std::sync::atomic::AtomicUsize);

impl Pool {
    #[expect(clippy::disallowed_methods, reason = "the host brings the threads: here it is this test")]
    fn start(threads: usize) -> Self {
        let thread = |_| {
            let (jobs, queue) = channel::<Task>();
            std::thread::spawn(move || {
                while let Ok(first) = queue.recv() {
                    // A second one that is waiting already overtakes.
                    if let Ok(second) = queue.try_recv() {
                        second();
                    }
                    first();
                }
            });
            jobs
        };
        Self((0..threads).map(thread).collect(), 0.into())
    }
}

impl Executor for Pool {
    fn execute(&self, job: Task) {
        let turn = self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.0[turn % self.0.len()].send(job).unwrap();
    }
}

/// What a run leaves behind: its report or error, the members, and how many calls were made.
#[derive(Debug, PartialEq)]
struct Outcome {
    report: Result<serde_json::Value, String>,
    members: BTreeSet<Row>,
    calls: u64,
}

async fn run(source: Arc<dyn ContactSource>, threads: usize) -> Outcome {
    let facebook = TinyFacebook::new();
    {
        let mut world = facebook.0.lock().unwrap();
        world.audiences.insert("1".to_owned(), BTreeSet::new());
        // The row that each call names comes from the contact that the report names.
        world.faults = (0..1_000).map(|call| (call, Fault::RefuseFirst)).collect();
    }
    let schema = source.schema().clone();
    let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
    let mut engine =
        SyncEngine::builder(source, facebook.clone(), clock).ledger(MemoryLedger::new()).rows_per_call(500);
    if threads > 0 {
        engine = engine.executor(Pool::start(threads), threads);
    }
    let warm =
        Segment::builder("warm").include(Selector::all()).filter("score >= 10").build(&schema).unwrap();
    let target = SyncTarget::new("act_1".parse().unwrap(), "1".parse().unwrap())
        .mode(SyncMode::Add)
        .segment(warm)
        .minimum_size(MinimumSize::warn_below(0));
    let report = engine.build().run(target).await;
    let world = facebook.0.lock().unwrap();
    Outcome {
        report: report.map(|report| serde_json::to_value(report).unwrap()).map_err(|error| error.to_string()),
        members: world.audiences["1"].clone(),
        calls: world.calls,
    }
}

async fn same_for_all(source: impl ContactSource + 'static) -> Outcome {
    let source: Arc<dyn ContactSource> = Arc::new(source);
    let alone = run(Arc::clone(&source), 0).await;
    for threads in [1, 2, 5] {
        let together = run(Arc::clone(&source), threads).await;
        assert_eq!(together.report, alone.report, "{threads} threads");
        assert!(together == alone, "{threads} threads: other members or calls");
    }
    alone
}

/// Contacts with names over two lines, some twice, some without e-mail; `bad` stands before the contact of that number.
fn csv(bad: Option<(u64, &str)>) -> String {
    let mut file = String::from("\u{feff}id,email,name,score\r\n");
    for number in 0..=CONTACTS {
        if let Some((_, row)) = bad.filter(|(at, _)| *at == number) {
            file.push_str(row);
        }
        if number == CONTACTS {
            break;
        }
        let email = if number % 11 == 0 { String::new() } else { format!("p{}@example.com", number % 7_000) };
        let score = if number % 97 == 0 { "much".to_owned() } else { (number % 100).to_string() };
        write!(file, "c{number},{email},\"Ada, \"\"the\r\n{number}th\"\"\",{score}\r\n").unwrap();
    }
    file
}

#[tokio::test]
async fn rows_of_csv_are_sent_and_counted_the_same() {
    let schema = Schema::standard();
    let source = |file: &str| CsvSource::builder(&schema).bad_row(OnBadRow::Skip).from_bytes(file).unwrap();
    let whole = same_for_all(source(&csv(Some((5_000, "x,y\r\n"))))).await;
    let report = whole.report.unwrap();
    assert_eq!(
        (report["contacts"]["read"].as_u64(), report["losses"]["rows"].as_u64()),
        (Some(CONTACTS), Some(1))
    );
    assert_eq!(report["losses"]["places"].as_array().unwrap().len(), 20);
    // Each of the calls has named its first row; the first is that of the first contact with enough score.
    assert_eq!(report["rejected_rows"].as_array().unwrap().len() as u64, whole.calls);
    assert!(report["rejected_rows"].as_array().unwrap().iter().any(|row| row["record"] == 11), "{report}");
    assert!(whole.calls > 10 && whole.members.len() > 4_000);
}

#[tokio::test]
async fn a_bad_row_stops_the_run_after_everything_before_it() {
    let schema = Schema::standard();
    for (number, row, wanted) in [
        (5_000, "x,y\r\n", "line 10002: 2 cells under 4 columns"),
        (CONTACTS, "x,\"y\r\n", "line 18002: a quoted cell is not closed"),
        (0, "x,y\r\n", "line 2: 2 cells under 4 columns"),
    ] {
        let source = CsvSource::builder(&schema).from_bytes(csv(Some((number, row)))).unwrap();
        let stopped = same_for_all(source).await;
        let error = stopped.report.unwrap_err();
        assert!(error.contains(wanted), "{error}");
        // One full call is held back, as it would have to be marked had it been the last.
        let rows = (0..number).filter(|n| n % 97 != 0 && n % 100 >= 10 && n % 11 != 0);
        let calls = rows.map(|n| n % 7_000).collect::<BTreeSet<_>>().len() as u64 / 500;
        assert_eq!(stopped.calls, calls.saturating_sub(1), "bad row before contact {number}");
    }
}

#[tokio::test]
async fn lines_of_json_are_sent_and_counted_the_same() {
    let schema = Schema::standard();
    let line =
        |number| format!("{{\"id\":\"c{number}\",\"email\":\"p{number}@example.com\",\"score\":50}}\n");
    let lines: String = (0..CONTACTS).map(line).collect();
    let whole = same_for_all(JsonLinesSource::from_bytes(&lines, &schema)).await;
    assert_eq!(whole.report.unwrap()["contacts"]["read"], CONTACTS);
    let cut = lines.replace("p6000@", "p6000\"@");
    let stopped = same_for_all(JsonLinesSource::from_bytes(cut, &schema)).await;
    assert!(stopped.report.unwrap_err().contains("line 6001: "));
    assert_eq!(stopped.calls, 11);
}

struct Numbered(u64);

impl ToContact for Numbered {
    type Fields = (FieldId, FieldId);

    fn fields(schema: &Schema) -> Result<Self::Fields> {
        Ok((schema.require("email")?, schema.require("score")?))
    }

    fn fill(&self, &(email, score): &Self::Fields, contact: &mut Contact) -> Result<()> {
        contact.set(email, format!("p{}@example.com", self.0))?;
        contact.set(score, 50)
    }
}

#[tokio::test]
async fn records_that_cannot_be_cut_are_sent_and_counted_the_same() {
    let schema = Schema::standard();
    let whole =
        RecordSource::from_iter(&schema, || (0..CONTACTS).map(|number| Ok(Numbered(number)))).unwrap();
    assert_eq!(same_for_all(whole).await.report.unwrap()["contacts"]["read"], CONTACTS);
    let broken = |number| {
        if number < 6_000 { Ok(Numbered(number)) } else { Err(Error::new(ErrorKind::Io, "query", "gone")) }
    };
    let broken = RecordSource::from_iter(&schema, move || (0..CONTACTS).map(broken)).unwrap();
    let stopped = same_for_all(broken).await;
    assert!(stopped.report.unwrap_err().contains("query: gone"));
    assert_eq!(stopped.calls, 11);
}

/// A source of the host's: numbers of two bytes, in chunks of a hundred.
#[derive(Debug, Clone)]
struct Packed {
    schema: Schema,
    /// False when its decoder forgets to say what it has read.
    passes: bool,
}

struct PackedReader(Packed, u64);

#[async_trait]
impl ContactSource for Packed {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn len_hint(&self) -> Option<u64> {
        Some(CONTACTS)
    }

    async fn open(&self) -> Result<Box<dyn ContactReader>> {
        Ok(Box::new(PackedReader(self.clone(), 0)))
    }
}

#[async_trait]
impl ContactReader for PackedReader {
    async fn next_batch(&mut self, _: &mut Batch) -> Result<bool> {
        unreachable!("a run takes chunks where there are some")
    }

    fn chunk_reader(&mut self) -> Option<&mut dyn ChunkReader> {
        Some(self)
    }
}

#[async_trait]
impl ChunkReader for PackedReader {
    fn decoder(&self) -> Arc<dyn Decoder> {
        Arc::new(self.0.clone())
    }

    async fn next_chunk(&mut self, chunk: &mut Chunk) -> Result<bool> {
        let numbers = self.1..(self.1 + 100).min(CONTACTS);
        let bytes: Vec<u8> = numbers.clone().flat_map(|number| (number as u16).to_be_bytes()).collect();
        chunk.fill(&bytes, self.1 + 1);
        self.1 = numbers.end;
        Ok(!bytes.is_empty())
    }
}

impl Decoder for Packed {
    fn decode(&self, chunk: &mut Chunk, batch: &mut Batch) -> Result<()> {
        let fields = Numbered::fields(&self.schema)?;
        while let Some(number) = chunk.rest().first_chunk().copied().filter(|_| !batch.is_full()) {
            batch.push(|contact| Numbered(u16::from_be_bytes(number).into()).fill(&fields, contact))?;
            if !self.passes {
                return Ok(());
            }
            chunk.advance(2, 1);
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_source_of_the_host_s_may_be_cut_too() {
    let schema = Schema::standard();
    let whole = same_for_all(Packed { schema: schema.clone(), passes: true }).await;
    assert_eq!(whole.report.unwrap()["contacts"]["read"], CONTACTS);
    let stuck = same_for_all(Packed { schema, passes: false }).await;
    assert!(stuck.report.unwrap_err().contains("line 1: the decoder passes over nothing"));
}
