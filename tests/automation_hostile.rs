//! What goes wrong around the engine: stores that fail for a while, events that look alike, instants at the end of time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use audiencekit::audience::Audience;
use audiencekit::automation::{
    Action, Channel, ContactEvent, ContactStore, Definitions, Delay, Effect, Engine, Happening,
    MemoryContacts, MemoryStore, Node, Options, Rule, Trigger, Workflow,
};
use audiencekit::contact::{ConsentStatus, ValueRef};
use audiencekit::{Contact, Error, ErrorKind, Result, Schema};
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

fn open<C: ContactStore>(definitions: Definitions, contacts: C) -> Engine<MemoryStore, C> {
    Engine::open(definitions, &[saved()], MemoryStore::new(), contacts, Options::default()).unwrap()
}

fn tagged(contact: &str, at: OffsetDateTime, tag: &str) -> ContactEvent {
    ContactEvent::new(contact, at, Happening::TagAssigned { tag: tag.into() })
}

/// Refuses some calls for a while: those whose turn it is, counted from 0.
#[derive(Debug)]
struct Shaky {
    inner: MemoryContacts,
    calls: Arc<AtomicUsize>,
    refuses: fn(usize, &str) -> bool,
}

impl ContactStore for Shaky {
    fn schema(&self) -> &Arc<Schema> {
        self.inner.schema()
    }
    fn load(&self, id: &str, into: &mut Contact) -> Result<bool> {
        self.inner.load(id, into)
    }
    fn apply(&mut self, effect: &Effect) -> Result<()> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        if (self.refuses)(call, &effect.contact) {
            return Err(Error::new(ErrorKind::Unavailable, "contact store", "is away for a moment"));
        }
        self.inner.apply(effect)
    }
    fn each(&self, after: Option<&str>, visit: &mut dyn FnMut(&str) -> Result<bool>) -> Result<()> {
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
    let consent = |channel| Happening::ConsentChanged { channel, status: ConsentStatus::Confirmed };
    let property = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let changed = |fields: &[&str], pairs| Happening::ExternalChanged {
        kind: "cart".into(),
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
        value: None,
        properties: property(pairs),
    };
    let external = |value: Option<i64>, pairs| Happening::External {
        kind: "cart".into(),
        value: value.map(Into::into),
        properties: property(pairs),
    };
    let happenings = [
        consent(Channel::Email),
        consent(Channel::Named("email".into())),
        consent(Channel::Named("phone".into())),
        consent(Channel::Phone),
        consent(Channel::WebPush),
        consent(Channel::Named("web_push".into())),
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
            let options = Options::default().memory(Duration::MAX);
            let mut engine =
                Engine::open(everything(), &[saved()], MemoryStore::new(), contacts, options).unwrap();
            engine.plan_dates(now).unwrap();
            handled += u32::from(engine.handle(&tagged("c", at, "A"), now).is_ok());
            engine.tick(now).unwrap();
            engine.tick(ends[ends.len() - 1]).unwrap();
            engine.explain("c", &saved(), now).unwrap();
            engine.review(now).unwrap();
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
        ContactEvent::new("c", START, Happening::External { kind: "buy".into(), value: None, properties })
    };
    let large = [
        event([("note".to_owned(), megabyte.clone())].into()),
        event([(megabyte.clone(), String::new())].into()),
        event((0..100_000).map(|n| (n.to_string(), String::new())).collect()),
        event(BTreeMap::new()).id(megabyte.clone()),
        ContactEvent::new(megabyte, START, event(BTreeMap::new()).what),
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
