-- The tables of a ledger. Every line beside "place" carries a checksum over its columns, and "run" holds the sums over
-- all rows of its audience, so that a lost or altered line is noticed before anybody is removed.
-- There is no raw value in them: digests as they were sent, and people by keyed digests.

-- Audiences by Facebook's id. Their numbers here stand in all other tables.
CREATE TABLE audience (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  -- Members of slots from here on are found by reading them, those before it by way of "place".
  placed INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

-- The last run of an audience, as JSON.
CREATE TABLE run (
  audience INTEGER PRIMARY KEY,
  record TEXT NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

-- Intents and outcomes of calls, as JSON.
CREATE TABLE call (
  audience INTEGER NOT NULL,
  call INTEGER NOT NULL,
  record TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (audience, call)
) STRICT, WITHOUT ROWID;

-- The rows that were sent, each with its owners.
CREATE TABLE member (
  -- The audience times 2^40, and the slot.
  id INTEGER PRIMARY KEY,
  row BLOB NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

-- Where members are found.
CREATE TABLE place (
  audience INTEGER NOT NULL,
  -- The first 8 bytes of a member's fingerprint, or of a person who owns it.
  key INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  PRIMARY KEY (audience, key, slot)
) STRICT, WITHOUT ROWID;

-- The last change of each person.
CREATE TABLE generation (
  audience INTEGER NOT NULL,
  person BLOB NOT NULL,
  generation INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (audience, person)
) STRICT, WITHOUT ROWID;

-- Erasures that were begun and are not done, as JSON.
CREATE TABLE erasure (
  account TEXT NOT NULL,
  person BLOB NOT NULL,
  record TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (account, person)
) STRICT, WITHOUT ROWID;

-- People and match keys that are in no audience any more.
CREATE TABLE blocked (
  person BLOB PRIMARY KEY,
  checksum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
