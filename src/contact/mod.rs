//! One contact and its schema.
//!
//! A [`Schema`] declares typed fields and gives each a slot; a [`Contact`] stores values by slot, together with its
//! tags, consents, events and funnel stages. Names are looked up once, when a file is opened or a filter is compiled,
//! and never per contact.
//!
//! ```
//! use audiencekit::contact::{Contact, Event, FieldType, Schema};
//! use time::macros::datetime;
//!
//! let schema = Schema::builder().detail("plan", FieldType::Keyword).build()?;
//! let mut ada = Contact::builder(&schema).id("c-17").email("ada@example.com").detail("plan", "pro").build()?;
//! ada.add_tag("vip", 1, None)?;
//! ada.add_event(&Event::new("purchase", datetime!(2026-11-02 10:00 UTC)).value(120.into()))?;
//! assert_eq!(ada.texts(schema.require("plan")?).next(), Some("pro"));
//! # Ok::<(), audiencekit::Error>(())
//! ```
//!
//! To read a record type of your own, implement [`ToContact`]; [`JsonReading`] reads contacts from JSON. `Debug` of a
//! contact shows no value.
//!
//! # Standard fields
//!
//! Every schema has these fields; declare your own next to them with [`SchemaBuilder::detail`].
//!
//! | type | fields |
//! |---|---|
//! | text | `id` `external_id` `name` `first_name` `last_name` `fax` `company` `position` `department` `street_address` `zip_code` `parent_email` `child_email` |
//! | text_list | `email` `phone` `co_owners` `madid` `app_segments` |
//! | keyword | `gender` `city` `province` `country` `language` `state` `owner` `preferred_channel` `preferred_weekday` `preferred_time` `message_frequency` `loyalty_program` `loyalty_tier` `churn_risk` |
//! | birthday | `birth_date` |
//! | integer | `score` |
//! | boolean | `opted_out` `phone_opted_out` `one_message` `deleted` `invalid` `monitored` |
//! | instant | `created_on` `modified_on` `last_visit` |
//! | decimal | `loyalty_points` |
//!
//! Events are of the types `purchase`, `cart`, `visit`, `phone_call`, `other`, `reservation`, `cancelled`,
//! `activation`, `meeting`, `offer`, `download`, `login`, `transaction`, `cancellation`, `return`, `survey`,
//! `app_status`, `app_type_web`, `app_type_manual`, `app_type_retention`, `app_type_upsale`, `loan_status`,
//! `loan_order`, `first_loan`, `repeated_loan`, `email_planned`, `email_sent`, `email_opened`, `email_clicked`,
//! `email_received`, `sms_sent`, `sms_delivered`, `sms_answered`, `push_planned`, `push_sent`, `push_opened`,
//! `push_clicked`, `sms_planned`, `sms_opened`, `sms_clicked`, `form_filled`, `banner_clicked`, `coupon`, `note`,
//! `task`, or of types that you declare ([`SchemaBuilder::event`]). Each has an instant `at` and may have an amount
//! `value` and these properties: `description`, `products`, `location`, `external_id`, `shop_domain`, `url`, `host`,
//! `duration`, `score`, `source`, `source_host`, `keywords`, `message`, `event_id`, `private` and `detail1` to
//! `detail20`. `duration` (seconds) and `score` are whole numbers, `private` is a boolean, all others are texts.
//!
//! # Fields of a SALESmanago contact card
//!
//! The first column has the names of SALESmanago, the second the path in the JSON of a [`Contact`]. `tagWithScore` is
//! made of two other fields. The order and group of a funnel's stages belong to the funnel, not to a contact.
//! Membership in an RFM group or a dynamic segment is computed by a filter, not stored.
//!
//! | contact card | here |
//! |---|---|
//! | `id`, `contactId` | `id` |
//! | `email` | `email` |
//! | `name` | `name` |
//! | `phone` | `phone` |
//! | `fax` | `fax` |
//! | `company` | `company` |
//! | `position` | `position` |
//! | `department` | `department` |
//! | `externalId` | `external_id` |
//! | `address.streetAddress` | `street_address` |
//! | `address.zipCode` | `zip_code` |
//! | `address.city` | `city` |
//! | `address.country` | `country` |
//! | `province` | `province` |
//! | `birthdayYear`, `birthdayMonth`, `birthdayDay` | `birth_date` |
//! | `score` | `score` |
//! | `state` | `state` |
//! | `optedOut` | `opted_out` |
//! | `optedOutPhone` | `phone_opted_out` |
//! | `deleted` | `deleted` |
//! | `invalid` | `invalid` |
//! | monitored flag | `monitored` |
//! | `mainContactOwner` | `owner` |
//! | co-owners | `co_owners` |
//! | `createdOn` | `created_on` |
//! | `modifiedOn` | `modified_on` |
//! | `lastVisit` | `last_visit` |
//! | `lang` | `language` |
//! | parent | `parent_email` |
//! | child | `child_email` |
//! | `tag`, `tagName` | `tags[].name` |
//! | tag `score` | `tags[].score` |
//! | tag `createdOn` | `tags[].since` |
//! | `properties`: standard details | a field that your application declares: text, keyword, integer or decimal |
//! | `dictionaryProperties`: dictionary details | a field that your application declares: decimal or date |
//! | preferred channel | `preferred_channel` |
//! | preferred weekday | `preferred_weekday` |
//! | preferred time | `preferred_time` |
//! | preferred frequency | `message_frequency` |
//! | one message a week | `one_message` |
//! | `consentName`, web push form | `consents[].name` |
//! | `consentAccept`, custom consent status | `consents[].status` |
//! | when a consent was decided; an entry for each change | `consents[].at` |
//! | `agreementDate` | `consents[].agreed_on` |
//! | `ip` | `consents[].ip` |
//! | `optOut` | `consents[].opt_out` |
//! | `consentDescriptionId` | `consents[].description_id` |
//! | `contactFunnels`: funnel | `stages[].funnel` |
//! | stage | `stages[].stage` |
//! | since when | `stages[].since` |
//! | potential value | `stages[].value` |
//! | score on the stage | `stages[].score` |
//! | `contactExtEventType`, and visits, messages, coupons, notes, tasks, banners | `events[].type` |
//! | `date`, `time` | `events[].at` |
//! | `value` | `events[].value` |
//! | `eventId` | `events[].properties.event_id` |
//! | event `externalId` | `events[].properties.external_id` |
//! | `description` | `events[].properties.description` |
//! | `products` | `events[].properties.products` |
//! | `location` | `events[].properties.location` |
//! | `shopDomain` | `events[].properties.shop_domain` |
//! | `detail1` to `detail20` | `events[].properties.detail1` |
//! | visit `host` | `events[].properties.host` |
//! | visit `url` | `events[].properties.url` |
//! | visit `duration` | `events[].properties.duration` |
//! | `visitSource` | `events[].properties.source` |
//! | `visitSourceHost` | `events[].properties.source_host` |
//! | `visitSourceKeywords` | `events[].properties.keywords` |
//! | `visitScore` | `events[].properties.score` |
//! | note's private flag | `events[].properties.private` |
//! | which message | `events[].properties.message` |
//! | loyalty programme | `loyalty_program` |
//! | loyalty tier | `loyalty_tier` |
//! | loyalty points | `loyalty_points` |
//! | churn prediction | `churn_risk` |
//! | mobile-app segment | `app_segments` |

mod builder;
mod consent;
mod json;
pub(super) mod parse_cell;
mod record;
mod schema;
mod tag;
mod text;
mod to_contact;
mod value;

pub use builder::ContactBuilder;
pub use consent::{Consent, ConsentStatus, FunnelStage};
pub use json::read::{JsonReading, UnknownFields};
pub use parse_cell::DateOrder;
pub(crate) use parse_cell::{date, instant};
pub(crate) use record::cell::{Cell, EventRow, Slot, Span, Store};
pub use record::contact::Contact;
pub(crate) use record::contact::{from_micros, micros};
pub use record::entries::{ConsentEntry, StageEntry};
pub use record::event::{Event, EventRef};
pub(crate) use record::overflow::{Proof, Prospect};
pub(crate) use record::packed::PackedRange;
pub use schema::field::{Field, FieldId, FieldType};
pub use schema::schema::{Schema, SchemaBuilder};
pub(crate) use schema::symbols::SymbolsFull;
pub use schema::symbols::{Symbol, Symbols};
pub use tag::{Tag, normalize_tag};
pub(crate) use text::accents::{unaccented, with_unaccented};
pub(crate) use text::case_fold::{fold, fold_text};
pub(crate) use text::day_number::{FIRST_YEAR, birthday_key, birthday_of_key, date_key, date_of_key};
pub(crate) use text::suggest::nearest;
pub use to_contact::ToContact;
pub use value::{Birthday, Value, ValueRef};
