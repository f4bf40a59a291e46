//! Contacts in a file become a Custom Audience, end to end.
//!
//! Without a flag everything happens on this machine: the library talks to a fake Facebook in this process, or, with
//! `cargo run --features fake-server --example quickstart`, over a real socket. `--live` does the same with Facebook.

use std::io::{IsTerminal, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use audiencekit::audience::{Audience, AudienceDraft, PollOptions};
use audiencekit::contact::FieldType;
use audiencekit::facebook::AuthorizedAccount;
use audiencekit::facebook::fake::Fake;
#[cfg(feature = "fake-server")]
use audiencekit::facebook::{
    fake::{FakeServer, RunningServer},
    transport::HttpTransport,
};
use audiencekit::sync::{RunStage, SyncReport};
use audiencekit::{
    AccessToken, AccountId, AudienceBuilder, Clock, ContactSource, CsvSource, EvaluationTime, FacebookClient,
    GraphClient, KeyMap, MatchKey, Schema, Segment, Selector, SyncEngine, SystemClock, TimeZone,
};
use clap::Parser;
use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};

type Failure = Box<dyn std::error::Error>;

/// Turns the contacts of a CSV file into a Facebook Custom Audience: select, count, plan, create, upload, list.
///
/// By default nothing leaves this machine: the audience is made at a fake Facebook that is part of this program. With
/// --live it is made at Facebook, with the token in FACEBOOK_ACCESS_TOKEN and the ad account in FACEBOOK_AD_ACCOUNT
/// ("act_" and digits); the program then says what it will do and asks before it does it.
#[derive(Parser)]
struct Options {
    /// The contacts: a CSV file with the columns of examples/data/contacts.csv.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/contacts.csv"))]
    contacts: PathBuf,
    /// Who of the tagged and not opted-out contacts belongs to the audience.
    #[arg(
        long,
        default_value = r#"country in ("PL", "DE", "FR", "GB", "US", "ES", "IT") and score >= 20 and orders >= 1"#
    )]
    filter: String,
    /// The audience's name.
    #[arg(long, default_value = "VIP customers")]
    name: String,
    /// Talk to Facebook instead of the fake.
    #[arg(long)]
    live: bool,
    /// With --live: do not ask before the audience is created.
    #[arg(long, requires = "live")]
    yes: bool,
}

#[tokio::main]
async fn main() {
    if let Err(error) = run(Options::parse()).await {
        eprintln!("quickstart: {error}");
        std::process::exit(1);
    }
}

async fn run(options: Options) -> Result<(), Failure> {
    // What the file holds beyond the standard fields.
    let schema = Schema::builder()
        .detail("plan", FieldType::Keyword)
        .detail("orders", FieldType::Integer)
        .detail("revenue", FieldType::Decimal)
        .build()?;
    let people = CsvSource::open(&options.contacts, &schema)?;
    let segment = Segment::builder("VIP customers")
        .include(Selector::tag_any(["vip", "gold", "newsletter"]))
        .exclude(Selector::email_opted_out())
        .filter(options.filter.as_str())
        .build(&schema)?;

    let now = SystemClock.now();
    println!("Contacts in {}", options.contacts.display());
    let count = segment.count(&people, &EvaluationTime::new(now, TimeZone::utc())).await?;
    println!("{count}");

    if options.live {
        live(&options, people, segment).await
    } else {
        offline(&options, people, segment).await
    }
}

/// The same client as in production, to a Facebook on this machine.
async fn offline(options: &Options, people: CsvSource, segment: Segment) -> Result<(), Failure> {
    let fake = Fake::new();
    #[cfg(feature = "fake-server")]
    let (facebook, _server) = behind_a_socket(&fake)?;
    #[cfg(not(feature = "fake-server"))]
    let facebook = audiencekit::MockClient::with_fake(&fake);
    println!("Facebook is a fake on this machine; nothing leaves this machine.\n");

    let account = facebook.authorize(fake.account()).await?;
    let engine = engine(people, facebook.clone())?;
    let draft = draft(options, &account, segment)?;
    println!("{}", engine.preview(&draft).await?);
    let (audience, report) = deliver(&engine, &draft, &facebook).await?;

    // Facebook takes hours to match people; the fake's clock is ours to move.
    fake.advance(Duration::from_secs(24 * 3600));
    audience.wait_until_ready(&facebook, &SystemClock, PollOptions::default()).await?;
    close(&facebook, audience.account(), &report).await?;

    let members = fake.members(audience.id()).len() as u64;
    println!("\nThe fake holds {members} members; the report says {} were accepted.", report.added.accepted);
    if members != report.added.accepted {
        return Err("the fake's members and the report differ".into());
    }
    Ok(())
}

/// A client that reaches the fake through a port of the loopback, as it would reach Facebook.
#[cfg(feature = "fake-server")]
fn behind_a_socket(fake: &Fake) -> audiencekit::Result<(GraphClient<HttpTransport>, RunningServer)> {
    let server = FakeServer::start(fake.clone())?;
    println!("A fake Facebook listens at {}.", server.url());
    Ok((GraphClient::builder(fake.token()).base_url(server.url()).build()?, server))
}

/// Facebook itself, with token and account from the environment of this program: the library never reads it.
#[expect(
    clippy::disallowed_methods,
    reason = "an example is a program, and a program may read its environment"
)]
async fn live(options: &Options, people: CsvSource, segment: Segment) -> Result<(), Failure> {
    let variable =
        |name: &str| std::env::var(name).map_err(|_| format!("--live needs {name} in the environment"));
    let token = AccessToken::new(variable("FACEBOOK_ACCESS_TOKEN")?);
    let account: AccountId = variable("FACEBOOK_AD_ACCOUNT")?.parse()?;
    let facebook = GraphClient::builder(token).build()?;
    let account = facebook.authorize(account).await?;
    let engine = engine(people, facebook.clone())?;
    let draft = draft(options, &account, segment)?;
    println!("{}", engine.preview(&draft).await?);

    println!("This will create the audience {:?} in {} at graph.facebook.com", draft.name(), draft.account());
    println!(
        "and send it the SHA-256 digests of the e-mail addresses, phone numbers and countries planned above."
    );
    if !options.yes && !confirmed()? {
        return Err("nothing was created and nothing was sent".into());
    }
    let (audience, report) = deliver(&engine, &draft, &facebook).await?;
    close(&facebook, audience.account(), &report).await?;
    println!("\nFacebook needs up to a day to match people; list the audiences again then.");
    Ok(())
}

fn confirmed() -> Result<bool, Failure> {
    print!("Type \"yes\" to go on: ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

/// The audience as it will be, checked and not created.
fn draft(options: &Options, account: &AuthorizedAccount, segment: Segment) -> Result<AudienceDraft, Failure> {
    let draft = AudienceBuilder::new()
        .name(&options.name)
        .description("Tagged customers with an order, made by the quickstart")
        .account(account)
        .contacts(segment)
        .build()?;
    for warning in draft.warnings() {
        println!("warning: {warning}");
    }
    Ok(draft)
}

/// Which fields become which match keys, and who is asked to take them.
fn engine(people: CsvSource, facebook: impl FacebookClient + 'static) -> Result<SyncEngine, Failure> {
    let keys = KeyMap::builder()
        .column(MatchKey::Email, "email")
        .column(MatchKey::Phone, "phone")
        .column(MatchKey::Country, "country")
        .default_region("PL")
        .build(people.schema())?;
    Ok(SyncEngine::builder(people, facebook, SystemClock).keys(keys).build())
}

/// Creates the audience and uploads into it, showing how far it is.
async fn deliver(
    engine: &SyncEngine,
    draft: &AudienceDraft,
    facebook: &impl FacebookClient,
) -> Result<(Audience, SyncReport), Failure> {
    let audience = draft.save(facebook).await?;
    println!("Created audience {} in {}.", audience.id(), audience.account());
    let mut progress = engine.progress();
    let shown = Shown::new();
    let report = {
        let mut run = std::pin::pin!(engine.run(&audience));
        loop {
            tokio::select! {
                report = &mut run => break report?,
                Some(seen) = progress.next() => shown.update(seen.stage, seen.done, seen.total),
            }
        }
    };
    shown.finish();
    report.check()?;
    Ok((audience, report))
}

/// The list of audiences and the report.
async fn close<C: FacebookClient>(
    facebook: &C,
    account: &AccountId,
    report: &SyncReport,
) -> Result<(), Failure> {
    println!("\n{:<24}{:<20}{:<16}estimate", "name", "account", "availability");
    for row in Audience::list(facebook, account).await? {
        println!("{:<24}{:<20}{:<16}{}", row.name, row.account, row.status.availability, row.status.size);
    }
    println!("\n{report}");
    for (key, counts) in report.coverage.keys() {
        let lost: Vec<_> =
            counts.rejected.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        let lost = if lost.is_empty() { "nothing".to_owned() } else { lost.join(", ") };
        println!("{key:<10}{} present, {} sent; not sent: {lost}", counts.present, counts.sent);
    }
    Ok(())
}

/// A bar on a terminal, plain lines elsewhere.
struct Shown(Option<ProgressBar>);

impl Shown {
    fn new() -> Self {
        let style = ProgressStyle::with_template("{spinner} {msg} {pos}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        Self(std::io::stderr().is_terminal().then(|| ProgressBar::no_length().with_style(style)))
    }

    fn update(&self, stage: RunStage, done: u64, total: Option<u64>) {
        match &self.0 {
            Some(bar) => {
                bar.set_message(format!("{stage:?}"));
                bar.set_position(done);
                total.inspect(|total| bar.set_length(*total));
            }
            None => println!("{stage:?}: {done}"),
        }
    }

    fn finish(&self) {
        self.0.as_ref().inspect(|bar| bar.finish_and_clear());
    }
}
