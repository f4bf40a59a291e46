//! The reference: values as they come, rules as the documentation states them, no thought of speed.

#![allow(unreachable_pub)]

use std::collections::BTreeSet;

use audiencekit::contact::{ConsentStatus, Contact, ValueRef, normalize_tag};
use audiencekit::segment::ast::{
    Check, EventQuery, Expr, Fold, Literal, Operand, Period, Quantifier, Relation, Term, Test, Unit, Which,
};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use time::macros::datetime;
use time::{Date, Duration, Month, OffsetDateTime};
use unicode_normalization::char::is_combining_mark;

/// The instant as of which everything is asked, with the days of UTC. It is a Monday.
pub const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

/// The language has grown: this evaluator must grow too.
fn unknown() -> ! {
    panic!("a part of the syntax tree that the reference does not know")
}

/// Whether a condition holds for a contact. Segments that it names must have been put in their place.
pub fn holds(expr: &Expr, contact: &Contact) -> bool {
    eval(expr, Subject(contact, None))
}

#[derive(Debug, Clone)]
enum Seen {
    Nothing,
    Truth(bool),
    Number(Decimal),
    Texts(Vec<String>),
    Day(Date),
    /// Month and day.
    Yearless(u8, u8),
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
        Some(ValueRef::Birthday(v)) => v.date().map_or(Seen::Yearless(v.month(), v.day()), Seen::Day),
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
                Quantifier::Only | Quantifier::Exactly => {
                    let symbols = s.0.schema().symbols();
                    let own: BTreeSet<_> =
                        s.0.tags().iter().map(|t| symbols.text(t.name).to_string()).collect();
                    let named = test.tags.iter().map(|tag| normalize_tag(&tag.node).unwrap()).collect();
                    if test.quantifier == Quantifier::Only { own.is_subset(&named) } else { own == named }
                }
                _ => unknown(),
            }
        }
        Expr::Exists(query) => !fitting(query, s).is_empty(),
        Expr::Segment(_) => unreachable!(),
        Expr::Test(test) => eval_test(test, s),
        _ => unknown(),
    }
}

fn fitting(query: &EventQuery, s: Subject<'_>) -> Vec<usize> {
    (0..s.0.events().len())
        .filter(|&at| {
            let event = s.0.events().nth(at).unwrap();
            query.event.as_ref().is_none_or(|kind| kind.node.eq_ignore_ascii_case(&event.kind_name()))
                && query.within.as_ref().is_none_or(|within| window_fits(within, event.at(), s))
                && query.condition.as_ref().is_none_or(|condition| eval(condition, Subject(s.0, Some(at))))
                && query.then.as_ref().is_none_or(|then| {
                    let until = then.within.map(|period| moved_from(event.at(), &period, 1));
                    let late = fitting(&then.by, s).into_iter().any(|other| {
                        let other = s.0.events().nth(other).unwrap().at();
                        event.at() < other && until.is_none_or(|until| other <= until)
                    });
                    if then.absent { !late && until.is_none_or(|until| until <= NOW) } else { late }
                })
        })
        .collect()
}

/// Whether an event happened then; a window that the contact bounds has to have its bounds.
fn window_fits(within: &Check, at: OffsetDateTime, s: Subject<'_>) -> bool {
    let stands = |relation: Relation, term: &Term, default: Option<&Literal>| {
        let relate = |order: std::cmp::Ordering| related(relation, order);
        match or_default(seen(term, Subject(s.0, None)), default, term) {
            Seen::Instant(bound) => relate(at.cmp(&bound)),
            Seen::Day(bound) => relate(at.date().cmp(&bound)),
            _ => false,
        }
    };
    let bound = |operand: &Operand, relation| match operand {
        Operand::Term(other) => {
            stands(relation, &other.term, other.default.as_ref().map(|value| &value.node))
        }
        Operand::Value(value) => {
            let check = match relation {
                Relation::GreaterOrEqual => Check::GreaterOrEqual(value.clone()),
                _ => Check::LessOrEqual(value.clone()),
            };
            instant_fits(&check, at)
        }
        _ => unknown(),
    };
    match within {
        Check::Against(against) => {
            stands(against.relation, &against.term, against.default.as_ref().map(|value| &value.node))
        }
        Check::BetweenTerms(bounds) => {
            bound(&bounds.low, Relation::GreaterOrEqual) && bound(&bounds.high, Relation::LessOrEqual)
        }
        other => instant_fits(other, at),
    }
}

fn related(relation: Relation, order: std::cmp::Ordering) -> bool {
    match relation {
        Relation::Equal => order.is_eq(),
        Relation::Less => order.is_lt(),
        Relation::LessOrEqual => order.is_le(),
        Relation::Greater => order.is_gt(),
        Relation::GreaterOrEqual => order.is_ge(),
        _ => unknown(),
    }
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
        Term::Anniversary(name) => match s.field(&name.node) {
            Seen::Yearless(month, day) => Seen::Anniversary(month, day),
            Seen::Day(day) => Seen::Anniversary(day.month().into(), day.day()),
            Seen::Instant(at) => Seen::Anniversary(at.month().into(), at.day()),
            _ => Seen::Nothing,
        },
        Term::Year(name) => part(s.field(&name.node), Date::year, None),
        Term::Month(name) => {
            part(s.field(&name.node), |day| u8::from(day.month()).into(), Some(|month, _| month))
        }
        Term::Day(name) => part(s.field(&name.node), |day| day.day().into(), Some(|_, day| day)),
        Term::Weekday(name) => {
            part(s.field(&name.node), |day| day.weekday().number_from_monday().into(), None)
        }
        Term::Hour(name) => match s.field(&name.node) {
            Seen::Instant(at) => Seen::Number(at.hour().into()),
            _ => Seen::Nothing,
        },
        Term::Length(name) => match s.field(&name.node) {
            Seen::Texts(texts) => Seen::Number(texts[0].chars().count().into()),
            _ => Seen::Nothing,
        },
        Term::Values(name) => Seen::Number(match s.field(&name.node) {
            Seen::Nothing => 0.into(),
            Seen::Texts(texts) => texts.len().into(),
            _ => 1.into(),
        }),
        Term::Domain(name) => match s.field(&name.node) {
            Seen::Texts(texts) => {
                let domains: Vec<String> =
                    texts.iter().filter_map(|t| t.rsplit_once('@')).map(|(_, d)| d.to_owned()).collect();
                if domains.is_empty() { Seen::Nothing } else { Seen::Texts(domains) }
            }
            _ => Seen::Nothing,
        },
        Term::Unaccent(name) => match s.field(&name.node) {
            Seen::Texts(texts) => Seen::Texts(texts.iter().map(|text| plain(text)).collect()),
            other => other,
        },
        Term::Distance(to) => {
            let degrees = |found: Seen, most: i64| match found {
                Seen::Number(number) if number.abs() <= most.into() => number.to_f64(),
                _ => None,
            };
            let (latitude, longitude) = (s.field(&to.latitude.node), s.field(&to.longitude.node));
            match (degrees(latitude, 90), degrees(longitude, 180)) {
                (Some(latitude), Some(longitude)) => {
                    let to = (number(&to.to.0.node), number(&to.to.1.node));
                    let to = (to.0.to_f64().unwrap(), to.1.to_f64().unwrap());
                    Seen::Number(kilometres((latitude, longitude), to))
                }
                _ => Seen::Nothing,
            }
        }
        Term::TagCount => Seen::Number(c.tags().len().into()),
        Term::TagScore(name) => tag(&name.node).map_or(Seen::Nothing, |t| Seen::Number(t.score.into())),
        Term::TagSince(name) => tag(&name.node).and_then(|t| t.since).map_or(Seen::Nothing, Seen::Instant),
        Term::ConsentAgreedOn(name)
        | Term::ConsentIp(name)
        | Term::ConsentDescriptionId(name)
        | Term::ConsentOptOut(name) => {
            let entries =
                c.consent_entries().filter(|e| e.name == name.node && e.at.is_none_or(|at| at <= NOW));
            let Some(entry) = entries.max_by_key(|e| e.at.unwrap_or(datetime!(0000-01-01 0:00 UTC))) else {
                return Seen::Nothing;
            };
            let text = |found: Option<String>| found.map_or(Seen::Nothing, |text| Seen::Texts(vec![text]));
            match term {
                Term::ConsentAgreedOn(_) => entry.agreed_on.map_or(Seen::Nothing, Seen::Instant),
                Term::ConsentIp(_) => text(entry.ip.map(|ip| ip.to_string())),
                Term::ConsentDescriptionId(_) => text(entry.description_id),
                _ => entry.opt_out.map_or(Seen::Nothing, Seen::Truth),
            }
        }
        Term::StageValue(funnel) | Term::StageScore(funnel) => {
            let Some(entry) = c.stage_entries().find(|entry| entry.funnel == funnel.node) else {
                return Seen::Nothing;
            };
            let score = entry.score.map(Decimal::from);
            let number = if matches!(term, Term::StageValue(_)) { entry.value } else { score };
            number.map_or(Seen::Nothing, Seen::Number)
        }
        Term::Consent(name) | Term::ConsentSince(name) => {
            let mut entries: Vec<_> = c
                .consents()
                .iter()
                .filter(|e| *symbols.text(e.name) == name.node && e.at.is_none_or(|at| at <= NOW))
                .collect();
            entries.sort_by_key(|e| e.at.unwrap_or(datetime!(0000-01-01 0:00 UTC)));
            entries.last().map_or(Seen::Nothing, |e| {
                if matches!(term, Term::ConsentSince(_)) {
                    return e.at.map_or(Seen::Nothing, Seen::Instant);
                }
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
        Term::StageSince(funnel) => {
            let stage = c.stages().iter().find(|st| *symbols.text(st.funnel) == funnel.node);
            stage.and_then(|st| st.since).map_or(Seen::Nothing, Seen::Instant)
        }
        Term::Events(aggregate) => {
            let at = fitting(&aggregate.query, s);
            let values = || -> Vec<Decimal> {
                let property = aggregate.property.as_ref().map_or("value", |name| name.node.as_str());
                let number = |&i: &usize| match Subject(c, Some(i)).field(property) {
                    Seen::Number(number) => Some(number),
                    _ => None,
                };
                at.iter().filter_map(number).collect()
            };
            let of = |i: Option<&usize>| match (i, &aggregate.property) {
                (None, _) => Seen::Nothing,
                (Some(&i), None) => Seen::Instant(c.events().nth(i).unwrap().at()),
                (Some(&i), Some(name)) => Subject(c, Some(i)).field(&name.node),
            };
            let when = |i: &&usize| c.events().nth(**i).unwrap().at();
            match aggregate.of {
                Fold::Count => Seen::Number(at.len().into()),
                Fold::Distinct => {
                    let name = &aggregate.property.as_ref().unwrap().node;
                    let word = |i: &usize| match Subject(c, Some(*i)).field(name) {
                        Seen::Nothing => None,
                        Seen::Number(number) => Some(number.normalize().to_string()),
                        Seen::Texts(texts) => Some(texts[0].to_lowercase()),
                        other => Some(format!("{other:?}")),
                    };
                    Seen::Number(at.iter().filter_map(word).collect::<BTreeSet<_>>().len().into())
                }
                Fold::Sum => Seen::Number(values().into_iter().sum()),
                Fold::Min => values().into_iter().min().map_or(Seen::Nothing, Seen::Number),
                Fold::Max => values().into_iter().max().map_or(Seen::Nothing, Seen::Number),
                Fold::First => of(at.iter().min_by_key(when)),
                Fold::Last => of(at.iter().max_by_key(when)),
                Fold::Avg if values().is_empty() => Seen::Nothing,
                Fold::Avg => Seen::Number(values().iter().sum::<Decimal>() / Decimal::from(values().len())),
                _ => unknown(),
            }
        }
        _ => unknown(),
    }
}

/// A text without its accents, by another way than the crate's.
fn plain(text: &str) -> String {
    let written: String = text
        .chars()
        .map(|c| match c {
            'ł' => "l".to_owned(),
            'Ł' => "L".to_owned(),
            'ß' => "ss".to_owned(),
            c => c.to_string(),
        })
        .collect();
    let mut out = String::new();
    for c in written.chars() {
        match "óźÓŹéÉ".chars().zip("ozOZeE".chars()).find(|(accented, _)| *accented == c) {
            Some((_, base)) => out.push(base),
            None => out.push(c),
        }
    }
    out
}

/// The angle between two vectors from the middle of the earth, times its radius; to the metre.
fn kilometres(from: (f64, f64), to: (f64, f64)) -> Decimal {
    let vector = |(latitude, longitude): (f64, f64)| {
        let (latitude, longitude) = (latitude.to_radians(), longitude.to_radians());
        [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()]
    };
    let (a, b) = (vector(from), vector(to));
    let cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    let sine = cross.iter().map(|x| x * x).sum::<f64>().sqrt();
    let cosine: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
    Decimal::from_f64(6_371.008_8 * sine.atan2(cosine)).unwrap().round_dp(3)
}

/// What counts where a value is missing, a day without its year among them.
fn or_default(found: Seen, default: Option<&Literal>, term: &Term) -> Seen {
    let (Seen::Nothing | Seen::Yearless(..), Some(default)) = (&found, default) else { return found };
    match default {
        Literal::Number(number) => Seen::Number(*number),
        Literal::Text(text) => Seen::Texts(vec![text.clone()]),
        Literal::Date(day) if matches!(term, Term::Anniversary(_)) => {
            Seen::Anniversary(day.month().into(), day.day())
        }
        Literal::Date(day) => Seen::Day(*day),
        Literal::Instant(at) => Seen::Instant(*at),
        Literal::Boolean(value) => Seen::Truth(*value),
        _ => unknown(),
    }
}

/// A part of a date; of a day without its year if that has it.
fn part(found: Seen, of: fn(Date) -> i32, yearless: Option<fn(u8, u8) -> u8>) -> Seen {
    match (found, yearless) {
        (Seen::Day(day), _) => Seen::Number(of(day).into()),
        (Seen::Instant(at), _) => Seen::Number(of(at.date()).into()),
        (Seen::Yearless(month, day), Some(yearless)) => Seen::Number(yearless(month, day).into()),
        _ => Seen::Nothing,
    }
}

fn eval_test(test: &Test, s: Subject<'_>) -> bool {
    let mut test = test.clone();
    let test = if matches!(test.term, Term::Unaccent(_)) {
        unaccent_texts(&mut test);
        &test
    } else {
        &test
    };
    let found = or_default(seen(&test.term, s), test.default.as_ref().map(|value| &value.node), &test.term);
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
    if let Check::Against(against) = &test.check {
        let default = against.default.as_ref().map(|value| &value.node);
        let other = or_default(seen(&against.term, s), default, &against.term);
        let (mut found, mut other) = (found, other);
        if [&test.term, &against.term].iter().any(|term| matches!(term, Term::Unaccent(_))) {
            for side in [&mut found, &mut other] {
                if let Seen::Texts(texts) = side {
                    texts.iter_mut().for_each(|text| *text = plain(text));
                }
            }
        }
        let order = match (found, other) {
            (Seen::Number(one), Seen::Number(other)) => one.cmp(&other),
            (Seen::Day(one), Seen::Day(other)) => one.cmp(&other),
            (Seen::Instant(one), Seen::Instant(other)) => one.cmp(&other),
            // A day that counts for an instant is its beginning.
            (Seen::Day(one), Seen::Instant(other)) => one.midnight().assume_utc().cmp(&other),
            (Seen::Instant(one), Seen::Day(other)) => one.cmp(&other.midnight().assume_utc()),
            (Seen::Truth(one), Seen::Truth(other)) => one.cmp(&other),
            (Seen::Anniversary(month, day), Seen::Anniversary(other, of)) => (month, day).cmp(&(other, of)),
            (Seen::Texts(one), Seen::Texts(other)) => {
                let case = |text: &String| if test.exact { text.clone() } else { text.to_lowercase() };
                let shared = one.iter().any(|text| other.iter().any(|known| case(text) == case(known)));
                return shared != test.negated;
            }
            _ => return false,
        };
        return related(against.relation, order) != test.negated;
    }
    if let Check::BetweenTerms(bounds) = &test.check {
        let bound = |operand: &Operand| match operand {
            Operand::Value(value) => or_default(Seen::Nothing, Some(&value.node), &test.term),
            Operand::Term(other) => {
                or_default(seen(&other.term, s), other.default.as_ref().map(|value| &value.node), &other.term)
            }
            _ => unknown(),
        };
        let order = |other: Seen| match (&found, other) {
            (Seen::Number(one), Seen::Number(other)) => Some(one.cmp(&other)),
            (Seen::Day(one), Seen::Day(other)) => Some(one.cmp(&other)),
            (Seen::Instant(one), Seen::Instant(other)) => Some(one.cmp(&other)),
            (Seen::Instant(one), Seen::Day(other)) => Some(one.date().cmp(&other)),
            _ => None,
        };
        let (Some(low), Some(high)) = (order(bound(&bounds.low)), order(bound(&bounds.high))) else {
            return false;
        };
        return (low.is_ge() && high.is_le()) != test.negated;
    }
    let fits = match found {
        Seen::Nothing | Seen::Yearless(..) => return false,
        Seen::Truth(v) => matches!(&test.check, Check::Equal(l) if l.node == Literal::Boolean(v)),
        Seen::Number(v) => number_fits(&test.check, v),
        Seen::Texts(texts) if is_set_check(&test.check) => set_fits(&test.check, &texts, test.exact),
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

/// The texts of a question without their accents.
fn unaccent_texts(test: &mut Test) {
    let literal = |value: &mut Literal| {
        if let Literal::Text(text) = value {
            *text = plain(text);
        }
    };
    test.default.iter_mut().for_each(|value| literal(&mut value.node));
    match &mut test.check {
        Check::Equal(value) => literal(&mut value.node),
        Check::In(list) | Check::HasAll(list) | Check::HasOnly(list) | Check::HasExactly(list) => {
            list.iter_mut().for_each(|value| literal(&mut value.node));
        }
        Check::Contains(text)
        | Check::ContainsWord(text)
        | Check::StartsWith(text)
        | Check::EndsWith(text)
        | Check::Like(text) => text.node = plain(&text.node),
        _ => {}
    }
}

/// Whether a word stands in a text with no letter, mark, digit or `_` beside it.
fn has_word(text: &str, word: &str) -> bool {
    let beside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || is_combining_mark(c));
    (0..text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| {
        text[at..]
            .strip_prefix(word)
            .is_some_and(|rest| !beside(text[..at].chars().next_back()) && !beside(rest.chars().next()))
    })
}

fn is_set_check(check: &Check) -> bool {
    matches!(check, Check::HasAll(_) | Check::HasOnly(_) | Check::HasExactly(_))
}

fn set_fits(check: &Check, texts: &[String], exact: bool) -> bool {
    let case = |text: &str| if exact { text.to_owned() } else { text.to_lowercase() };
    let (Check::HasAll(named) | Check::HasOnly(named) | Check::HasExactly(named)) = check else {
        unreachable!()
    };
    let text =
        |literal: &Literal| if let Literal::Text(text) = literal { case(text) } else { unreachable!() };
    let named: BTreeSet<String> = named.iter().map(|literal| text(&literal.node)).collect();
    let own: BTreeSet<String> = texts.iter().map(|text| case(text)).collect();
    match check {
        Check::HasAll(_) => named.is_subset(&own),
        Check::HasOnly(_) => own.is_subset(&named),
        _ => own == named,
    }
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
        Check::ContainsWord(t) => has_word(&case(text), &case(&t.node)),
        Check::StartsWith(t) => case(text).starts_with(&case(&t.node)),
        Check::EndsWith(t) => case(text).ends_with(&case(&t.node)),
        Check::Like(t) => {
            glob(&case(&t.node).chars().collect::<Vec<_>>(), &case(text).chars().collect::<Vec<_>>())
        }
        Check::Matches(t) => {
            regex::RegexBuilder::new(&t.node).case_insensitive(!exact).build().unwrap().is_match(text)
        }
        Check::MatchesUrl(t) => url_fits(&case(&t.node), &case(text)),
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

fn url_fits(pattern: &str, url: &str) -> bool {
    if let Some(list) = pattern.strip_prefix("any:") {
        return list.split(',').any(|part| url.contains(part.trim()));
    }
    let Some(path) = pattern.strip_prefix("path:") else { return url.contains(pattern) };
    fn parts(globs: &[&str], path: &[&str]) -> bool {
        match globs {
            [] => path.is_empty(),
            ["**", rest @ ..] => (0..=path.len()).any(|skip| parts(rest, &path[skip..])),
            [one, rest @ ..] => path.split_first().is_some_and(|(part, after)| {
                glob(&one.chars().collect::<Vec<_>>(), &part.chars().collect::<Vec<_>>())
                    && parts(rest, after)
            }),
        }
    }
    let url = url.split(['?', '#']).next().unwrap();
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    let url = url.split_once('/').map_or("", |(_, path)| path);
    let globs: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let path: Vec<&str> = url.split('/').filter(|part| !part.is_empty()).collect();
    parts(&globs, &path)
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
    moved_from(NOW, period, sign)
}

fn moved_from(at: OffsetDateTime, period: &Period, sign: i32) -> OffsetDateTime {
    let n = period.count as i32 * sign;
    match period.unit {
        Unit::Hour => at + Duration::hours(n.into()),
        Unit::Day => at + Duration::days(n.into()),
        Unit::Week => at + Duration::days(7 * i64::from(n)),
        Unit::Minute => at + Duration::minutes(n.into()),
        Unit::Month => at.replace_date(months(at.date(), n)),
        Unit::Quarter => at.replace_date(months(at.date(), 3 * n)),
        Unit::Year => at.replace_date(months(at.date(), 12 * n)),
        _ => unknown(),
    }
}

fn calendar(which: Which, unit: Unit) -> (Date, Date) {
    let today = NOW.date();
    let by = match which {
        Which::Last => -1,
        Which::This => 0,
        Which::Next => 1,
        _ => unknown(),
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
        Check::In(of) => of.iter().any(|l| d == day(&l.node)),
        Check::ExactlyAgo(p) => d == moved(p, -1).date(),
        Check::ExactlyAhead(p) => d == moved(p, 1).date(),
        Check::InCalendar(c) => {
            let (first, last) = calendar(c.which, c.unit);
            first <= d && d <= last
        }
        _ => unreachable!(),
    }
}

fn instant_fits(check: &Check, at: OffsetDateTime) -> bool {
    let instant = |literal: &Literal| if let Literal::Instant(at) = literal { Some(*at) } else { None };
    match check {
        Check::Equal(l) if instant(&l.node).is_some() => Some(at) == instant(&l.node),
        Check::Less(l) if instant(&l.node).is_some() => Some(at) < instant(&l.node),
        Check::LessOrEqual(l) if instant(&l.node).is_some() => Some(at) <= instant(&l.node),
        Check::Greater(l) if instant(&l.node).is_some() => Some(at) > instant(&l.node),
        Check::GreaterOrEqual(l) if instant(&l.node).is_some() => Some(at) >= instant(&l.node),
        Check::InLast(p) => moved(p, -1) <= at && at <= NOW,
        Check::InNext(p) => NOW <= at && at <= moved(p, 1),
        Check::MoreThanAgo(p) => at < moved(p, -1),
        Check::LessThanAgo(p) => moved(p, -1) < at && at <= NOW,
        Check::MoreThanAhead(p) => at > moved(p, 1),
        Check::LessThanAhead(p) => NOW <= at && at < moved(p, 1),
        other => civil_fits(other, at.date()),
    }
}
