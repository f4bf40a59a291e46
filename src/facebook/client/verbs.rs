//! The verbs of [`FacebookClient`], each one request and its answer.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::call::{Before, Repeat};
use super::graph_client::GraphClient;
use super::pacer::{ADS_MANAGEMENT, CUSTOM_AUDIENCE};
use super::pagination::page;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::facebook_client::{FacebookClient, SealedClient};
use crate::facebook::ids::{AccountId, AudienceId};
use crate::facebook::model::account::AdAccount;
use crate::facebook::model::audience::{AudiencePatch, CustomAudience, CustomerFileSource, NewAudience};
use crate::facebook::model::fields::{AudienceField, AudienceQuery, field_list};
use crate::facebook::model::list::{ListRequest, Page};
use crate::facebook::model::upload::{Upload, UploadReceipt};
use crate::facebook::transport::Transport;
use crate::facebook::wire::codes::RetryClass;
use crate::facebook::wire::objects::{AccountWire, AudienceWire, Created, Done};
use crate::facebook::wire::request::{Body, GraphRequest, Method};
use crate::facebook::wire::response::{GraphResponse, Refusal, decode};
use crate::facebook::wire::upload::{Edge, PROOF_BYTES, upload_body};

/// Fields of an ad account that are read.
pub(in crate::facebook) const ACCOUNT_FIELDS: &str = "id,account_id,name,account_status,disable_reason,currency,timezone_name,business,\
    tos_accepted,user_tasks";

pub(in crate::facebook) fn shape(operation: &'static str, what: &'static str) -> Refusal {
    Refusal { error: Error::new(ErrorKind::Decode, operation, what), retry: RetryClass::Never }
}

/// A change that answers with nothing but success.
pub(in crate::facebook) fn done(operation: &'static str, response: &GraphResponse) -> Result<(), Refusal> {
    let done: Done = decode(operation, response)?;
    if done.is_done() {
        return Ok(());
    }
    Err(Refusal {
        error: Error::new(ErrorKind::Rejected, operation, "Facebook says that it had no success"),
        retry: RetryClass::Never,
    })
}

/// A page of ad accounts.
pub(in crate::facebook) fn accounts(
    operation: &'static str,
    response: &GraphResponse,
) -> Result<Page<AdAccount>, Refusal> {
    let page = page(operation, response, AccountWire::account)?;
    let items: Option<Vec<_>> = page.items.into_iter().collect();
    let items = items.ok_or_else(|| shape(operation, "an ad account has no id"))?;
    Ok(Page { items, after: page.after })
}

/// Adds the parameters of a list.
pub(in crate::facebook) fn listed(mut request: GraphRequest, list: &ListRequest) -> GraphRequest {
    if let Some(limit) = list.limit {
        request = request.query("limit", limit.to_string());
    }
    if let Some(after) = &list.after {
        request = request.query("after", after);
    }
    if let Some(business) = &list.business {
        request = request.query("business_id", business.as_str());
    }
    let by_name = list.name_contains.as_ref().map(|part| ("name", "CONTAIN", part.as_str().into()));
    let filters: Vec<serde_json::Value> = by_name
        .into_iter()
        .chain(list.filters.iter().map(|by| (by.field.as_str(), by.operator.as_str(), by.value.clone())))
        .map(|(field, operator, value)| {
            serde_json::Map::from_iter([
                ("field".to_owned(), field.into()),
                ("operator".to_owned(), operator.into()),
                ("value".to_owned(), value),
            ])
            .into()
        })
        .collect();
    if !filters.is_empty() {
        request = request.query("filtering", serde_json::Value::from(filters).to_string());
    }
    request
}

fn new_audience_body(audience: &NewAudience) -> Body {
    fn some<T>(list: &Vec<T>) -> Option<&Vec<T>> {
        Some(list).filter(|list| !list.is_empty())
    }
    Body::json()
        .field("name", &audience.name)
        .maybe("description", Some(&audience.description).filter(|text| !text.is_empty()))
        .field("subtype", "CUSTOM")
        .field("customer_file_source", audience.customer_file_source.as_str())
        .maybe("retention_days", audience.retention_days.as_ref())
        .maybe("is_value_based", Some(&true).filter(|_| audience.is_value_based))
        .maybe("opt_out_link", audience.opt_out_link.as_ref())
        .maybe("audience_labels", some(&audience.labels))
        .maybe("enable_fetch_or_create", Some(&true).filter(|_| audience.enable_fetch_or_create))
        .maybe("allowed_domains", some(&audience.allowed_domains))
        .maybe("use_in_campaigns", audience.use_in_campaigns.as_ref())
        .maybe("use_for_products", some(&audience.use_for_products))
        .maybe("subscription_info", some(&audience.subscription_info))
}

fn changes_body(changes: &AudiencePatch) -> Body {
    Body::json()
        .maybe("name", changes.name.as_ref())
        .maybe("description", changes.description.as_ref())
        .maybe("customer_file_source", changes.customer_file_source.map(CustomerFileSource::as_str))
        .maybe("retention_days", changes.retention_days.as_ref())
        .maybe("opt_out_link", changes.opt_out_link.as_ref())
        .maybe("audience_labels", changes.labels.as_ref())
        .maybe("allowed_domains", changes.allowed_domains.as_ref())
        .maybe("use_in_campaigns", changes.use_in_campaigns.as_ref())
        .maybe("use_for_products", changes.use_for_products.as_ref())
}

impl<T: Transport> GraphClient<T> {
    /// One audience with these fields; [`AudienceField::DEFAULT`] when none is named.
    ///
    /// # Errors
    /// As [`FacebookClient::audience`].
    pub async fn audience_with(
        &self,
        audience: &AudienceId,
        fields: &[AudienceField],
    ) -> Result<CustomAudience> {
        self.read_audience(audience, &AudienceQuery::new().fields(fields.iter().copied())).await
    }

    /// One audience, as `query` asks for it.
    ///
    /// # Errors
    /// As [`FacebookClient::audience`].
    pub async fn read_audience(
        &self,
        audience: &AudienceId,
        query: &AudienceQuery,
    ) -> Result<CustomAudience> {
        const OPERATION: &str = "read audience";
        let list = |names: &[String]| serde_json::Value::from(names.to_vec()).to_string();
        let read: CustomAudience = self
            .call(
                self.call_on_audience(OPERATION, audience),
                || {
                    let read = GraphRequest::new(Method::Get, self.path(audience));
                    let mut read = read.query("fields", field_list(&query.fields));
                    if let Some(account) = &query.seen_by {
                        read = read.query("ad_account_id", account.digits());
                    }
                    for (name, values) in [
                        ("special_ad_categories", &query.special_ad_categories),
                        ("special_ad_category_countries", &query.special_ad_category_countries),
                        ("target_countries", &query.target_countries),
                    ] {
                        if !values.is_empty() {
                            read = read.query(name, list(values));
                        }
                    }
                    read
                },
                |response, _| decode::<AudienceWire>(OPERATION, response).map(Into::into),
            )
            .await?;
        if let Some(account) = &read.account {
            self.owned(audience, account);
        }
        Ok(read)
    }

    async fn upload(&self, edge: Edge, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt> {
        let call = self.call_on_audience(edge.operation(), audience);
        self.send_rows(call, edge, audience.to_string(), upload).await
    }
}

impl<T: Transport> SealedClient for GraphClient<T> {}

#[async_trait]
impl<T: Transport> FacebookClient for GraphClient<T> {
    async fn ad_accounts(&self, list: &ListRequest) -> Result<Page<AdAccount>> {
        const OPERATION: &str = "list ad accounts";
        self.call(
            self.call_on_account(OPERATION, None, ADS_MANAGEMENT),
            || {
                let read = GraphRequest::new(Method::Get, self.path("me/adaccounts"));
                listed(read.query("fields", ACCOUNT_FIELDS), list)
            },
            |response, _| accounts(OPERATION, response),
        )
        .await
    }

    async fn ad_account(&self, account: &AccountId) -> Result<AdAccount> {
        const OPERATION: &str = "read ad account";
        self.call(
            self.call_on_account(OPERATION, Some(account), ADS_MANAGEMENT),
            || GraphRequest::new(Method::Get, self.path(account)).query("fields", ACCOUNT_FIELDS),
            |response, _| {
                let wire: AccountWire = decode(OPERATION, response)?;
                wire.account().ok_or_else(|| shape(OPERATION, "the ad account has no id"))
            },
        )
        .await
    }

    async fn create_audience(&self, account: &AccountId, audience: &NewAudience) -> Result<AudienceId> {
        const OPERATION: &str = "create audience";
        let mut call = self.call_on_account(OPERATION, Some(account), CUSTOM_AUDIENCE);
        if !audience.enable_fetch_or_create {
            call.repeat = Repeat::MakesTwo;
        }
        let id = self
            .call(
                call,
                || {
                    let path = self.path(format_args!("{account}/customaudiences"));
                    GraphRequest::new(Method::Post, path).body(new_audience_body(audience))
                },
                |response, _| {
                    let created: Created = decode(OPERATION, response)?;
                    created.audience().ok_or_else(|| shape(OPERATION, "the id of the audience is not digits"))
                },
            )
            .await?;
        self.owned(&id, account);
        Ok(id)
    }

    async fn update_audience(&self, audience: &AudienceId, changes: &AudiencePatch) -> Result<()> {
        const OPERATION: &str = "update audience";
        self.call(
            self.call_on_audience(OPERATION, audience),
            || GraphRequest::new(Method::Post, self.path(audience)).body(changes_body(changes)),
            |response, _| done(OPERATION, response),
        )
        .await
    }

    async fn delete_audience(&self, audience: &AudienceId) -> Result<()> {
        const OPERATION: &str = "delete audience";
        self.call(
            self.call_on_audience(OPERATION, audience),
            || GraphRequest::new(Method::Delete, self.path(audience)),
            |response, before: Before| match done(OPERATION, response) {
                // The sending before, whose outcome was unknown, deleted it.
                Err(Refusal { error, .. }) if before.unknown && error.kind() == ErrorKind::NotFound => Ok(()),
                done => done,
            },
        )
        .await
    }

    async fn audience(&self, audience: &AudienceId) -> Result<CustomAudience> {
        self.audience_with(audience, &[]).await
    }

    async fn audiences(&self, account: &AccountId, list: &ListRequest) -> Result<Page<CustomAudience>> {
        const OPERATION: &str = "list audiences";
        let page: Page<CustomAudience> = self
            .call(
                self.call_on_account(OPERATION, Some(account), CUSTOM_AUDIENCE),
                || {
                    let path = self.path(format_args!("{account}/customaudiences"));
                    let read = GraphRequest::new(Method::Get, path);
                    listed(read.query("fields", field_list(&list.fields)), list)
                },
                |response, _| page(OPERATION, response, |wire: AudienceWire| wire.into()),
            )
            .await?;
        page.items.iter().for_each(|audience| self.owned(&audience.id, account));
        Ok(page)
    }

    async fn add_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt> {
        self.upload(Edge::Add, audience, upload).await
    }

    async fn remove_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt> {
        self.upload(Edge::Remove, audience, upload).await
    }

    async fn replace_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt> {
        self.upload(Edge::Replace, audience, upload).await
    }

    async fn erase_users(&self, account: &AccountId, upload: &Upload<'_>) -> Result<UploadReceipt> {
        let call = self.call_on_account(Edge::Erase.operation(), Some(account), CUSTOM_AUDIENCE);
        self.send_rows(call, Edge::Erase, account.to_string(), upload).await
    }
}

impl<T: Transport> GraphClient<T> {
    pub(super) async fn send_rows(
        &self,
        call: super::call::Call,
        edge: Edge,
        node: String,
        upload: &Upload<'_>,
    ) -> Result<UploadReceipt> {
        let operation = edge.operation();
        edge.check(upload, self.settings())?;
        let body = upload_body(upload, self.settings());
        // The proof is added when it is sent.
        let proof = if self.settings().app_secret.is_some() { PROOF_BYTES } else { 0 };
        if body.bytes.len() + proof > self.settings().max_body_bytes {
            let what = format!("the rows make {} bytes", body.bytes.len());
            return Err(Error::new(ErrorKind::Limit, operation, what)
                .expected(format!("at most {}: send fewer rows per call", self.settings().max_body_bytes)));
        }
        // The first sending takes the body that was measured; another one makes its own.
        let measured = Mutex::new(Some(body));
        self.call(
            call,
            || {
                let path = self.path(format_args!("{node}/{}", edge.path()));
                let body = measured.lock().unwrap_or_else(PoisonError::into_inner).take();
                let body = body.unwrap_or_else(|| upload_body(upload, self.settings()));
                GraphRequest::new(edge.method(), path).body(body)
            },
            |response, _| edge.receipt(response, upload),
        )
        .await
    }
}
