//! An audience's life: checked before it is sent, never made twice unseen, watched in Facebook's own codes.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use audiencekit::audience::{
    Audience, AudienceBuilder, AudienceEdit, AudienceStatus, Availability, ContactManagement, EstimatedSize,
    MinimumSize, OnNameConflict, PollOptions, Refresh,
};
use audiencekit::facebook::fake::{Edge, Fault, FaultRule, ReadyAfter};
use audiencekit::{
    AudienceId, Clock, Contact, ErrorKind, FacebookClient, ManualClock, MemorySource, MockClient, Schema,
    Segment, Selector, SyncEngine, SyncTarget,
};

fn group(name: &str) -> Segment {
    Segment::builder(name).include(Selector::all()).build(&Schema::standard()).unwrap()
}

fn builder(facebook: &MockClient, name: &str) -> AudienceBuilder {
    AudienceBuilder::new()
        .name(name)
        .description("Two purchases in 90 days")
        .account(facebook.fake().account())
        .contacts(ContactManagement::Automation)
}

async fn saved(facebook: &MockClient, name: &str) -> Audience {
    builder(facebook, name).build().unwrap().save(facebook).await.unwrap()
}

#[test]
fn every_problem_of_a_builder_comes_at_once_with_field_and_code() {
    let error = AudienceBuilder::new()
        .name("ż".repeat(AudienceBuilder::MAX_NAME + 1))
        .description("two\nlines")
        .contacts(ContactManagement::Automation)
        .refresh(Refresh::Mirror)
        .retention_days(181)
        .opt_out_link("example")
        .label("vip")
        .build()
        .unwrap_err();
    let found: Vec<_> =
        error.problems().iter().map(|problem| (problem.field.as_ref(), problem.code)).collect();
    assert_eq!(
        found,
        [
            ("name", "too_long"),
            ("description", "malformed"),
            ("account", "required"),
            ("refresh", "needs_a_group"),
            ("retention_days", "out_of_range"),
            ("opt_out_link", "malformed"),
            ("labels[0]", "malformed"),
        ]
    );
    let empty = AudienceBuilder::new().contacts(Vec::<Segment>::new()).build().unwrap_err();
    assert!(empty.problems().iter().any(|problem| problem.field == "contacts"));
}

#[test]
fn length_is_counted_in_characters_after_trimming() {
    let facebook = MockClient::new();
    let name = format!("  {}  ", "ż".repeat(AudienceBuilder::MAX_NAME));
    let draft = builder(&facebook, &name).build().unwrap();
    assert_eq!(draft.name().chars().count(), AudienceBuilder::MAX_NAME);
    assert!(draft.warnings().is_empty());
    let risky = builder(&facebook, "Diabetes patients").build().unwrap();
    assert_eq!(risky.warnings()[0].code, "may_be_flagged");
}

#[tokio::test]
async fn a_saved_audience_is_at_facebook_and_survives_its_definition() {
    let facebook = MockClient::new();
    let draft = builder(&facebook, "VIP").contacts(group("vip")).refresh(Refresh::Mirror);
    let mut audience = draft.build().unwrap().save(&facebook).await.unwrap();
    assert_eq!(facebook.audience(audience.id()).await.unwrap().name.as_deref(), Some("VIP"));

    audience.add_group(group("gold")).unwrap();
    audience.add_group(group("gold")).unwrap();
    assert_eq!(audience.management().segments().len(), 2, "a union: the same group is not there twice");

    let json = serde_json::to_string(&audience).unwrap();
    assert_eq!(serde_json::from_str::<Audience>(&json).unwrap(), audience);
    let newer = json.replace("\"schema_version\":1", "\"schema_version\":2");
    assert!(serde_json::from_str::<Audience>(&newer).unwrap_err().to_string().contains("schema_version 2"));
    let extra = json.replacen('{', "{\"colour\":1,", 1);
    assert!(serde_json::from_str::<Audience>(&extra).unwrap_err().to_string().contains("colour"));

    let mut automatic = saved(&facebook, "Automatic").await;
    assert_eq!(automatic.add_group(group("x")).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(automatic.set_refresh(Refresh::Mirror).unwrap_err().problems()[0].field, "refresh");
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_adopted_or_allowed_as_the_policy_says() {
    let facebook = MockClient::new();
    let first = saved(&facebook, "VIP").await;
    let again = builder(&facebook, "VIP").build().unwrap().save(&facebook).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Guard);
    assert!(again.to_string().contains(first.id().as_str()), "{again}");

    let adopted = builder(&facebook, "VIP").on_name_conflict(OnNameConflict::Adopt).build().unwrap();
    assert_eq!(adopted.save(&facebook).await.unwrap().id(), first.id());
    let second = builder(&facebook, "VIP")
        .on_name_conflict(OnNameConflict::Allow)
        .build()
        .unwrap()
        .save(&facebook)
        .await
        .unwrap();
    assert_ne!(second.id(), first.id());
    assert_eq!(adopted.save(&facebook).await.unwrap_err().kind(), ErrorKind::Guard, "which of the two?");
    saved(&facebook, "VIP customers").await; // a longer name is another name
    assert_eq!(facebook.fake().audiences().len(), 3);
}

#[tokio::test]
async fn only_an_audience_like_the_draft_is_adopted_by_its_name() {
    let facebook = MockClient::new();
    saved(&facebook, "VIP").await;
    let values =
        builder(&facebook, "VIP").value_based(true).on_name_conflict(OnNameConflict::Adopt).build().unwrap();
    let error = values.save(&facebook).await.unwrap_err();
    assert_eq!((error.kind(), error.problems()[0].field.as_ref()), (ErrorKind::Invalid, "value_based"));
    assert_eq!(facebook.fake().audiences().len(), 1);
}

#[tokio::test]
async fn debug_shows_no_address_of_a_group() {
    let facebook = MockClient::new();
    let group = Segment::builder("x").include(Selector::email(["ada@example.com"]));
    let group = group.build(&Schema::standard()).unwrap();
    let made = saved(&facebook, "Old").await;
    let audience = Audience::adopt(&facebook, facebook.fake().account(), made.id(), group).await.unwrap();
    assert!(!format!("{audience:?}").contains("ada@"), "{audience:?}");
}

#[tokio::test]
async fn a_lost_answer_to_the_creation_never_makes_two_audiences() {
    for fault in [Fault::DropReply, Fault::Reset, Fault::Truncate(3), Fault::DropBefore] {
        let facebook = MockClient::new();
        facebook.fake().inject(FaultRule::new(fault.clone()).on(Edge::CreateAudience).first(1));
        let draft = builder(&facebook, "VIP").build().unwrap();
        let audience = match draft.save(&facebook).await {
            Ok(audience) => audience,
            Err(error) => {
                assert!(error.is_retryable(), "{fault:?}: {error}");
                draft.save(&facebook).await.unwrap()
            }
        };
        assert_eq!(facebook.fake().audiences(), [audience.id().clone()], "{fault:?}");
    }
}

#[tokio::test]
async fn an_existing_audience_is_adopted_edited_and_deleted() {
    let facebook = MockClient::new();
    let account = facebook.fake().account();
    let made = saved(&facebook, "Old").await;
    let mut audience = Audience::adopt(&facebook, &account, made.id(), group("vip")).await.unwrap();
    assert_eq!((audience.name(), audience.account()), ("Old", &account));
    let other = "act_999".parse::<audiencekit::AccountId>().unwrap();
    let error = Audience::adopt(&facebook, other, made.id(), group("vip")).await.unwrap_err();
    assert_eq!(error.problems()[0].field, "account");
    let unknown: AudienceId = "1".parse().unwrap();
    let error = Audience::adopt(&facebook, &account, &unknown, group("vip")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);

    audience.edit(&facebook, &AudienceEdit::new().name(" New ").description("Another")).await.unwrap();
    assert_eq!(facebook.audience(audience.id()).await.unwrap().name.as_deref(), Some("New"));
    assert!(audience.edit(&facebook, &AudienceEdit::new().name("")).await.is_err());
    assert_eq!(audience.name(), "New");

    audience.delete(&facebook).await.unwrap();
    audience.delete(&facebook).await.unwrap();
    assert!(facebook.fake().audiences().is_empty());
}

#[tokio::test]
async fn a_list_reads_every_page_and_gives_availability_and_estimate() {
    let facebook = MockClient::new();
    for number in 0..130 {
        saved(&facebook, &format!("A{number}")).await;
    }
    let rows = Audience::list(&facebook, &facebook.fake().account()).await.unwrap();
    assert_eq!(rows.len(), 130);
    assert_eq!((rows[0].name.as_str(), rows[129].name.as_str()), ("A129", "A0"), "newest first");
    assert_eq!(rows[0].status.availability, Availability::Empty);
}

#[test]
fn facebooks_codes_are_told_in_plain_words() {
    let table = [
        (Some(200), Some(200), Availability::Ready),
        (Some(200), None, Availability::Ready),
        (Some(200), Some(411), Availability::Ready),
        (Some(200), Some(441), Availability::Populating),
        (Some(300), Some(441), Availability::Processing),
        (Some(300), Some(410), Availability::Empty),
        (Some(300), Some(200), Availability::TooSmall),
        (Some(200), Some(100), Availability::Expiring),
        (Some(400), Some(471), Availability::Flagged),
        (Some(200), Some(414), Availability::ReplaceInProgress),
        (Some(300), Some(415), Availability::ReplaceFailed),
        (Some(300), Some(450), Availability::OutOfDate),
        (Some(400), Some(470), Availability::CreatorInactive),
        (Some(400), Some(500), Availability::Failed),
        (Some(431), None, Availability::Unusable),
        (None, None, Availability::Unknown),
    ];
    for (delivery, operation, expected) in table {
        assert_eq!(Availability::from_codes(delivery, operation), expected, "{delivery:?} {operation:?}");
        assert!(!expected.next_step().is_empty());
        assert!(!expected.is_usable() || !expected.is_transient(), "{expected}");
    }
}

#[test]
fn minus_one_is_unknown_and_takes_nothing_from_a_ready_audience() {
    let facebook = audiencekit::facebook::CustomAudience::new("1".parse().unwrap());
    let mut described = facebook;
    described.count_lower_bound = Some(-1);
    described.count_upper_bound = Some(-1);
    let status = AudienceStatus::from(&described);
    assert_eq!((status.size, status.availability), (EstimatedSize::Unknown, Availability::Unknown));
    assert!(Availability::from_codes(Some(200), Some(200)).is_usable());
}

#[tokio::test]
async fn waiting_ends_when_the_audience_is_ready_or_can_never_be() {
    let facebook = MockClient::new();
    facebook.fake().configure(|settings| settings.ready = ReadyAfter::Immediate);
    let audience = saved(&facebook, "VIP").await;
    let before = facebook.fake().now();
    let late =
        audience.wait_until_ready(&facebook, facebook.fake(), PollOptions::default()).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Busy, "nothing was uploaded");
    assert!(
        facebook.fake().now() > before + time::Duration::hours(23),
        "it waited on the clock it was given"
    );

    facebook.fake().flag(audience.id(), &["name"]);
    let flagged =
        audience.wait_until_ready(&facebook, facebook.fake(), PollOptions::default()).await.unwrap_err();
    assert_eq!(flagged.kind(), ErrorKind::Flagged);
}

#[test]
fn the_minimum_warns_or_refuses() {
    assert_eq!(MinimumSize::default().people(), 1_000);
    assert!(MinimumSize::warn_below(100).check(99).unwrap().is_some());
    assert_eq!(MinimumSize::refuse_below(100).check(99).unwrap_err().kind(), ErrorKind::TooSmall);
    assert!(MinimumSize::refuse_below(100).check(100).unwrap().is_none());
}

#[test]
fn a_text_that_nobody_can_see_is_missing_and_one_that_hides_something_is_malformed() {
    let facebook = MockClient::new();
    let code = |name: &str| {
        let error = builder(&facebook, name).build().err();
        error.map(|error| error.problems().iter().map(|problem| problem.code).collect::<Vec<_>>())
    };
    for blank in ["", " ", "\u{a0}\u{3000}", "\u{200b}", "\u{feff}\u{2060}", " \u{200d}\u{ad} ", "\u{3164}"] {
        assert_eq!(code(blank), Some(vec!["required"]), "{blank:?}");
    }
    for hides in ["V\u{202e}PI", "a\u{2028}b", "a\u{2029}b", "a\u{2066}b", "a\tb", "a\u{0}b"] {
        assert_eq!(code(hides), Some(vec!["malformed"]), "{hides:?}");
    }
    // Emoji are joined by a character of no width, and Persian words are parted by one.
    for good in ["👩‍💻 developers", "עברית", "VIP العملاء", "می‌خواهم", "ż", "🇵🇱"]
    {
        assert_eq!(code(good), None, "{good:?}");
    }
    assert_eq!(code(&"ż".repeat(10_000)), Some(vec!["too_long"]));
    let edges = |chars: usize| builder(&facebook, "VIP").description("ż".repeat(chars)).build().is_ok();
    assert!(edges(AudienceBuilder::MAX_DESCRIPTION) && !edges(AudienceBuilder::MAX_DESCRIPTION + 1));
}

#[test]
fn a_group_has_each_segment_once_however_it_is_given() {
    let facebook = MockClient::new();
    let one_by_one = builder(&facebook, "VIP").contacts(group("a")).contacts(group("b")).contacts(group("a"));
    let at_once = builder(&facebook, "VIP").contacts(vec![group("a"), group("a"), group("b")]);
    for draft in [one_by_one.build().unwrap(), at_once.build().unwrap()] {
        assert_eq!(draft.management().segments(), [group("a"), group("b")]);
    }
}

/// The definition of a saved audience with a group.
async fn definition() -> serde_json::Value {
    let facebook = MockClient::new();
    let draft = builder(&facebook, "VIP").contacts(group("vip")).refresh(Refresh::Mirror).build().unwrap();
    serde_json::to_value(draft.save(&facebook).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_definition_of_a_later_version_is_told_by_its_version_whatever_else_is_new_in_it() {
    let mut newer = definition().await;
    newer["schema_version"] = 2.into();
    newer["audience_colour"] = "red".into(); // its place in sorted JSON is before the version
    newer["refresh"] = serde_json::json!({"every": "day"});
    let text = newer.to_string();
    assert!(text.find("audience_colour") < text.find("schema_version"), "{text}");
    let error = Audience::from_json(&text).unwrap_err();
    assert!(error.to_string().contains("schema_version 2 is not known; expected 1"), "{error}");
    let as_written = "{\"schema_version\":2,\"audience_colour\":\"red\"}";
    let error = serde_json::from_str::<Audience>(as_written).unwrap_err();
    assert!(error.to_string().contains("schema_version 2"), "{error}");
    for wrong in [serde_json::json!(0), serde_json::json!("1"), serde_json::Value::Null] {
        newer["schema_version"] = wrong;
        assert!(Audience::from_json(&newer.to_string()).is_err());
    }
}

#[tokio::test]
async fn a_definition_that_was_changed_by_hand_keeps_the_rules_of_the_builder() {
    let good = definition().await;
    assert!(Audience::from_json(&good.to_string()).is_ok());
    for (contacts, says) in [
        (serde_json::json!("automation"), "audience: refresh is a mirror of no group"),
        (serde_json::json!({"group": []}), "audience: contacts is a group without a segment"),
    ] {
        let mut changed = good.clone();
        changed["contacts"] = contacts;
        let error = Audience::from_json(&changed.to_string()).unwrap_err();
        assert!(error.to_string().starts_with(says), "{error}");
    }
    // What Facebook calls an audience that was adopted is not ours to judge.
    let facebook = MockClient::new();
    let request = audiencekit::facebook::NewAudience::new("Made\u{2028}elsewhere", " ");
    let id = facebook.create_audience(&facebook.fake().account(), &request).await.unwrap();
    let adopted = Audience::adopt(&facebook, facebook.fake().account(), &id, group("vip")).await.unwrap();
    let json = serde_json::to_string(&adopted).unwrap();
    assert_eq!(Audience::from_json(&json).unwrap(), adopted);
}

#[tokio::test]
async fn half_a_definition_is_an_error_at_every_byte() {
    let whole = definition().await.to_string();
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        assert_eq!(Audience::from_json(&whole[..end]).unwrap_err().kind(), ErrorKind::Invalid, "{end}");
    }
}

fn person(number: u32) -> Contact {
    let email = format!("person{number}@example.com");
    Contact::builder(&Schema::standard()).email(email).build().unwrap()
}

#[tokio::test]
async fn only_a_customer_file_that_is_still_there_is_adopted() {
    let facebook = MockClient::new();
    let account = facebook.fake().account();
    let seed = saved(&facebook, "Seed").await;
    let seeds: Vec<_> = (0..120).map(person).collect();
    let engine = SyncEngine::builder(
        MemorySource::new(&Schema::standard(), seeds),
        facebook.clone(),
        facebook.fake().clone(),
    );
    engine.build().run(SyncTarget::new(account.clone(), seed.id().clone())).await.unwrap();
    facebook.fake().advance(Duration::from_secs(86_400));
    let spec = audiencekit::facebook::LookalikeSpec::similarity("PL");
    let lookalike = facebook.create_lookalike(&account, "Like them", seed.id(), &spec).await.unwrap();
    let error = Audience::adopt(&facebook, &account, &lookalike, group("vip")).await.unwrap_err();
    assert_eq!(error.problems()[0].code, "not_a_customer_file", "{error}");
    let gone = saved(&facebook, "Gone").await;
    gone.delete(&facebook).await.unwrap();
    let error = Audience::adopt(&facebook, &account, gone.id(), group("vip")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let mut gone = gone;
    for error in [
        gone.status(&facebook).await.unwrap_err(),
        gone.edit(&facebook, &AudienceEdit::new().name("Back")).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    assert_eq!(gone.name(), "Gone");
    gone.edit(&facebook, &AudienceEdit::new()).await.unwrap();
}

#[tokio::test]
async fn a_change_of_name_warns_as_a_draft_does() {
    let edit = AudienceEdit::new().name("Diabetes patients").description("Nothing special");
    let warnings = edit.warnings();
    assert_eq!((warnings.len(), warnings[0].field.as_ref(), warnings[0].code), (1, "name", "may_be_flagged"));
    assert!(AudienceEdit::new().retention_days(9).warnings().is_empty());
}

#[tokio::test]
async fn an_account_without_audiences_lists_none_and_one_with_thousands_lists_each_once() {
    let facebook = MockClient::new();
    let account = facebook.fake().account();
    assert!(Audience::list(&facebook, &account).await.unwrap().is_empty());
    facebook.fake().configure(|settings| settings.max_audiences = 10_000);
    for number in 0..1_200 {
        let request = audiencekit::facebook::NewAudience::new(format!("A{number}"), "x");
        facebook.create_audience(&account, &request).await.unwrap();
    }
    let rows = Audience::list(&facebook, &account).await.unwrap();
    let ids: std::collections::HashSet<_> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!((rows.len(), ids.len()), (1_200, 1_200));
}

/// A clock that is set back each time somebody sleeps, and counts how long they slept.
#[derive(Debug)]
struct SetBack(ManualClock, Mutex<Duration>);

#[async_trait]
impl Clock for SetBack {
    fn now(&self) -> time::OffsetDateTime {
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        *self.1.lock().unwrap() += duration;
        self.0.set(self.0.now() - time::Duration::HOUR);
    }
}

#[tokio::test]
async fn waiting_ends_in_its_time_though_the_clock_is_set_back() {
    let facebook = MockClient::new();
    let audience = saved(&facebook, "VIP").await;
    let clock = SetBack(ManualClock::new(facebook.fake().now()), Mutex::default());
    let error = audience.wait_until_ready(&facebook, &clock, PollOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert_eq!(*clock.1.lock().unwrap(), Duration::from_secs(24 * 60 * 60));
}

#[tokio::test]
async fn the_last_look_is_at_the_end_of_the_wait() {
    let facebook = MockClient::new();
    let audience = saved(&facebook, "VIP").await;
    for (every, at_most, looks) in [(40, 60, 3), (60, 60, 2), (90, 60, 2), (1, 0, 1)] {
        let calls = facebook.fake().calls().len();
        let before = facebook.fake().now();
        let wait = PollOptions::new(Duration::from_secs(every), Duration::from_secs(at_most));
        audience.wait_until_ready(&facebook, facebook.fake(), wait).await.unwrap_err();
        assert_eq!(facebook.fake().calls().len() - calls, looks, "every {every} s for {at_most} s");
        assert_eq!((facebook.fake().now() - before).unsigned_abs(), Duration::from_secs(at_most));
    }
}
