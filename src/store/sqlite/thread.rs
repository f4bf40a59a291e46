//! The thread of a store, on which all its SQLite calls are made.

use std::sync::mpsc;
use std::thread::JoinHandle;

use super::connection::StoreConnection;
use crate::error::{Error, ErrorKind, Result};
use crate::store::reply::reply;

type Job = Box<dyn FnOnce(&mut StoreConnection) + Send>;

/// A thread that owns a connection. It ends, and closes the connection, when it is dropped.
pub(super) struct StoreThread {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl StoreThread {
    pub(super) fn start(mut connection: StoreConnection) -> Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new().name("audiencekit-store".to_owned()).spawn(move || {
            for job in queue {
                job(&mut connection);
            }
            // Whoever needs it on disk made a commit that is; this is for the rest.
            let _ = connection.flush();
        });
        let thread = thread.map_err(|error| {
            Error::new(ErrorKind::Io, "store", "the thread cannot be started").with_source(error)
        })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs `work` on the thread, after what was given to it before, also if the future is dropped.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut StoreConnection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = reply();
        let job: Job = Box::new(move |connection| sender.send(work(connection)));
        let ended = || Error::new(ErrorKind::Io, "store", "the thread of the store has ended");
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(ended)?;
        receiver.await.unwrap_or_else(|| Err(ended()))
    }
}

impl Drop for StoreThread {
    fn drop(&mut self) {
        drop(self.jobs.take());
        // The file can be opened again as soon as this returns.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
