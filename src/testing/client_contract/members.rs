//! Members: added, removed, replaced, erased.

use super::bench::UNKNOWN_AUDIENCE;
use super::check::promises;
use super::outcome::{ok, refused, same, sure};
use super::uploads::{fingerprints, one_without_external_id, part, people, session, whole, wide_people};
use crate::error::ErrorKind;
use crate::facebook::fake::{Edge, ReadyAfter};
use crate::facebook::{AudienceId, FacebookClient, Upload};

promises! {
    real an_upload_tells_how_many_rows_came(bench) {
        let id = bench.create().await?;
        let receipt = ok(bench.add(&id, &people(0..3)?).await)?;
        same!((receipt.num_received, receipt.num_invalid_entries), (3, 0));
        sure!(receipt.invalid_entry_samples.is_empty(), "samples without invalid entries");
        bench.tidy(&id).await?;
    }

    real the_session_comes_back_as_text(bench) {
        let id = bench.create().await?;
        let rows = people(0..1)?;
        // Above 2^53 and odd: a double cannot hold it.
        let session = 9_007_199_254_740_993 + 2 * session(&id, 0);
        let receipt = ok(bench.client.add_users(&id, &ok(whole(&rows, session))?).await)?;
        same!(receipt.session_id, Some(session.to_string()));
        bench.tidy(&id).await?;
    }

    real no_rows_are_refused_before_they_are_sent(bench) {
        let unknown: AudienceId = ok(UNKNOWN_AUDIENCE.parse())?;
        let rows = people(0..2)?;
        for range in [0..0, 1..1, 1..3] {
            let upload = ok(part(&rows, range, 1, 1, true))?;
            refused(bench.client.add_users(&unknown, &upload).await, ErrorKind::Invalid)?;
        }
    }

    real more_than_ten_thousand_rows_are_refused_before_they_are_sent(bench) {
        let unknown: AudienceId = ok(UNKNOWN_AUDIENCE.parse())?;
        let rows = people(0..Upload::MAX_ROWS + 1)?;
        refused(bench.add(&unknown, &rows).await, ErrorKind::Limit)?;
        refused(bench.remove(&unknown, &rows).await, ErrorKind::Limit)?;
    }

    real an_upload_to_an_audience_that_is_not_there_is_refused(bench) {
        let unknown: AudienceId = ok(UNKNOWN_AUDIENCE.parse())?;
        refused(bench.add(&unknown, &people(0..1)?).await, ErrorKind::NotFound)?;
    }

    real removing_people_who_are_not_in_it_is_no_error(bench) {
        let id = bench.create().await?;
        ok(bench.add(&id, &people(0..1)?).await)?;
        let receipt = ok(bench.remove(&id, &people(5..7)?).await)?;
        same!(receipt.num_received, 2);
        bench.tidy(&id).await?;
    }

    faked the_members_are_those_that_were_sent(bench, fake) {
        let id = bench.create().await?;
        let rows = people(0..250)?;
        ok(bench.add(&id, &rows).await)?;
        same!(fake.members(&id), fingerprints(&rows));
        fake.assert_clean();
    }

    faked a_range_sends_its_rows_and_no_others(bench, fake) {
        let id = bench.create().await?;
        let rows = people(0..10)?;
        ok(bench.client.add_users(&id, &ok(part(&rows, 3..5, 1, 1, true))?).await)?;
        same!(fake.members(&id), fingerprints(&people(3..5)?));
    }

    faked the_rows_of_a_session_are_counted_together(bench, fake) {
        let id = bench.create().await?;
        let rows = people(0..5)?;
        ok(bench.client.add_users(&id, &ok(part(&rows, 0..2, 1, 1, false))?).await)?;
        let receipt = ok(bench.client.add_users(&id, &ok(part(&rows, 2..5, 1, 2, true))?).await)?;
        same!(receipt.num_received, 5);
        same!(fake.member_count(&id), 5);
    }

    faked a_batch_after_the_last_one_is_refused(bench) {
        let id = bench.create().await?;
        let rows = people(0..2)?;
        ok(bench.client.add_users(&id, &ok(part(&rows, 0..1, 1, 1, true))?).await)?;
        let late = bench.client.add_users(&id, &ok(part(&rows, 1..2, 1, 2, true))?).await;
        let error = late.err().ok_or("it was taken")?;
        sure!(!error.is_retryable(), "{error} is called retryable");
    }

    faked adding_twice_is_as_good_as_once(bench, fake) {
        let id = bench.create().await?;
        let rows = people(0..4)?;
        for session in [1, 2] {
            ok(bench.client.add_users(&id, &ok(whole(&rows, session))?).await)?;
        }
        same!(fake.members(&id), fingerprints(&rows));
    }

    faked the_last_word_counts(bench, fake) {
        let id = bench.create().await?;
        let rows = people(0..2)?;
        let one = ok(part(&rows, 0..1, 1, 1, true))?;
        ok(bench.client.add_users(&id, &one).await)?;
        ok(bench.client.remove_users(&id, &ok(part(&rows, 0..1, 2, 1, true))?).await)?;
        same!(fake.member_count(&id), 0);
        ok(bench.client.add_users(&id, &ok(part(&rows, 0..1, 3, 1, true))?).await)?;
        same!(fake.members(&id), fingerprints(&people(0..1)?));
    }

    faked a_removal_takes_those_that_it_names(bench, fake) {
        fake.configure(|settings| settings.removal_floor = 0);
        let id = bench.create().await?;
        ok(bench.add(&id, &people(0..10)?).await)?;
        ok(bench.remove(&id, &people(0..4)?).await)?;
        same!(fake.members(&id), fingerprints(&people(4..10)?));
    }

    faked a_removal_that_leaves_too_few_is_refused_and_changes_nothing(bench, fake) {
        fake.configure(|settings| settings.ready = ReadyAfter::Immediate);
        let id = bench.create().await?;
        ok(bench.add(&id, &people(0..150)?).await)?;
        let error = refused(bench.remove(&id, &people(0..100)?).await, ErrorKind::TooSmall)?;
        same!(error.api().and_then(|api| api.subcode), Some(1_870_047));
        same!(fake.member_count(&id), 150);
    }

    faked ten_thousand_wide_rows_go_in_and_out(bench, fake) {
        let id = bench.create().await?;
        let rows = wide_people(Upload::MAX_ROWS)?;
        same!(ok(bench.add(&id, &rows).await)?.num_received, 10_000);
        same!(fake.member_count(&id), 10_000);
        fake.configure(|settings| settings.removal_floor = 0);
        same!(ok(bench.remove(&id, &rows).await)?.num_received, 10_000);
        same!(fake.member_count(&id), 0);
        let removal = fake.calls().into_iter().find(|call| call.edge == Edge::RemoveUsers);
        let removal = removal.ok_or("no removal")?;
        sure!(removal.url_bytes < 100, "a URL of {} bytes", removal.url_bytes);
        sure!(removal.body_bytes > 1_000_000, "a body of {} bytes", removal.body_bytes);
        fake.assert_clean();
    }

    faked a_row_that_is_refused_is_named_and_the_others_are_in(bench, fake) {
        for as_list in [false, true] {
            fake.configure(|settings| settings.empty_samples_as_list = as_list);
            let id = bench.create().await?;
            let receipt = ok(bench.add(&id, &one_without_external_id()?).await)?;
            same!((receipt.num_received, receipt.num_invalid_entries), (2, 1));
            let named: Vec<_> = receipt.invalid_entry_samples.iter().map(|entry| entry.row).collect();
            same!(named, [Some(1)]);
            same!(receipt.invalid_entry_samples.first().map(|entry| entry.reason.as_str()), Some("empty external ID"));
            same!(fake.member_count(&id), 1);
            fake.reset();
        }
    }

    faked no_refused_rows_read_the_same_from_a_list_and_a_map(bench, fake) {
        let id = bench.create().await?;
        let rows = people(0..1)?;
        for (session, as_list) in [(1, false), (2, true)] {
            fake.configure(|settings| settings.empty_samples_as_list = as_list);
            let receipt = ok(bench.client.add_users(&id, &ok(whole(&rows, session))?).await)?;
            sure!(receipt.invalid_entry_samples.is_empty(), "{receipt:?}");
        }
    }

    faked columns_of_another_kind_are_taken_as_lists(bench, fake) {
        let id = bench.create().await?;
        ok(bench.add(&id, &people(0..3)?).await)?;
        ok(bench.client.add_users(&id, &ok(whole(&wide_people(3)?, 2))?).await)?;
        sure!(fake.member_count(&id) >= 3, "{} members", fake.member_count(&id));
    }

    faked a_replace_leaves_exactly_its_rows(bench, fake) {
        fake.configure(|settings| settings.ready = ReadyAfter::Immediate);
        let id = bench.create().await?;
        ok(bench.add(&id, &people(0..300)?).await)?;
        let rows = people(200..600)?;
        ok(bench.client.replace_users(&id, &ok(part(&rows, 0..300, 9, 1, false))?).await)?;
        ok(bench.client.replace_users(&id, &ok(part(&rows, 300..400, 9, 2, true))?).await)?;
        same!(fake.members(&id), fingerprints(&rows));
    }

    faked a_replace_that_does_not_begin_with_the_first_batch_is_refused(bench, fake) {
        fake.configure(|settings| settings.ready = ReadyAfter::Immediate);
        let id = bench.create().await?;
        ok(bench.add(&id, &people(0..300)?).await)?;
        let rows = people(0..2)?;
        refused(
            bench.client.replace_users(&id, &ok(part(&rows, 0..2, 9, 2, true))?).await,
            ErrorKind::Rejected,
        )?;
        same!(fake.member_count(&id), 300);
    }

    faked an_erasure_takes_people_out_of_every_audience(bench, fake) {
        let (one, two) = (bench.create().await?, bench.create().await?);
        ok(bench.client.add_users(&one, &ok(whole(&people(0..5)?, 1))?).await)?;
        ok(bench.client.add_users(&two, &ok(whole(&people(3..8)?, 2))?).await)?;
        let gone = people(3..5)?;
        ok(bench.client.erase_users(&bench.account, &ok(whole(&gone, 3))?).await)?;
        same!(fake.members(&one), fingerprints(&people(0..3)?));
        same!(fake.members(&two), fingerprints(&people(5..8)?));
    }

    faked people_match_what_was_normalized_for_them(bench, fake) {
        fake.populate(crate::facebook::fake::SyntheticPopulation::synthetic(7, 500));
        let id = bench.create().await?;
        ok(bench.add(&id, &people(400..600)?).await)?;
        same!(fake.matched(&id), 100);
    }
}
