//! The audiences of an account.

use std::collections::HashSet;

use super::availability::AudienceStatus;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::{AccountId, AudienceId, CustomAudience, FacebookClient, ListRequest};
use time::OffsetDateTime;

/// Audiences asked for in one call. Source: "at most 20 is advised with paging", audiences guide (read 2026-09-12);
/// pages of 100 of these few fields are within what Facebook answers.
const PAGE: u32 = 100;

/// One entry of [`Audience::list`](super::audience::Audience::list).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudienceSummary {
    /// The id at Facebook.
    pub id: AudienceId,
    /// The name; empty if Facebook did not return one.
    pub name: String,
    /// The ad account that owns the audience.
    pub account: AccountId,
    /// The `subtype`. Contacts can be sent only to `CUSTOM` audiences.
    pub subtype: Option<String>,
    /// Availability, estimated size, and the codes they are derived from.
    pub status: AudienceStatus,
    /// The time of creation.
    pub time_created: Option<OffsetDateTime>,
}

/// The audiences of an account, newest first.
pub(super) async fn list<C: FacebookClient + ?Sized>(
    client: &C,
    account: &AccountId,
) -> Result<Vec<AudienceSummary>> {
    let found = read(client, account, None).await?;
    Ok(found
        .into_iter()
        .map(|audience| AudienceSummary {
            status: AudienceStatus::from(&audience),
            name: audience.name.unwrap_or_default(),
            account: audience.account.unwrap_or_else(|| account.clone()),
            subtype: audience.subtype,
            time_created: audience.time_created,
            id: audience.id,
        })
        .collect())
}

/// The audiences of exactly this name.
pub(super) async fn with_name<C: FacebookClient + ?Sized>(
    client: &C,
    account: &AccountId,
    name: &str,
) -> Result<Vec<AudienceId>> {
    let mut found = read(client, account, Some(name)).await?;
    found.retain(|audience| audience.name.as_deref() == Some(name));
    Ok(found.into_iter().map(|audience| audience.id).collect())
}

async fn read<C: FacebookClient + ?Sized>(
    client: &C,
    account: &AccountId,
    name: Option<&str>,
) -> Result<Vec<CustomAudience>> {
    let mut request = ListRequest::new().limit(PAGE);
    request.name_contains = name.map(str::to_owned);
    let mut found = Vec::new();
    let mut cursors = HashSet::new();
    loop {
        let page = client.audiences(account, &request).await?;
        found.extend(page.items);
        let Some(cursor) = page.after else { return Ok(found) };
        if !cursors.insert(cursor.clone()) {
            return Err(Error::new(
                ErrorKind::Decode,
                "list audiences",
                "Facebook returned the same page twice",
            ));
        }
        request.after = Some(cursor);
    }
}
