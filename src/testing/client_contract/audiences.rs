//! Audiences: made, read, listed, changed, deleted.

use std::collections::BTreeSet;
use std::time::Duration;

use super::bench::UNKNOWN_AUDIENCE;
use super::check::promises;
use super::outcome::{ok, refused, same, sure};
use super::uploads::people;
use crate::error::ErrorKind;
use crate::facebook::fake::{ReadyAfter, SizeModel};
use crate::facebook::{
    AudienceId, AudiencePatch, CustomerFileSource, FacebookClient, ListRequest, NewAudience,
};

promises! {
    real a_created_audience_can_be_read(bench) {
        let id = bench.create().await?;
        let audience = bench.read(&id).await?;
        same!(audience.id, id);
        same!(audience.name, Some(bench.new_audience().name));
        same!(audience.description, Some(bench.new_audience().description));
        bench.tidy(&id).await?;
    }

    real a_customer_file_is_of_subtype_custom_in_its_account(bench) {
        let id = bench.create().await?;
        let audience = bench.read(&id).await?;
        same!(audience.subtype.as_deref(), Some("CUSTOM"));
        same!(audience.account, Some(bench.account.clone()));
        bench.tidy(&id).await?;
    }

    real names_keep_letters_quotes_and_symbols(bench) {
        let mut audience = bench.new_audience();
        audience.name = "audiencekit contract \"żółw\" \\ & 東京 🙂 50%".to_owned();
        let id = bench.create_as(&audience).await?;
        same!(bench.read(&id).await?.name, Some(audience.name));
        bench.tidy(&id).await?;
    }

    real two_audiences_may_have_one_name(bench) {
        let (one, two) = (bench.create().await?, bench.create().await?);
        sure!(one != two, "both are {one}");
        bench.tidy(&one).await?;
        bench.tidy(&two).await?;
    }

    real fetch_or_create_gives_the_one_that_is_there(bench) {
        let mut audience = bench.new_audience();
        audience.enable_fetch_or_create = true;
        let one = bench.create_as(&audience).await?;
        let two = bench.create_as(&audience).await?;
        same!(one, two);
        bench.tidy(&one).await?;
    }

    real the_source_of_the_people_is_kept(bench) {
        let mut audience = bench.new_audience();
        audience.customer_file_source = CustomerFileSource::PartnerProvidedOnly;
        let id = bench.create_as(&audience).await?;
        same!(bench.read(&id).await?.customer_file_source.as_deref(), Some("PARTNER_PROVIDED_ONLY"));
        bench.tidy(&id).await?;
    }

    real the_retention_is_kept(bench) {
        let mut audience = bench.new_audience();
        audience.retention_days = Some(30);
        let id = bench.create_as(&audience).await?;
        same!(bench.read(&id).await?.retention_days, Some(30));
        bench.tidy(&id).await?;
    }

    real a_value_based_audience_says_so(bench) {
        let mut audience = bench.new_audience();
        audience.is_value_based = true;
        let id = bench.create_as(&audience).await?;
        same!(bench.read(&id).await?.is_value_based, Some(true));
        bench.tidy(&id).await?;
    }

    real the_opt_out_link_is_kept(bench) {
        let mut audience = bench.new_audience();
        audience.opt_out_link = Some("https://example.com/out?a=1&b=2".to_owned());
        let id = bench.create_as(&audience).await?;
        same!(bench.read(&id).await?.opt_out_link, audience.opt_out_link);
        bench.tidy(&id).await?;
    }

    real a_retention_out_of_range_is_refused(bench) {
        for days in [0, 181] {
            let mut audience = bench.new_audience();
            audience.retention_days = Some(days);
            refused(bench.client.create_audience(&bench.account, &audience).await, ErrorKind::Rejected)?;
        }
    }

    real an_audience_without_a_name_is_refused(bench) {
        let nameless = NewAudience::new("", "d");
        refused(bench.client.create_audience(&bench.account, &nameless).await, ErrorKind::Rejected)?;
    }

    real the_time_of_making_is_told(bench) {
        let id = bench.create().await?;
        sure!(bench.read(&id).await?.time_created.is_some(), "no time_created");
        bench.tidy(&id).await?;
    }

    real a_change_of_name_leaves_the_description(bench) {
        let id = bench.create().await?;
        let changes = AudiencePatch::new().name("audiencekit contract renamed");
        ok(bench.client.update_audience(&id, &changes).await)?;
        let audience = bench.read(&id).await?;
        same!(audience.name, changes.name);
        same!(audience.description, Some(bench.new_audience().description));
        bench.tidy(&id).await?;
    }

    real a_change_of_description_leaves_the_name(bench) {
        let id = bench.create().await?;
        let changes = AudiencePatch::new().description("Another");
        ok(bench.client.update_audience(&id, &changes).await)?;
        let audience = bench.read(&id).await?;
        same!(audience.description, changes.description);
        same!(audience.name, Some(bench.new_audience().name));
        bench.tidy(&id).await?;
    }

    real the_retention_can_be_changed(bench) {
        let id = bench.create().await?;
        let changes = AudiencePatch::new().retention_days(90);
        ok(bench.client.update_audience(&id, &changes).await)?;
        same!(bench.read(&id).await?.retention_days, Some(90));
        bench.tidy(&id).await?;
    }

    real a_deleted_audience_is_gone(bench) {
        let id = bench.create().await?;
        bench.tidy(&id).await?;
        refused(bench.client.audience(&id).await, ErrorKind::NotFound)?;
        refused(bench.client.delete_audience(&id).await, ErrorKind::NotFound)?;
    }

    real an_audience_that_never_was_is_not_found(bench) {
        let unknown: AudienceId = ok(UNKNOWN_AUDIENCE.parse())?;
        let error = refused(bench.client.audience(&unknown).await, ErrorKind::NotFound)?;
        sure!(!error.is_retryable(), "{error} is called retryable");
        let changes = AudiencePatch::new().name("x");
        refused(bench.client.update_audience(&unknown, &changes).await, ErrorKind::NotFound)?;
    }

    real an_error_of_facebook_carries_its_code_and_trace(bench) {
        let unknown: AudienceId = ok(UNKNOWN_AUDIENCE.parse())?;
        let error = refused(bench.client.audience(&unknown).await, ErrorKind::NotFound)?;
        let api = error.api().ok_or("no api error")?;
        same!((api.code, api.subcode), (100, Some(33)));
        sure!(api.trace_id.is_some(), "no trace id");
        sure!(api.remedy.is_some(), "no remedy");
    }

    real a_new_audience_is_in_the_list(bench) {
        let id = bench.create().await?;
        let listed = bench.list(ListRequest::new().limit(50)).await?;
        sure!(listed.iter().any(|audience| audience.id == id), "not among {}", listed.len());
        bench.tidy(&id).await?;
        let listed = bench.list(ListRequest::new().limit(50)).await?;
        sure!(!listed.iter().any(|audience| audience.id == id), "still there when deleted");
    }

    real a_list_pages_through_everything_once(bench) {
        let mut made = BTreeSet::new();
        for _ in 0..5 {
            made.insert(bench.create().await?);
        }
        let listed = bench.list(ListRequest::new().limit(2)).await?;
        let ids: BTreeSet<_> = listed.iter().map(|audience| audience.id.clone()).collect();
        same!(ids.len(), listed.len());
        sure!(made.is_subset(&ids), "some are missing");
        for id in &made {
            bench.tidy(id).await?;
        }
    }

    real a_page_is_not_longer_than_asked_for(bench) {
        let (one, two) = (bench.create().await?, bench.create().await?);
        let page = ok(bench.client.audiences(&bench.account, &ListRequest::new().limit(1)).await)?;
        sure!(page.items.len() <= 1, "{} on a page of 1", page.items.len());
        sure!(page.after.is_some(), "no cursor to the second");
        bench.tidy(&one).await?;
        bench.tidy(&two).await?;
    }

    real a_list_can_be_narrowed_by_name(bench) {
        let mut other = bench.new_audience();
        other.name = "audiencekit contract of another kind".to_owned();
        let (one, two) = (bench.create().await?, bench.create_as(&other).await?);
        let listed = bench.list(ListRequest::new().name_contains("another kind")).await?;
        let ids: Vec<_> = listed.into_iter().map(|audience| audience.id).collect();
        sure!(ids.contains(&two) && !ids.contains(&one), "{ids:?}");
        bench.tidy(&one).await?;
        bench.tidy(&two).await?;
    }

    faked the_newest_is_listed_first(bench, fake) {
        let one = bench.create().await?;
        fake.advance(Duration::from_secs(60));
        let two = bench.create().await?;
        let ids: Vec<_> = bench.list(ListRequest::new()).await?.into_iter().map(|audience| audience.id).collect();
        same!(ids, [two, one]);
    }

    faked an_empty_account_lists_nothing(bench, fake) {
        let empty = ok("act_424242".parse())?;
        fake.add_account(&empty);
        let page = ok(bench.client.audiences(&empty, &ListRequest::new()).await)?;
        sure!(page.items.is_empty() && page.after.is_none(), "{page:?}");
    }

    faked short_and_empty_pages_lose_nothing(bench, fake) {
        fake.configure(|settings| settings.short_pages = true);
        for _ in 0..9 {
            bench.create().await?;
        }
        same!(bench.list(ListRequest::new().limit(4)).await?.len(), 9);
    }

    faked a_fresh_audience_waits_for_its_first_upload(bench) {
        let id = bench.create().await?;
        let audience = bench.read(&id).await?;
        same!(audience.operation_status.map(|status| status.code), Some(410));
        same!(audience.delivery_status.map(|status| status.code), Some(300));
        same!(audience.data_source.map(|source| source.kind).as_deref(), Some("UNKNOWN"));
    }

    faked a_filled_audience_becomes_ready_in_time(bench, fake) {
        fake.configure(|settings| settings.ready = ReadyAfter::After(Duration::from_secs(3600)));
        let id = bench.create().await?;
        ok(bench.add(&id, &people(0..2_000)?).await)?;
        same!(bench.read(&id).await?.operation_status.map(|status| status.code), Some(441));
        fake.advance(Duration::from_secs(3601));
        let audience = bench.read(&id).await?;
        same!(audience.operation_status.map(|status| status.code), Some(200));
        same!(audience.delivery_status.map(|status| status.code), Some(200));
        let lower = audience.count_lower_bound.unwrap_or_default();
        let upper = audience.count_upper_bound.unwrap_or_default();
        sure!((1_000..=2_000).contains(&lower) && upper >= 2_000, "{lower} to {upper}");
    }

    faked an_unknown_size_is_told_as_it_is(bench, fake) {
        fake.configure(|settings| {
            settings.sizes = SizeModel::Unknown;
            settings.ready = ReadyAfter::Immediate;
        });
        let id = bench.create().await?;
        ok(bench.add(&id, &people(0..200)?).await)?;
        same!(bench.read(&id).await?.count_lower_bound, Some(-1));
    }

    faked a_flagged_audience_takes_neither_edits_nor_people(bench, fake) {
        let id = bench.create().await?;
        fake.flag(&id, &["name"]);
        let changes = AudiencePatch::new().description("Another");
        refused(bench.client.update_audience(&id, &changes).await, ErrorKind::Flagged)?;
        refused(bench.add(&id, &people(0..1)?).await, ErrorKind::Flagged)?;
        refused(bench.remove(&id, &people(0..1)?).await, ErrorKind::Flagged)?;
        same!(bench.read(&id).await?.operation_status.map(|status| status.code), Some(471));
    }

    faked an_expiring_audience_tells_when_it_goes(bench, fake) {
        let id = bench.create().await?;
        fake.expire_audience(&id);
        sure!(bench.read(&id).await?.delete_time.is_some(), "no delete_time");
    }
}
