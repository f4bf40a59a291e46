//! Builds a contact field by field: typed for standard fields, by name for details.

use time::OffsetDateTime;

use super::consent::ConsentStatus;
use super::record::contact::Contact;
use super::record::entries::{ConsentEntry, StageEntry};
use super::record::event::Event;
use super::schema::field::{FieldId, FieldType};
use super::schema::schema::Schema;
use super::text::suggest::nearest;
use super::value::{Birthday, Value};
use crate::error::{Error, ErrorKind, Result, ValidationErrors};

/// Builds a [`Contact`], and says everything that is wrong with it at once.
///
/// ```
/// use audiencekit::contact::{Birthday, ConsentStatus, Event, FieldType};
/// use audiencekit::{Contact, Schema};
/// use time::macros::datetime;
///
/// let schema = Schema::builder().detail("plan", FieldType::Keyword).build()?;
/// let ada = Contact::builder(&schema)
///     .id("7").email("ada@example.com").email("ada@example.org").phone("+48 601 000 001")
///     .birth_date(Birthday::new(None, 2, 29)?).country("PL").score(70).opted_out(false)
///     .tag("vip").scored_tag("gold", 3, Some(datetime!(2026-11-01 0:00 UTC)))
///     .consent("newsletter", ConsentStatus::Confirmed, Some(datetime!(2026-01-05 10:00 UTC)))
///     .stage("Sales", "Offer", None)
///     .event(&Event::new("purchase", datetime!(2026-11-02 9:30 UTC)).value("129.90".parse()?).property("products", "sku-1"))
///     .detail("plan", "pro")
///     .build()?;
/// assert_eq!(format!("{ada:?}"), "Contact(8 fields, 2 tags, 1 consents, 1 events, 1 stages)");
///
/// let wrong = Contact::builder(&schema).state("CUSTOMR").detail("paln", "pro").tag(" ");
/// assert_eq!(wrong.clone().build().unwrap_err().problems().len(), 3);
/// assert_eq!(wrong.build_or_first().unwrap_err().problems().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ContactBuilder {
    contact: Contact,
    problems: ValidationErrors,
}

impl Contact {
    /// Returns a builder for a contact of `schema`.
    ///
    /// ```
    /// use audiencekit::{Contact, Schema};
    ///
    /// let schema = Schema::standard();
    /// let ada = Contact::builder(&schema).id("7").email("ada@example.com").build()?;
    /// assert_eq!(ada.texts(schema.require("email")?).count(), 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn builder(schema: &Schema) -> ContactBuilder {
        ContactBuilder { contact: Contact::new(schema), problems: ValidationErrors::new("contact") }
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident => $field:literal),* $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(self, text: impl AsRef<str>) -> Self {
            self.text($field, text.as_ref())
        })*
    };
}

macro_rules! values {
    ($($(#[$doc:meta])* $name:ident: $of:ty),* $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(self, value: $of) -> Self {
            self.detail(stringify!($name), value)
        })*
    };
}

impl ContactBuilder {
    texts! {
        /// Sets the contact's id in your own system.
        id => "id",
        /// Sets the id in another system.
        external_id => "external_id",
        /// Adds an e-mail address.
        email => "email",
        /// Adds a phone number in any notation.
        phone => "phone",
        /// Sets the whole name.
        name => "name",
        /// Sets the first name.
        first_name => "first_name",
        /// Sets the last name.
        last_name => "last_name",
        /// Sets the gender.
        gender => "gender",
        /// Sets the fax number.
        fax => "fax",
        /// Sets the company.
        company => "company",
        /// Sets the position in the company.
        position => "position",
        /// Sets the department of the company.
        department => "department",
        /// Sets street and number.
        street_address => "street_address",
        /// Sets the postal code.
        zip_code => "zip_code",
        /// Sets the city.
        city => "city",
        /// Sets the province.
        province => "province",
        /// Sets the country.
        country => "country",
        /// Sets the language.
        language => "language",
        /// Sets the state of the contact: `PROSPECT`, `CUSTOMER`, `PARTNER`, `OTHER` or `UNKNOWN`.
        state => "state",
        /// Sets the main owner.
        owner => "owner",
        /// Adds a further owner.
        co_owner => "co_owners",
        /// Sets the e-mail address of the parent contact.
        parent_email => "parent_email",
        /// Sets the e-mail address of the child contact.
        child_email => "child_email",
        /// Adds a mobile advertiser id.
        madid => "madid",
        /// Sets the channel that the contact prefers.
        preferred_channel => "preferred_channel",
        /// Sets the day of the week that the contact prefers.
        preferred_weekday => "preferred_weekday",
        /// Sets the time of day that the contact prefers.
        preferred_time => "preferred_time",
        /// Sets how often the contact wants messages.
        message_frequency => "message_frequency",
        /// Sets the tier in a loyalty programme.
        loyalty_tier => "loyalty_tier",
        /// Sets the name of the loyalty programme.
        loyalty_program => "loyalty_program",
        /// Sets how likely the contact is to leave, by groups of your own.
        churn_risk => "churn_risk",
        /// Adds a segment of the mobile application.
        app_segment => "app_segments",
    }

    values! {
        /// Sets the score.
        score: i64,
        /// Sets whether e-mail must not be sent.
        opted_out: bool,
        /// Sets whether text messages and calls are forbidden.
        phone_opted_out: bool,
        /// Sets whether the contact agreed to one message a week.
        one_message: bool,
        /// Sets whether the contact is deleted. A deleted contact may be restored.
        deleted: bool,
        /// Sets whether the contact is undeliverable.
        invalid: bool,
        /// Sets whether behaviour is tracked.
        monitored: bool,
        /// Sets when the contact was created.
        created_on: OffsetDateTime,
        /// Sets when the contact was last changed.
        modified_on: OffsetDateTime,
        /// When it last visited.
        last_visit: OffsetDateTime,
    }

    /// Sets the birthday, with or without a year.
    ///
    /// ```
    /// use audiencekit::contact::Birthday;
    /// use audiencekit::{Contact, Schema};
    ///
    /// let leap = Contact::builder(&Schema::standard()).birth_date(Birthday::new(None, 2, 29)?).build()?;
    /// assert_eq!(leap.to_json(), r#"{"birth_date":"--02-29"}"#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn birth_date(self, day: impl Into<Birthday>) -> Self {
        self.detail("birth_date", day.into())
    }

    /// Sets the points in a loyalty programme.
    #[must_use]
    pub fn loyalty_points(self, points: impl Into<rust_decimal::Decimal>) -> Self {
        self.detail("loyalty_points", points.into())
    }

    /// Sets a detail that your schema declares, or any field by its name.
    ///
    /// ```
    /// use audiencekit::contact::FieldType;
    /// use audiencekit::{Contact, Schema};
    ///
    /// let schema = Schema::builder().detail("plan", FieldType::Keyword).build()?;
    /// let ada = Contact::builder(&schema).detail("plan", "pro").build()?;
    /// assert_eq!(ada.to_json(), r#"{"plan":"pro"}"#);
    /// assert!(Contact::builder(&schema).detail("paln", "pro").build().is_err());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn detail(self, name: &str, value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Text(text) => self.text(name, &text),
            value => self.with_field(name, |contact, id| contact.set(id, value)),
        }
    }

    /// Assigns a tag with a score of 1.
    ///
    /// ```
    /// use audiencekit::{Contact, Schema};
    ///
    /// let ada = Contact::builder(&Schema::standard()).tag("vip").tag("Gold Card").build()?;
    /// assert_eq!(ada.tags().len(), 2); // VIP and GOLD_CARD
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn tag(self, name: &str) -> Self {
        self.scored_tag(name, 1, None)
    }

    /// Assigns a tag with a score, and since when it is assigned if that is known.
    #[must_use]
    pub fn scored_tag(mut self, name: &str, score: i32, since: Option<OffsetDateTime>) -> Self {
        let added = self.contact.add_tag(name, score, since);
        self.note("tags", added);
        self
    }

    /// Adds an entry to the history of a consent.
    ///
    /// ```
    /// use audiencekit::contact::ConsentStatus;
    /// use audiencekit::{Contact, Schema};
    ///
    /// let ada = Contact::builder(&Schema::standard()).consent("newsletter", ConsentStatus::Confirmed, None).build()?;
    /// assert_eq!(ada.consents()[0].status, ConsentStatus::Confirmed);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn consent(mut self, name: &str, status: ConsentStatus, at: Option<OffsetDateTime>) -> Self {
        let added = match name.trim() {
            "" => Err(blank()),
            name => self.contact.add_consent(name, status, at),
        };
        self.note("consents", added);
        self
    }

    /// Adds an entry to the history of a consent, with its proof: address, wording, opt-out.
    #[must_use]
    pub fn consent_entry(mut self, entry: &ConsentEntry) -> Self {
        let added = match entry.name.trim() {
            "" => Err(blank()),
            name if name == entry.name => self.contact.add_consent_entry(entry),
            name => self.contact.add_consent_entry(&ConsentEntry { name: name.to_owned(), ..entry.clone() }),
        };
        self.note("consents", added);
        self
    }

    /// Puts the contact on a stage of a funnel, with its potential value and score.
    #[must_use]
    pub fn stage_entry(mut self, entry: &StageEntry) -> Self {
        let added = match (entry.funnel.trim(), entry.stage.trim()) {
            ("", _) | (_, "") => Err(blank()),
            (funnel, stage) => {
                let (funnel, stage) = (funnel.to_owned(), stage.to_owned());
                self.contact.set_stage_entry(&StageEntry { funnel, stage, ..entry.clone() })
            }
        };
        self.note("stages", added);
        self
    }

    /// Puts the contact on a stage of a funnel.
    ///
    /// ```
    /// use audiencekit::{Contact, Schema};
    ///
    /// let ada = Contact::builder(&Schema::standard()).stage("Sales", "Offer", None).build()?;
    /// assert_eq!(ada.stage_entries().next().unwrap().stage, "Offer");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn stage(mut self, funnel: &str, stage: &str, since: Option<OffsetDateTime>) -> Self {
        let added = match (funnel.trim(), stage.trim()) {
            ("", _) | (_, "") => Err(blank()),
            (funnel, stage) => self.contact.set_stage(funnel, stage, since),
        };
        self.note("stages", added);
        self
    }

    /// Adds an event to the contact.
    ///
    /// ```
    /// use audiencekit::contact::Event;
    /// use audiencekit::{Contact, Schema};
    /// use time::macros::datetime;
    ///
    /// let bought = Event::new("purchase", datetime!(2026-11-02 10:00 UTC)).value("129.90".parse()?);
    /// let ada = Contact::builder(&Schema::standard()).event(&bought).build()?;
    /// assert_eq!(ada.events().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn event(mut self, event: &Event) -> Self {
        let place = format!("events[{}]", self.contact.events().len());
        let added = self.contact.add_event(event);
        self.note(&place, added);
        self
    }

    /// Returns the contact, or an error that lists every problem.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], with everything that was wrong in [`Error::problems`]: unknown names, values of another
    /// type, blank texts, values that a keyword does not take, more than a contact takes.
    ///
    /// ```
    /// use audiencekit::{Contact, Schema};
    ///
    /// let error = Contact::builder(&Schema::standard()).email(" ").tag("").build().unwrap_err();
    /// assert_eq!(error.problems().len(), 2);
    /// ```
    pub fn build(self) -> Result<Contact> {
        self.problems.into_result()?;
        Ok(self.contact)
    }

    /// Returns the contact, or an error with the first problem only.
    ///
    /// # Errors
    /// As [`build`](Self::build), with one problem.
    pub fn build_or_first(self) -> Result<Contact> {
        let Some(first) = self.problems.problems().first().cloned() else { return Ok(self.contact) };
        let mut problems = ValidationErrors::new("contact");
        problems.push(first.field, first.code, first.message);
        Err(problems.into())
    }

    fn text(self, name: &str, text: &str) -> Self {
        self.with_field(name, |contact, id| {
            if text.trim().is_empty() {
                return Err(blank());
            }
            let field = contact.schema().get(id);
            let misfit = field.values().map(Iterator::collect::<Vec<_>>).and_then(|values| {
                let known = values.iter().any(|value| value.eq_ignore_ascii_case(text.trim()));
                (!known).then(|| not_one_of(text, &values))
            });
            match (misfit, field.field_type()) {
                (Some(error), _) => Err(error),
                (None, FieldType::TextList) => contact.add_text(id, text),
                (None, FieldType::Keyword) => contact.set_text(id, text.trim()),
                (None, _) => contact.set(id, text),
            }
        })
    }

    fn with_field(mut self, name: &str, set: impl FnOnce(&mut Contact, FieldId) -> Result<()>) -> Self {
        let id = self.contact.schema().require(name);
        let set = id.and_then(|id| set(&mut self.contact, id));
        self.note(name, set);
        self
    }

    fn note(&mut self, field: &str, done: Result<()>) {
        if let Err(error) = done {
            let code = match error.kind() {
                ErrorKind::Schema => "schema",
                ErrorKind::Limit => "too_many",
                _ => "malformed",
            };
            self.problems.push(field.to_owned(), code, format!("cannot be taken: {error}"));
        }
    }
}

fn blank() -> Error {
    Error::new(ErrorKind::Invalid, "text", "nothing but white space").with_expected("a text, or no call")
}

fn not_one_of(text: &str, values: &[&str]) -> Error {
    let error = Error::new(ErrorKind::Invalid, "keyword", "not a value of this field");
    error.did_you_mean(nearest(text, values.iter().copied()), format!("one of {}", values.join(", ")))
}
