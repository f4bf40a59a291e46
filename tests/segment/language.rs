//! The filter language: what it selects, how it prints, what it refuses.

use audiencekit::contact::{Birthday, ConsentStatus, Contact, Event, FieldType, Schema};
use audiencekit::segment::{
    ContactTable, Decision, EvaluationTime, FileCatalog, Filter, MemoryCatalog, RfmEstimator, Segment,
    SegmentCatalog, Selector,
};
use audiencekit::{ErrorKind, TimeZone};
use time::macros::{date, datetime};

fn schema() -> Schema {
    Schema::builder()
        .detail("plan", FieldType::Keyword)
        .detail("revenue", FieldType::Decimal)
        .detail("renewal", FieldType::Date)
        .build()
        .unwrap()
}

fn now() -> EvaluationTime {
    EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC))
}

fn ada(schema: &Schema) -> Contact {
    let mut contact = Contact::new(schema);
    let id = |name: &str| schema.require(name).unwrap();
    contact.set(id("id"), "C1").unwrap();
    contact.set(id("email"), "Ada@Example.com").unwrap();
    contact.add_text(id("email"), "ada@work.example").unwrap();
    contact.set(id("country"), "PL").unwrap();
    contact.set(id("city"), "ŁÓDŹ").unwrap();
    contact.set(id("name"), "Ada Nowak").unwrap();
    contact.set(id("score"), 50).unwrap();
    contact.set(id("opted_out"), false).unwrap();
    contact.set(id("birth_date"), Birthday::new(Some(1992), 2, 29).unwrap()).unwrap();
    contact.set(id("created_on"), datetime!(2026-08-25 12:00 UTC)).unwrap();
    contact.set(id("plan"), "Pro").unwrap();
    contact.set(id("revenue"), "129.90".parse::<rust_decimal::Decimal>().unwrap()).unwrap();
    contact.set(id("renewal"), date!(2026 - 11 - 30)).unwrap();
    contact.add_tag("vip", 7, Some(datetime!(2026-11-01 0:00 UTC))).unwrap();
    contact
        .add_consent("newsletter", ConsentStatus::Confirmed, Some(datetime!(2026-01-01 0:00 UTC)))
        .unwrap();
    contact
        .add_consent("newsletter", ConsentStatus::Withdrawn, Some(datetime!(2027-01-01 0:00 UTC)))
        .unwrap();
    contact.set_stage("Sales", "Offer", None).unwrap();
    for (at, value, products) in [
        (datetime!(2026-08-25 12:00 UTC), "20", "sku-1"),
        (datetime!(2026-10-01 9:00 UTC), "100.10", "sku-2"),
        (datetime!(2026-11-22 9:00 UTC), "9.80", "sku-3"),
    ] {
        let event = Event::new("purchase", at).value(value.parse().unwrap()).property("products", products);
        contact.add_event(&event).unwrap();
    }
    let visit = Event::new("visit", datetime!(2026-11-20 9:00 UTC))
        .property("url", "https://shop.example/sale/shoes");
    contact.add_event(&visit).unwrap();
    contact
}

/// The table of the grammar: text of a filter, a tab, what it says of Ada.
#[test]
fn every_row_of_the_table_says_of_ada_what_it_should() {
    let schema = schema();
    let ada = ada(&schema);
    let mut rows = 0;
    for line in include_str!("../data/segment/table.tsv")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let (text, wanted) = line.rsplit_once('\t').unwrap_or_else(|| panic!("no tab: {line}"));
        let filter = Filter::parse(text, &schema).unwrap_or_else(|e| panic!("{text}\n{}", e.picture()));
        let compiled = filter.compile(&schema, &now()).unwrap();
        assert_eq!(compiled.matches(&ada).to_string(), wanted, "{text}");
        let again = Filter::parse(&filter.to_string(), &schema)
            .unwrap_or_else(|e| panic!("{filter}\n{}", e.picture()));
        assert_eq!(again, filter, "{text} printed as {filter}");
        assert_eq!(Filter::from_json(&filter.to_json(), &schema).unwrap(), filter, "{}", filter.to_json());
        rows += 1;
    }
    assert!(rows > 150, "{rows} rows");
}

#[test]
fn a_day_begins_in_the_zone_of_the_run() {
    let schema = schema();
    let mut contact = Contact::new(&schema);
    contact.set(schema.require("created_on").unwrap(), datetime!(2026-11-22 23:30 UTC)).unwrap();
    let today = Filter::parse("created_on is today", &schema).unwrap();
    let says = |zone| {
        let time = EvaluationTime::new(datetime!(2026-11-23 12:00 UTC), zone);
        today.compile(&schema, &time).unwrap().matches(&contact)
    };
    assert!(says(TimeZone::named("Europe/Warsaw").unwrap()));
    assert!(!says(TimeZone::utc()));
}

#[test]
fn the_anniversary_of_29_february_is_on_the_28th_in_a_common_year() {
    let schema = schema();
    let ada = ada(&schema);
    let today = Filter::parse("anniversary(birth_date) is today", &schema).unwrap();
    let age = Filter::parse("age(birth_date) = 35", &schema).unwrap();
    let on = |filter: &Filter, now| filter.compile(&schema, &EvaluationTime::utc(now)).unwrap().matches(&ada);
    assert!(on(&today, datetime!(2027-02-28 12:00 UTC)));
    assert!(!on(&today, datetime!(2027-03-01 12:00 UTC)));
    assert!(!on(&today, datetime!(2028-02-28 12:00 UTC)));
    assert!(on(&today, datetime!(2028-02-29 12:00 UTC)));
    assert!(!on(&age, datetime!(2027-02-27 12:00 UTC)));
    assert!(on(&age, datetime!(2027-02-28 12:00 UTC)));
}

#[test]
fn a_segment_is_union_minus_union_and_every_filter() {
    let schema = schema();
    let ada = ada(&schema);
    let decide = |segment: Segment| segment.compile(&schema, &now()).unwrap().decide(&ada);
    let vip = Segment::builder("VIP").include(Selector::tag_any(["vip", "gold"]));
    assert_eq!(decide(vip.clone().build(&schema).unwrap()), Decision::Selected);
    assert_eq!(
        decide(Segment::builder("nobody").include(Selector::none()).build(&schema).unwrap()),
        Decision::NotIncluded
    );
    let out = vip.clone().exclude(Selector::tag_any(["x"])).exclude(Selector::country(["pl"]));
    assert_eq!(decide(out.build(&schema).unwrap()), Decision::Excluded(1));
    let filtered = vip.filter("score >= 50").filter("score > 50");
    assert_eq!(decide(filtered.build(&schema).unwrap()), Decision::Filtered(1));
}

#[test]
fn segments_that_name_one_another_in_a_circle_are_refused() {
    let schema = schema();
    let catalog = MemoryCatalog::new();
    for (name, other) in [("a", "b"), ("b", "c"), ("c", "a")] {
        let segment = Segment::builder(name).include(Selector::segment(other)).build(&schema).unwrap();
        catalog.save(&segment).unwrap();
    }
    let a = catalog.segment("a").unwrap().unwrap();
    let error = a.compile_with(&schema, &now(), &catalog).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("a > b > c > a"), "{error}");
    let lost = Segment::builder("d").include(Selector::segment("aa")).build(&schema).unwrap();
    let error = lost.compile_with(&schema, &now(), &catalog).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("did you mean \"a\"?"), "{error}");
}

#[test]
fn the_hash_of_a_segment_does_not_change_with_its_formatting() {
    let schema = schema();
    let hash = |text: &str| {
        Segment::builder("x").include(Selector::all()).filter(text).build(&schema).unwrap().content_hash()
    };
    assert_eq!(hash("score >= 50 AND country in ('PL')"), hash("score>=50.0 and (country in (\"PL\"))"));
    assert_ne!(hash("score >= 50"), hash("score > 50"));
    assert_eq!(hash("score = 1").len(), 64);
}

#[test]
fn the_hash_of_a_segment_minds_case_where_the_comparison_does() {
    let schema = schema();
    let of = |selector: Selector, text: &str| {
        Segment::builder("x").include(selector).filter(text).build(&schema).unwrap().content_hash()
    };
    let hash = |text: &str| of(Selector::all(), text);
    assert_eq!(
        of(Selector::tag_any(["vip", "Złoty"]), "true"),
        of(Selector::tag_any(["ZLOTY", "VIP"]), "true")
    );
    for (one, other) in [
        (r#"name contains "Ada""#, r#"name contains "ADA""#),
        (r#"country in ("PL", "de")"#, r#"country in ("DE", "pl", "PL")"#),
        (r#"tag_score("vip") > 1"#, r#"tag_score("VIP") > 1"#),
        (
            r#"exists(event.Purchase where location = "Łódź")"#,
            r#"exists(event.purchase where location = "ŁÓDŹ")"#,
        ),
        ("created_on >= 2026-01-31T12:00:00+02:00", "created_on >= 2026-01-31T10:00:00Z"),
        (
            "count(event.any after 2026-01-31T12:00:00+02:00) = 1",
            "count(event.any after 2026-01-31T10:00:00Z) = 1.0",
        ),
        (
            r#"exists(event.visit where url matches url "path:/A")"#,
            r#"exists(event.visit where url matches url "path:/a")"#,
        ),
    ] {
        assert_eq!(hash(one), hash(other), "{one}");
    }
    for (one, other) in [
        (r#"name exactly contains "Ada""#, r#"name exactly contains "ADA""#),
        (r#"name exactly contains "ada""#, r#"name contains "ada""#),
        (r#"country exactly in ("PL")"#, r#"country exactly in ("pl")"#),
        (r#"name matches "\\W""#, r#"name matches "\\w""#),
        (r#"consent("News") = "confirmed""#, r#"consent("news") = "confirmed""#),
        (
            r#"exists(event.visit where url matches url "PATH:/a")"#,
            r#"exists(event.visit where url matches url "path:/a")"#,
        ),
    ] {
        assert_ne!(hash(one), hash(other), "{one}");
    }
    let written =
        Segment::builder("x").include(Selector::all()).filter(r#"name = "Ada""#).build(&schema).unwrap();
    assert_eq!(written.content_hash(), hash(r#"name = "ADA""#));
    assert_eq!(written.filters()[0].to_string(), r#"name = "Ada""#);
}

#[test]
fn patterns_are_limited_each_and_together() {
    let schema = schema();
    let limits = audiencekit::segment::Limits { regexes: 64 << 10, ..Default::default() };
    let several = |pattern: &str, n: usize| vec![format!("name matches \"{pattern}\""); n].join(" or ");
    let options = audiencekit::segment::ParseOptions::new().limits(limits);
    let says = |text: &str| Filter::parse_with(text, &schema, &options).map_err(|error| error.picture());
    // Each of the small ones counts 4 KiB.
    assert!(says(&several("^a", 16)).is_ok());
    let error = says(&several("^a", 17)).unwrap_err();
    assert!(error.starts_with("the patterns are too large together\n"), "{error}");
    assert!(error.contains("^^^^ at most 65536 bytes of patterns in one filter"), "{error}");
    assert!(says(&several("[0-9]{300}", 1)).is_ok() && says(&several("[0-9]{300}", 3)).is_err());
    let large = several(r"\\w{8}", 1_000);
    let error = Filter::parse(&large, &schema).unwrap_err().to_string();
    assert!(error.contains("the patterns are too large together"), "{error}");
    assert!(
        Filter::parse(&several(r"(\\w{99}){99}", 1), &schema).unwrap_err().to_string().contains("too large")
    );
}

#[test]
fn an_explanation_goes_into_the_segments_that_are_named() {
    use audiencekit::segment::ExplainOptions;
    let schema = schema();
    let (ada, time) = (ada(&schema), now());
    let catalog = MemoryCatalog::new();
    for segment in [
        Segment::builder("Buyers").include(Selector::all()).filter("count(event.purchase) >= 3"),
        Segment::builder("Rich").include(Selector::segment("Buyers")).filter("revenue > 500"),
    ] {
        catalog.save(&segment.build(&schema).unwrap()).unwrap();
    }
    let best = Segment::builder("Best").include(Selector::all()).filter(r#"score >= 50 and segment("Rich")"#);
    let best = best.build(&schema).unwrap();
    assert_eq!(best.explain(&ada, &schema, &time).unwrap_err().kind(), ErrorKind::Filter);
    let options = ExplainOptions::new().catalog(&catalog);
    let why = best.explain_with(&ada, &schema, &time, &options).unwrap();
    assert_eq!(
        why.to_string(),
        "\
no   all of
yes    any of
yes      true
no     all of
yes      score >= 50
no       segment(\"Rich\")
no         all of
yes          any of
yes            segment(\"Buyers\")
yes              all of
yes                any of
yes                  true
yes                count(event.purchase) >= 3
no           revenue > 500
"
    );
    assert_eq!(why.deciding().iter().map(|leaf| leaf.what.as_str()).collect::<Vec<_>>(), ["revenue > 500"]);
    let filter = Filter::parse(r#"not segment("Rich")"#, &schema).unwrap();
    assert!(filter.compile_with(&schema, &time, &catalog).unwrap().matches(&ada));
    let why = filter.explain_with(&ada, &schema, &time, &options).unwrap();
    assert!(why.holds && why.deciding()[0].what == "revenue > 500");
    let circle = Segment::builder("Buyers").include(Selector::segment("Rich")).build(&schema).unwrap();
    catalog.save(&circle).unwrap();
    let error = best.explain_with(&ada, &schema, &time, &options).unwrap_err();
    assert!(error.to_string().contains("Best > Rich > Buyers > Rich"), "{error}");
}

#[test]
fn the_lines_of_an_rfm_survey_part_the_buyers_in_equal_groups() {
    use audiencekit::segment::{Frequency, Monetary, Recency, Rfm, RfmEstimator};
    let schema = schema();
    let now = datetime!(2026-11-23 12:00 UTC);
    let time = EvaluationTime::new(now, TimeZone::named("Europe/Warsaw").unwrap());
    // Sixty buyers: the n-th bought n times, last n days ago, for n and a half each time. And those who count for nothing.
    let mut people: Vec<Contact> = (1..=60i64)
        .map(|n| {
            let bought = |days: i64| {
                Event::new("purchase", now - time::Duration::days(days))
                    .value(rust_decimal::Decimal::new(n * 10 + 5, 1))
            };
            (0..n)
                .fold(Contact::builder(&schema), |contact, more| contact.event(&bought(n + more)))
                .build()
                .unwrap()
        })
        .collect();
    people.push(Contact::new(&schema));
    let ahead = Event::new("purchase", now + time::Duration::days(1)).value(5.into());
    people.push(Contact::builder(&schema).event(&ahead).build().unwrap());
    let mut survey = RfmEstimator::new(365, &time);
    people.iter().for_each(|contact| survey.push(contact));
    assert_eq!(survey.buyers(), 60);

    let count = |expr: audiencekit::segment::ast::Expr| {
        let filter = Filter::new(expr, &schema).unwrap().compile(&schema, &time).unwrap();
        people.iter().filter(|contact| filter.matches(contact)).count()
    };
    let cutoffs = survey.cutoffs().unwrap();
    let all = Rfm::new(cutoffs);
    for recency in [Recency::Short, Recency::Medium, Recency::Long] {
        assert_eq!(count(Rfm { recency: Some(recency), ..all.clone() }.expr()), 20, "{recency:?}");
    }
    for frequency in [Frequency::Casual, Frequency::Regular, Frequency::Common] {
        assert_eq!(count(Rfm { frequency: Some(frequency), ..all.clone() }.expr()), 20, "{frequency:?}");
    }
    for monetary in [Monetary::Saver, Monetary::Medium, Monetary::Spender] {
        assert_eq!(count(Rfm { monetary: Some(monetary), ..all.clone() }.expr()), 20, "{monetary:?}");
    }
    let quintiles = survey.quintiles().unwrap();
    for score in 1..=5 {
        assert_eq!(count(quintiles.recency(score..=score)), 12, "{quintiles:?} {score}");
        assert_eq!(count(quintiles.frequency(score..=score)), 12, "{quintiles:?} {score}");
        assert_eq!(count(quintiles.monetary(score..=score)), 12, "{quintiles:?} {score}");
    }
    assert_eq!(count(quintiles.recency(4..=5)), 24);
    assert_eq!(count(quintiles.frequency(2..=4)), 36);
    assert_eq!(count(quintiles.monetary(1..=5)), 60);
    assert_eq!(count(quintiles.monetary(0..=0)), 0);
    assert!(RfmEstimator::new(30, &time).cutoffs().is_none());
}

#[test]
fn purchases_are_measured_in_days_of_the_buyers_own_zone() {
    // Two hours before the next day in Warsaw: in Tokyo that has begun, and the clocks of New York change in between.
    let now = datetime!(2026-11-01 22:00 UTC);
    let schema = Schema::builder().detail("zone", FieldType::Text).build().unwrap();
    let time = EvaluationTime::utc(now).zone_of("zone");
    let mut survey = RfmEstimator::new(365, &time);
    let bought = Event::new("purchase", now - time::Duration::hours(24 * 3)).value(5.into());
    for zone in ["Europe/Warsaw", "America/New_York", "nowhere"] {
        let buyer = Contact::builder(&schema).detail("zone", zone).event(&bought).build().unwrap();
        survey.push(&buyer);
        for days in 1..5 {
            let text = format!("exists(event.purchase in last {days} days)");
            let filter = Filter::parse(&text, &schema).unwrap().compile(&schema, &time).unwrap();
            let mut alone = RfmEstimator::new(days, &time);
            alone.push(&buyer);
            assert_eq!(alone.cutoffs().is_some(), filter.matches(&buyer), "{zone} {days}");
        }
    }
    // In New York the three days had an hour more.
    assert_eq!(survey.quintiles().unwrap().recency_days, [3, 3, 3, 3]);
}

#[test]
fn every_condition_with_days_follows_a_contact_into_its_zone() {
    use audiencekit::contact::{ConsentEntry, StageEntry};
    let schema = Schema::builder()
        .detail("zone", FieldType::Keyword)
        .detail("renewal", FieldType::Date)
        .detail("ends", FieldType::Instant)
        .detail("starts", FieldType::Instant)
        .build()
        .unwrap();
    // At noon in London it is tomorrow on Kiritimati, and an hour ago it was too.
    let at = datetime!(2026-11-23 11:00 UTC);
    let mut contact = Contact::builder(&schema)
        .birth_date(Birthday::new(Some(2000), 11, 24).unwrap())
        .detail("renewal", date!(2026 - 11 - 24))
        .detail("created_on", at)
        .detail("ends", datetime!(2026-12-31 11:00 UTC))
        .event(&Event::new("visit", at))
        .build()
        .unwrap();
    contact.add_tag("VIP", 1, Some(at)).unwrap();
    let consent = ConsentEntry::new("news", ConsentStatus::Confirmed).at(at).agreed_on(at);
    contact.add_consent_entry(&consent).unwrap();
    contact.set_stage_entry(&StageEntry::new("Sales", "won").since(at)).unwrap();
    let time = now().zone_of("zone");
    for text in [
        "created_on on 2026-11-24",
        "created_on in (2026-11-24, 2026-11-25)",
        "renewal is today",
        "age(birth_date) = 26",
        "anniversary(birth_date) is today",
        "year(ends) = 2027",
        "month(ends) = 1",
        "day(ends) = 1",
        "weekday(created_on) = 2",
        "hour(created_on) = 1",
        "tag_since(\"VIP\") on 2026-11-24",
        "consent_since(\"news\") on 2026-11-24",
        "consent_agreed_on(\"news\") on 2026-11-24",
        "stage_since(\"Sales\") on 2026-11-24",
        "starts default 2026-11-24 < created_on",
        "exists(event.visit on 2026-11-24)",
        "count(event.visit on 2026-11-24) = 1",
        "last(event.visit) on 2026-11-24",
        "score default 1 > count(event.visit before 2026-11-24)",
    ] {
        let filter = Filter::parse(text, &schema).unwrap_or_else(|e| panic!("{}", e.picture()));
        let filter = filter.compile(&schema, &time).unwrap();
        let zone = schema.require("zone").unwrap();
        contact.unset(zone);
        assert!(!filter.matches(&contact), "{text}");
        contact.set(zone, "Pacific/Kiritimati").unwrap();
        assert!(filter.matches(&contact), "{text}");
        contact.set(zone, "Kiritimati, I think").unwrap();
        assert!(!filter.matches(&contact), "{text}");
    }
}

#[test]
fn a_zone_comes_from_a_field_with_text() {
    let schema = Schema::builder()
        .detail("time_zone", FieldType::Keyword)
        .detail("time_zones", FieldType::TextList)
        .detail("time_zone_offset", FieldType::Integer)
        .build()
        .unwrap();
    let filter = Filter::parse("score > 5", &schema).unwrap();
    let nobody = Segment::builder("nobody").include(Selector::none()).build(&schema).unwrap();
    for (field, said) in [
        ("time_zon", r#"zone of a contact: unknown field "time_zon"; did you mean "time_zone"?"#),
        (
            "zzz",
            r#"zone of a contact: unknown field "zzz"; expected a text or keyword field with names such as "Europe/Warsaw""#,
        ),
        (
            "time_zones",
            r#"zone of a contact: "time_zones" is text_list; expected a text or keyword field with names such as "Europe/Warsaw""#,
        ),
        (
            "time_zone_offset",
            r#"zone of a contact: "time_zone_offset" is integer; expected a text or keyword field with names such as "Europe/Warsaw""#,
        ),
    ] {
        let time = now().zone_of(field);
        let errors = [
            filter.compile(&schema, &time).unwrap_err(),
            nobody.compile(&schema, &time).unwrap_err(),
            filter.explain(&Contact::new(&schema), &schema, &time).unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Filter, said));
        }
    }
    assert!(filter.compile(&schema, &now().zone_of("time_zone")).is_ok());
}

#[test]
fn tags_that_are_not_known_are_hinted_at_or_refused() {
    let schema = schema();
    let mut table = ContactTable::new(&schema);
    table.push(&ada(&schema)).unwrap();
    let known = table.tag_names();
    assert_eq!(known.iter().collect::<Vec<_>>(), ["VIP"]);
    let segment = Segment::builder("x")
        .include(Selector::tag_any(["vip"]))
        .exclude(Selector::tag_all(["vpi"]))
        .filter(r#"tag_score("Gold") > 1 or not (tag_since("vip") is set)"#)
        .build(&schema)
        .unwrap();
    let hints = segment.tag_hints(&known).unwrap();
    let said: Vec<_> = hints
        .problems()
        .iter()
        .map(|p| format!("{}: {}", p.message, p.expected.as_deref().unwrap()))
        .collect();
    assert_eq!(
        said,
        [
            r#"no contact has the tag "vpi": did you mean "VIP"?"#,
            r#"no contact has the tag "Gold": one of the 1 tags that are known"#,
        ]
    );
    let options = audiencekit::segment::ParseOptions::new().known_tags(known);
    assert!(Filter::parse_with(r#"has tag "Vip""#, &schema, &options).is_ok());
    // Together with what else is wrong.
    let error = Filter::parse_with(r#"scroe = 1 and has tag "vpi""#, &schema, &options).unwrap_err();
    assert_eq!(error.problems().len(), 2);
}

/// Every bad input with its exact picture: `> ` before the input, then the picture, then an empty line.
#[test]
fn every_bad_input_gets_the_picture_that_teaches() {
    let schema = schema();
    let mut shown = String::new();
    let mut inputs = 0;
    let file = include_str!("../data/segment/bad.txt");
    let tags: audiencekit::segment::TagDictionary = ["vip", "gold", "newsletter"].into_iter().collect();
    let options = audiencekit::segment::ParseOptions::new().known_tags(tags);
    for input in file.lines().filter_map(|line| line.strip_prefix("> ")) {
        let error = Filter::parse_with(input, &schema, &options).expect_err(input);
        shown.push_str(&format!("> {input}\n{}\n", error.picture()));
        inputs += 1;
        let line = error.to_string();
        assert!(!line.contains('\n') && line.starts_with("filter"), "{line}");
    }
    assert!(inputs >= 60, "{inputs} inputs");
    assert!(shown == file, "the pictures have changed; they are now:\n{shown}");
}

#[test]
fn one_more_than_a_limit_is_an_error_and_never_a_crash() {
    let schema = schema();
    let says = |text: &str| Filter::parse(text, &schema).unwrap_err().to_string();
    let nested = |n: usize| format!("{}score = 1{}", "(".repeat(n), ")".repeat(n));
    assert!(Filter::parse(&nested(49), &schema).is_ok());
    assert!(says(&nested(50)).contains("more than 50 conditions inside one another"));
    assert!(says(&nested(300_000)).contains("more than 50 conditions"));
    assert!(says(&"not ".repeat(200_000)).contains("more than 50 conditions"));
    let chain = |n: usize| format!("exists(event.any{})", " then event.any".repeat(n));
    assert!(Filter::parse(&chain(49), &schema).is_ok());
    assert!(says(&chain(50)).contains("more than 50 conditions inside one another"));
    assert!(says(&chain(60_000)).contains("more than 50 conditions"));
    let windows = |n: usize| {
        format!("exists(event.any {}since created_on{})", "since last(event.any ".repeat(n), ")".repeat(n))
    };
    assert!(Filter::parse(&windows(48), &schema).is_ok());
    assert!(says(&windows(50)).contains("more than 50 conditions inside one another"));
    assert!(says(&windows(40_000)).contains("more than 50 conditions"));
    assert!(says(&"x".repeat(10 << 20)).contains("10485760 bytes"));
    let list = |n: usize| format!("score in ({}1)", "1, ".repeat(n - 1));
    assert!(Filter::parse(&list(10_000), &schema).is_ok());
    assert!(says(&list(10_001)).contains("the list has 10001 values"));
    assert!(says(&"score = 1 or ".repeat(60_000)).contains("unexpected end"));
    assert!(says(&"x ".repeat(400_000)).contains("unexpected"));
    let json = format!("{}{}", r#"{"not":"#.repeat(100_000), "}".repeat(100_000));
    assert!(Filter::from_json(&json, &schema).is_err());
    let json = format!("{}{}{}", r#"{"not":"#.repeat(50), r#"{"constant":true}"#, "}".repeat(50));
    assert!(Filter::from_json(&json, &schema).unwrap_err().to_string().contains("more than 50 conditions"));
}

#[test]
fn json_that_is_no_filter_is_refused_with_the_reason() {
    let schema = schema();
    for (json, reason) in [
        ("", "EOF"),
        ("{}", "expected"),
        (r#"{"constant":1}"#, "boolean"),
        (r#"{"nand":[]}"#, "unknown variant"),
        (r#"{"all":[]}"#, "a condition"),
        (r#"{"test":{"term":{"field":"scroe"},"check":{"equal":1}}}"#, "did you mean \"score\"?"),
        (r#"{"test":{"term":{"field":"score"},"check":{"equal":1},"x":1}}"#, "unknown field"),
        (r#"{"test":{"term":{"field":"revenue"},"check":{"equal":0.1234567890123456}}}"#, "15 digits"),
        (r#"{"test":{"term":{"field":"renewal"},"check":{"equal":{"date":"2026-02-30"}}}}"#, "no such date"),
        (r#"{"test":{"term":{"field":"score"},"check":{"in":[]}}}"#, "at least one value"),
        (r#"{"tags":{"quantifier":"any","tags":[]}}"#, "tag"),
    ] {
        let error = Filter::from_json(json, &schema).unwrap_err();
        assert!(error.picture().contains(reason), "{json}: {}", error.picture());
    }
    let exact = r#"{"test":{"term":{"field":"revenue"},"check":{"equal":129.9}}}"#;
    assert_eq!(Filter::from_json(exact, &schema).unwrap().to_string(), "revenue = 129.9");
}

#[test]
fn a_catalog_in_a_file_survives_and_a_file_cut_in_half_is_refused() {
    use audiencekit::segment::FileCatalog;
    let schema = schema();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("segments.json");
    let vip = Segment::builder("VIP")
        .include(Selector::tag_any(["vip"]))
        .exclude(Selector::NotOpened(audiencekit::segment::Message::email("May")))
        .filter("score >= 50 and revenue > 12.50")
        .build(&schema)
        .unwrap();
    let catalog = FileCatalog::open(&path).unwrap();
    assert_eq!(catalog.save(&vip).unwrap(), 1);
    assert_eq!(catalog.save(&vip).unwrap(), 1);
    let other = vip.to_builder().filter("country = \"PL\"").build(&schema).unwrap();
    assert_eq!(catalog.save(&other).unwrap(), 2);
    let again = FileCatalog::open(&path).unwrap();
    assert_eq!(again.versions("VIP").unwrap(), [vip.clone(), other]);
    assert_eq!((&again as &dyn SegmentCatalog).revert("VIP", 1).unwrap(), 3);
    assert_eq!(again.segment("VIP").unwrap(), Some(vip));
    assert!(again.remove("VIP").unwrap() && !again.remove("VIP").unwrap());
    catalog.save(&Segment::builder("a").include(Selector::all()).build(&schema).unwrap()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(FileCatalog::open(&path).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn folding_is_unicode_simple_case_folding() {
    // Held against the tables of the regex engine: two characters are equal without case there and here.
    let schema = schema();
    let name = schema.require("name").unwrap();
    let mut contact = Contact::new(&schema);
    let mut compared = 0;
    for c in (0x80..0x2_0000u32).filter_map(char::from_u32).filter(|c| c.is_alphabetic()) {
        let Ok(class) =
            regex_syntax::hir::ClassUnicode::new([regex_syntax::hir::ClassUnicodeRange::new(c, c)])
                .try_folded()
        else {
            panic!("the tables are part of the test")
        };
        for other in class.iter().flat_map(|range| range.start()..=range.end()).filter(|other| *other != c) {
            contact.clear();
            contact.set(name, other.to_string()).unwrap();
            let filter = Filter::parse(&format!("name = \"{c}\""), &schema).unwrap();
            assert!(filter.compile(&schema, &now()).unwrap().matches(&contact), "{c:?} and {other:?}");
            compared += 1;
        }
    }
    assert!(compared > 2_000, "{compared} pairs");
}

trait Folded: Sized {
    fn try_folded(self) -> Result<Self, regex_syntax::hir::CaseFoldError>;
}

impl Folded for regex_syntax::hir::ClassUnicode {
    fn try_folded(mut self) -> Result<Self, regex_syntax::hir::CaseFoldError> {
        self.try_case_fold_simple()?;
        Ok(self)
    }
}

#[test]
fn every_example_of_the_operator_table_in_the_docs_runs() {
    let schema = schema();
    let docs = include_str!("../../docs/segment_language.md");
    let table = docs.split("| operator | on | example |").nth(1).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let mut rows = 0;
    for line in table.lines().filter_map(|line| line.strip_prefix("| `").or(line.strip_prefix("| a field"))) {
        let example = line.trim_end_matches(" |").rsplit_once("| `").unwrap().1.trim_end_matches('`');
        let filter = Filter::parse(example, &schema).unwrap_or_else(|e| panic!("{example}\n{}", e.picture()));
        if !example.contains("segment(") {
            let _: bool = filter.compile(&schema, &now()).unwrap().matches(&ada(&schema));
        }
        assert_eq!(Filter::parse(&filter.to_string(), &schema).unwrap(), filter);
        rows += 1;
    }
    assert!(rows >= 35, "{rows} rows");
}

#[test]
fn everything_that_is_asked_for_can_be_written() {
    let schema = schema();
    let docs = include_str!("../../docs/segment_language.md");
    let table = docs.split("| asked for | written |").nth(1).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let (mut rows, mut filters) = (0, 0);
    for line in table.lines().filter_map(|line| line.strip_prefix("| ")) {
        let (asked, written) = line.trim_end_matches(" |").split_once(" | ").unwrap();
        let pieces: Vec<&str> = written.split('`').collect();
        for (before, code) in pieces.iter().zip(&pieces[1..]).step_by(2) {
            // Links name what is asked for in Rust.
            if before.ends_with('[') {
                continue;
            }
            let filter = Filter::parse(code, &schema).unwrap_or_else(|e| panic!("{asked}\n{}", e.picture()));
            assert_eq!(Filter::parse(&filter.to_string(), &schema).unwrap(), filter, "{code}");
            if !code.contains("segment(") {
                let _: bool = filter.compile(&schema, &now()).unwrap().matches(&ada(&schema));
            }
            filters += 1;
        }
        rows += 1;
    }
    assert!(rows >= 45 && filters >= 90, "{rows} rows, {filters} filters");
}

/// As much of JSON Schema as the published one uses.
fn fits(value: &serde_json::Value, schema: &serde_json::Value, root: &serde_json::Value) -> bool {
    use serde_json::Value;
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return fits(value, root.pointer(name.trim_start_matches('#')).unwrap(), root);
    }
    if let Some(several) = schema.get("oneOf") {
        return several.as_array().unwrap().iter().filter(|one| fits(value, one, root)).count() == 1;
    }
    if let Some(values) = schema.get("enum") {
        return values.as_array().unwrap().contains(value);
    }
    if let Some(only) = schema.get("const") {
        return value == only;
    }
    if let Some(wrong) = schema.get("not") {
        return !fits(value, wrong, root);
    }
    if let Some(several) = schema.get("anyOf") {
        return several.as_array().unwrap().iter().any(|one| fits(value, one, root));
    }
    if schema.get("type").is_none() {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        return required.into_iter().all(|name| value.get(name.as_str().unwrap()).is_some())
            && members
                .into_iter()
                .all(|(name, inner)| value.get(name).is_none_or(|member| fits(member, inner, root)));
    }
    if let Some(condition) = schema.get("if")
        && fits(value, condition, root)
        && !fits(value, &schema["then"], root)
    {
        return false;
    }
    let limit = |name: &str| schema.get(name).and_then(Value::as_u64);
    match schema["type"].as_str().unwrap() {
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_u64().is_some_and(|n| n >= limit("minimum").unwrap_or(0)),
        "array" => value.as_array().is_some_and(|items| {
            items.len() as u64 >= limit("minItems").unwrap_or(0)
                && items.len() as u64 <= limit("maxItems").unwrap_or(u64::MAX)
                && items.iter().all(|item| fits(item, &schema["items"], root))
        }),
        "object" => value.as_object().is_some_and(|members| {
            schema["required"]
                .as_array()
                .unwrap()
                .iter()
                .all(|name| members.contains_key(name.as_str().unwrap()))
                && members.iter().all(|(name, member)| {
                    schema["properties"].get(name).is_some_and(|inner| fits(member, inner, root))
                })
        }),
        other => panic!("{other}"),
    }
}

#[test]
fn the_published_json_schema_describes_the_json_of_every_row() {
    let schema = schema();
    let root: serde_json::Value = serde_json::from_str(Filter::JSON_SCHEMA).unwrap();
    let table = include_str!("../data/segment/table.tsv").lines();
    let table = table.filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once('\t'));
    let operators = include_str!("../data/segment/operators.jsonl").lines().map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        row["filter"].as_str().unwrap().to_owned()
    });
    for text in table.map(|(text, _)| text.to_owned()).chain(operators) {
        let filter = Filter::parse(&text, &schema).unwrap();
        let json = filter.to_json();
        assert_eq!(Filter::from_json(&json, &schema).unwrap(), filter, "{json}");
        assert!(fits(&serde_json::from_str(&json).unwrap(), &root, &root), "{json}");
    }
    for wrong in [
        r#"{}"#,
        r#"{"all":[]}"#,
        r#"{"test":{"term":{"field":"x"}}}"#,
        r#"{"constant":true,"not":{}}"#,
        r#"{"test":{"term":{"field":"score"},"check":{"less":5},"negated":true}}"#,
    ] {
        assert!(!fits(&serde_json::from_str(wrong).unwrap(), &root, &root), "{wrong}");
    }
}

#[test]
fn selectors_follow_the_limits_of_their_builder() {
    let schema = schema();
    let builder = |list: usize, tags: usize| {
        let limits = audiencekit::segment::Limits { list, ..Default::default() };
        let names: Vec<String> = (0..tags).map(|n| format!("tag{n}")).collect();
        Segment::builder("many").include(Selector::tag_any(names)).limits(limits).build(&schema)
    };
    assert!(builder(2, 2).is_ok());
    assert!(builder(2, 3).unwrap_err().to_string().contains("the list has 3 values"));
    let wide = builder(10_001, 10_001).unwrap();
    assert!(wide.compile(&schema, &now()).is_ok());
    assert!(wide.to_builder().name("more").build(&schema).unwrap().compile(&schema, &now()).is_ok());
    assert!(builder(10_000, 10_001).is_err());
}

#[test]
fn a_filter_is_checked_again_for_another_schema_and_only_then() {
    let own = schema();
    let filter = Filter::parse("plan = \"pro\" and created_on in this week", &own).unwrap();
    assert!(filter.compile(&own, &now()).is_ok());
    assert!(filter.conjuncts().iter().all(|part| part.compile(&own, &now()).is_ok()));
    let other = Schema::standard();
    let error = filter.compile(&other, &now()).unwrap_err();
    assert!(error.to_string().contains("unknown field \"plan\""), "{error}");
    let read: Filter = serde_json::from_str("\"plann = 3\"").unwrap();
    assert!(read.compile(&own, &now()).is_err());
}

#[test]
fn a_week_begins_on_the_day_that_the_evaluation_names() {
    use time::Weekday;
    let schema = schema();
    let mut contact = Contact::new(&schema);
    for (start, first, last) in [
        (Weekday::Monday, date!(2026 - 11 - 23), date!(2026 - 11 - 29)),
        (Weekday::Sunday, date!(2026 - 11 - 22), date!(2026 - 11 - 28)),
        (Weekday::Tuesday, date!(2026 - 11 - 17), date!(2026 - 11 - 23)),
    ] {
        let time = now().week_starts_on(start);
        let this = Filter::parse("renewal in this week", &schema).unwrap().compile(&schema, &time).unwrap();
        let next = Filter::parse("renewal in next week", &schema).unwrap().compile(&schema, &time).unwrap();
        for (day, wanted) in [
            (first.previous_day().unwrap(), (false, false)),
            (first, (true, false)),
            (last, (true, false)),
            (last.next_day().unwrap(), (false, true)),
        ] {
            contact.set(schema.require("renewal").unwrap(), day).unwrap();
            assert_eq!((this.matches(&contact), next.matches(&contact)), wanted, "{start} {day}");
        }
    }
}

#[test]
fn a_negation_that_text_cannot_say_is_refused() {
    let schema = schema();
    let week = r#"{"count":1,"unit":"week"}"#;
    for (field, check) in [
        ("score", r#"{"less":5}"#.to_owned()),
        ("score", r#"{"less_or_equal":5}"#.to_owned()),
        ("score", r#"{"greater":5}"#.to_owned()),
        ("score", r#"{"greater_or_equal":5}"#.to_owned()),
        ("created_on", format!(r#"{{"more_than_ago":{week}}}"#)),
        ("created_on", format!(r#"{{"less_than_ago":{week}}}"#)),
        ("created_on", format!(r#"{{"exactly_ago":{week}}}"#)),
        ("created_on", format!(r#"{{"more_than_ahead":{week}}}"#)),
        ("created_on", format!(r#"{{"less_than_ahead":{week}}}"#)),
        ("created_on", format!(r#"{{"exactly_ahead":{week}}}"#)),
    ] {
        let plain = format!(r#"{{"test":{{"term":{{"field":"{field}"}},"check":{check}}}}}"#);
        let negated =
            format!(r#"{{"test":{{"term":{{"field":"{field}"}},"check":{check},"negated":true}}}}"#);
        assert!(Filter::from_json(&plain, &schema).is_ok(), "{plain}");
        let error = Filter::from_json(&negated, &schema).unwrap_err();
        assert!(error.problems()[0].message.contains("no negated form"), "{error}");
        assert!(serde_json::from_str::<Filter>(&negated).is_err(), "{negated}");
    }
}

#[test]
fn a_contact_of_another_schema_is_not_selected() {
    let (own, other) = (schema(), schema());
    let filter = Filter::parse(r#"country = "PL" or country is not set"#, &own).unwrap();
    let compiled = filter.compile(&own, &now()).unwrap();
    let (mine, foreign) = (ada(&own), ada(&other));
    assert!(compiled.matches(&mine) && !compiled.matches(&foreign));
    let mut selected = Vec::new();
    compiled.select(&[foreign.clone(), mine.clone()], |at| selected.push(at));
    assert_eq!(selected, [1]);

    let everybody = Segment::builder("all").include(Selector::all()).build(&own).unwrap();
    let everybody = everybody.compile(&own, &now()).unwrap();
    assert!(everybody.selects(&mine) && !everybody.selects(&foreign));
    assert_eq!(everybody.decide(&foreign), Decision::NotIncluded);
    assert!(!everybody.condition().matches(&foreign));

    let mut table = ContactTable::new(&other);
    table.push(&foreign).unwrap();
    assert_eq!((table.count(&compiled), table.rows(&compiled).len()), (0, 0));
}

#[test]
fn debug_and_errors_show_no_address() {
    let schema = schema();
    let text = r#"email = "ada@example.com" or name contains "ada@example.com""#;
    let filter = Filter::parse(text, &schema).unwrap();
    let builder = Segment::builder("x")
        .include(Selector::email(["ada@example.com"]))
        .include(Selector::id(["ada@example.com"]))
        .exclude(filter.expr().clone())
        .filter(text);
    let bad = Filter::parse(r#"email = "ada@example.com" and coutry = "PL""#, &schema).unwrap_err();
    let state = Filter::parse(r#"state = "ada@example.com""#, &schema).unwrap_err();
    let json = r#"{"test":{"term":{"field":"email"},"check":{"in":"ada@example.com"}}}"#;
    let json = Filter::from_json(json, &schema).unwrap_err();
    assert!(json.to_string().contains("line 1 column"), "{json}");
    let word = r#"{"test":{"term":{"field":"email"},"check":"ada@example.com`, expected it"}}"#;
    let word = Filter::from_json(word, &schema).unwrap_err();
    let segment = builder.clone().build(&schema).unwrap();
    for shown in [
        format!("{filter:?} {builder:#?} {segment:?} {bad:?} {state:?} {json:?}"),
        format!("{bad} {state} {json} {word} {} {:?}", json.picture(), state.problems()),
        format!("{:?} {:?}", Selector::email(["ada@example.com"]), audiencekit::Error::from(bad)),
    ] {
        assert!(!shown.contains("ada@"), "{shown}");
    }
}

#[test]
fn names_of_what_lies_beside_the_fields_are_reserved() {
    for name in ["tags", "consents", "stages", "events"] {
        let error = Schema::builder().detail(name, FieldType::Text).build().unwrap_err();
        assert_eq!(error.problems()[0].code, "reserved", "{error}");
    }
}

#[test]
fn segments_that_name_each_other_again_and_again_end_at_a_limit() {
    let schema = schema();
    let catalog = MemoryCatalog::new();
    let named = |name: String, next: String| {
        let twice = Segment::builder(name)
            .include(Selector::segment(next.clone()))
            .include(Selector::segment(next))
            .build(&schema)
            .unwrap();
        catalog.save(&twice).unwrap();
        twice
    };
    let last = Segment::builder("s30").include(Selector::all()).build(&schema).unwrap();
    catalog.save(&last).unwrap();
    let mut first = last;
    for n in (0..30).rev() {
        first = named(format!("s{n}"), format!("s{}", n + 1));
    }
    let error = first.compile_with(&schema, &now(), &catalog).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    assert!(catalog.segment("s25").unwrap().unwrap().compile_with(&schema, &now(), &catalog).is_ok());
}

#[test]
fn a_chain_of_deep_segments_is_refused_before_it_exhausts_the_stack() {
    use audiencekit::segment::ExplainOptions;
    let schema = schema();
    let (time, catalog, ada) = (now(), MemoryCatalog::new(), ada(&schema));
    let last = 12;
    for n in 0..=last {
        let inner = if n == last { "true".to_owned() } else { format!("segment(\"s{}\")", n + 1) };
        let text = format!("{}{inner}{}", "at least 1 of (".repeat(46), ")".repeat(46));
        let segment = Segment::builder(format!("s{n}")).include(Selector::all()).filter(text);
        catalog.save(&segment.build(&schema).unwrap()).unwrap();
    }
    let named = |n: usize| catalog.segment(&format!("s{n}")).unwrap().unwrap();
    let options = ExplainOptions::new().catalog(&catalog);
    // Four are as deep as may be beside the one that names them.
    for n in last - 4..=last {
        assert!(named(n).compile_with(&schema, &time, &catalog).unwrap().selects(&ada));
        let why = named(n).explain_with(&ada, &schema, &time, &options).unwrap();
        assert!(why.holds && !why.to_string().is_empty() && !why.deciding().is_empty());
    }
    for n in 0..last - 4 {
        let error = named(n).compile_with(&schema, &time, &catalog).unwrap_err();
        assert!(error.to_string().contains("more than 200 conditions inside one another"), "{error}");
        assert_eq!(
            named(n).explain_with(&ada, &schema, &time, &options).unwrap_err().kind(),
            ErrorKind::Limit
        );
    }
}

#[test]
fn a_catalog_file_is_not_replaced_by_one_that_cannot_be_read() {
    let schema = schema();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("segments.json");
    let catalog = FileCatalog::open(&path).unwrap();
    let fine = Segment::builder("fine").include(Selector::all()).build(&schema).unwrap();
    catalog.save(&fine).unwrap();
    // Three levels of JSON for each: more than its reader goes down.
    let text = format!("{}score = 1{}", "at least 1 of (".repeat(48), ")".repeat(48));
    let deep = Filter::parse(&text, &schema).unwrap();
    let deep = Segment::builder("deep").include(deep.expr().clone()).build(&schema).unwrap();
    assert_eq!(catalog.save(&deep).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(FileCatalog::open(&path).unwrap().segment("fine").unwrap(), Some(fine));
    assert_eq!(catalog.names().unwrap(), ["fine"]);
}

#[test]
fn a_filter_compiles_within_the_limits_that_it_was_read_within() {
    let schema = schema();
    let limits = audiencekit::segment::Limits { list: 10_001, ..Default::default() };
    let text = format!("score in ({}1)", "1, ".repeat(10_000));
    assert!(Filter::parse(&text, &schema).is_err());
    let options = audiencekit::segment::ParseOptions::new().limits(limits);
    let filter = Filter::parse_with(&text, &schema, &options).unwrap();
    assert!(filter.compile(&schema, &now()).is_ok());
    assert!(filter.explain(&ada(&schema), &schema, &now()).is_ok());
    let segment = Segment::builder("x").include(Selector::all()).filter(filter).build(&schema).unwrap();
    assert!(segment.compile(&schema, &now()).is_ok());
    assert!(segment.explain(&ada(&schema), &schema, &now()).is_ok());
    let catalog = MemoryCatalog::new();
    catalog.save(&segment).unwrap();
    let named = Segment::builder("y").include(Selector::segment("x")).build(&schema).unwrap();
    assert!(named.compile_with(&schema, &now(), &catalog).is_ok());
    // As text, within the limits of the builder.
    let wide = || Segment::builder("x").include(Selector::all()).filter(text.as_str());
    assert!(wide().build(&schema).is_err());
    let segment = wide().limits(limits).build(&schema).unwrap();
    assert!(segment.compile(&schema, &now()).is_ok());
    let expr = segment.filters()[0].expr().clone();
    let built = || Segment::builder("x").include(Selector::all()).filter(expr.clone());
    assert!(built().build(&schema).is_err());
    assert!(built().limits(limits).build(&schema).is_ok());
    // The text, to the byte.
    let pad = |bytes: usize| format!("score = 1{}", " ".repeat(bytes - 9));
    assert!(
        Filter::parse(&pad(1 << 20), &schema).is_ok() && Filter::parse(&pad((1 << 20) + 1), &schema).is_err()
    );
}

#[test]
fn selectors_ask_of_the_data_what_they_say() {
    use audiencekit::segment::Message;
    let schema = schema();
    for (selector, wanted) in [
        (Selector::Opened(Message::email("May")), r#"exists(event.email_opened where message = "May")"#),
        (
            Selector::NotClicked(Message::push("Sale").sent_by("workflow")),
            r#"exists(event.push_sent where message = "Sale" and source = "workflow") and not exists(event.push_clicked where message = "Sale" and source = "workflow")"#,
        ),
        (Selector::FormFilled("Footer".to_owned()), r#"exists(event.form_filled where source = "Footer")"#),
        (Selector::Coupon("SPRING".to_owned()), r#"exists(event.coupon where source = "SPRING")"#),
        (Selector::loyalty_tier(["gold", "platinum"]), r#"loyalty_tier in ("gold", "platinum")"#),
        (Selector::churn_risk(["high"]), r#"churn_risk = "high""#),
        (
            Selector::Visited("path:/shop/**".to_owned()),
            r#"exists(event.visit where url matches url "path:/shop/**")"#,
        ),
        (Selector::stage("Sales", ["Won"]), r#"stage("Sales") = "Won""#),
        (Selector::NotMonitored, "not monitored = true"),
    ] {
        assert_eq!(Filter::new(selector.expr(), &schema).unwrap().to_string(), wanted);
        let json = serde_json::to_string(&selector).unwrap();
        assert_eq!(serde_json::from_str::<Selector>(&json).unwrap(), selector, "{json}");
    }
}

#[test]
fn a_built_filter_is_held_to_the_length_of_a_text() {
    let schema = schema();
    let long = "x".repeat(1 << 20);
    let error = Filter::new(audiencekit::segment::expr::field("name").eq(long), &schema).unwrap_err();
    assert_eq!(audiencekit::Error::from(error).kind(), ErrorKind::Limit);
}

#[test]
fn keywords_that_found_no_room_among_the_symbols_are_selected_like_the_others() {
    let schema = Schema::builder().symbol_limit(2).build().unwrap();
    let (country, city) = (schema.require("country").unwrap(), schema.require("city").unwrap());
    let mut full = Contact::new(&schema);
    full.set(country, "de").unwrap();
    full.set(city, "ulm").unwrap();
    let mut late = full.clone();
    late.set(country, "PL").unwrap();
    let mut table = ContactTable::new(&schema);
    table.push(&full).unwrap();
    table.push(&late).unwrap();
    for (text, wanted) in [
        (r#"country = "pl""#, vec![1]),
        (r#"country in ("pl", "fr")"#, vec![1]),
        (r#"country exactly = "pl""#, vec![]),
        (r#"country != "de""#, vec![1]),
        (r#"country in ("DE", "PL") and city = "ULM""#, vec![0, 1]),
    ] {
        let compiled = Filter::parse(text, &schema).unwrap().compile(&schema, &now()).unwrap();
        assert_eq!(table.rows(&compiled), wanted, "{text}");
        for (row, contact) in [(0, &full), (1, &late)] {
            assert_eq!(compiled.matches(contact), wanted.contains(&row), "{text}");
        }
    }
}

#[test]
fn a_birthday_before_the_first_year_has_no_year_in_rows_nor_in_columns() {
    let schema = schema();
    let birth_date = schema.require("birth_date").unwrap();
    let mut contact = Contact::new(&schema);
    let mut table = ContactTable::new(&schema);
    for date in [date!(-0044 - 03 - 15), date!(0000 - 03 - 15), date!(0001 - 03 - 15)] {
        contact.set(birth_date, date).unwrap();
        table.push(&contact).unwrap();
        let is_known = date.year() == 1;
        for text in ["birth_date <= 2000-01-01", "age(birth_date) >= 18"] {
            let compiled = Filter::parse(text, &schema).unwrap().compile(&schema, &now()).unwrap();
            assert_eq!(compiled.matches(&contact), is_known, "{text} of {date}");
            assert_eq!(
                table.rows(&compiled).contains(&(table.len() as u32 - 1)),
                is_known,
                "{text} of {date}"
            );
        }
    }
}

#[test]
fn whole_numbers_of_any_size_come_back_exact_from_a_contact_filled_again() {
    let schema = schema();
    let score = schema.require("score").unwrap();
    let mut contact = Contact::new(&schema);
    for number in [i64::MIN, -1, 1 << 60, 7, i64::MAX] {
        contact.clear();
        contact.set(score, number).unwrap();
        assert_eq!(contact.get(score), Some(audiencekit::contact::ValueRef::Integer(number)));
        let exact = Filter::parse(&format!("score = {number}"), &schema).unwrap();
        assert!(exact.compile(&schema, &now()).unwrap().matches(&contact));
    }
    contact.unset(score);
    assert_eq!(contact.get(score), None);
}

#[test]
fn a_tag_is_found_among_those_that_share_its_mark_and_not_once_it_is_taken_away() {
    let schema = schema();
    let mut contact = Contact::new(&schema);
    let has = |contact: &Contact, tag: &str| {
        let filter = Filter::parse(&format!("has tag \"{tag}\""), &schema).unwrap();
        filter.compile(&schema, &now()).unwrap().matches(contact)
    };
    // More tags than there are marks.
    for n in (0..200).step_by(2) {
        contact.add_tag(&format!("T{n}"), 1, None).unwrap();
    }
    assert!((0..200).all(|n| has(&contact, &format!("T{n}")) == (n % 2 == 0)));
    contact.remove_tag(schema.symbols().get("T4").unwrap());
    assert!(!has(&contact, "T4") && has(&contact, "T6") && has(&contact, "T198"));
    contact.clear();
    assert!(!has(&contact, "T6"));
    contact.add_tag("T5", 1, None).unwrap();
    assert!(has(&contact, "T5") && !has(&contact, "T6"));
}

#[test]
fn what_is_built_in_rust_is_what_text_says() {
    use audiencekit::segment::ast::{Fold, Relation};
    use audiencekit::segment::expr::{domain, event, field, has_exactly_tags, has_only_tags, tag_count};
    let schema = schema();
    for (built, text) in [
        (has_only_tags(["vip"]), r#"has only tag "vip""#),
        (has_exactly_tags(["vip", "gold"]), r#"has exactly tags ("vip", "gold")"#),
        (tag_count().ge(2), "count(tags) >= 2"),
        (field("email").has_all(["a@x", "b@x"]), r#"email has all ("a@x", "b@x")"#),
        (domain("email").has_only(["x"]), r#"domain(email) has only ("x")"#),
        (field("email").has_exactly(["a@x"]).exactly(), r#"email exactly has exactly ("a@x")"#),
        (
            event("cart").then(event("purchase").filter(field("value").gt(1)), None).count().ge(2),
            "count(event.cart then event.purchase where value > 1) >= 2",
        ),
        (field("score").compared(Relation::Less, field("revenue")), "score < revenue"),
        (field("score").compared_or(Relation::Equal, field("revenue"), 3), "score = revenue default 3"),
        (event("purchase").fold(Fold::Distinct, "products").gt(3), "distinct(event.purchase.products) > 3"),
    ] {
        assert_eq!(Filter::new(built, &schema).unwrap(), Filter::parse(text, &schema).unwrap(), "{text}");
    }
}

#[test]
fn a_stored_segment_says_its_version_and_a_later_one_is_refused() {
    let segment = Segment::builder("VIP").include(Selector::all()).build(&Schema::standard()).unwrap();
    let json = serde_json::to_string(&segment).unwrap();
    assert!(json.starts_with(r#"{"schema_version":1,"#), "{json}");
    assert_eq!(serde_json::from_str::<Segment>(&json).unwrap(), segment);
    let silent = json.replace(r#""schema_version":1,"#, "");
    assert_eq!(serde_json::from_str::<Segment>(&silent).unwrap(), segment);
    let later = json.replace(r#""schema_version":1"#, r#""schema_version":2"#);
    let error = serde_json::from_str::<Segment>(&later).unwrap_err();
    assert!(error.to_string().starts_with("schema_version 2 is not known; expected 1"), "{error}");
}

#[test]
fn a_word_whose_quotes_were_forgotten_stays_out_of_logs() {
    let schema = schema();
    for text in [
        "name = Kowalski",
        "name = Anna Kowalski",
        "name = \"Anna\" Kowalski",
        "name Kowalski",
        "name in (Kowalski, \"b\")",
        "name in (\"b\", Kowalski)",
        "name contains Kowalski",
        "name = `Kowalski`",
        "score between Kowalski and 5",
        "has tag Kowalski",
        "score = 1 Kowalski score = 2",
        "name starts Kowalski",
        "exists(event.visit since Kowalski)",
        "count(event.visit where url = Kowalski) > 1",
        "at least Kowalski of (score = 1)",
        "created_on in last Kowalski days",
        "segment(Kowalski)",
        "consent(Kowalski) = \"confirmed\"",
        "name = \"x\" default Kowalski",
    ] {
        let error = Filter::parse(text, &schema).expect_err(text);
        let first = &error.problems()[0];
        assert!(!first.span.range().is_empty() && first.expected.is_some(), "{text}: {error:?}");
        // The picture is for the person who typed it, and has the line.
        assert!(error.picture().contains("Kowalski"), "{text}");
        let all = audiencekit::Error::from(error.clone());
        for shown in [error.to_string(), format!("{error:?}"), all.to_string(), format!("{all:?}")] {
            assert!(!shown.contains("Kowalski"), "{text}: {shown}");
            assert!(shown.starts_with("FilterError") || shown.contains("column "), "{text}: {shown}");
        }
    }
}
