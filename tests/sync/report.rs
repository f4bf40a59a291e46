//! Reports, plans, guards and progress: sums that are exact, and documents that were changed by hand.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake};

use crate::doubles::TinyFacebook;
use audiencekit::audience::MinimumSize;
use audiencekit::sync::{ConsentPolicy, PlanWarning, RemovalGuard, SyncEngineBuilder};
use audiencekit::{
    AudienceId, Contact, ErrorKind, JsonLinesSource, ManualClock, MemoryLedger, MemorySource, Schema,
    SyncEngine, SyncMode, SyncPlan, SyncReport, SyncTarget,
};
use futures_core::Stream;
use time::macros::datetime;

struct World {
    schema: Schema,
    facebook: TinyFacebook,
    ledger: MemoryLedger,
}

impl World {
    fn new() -> Self {
        Self { schema: Schema::standard(), facebook: TinyFacebook::new(), ledger: MemoryLedger::new() }
    }

    fn people(&self, numbers: impl IntoIterator<Item = u32>) -> MemorySource {
        let contact = |number: u32| {
            let builder = Contact::builder(&self.schema).id(format!("c{number}"));
            builder.email(format!("p{number}@example.com")).build().unwrap()
        };
        MemorySource::new(&self.schema, numbers.into_iter().map(contact).collect::<Vec<_>>())
    }

    fn engine(&self, numbers: impl IntoIterator<Item = u32>) -> SyncEngineBuilder {
        let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
        SyncEngine::builder(self.people(numbers), self.facebook.clone(), clock).ledger(self.ledger.clone())
    }

    fn members(&self) -> usize {
        self.facebook.members(&audience(1)).len()
    }
}

fn audience(number: u32) -> AudienceId {
    format!("2385000000000000{number}").parse().unwrap()
}

fn target(mode: SyncMode) -> SyncTarget {
    let target = SyncTarget::new("act_1".parse().unwrap(), audience(1));
    target.mode(mode).minimum_size(MinimumSize::warn_below(0))
}

/// The report with one number of its JSON set.
fn changed(report: &SyncReport, pointer: &str, value: impl Into<serde_json::Value>) -> SyncReport {
    let mut json = serde_json::to_value(report).unwrap();
    *json.pointer_mut(pointer).unwrap() = value.into();
    serde_json::from_value(json).unwrap()
}

async fn some_report() -> SyncReport {
    let world = World::new();
    world.engine(0..10).build().run(target(SyncMode::Mirror)).await.unwrap()
}

#[tokio::test]
async fn a_guard_holds_at_exactly_its_share_and_newcomers_do_not_dilute_it() {
    for (keep, come, percent, refused) in [
        (70, 0, 30.0, false),
        (69, 0, 30.0, true),
        (999, 0, 0.1, false),
        (998, 0, 0.1, true),
        // Three quarters of the members go, however many come in their place.
        (25, 1_000, 30.0, true),
        (100, 0, 0.0, false),
        (99, 0, 0.0, true),
        (99, 0, f64::NAN, true),
        (99, 0, -1.0, true),
        (1, 0, f64::INFINITY, false),
    ] {
        let world = World::new();
        let members = if keep > 100 { 1_000 } else { 100 };
        world.engine(0..members).build().run(target(SyncMode::Mirror)).await.unwrap();
        let guards = RemovalGuard::default().max_removed_percent(percent);
        let engine = world.engine((0..keep).chain(5_000..5_000 + come)).removal_guard(guards).build();
        let plan = engine.plan(target(SyncMode::Mirror)).await.unwrap();
        let warned = plan.warnings.iter().any(|warning| matches!(warning, PlanWarning::Guard(_)));
        let says = format!("{keep} of {members} stay, {come} come, at most {percent} %");
        assert_eq!(warned, refused, "plan: {says}");
        let run = engine.run(target(SyncMode::Mirror)).await;
        assert_eq!(run.as_ref().is_err_and(|error| error.kind() == ErrorKind::Guard), refused, "run: {says}");
        let left = if refused { members } else { keep };
        assert_eq!(world.members() as u32, left + come, "{says}");
    }
}

#[tokio::test]
async fn whom_a_refused_run_added_makes_no_later_run_bolder() {
    let world = World::new();
    world.engine(0..100).build().run(target(SyncMode::Mirror)).await.unwrap();
    for night in 0..3 {
        let engine = world.engine((0..25).chain(5_000..6_000)).build();
        let error = engine.run(target(SyncMode::Mirror)).await.unwrap_err();
        assert!(error.to_string().contains("75 of 100 members (75.0 %)"), "night {night}: {error}");
    }
    assert_eq!(world.members(), 1_100);
    // Newcomers of the refused runs may leave again with the cause.
    let guards = RemovalGuard::default().max_removed_percent(95.0);
    world.engine(0..100).removal_guard(guards).build().run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!(world.members(), 100);
}

#[tokio::test]
async fn an_audience_that_is_empty_is_not_guarded_and_one_of_one_is() {
    let world = World::new();
    let nobody = world.engine([]).build().run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!((nobody.members, nobody.removed.calls), (Some(0), 0));
    world.engine([1]).build().run(target(SyncMode::Mirror)).await.unwrap();
    let guards = RemovalGuard::default().max_removed_percent(100.0);
    let error =
        world.engine([]).removal_guard(guards).build().run(target(SyncMode::Mirror)).await.unwrap_err();
    assert!(error.to_string().contains("RemovalGuard::allow_empty(true)"), "{error}");
    let replaced =
        world.engine([2]).removal_guard(guards).build().run(target(SyncMode::Mirror)).await.unwrap();
    assert_eq!((replaced.removed.accepted, world.members()), (1, 1));
}

#[tokio::test]
async fn a_report_that_was_changed_by_hand_is_found_and_no_number_is_too_large() {
    let report = some_report().await;
    report.check().unwrap();
    for pointer in [
        "/contacts/read",
        "/contacts/selected",
        "/contacts/filtered",
        "/contacts/suppressed",
        "/contacts/mapped",
        "/rows/made",
        "/rows/duplicates",
        "/rows/unchanged",
        "/rows/sent_before",
        "/rows/fresh",
        "/rows/withdrawn",
        "/rows/unwanted",
        "/added/sent",
        "/added/accepted",
        "/added/rejected",
        "/added/carried",
        "/added/reasserted",
        "/removed/sent",
        "/removed/accepted",
        "/removed/carried",
    ] {
        for value in [77, u64::from(u32::MAX) + 1, u64::MAX] {
            let wrong = changed(&report, pointer, value);
            assert_eq!(wrong.check().unwrap_err().kind(), ErrorKind::Invalid, "{pointer} {value}");
            assert!(wrong.to_string().contains(&value.to_string()));
        }
    }
    let mut large = serde_json::to_value(&report).unwrap();
    let huge = u64::MAX / 4;
    for (whole, parts) in [
        ("/contacts/read", ["/contacts/selected", "/contacts/filtered"]),
        ("/rows/made", ["/rows/fresh", "/rows/unchanged"]),
    ] {
        *large.pointer_mut(whole).unwrap() = (huge * 3).into();
        *large.pointer_mut(parts[0]).unwrap() = (huge * 2).into();
        *large.pointer_mut(parts[1]).unwrap() = huge.into();
    }
    for part in ["/contacts/mapped", "/added/sent", "/added/accepted"] {
        *large.pointer_mut(part).unwrap() = (huge * 2).into();
    }
    serde_json::from_value::<SyncReport>(large).unwrap().check().unwrap();
    let wraps = changed(&changed(&report, "/contacts/not_included", u64::MAX), "/contacts/excluded", 1);
    assert!(wraps.check().is_err(), "sums do not wrap around to something that fits");
    let cells = serde_json::json!({"a": u64::MAX, "b": u64::MAX});
    assert!(changed(&report, "/losses/cells", cells).to_string().contains("cells that cannot be read"));
}

#[tokio::test]
async fn the_table_of_a_report_keeps_its_column_and_says_why_cells_and_rows_were_lost() {
    let report = some_report().await;
    for value in [7, u64::from(u32::MAX) + 1, u64::MAX] {
        let wide = changed(&changed(&report, "/added/calls", value), "/members", value);
        let table = wide.to_string();
        let figures = table.lines().skip(1).filter(|line| line.starts_with("  "));
        let ends: BTreeSet<usize> = figures.map(|line| line.chars().count()).collect();
        assert_eq!(ends.len(), 1, "{table}");
    }

    let world = World::new();
    let lines = "{\"id\": \"1\", \"email\": \"ada@example.com\", \"phone\": \"n/a\"}\n{\"id\": \"2\", \"email\": \"none\"}";
    let source = JsonLinesSource::from_bytes(lines, &world.schema);
    let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
    let engine = SyncEngine::builder(source, world.facebook.clone(), clock).build();
    let table = engine.run(target(SyncMode::Mirror)).await.unwrap().to_string();
    for line in ["EMAIL lost: placeholder", "PHONE lost: placeholder"] {
        assert!(table.contains(line), "{line} in\n{table}");
    }
}

#[tokio::test]
async fn contacts_of_one_person_are_one_reachable_person() {
    let world = World::new();
    let same = |number: u32| {
        let builder = Contact::builder(&world.schema).id(format!("c{number}"));
        builder.email("one@example.com").build().unwrap()
    };
    let source = MemorySource::new(&world.schema, (0..50).map(same).collect::<Vec<_>>());
    let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC));
    let engine = SyncEngine::builder(source, world.facebook.clone(), clock).build();
    let at_least = |policy| target(SyncMode::Mirror).minimum_size(policy);
    let plan = engine.plan(at_least(MinimumSize::warn_below(50))).await.unwrap();
    assert!(matches!(plan.warnings.as_slice(), [PlanWarning::TooFew(_)]), "{plan}");
    let error = engine.run(at_least(MinimumSize::refuse_below(50))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooSmall);
    let report = engine.run(at_least(MinimumSize::warn_below(2))).await.unwrap();
    assert_eq!((report.rows.duplicates, report.warnings.len()), (49, 1), "{report}");
}

#[tokio::test]
async fn an_approved_plan_is_for_its_audience_its_mode_and_its_moment() {
    let world = World::new();
    world.engine(0..10).build().run(target(SyncMode::Mirror)).await.unwrap();
    let engine = world.engine(2..12).build();
    let plan = engine.plan(target(SyncMode::Mirror)).await.unwrap();
    let stored = serde_json::to_value(&plan).unwrap();
    let mut other = target(SyncMode::Mirror);
    other.audience = audience(2);
    for (target, says) in [
        (other, "the plan is for audience 23850000000000001"),
        (target(SyncMode::Add), "the plan is to mirror"),
    ] {
        let error = engine.apply(target, &plan).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Guard);
        assert!(error.to_string().contains(says), "{error}");
    }
    let changed = |field: &str, value: serde_json::Value| {
        let mut json = stored.clone();
        json[field] = value;
        serde_json::from_value::<SyncPlan>(json)
    };
    for (field, value) in [
        ("audience", serde_json::Value::Null),
        ("add", 3.into()),
        ("remove", 0.into()),
        ("digest_add", "0".repeat(32).into()),
        ("digest_remove", "".into()),
    ] {
        let forged = changed(field, value).unwrap();
        let error = engine.apply(target(SyncMode::Mirror), &forged).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Guard, "{field}: {error}");
    }
    assert!(changed("add", (-1).into()).is_err() && changed("mode", "erase".into()).is_err());
    assert_eq!(world.members(), 10);
    // What is only told and not done does no harm, and a far day neither.
    for (field, value) in [
        ("calls", serde_json::json!(u64::MAX)),
        ("now", "9999-12-31T23:59:59Z".into()),
        ("now", "0000-01-01T00:00:00Z".into()),
    ] {
        let told = changed(field, value).unwrap();
        assert!(!told.to_string().is_empty());
        let _ = engine.plan(target(SyncMode::Mirror)).await.unwrap();
    }
    let text = stored.to_string();
    for end in 0..text.len() {
        assert!(serde_json::from_str::<SyncPlan>(&text[..end]).is_err());
    }
    engine.apply(target(SyncMode::Mirror), &plan).await.unwrap();
    let error = engine.apply(target(SyncMode::Mirror), &plan).await.unwrap_err();
    assert!(error.to_string().contains("a new plan"), "the ledger moved on: {error}");
}

#[test]
fn policies_that_are_read_keep_the_rules_of_those_that_are_made() {
    let waived = ConsentPolicy::with_waiver("reviewed").unwrap();
    let json = serde_json::to_string(&waived).unwrap();
    assert_eq!(serde_json::from_str::<ConsentPolicy>(&json).unwrap(), waived);
    assert!(serde_json::from_str::<ConsentPolicy>(&json.replace("reviewed", " ")).is_err());
    let typo = json.replace("\"required\"", "\"requires\":[],\"required\"");
    assert!(serde_json::from_str::<ConsentPolicy>(&typo).is_err());
    let guards = serde_json::to_string(&RemovalGuard::default()).unwrap();
    assert_eq!(serde_json::from_str::<RemovalGuard>(&guards).unwrap(), RemovalGuard::default());
    assert!(serde_json::from_str::<RemovalGuard>(&guards.replace("{", "{\"allow_emty\":true,")).is_err());
}

#[tokio::test]
async fn what_came_of_changes_is_a_table_that_adds_up() {
    let world = World::new();
    let engine = world.engine([]).build();
    let contact = world.people([7]).contacts()[0].clone();
    let add = engine.member_change(&contact, audiencekit::sync::Operation::Add, 2).unwrap();
    let older = engine.member_change(&contact, audiencekit::sync::Operation::Remove, 1).unwrap();
    let report = engine.apply_changes(target(SyncMode::Add), &[add, older]).await.unwrap();
    let figures: Vec<String> = report
        .to_string()
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.ends_with(" 0"))
        .collect();
    assert_eq!(
        figures,
        ["changes given 2", "superseded 1", "applied 1", "added, in 1 calls 1", "accepted 1"]
    );
}

/// Polls the stream again at once, on the very thread that wakes it, as some executors do.
struct AtOnce(Mutex<Option<Pin<Box<dyn Stream<Item = audiencekit::sync::Progress> + Send>>>>);

impl Wake for AtOnce {
    fn wake(self: Arc<Self>) {
        let waker = self.clone().into();
        let taken = self.0.lock().unwrap().take();
        if let Some(mut stream) = taken {
            while let Poll::Ready(Some(_)) = stream.as_mut().poll_next(&mut Context::from_waker(&waker)) {}
            *self.0.lock().unwrap() = Some(stream);
        }
    }
}

#[tokio::test]
async fn a_listener_that_looks_at_once_or_is_dropped_holds_up_no_run() {
    let world = World::new();
    let engine = world.engine(0..10).build();
    drop(engine.progress());
    let mut dropped = Box::pin(engine.progress());
    assert!(dropped.as_mut().poll_next(&mut Context::from_waker(std::task::Waker::noop())).is_pending());
    drop(dropped);
    let listener = Arc::new(AtOnce(Mutex::new(Some(Box::pin(engine.progress())))));
    listener.clone().wake();
    engine.run(target(SyncMode::Mirror)).await.unwrap();
    assert!(listener.0.lock().unwrap().is_some());
}
