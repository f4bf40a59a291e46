//! A month of automation: two audiences, three rules and one workflow over 6,000 generated events. The members that the
//! fake Facebook has at the end are printed next to those of a model that replays the events of each contact.
//!
//! What it shows:
//!
//! - rules: several triggers, conditions, actions for both outcomes, delays, a run limit, an interval, a schedule;
//! - a workflow: a wait for an event, a check of five paths, a pause and a split of three;
//! - a frequency cap, a rate limit and a ready-made rule ([`Template`]);
//! - the outbox and its flush to Facebook;
//! - silent events of an import, a manual run for the imported contacts, and new definitions for a running engine.
//!
//! Run: `cargo run --example automation`

use std::collections::BTreeSet;

use audiencekit::audience::{Audience, AudienceBuilder, ContactManagement};
use audiencekit::automation::{
    Action, AutomationEngine, CheckPath, ConsentChannel, ContactEvent, ContactStore, Definitions, Delay,
    EngineOptions, EventKind, FlushPolicy, FrequencyCap, ManualRun, MemoryContacts, MemoryStore, Node,
    OpenHours, Period, RateLimit, Rule, Schedule, SplitPath, Template, Trigger, Workflow, WorkflowMigration,
};
use audiencekit::contact::ConsentStatus;
use audiencekit::identity::{Coverage, MatchRows};
use audiencekit::{Contact, KeyMap, MemorySource, MockClient, Schema, SyncEngine};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const START: OffsetDateTime = datetime!(2026-11-01 0:00 UTC);
const PEOPLE: u64 = 500;
const EVENTS: u64 = 6_000;
/// The time of the import.
const IMPORT: OffsetDateTime = datetime!(2026-12-01 9:00 UTC);
/// The rate limit of the VIP rule per day, once it is edited.
const RATE: u32 = 3;
/// The run limit of the VIP rule per contact.
const RUNS: u32 = 3;
/// The least score of a contact whose cart is followed up.
const LEAST_WORTH: u32 = 10;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let facebook = MockClient::new();
    // Facebook refuses removals that leave a small audience; the example is about automation.
    facebook.fake().configure(|settings| settings.removal_floor = 0);

    let mut saved = Vec::new();
    for (name, description) in
        [("VIP customers", "Tagged vip, score 50 and more"), ("Left carts", "No purchase in 2 days")]
    {
        let draft = AudienceBuilder::new()
            .name(name)
            .description(description)
            .account(facebook.fake().account())
            .contacts(ContactManagement::Automation)
            .build()?;
        saved.push(draft.save(&facebook).await?);
    }
    let [vip, carts] = <[Audience; 2]>::try_from(saved).map_err(|_| "two audiences")?;

    let definitions = definitions(&vip, &carts)?;
    println!(
        "{} rules, {} workflow, {} bytes of JSON",
        definitions.rules.len(),
        definitions.workflows.len(),
        definitions.to_json().len()
    );
    let events = events();
    let (schema, contacts) = contacts()?;
    let options = EngineOptions::default();
    let mut engine = AutomationEngine::open(
        definitions,
        &[vip.clone(), carts.clone()],
        MemoryStore::new(),
        contacts,
        options,
    )?;
    let sync = SyncEngine::new(MemorySource::new(&schema, Vec::new()), facebook.clone());

    // The loop of the application: time moves from event to event, and timers in between run when they are due.
    let policy = FlushPolicy::default().age(std::time::Duration::from_secs(12 * 3_600));
    let (mut flushes, mut dropped) = (0, 0);
    for event in &events {
        change(engine.contacts_mut(), event)?;
        while let Some(due) = engine.next_due().filter(|&due| due <= event.at) {
            engine.tick(due)?;
        }
        dropped += engine.handle(event, event.at)?.dropped;
        if engine.flush_is_due(&policy, event.at) {
            engine.flush(&sync).await?;
            flushes += 1;
        }
    }
    let imported = import_and_edit(&mut engine, &[vip.clone(), carts.clone()])?;
    engine.tick(START + Duration::days(40))?;
    let report = engine.flush(&sync).await?;
    assert!(report.failed.is_empty(), "{:?}", report.failed);
    println!(
        "{} events, {dropped} runs skipped by the schedule or the cap, {} flushes, {} calls at Facebook",
        events.len(),
        flushes + 1,
        facebook.fake().calls().len()
    );

    let (model_vip, model_carts) = model(&events, &imported);
    for (audience, model) in [(&vip, &model_vip), (&carts, &model_carts)] {
        let members = facebook.fake().members(audience.id());
        let wanted = fingerprints(&schema, engine.contacts(), model)?;
        println!(
            "{:<14} the fake has {:>3} members, the model {:>3}",
            audience.name(),
            members.len(),
            wanted.len()
        );
        assert_eq!(members, wanted, "the fake holds exactly what the model says");
    }
    facebook.fake().assert_clean();

    if let Some(person) = model_vip.first() {
        println!(
            "\nWhy {person} is in {:?}: {}",
            vip.name(),
            engine.explain(person, &vip, START + Duration::days(40))?
        );
    }
    Ok(())
}

fn definitions(vip: &Audience, carts: &Audience) -> Result<Definitions, audiencekit::Error> {
    let hours = OpenHours::daily("08:00", "20:00")?;
    let vip_rule = Rule::new("vip")
        .group("Loyalty")
        .on(Trigger::tag("VIP"))
        .on(Trigger::external("upgrade"))
        .when("score >= 50")
        .when("email is set")
        .then(Action::add_to(vip))
        .otherwise(Action::AddTag { tag: "NOT_YET".into() })
        .otherwise_after(Delay::Days(1), Action::RemoveTag { tag: "NOT_YET".into() })
        .runs_per_contact(RUNS)
        .min_interval(Delay::Days(1))
        .schedule(Schedule::new(hours).or_skip())
        .valid(Some(START), None);
    let out = Rule::new("opt-out")
        .on(Trigger::consent(ConsentChannel::Email, ConsentStatus::Withdrawn))
        .then(Action::remove_from(vip))
        .then(Action::remove_from(carts));
    let variant = |name: &str| Node::Do {
        actions: vec![Action::AddTag { tag: format!("CART_{name}") }, Action::add_to(carts)],
        to: "end".into(),
    };
    let path = |least: u32, to: &str| CheckPath::new(to).when(format!("score >= {least}"));
    let worth = vec![
        path(90, "top"),
        path(70, "test"),
        path(50, "test"),
        path(30, "test"),
        path(LEAST_WORTH, "test"),
    ];
    let cart = Workflow::new("cart", 1)
        .start(Trigger::external("cart"), "hold")
        .node(
            "hold",
            Node::WaitFor {
                on: vec![Trigger::external("purchase")],
                within: Delay::Days(2),
                then: "end".into(),
                otherwise: "worth".into(),
            },
        )
        .node("worth", Node::Check { paths: worth, otherwise: "end".into() })
        .node("top", Node::Do { actions: vec![Action::AddTag { tag: "TOP".into() }], to: "pause".into() })
        .node("pause", Node::Wait { delay: Delay::Hours(1), to: "test".into() })
        .node(
            "test",
            Node::Split {
                paths: vec![SplitPath::new(60, "a"), SplitPath::new(30, "b"), SplitPath::new(10, "x")],
            },
        )
        .node("a", variant("A"))
        .node("b", variant("B"))
        .node("x", variant("X"))
        .node("end", Node::End);
    Ok(Definitions::new()
        .frequency_cap(FrequencyCap::new("loyalty", 1, Period::Week).group("Loyalty"))
        .rule(vip_rule)
        .rule(Template::RemoveOnPurchase.rule("bought", carts))
        .rule(out)
        .workflow(cart))
}

fn name(number: u64) -> String {
    format!("c{number:03}")
}

fn contacts() -> Result<(Schema, MemoryContacts), audiencekit::Error> {
    let schema = Schema::standard();
    let mut contacts = MemoryContacts::new(&schema);
    for number in 0..PEOPLE {
        contacts.edit(name(number), |contact| {
            contact.set(schema.require("email")?, format!("{}@example.com", name(number)))?;
            contact.set(schema.require("score")?, (number % 100) as i64)
        })?;
    }
    Ok((schema, contacts))
}

/// Generates the events of a month, the same in every run.
fn events() -> Vec<ContactEvent> {
    let mut random = 2_026_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    (0..EVENTS)
        .map(|number| {
            let at = START + Duration::seconds(number as i64 * 430);
            let what = match next(10) {
                0..=3 => EventKind::external("cart"),
                4..=6 => EventKind::external("purchase"),
                7 => EventKind::external("upgrade"),
                8 => EventKind::TagAssigned { tag: "vip".into() },
                _ => EventKind::ConsentChanged {
                    channel: ConsentChannel::Email,
                    status: ConsentStatus::Withdrawn,
                },
            };
            ContactEvent::new(name(next(PEOPLE)), at, what)
        })
        .collect()
}

/// Changes the contact in the contact store, before the engine gets the event.
fn change(contacts: &mut MemoryContacts, event: &ContactEvent) -> Result<(), audiencekit::Error> {
    match &event.kind {
        EventKind::TagAssigned { tag } => {
            contacts.edit(&event.contact, |contact| contact.add_tag(tag, 1, Some(event.at)))
        }
        _ => Ok(()),
    }
}

/// Imports contacts with silent events, runs a rule for them manually, and sets new definitions: contacts inside the
/// workflow finish the old version, and the rule gets a rate limit, which a second manual run reaches. Returns the
/// contacts of both runs.
fn import_and_edit(
    engine: &mut AutomationEngine<MemoryStore, MemoryContacts>,
    audiences: &[Audience],
) -> Result<[Vec<String>; 2], audiencekit::Error> {
    let now = IMPORT;
    let imported: Vec<String> = (45..55).map(name).collect();
    engine.tick(now)?;
    let before = engine.pending_len();
    for contact in &imported {
        engine.contacts_mut().edit(contact, |contact| contact.add_tag("VIP", 1, Some(now)))?;
        let tagged = EventKind::TagAssigned { tag: "VIP".into() };
        let report = engine.handle(&ContactEvent::new(contact, now, tagged).silent(), now)?;
        assert_eq!(report.matched, 0, "an import starts nothing");
    }
    assert_eq!(engine.pending_len(), before);
    let run = ManualRun::new("import of November");
    let people = || imported.iter().map(String::as_str);
    let report = engine.run_rule("vip", people(), &run, now)?;
    println!("{} imported silently, {} of them checked by a manual run", imported.len(), report.checked);
    assert_eq!(engine.run_rule("vip", people(), &run, now)?.checked, 0, "once is enough");

    let mut edited = Definitions::from_json(&engine.definitions().to_json())?;
    for workflow in &mut edited.workflows {
        workflow.version += 1;
        workflow.nodes.insert("pause".into(), Node::Wait { delay: Delay::Days(7), to: "test".into() });
    }
    for rule in edited.rules.iter_mut().filter(|rule| rule.id == "vip") {
        rule.rate_limit = Some(RateLimit::new(RATE, Period::Day));
    }
    engine.set_definitions(edited, audiences, &WorkflowMigration::PinVersion)?;
    let others: Vec<String> = (60..70).map(name).collect();
    let run = ManualRun::new("others");
    let report = engine.run_rule("vip", others.iter().map(String::as_str), &run, now)?;
    println!(
        "{} others, {} of them skipped by the rate limit of {RATE} per day",
        others.len(),
        report.dropped
    );
    Ok([imported, others])
}

/// Replays the events of each contact and returns the members of the VIP audience and of the one of left carts.
fn model(
    events: &[ContactEvent],
    [imported, others]: &[Vec<String>; 2],
) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut vip, mut carts) = (BTreeSet::new(), BTreeSet::new());
    let mut capped = 0;
    for number in 0..PEOPLE {
        let person = name(number);
        let score = number % 100;
        let mut runs: Vec<OffsetDateTime> = Vec::new();
        let mut may_run = |at: OffsetDateTime| {
            let may = runs.len() < RUNS as usize
                && runs.last().is_none_or(|&last| {
                    last + Duration::days(1) <= at
                        && (last.year(), last.iso_week()) < (at.year(), at.iso_week())
                });
            if may {
                runs.push(at);
            }
            may
        };
        // Contacts with a high score wait one more hour; a cart in the meantime starts nothing.
        let pause = Duration::hours(i64::from(score >= 90));
        let mut left: Option<OffsetDateTime> = None;
        for event in events.iter().filter(|event| event.contact == person) {
            if left.is_some_and(|left| left + Duration::days(2) + pause <= event.at) {
                if score >= LEAST_WORTH.into() {
                    carts.insert(person.clone());
                }
                left = None;
            }
            match &event.kind {
                EventKind::External { kind, .. } if kind == "cart" => left = left.or(Some(event.at)),
                EventKind::External { kind, .. } if kind == "purchase" => {
                    carts.remove(&person);
                    // After the wait for it a purchase ends nothing.
                    left = left.filter(|&left| left + Duration::days(2) <= event.at);
                }
                EventKind::TagAssigned { .. } | EventKind::External { .. }
                    if may_run(event.at) && score >= 50 && (8..20).contains(&event.at.hour()) =>
                {
                    vip.insert(person.clone());
                }
                EventKind::ConsentChanged { .. } => {
                    vip.remove(&person);
                    carts.remove(&person);
                }
                _ => {}
            }
        }
        if left.is_some() && score >= LEAST_WORTH.into() {
            carts.insert(person.clone());
        }
        let is_run = imported.contains(&person) && may_run(IMPORT);
        let is_run_too = others.contains(&person) && capped < RATE && may_run(IMPORT);
        capped += u32::from(is_run_too);
        if (is_run || is_run_too) && score >= 50 {
            vip.insert(person);
        }
    }
    (vip, carts)
}

fn fingerprints(
    schema: &Schema,
    contacts: &MemoryContacts,
    people: &BTreeSet<String>,
) -> Result<BTreeSet<audiencekit::identity::Hashed>, audiencekit::Error> {
    let map = KeyMap::standard(schema);
    let mut rows = MatchRows::new(map.keys().clone());
    let mut contact = Contact::new(schema);
    for person in people {
        contacts.load(person, &mut contact)?;
        map.mapper().append(&contact, &mut rows, &mut Coverage::default());
    }
    Ok(rows.iter().map(audiencekit::identity::MatchRow::fingerprint).collect())
}
