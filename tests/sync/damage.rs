//! A ledger file that is torn or altered at any byte: noticed, or harmless; never a wrong removal.
#![cfg(feature = "sqlite")]

use std::collections::BTreeSet;
use std::path::Path;

use crate::doubles::{Row, TinyFacebook};
use audiencekit::audience::MinimumSize;
use audiencekit::identity::{Cell, Coverage, MatchRows};
use audiencekit::sync::{Ledger, Operation, RemovalGuard, SqliteFile, SqliteLedger, SqliteSettings};
use audiencekit::{
    AudienceId, Contact, Error, ErrorKind, KeyMap, ManualClock, MemorySource, Result, Schema, SyncEngine,
    SyncMode, SyncTarget,
};
use time::macros::datetime;

fn audience() -> AudienceId {
    "23850000000000001".parse().unwrap()
}

fn target() -> SyncTarget {
    SyncTarget::new("act_1".parse().unwrap(), audience())
        .mode(SyncMode::Mirror)
        .minimum_size(MinimumSize::warn_below(0))
}

fn contact(schema: &Schema, number: u64) -> Contact {
    let mut contact = Contact::new(schema);
    contact.set(schema.require("id").unwrap(), format!("canary-id-{number}")).unwrap();
    contact.set(schema.require("email").unwrap(), format!("canary{number}@example.com")).unwrap();
    contact
}

fn people(numbers: std::ops::Range<u64>) -> MemorySource {
    let schema = Schema::standard();
    MemorySource::new(&schema, numbers.map(|number| contact(&schema, number)).collect())
}

fn rows_of(source: &MemorySource) -> BTreeSet<Row> {
    let map = KeyMap::standard(&Schema::standard());
    let mut rows = MatchRows::new(map.keys().clone());
    for contact in source.contacts() {
        map.mapper().append(contact, &mut rows, &mut Coverage::default());
    }
    let bytes = |cell| match cell {
        Cell::Hash(hash) => hash.as_bytes().to_vec(),
        _ => Vec::new(),
    };
    rows.iter().map(|row| row.cells().map(bytes).collect()).collect()
}

fn engine(source: &MemorySource, facebook: &TinyFacebook, ledger: impl Ledger + 'static) -> SyncEngine {
    let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
    SyncEngine::builder(source.clone(), facebook.clone(), clock)
        .ledger(ledger)
        .removal_guard(RemovalGuard::off())
        .build()
}

/// A ledger whose oldest members are found by the file and whose newest by memory.
fn open(path: &Path) -> Result<SqliteLedger> {
    open_with(path, SqliteSettings::default())
}

fn open_with(path: &Path, settings: SqliteSettings) -> Result<SqliteLedger> {
    SqliteFile::open_with(path, settings.index_entries_in_memory(30)).map(|file| SqliteLedger::in_file(&file))
}

/// A ledger of small pages, so that there are many and none is idle: a mirror of 0..24, and a change beside it.
fn small_ledger(path: &Path, facebook: &TinyFacebook) {
    rusqlite::Connection::open(path).unwrap().execute_batch("PRAGMA page_size = 1024; VACUUM;").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let engine = engine(&people(0..24), facebook, open(path).unwrap());
    runtime.block_on(engine.run(target())).unwrap();
    let schema = Schema::standard();
    let change = engine.member_change(&contact(&schema, 24), Operation::Add, 7).unwrap();
    runtime.block_on(engine.apply_changes(target(), &[change])).unwrap();
    drop(engine);
    // A page that a forgotten call left idle could be lost without harm.
    rusqlite::Connection::open(path).unwrap().execute_batch("VACUUM;").unwrap();
}

/// Runs a mirror of 6..27 on a damaged file. Whoever is in both is never removed, and a run that says it is done is.
fn survive(path: &Path, facebook: &TinyFacebook, what: &str) -> Option<Error> {
    survive_with(path, facebook, what, SqliteSettings::default())
}

fn survive_with(path: &Path, facebook: &TinyFacebook, what: &str, settings: SqliteSettings) -> Option<Error> {
    let world = TinyFacebook::new();
    let before = facebook.members(&audience());
    world.0.lock().unwrap().audiences.insert(audience().to_string(), before);
    let wanted = people(6..27);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let outcome: Result<()> = open_with(path, settings).and_then(|ledger| {
        let engine = engine(&wanted, &world, ledger);
        runtime.block_on(engine.run(target())).map(|report| report.check().unwrap())
    });
    let members = world.members(&audience());
    let stays = rows_of(&people(6..25));
    assert!(stays.is_subset(&members), "{what}: somebody who should stay was removed");
    match outcome {
        Ok(()) => {
            assert!(members == rows_of(&wanted), "{what}: it was not noticed, and it was not harmless");
            None
        }
        Err(error) => {
            assert!(!error.to_string().contains("canary"), "{error}");
            Some(error)
        }
    }
}

#[test]
fn a_flipped_byte_at_any_offset_is_noticed_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, broken) = (folder.path().join("whole.db"), folder.path().join("broken.db"));
    let facebook = TinyFacebook::new();
    small_ledger(&whole, &facebook);
    let bytes = std::fs::read(&whole).unwrap();
    let (mut noticed, mut harmless) = (0, 0);
    let every = stride(bytes.len());
    // The place of a run's number was once taken for that of no run at all.
    for offset in (0..bytes.len()).step_by(every).chain(3_700..3_760) {
        let mut flipped = bytes.clone();
        flipped[offset] ^= 1 << (offset % 8);
        std::fs::write(&broken, &flipped).unwrap();
        let _ = std::fs::remove_file(folder.path().join("broken.db-journal"));
        match survive(&broken, &facebook, &format!("byte {offset}")) {
            Some(_) => noticed += 1,
            None => harmless += 1,
        }
    }
    println!("{} bytes, every {every}: {noticed} noticed, {harmless} harmless", bytes.len());
    assert!(noticed > 0);
}

/// As a file of more than 64 MiB is opened: what protects then is the look at all members before a removal.
#[test]
fn a_file_that_is_too_large_to_check_when_opened_removes_nobody_who_should_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, broken) = (folder.path().join("whole.db"), folder.path().join("broken.db"));
    let facebook = TinyFacebook::new();
    small_ledger(&whole, &facebook);
    let unchecked = SqliteSettings::default().verify_on_open_mib(0);
    // Damage that no checksum of a line shows: lines that are gone, or that stand for others.
    for (edit, what) in [
        ("DELETE FROM audiencekit_member WHERE id % 7 = 0", "members are gone"),
        ("DELETE FROM audiencekit_place", "places are gone"),
        ("DELETE FROM audiencekit_place WHERE slot % 3 = 0", "some places are gone"),
        ("UPDATE audiencekit_place SET slot = slot + 1 WHERE slot = 3", "a place leads to another member"),
        (
            "INSERT INTO audiencekit_member SELECT id + 90, row, checksum FROM audiencekit_member WHERE id % 5 = 0",
            "members are there twice",
        ),
        (
            "UPDATE audiencekit_member SET (row, checksum) = (SELECT row, checksum FROM audiencekit_member AS other WHERE other.id < audiencekit_member.id LIMIT 1) WHERE id % 4 = 3",
            "a member stands for others",
        ),
    ] {
        std::fs::copy(&whole, &broken).unwrap();
        rusqlite::Connection::open(&broken).unwrap().execute_batch(edit).unwrap();
        let error = survive_with(&broken, &facebook, what, unchecked).expect(what);
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{what}: {error}");
    }
    let bytes = std::fs::read(&whole).unwrap();
    // In the third page is the index of the audiences' ids: one that is not found was once taken for a new one.
    for offset in (0..bytes.len()).step_by(stride(bytes.len())).chain(2_048..2_064) {
        let mut flipped = bytes.clone();
        flipped[offset] ^= 1 << (offset % 8);
        std::fs::write(&broken, &flipped).unwrap();
        let _ = std::fs::remove_file(folder.path().join("broken.db-journal"));
        survive_with(&broken, &facebook, &format!("byte {offset}"), unchecked);
    }
}

#[test]
fn a_file_cut_at_any_page_is_noticed_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, broken) = (folder.path().join("whole.db"), folder.path().join("broken.db"));
    let facebook = TinyFacebook::new();
    small_ledger(&whole, &facebook);
    let bytes = std::fs::read(&whole).unwrap();
    for length in (1..bytes.len()).step_by(509) {
        std::fs::write(&broken, &bytes[..length]).unwrap();
        let error = survive(&broken, &facebook, &format!("cut at {length}")).expect("a cut file is noticed");
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    }
}

#[test]
fn a_torn_rollback_journal_is_noticed_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, broken) = (folder.path().join("whole.db"), folder.path().join("broken.db"));
    let facebook = TinyFacebook::new();
    small_ledger(&whole, &facebook);
    // A transaction that was cut short: the pages of before are in the journal, some of after in the file.
    let connection = rusqlite::Connection::open(&whole).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN; UPDATE audiencekit_member SET checksum = checksum + 1;",
        )
        .unwrap();
    let (bytes, journal) =
        (std::fs::read(&whole).unwrap(), std::fs::read(folder.path().join("whole.db-journal")).unwrap());
    assert!(journal.len() > 1_000, "a hot journal");
    let place = folder.path().join("broken.db-journal");
    let mut noticed = 0;
    // The header says how long the file was: a wrong length once emptied it.
    for offset in (0..28).chain((28..journal.len()).step_by(stride(journal.len()))) {
        let mut flipped = journal.clone();
        flipped[offset] ^= 0x10;
        for torn in [flipped, journal[..offset].to_vec()] {
            std::fs::write(&broken, &bytes).unwrap();
            std::fs::write(&place, &torn).unwrap();
            noticed += usize::from(survive(&broken, &facebook, &format!("journal byte {offset}")).is_some());
        }
    }
    println!("{} bytes of journal, {noticed} noticed", journal.len());
    assert!(noticed > 0);
}

/// All offsets when asked for, and some hundred otherwise: each opens, checks and runs.
#[expect(clippy::disallowed_methods, reason = "a test may be told to run longer")]
fn stride(bytes: usize) -> usize {
    match std::env::var("AUDIENCEKIT_EVERY_BYTE") {
        Ok(_) => 1,
        Err(_) => (bytes / 150) | 1,
    }
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_only_and_holds_nobody_in_clear() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let facebook = TinyFacebook::new();
    small_ledger(&folder.path().join("small.db"), &facebook);
    let engine = engine(&people(0..50), &facebook, SqliteLedger::open(&path).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(engine.run(target())).unwrap();
    let schema = Schema::standard();
    let erased = audiencekit::sync::PersonRef::Contact(&contact(&schema, 7));
    runtime.block_on(engine.erase(&"act_1".parse().unwrap(), erased)).unwrap();
    // While a transaction is under way its log is there too.
    let mut later = audiencekit::sync::LedgerCommit::default();
    later.block.push(audiencekit::sync::PersonId::from_bytes([7; 16]));
    let ledger = SqliteLedger::open(folder.path().join("second.db")).unwrap();
    let staged = audiencekit::sync::Journal::commit(&ledger, later, audiencekit::sync::Durability::Deferred);
    runtime.block_on(staged).unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "small.db" {
            files += 1;
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        }
    }
    assert!(files >= 4, "two ledgers and their logs");
    let busy = SqliteLedger::open(&path).map(|_| ()).unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap().path();
        let bytes = std::fs::read(&entry).unwrap();
        for canary in ["canary", "example.com"] {
            assert!(!bytes.windows(canary.len()).any(|part| part == canary.as_bytes()), "{entry:?}");
        }
    }
}

#[test]
fn a_damaged_ledger_says_how_to_begin_again_and_that_converges() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let facebook = TinyFacebook::new();
    small_ledger(&path, &facebook);
    let edit = "UPDATE audiencekit_member SET row = zeroblob(length(row)) WHERE id = (SELECT max(id) FROM audiencekit_member)";
    rusqlite::Connection::open(&path).unwrap().execute_batch(edit).unwrap();
    let before = facebook.members(&audience());
    let error = survive(&path, &facebook, "a row of zeros").unwrap();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("run with SyncMode::Replace and a new ledger"), "{error}");
    // What the words say: a plan of the whole, and the run of it.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let wanted = people(6..27);
    let engine = engine(&wanted, &facebook, open(&folder.path().join("new.db")).unwrap());
    let replace = target().mode(SyncMode::Replace);
    let plan = runtime.block_on(engine.plan(&replace)).unwrap();
    assert_eq!((plan.add, facebook.members(&audience())), (21, before));
    runtime.block_on(engine.apply(&replace, &plan)).unwrap().check().unwrap();
    assert_eq!(facebook.members(&audience()), rows_of(&wanted));
    let again = runtime.block_on(engine.run(target())).unwrap();
    assert_eq!((again.rows.unchanged, again.added.sent, again.removed.sent), (21, 0, 0));
}

#[test]
fn ledger_and_automation_state_are_durable_together() {
    use audiencekit::automation::{Keyspace, SqliteStore, Store, WriteOp};
    use audiencekit::sync::{Durability, Journal, LedgerCommit, RunRecord};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.db");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let begins = |run| {
        let mut record = RunRecord::new(audience());
        record.run = run;
        let mut changes = LedgerCommit::default();
        changes.audience = Some(audience());
        changes.run = Some(record);
        changes
    };
    let writes = |value: u8| [WriteOp::put(Keyspace::Meta, vec![1], vec![value])];
    {
        let file = SqliteFile::open(&path).unwrap();
        let (ledger, mut state) = (SqliteLedger::in_file(&file), SqliteStore::in_file(&file).unwrap());
        runtime.block_on(ledger.commit(begins(1), Durability::Deferred)).unwrap();
        // The ledger's write waits for this one.
        state.commit(writes(7).to_vec()).unwrap();
        runtime.block_on(ledger.commit(begins(2), Durability::Deferred)).unwrap();
    }
    let file = SqliteFile::open(&path).unwrap();
    let (ledger, state) = (SqliteLedger::in_file(&file), SqliteStore::in_file(&file).unwrap());
    assert_eq!(runtime.block_on(ledger.run(&audience())).unwrap().unwrap().run, 1);
    let mut found = Vec::new();
    state
        .scan(Keyspace::Meta, &[], &mut |_, value| {
            found.push(value.to_vec());
            Ok(std::ops::ControlFlow::Continue(()))
        })
        .unwrap();
    assert_eq!(found, [vec![7]]);
}
