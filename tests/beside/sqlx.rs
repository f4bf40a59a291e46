//! SQLx and the ledger on one SQLite file.

use audiencekit::sync::{SqliteFile, SqliteLedger, SqliteOutbox, SqliteSettings};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("expected the path of a new file")?;
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let pool = SqlitePool::connect_with(options.journal_mode(SqliteJournalMode::Wal)).await?;
    sqlx::query("CREATE TABLE customer (email TEXT PRIMARY KEY) STRICT").execute(&pool).await?;

    let file = SqliteFile::in_database(&path, SqliteSettings::default())?;
    let _ledger = SqliteLedger::in_file(&file);

    let mut transaction = pool.begin().await?;
    sqlx::query("INSERT INTO customer VALUES ('ada@example.com')").execute(&mut *transaction).await?;
    sqlx::query(SqliteOutbox::INSERT).bind("23850000000000001").bind("{}").execute(&mut *transaction).await?;
    transaction.commit().await?;

    let (waiting,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM audiencekit_outbox").fetch_one(&pool).await?;
    assert_eq!(waiting, 1);
    Ok(())
}
