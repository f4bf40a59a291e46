//! The filter in each engine's words, and a contact in each engine's form: whole, as far as the engine can hold it.

use std::collections::HashMap;

use cel::objects::Value;
use datalogic_rs::ParsedData;
use serde_json::json;
use wirefilter::ExecutionContext;

use crate::reference::{CONSENTS, COUNTRIES, Facts, TEXTS, detail_name, tag};

/// A contact as most programs keep it, and the filter written by hand over it.
#[derive(Clone)]
pub(crate) struct Texts {
    pub(crate) texts: [String; 6],
    pub(crate) country: String,
    pub(crate) score: i64,
    pub(crate) birth: i64,
    pub(crate) consents: [bool; 3],
    pub(crate) tags: Vec<String>,
    pub(crate) details: HashMap<String, String>,
    pub(crate) purchases: Vec<i64>,
}

impl Texts {
    pub(crate) fn new(facts: Facts) -> Self {
        Self {
            country: COUNTRIES[facts.country].to_owned(),
            score: facts.score,
            birth: facts.birth_number(),
            consents: facts.consents,
            tags: facts.tags.iter().map(|&number| tag(number)).collect(),
            details: (0..20).map(|at| (detail_name(at), facts.detail(at))).collect(),
            texts: facts.texts,
            purchases: facts.purchases,
        }
    }

    /// The conditions that every engine can say.
    pub(crate) fn fits_but_for_purchases(&self) -> bool {
        (self.country == "PL" || self.country == "DE" || self.country == "FR")
            && self.score >= 50
            && self.tags.iter().any(|tag| tag == "VIP" || tag == "NEWSLETTER")
            && !self.texts[1].ends_with("@test.com")
            && (19_700_101..=20_001_231).contains(&self.birth)
            && self.details.get("plan").is_some_and(|plan| plan == "pro")
    }

    pub(crate) fn fits(&self) -> bool {
        self.fits_but_for_purchases() && self.purchases.iter().filter(|&&ago| ago <= 90).count() >= 2
    }

    fn has(&self, wanted: &str) -> bool {
        self.tags.iter().any(|tag| tag == wanted)
    }
}

pub(crate) const WIREFILTER: &str = r#"country in {"PL" "DE" "FR"} && score >= 50 && (vip || newsletter)
    && not email matches "@test\.com$" && birth >= 19700101 && birth <= 20001231 && plan == "pro""#;

/// wirefilter 0.6.1 has neither lists nor maps nor functions: a field for each detail and for the two tags.
pub(crate) fn wirefilter_scheme() -> wirefilter::Scheme {
    let mut scheme = wirefilter::Scheme! {
        country: Bytes, score: Int, birth: Int, vip: Bool, newsletter: Bool,
    };
    let texts = TEXTS.iter().map(|name| (*name).to_owned()).chain((0..20).map(detail_name));
    texts.for_each(|name| scheme.add_field(name, wirefilter::Type::Bytes).unwrap());
    CONSENTS
        .iter()
        .for_each(|name| scheme.add_field(format!("consent_{name}"), wirefilter::Type::Bool).unwrap());
    scheme
}

pub(crate) fn wirefilter_context<'a>(scheme: &'a wirefilter::Scheme, t: &'a Texts) -> ExecutionContext<'a> {
    let mut context = ExecutionContext::new(scheme);
    for (name, text) in TEXTS.iter().zip(&t.texts) {
        context.set_field_value(name, text.as_str()).unwrap();
    }
    for (name, given) in CONSENTS.iter().zip(t.consents) {
        context.set_field_value(&format!("consent_{name}"), given).unwrap();
    }
    for (name, text) in &t.details {
        context.set_field_value(name, text.as_str()).unwrap();
    }
    context.set_field_value("country", t.country.as_str()).unwrap();
    context.set_field_value("score", t.score as i32).unwrap();
    context.set_field_value("birth", t.birth as i32).unwrap();
    context.set_field_value("vip", t.has("VIP")).unwrap();
    context.set_field_value("newsletter", t.has("NEWSLETTER")).unwrap();
    context
}

pub(crate) fn datalogic() -> String {
    json!({"and": [
        {"in": [{"var": "country"}, ["PL", "DE", "FR"]]},
        {">=": [{"var": "score"}, 50]},
        {"or": [{"in": ["VIP", {"var": "tags"}]}, {"in": ["NEWSLETTER", {"var": "tags"}]}]},
        {"!": {"ends_with": [{"var": "email"}, "@test.com"]}},
        {"<=": [19_700_101, {"var": "birth"}, 20_001_231]},
        {"==": [{"var": "details.plan"}, "pro"]},
        {">=": [{"reduce": [{"filter": [{"var": "purchases"}, {"<=": [{"var": ""}, 90]}]},
            {"+": [{"var": "accumulator"}, 1]}, 0]}, 2]},
    ]})
    .to_string()
}

pub(crate) fn datalogic_data(t: &Texts) -> ParsedData {
    let mut data = json!({"country": t.country, "score": t.score, "birth": t.birth, "tags": t.tags,
        "details": t.details, "purchases": t.purchases});
    for (name, text) in TEXTS.iter().zip(&t.texts) {
        data[name] = text.as_str().into();
    }
    for (name, given) in CONSENTS.iter().zip(t.consents) {
        data[format!("consent_{name}")] = given.into();
    }
    ParsedData::from_json(&data.to_string()).unwrap()
}

pub(crate) const CEL: &str = r#"country in ["PL", "DE", "FR"] && score >= 50
    && tags.exists(t, t == "VIP" || t == "NEWSLETTER") && !email.endsWith("@test.com")
    && birth >= 19700101 && birth <= 20001231 && details.plan == "pro"
    && purchases.filter(p, p <= 90).size() >= 2"#;

pub(crate) fn cel_context(t: &Texts) -> cel::Context<'_, '_> {
    let mut context = cel::Context::default();
    for (name, text) in TEXTS.iter().zip(&t.texts) {
        context.add_variable_from_value(*name, text.as_str());
    }
    for (name, given) in CONSENTS.iter().zip(t.consents) {
        context.add_variable_from_value(format!("consent_{name}"), given);
    }
    let details: HashMap<String, Value> =
        t.details.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
    context.add_variable_from_value("country", t.country.as_str());
    context.add_variable_from_value("score", t.score);
    context.add_variable_from_value("birth", t.birth);
    context.add_variable_from_value("tags", t.tags.clone());
    context.add_variable_from_value("details", details);
    context.add_variable_from_value("purchases", t.purchases.clone());
    context
}
