//! Answers over a real socket that no honest server gives: each is a typed error, soon and in bounded memory.
#![cfg(feature = "http")]

use std::time::Duration;

use crate::script::{Script, rows, upload, whole_message};
use audiencekit::facebook::transport::{HttpTransport, NotSent};
use audiencekit::facebook::{GraphClient, RetryPolicy};
use audiencekit::{AudienceId, Error, ErrorKind, FacebookClient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn audience() -> AudienceId {
    "9".parse().unwrap()
}

/// Reads a request whole and gives it back as text.
async fn read_request(socket: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(whole) = whole_message(&request) {
            return whole;
        }
        let read = socket.read(&mut chunk).await.unwrap();
        assert!(read > 0, "the client went away");
        request.extend_from_slice(&chunk[..read]);
    }
}

fn transport(port: u16) -> HttpTransport {
    HttpTransport::builder()
        .base_url(format!("http://127.0.0.1:{port}"))
        .timeout(Duration::from_millis(700))
        .max_answer_bytes(1024 * 1024)
        .build()
        .unwrap()
}

/// The outcome of one read against a server that answers with `answer`, and the request that it saw.
async fn read_from<F, A>(answer: A) -> (Result<(), Error>, String)
where
    A: FnOnce(TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let request = read_request(&mut socket).await;
        answer(socket).await;
        request
    };
    let client = GraphClient::builder_with_transport(transport(port), "TOKEN", Script::clock())
        .retry(RetryPolicy::never())
        .build();
    let id = audience();
    let call = async { client.audience(&id).await.map(|_| ()) };
    let (outcome, request) = tokio::join!(call, server);
    if let Err(error) = &outcome {
        let shown = format!("{error:?} {error} {:?}", std::error::Error::source(error));
        assert!(!shown.contains("TOKEN") && !shown.contains("127.0.0.1"), "{shown}");
        assert!(shown.len() < 2_000, "{shown}");
    }
    (outcome, request)
}

async fn write(mut socket: TcpStream, bytes: Vec<u8>) {
    // The client may hang up in the middle: that is the point.
    let _ = socket.write_all(&bytes).await;
    let _ = socket.shutdown().await;
}

fn http(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

#[tokio::test]
async fn an_honest_answer_is_read_and_the_token_is_in_the_header_only() {
    let (outcome, request) = read_from(|socket| write(socket, http("200 OK", "", br#"{"id":"9"}"#))).await;
    outcome.unwrap();
    let (line, headers) = request.split_once("\r\n").unwrap();
    assert!(line.starts_with("GET /v26.0/9?fields=id%2Caccount_id"), "{line}");
    assert!(!line.contains("TOKEN"));
    assert!(headers.to_ascii_lowercase().contains("authorization: bearer token\r\n"), "{headers}");
}

#[tokio::test]
async fn rows_to_remove_travel_in_the_body_of_the_delete() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = GraphClient::with_transport(
        transport(listener.local_addr().unwrap().port()),
        "TOKEN",
        Script::clock(),
    );
    let people = rows(&["mary@example.com"]);
    let id = audience();
    let upload = upload(&people);
    let server = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let request = read_request(&mut socket).await;
        write(socket, http("200 OK", "", b"{}")).await;
        request
    };
    let (outcome, request) = tokio::join!(client.remove_users(&id, &upload), server);
    outcome.unwrap();
    assert!(request.starts_with("DELETE /v26.0/9/users HTTP/1.1\r\n"), "{request}");
    assert!(request.to_ascii_lowercase().contains("content-type: application/json"));
    assert!(request.ends_with(r#""batch_seq":1,"last_batch_flag":true}}"#), "{request}");
}

#[tokio::test]
async fn a_hundred_megabytes_are_not_read() {
    let announced = |mut socket: TcpStream| async move {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n";
        let _ = socket.write_all(head.as_bytes()).await;
    };
    let (outcome, _) = read_from(announced).await;
    assert!(outcome.unwrap_err().to_string().contains("longer than 1048576 bytes"));

    let chunked = |mut socket: TcpStream| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
        let mut written = 0;
        while socket.write_all(&chunk).await.is_ok() && written < 1600 {
            written += 1;
        }
        // 1,600 chunks are 100 MB; the client hung up long before.
        assert!(written < 400, "{written} chunks were read");
    };
    let (outcome, _) = read_from(chunked).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[tokio::test]
async fn what_is_not_an_answer_is_a_transport_error() {
    let many_headers = "x-a: b\r\n".repeat(5_000);
    let long_header = format!("x-a: {}\r\n", "b".repeat(2_000_000));
    let deep = "[".repeat(900_000);
    let deep_object = r#"{"error":"#.repeat(90_000);
    for (name, answer) in [
        ("a header bomb", http("200 OK", &many_headers, b"{}")),
        ("a long header", http("200 OK", &long_header, b"{}")),
        ("deep lists", http("200 OK", "", deep.as_bytes())),
        ("deep objects", http("200 OK", "", deep_object.as_bytes())),
        ("half JSON", http("200 OK", "", br#"{"id":"9","name":"#)),
        ("HTML", http("500 Internal Server Error", "content-type: text/html\r\n", b"<html>Sorry</html>")),
        ("a cut body", b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"id\"".to_vec()),
        ("no HTTP", b"220 smtp ready\r\n".to_vec()),
        ("nothing", Vec::new()),
        (
            "UTF-16",
            http(
                "200 OK",
                "content-type: application/json; charset=utf-16\r\n",
                b"{\0\"\0i\0d\0\"\0:\0\"\09\0\"\0}\0",
            ),
        ),
        ("a redirect", http("302 Found", "location: http://127.0.0.1:1/?access_token=TOKEN\r\n", b"")),
        ("an odd status", http("999 What", "", b"{}")),
        ("zero bytes", http("200 OK", "", &[0; 1000])),
        ("Latin-1", http("200 OK", "", b"{\"id\":\"9\",\"name\":\"Jos\xe9\"}")),
        ("half a character", http("200 OK", "", b"{\"id\":\"9\",\"name\":\"Jos\xc3")),
        ("a body that calls itself packed", http("200 OK", "content-encoding: gzip\r\n", b"\x1f\x8b\x08")),
        ("two lengths", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}".to_vec()),
        ("a length that is none", b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}".to_vec()),
        ("a broken chunk", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}".to_vec()),
        (
            "a chunk of the largest size",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{".to_vec(),
        ),
        ("half a head", b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()),
        ("provisional answers only", b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000)),
    ] {
        let (outcome, _) = read_from(|socket| write(socket, answer)).await;
        let error = outcome.expect_err(name);
        assert_eq!(error.kind(), ErrorKind::Transport, "{name}: {error}");
        assert!(error.is_retryable(), "{name}");
        assert!(!NotSent::is_cause_of(&error), "{name}");
    }
}

#[tokio::test]
async fn a_slow_trickle_ends_in_time() {
    let trickle = |mut socket: TcpStream| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await;
        // Ends when the client hangs up.
        while socket.write_all(b" ").await.is_ok() {
            if tokio::time::timeout(Duration::from_millis(20), socket.read(&mut [0])).await.is_ok() {
                break;
            }
        }
    };
    let (outcome, _) = read_from(trickle).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.to_string().contains("in time"), "{error}");
}

#[tokio::test]
async fn headers_that_trickle_and_silence_end_in_time() {
    let slow_head = |mut socket: TcpStream| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while socket.write_all(b"x-a: b\r\n").await.is_ok() {
            if tokio::time::timeout(Duration::from_millis(50), socket.read(&mut [0])).await.is_ok() {
                break;
            }
        }
    };
    let silence = |mut socket: TcpStream| async move {
        let _ = socket.read(&mut [0]).await;
    };
    let (outcome, _) = read_from(slow_head).await;
    let error = outcome.unwrap_err();
    assert!(error.kind() == ErrorKind::Transport && !NotSent::is_cause_of(&error), "{error:?}");
    let (outcome, _) = read_from(silence).await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("in time") && !NotSent::is_cause_of(&error), "{error:?}");
}

#[tokio::test]
async fn a_server_that_does_not_read_an_upload_ends_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = GraphClient::builder_with_transport(
        transport(listener.local_addr().unwrap().port()),
        "TOKEN",
        Script::clock(),
    )
    .retry(RetryPolicy::never())
    .build();
    let people: Vec<String> = (0..10_000).map(|number| format!("p{number}@x.com")).collect();
    let wide = rows(&people.iter().map(String::as_str).collect::<Vec<_>>());
    let id = audience();
    let upload = upload(&wide);
    let hold = async {
        let (socket, _) = listener.accept().await.unwrap();
        socket
    };
    let (outcome, socket) = tokio::join!(client.add_users(&id, &upload), hold);
    drop(socket);
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(!NotSent::is_cause_of(&error), "part of it was sent: {error:?}");
}

#[tokio::test]
async fn a_connection_that_is_reset_in_the_middle_is_a_broken_answer() {
    let reset = |mut socket: TcpStream| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"id\"").await;
        let _ = socket.set_zero_linger();
    };
    let (outcome, _) = read_from(reset).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.is_retryable() && !NotSent::is_cause_of(&error), "{error:?}");
}

#[tokio::test]
async fn a_refused_connection_is_known_not_to_have_been_sent() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let client = GraphClient::builder_with_transport(transport(port), "TOKEN", Script::clock())
        .retry(RetryPolicy::never())
        .build();
    let error = client.audience(&audience()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(NotSent::is_cause_of(&error), "{error:?}");
    assert!(!format!("{error:?}").contains("127.0.0.1"));
}

#[tokio::test]
async fn a_place_that_would_send_the_token_in_clear_is_refused() {
    for base in
        ["http://graph.facebook.com", "http://10.0.0.1", "ftp://127.0.0.1", "not a url", "https://me@x.com"]
    {
        let error = HttpTransport::builder().base_url(base).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{base}");
    }
    for base in
        ["http://127.0.0.1:8080", "http://[::1]:1", "http://localhost", "https://proxy.example.com/graph"]
    {
        HttpTransport::builder().base_url(base).build().unwrap();
    }
    assert_eq!(
        HttpTransport::builder().root_certificates("no PEM").build().unwrap_err().kind(),
        ErrorKind::Invalid
    );
    let builder = HttpTransport::builder().proxy("http://me:PASSWORD@127.0.0.1:3128");
    assert!(!format!("{builder:?}").contains("PASSWORD"));
}

#[tokio::test]
async fn a_token_with_line_breaks_is_refused_and_not_shown() {
    let client = GraphClient::builder_with_transport(transport(1), "TO\r\nKEN", Script::clock())
        .retry(RetryPolicy::never())
        .build();
    let error = client.audience(&audience()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Token);
    assert!(!format!("{error:?}").contains("KEN"));
}
