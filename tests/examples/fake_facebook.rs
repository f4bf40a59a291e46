//! The fake Facebook as a server, and the calls of the guide to testing.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use crate::example;

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
fn the_curl_lines_of_the_testing_guide_work() {
    let guide = include_str!("../../docs/testing.md").replace("\\\n", " ");
    let block = guide
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
    assert_eq!(ready["access_token"], token, "the guide names the token");

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
