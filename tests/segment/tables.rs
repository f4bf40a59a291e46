//! A table counts what reading counts, however its contacts were changed.

use async_trait::async_trait;

use crate::against_reference::{Dice, contact, filter, schema};
use crate::reference::NOW;
use audiencekit::segment::{
    ContactTable, CountBuilder, EvaluationTime, Filter, Segment, SegmentCount, Selector,
};
use audiencekit::source::{ContactReader, ContactSource};
use audiencekit::{Contact, ErrorKind, MemorySource, Result, Schema};

/// A segment of random conditions, some of them in each of its parts.
fn segment(dice: &mut Dice, schema: &Schema) -> Segment {
    let condition = |dice: &mut Dice| loop {
        // An upside-down range is refused.
        if let Ok(filter) = Filter::parse(&filter(dice, 2), schema) {
            return filter;
        }
    };
    let mut builder = Segment::builder("random").include(Selector::none());
    for _ in 0..dice.roll(3) {
        builder = builder.include(condition(dice).expr().clone());
    }
    if dice.roll(4) == 0 {
        builder = builder.include(Selector::all());
    }
    for _ in 0..dice.roll(3) {
        builder = builder.exclude(condition(dice).expr().clone());
    }
    for _ in 0..dice.roll(3) {
        builder = builder.filter(condition(dice));
    }
    builder.build(schema).unwrap()
}

fn counted(segment: &Segment, schema: &Schema, count: impl FnOnce(&mut CountBuilder)) -> SegmentCount {
    let mut counter = CountBuilder::new(segment, schema, &EvaluationTime::utc(NOW)).unwrap();
    count(&mut counter);
    counter.finish()
}

/// Contacts that have an address and a number, some of them the same.
fn reachable(dice: &mut Dice, schema: &Schema) -> Contact {
    let mut contact = contact(dice, schema);
    for (name, value) in [
        ("email", format!("c{}@example.com", dice.roll(300))),
        ("phone", format!("+48 601 234 {:03}", dice.roll(300))),
    ] {
        if dice.roll(3) > 0 {
            contact.add_text(schema.require(name).unwrap(), &value).unwrap();
        }
    }
    contact
}

#[tokio::test]
async fn a_count_by_table_is_the_count_by_reading() {
    let (schema, mut dice) = (schema(), Dice(1_201));
    let contacts: Vec<Contact> = (0..700).map(|_| reachable(&mut dice, &schema)).collect();
    let read = MemorySource::new(&schema, contacts);
    let tabled = read.clone().with_table().unwrap();
    let time = EvaluationTime::utc(NOW);
    let (mut selected, mut lost) = (0, [0; 3]);
    for _ in 0..400 {
        let segment = segment(&mut dice, &schema);
        let count = segment.count(&read, &time).await.unwrap();
        assert_eq!(segment.count(&tabled, &time).await.unwrap(), count);
        selected += count.selected;
        lost[0] += count.not_included;
        lost[1] += count.excluded.iter().sum::<u64>();
        lost[2] += count.filtered.iter().sum::<u64>();
    }
    assert!(
        selected > 1_000 && lost.iter().all(|lost| *lost > 1_000),
        "{selected} {lost:?}: the dice are loaded"
    );
}

/// A source that is never read.
#[derive(Debug)]
struct TableOnly(Schema, ContactTable);

#[async_trait]
impl ContactSource for TableOnly {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn len_hint(&self) -> Option<u64> {
        None
    }

    fn table(&self) -> Option<&ContactTable> {
        Some(&self.1)
    }

    async fn open(&self) -> Result<Box<dyn ContactReader>> {
        panic!("a source with a table is not read")
    }
}

#[tokio::test]
async fn a_source_with_a_table_is_counted_without_reading() {
    let schema = schema();
    let mut table = ContactTable::new(&schema);
    table.push(&Contact::builder(&schema).score(70).build().unwrap()).unwrap();
    let source = std::sync::Arc::new(TableOnly(schema.clone(), table));
    let segment =
        Segment::builder("x").include(Selector::all()).filter("score >= 50").build(&schema).unwrap();
    let count = segment.count(&source, &EvaluationTime::utc(NOW)).await.unwrap();
    assert_eq!((count.contacts, count.selected, count.unreachable), (1, 1, 1));
}

#[test]
fn a_table_follows_updates_and_removals() {
    let (schema, mut dice) = (schema(), Dice(77));
    let mut table = ContactTable::new(&schema);
    let mut model: Vec<Option<Contact>> = Vec::new();
    for step in 0..6_000u32 {
        let row = dice.roll(model.len() as u64 + 1) as usize;
        let one = reachable(&mut dice, &schema);
        match dice.roll(8) {
            0 => assert_eq!(table.remove(row as u32), model.get_mut(row).and_then(Option::take).is_some()),
            1 if model.len() < 300 => {
                assert_eq!(table.push(&one).unwrap() as usize, model.len());
                model.push(Some(one));
            }
            _ if row < model.len() => {
                table.update(row as u32, &one).unwrap();
                model[row] = Some(one);
            }
            _ => assert_eq!(table.update(row as u32, &one).unwrap_err().kind(), ErrorKind::NotFound),
        }
        if step % 200 != 199 {
            continue;
        }
        let present = || model.iter().flatten();
        assert_eq!(table.len(), present().count());
        for _ in 0..8 {
            let segment = segment(&mut dice, &schema);
            let by_table = counted(&segment, &schema, |counter| counter.push_table(&table));
            let by_contact = counted(&segment, &schema, |counter| {
                present().for_each(|contact| {
                    counter.push(contact);
                });
            });
            assert_eq!(by_table, by_contact, "after {step} changes");
            let compiled = segment.compile(&schema, &EvaluationTime::utc(NOW)).unwrap().condition();
            let rows = (0..)
                .zip(&model)
                .filter(|(_, contact)| contact.as_ref().is_some_and(|c| compiled.matches(c)));
            assert_eq!(table.rows(&compiled), rows.map(|(row, _)| row).collect::<Vec<u32>>());
        }
        let mut fresh = ContactTable::new(&schema);
        for contact in present() {
            fresh.push(contact).unwrap();
        }
        assert_eq!(table.tag_names(), fresh.tag_names());
        // What updates leave behind does not pile up.
        assert!(table.bytes() < fresh.bytes() * 3 + (1 << 17), "{} of {}", table.bytes(), fresh.bytes());
    }
}
