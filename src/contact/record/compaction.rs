//! What was set again gives its place back, so that a contact that lives long does not grow by being changed.

use super::cell::{Slot, Span};
use super::contact::Contact;
use super::overflow::Lists;
use super::packed::Packed;

/// So many bytes may lie about before it is worth a look.
const WORTH_A_LOOK: usize = 4_096;

impl Contact {
    /// Notes that nothing points to what `old` points to any more. Half of a contact at most is such waste.
    #[cold]
    pub(super) fn let_go(&mut self, old: Packed) {
        let bytes = match old.slot(&self.lists().integers) {
            Slot::Text(span) => span.len as usize,
            Slot::Decimal(_) => size_of::<rust_decimal::Decimal>(),
            Slot::TextList(run) => {
                self.store().run(run).iter().map(|span| size_of::<Span>() + span.len as usize).sum()
            }
            _ => size_of::<i64>(),
        };
        let lists = self.lists_mut();
        lists.waste += bytes;
        let waste = lists.waste;
        if waste > WORTH_A_LOOK && waste > (self.text.len() + self.lists().bytes()) / 2 {
            self.compact();
        }
    }

    /// Copies everything that something points to.
    fn compact(&mut self) {
        let text = std::mem::take(&mut self.text);
        let Some(lists) = self.lists.as_deref_mut() else { return };
        let mut moving = Moving {
            spans: std::mem::take(&mut lists.spans),
            decimals: std::mem::take(&mut lists.decimals),
            integers: std::mem::take(&mut lists.integers),
            from: text,
            text: &mut self.text,
            lists,
        };
        for packed in self.near.iter_mut().chain(&mut self.far) {
            let slot = moving.slot(packed.slot(&moving.integers));
            *packed = Packed::new(slot).unwrap_or_else(|| moving.lists.aside(slot));
        }
        let mut properties = std::mem::take(&mut moving.lists.properties);
        properties.iter_mut().for_each(|(_, slot)| *slot = moving.slot(*slot));
        moving.lists.properties = properties;
        let mut kept = std::mem::take(&mut moving.lists.kept);
        kept.iter_mut().for_each(|(name, json)| (*name, *json) = (moving.piece(*name), moving.piece(*json)));
        moving.lists.kept = kept;
        let mut inside = std::mem::take(&mut moving.lists.kept_inside);
        for (_, name, json) in &mut inside {
            (*name, *json) = (moving.piece(*name), moving.piece(*json));
        }
        moving.lists.kept_inside = inside;
        let mut proofs = std::mem::take(&mut moving.lists.proofs);
        for id in proofs.iter_mut().filter_map(|proof| proof.description_id.as_mut()) {
            *id = moving.piece(*id);
        }
        moving.lists.proofs = proofs;
        moving.lists.waste = 0;
    }
}

/// From the old buffers to the new.
struct Moving<'a> {
    from: String,
    spans: Vec<Span>,
    decimals: Vec<rust_decimal::Decimal>,
    integers: Vec<i64>,
    text: &'a mut String,
    lists: &'a mut Lists,
}

impl Moving<'_> {
    fn piece(&mut self, span: Span) -> Span {
        let start = self.text.len() as u32;
        self.text.push_str(self.from.get(span.range()).unwrap_or_default());
        Span { start, len: span.len }
    }

    fn slot(&mut self, slot: Slot) -> Slot {
        match slot {
            Slot::Text(span) => Slot::Text(self.piece(span)),
            Slot::Decimal(at) => match self.decimals.get(at as usize) {
                Some(&value) => self.lists.decimal(value),
                None => Slot::Missing,
            },
            Slot::TextList(run) => {
                let texts = self.spans.get(run.range()).unwrap_or_default().to_vec();
                let texts: Vec<Span> = texts.into_iter().map(|text| self.piece(text)).collect();
                self.lists.list(&texts)
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::contact::json::read::{JsonReading, UnknownFields};
    use crate::contact::record::event::Event;
    use crate::contact::schema::field::FieldType;
    use crate::contact::schema::schema::Schema;
    use crate::contact::value::ValueRef;
    use time::macros::datetime;

    #[test]
    fn a_contact_that_is_changed_for_ever_does_not_grow() {
        let schema = Schema::builder()
            .detail("paid", FieldType::Decimal)
            .detail("wide", FieldType::Integer)
            .build()
            .unwrap();
        let id = |name| schema.require(name).unwrap();
        let mut contact = Contact::new(&schema);
        contact.set(id("name"), "as it was").unwrap();
        let at = datetime!(2026-11-23 12:00 UTC);
        contact.add_event(&Event::new("visit", at).property("url", "https://a.eu/shop")).unwrap();
        let beside = r#"{"consents":[{"description_id":"form-3","name":"news","status":"confirmed","x":[1.10]}],"y":2}"#;
        let keep = JsonReading { unknown: UnknownFields::Keep, ..JsonReading::default() };
        keep.read(beside, &mut contact).unwrap();
        for turn in 0..20_000_i64 {
            contact.set(id("company"), format!("note {turn}")).unwrap();
            contact.set_text(id("company"), &format!("once more {turn}")).unwrap();
            contact.set(id("paid"), Decimal::new(turn, 2)).unwrap();
            contact.set(id("wide"), i64::MAX - turn).unwrap();
            contact.set(id("email"), vec![format!("a{turn}@b.eu"), "c@d.eu".to_owned()]).unwrap();
        }
        assert!(contact.text.len() + contact.lists().bytes() < 4 * WORTH_A_LOOK);
        assert!(contact.get(id("paid")) == Some(ValueRef::Decimal(Decimal::new(19_999, 2))));
        assert!(contact.get(id("wide")) == Some(ValueRef::Integer(i64::MAX - 19_999)));
        assert_eq!(contact.texts(id("company")).collect::<Vec<_>>(), ["once more 19999"]);
        assert_eq!(contact.texts(id("email")).collect::<Vec<_>>(), ["a19999@b.eu", "c@d.eu"]);
        assert_eq!(contact.texts(id("name")).collect::<Vec<_>>(), ["as it was"]);
        let json = contact.to_json();
        for whole in [r#""https://a.eu/shop""#, &beside[1..beside.len() - 8], r#""y":2"#] {
            assert!(json.contains(whole), "{json}");
        }
    }
}
