//! Who may do what: `authorize` names the first thing that is wrong, and tokens never show.

use std::time::Duration;

use crate::script::{Script, rows, upload};
use audiencekit::facebook::fake::{Edge, Fake, Fault, FaultRule};
use audiencekit::facebook::transport::FakeTransport;
use audiencekit::facebook::{
    AccountStatus, AccountWarning, AppSecretProof, AudienceField, AudienceQuery, AuthorizationDenied,
    BusinessAccounts, BusinessId, GraphClient, ListRequest, LookalikeSpec, MemberOperation, NewAudience,
    SharePermission, SystemUserId, TokenLifetime,
};
use audiencekit::{AccountId, ErrorKind, FacebookClient, ManualClock, MockClient};
use time::macros::datetime;

const OK: &str = r#"{"success":true}"#;

fn app_client(fake: &Fake, token: &str) -> MockClient {
    GraphClient::builder_with_transport(FakeTransport::new(fake.clone()), token, fake.clone())
        .app_id(fake.app_id())
        .app_secret(fake.app_secret())
        .build()
        .into()
}

/// Why the first account is denied, and the error that says so.
async fn denied(client: &MockClient) -> (AuthorizationDenied, audiencekit::Error) {
    let error = client.authorize(client.fake().account()).await.unwrap_err();
    let reason = error.authorization().unwrap_or_else(|| panic!("{error:?}")).clone();
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
        assert!(authorized.warnings.is_empty(), "{:?}", authorized.warnings);
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

    assert!(reason.remedy().contains("not a system user"), "{}", reason.remedy());
    let settings = "https://business.facebook.com/settings/ad-accounts";

    fake.set_business(&account, None);
    let (reason, error) = denied(&client).await;
    assert_eq!((&reason, error.kind()), (&AuthorizationDenied::Business, ErrorKind::Permission));
    assert_eq!(
        (reason.link(), reason.remedy()),
        (Some(settings), "add the ad account to a business in Meta Business Suite")
    );

    fake.set_user_tasks(&account, &["ANALYZE"]);
    let (reason, error) = denied(&client).await;
    assert_eq!((&reason, error.kind()), (&AuthorizationDenied::Role, ErrorKind::Permission));
    assert_eq!(reason.link(), Some(settings));
    assert!(reason.remedy().contains("Manage campaigns"), "{}", reason.remedy());

    for (number, status) in [
        (2, AccountStatus::Disabled),
        (3, AccountStatus::Unsettled),
        (7, AccountStatus::PendingRiskReview),
        (8, AccountStatus::PendingSettlement),
        (100, AccountStatus::PendingClosure),
        (101, AccountStatus::Closed),
        (202, AccountStatus::AnyClosed),
    ] {
        fake.set_account_status(&account, number);
        let (reason, error) = denied(&client).await;
        assert_eq!(reason, AuthorizationDenied::Status { status, disable_reason: Some(0) });
        assert_eq!(error.kind(), ErrorKind::Permission);
        assert_eq!(reason.link(), Some("https://business.facebook.com/accountquality"));
        assert!(reason.remedy().contains("Ads Manager"), "{}", reason.remedy());
    }

    fake.restrict_token(fake.token(), &[]);
    let (reason, error) = denied(&client).await;
    assert_eq!((&reason, error.kind()), (&AuthorizationDenied::NotVisible, ErrorKind::NotFound));
    assert_eq!(reason.link(), Some(settings));
    assert!(reason.remedy().contains("assign the token's owner"), "{}", reason.remedy());

    fake.add_token("READER", &["ads_read"], None);
    let reader = app_client(&fake, "READER");
    let (reason, error) = denied(&reader).await;
    assert_eq!(reason, AuthorizationDenied::Scopes(vec!["ads_management".into()]));
    assert_eq!(
        (reason.link(), error.kind()),
        (Some("https://developers.facebook.com/tools/explorer"), ErrorKind::Permission)
    );
    assert!(error.to_string().contains("lacks ads_management"), "{error}");

    fake.revoke_token(fake.token(), 460);
    for client in [client, app_client(&fake, fake.token())] {
        let (reason, error) = denied(&client).await;
        assert_eq!(
            (reason.link(), reason.remedy()),
            (None, "get a new access token and have its owner log in again")
        );
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
    assert_eq!(authorized.warnings, [AccountWarning::TokenExpires(end)]);
    assert_eq!(authorized.token.unwrap().time_left(fake.now()), Some(Duration::from_secs(3 * 24 * 3600)));
    fake.advance(Duration::from_secs(4 * 24 * 3600));
    assert_eq!(denied(&client).await.0, AuthorizationDenied::Token);
    // The app can still say so itself.
    let info = client.debug_token().await.unwrap();
    assert!(!info.is_valid);
    assert_eq!(info.to_string(), "SYSTEM_USER token, not valid, ends 2026-11-26");
}

#[tokio::test]
async fn why_an_account_was_disabled_is_named_where_it_is_known() {
    for (number, shown) in [
        (0, "Disabled"),
        (3, "Disabled (RISK_PAYMENT)"),
        (15, "Disabled (COMPROMISED_AD_ACCOUNT)"),
        (99, "Disabled (reason 99)"),
    ] {
        let script = Script::new()
            .answer(200, r#"{"data":{"is_valid":true,"scopes":["ads_management"]}}"#)
            .answer(200, &format!(r#"{{"id":"act_1","account_status":2,"disable_reason":{number}}}"#));
        let error = script.client().authorize("act_1".parse().unwrap()).await.unwrap_err();
        assert!(error.to_string().contains(&format!("the ad account is {shown};")), "{error}");
    }
}

#[tokio::test]
async fn what_is_due_or_could_not_be_seen_is_a_caution() {
    let fake = Fake::new();
    let account = fake.account();
    fake.set_account_status(&account, 9);
    let client = app_client(&fake, fake.token());
    let warnings = |client: MockClient| {
        let account = account.clone();
        async move { client.authorize(account).await.unwrap().warnings }
    };
    assert_eq!(warnings(client.clone()).await, [AccountWarning::Status(AccountStatus::InGracePeriod)]);
    fake.set_account_status(&account, 77);
    assert_eq!(warnings(client).await, [AccountWarning::Status(AccountStatus::Other(77))]);
    fake.set_account_status(&account, 201);
    // Without business_management Facebook may not show the business, so its absence says nothing.
    fake.add_token("NARROW", &["ads_management"], None);
    assert!(warnings(app_client(&fake, "NARROW")).await.is_empty());
    let narrow =
        Script::new().answer(200, r#"{"data":{"is_valid":true,"scopes":["ads_management"]}}"#).answer(
            200,
            r#"{"id":"act_1234567890","account_status":1,"tos_accepted":{"custom_audience_tos":1}}"#,
        );
    let authorized = narrow.client().authorize(account.clone()).await.unwrap();
    assert_eq!(authorized.warnings, [AccountWarning::BusinessNotVisible]);
}

#[tokio::test]
async fn what_is_not_about_the_account_is_not_called_a_denial() {
    let client = MockClient::new();
    let broken = Fault::Error { code: 2, subcode: None, is_transient: None };
    client.fake().inject(FaultRule::new(broken).on(Edge::ReadAccount));
    let error = client.authorize(client.fake().account()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.authorization().is_none());
}

#[tokio::test]
async fn a_token_that_may_not_inspect_itself_is_judged_by_the_account() {
    let client = MockClient::new();
    let refused = Fault::Error { code: 100, subcode: None, is_transient: None };
    client.fake().inject(FaultRule::new(refused).on(Edge::DebugToken));
    let authorized = client.authorize(client.fake().account()).await.unwrap();
    assert_eq!(authorized.warnings, [AccountWarning::TokenNotInspected]);
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

    let without_app = MockClient::with_fake(&fake);
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
async fn a_system_user_gets_an_app_and_tokens_that_end_and_are_taken_back() {
    let fake = Fake::new();
    let user: SystemUserId = "500600700".parse().unwrap();
    let admin = app_client(&fake, fake.token());
    let make = |life| admin.create_system_user_token(&user, &["ads_management", "ads_read"], life);
    assert_eq!(admin.install_app(&user).await.unwrap_err().kind(), ErrorKind::NotFound);
    fake.add_system_user(&user);
    assert_eq!(make(TokenLifetime::Endless).await.unwrap_err().kind(), ErrorKind::Permission, "no app yet");
    admin.install_app(&user).await.unwrap();

    let endless = make(TokenLifetime::Endless).await.unwrap();
    assert_eq!(endless.expires_at, None);
    let ending = make(TokenLifetime::SixtyDays).await.unwrap();
    assert_eq!(ending.expires_at, Some(fake.now() + Duration::from_secs(60 * 86_400)));
    let made = app_client(&fake, ending.token.expose());
    let info = made.debug_token().await.unwrap();
    assert_eq!((info.expires_at, info.user_id.as_deref()), (ending.expires_at, Some("500600700")));
    assert_eq!(info.scopes, ["ads_management", "ads_read"]);
    assert_eq!(
        (info.granular_scopes[0].scope.as_str(), info.application.as_deref()),
        ("ads_management", Some("Fake app"))
    );
    made.ad_account(&fake.account()).await.unwrap();

    admin.revoke_token(&ending.token).await.unwrap();
    assert_eq!(made.ad_account(&fake.account()).await.unwrap_err().kind(), ErrorKind::Token);
    assert!(!made.debug_token().await.unwrap().is_valid);
    app_client(&fake, endless.token.expose()).ad_account(&fake.account()).await.unwrap();
    fake.assert_clean();
    for call in fake.calls() {
        assert!(call.url_bytes < 300, "nothing secret in a URL: {call:?}");
    }
    let without_app = MockClient::with_fake(&fake);
    assert_eq!(without_app.install_app(&user).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(without_app.revoke_token(&endless.token).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_token_whose_making_is_unknown_is_not_made_again_and_none_is_in_a_url() {
    let script = Script::new()
        .answer(200, OK)
        .answer(200, r#"{"access_token":"MADE","expires_in":7}"#)
        .answer(200, OK)
        .answer(500, "<html>");
    let client = script.configure().app_id("1").app_secret("SECRET").build();
    let user: SystemUserId = "5".parse().unwrap();
    let body = || String::from_utf8(script.last().body.unwrap().bytes).unwrap();
    client.install_app(&user).await.unwrap();
    assert_eq!(script.last_line(), "POST /v26.0/5/applications");
    assert!(body().starts_with("business_app=1&appsecret_proof="), "{}", body());
    let made = client.create_system_user_token(&user, &["a", "b"], TokenLifetime::SixtyDays).await.unwrap();
    assert_eq!(script.last_line(), "POST /v26.0/5/access_tokens");
    assert!(
        body().starts_with("business_app=1&scope=a%2Cb&set_token_expires_in_60_days=true&appsecret_proof=")
    );
    assert_eq!(made.expires_at, Some(datetime!(2026-11-23 12:00:07 UTC)));
    assert!(!format!("{made:?}").contains("MADE"));
    client.revoke_token(&made.token).await.unwrap();
    assert_eq!(script.last_line(), "POST /v26.0/oauth/revoke");
    assert!(
        body().starts_with("method=GET&client_id=1&client_secret=SECRET&revoke_token=MADE&"),
        "{}",
        body()
    );

    let error = client.create_system_user_token(&user, &["a"], TokenLifetime::Endless).await.unwrap_err();
    assert!(!error.is_retryable());
    assert_eq!(script.calls(), 4);
}

#[tokio::test]
async fn the_accounts_of_a_business_its_terms_and_ads_are_there_against_the_fake() {
    let client = MockClient::new();
    let (fake, account) = (client.fake().clone(), client.fake().account());
    let (agency, owner): (BusinessId, BusinessId) =
        ("900".parse().unwrap(), "300400500600700".parse().unwrap());
    for number in 1..=30 {
        fake.add_account(&format!("act_77{number:02}").parse().unwrap());
    }
    fake.add_client(&agency, &account, &["ANALYZE"]);
    let all = |business, which, list| client.list_business_ad_accounts(business, which, list).collect_all();
    assert_eq!(all(&owner, BusinessAccounts::Owned, ListRequest::new().limit(7)).await.unwrap().len(), 31);
    assert_eq!(
        all(&owner, BusinessAccounts::Owned, ListRequest::new().name_contains("7712")).await.unwrap().len(),
        1
    );
    assert!(all(&owner, BusinessAccounts::Client, ListRequest::new()).await.unwrap().is_empty());
    let clients = all(&agency, BusinessAccounts::Client, ListRequest::new()).await.unwrap();
    assert_eq!(
        (&clients[0].id, clients[0].permitted_tasks.as_slice()),
        (&account, &["ANALYZE".to_owned()][..])
    );
    let stranger = "1".parse().unwrap();
    assert_eq!(
        all(&stranger, BusinessAccounts::Owned, ListRequest::new()).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    fake.add_token("READER", &["ads_read"], None);
    let reader = app_client(&fake, "READER");
    let refused = reader.business_ad_accounts(&owner, BusinessAccounts::Owned, &ListRequest::new()).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Permission);

    fake.set_terms_accepted(&account, false);
    let denied = client.create_audience(&account, &NewAudience::new("n", "d")).await.unwrap_err();
    assert_eq!(denied.kind(), ErrorKind::Terms);
    let terms = client.audience_terms(&account).await.unwrap();
    client.accept_audience_terms(&account, &terms[0].id, Some(&owner)).await.unwrap();
    assert_eq!(client.ad_account(&account).await.unwrap().terms_accepted, Some(true));
    let id = client.create_audience(&account, &NewAudience::new("n", "d")).await.unwrap();

    assert!(client.audience_ads(&id, &[]).await.unwrap().is_empty());
    let active = fake.advertise(&id, "Spring", "ACTIVE");
    fake.advertise(&id, "Winter", "PAUSED");
    assert_eq!(client.audience_ads(&id, &[]).await.unwrap().len(), 2);
    let ads = client.audience_ads(&id, &["ACTIVE"]).await.unwrap();
    assert_eq!((ads.len(), &ads[0].id, ads[0].name.as_deref()), (1, &active, Some("Spring")));
}

#[tokio::test]
async fn an_app_that_demands_proofs_takes_both_forms() {
    let fake = Fake::new();
    fake.require_proof(true);
    let error = MockClient::with_fake(&fake).ad_account(&fake.account()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Token);
    assert!(error.to_string().contains("app secret"), "{error}");
    for form in [AppSecretProof::Classic, AppSecretProof::Timed] {
        let client = MockClient::builder(&fake).app_secret(fake.app_secret()).proof_form(form).build();
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
    let client = MockClient::builder(&fake)
        .app_secret(fake.app_secret())
        .proof_form(AppSecretProof::Timed)
        .retry(audiencekit::facebook::RetryPolicy::default().budget(Duration::from_secs(3600)))
        .build();
    let before = fake.now();
    client.ad_account(&fake.account()).await.unwrap();
    assert!(fake.now() - before > Duration::from_secs(600));
}

#[tokio::test]
async fn a_client_whose_clock_is_wrong_is_refused_its_timed_proof_only() {
    let fake = Fake::new();
    fake.require_proof(true);
    let client = |form, clock: ManualClock| {
        GraphClient::builder_with_transport(FakeTransport::new(fake.clone()), fake.token(), clock)
            .app_secret(fake.app_secret())
            .proof_form(form)
            .build()
    };
    for (minutes, holds) in [(-6, false), (-4, true), (4, true), (6, false)] {
        let skewed = ManualClock::new(fake.now() + time::Duration::minutes(minutes));
        let timed = client(AppSecretProof::Timed, skewed.clone()).ad_account(&fake.account()).await;
        assert_eq!(
            timed.map_err(|error| error.kind()).map(drop),
            if holds { Ok(()) } else { Err(ErrorKind::Token) }
        );
        client(AppSecretProof::Classic, skewed).ad_account(&fake.account()).await.unwrap();
    }
}

#[tokio::test]
async fn lookalikes_sharing_and_isolation_work_against_the_fake() {
    let client = MockClient::new();
    let (fake, account) = (client.fake().clone(), client.fake().account());
    let seed = client.create_audience(&account, &NewAudience::new("seed", "d")).await.unwrap();
    let people: Vec<String> = (0..200).map(|n| format!("person{n}@example.com")).collect();
    let people = rows(&people.iter().map(String::as_str).collect::<Vec<_>>());
    let done = client.upload_bisecting(MemberOperation::Add, &seed, &upload(&people)).await.unwrap();
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
        let made =
            client.audience_with(&like, &[AudienceField::LookalikeSpec]).await.unwrap().lookalike.unwrap();
        assert_eq!((made.origins[0].id.as_str(), made.ratio_percent), (seed.as_str(), spec.ratio_percent));
        assert_eq!(client.delete_audience(&seed).await.unwrap_err().kind(), ErrorKind::Rejected);
        client.delete_audience(&like).await.unwrap();
    }

    let other: AccountId = "act_77".parse().unwrap();
    fake.add_account(&other);
    client.share_audience(&seed, std::slice::from_ref(&other), SharePermission::default()).await.unwrap();
    assert_eq!(client.audience_recipients(&seed, None).await.unwrap().items, std::slice::from_ref(&other));
    let seen = AudienceQuery::new().fields([AudienceField::SharingStatus]).seen_by(other.clone());
    assert_eq!(client.read_audience(&seed, &seen).await.unwrap().sharing_status.as_deref(), Some("SHARED"));
    assert_eq!(
        client.shared_account_info(&seed).await.unwrap()[0].business_name.as_deref(),
        Some("Fake business")
    );
    client.unshare_audience(&seed, &[other]).await.unwrap();
    // Neither owner nor recipient any more.
    let refused = client.read_audience(&seed, &seen).await.unwrap_err();
    assert_eq!((refused.kind(), refused.api().unwrap().code), (ErrorKind::Permission, 1_487_301));
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
    let done = client.upload_bisecting(MemberOperation::Add, &seed, &upload(&people)).await.unwrap();
    assert_eq!((done.num_received, done.refused.len(), done.next_batch_seq), (200, 0, 5));
    assert_eq!(client.fake().member_count(&seed), 200);
}
