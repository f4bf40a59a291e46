//! Serves a fake Facebook until it is ended, for test suites in any language.
//!
//! Prints one JSON line when it is ready: `url`, `access_token`, `app_id`, `app_secret`, `ad_accounts`.
//! Run: `cargo run --features fake-server --example fake_facebook -- --port 0`

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use audiencekit::SystemClock;
use audiencekit::facebook::AccountId;
use audiencekit::facebook::fake::{Fake, FakeServer, FaultRule, SyntheticPopulation};
use clap::Parser;
use serde_json::json;

/// A fake Facebook over HTTP.
#[derive(Parser)]
struct Options {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Seed of ids and faults.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// People that Facebook knows: JSON lines such as {"EMAIL":"mary@example.com","FN":"mary"}.
    #[arg(long)]
    population: Option<PathBuf>,
    /// Makes up this many people instead.
    #[arg(long, conflicts_with = "population")]
    people: Option<usize>,
    /// A fault, such as drop_reply@add_users:3, html=500:every=10 or error=80003/2446079:first=2. Repeatable.
    #[arg(long)]
    fault: Vec<FaultRule>,
    /// An ad account beside act_1234567890. Repeatable.
    #[arg(long)]
    account: Vec<AccountId>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let fake = Fake::with_running_clock(options.seed, Arc::new(SystemClock));
    for account in &options.account {
        fake.add_account(account);
    }
    if let Some(path) = &options.population {
        fake.populate(SyntheticPopulation::from_json_lines(&std::fs::read_to_string(path)?)?);
    }
    if let Some(people) = options.people {
        fake.populate(SyntheticPopulation::synthetic(options.seed, people));
    }
    for rule in options.fault {
        fake.inject(rule);
    }
    let server = FakeServer::bind(fake.clone(), SocketAddr::from(([127, 0, 0, 1], options.port))).await?;
    let ready = json!({
        "url": server.url(),
        "access_token": fake.token(),
        "app_id": fake.app_id(),
        "app_secret": fake.app_secret(),
        "ad_accounts": fake.accounts().iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    let mut out = std::io::stdout();
    writeln!(out, "{ready}")?;
    out.flush()?;
    match server.serve().await {}
}
