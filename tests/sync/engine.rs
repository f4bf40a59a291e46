//! Audiences converge: modes, counts, guards, resume.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use crate::doubles::{Fault, Row, TinyFacebook};
use audiencekit::audience::MinimumSize;
use audiencekit::identity::{Coverage, MatchRows, Reject};
use audiencekit::sync::{
    ConsentPolicy, Durability, ExclusionReason, Journal, Ledger, LedgerCommit, Operation, PersonRef,
    PlanWarning, ProgressStream, PseudonymKey, RemovalGuard, RunRecord, RunStage, SyncEngineBuilder,
};
use audiencekit::{
    AccountId, AudienceBuilder, AudienceId, Contact, ContactManagement, ErrorKind, KeyMap, ManualClock,
    MatchKey, MemoryLedger, MemorySource, Schema, Segment, Selector, SyncEngine, SyncMode, SyncReport,
    SyncTarget,
};
use futures_core::Stream;
use time::macros::datetime;

/// Contacts by number, each with an id, an e-mail address and a phone of its own.
struct World {
    schema: Schema,
    facebook: TinyFacebook,
    ledger: MemoryLedger,
}

impl World {
    fn new() -> Self {
        Self { schema: Schema::standard(), facebook: TinyFacebook::new(), ledger: MemoryLedger::new() }
    }

    fn contact(&self, number: u32) -> Contact {
        self.contact_with(number, &format!("p{number}@example.com"), &format!("+48 600 {number:06}"))
    }

    fn contact_with(&self, number: u32, email: &str, phone: &str) -> Contact {
        let mut contact = Contact::new(&self.schema);
        contact.set(self.schema.require("id").unwrap(), format!("c{number}")).unwrap();
        contact.set(self.schema.require("email").unwrap(), email).unwrap();
        contact.set(self.schema.require("phone").unwrap(), phone).unwrap();
        contact
    }

    fn source(&self, numbers: impl IntoIterator<Item = u32>) -> MemorySource {
        self.of(numbers.into_iter().map(|number| self.contact(number)).collect())
    }

    fn of(&self, contacts: Vec<Contact>) -> MemorySource {
        MemorySource::new(&self.schema, contacts)
    }

    fn builder(&self, source: MemorySource) -> SyncEngineBuilder {
        let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
        SyncEngine::builder(source, self.facebook.clone(), clock)
            .ledger(self.ledger.clone())
            .removal_guard(RemovalGuard::off())
    }

    fn engine(&self, numbers: impl IntoIterator<Item = u32>) -> SyncEngine {
        self.builder(self.source(numbers)).build()
    }

    fn rows(&self, contacts: &MemorySource) -> BTreeSet<Row> {
        let map = KeyMap::standard(&self.schema);
        let mut rows = MatchRows::new(map.keys().clone());
        let mut mapper = map.mapper();
        for contact in contacts.contacts() {
            mapper.append(contact, &mut rows, &mut Coverage::default());
        }
        rows.iter()
            .map(|row| {
                row.cells()
                    .map(|cell| match cell {
                        audiencekit::identity::Cell::Hash(hash) => hash.as_bytes().to_vec(),
                        _ => Vec::new(),
                    })
                    .collect()
            })
            .collect()
    }

    fn assert_members(&self, contacts: &MemorySource) {
        let members = self.facebook.members(&audience());
        let wanted = self.rows(contacts);
        let (lost, extra) = (wanted.difference(&members).count(), members.difference(&wanted).count());
        assert_eq!((lost, extra), (0, 0), "lost and extra members");
    }
}

fn audience() -> AudienceId {
    "23850000000000001".parse().unwrap()
}

fn target(mode: SyncMode) -> SyncTarget {
    SyncTarget::new("act_1".parse().unwrap(), audience()).mode(mode).minimum_size(MinimumSize::warn_below(0))
}

fn sound(report: &SyncReport) -> &SyncReport {
    report.check().unwrap();
    let json = serde_json::to_string(report).unwrap();
    assert_eq!(&serde_json::from_str::<SyncReport>(&json).unwrap(), report);
    report
}

#[tokio::test]
async fn a_snapshot_is_sent_in_calls_of_ten_thousand_in_one_session() {
    let world = World::new();
    let report = world.engine(0..25_000).run(target(SyncMode::Snapshot)).await.unwrap();
    sound(&report);
    assert_eq!((report.contacts.read, report.added.sent, report.added.calls), (25_000, 25_000, 3));
    assert_eq!(report.members, Some(25_000));
    assert_eq!(world.facebook.0.lock().unwrap().log, ["add 10000", "add 10000", "add 5000"]);
    let sessions = world.facebook.0.lock().unwrap().sessions.clone();
    assert_eq!(sessions.values().collect::<Vec<_>>(), [&(3, true)]);
    world.assert_members(&world.source(0..25_000));
}

#[tokio::test]
async fn a_frozen_snapshot_does_not_follow_its_contacts() {
    let world = World::new();
    world.engine(0..10).run(target(SyncMode::Snapshot)).await.unwrap();
    let report = world.engine(5..20).run(target(SyncMode::Snapshot)).await.unwrap();
    assert!(sound(&report).frozen);
    assert_eq!((report.contacts.read, report.added.sent, report.removed.sent), (0, 0, 0));
    world.assert_members(&world.source(0..10));
}

#[tokio::test]
async fn a_mirror_adds_who_came_and_removes_who_left() {
    let world = World::new();
    world.engine(0..100).run(target(SyncMode::Mirror)).await.unwrap();
    let report = world.engine(10..120).run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!((sound(&report).added.sent, report.removed.sent, report.rows.unchanged), (20, 10, 90));
    world.assert_members(&world.source(10..120));
    let again = world.engine(10..120).run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!((sound(&again).added.sent, again.removed.sent), (0, 0));
}

#[tokio::test]
async fn a_changed_phone_takes_the_person_out_by_no_key() {
    let world = World::new();
    world.facebook.0.lock().unwrap().any_key = true;
    world.engine(0..10).run(target(SyncMode::Mirror)).await.unwrap();
    let mut contacts: Vec<_> = (0..10).map(|number| world.contact(number)).collect();
    contacts[3] = world.contact_with(3, "p3@example.com", "+48 601 000 000");
    let source = world.of(contacts);
    let report = world.builder(source.clone()).build().run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!((sound(&report).removed.sent, report.added.reasserted), (1, 1));
    world.assert_members(&source);
}

#[tokio::test]
async fn a_row_of_two_contacts_stays_until_both_have_left() {
    let world = World::new();
    let twin = |number| world.contact_with(number, "twin@example.com", "+48 600 999 999");
    let both = world.of(vec![twin(1), twin(2), world.contact(3)]);
    let report = world.builder(both.clone()).build().run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!((sound(&report).rows.duplicates, report.added.sent), (1, 2));
    let one = world.of(vec![twin(2), world.contact(3)]);
    world.builder(one.clone()).build().run(target(SyncMode::Mirror)).await.unwrap();
    world.assert_members(&one);
    let none = world.source([3]);
    world.builder(none.clone()).build().run(target(SyncMode::Mirror)).await.unwrap();
    world.assert_members(&none);
}

#[tokio::test]
async fn removal_sends_the_rows_that_were_added_not_those_of_today() {
    let world = World::new();
    world.engine(0..10).run(target(SyncMode::Add)).await.unwrap();
    let moved = world.of(vec![world.contact_with(4, "new@example.com", "+48 602 000 000")]);
    let report = world.builder(moved).build().run(target(SyncMode::Remove)).await.unwrap();
    assert_eq!((sound(&report).removed.sent, report.rows.withdrawn), (1, 1));
    world.assert_members(&world.source((0..10).filter(|number| *number != 4)));
}

#[tokio::test]
async fn a_replacement_wipes_who_is_not_in_it() {
    let world = World::new();
    world.engine(0..10).run(target(SyncMode::Add)).await.unwrap();
    let stranger = vec![vec![9; 32], vec![9; 32]];
    world.facebook.0.lock().unwrap().audiences.get_mut(audience().as_str()).unwrap().insert(stranger);
    let report = world.engine(5..15).run(target(SyncMode::Replace)).await.unwrap();
    assert_eq!((sound(&report).added.sent, report.members), (10, Some(10)));
    world.assert_members(&world.source(5..15));
    let mirror = world.engine(5..15).run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!(sound(&mirror).rows.unchanged, 10);
}

#[tokio::test]
async fn guards_refuse_before_anybody_is_removed() {
    let world = World::new();
    world.engine(0..100).run(target(SyncMode::Mirror)).await.unwrap();
    for (numbers, guards) in
        [(0..60, RemovalGuard::default()), (0..0, RemovalGuard::default().max_removed_percent(100.0))]
    {
        let engine = world.builder(world.source(numbers.clone())).removal_guard(guards).build();
        let plan = engine.plan(target(SyncMode::Mirror)).await.unwrap();
        assert!(plan.warnings.iter().any(|warning| matches!(warning, PlanWarning::Guard(_))), "{plan}");
        let error = engine.run(target(SyncMode::Mirror)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Guard, "{error}");
        world.assert_members(&world.source(0..100));
    }
    world.engine(0..60).run(target(SyncMode::Mirror)).await.unwrap();
    world.assert_members(&world.source(0..60));
}

#[tokio::test]
async fn a_plan_sends_nothing_and_is_applied_exactly_or_not_at_all() {
    let world = World::new();
    world.engine(0..100).run(target(SyncMode::Mirror)).await.unwrap();
    let calls = world.facebook.calls();
    let engine = world.engine(20..130);
    let plan = engine.plan(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!((plan.add, plan.remove, plan.calls, plan.members, plan.rows_wanted), (30, 20, 2, 100, 110));
    assert_eq!(world.facebook.calls(), calls);
    let plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    let other = world.engine(20..131);
    let error = other.apply(target(SyncMode::Mirror), &plan).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Guard);
    assert_eq!(world.facebook.calls(), calls);
    let report = engine.apply(target(SyncMode::Mirror), &plan).await.unwrap();
    assert_eq!((sound(&report).added.sent, report.removed.sent), (plan.add, plan.remove));
    world.assert_members(&world.source(20..130));
}

#[tokio::test]
async fn the_consent_policy_holds_back_and_counts() {
    let world = World::new();
    let mut contacts: Vec<_> = (0..10).map(|number| world.contact(number)).collect();
    for (index, field) in [(1, "deleted"), (2, "invalid"), (3, "opted_out")] {
        contacts[index].set(world.schema.require(field).unwrap(), true).unwrap();
    }
    let source = world.of(contacts);
    let report = world.builder(source.clone()).build().run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!(sound(&report).contacts.held_back.values().sum::<u64>(), 3);
    assert_eq!(report.added.sent, 7);
    assert!(ConsentPolicy::with_waiver("  ").is_err());
    let waived = ConsentPolicy::with_waiver("reviewed 2026-11").unwrap();
    let engine = world.builder(source.clone()).consent(waived).build();
    let report = engine.run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!((sound(&report).added.sent, report.waiver.as_deref()), (1, Some("reviewed 2026-11")));
    let asked = ConsentPolicy::enforce().require("marketing");
    let engine = world.builder(source).consent(asked).build();
    let report = engine.run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!((sound(&report).contacts.mapped, report.removed.sent), (0, 8));
}

#[tokio::test]
async fn too_few_people_warn_or_refuse() {
    let world = World::new();
    let report =
        world.engine(0..10).run(target(SyncMode::Add).minimum_size(MinimumSize::warn_below(1_000))).await;
    assert_eq!(report.unwrap().warnings.len(), 1);
    let calls = world.facebook.calls();
    let refuse = target(SyncMode::Add).minimum_size(MinimumSize::refuse_below(1_000));
    let error = world.engine(0..10).run(refuse).await.unwrap_err();
    assert_eq!((error.kind(), world.facebook.calls()), (ErrorKind::TooSmall, calls));
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_at_every_call() {
    for fault in [Fault::DropRequest, Fault::DropReply, Fault::Unavailable, Fault::Throttled, Fault::Token] {
        for at in 0..8 {
            let world = World::new();
            let engine = |numbers| world.builder(world.source(numbers)).rows_per_call(100).build();
            engine(0..205).run(target(SyncMode::Mirror)).await.unwrap();
            let before = world.facebook.calls();
            world.facebook.0.lock().unwrap().faults.insert(before + at, fault);
            let first = engine(120..310).run(target(SyncMode::Mirror)).await;
            if world.facebook.calls() > before + at {
                first.unwrap_err();
            }
            let report = engine(120..310).run(target(SyncMode::Mirror)).await.unwrap();
            sound(&report);
            world.assert_members(&world.source(120..310));
        }
    }
}

#[tokio::test]
async fn a_journal_alone_resumes_in_the_same_session() {
    let world = World::new();
    let engine = |uploads| {
        let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
        SyncEngine::builder(world.source(0..450), world.facebook.clone(), clock)
            .journal(world.ledger.clone())
            .upload_sessions(uploads)
            .rows_per_call(100)
            .build()
    };
    world.facebook.0.lock().unwrap().faults.insert(2, Fault::DropRequest);
    assert_eq!(engine(1).run(target(SyncMode::Snapshot)).await.unwrap_err().kind(), ErrorKind::Transport);
    let report = engine(1).run(target(SyncMode::Snapshot)).await.unwrap();
    assert!(sound(&report).resumed);
    assert_eq!((report.rows.sent_before, report.added.sent), (200, 250));
    world.assert_members(&world.source(0..450));
    assert!(engine(1).run(target(SyncMode::Snapshot)).await.unwrap().frozen);
}

#[tokio::test]
async fn several_uploads_are_several_sessions_each_in_order() {
    let world = World::new();
    let engine = world.builder(world.source(0..950)).upload_sessions(3).rows_per_call(100).build();
    let report = engine.run(target(SyncMode::Add)).await.unwrap();
    assert_eq!(sound(&report).added.calls, 10);
    let sessions = world.facebook.0.lock().unwrap().sessions.clone();
    assert_eq!(sessions.len(), 3);
    assert!(sessions.values().all(|(_, ended)| *ended));
    world.assert_members(&world.source(0..950));
}

#[tokio::test]
async fn refused_rows_are_found_by_halves_where_the_sample_is_short() {
    let world = World::new();
    let source = world.source(0..1_000);
    let bad = world.source((0..1_000).filter(|number| number % 97 == 5));
    {
        let mut facebook = world.facebook.0.lock().unwrap();
        facebook.refuse = world.rows(&bad);
        facebook.samples = 1;
    }
    let engine = world.builder(source.clone()).isolate_rejected_rows(200).build();
    let report = engine.run(target(SyncMode::Add)).await.unwrap();
    assert_eq!((sound(&report).added.rejected, report.members), (11, Some(989)));
    let records: BTreeSet<u64> = report.rejected_rows.iter().map(|row| row.record.unwrap()).collect();
    let wanted: BTreeSet<u64> =
        (0..1_000).filter(|number| number % 97 == 5).map(|number| number + 1).collect();
    assert_eq!(records, wanted);
}

#[tokio::test]
async fn a_row_for_which_whole_calls_are_refused_is_named_and_the_others_get_through() {
    let world = World::new();
    let poisoned = world.source([7, 333]);
    world.facebook.0.lock().unwrap().poison = world.rows(&poisoned);
    let good = || (0..450).filter(|number| ![7, 333].contains(number));
    let engine = || world.builder(world.source(0..450)).rows_per_call(100).build();
    let report = engine().run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!((sound(&report).added.rejected, report.members), (2, Some(448)));
    let named: Vec<_> = report.rejected_rows.iter().map(|row| (row.record, row.reason.as_str())).collect();
    let why = "(#100) Data is missing or does not match schema";
    assert_eq!(named, [(Some(8), why), (Some(334), why)]);
    world.assert_members(&world.source(good()));
    // The double asserts that the calls of each session came in order.
    let sessions = world.facebook.0.lock().unwrap().sessions.clone();
    assert!(sessions.values().all(|(_, ended)| *ended), "{sessions:?}");

    world.facebook.0.lock().unwrap().poison.clear();
    sound(&engine().run(target(SyncMode::Mirror)).await.unwrap());
    world.assert_members(&world.source(0..450));
}

#[tokio::test]
async fn a_row_that_no_removal_took_is_removed_again_by_the_next_run() {
    let world = World::new();
    world.engine(0..50).run(target(SyncMode::Mirror)).await.unwrap();
    world.facebook.0.lock().unwrap().poison = world.rows(&world.source([45]));
    let report = world.engine(0..40).run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!((sound(&report).removed.rejected, report.removed.accepted), (1, 9));
    world.assert_members(&world.source((0..40).chain([45])));
    world.facebook.0.lock().unwrap().poison.clear();
    sound(&world.engine(0..40).run(target(SyncMode::Mirror)).await.unwrap());
    world.assert_members(&world.source(0..40));
}

/// Polls until the future waits for its first call.
async fn begin<T>(run: &mut Pin<Box<impl Future<Output = T>>>) {
    let waits = poll_fn(|context| Poll::Ready(run.as_mut().poll(context).is_pending())).await;
    assert!(waits, "a run that waits");
}

#[tokio::test]
async fn a_stopped_run_says_so_and_goes_on_later() {
    let world = World::new();
    let engine = world.builder(world.source(0..3_000)).rows_per_call(100).build();
    world.facebook.0.lock().unwrap().waits = true;
    let mut run = Box::pin(engine.run(target(SyncMode::Mirror)));
    begin(&mut run).await;
    engine.cancel();
    assert_eq!(run.await.unwrap_err().kind(), ErrorKind::Cancelled);
    sound(&engine.run(target(SyncMode::Mirror)).await.unwrap());
    world.assert_members(&world.source(0..3_000));
}

#[tokio::test]
async fn a_run_stops_while_it_removes() {
    let world = World::new();
    world.engine(0..10).run(target(SyncMode::Mirror)).await.unwrap();
    world.facebook.0.lock().unwrap().waits = true;
    let engine = world.builder(world.source(5..10)).rows_per_call(1).build();
    let mut run = Box::pin(engine.run(target(SyncMode::Mirror)));
    begin(&mut run).await;
    engine.cancel();
    assert_eq!(run.await.unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(world.facebook.members(&audience()).len() > 5);
    sound(&engine.run(target(SyncMode::Mirror)).await.unwrap());
    world.assert_members(&world.source(5..10));
}

#[tokio::test]
async fn a_stop_that_comes_too_late_stops_no_later_run() {
    let world = World::new();
    let engine = world.engine(0..10);
    engine.run(target(SyncMode::Mirror)).await.unwrap();
    engine.cancel();
    sound(&engine.run(target(SyncMode::Mirror)).await.unwrap());
}

#[tokio::test]
async fn columns_of_before_are_removed_with_columns_of_before() {
    let world = World::new();
    world.engine(0..10).run(target(SyncMode::Mirror)).await.unwrap();
    let map = KeyMap::builder().column(MatchKey::Email, "email").build(&world.schema).unwrap();
    let engine = world.builder(world.source(0..10)).keys(map).build();
    let report = engine.run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!((sound(&report).added.sent - report.added.reasserted, report.removed.sent), (10, 10));
    let members = world.facebook.members(&audience());
    assert!(members.len() == 10 && members.iter().all(|row| row.len() == 1));
}

#[tokio::test]
async fn a_ledger_of_another_secret_is_refused() {
    let world = World::new();
    world.engine(0..10).run(target(SyncMode::Mirror)).await.unwrap();
    let secret = PseudonymKey::new(b"sixteen bytes or more").unwrap();
    let engine = world.builder(world.source(0..10)).pseudonym_key(secret).build();
    assert_eq!(engine.run(target(SyncMode::Mirror)).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn the_newest_generation_of_a_person_holds_in_any_order() {
    let world = World::new();
    let engine = world.engine([]);
    let add = |number, generation| {
        engine.member_change(&world.contact(number), Operation::Add, generation).unwrap()
    };
    let remove = |number, generation| {
        engine.member_change(&world.contact(number), Operation::Remove, generation).unwrap()
    };
    let changes = [add(1, 10), add(2, 10), add(3, 10), remove(3, 11), add(3, 12), remove(2, 9)];
    let report = engine.apply_changes(target(SyncMode::Add), &changes).await.unwrap();
    assert_eq!((report.given, report.stale, report.applied), (6, 3, 3));
    world.assert_members(&world.source(1..4));
    let late = [remove(3, 11), remove(1, 20)];
    let report = engine.apply_changes(target(SyncMode::Add), &late).await.unwrap();
    assert_eq!((report.stale, report.applied, report.removed.sent), (1, 1, 1));
    world.assert_members(&world.source(2..4));
    let text = serde_json::to_string(&add(1, 30)).unwrap();
    assert!(!text.contains("example"));
    let again = [serde_json::from_str(&text).unwrap()];
    engine.apply_changes(target(SyncMode::Add), &again).await.unwrap();
    engine.apply_changes(target(SyncMode::Add), &again).await.unwrap();
    world.assert_members(&world.source(1..4));
}

#[tokio::test]
async fn a_change_of_rows_takes_the_old_ones_out() {
    let world = World::new();
    let engine = world.engine([]);
    let before = engine.member_change(&world.contact(1), Operation::Add, 1).unwrap();
    let moved = world.contact_with(1, "p1@example.com", "+48 699 000 000");
    let after = engine.member_change(&moved, Operation::Add, 2).unwrap();
    world.facebook.0.lock().unwrap().any_key = true;
    for changes in [[before], [after]] {
        engine.apply_changes(target(SyncMode::Add), &changes).await.unwrap();
    }
    world.assert_members(&world.of(vec![moved]));
}

#[tokio::test]
async fn an_erased_person_leaves_every_audience_and_cannot_come_back() {
    let world = World::new();
    let second = SyncTarget::new("act_1".parse().unwrap(), "777".parse().unwrap()).mode(SyncMode::Mirror);
    let engine = world.engine(0..10);
    engine.run(target(SyncMode::Snapshot)).await.unwrap();
    engine.run(&second).await.unwrap();
    let receipt =
        engine.erase(&"act_1".parse().unwrap(), PersonRef::Contact(&world.contact(3))).await.unwrap();
    assert_eq!((receipt.audiences.len(), receipt.pending.len(), receipt.rows), (2, 0, 1));
    let text = serde_json::to_string(&receipt).unwrap();
    assert!(!text.contains("p3@") && !text.contains("c3"), "{text}");
    let left = world.source((0..10).filter(|number| *number != 3));
    world.assert_members(&left);
    assert_eq!(world.facebook.members(&second.audience), world.rows(&left));
    // The same person under another id and with another phone is known by the e-mail address.
    let mut contacts: Vec<_> = left.contacts().to_vec();
    contacts.push(world.contact_with(50, "P3@example.com", "+48 777 000 000"));
    let engine = world.builder(world.of(contacts)).build();
    let report = engine.run(&second).await.unwrap();
    assert_eq!((sound(&report).contacts.suppressed, report.added.sent), (1, 0));
}

#[tokio::test]
async fn a_suppressed_person_is_taken_out_at_the_next_run_and_may_return() {
    let world = World::new();
    let engine = world.engine(0..10);
    engine.run(target(SyncMode::Snapshot)).await.unwrap();
    engine.suppress(PersonRef::Id("c4")).await.unwrap();
    let report = engine.run(target(SyncMode::Snapshot)).await.unwrap();
    assert_eq!((sound(&report).frozen, report.removed.sent), (true, 1));
    world.assert_members(&world.source((0..10).filter(|number| *number != 4)));
    let report = engine.run(target(SyncMode::Add)).await.unwrap();
    assert_eq!((sound(&report).contacts.suppressed, report.added.sent), (1, 0));
    engine.unsuppress(PersonRef::Contact(&world.contact(4))).await.unwrap();
    engine.run(target(SyncMode::Add)).await.unwrap();
    world.assert_members(&world.source(0..10));
}

#[tokio::test]
async fn several_groups_are_a_union_and_losses_are_told_apart() {
    let world = World::new();
    let country = world.schema.require("country").unwrap();
    let contacts: Vec<_> = (0..12)
        .map(|number| {
            let mut contact = world.contact(number);
            contact.set(country, ["PL", "DE", "FR"][number as usize % 3]).unwrap();
            if number == 0 {
                contact.add_tag("staff", 1, None).unwrap();
            }
            contact
        })
        .collect();
    let source = world.of(contacts);
    let of = |code: &str| {
        Segment::builder(code)
            .include(Selector::all())
            .exclude(Selector::tag_any(["staff"]))
            .filter(format!("country = \"{code}\"").as_str())
            .build(&world.schema)
            .unwrap()
    };
    let engine = world.builder(source.clone()).build();
    let target = target(SyncMode::Mirror).segment(of("PL")).segment(of("DE"));
    let report = engine.run(&target).await.unwrap();
    let contacts = &sound(&report).contacts;
    assert_eq!((contacts.selected, contacts.excluded, contacts.filtered), (7, 1, 4));
    let wanted = source.contacts().iter().enumerate().filter(|(n, _)| *n != 0 && n % 3 != 2);
    world.assert_members(&world.of(wanted.map(|(_, contact)| contact.clone()).collect()));
    println!("{report}");
}

#[tokio::test]
async fn segments_count_days_in_a_contacts_own_zone_where_a_field_names_it() {
    let world = World::new();
    let id = |name: &str| world.schema.require(name).unwrap();
    let mut contacts: Vec<_> = (0..3).map(|number| world.contact(number)).collect();
    for contact in &mut contacts {
        contact.set(id("created_on"), datetime!(2026-11-23 11:00 UTC)).unwrap();
    }
    contacts[1].set(id("city"), "Pacific/Kiritimati").unwrap();
    contacts[2].set(id("city"), "Warszawa").unwrap();
    let source = world.of(contacts.clone());
    let tomorrow = Segment::builder("tomorrow")
        .include(Selector::all())
        .filter("created_on on 2026-11-24")
        .build(&world.schema)
        .unwrap();
    let target = target(SyncMode::Mirror).segment(tomorrow);
    let engine = world.builder(source.clone()).build();
    assert_eq!(sound(&engine.run(&target).await.unwrap()).contacts.selected, 0);
    let engine = world.builder(source.clone()).zone_of("city").build();
    assert_eq!(sound(&engine.run(&target).await.unwrap()).contacts.selected, 1);
    world.assert_members(&world.of(vec![contacts.remove(1)]));
    let error = world.builder(source).zone_of("citi").build().run(&target).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Filter);
    assert!(error.to_string().contains("unknown field \"citi\""), "{error}");
}

#[tokio::test]
async fn an_audience_is_planned_and_run_as_it_was_defined() {
    let world = World::new();
    let vip = Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&world.schema).unwrap();
    let draft = AudienceBuilder::new()
        .name("VIP")
        .description("tagged vip")
        .account("act_1".parse::<AccountId>().unwrap());
    let audience = draft.contacts(vip).build().unwrap().save(&world.facebook).await.unwrap();
    let mut contacts: Vec<_> = (0..4).map(|number| world.contact(number)).collect();
    contacts[1].add_tag("vip", 1, None).unwrap();
    let engine = world.builder(world.of(contacts)).build();
    let plan = engine.plan(&audience).await.unwrap();
    assert_eq!((plan.mode, plan.add), (SyncMode::Snapshot, 1));
    let report = engine.run(&audience).await.unwrap();
    assert_eq!((sound(&report).contacts.not_included, report.added.sent), (3, 1));
    assert!(engine.run(&audience).await.unwrap().frozen);
    let fed = AudienceBuilder::new()
        .name("fed")
        .description("by rules")
        .account("act_1".parse::<AccountId>().unwrap());
    let fed =
        fed.contacts(ContactManagement::Automation).build().unwrap().save(&world.facebook).await.unwrap();
    let refused = engine.run(&fed).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert_eq!(engine.plan(&fed).await.unwrap_err().to_string(), refused.to_string());
    let draft = draft_of("fed again", ContactManagement::Automation);
    assert_eq!(engine.preview(&draft).await.unwrap_err().to_string(), refused.to_string());
}

fn draft_of(name: &str, contacts: impl Into<ContactManagement>) -> audiencekit::audience::AudienceDraft {
    let account = "act_1".parse::<AccountId>().unwrap();
    AudienceBuilder::new().name(name).description("d").account(account).contacts(contacts).build().unwrap()
}

#[tokio::test]
async fn the_count_before_saving_is_what_the_first_run_sends() {
    let world = World::new();
    let field = |name: &str| world.schema.require(name).unwrap();
    let mut contacts: Vec<_> = (0..40).map(|number| world.contact(number)).collect();
    for (number, contact) in contacts.iter_mut().enumerate() {
        contact.add_tag(if number % 2 == 0 { "even" } else { "odd" }, 1, None).unwrap();
        if number % 3 == 0 {
            contact.add_tag("third", 1, None).unwrap();
        }
    }
    contacts[2].set(field("opted_out"), true).unwrap();
    contacts[4].set(field("deleted"), true).unwrap();
    // No addresses, and a number that is none.
    contacts[6] = world.contact_with(6, "n/a", "000000");
    contacts[6].add_tag("even", 1, None).unwrap();
    // The same person twice.
    contacts[8] = world.contact_with(8, "p0@example.com", "+48 600 000000");
    contacts[8].add_tag("even", 1, None).unwrap();
    // Their only key is a number that must not be used.
    contacts[10] = world.contact_with(10, "", "+48 600 000010");
    contacts[10].add_tag("even", 1, None).unwrap();
    contacts[10].set(field("phone_opted_out"), true).unwrap();
    let of =
        |tag: &str| Segment::builder(tag).include(Selector::tag_any([tag])).build(&world.schema).unwrap();
    let group = vec![of("even"), of("third")];
    let source = world.of(contacts);
    let engine = world.builder(source.clone()).build();

    let count = engine.count(group.clone()).await.unwrap();
    assert_eq!(count.audience, None);
    let draft = draft_of("group", group.clone());
    let preview = engine.preview(&draft).await.unwrap();
    assert_eq!((count.add, count.reachable()), (preview.add, preview.reachable()));
    let audience = draft.save(&world.facebook).await.unwrap();
    let report = engine.run(&audience).await.unwrap();
    assert_eq!((count.add, count.reachable()), (report.added.sent, report.reachable()));
    // Even or a third: 20 + 7 are selected, 5 of them are not sent or are somebody else.
    assert_eq!((count.contacts.selected, count.reachable()), (27, 22));

    // The count of a segment by its fields is another number, which is why it is not the one to show before saving.
    let now = audiencekit::EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    let mut by_fields = 0;
    for segment in &group {
        by_fields += segment.count(&source, &now).await.unwrap().reachable();
    }
    assert!(by_fields > count.reachable(), "{by_fields}");
    let none: Vec<Segment> = Vec::new();
    assert_eq!(engine.count(none).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_key_map_that_identifies_no_person_is_refused_before_anything_is_read() {
    let world = World::new();
    let keys = KeyMap::builder().column(MatchKey::City, "city").build(&world.schema).unwrap();
    let engine = world.builder(world.source(0..3)).keys(keys).build();
    let target = target(SyncMode::Snapshot);
    let refused = engine.run(&target).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert!(refused.to_string().contains("identifies a person"), "{refused}");
    assert_eq!(engine.plan(&target).await.unwrap_err().to_string(), refused.to_string());
    // Nothing was begun: with a key the snapshot is a first one.
    assert_eq!(world.engine(0..3).run(&target).await.unwrap().added.accepted, 3);
}

#[tokio::test]
async fn a_number_whose_channel_was_opted_out_is_not_sent() {
    let world = World::new();
    let opted_out = world.schema.require("phone_opted_out").unwrap();
    let both = world.contact(1);
    let only_phone = world.contact_with(2, "", "+48 600 000002");
    let engine = |contacts: Vec<Contact>| world.builder(world.of(contacts)).build();
    let target = target(SyncMode::Mirror);
    engine(vec![both.clone(), only_phone.clone()]).run(&target).await.unwrap();
    world.assert_members(&world.of(vec![both.clone(), only_phone.clone()]));

    let refusing = |contact: &Contact| {
        let mut contact = contact.clone();
        contact.set(opted_out, true).unwrap();
        contact
    };
    let (both_refusing, phone_refusing) = (refusing(&both), refusing(&only_phone));
    let now = engine(vec![both_refusing.clone(), phone_refusing.clone()]);
    let report = now.run(&target).await.unwrap();
    let contacts = &sound(&report).contacts;
    assert_eq!(contacts.held_back[&ExclusionReason::PhoneOptedOut], 1);
    assert_eq!((contacts.mapped, contacts.without_key), (1, 0));
    assert_eq!(report.coverage.key(MatchKey::Phone).rejected[&Reject::OptedOut], 2);
    // The row with the number is gone, the one with the address alone is there.
    world.assert_members(&world.of(vec![world.contact_with(1, "p1@example.com", "")]));

    // Single changes follow the same policy; a removal may name the number.
    let change = now.member_change(&phone_refusing, Operation::Add, 1).unwrap();
    let added = now.apply_changes(&target, &[change]).await.unwrap();
    assert_eq!((added.unreachable, added.added.sent), (1, 0));

    // A waiver sends it, and says so.
    let waived = ConsentPolicy::with_waiver("reviewed").unwrap();
    let waiving = world.builder(world.of(vec![both_refusing, phone_refusing])).consent(waived).build();
    let report = waiving.run(&target).await.unwrap();
    assert_eq!((report.contacts.mapped, report.waiver.as_deref()), (2, Some("reviewed")));
    world.assert_members(&world.of(vec![both, only_phone]));
}

#[tokio::test]
async fn nobody_is_removed_while_rows_cannot_be_read() {
    let world = World::new();
    let engine = |file: &str| {
        let source = audiencekit::JsonLinesSource::from_bytes(file, &world.schema)
            .bad_row(audiencekit::source::OnBadRow::Skip);
        SyncEngine::builder(source, world.facebook.clone(), ManualClock::new(datetime!(2026-11-23 12:00 UTC)))
            .ledger(world.ledger.clone())
            .removal_guard(RemovalGuard::off())
            .build()
    };
    let line = |number: u32| format!("{{\"id\": \"{number}\", \"email\": \"p{number}@example.com\"}}\n");
    let whole = line(1) + &line(2) + &line(3);
    engine(&whole).run(target(SyncMode::Mirror)).await.unwrap();

    let torn = line(1) + "{\"id\": \"2\", \"email\": \n" + &line(3);
    let plan = engine(&torn).plan(target(SyncMode::Mirror)).await.unwrap();
    assert!(plan.warnings.contains(&PlanWarning::RowsUnread(1)), "{:?}", plan.warnings);
    for mode in [SyncMode::Mirror, SyncMode::Replace] {
        let error = engine(&torn).run(target(mode)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Guard, "{error}");
        assert!(error.to_string().contains("1 rows of the source cannot be read"), "{error}");
        assert_eq!(world.facebook.members(&audience()).len(), 3);
    }

    let report = engine(&(line(1) + &line(3))).run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!(sound(&report).removed.accepted, 1);
    let report = engine(&(torn + &line(4))).run(target(SyncMode::Add)).await.unwrap();
    assert_eq!((report.losses.rows, sound(&report).added.accepted), (1, 1));
}

#[tokio::test]
async fn a_refused_newcomer_hides_nobody_who_left() {
    let world = World::new();
    world.engine(0..10).run(target(SyncMode::Mirror)).await.unwrap();
    world.facebook.0.lock().unwrap().refuse = world.rows(&world.source([10]));
    let report = world.engine(1..11).run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!((sound(&report).added.rejected, report.removed.sent), (1, 1));
    world.assert_members(&world.source(1..10));
}

#[tokio::test]
async fn an_audience_has_one_run_at_a_time() {
    let world = World::new();
    world.engine(0..10).run(target(SyncMode::Mirror)).await.unwrap();
    world.facebook.0.lock().unwrap().waits = true;
    let (first, second) = (world.engine(1..10), world.engine(0..10));
    let mut removing = Box::pin(first.run(target(SyncMode::Mirror)));
    begin(&mut removing).await;
    let change = [second.member_change(&world.contact(0), Operation::Add, 1).unwrap()];
    let error = second.apply_changes(target(SyncMode::Add), &change).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Busy && error.is_retryable(), "{error}");
    assert_eq!(second.run(target(SyncMode::Mirror)).await.unwrap_err().kind(), ErrorKind::Busy);
    assert_eq!(second.suppress(PersonRef::Id("c0")).await.unwrap_err().kind(), ErrorKind::Busy);
    second.unsuppress(PersonRef::Contact(&world.contact(0))).await.unwrap();
    drop(removing);
    second.apply_changes(target(SyncMode::Add), &change).await.unwrap();
    world.assert_members(&world.source(0..10));
}

async fn refuses_a_second_run_of_the_same_number(ledger: impl Ledger) {
    let begins = |run| {
        let mut record = RunRecord::new(audience());
        record.run = run;
        let mut changes = LedgerCommit::default();
        changes.audience = Some(audience());
        changes.run = Some(record);
        changes.after_run = Some(run - 1);
        changes
    };
    ledger.commit(begins(1), Durability::Deferred).await.unwrap();
    let error = ledger.commit(begins(1), Durability::Immediate).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    // What was staged before the refusal is still there.
    assert_eq!(ledger.run(&audience()).await.unwrap().unwrap().run, 1);
    ledger.commit(begins(2), Durability::Immediate).await.unwrap();
}

#[tokio::test]
async fn two_runs_never_share_a_number() {
    refuses_a_second_run_of_the_same_number(MemoryLedger::new()).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn two_runs_never_share_a_number_in_a_file_and_a_refusal_undoes_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = audiencekit::sync::SqliteLedger::open(folder.path().join("ledger.db")).unwrap();
    refuses_a_second_run_of_the_same_number(ledger).await;
}

#[tokio::test]
async fn a_replacement_that_runs_out_of_time_adds_the_rest() {
    // So late that the session is closed by its next call, and so late that it has closed by itself.
    for (minutes, log) in
        [(75, ["replace 10", "replace 10", "add 10"]), (85, ["replace 10", "add 10", "add 10"])]
    {
        let world = World::new();
        world.engine(40..60).run(target(SyncMode::Mirror)).await.unwrap();
        let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
        let engine = SyncEngine::builder(world.source(0..50), world.facebook.clone(), clock.clone())
            .ledger(world.ledger.clone())
            .removal_guard(RemovalGuard::off())
            .rows_per_call(10)
            .build();
        world.facebook.0.lock().unwrap().waits = true;
        world.facebook.0.lock().unwrap().log.clear();
        let mut run = Box::pin(engine.run(target(SyncMode::Replace)));
        begin(&mut run).await;
        clock.advance(std::time::Duration::from_secs(minutes * 60));
        sound(&run.await.unwrap());
        assert_eq!(world.facebook.0.lock().unwrap().log[..3], log);
        world.assert_members(&world.source(0..50));
    }
}

#[tokio::test]
async fn a_replacement_that_is_cut_short_again_and_again_ends() {
    let world = World::new();
    world.engine(40..60).run(target(SyncMode::Mirror)).await.unwrap();
    let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
    let engine = |numbers| {
        SyncEngine::builder(world.source(numbers), world.facebook.clone(), clock.clone())
            .ledger(world.ledger.clone())
            .removal_guard(RemovalGuard::off())
            .rows_per_call(10)
            .build()
    };
    // Each run gets two calls through, and the session is over before the next one.
    let mut runs = 0;
    loop {
        let calls = world.facebook.calls();
        world.facebook.0.lock().unwrap().faults.insert(calls + 2, Fault::DropRequest);
        runs += 1;
        let done = engine(0..100 - runs).run(target(SyncMode::Replace)).await;
        clock.advance(std::time::Duration::from_secs(2 * 3_600));
        if done.is_ok() {
            break;
        }
        assert!(runs < 10, "a replacement that never ends");
    }
    world.assert_members(&world.source(0..100 - runs));
}

#[tokio::test]
async fn an_approved_plan_is_refused_for_too_few_people_before_anything_is_sent() {
    let world = World::new();
    let engine = world.engine(0..10);
    let plan = engine.plan(target(SyncMode::Add)).await.unwrap();
    let refuse = target(SyncMode::Add).minimum_size(MinimumSize::refuse_below(1_000));
    let error = engine.apply(refuse, &plan).await.unwrap_err();
    assert_eq!((error.kind(), world.facebook.calls()), (ErrorKind::TooSmall, 0));
}

#[tokio::test]
async fn a_run_between_a_failed_erasure_and_its_repetition_loses_no_row_to_erase() {
    let world = World::new();
    let engine = world.engine(0..10);
    engine.run(target(SyncMode::Mirror)).await.unwrap();
    // An audience of the account that this ledger does not know.
    let elsewhere: AudienceId = "999".parse().unwrap();
    let everyone = world.rows(&world.source(0..10));
    world.facebook.0.lock().unwrap().audiences.insert(elsewhere.to_string(), everyone);
    let calls = world.facebook.calls();
    world.facebook.0.lock().unwrap().faults.insert(calls, Fault::Unavailable);
    let account = "act_1".parse().unwrap();
    engine.erase(&account, PersonRef::Id("c3")).await.unwrap_err();
    engine.run(target(SyncMode::Mirror)).await.unwrap();
    let left = world.source((0..10).filter(|number| *number != 3));
    world.assert_members(&left);
    let receipt = engine.erase(&account, PersonRef::Id("c3")).await.unwrap();
    assert_eq!(receipt.rows, 1);
    assert_eq!(world.facebook.members(&elsewhere), world.rows(&left));
    // It is done: nothing of it is kept.
    assert_eq!(world.ledger.erasures().await.unwrap(), []);
}

#[tokio::test]
async fn a_removal_and_its_plan_agree_on_rows_that_people_share_or_had_before() {
    for apply in [false, true] {
        let world = World::new();
        let shared = |number| world.contact_with(number, "both@example.com", "+48 600 000 999");
        let before = |number| world.contact_with(number, "before@example.com", "+48 600 000 998");
        let members = world.of(vec![shared(0), shared(1), before(2), world.contact(3), shared(4)]);
        world.builder(members).build().run(target(SyncMode::Mirror)).await.unwrap();
        let engine = |contacts| world.builder(world.of(contacts)).build();
        let remove = async |engine: &SyncEngine| {
            let plan = engine.plan(target(SyncMode::Remove)).await.unwrap();
            let report = match apply {
                true => engine.apply(target(SyncMode::Remove), &plan).await.unwrap(),
                false => engine.run(target(SyncMode::Remove)).await.unwrap(),
            };
            assert_eq!((plan.remove, plan.add), (sound(&report).removed.sent, 0), "{plan}\n{report}");
            plan.remove
        };
        // Somebody else wants the row that the first one shares.
        assert_eq!(remove(&engine(vec![shared(0)])).await, 0);
        // The row of this contact is another one by now.
        assert_eq!(remove(&engine(vec![world.contact(2)])).await, 1);
        // All who want the row, one after another in the same source.
        assert_eq!(remove(&engine(vec![shared(1), shared(1), shared(4)])).await, 1);
        world.assert_members(&world.of(vec![world.contact(3)]));
    }
}

#[tokio::test]
async fn a_mirror_forgets_who_wanted_a_row_before() {
    let world = World::new();
    let one = |number| world.contact_with(number, "one@example.com", "+48 600 000 999");
    let mirror = async |contacts| {
        let engine = world.builder(world.of(contacts)).build();
        sound(&engine.run(target(SyncMode::Mirror)).await.unwrap()).clone()
    };
    mirror(vec![one(1), world.contact(9)]).await;
    // The address goes to another contact, and a third one shares it.
    let report = mirror(vec![world.contact(1), one(2), one(3), world.contact(9)]).await;
    assert_eq!((report.added.sent, report.removed.sent), (1, 0));
    let engine = world.engine([]);
    let leaves = |number| engine.member_change(&one(number), Operation::Remove, 1).unwrap();
    engine.apply_changes(target(SyncMode::Add), &[leaves(2)]).await.unwrap();
    world.assert_members(&world.of(vec![world.contact(1), one(3), world.contact(9)]));
    engine.apply_changes(target(SyncMode::Add), &[leaves(3)]).await.unwrap();
    world.assert_members(&world.of(vec![world.contact(1), world.contact(9)]));
}

#[tokio::test]
async fn a_plan_tells_rows_left_in_place_from_a_run_that_was_cut_short() {
    let world = World::new();
    let warnings = async |numbers: std::ops::Range<u32>| {
        world.engine(numbers).plan(target(SyncMode::Mirror)).await.unwrap().warnings
    };
    // A row that no removal takes.
    world.engine(0..50).run(target(SyncMode::Mirror)).await.unwrap();
    world.facebook.0.lock().unwrap().poison = world.rows(&world.source([45]));
    for _ in 0..2 {
        let report = sound(&world.engine(0..40).run(target(SyncMode::Mirror)).await.unwrap()).clone();
        assert!(!report.resumed, "the run before came to its end");
        assert_eq!(warnings(0..40).await, [PlanWarning::Leftovers]);
    }
    // Its calls were answered, so they are forgotten: a row that stays refused does not make the journal grow.
    assert!(world.ledger.calls(&audience()).await.unwrap().len() < 4);
    world.facebook.0.lock().unwrap().poison.clear();
    world.engine(0..40).run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!(warnings(0..40).await, []);
    // Changes whose removals wait for a larger audience.
    world.facebook.0.lock().unwrap().removal_floor = 40;
    let engine = world.engine([]);
    let change = engine.member_change(&world.contact(7), Operation::Remove, 1).unwrap();
    assert_eq!(engine.apply_changes(target(SyncMode::Add), &[change]).await.unwrap().waiting, 1);
    assert_eq!(warnings(0..40).await, [PlanWarning::Leftovers]);
    // Whoever comes back before the removal is sent again: what became of that is anybody's guess.
    assert_eq!(world.engine(0..40).plan(target(SyncMode::Mirror)).await.unwrap().add, 1);
    let report = sound(&world.engine(0..40).run(target(SyncMode::Mirror)).await.unwrap()).clone();
    assert_eq!((report.resumed, report.added.sent, report.removed.sent), (false, 1, 0));
    assert_eq!(warnings(0..40).await, []);
    world.assert_members(&world.source(0..40));
    // A run that is dropped is what the other warning is for.
    world.facebook.0.lock().unwrap().waits = true;
    let engine = world.engine(0..60);
    let mut run = Box::pin(engine.run(target(SyncMode::Mirror)));
    begin(&mut run).await;
    drop(run);
    assert_eq!(warnings(0..40).await, [PlanWarning::Unfinished]);
}

#[tokio::test]
async fn a_removal_that_waits_for_more_people_holds_back_no_addition() {
    let world = World::new();
    let engine = world.engine([]);
    let change = |number, operation, generation| {
        engine.member_change(&world.contact(number), operation, generation).unwrap()
    };
    let first: Vec<_> = (0..3).map(|number| change(number, Operation::Add, 1)).collect();
    engine.apply_changes(target(SyncMode::Add), &first).await.unwrap();
    world.facebook.0.lock().unwrap().removal_floor = 3;
    let calls =
        |report: &audiencekit::sync::ChangeReport| (report.removed.sent, report.added.sent, report.waiting);
    let both = [change(0, Operation::Remove, 2), change(3, Operation::Add, 2)];
    let report = engine.apply_changes(target(SyncMode::Add), &both).await.unwrap();
    assert_eq!(calls(&report), (0, 1, 1));
    world.assert_members(&world.source(0..4));
    // Now there are people enough, and any change brings the removal along.
    let report = engine.apply_changes(target(SyncMode::Add), &[change(4, Operation::Add, 3)]).await.unwrap();
    assert_eq!(calls(&report), (1, 1, 0));
    world.assert_members(&world.source(1..5));
}

#[tokio::test]
async fn a_replacement_without_a_ledger_begins_again() {
    let world = World::new();
    let engine = |numbers| {
        let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
        SyncEngine::builder(world.source(numbers), world.facebook.clone(), clock)
            .journal(world.ledger.clone())
            .rows_per_call(100)
            .build()
    };
    world.facebook.0.lock().unwrap().faults.insert(2, Fault::DropRequest);
    engine(0..450).run(target(SyncMode::Replace)).await.unwrap_err();
    sound(&engine(150..450).run(target(SyncMode::Replace)).await.unwrap());
    world.assert_members(&world.source(150..450));
}

#[tokio::test]
async fn a_resumed_snapshot_keeps_whom_a_change_added() {
    let world = World::new();
    let engine = world.builder(world.source(0..3_000)).rows_per_call(100).build();
    world.facebook.0.lock().unwrap().faults.insert(1, Fault::Unavailable);
    engine.run(target(SyncMode::Snapshot)).await.unwrap_err();
    let change = [engine.member_change(&world.contact(5_000), Operation::Add, 1).unwrap()];
    engine.apply_changes(target(SyncMode::Snapshot), &change).await.unwrap();
    sound(&engine.run(target(SyncMode::Snapshot)).await.unwrap());
    world.assert_members(&world.source((0..3_000).chain([5_000])));
}

#[tokio::test]
async fn a_snapshot_that_a_change_settles_is_frozen() {
    let world = World::new();
    let engine = |numbers| world.builder(world.source(numbers)).rows_per_call(10).build();
    world.facebook.0.lock().unwrap().faults.insert(2, Fault::DropRequest);
    engine(0..25).run(target(SyncMode::Snapshot)).await.unwrap_err();
    let change = [engine(0..0).member_change(&world.contact(100), Operation::Add, 1).unwrap()];
    engine(0..0).apply_changes(target(SyncMode::Snapshot), &change).await.unwrap();
    assert!(sound(&engine(5..40).run(target(SyncMode::Snapshot)).await.unwrap()).frozen);
    world.assert_members(&world.source((0..25).chain([100])));
}

#[tokio::test]
async fn failed_changes_of_a_new_audience_freeze_nothing() {
    let world = World::new();
    let engine = world.engine(0..10);
    let change = [engine.member_change(&world.contact(1), Operation::Add, 1).unwrap()];
    world.facebook.0.lock().unwrap().faults.insert(0, Fault::DropRequest);
    engine.apply_changes(target(SyncMode::Snapshot), &change).await.unwrap_err();
    engine.apply_changes(target(SyncMode::Snapshot), &change).await.unwrap();
    assert!(!sound(&engine.run(target(SyncMode::Snapshot)).await.unwrap()).frozen);
    world.assert_members(&world.source(0..10));
}

#[tokio::test]
async fn an_erasure_that_failed_asks_the_account_again() {
    let world = World::new();
    let engine = world.engine(0..10);
    engine.run(target(SyncMode::Snapshot)).await.unwrap();
    world.facebook.0.lock().unwrap().faults.insert(1, Fault::Unavailable);
    let account = "act_1".parse().unwrap();
    engine.erase(&account, PersonRef::Id("c3")).await.unwrap_err();
    let receipt = engine.erase(&account, PersonRef::Id("c3")).await.unwrap();
    assert_eq!((receipt.audiences.len(), receipt.rows), (1, 1));
    world.assert_members(&world.source((0..10).filter(|number| *number != 3)));
}

#[tokio::test]
async fn a_minimum_size_hinders_neither_a_frozen_snapshot_nor_a_removal() {
    let world = World::new();
    world.engine(0..10).run(target(SyncMode::Snapshot)).await.unwrap();
    let refuse = |mode| target(mode).minimum_size(MinimumSize::refuse_below(1_000));
    assert!(sound(&world.engine(0..10).run(refuse(SyncMode::Snapshot)).await.unwrap()).frozen);
    let report = world.engine(0..2).run(refuse(SyncMode::Remove)).await.unwrap();
    assert_eq!(sound(&report).removed.sent, 2);
}

async fn last_stage(mut stream: ProgressStream) -> Option<RunStage> {
    let mut last = None;
    while let Some(progress) = poll_fn(|context| Pin::new(&mut stream).poll_next(context)).await {
        last = Some(progress.stage);
    }
    last
}

#[tokio::test]
async fn every_progress_stream_ends_with_its_run_however_it_ends() {
    let world = World::new();
    let engine = world.engine(0..10);
    let streams = [engine.progress(), engine.progress()];
    engine.run(target(SyncMode::Mirror)).await.unwrap();
    for stream in streams {
        assert_eq!(last_stage(stream).await, Some(RunStage::Done));
    }
    let stream = engine.progress();
    let dead = world.facebook.calls();
    world.facebook.0.lock().unwrap().faults.insert(dead, Fault::Token);
    engine.run(target(SyncMode::Replace)).await.unwrap_err();
    assert_eq!(last_stage(stream).await, Some(RunStage::Failed));
}

#[tokio::test]
async fn a_run_that_stops_says_what_was_sent() {
    let schema = Schema::standard();
    let facebook = audiencekit::MockClient::new();
    let audience = AudienceBuilder::new().name("a").description("b").account(facebook.fake().account());
    let audience = audience.build().unwrap().save(&facebook).await.unwrap();
    let lines: String =
        (0..50).map(|n| format!("{{\"id\": \"{n}\", \"email\": \"p{n}@example.com\"}}\n")).collect();
    let source = audiencekit::JsonLinesSource::from_bytes(lines, &schema);
    facebook.fake().inject("error=190/463@add_users:3".parse().unwrap());
    let engine =
        SyncEngine::builder(source, facebook.clone(), facebook.fake().clone()).rows_per_call(10).build();
    let target = SyncTarget::new(audience.account().clone(), audience.id().clone()).mode(SyncMode::Add);
    let error = engine.run(&target).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Token);
    let said = "before that: added 20 rows in 2 calls and removed 0 rows in 0 calls; the next run resumes";
    assert!(error.to_string().ends_with(said), "{error}");
    facebook.fake().clear_faults();
    let report = engine.run(&target).await.unwrap();
    assert_eq!(sound(&report).added.accepted, 30);
    assert_eq!(facebook.fake().members(audience.id()).len(), 50);
}
