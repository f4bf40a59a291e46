//! Rules and workflows do what they say, once, and nothing is lost.

use std::sync::{Arc, Mutex};

use audiencekit::audience::Audience;
use audiencekit::automation::{
    Action, AutomationEngine, CheckPath, ConsentChannel, ContactEvent, ContactStore, DeferredRemovals,
    Definitions, Delay, EngineOptions, EventKind, ExitCriterion, FlushPolicy, FrequencyCap, Keyspace,
    ManualRun, MemberSink, MembershipChange, MemoryContacts, MemoryStore, Node, OpenHours, Period,
    PropertyFilter, PropertyTest, RateLimit, Reentry, Rule, Schedule, Simulation, SplitPath, Store, Template,
    Trigger, Workflow, WorkflowMigration, WriteOp,
};
use audiencekit::contact::{Birthday, ConsentStatus, FieldType};
use audiencekit::sync::Operation;
use audiencekit::{Error, ErrorKind, Schema, Segment, Selector, TimeZone};
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime, Weekday};

const START: OffsetDateTime = datetime!(2026-01-01 9:00 UTC);

fn saved(id: u32) -> Audience {
    let definition = format!(
        r#"{{"schema_version":1,"id":"{id}","account":"act_1","name":"A{id}","description":"d","contacts":"automation",
            "refresh":"never","minimum_size":{{"people":1000,"refuse":false}}}}"#
    );
    serde_json::from_str(&definition).unwrap()
}

fn schema() -> Schema {
    Schema::builder()
        .detail("plan", FieldType::Keyword)
        .detail("renewal", FieldType::Date)
        .detail("visits", FieldType::Integer)
        .build()
        .unwrap()
}

type Memory = AutomationEngine<MemoryStore, MemoryContacts>;

fn contacts(ids: &[&str]) -> MemoryContacts {
    let schema = schema();
    let mut contacts = MemoryContacts::new(&schema);
    for id in ids {
        contacts.edit(*id, |contact| contact.set_text(schema.require("id")?, id)).unwrap();
    }
    contacts
}

fn open(definitions: Definitions, contacts: MemoryContacts) -> Memory {
    AutomationEngine::open(
        definitions,
        &[saved(1), saved(2)],
        MemoryStore::new(),
        contacts,
        EngineOptions::default(),
    )
    .unwrap()
}

fn rules(rules: impl IntoIterator<Item = Rule>) -> Definitions {
    rules.into_iter().fold(Definitions::new(), Definitions::rule)
}

fn tagged(contact: &str, at: OffsetDateTime, tag: &str) -> ContactEvent {
    ContactEvent::new(contact, at, EventKind::TagAssigned { tag: tag.into() })
}

fn external(contact: &str, at: OffsetDateTime, kind: &str) -> ContactEvent {
    let what = EventKind::External { kind: kind.into(), value: None, properties: Default::default() };
    ContactEvent::new(contact, at, what)
}

fn score(contact: &str, at: OffsetDateTime, from: i64, to: i64) -> ContactEvent {
    ContactEvent::new(contact, at, EventKind::ScoreChanged { from, to })
}

fn add() -> Action {
    Action::add_to(&saved(1))
}

fn remove() -> Action {
    Action::remove_from(&saved(1))
}

/// Who is to be added (+) and removed (-), as the outbox stands.
fn waiting<S: Store>(engine: &AutomationEngine<S, MemoryContacts>) -> Vec<String> {
    let mut found = Vec::new();
    for change in engine.outbox() {
        let change = change.unwrap();
        let sign = if change.operation == Operation::Add { '+' } else { '-' };
        found.push(format!("{}{sign}{}", change.audience, change.contact));
    }
    assert_eq!(engine.pending_len(), found.len() as u64);
    found.sort();
    found
}

fn handle(engine: &mut Memory, event: &ContactEvent) -> audiencekit::automation::StepReport {
    engine.handle(event, event.at).unwrap()
}

// The documented traps of the product.

#[test]
fn a_score_that_jumps_over_the_number_reaches_nothing_and_exceeds_it() {
    let mut engine = open(
        rules([
            Rule::new("reached").on(Trigger::score_reached(200)).then(add()),
            Rule::new("above").on(Trigger::score_above(200)).then(Action::add_to(&saved(2))),
        ]),
        contacts(&["jump", "exact"]),
    );
    handle(&mut engine, &score("jump", START, 199, 201));
    handle(&mut engine, &score("exact", START, 199, 200));
    assert_eq!(waiting(&engine), ["1+exact", "2+jump"]);
}

#[test]
fn a_tag_score_that_falls_and_is_still_high_enough_fires_again() {
    let trigger = Trigger::TagScoreAtLeast { tag: "VIP".into(), score: 5 };
    let mut engine =
        open(rules([Rule::new("r").on(trigger).then(Action::ChangeScore { by: 1 })]), contacts(&["c"]));
    for (minute, score) in [(0, 7), (1, 6), (2, 4)] {
        let what = EventKind::TagScoreChanged { tag: "vip".into(), score };
        handle(&mut engine, &ContactEvent::new("c", START + Duration::minutes(minute), what));
    }
    let contact = engine.contacts().get("c").unwrap();
    assert_eq!(
        contact.get(schema().require("score").unwrap()),
        Some(audiencekit::contact::ValueRef::Integer(2))
    );
}

#[test]
fn a_contact_inside_a_workflow_does_not_start_it_again_and_after_its_end_does() {
    let workflow = Workflow::new("w", 1)
        .start(Trigger::tag("GO"), "count")
        .node("count", Node::Do { actions: vec![Action::ChangeScore { by: 1 }], to: "wait".into() })
        .node("wait", Node::Wait { delay: Delay::Days(2), to: "end".into() })
        .node("end", Node::End);
    let mut engine = open(Definitions::new().workflow(workflow), contacts(&["c"]));
    let runs =
        |engine: &Memory| match engine.contacts().get("c").unwrap().get(schema().require("score").unwrap()) {
            Some(audiencekit::contact::ValueRef::Integer(score)) => score,
            _ => 0,
        };
    handle(&mut engine, &tagged("c", START, "go"));
    handle(&mut engine, &tagged("c", START + Duration::days(1), "go"));
    assert_eq!((runs(&engine), engine.position("w", "c").unwrap().unwrap().0.as_str()), (1, "wait"));
    engine.tick(START + Duration::days(2)).unwrap();
    assert_eq!(engine.position("w", "c").unwrap(), None);
    handle(&mut engine, &tagged("c", START + Duration::days(3), "go"));
    assert_eq!(runs(&engine), 2);
}

#[test]
fn amount_and_product_must_be_of_one_event_and_an_empty_field_means_empty() {
    let cart = |properties| Trigger::External { kinds: vec!["CART".into()], properties };
    let large = PropertyFilter::new("value", PropertyTest::GreaterThan(100.into()));
    let product = PropertyFilter::new("products", PropertyTest::Contains("x".into()));
    let nowhere = PropertyFilter::new("location", PropertyTest::IsEmpty);
    let mut engine = open(
        rules([
            Rule::new("both").on(cart(vec![large, product])).then(add()),
            Rule::new("nowhere").on(cart(vec![nowhere])).then(Action::add_to(&saved(2))),
        ]),
        contacts(&["apart", "together", "placed"]),
    );
    let event = |contact: &str, value: i64, properties: &[(&str, &str)]| {
        let properties =
            properties.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        ContactEvent::new(
            contact,
            START,
            EventKind::External { kind: "cart".into(), value: Some(value.into()), properties },
        )
    };
    handle(&mut engine, &event("apart", 150, &[("products", "y"), ("location", "shop")]));
    handle(&mut engine, &event("apart", 50, &[("products", "x"), ("location", "shop")]));
    handle(&mut engine, &event("together", 150, &[("products", "x,y"), ("location", "shop")]));
    handle(&mut engine, &event("placed", 1, &[]));
    assert_eq!(waiting(&engine), ["1+together", "2+placed"]);
}

#[test]
fn a_run_by_hand_keeps_the_run_limit_and_ignores_the_delay_before_the_check() {
    let rule = Rule::new("once")
        .on(Trigger::tag("X"))
        .check_after(Delay::Days(5))
        .then_after(Delay::Days(1), add())
        .runs_per_contact(1);
    let mut engine = open(rules([rule]), contacts(&["c"]));
    engine.run_rule("once", ["c"], &ManualRun::new("first"), START).unwrap();
    assert_eq!(engine.next_due(), Some(START + Duration::days(1)), "the delay before the action is kept");
    let again =
        engine.run_rule("once", ["c"], &ManualRun::new("second"), START + Duration::hours(1)).unwrap();
    assert_eq!((again.checked, engine.timers()), (0, 1), "the second run is refused");
    engine.tick(START + Duration::days(1)).unwrap();
    assert_eq!(waiting(&engine), ["1+c"]);
}

#[test]
fn a_delayed_check_compares_with_the_day_of_the_check() {
    let mut people = contacts(&["third", "first"]);
    let renewal = schema().require("renewal").unwrap();
    people.edit("third", |contact| contact.set(renewal, date!(2026 - 01 - 03))).unwrap();
    people.edit("first", |contact| contact.set(renewal, date!(2026 - 01 - 01))).unwrap();
    let rule =
        Rule::new("r").on(Trigger::tag("X")).when("renewal is today").check_after(Delay::Days(2)).then(add());
    let mut engine = open(rules([rule]), people);
    handle(&mut engine, &tagged("third", START, "X"));
    handle(&mut engine, &tagged("first", START, "X"));
    engine.tick(START + Duration::days(9)).unwrap();
    assert_eq!(waiting(&engine), ["1+third"], "the check is as of 3 January, however late the tick");
}

#[test]
fn a_rule_run_two_weeks_after_1_january_runs_on_the_15th() {
    let workflow = Workflow::new("w", 1)
        .start(Trigger::tag("GO"), "wait")
        .node("wait", Node::Wait { delay: Delay::Weeks(2), to: "run".into() })
        .node(
            "run",
            Node::Do {
                actions: vec![Action::RunRule { rule: "target".into(), check_conditions: true }],
                to: "end".into(),
            },
        )
        .node("end", Node::End);
    let definitions = Definitions::new().rule(Rule::new("target").then(add())).workflow(workflow);
    let mut engine = open(definitions, contacts(&["c"]));
    handle(&mut engine, &tagged("c", datetime!(2026-01-01 0:00 UTC), "go"));
    engine.tick(datetime!(2026-01-14 23:59:59 UTC)).unwrap();
    assert!(waiting(&engine).is_empty());
    assert_eq!(engine.next_due(), Some(datetime!(2026-01-15 0:00 UTC)));
    engine.tick(datetime!(2026-01-15 0:00 UTC)).unwrap();
    assert_eq!(waiting(&engine), ["1+c"]);
}

#[test]
fn an_import_of_tagged_contacts_stays_silent_and_fires_on_request() {
    let ids: Vec<String> = (0..10).map(|n| format!("c{n}")).collect();
    let mut engine = open(
        rules([Template::AddOnTag("NEW".into()).rule("r", &saved(1))]),
        contacts(&ids.iter().map(String::as_str).collect::<Vec<_>>()),
    );
    for id in &ids {
        handle(&mut engine, &tagged(id, START, "NEW").silent());
    }
    assert!(waiting(&engine).is_empty());
    handle(&mut engine, &tagged("c3", START + Duration::minutes(1), "new"));
    assert_eq!(waiting(&engine), ["1+c3"]);
}

#[test]
fn an_update_of_a_known_contact_is_not_a_new_contact() {
    let mut engine =
        open(rules([Rule::new("r").on(Trigger::ContactAdded).then(add())]), contacts(&["old", "new"]));
    handle(&mut engine, &ContactEvent::new("old", START, EventKind::DetailChanged { field: "city".into() }));
    handle(&mut engine, &ContactEvent::new("new", START, EventKind::ContactAdded));
    assert_eq!(waiting(&engine), ["1+new"]);
}

#[test]
fn a_star_in_a_path_is_one_part_and_a_word_is_found_within_a_word() {
    let visit = |id: &str, pattern: &str| {
        Rule::new(id).on(Trigger::PageVisited { url: pattern.into() }).then(Action::AddTag { tag: id.into() })
    };
    let patterns = [
        ("ONE_STAR", "path:/*canary*"),
        ("TWO_STARS", "path:/**/*canary*"),
        ("ANY", "any:canary,islands"),
        ("WORD", "info"),
        ("PART", "/info/"),
    ];
    let all = rules(patterns.map(|(id, pattern)| visit(id, pattern)));
    let mut engine = open(all, contacts(&["c", "d"]));
    for (id, url) in
        [("c", "https://s.example/holiday/island-canary-trip"), ("d", "https://s.example/company-info")]
    {
        handle(&mut engine, &ContactEvent::new(id, START, EventKind::visit(url)));
    }
    let tags = |id: &str| -> Vec<String> {
        let contact = engine.contacts().get(id).unwrap();
        contact.tags().iter().map(|tag| contact.schema().symbols().text(tag.name).to_string()).collect()
    };
    assert_eq!((tags("c"), tags("d")), (vec!["TWO_STARS".into(), "ANY".into()], vec!["WORD".into()]));
}

// Rules.

#[test]
fn events_are_or_and_conditions_are_and() {
    let rule = Rule::new("r")
        .on(Trigger::tag("A"))
        .on(Trigger::external("visit"))
        .when("country = \"PL\"")
        .when("score >= 50")
        .then(add())
        .otherwise(Action::AddTag { tag: "NO".into() });
    let mut people = contacts(&["both", "one"]);
    let schema = schema();
    for (id, points) in [("both", 50_i64), ("one", 49)] {
        people.edit(id, |contact| contact.set(schema.require("country")?, "PL")).unwrap();
        people.edit(id, |contact| contact.set(schema.require("score")?, points)).unwrap();
    }
    let mut engine = open(rules([rule]), people);
    handle(&mut engine, &external("both", START, "VISIT"));
    handle(&mut engine, &tagged("one", START, "a"));
    assert_eq!(waiting(&engine), ["1+both"]);
    assert_eq!(engine.contacts().get("one").unwrap().tags().len(), 1);
}

#[test]
fn an_event_is_handled_once_however_often_it_comes() {
    let mut engine = open(
        rules([Rule::new("r").on(Trigger::tag("A")).then(Action::ChangeScore { by: 7 })]),
        contacts(&["c"]),
    );
    let event = tagged("c", START, "A").id("e-1");
    assert!(!handle(&mut engine, &event).repeated);
    assert!(handle(&mut engine, &event).repeated);
    assert!(handle(&mut engine, &tagged("c", START + Duration::hours(1), "A").id("e-1")).repeated);
    let score = engine.contacts().get("c").unwrap().get(schema().require("score").unwrap());
    assert_eq!(score, Some(audiencekit::contact::ValueRef::Integer(7)));
}

#[test]
fn run_limit_interval_and_validity_hold() {
    let rule = Rule::new("r")
        .on(Trigger::tag("A"))
        .then(Action::ChangeScore { by: 1 })
        .runs_per_contact(2)
        .min_interval(Delay::Days(3))
        .valid(Some(START), Some(START + Duration::days(20)));
    let mut engine = open(rules([rule]), contacts(&["c", "late"]));
    for day in [0, 1, 3, 6, 9] {
        handle(&mut engine, &tagged("c", START + Duration::days(day), "A"));
    }
    handle(&mut engine, &tagged("late", START + Duration::days(20), "A"));
    let score = |id| engine.contacts().get(id).unwrap().get(schema().require("score").unwrap());
    assert_eq!(score("c"), Some(audiencekit::contact::ValueRef::Integer(2)), "on day 0 and day 3");
    assert_eq!(score("late"), None, "the end is excluded");
}

#[test]
fn what_an_action_brings_about_starts_other_rules_and_a_circle_is_stopped() {
    let mut engine = open(
        rules([
            Rule::new("first").on(Trigger::tag("A")).then(Action::AddTag { tag: "B".into() }),
            Rule::new("second").on(Trigger::tag("B")).then(add()),
            Rule::new("up").on(Trigger::score_above(0)).then(Action::ChangeScore { by: 1 }),
            Rule::new("self").then(Action::RunRule { rule: "self".into(), check_conditions: true }),
        ]),
        contacts(&["c"]),
    );
    handle(&mut engine, &tagged("c", START, "A"));
    assert_eq!(waiting(&engine), ["1+c"]);
    let circle = handle(&mut engine, &score("c", START, 0, 1));
    assert_eq!(circle.problems[0].kind(), ErrorKind::Limit);
    assert!(circle.actions <= 9);
    let itself = engine.run_rule("self", ["c"], &ManualRun::new("x"), START).unwrap();
    assert_eq!(itself.problems[0].kind(), ErrorKind::Limit);
}

#[test]
fn the_last_operation_of_a_person_wins_in_the_outbox() {
    let mut engine = open(
        rules([
            Template::AddOnTag("IN".into()).rule("in", &saved(1)),
            Template::RemoveOnPurchase.rule("out", &saved(1)),
        ]),
        contacts(&["c"]),
    );
    handle(&mut engine, &tagged("c", START, "in"));
    handle(&mut engine, &external("c", START, "PURCHASE"));
    assert_eq!(waiting(&engine), ["1-c"]);
}

#[test]
fn a_rule_with_leaving_conditions_takes_out_who_no_longer_meets_them() {
    let rule = Rule::new("pro").on(Trigger::tag("X")).when("plan = \"pro\"").then(add()).leave();
    let mut people = contacts(&["c", "d"]);
    let plan = schema().require("plan").unwrap();
    for id in ["c", "d"] {
        people.edit(id, |contact| contact.set(plan, "pro")).unwrap();
    }
    let mut engine = open(rules([rule]), people);
    for id in ["c", "d"] {
        handle(&mut engine, &tagged(id, START, "X"));
        engine.contacts_mut().edit(id, |contact| contact.set(plan, "free")).unwrap();
    }
    assert_eq!(waiting(&engine), ["1+c", "1+d"]);
    let changed =
        ContactEvent::new("c", START + Duration::days(1), EventKind::DetailChanged { field: "plan".into() });
    handle(&mut engine, &changed);
    assert_eq!(waiting(&engine), ["1+d", "1-c"]);
    engine.reevaluate_all(START + Duration::days(2)).unwrap();
    assert_eq!(waiting(&engine), ["1-c", "1-d"]);
}

#[test]
fn a_backfill_reaches_those_who_match_already_and_only_once() {
    let rule = Rule::new("r").on(Trigger::tag("X")).when("score >= 10").then(add());
    let mut people = contacts(&["low", "high"]);
    let points = schema().require("score").unwrap();
    people.edit("high", |contact| contact.set(points, 10)).unwrap();
    let mut engine = open(rules([rule]), people);
    assert_eq!(engine.backfill("r", START).unwrap().checked, 2);
    assert_eq!(engine.backfill("r", START).unwrap().checked, 0);
    assert_eq!(waiting(&engine), ["1+high"]);

    let everyone = Segment::builder("all").include(Selector::all()).build(&schema()).unwrap();
    assert_eq!(engine.backfill_segment(&saved(2), &everyone, START).unwrap(), 2);
    assert_eq!(waiting(&engine), ["1+high", "2+high", "2+low"]);
    assert_eq!(engine.backfill_segment(&saved(9), &everyone, START).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn the_nine_templates_are_rules_that_check() {
    let all = [
        Template::AddOnTag("A".into()),
        Template::AddOnEvent("cart".into()),
        Template::AddOnStage("sales".into(), "won".into()),
        Template::AddOnOptIn,
        Template::AddOnVisit("any:offer".into()),
        Template::RemoveOnPurchase,
        Template::RemoveOnOptOut,
        Template::RemoveOnPhoneOptOut,
        Template::RemoveOnTagRemoved("A".into()),
    ];
    let rules = all.iter().enumerate().map(|(n, template)| template.rule(format!("t{n}"), &saved(1)));
    let mut engine = open(self::rules(rules), contacts(&["c"]));
    let happenings = [
        (EventKind::TagAssigned { tag: "a".into() }, "1+c"),
        (
            EventKind::ConsentChanged { channel: ConsentChannel::Email, status: ConsentStatus::Withdrawn },
            "1-c",
        ),
        (EventKind::external("cart"), "1+c"),
        (EventKind::external("Purchase"), "1-c"),
        (EventKind::StageReached { funnel: "sales".into(), stage: "won".into() }, "1+c"),
        (
            EventKind::ConsentChanged { channel: ConsentChannel::Phone, status: ConsentStatus::Withdrawn },
            "1-c",
        ),
        (
            EventKind::ConsentChanged { channel: ConsentChannel::Email, status: ConsentStatus::Confirmed },
            "1+c",
        ),
        (EventKind::TagRemoved { tag: "A".into() }, "1-c"),
        (EventKind::visit("https://shop.example/offers/1"), "1+c"),
    ];
    for (minute, (what, expected)) in happenings.into_iter().enumerate() {
        handle(&mut engine, &ContactEvent::new("c", START + Duration::minutes(minute as i64), what));
        assert_eq!(waiting(&engine), [expected]);
    }
}

// Dates.

#[test]
fn a_date_fires_before_on_and_after_in_its_zone_and_every_year_when_the_year_is_ignored() {
    let near = |field: &str, days, ignore_year| Trigger::DateNear {
        field: field.into(),
        days,
        ignore_year,
        zone: Some("Europe/Warsaw".into()),
    };
    let count = |id: &str, trigger| {
        Rule::new(id).on(trigger).then(Action::Call { name: id.into(), data: String::new() })
    };
    let mut people = contacts(&["leap", "renews"]);
    let schema = schema();
    let (birth, renewal) = (schema.require("birth_date").unwrap(), schema.require("renewal").unwrap());
    people.edit("leap", |contact| contact.set(birth, Birthday::new(None, 2, 29)?)).unwrap();
    people.edit("renews", |contact| contact.set(renewal, date!(2027 - 07 - 10))).unwrap();
    let definitions = rules([
        count("birthday", near("birth_date", 0, true)),
        count("before", near("renewal", -3, false)),
        count("after", near("renewal", 1, false)),
    ]);
    let mut engine = open(definitions, people);
    engine.schedule_dates(START).unwrap();
    engine.tick(datetime!(2028-12-31 0:00 UTC)).unwrap();
    let calls: Vec<_> = engine
        .contacts()
        .calls()
        .iter()
        .map(|call| (call.key.rsplit('/').nth(1).unwrap().to_owned(), call.at))
        .collect();
    assert_eq!(
        calls,
        [
            ("rule birthday".to_owned(), datetime!(2026-02-27 23:00 UTC)),
            ("rule birthday".to_owned(), datetime!(2027-02-27 23:00 UTC)),
            ("rule before".to_owned(), datetime!(2027-07-06 22:00 UTC)),
            ("rule after".to_owned(), datetime!(2027-07-10 22:00 UTC)),
            ("rule birthday".to_owned(), datetime!(2028-02-28 23:00 UTC)),
        ]
    );
}

#[test]
fn a_date_that_changes_moves_its_timer_and_a_date_that_goes_takes_it_away() {
    let trigger = Trigger::DateNear { field: "renewal".into(), days: 0, ignore_year: false, zone: None };
    let mut engine = open(rules([Rule::new("r").on(trigger).then(add())]), contacts(&["c"]));
    let renewal = schema().require("renewal").unwrap();
    let changed = |day| {
        ContactEvent::new(
            "c",
            START + Duration::days(day),
            EventKind::DetailChanged { field: "renewal".into() },
        )
    };
    engine.contacts_mut().edit("c", |contact| contact.set(renewal, date!(2026 - 02 - 01))).unwrap();
    handle(&mut engine, &changed(0));
    assert_eq!(engine.next_due(), Some(datetime!(2026-02-01 0:00 UTC)));
    engine.contacts_mut().edit("c", |contact| contact.set(renewal, date!(2026 - 03 - 01))).unwrap();
    handle(&mut engine, &changed(1));
    assert_eq!((engine.next_due(), engine.timers()), (Some(datetime!(2026-03-01 0:00 UTC)), 1));
    engine
        .contacts_mut()
        .edit("c", |contact| {
            contact.unset(renewal);
            Ok(())
        })
        .unwrap();
    handle(&mut engine, &changed(2));
    assert_eq!(engine.timers(), 0);
}

// Workflows.

fn cart_workflow() -> Workflow {
    Workflow::new("cart", 1)
        .start(Trigger::external("cart"), "hold")
        .node(
            "hold",
            Node::WaitFor {
                on: vec![Trigger::external("purchase")],
                within: Delay::Hours(24),
                then: "end".into(),
                otherwise: "country".into(),
            },
        )
        .node(
            "country",
            Node::Check {
                paths: vec![
                    CheckPath::new("first").when("country = \"PL\""),
                    CheckPath::new("second").when("score > 10"),
                ],
                otherwise: "end".into(),
            },
        )
        .node("first", Node::Do { actions: vec![add()], to: "end".into() })
        .node("second", Node::Do { actions: vec![Action::add_to(&saved(2))], to: "end".into() })
        .node("end", Node::End)
}

#[test]
fn an_awaited_event_takes_the_main_path_at_once_and_its_absence_the_other_path_after_the_limit() {
    let mut people = contacts(&["buyer", "pole", "fan", "other"]);
    let schema = schema();
    people.edit("pole", |contact| contact.set(schema.require("country")?, "PL")).unwrap();
    for id in ["pole", "fan"] {
        people.edit(id, |contact| contact.set(schema.require("score")?, 11)).unwrap();
    }
    let mut engine = open(Definitions::new().workflow(cart_workflow()), people);
    for id in ["buyer", "pole", "fan", "other"] {
        handle(&mut engine, &external(id, START, "cart"));
    }
    handle(&mut engine, &external("buyer", START + Duration::hours(23), "purchase"));
    assert_eq!(engine.position("cart", "buyer").unwrap(), None);
    engine.tick(START + Duration::hours(24)).unwrap();
    assert_eq!(waiting(&engine), ["1+pole", "2+fan"], "the first path that holds is taken");
}

#[test]
fn goals_and_exits_end_a_walk_and_reentry_is_a_choice() {
    let workflow = |reentry| {
        Workflow::new("w", 1)
            .start(Trigger::tag("GO"), "wait")
            .node("wait", Node::Wait { delay: Delay::Days(10), to: "add".into() })
            .node("add", Node::Do { actions: vec![add()], to: "end".into() })
            .node("end", Node::End)
            .reentry(reentry)
            .exit(ExitCriterion::new("bought").goal().on(Trigger::external("purchase")))
            .exit(ExitCriterion::new("pro").when("plan = \"pro\""))
    };
    for (reentry, again) in [(Reentry::AfterEnd, true), (Reentry::Never, false), (Reentry::Restart, true)] {
        let mut engine = open(Definitions::new().workflow(workflow(reentry)), contacts(&["goal", "exit"]));
        let plan = schema().require("plan").unwrap();
        for id in ["goal", "exit"] {
            handle(&mut engine, &tagged(id, START, "GO"));
        }
        handle(&mut engine, &external("goal", START + Duration::days(1), "purchase"));
        engine.contacts_mut().edit("exit", |contact| contact.set(plan, "pro")).unwrap();
        handle(&mut engine, &ContactEvent::new("exit", START + Duration::days(1), EventKind::Touched));
        assert_eq!(
            (engine.position("w", "goal").unwrap(), engine.position("w", "exit").unwrap(), engine.timers()),
            (None, None, 0)
        );
        handle(&mut engine, &tagged("goal", START + Duration::days(2), "GO"));
        assert_eq!(engine.position("w", "goal").unwrap().is_some(), again, "{reentry:?}");
        let later = START + Duration::days(3);
        handle(&mut engine, &tagged("goal", later, "GO"));
        let since = engine.position("w", "goal").unwrap().map(|(_, since)| since);
        assert_eq!(since == Some(later), reentry == Reentry::Restart);
    }
}

#[test]
fn a_split_sends_a_contact_the_same_way_in_every_engine() {
    let workflow = Workflow::new("test", 1)
        .start(Trigger::tag("GO"), "split")
        .node(
            "split",
            Node::Split {
                paths: vec![SplitPath::new(1, "a"), SplitPath::new(1, "b"), SplitPath::new(2, "end")],
            },
        )
        .node("a", Node::Do { actions: vec![add()], to: "end".into() })
        .node("b", Node::Do { actions: vec![Action::add_to(&saved(2))], to: "end".into() })
        .node("end", Node::End);
    let ids: Vec<String> = (0..400).map(|n| format!("c{n}")).collect();
    let run = || {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut engine = open(Definitions::new().workflow(workflow.clone()), contacts(&ids));
        for id in ids {
            handle(&mut engine, &tagged(id, START, "GO"));
        }
        waiting(&engine)
    };
    let first = run();
    assert_eq!(first, run());
    let a = first.iter().filter(|line| line.starts_with("1+")).count();
    assert!((70..130).contains(&a) && (150..250).contains(&first.len()), "{a} of {}", first.len());
}

#[test]
fn every_problem_of_a_definition_comes_at_once_with_its_path() {
    let workflow = Workflow::new("w", 1)
        .start(Trigger::tag("GO"), "a")
        .node("a", Node::Do { actions: vec![Action::add_to(&saved(77))], to: "b".into() })
        .node(
            "b",
            Node::Check { paths: vec![CheckPath::new("a").when("scor > 1")], otherwise: "gone".into() },
        )
        .node("lonely", Node::End);
    let definitions = rules([
        Rule::new("r").on(Trigger::DetailChanged { fields: vec!["coutry".into()] }),
        Rule::new("r").when("score >").then(Action::RunRule { rule: "none".into(), check_conditions: true }),
    ])
    .workflow(workflow);
    let error = definitions.check(&schema(), &TimeZone::utc(), &[saved(1)]).unwrap_err();
    let found: Vec<_> =
        error.problems().iter().map(|problem| (problem.field.as_ref(), problem.code)).collect();
    assert_eq!(
        found,
        [
            ("rules[0].on[0]", "unknown_field"),
            ("rules[0].if_yes", "required"),
            ("rules[1].id", "taken"),
            ("rules[1].when[0]", "filter"),
            ("rules[1].if_yes[0].action.run_rule.rule", "unknown_rule"),
            ("workflows[0].nodes.a.actions[0].add_to_audience.audience", "unknown_audience"),
            ("workflows[0].nodes.b.paths[0].when[0]", "filter"),
            ("workflows[0].nodes.b", "dangling"),
            ("workflows[0].nodes.lonely", "unreachable"),
            ("workflows[0].nodes.a", "endless"),
            ("workflows[0].nodes.b", "endless"),
        ]
    );
}

#[test]
fn an_edited_workflow_leaves_contacts_on_the_old_version_or_moves_them_by_node_id() {
    let version = |version, target: &Audience, wait: &str| {
        Workflow::new("w", version)
            .start(Trigger::tag("GO"), wait)
            .node(wait, Node::Wait { delay: Delay::Days(10), to: "add".into() })
            .node("add", Node::Do { actions: vec![Action::add_to(target)], to: "end".into() })
            .node("end", Node::End)
    };
    let audiences = [saved(1), saved(2)];
    let stay = WorkflowMigration::PinVersion;
    let moved = WorkflowMigration::MoveToNode { renamed: [("wait".to_owned(), "pause".to_owned())].into() };
    for (migration, expected) in [(stay, "1+c"), (moved, "2+c")] {
        let store = MemoryStore::new();
        let first = Definitions::new().workflow(version(1, &saved(1), "wait"));
        let second = Definitions::new().workflow(version(2, &saved(2), "pause"));
        let mut engine = AutomationEngine::open(
            first.clone(),
            &audiences,
            store.clone(),
            contacts(&["c"]),
            EngineOptions::default(),
        )
        .unwrap();
        handle(&mut engine, &tagged("c", START, "GO"));
        let unraised = Definitions::new().workflow(version(1, &saved(2), "wait"));
        let error = engine.set_definitions(unraised, &audiences, &migration).unwrap_err();
        assert_eq!(error.problems()[0].field, "workflows[0].version");
        engine.set_definitions(second.clone(), &audiences, &migration).unwrap();
        // The old version survives a restart, since a contact is on it.
        let (_, people) = engine.into_parts();
        let mut engine =
            AutomationEngine::open(second, &audiences, store, people, EngineOptions::default()).unwrap();
        assert_eq!(engine.next_due(), Some(START + Duration::days(10)));
        engine.tick(START + Duration::days(10)).unwrap();
        assert_eq!(waiting(&engine), [expected]);
    }
}

// Definitions, events and errors.

#[test]
fn definitions_cut_in_half_are_refused_at_every_byte() {
    let whole =
        rules([Rule::new("r").on(Trigger::tag("A")).when("score > 1").then_after(Delay::Days(1), add())])
            .workflow(cart_workflow());
    let json = whole.to_json();
    assert_eq!(Definitions::from_json(&json).unwrap(), whole);
    for (cut, _) in json.char_indices() {
        assert_eq!(Definitions::from_json(&json[..cut]).unwrap_err().kind(), ErrorKind::Invalid, "at {cut}");
    }
    let error =
        Definitions::from_json(&json.replace("\"add_to_audience\"", "\"ad_to_audience\"")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("definitions rules[0].if_yes[0].action.ad_to_audience: unknown variant"),
        "{error}"
    );
    let newer = json.replace("\"schema_version\": 1", "\"schema_version\": 2");
    assert_eq!(Definitions::from_json(&newer).unwrap_err().operation(), "definitions schema_version");
}

#[test]
fn the_json_schema_names_every_field_that_definitions_write() {
    let schema: serde_json::Value = serde_json::from_str(Definitions::json_schema()).unwrap();
    let text = schema.to_string();
    let everything = rules([Rule::new("r")
        .name("n")
        .group("g")
        .active(false)
        .on(Trigger::DateNear {
            field: "renewal".into(),
            days: 1,
            ignore_year: true,
            zone: Some("UTC".into()),
        })
        .when("score > 1")
        .check_after(Delay::Months(1))
        .then_after(Delay::Weeks(1), add())
        .otherwise(Action::SetStage { funnel: "f".into(), stage: "s".into() })
        .runs_per_contact(1)
        .min_interval(Delay::Hours(1))
        .valid(Some(START), Some(START))
        .schedule(
            Schedule::new(OpenHours::daily("08:00", "09:00").unwrap().on([Weekday::Sunday])).zone("UTC"),
        )
        .rate_limit(RateLimit::new(1, Period::Hour))
        .leave()])
    .frequency_cap(FrequencyCap::new("l", 1, Period::Month).group("g"))
    .workflow(
        cart_workflow().exit(ExitCriterion::new("x").goal().on(Trigger::ContactAdded).when("score > 1")),
    );
    fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| {
                found.push(key.clone());
                keys(value, found);
            }),
            serde_json::Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    keys(&serde_json::to_value(&everything).unwrap(), &mut found);
    let free = ["hold", "country", "first", "second", "end"];
    for key in found.iter().filter(|key| !free.contains(&key.as_str())) {
        assert!(text.contains(&format!("\"{key}\"")), "the JSON Schema does not know {key:?}");
    }
}

#[test]
fn a_bad_event_is_refused_with_its_kind_and_the_others_go_on() {
    let mut engine = open(rules([Template::AddOnTag("A".into()).rule("r", &saved(1))]), contacts(&["c"]));
    let large = ContactEvent::new("c", START, EventKind::visit("x".repeat(1 << 20)));
    let events = [
        tagged("nobody", START, "A"),
        tagged("c", START + Duration::hours(1), "A"),
        tagged("c", START - Duration::days(31), "A"),
        large,
        tagged("c", START, "A"),
    ];
    let results = engine.handle_all(&events, START).unwrap();
    let kinds: Vec<_> = results.iter().map(|result| result.as_ref().err().map(Error::kind)).collect();
    let invalid = Some(ErrorKind::Invalid);
    assert_eq!(kinds, [Some(ErrorKind::NotFound), invalid, invalid, Some(ErrorKind::Limit), None]);
    assert_eq!(waiting(&engine), ["1+c"]);
    let megabyte = format!(r#"{{"contact":"{}"}}"#, "x".repeat(1 << 20));
    assert_eq!(ContactEvent::from_json(&megabyte).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn neither_an_error_nor_the_audit_log_nor_debug_shows_a_value() {
    let canary = "canary@example.com";
    let text = format!(
        r#"{{"contact":"c","at":"2026-01-01T00:00:00Z","what":{{"score_changed":{{"from":"{canary}","to":1}}}}}}"#
    );
    let error = ContactEvent::from_json(&text).unwrap_err();
    assert!(error.to_string().starts_with("event what.score_changed.from: "), "{error}");
    assert!(!error.to_string().contains("canary"), "{error}");

    let mut people = contacts(&["c"]);
    people.edit("c", |contact| contact.set(schema().require("email")?, canary)).unwrap();
    let rule = Rule::new("r")
        .on(Trigger::PageVisited { url: "any:example".into() })
        .when("email is set")
        .then(add());
    let mut engine = open(rules([rule]), people);
    let event = ContactEvent::new("c", START, EventKind::visit(format!("https://example.com/?e={canary}")));
    handle(&mut engine, &event);
    let mut log = format!("{event:?} {engine:?}");
    for entry in engine.audit_log(0) {
        let entry = entry.unwrap();
        log.push_str(&format!("{entry} {entry:?}"));
    }
    assert!(log.contains("every condition held") && !log.contains("canary"), "{log}");
}

#[test]
fn an_explanation_tells_the_events_checks_and_actions_behind_a_place() {
    let mut engine = open(
        rules([
            Rule::new("in").on(Trigger::tag("A")).when("score >= 5").then(add()),
            Rule::new("out").on(Trigger::external("purchase")).then(remove()),
        ]),
        contacts(&["c", "d"]),
    );
    let points = schema().require("score").unwrap();
    handle(&mut engine, &tagged("c", START, "A"));
    let before = engine.explain("c", &saved(1), START).unwrap();
    assert_eq!((before.is_member, before.rules[0].failing_condition), (None, Some(0)));
    assert!(before.to_string().contains("condition 1 did not hold"), "{before}");
    engine.contacts_mut().edit("c", |contact| contact.set(points, 5)).unwrap();
    handle(&mut engine, &tagged("c", START + Duration::hours(1), "A"));
    let after = engine.explain("c", &saved(1), START).unwrap();
    assert_eq!((after.is_member, after.is_waiting, after.rules[0].runs), (Some(true), true, 1));
    assert_eq!(engine.explain("d", &saved(1), START).unwrap().trace, []);
    engine.prune_audit_log(u64::MAX).unwrap();
    assert_eq!(engine.explain("c", &saved(1), START).unwrap().trace, []);
}

#[test]
fn a_simulation_says_who_would_be_added_and_when_and_changes_nothing() {
    let definitions = Definitions::new()
        .rule(Rule::new("r").on(Trigger::tag("A")).then_after(Delay::Days(2), add()))
        .workflow(cart_workflow());
    let mut people = contacts(&["c", "pole"]);
    people.edit("pole", |contact| contact.set(schema().require("country")?, "PL")).unwrap();
    let history = [external("pole", START + Duration::hours(1), "cart"), tagged("c", START, "A")];
    let found = Simulation::run(
        &definitions,
        &[saved(1), saved(2)],
        &people,
        &history,
        START + Duration::days(30),
        &EngineOptions::default(),
    )
    .unwrap();
    let lines: Vec<_> = found
        .changes
        .iter()
        .map(|change| (change.contact.as_str(), change.at, change.source.as_str()))
        .collect();
    assert_eq!(
        lines,
        [("pole", START + Duration::hours(25), "workflow cart"), ("c", START + Duration::days(2), "rule r"),]
    );
    assert_eq!(people.len(), 2);
}

// Stores and sinks.

/// Fails the commits that it is told to fail.
#[derive(Debug, Clone)]
struct Failing {
    inner: MemoryStore,
    commits_left: Arc<Mutex<u32>>,
}

impl Store for Failing {
    fn commit(&mut self, writes: Vec<WriteOp>) -> audiencekit::Result<()> {
        let mut left = self.commits_left.lock().unwrap();
        *left = left.checked_sub(1).ok_or_else(|| Error::new(ErrorKind::Io, "test", "disk full"))?;
        self.inner.commit(writes)
    }

    fn get(&self, table: Keyspace, key: &[u8]) -> audiencekit::Result<Option<Vec<u8>>> {
        self.inner.get(table, key)
    }

    fn scan(
        &self,
        table: Keyspace,
        from: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> audiencekit::Result<std::ops::ControlFlow<()>>,
    ) -> audiencekit::Result<()> {
        self.inner.scan(table, from, visit)
    }
}

#[test]
fn after_a_failed_commit_at_any_step_a_reopened_engine_ends_the_same() {
    let definitions = Definitions::new()
        .rule(
            Rule::new("count")
                .on(Trigger::tag("A"))
                .then(Action::ChangeScore { by: 1 })
                .then_after(Delay::Days(1), add()),
        )
        .rule(
            Rule::new("once")
                .on(Trigger::score_reached(2))
                .when("not has tag \"X\"")
                .then(Action::AddTag { tag: "X".into() })
                .then(Action::add_to(&saved(2))),
        )
        .workflow(cart_workflow());
    let events: Vec<_> = (0..6)
        .map(|n| {
            let at = START + Duration::hours(7 * n);
            if n % 3 == 2 { external("c", at, "cart") } else { tagged("c", at, "A") }
        })
        .collect();
    let run = |mut commits: u32| {
        let store = MemoryStore::new();
        let mut people = contacts(&["c"]);
        people.edit("c", |contact| contact.set(schema().require("country")?, "PL")).unwrap();
        let mut next = 0;
        let mut restarts = 0;
        loop {
            let failing = Failing { inner: store.clone(), commits_left: Arc::new(Mutex::new(commits)) };
            commits = u32::MAX;
            let engine = AutomationEngine::open(
                definitions.clone(),
                &[saved(1), saved(2)],
                failing,
                people.clone(),
                EngineOptions::default(),
            );
            let Ok(mut engine) = engine else {
                restarts += 1;
                continue;
            };
            let mut failed = false;
            while let Some(event) = events.get(next) {
                if engine.handle(event, event.at).is_err() {
                    failed = true;
                    break;
                }
                next += 1;
            }
            if !failed && engine.tick(START + Duration::days(9)).is_ok() {
                let points = schema().require("score").unwrap();
                let contact = engine.contacts().get("c").unwrap();
                let end = (
                    format!("{:?}", contact.get(points) == Some(audiencekit::contact::ValueRef::Integer(4))),
                    contact.tags().len(),
                );
                let out = waiting(&engine);
                return (end, out, restarts);
            }
            assert!(engine.handle(&events[0], START).is_err(), "an engine that failed stays stopped");
            restarts += 1;
            // The contact store outlives the engine: what it was told stays.
            people = engine.into_parts().1;
        }
    };
    let (end, out, _) = run(u32::MAX);
    assert_eq!(end, ("true".to_owned(), 1));
    assert_eq!(out.len(), 2);
    let mut stopped = 0;
    for commits in 0..40 {
        let (other_end, other_out, restarts) = run(commits);
        assert_eq!((&other_end, &other_out), (&end, &out), "after {commits} commits");
        stopped += restarts;
    }
    assert!(stopped > 10, "the failures came in the middle: {stopped}");
}

#[derive(Default)]
struct Sink {
    calls: Mutex<Vec<(String, usize)>>,
    broken: Option<&'static str>,
}

#[async_trait::async_trait]
impl MemberSink for Sink {
    async fn apply(
        &self,
        audience: &Audience,
        changes: &[MembershipChange],
    ) -> audiencekit::Result<Option<DeferredRemovals>> {
        if self.broken == Some(audience.id().as_str()) {
            return Err(Error::new(ErrorKind::NotFound, "apply", "the audience was deleted at Facebook"));
        }
        self.calls.lock().unwrap().push((audience.id().to_string(), changes.len()));
        Ok(None)
    }
}

#[tokio::test]
async fn an_audience_deleted_at_facebook_keeps_its_operations_and_the_others_are_sent() {
    let mut engine = open(
        rules([Rule::new("r").on(Trigger::tag("A")).then(add()).then(Action::add_to(&saved(2)))]),
        contacts(&["c", "d"]),
    );
    handle(&mut engine, &tagged("c", START, "A"));
    handle(&mut engine, &tagged("d", START, "A"));
    engine.contacts_mut().remove("d");
    let sink = Sink { broken: Some("1"), ..Sink::default() };
    let report = engine.flush(&sink).await.unwrap();
    assert_eq!((report.sent, report.failed.len(), report.failed[0].0.as_str()), (1, 1, "1"));
    assert_eq!(waiting(&engine), ["1+c", "1+d"]);
    let report = engine.flush(&Sink::default()).await.unwrap();
    assert_eq!((report.sent, report.gone), (1, 1));
    assert!(waiting(&engine).is_empty());
}

#[test]
fn a_contact_that_is_gone_when_its_time_comes_is_told_and_the_rest_goes_on() {
    let rule = Rule::new("r")
        .on(Trigger::tag("A"))
        .when("score >= 0 or score is not set")
        .check_after(Delay::Days(1))
        .then(add());
    let mut engine = open(rules([rule]), contacts(&["c", "d"]));
    handle(&mut engine, &tagged("c", START, "A"));
    handle(&mut engine, &tagged("d", START, "A"));
    engine.contacts_mut().remove("c");
    let outcome = engine.tick(START + Duration::days(1)).unwrap();
    assert_eq!(outcome.problems[0].kind(), ErrorKind::NotFound);
    assert_eq!(waiting(&engine), ["1+d"]);
    assert!(!engine.contacts().load("c", &mut audiencekit::Contact::new(&schema())).unwrap());
}

// One event, one effect.

fn points(engine: &Memory, id: &str) -> i64 {
    match engine.contacts().get(id).unwrap().get(schema().require("score").unwrap()) {
        Some(audiencekit::contact::ValueRef::Integer(score)) => score,
        _ => 0,
    }
}

fn up(to: &str) -> Node {
    Node::Do { actions: vec![Action::ChangeScore { by: 1 }], to: to.into() }
}

#[test]
fn an_action_is_done_each_time_a_workflow_comes_round() {
    let workflow = Workflow::new("w", 1)
        .start(Trigger::tag("GO"), "up")
        .node("up", up("wait"))
        .node("wait", Node::Wait { delay: Delay::Days(1), to: "up".into() });
    let mut engine = open(Definitions::new().workflow(workflow), contacts(&["c"]));
    handle(&mut engine, &tagged("c", START, "GO"));
    engine.tick(START + Duration::days(5)).unwrap();
    assert_eq!(points(&engine, "c"), 6);
}

#[test]
fn an_event_that_ends_a_wait_does_not_end_the_next_one_too() {
    let wait = |then: &str| Node::WaitFor {
        on: vec![Trigger::external("visit")],
        within: Delay::Days(9),
        then: then.into(),
        otherwise: "end".into(),
    };
    let workflow = Workflow::new("w", 1)
        .start(Trigger::tag("GO"), "a")
        .node("a", wait("b"))
        .node("b", wait("c"))
        .node("c", up("end"))
        .node("end", Node::End);
    let mut engine = open(Definitions::new().workflow(workflow), contacts(&["c"]));
    handle(&mut engine, &tagged("c", START, "GO"));
    handle(&mut engine, &external("c", START + Duration::days(1), "visit"));
    assert_eq!(engine.position("w", "c").unwrap().unwrap().0, "b");
    handle(&mut engine, &external("c", START + Duration::days(2), "visit"));
    assert_eq!((engine.position("w", "c").unwrap(), points(&engine, "c")), (None, 1));
}

#[test]
fn an_event_that_matches_two_starts_takes_the_first_even_if_it_ends_at_once() {
    let workflow = Workflow::new("w", 1)
        .start(Trigger::tag("GO"), "a")
        .start(Trigger::TagAssigned { tags: Vec::new() }, "b")
        .node("a", Node::Do { actions: vec![add()], to: "end".into() })
        .node("b", Node::Do { actions: vec![Action::add_to(&saved(2))], to: "end".into() })
        .node("end", Node::End);
    for reentry in [Reentry::AfterEnd, Reentry::Restart] {
        let workflow = workflow.clone().reentry(reentry);
        let mut engine = open(Definitions::new().workflow(workflow), contacts(&["c"]));
        handle(&mut engine, &tagged("c", START, "GO"));
        assert_eq!(waiting(&engine), ["1+c"], "{reentry:?}");
    }
}

#[test]
fn a_change_that_a_timer_makes_is_looked_at_like_one_of_an_event() {
    let date = Trigger::DateNear { field: "renewal".into(), days: 0, ignore_year: false, zone: None };
    let renewed = Action::SetDetail { field: "renewal".into(), value: "2026-02-01".into() };
    let mut engine = open(
        rules([
            Rule::new("in").on(Trigger::tag("X")).when("score is not set or score < 5").then(add()).leave(),
            Rule::new("later")
                .on(Trigger::tag("X"))
                .then_after(Delay::Days(1), Action::SetScore { to: 9 })
                .then_after(Delay::Days(2), renewed),
            Rule::new("renewal").on(date).then(Action::add_to(&saved(2))),
        ]),
        contacts(&["c"]),
    );
    handle(&mut engine, &tagged("c", START, "X"));
    assert_eq!(waiting(&engine), ["1+c"]);
    engine.tick(START + Duration::days(1)).unwrap();
    assert_eq!(waiting(&engine), ["1-c"], "the rule's conditions no longer hold");
    engine.tick(START + Duration::days(2)).unwrap();
    assert_eq!(engine.next_due(), Some(datetime!(2026-02-01 0:00 UTC)), "the new date is planned");
}

#[test]
fn a_delayed_addition_is_left_out_once_the_rule_has_let_the_contact_go() {
    let rule = Rule::new("pro")
        .on(Trigger::tag("X"))
        .when("score is not set")
        .then_after(Delay::Days(3), add())
        .leave();
    let mut engine = open(rules([rule]), contacts(&["c", "d"]));
    for id in ["c", "d"] {
        handle(&mut engine, &tagged(id, START, "X"));
    }
    engine.contacts_mut().edit("c", |contact| contact.set(schema().require("score")?, 1)).unwrap();
    handle(&mut engine, &ContactEvent::new("c", START + Duration::days(1), EventKind::Touched));
    engine.tick(START + Duration::days(9)).unwrap();
    assert_eq!(waiting(&engine), ["1+d", "1-c"]);
}

// JSON that does not fit.

/// Every object in `value`, by its path.
fn objects(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            found.push(path.to_owned());
            map.iter().for_each(|(key, value)| objects(value, &format!("{path}/{key}"), found));
        }
        serde_json::Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(index, value)| objects(value, &format!("{path}/{index}"), found));
        }
        _ => {}
    }
}

/// A JSON pointer as an error names it.
fn said(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        match part.parse::<usize>() {
            Ok(index) => path.push_str(&format!("[{index}]")),
            Err(_) if path.is_empty() => path.push_str(part),
            Err(_) => path.push_str(&format!(".{part}")),
        }
    }
    path
}

#[test]
fn an_unknown_field_is_refused_with_its_path_wherever_it_stands() {
    let tests = vec![PropertyFilter::new("value", PropertyTest::GreaterThan(1.into()))];
    let split = Node::Split { paths: vec![SplitPath::new(1, "end")] };
    let whole = rules([Rule::new("r")
        .on(Trigger::External { kinds: vec!["cart".into()], properties: tests })
        .on(Trigger::DateNear { field: "renewal".into(), days: 1, ignore_year: true, zone: None })
        .check_after(Delay::Days(1))
        .then_after(Delay::Weeks(1), add())
        .otherwise(Action::RunRule { rule: "r".into(), check_conditions: true })
        .min_interval(Delay::Hours(1))])
    .workflow(
        cart_workflow()
            .node("wait", Node::Wait { delay: Delay::Days(1), to: "split".into() })
            .node("split", split)
            .exit(ExitCriterion::new("x").goal().on(Trigger::tag("A"))),
    );
    let value: serde_json::Value = serde_json::from_str(&whole.to_json()).unwrap();
    let mut found = Vec::new();
    objects(&value, "", &mut found);
    assert!(found.len() > 40, "{found:?}");
    for pointer in found {
        let mut broken = value.clone();
        let object = broken.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
        object.insert("colour".into(), "crimson".into());
        let error = Definitions::from_json(&serde_json::to_string_pretty(&broken).unwrap()).unwrap_err();
        let path = said(&pointer);
        assert!(error.operation().starts_with(&format!("definitions {path}")), "{pointer}: {error}");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(!error.to_string().contains("crimson"), "{error}");
    }
}

#[test]
fn a_definition_cut_anywhere_is_refused_with_the_path_to_the_cut() {
    let whole = rules([Rule::new("r").on(Trigger::tag("A")).then_after(Delay::Days(1), add())])
        .workflow(cart_workflow());
    let json = whole.to_json();
    let mut paths = std::collections::BTreeSet::new();
    for (cut, _) in json.char_indices().skip(1) {
        let error = Definitions::from_json(&json[..cut]).unwrap_err();
        let path = error.operation().strip_prefix("definitions").unwrap_or_else(|| panic!("{error}"));
        let mut objects_there = Vec::new();
        objects(&serde_json::from_str(&json).unwrap(), "", &mut objects_there);
        paths.insert(path.trim().to_owned());
    }
    for path in ["rules[0].if_yes[0].after.days", "workflows[0].nodes.country.check.paths[1].to"] {
        assert!(paths.contains(path), "{path} in {paths:?}");
    }
}

#[test]
fn an_audience_that_does_not_fit_says_where() {
    let json = serde_json::to_string(&saved(1)).unwrap();
    assert_eq!(Audience::from_json(&json).unwrap(), saved(1));
    for (cut, _) in json.char_indices() {
        assert_eq!(Audience::from_json(&json[..cut]).unwrap_err().kind(), ErrorKind::Invalid, "at {cut}");
    }
    let said = |from: &str, to: &str| Audience::from_json(&json.replace(from, to)).unwrap_err().to_string();
    assert!(said("\"people\"", "\"persons\"").starts_with("audience minimum_size.persons: "));
    assert!(said("\"automation\"", "\"automatic\"").starts_with("audience contacts: "));
    assert!(said("\"schema_version\":1", "\"schema_version\":2").contains("schema_version 2 is not known"));
}

#[tokio::test]
async fn a_removal_that_facebook_refuses_for_a_small_audience_is_kept_and_tried_again() {
    use audiencekit::audience::{AudienceBuilder, ContactManagement};
    use audiencekit::{MemorySource, MockClient, SyncEngine};

    let facebook = MockClient::new();
    facebook.fake().configure(|settings| {
        settings.removal_floor = 2;
        settings.match_percent = 100;
    });
    let draft = AudienceBuilder::new().name("A").description("d").account(facebook.fake().account());
    let audience =
        draft.contacts(ContactManagement::Automation).build().unwrap().save(&facebook).await.unwrap();
    let mut people = contacts(&["a", "b"]);
    for id in ["a", "b"] {
        let email = format!("{id}@example.com");
        people.edit(id, |contact| contact.set(schema().require("email")?, email)).unwrap();
    }
    let definitions = rules([
        Template::AddOnTag("IN".into()).rule("in", &audience),
        Template::RemoveOnPurchase.rule("out", &audience),
    ]);
    let audiences = std::slice::from_ref(&audience);
    let mut engine =
        AutomationEngine::open(definitions, audiences, MemoryStore::new(), people, EngineOptions::default())
            .unwrap();
    let source = MemorySource::new(&schema(), Vec::new());
    let sync = SyncEngine::builder(source, facebook.clone(), facebook.fake().clone()).build();
    for id in ["a", "b"] {
        handle(&mut engine, &tagged(id, START, "IN"));
    }
    assert_eq!(engine.flush(&sync).await.unwrap().sent, 2);
    handle(&mut engine, &external("a", START, "purchase"));
    facebook.fake().advance(std::time::Duration::from_secs(3 * 86_400));
    let held_back = [(audience.id().to_string(), 1)];
    for _ in 0..2 {
        let report = engine.flush(&sync).await.unwrap();
        let now = facebook.fake().now();
        let policy = FlushPolicy::default();
        assert!(!engine.flush_is_due(&policy, now + Duration::minutes(14)), "just tried");
        assert!(engine.flush_is_due(&policy, now + Duration::minutes(15)), "to be tried again");
        assert_eq!((report.failed.len(), engine.pending_len(), &report.deferred[..]), (0, 0, &held_back[..]));
        assert_eq!(facebook.fake().members(audience.id()).len(), 2);
    }
    // Once others have come in the removal passes, and not before.
    engine
        .contacts_mut()
        .edit("c", |contact| contact.set(schema().require("email")?, "c@example.com"))
        .unwrap();
    handle(&mut engine, &tagged("c", START, "IN"));
    engine.flush(&sync).await.unwrap();
    let report = engine.flush(&sync).await.unwrap();
    assert_eq!((report.failed.len(), report.deferred.len()), (0, 0), "{report:?}");
    assert_eq!(facebook.fake().members(audience.id()).len(), 2);
}

#[test]
fn a_late_event_does_not_make_a_date_fire_again() {
    let date = Trigger::DateNear { field: "renewal".into(), days: 0, ignore_year: false, zone: None };
    let mut people = contacts(&["c"]);
    let renewal = schema().require("renewal").unwrap();
    people.edit("c", |contact| contact.set(renewal, date!(2026 - 01 - 05))).unwrap();
    let call = Action::Call { name: "renewed".into(), data: String::new() };
    let mut engine = open(
        rules([
            Rule::new("renewal").on(date).then(add()).then(call),
            Rule::new("later").on(Trigger::tag("X")).then_after(Delay::Hours(1), Action::SetScore { to: 9 }),
        ]),
        people,
    );
    engine.schedule_dates(START).unwrap();
    let midnight = datetime!(2026-01-05 0:00 UTC);
    assert_eq!(engine.tick(midnight + Duration::hours(6)).unwrap().actions, 2);
    let late = tagged("c", midnight - Duration::hours(3), "X");
    let outcome = engine.handle(&late, midnight + Duration::hours(7)).unwrap();
    assert_eq!((outcome.actions, engine.timers()), (1, 0));
}

// Schedules, caps and limits.

fn hours(from: &str, until: &str) -> Schedule {
    Schedule::new(OpenHours::daily(from, until).unwrap())
}

#[test]
fn outside_its_schedule_a_rule_checks_at_once_and_acts_when_it_opens() {
    // 2026-01-02 is a Friday; the rule may act on working days, 8 to 18 in Warsaw.
    let work = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    let office = Schedule::new(OpenHours::daily("08:00", "18:00").unwrap().on(work)).zone("Europe/Warsaw");
    let rule = Rule::new("r")
        .on(Trigger::tag("A"))
        .when("score >= 10")
        .then(Action::AddTag { tag: "FIRST".into() })
        .then_after(Delay::Hours(1), Action::AddTag { tag: "SECOND".into() })
        .then(add())
        .schedule(office);
    let mut people = contacts(&["c"]);
    people.edit("c", |contact| contact.set(schema().require("score")?, 10)).unwrap();
    let store = MemoryStore::new();
    let open = |people| {
        let definitions = Definitions::from_json(&rules([rule.clone()]).to_json()).unwrap();
        AutomationEngine::open(definitions, &[saved(1)], store.clone(), people, EngineOptions::default())
            .unwrap()
    };
    let mut engine = open(people);
    let friday_evening = datetime!(2026-01-02 17:30 UTC);
    let outcome = handle(&mut engine, &tagged("c", friday_evening, "A"));
    assert_eq!((outcome.checked, outcome.actions, outcome.postponed, outcome.dropped), (1, 0, 2, 0));
    // The conditions were checked on Friday; what the contact is on Monday does not matter any more.
    engine.contacts_mut().edit("c", |contact| contact.set(schema().require("score")?, 0)).unwrap();
    engine = open(engine.into_parts().1);
    let monday = datetime!(2026-01-05 7:00 UTC);
    let before = engine.tick(monday - Duration::seconds(1)).unwrap();
    assert_eq!((before.actions, before.postponed), (0, 1));
    assert_eq!(engine.next_due(), Some(monday));
    assert_eq!(engine.tick(monday).unwrap().actions, 3);
    assert_eq!(waiting(&engine), ["1+c"]);
    assert_eq!(engine.timers(), 0);
    let told = engine.explain("c", &saved(1), monday).unwrap().to_string();
    assert!(told.contains("rule r waits until 2026-01-05 7:00:00.0 +00:00:00"), "{told}");
}

#[test]
fn a_rule_that_drops_outside_its_schedule_says_so_and_has_had_its_run() {
    let rule = Rule::new("r").on(Trigger::tag("A")).then(add()).runs_per_contact(1);
    let definitions = rules([rule.schedule(hours("22:00", "06:00").or_skip())]);
    let mut engine = open(definitions.clone(), contacts(&["c", "d"]));
    let outcome = handle(&mut engine, &tagged("c", START, "A"));
    assert_eq!((outcome.actions, outcome.dropped, outcome.postponed), (0, 1, 0));
    let night = datetime!(2026-01-02 5:59 UTC);
    assert_eq!(handle(&mut engine, &tagged("c", night, "A")).dropped, 0, "the run limit is kept");
    assert_eq!(handle(&mut engine, &tagged("d", night, "A")).actions, 1);
    assert_eq!(waiting(&engine), ["1+d"]);
    let told = engine.explain("c", &saved(1), START).unwrap().to_string();
    assert!(told.contains("rule r skipped: add_to_audience is outside the schedule"), "{told}");
    let history = [tagged("c", START, "A"), tagged("d", night, "A")];
    let options = EngineOptions::default();
    let found = Simulation::run(&definitions, &[saved(1)], &contacts(&["c", "d"]), &history, night, &options)
        .unwrap();
    assert_eq!((found.changes.len(), found.dropped.len()), (1, 1));
    assert_eq!((found.dropped[0].contact.as_str(), found.dropped[0].at), ("c", START));
}

#[test]
fn an_hour_that_the_clocks_skip_does_not_open_and_one_that_comes_twice_opens_twice() {
    let rule = Rule::new("r").on(Trigger::tag("A")).then(Action::ChangeScore { by: 1 });
    let rule = rule.schedule(hours("02:00", "03:00").zone("Europe/Warsaw"));
    let mut engine = open(rules([rule]), contacts(&["c"]));
    let mut due = |at| {
        engine.tick(at).unwrap();
        let outcome = handle(&mut engine, &tagged("c", at, "A"));
        if outcome.actions == 1 { Some(at) } else { engine.next_due() }
    };
    // On 2026-03-29 two o'clock is three o'clock.
    assert_eq!(due(datetime!(2026-03-29 0:30 UTC)), Some(datetime!(2026-03-30 0:00 UTC)));
    let twice = [datetime!(2026-10-25 0:30 UTC), datetime!(2026-10-25 1:30 UTC)];
    assert_eq!(twice.map(&mut due), twice.map(Some));
}

#[test]
fn a_contact_waits_in_a_workflow_until_its_schedule_opens_and_may_leave_before() {
    let workflow = |version, open: Schedule| {
        Workflow::new("w", version)
            .start(Trigger::tag("A"), "act")
            .node("act", Node::Do { actions: vec![add()], to: "end".into() })
            .node("end", Node::End)
            .exit(ExitCriterion::new("gone").on(Trigger::tag("B")))
            .schedule(open)
    };
    let definitions = |workflow| Definitions::new().workflow(workflow);
    let mut engine = open(definitions(workflow(1, hours("12:00", "13:00"))), contacts(&["c", "d"]));
    for id in ["c", "d"] {
        let outcome = handle(&mut engine, &tagged(id, START, "A"));
        assert_eq!((outcome.actions, outcome.postponed), (0, 1));
        assert_eq!(engine.position("w", id).unwrap(), Some(("act".into(), START)));
    }
    handle(&mut engine, &tagged("d", START + Duration::hours(1), "B"));
    // In a new version, open an hour later, the contact goes on waiting at the node of the same id.
    let moved = WorkflowMigration::MoveToNode { renamed: Default::default() };
    engine.set_definitions(definitions(workflow(2, hours("13:00", "14:00"))), &[saved(1)], &moved).unwrap();
    assert_eq!(engine.tick(START + Duration::hours(3)).unwrap().actions, 0);
    assert_eq!(engine.tick(START + Duration::hours(4)).unwrap().actions, 1);
    assert_eq!(waiting(&engine), ["1+c"]);
    // One that drops goes on without its actions.
    let drops = hours("12:00", "13:00").or_skip();
    let mut engine = open(definitions(workflow(1, drops)), contacts(&["c"]));
    let outcome = handle(&mut engine, &tagged("c", START, "A"));
    assert_eq!((outcome.actions, outcome.dropped, engine.timers()), (0, 1, 0));
    assert_eq!(engine.position("w", "c").unwrap(), None);
}

#[test]
fn a_cap_lets_so_many_run_in_a_period_over_all_contacts_and_tells_of_the_others() {
    let rule = Rule::new("r").on(Trigger::tag("A")).when("score is empty").then(add()).runs_per_contact(1);
    let cart = Workflow::new("w", 1)
        .start(Trigger::tag("A"), "act")
        .start(Trigger::tag("A"), "end")
        .node("act", Node::Do { actions: vec![Action::add_to(&saved(2))], to: "end".into() })
        .node("end", Node::End)
        .rate_limit(RateLimit::new(1, Period::Hour));
    let definitions = rules([rule.rate_limit(RateLimit::new(2, Period::Day))]).workflow(cart);
    let definitions = Definitions::from_json(&definitions.to_json()).unwrap();
    let store = MemoryStore::new();
    let ids = ["c0", "c1", "c2", "c3"];
    let open = |people| {
        let audiences = [saved(1), saved(2)];
        AutomationEngine::open(
            definitions.clone(),
            &audiences,
            store.clone(),
            people,
            EngineOptions::default(),
        )
        .unwrap()
    };
    let mut engine = open(contacts(&ids));
    let mut dropped = Vec::new();
    for id in ids {
        dropped.push(handle(&mut engine, &tagged(id, START, "A")).dropped);
        engine = open(engine.into_parts().1);
    }
    assert_eq!(dropped, [0, 1, 2, 2], "the workflow lets in one, the rule runs for two");
    assert_eq!(waiting(&engine), ["1+c0", "1+c1", "2+c0"]);
    let told = engine.explain("c3", &saved(1), START).unwrap().to_string();
    assert!(told.contains("rule r skipped: the rate limit of 2 per day is reached"), "{told}");
    assert!(told.contains("workflow w skipped: the rate limit of 1 per hour is reached"), "{told}");
    // What was dropped is no run of the contact, and a run by hand keeps the cap too.
    let tomorrow = datetime!(2026-01-02 0:00 UTC);
    let outcome = engine.run_rule("r", ids, &ManualRun::new("again"), tomorrow).unwrap();
    assert_eq!((outcome.members, outcome.dropped), (2, 0), "c0 and c1 have had their runs");
    let more = engine.run_rule("r", ids, &ManualRun::new("more"), tomorrow).unwrap();
    assert_eq!((more.members, more.dropped), (0, 0));
}

#[test]
fn a_limit_counts_the_runs_of_a_contact_over_a_group_of_rules_and_workflows() {
    let rule = |id: &str, group: &str| {
        Rule::new(id).group(group).on(Trigger::tag("A")).then(Action::ChangeScore { by: 1 })
    };
    let mut flow = Workflow::new("w", 1)
        .start(Trigger::tag("A"), "act")
        .node("act", Node::Do { actions: vec![Action::ChangeScore { by: 10 }], to: "end".into() })
        .node("end", Node::End);
    flow.group = Some("g".into());
    let definitions = rules([rule("a", "g"), rule("b", "other"), rule("c", "g")])
        .workflow(flow)
        .frequency_cap(FrequencyCap::new("few", 2, Period::Week).group("g"));
    let mut engine = open(definitions, contacts(&["c", "d"]));
    assert_eq!(handle(&mut engine, &tagged("c", START, "A")).dropped, 1, "a and c ran, w may not");
    assert_eq!(points(&engine, "c"), 3);
    assert_eq!(handle(&mut engine, &tagged("d", START, "A")).dropped, 1, "each contact has its own");
    // Thursday to Sunday is the same week; b is of another group.
    let sunday = datetime!(2026-01-04 23:59 UTC);
    assert_eq!(handle(&mut engine, &tagged("c", sunday, "A")).dropped, 3);
    assert_eq!(points(&engine, "c"), 4);
    let told = engine.explain("c", &saved(1), sunday).unwrap().to_string();
    assert!(told.contains("rule a skipped: the frequency cap few of 2 per week is reached"), "{told}");
    assert_eq!(handle(&mut engine, &tagged("c", datetime!(2026-01-05 0:00 UTC), "A")).dropped, 1);
    assert_eq!(points(&engine, "c"), 7);
}

#[test]
fn a_schedule_cap_or_limit_that_makes_no_sense_is_refused_with_its_path() {
    let mut never = hours("08:00", "09:00").zone("Europe/Warsau");
    never.open.clear();
    let rule = Rule::new("r").then(add()).schedule(never).rate_limit(RateLimit::new(0, Period::Day));
    let definitions = rules([rule])
        .frequency_cap(FrequencyCap::new("l", 0, Period::Hour).group("none"))
        .frequency_cap(FrequencyCap::new("l", 1, Period::Month));
    let error = definitions.check(&schema(), &TimeZone::utc(), &[saved(1)]).unwrap_err();
    let found: Vec<_> =
        error.problems().iter().map(|problem| (problem.field.as_ref(), problem.code)).collect();
    assert_eq!(
        found,
        [
            ("rules[0].schedule.open", "required"),
            ("rules[0].schedule.zone", "unknown_zone"),
            ("rules[0].cap.runs", "out_of_range"),
            ("limits[0].runs", "out_of_range"),
            ("limits[0].group", "unknown_group"),
            ("limits[1].id", "taken"),
        ]
    );
    for text in ["8:00", "24:00", "08:60", "", "08:00:00", "+8:00", "ab:cd"] {
        let error = OpenHours::daily(text, "09:00").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
        let json = format!(
            r#"{{"schema_version":1,"rules":[{{"id":"r","schedule":{{"open":[{{"from":"{text}","until":"09:00"}}]}}}}]}}"#
        );
        let error = Definitions::from_json(&json).unwrap_err().to_string();
        assert!(error.contains("rules[0].schedule.open[0].from"), "{error}");
    }
}

// Many contacts, and what a hostile reader tries.

#[test]
fn a_backfill_dates_and_an_edit_reach_every_contact_once_lot_by_lot() {
    let ids: Vec<String> = (0..2_500).map(|n| format!("c{n:04}")).collect();
    let mut people = contacts(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let renewal = schema().require("renewal").unwrap();
    for id in &ids {
        people.edit(id.as_str(), |contact| contact.set(renewal, date!(2026 - 02 - 01))).unwrap();
    }
    let wait = |version, delay| {
        Workflow::new("w", version)
            .start(Trigger::tag("A"), "wait")
            .node("wait", Node::Wait { delay, to: "act".into() })
            .node("act", Node::Do { actions: vec![Action::add_to(&saved(version))], to: "end".into() })
            .node("end", Node::End)
    };
    let near = Trigger::DateNear { field: "renewal".into(), days: 0, ignore_year: false, zone: None };
    let rule =
        Rule::new("r").on(near).then(Action::ChangeScore { by: 1 }).then(Action::AddTag { tag: "A".into() });
    let definitions = |flow| rules([rule.clone()]).workflow(flow);
    let mut engine = open(definitions(wait(1, Delay::Days(1))), people);
    engine.schedule_dates(START).unwrap();
    assert_eq!(engine.timers(), 2_500);
    let outcome = engine.backfill("r", START).unwrap();
    assert_eq!((outcome.checked, outcome.problems.len()), (2_500, 0));
    assert_eq!(engine.backfill("r", START).unwrap().checked, 0);
    assert!(ids.iter().all(|id| points(&engine, id) == 1));
    let moved = WorkflowMigration::MoveToNode { renamed: Default::default() };
    engine.set_definitions(definitions(wait(2, Delay::Days(9))), &[saved(1), saved(2)], &moved).unwrap();
    engine.tick(START + Duration::days(1)).unwrap();
    let found = waiting(&engine);
    assert_eq!((found.len(), found[0].as_str(), found[2_499].as_str()), (2_500, "2+c0000", "2+c2499"));
    let everyone = Segment::builder("all").include(Selector::all()).build(&schema()).unwrap();
    assert_eq!(engine.backfill_segment(&saved(1), &everyone, START + Duration::days(1)).unwrap(), 2_500);
    assert_eq!(engine.pending_len(), 5_000);
}

#[test]
fn an_explanation_keeps_the_last_thousand_entries_and_says_that_it_leaves_some_out() {
    let mut engine = open(rules([Rule::new("r").on(Trigger::tag("A")).then(add())]), contacts(&["c"]));
    for second in 0..400 {
        handle(&mut engine, &tagged("c", START + Duration::seconds(second), "A"));
    }
    let told = engine.explain("c", &saved(1), START).unwrap();
    assert_eq!((told.trace.len(), told.has_earlier, told.trace[0].number), (1_000, true, 201));
    assert!(told.to_string().contains("\n  earlier entries are omitted\n"));
    engine.prune_audit_log(1_199).unwrap();
    let told = engine.explain("c", &saved(1), START).unwrap();
    assert_eq!((told.trace.len(), told.has_earlier, told.is_member), (1, false, Some(true)));
}

#[test]
fn the_audit_log_tells_which_rule_ran_another() {
    let run = Action::RunRule { rule: "b".into(), check_conditions: true };
    let definitions = rules([Rule::new("a").on(Trigger::tag("A")).then(run), Rule::new("b").then(add())]);
    let mut engine = open(definitions, contacts(&["c"]));
    handle(&mut engine, &tagged("c", START, "A"));
    let told = engine.explain("c", &saved(1), START).unwrap().to_string();
    let ran = told.find("rule a ran run_rule").expect("who ran it");
    assert!(ran < told.find("rule b: every condition held").unwrap(), "{told}");
}

#[test]
fn a_template_of_nothing_is_refused() {
    let blank = || " ".to_owned();
    let all = [
        Template::AddOnTag(blank()),
        Template::AddOnEvent(blank()),
        Template::AddOnStage(blank(), "won".into()),
        Template::AddOnStage("sales".into(), blank()),
        Template::AddOnVisit(blank()),
        Template::RemoveOnTagRemoved(blank()),
    ];
    for template in all {
        let definitions = rules([template.rule("t", &saved(1))]);
        let error = definitions.check(&schema(), &TimeZone::utc(), &[saved(1)]).unwrap_err();
        assert!(error.problems()[0].field.starts_with("rules[0].on[0]"), "{template:?}: {error}");
    }
}

#[test]
fn a_simulation_ends_when_it_is_told_and_does_over_again_what_was_done() {
    let definitions = rules([
        Rule::new("points").on(Trigger::tag("A")).then(Action::ChangeScore { by: 5 }),
        Rule::new("fans").on(Trigger::tag("B")).when("score >= 10").then(add()),
    ]);
    let history = [tagged("c", START, "A"), tagged("c", START + Duration::hours(1), "B")];
    let mut engine = open(definitions.clone(), contacts(&["c"]));
    handle(&mut engine, &history[0]);
    let people = engine.into_parts().1;
    let simulate = |until| {
        let options = EngineOptions::default();
        Simulation::run(&definitions, &[saved(1)], &people, &history, until, &options).unwrap().changes.len()
    };
    // The contact has 5 points now, and 5 more when the history comes again.
    assert_eq!(simulate(START + Duration::hours(1)), 1);
    assert_eq!(simulate(START + Duration::minutes(59)), 0);
}

#[test]
fn a_workflow_may_come_round_for_ever_as_long_as_time_passes() {
    let untag = Rule::new("untag").on(Trigger::tag("B")).then(Action::RemoveTag { tag: "B".into() });
    let hourly = Workflow::new("w", 1)
        .start(Trigger::tag("B"), "wait")
        .node("wait", Node::Wait { delay: Delay::Hours(1), to: "tag".into() })
        .node("tag", Node::Do { actions: vec![Action::AddTag { tag: "B".into() }], to: "end".into() })
        .node("end", Node::End);
    let mut engine = open(rules([untag]).workflow(hourly), contacts(&["c"]));
    engine.contacts_mut().edit("c", |contact| contact.add_tag("B", 1, None)).unwrap();
    handle(&mut engine, &tagged("c", START, "B"));
    let mut rounds = 0;
    for hour in 1..=100 {
        rounds += engine.tick(START + Duration::hours(hour)).unwrap().checked;
    }
    assert_eq!(rounds, 100);
    assert_eq!(engine.contacts().get("c").unwrap().tags().len(), 0);
}

/// Bytes of a table of the store.
fn bytes_of(store: &MemoryStore, table: Keyspace) -> usize {
    let mut bytes = 0;
    store
        .scan(table, &[], &mut |key, value| {
            bytes += key.len() + value.len();
            Ok(std::ops::ControlFlow::Continue(()))
        })
        .unwrap();
    bytes
}

#[test]
fn what_is_kept_of_a_contact_does_not_grow_with_its_events() {
    let (audience, store) = (saved(1), MemoryStore::new());
    let definitions = rules((0..100).map(|n| {
        let rule = Rule::new(format!("r{n}")).on(Trigger::tag(format!("T{n}"))).then(add());
        match n % 3 {
            0 => rule,
            1 => rule.runs_per_contact(1),
            _ => rule.min_interval(Delay::Minutes(5)),
        }
    }));
    let options = EngineOptions::default().audit(false).dedup_window(std::time::Duration::from_secs(3_600));
    let mut engine =
        AutomationEngine::open(definitions, &[audience], store.clone(), contacts(&["c"]), options).unwrap();
    let mut most = Vec::new();
    for round in 0..8 {
        for n in 0..100 {
            let at = START + Duration::hours(round * 100 + n);
            engine.handle(&tagged("c", at, &format!("T{n}")), at).unwrap();
        }
        most.push(bytes_of(&store, Keyspace::Contact));
    }
    assert!(most[0] <= 80, "{most:?}");
    assert!(most[7] <= most[1], "{most:?}");
}

#[test]
fn a_rule_that_is_given_a_limit_counts_its_earlier_runs_as_one_and_an_interval_begins_with_the_next_run() {
    let count = || Rule::new("r").on(Trigger::tag("A")).then(Action::ChangeScore { by: 1 });
    let mut engine = open(rules([count()]), contacts(&["c", "new"]));
    let mut hour = 0;
    let mut three_events = |engine: &mut Memory, id: &str| {
        let before = points(engine, id);
        for _ in 0..3 {
            hour += 1;
            handle(engine, &tagged(id, START + Duration::hours(hour), "A"));
        }
        points(engine, id) - before
    };
    let redefine = |engine: &mut Memory, rule: Rule| {
        engine.set_definitions(rules([rule]), &[saved(1), saved(2)], &WorkflowMigration::default()).unwrap();
    };
    engine.contacts_mut().edit("c", |contact| contact.set(contact.schema().require("score")?, 0)).unwrap();
    engine.contacts_mut().edit("new", |contact| contact.set(contact.schema().require("score")?, 0)).unwrap();
    assert_eq!(three_events(&mut engine, "c"), 3);
    redefine(&mut engine, count().runs_per_contact(2));
    assert_eq!(three_events(&mut engine, "c"), 1, "three runs count as one of two");
    assert_eq!(three_events(&mut engine, "new"), 2);
    redefine(&mut engine, count());
    assert_eq!(three_events(&mut engine, "c"), 3);
    redefine(&mut engine, count().runs_per_contact(3));
    assert_eq!(three_events(&mut engine, "c"), 1, "what was counted under a limit stays counted");
    redefine(&mut engine, count().min_interval(Delay::Hours(2)));
    assert_eq!(three_events(&mut engine, "c"), 2, "the first and the third of three hours");
}
