//! A store over another database, redb, held to the contract of all stores.

use std::sync::Arc;

use async_trait::async_trait;
use audiencekit::store::{
    Commit, CommitOutcome, Durability, KeyRange, Page, PageBuilder, PageLimit, Space, Store, Write,
};
use audiencekit::testing::store_contract::StoreContract;
use audiencekit::{Clock, Error, ErrorKind, Result, SystemClock};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

/// One table: the name of the space and the key, to the value.
const ENTRIES: TableDefinition<'_, (&str, &[u8]), &[u8]> = TableDefinition::new("entries");

#[derive(Debug)]
struct RedbStore(Database);

fn failed(error: impl Into<redb::Error>) -> Error {
    Error::new(ErrorKind::Io, "store", "redb refused").with_source(error.into())
}

/// A space ends where the first name behind it begins.
fn visit(
    table: &impl ReadableTable<(&'static str, &'static [u8]), &'static [u8]>,
    (space, range): (Space, &KeyRange),
    mut visit: impl FnMut(&[u8], &[u8]) -> bool,
) -> Result<()> {
    for entry in table.range((space.as_str(), range.start())..).map_err(failed)? {
        let (key, value) = entry.map_err(failed)?;
        let (name, key) = key.value();
        if name != space.as_str() || !range.contains(key) || !visit(key, value.value()) {
            break;
        }
    }
    Ok(())
}

// A real one makes these calls on a thread for blocking work.
#[async_trait]
impl Store for RedbStore {
    async fn get(&self, space: Space, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>> {
        let table = self.0.begin_read().map_err(failed)?.open_table(ENTRIES).map_err(failed)?;
        let value = |key: &&[u8]| {
            Ok(table.get((space.as_str(), *key)).map_err(failed)?.map(|value| value.value().to_vec()))
        };
        keys.iter().map(value).collect()
    }

    async fn scan(&self, space: Space, range: &KeyRange, limit: PageLimit) -> Result<Page> {
        let table = self.0.begin_read().map_err(failed)?.open_table(ENTRIES).map_err(failed)?;
        let mut page = PageBuilder::new(limit);
        visit(&table, (space, range), |key, value| page.push(key, value))?;
        Ok(page.finish())
    }

    async fn commit(&self, commit: Commit, _: Durability) -> Result<CommitOutcome> {
        commit.check_sizes()?;
        let transaction = self.0.begin_write().map_err(failed)?;
        {
            let mut table = transaction.open_table(ENTRIES).map_err(failed)?;
            for (expectation, expected) in commit.expectations().iter().enumerate() {
                let value = table.get((expected.space.as_str(), &expected.key[..])).map_err(failed)?;
                if value.map(|value| value.value().to_vec()) != expected.value {
                    return Ok(CommitOutcome::Conflict { expectation }); // dropped, it writes nothing
                }
            }
            for write in commit.writes() {
                match write {
                    Write::Put { space, key, value } => {
                        table.insert((space.as_str(), &key[..]), &value[..]).map(drop).map_err(failed)?;
                    }
                    Write::Delete { space, key } => {
                        table.remove((space.as_str(), &key[..])).map(drop).map_err(failed)?;
                    }
                    Write::DeleteRange { space, range } => {
                        let mut keys = Vec::new();
                        visit(&table, (*space, range), |key, _| {
                            keys.push(key.to_vec());
                            true
                        })?;
                        for key in keys {
                            table.remove((space.as_str(), &key[..])).map(drop).map_err(failed)?;
                        }
                    }
                    _ => return Err(Error::new(ErrorKind::Invalid, "store", "an unknown write")),
                }
            }
        }
        transaction.commit().map_err(failed)?;
        Ok(CommitOutcome::Applied)
    }

    async fn now(&self) -> Result<time::OffsetDateTime> {
        Ok(SystemClock.now())
    }
}

fn open(path: &std::path::Path) -> Result<RedbStore> {
    let database = Database::create(path).map_err(failed)?;
    let transaction = database.begin_write().map_err(failed)?;
    transaction.open_table(ENTRIES).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    Ok(RedbStore(database))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("audiences.redb");
    StoreContract::new(async || Ok(Arc::new(open(&path)?) as Arc<dyn Store>)).run().await?;
    println!("redb keeps the contract");
    Ok(())
}
