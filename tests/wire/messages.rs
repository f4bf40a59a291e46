//! What is sent and what is read, byte by byte, without a socket.

use std::collections::BTreeSet;

use crate::script::{Script, rows, upload};
use audiencekit::facebook::codes::{TABLE, lookup};
use audiencekit::facebook::{
    AccountStatus, AppSecretProof, AudienceField, AudiencePatch, AudienceQuery, BusinessAccounts, BusinessId,
    CustomerFileSource, DataSource, GraphVersion, ListFilter, ListRequest, NewAudience, RetryPolicy, Status,
    UploadOptions,
};
use audiencekit::identity::{MatchKey, MatchRows};
use audiencekit::{AccountId, AudienceId, ErrorKind, FacebookClient};
use serde_json::json;
use time::macros::{date, datetime};

/// SHA-256 of `mary@example.com`, as Facebook publishes it.
const MARY: &str = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79";
const OK: &str = r#"{"success":true}"#;
const RECEIPT: &str = r#"{"audience_id":"9","session_id":"7","num_received":2,"num_invalid_entries":0,"invalid_entry_samples":{}}"#;

fn account() -> AccountId {
    "act_55".parse().unwrap()
}

fn audience() -> AudienceId {
    "9".parse().unwrap()
}

#[tokio::test]
async fn the_token_is_in_no_path_query_or_body() {
    let script = Script::new().answer(200, OK).answer(200, r#"{"id":"9"}"#).answer(200, RECEIPT);
    let client = script.client();
    client.delete_audience(&audience()).await.unwrap();
    client.audience(&audience()).await.unwrap();
    let people = rows(&["mary@example.com"]);
    client.add_users(&audience(), &upload(&people)).await.unwrap();
    for request in script.sent.lock().unwrap().iter() {
        assert_eq!(request.token.as_ref().unwrap().expose(), "TOKEN");
        let body = request.body.as_ref().map_or(&[][..], |body| &body.bytes);
        let all = format!("{} {:?} {}", request.path, request.query, String::from_utf8_lossy(body));
        assert!(!all.contains("TOKEN"), "{all}");
        assert!(!format!("{request:?}").contains("TOKEN"));
    }
}

#[tokio::test]
async fn an_audience_is_created_with_what_is_set_and_nothing_else() {
    let script = Script::new().answer(200, r#"{"id":"238471"}"#).answer(200, r#"{"id":238472}"#);
    let client = script.client();
    let id = client.create_audience(&account(), &NewAudience::new("VIP \"a\"", "")).await.unwrap();
    assert_eq!(id.as_str(), "238471");
    assert_eq!(script.last_line(), "POST /v26.0/act_55/customaudiences");
    assert_eq!(
        script.last_json(),
        json!({"name": "VIP \"a\"", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"})
    );

    let mut all = NewAudience::new("n", "d");
    all.customer_file_source = CustomerFileSource::BothUserAndPartnerProvided;
    all.retention_days = Some(180);
    all.is_value_based = true;
    all.opt_out_link = Some("https://example.com/out".into());
    all.labels = vec!["CUSTOMERS".into(), "A_NEW_ONE".into()];
    all.enable_fetch_or_create = true;
    all.allowed_domains = vec!["example.com".into()];
    all.use_in_campaigns = Some(false);
    all.use_for_products = vec!["ADS".into()];
    all.subscription_info = vec!["WHATSAPP".into()];
    assert_eq!(client.create_audience(&account(), &all).await.unwrap().as_str(), "238472");
    assert_eq!(
        script.last_json(),
        json!({
            "name": "n", "description": "d", "subtype": "CUSTOM",
            "customer_file_source": "BOTH_USER_AND_PARTNER_PROVIDED", "retention_days": 180,
            "is_value_based": true, "opt_out_link": "https://example.com/out",
            "audience_labels": ["CUSTOMERS", "A_NEW_ONE"], "enable_fetch_or_create": true,
            "allowed_domains": ["example.com"], "use_in_campaigns": false, "use_for_products": ["ADS"],
            "subscription_info": ["WHATSAPP"]
        })
    );
}

#[tokio::test]
async fn an_edit_sends_only_what_changes() {
    let script = Script::new().answer(200, OK).answer(200, OK);
    let client = script.client();
    let mut changes = AudiencePatch::default();
    changes.name = Some("new".into());
    client.update_audience(&audience(), &changes).await.unwrap();
    assert_eq!(script.last_line(), "POST /v26.0/9");
    assert_eq!(script.last_json(), json!({"name": "new"}));

    changes.labels = Some(vec![]);
    changes.retention_days = Some(30);
    changes.customer_file_source = Some(CustomerFileSource::PartnerProvidedOnly);
    client.update_audience(&audience(), &changes).await.unwrap();
    assert_eq!(
        script.last_json(),
        json!({"name": "new", "audience_labels": [], "retention_days": 30,
            "customer_file_source": "PARTNER_PROVIDED_ONLY"})
    );
}

#[tokio::test]
async fn rows_go_as_lists_with_their_session_in_the_body_of_every_edge() {
    let script = (0..4).fold(Script::new(), |script, _| script.answer(200, RECEIPT));
    let client = script.client();
    let people = rows(&["mary@example.com", "john@example.com"]);
    let mut upload = upload(&people);
    upload.range = 0..1;
    upload.session.estimated_total = Some(2);
    upload.session.batch_seq = 3;
    upload.session.last_batch = false;
    let expected = json!({
        "payload": {"schema": ["EMAIL", "PHONE"], "is_raw": true, "data": [[MARY, ""]]},
        "session": {"session_id": 7, "batch_seq": 3, "estimated_num_total": 2, "last_batch_flag": false}
    });
    client.add_users(&audience(), &upload).await.unwrap();
    assert_eq!((script.last_line().as_str(), script.last_json()), ("POST /v26.0/9/users", expected.clone()));
    client.remove_users(&audience(), &upload).await.unwrap();
    assert_eq!(
        (script.last_line().as_str(), script.last_json()),
        ("DELETE /v26.0/9/users", expected.clone())
    );
    client.replace_users(&audience(), &upload).await.unwrap();
    assert_eq!(
        (script.last_line().as_str(), script.last_json()),
        ("POST /v26.0/9/usersreplace", expected.clone())
    );
    client.erase_users(&account(), &upload).await.unwrap();
    assert_eq!(
        (script.last_line().as_str(), script.last_json()),
        ("DELETE /v26.0/act_55/usersofanyaudience", expected)
    );
}

#[tokio::test]
async fn what_goes_beside_the_rows_is_that_of_the_call_or_else_of_the_client() {
    let script = (0..3).fold(Script::new(), |script, _| script.answer(200, RECEIPT));
    let mut of_client = UploadOptions::default();
    of_client.namespace = Some("crm".into());
    let client = script.configure().upload_options(of_client).build();
    let mut rows = MatchRows::new([MatchKey::AppUid, MatchKey::PageUid].into());
    rows.push_bytes(b"\x02\x02\0\0\x0017\x02\x02\0\0\x0018").unwrap();
    let mut all = UploadOptions::default();
    all.app_ids = vec![1];
    all.page_ids = vec![2];
    all.ig_account_ids = vec![3];
    all.data_source = Some(DataSource::new("FILE_IMPORTED").sub_type("MULTI_HASHES"));
    all.calculated_on = Some(date!(2026 - 11 - 23));
    all.schema_version = Some("2".into());
    all.customer_consent = Some(true);
    client.add_users(&audience(), &upload(&rows).options(&all)).await.unwrap();
    let session = json!({"session_id": 7, "batch_seq": 1, "last_batch_flag": true});
    assert_eq!(
        script.last_json(),
        json!({
            "customer_consent": true,
            "payload": {
                "schema": ["APPUID", "PAGEUID"], "is_raw": true, "app_ids": [1], "page_ids": [2],
                "ig_account_ids": [3], "data_source": {"type": "FILE_IMPORTED", "sub_type": "MULTI_HASHES"},
                "metadata": {"calculated_date": "2026-11-23", "schema_version": "2"}, "data": [["17", "18"]]
            },
            "session": session
        })
    );

    let people = crate::script::rows(&["mary@example.com"]);
    client.remove_users(&audience(), &upload(&people).options(&all)).await.unwrap();
    let payload = script.last_json()["payload"].clone();
    assert!(payload.get("app_ids").is_none() && payload.get("page_ids").is_none(), "{payload}");
    client.add_users(&audience(), &upload(&people)).await.unwrap();
    assert_eq!(
        script.last_json(),
        json!({
            "namespace": "crm", "session": session,
            "payload": {"schema": ["EMAIL", "PHONE"], "is_raw": true, "data": [[MARY, ""]]}
        })
    );
    let none = UploadOptions::default();
    let error = client.add_users(&audience(), &upload(&rows).options(&none)).await.unwrap_err();
    assert!(error.to_string().contains("UploadOptions::app_ids"), "{error}");
}

#[tokio::test]
async fn an_upload_that_facebook_would_refuse_is_refused_before_it_is_sent() {
    let script = Script::new();
    let client = script.configure().max_body_bytes(200).build();
    let people = rows(&["mary@example.com", "john@example.com"]);
    let mut bad = upload(&people);
    bad.range = 1..1;
    assert_eq!(client.add_users(&audience(), &bad).await.unwrap_err().kind(), ErrorKind::Invalid);
    bad.range = 0..3;
    assert_eq!(client.add_users(&audience(), &bad).await.unwrap_err().kind(), ErrorKind::Invalid);
    let mut bad = upload(&people);
    bad.session.batch_seq = 0;
    assert_eq!(client.add_users(&audience(), &bad).await.unwrap_err().kind(), ErrorKind::Invalid);
    // Two rows of 72 bytes and what is around them, and the proof that a secret adds.
    let secret = script.configure().app_secret("s").max_body_bytes(330).build();
    assert_eq!(secret.add_users(&audience(), &upload(&people)).await.unwrap_err().kind(), ErrorKind::Limit);
    let large = client.add_users(&audience(), &upload(&people)).await.unwrap_err();
    assert_eq!(large.kind(), ErrorKind::Limit);
    assert!(large.to_string().contains("at most 200"), "{large}");
    let many = rows(&vec!["mary@example.com"; 10_001]);
    assert_eq!(client.add_users(&audience(), &upload(&many)).await.unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(script.calls(), 0);
}

#[tokio::test]
async fn refused_rows_are_joined_back_to_their_index_from_every_shape() {
    let people = rows(&["a@example.com", "mary@example.com", "b@example.com", "mary@example.com"]);
    let key = format!("[\\\"{MARY}\\\",\\\"\\\"]");
    let escaped = key.replace('f', "\\\\u0066");
    for samples in [
        format!(r#"{{"{key}":"empty external ID"}}"#),
        format!(r#"{{"{escaped}":"empty external ID"}}"#),
        format!(r#"[{{"{key}":"empty external ID"}}]"#),
    ] {
        let body = format!(
            r#"{{"session_id":"4258863787278652924","num_received":4,"num_invalid_entries":2,"invalid_entry_samples":{samples}}}"#
        );
        let receipt =
            Script::new().answer(200, &body).client().add_users(&audience(), &upload(&people)).await.unwrap();
        assert_eq!(receipt.session_id.as_deref(), Some("4258863787278652924"));
        assert_eq!((receipt.num_received, receipt.num_invalid_entries), (4, 2));
        let named: Vec<_> =
            receipt.invalid_entry_samples.iter().map(|entry| (entry.row, entry.reason.as_str())).collect();
        assert_eq!(named, [(Some(1), "empty external ID"), (Some(3), "empty external ID")], "{samples}");
    }
    // A list of rows without reasons, one of which we never sent.
    let body = format!(r#"{{"invalid_entry_samples":["{key}","[\"mary@example.com\"]"]}}"#);
    let receipt =
        Script::new().answer(200, &body).client().add_users(&audience(), &upload(&people)).await.unwrap();
    let rows: Vec<_> = receipt.invalid_entry_samples.iter().map(|entry| entry.row).collect();
    assert_eq!(rows, [Some(1), Some(3), None]);
    assert!(!format!("{receipt:?}").contains("mary"), "{receipt:?}");
}

#[tokio::test]
async fn a_receipt_without_refused_rows_is_read_from_every_shape() {
    let people = rows(&["mary@example.com"]);
    for body in [
        r#"{"audience_id":"9","session_id":7,"num_received":1,"num_invalid_entries":0,"invalid_entry_samples":[]}"#,
        r#"{"session_id":"7","num_received":"1","num_invalid_entries":"0","invalid_entry_samples":{}}"#,
        r#"{"session_id":"7","num_received":1,"invalid_entry_samples":null,"unknown":[{}]}"#,
    ] {
        let receipt =
            Script::new().answer(200, body).client().add_users(&audience(), &upload(&people)).await.unwrap();
        assert_eq!(receipt.session_id.as_deref(), Some("7"));
        assert_eq!((receipt.num_received, receipt.num_invalid_entries), (1, 0));
        assert!(receipt.invalid_entry_samples.is_empty());
    }
}

#[tokio::test]
async fn an_audience_is_read_whole_with_unknown_words_kept_and_absent_fields_absent() {
    let body = r#"{"id":6789012345678901234,"account_id":55,"name":"VIP","subtype":"A_NEW_SUBTYPE",
        "delivery_status":{"code":200,"description":"This audience is ready for use."},
        "operation_status":{"status":100,"description":"expiring"},
        "approximate_count_lower_bound":4900,"approximate_count_upper_bound":"-1","retention_days":0,
        "is_value_based":true,"time_created":1700000000,"delete_time":0,
        "lookalike_audience_ids":[1,"2"],"data_source":{"type":"FILE_IMPORTED","sub_type":"MULTI_HASHES"},
        "permission_for_actions":{"can_edit":true},"audience_labels":["X"],
        "fields_violating_integrity_policy":["name"],"a_new_field":{"deep":[1]}}"#;
    let script = Script::new().answer(200, body).answer(200, r#"{"id":"9"}"#);
    let client = script.client();
    let read = client.audience(&audience()).await.unwrap();
    assert!(script.last_line().starts_with("GET /v26.0/9 fields=id,account_id,name,description,subtype,"));
    assert_eq!(read.id.as_str(), "6789012345678901234");
    assert_eq!(read.account, Some(account()));
    assert_eq!(read.subtype.as_deref(), Some("A_NEW_SUBTYPE"));
    assert_eq!(read.delivery_status, Some(Status::new(200, "This audience is ready for use.")));
    assert_eq!(read.operation_status, Some(Status::new(100, "expiring")));
    assert_eq!((read.count_lower_bound, read.count_upper_bound), (Some(4900), Some(-1)));
    assert_eq!(read.time_created, Some(datetime!(2023-11-14 22:13:20 UTC)));
    assert_eq!((read.delete_time, read.retention_days), (None, Some(0)));
    assert_eq!(read.lookalike_audience_ids, ["1".parse().unwrap(), "2".parse().unwrap()]);
    assert_eq!(read.data_source.unwrap().sub_type.as_deref(), Some("MULTI_HASHES"));
    assert_eq!(read.permission_for_actions, [("can_edit".to_owned(), true)]);

    let fields = [AudienceField::Name, AudienceField::OperationStatus];
    let bare = client.audience_with(&audience(), &fields).await.unwrap();
    assert_eq!(script.last_line(), "GET /v26.0/9 fields=id,name,operation_status");
    assert_eq!((bare.name, bare.operation_status, bare.count_lower_bound), (None, None, None));
}

#[tokio::test]
async fn a_list_goes_on_by_cursor_and_never_by_the_next_link() {
    let more = r#"{"data":[{"id":"9"}],"paging":{"cursors":{"before":"B","after":"A1"},
        "next":"https://graph.facebook.com/v26.0/act_55/customaudiences?access_token=TOKEN&after=A1"}}"#;
    let last = r#"{"data":[],"paging":{"cursors":{"before":"B","after":"A2"}}}"#;
    let lost = r#"{"data":[{"id":"9"}],"paging":{"next":"https://graph.facebook.com/?access_token=TOKEN"}}"#;
    let script =
        Script::new().answer(200, more).answer(200, last).answer(200, r#"{"data":[]}"#).answer(200, lost);
    let client = script.client();
    let request = ListRequest::new()
        .limit(1)
        .after("A0")
        .name_contains("VIP")
        .filter(ListFilter::new("delete_time", "GREATER_THAN", 0))
        .fields([AudienceField::Name]);
    let page = client.audiences(&account(), &request).await.unwrap();
    assert_eq!(
        script.last_line(),
        "GET /v26.0/act_55/customaudiences fields=id,name&limit=1&after=A0&filtering=[{\"field\":\"name\",\
         \"operator\":\"CONTAIN\",\"value\":\"VIP\"},{\"field\":\"delete_time\",\"operator\":\"GREATER_THAN\",\
         \"value\":0}]"
    );
    assert_eq!(page.after.as_deref(), Some("A1"));
    let page = client.audiences(&account(), &ListRequest::new()).await.unwrap();
    assert_eq!((page.items.len(), page.after), (0, None));
    let page = client.audiences(&account(), &ListRequest::new()).await.unwrap();
    assert_eq!((page.items.len(), page.after), (0, None));
    let error = client.audiences(&account(), &ListRequest::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(!format!("{error:?}").contains("TOKEN"));
}

#[tokio::test]
async fn accounts_are_read_with_terms_as_map_or_empty_list() {
    let body = r#"{"data":[
        {"id":"act_1","account_id":"1","name":"A","account_status":1,"disable_reason":0,"business":{"id":"5","name":"B"},
         "tos_accepted":{"custom_audience_tos":1},"user_tasks":["MANAGE"]},
        {"account_id":2,"account_status":77,"tos_accepted":[]},
        {"id":"act_3","business":5}]}"#;
    let script = Script::new().answer(200, body);
    let page = script.client().ad_accounts(&ListRequest::new().limit(3)).await.unwrap();
    assert!(script.last_line().starts_with("GET /v26.0/me/adaccounts fields=id,account_id,name"));
    let [first, second, third] = page.items.as_slice() else { panic!("{page:?}") };
    assert_eq!((first.status, first.terms_accepted), (Some(AccountStatus::Active), Some(true)));
    assert_eq!(
        (first.business.as_deref(), first.user_tasks.as_slice()),
        (Some("5"), &["MANAGE".to_owned()][..])
    );
    assert_eq!(second.id.to_string(), "act_2");
    assert_eq!((second.status, second.terms_accepted), (Some(AccountStatus::Other(77)), Some(false)));
    assert_eq!((third.terms_accepted, third.business.as_deref()), (None, Some("5")));
}

#[tokio::test]
async fn accounts_of_a_business_are_searched_and_paged() {
    let body = r#"{"data":[{"id":"act_1","permitted_tasks":["ANALYZE"]}],
        "paging":{"cursors":{"after":"A"},"next":"https://x"},"summary":{"total_count":9}}"#;
    let script = Script::new().answer(200, body).answer(200, r#"{"data":[]}"#);
    let client = script.client();
    let business: BusinessId = "5".parse().unwrap();
    let list = ListRequest::new().limit(1).after("B").name_contains("a b");
    let page = client.business_ad_accounts(&business, BusinessAccounts::Client, &list).await.unwrap();
    assert_eq!(
        (page.items[0].permitted_tasks.as_slice(), page.after.as_deref()),
        (&["ANALYZE".to_owned()][..], Some("A"))
    );
    let line = script.last_line();
    assert!(line.starts_with("GET /v26.0/5/client_ad_accounts fields=id,account_id,"), "{line}");
    assert!(line.ends_with(",permitted_tasks&search_query=a b&after=B&limit=1"), "{line}");
    client.business_ad_accounts(&business, BusinessAccounts::Owned, &ListRequest::new()).await.unwrap();
    let line = script.last_line();
    assert!(
        line.starts_with("GET /v26.0/5/owned_ad_accounts fields=id,") && line.ends_with("user_tasks"),
        "{line}"
    );
    assert_eq!("act_5".parse::<BusinessId>().unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn terms_are_read_and_accepted() {
    let script = Script::new()
        .answer(200, r#"{"data":[{"id":11,"type":"custom_audience_tos","content":"Terms"}]}"#)
        .answer(200, OK)
        .answer(200, OK);
    let client = script.client();
    let terms = client.audience_terms(&account()).await.unwrap();
    assert_eq!((terms[0].id.as_str(), terms[0].kind.as_deref()), ("11", Some("custom_audience_tos")));
    assert_eq!(script.last_line(), "GET /v26.0/act_55/customaudiencestos");
    client.accept_audience_terms(&account(), "11", None).await.unwrap();
    assert_eq!(script.last_line(), "POST /v26.0/act_55/customaudiencestos");
    assert_eq!(script.last_json(), json!({"tos_id": "11"}));
    let business = "5".parse().unwrap();
    client.accept_audience_terms(&account(), "11", Some(&business)).await.unwrap();
    assert_eq!(script.last_json(), json!({"tos_id": "11", "business_id": "5"}));
}

#[tokio::test]
async fn an_audience_is_read_as_a_recipient_sees_it_and_for_special_ads() {
    let script = Script::new().answer(
        200,
        r#"{"id":"9","sharing_status":{"sharing_relationship_id":1,"status":"SHARED"},
        "owner_business":{"id":5,"name":"B"},"datafile_custom_audience_uploading_status":"X",
        "is_eligible_for_sac_campaigns":"0","lookalike_spec":{"type":"custom_ratio","ratio":0.07,
        "starting_ratio":0.01,"country":"PL","target_countries":["PL"],
        "origin":[{"id":12,"name":"seed","type":"custom_audience","deleted":true}]}}"#,
    );
    let mut query = AudienceQuery::new()
        .fields([AudienceField::SharingStatus, AudienceField::UploadingStatus, AudienceField::LookalikeSpec])
        .seen_by("act_66".parse().unwrap());
    query.special_ad_categories = vec!["HOUSING".into()];
    query.special_ad_category_countries = vec!["US".into()];
    query.target_countries = vec!["US".into(), "CA".into()];
    let read = script.client().read_audience(&audience(), &query).await.unwrap();
    assert_eq!(
        script.last_line(),
        "GET /v26.0/9 fields=id,sharing_status,datafile_custom_audience_uploading_status,lookalike_spec\
         &ad_account_id=66&special_ad_categories=[\"HOUSING\"]&special_ad_category_countries=[\"US\"]\
         &target_countries=[\"US\",\"CA\"]"
    );
    assert_eq!((read.sharing_status.as_deref(), read.owner_business.as_deref()), (Some("SHARED"), Some("5")));
    assert_eq!(
        (read.uploading_status.as_deref(), read.is_eligible_for_special_ads),
        (Some("X"), Some(false))
    );
    let like = read.lookalike.unwrap();
    assert_eq!(
        (like.kind.as_deref(), like.ratio_percent, like.starting_percent),
        (Some("custom_ratio"), Some(7), Some(1))
    );
    assert_eq!(
        (like.country.as_deref(), like.target_countries.as_slice()),
        (Some("PL"), &["PL".to_owned()][..])
    );
    assert_eq!((like.origins[0].id.as_str(), like.origins[0].is_deleted), ("12", true));
}

#[tokio::test]
async fn a_list_is_narrowed_to_a_business() {
    let script = Script::new().answer(200, r#"{"data":[]}"#);
    let list = ListRequest::new().business("5".parse().unwrap()).fields([AudienceField::Name]);
    script.client().audiences(&account(), &list).await.unwrap();
    assert_eq!(script.last_line(), "GET /v26.0/act_55/customaudiences fields=id,name&business_id=5");
}

#[tokio::test]
async fn the_proof_goes_where_the_parameters_are_in_both_forms() {
    let script = Script::new().answer(200, r#"{"id":"9"}"#).answer(200, r#"{"id":"9"}"#);
    let client = script.configure().app_secret("secret").build();
    client.audience_with(&audience(), &[AudienceField::Name]).await.unwrap();
    let line = script.last_line();
    let proof = line.split_once("appsecret_proof=").unwrap().1.to_owned();
    assert_eq!(proof.len(), 64, "{line}");

    let timed = script.configure().app_secret("secret").proof_form(AppSecretProof::Timed).build();
    timed.create_audience(&account(), &NewAudience::new("n", "d")).await.unwrap();
    let body = script.last_json();
    assert_eq!(body["appsecret_time"], "1795435200");
    assert_ne!(body["appsecret_proof"], proof);
    assert_eq!(body["appsecret_proof"].as_str().unwrap().len(), 64);
    assert!(script.last().query.is_empty());
}

#[tokio::test]
async fn the_version_is_in_the_path() {
    let script = Script::new().answer(200, OK);
    script.configure().version(GraphVersion::new(25, 0)).build().delete_audience(&audience()).await.unwrap();
    assert_eq!(script.last_line(), "DELETE /v25.0/9");
}

#[tokio::test]
async fn every_stored_body_becomes_its_kind_and_its_retry_class() {
    let rules = include_str!("../data/wire/codes.tsv");
    let mut covered = BTreeSet::new();
    for line in rules.lines().filter(|line| !line.starts_with('#')) {
        let [name, status, kind, retry] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let path = format!("{}/tests/data/wire/codes/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let body = std::fs::read_to_string(&path).unwrap();
        let script = Script::new().answer(status.parse().unwrap(), &body);
        let client = script.configure().retry(RetryPolicy::never()).build();
        let error = client.audience(&audience()).await.unwrap_err();
        assert_eq!(format!("{:?}", error.kind()), kind, "{name}: {error}");
        let api = error.api().unwrap();
        assert_eq!(api.trace_id.as_deref(), Some("AbCdEfGhIjK"));
        let retryable = matches!(retry, "Backoff" | "Once" | "Briefly" | "Throttle" | "Wait" | "Long");
        assert_eq!(error.is_retryable(), retryable, "{name}");
        assert_eq!(error.retry_after().is_some(), matches!(retry, "Throttle" | "Long"), "{name}");
        match lookup(api) {
            Some(row) => {
                assert_eq!(format!("{:?}", row.retry), retry, "{name}");
                assert_eq!(api.remedy.unwrap_or_default(), row.remedy, "{name}");
                covered.insert((row.code, row.subcode, row.message));
            }
            None => assert!(matches!(name, "299" | "-3" | "987654"), "{name} has no row"),
        }
    }
    let missing: Vec<_> = TABLE
        .iter()
        .map(|row| (row.code, row.subcode, row.message))
        .filter(|row| !covered.contains(row))
        .collect();
    assert!(missing.is_empty(), "rows without a stored body: {missing:?}");
    assert_eq!(
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/wire/codes")).unwrap().count(),
        rules.lines().count() - 1,
        "every stored body has its line"
    );
}

#[tokio::test]
async fn a_refusal_that_facebook_calls_passing_is_retryable_whatever_its_code() {
    let body =
        r#"{"error":{"message":"Invalid parameter","type":"OAuthException","code":100,"is_transient":true}}"#;
    let script = Script::new().answer(400, body);
    let error =
        script.configure().retry(RetryPolicy::never()).build().audience(&audience()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.is_retryable());
}

#[tokio::test]
async fn an_error_of_odd_types_keeps_what_can_be_read() {
    for (body, code, subcode) in [
        (
            r#"{"error":{"code":"190","error_subcode":"463","message":17,"error_data":"{\"x\":1}"}}"#,
            190,
            Some(463),
        ),
        (r#"{"error":{"code":190,"error_subcode":{},"is_transient":[1],"message":null}}"#, 190, None),
        (r#"{"error":"invalid_request"}"#, 0, None),
        (r#"{"data":[],"error":{"code":1e999,"message":"m"}}"#, 0, None),
    ] {
        let script = Script::new().answer(400, body);
        let client = script.configure().retry(RetryPolicy::never()).build();
        let error = client.audience(&audience()).await.unwrap_err();
        match error.api() {
            Some(api) => assert_eq!((api.code, api.subcode), (code, subcode), "{body}"),
            None => assert_eq!(error.kind(), ErrorKind::Transport, "{body}"),
        }
    }
}

#[tokio::test]
async fn a_refusal_in_a_200_is_a_refusal() {
    let body = r#"{"error":{"message":"m","code":200,"error_subcode":1870090}}"#;
    let error = Script::new().answer(200, body).client().audience(&audience()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Terms);
    assert!(error.to_string().contains("customaudiences/tos"), "{error}");
    let no = Script::new().answer(200, r#"{"success":false}"#).client();
    assert_eq!(no.delete_audience(&audience()).await.unwrap_err().kind(), ErrorKind::Rejected);
    let old = Script::new().answer(200, "true").client();
    old.delete_audience(&audience()).await.unwrap();
}

#[tokio::test]
async fn what_is_not_json_is_a_transport_error_with_status_and_a_short_clean_snippet() {
    let html = format!(
        "<html>\n<body>Sorry, something went wrong. {} mary@example.com {MARY}</body>",
        "x".repeat(99)
    );
    for (status, body) in [
        (500, html.as_bytes()),
        (200, html.as_bytes()),
        (200, b"".as_slice()),
        (200, br#"{"id":"9","name":"#),
        (200, b"{\"id\":\"9\",\"name\":\"\xe9t\xe9\"}"),
        (502, br#"{"message":"upstream"}"#),
        (302, b"{}"),
        (200, &[b'['; 100_000]),
    ] {
        let script = Script::new().answer_bytes(status, body);
        let client = script.configure().retry(RetryPolicy::never()).build();
        let error = client.audience(&audience()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
        let text = error.to_string();
        assert!(text.contains(&format!("status {status}")), "{text}");
        assert!(text.len() < 300 && !text.contains('\n'), "{text}");
        assert!(!text.contains("mary") && !text.contains(MARY), "{text}");
        assert!(error.api().is_none() && error.is_retryable());
    }
}

#[tokio::test]
async fn json_of_another_shape_is_a_decode_error_that_shows_no_value() {
    for body in [
        "[]",
        "{}",
        r#"{"id":{"mary":1}}"#,
        r#"{"id":"mary@example.com"}"#,
        r#"{"id":"9","approximate_count_lower_bound":"mary@example.com"}"#,
        r#"{"id":"9","name":["mary@example.com"]}"#,
        r#"{"id":"9","time_created":99999999999999999}"#,
        r#"{"id":"9","retention_days":-1}"#,
        r#"{"id":"9","delivery_status":"mary@example.com"}"#,
    ] {
        let error = Script::new().answer(200, body).client().audience(&audience()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}: {error}");
        assert!(!error.is_retryable());
        assert!(!format!("{error:?} {error}").contains("mary"), "{error}");
    }
}

#[tokio::test]
async fn a_message_that_repeats_the_token_is_shown_without_it() {
    let body = r#"{"error":{"message":"Malformed access token EAABsbCS1iHgBAKZCkZBpVZCdVZA7ZAnZBm","code":190,
        "error_user_msg":"mary@example.com"}}"#;
    let error = Script::new().answer(400, body).client().audience(&audience()).await.unwrap_err();
    assert!(!format!("{error:?} {:?}", error.api()).contains("EAAB"), "{error:?}");
    assert!(!format!("{:?}", error.api()).contains("mary"));
}
