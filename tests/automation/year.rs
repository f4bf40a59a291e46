//! A year of ten thousand contacts ends with the fake holding what a model says, though calls are lost on their way.

use std::collections::{BTreeMap, BTreeSet};

use audiencekit::audience::{AudienceBuilder, ContactManagement};
use audiencekit::automation::{
    Action, AutomationEngine, ContactEvent, Definitions, Delay, EngineOptions, EventKind, FlushPolicy,
    MemoryContacts, MemoryStore, Node, Template, Trigger, Workflow,
};
use audiencekit::facebook::fake::{Edge, Fault, FaultRule};
use audiencekit::identity::{Coverage, Hashed, MatchRows};
use audiencekit::sync::RemovalGuard;
use audiencekit::{Contact, KeyMap, MemorySource, MockClient, Schema, SyncEngine};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

#[tokio::test]
async fn a_year_of_ten_thousand_contacts_ends_with_the_fake_holding_what_the_model_says() {
    const PEOPLE: u64 = 10_000;
    const EVENTS: u64 = 60_000;
    let facebook = MockClient::new();
    facebook.fake().configure(|settings| settings.removal_floor = 0);
    // Some calls take effect and lose their reply, some never arrive.
    facebook.fake().inject(FaultRule::new(Fault::DropReply).on(Edge::AddUsers).every(5));
    facebook.fake().inject(FaultRule::new(Fault::DropBefore).on(Edge::RemoveUsers).every(7));
    let draft = AudienceBuilder::new()
        .name("Left carts")
        .description("A year")
        .account(facebook.fake().account())
        .contacts(ContactManagement::Automation);
    let audience = draft.build().unwrap().save(&facebook).await.unwrap();

    let schema = Schema::standard();
    let mut contacts = MemoryContacts::new(&schema);
    let email = schema.require("email").unwrap();
    for number in 0..PEOPLE {
        contacts
            .edit(format!("c{number}"), |contact| contact.set(email, format!("p{number}@example.com")))
            .unwrap();
    }
    let workflow = Workflow::new("cart", 1)
        .start(Trigger::external("cart"), "hold")
        .node(
            "hold",
            Node::WaitFor {
                on: vec![Trigger::external("purchase")],
                within: Delay::Days(3),
                then: "end".into(),
                otherwise: "add".into(),
            },
        )
        .node("add", Node::Do { actions: vec![Action::add_to(&audience)], to: "end".into() })
        .node("end", Node::End);
    let definitions =
        Definitions::new().rule(Template::RemoveOnPurchase.rule("out", &audience)).workflow(workflow);
    let options = EngineOptions::default().audit(false);
    let mut engine = AutomationEngine::open(
        definitions,
        std::slice::from_ref(&audience),
        MemoryStore::new(),
        contacts,
        options,
    )
    .unwrap();
    let sync = SyncEngine::builder(
        MemorySource::new(&schema, Vec::new()),
        facebook.clone(),
        facebook.fake().clone(),
    )
    .removal_guard(RemovalGuard::off())
    .build();

    let mut random = 7_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let policy = FlushPolicy::default().age(std::time::Duration::from_secs(14 * 86_400));
    let mut waits: BTreeMap<u64, OffsetDateTime> = BTreeMap::new();
    let mut members: BTreeSet<u64> = BTreeSet::new();
    let begin = datetime!(2027-03-01 0:00 UTC);
    for number in 0..EVENTS {
        let at = begin + Duration::seconds(number as i64 * 31_622_400 / EVENTS as i64);
        let (person, bought) = (next(PEOPLE), next(3) == 0);
        let kind = if bought { "purchase" } else { "cart" };
        let what = EventKind::External { kind: kind.into(), value: None, properties: BTreeMap::new() };
        engine.handle(&ContactEvent::new(format!("c{person}"), at, what), at).unwrap();
        if engine.flush_is_due(&policy, at) {
            engine.flush(&sync).await.unwrap();
        }
        if waits.get(&person).is_some_and(|&due| due <= at) {
            waits.remove(&person);
            members.insert(person);
        }
        if bought {
            waits.remove(&person);
            members.remove(&person);
        } else {
            waits.entry(person).or_insert(at + Duration::days(3));
        }
    }
    members.extend(waits.into_keys());
    engine.tick(begin + Duration::days(400)).unwrap();
    for _ in 0..5 {
        engine.flush(&sync).await.unwrap();
    }
    assert_eq!(engine.pending_len(), 0);

    let map = KeyMap::standard(&schema);
    let mut rows = MatchRows::new(map.keys().clone());
    let mut contact = Contact::new(&schema);
    for person in &members {
        contact.clear();
        contact.set(email, format!("p{person}@example.com")).unwrap();
        map.mapper().append(&contact, &mut rows, &mut Coverage::default());
    }
    let wanted: BTreeSet<Hashed> = rows.iter().map(audiencekit::identity::MatchRow::fingerprint).collect();
    let held = facebook.fake().members(audience.id());
    assert_eq!((held.len(), held.symmetric_difference(&wanted).count()), (members.len(), 0));
    assert!(members.len() > 2_000, "{}", members.len());
    facebook.fake().assert_clean();
}
