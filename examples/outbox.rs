//! The outbox: a change of a contact and the change of the audience in one transaction of your application's database.
//!
//! The service writes its customer and the `MemberChange` that follows from it together, on its own connection, so
//! neither exists without the other. The ledger is in the same database, and a worker sends pending changes: each leaves
//! the outbox in the transaction in which the ledger records the outcome. Here the service is aborted at each step of its
//! work, in a process of its own, and after each abort both are there or neither.
//!
//! Run: `cargo run --all-features --example outbox`

use std::path::Path;
use std::process::Command;

use audiencekit::facebook::NewAudience;
use audiencekit::sync::{Operation, SqliteFile, SqliteLedger, SqliteOutbox, SqliteSettings};
use audiencekit::{
    AudienceId, Contact, FacebookClient, MemorySource, MockClient, Schema, SyncEngine, SyncTarget,
};
use rusqlite::{Connection, params};

type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Steps of the service at which this example aborts it.
const STEPS: [&str; 3] = ["customer written", "change written", "committed"];

/// The service's database, with the ledger's tables in it.
fn open(folder: &Path, facebook: &MockClient) -> Done<(Connection, SyncEngine, SqliteOutbox)> {
    let path = folder.join("shop.db");
    let shop = Connection::open(&path)?;
    shop.busy_timeout(std::time::Duration::from_secs(10))?;
    shop.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE IF NOT EXISTS customer (email TEXT PRIMARY KEY, active INTEGER NOT NULL) STRICT;",
    )?;
    let file = SqliteFile::in_database(&path, SqliteSettings::default())?;
    let no_contacts = MemorySource::new(&Schema::standard(), Vec::new());
    let engine = SyncEngine::builder(no_contacts, facebook.clone(), facebook.fake().clone())
        .ledger(SqliteLedger::in_file(&file))
        .build();
    Ok((shop, engine, SqliteOutbox::in_file(&file)))
}

/// What the service does when a customer subscribes or leaves.
fn save(
    shop: &mut Connection,
    engine: &SyncEngine,
    audience: &AudienceId,
    (email, active, at): (&str, bool, u64),
    abort_at: &str,
) -> Done {
    let schema = Schema::standard();
    let mut contact = Contact::new(&schema);
    contact.set(schema.require("id")?, email)?;
    contact.set(schema.require("email")?, email)?;
    let operation = if active { Operation::Add } else { Operation::Remove };
    let change = engine.member_change(&contact, operation, at)?;

    let transaction = shop.transaction()?;
    transaction.execute(
        "INSERT INTO customer (email, active) VALUES (?1, ?2) ON CONFLICT (email) DO UPDATE SET active = ?2",
        params![email, active],
    )?;
    abort_if(abort_at, "customer written");
    transaction.execute(SqliteOutbox::INSERT, params![audience.as_str(), serde_json::to_string(&change)?])?;
    abort_if(abort_at, "change written");
    transaction.commit()?;
    abort_if(abort_at, "committed");
    Ok(())
}

fn abort_if(abort_at: &str, step: &str) {
    if abort_at == step {
        std::process::abort();
    }
}

/// The service in a process of its own, which ends at `step`.
fn abort_service(folder: &Path, audience: &AudienceId, email: &str, step: &str) -> Done {
    let service = Command::new(std::env::current_exe()?)
        .args([folder.as_os_str(), audience.as_str().as_ref(), email.as_ref(), step.as_ref()])
        .stderr(std::process::Stdio::null())
        .status()?;
    assert!(!service.success(), "aborted");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let facebook = MockClient::new();
    if let [folder, audience, email, step] = &arguments[..] {
        let (mut shop, engine, _) = open(Path::new(folder), &facebook)?;
        return save(&mut shop, &engine, &audience.parse()?, (email, true, 1), step);
    }
    facebook.fake().configure(|settings| settings.removal_floor = 0);
    let account = facebook.fake().account();
    let audience =
        facebook.create_audience(&account, &NewAudience::new("Active", "Active customers")).await?;
    let target = SyncTarget::new(account, audience.clone());
    let folder = std::env::temp_dir().join(format!("audiencekit-outbox-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;

    for step in STEPS {
        let email = format!("{}@example.com", step.replace(' ', "-"));
        abort_service(&folder, &audience, &email, step)?;
        let (shop, _, outbox) = open(&folder, &facebook)?;
        let customers: u32 = shop.query_row("SELECT count(*) FROM customer", [], |line| line.get(0))?;
        println!("aborted when {step}: {customers} customers, {} changes wait", outbox.pending_len()?);
        assert_eq!(u64::from(customers), outbox.pending_len()?, "both or none");
    }
    let (mut shop, engine, outbox) = open(&folder, &facebook)?;
    for customer in
        [("ada@example.com", true, 1), ("grace@example.com", true, 2), ("ada@example.com", false, 3)]
    {
        save(&mut shop, &engine, &audience, customer, "")?;
    }
    let sent = outbox.flush(&engine, &target).await?.given;
    let (members, waiting) = (facebook.fake().member_count(&audience), outbox.pending_len()?);
    println!("{sent} changes sent, {members} members, {waiting} wait");
    let active: u32 = shop.query_row("SELECT sum(active) FROM customer", [], |line| line.get(0))?;
    assert_eq!((sent, members, waiting), (4, active.into(), 0));
    drop((shop, engine, outbox));
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
