//! Selecting from a file of your own.

use std::path::Path;
use std::process::Stdio;

use crate::{example, text};

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
