//! Ads, as far as an audience knows of them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::fields::{Fields, select};
use crate::facebook::fake::wire::page;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::Answer;

/// An ad that an audience is used in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::facebook::fake) struct Ad {
    id: String,
    name: String,
    effective_status: String,
}

const FIELDS: Fields =
    Fields { node: "Ad", default: &["id"], known: &["id", "name", "status", "effective_status"] };

impl Ad {
    fn describe(&self) -> Map<String, Value> {
        let status = if self.effective_status == "ACTIVE" { "ACTIVE" } else { "PAUSED" };
        Map::from_iter([
            ("id".to_owned(), json!(self.id)),
            ("name".to_owned(), json!(self.name)),
            ("status".to_owned(), json!(status)),
            ("effective_status".to_owned(), json!(self.effective_status)),
        ])
    }
}

impl State {
    pub(in crate::facebook::fake) fn advertise(
        &mut self,
        audience: &str,
        name: &str,
        effective_status: &str,
    ) -> String {
        let id = self.object_id();
        let ad = Ad { id: id.clone(), name: name.to_owned(), effective_status: effective_status.to_owned() };
        if let Some(audience) = self.audiences.get_mut(audience) {
            audience.ads.push(ad);
        }
        id
    }

    pub(in crate::facebook::fake) fn read_ads(
        &mut self,
        id: &str,
        link: &page::Link<'_>,
        caller: &Caller,
        params: &Params<'_>,
    ) -> Answer {
        params.only(self.settings.strict, &[&page::PARAMETERS, &["effective_status", "status"]])?;
        let ads = self.audience(id, caller, "GET", false)?.ads.clone();
        let mut rows = Vec::new();
        for ad in &ads {
            let all = ad.describe();
            let mut kept = true;
            for name in ["effective_status", "status"] {
                let wanted = params.list(name)?;
                kept = kept
                    && wanted
                        .is_none_or(|wanted| wanted.iter().any(|one| all.get(name) == Some(&json!(one))));
            }
            if kept {
                rows.push((ad.id.clone(), select(&FIELDS, params, &all)?));
            }
        }
        page::cut(&rows, link, params, &self.settings, self.seed)
    }

    /// Ads of an account that are running.
    pub(in crate::facebook::fake) fn active_ads(&self, account: &str) -> u64 {
        let mine = self.audiences.values().filter(|audience| audience.account == account);
        mine.flat_map(|audience| &audience.ads).filter(|ad| ad.effective_status == "ACTIVE").count() as u64
    }
}
