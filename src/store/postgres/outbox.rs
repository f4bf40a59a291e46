//! The table `audiencekit_outbox` as a space. Its keys were checked before.

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error as PostgresError};

use super::schema::{Schema, server_limits};
use crate::store::outbox_key::{Place, key_of, places, row_of};
use crate::store::{KeyRange, Page, PageBuilder, PageLimit};

/// All of them in one statement, so that they are of one moment.
pub(super) async fn get_all(
    client: &Client,
    schema: &Schema,
    keys: &[&[u8]],
) -> Result<Vec<Option<Vec<u8>>>, PostgresError> {
    let rows = keys.iter().map(|key| row_of(key));
    // No row has a negative id.
    let (audiences, ids): (Vec<_>, Vec<_>) = rows.map(|row| row.unwrap_or((String::new(), -1))).unzip();
    let sql = schema.sql(
        "SELECT o.change FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS k (audience, id, place)
         LEFT JOIN {schema}.audiencekit_outbox AS o ON o.audience = k.audience AND o.id = k.id ORDER BY k.place",
    );
    let rows = client.query_typed(&sql, &[(&audiences, Type::TEXT_ARRAY), (&ids, Type::INT8_ARRAY)]).await?;
    rows.iter().map(|row| Ok(row.try_get::<_, Option<String>>(0)?.map(String::into_bytes))).collect()
}

pub(super) async fn scan(
    client: &Client,
    schema: &Schema,
    (start, end): (&Place, Option<&Place>),
    limit: PageLimit,
) -> Result<Page, PostgresError> {
    let sql = schema.sql(
        "SELECT audience, id, change FROM {schema}.audiencekit_outbox
         WHERE (audience, id) >= ($1, $2) AND ($3::text IS NULL OR (audience, id) < ($3, $4)) ORDER BY audience, id LIMIT $5",
    );
    let (end_audience, end_id) = end.map(|(audience, id)| (audience, id)).unzip();
    let rows = client
        .query_typed(
            &sql,
            &[
                (&start.0, Type::TEXT),
                (&start.1, Type::INT8),
                (&end_audience, Type::TEXT),
                (&end_id, Type::INT8),
                (&server_limits(limit).0, Type::INT8),
            ],
        )
        .await?;
    let mut page = PageBuilder::new(limit);
    for row in &rows {
        let change: &str = row.try_get(2)?;
        if !page.push(&key_of(row.try_get(0)?, row.try_get(1)?), change.as_bytes()) {
            break;
        }
    }
    Ok(page.finish())
}

pub(super) async fn put(
    client: &Client,
    schema: &Schema,
    key: &[u8],
    change: &[u8],
) -> Result<(), PostgresError> {
    let Some(((audience, id), change)) = row_of(key).zip(std::str::from_utf8(change).ok()) else {
        return Ok(());
    };
    let sql = schema.sql(
        "INSERT INTO {schema}.audiencekit_outbox (audience, id, change) VALUES ($1, $2, $3)
         ON CONFLICT (audience, id) DO UPDATE SET change = EXCLUDED.change",
    );
    client
        .execute_typed(&sql, &[(&audience, Type::TEXT), (&id, Type::INT8), (&change, Type::TEXT)])
        .await
        .map(drop)
}

pub(super) async fn delete(client: &Client, schema: &Schema, key: &[u8]) -> Result<(), PostgresError> {
    let Some((audience, id)) = row_of(key) else { return Ok(()) };
    let sql = schema.sql("DELETE FROM {schema}.audiencekit_outbox WHERE audience = $1 AND id = $2");
    client.execute_typed(&sql, &[(&audience, Type::TEXT), (&id, Type::INT8)]).await.map(drop)
}

pub(super) async fn delete_range(
    client: &Client,
    schema: &Schema,
    range: &KeyRange,
) -> Result<(), PostgresError> {
    let Some((start, end)) = places(range).ok().filter(|_| !range.is_empty()) else { return Ok(()) };
    let (end_audience, end_id) = end.unzip();
    let sql = schema.sql(
        "DELETE FROM {schema}.audiencekit_outbox
         WHERE (audience, id) >= ($1, $2) AND ($3::text IS NULL OR (audience, id) < ($3, $4))",
    );
    client
        .execute_typed(
            &sql,
            &[
                (&start.0, Type::TEXT),
                (&start.1, Type::INT8),
                (&end_audience, Type::TEXT),
                (&end_id, Type::INT8),
            ],
        )
        .await
        .map(drop)
}
