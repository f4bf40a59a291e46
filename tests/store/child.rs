//! Runs a test of this binary again as a process of its own.

use std::process::{Child, Command, Stdio};

const NAME: &str = "AUDIENCEKIT_STORE_CHILD";

/// Starts the test `name` as a child that is told `what`.
pub(crate) fn start(name: &str, what: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(NAME, what)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// What this process was told, if it is a child.
#[expect(clippy::disallowed_methods, reason = "a child is told by its environment")]
pub(crate) fn told() -> Option<String> {
    std::env::var(NAME).ok()
}

/// Runs a future to its end on a runtime of its own.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}
