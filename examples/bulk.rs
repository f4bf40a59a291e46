//! Sends a large CSV file to a fake Facebook, prints speed, memory and where the time went, and resumes after a kill.
//!
//! ```text
//! cargo run --release --all-features --example bulk -- --rows 1000000
//!
//! # A server in one terminal, a run that you kill in another, and the run that resumes it.
//! cargo run --release --all-features --example bulk -- --serve --port 7001 --keep
//! cargo run --release --all-features --example bulk -- --url http://127.0.0.1:7001 --ledger /tmp/bulk.db
//! cargo run --release --all-features --example bulk -- --url http://127.0.0.1:7001 --ledger /tmp/bulk.db --resume
//! ```

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use audiencekit::audience::MinimumSize;
use audiencekit::facebook::NewAudience;
use audiencekit::facebook::fake::{Fake, FakeServer};
use audiencekit::identity::{Coverage, MatchRows};
use audiencekit::source::Batch;
use audiencekit::sync::{Executor, RemovalGuard, SqliteLedger, Task};
use audiencekit::{
    Clock, ContactSource, CsvSource, EvaluationTime, FacebookClient, GraphClient, KeyMap, MatchKey,
    MemoryLedger, Schema, Segment, Selector, SyncEngine, SyncMode, SyncTarget, SystemClock,
};
use clap::{Parser, ValueEnum};
use sha2::{Digest, Sha256};

#[derive(Parser)]
struct Options {
    /// Contacts to generate, when the file is not there.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// Leaves out each hundredth contact from here on and adds as many others: a change of 1 %.
    #[arg(long)]
    changed: bool,
    /// The file of contacts; generated when it is not there.
    #[arg(long)]
    csv: Option<PathBuf>,
    /// The filter that selects contacts.
    #[arg(long, default_value = r#"score >= 10 and country in ("PL", "DE", "FR")"#)]
    filter: String,
    /// A server that runs already; without it one is started.
    #[arg(long)]
    url: Option<String>,
    /// The SQLite file; without it memory.
    #[arg(long)]
    ledger: Option<PathBuf>,
    /// Remember members, not only calls.
    #[arg(long)]
    members: bool,
    #[arg(long, value_enum, default_value_t = How::Snapshot)]
    mode: How,
    /// Threads for reading, selecting and hashing beside the one that cuts the file and sends; 0 does all on one.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Uploads under way at the same time.
    #[arg(long, default_value_t = 2)]
    uploads: usize,
    /// Goes on with the run that the ledger knows.
    #[arg(long)]
    resume: bool,
    /// Serves a fake Facebook instead.
    #[arg(long)]
    serve: bool,
    /// The port to serve on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Keeps members while serving; without it they are counted and forgotten.
    #[arg(long)]
    keep: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum How {
    Snapshot,
    Add,
    Mirror,
    Replace,
}

/// Threads that take jobs from one queue.
#[derive(Debug)]
struct Pool(Sender<Task>);

impl Pool {
    #[expect(clippy::disallowed_methods, reason = "the application brings the threads")]
    fn start(threads: usize) -> Self {
        let (jobs, queue): (Sender<Task>, Receiver<Task>) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || {
                loop {
                    let job = queue.lock().expect("no job panics while it holds the queue").recv();
                    match job {
                        Ok(job) => job(),
                        Err(_) => return,
                    }
                }
            });
        }
        Self(jobs)
    }
}

impl Executor for Pool {
    fn execute(&self, job: Task) {
        let _ = self.0.send(job);
    }
}

/// A server in a process of its own, so that its memory and time are its own.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_server(keep: bool) -> Result<(Server, String), Box<dyn std::error::Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--serve", "--port", "0"]).stdout(Stdio::piped());
    if keep {
        command.arg("--keep");
    }
    let mut child = command.spawn()?;
    let mut url = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut url)?;
    Ok((Server(child), url.trim().to_owned()))
}

fn generate(path: &Path, rows: u64, changed: bool) -> std::io::Result<()> {
    const FIRST: [&str; 12] = [
        "Ada",
        "Grace",
        "Alan",
        "Edsger",
        "Barbara",
        "Donald",
        "Łukasz",
        "Zoë",
        "Jürgen",
        "François",
        "Søren",
        "Ana",
    ];
    const LAST: [&str; 11] = [
        "Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Żak", "Müller", "Lefèvre", "Ås",
        "García",
    ];
    let mut out = BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    writeln!(out, "id,email,phone,first_name,last_name,country,score")?;
    for row in 0..rows {
        let person = if changed && row % 100 == 0 { row + rows } else { row };
        let mixed = person.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        writeln!(
            out,
            "c{person},{}.{person}@example.com,+48 6{:02} {:03} {:03},{},{},{},{}",
            ["ada", "grace", "Alan", "edsger"][(mixed % 4) as usize],
            person / 1_000_000 % 100,
            person / 1_000 % 1_000,
            person % 1_000,
            FIRST[(mixed % 12) as usize],
            LAST[(mixed / 12 % 11) as usize],
            ["PL", "DE", "FR", "GB"][(mixed / 5 % 4) as usize],
            mixed % 100,
        )?;
    }
    out.flush()
}

#[cfg(target_os = "linux")]
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    Some(
        status.lines().find(|line| line.starts_with("VmHWM"))?.trim_start_matches("VmHWM:").trim().to_owned(),
    )
}

#[cfg(not(target_os = "linux"))]
fn peak_memory() -> Option<String> {
    None
}

async fn serve(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let fake = Fake::with_running_clock(0, Arc::new(SystemClock));
    fake.configure(|settings| {
        settings.discard_members = !options.keep;
        settings.calls_per_hour = Some(u32::MAX);
        settings.removal_floor = 0;
        settings.log_calls = 1_000;
    });
    let server = FakeServer::bind(fake, SocketAddr::from(([127, 0, 0, 1], options.port))).await?;
    println!("{}", server.url());
    std::io::stdout().flush()?;
    match server.serve().await {}
}

async fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let kind = if options.changed { "-changed" } else { "" };
    let csv = options
        .csv
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join(format!("audiencekit-bulk-{}{kind}.csv", options.rows)));
    if !csv.exists() {
        generate(&csv, options.rows, options.changed)?;
    }
    let started = match options.url {
        Some(_) => None,
        None => Some(start_server(options.keep)?),
    };
    let url =
        options.url.clone().or_else(|| started.as_ref().map(|(_, url)| url.clone())).ok_or("no server")?;
    let client = GraphClient::builder(Fake::new().token()).base_url(url).build()?;
    let account = Fake::new().account();

    // The audience of an interrupted run is noted beside its ledger.
    let note = options.ledger.as_ref().map(|ledger| ledger.with_extension("audience"));
    let audience = match note.as_ref().filter(|note| options.resume && note.exists()) {
        Some(note) => std::fs::read_to_string(note)?.trim().parse()?,
        None if options.resume => return Err("nothing to resume: give the --ledger of the run before".into()),
        None => client.create_audience(&account, &NewAudience::new("bulk", "generated contacts")).await?,
    };
    if let Some(note) = &note {
        std::fs::write(note, audience.to_string())?;
    }

    let schema = Schema::standard();
    let source = CsvSource::open(&csv, &schema)?;
    let keys = KeyMap::builder()
        .column(MatchKey::Email, "email")
        .column(MatchKey::Phone, "phone")
        .column(MatchKey::FirstName, "first_name")
        .column(MatchKey::LastName, "last_name")
        .build(&schema)?;
    let mut engine = SyncEngine::builder(source.clone(), client, SystemClock)
        .keys(keys.clone())
        .removal_guard(RemovalGuard::off())
        .upload_sessions(options.uploads);
    engine = match (&options.ledger, options.members) {
        (Some(path), true) => engine.ledger(SqliteLedger::open(path)?),
        (Some(path), false) => engine.journal(SqliteLedger::open(path)?),
        (None, true) => engine.ledger(MemoryLedger::new()),
        (None, false) => engine.journal(MemoryLedger::new()),
    };
    if options.threads > 0 {
        engine = engine.executor(Pool::start(options.threads), options.threads);
    }
    let mode = match options.mode {
        How::Snapshot => SyncMode::Snapshot,
        How::Add => SyncMode::Add,
        How::Mirror => SyncMode::Mirror,
        How::Replace => SyncMode::Replace,
    };
    let segment = Segment::builder("bulk")
        .include(Selector::all())
        .filter(options.filter.as_str())
        .build(&Schema::standard())?;
    let target = SyncTarget::new(account, audience)
        .segment(segment.clone())
        .mode(mode)
        .minimum_size(MinimumSize::warn_below(0));
    #[expect(clippy::disallowed_methods, reason = "an example that measures itself")]
    let begun = Instant::now();
    let cpu = cpu_seconds();
    let engine = engine.build();
    let report = engine.run(target).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let cpu = cpu_seconds().zip(cpu).map_or(f64::NAN, |(after, before)| after - before);
    report.check()?;
    println!("{report}");
    println!("{:.2} s, {:.0} contacts a second", seconds, report.contacts.read as f64 / seconds);
    if let Some(peak) = peak_memory() {
        println!("peak memory {peak}");
    }
    tell_stages(cpu, &source, &keys, &segment).await
}

/// CPU seconds of every thread of this process; `None` where the system does not tell.
fn cpu_seconds() -> Option<f64> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    Some(tasks.filter_map(|task| cpu_of(&task.ok()?.path())).sum())
}

fn cpu_of(task: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(task.join("schedstat")).ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

/// Reads all contacts once more and does one thing with each batch: what a stage of the run costs alone.
async fn pass(source: &CsvSource, mut work: impl FnMut(&Batch)) -> Result<f64, audiencekit::Error> {
    let before = cpu_of("/proc/thread-self".as_ref());
    let mut reader = source.open().await?;
    let mut batch = Batch::with_capacity(source.schema(), Batch::DEFAULT_CAPACITY);
    while reader.next_batch(&mut batch).await? {
        work(&batch);
    }
    let after = cpu_of("/proc/thread-self".as_ref());
    Ok(after.zip(before).map_or(f64::NAN, |(after, before)| after - before))
}

async fn tell_stages(
    run: f64,
    source: &CsvSource,
    keys: &KeyMap,
    segment: &Segment,
) -> Result<(), Box<dyn std::error::Error>> {
    let group = segment.compile(source.schema(), &EvaluationTime::utc(SystemClock.now()))?;
    let (mut selected, mut hashed) = (0, 0);
    let reading = pass(source, |_| {}).await?;
    let selecting = pass(source, |batch| {
        selected += batch.contacts().iter().filter(|contact| group.selects(contact)).count();
    });
    let selecting = selecting.await? - reading;
    let (mut mapper, mut rows) = (keys.mapper(), MatchRows::new(keys.keys().clone()));
    let mut coverage = Coverage::default();
    let hashing = pass(source, |batch| {
        rows.clear();
        for contact in batch.contacts().iter().filter(|contact| group.selects(contact)) {
            hashed += mapper.append(contact, &mut rows, &mut coverage);
        }
    });
    let hashing = hashing.await? - reading - selecting;
    // The minimum: the digests of the same cells as they are.
    let fields = ["email", "phone", "first_name", "last_name"].map(|name| source.schema().require(name));
    let fields = fields.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut digested = 0_u64;
    let bare = pass(source, |batch| {
        for contact in batch.contacts().iter().filter(|contact| group.selects(contact)) {
            for text in fields.iter().flat_map(|field| contact.texts(*field)) {
                std::hint::black_box(Sha256::digest(text));
                digested += 1;
            }
        }
    });
    let bare = bare.await? - reading - selecting;
    let rest = run - reading - selecting - hashing;
    println!(
        "CPU seconds: run {run:.2}, of which reading {reading:.2}, selecting {selecting:.2}, normalizing and hashing {hashing:.2}"
    );
    println!(
        "  (each alone in passes of their own: {selected} selected, {hashed} rows), bodies, calls and journal {rest:.2}"
    );
    println!("baselines: only parsing {reading:.2}, only hashing {bare:.2} ({digested} bare SHA-256)");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    if options.serve { serve(&options).await } else { run(&options).await }
}
