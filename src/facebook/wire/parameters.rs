//! Parameters of requests: the lists, and the bodies that create and change an audience.

use std::collections::BTreeMap;

use super::request::{Body, GraphRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::model::audience::{AudiencePatch, CustomerFileSource, NewAudience};
use crate::facebook::model::json_value::JsonValue;
use crate::facebook::model::list::ListRequest;

/// Fields of an ad account that are read.
pub(in crate::facebook) const ACCOUNT_FIELDS: &str = "id,account_id,name,account_status,disable_reason,currency,timezone_name,business,\
    tos_accepted,user_tasks";

/// Parameters that fields of [`NewAudience`] and [`AudiencePatch`] set. Extra parameters must not overwrite them.
const TYPED: [&str; 13] = [
    "name",
    "description",
    "subtype",
    "customer_file_source",
    "retention_days",
    "is_value_based",
    "opt_out_link",
    "audience_labels",
    "enable_fetch_or_create",
    "allowed_domains",
    "use_in_campaigns",
    "use_for_products",
    "subscription_info",
];
/// Parameters that say who sends a request, or what it does.
const RESERVED: [&str; 4] = ["access_token", "appsecret_proof", "appsecret_time", "method"];

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
        .chain(
            list.filters
                .iter()
                .map(|by| (by.field.as_str(), by.operator.as_str(), by.value.as_value().clone())),
        )
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

pub(in crate::facebook) fn check_new_audience(operation: &'static str, audience: &NewAudience) -> Result<()> {
    check_params(operation, &audience.params)
}

pub(in crate::facebook) fn check_patch(operation: &'static str, changes: &AudiencePatch) -> Result<()> {
    check_params(operation, &changes.params)
}

fn check_params(operation: &'static str, params: &BTreeMap<String, JsonValue>) -> Result<()> {
    let wrong = |name: &str, what: &str| {
        Error::new(ErrorKind::Invalid, operation, format!("the extra parameter {name:?} {what}"))
    };
    for name in params.keys() {
        if TYPED.contains(&name.as_str()) {
            return Err(wrong(name, "has a field of its own").with_help("set the field instead"));
        }
        if name.is_empty() || RESERVED.contains(&name.as_str()) {
            return Err(wrong(name, "is reserved for the client"));
        }
    }
    Ok(())
}

pub(in crate::facebook) fn new_audience_body(audience: &NewAudience) -> Body {
    fn some<T>(list: &Vec<T>) -> Option<&Vec<T>> {
        Some(list).filter(|list| !list.is_empty())
    }
    let body = Body::json()
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
        .maybe("subscription_info", some(&audience.subscription_info));
    with_params(body, &audience.params)
}

pub(in crate::facebook) fn patch_body(changes: &AudiencePatch) -> Body {
    let body = Body::json()
        .maybe("name", changes.name.as_ref())
        .maybe("description", changes.description.as_ref())
        .maybe("customer_file_source", changes.customer_file_source.map(CustomerFileSource::as_str))
        .maybe("retention_days", changes.retention_days.as_ref())
        .maybe("opt_out_link", changes.opt_out_link.as_ref())
        .maybe("audience_labels", changes.labels.as_ref())
        .maybe("allowed_domains", changes.allowed_domains.as_ref())
        .maybe("use_in_campaigns", changes.use_in_campaigns.as_ref())
        .maybe("use_for_products", changes.use_for_products.as_ref());
    with_params(body, &changes.params)
}

fn with_params(body: Body, params: &BTreeMap<String, JsonValue>) -> Body {
    params.iter().fold(body, |body, (name, value)| body.field(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_of_a_body_is_one_that_extra_parameters_must_not_overwrite() {
        let mut new = NewAudience::new("n", "d");
        new.retention_days = Some(1);
        new.is_value_based = true;
        new.opt_out_link = Some("https://example.com".into());
        new.labels = vec!["AT_RISK".into()];
        new.enable_fetch_or_create = true;
        new.allowed_domains = vec!["example.com".into()];
        new.use_in_campaigns = Some(true);
        new.use_for_products = vec!["ADS".into()];
        new.subscription_info = vec!["WHATSAPP".into()];
        let mut patch = AudiencePatch::new();
        patch.name = Some("n".into());
        patch.description = Some("d".into());
        patch.customer_file_source = Some(CustomerFileSource::UserProvidedOnly);
        patch.retention_days = Some(1);
        patch.opt_out_link = Some("https://example.com".into());
        patch.labels = Some(vec!["AT_RISK".into()]);
        patch.allowed_domains = Some(Vec::new());
        patch.use_in_campaigns = Some(true);
        patch.use_for_products = Some(Vec::new());
        for (body, most) in [(new_audience_body(&new), 13), (patch_body(&patch), 9)] {
            let fields: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&body.bytes).unwrap();
            assert_eq!(fields.len(), most);
            assert!(fields.keys().all(|name| TYPED.contains(&name.as_str())), "{fields:?}");
        }
    }

    #[test]
    fn extra_parameters_go_beside_the_typed_ones_and_never_over_them() {
        let new = NewAudience::new("n", "d").param("whats_new", 1).param("countries", vec!["PL"]);
        check_new_audience("create audience", &new).unwrap();
        let body = String::from_utf8(new_audience_body(&new).bytes).unwrap();
        assert!(body.ends_with(r#""countries":["PL"],"whats_new":1}"#), "{body}");
        for name in TYPED.iter().chain(&RESERVED).chain(&[""]) {
            let new = NewAudience::new("n", "d").param(*name, "x");
            assert_eq!(check_new_audience("o", &new).unwrap_err().kind(), ErrorKind::Invalid, "{name}");
            let patch = AudiencePatch::new().param(*name, "x");
            assert_eq!(check_patch("o", &patch).unwrap_err().kind(), ErrorKind::Invalid, "{name}");
        }
    }
}
