//! The fake over HTTP.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::stream::{self, FuturesUnordered};
use futures_util::{FutureExt, StreamExt};
use http_body_util::{BodyExt, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::control;
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::fake::handle::Fake;
use crate::facebook::fake::wire::http::{FakeReply, FakeRequest, FaultDelivery};

/// Largest request body that is read.
const MOST_BODY_BYTES: usize = 256 * 1024 * 1024;

/// A [`Fake`] over HTTP/1.1 without TLS, for clients in any language.
///
/// Point clients at [`url`](Self::url) instead of `https://graph.facebook.com`. Tests in Rust use [`start`](Self::start);
/// a program that only serves uses [`bind`](Self::bind) and [`serve`](Self::serve). At most 256 MiB of a body are read.
///
/// Cancel safety: dropping the future of [`serve`](Self::serve) closes every connection.
///
/// # Control
/// Tests in other languages reach the methods of [`Fake`] as JSON under `/_control/`. A call that succeeds has status 200;
/// one that is wrong has status 400 and the reason in `error`. Control calls need no token, and no fault strikes them.
///
/// | call | effect |
/// |---|---|
/// | `GET /_control/info` | returns `url`, `access_token`, `app_id`, `app_secret`, `ad_accounts`, `seed`, `now` |
/// | `POST /_control/advance` `{"seconds": 3600}` | moves the clock; returns `now` |
/// | `GET`, `POST /_control/settings` `{"ready": "immediate"}` | returns [`FakeSettings`](crate::facebook::fake::FakeSettings), or changes those that are named |
/// | `POST /_control/faults` `{"rule": "drop_reply@add_users:3"}` | injects a [`FaultRule`](crate::facebook::fake::FaultRule), as text or as its JSON |
/// | `DELETE /_control/faults` | removes all faults |
/// | `POST /_control/flag` `{"audience": "1", "fields": ["name"]}` | flags an audience; without fields, removes the flag |
/// | `POST /_control/terms` `{"account": "act_1", "accepted": false}` | sets whether an account has accepted the terms |
/// | `POST /_control/tokens` `{"token": "T", "scopes": ["ads_read"], "expires_in": 60}` | adds a token; with `"revoked": 460` instead, revokes it |
/// | `GET /_control/members?audience=1` | returns `count`, `matched` and the fingerprints in `members` |
/// | `GET /_control/calls`, `GET /_control/alarms` | returns the [log](crate::facebook::fake::Call) or the [alarms](crate::facebook::fake::PrivacyViolation) |
/// | `GET`, `PUT /_control/state` | dumps or loads the whole state |
/// | `POST /_control/reset` | resets everything except seed, clock and settings |
#[derive(Debug)]
pub struct FakeServer {
    fake: Fake,
    listener: TcpListener,
    address: SocketAddr,
}

impl FakeServer {
    /// Binds an address, such as `127.0.0.1:0` for a free port.
    ///
    /// ```
    /// use audiencekit::facebook::fake::{Fake, FakeServer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let server = FakeServer::bind(Fake::new(), ([127, 0, 0, 1], 0).into()).await?;
    /// assert!(server.url().starts_with("http://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the address cannot be bound.
    ///
    /// # Panics
    /// Outside a Tokio runtime with I/O enabled.
    pub async fn bind(fake: Fake, address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address).await.map_err(io)?;
        let address = listener.local_addr().map_err(io)?;
        Ok(Self { fake, listener, address })
    }

    /// Returns the URL to point a client at, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the fake behind the server.
    #[must_use]
    pub fn fake(&self) -> &Fake {
        &self.fake
    }

    /// Serves all connections within one future until it is dropped.
    ///
    /// ```
    /// use audiencekit::facebook::fake::{Fake, FakeServer};
    /// use audiencekit::{FacebookClient, GraphClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let fake = Fake::new();
    /// let server = FakeServer::bind(fake.clone(), ([127, 0, 0, 1], 0).into()).await?;
    /// let facebook = GraphClient::builder(fake.token()).base_url(server.url()).build()?;
    /// let id = fake.account();
    /// tokio::select! {
    ///     never = server.serve() => match never {},
    ///     account = facebook.ad_account(&id) => assert_eq!(account?.id, id),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn serve(self) -> Infallible {
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => connections.push(connection(self.fake.clone(), stream)),
                    // Out of file descriptors: a connection that ends frees one.
                    Err(_) => SystemClock.sleep(Duration::from_millis(10)).await,
                },
                Some(()) = connections.next() => {}
            }
        }
    }

    /// Starts a server on a free local port and a thread of its own. It stops when the returned value is dropped.
    ///
    /// Use it in tests without a runtime, and where the test's own runtime must not serve the calls.
    ///
    /// ```
    /// use audiencekit::facebook::fake::{Fake, FakeServer};
    ///
    /// let server = FakeServer::start(Fake::new())?;
    /// assert!(server.url().starts_with("http://127.0.0.1:"));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if there is no free port or the runtime cannot be built.
    #[expect(clippy::disallowed_methods, reason = "the one place where the fake takes a thread, on request")]
    pub fn start(fake: Fake) -> Result<RunningServer> {
        // Bound without a runtime, since the caller may be within one.
        let listener = std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).map_err(io)?;
        listener.set_nonblocking(true).map_err(io)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(io)?;
        let server = {
            let _within = runtime.enter();
            let address = listener.local_addr().map_err(io)?;
            Self { fake: fake.clone(), listener: TcpListener::from_std(listener).map_err(io)?, address }
        };
        let url = server.url();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    never = server.serve() => match never {},
                    _ = stopped => {}
                }
            });
        });
        Ok(RunningServer { fake, url, stop: Some(stop), thread: Some(thread) })
    }
}

/// A [`FakeServer`] on a thread of its own. It stops when dropped.
///
/// ```
/// use audiencekit::facebook::fake::{Edge, Fake, FakeServer};
///
/// let server = FakeServer::start(Fake::new())?;
/// assert_eq!(server.fake().count(Edge::Me), 0);
/// # Ok::<(), audiencekit::Error>(())
/// ```
pub struct RunningServer {
    fake: Fake,
    url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RunningServer {
    /// Returns the URL to point a client at, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the fake behind the server.
    #[must_use]
    pub fn fake(&self) -> &Fake {
        &self.fake
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunningServer({})", self.url)
    }
}

fn io(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "fake server", "cannot listen on a local address").with_source(error)
}

/// One connection until it ends, well or by a fault.
fn connection(fake: Fake, stream: TcpStream) -> impl Future<Output = ()> {
    let service = service_fn(move |request| answer(fake.clone(), request).boxed());
    async move {
        let mut connection =
            http1::Builder::new().max_buf_size(1 << 20).serve_connection(TokioIo::new(stream), service);
        let end = std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await;
        let reset = end.is_err_and(|error| {
            std::error::Error::source(&error)
                .and_then(|source| source.downcast_ref::<std::io::Error>())
                .is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
        });
        let stream = connection.into_parts().io.into_inner();
        if reset {
            // Closing without lingering sends a reset instead of an orderly end.
            let _ = stream.set_zero_linger();
        }
    }
}

type Body = StreamBody<stream::BoxStream<'static, std::io::Result<Frame<Bytes>>>>;

async fn answer(fake: Fake, request: Request<Incoming>) -> std::io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut call = FakeRequest::new(head.method.as_str(), target);
    for (name, value) in &head.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        call.headers.push((name.as_str().to_owned(), value));
    }
    call.body = match Limited::new(body, MOST_BODY_BYTES).collect().await {
        Ok(body) => body.to_bytes().into(),
        Err(_) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
    };
    let reply = match control::handle(&fake, &call) {
        Some(reply) => reply,
        None => fake.handle(&call),
    };
    if !reply.delay.is_zero() {
        SystemClock.sleep(reply.delay).await;
    }
    deliver(reply)
}

fn deliver(reply: FakeReply) -> std::io::Result<Response<Body>> {
    let length = reply.body.len();
    let mut bytes = Bytes::from(reply.body);
    let mut frames = Vec::new();
    let mut pauses = Duration::ZERO;
    match reply.delivery {
        FaultDelivery::Slow { chunk, pause } => {
            pauses = pause;
            while !bytes.is_empty() {
                let part = bytes.split_to(chunk.max(1).min(bytes.len()));
                frames.push(Ok(Frame::data(part)));
            }
        }
        FaultDelivery::Closed => return Err(std::io::ErrorKind::ConnectionAborted.into()),
        FaultDelivery::Reset => return Err(std::io::ErrorKind::ConnectionReset.into()),
        FaultDelivery::Truncated(keep) if keep < length => {
            bytes.truncate(keep);
            frames.push(Ok(Frame::data(bytes)));
            frames.push(Err(std::io::ErrorKind::ConnectionAborted.into()));
        }
        _ => frames.push(Ok(Frame::data(bytes))),
    }
    let mut response = Response::builder().status(reply.status).header("content-length", length);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let frames = stream::iter(frames).then(move |frame| async move {
        if !pauses.is_zero() {
            SystemClock.sleep(pauses).await;
        } else if frame.is_err() {
            // What came before the cut must reach the socket first.
            tokio::task::yield_now().await;
        }
        frame
    });
    response.body(StreamBody::new(frames.boxed())).map_err(std::io::Error::other)
}
