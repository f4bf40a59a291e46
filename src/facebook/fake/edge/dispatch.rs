//! From the route of a call to the function that answers it.

use serde_json::json;

use super::{account, ads, audience, audience_list, describe, oauth, sessions, sharing, system_user, users};
use crate::facebook::fake::log::Edge;
use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::http::FakeRequest;
use crate::facebook::fake::wire::page::Link;
use crate::facebook::fake::wire::params::Params;
use crate::facebook::fake::wire::refusal::{Answer, Refusal};
use crate::facebook::fake::wire::route::Route;

/// Answers a call of a known caller.
pub(in crate::facebook::fake) fn dispatch(
    state: &mut State,
    method: &str,
    route: &Route,
    request: &FakeRequest,
    caller: &Caller,
    params: &Params<'_>,
) -> Answer {
    let id = route.object.as_str();
    let link = Link::to(request, params);
    match route.edge {
        Edge::Me => Ok(json!({ "id": caller.token.user, "name": "Fake user" })),
        Edge::ListAccounts => account::list(state, &link, caller, params),
        Edge::ReadAccount => account::read(state, id, caller, params),
        Edge::CreateAudience => audience::create(state, id, caller, params),
        Edge::ListAudiences => audience_list::list(state, id, &link, caller, params),
        Edge::ReadAudience => describe::read(state, id, caller, params),
        Edge::UpdateAudience => audience::update(state, id, caller, params),
        Edge::DeleteAudience => audience::delete(state, id, caller, params),
        Edge::AddUsers | Edge::RemoveUsers | Edge::ReplaceUsers => {
            users::upload(state, route.edge, id, caller, params)
        }
        Edge::EraseUsers => users::erase(state, id, caller, params),
        Edge::ReadSessions => sessions::read(state, id, &link, caller, params),
        Edge::ReadHealth => audience::health(state, id, caller, params),
        Edge::ReadAds => ads::read(state, id, &link, caller, params),
        Edge::ListOwnedAccounts | Edge::ListClientAccounts => {
            account::list_of_business(state, route.edge, id, &link, caller, params)
        }
        Edge::InstallApp => system_user::install_app(state, id, caller, params),
        Edge::CreateToken => system_user::create_token(state, id, caller, params),
        Edge::ReadSharing | Edge::Share | Edge::Unshare | Edge::SharedAccountInfo => {
            sharing::serve(state, route.edge, id, &link, caller, params)
        }
        Edge::ReadTerms | Edge::AcceptTerms => account::terms(state, route.edge, id, caller, params),
        Edge::DebugToken => oauth::debug_token(state, caller, params),
        Edge::ReadUsers | Edge::Unknown => Err(Refusal::no_object(method, id)),
        Edge::ExchangeToken | Edge::RevokeToken | Edge::Batch => Err(Refusal::path(&request.path)),
    }
}
