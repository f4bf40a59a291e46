//! The statements of a store: unnamed, typed, and free of session state, for poolers that share connections.

use std::collections::BTreeMap;

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error as PostgresError};

use super::outbox;
use super::schema::{Schema, server_limits};
use crate::error::Result;
use crate::store::{Commit, Durability, Expectation, KeyRange, Page, PageBuilder, PageLimit, Space, Write};

/// What came of an attempt to commit.
pub(super) enum Attempt {
    /// Everything was written, and the server answered.
    Applied,
    /// Nothing was written, because this expectation does not hold.
    Conflict(usize),
    /// Nothing was written.
    Failed(PostgresError),
    /// The commit was sent, and what came of it is not known unless the error says so.
    CommitFailed(PostgresError),
}

pub(super) async fn get(
    client: &Client,
    schema: &Schema,
    space: Space,
    keys: &[&[u8]],
) -> Result<Vec<Option<Vec<u8>>>, PostgresError> {
    let sql = schema.sql(
        "SELECT s.value FROM unnest($2::bytea[]) WITH ORDINALITY AS k (key, place)
         LEFT JOIN {schema}.audiencekit_store AS s ON s.space = $1 AND s.key = k.key ORDER BY k.place",
    );
    let rows = client.query_typed(&sql, &[(&space.as_str(), Type::TEXT), (&keys, Type::BYTEA_ARRAY)]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

pub(super) async fn scan(
    client: &Client,
    schema: &Schema,
    space: Space,
    range: &KeyRange,
    limit: PageLimit,
) -> Result<Page, PostgresError> {
    // The server sends a page and the entries by which its end is seen, no more, however large values are.
    let sql = schema.sql(
        "SELECT key, value FROM (
             SELECT key, value, coalesce(sum(octet_length(key) + octet_length(value))
                 OVER (ORDER BY key ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING), 0) AS before_the_last
             FROM (SELECT key, value FROM {schema}.audiencekit_store
                   WHERE space = $1 AND key >= $2 AND ($3::bytea IS NULL OR key < $3) ORDER BY key LIMIT $4) AS entry
         ) AS page WHERE before_the_last <= $5 ORDER BY key",
    );
    let (entries, bytes) = server_limits(limit);
    let rows = client
        .query_typed(
            &sql,
            &[
                (&space.as_str(), Type::TEXT),
                (&range.start(), Type::BYTEA),
                (&range.end(), Type::BYTEA),
                (&entries, Type::INT8),
                (&bytes, Type::INT8),
            ],
        )
        .await?;
    let mut page = PageBuilder::new(limit);
    for row in &rows {
        if !page.push(row.try_get(0)?, row.try_get(1)?) {
            break;
        }
    }
    Ok(page.finish())
}

/// The server's clock, in microseconds.
pub(super) async fn now(client: &Client) -> Result<i64, PostgresError> {
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    client.query_typed(sql, &[]).await?.first().map_or(Ok(0), |row| row.try_get(0))
}

/// Makes one attempt to commit, in a transaction of its own.
///
/// It is serializable, so that what was read for the expectations, absent keys and ranges included, holds until the
/// commit: the server undoes one of two transactions of which each would have changed what the other read. Locks of rows
/// could not say that of keys that are absent.
pub(super) async fn commit(
    client: &Client,
    schema: &Schema,
    commit: &Commit,
    durability: Durability,
) -> Attempt {
    let begin = match durability {
        Durability::Immediate => BEGIN_IMMEDIATE,
        Durability::Deferred => BEGIN_DEFERRED,
    };
    let tried = async {
        client.batch_execute(begin).await?;
        if let Some(conflict) = first_conflict(client, schema, commit.expectations()).await? {
            client.batch_execute("ROLLBACK").await?;
            return Ok(Some(conflict));
        }
        write(client, schema, commit.writes()).await?;
        Ok(None)
    };
    match tried.await {
        Err(error) => Attempt::Failed(error),
        Ok(Some(conflict)) => Attempt::Conflict(conflict),
        Ok(None) => {
            client.batch_execute("COMMIT").await.map_or_else(Attempt::CommitFailed, |()| Attempt::Applied)
        }
    }
}

/// Reads by the index, also of a small table: the whole of it would conflict with every other transaction.
const BEGIN_IMMEDIATE: &str =
    "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL enable_seqscan = off; SET LOCAL synchronous_commit = on";
const BEGIN_DEFERRED: &str =
    "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL enable_seqscan = off; SET LOCAL synchronous_commit = off";

async fn first_conflict(
    client: &Client,
    schema: &Schema,
    expectations: &[Expectation],
) -> Result<Option<usize>, PostgresError> {
    let (mut places, mut spaces, mut keys, mut values) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut first = None;
    for (place, expected) in expectations.iter().enumerate() {
        if expected.space == Space::OUTBOX {
            if outbox::get_all(client, schema, &[&expected.key]).await? != [expected.value.clone()] {
                first = first.or(Some(place));
            }
            continue;
        }
        places.push(place as i64);
        spaces.push(expected.space.as_str());
        keys.push(&expected.key[..]);
        values.push(expected.value.as_deref());
    }
    if places.is_empty() {
        return Ok(first);
    }
    let sql = schema.sql(
        "SELECT min(e.place) FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[]) AS e (place, space, key, value)
         LEFT JOIN {schema}.audiencekit_store AS s ON s.space = e.space AND s.key = e.key
         WHERE s.value IS DISTINCT FROM e.value",
    );
    let rows = client
        .query_typed(
            &sql,
            &[
                (&places, Type::INT8_ARRAY),
                (&spaces, Type::TEXT_ARRAY),
                (&keys, Type::BYTEA_ARRAY),
                (&values, Type::BYTEA_ARRAY),
            ],
        )
        .await?;
    let found: Option<i64> = rows.first().map_or(Ok(None), |row| row.try_get(0))?;
    Ok(found.map(|place| place as usize).into_iter().chain(first).min())
}

/// The last write of each key, up to the next range that is deleted.
type Pending<'a> = BTreeMap<(&'static str, &'a [u8]), Option<&'a [u8]>>;

async fn write(client: &Client, schema: &Schema, writes: &[Write]) -> Result<(), PostgresError> {
    let mut pending = Pending::new();
    for write in writes {
        match write {
            Write::Put { space: Space::OUTBOX, key, value } => {
                outbox::put(client, schema, key, value).await?;
            }
            Write::Delete { space: Space::OUTBOX, key } => {
                outbox::delete(client, schema, key).await?;
            }
            Write::DeleteRange { space: Space::OUTBOX, range } => {
                outbox::delete_range(client, schema, range).await?;
            }
            Write::Put { space, key, value } => {
                pending.insert((space.as_str(), &key[..]), Some(&value[..]));
            }
            Write::Delete { space, key } => {
                pending.insert((space.as_str(), &key[..]), None);
            }
            Write::DeleteRange { space, range } => {
                write_pending(client, schema, std::mem::take(&mut pending)).await?;
                delete_range(client, schema, *space, range).await?;
            }
        }
    }
    write_pending(client, schema, pending).await
}

async fn write_pending(client: &Client, schema: &Schema, pending: Pending<'_>) -> Result<(), PostgresError> {
    let (mut put, mut gone) = ((Vec::new(), Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    for ((space, key), value) in pending {
        match value {
            Some(value) => {
                put.0.push(space);
                put.1.push(key);
                put.2.push(value);
            }
            None => {
                gone.0.push(space);
                gone.1.push(key);
            }
        }
    }
    if !gone.0.is_empty() {
        let sql = schema.sql(
            "DELETE FROM {schema}.audiencekit_store AS s USING unnest($1::text[], $2::bytea[]) AS w (space, key)
             WHERE s.space = w.space AND s.key = w.key",
        );
        client.execute_typed(&sql, &[(&gone.0, Type::TEXT_ARRAY), (&gone.1, Type::BYTEA_ARRAY)]).await?;
    }
    if !put.0.is_empty() {
        let sql = schema.sql(
            "INSERT INTO {schema}.audiencekit_store (space, key, value)
             SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[])
             ON CONFLICT (space, key) DO UPDATE SET value = EXCLUDED.value",
        );
        let values: &[_] = &[
            (&put.0 as _, Type::TEXT_ARRAY),
            (&put.1 as _, Type::BYTEA_ARRAY),
            (&put.2 as _, Type::BYTEA_ARRAY),
        ];
        client.execute_typed(&sql, values).await?;
    }
    Ok(())
}

async fn delete_range(
    client: &Client,
    schema: &Schema,
    space: Space,
    range: &KeyRange,
) -> Result<(), PostgresError> {
    let sql = schema.sql(
        "DELETE FROM {schema}.audiencekit_store
         WHERE space = $1 AND key >= $2 AND ($3::bytea IS NULL OR key < $3)",
    );
    let values: &[_] = &[
        (&space.as_str() as _, Type::TEXT),
        (&range.start() as _, Type::BYTEA),
        (&range.end() as _, Type::BYTEA),
    ];
    client.execute_typed(&sql, values).await.map(drop)
}
