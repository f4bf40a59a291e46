//! What a check works with: a client, and an account to make audiences in.

use std::sync::Arc;

use super::outcome::{Outcome, ok};
use super::uploads::{session, whole};
use crate::error::Result;
use crate::facebook::fake::Fake;
use crate::facebook::{
    AccountId, AudienceId, CustomAudience, FacebookClient, ListRequest, NewAudience, UploadReceipt,
};
use crate::identity::MatchRows;

/// What a check works with.
pub(super) struct Bench {
    pub(super) client: Arc<dyn FacebookClient>,
    pub(super) account: AccountId,
    pub(super) fake: Option<Fake>,
    pub(super) name: &'static str,
}

/// An id that no audience has.
pub(super) const UNKNOWN_AUDIENCE: &str = "1";

impl Bench {
    /// What to make for this check.
    pub(super) fn new_audience(&self) -> NewAudience {
        NewAudience::new(format!("audiencekit contract {}", self.name), "Made by a contract check")
    }

    pub(super) async fn create(&self) -> Result<AudienceId, String> {
        self.create_as(&self.new_audience()).await
    }

    pub(super) async fn create_as(&self, audience: &NewAudience) -> Result<AudienceId, String> {
        ok(self.client.create_audience(&self.account, audience).await)
    }

    pub(super) async fn read(&self, audience: &AudienceId) -> Result<CustomAudience, String> {
        ok(self.client.audience(audience).await)
    }

    /// Deletes what the check made, so that a real account stays clean.
    pub(super) async fn tidy(&self, audience: &AudienceId) -> Outcome {
        ok(self.client.delete_audience(audience).await)
    }

    /// All audiences of the account, over as many pages as it takes.
    pub(super) async fn list(&self, request: ListRequest) -> Result<Vec<CustomAudience>, String> {
        let mut request = request;
        let mut all = Vec::new();
        for _ in 0..1_000 {
            let page = ok(self.client.audiences(&self.account, &request).await)?;
            all.extend(page.items);
            match page.after {
                None => return Ok(all),
                Some(after) => request.after = Some(after),
            }
        }
        Err("the list does not end".to_owned())
    }

    pub(super) async fn add(&self, audience: &AudienceId, rows: &MatchRows) -> Result<UploadReceipt> {
        self.client.add_users(audience, &whole(rows, session(audience, 1))?).await
    }

    pub(super) async fn remove(&self, audience: &AudienceId, rows: &MatchRows) -> Result<UploadReceipt> {
        self.client.remove_users(audience, &whole(rows, session(audience, 2))?).await
    }
}
