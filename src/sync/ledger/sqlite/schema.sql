-- The tables of a ledger. Every line about an audience, but for those of "audiencekit_place" and "audiencekit_outbox",
-- carries a checksum over its columns, and "audiencekit_run" holds the sums over all rows of its audience, so that a lost
-- or altered line is noticed before anybody is removed. There is no raw value in them: digests as they were sent, and
-- people by keyed digests. A host reads them as it likes, and writes to "audiencekit_outbox" alone.

-- One line: who may write.
CREATE TABLE audiencekit_writer (
  -- The version of these tables.
  version INTEGER NOT NULL,
  -- In a host's database: raised by each opening, and only the last one writes.
  opening INTEGER NOT NULL
) STRICT;

INSERT INTO audiencekit_writer (version, opening) VALUES (1, 0);

-- Changes of single people that wait to be applied. The host inserts them in transactions of its own; a line goes in the
-- transaction in which the ledger notes what came of it.
CREATE TABLE audiencekit_outbox (
  -- Ascending: the order in which they came.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- Facebook's id of the audience.
  audience TEXT NOT NULL,
  -- A MemberChange as JSON.
  change TEXT NOT NULL
) STRICT;

-- Audiences by Facebook's id. Their numbers here stand in all other tables.
CREATE TABLE audiencekit_audience (
  id INTEGER PRIMARY KEY,
  -- Facebook's id.
  name TEXT NOT NULL UNIQUE,
  -- Members of slots from here on are found by reading them, those before it by way of "audiencekit_place".
  placed INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

-- The last run of an audience, as JSON.
CREATE TABLE audiencekit_run (
  -- The id of the audience's line, here and below.
  audience INTEGER PRIMARY KEY,
  -- A RunRecord as JSON.
  record TEXT NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

-- Intents and outcomes of calls, as JSON.
CREATE TABLE audiencekit_call (
  audience INTEGER NOT NULL,
  -- Counted from 1 within the audience.
  call INTEGER NOT NULL,
  -- A CallRecord as JSON.
  record TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (audience, call)
) STRICT, WITHOUT ROWID;

-- The rows that were sent, each with its owners.
CREATE TABLE audiencekit_member (
  -- The audience times 2^40, and the slot.
  id INTEGER PRIMARY KEY,
  -- Fingerprint, run, call, columns, owners and cells, as RowRecord::to_bytes gives them.
  row BLOB NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

-- Where members are found.
CREATE TABLE audiencekit_place (
  audience INTEGER NOT NULL,
  -- The first 8 bytes of a member's fingerprint, or of a person who owns it.
  key INTEGER NOT NULL,
  -- The slot of that member.
  slot INTEGER NOT NULL,
  PRIMARY KEY (audience, key, slot)
) STRICT, WITHOUT ROWID;

-- The last change of each person.
CREATE TABLE audiencekit_generation (
  audience INTEGER NOT NULL,
  -- The keyed digest of the contact's id, 16 bytes.
  person BLOB NOT NULL,
  -- Of changes of one person the highest holds.
  generation INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (audience, person)
) STRICT, WITHOUT ROWID;

-- Erasures that were begun and are not done, as JSON.
CREATE TABLE audiencekit_erasure (
  -- The ad account that is to forget the person.
  account TEXT NOT NULL,
  person BLOB NOT NULL,
  -- An ErasureRecord as JSON.
  record TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (account, person)
) STRICT, WITHOUT ROWID;

-- People and match keys that are in no audience any more.
CREATE TABLE audiencekit_blocked (
  -- A keyed digest of a contact's id or of a match key, 16 bytes.
  person BLOB PRIMARY KEY,
  checksum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
