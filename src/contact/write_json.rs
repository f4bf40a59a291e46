//! A contact as a JSON object, on request only: there is no `Serialize`, so that no log or report does it by accident.

use serde_json::{Map, Value as Json, json};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use super::contact::Contact;
use super::value::{Birthday, ValueRef};

impl Contact {
    /// The contact as one JSON object, with everything it holds and [kept](Self::kept), as [`JsonReading`](super::JsonReading) reads it.
    ///
    /// This is personal data in clear. Decimals are texts, so that they stay exact.
    ///
    /// ```
    /// use audiencekit::{Contact, Schema};
    ///
    /// let schema = Schema::standard();
    /// let mut contact = Contact::new(&schema);
    /// contact.set(schema.require("score")?, 70)?;
    /// assert_eq!(contact.to_json(), r#"{"score":70}"#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let symbols = self.schema().symbols();
        let name = |symbol| Json::from(&*symbols.text(symbol));
        let mut object = Map::new();
        for (id, field) in self.schema().fields() {
            if let Some(value) = self.get(id) {
                object.insert(field.name().to_owned(), json_of(&value));
            }
        }
        let mut list = |member: &str, items: Vec<Json>| {
            if !items.is_empty() {
                object.insert(member.to_owned(), items.into());
            }
        };
        let tag = |tag: &super::Tag| {
            with_time(json!({"name": name(tag.name), "score": tag.score}), "since", tag.since)
        };
        list("tags", self.tags().iter().map(tag).collect());
        let consent = |consent: &super::Consent| {
            with_time(json!({"name": name(consent.name), "status": consent.status}), "at", consent.at)
        };
        list("consents", self.consents().iter().map(consent).collect());
        let stage = |stage: &super::Stage| {
            with_time(json!({"funnel": name(stage.funnel), "stage": name(stage.stage)}), "since", stage.since)
        };
        list("stages", self.stages().iter().map(stage).collect());
        let event = |event: super::EventRef<'_>| {
            let mut json = with_time(json!({"type": &*event.kind_name()}), "at", Some(event.at()));
            if let Some(value) = event.value() {
                json["value"] = value.to_string().into();
            }
            let properties: Map<String, Json> = event
                .properties()
                .map(|(key, value)| {
                    let name = symbols.text(key);
                    let declared = self.schema().property_type(Some(&event.kind_name()), &name);
                    let json = if declared.is_some() { json_of(&value) } else { untyped(&value) };
                    (name.to_string(), json)
                })
                .collect();
            if !properties.is_empty() {
                json["properties"] = properties.into();
            }
            json
        };
        list("events", self.events().map(event).collect());
        let mut json = Json::from(object).to_string();
        for (name, value) in self.kept() {
            json.pop();
            let comma = if json.len() > 1 { "," } else { "" };
            json.push_str(&format!("{comma}{}:{value}}}", Json::from(name)));
        }
        json
    }
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

fn with_time(mut json: Json, member: &str, at: Option<OffsetDateTime>) -> Json {
    if let Some(at) = at {
        json[member] = instant(at);
    }
    json
}
