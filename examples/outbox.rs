//! A change of a contact and the change of the audience in one transaction of the host's own database: the outbox.
//!
//! The service writes its contact and the [`MemberChange`] that follows from it together, so neither exists without the
//! other. A worker sends what is in the outbox and takes it out afterwards. Cut short anywhere, it sends again, and the
//! generation of each change sees to it that nothing old undoes anything newer.
//!
//! Run: `cargo run --all-features --example outbox`

use audiencekit::facebook::NewAudience;
use audiencekit::sync::{MemberChange, Operation, SqliteLedger};
use audiencekit::{Contact, FacebookClient, MemorySource, MockClient, Mode, Schema, SyncEngine, SyncTarget};
use rusqlite::{Connection, params};

type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// What the service does when a customer subscribes or leaves.
fn save(database: &mut Connection, engine: &SyncEngine, email: &str, active: bool, at: u64) -> Done {
    let schema = Schema::standard();
    let mut contact = Contact::new(&schema);
    contact.set(schema.require("id")?, email)?;
    contact.set(schema.require("email")?, email)?;
    let operation = if active { Operation::Add } else { Operation::Remove };
    let change = engine.member_change(&contact, operation, at)?;

    let transaction = database.transaction()?;
    transaction.execute(
        "INSERT INTO customer (email, active) VALUES (?1, ?2) ON CONFLICT (email) DO UPDATE SET active = ?2",
        params![email, active],
    )?;
    transaction.execute("INSERT INTO outbox (change) VALUES (?1)", [serde_json::to_string(&change)?])?;
    transaction.commit()?;
    Ok(())
}

/// What the worker does from time to time.
async fn send(database: &Connection, engine: &SyncEngine, target: &SyncTarget) -> Done<usize> {
    let mut read = database.prepare("SELECT id, change FROM outbox ORDER BY id LIMIT 10000")?;
    let mut changes: Vec<MemberChange> = Vec::new();
    let mut last = 0;
    let mut lines = read.query([])?;
    while let Some(line) = lines.next()? {
        last = line.get::<_, i64>(0)?;
        changes.push(serde_json::from_str(&line.get::<_, String>(1)?)?);
    }
    if !changes.is_empty() {
        engine.apply_changes(target, &changes).await?;
        // Only now: a crash before this line sends the same changes again, which does no harm.
        database.execute("DELETE FROM outbox WHERE id <= ?1", [last])?;
    }
    Ok(changes.len())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done {
    let mut database = Connection::open_in_memory()?;
    database.execute_batch(
        "CREATE TABLE customer (email TEXT PRIMARY KEY, active INTEGER NOT NULL);
         CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, change TEXT NOT NULL);",
    )?;
    let facebook = MockClient::new();
    facebook.fake().configure(|settings| settings.removal_floor = 0);
    let account = facebook.fake().account();
    let audience =
        facebook.create_audience(&account, &NewAudience::new("Active", "Active customers")).await?;
    let target = SyncTarget::new(account, audience.clone()).mode(Mode::Add);

    let folder = std::env::temp_dir().join(format!("audiencekit-outbox-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let nobody = MemorySource::new(&Schema::standard(), Vec::new());
    let engine = SyncEngine::builder(nobody, facebook.clone(), facebook.fake().clone())
        .ledger(SqliteLedger::open(folder.join("ledger.db"))?)
        .build();

    for (email, active, at) in
        [("ada@example.com", true, 1), ("grace@example.com", true, 2), ("ada@example.com", false, 3)]
    {
        save(&mut database, &engine, email, active, at)?;
    }
    let sent = send(&database, &engine, &target).await?;
    println!("{sent} changes sent, {} member", facebook.fake().member_count(&audience));
    assert_eq!((sent, facebook.fake().member_count(&audience)), (3, 1));
    assert_eq!(send(&database, &engine, &target).await?, 0);
    drop(engine);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
