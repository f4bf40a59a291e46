//! The way to Facebook: certificates, versions of TLS, proxies, redirects, over real sockets.
#![cfg(feature = "http")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use crate::script::{Script, whole_message};
use audiencekit::facebook::transport::{HttpTransport, HttpTransportBuilder, NotSent};
use audiencekit::facebook::{GraphClient, NewAudience, RetryPolicy};
use audiencekit::{Error, ErrorKind, FacebookClient, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};
use tokio::task::{JoinHandle, spawn_blocking};

const ROOT: &[u8] = include_bytes!("../data/tls/root.pem");
const STRANGER: &[u8] = include_bytes!("../data/tls/stranger.pem");
const SERVER: &[u8] = include_bytes!("../data/tls/server.pem");
const OTHER_HOST: &[u8] = include_bytes!("../data/tls/other_host.pem");
const EXPIRED: &[u8] = include_bytes!("../data/tls/expired.pem");
const KEY: &[u8] = include_bytes!("../data/tls/server.key");

const BOTH: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12, &rustls::version::TLS13];

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Waits for a connection, and gives up on a peer that falls silent.
fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Head and body of one HTTP message, as far as it came.
fn read_message(stream: &mut impl Read) -> String {
    let mut message = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(whole) = whole_message(&message) {
            return whole;
        }
        match stream.read(&mut chunk) {
            Ok(read @ 1..) => message.extend_from_slice(&chunk[..read]),
            _ => return String::from_utf8_lossy(&message).into_owned(),
        }
    }
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\nconnection: close\r\n\r\n{\"id\":\"9\"}";

fn tls(certificate: &[u8], versions: &[&'static SupportedProtocolVersion]) -> ServerConnection {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    ServerConnection::new(Arc::new(config)).unwrap()
}

/// Answers one call over TLS; gives the request and the version that was agreed on, or nothing where the handshake
/// failed.
fn serve(
    mut stream: TcpStream,
    certificate: &[u8],
    versions: &[&'static SupportedProtocolVersion],
    answer: &[u8],
) -> Option<(String, rustls::ProtocolVersion)> {
    let mut connection = tls(certificate, versions);
    let mut stream = rustls::Stream::new(&mut connection, &mut stream);
    let request = read_message(&mut stream);
    if request.is_empty() {
        return None;
    }
    let _ = stream.write_all(answer);
    let _ = stream.flush();
    let version = connection.protocol_version().unwrap();
    Some((request, version))
}

fn transport(base: String) -> HttpTransportBuilder {
    HttpTransport::builder()
        .base_url(base)
        .connect_timeout(Duration::from_secs(20))
        .timeout(Duration::from_secs(20))
        .max_answer_bytes(1024 * 1024)
}

async fn read(transport: HttpTransportBuilder) -> Result<()> {
    let client = GraphClient::builder_with_transport(transport.build()?, "TOKEN", Script::clock())
        .retry(RetryPolicy::never())
        .build();
    client.audience(&"9".parse().unwrap()).await.map(drop)
}

/// The outcome of a call to a server with this certificate, and what the server saw.
async fn call_over_tls(
    certificate: &'static [u8],
    versions: &'static [&'static SupportedProtocolVersion],
    configure: impl FnOnce(HttpTransportBuilder) -> HttpTransportBuilder,
) -> (Result<()>, Option<(String, rustls::ProtocolVersion)>) {
    let (listener, address) = listen();
    let server = spawn_blocking(move || serve(accept(&listener), certificate, versions, ANSWER));
    let outcome = read(configure(transport(format!("https://{address}")))).await;
    (outcome, server.await.unwrap())
}

fn not_sent(outcome: Result<()>) -> Error {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    assert!(NotSent::is_cause_of(&error), "{error:?}");
    assert!(error.is_retryable());
    assert!(!format!("{error:?} {error}").contains("TOKEN"), "{error:?}");
    error
}

#[tokio::test]
async fn a_server_of_a_given_root_is_trusted_beside_the_platforms_and_alone() {
    for only in [false, true] {
        for (versions, agreed) in [
            (&BOTH[..1], rustls::ProtocolVersion::TLSv1_2),
            (&BOTH[1..], rustls::ProtocolVersion::TLSv1_3),
            (BOTH, rustls::ProtocolVersion::TLSv1_3),
        ] {
            let (outcome, seen) = call_over_tls(SERVER, versions, |http| {
                let http = http.root_certificates(ROOT);
                if only { http.only_given_roots() } else { http }
            })
            .await;
            outcome.unwrap();
            let (request, version) = seen.unwrap();
            assert_eq!(version, agreed);
            assert!(request.starts_with("GET /v26.0/9?fields="), "{request}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_gets_no_token() {
    let trusting = |http: HttpTransportBuilder| http.root_certificates(ROOT);
    let platform = |http: HttpTransportBuilder| http;
    let stranger = |http: HttpTransportBuilder| http.root_certificates(STRANGER).only_given_roots();
    for (name, (outcome, seen)) in [
        ("unknown to the platform", call_over_tls(SERVER, BOTH, platform).await),
        ("of another root", call_over_tls(SERVER, BOTH, stranger).await),
        ("of another host", call_over_tls(OTHER_HOST, BOTH, trusting).await),
        ("out of date", call_over_tls(EXPIRED, BOTH, trusting).await),
    ] {
        assert!(seen.is_none(), "{name}: {seen:?}");
        not_sent(outcome);
    }
}

/// What a `ClientHello` offers in its extension `supported_versions`.
fn offered(hello: &[u8]) -> Vec<u16> {
    let at = |index: usize| usize::from(hello[index]);
    let two = |index: usize| at(index) * 256 + at(index + 1);
    // Record and handshake headers, version and random; then session id, cipher suites, compression.
    let mut index = 5 + 4 + 34;
    index += 1 + at(index);
    index += 2 + two(index);
    index += 1 + at(index);
    let end = index + 2 + two(index);
    index += 2;
    while index + 4 <= end {
        let (kind, length) = (two(index), two(index + 2));
        if kind == 43 {
            let list = &hello[index + 5..index + 4 + length];
            return list.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        }
        index += 4 + length;
    }
    Vec::new()
}

#[tokio::test]
async fn nothing_older_than_tls_1_2_is_offered_or_taken() {
    let (listener, address) = listen();
    let server = spawn_blocking(move || {
        let mut stream = accept(&listener);
        let mut hello = [0; 4096];
        let read = stream.read(&mut hello).unwrap();
        // A ServerHello of TLS 1.1, with AES128-SHA.
        let mut answer = vec![0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
        answer.extend([7; 32]);
        answer.extend([0, 0, 0x2f, 0]);
        let _ = stream.write_all(&answer);
        let _ = stream.read(&mut [0; 64]);
        hello[..read].to_vec()
    });
    let outcome = read(transport(format!("https://{address}")).root_certificates(ROOT)).await;
    let mut versions = offered(&server.await.unwrap());
    versions.sort_unstable();
    assert_eq!(versions, [0x0303, 0x0304]);
    not_sent(outcome);
}

#[tokio::test]
async fn an_answer_that_is_cut_within_tls_is_a_broken_answer() {
    let (listener, address) = listen();
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"id\":";
    let server = spawn_blocking(move || serve(accept(&listener), SERVER, BOTH, half));
    let error = read(transport(format!("https://{address}")).root_certificates(ROOT)).await.unwrap_err();
    assert!(server.await.unwrap().is_some());
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(!NotSent::is_cause_of(&error), "it may have taken effect: {error:?}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let (first, address) = listen();
        let (second, elsewhere) = listen();
        second.set_nonblocking(true).unwrap();
        let server = spawn_blocking(move || {
            let mut stream = accept(&first);
            read_message(&mut stream);
            let answer = format!(
                "HTTP/1.1 {status} Moved\r\nlocation: http://{elsewhere}/v26.0/9\r\ncontent-length: 0\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let client = GraphClient::builder_with_transport(
            transport(format!("http://{address}")).build().unwrap(),
            "TOKEN",
            Script::clock(),
        )
        .retry(RetryPolicy::never())
        .build();
        let new = NewAudience::new("n", "d");
        let error = client.create_audience(&"act_1".parse().unwrap(), &new).await.unwrap_err();
        server.await.unwrap();
        assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
        assert!(error.to_string().contains(&format!("status {status}")), "{error}");
        assert!(!error.to_string().contains("127.0.0.1"), "{error}");
        assert_eq!(second.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "{status}");
    }
}

/// Takes one connection as a proxy: answers a plain call itself, or joins a tunnel to the server of this certificate.
fn proxy(listener: TcpListener) -> JoinHandle<(String, Option<String>)> {
    spawn_blocking(move || {
        let mut stream = accept(&listener);
        let asked = read_message(&mut stream);
        if asked.starts_with("CONNECT ") {
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
            let within = serve(stream, SERVER, BOTH, ANSWER).map(|(request, _)| request);
            return (asked, within);
        }
        stream.write_all(ANSWER).unwrap();
        (asked, None)
    })
}

const CREDENTIALS: &str = "proxy-authorization: basic bwu6ueftu1dpukq="; // me:PASSWORD, in lower case

#[tokio::test]
async fn a_plain_call_goes_through_the_proxy() {
    let (listener, address) = listen();
    let proxied = proxy(listener);
    // Nobody listens at the address of the call itself.
    let (_, nowhere) = listen();
    let http = transport(format!("http://{nowhere}")).proxy(format!("http://me:PASSWORD@{address}"));
    read(http).await.unwrap();
    let (asked, _) = proxied.await.unwrap();
    assert!(asked.starts_with(&format!("GET http://{nowhere}/v26.0/9?fields=")), "{asked}");
    assert!(asked.to_ascii_lowercase().contains(CREDENTIALS), "{asked}");
}

#[tokio::test]
async fn a_call_over_tls_goes_through_a_tunnel_that_the_proxy_cannot_look_into() {
    let (listener, address) = listen();
    let proxied = proxy(listener);
    let http = transport("https://localhost:9".to_owned())
        .root_certificates(ROOT)
        .proxy(format!("http://me:PASSWORD@{address}"));
    read(http).await.unwrap();
    let (asked, within) = proxied.await.unwrap();
    assert!(asked.starts_with("CONNECT localhost:9 HTTP/1.1\r\n"), "{asked}");
    let asked = asked.to_ascii_lowercase();
    assert!(asked.contains(CREDENTIALS) && !asked.contains("token"), "{asked}");
    let within = within.unwrap().to_ascii_lowercase();
    assert!(within.contains("authorization: bearer token"), "{within}");
    assert!(!within.contains("proxy-authorization"), "{within}");
}

#[tokio::test]
async fn a_proxy_that_refuses_shows_neither_its_password_nor_the_token() {
    let (listener, address) = listen();
    let server = spawn_blocking(move || {
        let mut stream = accept(&listener);
        read_message(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
    });
    let http = transport("https://localhost:9".to_owned()).proxy(format!("http://me:PASSWORD@{address}"));
    let error = not_sent(read(http).await);
    server.await.unwrap();
    assert!(!format!("{error:?} {error}").contains("PASSWORD"), "{error:?}");
}

/// The child of the next test: calls a server of its own, with the proxies of its environment.
#[tokio::test]
async fn a_call_is_answered_by_its_own_server() {
    let (listener, address) = listen();
    let server = spawn_blocking(move || {
        let mut stream = accept(&listener);
        let asked = read_message(&mut stream);
        stream.write_all(ANSWER).unwrap();
        asked
    });
    read(transport(format!("http://{address}"))).await.unwrap();
    assert!(server.await.unwrap().starts_with("GET /v26.0/9?"));
}

#[tokio::test]
async fn proxies_of_the_environment_are_not_used() {
    let (listener, address) = listen();
    listener.set_nonblocking(true).unwrap();
    let proxy = format!("http://{address}");
    let child = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "transport::a_call_is_answered_by_its_own_server"])
        .envs(
            ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"].map(|name| (name, &proxy)),
        )
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && told.contains("1 passed"), "{told}");
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}
