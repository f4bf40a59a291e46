//! From method and path to an edge.

use super::refusal::Refusal;
use crate::facebook::fake::log::Edge;
use crate::facebook::fake::settings::FakeSettings;

/// What a call is for, and on which object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::facebook::fake) struct Route {
    pub(in crate::facebook::fake) edge: Edge,
    /// Digits of an account, or the id of an audience, or empty.
    pub(in crate::facebook::fake) object: String,
    /// `v26.0`.
    pub(in crate::facebook::fake) version: String,
}

impl Route {
    /// True for calls that change something, which weigh more.
    pub(in crate::facebook::fake) fn writes(&self) -> bool {
        matches!(
            self.edge,
            Edge::CreateAudience
                | Edge::UpdateAudience
                | Edge::DeleteAudience
                | Edge::AddUsers
                | Edge::RemoveUsers
                | Edge::ReplaceUsers
                | Edge::EraseUsers
                | Edge::Share
                | Edge::Unshare
        )
    }
}

/// Splits off the version; without one the newest is meant.
fn version<'p>(path: &'p str, settings: &FakeSettings) -> Result<(String, &'p str), Refusal> {
    let rest = path.strip_prefix('/').unwrap_or(path);
    let (first, after) = rest.split_once('/').unwrap_or((rest, ""));
    let number = first.strip_prefix('v').and_then(|number| number.strip_suffix(".0"));
    let Some(number) = number.and_then(|number| number.parse::<u32>().ok()) else {
        return Ok((format!("v{}.0", settings.newest_version), rest));
    };
    if number < settings.oldest_version {
        return Err(Refusal::new(
            2635,
            format!(
                "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: \
                 v{}.0.",
                settings.newest_version
            ),
        ));
    }
    if number > settings.newest_version {
        return Err(Refusal::path(first));
    }
    Ok((first.to_owned(), after))
}

/// Where a call goes. A path of the right shape with the wrong method is an unknown edge on a known object.
pub(in crate::facebook::fake) fn route(
    method: &str,
    path: &str,
    settings: &FakeSettings,
) -> Result<Route, Refusal> {
    let (version, rest) = version(path, settings)?;
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    let account = |id: &str| id.strip_prefix("act_").filter(|digits| is_number(digits)).map(str::to_owned);
    let (edge, object) = match parts.as_slice() {
        [] if method == "POST" => (Edge::Batch, String::new()),
        ["me"] if method == "GET" => (Edge::Me, String::new()),
        ["debug_token"] if method == "GET" => (Edge::DebugToken, String::new()),
        ["oauth", "access_token"] if method != "DELETE" => (Edge::ExchangeToken, String::new()),
        ["oauth", "revoke"] if method == "GET" => (Edge::RevokeToken, String::new()),
        ["me", "adaccounts"] if method == "GET" => (Edge::ListAccounts, String::new()),
        [id] if account(id).is_some() => {
            let edge = if method == "GET" { Edge::ReadAccount } else { Edge::Unknown };
            (edge, account(id).unwrap_or_default())
        }
        [id, name] if account(id).is_some() => {
            let edge = match (method, *name) {
                ("GET", "customaudiences") => Edge::ListAudiences,
                ("POST", "customaudiences") => Edge::CreateAudience,
                ("DELETE", "usersofanyaudience") => Edge::EraseUsers,
                ("GET", "customaudiencestos") => Edge::ReadTerms,
                ("POST", "customaudiencestos") => Edge::AcceptTerms,
                _ => Edge::Unknown,
            };
            (edge, account(id).unwrap_or_default())
        }
        [id] if is_number(id) => {
            let edge = match method {
                "GET" => Edge::ReadAudience,
                "POST" => Edge::UpdateAudience,
                "DELETE" => Edge::DeleteAudience,
                _ => Edge::Unknown,
            };
            (edge, (*id).to_owned())
        }
        [id, name] if is_number(id) => {
            let edge = match (method, *name) {
                ("POST", "users") => Edge::AddUsers,
                ("DELETE", "users") => Edge::RemoveUsers,
                ("GET", "users") => Edge::ReadUsers,
                ("POST", "usersreplace") => Edge::ReplaceUsers,
                ("GET", "sessions") => Edge::ReadSessions,
                ("GET", "health") => Edge::ReadHealth,
                ("GET", "ads") => Edge::ReadAds,
                ("GET", "owned_ad_accounts") => Edge::ListOwnedAccounts,
                ("GET", "client_ad_accounts") => Edge::ListClientAccounts,
                ("POST", "applications") => Edge::InstallApp,
                ("POST", "access_tokens") => Edge::CreateToken,
                ("GET", "adaccounts" | "ad_accounts") => Edge::ReadSharing,
                ("POST", "adaccounts" | "ad_accounts") => Edge::Share,
                ("DELETE", "adaccounts" | "ad_accounts") => Edge::Unshare,
                ("GET", "shared_account_info") => Edge::SharedAccountInfo,
                _ => Edge::Unknown,
            };
            (edge, (*id).to_owned())
        }
        _ => return Err(Refusal::path(rest)),
    };
    Ok(Route { edge, object, version })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 32 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_optional_but_must_be_served() {
        let settings = FakeSettings::default();
        let edge = |method, path| route(method, path, &settings).map(|route| (route.edge, route.object));
        assert_eq!(edge("GET", "/v26.0/act_1/customaudiences").unwrap(), (Edge::ListAudiences, "1".into()));
        assert_eq!(edge("DELETE", "/12/users").unwrap(), (Edge::RemoveUsers, "12".into()));
        assert_eq!(edge("GET", "/v3.0/act_1").unwrap_err().code, 2635);
        assert_eq!(edge("GET", "/v99.0/act_1").unwrap_err().code, 2500);
        assert_eq!(edge("GET", "/v26.0/act_x/y").unwrap_err().code, 2500);
        assert_eq!(edge("POST", "/v26.0/").unwrap().0, Edge::Batch);
    }
}
