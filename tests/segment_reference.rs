//! Rows, columns and a plain, slow evaluator give the same answer on random filters and random contacts.

use std::sync::Arc;

use audiencekit::contact::{
    Birthday, ConsentStatus, Contact, Event, FieldType, Schema, ValueRef, normalize_tag,
};
use audiencekit::segment::ast::{
    Check, EventQuery, Expr, Fold, Literal, Period, Quantifier, Term, Test, Unit, Which,
};
use audiencekit::segment::{ContactTable, EvaluationTime, Filter};
use rust_decimal::Decimal;
use time::macros::datetime;
use time::{Date, Duration, Month, OffsetDateTime};

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

/// A generator with no surprises (SplitMix64), so that a failure comes back.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
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

fn schema() -> Arc<Schema> {
    schema_with(0)
}

/// The fields that filters use, behind `others` that none uses.
fn schema_with(others: usize) -> Arc<Schema> {
    (0..others)
        .fold(Schema::builder(), |schema, n| schema.detail(format!("other{n}"), FieldType::Text))
        .detail("plan", FieldType::Keyword)
        .detail("revenue", FieldType::Decimal)
        .detail("renewal", FieldType::Date)
        .build()
        .unwrap()
}

/// Whole numbers at the ends of what fits, and around what fits in sixty bits.
const WIDE: [i64; 6] = [i64::MIN, -1 - (1 << 59), -1 << 59, (1 << 59) - 1, 1 << 59, i64::MAX];
const WORDS: [&str; 6] = ["PL", "pl", "DE", "Łódź", "łÓDŹ", "a b"];
const EMAILS: [&str; 4] = ["ada@test.com", "Bob@Example.com", "x@TEST.COM", "nobody"];
const TAGS: [&str; 3] = ["VIP", "GOLD", "NEW"];

fn contact(dice: &mut Dice, schema: &Arc<Schema>) -> Contact {
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
        let at = dice.often().then(|| NOW + Duration::days(dice.roll(20) as i64 - 15));
        c.add_consent("news", status[dice.roll(3) as usize], at).unwrap();
    }
    if dice.roll(2) == 0 {
        c.set_stage("Sales", dice.pick(&["won", "Lost"]), None).unwrap();
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
    match dice.roll(8) {
        0 => format!("{exact}!= \"{word}\""),
        1 => format!(
            "{exact}{}in (\"{word}\", \"{}\")",
            if exact.is_empty() { not } else { "" },
            dice.pick(&WORDS)
        ),
        2 => format!("{}contains \"{}\"", not, dice.pick(&["l", "A", "ó", "@test"])),
        3 => format!("{}starts with \"{}\"", not, dice.pick(&["p", "Ł", "x@"])),
        4 => format!("{}ends with \"{}\"", not, dice.pick(&["L", "ź", "@test.com"])),
        5 => format!("{}like \"{}\"", not, dice.pick(&["*d*", "?l", "a?b", "*.com"])),
        _ => format!("{exact}= \"{word}\""),
    }
}

fn leaf(dice: &mut Dice) -> String {
    let set = ["is set", "is not set", "is empty", "is not empty"];
    match dice.roll(16) {
        0 | 1 => format!("{} {}", dice.pick(&["country", "plan", "city"]), text_check(dice)),
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
            dice.pick(&["any tag", "all tags", "no tag"]),
            dice.pick(&TAGS),
            dice.pick(&TAGS)
        ),
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
        _ => events(dice),
    }
}

fn events(dice: &mut Dice) -> String {
    let kind = dice.pick(&["purchase", "cart", "any"]);
    let within = if dice.roll(2) == 0 { format!(" {}", date_check(dice, true)) } else { String::new() };
    let condition = match dice.roll(4) {
        0 => format!(" where value {}", number_check(dice)),
        1 => format!(" where products {} and value is set", text_check(dice)),
        2 => " where products is empty".to_owned(),
        _ => String::new(),
    };
    let tail = format!("{within}{condition})");
    match dice.roll(6) {
        0 => format!("exists(event.{kind}{tail}"),
        1 => format!("count(event.{kind}{tail} {} {}", dice.pick(&["=", ">=", "<"]), dice.roll(4)),
        2 => format!("{}(event.{kind}.value{tail} {}", dice.pick(&["sum", "min", "max"]), number_check(dice)),
        3 => format!("{}(event.{kind}{tail} {}", dice.pick(&["first", "last"]), date_check(dice, true)),
        4 => format!("{}(event.{kind}.products{tail} {}", dice.pick(&["first", "last"]), text_check(dice)),
        _ => format!("count(event.{kind}{tail} between 1 and {}", 1 + dice.roll(3)),
    }
}

fn filter(dice: &mut Dice, depth: u64) -> String {
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

// The reference: values as they come, rules as the documentation states them, no thought of speed.

#[derive(Debug, Clone)]
enum Seen {
    Nothing,
    Truth(bool),
    Number(Decimal),
    Texts(Vec<String>),
    Day(Date),
    Yearless,
    Instant(OffsetDateTime),
    Anniversary(u8, u8),
}

fn value(found: Option<ValueRef<'_>>) -> Seen {
    match found {
        None => Seen::Nothing,
        Some(ValueRef::Boolean(v)) => Seen::Truth(v),
        Some(ValueRef::Integer(v)) => Seen::Number(v.into()),
        Some(ValueRef::Decimal(v)) => Seen::Number(v),
        Some(ValueRef::Text(v)) => Seen::Texts(vec![v.to_owned()]),
        Some(ValueRef::Keyword(v)) => Seen::Texts(vec![v.to_string()]),
        Some(ValueRef::TextList(v)) => Seen::Texts(v.into_iter().map(str::to_owned).collect()),
        Some(ValueRef::Date(v)) => Seen::Day(v),
        Some(ValueRef::Birthday(v)) => v.date().map_or(Seen::Yearless, Seen::Day),
        Some(ValueRef::Instant(v)) => Seen::Instant(v),
        Some(_) => unreachable!(),
    }
}

/// Either a contact or one of its events, by index.
#[derive(Clone, Copy)]
struct Subject<'a>(&'a Contact, Option<usize>);

impl Subject<'_> {
    fn field(self, name: &str) -> Seen {
        let Self(contact, event) = self;
        let Some(at) = event else { return value(contact.get(contact.schema().require(name).unwrap())) };
        let event = contact.events().nth(at).unwrap();
        match name {
            "value" => event.value().map_or(Seen::Nothing, Seen::Number),
            "at" => Seen::Instant(event.at()),
            name => {
                let symbols = contact.schema().symbols();
                let found = event.properties().find(|(key, _)| &*symbols.text(*key) == name);
                value(found.map(|(_, v)| v))
            }
        }
    }
}

fn eval(expr: &Expr, s: Subject<'_>) -> bool {
    match expr {
        Expr::Constant(v) => *v,
        Expr::All(parts) => parts.iter().all(|part| eval(part, s)),
        Expr::Any(parts) => parts.iter().any(|part| eval(part, s)),
        Expr::None(parts) => !parts.iter().any(|part| eval(part, s)),
        Expr::AtLeast(of) => of.of.iter().filter(|part| eval(part, s)).count() >= of.count as usize,
        Expr::Not(inner) => !eval(inner, s),
        Expr::Tags(test) => {
            let has = |tag: &str| {
                let symbols = s.0.schema().symbols();
                s.0.tags().iter().any(|t| *symbols.text(t.name) == normalize_tag(tag).unwrap())
            };
            let mut tags = test.tags.iter().map(|tag| has(&tag.node));
            match test.quantifier {
                Quantifier::Any => tags.any(|has| has),
                Quantifier::All => tags.all(|has| has),
                Quantifier::None => !tags.any(|has| has),
            }
        }
        Expr::Exists(query) => !fitting(query, s).is_empty(),
        Expr::Segment(_) => unreachable!(),
        Expr::Test(test) => eval_test(test, s),
    }
}

fn fitting(query: &EventQuery, s: Subject<'_>) -> Vec<usize> {
    (0..s.0.events().len())
        .filter(|&at| {
            let event = s.0.events().nth(at).unwrap();
            query.event.as_ref().is_none_or(|kind| kind.node.eq_ignore_ascii_case(&event.kind_name()))
                && query.within.as_ref().is_none_or(|within| instant_fits(within, event.at()))
                && query.condition.as_ref().is_none_or(|condition| eval(condition, Subject(s.0, Some(at))))
        })
        .collect()
}

fn seen(term: &Term, s: Subject<'_>) -> Seen {
    let c = s.0;
    let symbols = c.schema().symbols();
    let tag = |name: &str| c.tags().iter().find(|t| *symbols.text(t.name) == normalize_tag(name).unwrap());
    match term {
        Term::Field(name) => s.field(&name.node),
        Term::Age(name) => match s.field(&name.node) {
            Seen::Day(born) => {
                let mut age = NOW.year() - born.year();
                if (u8::from(NOW.month()), NOW.day()) < (u8::from(born.month()), born.day()) {
                    age -= 1;
                }
                Seen::Number(age.into())
            }
            _ => Seen::Nothing,
        },
        Term::Anniversary(name) => match c.get(c.schema().require(&name.node).unwrap()) {
            Some(ValueRef::Birthday(day)) => Seen::Anniversary(day.month(), day.day()),
            _ => Seen::Nothing,
        },
        Term::Domain(name) => match s.field(&name.node) {
            Seen::Texts(texts) => {
                let domains: Vec<String> =
                    texts.iter().filter_map(|t| t.rsplit_once('@')).map(|(_, d)| d.to_owned()).collect();
                if domains.is_empty() { Seen::Nothing } else { Seen::Texts(domains) }
            }
            _ => Seen::Nothing,
        },
        Term::TagScore(name) => tag(&name.node).map_or(Seen::Nothing, |t| Seen::Number(t.score.into())),
        Term::TagSince(name) => tag(&name.node).and_then(|t| t.since).map_or(Seen::Nothing, Seen::Instant),
        Term::Consent(name) => {
            let mut entries: Vec<_> = c
                .consents()
                .iter()
                .filter(|e| *symbols.text(e.name) == name.node && e.at.is_none_or(|at| at <= NOW))
                .collect();
            entries.sort_by_key(|e| e.at.unwrap_or(datetime!(0000-01-01 0:00 UTC)));
            entries.last().map_or(Seen::Nothing, |e| {
                let word = match e.status {
                    ConsentStatus::Confirmed => "confirmed",
                    ConsentStatus::Withdrawn => "withdrawn",
                    ConsentStatus::NotConfirmed => "not_confirmed",
                };
                Seen::Texts(vec![word.to_owned()])
            })
        }
        Term::Stage(funnel) => {
            let stage = c.stages().iter().find(|st| *symbols.text(st.funnel) == funnel.node);
            stage.map_or(Seen::Nothing, |st| Seen::Texts(vec![symbols.text(st.stage).to_string()]))
        }
        Term::Events(aggregate) => {
            let at = fitting(&aggregate.query, s);
            let values = || -> Vec<Decimal> {
                at.iter().filter_map(|&i| c.events().nth(i).unwrap().value()).collect()
            };
            let of = |i: Option<&usize>| match (i, &aggregate.property) {
                (None, _) => Seen::Nothing,
                (Some(&i), None) => Seen::Instant(c.events().nth(i).unwrap().at()),
                (Some(&i), Some(name)) => Subject(c, Some(i)).field(&name.node),
            };
            let when = |i: &&usize| c.events().nth(**i).unwrap().at();
            match aggregate.of {
                Fold::Count => Seen::Number(at.len().into()),
                Fold::Sum => Seen::Number(values().into_iter().sum()),
                Fold::Min => values().into_iter().min().map_or(Seen::Nothing, Seen::Number),
                Fold::Max => values().into_iter().max().map_or(Seen::Nothing, Seen::Number),
                Fold::First => of(at.iter().min_by_key(when)),
                Fold::Last => of(at.iter().max_by_key(when)),
                Fold::Avg => unreachable!(),
            }
        }
        other => unreachable!("{other:?}"),
    }
}

fn eval_test(test: &Test, s: Subject<'_>) -> bool {
    let found = seen(&test.term, s);
    match &test.check {
        Check::IsSet => return matches!(found, Seen::Nothing) == test.negated,
        Check::IsEmpty => {
            let empty = match &found {
                Seen::Nothing => true,
                Seen::Texts(texts) => texts.iter().all(|t| t.trim().is_empty()),
                _ => false,
            };
            return empty != test.negated;
        }
        _ => {}
    }
    let fits = match found {
        Seen::Nothing | Seen::Yearless => return false,
        Seen::Truth(v) => matches!(&test.check, Check::Equal(l) if l.node == Literal::Boolean(v)),
        Seen::Number(v) => number_fits(&test.check, v),
        Seen::Texts(texts) => texts.iter().any(|t| text_fits(&test.check, t, test.exact)),
        Seen::Day(day) => day_fits(&test.check, day),
        Seen::Instant(at) => instant_fits(&test.check, at),
        Seen::Anniversary(month, day) => {
            // The years around now, with 29 February on the 28th where there is none.
            (NOW.year() - 2..=NOW.year() + 2).any(|year| {
                let month = Month::try_from(month).unwrap();
                let day = day.min(month.length(year));
                day_fits(&test.check, Date::from_calendar_date(year, month, day).unwrap())
            })
        }
    };
    fits != test.negated
}

fn number(literal: &Literal) -> Decimal {
    if let Literal::Number(n) = literal { *n } else { unreachable!() }
}

fn number_fits(check: &Check, v: Decimal) -> bool {
    match check {
        Check::Equal(l) => v == number(&l.node),
        Check::Less(l) => v < number(&l.node),
        Check::LessOrEqual(l) => v <= number(&l.node),
        Check::Greater(l) => v > number(&l.node),
        Check::GreaterOrEqual(l) => v >= number(&l.node),
        Check::Between(low, high) => v >= number(&low.node) && v <= number(&high.node),
        Check::In(of) => of.iter().any(|l| v == number(&l.node)),
        _ => unreachable!(),
    }
}

fn text_fits(check: &Check, text: &str, exact: bool) -> bool {
    let case = |t: &str| if exact { t.to_owned() } else { t.to_lowercase() };
    let equal = |l: &Literal| matches!(l, Literal::Text(t) if case(t) == case(text));
    match check {
        Check::Equal(l) => equal(&l.node),
        Check::In(of) => of.iter().any(|l| equal(&l.node)),
        Check::Contains(t) => case(text).contains(&case(&t.node)),
        Check::StartsWith(t) => case(text).starts_with(&case(&t.node)),
        Check::EndsWith(t) => case(text).ends_with(&case(&t.node)),
        Check::Like(t) => {
            glob(&case(&t.node).chars().collect::<Vec<_>>(), &case(text).chars().collect::<Vec<_>>())
        }
        _ => unreachable!(),
    }
}

fn glob(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        ['?', rest @ ..] => !text.is_empty() && glob(rest, &text[1..]),
        [c, rest @ ..] => text.first() == Some(c) && glob(rest, &text[1..]),
    }
}

fn months(day: Date, by: i32) -> Date {
    let (mut year, mut month) = (day.year(), i32::from(u8::from(day.month())) + by);
    while month < 1 {
        (year, month) = (year - 1, month + 12);
    }
    while month > 12 {
        (year, month) = (year + 1, month - 12);
    }
    let month = Month::try_from(month as u8).unwrap();
    Date::from_calendar_date(year, month, day.day().min(month.length(year))).unwrap()
}

fn moved(period: &Period, sign: i32) -> OffsetDateTime {
    let n = period.count as i32 * sign;
    match period.unit {
        Unit::Hour => NOW + Duration::hours(n.into()),
        Unit::Day => NOW + Duration::days(n.into()),
        Unit::Week => NOW + Duration::days(7 * i64::from(n)),
        Unit::Month => NOW.replace_date(months(NOW.date(), n)),
        _ => unreachable!(),
    }
}

fn calendar(which: Which, unit: Unit) -> (Date, Date) {
    let today = NOW.date();
    let by = match which {
        Which::Last => -1,
        Which::This => 0,
        Which::Next => 1,
    };
    let until = |first: Date, len: i32| (first, months(first, len) - Duration::days(1));
    let first_of_month = today.replace_day(1).unwrap();
    match unit {
        Unit::Day => (today + Duration::days(by.into()), today + Duration::days(by.into())),
        Unit::Week => {
            let mut monday = today;
            while monday.weekday() != time::Weekday::Monday {
                monday -= Duration::days(1);
            }
            let monday = monday + Duration::days(7 * i64::from(by));
            (monday, monday + Duration::days(6))
        }
        Unit::Month => until(months(first_of_month, by), 1),
        Unit::Quarter => until(months(Date::from_calendar_date(2026, Month::October, 1).unwrap(), 3 * by), 3),
        Unit::Year => until(Date::from_calendar_date(2026 + by, Month::January, 1).unwrap(), 12),
        _ => unreachable!(),
    }
}

fn day(literal: &Literal) -> Date {
    if let Literal::Date(day) = literal { *day } else { unreachable!() }
}

fn day_fits(check: &Check, d: Date) -> bool {
    let today = NOW.date();
    match check {
        Check::InLast(p) => moved(p, -1).date() <= d && d <= today,
        Check::InNext(p) => today <= d && d <= moved(p, 1).date(),
        Check::MoreThanAgo(p) => d < moved(p, -1).date(),
        Check::LessThanAgo(p) => moved(p, -1).date() < d && d <= today,
        Check::MoreThanAhead(p) => d > moved(p, 1).date(),
        Check::LessThanAhead(p) => today <= d && d < moved(p, 1).date(),
        other => civil_fits(other, d),
    }
}

fn civil_fits(check: &Check, d: Date) -> bool {
    match check {
        Check::Equal(l) => d == day(&l.node),
        Check::Less(l) => d < day(&l.node),
        Check::LessOrEqual(l) => d <= day(&l.node),
        Check::Greater(l) => d > day(&l.node),
        Check::GreaterOrEqual(l) => d >= day(&l.node),
        Check::Between(low, high) => d >= day(&low.node) && d <= day(&high.node),
        Check::ExactlyAgo(p) => d == moved(p, -1).date(),
        Check::InCalendar(c) => {
            let (first, last) = calendar(c.which, c.unit);
            first <= d && d <= last
        }
        _ => unreachable!(),
    }
}

fn instant_fits(check: &Check, at: OffsetDateTime) -> bool {
    match check {
        Check::InLast(p) => moved(p, -1) <= at && at <= NOW,
        Check::InNext(p) => NOW <= at && at <= moved(p, 1),
        Check::MoreThanAgo(p) => at < moved(p, -1),
        Check::LessThanAgo(p) => moved(p, -1) < at && at <= NOW,
        Check::MoreThanAhead(p) => at > moved(p, 1),
        Check::LessThanAhead(p) => NOW <= at && at < moved(p, 1),
        other => civil_fits(other, at.date()),
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

fn agree_on_random_pairs(schema: &Arc<Schema>, mut dice: Dice, filters: u32) {
    let contacts: Vec<Contact> = (0..150).map(|_| contact(&mut dice, schema)).collect();
    let mut table = ContactTable::new(schema);
    contacts.iter().for_each(|contact| table.push(contact).unwrap());
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
            let reference = eval(filter.expr(), Subject(contact, None));
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
    contacts.iter().for_each(|contact| table.push(contact).unwrap());
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
