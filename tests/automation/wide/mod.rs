//! The engine against a model that does everything the slow way, over random rules, workflows of any shape, events of
//! every kind, late and repeated ones, clock jumps, a leap day, a change of the clocks and restarts at any moment.

mod generate;
mod model;
mod plain;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use audiencekit::automation::{
    AutomationEngine, ContactEvent, ContactStore, Definitions, EngineOptions, ManualRun, MemoryContacts,
    MemoryStore,
};
use audiencekit::contact::{FieldType, ValueRef};
use audiencekit::sync::Operation;
use audiencekit::{Schema, TimeZone};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use time::Duration;

use generate::{Deed, Tape};
use model::{Model, Shared, World, day};
use plain::{Happen, PLANS, STAGES, START, TAGS, happening, limit, rule, saved, workflow};

const CONTACTS: usize = 3;

fn people() -> MemoryContacts {
    let schema = Schema::builder()
        .detail("plan", FieldType::Keyword)
        .detail("renewal", FieldType::Date)
        .build()
        .unwrap();
    let mut contacts = MemoryContacts::new(&schema);
    for n in 0..CONTACTS {
        contacts.edit(format!("c{n}"), |contact| contact.set(schema.require("score")?, 0)).unwrap();
    }
    contacts
}

/// What the host does with its contact before it tells of it, the same as the model's.
fn host_changes(contacts: &mut MemoryContacts, model: &Model<'_>, id: &str, what: &Happen) {
    let schema = contacts.schema().clone();
    contacts
        .edit(id, |contact| match *what {
            Happen::Tag(n) => match schema.symbols().get(TAGS[n]) {
                Some(tag) if contact.tags().iter().any(|known| known.name == tag) => Ok(()),
                _ => contact.add_tag(TAGS[n], 1, None),
            },
            Happen::Untag(n) => {
                if let Some(tag) = schema.symbols().get(TAGS[n]) {
                    contact.remove_tag(tag);
                }
                Ok(())
            }
            Happen::Score(_, to) => contact.set(schema.require("score")?, to),
            Happen::Stage(n) => contact.set_stage("f", STAGES[n], None),
            Happen::FieldChanged(0) => contact.set(schema.require("plan")?, PLANS[model.plan.unwrap()]),
            Happen::FieldChanged(_) | Happen::FieldAdded(1) => {
                contact.set(schema.require("renewal")?, model.renewal.unwrap())
            }
            _ => Ok(()),
        })
        .unwrap();
}

fn agree(
    engine: &AutomationEngine<MemoryStore, MemoryContacts>,
    models: &[Model<'_>],
    flows: usize,
) -> TestCaseResult {
    let schema = engine.contacts().schema();
    let mut outbox: BTreeMap<String, BTreeMap<usize, bool>> = BTreeMap::new();
    for change in engine.outbox() {
        let change = change.unwrap();
        let add = change.operation == Operation::Add;
        outbox.entry(change.contact).or_default().insert(change.audience.parse().unwrap(), add);
    }
    for (n, model) in models.iter().enumerate() {
        let id = format!("c{n}");
        let contact = engine.contacts().get(&id).unwrap();
        let get = |field: &str| contact.get(schema.require(field).unwrap());
        prop_assert_eq!(get("score"), Some(ValueRef::Integer(model.score)), "score of {}", id);
        let plan = model.plan.map(|n| PLANS[n].to_owned());
        let found = contact.texts(schema.require("plan").unwrap()).next().map(str::to_owned);
        prop_assert_eq!(found, plan, "plan of {}", id);
        prop_assert_eq!(get("renewal"), model.renewal.map(ValueRef::Date), "renewal of {}", id);
        let tags: BTreeSet<(String, i32)> = contact
            .tags()
            .iter()
            .map(|tag| (schema.symbols().text(tag.name).to_string(), tag.score))
            .collect();
        let wanted = model.tags.iter().map(|(&tag, &score)| (TAGS[tag].to_owned(), score)).collect();
        prop_assert_eq!(tags, wanted, "tags of {}", id);
        let stage = contact.stages().first().map(|stage| schema.symbols().text(stage.stage).to_string());
        prop_assert_eq!(stage, model.stage.map(|n| STAGES[n].to_owned()), "stage of {}", id);
        let members = outbox.remove(&id).unwrap_or_default();
        prop_assert_eq!(members, model.members.clone(), "memberships of {}", id);
        let calls = engine.contacts().calls().iter().filter(|call| call.contact == id).count();
        prop_assert_eq!(calls, model.calls, "calls for {}", id);
        for flow in 0..flows {
            let place = engine.position(&format!("w{flow}"), &id).unwrap().map(|(node, _)| node);
            let wanted = model.inside.get(&flow).map(|place| format!("n{:02}", place.node));
            prop_assert_eq!(place, wanted, "place of {} in w{}", id, flow);
        }
    }
    prop_assert_eq!(engine.next_due(), models.iter().filter_map(Model::due).min());
    prop_assert_eq!(engine.timers(), models.iter().map(Model::waiting).sum::<u64>());
    Ok(())
}

fn run(tape: &[u16]) -> TestCaseResult {
    let mut tape = Tape::new(tape);
    let warsaw = tape.below(2) == 1;
    let zone = if warsaw { TimeZone::named("Europe/Warsaw").unwrap() } else { TimeZone::utc() };
    let rules = tape.rules();
    let flows = tape.flows(rules.len());
    let limits = tape.limits(rules[0].group);
    let steps = tape.steps(rules.len());
    let mut definitions = Definitions::new();
    for (index, plain) in rules.iter().enumerate() {
        definitions = definitions.rule(rule(index, plain));
    }
    for (index, plain) in flows.iter().enumerate() {
        definitions = definitions.workflow(workflow(index, plain));
    }
    for (index, plain) in limits.iter().enumerate() {
        definitions = definitions.frequency_cap(limit(index, plain));
    }
    let definitions = Definitions::from_json(&definitions.to_json()).unwrap();
    let audiences = [saved(1), saved(2)];
    let store = MemoryStore::new();
    let options = EngineOptions::default().zone(zone.clone()).cache_capacity(2);
    let open = |people| {
        AutomationEngine::open(definitions.clone(), &audiences, store.clone(), people, options.clone())
            .unwrap()
    };
    let mut engine = open(people());
    let shared = RefCell::new(Shared::default());
    let world = World { rules: &rules, flows: &flows, limits: &limits, zone: &zone, shared: &shared };
    let mut models: Vec<_> = (0..CONTACTS).map(|n| Model::new(world, format!("c{n}"))).collect();
    let mut now = START;
    engine
        .contacts_mut()
        .edit("c0", |contact| contact.set(contact.schema().require("renewal")?, day(0)))
        .unwrap();
    models[0].renewal = Some(day(0));
    engine.schedule_dates(now).unwrap();
    models.iter_mut().for_each(|model| model.plan_dates(now));
    for (number, step) in steps.iter().enumerate() {
        now += Duration::hours(step.jump_hours);
        // What is due goes first, then the host changes its contact and tells of it.
        engine.tick(now).unwrap();
        Model::pass_all_to(&mut models, now);
        let (id, model) = (format!("c{}", step.contact), &mut models[step.contact]);
        match &step.what {
            Deed::Tell { what, fire } => {
                let at = now - Duration::hours(step.late_hours);
                let mut event = ContactEvent::new(&id, at, happening(what)).id(number.to_string());
                event.silent = !fire;
                model.host_changes(what);
                host_changes(engine.contacts_mut(), model, &id, what);
                engine.handle(&event, now).unwrap();
                model.event(what, at, now, *fire);
                Model::pass_all_to(&mut models, now);
                if step.again {
                    let again = engine.handle(&event, now).unwrap();
                    prop_assert_eq!((again.matched, again.checked, again.actions), (0, 0, 0));
                }
            }
            Deed::RunByHand { rule, conditions } => {
                let run = ManualRun::new(number.to_string());
                let run = if *conditions { run } else { run.without_conditions() };
                for _ in 0..=usize::from(step.again) {
                    engine.run_rule(&format!("r{rule}"), [id.as_str()], &run, now).unwrap();
                }
                model.run_by_hand(*rule, *conditions, now);
            }
            Deed::Review => {
                engine.reevaluate_all(now).unwrap();
                models.iter_mut().for_each(|model| model.review(now));
            }
        }
        if step.restart {
            let people = engine.into_parts().1;
            engine = open(people);
        }
        agree(&engine, &models, flows.len())?;
    }
    now += Duration::days(10);
    engine.tick(now).unwrap();
    Model::pass_all_to(&mut models, now);
    agree(&engine, &models, flows.len())
}

/// Set to try more cases than each change does: `AUTOMATION_CASES=100000 cargo test --test automation_wide`.
#[expect(clippy::disallowed_methods, reason = "how long to search is said from outside")]
fn cases() -> u32 {
    std::env::var("AUTOMATION_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_model_does(tape in prop::collection::vec(any::<u16>(), 100..1_000)) {
        run(&tape)?;
    }
}
