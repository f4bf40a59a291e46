//! Planted people and secrets are found nowhere but where they belong: digests in a request body, the token in its header.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use audiencekit::contact::{Birthday, ConsentStatus, Event, Value};
use audiencekit::facebook::fake::{Edge, Fake, Fault, FaultRule};
use audiencekit::facebook::transport::{FakeTransport, Transport};
use audiencekit::facebook::{GraphRequest, GraphResponse, NewAudience, Session, SessionId, Upload};
use audiencekit::identity::{Coverage, MatchRows};
use audiencekit::{
    AccessToken, AppSecret, Contact, ContactSource, Error, ErrorKind, FacebookClient, GraphClient,
    JsonLinesSource, KeyMap, MatchKey, MemorySource, MockClient, Result, Schema,
};

/// Who must not be seen, in every spelling that the library ever holds.
const EMAIL: &str = "Canary.Person7391@Planted-Mail.example";
const PHONE: &str = "+48 601 739 117";
const NAME: &str = "Canariusz";
const TOKEN: &str = "EAABplantedTOKEN7391";
const SECRET: &str = "plantedSECRET7391abcdef";

fn planted() -> Vec<String> {
    let mut all: Vec<String> = [EMAIL, PHONE, NAME, TOKEN, SECRET].map(str::to_owned).into();
    all.extend([EMAIL.to_lowercase(), "48601739117".into(), "601739117".into(), NAME.to_lowercase()]);
    all
}

/// Digests are personal data too: everywhere but in the body of an upload.
fn planted_digests() -> Vec<String> {
    use sha2::Digest as _;
    [EMAIL.to_lowercase(), "48601739117".to_owned(), NAME.to_lowercase()]
        .map(|value| const_hex::encode(sha2::Sha256::digest(value)))
        .into()
}

/// Everything that was printed, each piece with what it is.
#[derive(Default)]
struct Seen(Vec<(String, String)>);

impl Seen {
    fn debug(&mut self, what: &str, value: &dyn Debug) {
        self.0.push((format!("Debug of {what}"), format!("{value:?} {value:#?}")));
    }

    fn text(&mut self, what: &str, text: impl Into<String>) {
        self.0.push((what.to_owned(), text.into()));
    }

    fn error(&mut self, what: &str, error: &Error) {
        let mut text = format!("{error} {error:?} {error:#?} {:?}", error.problems());
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            write!(text, " {cause} {cause:?}").unwrap();
            source = cause.source();
        }
        if let Some(api) = error.api() {
            write!(text, " {api} {api:?}").unwrap();
        }
        self.0.push((format!("error of {what}"), text));
    }

    fn assert_clean(&self) {
        let needles: Vec<String> = planted().into_iter().chain(planted_digests()).collect();
        for (what, text) in &self.0 {
            for needle in &needles {
                assert!(!text.contains(needle.as_str()), "{what} shows {needle:?}: {text}");
            }
        }
    }
}

fn canary(schema: &Schema) -> Contact {
    let mut contact = Contact::new(schema);
    let id = |name: &str| schema.field(name).unwrap();
    contact.set(id("id"), "7391").unwrap();
    contact.set(id("email"), EMAIL).unwrap();
    contact.set(id("phone"), PHONE).unwrap();
    contact.set(id("first_name"), NAME).unwrap();
    contact.set(id("birth_date"), Birthday::new(Some(1990), 2, 16).unwrap()).unwrap();
    contact.add_consent("newsletter", ConsentStatus::Confirmed, None).unwrap();
    contact.add_tag("vip", 1, None).unwrap();
    let at = time::macros::datetime!(2026-11-02 10:00 UTC);
    contact.add_event(&Event::new("purchase", at).property("description", EMAIL)).unwrap();
    contact
}

fn rows(schema: &Schema) -> MatchRows {
    let map = KeyMap::builder()
        .column(MatchKey::Email, "email")
        .column(MatchKey::Phone, "phone")
        .column(MatchKey::FirstName, "first_name")
        .build(schema)
        .unwrap();
    let mut rows = MatchRows::new(map.keys().clone());
    assert_eq!(map.mapper().append(&canary(schema), &mut rows, &mut Coverage::default()), 1);
    rows
}

fn upload(rows: &MatchRows) -> Upload<'_> {
    upload_in(rows, 7)
}

fn upload_in(rows: &MatchRows, session: u64) -> Upload<'_> {
    let id = SessionId::new(session).unwrap();
    let session = Session::single(id);
    Upload::new(rows, 0..rows.len(), session)
}

/// Carries requests to a fake and keeps what it saw of them.
#[derive(Debug, Clone)]
struct Wiretap {
    inner: FakeTransport,
    requests: Arc<Mutex<Vec<GraphRequest>>>,
}

#[async_trait]
impl Transport for Wiretap {
    async fn send(&self, request: &GraphRequest) -> Result<GraphResponse> {
        self.requests.lock().unwrap().push(request.clone());
        self.inner.send(request).await
    }
}

/// Answers everything with what a proxy might: the request's own secrets, thrown back.
#[derive(Debug)]
struct Echo(u16, &'static str);

#[async_trait]
impl Transport for Echo {
    async fn send(&self, request: &GraphRequest) -> Result<GraphResponse> {
        let body = request.body.as_ref().map_or(&b""[..], |body| &body.bytes);
        let body = String::from_utf8_lossy(body);
        let answer = self.1.replace("TOKEN", TOKEN).replace("EMAIL", EMAIL).replace("BODY", &body);
        Ok(GraphResponse::new(self.0, answer))
    }
}

#[tokio::test]
async fn nothing_that_holds_a_person_prints_one() {
    let schema = Schema::standard();
    let contact = canary(&schema);
    let rows = rows(&schema);
    let mut seen = Seen::default();
    seen.debug("contact", &contact);
    for value in [Value::from(EMAIL), Value::from(vec![PHONE.to_owned()]), Value::from(7391)] {
        seen.debug("value", &value);
    }
    seen.debug("fields", &schema.fields().map(|(id, _)| contact.get(id)).collect::<Vec<_>>());
    let events: Vec<_> = contact.events().flat_map(|event| event.properties().collect::<Vec<_>>()).collect();
    seen.debug("event properties", &events);
    seen.debug(
        "event",
        &Event::new("purchase", time::OffsetDateTime::UNIX_EPOCH).property("description", EMAIL),
    );
    seen.debug("schema", &schema);
    seen.debug("symbols", schema.symbols());
    seen.debug("rows", &rows);
    seen.debug("row", &rows.row(0));
    seen.debug("cells", &rows.row(0).cells().collect::<Vec<_>>());
    seen.debug("fingerprint", &rows.row(0).fingerprint());
    seen.debug("upload", &upload(&rows));
    seen.debug("memory source", &MemorySource::new(&schema, vec![contact.clone()]));
    seen.debug("json source", &JsonLinesSource::from_bytes(contact.to_json(), &schema));
    let map = KeyMap::standard(&schema);
    seen.debug("key map", &map);
    seen.debug("explanations", &map.explain(&contact));
    seen.debug("token", &AccessToken::new(TOKEN));
    seen.debug("secret", &AppSecret::new(SECRET));
    seen.assert_clean();
}

#[tokio::test]
async fn errors_about_a_person_name_the_field_and_not_the_value() {
    let schema = Schema::standard();
    let mut contact = Contact::new(&schema);
    let mut seen = Seen::default();
    let zone = audiencekit::TimeZone::utc();
    for field in ["score", "birth_date", "created_on", "opted_out"] {
        let id = schema.field(field).unwrap();
        for value in [EMAIL, PHONE, NAME] {
            let error = contact.set_cell(id, value, Default::default(), &zone).unwrap_err();
            assert!(error.to_string().contains(field));
            seen.error(field, &error);
            seen.error(field, &contact.set(id, value).unwrap_err());
        }
    }
    for line in [
        format!("{{\"score\": \"{EMAIL}\"}}"),
        format!("{{\"email\": {{\"x\": \"{EMAIL}\"}}}}"),
        format!("{{\"email\": \"{EMAIL}"),
        format!("{{\"events\": [{{\"type\": \"a\", \"at\": \"{EMAIL}\"}}]}}"),
        format!("{{\"consents\": [{{\"name\": \"a\", \"status\": \"{EMAIL}\"}}]}}"),
        format!("[\"{EMAIL}\"]"),
        EMAIL.to_owned(),
    ] {
        let source =
            JsonLinesSource::from_bytes(&line, &schema).bad_cell(audiencekit::source::OnBadCell::FailRow);
        let mut batch = audiencekit::source::Batch::with_capacity(&schema, 10);
        let error = source.open().await.unwrap().next_batch(&mut batch).await.unwrap_err();
        seen.error("json line", &error);
    }
    seen.error("hash", &audiencekit::identity::Hashed::from_hex(EMAIL).unwrap_err());
    seen.error("account", &EMAIL.parse::<audiencekit::AccountId>().unwrap_err());
    seen.assert_clean();
}

#[tokio::test]
async fn the_token_is_in_no_url_and_no_person_in_a_body() {
    let schema = Schema::standard();
    let fake = Fake::new();
    fake.add_token(TOKEN, &["ads_management", "ads_read", "business_management"], None);
    let tap = Wiretap { inner: FakeTransport::new(fake.clone()), requests: Arc::default() };
    let client = GraphClient::with_transport(tap.clone(), TOKEN, fake.clone());
    let rows = rows(&schema);
    let account = fake.account();
    let audience = client.create_audience(&account, &NewAudience::new("VIP", "Two purchases")).await.unwrap();
    client.add_users(&audience, &upload(&rows)).await.unwrap();
    client.audiences(&account, &Default::default()).await.unwrap();
    client.erase_users(&account, &upload_in(&rows, 8)).await.unwrap();

    let mut seen = Seen::default();
    seen.debug("client", &client);
    seen.debug("fake", &fake);
    let requests = tap.requests.lock().unwrap();
    assert!(requests.len() >= 4);
    let mut bodies = String::new();
    for request in requests.iter() {
        seen.debug("request", request);
        seen.text("URL", format!("{} {:?}", request.path, request.query));
        assert_eq!(
            request.token.as_ref().map(AccessToken::expose),
            Some(TOKEN),
            "the token travels beside the URL"
        );
        bodies.extend(request.body.iter().map(|body| String::from_utf8_lossy(&body.bytes).into_owned()));
    }
    seen.assert_clean();
    for needle in planted() {
        assert!(!bodies.contains(&needle), "a request body shows {needle:?}");
    }
    for digest in planted_digests() {
        assert!(bodies.contains(&digest), "the canary was not sent, so nothing was tested");
    }
    assert!(fake.alarms().is_empty(), "{:?}", fake.alarms());
}

#[tokio::test]
async fn an_answer_that_throws_secrets_back_is_not_repeated() {
    let schema = Schema::standard();
    let rows = rows(&schema);
    let mut seen = Seen::default();
    for (status, body) in [
        (500, "<html>Sorry EMAIL, token TOKEN: BODY</html>"),
        (400, "access_token=TOKEN&BODY"),
        (200, "BODY"),
        (200, r#"{"audience_id": "EMAIL", "num_received": "TOKEN"}"#),
        (
            200,
            r#"{"num_received": 1, "num_invalid_entries": 1, "invalid_entry_samples": {"EMAIL": "TOKEN"}}"#,
        ),
    ] {
        let clock = audiencekit::ManualClock::new(time::OffsetDateTime::UNIX_EPOCH);
        let client = GraphClient::with_transport(Echo(status, body), TOKEN, clock);
        let audience = "1".parse().unwrap();
        match client.add_users(&audience, &upload(&rows)).await {
            Err(error) => seen.error(body, &error),
            Ok(receipt) => seen.debug("receipt", &receipt.num_invalid_entries),
        }
    }
    assert_eq!(seen.0.len(), 5);
    seen.assert_clean();
}

#[tokio::test]
async fn failures_of_a_call_show_no_secret() {
    let schema = Schema::standard();
    let rows = rows(&schema);
    let mut seen = Seen::default();
    for fault in [Fault::DropBefore, Fault::DropReply, Fault::Html(500), Fault::Truncate(20)] {
        let client = MockClient::new();
        let audience =
            client.create_audience(&client.fake().account(), &NewAudience::new("a", "b")).await.unwrap();
        client.fake().inject(FaultRule::new(fault.clone()).on(Edge::AddUsers));
        let error = client.add_users(&audience, &upload(&rows)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{fault:?}: {error}");
        seen.error(&format!("{fault:?}"), &error);
    }
    let client = GraphClient::with_transport(FakeTransport::new(Fake::new()), TOKEN, Fake::new());
    let error = client.audiences(&"act_1".parse().unwrap(), &Default::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Token);
    seen.error("bad token", &error);
    seen.assert_clean();
}

#[test]
fn a_panic_about_a_contact_shows_nobody() {
    let schema = Schema::standard();
    let rows = rows(&schema);
    let contact = canary(&schema);
    let larger = Schema::builder().detail("more", audiencekit::contact::FieldType::Text).build().unwrap();
    let beyond = larger.field("more").unwrap();
    let mut seen = Seen::default();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let panics: [&dyn Fn(); 2] =
        [&|| drop(format!("{:?}", rows.row(99))), &|| drop(contact.clone().set(beyond, "more"))];
    for panic in panics {
        let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(panic)).unwrap_err();
        let text = payload.downcast_ref::<String>().cloned();
        seen.text("panic", text.unwrap_or_else(|| payload.downcast_ref::<&str>().unwrap().to_string()));
    }
    std::panic::set_hook(hook);
    seen.assert_clean();
}

/// Lines of a source: planted people who are sent, and planted values where they do not belong.
#[cfg(feature = "sqlite")]
fn lines() -> String {
    format!(
        "{{\"id\": \"7391\", \"email\": \"{EMAIL}\", \"phone\": \"{PHONE}\", \"first_name\": \"{NAME}\"}}\n\
         {{\"id\": \"2\", \"email\": \"b@example.com\", \"score\": \"{EMAIL}\"}}\n\
         {{\"id\": \"3\", \"email\": \"c@example.com\", \"birth_date\": \"{PHONE}\"}}\n\
         [\"{EMAIL}\"]\n\
         {{\"id\": \"4\", \"email\": \"{NAME}\"}}\n"
    )
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_run_tells_of_nobody_in_reports_plans_receipts_errors_and_files() {
    use audiencekit::sync::{ConsentPolicy, Operation, PersonRef, RemovalGuard};
    use audiencekit::{SqliteLedger, SyncEngine, SyncMode, SyncTarget};
    let schema = Schema::standard();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.db");
    let facebook = MockClient::new();
    facebook.fake().configure(|settings| settings.removal_floor = 0);
    let account = facebook.fake().account();
    let id = facebook.create_audience(&account, &NewAudience::new("VIP", "Two purchases")).await.unwrap();
    let target = SyncTarget::new(account.clone(), id.clone()).mode(SyncMode::Mirror);
    let mut seen = Seen::default();
    let keys = || {
        let map = KeyMap::builder().column(MatchKey::Email, "email").column(MatchKey::Phone, "phone");
        map.column(MatchKey::FirstName, "first_name").build(&schema).unwrap()
    };
    {
        let ledger = SqliteLedger::open(&file).unwrap();
        let people =
            JsonLinesSource::from_bytes(lines(), &schema).bad_row(audiencekit::source::OnBadRow::Skip);
        seen.debug("ledger", &ledger);
        let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone());
        let engine = engine.ledger(ledger).keys(keys()).consent(ConsentPolicy::enforce()).build();
        seen.debug("engine", &engine);
        let plan = engine.plan(&target).await.unwrap();
        assert!(plan.losses.rows > 0 && !plan.losses.cells.is_empty() && plan.add == 3, "{plan}");
        seen.debug("plan", &plan);
        seen.text("plan", format!("{plan} {}", serde_json::to_string(&plan).unwrap()));
        facebook.fake().inject(FaultRule::new(Fault::DropReply).on(Edge::AddUsers).first(1));
        let report = match engine.run(&target).await {
            Ok(report) => report,
            Err(error) => {
                seen.error("lost answer", &error);
                engine.run(&target).await.unwrap()
            }
        };
        seen.debug("report", &report);
        seen.text("report", format!("{report} {}", serde_json::to_string(&report).unwrap()));
        seen.debug("progress", &engine.progress());
        let change = engine.member_change(&canary(&schema), Operation::Add, 9).unwrap();
        seen.debug("change", &change);
        let changed = engine.apply_changes(&target, &[change]).await.unwrap();
        seen.text("change report", format!("{changed} {changed:?}"));
        facebook.fake().inject("error=190/463@add_users".parse().unwrap());
        let again =
            engine.member_change(&contact_of("9", "d@example.com", &schema), Operation::Add, 1).unwrap();
        seen.error("refused change", &engine.apply_changes(&target, &[again]).await.unwrap_err());
        facebook.fake().clear_faults();
        let person = canary(&schema);
        let receipt = engine.erase(&account, PersonRef::Contact(&person)).await.unwrap();
        assert_eq!(receipt.rows, 1);
        seen.text("receipt", format!("{receipt:?} {}", serde_json::to_string(&receipt).unwrap()));
        seen.debug("person", &PersonRef::Contact(&person));
    }
    {
        let nobody = MemorySource::new(&schema, vec![contact_of("2", "b@example.com", &schema)]);
        let engine = SyncEngine::builder(nobody, facebook.clone(), facebook.fake().clone());
        let guarded = engine
            .ledger(SqliteLedger::open(&file).unwrap())
            .keys(keys())
            .removal_guard(RemovalGuard::default());
        seen.error("guard", &guarded.build().run(&target).await.unwrap_err());
    }
    seen.assert_clean();
    let mut files = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        files += 1;
        for needle in planted() {
            assert!(
                !bytes.windows(needle.len()).any(|part| part == needle.as_bytes()),
                "a file holds {needle:?}"
            );
        }
    }
    assert!(files > 0);
    facebook.fake().assert_clean();
}

#[cfg(feature = "sqlite")]
fn contact_of(id: &str, email: &str, schema: &Schema) -> Contact {
    Contact::builder(schema).id(id).email(email).build().unwrap()
}
