//! Ad accounts.

use super::check::promises;
use super::outcome::{ok, refused, same, sure};
use crate::error::ErrorKind;
use crate::facebook::{AccountStatus, FacebookClient, ListRequest};

promises! {
    real an_account_is_the_one_that_was_asked_for(bench) {
        let account = ok(bench.client.ad_account(&bench.account).await)?;
        same!(account.id, bench.account);
    }

    real an_account_tells_its_status(bench) {
        let account = ok(bench.client.ad_account(&bench.account).await)?;
        same!(account.status, Some(AccountStatus::Active));
    }

    real an_account_with_accepted_terms_says_so(bench) {
        let account = ok(bench.client.ad_account(&bench.account).await)?;
        same!(account.terms_accepted, Some(true));
    }

    real the_accounts_of_the_token_are_listed(bench) {
        let mut request = ListRequest::new().limit(5);
        for _ in 0..1_000 {
            let page = ok(bench.client.ad_accounts(&request).await)?;
            if page.items.iter().any(|account| account.id == bench.account) {
                return Ok(());
            }
            request.after = page.after;
            sure!(request.after.is_some(), "the account is not in the list");
        }
    }

    real an_account_that_is_not_visible_is_refused(bench) {
        let stranger = ok("act_1".parse())?;
        match bench.client.ad_account(&stranger).await {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Permission) => {}
            other => return Err(format!("{other:?}")),
        }
    }

    faked an_account_lists_over_pages_without_loss(bench, fake) {
        for number in 1..=7 {
            fake.add_account(&ok(format!("act_90{number}").parse())?);
        }
        let mut request = ListRequest::new().limit(3);
        let mut seen = Vec::new();
        loop {
            let page = ok(bench.client.ad_accounts(&request).await)?;
            sure!(page.items.len() <= 3, "{} on a page of 3", page.items.len());
            seen.extend(page.items.into_iter().map(|account| account.id));
            request.after = page.after;
            if request.after.is_none() {
                break;
            }
        }
        seen.sort();
        let mut all = fake.accounts();
        all.sort();
        same!(seen, all);
    }

    faked a_disabled_account_says_so(bench, fake) {
        fake.set_account_status(&bench.account, 2);
        let account = ok(bench.client.ad_account(&bench.account).await)?;
        same!(account.status, Some(AccountStatus::Disabled));
    }

    faked an_unknown_account_status_is_kept(bench, fake) {
        fake.set_account_status(&bench.account, 77);
        let account = ok(bench.client.ad_account(&bench.account).await)?;
        same!(account.status, Some(AccountStatus::Other(77)));
    }

    faked an_account_without_terms_does_not_claim_them(bench, fake) {
        fake.set_terms_accepted(&bench.account, false);
        let account = ok(bench.client.ad_account(&bench.account).await)?;
        sure!(account.terms_accepted != Some(true), "terms {:?}", account.terms_accepted);
    }

    faked an_audience_without_accepted_terms_is_refused_with_the_way_out(bench, fake) {
        fake.set_terms_accepted(&bench.account, false);
        let made = bench.client.create_audience(&bench.account, &bench.new_audience()).await;
        let error = refused(made, ErrorKind::Terms)?;
        sure!(error.to_string().contains("customaudiences/tos"), "no link in {error}");
    }

    faked an_audience_of_an_account_without_business_is_refused(bench, fake) {
        fake.set_business(&bench.account, None);
        let made = bench.client.create_audience(&bench.account, &bench.new_audience()).await;
        refused(made, ErrorKind::Permission)?;
    }
}
