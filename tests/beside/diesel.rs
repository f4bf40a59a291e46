//! Diesel and the ledger on one SQLite file.

use audiencekit::sync::{SqliteFile, SqliteLedger, SqliteOutbox, SqliteSettings};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("expected the path of a new file")?;
    let mut connection = SqliteConnection::establish(&path)?;
    connection
        .batch_execute("PRAGMA journal_mode = WAL; CREATE TABLE customer (email TEXT PRIMARY KEY) STRICT")?;

    let file = SqliteFile::in_database(&path, SqliteSettings::default())?;
    let _ledger = SqliteLedger::in_file(&file);

    connection.transaction(|connection| {
        diesel::sql_query("INSERT INTO customer VALUES ('ada@example.com')").execute(connection)?;
        diesel::sql_query(SqliteOutbox::INSERT)
            .bind::<Text, _>("23850000000000001")
            .bind::<Text, _>("{}")
            .execute(connection)
    })?;

    let waiting: Waiting =
        diesel::sql_query("SELECT count(*) AS number FROM audiencekit_outbox").get_result(&mut connection)?;
    assert_eq!(waiting.number, 1);
    Ok(())
}
