//! Threads that your application lends.

use crate::store::reply::reply;

pub(super) use crate::store::reply::Receiver;

/// A unit of work that never waits: about a millisecond of reading, selecting and hashing.
pub type Task = Box<dyn FnOnce() + Send + 'static>;

/// Runs tasks on threads of your application; an engine starts none of its own.
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

/// Runs `work` on the executor, or at once if there is none.
pub(super) fn submit<T: Send + 'static>(
    executor: Option<&dyn Executor>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Receiver<T> {
    let (sender, receiver) = reply();
    let task = move || sender.send(work());
    match executor {
        Some(executor) => executor.execute(Box::new(task)),
        None => task(),
    }
    receiver
}
