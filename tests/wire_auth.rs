//! Who may do what: `authorize` names the first thing that is wrong, and tokens never show.

#[path = "wire/script.rs"]
mod script;

use std::time::Duration;

use audiencekit::facebook::fake::{Edge, Fake, Fault, FaultRule};
use audiencekit::facebook::transport::FakeTransport;
use audiencekit::facebook::{
    AccountStatus, AudienceField, AuthorizationDenied, Caution, GraphClient, LookalikeSpec, MemberOperation,
    NewAudience, ProofForm, SharePermission,
};
use audiencekit::{AccountId, ErrorKind, FacebookClient, MockClient};
use script::{Script, rows, upload};
use time::macros::datetime;

fn app_client(fake: &Fake, token: &str) -> MockClient {
    GraphClient::configure(FakeTransport::new(fake.clone()), token, fake.clone())
        .app_id(fake.app_id())
        .app_secret(fake.app_secret())
        .build()
}

/// Why the first account is denied, and the error that says so.
async fn denied(client: &MockClient) -> (AuthorizationDenied, audiencekit::Error) {
    let error = client.authorize(client.fake().account()).await.unwrap_err();
    let reason = AuthorizationDenied::of(&error).unwrap_or_else(|| panic!("{error:?}")).clone();
    assert!(error.to_string().contains(reason.remedy()), "{error}");
    assert!(!error.is_retryable());
    (reason, error)
}

#[tokio::test]
async fn an_account_with_everything_in_place_is_authorized() {
    let client = MockClient::new();
    let account = client.fake().account();
    for client in [client.clone(), app_client(client.fake(), client.fake().token())] {
        let authorized = client.authorize(account.clone()).await.unwrap();
        assert_eq!(authorized.id(), &account);
        assert_eq!(AccountId::from(&authorized), account);
        assert!(authorized.cautions.is_empty(), "{:?}", authorized.cautions);
        let token = authorized.token.unwrap();
        assert!(token.is_valid && token.has("ads_management"));
        assert_eq!(token.expires_at, None);
    }
    client.fake().assert_clean();
    assert!(client.fake().calls().iter().all(|call| call.url_bytes < 300));
}

#[tokio::test]
async fn each_thing_that_is_wrong_is_named_with_its_remedy_and_link() {
    let client = MockClient::new();
    let (fake, account) = (client.fake().clone(), client.fake().account());

    fake.set_terms_accepted(&account, false);
    let (reason, error) = denied(&client).await;
    assert_eq!(error.kind(), ErrorKind::Terms);
    assert_eq!(
        reason.link(),
        Some("https://business.facebook.com/ads/manage/customaudiences/tos/?act=1234567890")
    );

    fake.set_business(&account, None);
    assert_eq!(denied(&client).await.0, AuthorizationDenied::Business);

    fake.set_account_status(&account, 2);
    let (reason, error) = denied(&client).await;
    assert_eq!(
        reason,
        AuthorizationDenied::Status { status: AccountStatus::Disabled, disable_reason: Some(0) }
    );
    assert_eq!(error.kind(), ErrorKind::Permission);

    fake.restrict_token(fake.token(), &[]);
    assert_eq!(denied(&client).await.0, AuthorizationDenied::NotVisible);

    fake.add_token("READER", &["ads_read"], None);
    let reader = app_client(&fake, "READER");
    let (reason, _) = denied(&reader).await;
    assert_eq!(reason, AuthorizationDenied::Scopes(vec!["ads_management".into()]));

    fake.revoke_token(fake.token(), 460);
    for client in [client, app_client(&fake, fake.token())] {
        let (reason, error) = denied(&client).await;
        assert_eq!((reason, error.kind()), (AuthorizationDenied::Token, ErrorKind::Token));
        assert!(!format!("{error:?}").contains(fake.token()));
    }
}

#[tokio::test]
async fn a_token_that_ends_soon_is_a_caution_and_one_that_ended_a_denial() {
    let fake = Fake::new();
    let end = fake.now() + Duration::from_secs(3 * 24 * 3600);
    fake.add_token("SHORT", &["ads_management", "business_management"], Some(end));
    let client = app_client(&fake, "SHORT");
    let authorized = client.authorize(fake.account()).await.unwrap();
    assert_eq!(authorized.cautions, [Caution::TokenEnds(end)]);
    assert_eq!(authorized.token.unwrap().time_left(fake.now()), Some(Duration::from_secs(3 * 24 * 3600)));
    fake.advance(Duration::from_secs(4 * 24 * 3600));
    assert_eq!(denied(&client).await.0, AuthorizationDenied::Token);
    // The app can still say so itself.
    let info = client.debug_token().await.unwrap();
    assert!(!info.is_valid);
    assert_eq!(info.to_string(), "SYSTEM_USER token, not valid, ends 2026-11-26");
}

#[tokio::test]
async fn what_is_not_about_the_account_is_not_called_a_denial() {
    let client = MockClient::new();
    let broken = Fault::Error { code: 2, subcode: None, is_transient: None };
    client.fake().inject(FaultRule::new(broken).on(Edge::ReadAccount));
    let error = client.authorize(client.fake().account()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(AuthorizationDenied::of(&error).is_none());
}

#[tokio::test]
async fn a_token_that_may_not_inspect_itself_is_judged_by_the_account() {
    let client = MockClient::new();
    let refused = Fault::Error { code: 100, subcode: None, is_transient: None };
    client.fake().inject(FaultRule::new(refused).on(Edge::DebugToken));
    let authorized = client.authorize(client.fake().account()).await.unwrap();
    assert_eq!(authorized.cautions, [Caution::TokenNotInspected]);
    assert!(authorized.token.is_none());
}

#[tokio::test]
async fn a_token_is_exchanged_and_refreshed_and_never_shown() {
    let fake = Fake::new();
    let end = fake.now() + Duration::from_secs(3600);
    fake.add_token("SHORT", &["ads_management"], Some(end));
    let client = app_client(&fake, "SHORT");
    let fresh = client.exchange_token().await.unwrap();
    assert!(fresh.expires_at.unwrap() > fake.now() + Duration::from_secs(50 * 24 * 3600));
    assert_ne!(fresh.token.expose(), "SHORT");
    assert!(!format!("{fresh:?}").contains(fresh.token.expose()));
    fake.advance(Duration::from_secs(2 * 3600));
    assert!(client.ad_account(&fake.account()).await.is_err());
    let renewed = app_client(&fake, fresh.token.expose());
    renewed.ad_account(&fake.account()).await.unwrap();
    renewed.refresh_system_user_token().await.unwrap();
    fake.assert_clean();

    let without_app = MockClient::of(&fake);
    assert_eq!(without_app.exchange_token().await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn tokens_to_inspect_or_exchange_travel_in_the_body() {
    let script = Script::new()
        .answer(200, r#"{"data":{"app_id":1,"type":"USER","is_valid":true,"expires_at":0,"scopes":["ads_read"],"user_id":7,"granular_scopes":[]}}"#)
        .answer(200, r#"{"access_token":"NEW","token_type":"bearer","expires_in":5183944}"#);
    let client = script.configure().app_id("1").app_secret("SECRET").build();
    let info = client.debug_token().await.unwrap();
    assert_eq!((info.app_id.as_deref(), info.expires_at, info.has("ads_read")), (Some("1"), None, true));
    let request = script.last();
    assert_eq!(script.last_line(), "POST /v26.0/debug_token");
    assert_eq!(request.token.unwrap().expose(), "1|SECRET");
    let body = String::from_utf8(request.body.unwrap().bytes).unwrap();
    assert!(body.starts_with("method=GET&input_token=TOKEN&appsecret_proof="), "{body}");

    let fresh = client.exchange_token().await.unwrap();
    assert_eq!(fresh.expires_at, Some(datetime!(2026-11-23 12:00 UTC) + time::Duration::seconds(5_183_944)));
    assert_eq!(script.last_line(), "POST /v26.0/oauth/access_token");
    let body = String::from_utf8(script.last().body.unwrap().bytes).unwrap();
    assert!(
        body.contains(
            "grant_type=fb_exchange_token&client_id=1&client_secret=SECRET&fb_exchange_token=TOKEN"
        )
    );
}

#[tokio::test]
async fn an_app_that_demands_proofs_takes_both_forms() {
    let fake = Fake::new();
    fake.require_proof(true);
    let error = MockClient::of(&fake).ad_account(&fake.account()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Token);
    assert!(error.to_string().contains("app secret"), "{error}");
    for form in [ProofForm::Classic, ProofForm::Timed] {
        let client = GraphClient::configure(FakeTransport::new(fake.clone()), fake.token(), fake.clone())
            .app_secret(fake.app_secret())
            .proof_form(form)
            .build();
        client.ad_account(&fake.account()).await.unwrap();
        client.create_audience(&fake.account(), &NewAudience::new("n", "d")).await.unwrap();
    }
}

#[tokio::test]
async fn a_timed_proof_is_made_anew_for_each_sending() {
    let fake = Fake::new();
    fake.require_proof(true);
    // Ten minutes of throttling between two sendings: an old proof would be refused.
    let throttle = Fault::Error { code: 80_003, subcode: None, is_transient: None };
    fake.inject(FaultRule::new(throttle).on(Edge::ReadAccount).first(4));
    let client = GraphClient::configure(FakeTransport::new(fake.clone()), fake.token(), fake.clone())
        .app_secret(fake.app_secret())
        .proof_form(ProofForm::Timed)
        .retry(audiencekit::facebook::RetryPolicy::default().budget(Duration::from_secs(3600)))
        .build();
    let before = fake.now();
    client.ad_account(&fake.account()).await.unwrap();
    assert!(fake.now() - before > Duration::from_secs(600));
}

#[tokio::test]
async fn lookalikes_sharing_and_isolation_work_against_the_fake() {
    let client = MockClient::new();
    let (fake, account) = (client.fake().clone(), client.fake().account());
    let seed = client.create_audience(&account, &NewAudience::new("seed", "d")).await.unwrap();
    let people: Vec<String> = (0..200).map(|n| format!("person{n}@example.com")).collect();
    let people = rows(&people.iter().map(String::as_str).collect::<Vec<_>>());
    let done = client.upload_isolating(MemberOperation::Add, &seed, &upload(&people)).await.unwrap();
    assert_eq!((done.num_received, done.calls, done.refused.len()), (200, 1, 0));
    fake.advance(Duration::from_secs(3600));

    for spec in [
        LookalikeSpec::similarity("PL"),
        LookalikeSpec::reach("PL"),
        LookalikeSpec::ratio_percent(3, "PL").starting_percent(1),
    ] {
        let like = client.create_lookalike(&account, "like", &seed, &spec).await.unwrap();
        let read = client.audience_with(&like, &[AudienceField::Subtype]).await.unwrap();
        assert_eq!(read.subtype.as_deref(), Some("LOOKALIKE"));
        assert_eq!(client.delete_audience(&seed).await.unwrap_err().kind(), ErrorKind::Rejected);
        client.delete_audience(&like).await.unwrap();
    }

    let other: AccountId = "act_77".parse().unwrap();
    fake.add_account(&other);
    client.share_audience(&seed, std::slice::from_ref(&other), SharePermission::default()).await.unwrap();
    assert_eq!(client.audience_recipients(&seed, None).await.unwrap().items, std::slice::from_ref(&other));
    client.unshare_audience(&seed, &[other]).await.unwrap();
    assert!(client.audience_recipients(&seed, None).await.unwrap().items.is_empty());

    let sessions = client.upload_sessions(&seed, None).await.unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].num_received, Some(200));
    let listed = client.list_audiences(&account, Default::default()).collect_all().await.unwrap();
    assert_eq!(listed.len(), 1);
    fake.assert_clean();
}

#[tokio::test]
async fn too_many_rows_for_facebook_are_halved_until_it_takes_them() {
    let client = MockClient::new();
    client.fake().configure(|settings| settings.max_rows = 60);
    let seed = client.create_audience(&client.fake().account(), &NewAudience::new("n", "d")).await.unwrap();
    let people: Vec<String> = (0..200).map(|n| format!("person{n}@example.com")).collect();
    let people = rows(&people.iter().map(String::as_str).collect::<Vec<_>>());
    let done = client.upload_isolating(MemberOperation::Add, &seed, &upload(&people)).await.unwrap();
    assert_eq!((done.num_received, done.refused.len(), done.next_batch_seq), (200, 0, 5));
    assert_eq!(client.fake().member_count(&seed), 200);
}
