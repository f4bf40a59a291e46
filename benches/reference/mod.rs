//! The reference filter and the contacts it is asked of, for the benches here and for the peers.
//!
//! A contact has six texts, a country, a birthday, three consents, a score, up to ten tags of 500, twenty details and up
//! to eight purchases. Of the first million, 3,745 fit.

use audiencekit::contact::{
    Birthday, ConsentStatus, Contact, Event, FieldId, FieldType, Schema, Symbol, ValueRef,
};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

pub(crate) const FILTER: &str = r#"country in ("PL", "DE", "FR") and score >= 50 and has any tag ("VIP", "NEWSLETTER")
    and not email ends with "@test.com" and birth_date between 1970-01-01 and 2000-12-31
    and plan = "pro" and count(event.purchase in last 90 days) >= 2"#;

pub(crate) const COUNTRIES: [&str; 10] = ["PL", "DE", "FR", "GB", "US", "ES", "IT", "NL", "SE", "CZ"];
pub(crate) const PLANS: [&str; 4] = ["free", "basic", "pro", "team"];
pub(crate) const TEXTS: [&str; 6] = ["id", "email", "phone", "first_name", "last_name", "company"];
pub(crate) const CONSENTS: [&str; 3] = ["email", "phone", "profiling"];

const FIRST: [&str; 8] = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Margaret", "Łukasz"];
const LAST: [&str; 8] = ["Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Hamilton", "Müller"];

/// The plain facts of a contact, from which each layout and each engine makes its own.
pub(crate) struct Facts {
    pub(crate) texts: [String; 6],
    pub(crate) country: usize,
    pub(crate) score: i64,
    pub(crate) birth: (i16, u8, u8),
    pub(crate) consents: [bool; 3],
    /// Numbers 0 and 1 are the two tags that the filter asks for.
    pub(crate) tags: Vec<u64>,
    /// The plan, then nineteen others.
    pub(crate) details: [usize; 20],
    /// Days ago.
    pub(crate) purchases: Vec<i64>,
}

impl Facts {
    /// The contact of a number: SplitMix64, so always the same.
    pub(crate) fn of(number: u64) -> Self {
        let mut state = (number + SEED).wrapping_mul(0xA076_1D64_78BD_642F);
        let mut roll = |sides: u64| {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            (z ^ (z >> 31)) % sides
        };
        let (first, last) = (FIRST[roll(8) as usize], LAST[roll(8) as usize]);
        let domain = ["test.com", "example.com", "mail.example"][roll(3) as usize];
        Self {
            texts: [
                format!("c-{number}"),
                format!("person{}.{number}@{domain}", roll(1_000)),
                format!("+48601{:06}", roll(1_000_000)),
                first.to_owned(),
                last.to_owned(),
                format!("Company {}", roll(50_000)),
            ],
            country: roll(10) as usize,
            score: roll(100) as i64,
            birth: (1940 + roll(70) as i16, 1 + roll(12) as u8, 1 + roll(28) as u8),
            consents: std::array::from_fn(|_| roll(2) == 0),
            tags: (0..roll(11)).map(|_| if roll(4) == 0 { roll(2) } else { roll(500) }).collect(),
            details: std::array::from_fn(|at| roll(if at == 0 { 4 } else { 20 }) as usize),
            purchases: (0..roll(9)).map(|_| roll(DAYS) as i64).collect(),
        }
    }

    pub(crate) fn plan(&self) -> &'static str {
        PLANS[self.details[0]]
    }

    /// The birthday as one number, such as 19900216.
    pub(crate) fn birth_number(&self) -> i64 {
        let (year, month, day) = self.birth;
        i64::from(year) * 10_000 + i64::from(month) * 100 + i64::from(day)
    }

    pub(crate) fn detail(&self, at: usize) -> String {
        if at == 0 { self.plan().to_owned() } else { format!("value {}", self.details[at]) }
    }
}

/// With these, as many of the first million fit as in the goal.
const SEED: u64 = 39_000_117;
const DAYS: u64 = 204;

pub(crate) fn tag(number: u64) -> String {
    match number {
        0 => "VIP".to_owned(),
        1 => "NEWSLETTER".to_owned(),
        other => format!("TAG_{other}"),
    }
}

pub(crate) fn detail_name(at: usize) -> String {
    if at == 0 { "plan".to_owned() } else { format!("detail{at}") }
}

pub(crate) fn schema() -> Schema {
    (0..20)
        .fold(Schema::builder(), |schema, at| schema.detail(detail_name(at), FieldType::Keyword))
        .build()
        .expect("names that are free")
}

/// Contacts as a host keeps them that reads them one after the other into the same one.
pub(crate) fn contacts(numbers: std::ops::Range<u64>, schema: &Schema) -> Vec<Contact> {
    let field = |name: &str| schema.require(name).expect("a declared field");
    let texts = TEXTS.map(field);
    let details: Vec<FieldId> = (0..20).map(|at| field(&detail_name(at))).collect();
    let (country, score, birth_date) = (field("country"), field("score"), field("birth_date"));
    let mut contact = Contact::new(schema);
    numbers
        .map(|number| {
            let facts = Facts::of(number);
            contact.clear();
            let mut fill = || {
                for (id, text) in texts.iter().zip(&facts.texts) {
                    contact.set_text(*id, text)?;
                }
                contact.set_text(country, COUNTRIES[facts.country])?;
                contact.set(score, facts.score)?;
                let (year, month, day) = facts.birth;
                contact.set(birth_date, Birthday::new(Some(year), month, day)?)?;
                for (at, id) in details.iter().enumerate() {
                    contact.set_text(*id, &facts.detail(at))?;
                }
                for (name, given) in CONSENTS.iter().zip(facts.consents) {
                    let status = if given { ConsentStatus::Confirmed } else { ConsentStatus::NotConfirmed };
                    contact.add_consent(name, status, None)?;
                }
                facts.tags.iter().try_for_each(|number| contact.add_tag(&tag(*number), 1, None))?;
                facts.purchases.iter().try_for_each(|ago| {
                    contact.add_event(&Event::new("purchase", NOW - Duration::days(*ago)))
                })
            };
            fill().expect("values of their fields' types");
            contact.clone()
        })
        .collect()
}

/// The filter written by hand over the crate's own contacts, with what the crate lends to everybody.
pub(crate) struct ByHand {
    country: FieldId,
    score: FieldId,
    birth_date: FieldId,
    email: FieldId,
    plan: FieldId,
    tags: [Symbol; 2],
    purchase: Symbol,
    since: OffsetDateTime,
}

impl ByHand {
    pub(crate) fn new(schema: &Schema) -> Self {
        let field = |name| schema.require(name).expect("a declared field");
        let symbol = |text| schema.symbols().intern(text).expect("room for a symbol");
        Self {
            country: field("country"),
            score: field("score"),
            birth_date: field("birth_date"),
            email: field("email"),
            plan: field("plan"),
            tags: [symbol("VIP"), symbol("NEWSLETTER")],
            purchase: symbol("purchase"),
            since: NOW - Duration::days(90),
        }
    }

    pub(crate) fn fits(&self, contact: &Contact) -> bool {
        contact.texts(self.country).next().is_some_and(|country| matches!(country, "PL" | "DE" | "FR"))
            && matches!(contact.get(self.score), Some(ValueRef::Integer(score)) if score >= 50)
            && contact.texts(self.plan).next() == Some("pro")
            && matches!(contact.get(self.birth_date), Some(ValueRef::Birthday(day))
                if day.year().is_some_and(|year| (1970..=2000).contains(&year)))
            && contact.tags().iter().any(|tag| self.tags.contains(&tag.name))
            && !contact.texts(self.email).any(|email| email.ends_with("@test.com"))
            && contact
                .events()
                .filter(|event| event.kind() == self.purchase && event.at() >= self.since)
                .count()
                >= 2
    }
}

/// What the filter reads and no more, everything a number but the address.
pub(crate) struct Interned {
    country: u16,
    plan: u16,
    score: i32,
    birth: i32,
    email: Box<str>,
    tags: Box<[u16]>,
    purchases: Box<[i32]>,
}

impl Interned {
    pub(crate) fn new(facts: &Facts) -> Self {
        Self {
            country: facts.country as u16,
            plan: facts.details[0] as u16,
            score: facts.score as i32,
            birth: facts.birth_number() as i32,
            email: facts.texts[1].as_str().into(),
            tags: facts.tags.iter().map(|&tag| tag as u16).collect(),
            purchases: facts.purchases.iter().map(|&ago| ago as i32).collect(),
        }
    }

    pub(crate) fn fits(&self) -> bool {
        self.country < 3
            && self.score >= 50
            && self.plan == 2
            && (19_700_101..=20_001_231).contains(&self.birth)
            && self.tags.iter().any(|&tag| tag < 2)
            && !self.email.ends_with("@test.com")
            && self.purchases.iter().filter(|&&ago| ago <= 90).count() >= 2
    }
}

/// Nanoseconds that this thread has been on a processor.
pub(crate) fn cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

/// The one in the middle.
pub(crate) fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
