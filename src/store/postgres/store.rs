//! The store in a Postgres schema.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, Socket};

use super::error::{failed, is_lost, is_serialization, unknown};
use super::outbox;
use super::schema::{Schema, VERSION};
use super::session::Sessions;
use super::statements::{self, Attempt};
use crate::error::{Error, ErrorKind, Result};
use crate::store::outbox_key::{self, places};
use crate::store::{Commit, CommitOutcome, Durability, KeyRange, Page, PageLimit, Space, Store};

/// Attempts of a commit against others that change the same keys.
const ATTEMPTS: usize = 1_000;

/// Settings of a [`PostgresStore`]: the schema, and how many connections.
///
/// ```
/// use audiencekit::store::PostgresSettings;
///
/// let settings = PostgresSettings::new("audiences").connections(4);
/// ```
#[derive(Debug, Clone)]
pub struct PostgresSettings {
    schema: String,
    connections: usize,
}

impl PostgresSettings {
    /// Creates settings with the name of the schema, taken literally and quoted.
    #[must_use]
    pub fn new(schema: impl Into<String>) -> Self {
        Self { schema: schema.into(), connections: 8 }
    }

    /// Sets how many connections are open at most. Defaults to 8.
    #[must_use]
    pub fn connections(mut self, most: usize) -> Self {
        self.connections = most;
        self
    }
}

/// A store in a schema of a Postgres database, version 12 or later, for any number of processes and machines.
///
/// Clones share the connections. Connections are driven by the calls that use them, within a tokio runtime; the store
/// starts no task. Each commit is one serializable transaction, and a connection keeps nothing between transactions, so
/// it may be one to PgBouncer in transaction mode. `Deferred` commits do not wait for the server's disk.
///
/// TLS comes from the connector: `tokio_postgres::NoTls`, or one of the crates `tokio-postgres-rustls` and
/// `postgres-native-tls`.
///
/// ```no_run
/// use audiencekit::store::{PostgresSettings, PostgresStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = "host=/run/postgresql user=shop dbname=shop".parse()?;
/// let store = PostgresStore::connect(config, tokio_postgres::NoTls, PostgresSettings::new("audiences")).await?;
/// store.prepare().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    sessions: Arc<Sessions>,
    schema: Schema,
}

impl PostgresStore {
    /// Connects to a database.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the schema cannot have that name; [`ErrorKind::Io`] if the server cannot be reached or
    /// refuses the connection.
    pub async fn connect<T>(config: Config, tls: T, settings: PostgresSettings) -> Result<Self>
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let schema = Schema::new(&settings.schema)?;
        let sessions = Sessions::new(config, tls, settings.connections);
        sessions.give_back(sessions.take().await?);
        Ok(Self { sessions: Arc::new(sessions), schema })
    }

    /// Returns the SQL that creates the schema and its tables, for a migration tool of your own, oldest first.
    ///
    /// A later release may append to the list and changes none of it.
    ///
    /// ```
    /// use audiencekit::store::PostgresStore;
    ///
    /// let migrations = PostgresStore::migrations("audiences")?;
    /// assert!(migrations[0].contains("CREATE SCHEMA IF NOT EXISTS \"audiences\""));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the schema cannot have that name.
    pub fn migrations(schema: &str) -> Result<Vec<String>> {
        Ok(Schema::new(schema)?.migrations())
    }

    /// Runs the [migrations](Self::migrations), which does nothing if they were run, and checks their version.
    ///
    /// Processes may call it at the same time.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if a newer release made the tables; [`ErrorKind::Io`] if they cannot be created.
    pub async fn prepare(&self) -> Result<()> {
        // Two that create a table at the same time would both try.
        let lock = "BEGIN; SELECT pg_advisory_xact_lock(4707183452179);";
        let script = format!("{lock} {} COMMIT", self.schema.migrations().join("\n"));
        let sql = self.schema.sql("SELECT value FROM {schema}.audiencekit_store_meta WHERE name = 'version'");
        let prepare = async |client: &Client| {
            client.batch_execute(&script).await?;
            let rows = client.query_typed(&sql, &[]).await?;
            rows.first().map(|row| row.try_get::<_, i64>(0)).transpose()
        };
        let mut used = self.sessions.take().await?;
        let version = used.session.driver.drive(prepare(&used.session.client)).await.map_err(failed)?;
        self.sessions.give_back(used);
        match version {
            Some(VERSION) => Ok(()),
            Some(other) if other > VERSION => {
                Err(Error::new(ErrorKind::Invalid, "store", format!("the tables have version {other}"))
                    .with_expected(format!("at most version {VERSION}"))
                    .with_help("use a newer release of this crate"))
            }
            _ => Err(Error::new(ErrorKind::Corrupt, "store", "the version of the tables is missing")),
        }
    }

    /// Returns the statement by which your application adds a change to the outbox, in a transaction of its own.
    ///
    /// Its parameters are the audience id and a [`MemberChange`](crate::sync::MemberChange) as JSON. The store shows the
    /// changes as the space [`Space::OUTBOX`].
    #[must_use]
    pub fn insert_change(&self) -> String {
        self.schema.sql("INSERT INTO {schema}.audiencekit_outbox (audience, change) VALUES ($1, $2)")
    }
}

/// Calls a function of a client on a session, once more on a new one if an idle session turns out to be lost.
macro_rules! read {
    ($store:expr, $client:ident => $call:expr) => {{
        let mut attempts = 0;
        loop {
            let mut used = $store.sessions.take().await?;
            let $client = &used.session.client;
            match used.session.driver.drive($call).await {
                Ok(value) => {
                    $store.sessions.give_back(used);
                    break Ok(value);
                }
                Err(error) if is_lost(&error) && attempts < RECONNECTS => attempts += 1,
                Err(error) => break Err(failed(error)),
            }
        }
    }};
}

/// How often a call that wrote nothing is made again on another connection.
const RECONNECTS: usize = 10;

#[async_trait]
impl Store for PostgresStore {
    async fn get(&self, space: Space, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>> {
        if space == Space::OUTBOX {
            return read!(self, client => outbox::get_all(client, &self.schema, keys));
        }
        read!(self, client => statements::get(client, &self.schema, space, keys))
    }

    async fn scan(&self, space: Space, range: &KeyRange, limit: PageLimit) -> Result<Page> {
        if range.is_empty() {
            return Ok(Page::default());
        }
        if space == Space::OUTBOX {
            let (start, end) = places(range)?;
            return read!(self, client => outbox::scan(client, &self.schema, (&start, end.as_ref()), limit));
        }
        read!(self, client => statements::scan(client, &self.schema, space, range, limit))
    }

    async fn commit(&self, commit: Commit, durability: Durability) -> Result<CommitOutcome> {
        commit.check_sizes()?;
        outbox_key::check(&commit)?;
        let mut reconnects = 0;
        for _ in 0..ATTEMPTS {
            let mut used = self.sessions.take().await?;
            let attempt = statements::commit(&used.session.client, &self.schema, &commit, durability);
            match used.session.driver.drive(attempt).await {
                Attempt::Applied => {
                    self.sessions.give_back(used);
                    return Ok(CommitOutcome::Applied);
                }
                Attempt::Conflict(expectation) => {
                    self.sessions.give_back(used);
                    return Ok(CommitOutcome::Conflict { expectation });
                }
                Attempt::Failed(error) if is_serialization(&error) => {
                    let rollback = used.session.client.batch_execute("ROLLBACK");
                    if used.session.driver.drive(rollback).await.is_ok() {
                        self.sessions.give_back(used);
                    }
                }
                // It has ended the transaction by itself.
                Attempt::CommitFailed(error) if is_serialization(&error) => self.sessions.give_back(used),
                Attempt::CommitFailed(error) if is_lost(&error) => return Err(unknown()),
                // Nothing was written yet.
                Attempt::Failed(error) if is_lost(&error) && reconnects < RECONNECTS => reconnects += 1,
                Attempt::Failed(error) | Attempt::CommitFailed(error) => return Err(failed(error)),
            }
        }
        Err(Error::new(ErrorKind::Busy, "store", "too many others change the same keys"))
    }

    async fn now(&self) -> Result<OffsetDateTime> {
        let micros = read!(self, client => statements::now(client))?;
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
            .map_err(|_| Error::new(ErrorKind::Io, "store", "the clock of the server is beyond all years"))
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresStore")
    }
}
