//! Why a contact is, or is not, in an audience: told in full, and without reading what is not about it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use audiencekit::audience::Audience;
use audiencekit::automation::{
    Action, AuditEntry, AuditEvent, AutomationEngine, ContactEvent, Definitions, Delay, EngineOptions,
    EntryPoint, EventKind, ExitCriterion, FrequencyCap, Keyspace, MembershipExplanation, MemoryContacts,
    MemoryStore, Node, OpenHours, Period, RateLimit, Reentry, Rule, Schedule, SkipReason, Store, Trigger,
    Workflow, WriteOp,
};
use audiencekit::{Result, Schema};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const START: OffsetDateTime = datetime!(2026-01-01 9:00 UTC);

fn saved() -> Audience {
    let definition = r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d",
        "contacts":"automation","refresh":"never","minimum_size":{"people":0,"refuse":false}}"#;
    serde_json::from_str(definition).unwrap()
}

fn add() -> Action {
    Action::add_to(&saved())
}

fn people(count: u32) -> MemoryContacts {
    let schema = Schema::standard();
    let mut contacts = MemoryContacts::new(&schema);
    for n in 0..count {
        let fill = |contact: &mut audiencekit::Contact| contact.set(schema.require("score")?, 0);
        contacts.edit(format!("c{n}"), fill).unwrap();
    }
    contacts
}

/// Counts the entries that are read.
#[derive(Debug)]
struct Counting<S>(S, Arc<AtomicUsize>);

impl<S: Store> Store for Counting<S> {
    fn commit(&mut self, writes: Vec<WriteOp>) -> Result<()> {
        self.0.commit(writes)
    }
    fn get(&self, table: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.get(table, key)
    }
    fn scan(
        &self,
        table: Keyspace,
        from: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.0.scan(table, from, &mut |key, value| {
            self.1.fetch_add(1, Ordering::Relaxed);
            visit(key, value)
        })
    }
}

fn open<S: Store>(definitions: Definitions, store: S, contacts: u32) -> AutomationEngine<S, MemoryContacts> {
    AutomationEngine::open(definitions, &[saved()], store, people(contacts), EngineOptions::default())
        .unwrap()
}

fn tagged(contact: &str, hour: i64, tag: &str) -> ContactEvent {
    let what = EventKind::TagAssigned { tag: tag.into() };
    ContactEvent::new(contact, START + Duration::hours(hour), what)
}

fn handle<S: Store>(engine: &mut AutomationEngine<S, MemoryContacts>, contact: &str, hour: i64, tag: &str) {
    let event = tagged(contact, hour, tag);
    assert_eq!(engine.handle(&event, event.at).unwrap().problems.len(), 0);
}

fn log<S: Store>(engine: &AutomationEngine<S, MemoryContacts>) -> Vec<AuditEntry> {
    engine.audit_log(0).collect::<Result<_>>().unwrap()
}

fn on_tag(id: &str) -> Rule {
    Rule::new(id).on(Trigger::tag("A")).then(add())
}

fn reads_of_an_explanation<S: Store>(store: S) -> usize {
    let reads = Arc::new(AtomicUsize::new(0));
    let mut engine = open(Definitions::new().rule(on_tag("r")), Counting(store, Arc::clone(&reads)), 200);
    for hour in 0..20 {
        let events: Vec<_> = (0..200).map(|n| tagged(&format!("c{n}"), hour, "A")).collect();
        let results = engine.handle_all(&events, START + Duration::hours(hour)).unwrap();
        assert!(results.iter().all(std::result::Result::is_ok));
    }
    reads.store(0, Ordering::Relaxed);
    let told = engine.explain("c10", &saved(), START + Duration::hours(20)).unwrap();
    assert_eq!((told.trace.len(), told.has_earlier), (60, false));
    assert!(told.trace.iter().all(|entry| entry.contact == "c10"));
    assert!(told.trace.is_sorted_by_key(|entry| entry.number));
    let reads = reads.load(Ordering::Relaxed);
    assert_eq!(log(&engine).len(), 12_000);
    reads
}

#[test]
fn an_explanation_reads_what_is_about_the_contact_and_not_the_log() {
    // Each of the sixty entries in the index and in the log, and the contact.
    let reads = reads_of_an_explanation(MemoryStore::new());
    assert!(reads <= 125, "{reads}");
    #[cfg(feature = "sqlite")]
    {
        let folder = tempfile::tempdir().unwrap();
        let store = audiencekit::automation::SqliteStore::open(folder.path().join("state.sqlite")).unwrap();
        let reads = reads_of_an_explanation(store);
        assert!(reads <= 125, "{reads}");
    }
}

#[test]
fn of_a_contact_with_a_long_history_only_the_end_is_read() {
    let reads = Arc::new(AtomicUsize::new(0));
    let other = Rule::new("other").on(Trigger::tag("B")).then(Action::ChangeScore { by: 1 });
    let definitions = Definitions::new().rule(on_tag("r")).rule(other);
    let mut engine = open(definitions, Counting(MemoryStore::new(), Arc::clone(&reads)), 1);
    let events: Vec<_> = (0..5_000).map(|minute| tagged("c0", 0, "B").id(minute.to_string())).collect();
    handle(&mut engine, "c0", 0, "A");
    assert_eq!(engine.handle_all(&events, START).unwrap().len(), 5_000);
    assert!(log(&engine).len() > MembershipExplanation::MOST_READ + 5_000);
    reads.store(0, Ordering::Relaxed);
    let told = engine.explain("c0", &saved(), START).unwrap();
    assert_eq!((told.is_member, told.trace.len(), told.has_earlier), (Some(true), 1_000, true));
    assert!(reads.load(Ordering::Relaxed) <= 2 * MembershipExplanation::MOST_READ + 10);
}

#[test]
fn a_log_of_so_many_entries_keeps_the_newest_and_nothing_of_the_others() {
    let store = MemoryStore::new();
    let options = EngineOptions::default().audit_entries(30);
    let definitions = Definitions::new().rule(on_tag("r"));
    let mut engine =
        AutomationEngine::open(definitions.clone(), &[saved()], store.clone(), people(3), options.clone())
            .unwrap();
    for hour in 0..50 {
        handle(&mut engine, &format!("c{}", hour % 3), hour, "A");
    }
    let entries = log(&engine);
    assert!((30..=33).contains(&entries.len()), "{}", entries.len());
    assert_eq!(entries.last().unwrap().number, 150);
    let places = || {
        let mut places = 0;
        let mut count = |_: &[u8], _: &[u8]| {
            places += 1;
            Ok(ControlFlow::Continue(()))
        };
        store.scan(Keyspace::AuditOf, &[], &mut count).unwrap();
        places
    };
    assert_eq!(places(), entries.len());
    // The same after it was opened again, with fewer, and after the host has forgotten some.
    let (_, contacts) = engine.into_parts();
    let mut engine =
        AutomationEngine::open(definitions, &[saved()], store.clone(), contacts, options.audit_entries(9))
            .unwrap();
    handle(&mut engine, "c0", 50, "A");
    handle(&mut engine, "c0", 51, "A");
    assert!(log(&engine).len() <= 12, "{}", log(&engine).len());
    engine.prune_audit_log(154).unwrap();
    handle(&mut engine, "c0", 52, "A");
    assert_eq!(log(&engine).iter().map(|entry| entry.number).collect::<Vec<_>>(), [155, 156, 157, 158, 159]);
    assert_eq!(places(), 5);
    engine.prune_audit_log(u64::MAX).unwrap();
    assert_eq!((log(&engine).len(), places()), (0, 0));
}

fn flow(reentry: Reentry) -> Workflow {
    Workflow::new("w", 1)
        .start(Trigger::tag("A"), "wait")
        .node("wait", Node::Wait { delay: Delay::Hours(10), to: "add".into() })
        .node("add", Node::Do { actions: vec![add()], to: "end".into() })
        .node("end", Node::End)
        .reentry(reentry)
}

/// What was told of who did not come in: `hour start reason`.
fn refusals<S: Store>(engine: &AutomationEngine<S, MemoryContacts>) -> Vec<(i64, usize, SkipReason)> {
    let refused = |entry: AuditEntry| match entry.event {
        AuditEvent::Refused { start, reason, .. } => Some(((entry.at - START).whole_hours(), start, reason)),
        _ => None,
    };
    log(engine).into_iter().filter_map(refused).collect()
}

#[test]
fn whoever_does_not_come_into_a_workflow_is_told_why_once_until_they_do() {
    let mut engine = open(Definitions::new().workflow(flow(Reentry::AfterEnd)), MemoryStore::new(), 1);
    for hour in [0, 1, 2, 3, 11, 12, 13] {
        engine.tick(START + Duration::hours(hour)).unwrap();
        handle(&mut engine, "c0", hour, "A");
    }
    assert_eq!(refusals(&engine), [(1, 0, SkipReason::Inside), (12, 0, SkipReason::Inside)]);
    let told = engine.explain("c0", &saved(), START + Duration::hours(13)).unwrap();
    assert_eq!(told.workflows[0].blocked_by, Some(SkipReason::Inside));
    assert_eq!(told.workflows[0].node.as_deref(), Some("wait"));

    let mut engine = open(Definitions::new().workflow(flow(Reentry::Never)), MemoryStore::new(), 1);
    for hour in [0, 1, 11, 12] {
        engine.tick(START + Duration::hours(hour)).unwrap();
        handle(&mut engine, "c0", hour, "A");
    }
    assert_eq!(refusals(&engine), [(1, 0, SkipReason::Inside), (11, 0, SkipReason::Ended)]);
    let told = engine.explain("c0", &saved(), START + Duration::hours(13)).unwrap();
    assert_eq!((told.workflows[0].blocked_by, told.is_member), (Some(SkipReason::Ended), Some(true)));

    let inactive = flow(Reentry::AfterEnd).active(false);
    let mut engine = open(Definitions::new().workflow(inactive), MemoryStore::new(), 1);
    handle(&mut engine, "c0", 0, "A");
    handle(&mut engine, "c0", 1, "A");
    assert_eq!(refusals(&engine), [(0, 0, SkipReason::NotValid)]);
    let told = engine.explain("c0", &saved(), START).unwrap();
    assert_eq!((told.is_member, told.workflows[0].blocked_by), (None, Some(SkipReason::NotValid)));
}

#[test]
fn the_start_whose_conditions_do_not_hold_is_named_unless_another_start_lets_the_contact_in() {
    let mut workflow = flow(Reentry::AfterEnd);
    workflow.starts[0].when = vec!["email is not set".into(), "score >= 5".into()];
    let mut engine = open(Definitions::new().workflow(workflow.clone()), MemoryStore::new(), 1);
    handle(&mut engine, "c0", 0, "A");
    handle(&mut engine, "c0", 1, "A");
    assert_eq!(refusals(&engine), [(0, 0, SkipReason::Conditions)]);
    let told = engine.explain("c0", &saved(), START).unwrap();
    assert_eq!(
        (told.workflows[0].blocked_by, &told.workflows[0].failing_conditions[..]),
        (None, &[Some(1)][..])
    );
    assert!(told.to_string().contains("did not enter workflow w by entry point 1"), "{told}");
    assert!(told.to_string().ends_with("workflow w; condition 2 of entry point 1 does not hold"), "{told}");

    workflow.starts.push(EntryPoint::new(Trigger::tag("A"), "wait"));
    let mut engine = open(Definitions::new().workflow(workflow), MemoryStore::new(), 1);
    handle(&mut engine, "c0", 0, "A");
    assert_eq!(refusals(&engine), []);
    assert!(engine.position("w", "c0").unwrap().is_some());
}

#[test]
fn caps_limits_and_schedules_that_keep_a_contact_out_are_told_each_time() {
    let closed = Schedule::new(OpenHours::daily("20:00", "21:00").unwrap()).or_skip();
    let capped = flow(Reentry::AfterEnd).rate_limit(RateLimit::new(1, Period::Month));
    let mut engine = open(Definitions::new().workflow(capped), MemoryStore::new(), 2);
    handle(&mut engine, "c0", 0, "A");
    handle(&mut engine, "c1", 1, "A");
    handle(&mut engine, "c1", 2, "A");
    let told = engine.explain("c1", &saved(), START + Duration::hours(3)).unwrap();
    assert_eq!(told.workflows[0].blocked_by, Some(SkipReason::RateLimit));
    let dropped = |entry: &&AuditEntry| matches!(entry.event, AuditEvent::Dropped { .. });
    assert_eq!(told.trace.iter().filter(dropped).count(), 2, "{told}");
    assert!(told.to_string().contains("the rate limit of 1 per month is reached"), "{told}");

    let limited =
        Definitions::new().rule(on_tag("r")).frequency_cap(FrequencyCap::new("once", 1, Period::Month));
    let mut engine = open(limited, MemoryStore::new(), 1);
    handle(&mut engine, "c0", 0, "A");
    let told = engine.explain("c0", &saved(), START + Duration::hours(1)).unwrap();
    assert_eq!(told.rules[0].blocked_by, Some(SkipReason::FrequencyCap));

    let mut engine = open(Definitions::new().rule(on_tag("r").schedule(closed)), MemoryStore::new(), 1);
    handle(&mut engine, "c0", 0, "A");
    let told = engine.explain("c0", &saved(), START).unwrap();
    assert_eq!((told.is_member, told.rules[0].blocked_by), (None, Some(SkipReason::Schedule)));
    assert!(told.to_string().contains("add_to_audience is outside the schedule"), "{told}");
}

#[test]
fn a_rule_says_once_why_it_is_skipped_until_it_runs_again_and_what_would_keep_it_from_running_now() {
    let often = on_tag("often").min_interval(Delay::Hours(5));
    let once = on_tag("once").runs_per_contact(1).valid(None, Some(START + Duration::hours(20)));
    let mut engine = open(Definitions::new().rule(often).rule(once), MemoryStore::new(), 1);
    for hour in 0..9 {
        handle(&mut engine, "c0", hour, "A");
    }
    let skipped = |entry: AuditEntry| match entry.event {
        AuditEvent::Skipped { rule, reason } => Some(((entry.at - START).whole_hours(), rule, reason)),
        _ => None,
    };
    let skipped: Vec<_> = log(&engine).into_iter().filter_map(skipped).collect();
    let expected = [
        (1, "often".to_owned(), SkipReason::MinInterval),
        (1, "once".to_owned(), SkipReason::RunLimit),
        (6, "often".to_owned(), SkipReason::MinInterval),
    ];
    assert_eq!(skipped, expected);
    let mut refusals = |hour| {
        let told = engine.explain("c0", &saved(), START + Duration::hours(hour)).unwrap();
        told.rules.iter().map(|rule| rule.blocked_by).collect::<Vec<_>>()
    };
    assert_eq!(refusals(9), [Some(SkipReason::MinInterval), Some(SkipReason::RunLimit)]);
    assert_eq!(refusals(10), [None, Some(SkipReason::RunLimit)]);
}

#[test]
fn whatever_leads_to_the_audience_is_part_of_the_explanation_and_the_rest_is_not() {
    let run = |rule: &str| Action::RunRule { rule: rule.into(), check_conditions: true };
    let definitions = Definitions::new()
        .rule(Rule::new("first").on(Trigger::tag("B")).then(run("second")))
        .rule(Rule::new("second").when("score >= 5").then(run("third")))
        .rule(Rule::new("third").then(add()))
        .rule(Rule::new("apart").on(Trigger::tag("B")).then(Action::ChangeScore { by: 1 }))
        .workflow(
            Workflow::new("caller", 1)
                .start(Trigger::tag("C"), "call")
                .node("call", Node::Do { actions: vec![run("first")], to: "end".into() })
                .node("end", Node::End)
                .exit(ExitCriterion::new("e").on(Trigger::tag("D"))),
        );
    let mut engine = open(definitions, MemoryStore::new(), 1);
    handle(&mut engine, "c0", 0, "B");
    let told = engine.explain("c0", &saved(), START).unwrap();
    let rules: Vec<_> =
        told.rules.iter().map(|rule| (&*rule.rule, rule.runs, rule.failing_condition)).collect();
    assert_eq!(rules, [("first", 1, None), ("second", 0, Some(0)), ("third", 0, None)]);
    assert_eq!(told.workflows.iter().map(|workflow| &*workflow.workflow).collect::<Vec<_>>(), ["caller"]);
    assert!(told.to_string().contains("rule second: condition 1 did not hold"), "{told}");
    let of_apart =
        |entry: &AuditEntry| matches!(&entry.event, AuditEvent::Checked { rule, .. } if rule == "apart");
    assert!(log(&engine).iter().any(of_apart) && !told.trace.iter().any(of_apart), "{told}");
}

#[test]
fn of_a_contact_that_is_gone_no_condition_is_said_to_hold() {
    let mut engine = open(Definitions::new().rule(on_tag("r")), MemoryStore::new(), 1);
    let known = engine.explain("c0", &saved(), START).unwrap();
    assert!(known.is_known && known.to_string().contains("every condition holds"), "{known}");
    let gone = engine.explain("c1", &saved(), START).unwrap();
    assert!(!gone.is_known && !gone.to_string().contains("holds"), "{gone}");
    assert!(gone.to_string().contains("unknown contact"), "{gone}");
}

#[test]
fn the_debug_of_an_explanation_and_of_its_trace_names_no_contact() {
    let mut engine = open(Definitions::new().rule(on_tag("r")), MemoryStore::new(), 1);
    handle(&mut engine, "c0", 1, "A");
    let entries = log(&engine);
    assert!(!entries.is_empty() && entries.iter().all(|entry| entry.contact == "c0"));
    let explanation = engine.explain("c0", &saved(), START).unwrap();
    let shown = format!("{entries:?} {explanation:?}");
    assert!(shown.contains("AuditEntry(1, ") && !shown.contains("c0"), "{shown}");
}
