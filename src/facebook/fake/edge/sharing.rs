//! Sharing an audience with other ad accounts.

use serde_json::{Value, json};

use crate::facebook::fake::log::Edge;
use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::policy::access::{self, Access};
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::page;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::{Answer, Refusal};

pub(super) fn serve(
    state: &mut State,
    edge: Edge,
    id: &str,
    link: &page::Link<'_>,
    caller: &Caller,
    params: &Params<'_>,
) -> Answer {
    const MORE: [&str; 4] = ["adaccounts", "permissions", "relationship_type", "replace"];
    params.only(state.settings.strict, &[&page::PARAMETERS, &MORE])?;
    let access = if matches!(edge, Edge::Share | Edge::Unshare) { Access::Write } else { Access::Read };
    let method = match edge {
        Edge::Share => "POST",
        Edge::Unshare => "DELETE",
        _ => "GET",
    };
    let (owner, shared) = {
        let audience = access::audience(state, id, caller, method, access)?;
        (audience.account.clone(), audience.shared.clone())
    };
    match edge {
        Edge::ReadSharing => {
            let rows = shared.into_iter().map(|digits| {
                let row = json!({ "id": format!("act_{digits}") });
                (digits, row)
            });
            page::cut(&rows.collect::<Vec<_>>(), link, params, &state.settings, state.seed)
        }
        Edge::SharedAccountInfo => {
            let describe = |digits: &String| {
                let account = state.accounts.get(digits);
                json!({
                    "account_id": digits,
                    "account_name": account.map(|account| account.name.as_str()).unwrap_or_default(),
                    "business_id": account.and_then(|account| account.business.as_deref()),
                    "business_name": "Fake business",
                    "sharing_status": "SHARED",
                })
            };
            Ok(json!({ "data": shared.iter().map(describe).collect::<Vec<Value>>() }))
        }
        _ => {
            let Some(list) = params.list("adaccounts")?.filter(|list| !list.is_empty()) else {
                return Err(Refusal::parameter("Missing parameter(s): adaccounts"));
            };
            params.one_of("permissions", &["targeting", "targeting_and_insights"])?;
            let replace = params.bool("replace")?.unwrap_or(false);
            let digits: Vec<String> =
                list.iter().map(|id| id.strip_prefix("act_").unwrap_or(id).to_owned()).collect();
            if let Some(unknown) = digits.iter().find(|digits| !state.accounts.contains_key(*digits)) {
                return Err(Refusal::no_object(method, &format!("act_{unknown}")));
            }
            let linked = |digits: &String| state.accounts.get(digits).is_some_and(|a| a.business.is_some());
            if edge == Edge::Share && !(linked(&owner) && digits.iter().all(linked)) {
                return Err(Refusal::new(200, "Permissions error").sub(1870050));
            }
            let rows: Vec<Value> = digits
                .iter()
                .map(|digits| {
                    json!({
                        "ad_acct_id": digits,
                        "business_id": state.accounts.get(digits).and_then(|a| a.business.as_deref()),
                        "audience_share_status": "shared",
                        "errors": [],
                    })
                })
                .collect();
            if let Some(audience) = state.audiences.get_mut(id) {
                if replace || edge == Edge::Unshare {
                    audience.shared.retain(|known| !replace && !digits.contains(known));
                }
                if edge == Edge::Share {
                    audience.shared.extend(digits);
                    audience.shared.sort_unstable();
                    audience.shared.dedup();
                }
            }
            Ok(if edge == Edge::Share {
                json!({ "success": true, "sharing_data": rows })
            } else {
                json!({ "success": true })
            })
        }
    }
}
