-- The tables of a store. Your application writes to "audiencekit_outbox" alone.

-- Every entry: its space, its key and its value, which carries a checksum.
CREATE TABLE IF NOT EXISTS audiencekit_store (
  space TEXT NOT NULL,
  key BLOB NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (space, key)
) STRICT, WITHOUT ROWID;

-- Numbers: the version of these tables, and in a file of its own how many transactions it has seen.
CREATE TABLE IF NOT EXISTS audiencekit_store_meta (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO audiencekit_store_meta (name, value) VALUES ('version', 1), ('transactions', 0);

-- Changes of single members that wait to be applied. Your application inserts them in transactions of its own.
CREATE TABLE IF NOT EXISTS audiencekit_outbox (
  -- Ascending: the order in which they came.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- Facebook's id of the audience.
  audience TEXT NOT NULL,
  -- A MemberChange as JSON.
  change TEXT NOT NULL
) STRICT;
