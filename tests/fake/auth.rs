//! Tokens, permissions, proofs, terms.

use audiencekit::facebook::fake::{Edge, Fake, FakeRequest, TermsCode};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use super::desk::{ACCOUNT, Desk, FORM, Refused, emails, refused};

fn read_account(fake: &Fake, token: &str) -> Refused {
    refused(&fake.handle(&FakeRequest::new("GET", &format!("/v26.0/{ACCOUNT}")).bearer(token)))
}

#[test]
fn a_bad_token_answers_190_with_its_subcode() {
    let desk = Desk::new();
    let fake = &desk.0;
    assert_eq!(read_account(fake, "EAAunknown"), Refused(400, 190, None));
    let end = fake.now() + time::Duration::seconds(10);
    fake.add_token("EAAshort", &["ads_read"], Some(end));
    assert_eq!(read_account(fake, "EAAshort"), Refused(200, 0, None));
    desk.wait(10);
    assert_eq!(read_account(fake, "EAAshort"), Refused(400, 190, Some(463)));
    fake.configure(|settings| settings.token_status = 401);
    for subcode in [458, 459, 460, 464, 467] {
        fake.revoke_token(fake.token(), subcode);
        assert_eq!(read_account(fake, fake.token()), Refused(401, 190, Some(subcode)));
    }
    let reply = desk.get(ACCOUNT);
    assert!(reply.header("www-authenticate").unwrap().contains("invalid_token"));
}

#[test]
fn a_token_can_die_and_lose_scopes_in_the_middle_of_a_run() {
    let desk = Desk::new();
    let id = desk.create("a");
    assert_eq!(desk.add(&id, &emails(0..1)).status, 200);
    desk.0.add_token(desk.0.token(), &["ads_read"], None);
    assert_eq!(refused(&desk.add(&id, &emails(1..2))), Refused(400, 294, None));
    assert_eq!(desk.get(&id).status, 200);
    desk.0.revoke_token(desk.0.token(), 460);
    assert_eq!(refused(&desk.add(&id, &emails(1..2))), Refused(400, 190, Some(460)));
    assert_eq!(desk.count(&id), 1);
}

#[test]
fn permissions_are_told_apart() {
    let desk = Desk::new();
    desk.0.add_token("EAAnothing", &["email"], None);
    assert_eq!(read_account(&desk.0, "EAAnothing"), Refused(400, 200, None));
    desk.0.add_token("EAAother", &["ads_management"], None);
    desk.0.restrict_token("EAAother", &["act_99".parse().unwrap()]);
    assert_eq!(read_account(&desk.0, "EAAother"), Refused(400, 100, Some(33)));
    let id = desk.create("a");
    let foreign = FakeRequest::new("GET", &format!("/v26.0/{id}")).bearer("EAAother");
    assert_eq!(refused(&desk.0.handle(&foreign)), Refused(400, 100, Some(33)));
    assert_eq!(refused(&desk.get("4242")), Refused(400, 100, Some(33)));
    assert_eq!(refused(&desk.get("act_4242")), Refused(400, 100, Some(33)));
    desk.0.configure(|settings| settings.app_in_development = true);
    assert_eq!(refused(&desk.get(&id)), Refused(400, 270, None));
}

fn proof(secret: &str, message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn both_forms_of_proof_are_checked_when_given_and_when_required() {
    let desk = Desk::new();
    let (fake, token, secret) = (&desk.0, desk.0.token(), desk.0.app_secret());
    fake.require_proof(true);
    let reply = desk.get(ACCOUNT);
    assert_eq!(refused(&reply), Refused(400, 100, None));
    assert_eq!(reply.json()["error"]["type"], "GraphMethodException");
    assert_eq!(desk.get(&format!("{ACCOUNT}?appsecret_proof=abc")).status, 400);
    let classic = proof(secret, token);
    assert_eq!(desk.get(&format!("{ACCOUNT}?appsecret_proof={classic}")).status, 200);
    let now = fake.now().unix_timestamp();
    let timed = format!(
        "{ACCOUNT}?appsecret_proof={}&appsecret_time={now}",
        proof(secret, &format!("{token}|{now}"))
    );
    assert_eq!(desk.get(&timed).status, 200);
    desk.wait(301);
    assert_eq!(desk.get(&timed).status, 400);
}

#[test]
fn debug_token_tells_scopes_expiry_and_why_a_token_is_no_good() {
    let desk = Desk::new();
    let end = desk.0.now() + time::Duration::seconds(60);
    desk.0.add_token("EAAshort", &["ads_read"], Some(end));
    let inspect = || desk.get("debug_token?input_token=EAAshort").json()["data"].clone();
    let data = inspect();
    assert_eq!(data["is_valid"], true);
    assert_eq!(data["scopes"], json!(["ads_read"]));
    assert_eq!(data["expires_at"], end.unix_timestamp());
    assert_eq!(data["app_id"], desk.0.app_id());
    desk.wait(60);
    let data = inspect();
    assert_eq!(data["is_valid"], false);
    assert_eq!(data["error"]["subcode"], 463);
    let app_token = format!("{}|{}", desk.0.app_id(), desk.0.app_secret());
    let call = FakeRequest::new("GET", "/v26.0/debug_token?input_token=EAAshort").bearer(&app_token);
    assert_eq!(desk.0.handle(&call).status, 200);
}

#[test]
fn a_live_token_is_exchanged_and_a_dead_one_is_not() {
    let desk = Desk::new();
    let app = format!("client_id={}&client_secret={}", desk.0.app_id(), desk.0.app_secret());
    let end = desk.0.now() + time::Duration::seconds(60);
    desk.0.add_token("EAAshort", &["ads_read"], Some(end));
    let exchange = || {
        let target = format!(
            "/v26.0/oauth/access_token?grant_type=fb_exchange_token&{app}&fb_exchange_token=EAAshort"
        );
        desk.0.handle(&FakeRequest::new("GET", &target))
    };
    let reply = exchange().json();
    assert_eq!(
        (reply["token_type"].as_str(), reply["expires_in"].as_i64()),
        (Some("bearer"), Some(5_183_944))
    );
    let fresh = reply["access_token"].as_str().unwrap().to_owned();
    desk.wait(61);
    assert_eq!(refused(&exchange()), Refused(400, 190, Some(463)));
    assert_eq!(read_account(&desk.0, &fresh), Refused(200, 0, None));
    let revoke = FakeRequest::new("GET", &format!("/v26.0/oauth/revoke?{app}&revoke_token={fresh}"));
    assert_eq!(desk.0.handle(&revoke).status, 200);
    assert_eq!(read_account(&desk.0, &fresh), Refused(400, 190, Some(467)));
}

#[test]
fn accounts_are_listed_page_by_page_and_read_with_their_terms() {
    let desk = Desk::new();
    for number in 1..=5 {
        desk.0.add_account(&format!("act_{number}").parse().unwrap());
    }
    let first = desk.get("me/adaccounts?limit=4&fields=name,account_status").json();
    assert_eq!(first["data"].as_array().unwrap().len(), 4);
    let after = first["paging"]["cursors"]["after"].as_str().unwrap();
    let second = desk.get(&format!("me/adaccounts?limit=4&after={after}")).json();
    assert_eq!(second["data"].as_array().unwrap().len(), 2);
    assert!(second["paging"].get("next").is_none());
    let account = desk.get(&format!("{ACCOUNT}?fields=tos_accepted,account_status,business")).json();
    assert_eq!(account["tos_accepted"]["custom_audience_tos"], 1);
    assert_eq!(account["account_status"], 1);
    assert_eq!(desk.0.count(Edge::ListAccounts), 2);
}

#[test]
fn without_the_terms_nothing_is_created_edited_or_filled() {
    let desk = Desk::new();
    let id = desk.create("a");
    let account = desk.0.account();
    desk.0.set_terms_accepted(&account, false);
    let new = json!({ "name": "b", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY" });
    let create = || refused(&desk.post(&format!("{ACCOUNT}/customaudiences"), &new));
    assert_eq!(create(), Refused(400, 200, Some(1870090)));
    assert_eq!(refused(&desk.post(&id, &json!({ "name": "c" }))), Refused(400, 200, Some(1870090)));
    assert_eq!(refused(&desk.add(&id, &emails(0..1))), Refused(400, 200, Some(1870090)));
    desk.0.configure(|settings| settings.terms = TermsCode::Code200Subcode1870034);
    assert_eq!(create(), Refused(400, 200, Some(1870034)));
    desk.0.configure(|settings| settings.terms = TermsCode::Code2663);
    assert_eq!(create(), Refused(400, 2663, None));
    desk.0.configure(|settings| settings.terms = TermsCode::Code2664);
    assert_eq!(create(), Refused(400, 2664, None));
    desk.0.configure(|settings| settings.terms = TermsCode::Code2655);
    assert_eq!(create(), Refused(400, 2655, None));
    assert!(desk.get(&format!("{ACCOUNT}?fields=tos_accepted")).json().get("tos_accepted").is_none());
    let accepted = desk.post(&format!("{ACCOUNT}/customaudiencestos"), &json!({ "tos_id": "1" }));
    assert_eq!(accepted.status, 200);
    assert_eq!(create(), Refused(200, 0, None));
    desk.0.set_business(&account, None);
    assert_eq!(create(), Refused(400, 200, Some(1870050)));
}

#[test]
fn a_token_is_read_from_a_form_too() {
    let desk = Desk::new();
    let body = format!(
        "access_token={}&name=a&subtype=CUSTOM&customer_file_source=USER_PROVIDED_ONLY",
        desk.0.token()
    );
    let call = FakeRequest::new("POST", &format!("/v26.0/{ACCOUNT}/customaudiences")).body(FORM, body);
    assert_eq!(desk.0.handle(&call).status, 200);
    desk.0.assert_clean();
}
