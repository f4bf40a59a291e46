//! What a token may see and change.

use super::lifecycle;
use crate::facebook::fake::model::account::Account;
use crate::facebook::fake::model::audience::Audience;
use crate::facebook::fake::model::token::Caller;
use crate::facebook::fake::settings::{DeletedCode, TermsCode};
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::refusal::Refusal;

/// What a call does to the object that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::facebook::fake) enum Access {
    Read,
    Write,
}

/// The account of a call, if the token may read it, or change it.
pub(in crate::facebook::fake) fn account<'s>(
    state: &'s State,
    digits: &str,
    caller: &Caller,
    method: &str,
    access: Access,
) -> Result<&'s Account, Refusal> {
    let id = format!("act_{digits}");
    let account = state.accounts.get(digits).ok_or_else(|| Refusal::no_object(method, &id))?;
    if caller.token.accounts.as_ref().is_some_and(|seen| !seen.iter().any(|seen| seen == digits)) {
        return Err(Refusal::no_object(method, &id));
    }
    if state.settings.app_in_development {
        return Err(Refusal::new(
            270,
            "(#270) This Ads API request is not allowed for apps with development access level",
        ));
    }
    let may_read = caller.token.has("ads_read") || caller.token.has("ads_management");
    if !may_read {
        return Err(Refusal::new(
            200,
            "(#200) Ad account owner has NOT grant ads_management or ads_read permission",
        ));
    }
    if access == Access::Write && !caller.token.has("ads_management") {
        return Err(Refusal::new(
            294,
            "(#294) Managing advertisements requires an access token with the extended permission \
             ads_management",
        ));
    }
    Ok(account)
}

/// An account that may hold customer files: linked to a business, terms accepted, enabled.
pub(in crate::facebook::fake) fn account_for_files<'s>(
    state: &'s State,
    digits: &str,
    caller: &Caller,
    method: &str,
) -> Result<&'s Account, Refusal> {
    let account = account(state, digits, caller, method, Access::Write)?;
    if !matches!(account.status, 1 | 9 | 201) {
        return Err(Refusal::new(
            2654,
            "(#2654) Failed to create custom audience: the ad account is not active",
        )
        .sub(1713092)
        .user(
            "No Write Permission To Ad Account",
            "You do not have permission to create an audience on this ad account.",
        ));
    }
    if account.business.is_none() {
        return Err(Refusal::new(200, "Permissions error").sub(1870050).user(
            "Ad Account Is Not Linked To A Business",
            "Link the ad account to a business before you create a customer list.",
        ));
    }
    if !account.terms_accepted {
        let refusal = match state.settings.terms {
            TermsCode::Code200Subcode1870090 => Refusal::new(200, "Permissions error").sub(1870090),
            TermsCode::Code200Subcode1870034 => Refusal::new(200, "Permissions error").sub(1870034),
            TermsCode::Code2663 => Refusal::new(2663, "(#2663) Terms of service has not been accepted"),
            TermsCode::Code2664 => {
                Refusal::new(2664, "(#2664) Corporate terms of service has not been accepted")
            }
            TermsCode::Code2655 => Refusal::new(2655, "(#2655) Terms of service not accepted"),
        };
        return Err(refusal.user(
            "Custom Audience Terms Not Accepted",
            "You have not agreed to the Custom Audience terms of service for this ad account.",
        ));
    }
    Ok(account)
}

/// The audience of a call, if the caller may see it, or change it.
pub(in crate::facebook::fake) fn audience<'s>(
    state: &'s mut State,
    id: &str,
    caller: &Caller,
    method: &str,
    access: Access,
) -> Result<&'s mut Audience, Refusal> {
    lifecycle::settle(state, id);
    let Some(audience) = state.audiences.get(id) else {
        let told = state.settings.deleted == DeletedCode::Code1487366 && state.deleted.contains(id);
        return Err(if told { Refusal::deleted() } else { Refusal::no_object(method, id) });
    };
    let owner = audience.account.clone();
    let shared = audience.shared.clone();
    let seen = |digits: &str| account(state, digits, caller, method, access).map(|_| ());
    if let Err(refusal) = seen(&owner) {
        let through_sharing = access == Access::Read && shared.iter().any(|digits| seen(digits).is_ok());
        if !through_sharing {
            let hidden = refusal.subcode == Some(33);
            return Err(if hidden { Refusal::no_object(method, id) } else { refusal });
        }
    }
    state.audiences.get_mut(id).ok_or_else(|| Refusal::no_object(method, id))
}
