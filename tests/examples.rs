//! Every example runs as a program, offline, and says what it promises.
#![cfg(all(feature = "http", feature = "csv"))]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The example as cargo built it beside this test.
fn example(name: &str) -> Command {
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    folder.pop();
    let path: PathBuf = folder.join("examples").join(name);
    assert!(path.exists(), "{} is not built: run `cargo build --examples`", path.display());
    let mut command = Command::new(path);
    command.env_clear().stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    output
}

#[test]
fn quickstart_makes_the_audience_it_reports() {
    let output = text(&run(&mut example("quickstart")).stdout);
    for promised in [
        "nothing leaves this machine",
        "contacts                            4290",
        "Created audience",
        "VIP customers",
        "availability",
        "ready",
        "contacts read",
        "duplicates",
        "not sent: malformed",
        "The fake holds",
    ] {
        assert!(output.contains(promised), "{promised:?} is missing in:\n{output}");
    }
}

#[test]
fn quickstart_explains_itself_and_its_mistakes() {
    let help = text(&run(example("quickstart").arg("--help")).stdout);
    for promised in ["--live", "--contacts", "--filter", "FACEBOOK_ACCESS_TOKEN", "FACEBOOK_AD_ACCOUNT"] {
        assert!(help.contains(promised), "{promised:?} is missing in:\n{help}");
    }
    for (arguments, promised) in [
        (&["--filter", "scoer >= 20"][..], "did you mean \"score\"?"),
        (&["--contacts", "no/such/file.csv"], "open no/such/file.csv"),
        (&["--live"], "FACEBOOK_ACCESS_TOKEN"),
        (&["--name", " "], "name"),
    ] {
        let output = example("quickstart").args(arguments).output().unwrap();
        let error = text(&output.stderr);
        assert!(!output.status.success(), "{arguments:?} passed");
        assert!(error.contains(promised), "{arguments:?} said {error}");
        assert!(!error.contains("panicked"), "{error}");
    }
}

#[test]
fn quickstart_warns_when_the_audience_is_small() {
    let output = text(&run(example("quickstart").args(["--filter", "score >= 95"])).stdout);
    assert!(output.contains("1000") || output.contains("1,000"), "no warning in:\n{output}");
    assert!(output.contains("warning"), "no warning in:\n{output}");
}

#[test]
fn records_counts_what_a_service_has() {
    let output = text(&run(example("records").arg("1050")).stdout);
    let counted = |name: &str| {
        let line = output.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{output}"));
        line.rsplit(' ').next().unwrap().parse::<u32>().unwrap()
    };
    assert_eq!((counted("contacts"), counted("selected"), counted("tag LOYAL")), (1_050, 60, 60), "{output}");
}

#[test]
fn normalize_answers_line_by_line() {
    let mut child = example("normalize").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(
            "{\"key\": \"EMAIL\", \"value\": \" John_Smith@gmail.com\"}\n{\"id\": 2, \"key\": \"PHONE\", \"value\": \
             \"(650)555-1212\", \"region\": \"US\"}\n{\"key\": \"EMAIL\", \"value\": \"n/a\"}\n"
                .as_bytes(),
        )
        .unwrap();
    drop(input);
    let lines: Vec<serde_json::Value> = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    assert!(child.wait().unwrap().success());
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["sha256"], "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f");
    assert_eq!(lines[1]["normalized"], "16505551212");
    assert_eq!(lines[2]["reject"], "placeholder");
}

#[test]
fn normalize_answers_bad_lines_like_any_other() {
    let mut child = example("normalize").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let huge = format!("{{\"key\": \"EMAIL\", \"value\": \"{}\"}}\n", "a".repeat(1 << 20));
    let lines: [&[u8]; 8] = [
        b"{\"key\": \"EMAIL\", \"value\": \"\\ud800@example.com\"}\n",
        b"{\"key\": \"EMAIL\", \"value\": \"ada\xff@example.com\"}\n",
        b"{\"key\": \"DOBY\", \"value\": 1990}\n",
        b"{\"key\": \"EMAIL\", \"value\": null}\n",
        b"{\"key\": \"NOPE\", \"value\": \"x\"}\n",
        b"[1, 2]\n",
        "{\"key\": \"FN\", \"value\": \"\u{202e}A\u{200b}da\"}\n".as_bytes(),
        // No line end, and more than a pipe holds.
        huge.trim_end().as_bytes(),
    ];
    lines.iter().for_each(|line| input.write_all(line).unwrap());
    drop(input);
    let answers: Vec<serde_json::Value> = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    assert!(child.wait().unwrap().success());
    let rejects: Vec<_> = answers.iter().map(|answer| answer["reject"].as_str().unwrap_or("-")).collect();
    assert_eq!(
        rejects,
        [
            "not_a_json_object",
            "not_a_json_object",
            "-",
            "empty",
            "unknown_key",
            "not_a_json_object",
            "-",
            "too_long"
        ]
    );
    assert_eq!(
        (answers[2]["normalized"].as_str(), answers[6]["normalized"].as_str()),
        (Some("1990"), Some("ada"))
    );
}

#[test]
fn the_fake_facebook_serves_other_programs() {
    let mut child = example("fake_facebook").args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = ready["url"].as_str().unwrap().strip_prefix("http://").unwrap();
    let token = ready["access_token"].as_str().unwrap();
    let mut socket = TcpStream::connect(address.trim_end_matches('/')).unwrap();
    write!(
        socket,
        "GET /v26.0/me/adaccounts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("act_"), "{answer}");
}

/// The words of a shell line: quotes of both kinds, and what follows a lone `#` left out.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut letters = line.chars().chain([' ']).peekable();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (letter, Some(open)) if letter == open => quote = None,
            ('\'' | '"', None) => quote = Some(letter),
            ('\\', Some('"')) => word.extend(letters.next()),
            ('#', None) if word.is_empty() => break,
            (' ', None) => words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty())),
            (letter, _) => word.push(letter),
        }
    }
    words
}

/// Makes the call of a `curl` line and gives the answer.
fn curl(words: &[String], address: &str) -> String {
    let mut headers = String::new();
    let mut body = String::new();
    let mut url = String::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-H" => headers.push_str(&format!("{}\r\n", rest.next().unwrap())),
            "-d" => body.clone_from(rest.next().unwrap()),
            "-F" => {
                let (name, value) = rest.next().unwrap().split_once('=').unwrap();
                let part = "Content-Disposition: form-data; name";
                body.push_str(&format!("--part\r\n{part}=\"{name}\"\r\n\r\n{value}\r\n"));
            }
            other => url = other.strip_prefix("localhost:8080").unwrap().to_owned(),
        }
    }
    let kind = if body.starts_with("--part") {
        body.push_str("--part--\r\n");
        "multipart/form-data; boundary=part"
    } else {
        "application/x-www-form-urlencoded"
    };
    let method = if body.is_empty() { "GET" } else { "POST" };
    let mut socket = TcpStream::connect(address).unwrap();
    write!(
        socket,
        "{method} {url} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Type: {kind}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_curl_lines_of_the_readme_work() {
    let readme = include_str!("../README.md").replace("\\\n", " ");
    let block = readme
        .split("```")
        .find(|block| block.contains("fake_facebook -- --port 8080") && block.contains("\ncurl "))
        .unwrap();
    let flags = block.lines().find_map(|line| line.split_once("-- --port 8080 ")).unwrap().1;
    let mut child = example("fake_facebook")
        .args(["--port", "0"])
        .args(words(flags))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = ready["url"].as_str().unwrap().strip_prefix("http://").unwrap();
    let token = block.lines().find_map(|line| line.strip_prefix("T=")).unwrap();
    assert_eq!(ready["access_token"], token, "the README names the token");

    let mut answers = Vec::new();
    let mut id = String::new();
    for line in block.lines().filter_map(|line| line.strip_prefix("curl ")) {
        let answer = curl(&words(&line.replace("$T", token).replace("$ID", &id)), address);
        assert!(answer.starts_with("HTTP/1.1 200"), "{line}: {answer}");
        let body: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        if let Some(made) = body["id"].as_str() {
            id = made.to_owned();
        }
        answers.push(body);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let [accounts, made, added, members, advanced, flagged, fault, state] = answers.as_slice() else {
        panic!("{} lines: {block}", answers.len())
    };
    assert_eq!(accounts["data"][0]["id"], "act_1234567890");
    assert_eq!((&added["num_received"], &members["count"]), (&1.into(), &1.into()));
    assert!(advanced["now"].is_i64());
    assert!([flagged, fault].iter().all(|done| done["success"] == true));
    assert_eq!(state["audiences"][made["id"].as_str().unwrap()]["flagged"][0], "name");
}

#[test]
fn select_prints_ids_counts_and_mistakes() {
    let contacts = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/contacts.csv");
    let select = |arguments: &[&str]| {
        example("select").args(["--contacts", contacts]).args(arguments).output().unwrap()
    };
    let ids = select(&["--filter", "score >= 90 and country = \"PL\""]);
    let ids = text(&ids.stdout);
    assert!(ids.lines().count() > 10 && ids.lines().all(|id| id.starts_with(['C', 'D'])), "{ids}");
    let count = text(&select(&["--filter", "score >= 90 and country = \"PL\"", "--count"]).stdout);
    let selected = count.lines().find_map(|line| line.strip_prefix("selected")).unwrap().trim();
    assert_eq!(selected, ids.lines().count().to_string(), "{count}");
    let own = select(&["--filter", "created_on is today", "--zone-of", "time_zon"]);
    assert!(!own.status.success() && text(&own.stderr).contains("unknown field \"time_zon\""), "{own:?}");
    let wrong = select(&["--filter", "scoer >= 90"]);
    assert!(!wrong.status.success());
    assert!(text(&wrong.stderr).contains("did you mean \"score\"?"), "{}", text(&wrong.stderr));
}

/// What `select` prints to standard output and to standard error, and whether it was content.
fn select(arguments: &[&str], file: &Path) -> (String, String, bool) {
    let output = example("select").arg("--contacts").arg(file).args(arguments).output().unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.success())
}

#[test]
fn select_reads_types_by_sight_or_by_a_schema() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let csv = put(
        "a.csv",
        "id,email,amount,ok,day,tags\n1,a@b.pl,12.50,true,2026-01-02,vip;new\n2,,7,false,2026-02-03,\n",
    );
    let jsonl = put(
        "a.jsonl",
        "{\"id\":\"1\",\"plan\":\"pro\",\"opted_out\":true}\n\n{\"id\":\"2\",\"plan\":\"free\",\"opted_out\":false,\"tags\":[\"vip\"]}\n",
    );
    let schema = put("schema.json", r#"{"amount": "text", "orders": "integer"}"#);
    let schema = schema.to_str().unwrap();
    for (file, arguments, ids) in [
        (&csv, &["--filter", "amount >= 10.5 and ok = true and day < 2026-02-01"][..], "1\n"),
        (&csv, &["--schema", schema, "--filter", "amount starts with \"7\" and orders is not set"], "2\n"),
        (
            &csv,
            &["--include", "tag:VIP,GOLD", "--include", "amount < 8", "--exclude", "email is not set"],
            "1\n",
        ),
        (&jsonl, &["--include", "opted_in", "--ids"], "2\n"),
        (&jsonl, &["--filter", "plan = \"pro\"", "--exclude", "tag:VIP"], "1\n"),
        (
            &csv,
            &["--filter", "day is today", "--now", "2026-01-01T23:30:00Z", "--zone", "Europe/Warsaw"],
            "1\n",
        ),
    ] {
        assert_eq!(select(arguments, file), (ids.to_owned(), String::new(), true), "{arguments:?}");
    }
    let (why, _, _) = select(&["--filter", "amount >= 10.5", "--explain", "2"], &csv);
    assert!(why.starts_with("no ") && why.contains("no     amount >= 10.5"), "{why}");
}

#[test]
fn select_ends_quietly_when_nobody_reads_on() {
    let contacts = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/contacts.csv");
    let mut select = example("select");
    select.args(["--contacts", contacts]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = select.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((text(&output.stderr).as_str(), output.status.success()), ("", true));
}

#[test]
fn select_says_what_is_wrong_with_its_input() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content, arguments, said) in [
        ("none.csv", None, &[][..], "none.csv: No such file"),
        ("empty.csv", Some(""), &[], "there is no header"),
        ("twice.csv", Some("id,email,email\n1,a,b\n"), &[], "\"email\" stands twice"),
        ("cut.jsonl", Some("{\"id\":\"1\"}\n{\"id\":\n"), &[], "line 2: not a JSON object"),
        ("a.txt", Some("id,email\n1,a\n"), &[], "one that ends in .csv"),
        ("a.csv", Some("id\n1\n"), &["--filter", "scoer >= 1"], "^^^^^ did you mean \"score\"?"),
        ("a.csv", Some("id\n1\n"), &["--now", "yesterday"], "--now: "),
        ("a.csv", Some("id\n1\n"), &["--zone", "Mars"], "a name of the IANA database"),
        ("a.csv", Some("id\n1\n"), &["--schema", "none.json"], "none.json: No such file"),
        ("a.csv", Some("id\n1\n"), &["--explain", "2"], "no contact with the id \"2\""),
        ("a.csv", Some("id\n1\n"), &["--include", "tag:"], "a blank tag"),
    ] {
        let path = folder.path().join(name);
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let (ids, wrong, succeeded) = select(arguments, &path);
        assert!(!succeeded && ids.is_empty() && wrong.contains(said), "{name} {arguments:?}: {wrong}");
    }
    let header = folder.path().join("header.csv");
    std::fs::write(&header, "id,email,score\n").unwrap();
    let (count, _, succeeded) = select(&["--count"], &header);
    assert!(succeeded && count.starts_with("contacts ") && count.contains(" 0\nselected "), "{count}");
    std::fs::write(&header, "id,score\n1,x\n2,70\n").unwrap();
    let (ids, losses, succeeded) = select(&["--filter", "score >= 1"], &header);
    assert_eq!((ids.as_str(), succeeded), ("2\n", true));
    assert!(losses.contains("1 cells dropped"), "{losses}");
}

#[test]
fn automation_ends_with_the_members_of_its_model() {
    let output = text(&run(&mut example("automation")).stdout);
    let audiences: Vec<&str> = output.lines().filter(|line| line.contains("the fake has")).collect();
    assert_eq!(audiences.len(), 2, "{output}");
    for line in audiences {
        let numbers: Vec<&str> =
            line.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty()).collect();
        assert!(numbers.len() == 2 && numbers[0] == numbers[1] && numbers[0] != "0", "{line}");
    }
    assert!(output.contains("added to audience"), "{output}");
}

#[cfg(feature = "sqlite")]
#[test]
fn outbox_sends_what_the_host_committed() {
    let output = text(&run(&mut example("outbox")).stdout);
    for aborted in [
        "when customer written: 0 customers, 0 changes wait",
        "when change written: 0 customers, 0 changes wait",
        "when committed: 1 customers, 1 changes wait",
    ] {
        assert!(output.contains(aborted), "{output}");
    }
    assert!(output.contains("4 changes sent, 2 members, 0 wait"), "{output}");
}

#[cfg(all(feature = "sqlite", feature = "fake-server"))]
#[test]
fn bulk_sends_a_file_and_reports() {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("people.csv");
    let output = text(&run(example("bulk").args(["--rows", "3000", "--csv"]).arg(&csv)).stdout);
    assert!(output.contains("contacts read                         3000"), "{output}");
    assert!(output.contains("peak memory") || !cfg!(target_os = "linux"), "{output}");
    for stage in
        ["CPU seconds: run", "reading", "selecting", "normalizing and hashing", "bodies, calls and journal"]
    {
        assert!(output.contains(stage), "{stage}: {output}");
    }
}
