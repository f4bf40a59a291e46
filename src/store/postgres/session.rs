//! Connections, driven by the calls that use them.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, Socket};

use super::error::failed;
use crate::error::{Error, ErrorKind, Result};

type Connected = Pin<Box<dyn Future<Output = Result<Session, tokio_postgres::Error>> + Send>>;

/// A connection to the server. Nothing but [`drive`](Self::drive) moves its bytes, so no task of its own is needed.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) driver: Driver,
}

/// The side of a connection that moves bytes; `None` once it has ended.
pub(super) struct Driver(Option<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Driver {
    /// Runs `work`, which uses the client, while moving the bytes of the connection.
    pub(super) async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(value) = work.as_mut().poll(context) {
                return Poll::Ready(value);
            }
            if self.has_ended(context) {
                // It was told, and says so now.
                return work.as_mut().poll(context);
            }
            Poll::Pending
        })
        .await
    }

    fn has_ended(&mut self, context: &mut Context<'_>) -> bool {
        let ended = self.0.as_mut().is_none_or(|driver| driver.as_mut().poll(context).is_ready());
        if ended {
            self.0 = None;
        }
        ended
    }
}

/// The connections of a store: at most so many at a time, kept for the next call.
pub(super) struct Sessions {
    connect: Box<dyn Fn() -> Connected + Send + Sync>,
    idle: Mutex<Vec<Session>>,
    permits: Semaphore,
}

/// A session in use. It goes back only by [`Sessions::give_back`]: one whose call was dropped may be amid a transaction.
pub(super) struct InUse<'a> {
    pub(super) session: Session,
    _permit: SemaphorePermit<'a>,
}

impl Sessions {
    pub(super) fn new<T>(config: Config, tls: T, most: usize) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let connect = move || -> Connected {
            let (config, tls) = (config.clone(), tls.clone());
            Box::pin(async move {
                let (client, connection) = config.connect(tls).await?;
                // Its error is told to the calls that use the client.
                let driver = Driver(Some(Box::pin(async move { drop(connection.await) })));
                Ok(Session { client, driver })
            })
        };
        Self { connect: Box::new(connect), idle: Mutex::default(), permits: Semaphore::new(most.max(1)) }
    }

    /// Takes an idle session that the server has not closed, or a new one.
    pub(super) async fn take(&self) -> Result<InUse<'_>> {
        let closed = |_| Error::new(ErrorKind::Io, "store", "the store is closed");
        let permit = self.permits.acquire().await.map_err(closed)?;
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        while let Some(mut session) = idle() {
            if !session.driver.has_ended(&mut Context::from_waker(Waker::noop())) {
                return Ok(InUse { session, _permit: permit });
            }
        }
        let session = (self.connect)().await.map_err(failed)?;
        Ok(InUse { session, _permit: permit })
    }

    /// Keeps a session that is outside a transaction for the next call.
    pub(super) fn give_back(&self, used: InUse<'_>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(used.session);
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}
