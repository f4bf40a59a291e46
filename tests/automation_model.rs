//! The engine against a model that does everything the slow way, over random definitions, events and clock jumps;
//! and a year of ten thousand contacts that ends with the fake holding what the model says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use audiencekit::audience::{Audience, AudienceBuilder, ContactManagement};
use audiencekit::automation::{
    Action, ActionStep, ContactEvent, Definitions, Delay, Engine, FlushPolicy, Happening, MemoryContacts,
    MemoryStore, Node, Options, Rule, Template, Trigger, Workflow,
};
use audiencekit::contact::ValueRef;
use audiencekit::facebook::fake::{Edge, Fault, FaultRule};
use audiencekit::identity::{Coverage, Hashed, MatchRows};
use audiencekit::sync::Guards;
use audiencekit::{Contact, KeyMap, MemorySource, MockClient, Schema, SyncEngine};
use proptest::prelude::*;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const START: OffsetDateTime = datetime!(2028-02-27 22:00 UTC);
const TAGS: [&str; 3] = ["A", "B", "C"];

fn saved(id: usize) -> Audience {
    let definition = format!(
        r#"{{"schema_version":1,"id":"{id}","account":"act_1","name":"A","description":"d","contacts":"automation",
            "refresh":"never","minimum_size":{{"people":0,"refuse":false}}}}"#
    );
    serde_json::from_str(&definition).unwrap()
}

/// A rule in the model's own words.
#[derive(Debug, Clone)]
struct Plain {
    on: Vec<usize>,
    least_score: Option<i64>,
    needs_tag: Option<usize>,
    check_after: u32,
    yes: Vec<(Act, u32)>,
    no: Vec<(Act, u32)>,
    runs: Option<u32>,
    interval: u32,
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Add(usize),
    Remove(usize),
    Tag(usize),
    Untag(usize),
    Score(i64),
}

/// A workflow: on a tag, wait for another one for some hours; then one thing or another.
#[derive(Debug, Clone)]
struct PlainFlow {
    on: usize,
    awaited: usize,
    within: u32,
    came: Act,
    missed: Act,
    pause: u32,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (1_usize..3).prop_map(Act::Add),
        (1_usize..3).prop_map(Act::Remove),
        (0_usize..3).prop_map(Act::Tag),
        (0_usize..3).prop_map(Act::Untag),
        (-3_i64..4).prop_map(Act::Score),
    ]
}

/// Delays meet often, so that equal instants are common.
fn hours() -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(0_u32), 2 => 1_u32..5, 1 => Just(24_u32)]
}

prop_compose! {
    fn plain()(
        on in prop::collection::vec(0_usize..3, 1..3),
        least_score in prop::option::of(-2_i64..4),
        needs_tag in prop::option::of(0_usize..3),
        check_after in hours(),
        yes in prop::collection::vec((act(), hours()), 1..3),
        no in prop::collection::vec((act(), hours()), 0..2),
        runs in prop::option::of(1_u32..4),
        interval in hours(),
    ) -> Plain {
        Plain { on, least_score, needs_tag, check_after, yes, no, runs, interval }
    }
}

prop_compose! {
    fn plain_flow()(
        on in 0_usize..3, awaited in 0_usize..3, within in 1_u32..30, came in act(), missed in act(), pause in hours(),
    ) -> PlainFlow {
        PlainFlow { on, awaited, within, came, missed, pause }
    }
}

fn action(act: Act) -> Action {
    match act {
        Act::Add(audience) => Action::add_to(&saved(audience)),
        Act::Remove(audience) => Action::remove_from(&saved(audience)),
        Act::Tag(tag) => Action::AddTag { tag: TAGS[tag].into() },
        Act::Untag(tag) => Action::RemoveTag { tag: TAGS[tag].into() },
        Act::Score(by) => Action::ChangeScore { by },
    }
}

fn rule(index: usize, plain: &Plain) -> Rule {
    let steps = |acts: &[(Act, u32)]| {
        acts.iter()
            .map(|&(act, hours)| ActionStep { action: action(act), after: Delay::Hours(hours) })
            .collect()
    };
    let mut rule = Rule::new(format!("r{index}")).check_after(Delay::Hours(plain.check_after));
    rule.on = plain.on.iter().map(|&tag| Trigger::tag(TAGS[tag])).collect();
    rule.when.extend(plain.least_score.map(|least| format!("score >= {least}")));
    rule.when.extend(plain.needs_tag.map(|tag| format!("has tag \"{}\"", TAGS[tag])));
    rule.if_yes = steps(&plain.yes);
    rule.if_no = steps(&plain.no);
    rule.runs_per_contact = plain.runs;
    rule.min_interval(Delay::Hours(plain.interval))
}

fn workflow(plain: &PlainFlow) -> Workflow {
    let end = |act| Node::Do { actions: vec![action(act)], to: "pause".into() };
    Workflow::new("w", 1)
        .start(Trigger::tag(TAGS[plain.on]), "hold")
        .node(
            "hold",
            Node::WaitFor {
                on: vec![Trigger::tag(TAGS[plain.awaited])],
                within: Delay::Hours(plain.within),
                then: "came".into(),
                otherwise: "missed".into(),
            },
        )
        .node("came", end(plain.came))
        .node("missed", end(plain.missed))
        .node("pause", Node::Wait { delay: Delay::Hours(plain.pause), to: "end".into() })
        .node("end", Node::End)
}

/// One contact, followed by hand: everything that is still to come lies in one heap of notes, searched anew each time.
struct Model<'a> {
    rules: &'a [Plain],
    flow: &'a PlainFlow,
    score: i64,
    tags: BTreeSet<usize>,
    members: BTreeMap<usize, bool>,
    runs: BTreeMap<usize, (u32, OffsetDateTime)>,
    notes: Vec<(OffsetDateTime, u64, Note)>,
    written: u64,
    inside: Option<(Place, OffsetDateTime, u64)>,
    follow: Vec<(usize, OffsetDateTime, u8)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Hold,
    Pause,
}

#[derive(Debug, Clone, Copy)]
enum Note {
    Check(usize, u8),
    Do(Act, u8),
    Wake,
}

impl<'a> Model<'a> {
    fn new(rules: &'a [Plain], flow: &'a PlainFlow) -> Self {
        Self {
            rules,
            flow,
            score: 0,
            tags: BTreeSet::new(),
            members: BTreeMap::new(),
            runs: BTreeMap::new(),
            notes: Vec::new(),
            written: 0,
            inside: None,
            follow: Vec::new(),
        }
    }

    fn note(&mut self, at: OffsetDateTime, note: Note) -> u64 {
        self.written += 1;
        self.notes.push((at, self.written, note));
        self.written
    }

    fn pass_to(&mut self, now: OffsetDateTime) {
        loop {
            let next = self.notes.iter().enumerate().filter(|(_, note)| note.0 <= now);
            let Some((index, _)) = next.min_by_key(|(_, note)| (note.0, note.1)) else { return };
            let (at, number, note) = self.notes.remove(index);
            match note {
                Note::Check(rule, depth) => self.check(rule, at, depth),
                Note::Do(act, depth) => self.act(act, at, depth),
                Note::Wake => match self.inside {
                    Some((Place::Hold, _, timer)) if timer == number => {
                        self.inside = None;
                        self.go_on(self.flow.missed, at, 0);
                    }
                    Some((Place::Pause, _, timer)) if timer == number => self.inside = None,
                    _ => {}
                },
            }
            self.run_follow_ups();
        }
    }

    fn event(&mut self, tag: usize, at: OffsetDateTime, now: OffsetDateTime) {
        self.pass_to(now);
        self.happen(tag, at, 0);
        self.run_follow_ups();
        self.pass_to(now);
    }

    fn run_follow_ups(&mut self) {
        while !self.follow.is_empty() {
            let (tag, at, depth) = self.follow.remove(0);
            if depth <= 8 {
                self.happen(tag, at, depth);
            }
        }
    }

    /// A tag was assigned: rules in their order, then the wait, then the start.
    fn happen(&mut self, tag: usize, at: OffsetDateTime, depth: u8) {
        let was_inside = self.inside.is_some();
        for (index, rule) in self.rules.iter().enumerate() {
            let over = rule.runs.is_some_and(|most| self.runs.get(&index).is_some_and(|runs| runs.0 >= most));
            if rule.on.contains(&tag) && !over {
                if rule.check_after == 0 {
                    self.check(index, at, depth);
                } else {
                    self.note(at + Duration::hours(rule.check_after.into()), Note::Check(index, depth));
                }
            }
        }
        if tag == self.flow.awaited
            && let Some((Place::Hold, since, timer)) = self.inside
            && since <= at
        {
            self.notes.retain(|note| note.1 != timer);
            self.inside = None;
            self.go_on(self.flow.came, at, 0);
        }
        if tag == self.flow.on && !was_inside && self.inside.is_none() {
            let timer = self.note(at + Duration::hours(self.flow.within.into()), Note::Wake);
            self.inside = Some((Place::Hold, at, timer));
        }
    }

    fn go_on(&mut self, act: Act, at: OffsetDateTime, depth: u8) {
        self.act(act, at, depth);
        if self.flow.pause > 0 {
            let timer = self.note(at + Duration::hours(self.flow.pause.into()), Note::Wake);
            self.inside = Some((Place::Pause, at, timer));
        }
    }

    fn check(&mut self, index: usize, at: OffsetDateTime, depth: u8) {
        let rule = &self.rules[index];
        if let Some(&(count, last)) = self.runs.get(&index)
            && (rule.runs.is_some_and(|most| count >= most)
                || (rule.interval > 0 && last + Duration::hours(rule.interval.into()) > at))
        {
            return;
        }
        let yes = rule.least_score.is_none_or(|least| self.score >= least)
            && rule.needs_tag.is_none_or(|tag| self.tags.contains(&tag));
        let branch = if yes { &rule.yes } else { &rule.no };
        if branch.is_empty() {
            return;
        }
        self.runs.entry(index).and_modify(|runs| *runs = (runs.0 + 1, at)).or_insert((1, at));
        for &(act, hours) in branch {
            if hours == 0 {
                self.act(act, at, depth);
            } else {
                self.note(at + Duration::hours(hours.into()), Note::Do(act, depth));
            }
        }
    }

    fn act(&mut self, act: Act, at: OffsetDateTime, depth: u8) {
        match act {
            Act::Add(audience) => drop(self.members.insert(audience, true)),
            Act::Remove(audience) => drop(self.members.insert(audience, false)),
            Act::Tag(tag) => {
                if self.tags.insert(tag) {
                    self.follow.push((tag, at, depth + 1));
                }
            }
            Act::Untag(tag) => drop(self.tags.remove(&tag)),
            Act::Score(by) => self.score += by,
        }
    }
}

#[derive(Debug, Clone)]
struct Step {
    contact: usize,
    tag: usize,
    jump_hours: i64,
    late_hours: i64,
    again: bool,
    restart: bool,
}

fn step() -> impl Strategy<Value = Step> {
    (0_usize..3, 0_usize..3, 0_i64..30, prop_oneof![4 => Just(0_i64), 1 => 0_i64..20], any::<u8>()).prop_map(
        |(contact, tag, jump_hours, late_hours, dice)| Step {
            contact,
            tag,
            jump_hours,
            late_hours,
            again: dice % 5 == 0,
            restart: dice % 7 == 0,
        },
    )
}

fn people() -> MemoryContacts {
    let schema = Schema::standard();
    let mut contacts = MemoryContacts::new(&schema);
    for n in 0..3 {
        contacts.edit(format!("c{n}"), |contact| contact.set(schema.require("score")?, 0)).unwrap();
    }
    contacts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_engine_does_what_the_model_does(
        plains in prop::collection::vec(plain(), 1..5),
        flow in plain_flow(),
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let definitions = plains.iter().enumerate().fold(Definitions::new(), |all, (index, plain)| all.rule(rule(index, plain)))
            .workflow(workflow(&flow));
        let definitions = Definitions::from_json(&definitions.to_json()).unwrap();
        let audiences = [saved(1), saved(2)];
        let store = MemoryStore::new();
        let open = |store: &MemoryStore, people| {
            Engine::open(definitions.clone(), &audiences, store.clone(), people, Options::default()).unwrap()
        };
        let mut engine = open(&store, people());
        let mut models: Vec<_> = (0..3).map(|_| Model::new(&plains, &flow)).collect();
        let mut now = START;
        for (number, step) in steps.iter().enumerate() {
            now += Duration::hours(step.jump_hours);
            let at = now - Duration::hours(step.late_hours);
            let what = Happening::TagAssigned { tag: TAGS[step.tag].into() };
            let event = ContactEvent::new(format!("c{}", step.contact), at, what).id(number.to_string());
            // The host has assigned the tag before it tells of it; what is due goes first.
            engine.tick(now).unwrap();
            models.iter_mut().for_each(|model| model.pass_to(now));
            engine.contacts_mut().edit(&event.contact, |contact| contact.add_tag(TAGS[step.tag], 1, None)).unwrap();
            models[step.contact].tags.insert(step.tag);
            engine.handle(&event, now).unwrap();
            models[step.contact].event(step.tag, at, now);
            if step.again {
                let again = engine.handle(&event, now).unwrap();
                prop_assert_eq!((again.matched, again.checked, again.actions), (0, 0, 0));
            }
            if step.restart {
                let people = engine.into_parts().1;
                engine = open(&store, people);
            }
        }
        now += Duration::days(10);
        engine.tick(now).unwrap();
        models.iter_mut().for_each(|model| model.pass_to(now));
        // Definitions that come round for ever are due again; both know when.
        let due = models.iter().flat_map(|model| model.notes.iter().map(|note| note.0)).min();
        prop_assert_eq!(engine.next_due(), due);

        let schema = Arc::clone(audiencekit::automation::ContactStore::schema(engine.contacts()));
        let mut outbox: BTreeMap<(String, String), bool> = BTreeMap::new();
        engine.outbox(&mut |audience, contact, add| {
            outbox.insert((contact.to_owned(), audience.to_owned()), add);
            Ok(())
        }).unwrap();
        for (n, model) in models.iter().enumerate() {
            let id = format!("c{n}");
            let contact = engine.contacts().get(&id).unwrap();
            let score = contact.get(schema.require("score").unwrap());
            prop_assert_eq!(score, Some(ValueRef::Integer(model.score)), "score of {}", &id);
            let tags: BTreeSet<String> = contact.tags().iter().map(|tag| schema.symbols().text(tag.name).to_string()).collect();
            prop_assert_eq!(tags, model.tags.iter().map(|&tag| TAGS[tag].to_owned()).collect::<BTreeSet<_>>());
            let found: BTreeMap<usize, bool> = outbox.iter()
                .filter(|((contact, _), _)| *contact == id)
                .map(|((_, audience), &add)| (audience.parse().unwrap(), add))
                .collect();
            prop_assert_eq!(&found, &model.members, "memberships of {}", &id);
        }
    }
}

#[test]
fn a_workflow_may_come_round_for_ever_as_long_as_time_passes() {
    let hourly = PlainFlow { on: 1, awaited: 0, within: 1, came: Act::Add(1), missed: Act::Tag(1), pause: 0 };
    let untag = Plain {
        on: vec![1],
        least_score: None,
        needs_tag: None,
        check_after: 0,
        yes: vec![(Act::Untag(1), 0)],
        no: Vec::new(),
        runs: None,
        interval: 0,
    };
    let definitions = Definitions::new().rule(rule(0, &untag)).workflow(workflow(&hourly));
    let audiences = [saved(1), saved(2)];
    let mut engine =
        Engine::open(definitions, &audiences, MemoryStore::new(), people(), Options::default()).unwrap();
    engine.contacts_mut().edit("c0", |contact| contact.add_tag(TAGS[1], 1, None)).unwrap();
    let begin = ContactEvent::new("c0", START, Happening::TagAssigned { tag: TAGS[1].into() }).id("begin");
    engine.handle(&begin, START).unwrap();
    let mut rounds = 0;
    for hour in 1..=100 {
        rounds += engine.tick(START + Duration::hours(hour)).unwrap().checked;
    }
    assert_eq!(rounds, 100);
    assert_eq!(engine.contacts().get("c0").unwrap().tags().len(), 0);
}

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
    let options = Options::default().audit(false);
    let mut engine =
        Engine::open(definitions, std::slice::from_ref(&audience), MemoryStore::new(), contacts, options)
            .unwrap();
    let sync = SyncEngine::builder(
        MemorySource::new(&schema, Vec::new()),
        facebook.clone(),
        facebook.fake().clone(),
    )
    .guards(Guards::off())
    .build();

    let mut random = 7_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let policy = FlushPolicy { operations: 10_000, age: Duration::days(14) };
    let mut waits: BTreeMap<u64, OffsetDateTime> = BTreeMap::new();
    let mut members: BTreeSet<u64> = BTreeSet::new();
    let begin = datetime!(2027-03-01 0:00 UTC);
    for number in 0..EVENTS {
        let at = begin + Duration::seconds(number as i64 * 31_622_400 / EVENTS as i64);
        let (person, bought) = (next(PEOPLE), next(3) == 0);
        let kind = if bought { "purchase" } else { "cart" };
        let what = Happening::External { kind: kind.into(), value: None, properties: BTreeMap::new() };
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
    assert_eq!(engine.unsent(), 0);

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
