//! The kinds of events, what narrows a trigger down, consents, and what runs without an event.

use std::collections::BTreeMap;

use audiencekit::audience::Audience;
use audiencekit::automation::{
    Action, AutomationEngine, ConsentChannel, ContactChange, ContactEvent, ContactStore, Definitions, Delay,
    EngineOptions, EntryPoint, EventKind, ManualRun, MemoryContacts, MemoryStore, Node, PropertyFilter,
    PropertyTest, Reentry, Rule, SkipReason, StepReport, Trigger, Workflow,
};
use audiencekit::contact::{ConsentStatus, ValueRef};
use audiencekit::segment::{MemoryCatalog, Segment, SegmentCatalog, Selector};
use audiencekit::{Contact, ErrorKind, Schema, TimeZone};
use time::OffsetDateTime;
use time::macros::datetime;

const START: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

type Memory = AutomationEngine<MemoryStore, MemoryContacts>;

fn people(ids: &[&str]) -> MemoryContacts {
    let mut contacts = MemoryContacts::new(&Schema::standard());
    ids.iter().for_each(|id| contacts.edit(*id, |_| Ok(())).unwrap());
    contacts
}

fn open(definitions: Definitions, contacts: MemoryContacts) -> Memory {
    AutomationEngine::open(definitions, &[], MemoryStore::new(), contacts, EngineOptions::default()).unwrap()
}

fn handle(engine: &mut Memory, contact: &str, kind: EventKind) -> StepReport {
    let report = engine.handle(&ContactEvent::new(contact, START, kind), START).unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    report
}

fn tags(engine: &Memory, id: &str) -> Vec<String> {
    let contact = engine.contacts().get(id).unwrap();
    let symbols = contact.schema().symbols();
    let mut tags: Vec<String> = contact.tags().iter().map(|tag| symbols.text(tag.name).to_string()).collect();
    tags.sort();
    tags
}

fn tag(name: &str) -> Action {
    Action::AddTag { tag: name.into() }
}

fn names(values: &[&str]) -> Vec<String> {
    values.iter().map(|&value| value.to_owned()).collect()
}

fn visit(source: Option<&str>, phrase: Option<&str>) -> EventKind {
    EventKind::PageVisited {
        url: "https://shop.example/offers/1".into(),
        source: source.map(Into::into),
        phrase: phrase.map(Into::into),
    }
}

/// A trigger, an event that it matches, and events that it does not.
fn cases() -> Vec<(Trigger, EventKind, Vec<EventKind>)> {
    let sms = |message: &str| EventKind::SmsDelivered { message: message.into() };
    let answer =
        |message: &str, text: &str| EventKind::SmsAnswered { message: message.into(), text: text.into() };
    let opened = |message: &str| EventKind::PushOpened { message: message.into() };
    let clicked =
        |message: &str, link: &str| EventKind::PushClicked { message: message.into(), link: link.into() };
    let form = |form: &str| EventKind::FormFilled { form: form.into() };
    let note = |text: &str| EventKind::NoteAdded { text: text.into() };
    let task = |task: &str| EventKind::TaskFinished { task: task.into() };
    let score = |funnel: &str, stage: &str, score| EventKind::StageScoreChanged {
        funnel: funnel.into(),
        stage: stage.into(),
        score,
    };
    let from = |sources: &[&str], phrases: &[&str], url: Option<&str>| Trigger::VisitFrom {
        sources: names(sources),
        phrases: names(phrases),
        url: url.map(Into::into),
    };
    vec![
        (
            Trigger::SmsDelivered { messages: names(&["Code"]) },
            sms("Code"),
            vec![sms("Sale"), opened("Code")],
        ),
        (Trigger::SmsDelivered { messages: Vec::new() }, sms("anything"), vec![answer("Code", "")]),
        (
            Trigger::SmsAnswered { messages: names(&["Sale"]), contains: Some("STOP".into()) },
            answer("Sale", "stop, please"),
            vec![answer("Sale", "yes"), answer("Code", "stop"), sms("Sale")],
        ),
        (
            Trigger::PushOpened { messages: names(&["Sale"]) },
            opened("Sale"),
            vec![opened("Code"), clicked("Sale", "")],
        ),
        (
            Trigger::PushClicked { messages: Vec::new(), link: Some("offers".into()) },
            clicked("Sale", "https://shop.example/offers/1"),
            vec![clicked("Sale", "https://shop.example/"), opened("Sale")],
        ),
        (Trigger::FormFilled { forms: names(&["Footer", "Popup"]) }, form("Popup"), vec![form("Contest")]),
        (
            from(&["Google"], &[], None),
            visit(Some("google"), None),
            vec![visit(Some("bing"), None), visit(None, Some("google"))],
        ),
        (
            from(&[], &["shoes", "boots"], Some("path:/offers/*")),
            visit(None, Some("red SHOES cheap")),
            vec![visit(None, Some("hats")), visit(Some("shoes"), None)],
        ),
        (Trigger::NoteAdded { contains: Some("call".into()) }, note("Call back"), vec![note("done")]),
        (Trigger::NoteAdded { contains: None }, note("done"), vec![task("done")]),
        (Trigger::TaskFinished { tasks: names(&["call"]) }, task("call"), vec![task("mail"), note("call")]),
        (
            Trigger::StageScoreAtLeast { funnel: "Sales".into(), stages: names(&["Offer"]), score: 5 },
            score("Sales", "Offer", 5),
            vec![score("Sales", "Offer", 4), score("Sales", "Won", 9), score("Care", "Offer", 9)],
        ),
    ]
}

#[test]
fn every_kind_of_event_starts_what_listens_to_it_and_nothing_else() {
    for (at, (trigger, matching, others)) in cases().into_iter().enumerate() {
        let rule = Rule::new("r").on(trigger.clone()).then(Action::ChangeScore { by: 1 });
        let definitions = Definitions::new().rule(rule);
        assert_eq!(Definitions::from_json(&definitions.to_json()).unwrap(), definitions);
        let mut engine = open(definitions, people(&["c"]));
        assert_eq!(handle(&mut engine, "c", matching.clone()).actions, 1, "{at}: {trigger:?}");
        for other in others {
            let report = handle(&mut engine, "c", other.clone());
            assert_eq!(report.actions, 0, "{at}: {trigger:?} {}", other.kind());
        }
        let event = ContactEvent::new("c", START, matching);
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(ContactEvent::from_json(&json).unwrap(), event, "{json}");
        assert!(engine.handle(&event, START).unwrap().repeated);
    }
}

#[test]
fn visits_that_differ_in_source_or_phrase_alone_are_different_events() {
    let rule =
        Rule::new("r").on(Trigger::PageVisited { url: "shop".into() }).then(Action::ChangeScore { by: 1 });
    let mut engine = open(Definitions::new().rule(rule), people(&["c"]));
    for (source, phrase) in [(None, None), (Some("a"), None), (None, Some("a")), (Some("a"), Some("b"))] {
        assert_eq!(handle(&mut engine, "c", visit(source, phrase)).actions, 1, "{source:?} {phrase:?}");
    }
}

#[test]
fn property_tests_have_bounds_lists_and_patterns() {
    let event = |value: Option<i64>, code: &str| EventKind::External {
        kind: "purchase".into(),
        value: value.map(Into::into),
        properties: BTreeMap::from([("code".to_owned(), code.to_owned())]),
    };
    let passes = |property: &str, test: PropertyTest, event: &EventKind| {
        let filter = PropertyFilter::new(property, test);
        let json = serde_json::to_string(&filter).unwrap();
        assert_eq!(serde_json::from_str::<PropertyFilter>(&json).unwrap(), filter, "{json}");
        Trigger::External { kinds: Vec::new(), properties: vec![filter] }.matches(event)
    };
    use PropertyTest as Is;
    for (value, at_least, at_most) in
        [(Some(99), false, true), (Some(100), true, true), (Some(101), true, false)]
    {
        assert_eq!(passes("value", Is::AtLeast(100.into()), &event(value, "")), at_least, "{value:?}");
        assert_eq!(passes("value", Is::AtMost(100.into()), &event(value, "")), at_most, "{value:?}");
    }
    // What is missing is neither, and a text is no number.
    assert!(!passes("value", Is::AtLeast(0.into()), &event(None, "")));
    assert!(!passes("code", Is::AtMost(0.into()), &event(None, "x")));
    let any = |values: &[&str]| Is::AnyOf(names(values));
    assert!(passes("code", any(&["autumn", "Spring"]), &event(None, "SPRING")));
    assert!(passes("value", any(&["5", "100.00"]), &event(Some(100), "")));
    assert!(
        !passes("code", any(&["autumn"]), &event(None, "spring"))
            && !passes("other", any(&["x"]), &event(None, "x"))
    );
    let pattern = |text: &str| Is::Matches(text.into());
    assert!(passes("code", pattern("^spring-[0-9]{2}$"), &event(None, "SPRING-17")));
    assert!(!passes("code", pattern("^spring-[0-9]{2}$"), &event(None, "SPRING-177")));
    assert!(!passes("code", pattern("("), &event(None, "(")));
}

#[test]
fn a_trigger_that_could_not_match_is_refused_with_its_path() {
    let refused = |trigger: Trigger| {
        let rule = Rule::new("r").on(Trigger::ContactAdded).on(trigger).then(tag("x"));
        let checked = Definitions::new().rule(rule).check(&Schema::standard(), &TimeZone::utc(), &[]);
        checked.unwrap_err().problems()[0].field.to_string()
    };
    let external =
        |test| Trigger::External { kinds: Vec::new(), properties: vec![PropertyFilter::new("code", test)] };
    assert_eq!(refused(external(PropertyTest::AnyOf(Vec::new()))), "rules[0].on[1].properties[0].is");
    assert_eq!(refused(external(PropertyTest::Matches("(".into()))), "rules[0].on[1].properties[0].is");
    assert_eq!(
        refused(external(PropertyTest::Matches("\\w{900}{900}".into()))),
        "rules[0].on[1].properties[0].is"
    );
    let from = |sources: &[&str], url: Option<&str>| Trigger::VisitFrom {
        sources: names(sources),
        phrases: Vec::new(),
        url: url.map(Into::into),
    };
    for trigger in [
        from(&[], None),
        from(&[" "], None),
        from(&["google"], Some("any:")),
        Trigger::FormFilled { forms: names(&[""]) },
        Trigger::NoteAdded { contains: Some(" ".into()) },
        Trigger::StageScoreAtLeast { funnel: " ".into(), stages: Vec::new(), score: 1 },
    ] {
        assert_eq!(refused(trigger.clone()), "rules[0].on[1]", "{trigger:?}");
    }
}

/// Who changes a consent raises its event: an action by its own name, and one that sets the field.
#[test]
fn a_consent_that_an_action_changes_starts_what_listens_for_it() {
    let opt_out = |channel| Trigger::consent(channel, ConsentStatus::Withdrawn);
    let set = |field: &str, value: &str| Action::SetDetail { field: field.into(), value: value.into() };
    let consent = |channel, status| Action::SetConsent { channel, status };
    use ConsentChannel::{Email, Named, Phone, WebPush};
    for (action, channel) in [
        (set("opted_out", "true"), Email),
        (set("phone_opted_out", "true"), Phone),
        (consent(Email, ConsentStatus::Withdrawn), Email),
        (consent(Phone, ConsentStatus::Withdrawn), Phone),
        (consent(WebPush, ConsentStatus::Withdrawn), WebPush),
        (consent(Named("ads".into()), ConsentStatus::Withdrawn), Named("ads".into())),
    ] {
        let changes = Rule::new("changes").on(Trigger::tag("OUT")).then(action.clone());
        let listens = Rule::new("listens").on(opt_out(channel.clone())).then(tag("TOLD"));
        let all = [Email, Phone, WebPush, Named("ads".into())];
        let others = all.into_iter().filter(|other| *other != channel).collect();
        let deaf = Rule::new("deaf")
            .on(Trigger::ConsentChanged { channels: others, status: ConsentStatus::Withdrawn })
            .then(tag("WRONG"));
        let definitions = Definitions::new().rule(changes).rule(listens).rule(deaf);
        assert_eq!(Definitions::from_json(&definitions.to_json()).unwrap(), definitions);
        let mut engine = open(definitions, people(&["c"]));
        handle(&mut engine, "c", EventKind::TagAssigned { tag: "OUT".into() });
        assert_eq!(tags(&engine, "c"), ["TOLD"], "{action:?}");
        // What is so already is no change.
        let again = ContactEvent::new("c", START, EventKind::TagAssigned { tag: "OUT".into() }).id("again");
        assert_eq!(engine.handle(&again, START).unwrap().matched, 1, "{action:?}");
    }
}

#[test]
fn a_consent_is_in_the_contact_as_filters_and_runs_read_it() {
    let schema = Schema::standard();
    let change = |contact: &mut Contact, channel: &ConsentChannel, status| {
        let change = ContactChange::SetConsent { channel: channel.clone(), status };
        assert!(change.is_repeatable());
        let happened = change.apply(contact, START, &TimeZone::utc()).unwrap();
        assert!(change.apply(contact, START, &TimeZone::utc()).unwrap().is_empty());
        happened
    };
    let mut contact = Contact::new(&schema);
    let opted_out = schema.require("opted_out").unwrap();
    let email = ConsentChannel::Email;
    let consent = |status| EventKind::ConsentChanged { channel: ConsentChannel::Email, status };
    let added = EventKind::DetailAdded { field: "opted_out".into() };
    let changed = EventKind::DetailChanged { field: "opted_out".into() };
    assert!(
        change(&mut contact, &email, ConsentStatus::Withdrawn) == [added, consent(ConsentStatus::Withdrawn)]
    );
    assert!(contact.get(opted_out) == Some(ValueRef::Boolean(true)));
    assert!(
        change(&mut contact, &email, ConsentStatus::Confirmed)
            == [changed.clone(), consent(ConsentStatus::Confirmed)]
    );
    assert!(contact.get(opted_out) == Some(ValueRef::Boolean(false)));
    assert!(
        change(&mut contact, &email, ConsentStatus::NotConfirmed)
            == [changed, consent(ConsentStatus::NotConfirmed)]
    );
    assert!(contact.get(opted_out).is_none());
    let ads = ConsentChannel::Named("ads".into());
    assert_eq!(change(&mut contact, &ads, ConsentStatus::Confirmed).len(), 1);
    assert_eq!(change(&mut contact, &ads, ConsentStatus::Withdrawn).len(), 1);
    assert_eq!(contact.consents().len(), 2);
}

fn welcome() -> Workflow {
    Workflow::new("welcome", 1)
        .entry_point(EntryPoint::new(Trigger::tag("VIP"), "poland").when("country = \"PL\""))
        .start(Trigger::tag("GOLD"), "wait")
        .node("poland", Node::Do { actions: vec![tag("POLAND")], to: "wait".into() })
        .node("wait", Node::Wait { delay: Delay::Days(1), to: "end".into() })
        .node("end", Node::End)
}

#[test]
fn a_workflow_is_started_by_hand_for_whoever_a_segment_selects() {
    let mut contacts = MemoryContacts::new(&Schema::standard());
    for n in 0..2_500 {
        contacts
            .edit(format!("c{n:04}"), |contact| {
                let id = contact.schema().require("country")?;
                contact.set_text(id, if n % 2 == 0 { "PL" } else { "DE" })?;
                contact.set(contact.schema().require("score")?, n)
            })
            .unwrap();
    }
    let mut engine = open(Definitions::new().workflow(welcome()), contacts);
    let high = Segment::builder("high")
        .include(Selector::all())
        .filter("score >= 100")
        .build(&Schema::standard())
        .unwrap();
    let run = ManualRun::new("autumn");
    let report = engine.run_workflow_for("welcome", &high, &run, START).unwrap();
    assert_eq!((report.matched, report.actions, engine.timers()), (2_400, 1_200, 2_400));
    assert_eq!(
        (tags(&engine, "c0100"), tags(&engine, "c0101"), tags(&engine, "c0098")),
        (vec!["POLAND".to_owned()], vec![], vec![])
    );
    // The same label reaches each contact once; another finds them inside.
    assert_eq!(engine.run_workflow_for("welcome", &high, &run, START).unwrap().matched, 0);
    let report =
        engine.run_workflow("welcome", ["c0100", "c0001", "gone"], &ManualRun::new("again"), START).unwrap();
    assert_eq!((report.matched, report.problems.len()), (1, 1));
    let last =
        engine.audit_log(0).map(Result::unwrap).filter(|entry| entry.contact == "c0100").last().unwrap();
    assert!(format!("{:?}", last.event).contains("Inside"), "{:?}", last.event);
    assert_eq!(engine.run_workflow("welcom", [], &run, START).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_workflow_by_hand_minds_conditions_reentry_and_activity() {
    let only_poland = Workflow::new("pl", 1)
        .entry_point(EntryPoint::new(Trigger::tag("VIP"), "do").when("country = \"PL\""))
        .node("do", Node::Do { actions: vec![Action::ChangeScore { by: 1 }], to: "end".into() })
        .node("end", Node::End)
        .reentry(Reentry::Never);
    let mut engine = open(Definitions::new().workflow(only_poland.clone()), people(&["c"]));
    assert_eq!(engine.run_workflow("pl", ["c"], &ManualRun::new("a"), START).unwrap().matched, 0);
    let unchecked = |label: &str| ManualRun::new(label).without_conditions();
    assert_eq!(engine.run_workflow("pl", ["c"], &unchecked("b"), START).unwrap().actions, 1);
    // It ended, and may be walked once.
    assert_eq!(engine.run_workflow("pl", ["c"], &unchecked("c"), START).unwrap().matched, 0);
    let reasons: Vec<String> =
        engine.audit_log(0).map(|entry| format!("{:?}", entry.unwrap().event)).collect();
    assert!(reasons.iter().any(|reason| reason.contains(&format!("{:?}", SkipReason::Ended))), "{reasons:?}");
    let mut idle = only_poland;
    idle.active = false;
    let mut engine = open(Definitions::new().workflow(idle), people(&["c"]));
    assert_eq!(engine.run_workflow("pl", ["c"], &unchecked("b"), START).unwrap().matched, 0);
}

#[test]
fn a_rule_is_run_by_hand_for_a_segment_and_apart_from_a_workflow_of_its_name() {
    let rule = Rule::new("same").then(Action::ChangeScore { by: 1 });
    let workflow = Workflow::new("same", 1)
        .start(Trigger::tag("VIP"), "do")
        .node("do", Node::Do { actions: vec![tag("WALKED")], to: "end".into() })
        .node("end", Node::End);
    let mut engine = open(Definitions::new().rule(rule).workflow(workflow), people(&["a", "b"]));
    let all = Segment::builder("all").include(Selector::all()).build(&Schema::standard()).unwrap();
    let run = ManualRun::new("x");
    assert_eq!(engine.run_rule_for("same", &all, &run, START).unwrap().actions, 2);
    assert_eq!(engine.run_workflow_for("same", &all, &run, START).unwrap().actions, 2);
    assert_eq!(engine.run_rule_for("same", &all, &run, START).unwrap().actions, 0);
}

#[test]
fn conditions_and_manual_runs_know_the_segments_of_a_catalog() {
    let schema = Schema::standard();
    let catalog = std::sync::Arc::new(MemoryCatalog::new());
    let vip = |tag: &str| Segment::builder("VIP").include(Selector::tag_any([tag])).build(&schema).unwrap();
    catalog.save(&vip("vip")).unwrap();
    let when = r#"segment("VIP") and score > 0"#;
    let rule = Rule::new("r").on(Trigger::external("visit")).when(when).then(tag("MET"));
    let path = Workflow::new("w", 1)
        .entry_point(EntryPoint::new(Trigger::external("visit"), "end").when(r#"segment("VIP")"#))
        .node("end", Node::End);
    let definitions = || Definitions::new().rule(rule.clone()).workflow(path.clone());

    // Without a catalog it is refused where it stands, with the filter's own error behind it.
    let refused = definitions().check(&schema, &TimeZone::utc(), &[]).unwrap_err();
    let fields: Vec<_> = refused.problems().iter().map(|problem| problem.field.as_ref()).collect();
    assert_eq!(fields, ["rules[0].when[0]", "workflows[0].starts[0].when[0]"]);

    let mut contacts = people(&["a", "b"]);
    for (id, name) in [("a", "vip"), ("b", "gold")] {
        contacts
            .edit(id, |contact| {
                contact.set(schema.require("score")?, 5)?;
                contact.add_tag(name, 1, None)
            })
            .unwrap();
    }
    let options = EngineOptions::default().catalog(std::sync::Arc::clone(&catalog));
    let mut engine =
        AutomationEngine::open(definitions(), &[], MemoryStore::new(), contacts, options).unwrap();
    let event =
        |id: &str, n: u32| ContactEvent::new(id, START, EventKind::external("visit")).id(n.to_string());
    engine.handle(&event("a", 1), START).unwrap();
    engine.handle(&event("b", 1), START).unwrap();
    assert_eq!((tags(&engine, "a"), tags(&engine, "b")), (names(&["MET", "VIP"]), names(&["GOLD"])));

    // A segment counts as it is defined at the check.
    catalog.save(&vip("gold")).unwrap();
    let later = START + time::Duration::hours(1);
    let mut second = event("b", 2);
    second.at = later;
    engine.handle(&second, later).unwrap();
    assert_eq!(tags(&engine, "b"), names(&["GOLD", "MET"]));

    // So it is in the segment of a manual run.
    let named = Segment::builder("n").include(Selector::segment("VIP")).build(&schema).unwrap();
    assert_eq!(engine.run_rule_for("r", &named, &ManualRun::new("m"), later).unwrap().checked, 1);
    assert!(engine.contacts().schema().field("email").is_some());
}

#[test]
fn a_backfilled_segment_may_name_those_of_a_catalog() {
    let schema = Schema::standard();
    let audience: Audience = serde_json::from_str(
        r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d","contacts":"automation",
            "refresh":"never","minimum_size":{"people":0,"refuse":false}}"#,
    )
    .unwrap();
    let named = Segment::builder("n").include(Selector::segment("VIP")).build(&schema).unwrap();
    let engine = |options| {
        let mut contacts = people(&["a", "b"]);
        contacts.edit("a", |contact| contact.add_tag("vip", 1, None)).unwrap();
        let (definitions, store) = (Definitions::new(), MemoryStore::new());
        AutomationEngine::open(definitions, std::slice::from_ref(&audience), store, contacts, options)
            .unwrap()
    };
    let catalog = MemoryCatalog::new();
    catalog
        .save(&Segment::builder("VIP").include(Selector::tag_any(["vip"])).build(&schema).unwrap())
        .unwrap();
    assert!(engine(EngineOptions::default()).backfill_segment(&audience, &named, START).is_err());
    let mut with = engine(EngineOptions::default().catalog(catalog));
    assert_eq!(with.backfill_segment(&audience, &named, START).unwrap(), 1);
}

#[test]
fn the_error_of_a_filter_stays_behind_the_problems_of_definitions() {
    let rule = Rule::new("r").when("score > 5").when("scor > 5").then(tag("x"));
    let error = Definitions::new().rule(rule).check(&Schema::standard(), &TimeZone::utc(), &[]).unwrap_err();
    assert_eq!(error.problems()[0].field, "rules[0].when[1]");
    assert_eq!(error.filter_error().unwrap().problems()[0].span.range(), 0..4);
}
