//! Tags, consents, stages and events out of the lists of a contact's JSON.

use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::items::{ConsentJson, EventJson, Item, StageJson, TagOrName, Text};
use super::read::{BadField, JsonReading, UnknownFields, decimal, text, tolerate, unreadable};
use crate::contact::parse_cell::instant;
use crate::contact::record::contact::Contact;
use crate::contact::record::entries::{ConsentEntry, StageEntry};
use crate::contact::record::overflow::Inside;
use crate::contact::text::suggest::nearest;
use crate::error::{Error, ErrorKind, Result};

impl JsonReading {
    /// Takes the items of a list, one by one when some of them is bad.
    pub(super) fn items<'a, T: Item<'a>>(
        &self,
        name: &str,
        value: &'a str,
        most: usize,
        contact: &mut Contact,
        bad: BadField<'_>,
        take: fn(&Self, usize, T, &mut Contact) -> Result<Option<Inside>>,
    ) -> Result<()> {
        if value == "null" {
            return Ok(());
        }
        let few = |len: usize| match len <= most {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Source, format!("field {name:?}"), format!("{len} items"))
                .with_expected(format!("at most {most}"))),
        };
        if let Ok(items) = serde_json::from_str::<Vec<T>>(value) {
            few(items.len())?;
            let mut items = items.into_iter().enumerate();
            return items
                .try_for_each(|(at, item)| tolerate(name, self.item(name, at, item, contact, take), bad));
        }
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(value) else {
            return bad(name, unreadable(name));
        };
        few(items.len())?;
        items.into_iter().enumerate().try_for_each(|(at, item)| {
            let read = serde_json::from_str(item.get())
                .map_err(|_| {
                    Error::new(ErrorKind::Source, format!("field \"{name}[{at}]\""), "not of its shape")
                })
                .and_then(|item| self.item(name, at, item, contact, take));
            tolerate(name, read, bad)
        })
    }

    /// Takes one item, and does with the members that it does not have what was asked for.
    fn item<'a, T: Item<'a>>(
        &self,
        list: &str,
        at: usize,
        mut item: T,
        contact: &mut Contact,
        take: fn(&Self, usize, T, &mut Contact) -> Result<Option<Inside>>,
    ) -> Result<()> {
        let unknown = item.unknown();
        let path = |member: &str| format!("{list}[{at}].{member}");
        if self.unknown == UnknownFields::Refuse
            && let Some((member, _)) = unknown.first()
        {
            let error = Error::new(ErrorKind::Schema, format!("field {:?}", path(member)), "unknown member");
            let near = nearest(member, T::MEMBERS.iter().copied());
            return Err(error.did_you_mean(near, format!("one of {}", T::MEMBERS.join(", "))));
        }
        let Some(place) = take(self, at, item, contact)? else { return Ok(()) };
        if self.unknown == UnknownFields::Keep {
            for (member, json) in unknown {
                contact.keep_inside(place, &path(&member), &member, json.get())?;
            }
        }
        Ok(())
    }

    pub(in crate::contact) fn tag(
        &self,
        at: usize,
        tag: TagOrName<'_>,
        contact: &mut Contact,
    ) -> Result<Option<Inside>> {
        let TagOrName(tag) = tag;
        let since = self.time("tags", at, "since", tag.since)?;
        let name = contact.put_tag(tag.name.as_ref(), tag.score.unwrap_or(1), since)?;
        Ok(Some(Inside::Tag(name)))
    }

    pub(in crate::contact) fn consent(
        &self,
        at: usize,
        consent: ConsentJson<'_>,
        contact: &mut Contact,
    ) -> Result<Option<Inside>> {
        let bad = |member: &str| unreadable(&format!("consents[{at}].{member}"));
        let mut entry = ConsentEntry::new(consent.name.0, consent.status);
        entry.at = self.time("consents", at, "at", consent.at)?;
        entry.agreed_on = self.time("consents", at, "agreed_on", consent.agreed_on)?;
        let ip = consent.ip.as_ref().map(|ip| ip.as_ref().trim()).filter(|ip| !ip.is_empty());
        entry.ip = ip.map(str::parse).transpose().map_err(|_| bad("ip"))?;
        let id =
            consent.description_id.map(|id| text_or_number(id.get()).ok_or_else(|| bad("description_id")));
        entry.description_id = id.transpose()?;
        entry.opt_out = consent.opt_out;
        contact.add_consent_entry(&entry)?;
        Ok(Some(Inside::Consent(contact.consents().len() as u32 - 1)))
    }

    pub(in crate::contact) fn stage(
        &self,
        at: usize,
        stage: StageJson<'_>,
        contact: &mut Contact,
    ) -> Result<Option<Inside>> {
        let mut entry = StageEntry::new(stage.funnel.0, stage.stage.0);
        entry.since = self.time("stages", at, "since", stage.since)?;
        let value = stage.value.map(|value| decimal(value.get()));
        entry.value =
            value.map(|value| value.ok_or_else(|| unreadable(&format!("stages[{at}].value")))).transpose()?;
        entry.score = stage.score;
        contact.set_stage_entry(&entry)?;
        Ok(contact.stages().last().map(|stage| Inside::Stage(stage.funnel)))
    }

    pub(super) fn event_at(
        &self,
        at: usize,
        event: EventJson<'_>,
        contact: &mut Contact,
    ) -> Result<Option<Inside>> {
        let Some(event) = self.event(at, event, contact.schema())? else { return Ok(None) };
        contact.push_event(&event, self.unknown == UnknownFields::Keep)?;
        Ok(Some(Inside::Event(contact.events().len() as u32 - 1)))
    }

    fn time(
        &self,
        list: &str,
        at: usize,
        member: &str,
        text: Option<Text<'_>>,
    ) -> Result<Option<OffsetDateTime>> {
        let bad = || unreadable(&format!("{list}[{at}].{member}"));
        text.map(|text| instant(text.as_ref(), self.date_order, &self.zone).ok_or_else(bad)).transpose()
    }
}

/// An id, which some write as a number.
fn text_or_number(json: &str) -> Option<String> {
    match json.as_bytes().first()? {
        b'"' => text(json).map(String::from),
        b'0'..=b'9' | b'-' => Some(json.to_owned()),
        _ => None,
    }
}
