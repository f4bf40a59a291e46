//! Threads that your application lends.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// A unit of work that never waits: about a millisecond of reading, selecting and hashing.
pub type Task = Box<dyn FnOnce() + Send + 'static>;

/// Runs tasks on threads of your application; this crate starts none.
///
/// Every `Fn(Task)` that is `Send + Sync` is an executor.
///
/// ```
/// use audiencekit::{MemorySource, MockClient, Schema, SyncEngine};
/// use audiencekit::sync::Task;
///
/// let people = MemorySource::new(&Schema::standard(), Vec::new());
/// let facebook = MockClient::new();
/// let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone())
///     .executor(|task: Task| drop(std::thread::spawn(task)), 2)
///     .build();
/// ```
pub trait Executor: Send + Sync {
    /// Runs `task` soon on another thread. A task that is dropped instead ends the run with an error.
    fn execute(&self, task: Task);
}

impl<F: Fn(Task) + Send + Sync> Executor for F {
    fn execute(&self, task: Task) {
        self(task);
    }
}

/// The result of a task: `None` if the task was dropped or panicked.
pub(super) struct Receiver<T>(Arc<Mutex<Slot<T>>>);

struct Slot<T> {
    value: Option<T>,
    gone: bool,
    waker: Option<Waker>,
}

struct Sender<T>(Arc<Mutex<Slot<T>>>);

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.gone = true;
        if let Some(waker) = slot.waker.take() {
            waker.wake();
        }
    }
}

/// Runs `work` on the executor, or at once if there is none.
pub(super) fn submit<T: Send + 'static>(
    executor: Option<&dyn Executor>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Receiver<T> {
    let slot = Arc::new(Mutex::new(Slot { value: None, gone: false, waker: None }));
    let sender = Sender(Arc::clone(&slot));
    let task = move || {
        let value = work();
        sender.0.lock().unwrap_or_else(PoisonError::into_inner).value = Some(value);
    };
    match executor {
        Some(executor) => executor.execute(Box::new(task)),
        None => task(),
    }
    Receiver(slot)
}

impl<T> Future for Receiver<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = slot.value.take() {
            return Poll::Ready(Some(value));
        }
        if slot.gone {
            return Poll::Ready(None);
        }
        slot.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
