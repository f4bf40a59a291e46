//! Rows, columns and a plain, slow evaluator give the same answer on random filters and random contacts.

use crate::reference;
use crate::reference::NOW;
use audiencekit::TimeZone;
use audiencekit::contact::{
    Birthday, ConsentEntry, ConsentStatus, Contact, Event, FieldType, Schema, StageEntry,
};
use audiencekit::segment::{
    ContactTable, CountBuilder, Decision, EvaluationTime, ExplainOptions, Filter, MemoryCatalog, Segment,
    SegmentCatalog, expr::in_segment,
};
use rust_decimal::Decimal;
use time::Duration;

/// A generator with no surprises (SplitMix64), so that a failure comes back.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len() as u64) as usize]
    }

    fn often(&mut self) -> bool {
        self.roll(4) != 0
    }
}

pub(crate) fn schema() -> Schema {
    schema_with(0)
}

/// The fields that filters use, behind `others` that none uses.
fn schema_with(others: usize) -> Schema {
    (0..others)
        .fold(Schema::builder(), |schema, n| schema.detail(format!("other{n}"), FieldType::Text))
        .detail("plan", FieldType::Keyword)
        .detail("revenue", FieldType::Decimal)
        .detail("renewal", FieldType::Date)
        .detail("lat", FieldType::Decimal)
        .detail("lon", FieldType::Integer)
        .detail("zone", FieldType::Keyword)
        .detail("home", FieldType::Text)
        .build()
        .unwrap()
}

/// Whole numbers at the ends of what fits, and around what fits in sixty bits.
const WIDE: [i64; 6] = [i64::MIN, -1 - (1 << 59), -1 << 59, (1 << 59) - 1, 1 << 59, i64::MAX];
const WORDS: [&str; 7] = ["PL", "pl", "DE", "Łódź", "łÓDŹ", "lodz", "a b"];
const EMAILS: [&str; 4] = ["ada@test.com", "Bob@Example.com", "x@TEST.COM", "nobody"];
const TAGS: [&str; 3] = ["VIP", "GOLD", "NEW"];

pub(crate) fn contact(dice: &mut Dice, schema: &Schema) -> Contact {
    let mut c = Contact::new(schema);
    let id = |name: &str| schema.require(name).unwrap();
    for field in ["country", "plan", "name", "city"] {
        if dice.often() {
            c.set(id(field), dice.pick(&WORDS)).unwrap();
        }
    }
    for _ in 0..dice.roll(3) {
        c.add_text(id("email"), dice.pick(&EMAILS)).unwrap();
    }
    if dice.often() {
        let score = if dice.often() { dice.roll(10) as i64 } else { WIDE[dice.roll(6) as usize] };
        c.set(id("score"), score).unwrap();
    }
    if dice.often() {
        c.set(id("revenue"), Decimal::new(dice.roll(100) as i64, 1)).unwrap();
    }
    if dice.often() {
        c.set(id("opted_out"), dice.roll(2) == 0).unwrap();
        c.set(id("monitored"), dice.roll(2) == 0).unwrap();
    }
    if dice.often() {
        c.set(id("lat"), Decimal::new(dice.roll(2_000) as i64 - 1_000, 1)).unwrap();
        c.set(id("lon"), dice.roll(400) as i64 - 200).unwrap();
    }
    if dice.often() {
        c.set(id("renewal"), NOW.date() + Duration::days(dice.roll(80) as i64 - 40)).unwrap();
    }
    if dice.often() {
        c.set(id("created_on"), NOW - Duration::hours(dice.roll(3_000) as i64 - 500)).unwrap();
    }
    if dice.often() {
        let year = dice.often().then(|| 1960 + dice.roll(50) as i16);
        let (month, day) =
            if dice.roll(8) == 0 { (2, 28) } else { (1 + dice.roll(12) as u8, 1 + dice.roll(28) as u8) };
        c.set(id("birth_date"), Birthday::new(year, month, day).unwrap()).unwrap();
    }
    for tag in TAGS {
        if dice.roll(2) == 0 {
            let since = dice.often().then(|| NOW - Duration::days(dice.roll(40) as i64));
            c.add_tag(tag, dice.roll(5) as i32, since).unwrap();
        }
    }
    for _ in 0..dice.roll(3) {
        let status = [ConsentStatus::Confirmed, ConsentStatus::Withdrawn, ConsentStatus::NotConfirmed];
        let mut entry = ConsentEntry::new(dice.pick(&["news", "news", "sms"]), status[dice.roll(3) as usize]);
        if dice.often() {
            entry = entry.at(NOW + Duration::days(dice.roll(20) as i64 - 15));
        }
        if dice.roll(2) == 0 {
            entry = entry.ip([192, 0, 2, dice.roll(3) as u8].into()).opt_out(dice.roll(2) == 0);
        }
        if dice.roll(2) == 0 {
            let agreed_on = NOW - Duration::days(dice.roll(20) as i64);
            entry = entry.agreed_on(agreed_on).description_id(dice.pick(&["form-1", "FORM-2"]));
        }
        c.add_consent_entry(&entry).unwrap();
    }
    if dice.roll(2) == 0 {
        let mut stage = StageEntry::new("Sales", dice.pick(&["won", "Lost"]));
        if dice.often() {
            stage = stage.value(Decimal::new(dice.roll(100) as i64, 1)).score(dice.roll(10) as i32);
        }
        c.set_stage_entry(&stage).unwrap();
    }
    for _ in 0..dice.roll(5) {
        let at = NOW - Duration::hours(dice.roll(2_000) as i64);
        let mut event = Event::new(dice.pick(&["purchase", "cart"]), at);
        if dice.often() {
            event = event.value(Decimal::new(dice.roll(200) as i64, 1));
        }
        if dice.often() {
            event = event.property("products", dice.pick(&WORDS));
        }
        c.add_event(&event).unwrap();
    }
    c
}

fn date_check(dice: &mut Dice, hours: bool) -> String {
    let n = dice.roll(50);
    let unit = if hours {
        dice.pick(&["hours", "days", "weeks", "months"])
    } else {
        dice.pick(&["days", "weeks", "months"])
    };
    match dice.roll(12) {
        0 => format!("in last {n} {unit}"),
        1 => format!("in next {n} {unit}"),
        2 => format!("more than {n} {unit} ago"),
        3 => format!("less than {n} {unit} ago"),
        4 => format!("exactly {n} days ago"),
        5 => format!("more than {n} {unit} from now"),
        6 => format!("less than {n} {unit} from now"),
        7 => format!("between 2026-{:02}-01 and 2026-12-{:02}", 1 + dice.roll(12), 1 + dice.roll(28)),
        8 => format!("{} 2026-11-{:02}", dice.pick(&["<", "<=", ">", ">=", "="]), 1 + dice.roll(28)),
        9 => dice
            .pick(&["in this week", "in last week", "in next week", "in this month", "in last month"])
            .to_owned(),
        10 => {
            dice.pick(&["in this quarter", "in last quarter", "in next quarter", "in this year"]).to_owned()
        }
        _ => dice.pick(&["is today", "is yesterday", "is tomorrow", "in next month"]).to_owned(),
    }
}

fn number_check(dice: &mut Dice) -> String {
    let n = format!("{}.{}", dice.roll(12), dice.roll(2) * 5);
    match dice.roll(9) {
        8 => {
            let is = dice.pick(&["=", "!=", "<", "<=", ">", ">="]);
            format!("{is} {}", WIDE[dice.roll(6) as usize])
        }
        0 => format!("between {} and {}", dice.roll(5), 5 + dice.roll(5)),
        1 => format!("not between {} and {}", dice.roll(5), 5 + dice.roll(5)),
        2 => format!("{} ({}, {})", dice.pick(&["in", "not in"]), dice.roll(10), dice.roll(10)),
        3 => format!("= {}", dice.roll(10)),
        4 => format!("!= {}", dice.roll(10)),
        _ => format!("{} {n}", dice.pick(&["<", "<=", ">", ">="])),
    }
}

fn text_check(dice: &mut Dice) -> String {
    let word = dice.pick(&WORDS);
    let exact = if dice.roll(4) == 0 { "exactly " } else { "" };
    let not = if dice.roll(4) == 0 { "not " } else { "" };
    match dice.roll(9) {
        8 => format!("{not}contains word \"{}\"", dice.pick(&["a", "PL", "łódź", "ada", "com", "a b"])),
        0 => format!("{exact}!= \"{word}\""),
        1 => format!(
            "{exact}{}in (\"{word}\", \"{}\")",
            if exact.is_empty() { not } else { "" },
            dice.pick(&WORDS)
        ),
        2 => format!("{}contains \"{}\"", not, dice.pick(&["l", "A", "ó", "o", "@test"])),
        3 => format!("{}starts with \"{}\"", not, dice.pick(&["p", "Ł", "x@"])),
        4 => format!("{}ends with \"{}\"", not, dice.pick(&["L", "ź", "@test.com"])),
        5 => format!("{}like \"{}\"", not, dice.pick(&["*d*", "?l", "a?b", "*.com"])),
        _ => format!("{exact}= \"{word}\""),
    }
}

fn set_check(dice: &mut Dice) -> String {
    let (field, words): (_, &[&str]) = match dice.roll(2) {
        0 => ("email", &EMAILS),
        _ => ("domain(email)", &["test.com", "example.com", "TEST.com"]),
    };
    let kind = dice.pick(&["all", "only", "exactly"]);
    let exact = dice.pick(&["", "", "exactly "]);
    let not = dice.pick(&["", "", "not "]);
    let mut list = format!("\"{}\"", dice.pick(words));
    for _ in 0..dice.roll(3) {
        list.push_str(&format!(", \"{}\"", dice.pick(words)));
    }
    format!("{field} {exact}{not}has {kind} ({list})")
}

/// A comparison of a term with what counts where it is missing.
fn defaulted(dice: &mut Dice) -> String {
    match dice.roll(9) {
        0 => format!(
            "score default {} {}",
            dice.roll(10),
            number_check(dice).replace(".5", "").replace(".0", "")
        ),
        1 => format!("revenue default 2.5 {}", number_check(dice)),
        2 => format!(
            "{} default \"{}\" {}",
            dice.pick(&["country", "name", "domain(email)", "stage(\"Sales\")"]),
            dice.pick(&WORDS),
            text_check(dice)
        ),
        3 => set_check(dice).replacen(' ', " default \"test.com\" ", 1),
        4 => format!("renewal default 2026-11-{:02} {}", 1 + dice.roll(28), date_check(dice, false)),
        5 => format!(
            "created_on default 2026-11-{:02}T10:00:00Z {}",
            1 + dice.roll(28),
            date_check(dice, true)
        ),
        6 => format!("opted_out default {} = true", dice.pick(&["true", "false"])),
        7 => format!(
            "consent(\"news\") default \"withdrawn\" {} \"{}\"",
            dice.pick(&["=", "!="]),
            dice.pick(&["confirmed", "withdrawn"])
        ),
        _ => {
            let first = dice.pick(&["first", "last"]);
            match dice.roll(3) {
                0 => format!("{first}(event.cart.value) default 5 {}", number_check(dice)),
                1 => format!("{first}(event.any.products) default \"pl\" {}", text_check(dice)),
                _ => format!(
                    "anniversary(birth_date) default 2000-11-{:02} in next {} days",
                    1 + dice.roll(28),
                    dice.roll(60)
                ),
            }
        }
    }
}

/// What stands beside consents and stages, and how far away somebody lives.
fn beside_consents_and_stages(dice: &mut Dice) -> String {
    match dice.roll(7) {
        0 => format!(
            "consent_ip(\"news\") {} \"192.0.2.1\"",
            dice.pick(&["=", "!=", "starts with", "contains word"])
        ),
        1 => format!("consent_agreed_on(\"news\") {}", date_check(dice, true)),
        2 => format!("consent_description_id(\"news\") {} \"form-1\"", dice.pick(&["=", "!=", "exactly ="])),
        3 => format!(
            "consent_opt_out(\"news\") {} {}",
            dice.pick(&["=", "!="]),
            dice.pick(&["true", "false", "monitored"])
        ),
        4 => format!("stage_value(\"Sales\") {}", number_check(dice)),
        5 => format!("stage_score(\"Sales\") {}", number_check(dice)),
        _ => format!(
            "distance(lat, lon, {}.5, -{}) {} {}",
            dice.roll(80),
            dice.roll(170),
            dice.pick(&["<=", ">"]),
            dice.roll(15_000)
        ),
    }
}

fn leaf(dice: &mut Dice) -> String {
    let set = ["is set", "is not set", "is empty", "is not empty"];
    match dice.roll(19) {
        16 => defaulted(dice),
        17 => beside_consents_and_stages(dice),
        18 => format!("unaccent({}) {}", dice.pick(&["country", "name", "email"]), text_check(dice)),
        0 | 1 => format!("{} {}", dice.pick(&["country", "plan", "city"]), text_check(dice)),
        2 if dice.roll(2) == 0 => set_check(dice),
        2 => format!("{} {}", dice.pick(&["name", "email", "domain(email)"]), text_check(dice)),
        3 => format!("score {}", number_check(dice).replace(".5", "").replace(".0", "")),
        4 => format!("revenue {}", number_check(dice)),
        5 => format!("opted_out {} {}", dice.pick(&["=", "!="]), dice.pick(&["true", "false"])),
        6 => format!("renewal {}", date_check(dice, false)),
        7 => format!("{} {}", dice.pick(&["created_on", "tag_since(\"vip\")"]), date_check(dice, true)),
        8 => match dice.roll(3) {
            0 => format!("age(birth_date) {} {}", dice.pick(&["<", ">="]), 20 + dice.roll(40)),
            1 => {
                format!("anniversary(birth_date) in {} {} days", dice.pick(&["next", "last"]), dice.roll(200))
            }
            _ => format!("birth_date {} {}-05-14", dice.pick(&["<", "<=", ">", ">="]), 1960 + dice.roll(50)),
        },
        9 | 10 => format!(
            "has {} (\"{}\", \"{}\")",
            dice.pick(&["any tag", "all tags", "no tag", "only tags", "exactly tags"]),
            dice.pick(&TAGS),
            dice.pick(&TAGS)
        ),
        11 if dice.roll(2) == 0 => {
            format!("count(tags) {}", number_check(dice).replace(".5", "").replace(".0", ""))
        }
        11 => format!("tag_score(\"gold\") {} {}", dice.pick(&["<", ">="]), dice.roll(5)),
        12 => format!(
            "consent(\"news\") {} \"{}\"",
            dice.pick(&["=", "!="]),
            dice.pick(&["confirmed", "withdrawn"])
        ),
        13 => format!(
            "{} {}",
            dice.pick(&[
                "country",
                "email",
                "score",
                "birth_date",
                "stage(\"Sales\")",
                "domain(email)",
                "created_on"
            ]),
            dice.pick(&set)
        ),
        14 => format!("stage(\"Sales\") {} \"{}\"", dice.pick(&["=", "!="]), dice.pick(&["WON", "lost"])),
        _ if dice.roll(3) == 0 => against(dice),
        _ => events(dice),
    }
}

fn against(dice: &mut Dice) -> String {
    if dice.roll(5) == 0 {
        let not = dice.pick(&["", "", "not "]);
        return match dice.roll(3) {
            0 => format!("score {not}between count(tags) and revenue default {}", dice.roll(9)),
            1 => format!(
                "renewal default 2026-11-20 {not}between birth_date and 2026-11-{:02}",
                1 + dice.roll(28)
            ),
            _ => format!("created_on {not}between first(event.cart) and last(event.any) default 2026-11-20"),
        };
    }
    let sign = dice.pick(&["=", "!=", "<", "<=", ">", ">="]);
    let default = dice.roll(2) == 0;
    let or = |value: &str| if default { format!(" default {value}") } else { String::new() };
    let left = dice.roll(4) == 0;
    let and = |value: &str| if left { format!(" default {value}") } else { String::new() };
    let equal = dice.pick(&["=", "!="]);
    match dice.roll(7) {
        0 => {
            let terms = [
                "score",
                "revenue",
                "count(tags)",
                "tag_score(\"gold\")",
                "sum(event.purchase.value)",
                "last(event.purchase.value)",
            ];
            format!("{}{} {sign} {}{}", dice.pick(&terms), and("1"), dice.pick(&terms), or("2.5"))
        }
        1 => {
            let terms = ["renewal", "birth_date"];
            let (one, other) = (dice.pick(&terms), dice.pick(&terms));
            format!("{one}{} {sign} {other}{}", and("2026-11-21"), or("2026-11-20"))
        }
        2 => {
            let terms = [
                "created_on",
                "tag_since(\"vip\")",
                "last(event.cart)",
                "first(event.any)",
                "last(event.any.at)",
                "consent_since(\"news\")",
            ];
            let (one, other) = (dice.pick(&terms), dice.pick(&terms));
            format!("{one}{} {sign} {other}{}", and("2026-11-19T09:00:00Z"), or("2026-11-20T09:00:00Z"))
        }
        3 => format!("opted_out{} {equal} monitored{}", and("false"), or("true")),
        4 => {
            let (one, other) = (and("\"withdrawn\""), or("\"confirmed\""));
            format!("consent(\"news\"){one} {equal} consent(\"sms\"){other}")
        }
        5 => {
            let terms = ["anniversary(birth_date)", "anniversary(renewal)", "anniversary(created_on)"];
            let (one, other) = (dice.pick(&terms), dice.pick(&terms));
            format!("{one}{} {equal} {other}{}", and("2000-11-20"), or("2000-11-20"))
        }
        _ => {
            let terms = [
                "country",
                "name",
                "city",
                "domain(email)",
                "stage(\"Sales\")",
                "first(event.any.products)",
                "unaccent(name)",
                "consent_ip(\"sms\")",
            ];
            let sign = dice.pick(&["=", "!=", "exactly =", "exactly !="]);
            format!("{}{} {sign} {}{}", dice.pick(&terms), and("\"DE\""), dice.pick(&terms), or("\"PL\""))
        }
    }
}

/// An event that follows, or does not.
fn step(dice: &mut Dice, no: &str) -> String {
    let other = dice.pick(&["purchase", "cart", "any"]);
    let unit = dice.pick(&["hours", "days", "weeks", "months"]);
    let after = dice.pick(&["", "", " where value > 10", " where value is set"]).to_owned();
    let window = if dice.roll(4) == 0 { format!(" {}", window(dice, 1)) } else { String::new() };
    let within = if dice.often() { format!(" within {} {unit}", 1 + dice.roll(30)) } else { String::new() };
    format!(" then {no}event.{other}{window}{after}{within}")
}

/// A window that the contact's own instants and days bound.
fn window(dice: &mut Dice, depth: u64) -> String {
    let bound = |dice: &mut Dice| match dice.roll(6) {
        0 => "created_on".to_owned(),
        1 => "renewal".to_owned(),
        2 => "tag_since(\"vip\") default 2026-11-01T00:00:00Z".to_owned(),
        3 if depth > 0 => format!("first(event.cart {})", window(dice, depth - 1)),
        4 => "birth_date default 2026-10-10".to_owned(),
        _ => dice.pick(&["first(event.cart)", "last(event.purchase)", "last(event.any)"]).to_owned(),
    };
    match dice.roll(3) {
        0 => format!("between {} and {}", bound(dice), bound(dice)),
        1 => format!("between 2026-09-10 and {}", bound(dice)),
        _ => format!("{} {}", dice.pick(&["since", "until", "before", "after", "on"]), bound(dice)),
    }
}

fn events(dice: &mut Dice) -> String {
    let kind = dice.pick(&["purchase", "cart", "any"]);
    let within = match dice.roll(5) {
        0 | 1 => format!(" {}", date_check(dice, true)),
        2 => format!(" {}", window(dice, 2)),
        _ => String::new(),
    };
    let condition = match dice.roll(4) {
        0 => format!(" where value {}", number_check(dice)),
        1 => format!(" where products {} and value is set", text_check(dice)),
        2 => " where products is empty".to_owned(),
        _ => String::new(),
    };
    let then = match dice.roll(4) {
        0 => {
            (0..dice.roll(3)).map(|_| step(dice, "")).collect::<String>()
                + &{
                    let no = dice.pick(&["", "no "]);
                    step(dice, no)
                }
        }
        _ => String::new(),
    };
    let tail = format!("{within}{condition}{then})");
    match dice.roll(7) {
        6 => format!(
            "distinct(event.{kind}.{}{tail} {} {}",
            dice.pick(&["products", "value", "at"]),
            dice.pick(&["=", ">="]),
            dice.roll(4)
        ),
        0 => format!("exists(event.{kind}{tail}"),
        1 => format!("count(event.{kind}{tail} {} {}", dice.pick(&["=", ">=", "<"]), dice.roll(4)),
        2 => format!("{}(event.{kind}.value{tail} {}", dice.pick(&["sum", "min", "max"]), number_check(dice)),
        3 => format!("{}(event.{kind}{tail} {}", dice.pick(&["first", "last"]), date_check(dice, true)),
        4 => format!("{}(event.{kind}.products{tail} {}", dice.pick(&["first", "last"]), text_check(dice)),
        _ => format!("count(event.{kind}{tail} between 1 and {}", 1 + dice.roll(3)),
    }
}

pub(crate) fn filter(dice: &mut Dice, depth: u64) -> String {
    if depth == 0 || dice.roll(3) == 0 {
        return leaf(dice);
    }
    let (a, b) = (filter(dice, depth - 1), filter(dice, depth - 1));
    match dice.roll(6) {
        0 | 1 => format!("({a} and {b})"),
        2 | 3 => format!("({a} or {b})"),
        4 => format!("not {}", if a.starts_with('(') { a } else { format!("({a})") }),
        _ => format!("{} ({a}, {b}, {})", dice.pick(&["none of", "at least 2 of", "any of"]), leaf(dice)),
    }
}

#[test]
fn rows_columns_and_the_reference_agree_on_random_filters_and_contacts() {
    agree_on_random_pairs(&schema(), Dice(20_261_123), 1_500);
}

#[test]
fn they_agree_where_a_schema_is_wider_than_what_a_contact_holds_in_place() {
    agree_on_random_pairs(&schema_with(30), Dice(48), 500);
}

fn agree_on_random_pairs(schema: &Schema, mut dice: Dice, filters: u32) {
    let contacts: Vec<Contact> = (0..150).map(|_| contact(&mut dice, schema)).collect();
    let mut table = ContactTable::new(schema);
    for contact in &contacts {
        table.push(contact).unwrap();
    }
    let (mut pairs, mut held, mut used) = (0, 0, 0);
    for _ in 0..filters {
        let text = filter(&mut dice, 3);
        // An upside-down range is refused, and rightly so.
        let filter = match Filter::parse(&text, schema) {
            Ok(filter) => filter,
            Err(error) => {
                assert!(error.picture().contains("lower bound"), "{}", error.picture());
                continue;
            }
        };
        used += 1;
        assert_eq!(Filter::parse(&filter.to_string(), schema).unwrap(), filter, "{text} printed as {filter}");
        assert_eq!(Filter::from_json(&filter.to_json(), schema).unwrap(), filter, "{text}");
        let compiled = filter.compile(schema, &EvaluationTime::utc(NOW)).unwrap();
        let rows = table.rows(&compiled);
        let mut selected = Vec::new();
        compiled.select(&contacts, |at| selected.push(at as u32));
        assert_eq!(selected, rows, "in blocks: {filter}");
        for (at, contact) in contacts.iter().enumerate() {
            let reference = reference::holds(filter.expr(), contact);
            let shown = || format!("{filter}\n{}", contact.to_json());
            assert_eq!(compiled.matches(contact), reference, "row: {}", shown());
            assert_eq!(rows.contains(&(at as u32)), reference, "table: {}", shown());
            pairs += 1;
            held += u32::from(reference);
        }
        assert_eq!(table.count(&compiled), rows.len() as u64);
    }
    assert!(pairs >= filters * 100, "{pairs} pairs of {used} filters");
    assert!(held > pairs / 10 && held < pairs * 9 / 10, "{held} of {pairs} held: the dice are loaded");
}

#[test]
fn a_table_of_many_batches_selects_what_rows_select() {
    let schema = schema();
    let mut dice = Dice(7);
    let contacts: Vec<Contact> = (0..9_001).map(|_| contact(&mut dice, &schema)).collect();
    let mut table = ContactTable::new(&schema);
    for contact in &contacts {
        table.push(contact).unwrap();
    }
    for text in [
        "country = \"pl\" and score >= 5",
        "country != \"pl\" or opted_out = true",
        "not (birth_date >= 1980-01-01)",
        "birth_date not between 1980-01-01 and 1990-01-01",
        "has any tag (\"vip\", \"gold\") and count(event.purchase in last 30 days) >= 1",
        "renewal > 2026-11-23 and created_on < 2026-11-01 and score not in (1)",
        "has tag \"unknown\" or plan exactly = \"Łódź\"",
    ] {
        let compiled =
            Filter::parse(text, &schema).unwrap().compile(&schema, &EvaluationTime::utc(NOW)).unwrap();
        let wanted: Vec<u32> =
            (0..).zip(&contacts).filter(|(_, c)| compiled.matches(c)).map(|(at, _)| at).collect();
        assert!(!wanted.is_empty(), "{text}");
        assert_eq!(table.rows(&compiled), wanted, "{text}");
        let mut selected = Vec::new();
        compiled.select(&contacts, |at| selected.push(at as u32));
        assert_eq!(selected, wanted, "{text}");
    }
}

#[test]
fn many_different_values_are_counted_like_few() {
    let schema = schema();
    let filter = |text: &str| {
        Filter::parse(text, &schema).unwrap().compile(&schema, &EvaluationTime::utc(NOW)).unwrap()
    };
    for events in [3, 64, 65, 200] {
        let mut contact = Contact::new(&schema);
        for n in 0..events {
            // Twice each, in another case and with other zeros.
            let (value, sku) = (Decimal::new(n / 2 * 10i64.pow(n as u32 % 2), n as u32 % 2), n / 2);
            let sku = if n % 2 == 0 { format!("SKU-{sku}") } else { format!("sku-{sku}") };
            let at = NOW - Duration::hours(n / 2);
            contact
                .add_event(&Event::new("purchase", at).value(value).property("products", sku.as_str()))
                .unwrap();
        }
        for property in ["value", "at", "products"] {
            let wanted = (events + 1) / 2;
            assert!(
                filter(&format!("distinct(event.purchase.{property}) = {wanted}")).matches(&contact),
                "{events} {property}"
            );
        }
    }
}

#[test]
fn an_event_is_followed_among_many_as_among_few() {
    let schema = schema();
    for events in [20, 64, 65, 150] {
        let mut dice = Dice(events);
        let mut contact = Contact::new(&schema);
        for _ in 0..events {
            let at = NOW - Duration::hours(dice.roll(2_000) as i64);
            contact.add_event(&Event::new(dice.pick(&["purchase", "cart"]), at)).unwrap();
        }
        for then in
            ["event.purchase", "no event.purchase", "event.cart within 9 hours", "no event.cart within 1 day"]
        {
            let filter = Filter::parse(&format!("count(event.cart then {then}) >= 0"), &schema).unwrap();
            let counted = (0..=events).find(|n| {
                let text = filter.to_string().replace(">= 0", &format!("= {n}"));
                reference::holds(Filter::parse(&text, &schema).unwrap().expr(), &contact)
            });
            let text = filter.to_string().replace(">= 0", &format!("= {}", counted.unwrap()));
            let compiled = Filter::parse(&text, &schema).unwrap();
            let compiled = compiled.compile(&schema, &EvaluationTime::utc(NOW)).unwrap();
            assert!(compiled.matches(&contact), "{text} of {events}");
        }
    }
}

/// What a contact has for its zone, and the zone of the database that this names.
const ZONES: [(Option<&str>, Option<&str>); 11] = [
    (None, None),
    (Some("Europe/Warsaw"), Some("Europe/Warsaw")),
    (Some("europe/WARSAW"), Some("Europe/Warsaw")),
    (Some("America/New_York"), Some("America/New_York")),
    (Some("Australia/Lord_Howe"), Some("Australia/Lord_Howe")),
    (Some("Pacific/Kiritimati"), Some("Pacific/Kiritimati")),
    (Some("Pacific/Niue"), Some("Pacific/Niue")),
    (Some("UTC"), Some("UTC")),
    (Some("Mars/Olympus"), None),
    (Some("+02:00"), None),
    (Some("CEST, I think"), None),
];

/// A condition with days in it, beside whatever else.
fn dated(dice: &mut Dice) -> String {
    let n = dice.roll(24);
    let dated = match dice.roll(8) {
        0 => format!("created_on {}", date_check(dice, true)),
        1 => format!("created_on >= 2026-10-{} and weekday(created_on) <= {}", 1 + n, 1 + n % 7),
        2 => format!("hour(created_on) between {} and {n}", n / 2),
        3 => format!("created_on default 2026-11-{} {} last(event.any)", 1 + n, dice.pick(&["<", ">="])),
        4 => format!("renewal {}", date_check(dice, false)),
        5 => format!("day(created_on) default {n} < {n}"),
        6 => format!("tag_since(\"VIP\") {}", date_check(dice, true)),
        _ => format!("count(event.any {}) >= {}", date_check(dice, true), dice.roll(3)),
    };
    match dice.roll(6) {
        0..4 => dated,
        4 => format!("({dated} and {})", filter(dice, 1)),
        _ => format!("not ({dated} or {})", leaf(dice)),
    }
}

#[test]
fn days_of_a_contacts_own_zone_are_those_of_a_filter_compiled_for_that_zone() {
    let schema = schema();
    let mut dice = Dice(24);
    for field in ["zone", "home"] {
        let mut table = ContactTable::new(&schema);
        let contacts: Vec<(Contact, Option<&str>)> = (0..110)
            .map(|at| {
                let mut contact = contact(&mut dice, &schema);
                let (says, named) = ZONES[at % ZONES.len()];
                if let Some(says) = says {
                    contact.set(schema.require(field).unwrap(), says).unwrap();
                }
                table.push(&contact).unwrap();
                (contact, named)
            })
            .collect();
        // Not that of any contact, so that falling back shows.
        let fixed = TimeZone::named("Asia/Tokyo").unwrap();
        let (mut compared, mut differed) = (0, 0);
        for round in 0..150 {
            // Not at noon only: today is another day then for more of them.
            let now = NOW + Duration::minutes(round % 3 * 613);
            let (fixed, own) = (
                EvaluationTime::new(now, fixed.clone()),
                EvaluationTime::new(now, fixed.clone()).zone_of(field),
            );
            let parsed: Vec<Filter> =
                (0..4).filter_map(|_| Filter::parse(&dated(&mut dice), &schema).ok()).collect();
            // An upside-down range is refused.
            let [include, exclude, inner, asked] = parsed.as_slice() else { continue };
            let catalog = MemoryCatalog::new();
            let named = Segment::builder("Named").include(inner.expr().clone()).build(&schema).unwrap();
            catalog.save(&named).unwrap();
            let segment = Segment::builder("whole")
                .include(include.expr().clone())
                .exclude(exclude.expr().clone())
                .filter(asked.clone())
                .filter(in_segment("Named"))
                .build(&schema)
                .unwrap();
            let compiled = segment.compile_with(&schema, &own, &catalog).unwrap();
            let filtered = asked.compile(&schema, &own).unwrap();
            let rows = table.rows(&filtered);
            let selected = table.rows(&compiled.condition());
            let mut counter = CountBuilder::of(compiled.clone(), &schema);
            for (at, (contact, named)) in contacts.iter().enumerate() {
                let time = match named {
                    Some(name) => EvaluationTime::new(now, TimeZone::named(name).unwrap()),
                    None => fixed.clone(),
                };
                let shown = || format!("{asked} in {:?}\n{}", time.zone, contact.to_json());
                let holds = asked.compile(&schema, &time).unwrap().matches(contact);
                assert_eq!(filtered.matches(contact), holds, "row: {}", shown());
                assert_eq!(rows.contains(&(at as u32)), holds, "table: {}", shown());
                assert_eq!(asked.explain(contact, &schema, &own).unwrap().holds, holds, "why: {}", shown());
                if *named == Some("UTC") && now == NOW {
                    assert_eq!(reference::holds(asked.expr(), contact), holds, "reference: {}", shown());
                }
                let decision = segment.compile_with(&schema, &time, &catalog).unwrap().decide(contact);
                let in_it = decision == Decision::Selected;
                assert_eq!(compiled.decide(contact), decision, "segment: {}", shown());
                assert_eq!(counter.push(contact), decision, "count: {}", shown());
                assert_eq!(compiled.selects(contact), in_it, "segment: {}", shown());
                assert_eq!(selected.contains(&(at as u32)), in_it, "segment in a table: {}", shown());
                let options = ExplainOptions::new().catalog(&catalog);
                let why = segment.explain_with(contact, &schema, &own, &options).unwrap();
                assert_eq!(why.holds, in_it, "segment explained: {}", shown());
                compared += 1;
                differed += u32::from(asked.compile(&schema, &fixed).unwrap().matches(contact) != holds);
            }
            assert_eq!(counter.finish().selected, selected.len() as u64);
        }
        assert!(compared >= 10_000 && differed >= 200, "{differed} of {compared}: zones did not matter");
    }
}
