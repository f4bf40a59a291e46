//! Choosing contacts: filters, selectors, segments, counts.
//!
//! A [`Filter`] is a condition in a language that reads like the `WHERE` of SQL. It has one syntax tree ([`ast`]) with
//! three faces: text, Rust ([`field`], [`event`] ...) and JSON ([`Filter::JSON_SCHEMA`]). A [`Segment`] is who is in
//! (a union of [`Selector`]s), who is out, and filters that must hold. Everything is checked against the schema when
//! it is built, with errors that point ([`FilterError::picture`]); asking a compiled one cannot fail.
//!
//! # Meaning
//!
//! - **Missing values.** A comparison with a missing value is false, the negated ones (`!=`, `not in`, `not between`,
//!   `not contains` ...) included: they need a value too. `not` is plain negation, so `not plan = "pro"` holds for a
//!   contact without a plan and `plan != "pro"` does not. `is set`, `is not set`, `is empty` ask directly.
//!   `default` behind a term is the `COALESCE` of SQL: its value counts where the term is missing, so each comparison
//!   has its own policy. *No match*: `score < 50`. *Match*: `score default 0 < 50`, or `score < 50 or score is not
//!   set`. *Unknown*, which in Kleene's logic makes an `and` or `or` unknown unless its other parts decide: a filter
//!   answers yes or no, so say which of the two an unknown becomes, `score is set and not (score < 50 and monitored)`
//!   for no and `score is not set or not (score < 50 and monitored)` for yes.
//! - **Text** is compared without regard to case, by Unicode's simple case folding; `exactly` before the operator
//!   minds case. A field with several texts fits when one of them does, and fits a negated comparison when none does.
//!   `has only` and `has exactly` look at all texts of a list, once each, and need one; a contact without tags has no
//!   other tags, so `has only tags` holds for it. `unaccent` takes the accents off both sides, of Cyrillic and Greek
//!   letters too (`й` becomes `и`), and `ł`, `ø`, `đ` and `ß` become `l`, `o`, `d` and `ss`; the patterns of `matches`
//!   and `matches url` stay as written. `contains word` minds what stands beside: a word is a run of letters, marks,
//!   digits and `_`.
//! - **Numbers** are exact decimals. A sum of no events is 0, their minimum, maximum and mean are missing.
//! - **Distances** are kilometres along a great circle of the mean earth (radius 6,371.0088 km), to the metre; they are
//!   within 0.6 % of those on the ellipsoid. Without both coordinates, or beyond 90 and 180 degrees, they are missing.
//! - **Consents** are those of the last entry at or before now, with what that entry says of address, wording, opt-out
//!   and the day on which the person agreed.
//! - **Two terms** of a kind compare: numbers, texts, dates, instants, and for equality truths, states of consents and
//!   anniversaries. Where one is missing its `default` counts, if there is one; a date as the default of an instant is
//!   the beginning of that day, and as that of an anniversary its day without the year.
//! - **Time** comes from [`EvaluationTime`]: one `now` and one zone per run, or the zone that each contact names in the
//!   field of [`EvaluationTime::zone_of`], and the one of the run where that is missing or names none. Days, weeks (from Monday, or
//!   as [`EvaluationTime::week_starts_on`] says), months, quarters and years are those of the calendar in that zone; a month back from the 31st is the last day of a
//!   shorter month. Minutes and hours are exact. `in last` and `in next` include both ends; `less than 3 days ago`
//!   leaves the far end out. An instant compared with a date is compared with that whole day, so `created_on <=
//!   2026-01-31` includes the evening. `between` includes both bounds.
//! - **Anniversaries** ignore the year. One of 29 February is on the 28th in a year without it, and so age counts.
//! - **Events**: everything inside the parentheses holds for one and the same event.
//!   `then` keeps those after which another comes, at a later instant and, with `within`, no more than the period after
//!   it, the end included; days and longer count by the calendar. `then no` keeps those after which none comes; with
//!   `within`, only when the period is over by now, since one may still come before. Several `then` ask for a way through:
//!   some events, each later than the one before it and within its period of that one, whichever others lie between;
//!   what is counted, or first, or last, is the event that begins the way. `then no` is the last of them.
//! - **The time of events** may hang on the contact: on an instant or a day of it, or on other events, `since
//!   last(event.purchase)`. A bound that is missing and has no default fits no event; a day is the whole day.
//!
//! # Grammar
//!
//! Keywords are the same in capitals. A name that is a keyword stands in backticks.
//!
//! ```text
//! filter   = and { "or" and } ;
//! and      = unary { "and" unary } ;
//! unary    = "not" unary | "(" filter ")" | "true" | "false" | group | tags
//!          | "exists" "(" events ")" | "segment" "(" TEXT ")" | term [ "default" value ] check
//!          | ( FIELD | "consent_opt_out" "(" TEXT ")" ) [ "default" value ] ;
//! group    = ( "all of" | "any of" | "none of" | "at least" INTEGER "of" ) "(" filter { "," filter } ")" ;
//! tags     = "has" [ "any" | "all" | "no" | "only" | "exactly" ] ( "tag" | "tags" ) ( TEXT | "(" TEXT { "," TEXT } ")" ) ;
//! term     = FIELD
//!          | ( "age" | "anniversary" | "year" | "month" | "day" | "weekday" | "hour"
//!            | "domain" | "length" | "unaccent" | "count" ) "(" FIELD ")"
//!          | "count" "(" "tags" ")"
//!          | ( "tag_score" | "tag_since" | "consent" | "consent_since" | "consent_agreed_on" | "consent_ip"
//!            | "consent_description_id" | "consent_opt_out" | "stage" | "stage_since" | "stage_value"
//!            | "stage_score" ) "(" TEXT ")"
//!          | "distance" "(" FIELD "," FIELD "," NUMBER "," NUMBER ")"
//!          | ( "count" | "distinct" | "sum" | "min" | "max" | "avg" | "first" | "last" ) "(" events ")" ;
//! events   = query { "then" [ "no" ] query [ "within" INTEGER UNIT ] } ;
//! query    = "event" "." ( TYPE | "any" ) [ "." PROPERTY ] [ time ] [ "where" filter ] ;
//! check    = [ "exactly" ] ( "=" | "!=" ) operand | ( "<" | "<=" | ">" | ">=" ) operand
//!          | [ "exactly" ] [ "not" ] "in" "(" value { "," value } ")" | [ "not" ] "between" operand "and" operand
//!          | [ "exactly" ] [ "not" ] ( "contains" [ "word" ] | "starts with" | "ends with" | "like" | "matches" ) TEXT
//!          | [ "exactly" ] [ "not" ] "has" ( "any" | "all" | "no" | "only" | "exactly" ) "(" TEXT { "," TEXT } ")"
//!          | [ "not" ] "matches url" TEXT | "is" [ "not" ] ( "set" | "empty" | "true" | "false" ) | [ "not" ] time ;
//! time     = ( "before" | "after" | "on" | "since" | "until" ) operand | "in" ( "last" | "next" ) INTEGER UNIT
//!          | ( "more than" | "less than" | "exactly" ) INTEGER UNIT ( "ago" | "from now" )
//!          | "in" ( "last" | "this" | "next" ) UNIT | "is" ( "today" | "yesterday" | "tomorrow" ) ;
//! operand  = value | term [ "default" value ] ;
//! value    = TEXT | NUMBER | DATE | INSTANT | "true" | "false" ;
//! ```
//!
//! # Operators
//!
//! One example each, which `tests/segment/language.rs` runs. `tests/data/segment/operators.jsonl` holds, for each of them, a
//! contact that fits, one that does not, one without the value, and a value of the wrong type with what is said of it.
//!
//! | operator | on | example |
//! |---|---|---|
//! | `and` `or` `not` | conditions | `score >= 50 and not (opted_out = true or deleted = true)` |
//! | `all of` `any of` `none of` | conditions | `none of (invalid = true, deleted = true)` |
//! | `at least n of` | conditions | `at least 2 of (score >= 50, has tag "VIP", country = "PL")` |
//! | `=` `!=` | all | `country = "PL"` |
//! | `exactly` | text | `country exactly = "PL"` |
//! | `<` `<=` `>` `>=` | numbers, time | `score >= 50` |
//! | `default` | all | `score default 0 < 50 and score default 0 <= count(event.visit) default 10` |
//! | `in` `not in` | text, numbers, time | `country in ("PL", "DE")` |
//! | `between` | numbers, time | `score between 3 and 6 or created_on between first(event.visit) and last(event.purchase)` |
//! | `contains` | text | `company contains "ltd"` |
//! | `contains word` | text | `company contains word "gold"` |
//! | `unaccent` | text | `unaccent(name) = "lodz"` |
//! | `starts with` | text | `zip_code starts with "00-"` |
//! | `ends with` | text | `email ends with "@example.com"` |
//! | `like` | text | `name like "A*a"` |
//! | `matches` | text | `phone matches "^\\+48"` |
//! | `matches url` | text | `exists(event.visit where url matches url "path:/shop/**")` |
//! | `domain` | e-mail | `domain(email) in ("example.com", "example.org")` |
//! | `length` | text | `length(name) <= 3` |
//! | `count` of values | all | `count(phone) >= 2` |
//! | `has all` `has only` `has exactly` | lists of texts | `domain(email) has only ("example.com", "example.org")` |
//! | `is set` `is empty` | all | `phone is not set and company is empty` |
//! | a field alone | true or false | `monitored` |
//! | `has tag` | tags | `has any tag ("VIP", "GOLD")` |
//! | `has only tags` `has exactly tags` | tags | `has exactly tags ("VIP", "GOLD") or has only tag "NEW"` |
//! | `count` of tags | tags | `count(tags) >= 5` |
//! | `tag_score` `tag_since` | tags | `tag_score("VIP") >= 5 and tag_since("VIP") in last 30 days` |
//! | `consent` `consent_since` | consents | `consent("newsletter") = "confirmed"` |
//! | `consent_agreed_on` `consent_opt_out` | consents | `consent_agreed_on("newsletter") in this year and not consent_opt_out("newsletter")` |
//! | `consent_ip` `consent_description_id` | consents | `consent_ip("newsletter") is set and consent_description_id("newsletter") = "form-3"` |
//! | `stage_value` `stage_score` | funnels | `stage_value("Sales") >= 1000 and stage_score("Sales") > 5` |
//! | `distance` | numbers | `distance(revenue, score, 52.23, 21.01) <= 50` |
//! | `stage` `stage_since` | funnels | `stage("Sales") in ("Offer", "Won")` |
//! | `before` `after` `on` `since` `until` | time | `created_on before 2026-01-01` |
//! | `in last` `in next` | time | `last_visit in last 90 days` |
//! | `more than` `less than` `exactly` .. `ago` `from now` | time | `created_on more than 2 years ago` |
//! | `in this` .. | time | `created_on in last quarter` |
//! | `is today` | time | `anniversary(birth_date) is today` |
//! | `anniversary` | time | `anniversary(birth_date) in next 7 days` |
//! | `age` | time | `age(birth_date) between 18 and 30` |
//! | `year` `month` `day` `weekday` `hour` | time | `month(birth_date) = 12` |
//! | `exists` | events | `exists(event.cart in last 3 days where value > 100)` |
//! | `count` | events | `count(event.purchase in last 90 days) >= 2` |
//! | `sum` `min` `max` `avg` | events | `sum(event.purchase.value in this year) >= 1000` |
//! | `then` `then no` `within` | events | `exists(event.visit then event.cart within 1 day then no event.purchase within 3 days)` |
//! | `since` .. of a contact | events | `exists(event.visit since last(event.purchase)) or exists(event.visit before created_on)` |
//! | `distinct` | events | `distinct(event.purchase.products) >= 3` |
//! | `first` `last` | events | `last(event.purchase) more than 180 days ago and last(event.purchase.value) >= 100` |
//! | `segment` | segments | `not segment("Employees")` |
//!
//! # What is asked for, and how it is written
//!
//! What has no operator of its own is said by several. `tests/segment/language.rs` runs each of these too.
//!
//! | asked for | written |
//! |---|---|
//! | all, any, none | `all of (monitored, score > 5)`, `any of (monitored, score > 5)`, `none of (invalid, deleted)` |
//! | not all | `not all of (monitored, score > 5)` |
//! | at least n, not, nesting | `at least 2 of (score > 5, monitored, not (country = "PL" and not opted_out))` |
//! | another segment, a constant | `segment("VIP") or true` |
//! | missing: no match, match, unknown | `score < 50`, `score default 0 < 50`, `score is set and not (score < 50)` |
//! | is set, is not set, has a value, has none | `phone is set`, `phone is not set`, `phone is not empty`, `phone is empty` |
//! | equal, not equal, in, not in | `country = "PL"`, `country != "PL"`, `country in ("PL", "DE")`, `country not in ("PL")` |
//! | contains, begins, ends, and not so | `name contains "a"`, `name not contains "a"`, `name not starts with "a"`, `name not ends with "a"` |
//! | glob, regular expression, length | `name like "A*a"`, `name matches "^A"`, `length(name) > 3` |
//! | case, accents, a whole word | `name exactly = "Ada"`, `unaccent(name) = "lodz"`, `company contains word "gold"` |
//! | empty or missing text | `company is set and company is empty`, `company is not set` |
//! | numbers | `score >= 50`, `score between 3 and 6`, `score > 3 and score < 6`, `revenue = 0.10` |
//! | truths, one of several values | `monitored = true`, `opted_out != monitored`, `state in ("CUSTOMER", "PARTNER")` |
//! | of a list: any, all, none | `email has any ("a@example.com")`, `phone has all ("+48", "+49")`, `email has no ("a@example.com")` |
//! | of a list: exactly, subset, size, part of one | `email has exactly ("a@example.com")`, `email has only ("a@example.com")`, `count(email) >= 2`, `email contains "@"` |
//! | before, after, on, between | `renewal before 2026-01-01`, `renewal > 2026-01-01 and renewal < 2026-02-01`, `created_on on 2026-01-31` |
//! | in last, in next, hour to year | `last_visit in last 2 hours`, `renewal in next 1 year` |
//! | more, less, exactly n ago, from now | `renewal more than 3 days ago`, `renewal less than 3 days from now`, `renewal exactly 3 days ago` |
//! | this, last, next of the calendar | `renewal is today`, `created_on in last week`, `renewal in next quarter` |
//! | the calendar so far | `created_on in this month and created_on in last 1 month` |
//! | the first day of the week | [`EvaluationTime::week_starts_on`] |
//! | anniversary on, in last, in next | `anniversary(birth_date) is today`, `anniversary(birth_date) in last 7 days`, `anniversary(birth_date) in next 7 days` |
//! | month, day of the week, hours, age | `month(birth_date) = 12`, `weekday(last_visit) in (6, 7)`, `hour(last_visit) between 9 and 16`, `age(birth_date) >= 18` |
//! | zone, now, leap day | [`EvaluationTime::new`]: one of each in a run |
//! | a contact's own zone | [`EvaluationTime::zone_of`] the field that names it |
//! | a field against a field, with default | `last_visit > created_on`, `score default 0 >= revenue default 100` |
//! | tags with score and date | `tag_score("VIP") >= 5 and tag_since("VIP") in last 30 days` |
//! | consent as of an instant, its details | `consent("newsletter") = "confirmed"` by an [`EvaluationTime`] of then, `consent_ip("newsletter") is set` |
//! | status | `state = "CUSTOMER" and not deleted` |
//! | events of a type, of any, of several | `exists(event.visit)`, `exists(event.any)`, `exists(event.visit) or exists(event.cart)` |
//! | several conditions on one event | `exists(event.cart where value > 100 and products contains word "shoes")` |
//! | none, count, distinct count | `not exists(event.visit)`, `count(event.visit) >= 2`, `distinct(event.purchase.products) >= 3` |
//! | sum, mean, least, greatest | `sum(event.purchase.value) >= 100`, `avg(event.purchase.value) > 5`, `min(event.purchase.value) > 5`, `max(event.purchase.value) > 5` |
//! | first and last, value or date | `last(event.purchase.value) >= 100`, `first(event.purchase.location) = "Berlin"`, `first(event.purchase) in last 30 days` |
//! | events between dates, in the last days | `exists(event.purchase between 2026-01-01 and 2026-03-31)`, `exists(event.purchase in last 90 days)` |
//! | events since another, before entry | `exists(event.visit since last(event.purchase))`, `exists(event.visit before created_on)` |
//! | A then B, A and no B, longer | `exists(event.cart then event.purchase within 1 day)`, `exists(event.cart then no event.purchase within 3 days)`, `exists(event.visit then event.cart then event.purchase)` |
//! | not in the last n days, known so long | `not exists(event.purchase in last 90 days) and created_on more than 90 days ago` |
//! | inactive, recency | `not exists(event.any in last 30 days)`, `last(event.purchase) more than 30 days ago` |
//! | every event, and there is one | `exists(event.purchase) and not exists(event.purchase where not value >= 10)` |
//! | sent and not opened | `exists(event.email_sent where message = "May") and not exists(event.email_opened where message = "May")` |
//! | not opened, of all | `not exists(event.email_opened where message = "May")` |
//! | country, region, city, distance | `country = "PL" and province = "Mazowieckie" and city = "Warszawa"`, `distance(revenue, score, 52.23, 21.01) <= 50` |
//! | ever been | an event that says so: `exists(event.other where detail1 = "gold")`; a contact keeps no history of its fields |
//! | updated in the last n days | `modified_on in last 7 days` |
//! | ids, count, reach, explain | [`CompiledFilter::select`], [`ContactTable::rows`], [`SegmentCount`], [`Explainer`] |
//! | difference to what was sent | [`SyncEngine::plan`](crate::SyncEngine::plan) |
//! | hash and complexity of a definition | [`Segment::hash`], [`CompiledFilter::cost`] |

mod catalog;
mod compiled;
mod count;
mod debug_redacted;
mod definition;
mod engine;
mod explain;
mod filter;
mod json_path;
mod language;
mod redact;
mod resolver;
mod rfm;
mod schema_version;
mod selector;
mod table;
mod tag_dictionary;
mod time_dependence;

pub use catalog::file::FileCatalog;
pub use catalog::memory::{MemoryCatalog, SegmentCatalog};
pub use compiled::{CompiledSegment, Decision};
pub use count::{CountBuilder, SegmentCount};
pub use definition::{FilterSource, Segment, SegmentBuilder};
pub use engine::terms::url_pattern::UrlPattern;
pub use engine::window::EvaluationTime;
pub use explain::{DecisionTree, Explainer};
pub use filter::{CompiledFilter, Filter};
pub(crate) use json_path::read_json;
pub use language::ast;
pub use language::builder::conditions::{
    age, anniversary, any_event, at_least, consent, consent_agreed_on, consent_description_id, consent_ip,
    consent_opt_out, consent_since, distance, domain, event, field, has_all_tags, has_any_tag,
    has_exactly_tags, has_no_tag, has_only_tags, in_segment, stage, stage_score, stage_since, stage_value,
    tag_count, tag_score, tag_since, unaccent,
};
pub use language::error::{FilterError, FilterProblem};
pub use language::limits::Limits;
pub use rfm::cutoffs::{Frequency, Monetary, Recency, Rfm, RfmCutoffs};
pub use rfm::survey::{RfmEstimator, RfmQuintiles};
pub(crate) use schema_version::SchemaVersion;
pub use selector::{Message, MessageChannel, Selector};
pub use table::ContactTable;
pub use tag_dictionary::TagDictionary;
