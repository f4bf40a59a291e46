//! A contact as a JSON object, on request only: there is no `Serialize`, so that no log or report does it by accident.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use crate::contact::record::contact::Contact;
use crate::contact::record::entries::{ConsentEntry, StageEntry};
use crate::contact::record::event::EventRef;
use crate::contact::record::overflow::Inside;
use crate::contact::tag::Tag;
use crate::contact::value::{Birthday, ValueRef};

impl Contact {
    /// Returns the contact as one JSON object, with all values and all [kept](Self::kept) members.
    ///
    /// This is personal data in clear. Decimals are texts, so that they stay exact. A list with one text is that text,
    /// which is how a contact keeps it; reading takes both.
    ///
    /// ```
    /// use audiencekit::{Contact, Schema};
    ///
    /// let schema = Schema::standard();
    /// let mut contact = Contact::new(&schema);
    /// contact.set(schema.require("score")?, 70)?;
    /// assert_eq!(contact.to_json(), r#"{"score":70}"#);
    /// contact.add_text(schema.require("email")?, "ada@example.com")?;
    /// assert_eq!(contact.to_json(), r#"{"email":"ada@example.com","score":70}"#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let inside = self.kept_inside();
        let mut members = BTreeMap::new();
        for (id, field) in self.schema().fields() {
            if let Some(value) = self.get(id) {
                members.insert(field.name(), json_of(&value).to_string());
            }
        }
        let mut list = |member: &'static str, items: Vec<String>| {
            if !items.is_empty() {
                members.insert(member, format!("[{}]", items.join(",")));
            }
        };
        let with_kept = |json: Json, at: Inside| with_members(json.to_string(), inside.of(at));
        let tags = self.tags().iter().map(|tag| with_kept(self.tag_json(tag), Inside::Tag(tag.name)));
        list("tags", tags.collect());
        let consents = (0..).zip(self.consent_entries());
        list(
            "consents",
            consents.map(|(at, entry)| with_kept(consent_json(entry), Inside::Consent(at))).collect(),
        );
        let stages = self.stages().iter().zip(self.stage_entries());
        list(
            "stages",
            stages.map(|(at, entry)| with_kept(stage_json(&entry), Inside::Stage(at.funnel))).collect(),
        );
        let events = (0..).zip(self.events());
        list(
            "events",
            events.map(|(at, event)| with_kept(self.event_json(event), Inside::Event(at))).collect(),
        );
        let members = members.iter().map(|(name, json)| (*name, json.as_str()));
        with_members("{}".to_owned(), members.chain(self.kept()))
    }

    fn tag_json(&self, tag: &Tag) -> Json {
        let name = self.schema().symbols().lend(tag.name);
        with_time(json!({"name": name, "score": tag.score}), "since", tag.since)
    }

    fn event_json(&self, event: EventRef<'_>) -> Json {
        let mut json = with_time(json!({"type": &*event.kind_name()}), "at", Some(event.at()));
        if let Some(value) = event.value() {
            json["value"] = value.to_string().into();
        }
        let properties: Map<String, Json> = event
            .properties()
            .map(|(key, value)| {
                let name = self.schema().symbols().text(key);
                let declared = self.schema().property_type(Some(&event.kind_name()), &name);
                let json = if declared.is_some() { json_of(&value) } else { untyped(&value) };
                (name.to_string(), json)
            })
            .collect();
        if !properties.is_empty() {
            json["properties"] = properties.into();
        }
        json
    }
}

/// The object with more members, whose values are JSON already.
fn with_members<'a>(mut object: String, members: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    for (name, value) in members {
        object.pop();
        let comma = if object.len() > 1 { "," } else { "" };
        let _ = write!(object, "{comma}{}:{value}}}", Json::from(name));
    }
    object
}

fn consent_json(entry: ConsentEntry) -> Json {
    let mut json = json!({"name": entry.name, "status": entry.status});
    json = with_time(json, "at", entry.at);
    json = with_time(json, "agreed_on", entry.agreed_on);
    json = with(json, "ip", entry.ip.map(|ip| ip.to_string()));
    json = with(json, "description_id", entry.description_id);
    with(json, "opt_out", entry.opt_out)
}

fn stage_json(entry: &StageEntry) -> Json {
    let json = with_time(json!({"funnel": entry.funnel, "stage": entry.stage}), "since", entry.since);
    with(with(json, "value", entry.value.map(|value| value.to_string())), "score", entry.score)
}

fn json_of(value: &ValueRef<'_>) -> Json {
    match value {
        ValueRef::Boolean(v) => (*v).into(),
        ValueRef::Integer(v) => (*v).into(),
        ValueRef::Decimal(v) => v.to_string().into(),
        ValueRef::Text(v) => (*v).into(),
        ValueRef::Keyword(v) => (**v).into(),
        ValueRef::TextList(v) => v.clone().into(),
        ValueRef::Date(v) => date(*v).into(),
        ValueRef::Birthday(v) => birthday(*v).into(),
        ValueRef::Instant(v) => instant(*v),
    }
}

/// What no type tells from a text stays a number where JSON's numbers can say it.
fn untyped(value: &ValueRef<'_>) -> Json {
    let ValueRef::Decimal(number) = value else { return json_of(value) };
    let exact =
        |json: &Json| json.to_string().parse().is_ok_and(|again: rust_decimal::Decimal| again == *number);
    let json = match i64::try_from(*number) {
        Ok(whole) if number.is_integer() => Json::from(whole),
        _ => number.to_string().parse::<f64>().map_or(Json::Null, Json::from),
    };
    if exact(&json) { json } else { json_of(value) }
}

fn date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

fn birthday(day: Birthday) -> String {
    day.date().map_or_else(|| format!("--{:02}-{:02}", day.month(), day.day()), date)
}

fn instant(instant: OffsetDateTime) -> Json {
    instant.format(&Rfc3339).map_or(Json::Null, Json::from)
}

fn with(mut json: Json, member: &str, value: Option<impl Into<Json>>) -> Json {
    if let Some(value) = value {
        json[member] = value.into();
    }
    json
}

fn with_time(json: Json, member: &str, at: Option<OffsetDateTime>) -> Json {
    with(json, member, at.map(instant))
}
