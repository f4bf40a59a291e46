//! What goes wrong on the way, and what must not come of it.

use std::time::Duration;

use super::bench::Bench;
use super::check::promises;
use super::outcome::{Outcome, ok, refused, same, sure};
use super::uploads::{fingerprints, people};
use crate::error::{Error, ErrorKind};
use crate::facebook::fake::{Edge, Fake, Fault, FaultRule};
use crate::facebook::{AccessTier, FacebookClient, ListRequest};

fn error(code: i64, subcode: Option<i64>) -> Fault {
    Fault::Error { code, subcode, is_transient: None }
}

/// Adds people while the first call on the edge suffers `fault`, which the client must get over.
async fn survives(bench: &Bench, fake: &Fake, fault: Fault) -> Outcome {
    let id = bench.create().await?;
    fake.inject(FaultRule::new(fault).on(Edge::AddUsers).first(1));
    let rows = people(0..20)?;
    ok(bench.add(&id, &rows).await)?;
    same!(fake.members(&id), fingerprints(&rows));
    same!(fake.count(Edge::AddUsers), 2);
    fake.assert_clean();
    Ok(())
}

/// The error of reading an audience while Facebook answers with this code; it must be asked `calls` times.
async fn read_error(
    bench: &Bench,
    fake: &Fake,
    fault: Fault,
    kind: ErrorKind,
    calls: u64,
) -> Result<Error, String> {
    let id = bench.create().await?;
    fake.inject(FaultRule::new(fault).on(Edge::ReadAudience));
    let error = refused(bench.client.audience(&id).await, kind)?;
    same!(fake.count(Edge::ReadAudience), calls);
    Ok(error)
}

promises! {
    faked an_upload_survives_a_connection_that_drops_before_it(bench, fake) {
        survives(&bench, &fake, Fault::DropBefore).await?;
    }

    faked an_upload_survives_the_loss_of_its_reply(bench, fake) {
        survives(&bench, &fake, Fault::DropReply).await?;
    }

    faked an_upload_survives_a_reset(bench, fake) {
        survives(&bench, &fake, Fault::Reset).await?;
    }

    faked an_upload_survives_half_a_reply(bench, fake) {
        survives(&bench, &fake, Fault::Truncate(17)).await?;
    }

    faked an_upload_survives_a_page_of_html(bench, fake) {
        survives(&bench, &fake, Fault::Html(500)).await?;
    }

    faked an_upload_survives_a_bad_gateway(bench, fake) {
        survives(&bench, &fake, Fault::Body { status: 502, body: "{\"message\":\"upstream\"}".to_owned() }).await?;
    }

    faked an_upload_survives_a_temporary_outage(bench, fake) {
        survives(&bench, &fake, error(2, None)).await?;
    }

    faked an_upload_survives_an_unknown_error_that_may_pass(bench, fake) {
        survives(&bench, &fake, error(1, None)).await?;
    }

    faked an_upload_survives_too_many_requests(bench, fake) {
        survives(&bench, &fake, Fault::TooManyRequests).await?;
    }

    faked an_upload_survives_a_throttle(bench, fake) {
        let before = fake.now();
        survives(&bench, &fake, error(80_003, Some(2_446_079))).await?;
        sure!(fake.now() > before, "it did not wait");
    }

    faked an_upload_survives_the_limit_of_the_account(bench, fake) {
        survives(&bench, &fake, error(17, Some(2_446_079))).await?;
    }

    faked an_upload_survives_the_limit_of_the_app(bench, fake) {
        survives(&bench, &fake, error(4, None)).await?;
    }

    faked an_upload_survives_an_audience_that_is_too_fresh(bench, fake) {
        survives(&bench, &fake, error(803, None)).await?;
    }

    faked an_upload_that_arrives_twice_counts_once(bench, fake) {
        let id = bench.create().await?;
        fake.inject(FaultRule::new(Fault::Duplicate).on(Edge::AddUsers));
        let rows = people(0..20)?;
        ok(bench.add(&id, &rows).await)?;
        same!(fake.members(&id), fingerprints(&rows));
    }

    faked a_removal_survives_the_loss_of_its_reply(bench, fake) {
        fake.configure(|settings| settings.removal_floor = 0);
        let id = bench.create().await?;
        ok(bench.add(&id, &people(0..9)?).await)?;
        fake.inject(FaultRule::new(Fault::DropReply).on(Edge::RemoveUsers).first(1));
        ok(bench.remove(&id, &people(0..4)?).await)?;
        same!(fake.members(&id), fingerprints(&people(4..9)?));
    }

    faked a_lost_reply_to_a_create_does_not_make_two(bench, fake) {
        fake.inject(FaultRule::new(Fault::DropReply).on(Edge::CreateAudience).first(1));
        let made = bench.client.create_audience(&bench.account, &bench.new_audience()).await;
        let error = made.err().ok_or("the lost reply was not noticed")?;
        sure!(!error.is_retryable(), "{error} is called retryable");
        same!(fake.audiences().len(), 1);
    }

    faked a_lost_reply_to_fetch_or_create_is_asked_for_again(bench, fake) {
        fake.inject(FaultRule::new(Fault::DropReply).on(Edge::CreateAudience).first(1));
        let mut audience = bench.new_audience();
        audience.enable_fetch_or_create = true;
        let id = bench.create_as(&audience).await?;
        same!(fake.audiences(), [id]);
    }

    faked a_lost_reply_to_a_delete_is_a_delete(bench, fake) {
        let id = bench.create().await?;
        fake.inject(FaultRule::new(Fault::DropReply).on(Edge::DeleteAudience).first(1));
        bench.tidy(&id).await?;
        sure!(fake.audiences().is_empty(), "it is still there");
    }

    faked a_list_survives_faults_on_its_pages(bench, fake) {
        for _ in 0..6 {
            bench.create().await?;
        }
        fake.inject(FaultRule::new(Fault::Html(500)).on(Edge::ListAudiences).every(2));
        same!(bench.list(ListRequest::new().limit(2)).await?.len(), 6);
    }

    faked an_outage_without_end_is_given_up(bench, fake) {
        let error = read_error(&bench, &fake, error(2, None), ErrorKind::Unavailable, 5).await?;
        sure!(error.is_retryable(), "{error} is not called retryable");
    }

    faked html_without_end_is_a_transport_error(bench, fake) {
        let error = read_error(&bench, &fake, Fault::Html(500), ErrorKind::Transport, 5).await?;
        sure!(error.to_string().contains("status 500"), "{error}");
    }

    faked the_limit_on_many_small_calls_is_not_called_into(bench, fake) {
        let error = read_error(&bench, &fake, error(613, None), ErrorKind::Throttled, 1).await?;
        sure!(error.retry_after() >= Some(Duration::from_secs(600)), "{:?}", error.retry_after());
    }

    faked a_block_for_policy_is_not_called_into(bench, fake) {
        read_error(&bench, &fake, error(368, None), ErrorKind::Blocked, 1).await?;
    }

    faked an_ended_version_is_refused_for_good(bench, fake) {
        read_error(&bench, &fake, error(2635, None), ErrorKind::Rejected, 1).await?;
    }

    faked a_missing_permission_is_refused_for_good(bench, fake) {
        read_error(&bench, &fake, error(200, None), ErrorKind::Permission, 1).await?;
        fake.reset();
        read_error(&bench, &fake, error(294, None), ErrorKind::Permission, 1).await?;
    }

    faked a_token_that_was_revoked_is_refused_for_good_whatever_the_status(bench, fake) {
        let id = bench.create().await?;
        for (status, subcode) in [(400, 458), (401, 460), (400, 467)] {
            fake.configure(|settings| settings.token_status = status);
            fake.revoke_token(fake.token(), subcode);
            let error = refused(bench.client.audience(&id).await, ErrorKind::Token)?;
            same!(error.api().and_then(|api| api.subcode), Some(subcode));
            sure!(!error.is_retryable(), "{error} is called retryable");
        }
        same!(fake.count(Edge::ReadAudience), 3);
    }

    faked no_error_shows_the_token(bench, fake) {
        let id = bench.create().await?;
        fake.revoke_token(fake.token(), 467);
        let error = refused(bench.client.audience(&id).await, ErrorKind::Token)?;
        let shown = format!("{error} {error:?} {:?} {:?}", error.api(), bench.client);
        sure!(!shown.contains(fake.token()), "the token is in an error");
    }

    faked a_full_quota_is_waited_out_or_told(bench, fake) {
        fake.configure(|settings| {
            settings.tier = AccessTier::DevelopmentAccess;
            settings.calls_per_hour = Some(20);
        });
        let id = bench.create().await?;
        let started = fake.now();
        let mut throttled = None;
        for _ in 0..60 {
            match bench.client.audience(&id).await {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Throttled => {
                    throttled = Some(error);
                    break;
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        let waited = fake.now() - started;
        match throttled {
            Some(error) => sure!(error.retry_after().is_some(), "no time in {error}"),
            None => sure!(waited >= Duration::from_secs(3600), "60 calls of 20 an hour within {waited}"),
        }
        let refused = fake.calls().iter().filter(|call| call.code == 80_003).count();
        sure!(refused <= 3, "{refused} calls into the block");
    }

    faked facebook_never_sees_what_must_not_leave(bench, fake) {
        let id = bench.create().await?;
        ok(bench.add(&id, &people(0..50)?).await)?;
        ok(bench.client.audience(&id).await)?;
        ok(bench.client.ad_accounts(&ListRequest::new()).await)?;
        ok(bench.client.delete_audience(&id).await)?;
        fake.assert_clean();
    }
}
