//! What goes wrong around the engine: stores that fail for a while, events that look alike, instants at the end of time.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use audiencekit::audience::Audience;
use audiencekit::automation::{
    Action, AutomationEngine, ConsentChannel, ContactEvent, ContactStore, ContactUpdate, Definitions, Delay,
    EngineOptions, EventKind, MemoryContacts, MemoryStore, Node, Rule, Trigger, Workflow, WorkflowMigration,
};
use audiencekit::contact::{ConsentStatus, ValueRef};
use audiencekit::{Contact, Error, ErrorKind, Result, Schema, TimeZone};
use proptest::prelude::*;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const START: OffsetDateTime = datetime!(2026-01-01 9:00 UTC);

fn saved() -> Audience {
    let definition = r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d",
        "contacts":"automation","refresh":"never","minimum_size":{"people":0,"refuse":false}}"#;
    serde_json::from_str(definition).unwrap()
}

fn people(ids: &[&str]) -> MemoryContacts {
    let schema = Schema::standard();
    let mut contacts = MemoryContacts::new(&schema);
    for id in ids {
        contacts.edit(*id, |contact| contact.set(schema.require("score")?, 0)).unwrap();
    }
    contacts
}

fn score(contacts: &MemoryContacts, id: &str) -> i64 {
    match contacts.get(id).unwrap().get(contacts.schema().require("score").unwrap()) {
        Some(ValueRef::Integer(score)) => score,
        other => panic!("{other:?}"),
    }
}

fn open<C: ContactStore>(definitions: Definitions, contacts: C) -> AutomationEngine<MemoryStore, C> {
    AutomationEngine::open(definitions, &[saved()], MemoryStore::new(), contacts, EngineOptions::default())
        .unwrap()
}

fn tagged(contact: &str, at: OffsetDateTime, tag: &str) -> ContactEvent {
    ContactEvent::new(contact, at, EventKind::TagAssigned { tag: tag.into() })
}

/// Refuses some calls for a while: those whose turn it is, counted from 0.
#[derive(Debug)]
struct Shaky {
    inner: MemoryContacts,
    calls: Arc<AtomicUsize>,
    refuses: fn(usize, &str) -> bool,
}

impl ContactStore for Shaky {
    fn schema(&self) -> &Schema {
        self.inner.schema()
    }
    fn load(&self, id: &str, into: &mut Contact) -> Result<bool> {
        self.inner.load(id, into)
    }
    fn apply(&mut self, effect: &ContactUpdate) -> Result<()> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        if (self.refuses)(call, &effect.contact) {
            return Err(Error::new(ErrorKind::Unavailable, "contact store", "is away for a moment"));
        }
        self.inner.apply(effect)
    }
    fn each(
        &self,
        after: Option<&str>,
        visit: &mut dyn FnMut(&str) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.inner.each(after, visit)
    }
}

fn shaky(ids: &[&str], refuses: fn(usize, &str) -> bool) -> (Shaky, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    (Shaky { inner: people(ids), calls: Arc::clone(&calls), refuses }, calls)
}

#[test]
fn changes_of_a_contact_keep_their_order_when_one_must_be_tried_again() {
    assert!(Error::new(ErrorKind::Unavailable, "contact store", "is away").is_retryable());
    let (contacts, _) = shaky(&["a", "b"], |call, contact| call == 0 && contact == "a");
    let rule = Rule::new("r")
        .on(Trigger::tag("A"))
        .then(Action::SetScore { to: 5 })
        .then(Action::SetScore { to: 7 });
    let mut engine = open(Definitions::new().rule(rule), contacts);
    let events = [tagged("a", START, "A"), tagged("b", START, "A")];
    let results = engine.handle_all(&events, START).unwrap();
    let problems: usize = results.iter().map(|result| result.as_ref().unwrap().problems.len()).sum();
    assert_eq!(problems, 1, "one change of one contact");
    assert_eq!((score(&engine.contacts().inner, "a"), score(&engine.contacts().inner, "b")), (0, 7));
    engine.handle(&tagged("b", START, "B"), START).unwrap();
    engine.tick(START + Duration::hours(1)).unwrap();
    engine.handle(&tagged("b", START + Duration::hours(1), "A"), START + Duration::hours(1)).unwrap();
    assert_eq!(score(&engine.contacts().inner, "a"), 7);
}

#[test]
fn a_contact_store_that_is_away_is_not_asked_for_everyone_each_time() {
    /// The call from which on it is back.
    const BACK: usize = 1 << 40;
    let ids: Vec<String> = (0..2_000).map(|n| format!("c{n}")).collect();
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (contacts, calls) = shaky(&names, |call, _| call < BACK);
    let rule = Rule::new("r").on(Trigger::tag("A")).then(Action::ChangeScore { by: 1 });
    let mut engine = open(Definitions::new().rule(rule), contacts);
    for (n, id) in names.iter().enumerate() {
        let at = START + Duration::seconds(n as i64);
        engine.handle(&tagged(id, at, "A"), at).unwrap();
    }
    let while_away = calls.load(Ordering::Relaxed);
    assert!(while_away < 40 * 2_000, "{while_away} calls");
    calls.store(BACK, Ordering::Relaxed);
    engine.handle(&tagged("c0", START + Duration::hours(1), "A"), START + Duration::hours(1)).unwrap();
    assert!(names[1..].iter().all(|id| score(&engine.contacts().inner, id) == 1));
    assert_eq!(score(&engine.contacts().inner, "c0"), 2);
}

#[test]
fn events_that_differ_in_anything_are_different_events() {
    let consent = |channel| EventKind::ConsentChanged { channel, status: ConsentStatus::Confirmed };
    let property = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let changed = |fields: &[&str], pairs| EventKind::ExternalChanged {
        kind: "cart".into(),
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
        value: None,
        properties: property(pairs),
    };
    let external = |value: Option<i64>, pairs| EventKind::External {
        kind: "cart".into(),
        value: value.map(Into::into),
        properties: property(pairs),
    };
    let happenings = [
        consent(ConsentChannel::Email),
        consent(ConsentChannel::Named("email".into())),
        consent(ConsentChannel::Named("phone".into())),
        consent(ConsentChannel::Phone),
        consent(ConsentChannel::WebPush),
        consent(ConsentChannel::Named("web_push".into())),
        changed(&["a", "b"], &[]),
        changed(&["a"], &[]),
        changed(&[], &[("a", "b")]),
        changed(&["a", "b", "c", "d"], &[]),
        changed(&["a", "b"], &[("c", "d")]),
        changed(&[], &[("a", "b"), ("c", "d")]),
        external(Some(1), &[]),
        external(None, &[]),
        external(None, &[("1", "2")]),
        external(Some(1), &[("1", "2")]),
    ];
    let rule = Rule::new("r")
        .on(Trigger::ConsentChanged { channels: Vec::new(), status: ConsentStatus::Confirmed })
        .on(Trigger::ExternalChanged { kinds: Vec::new(), fields: Vec::new(), properties: Vec::new() })
        .on(Trigger::External { kinds: Vec::new(), properties: Vec::new() })
        .then(Action::ChangeScore { by: 1 });
    let mut engine = open(Definitions::new().rule(rule), people(&["c"]));
    for what in &happenings {
        let outcome = engine.handle(&ContactEvent::new("c", START, what.clone()), START).unwrap();
        assert!(!outcome.repeated, "{}", serde_json::to_string(what).unwrap());
    }
    assert_eq!(score(engine.contacts(), "c"), happenings.len() as i64);
    for what in happenings {
        assert!(engine.handle(&ContactEvent::new("c", START, what), START).unwrap().repeated);
    }
}

fn everything() -> Definitions {
    let near = |days| Trigger::DateNear { field: "birth_date".into(), days, ignore_year: false, zone: None };
    Definitions::new()
        .rule(
            Rule::new("late")
                .on(Trigger::tag("A"))
                .on(near(-3_650))
                .check_after(Delay::Months(118))
                .min_interval(Delay::Months(118))
                .then_after(Delay::Days(3_660), Action::add_to(&saved())),
        )
        .workflow(
            Workflow::new("w", 1)
                .start(Trigger::tag("A"), "wait")
                .start(near(3_650), "wait")
                .node("wait", Node::Wait { delay: Delay::Weeks(500), to: "end".into() })
                .node("end", Node::End),
        )
}

#[test]
fn instants_at_the_ends_of_time_are_handled_or_refused_and_never_a_panic() {
    let ends = [
        datetime!(-9999-01-02 0:00 UTC),
        datetime!(-9999-01-03 0:00 +14),
        datetime!(1969-12-31 23:59:59.999_999_999 UTC),
        OffsetDateTime::UNIX_EPOCH,
        START,
        datetime!(9999-12-31 23:59:59.999_999_999 UTC),
        datetime!(9999-12-31 23:59:59.999_999_999 -14),
    ];
    let mut handled = 0;
    for now in ends {
        for at in ends {
            let mut contacts = people(&["c"]);
            let birth = time::macros::date!(2024 - 02 - 29);
            let set = |contact: &mut Contact| contact.set(contact.schema().require("birth_date")?, birth);
            contacts.edit("c", set).unwrap();
            let options = EngineOptions::default().dedup_window(std::time::Duration::MAX);
            let mut engine =
                AutomationEngine::open(everything(), &[saved()], MemoryStore::new(), contacts, options)
                    .unwrap();
            engine.schedule_dates(now).unwrap();
            handled += u32::from(engine.handle(&tagged("c", at, "A"), now).is_ok());
            engine.tick(now).unwrap();
            engine.tick(ends[ends.len() - 1]).unwrap();
            engine.explain("c", &saved(), now).unwrap();
            engine.reevaluate_all(now).unwrap();
        }
    }
    assert_eq!(handled, 29, "all that are not from the future");
}

#[test]
fn a_payload_of_a_megabyte_is_refused_however_it_comes_and_the_others_are_handled() {
    let rule = Rule::new("r").on(Trigger::external("buy")).then(Action::ChangeScore { by: 1 });
    let mut engine = open(Definitions::new().rule(rule), people(&["c"]));
    let megabyte = "x".repeat(1 << 20);
    let event = |properties: BTreeMap<String, String>| {
        ContactEvent::new("c", START, EventKind::External { kind: "buy".into(), value: None, properties })
    };
    let large = [
        event([("note".to_owned(), megabyte.clone())].into()),
        event([(megabyte.clone(), String::new())].into()),
        event((0..100_000).map(|n| (n.to_string(), String::new())).collect()),
        event(BTreeMap::new()).id(megabyte.clone()),
        ContactEvent::new(megabyte, START, event(BTreeMap::new()).kind),
    ];
    let mut events = large.to_vec();
    events.push(event(BTreeMap::new()));
    let results = engine.handle_all(&events, START).unwrap();
    for (event, result) in large.iter().zip(&results) {
        let error = result.as_ref().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit | ErrorKind::Invalid), "{error}");
        assert!(error.to_string().len() < 200 && error.to_string().starts_with("event"), "{error}");
        let from_json = ContactEvent::from_json(&serde_json::to_string(event).unwrap()).unwrap_err();
        assert_eq!(from_json.kind(), ErrorKind::Limit);
    }
    assert_eq!(results.last().unwrap().as_ref().unwrap().actions, 1);
}

/// A definition of everything there is.
const WHOLE: &str = r#"{"schema_version":1,
 "rules":[
  {"id":"all","name":"n","group":"g","active":true,"on":["contact_added",
    {"detail_added":{"fields":["score"]}},{"detail_changed":{"fields":["score"]}},
    {"tag_assigned":{"tags":["A"]}},{"tag_removed":{"tags":["A"]}},{"tag_score_at_least":{"tag":"A","score":5}},
    {"score_reached":{"score":5}},{"score_above":{"score":5}},
    {"consent_changed":{"channels":["email",{"named":"x"}],"status":"confirmed"}},
    {"external":{"kinds":["cart"],"properties":[{"property":"value","is":{"greater_than":"5"}}]}},
    {"external_changed":{"kinds":["cart"],"fields":["value"],"properties":[]}},
    {"stage_reached":{"funnel":"f","stages":["s"]}},{"mail_opened":{"mails":["m"]}},
    {"mail_clicked":{"mails":["m"],"link":"any:offer"}},{"page_visited":{"url":"path:/**/x*"}},
    {"date_near":{"field":"birth_date","days":-3,"ignore_year":true,"zone":"Europe/Warsaw"}},
    {"rfm_changed":{"report":"r","dimension":"recency","groups":["high"]}},{"custom":{"name":"x","properties":[]}}],
   "when":["score >= 0 and birth_date is set"],"check_after":{"days":1},
   "if_yes":[{"action":{"add_to_audience":{"audience":"1"}},"after":{"hours":1}},{"action":{"add_tag":{"tag":"B"}}},
     {"action":{"change_tag_score":{"tag":"B","by":2}}},{"action":{"set_score":{"to":5}}},
     {"action":{"set_detail":{"field":"score","value":"7"}}},{"action":{"run_rule":{"rule":"other","check_conditions":true}}}],
   "if_no":[{"action":{"remove_from_audience":{"audience":"1"}}}],"runs_per_contact":3,"min_interval":{"minutes":5},
   "valid_from":"2020-01-01T00:00:00Z","valid_until":"2030-01-01T00:00:00Z",
   "schedule":{"open":[{"days":["monday","thursday"],"from":"08:00","until":"20:00"}],"zone":"UTC","outside":"wait"},
   "cap":{"runs":9,"per":"day"},"leave":true},
  {"id":"other","on":[{"tag_assigned":{"tags":["B"]}}],"if_yes":[{"action":{"change_score":{"by":1}}},
     {"action":{"remove_tag":{"tag":"B"}}},{"action":{"set_stage":{"funnel":"f","stage":"s"}}},
     {"action":{"call":{"name":"n","data":"d"}}}]}],
 "workflows":[{"id":"w","version":1,"starts":[{"on":{"tag_assigned":{"tags":["A"]}},"when":["score >= 0"],"to":"check"}],
   "nodes":{"check":{"check":{"paths":[{"when":["score > 3"],"to":"split"}],"otherwise":"wait"}},
     "split":{"split":{"paths":[{"weight":1,"to":"wait"},{"weight":2,"to":"for"}]}},
     "wait":{"wait":{"for":{"months":1},"to":"do"}},
     "for":{"wait_for":{"on":[{"tag_assigned":{"tags":["C"]}}],"within":{"weeks":1},"then":"do","otherwise":"check"}},
     "do":{"do":{"actions":[{"add_to_audience":{"audience":"1"}}],"to":"end"}},"end":"end"},
   "reentry":"restart","schedule":{"open":[{"days":[],"from":"22:00","until":"06:00"}],"outside":"drop"},
   "cap":{"runs":9,"per":"hour"},"exits":[{"name":"e","goal":true,"on":[{"tag_removed":{"tags":["A"]}}],"when":["score > 90"]}]}],
 "limits":[{"id":"l","group":"g","runs":5,"per":"week"}]}"#;

/// What stands in the place of something else.
fn odd(n: u16) -> serde_json::Value {
    use serde_json::{Value, json};
    let odd = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!(" "),
        json!("\0"),
        json!("żółw 🐢"),
        json!("x".repeat(5_000)),
        json!("all"),
        json!("w"),
        json!("end"),
        json!("wait"),
        json!("A"),
        json!("score > 1"),
        json!("(("),
        json!("score"),
        json!("24:00"),
        json!("99:99"),
        json!("Europe/Nowhere"),
        json!("-9999-01-01T00:00:00Z"),
        json!("9999-12-31T23:59:59-14:00"),
        json!([]),
        json!({}),
        json!([[[[]]]]),
        json!({"months": 4_000_000_000_u64}),
        json!({"hours": 0}),
        json!({"seconds": u32::MAX}),
        json!(4_294_967_295_u64),
        json!(2_147_483_647),
        json!("contact_added"),
    ];
    odd[usize::from(n) % odd.len()].clone()
}

/// Every place in a document.
fn places(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    match value {
        serde_json::Value::Object(map) => {
            map.iter().for_each(|(key, value)| places(value, &format!("{path}/{key}"), found));
        }
        serde_json::Value::Array(list) => {
            list.iter().enumerate().for_each(|(n, value)| places(value, &format!("{path}/{n}"), found));
        }
        _ => {}
    }
}

fn live_through(definitions: Definitions) {
    let now = START + Duration::days(1);
    let mut contacts = people(&["c"]);
    let birth = time::macros::date!(2024 - 02 - 29);
    contacts.edit("c", |contact| contact.set(contact.schema().require("birth_date")?, birth)).unwrap();
    let mut engine = open(definitions, contacts);
    engine.schedule_dates(START).unwrap();
    for (hour, tag) in [(0, "A"), (1, "C"), (2, "B"), (24, "A")] {
        engine.handle(&tagged("c", START + Duration::hours(hour), tag), now).unwrap();
    }
    engine.backfill("other", now).ok();
    engine.tick(now + Duration::days(800)).unwrap();
    engine.explain("c", &saved(), now).unwrap();
    let again = engine.definitions().clone();
    engine
        .set_definitions(again, &[saved()], &WorkflowMigration::MoveToNode { renamed: Default::default() })
        .unwrap();
}

#[test]
fn the_definition_of_everything_lives() {
    let whole = Definitions::from_json(WHOLE).unwrap();
    assert_eq!(Definitions::from_json(&whole.to_json()).unwrap(), whole);
    live_through(whole);
}

#[test]
fn a_name_that_stands_twice_is_refused_with_its_path() {
    let node = r#""do":{"do""#;
    let twice = WHOLE.replace(node, &format!(r#""wait":"end",{node}"#));
    let error = Definitions::from_json(&twice).unwrap_err();
    assert!(error.to_string().starts_with("definitions workflows[0].nodes"), "{error}");
    assert!(error.to_string().contains("duplicate name"), "{error}");
    let rule = WHOLE.replace(r#""name":"n","group":"g""#, r#""name":"n","name":"m""#);
    assert!(Definitions::from_json(&rule).unwrap_err().to_string().contains("duplicate field `name`"));
    let event = r#"{"contact":"c","at":"2026-01-01T00:00:00Z","what":{"external":{"kind":"cart",
        "properties":{"product":"canary","size":"1","product":"canary"}}}}"#;
    let error = ContactEvent::from_json(event).unwrap_err();
    assert!(error.to_string().starts_with("event what.external.properties"), "{error}");
    assert!(error.to_string().contains("duplicate name") && !error.to_string().contains("canary"), "{error}");
}

#[test]
fn a_change_of_the_zone_moves_a_date_and_leaves_none_out() {
    let near = Trigger::DateNear { field: "birth_date".into(), days: 0, ignore_year: true, zone: None };
    let rule = Rule::new("r").on(near).then(Action::ChangeScore { by: 1 });
    let definitions = Definitions::new().rule(rule);
    let mut contacts = people(&["c"]);
    let birth = time::macros::date!(1990 - 06 - 15);
    contacts.edit("c", |contact| contact.set(contact.schema().require("birth_date")?, birth)).unwrap();
    let store = MemoryStore::new();
    let open = |contacts, zone: &str| {
        let options = EngineOptions::default().zone(TimeZone::named(zone).unwrap());
        AutomationEngine::open(definitions.clone(), &[saved()], store.clone(), contacts, options).unwrap()
    };
    let mut engine = open(contacts, "UTC");
    let last_tick = datetime!(2026-06-14 21:30 UTC);
    engine.schedule_dates(START).unwrap();
    engine.tick(last_tick).unwrap();
    // In Warsaw the day begins at 22:00; the engine comes back after that.
    let mut engine = open(engine.into_parts().1, "Europe/Warsaw");
    engine.schedule_dates(last_tick).unwrap();
    engine.tick(datetime!(2026-06-14 23:30 UTC)).unwrap();
    assert_eq!(score(engine.contacts(), "c"), 1);
    engine.tick(datetime!(2027-06-14 21:59 UTC)).unwrap();
    assert_eq!(score(engine.contacts(), "c"), 1);
    engine.tick(datetime!(2027-06-14 22:00 UTC)).unwrap();
    assert_eq!(score(engine.contacts(), "c"), 2);
}

#[test]
fn a_clock_that_goes_back_repeats_nothing_and_loses_nothing() {
    let rule = Rule::new("r")
        .on(Trigger::tag("A"))
        .then(Action::ChangeScore { by: 1 })
        .then_after(Delay::Hours(1), Action::ChangeScore { by: 10 })
        .then(Action::add_to(&saved()));
    let mut engine = open(Definitions::new().rule(rule), people(&["c"]));
    let event = |hour: i64| tagged("c", START + Duration::hours(hour), "A");
    engine.handle(&event(0), START + Duration::hours(5)).unwrap();
    assert_eq!(score(engine.contacts(), "c"), 11, "what was due by then is done");
    let back = START + Duration::hours(2);
    assert!(engine.handle(&event(0), back).unwrap().repeated);
    engine.handle(&event(2), back).unwrap();
    assert_eq!((score(engine.contacts(), "c"), engine.timers()), (12, 1));
    assert!(engine.handle(&event(4), back).is_err(), "from the future, by the clock of now");
    engine.tick(back).unwrap();
    assert_eq!(engine.next_due(), Some(START + Duration::hours(3)));
    engine.tick(START + Duration::hours(5)).unwrap();
    assert_eq!((score(engine.contacts(), "c"), engine.timers(), engine.pending_len()), (22, 0, 1));
}

/// Set to try more: `AUTOMATION_CASES=100000 cargo test --test automation_hostile`.
#[expect(clippy::disallowed_methods, reason = "how long to search is said from outside")]
fn cases() -> u32 {
    std::env::var("AUTOMATION_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_definition_is_refused_with_a_path_or_lives(
        damage in prop::collection::vec((any::<u16>(), any::<u16>()), 1..4),
    ) {
        let mut value: serde_json::Value = serde_json::from_str(WHOLE).unwrap();
        for (place, with) in damage {
            let mut found = Vec::new();
            places(&value, "", &mut found);
            *value.pointer_mut(&found[usize::from(place) % found.len()]).unwrap() = odd(with);
        }
        match Definitions::from_json(&value.to_string()) {
            Err(error) => prop_assert!(error.operation().starts_with("definitions"), "{error}"),
            Ok(definitions) => {
                prop_assert_eq!(&Definitions::from_json(&definitions.to_json()).unwrap(), &definitions);
                let schema = Schema::standard();
                match definitions.check(&schema, &TimeZone::utc(), &[saved()]) {
                    Err(error) => prop_assert!(!error.problems().is_empty() && error.to_string().len() < 20_000),
                    Ok(()) => live_through(definitions),
                }
            }
        }
    }
}
