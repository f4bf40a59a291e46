//! The calls of [`FacebookClient`](crate::facebook::FacebookClient), each one request and its answer, and any other
//! call.

use std::sync::{Mutex, PoisonError};

use serde::de::IgnoredAny;

use super::call::{Before, Call, Repeat};
use super::inner::ClientInner;
use super::pagination::page;
use super::quota::{ADS_MANAGEMENT, CUSTOM_AUDIENCE};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::ids::{AccountId, AudienceId};
use crate::facebook::model::account::AdAccount;
use crate::facebook::model::audience::{AudiencePatch, CustomAudience, NewAudience};
use crate::facebook::model::fields::{AudienceQuery, field_list};
use crate::facebook::model::list::{ListRequest, Page};
use crate::facebook::model::upload::{Upload, UploadReceipt};
use crate::facebook::transport::Transport;
use crate::facebook::version::GraphVersion;
use crate::facebook::wire::objects::{AccountWire, AudienceWire, Created, done};
use crate::facebook::wire::parameters::{
    ACCOUNT_FIELDS, check_new_audience, check_patch, listed, new_audience_body, patch_body,
};
use crate::facebook::wire::request::{GraphRequest, Method};
use crate::facebook::wire::response::{GraphResponse, Refusal, decode, shape};
use crate::facebook::wire::upload::{Edge, PROOF_BYTES, upload_body};

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

pub(super) async fn ad_accounts<T: Transport>(
    client: &ClientInner<T>,
    list: &ListRequest,
) -> Result<Page<AdAccount>> {
    const OPERATION: &str = "list ad accounts";
    client
        .call(
            client.call_on_account(OPERATION, None, ADS_MANAGEMENT),
            || {
                let read = GraphRequest::new(Method::Get, client.path("me/adaccounts"));
                listed(read.query("fields", ACCOUNT_FIELDS), list)
            },
            |response, _| accounts(OPERATION, response),
        )
        .await
}

pub(in crate::facebook) async fn ad_account<T: Transport>(
    client: &ClientInner<T>,
    account: &AccountId,
) -> Result<AdAccount> {
    const OPERATION: &str = "read ad account";
    client
        .call(
            client.call_on_account(OPERATION, Some(account), ADS_MANAGEMENT),
            || GraphRequest::new(Method::Get, client.path(account)).query("fields", ACCOUNT_FIELDS),
            |response, _| {
                let wire: AccountWire = decode(OPERATION, response)?;
                wire.account().ok_or_else(|| shape(OPERATION, "the ad account has no id"))
            },
        )
        .await
}

pub(super) async fn create_audience<T: Transport>(
    client: &ClientInner<T>,
    account: &AccountId,
    audience: &NewAudience,
) -> Result<AudienceId> {
    const OPERATION: &str = "create audience";
    check_new_audience(OPERATION, audience)?;
    let mut call = client.call_on_account(OPERATION, Some(account), CUSTOM_AUDIENCE);
    if !audience.enable_fetch_or_create {
        call.repeat = Repeat::MakesTwo;
    }
    let id = client
        .call(
            call,
            || {
                let path = client.path(format_args!("{account}/customaudiences"));
                GraphRequest::new(Method::Post, path).body(new_audience_body(audience))
            },
            |response, _| {
                let created: Created = decode(OPERATION, response)?;
                created.audience().ok_or_else(|| shape(OPERATION, "the id of the audience is not digits"))
            },
        )
        .await?;
    client.owned(&id, account);
    Ok(id)
}

pub(super) async fn update_audience<T: Transport>(
    client: &ClientInner<T>,
    audience: &AudienceId,
    changes: &AudiencePatch,
) -> Result<()> {
    const OPERATION: &str = "update audience";
    check_patch(OPERATION, changes)?;
    client
        .call(
            client.call_on_audience(OPERATION, audience),
            || GraphRequest::new(Method::Post, client.path(audience)).body(patch_body(changes)),
            |response, _| done(OPERATION, response),
        )
        .await
}

pub(super) async fn delete_audience<T: Transport>(
    client: &ClientInner<T>,
    audience: &AudienceId,
) -> Result<()> {
    const OPERATION: &str = "delete audience";
    client
        .call(
            client.call_on_audience(OPERATION, audience),
            || GraphRequest::new(Method::Delete, client.path(audience)),
            |response, before: Before| match done(OPERATION, response) {
                // The sending before, whose outcome was unknown, deleted it.
                Err(Refusal { error, .. }) if before.unknown && error.kind() == ErrorKind::NotFound => Ok(()),
                done => done,
            },
        )
        .await
}

pub(super) async fn audience<T: Transport>(
    client: &ClientInner<T>,
    audience: &AudienceId,
    query: &AudienceQuery,
) -> Result<CustomAudience> {
    const OPERATION: &str = "read audience";
    let list = |names: &[String]| serde_json::Value::from(names.to_vec()).to_string();
    let read: CustomAudience = client
        .call(
            client.call_on_audience(OPERATION, audience),
            || {
                let read = GraphRequest::new(Method::Get, client.path(audience));
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
        client.owned(audience, account);
    }
    Ok(read)
}

pub(super) async fn audiences<T: Transport>(
    client: &ClientInner<T>,
    account: &AccountId,
    list: &ListRequest,
) -> Result<Page<CustomAudience>> {
    const OPERATION: &str = "list audiences";
    let page: Page<CustomAudience> = client
        .call(
            client.call_on_account(OPERATION, Some(account), CUSTOM_AUDIENCE),
            || {
                let path = client.path(format_args!("{account}/customaudiences"));
                let read = GraphRequest::new(Method::Get, path);
                listed(read.query("fields", field_list(&list.fields)), list)
            },
            |response, _| page(OPERATION, response, |wire: AudienceWire| wire.into()),
        )
        .await?;
    page.items.iter().for_each(|audience| client.owned(&audience.id, account));
    Ok(page)
}

pub(super) async fn upload<T: Transport>(
    client: &ClientInner<T>,
    edge: Edge,
    audience: &AudienceId,
    upload: &Upload<'_>,
) -> Result<UploadReceipt> {
    let call = client.call_on_audience(edge.operation(), audience);
    send_rows(client, call, edge, audience.to_string(), upload).await
}

pub(super) async fn erase<T: Transport>(
    client: &ClientInner<T>,
    account: &AccountId,
    upload: &Upload<'_>,
) -> Result<UploadReceipt> {
    let call = client.call_on_account(Edge::Erase.operation(), Some(account), CUSTOM_AUDIENCE);
    send_rows(client, call, Edge::Erase, account.to_string(), upload).await
}

async fn send_rows<T: Transport>(
    client: &ClientInner<T>,
    call: Call<'static>,
    edge: Edge,
    node: String,
    upload: &Upload<'_>,
) -> Result<UploadReceipt> {
    let settings = &client.settings;
    edge.check(upload, &settings.upload)?;
    let body = upload_body(upload, &settings.upload);
    check_size(client, edge.operation(), body.bytes.len())?;
    // The first sending takes the body that was measured; another one makes its own.
    let measured = Mutex::new(Some(body));
    let call = Call { gate: upload.gate, ..call };
    client
        .call(
            call,
            || {
                let path = client.path(format_args!("{node}/{}", edge.path()));
                let body = measured.lock().unwrap_or_else(PoisonError::into_inner).take();
                let body = body.unwrap_or_else(|| upload_body(upload, &settings.upload));
                GraphRequest::new(edge.method(), path).body(body)
            },
            |response, _| edge.receipt(response, upload),
        )
        .await
}

/// Refuses a body that is larger than the client may send.
fn check_size<T>(client: &ClientInner<T>, operation: &'static str, bytes: usize) -> Result<()> {
    let settings = &client.settings;
    // The proof is added when it is sent.
    let proof = if settings.app_secret.is_some() { PROOF_BYTES } else { 0 };
    if bytes + proof > settings.max_body_bytes {
        return Err(Error::new(ErrorKind::Limit, operation, format!("the body has {bytes} bytes"))
            .with_expected(format!("at most {} bytes per call", settings.max_body_bytes)));
    }
    Ok(())
}

/// Sends a request of the caller's.
pub(super) async fn request<T: Transport>(
    client: &ClientInner<T>,
    mut request: GraphRequest,
) -> Result<GraphResponse> {
    const OPERATION: &str = "request";
    check_size(client, OPERATION, request.body.as_ref().map_or(0, |body| body.bytes.len()))?;
    let (path, node) = match request.path.strip_prefix('/') {
        // After the version, if there is one.
        Some(rest) => {
            let node = rest.split('/').find(|part| part.parse::<GraphVersion>().is_err());
            (request.path.clone(), node.map(str::to_owned))
        }
        None => (client.path(&request.path), request.path.split('/').next().map(str::to_owned)),
    };
    request.path = path;
    let node = node.unwrap_or_default();
    let mut call = match node.parse::<AudienceId>() {
        Ok(audience) if client.owner(&audience).is_some() => client.call_on_audience(OPERATION, &audience),
        _ => client.call_on_account(OPERATION, node.parse().ok().as_ref(), ADS_MANAGEMENT),
    };
    if request.method == Method::Post {
        call.repeat = Repeat::MakesTwo;
    }
    client
        .call(
            call,
            || request.clone(),
            |response, _| decode::<IgnoredAny>(OPERATION, response).map(|_| response.clone()),
        )
        .await
}
