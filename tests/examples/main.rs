//! Every example runs as a program, offline, and says what it promises.

#[cfg(feature = "fake-server")]
mod fake_facebook;
#[cfg(all(feature = "http", feature = "csv"))]
mod quickstart;
#[cfg(all(feature = "csv", feature = "tokio"))]
mod select;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
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

#[cfg(feature = "tokio")]
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
