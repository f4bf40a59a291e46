//! The tables. A host that keeps the ledger in a database of its own can take them as they are.

/// `PRAGMA application_id` of a ledger file: "AUDK".
pub(super) const APPLICATION_ID: i64 = 0x4155_444b;
/// `PRAGMA user_version`: raised when a table changes.
pub(super) const VERSION: i64 = 1;

/// What a new file is made with.
pub(super) const TABLES: &str = "
CREATE TABLE audience (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  -- Members of slots from here on are found by reading them, those before it by way of \"place\".
  placed INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE run (
  audience INTEGER PRIMARY KEY,
  record TEXT NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE call (
  audience INTEGER NOT NULL,
  call INTEGER NOT NULL,
  record TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (audience, call)
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
  -- The audience times 2^40, and the slot.
  id INTEGER PRIMARY KEY,
  row BLOB NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE place (
  audience INTEGER NOT NULL,
  -- The first 8 bytes of a member's fingerprint, or of a person who owns it.
  key INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  PRIMARY KEY (audience, key, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE generation (
  audience INTEGER NOT NULL,
  person BLOB NOT NULL,
  generation INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (audience, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasure (
  account TEXT NOT NULL,
  person BLOB NOT NULL,
  record TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (account, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocked (
  person BLOB PRIMARY KEY,
  checksum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";
