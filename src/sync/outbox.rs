//! Changes that your application writes in its own transactions, on their way to Facebook.

use std::fmt;

use rusqlite::params;

use super::engine::SyncEngine;
use super::ledger::sqlite::error::failed;
use super::ledger::sqlite::file::SqliteFile;
use super::ledger::traits::Durability;
use super::member_change::{ChangeReport, MemberChange};
use super::target::IntoSyncTarget;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::AudienceId;

/// An outbox: the table `audiencekit_outbox` of your application's own database.
///
/// Your application changes a contact and executes [`INSERT`](Self::INSERT) in one transaction, on its own connection
/// and with any SQLite library, so that both are written or neither. [`flush`](Self::flush) sends what the table holds,
/// also after a crash, and deletes it in the transaction in which the ledger of the same database records the outcome.
///
/// ```
/// use audiencekit::facebook::NewAudience;
/// use audiencekit::sync::{Operation, SqliteFile, SqliteLedger, SqliteOutbox, SqliteSettings};
/// use audiencekit::{Contact, FacebookClient, MemorySource, MockClient, Schema, SyncEngine, SyncTarget};
/// use rusqlite::{Connection, params};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("shop.db");
/// let mut shop = Connection::open(&path)?;
/// shop.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE customer (email TEXT PRIMARY KEY) STRICT;")?;
///
/// let facebook = MockClient::new();
/// let account = facebook.fake().account();
/// let audience = facebook.create_audience(&account, &NewAudience::new("Customers", "All of them")).await?;
/// let file = SqliteFile::in_database(&path, SqliteSettings::default())?;
/// let no_contacts = MemorySource::new(&Schema::standard(), Vec::new());
/// let engine = SyncEngine::builder(no_contacts, facebook.clone(), facebook.fake().clone())
///     .ledger(SqliteLedger::in_file(&file))
///     .build();
///
/// let schema = Schema::standard();
/// let mut ada = Contact::new(&schema);
/// ada.set(schema.require("id")?, "ada")?;
/// ada.set(schema.require("email")?, "ada@example.com")?;
/// let change = serde_json::to_string(&engine.member_change(&ada, Operation::Add, 1)?)?;
///
/// let transaction = shop.transaction()?;
/// transaction.execute("INSERT INTO customer (email) VALUES ('ada@example.com')", [])?;
/// transaction.execute(SqliteOutbox::INSERT, params![audience.as_str(), change])?;
/// transaction.commit()?;
///
/// let outbox = SqliteOutbox::in_file(&file);
/// outbox.flush(&engine, SyncTarget::new(account, audience.clone())).await?;
/// assert_eq!((facebook.fake().member_count(&audience), outbox.pending_len()?), (1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct SqliteOutbox(SqliteFile);

/// As many changes as one call takes, at one row each.
const CHANGES_AT_A_TIME: i64 = 10_000;

impl SqliteOutbox {
    /// The statement for your application's transaction. Its parameters are the audience id and a [`MemberChange`] as JSON.
    pub const INSERT: &str = "INSERT INTO audiencekit_outbox (audience, change) VALUES (?1, ?2)";

    /// Creates the outbox of a file, which must be that of the engine's ledger.
    #[must_use]
    pub fn in_file(file: &SqliteFile) -> Self {
        Self(file.clone())
    }

    /// Returns the number of pending changes of all audiences.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the file cannot be read.
    pub fn pending_len(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM audiencekit_outbox";
        self.0.read(|connection| {
            connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned).map_err(failed)
        })
    }

    /// Applies the pending changes of an audience and sends what follows from them.
    ///
    /// Cancel safety: changes whose call did not return stay pending and are applied again, which has no effect.
    ///
    /// # Errors
    /// As [`SyncEngine::apply_changes`]; then the changes stay pending. [`ErrorKind::Invalid`] for a row that is not a change.
    pub async fn flush(&self, engine: &SyncEngine, target: impl IntoSyncTarget) -> Result<ChangeReport> {
        let target = target.into_sync_target();
        let mut report = ChangeReport::default();
        loop {
            let (changes, last) = self.first(&target.audience)?;
            if changes.is_empty() {
                return Ok(report);
            }
            report.merge(&engine.apply_with_next_commit(&target, &changes).await?);
            let forgotten = self.forget(&target.audience, last);
            // Also when that failed: the open transaction holds a lock that your application's transactions wait for.
            let committed = engine.commit_what_waits().await;
            forgotten.and(committed)?;
        }
    }

    /// Returns the first pending changes of an audience, and the number of the last of them.
    fn first(&self, audience: &AudienceId) -> Result<(Vec<MemberChange>, i64)> {
        self.0.read(|connection| {
            let mut read = connection
                .prepare_cached(
                    "SELECT id, change FROM audiencekit_outbox WHERE audience = ?1 ORDER BY id LIMIT ?2",
                )
                .map_err(failed)?;
            let mut lines = read.query(params![audience.as_str(), CHANGES_AT_A_TIME]).map_err(failed)?;
            let (mut changes, mut last) = (Vec::new(), 0);
            while let Some(line) = lines.next().map_err(failed)? {
                last = line.get(0).map_err(failed)?;
                let text = line.get_ref(1).and_then(|text| Ok(text.as_str()?)).map_err(failed)?;
                changes.push(serde_json::from_str(text).map_err(|_| {
                    Error::new(ErrorKind::Invalid, "outbox", format!("row {last} is not a change"))
                        .with_expected("a MemberChange as JSON")
                })?);
            }
            Ok((changes, last))
        })
    }

    fn forget(&self, audience: &AudienceId, last: i64) -> Result<()> {
        self.0.write(Durability::Immediate, |connection| {
            connection
                .prepare_cached("DELETE FROM audiencekit_outbox WHERE audience = ?1 AND id <= ?2")
                .and_then(|mut forget| forget.execute(params![audience.as_str(), last]))
                .map(drop)
                .map_err(failed)
        })
    }
}

impl fmt::Debug for SqliteOutbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteOutbox")
    }
}
