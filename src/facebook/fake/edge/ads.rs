//! Ads, as far as an audience knows of them.

use serde_json::{Map, Value, json};

use crate::facebook::fake::model::ad::Ad;
use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::policy::access::{self, Access};
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::fields::{Fields, select};
use crate::facebook::fake::wire::page;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::Answer;

fn describe(ad: &Ad) -> Map<String, Value> {
    let status = if ad.effective_status == "ACTIVE" { "ACTIVE" } else { "PAUSED" };
    Map::from_iter([
        ("id".to_owned(), json!(ad.id)),
        ("name".to_owned(), json!(ad.name)),
        ("status".to_owned(), json!(status)),
        ("effective_status".to_owned(), json!(ad.effective_status)),
    ])
}

const FIELDS: Fields =
    Fields { node: "Ad", default: &["id"], known: &["id", "name", "status", "effective_status"] };

pub(in crate::facebook::fake) fn advertise(
    state: &mut State,
    audience: &str,
    name: &str,
    effective_status: &str,
) -> String {
    let id = state.object_id();
    let ad = Ad { id: id.clone(), name: name.to_owned(), effective_status: effective_status.to_owned() };
    if let Some(audience) = state.audiences.get_mut(audience) {
        audience.ads.push(ad);
    }
    id
}

pub(super) fn read(
    state: &mut State,
    id: &str,
    link: &page::Link<'_>,
    caller: &Caller,
    params: &Params<'_>,
) -> Answer {
    params.only(state.settings.strict, &[&page::PARAMETERS, &["effective_status", "status"]])?;
    let ads = access::audience(state, id, caller, "GET", Access::Read)?.ads.clone();
    let mut rows = Vec::new();
    for ad in &ads {
        let all = describe(ad);
        let mut kept = true;
        for name in ["effective_status", "status"] {
            let wanted = params.list(name)?;
            kept = kept
                && wanted.is_none_or(|wanted| wanted.iter().any(|one| all.get(name) == Some(&json!(one))));
        }
        if kept {
            rows.push((ad.id.clone(), select(&FIELDS, params, &all)?));
        }
    }
    page::cut(&rows, link, params, &state.settings, state.seed)
}
