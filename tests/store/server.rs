//! A Postgres server of its own, in a folder, on a socket.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Once;

use tempfile::TempDir;

/// A server that ends when it is dropped.
pub(crate) struct Server {
    child: Child,
    folder: TempDir,
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the server is, and whether it must be there, is said from outside"
)]
fn said(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn programs() -> Option<PathBuf> {
    let told = Command::new("pg_config").arg("--bindir").output().ok();
    let told = told
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok());
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = said("PG_BIN").map(PathBuf::from).into_iter();
    let folders = folders.chain(told.map(|folder| PathBuf::from(folder.trim())));
    let folders = folders.chain(versions.map(|version| version.path().join("bin")));
    let path = said("PATH").unwrap_or_default();
    let mut all = folders.chain(std::env::split_paths(&path).collect::<Vec<_>>());
    all.find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

/// A user that is not root, for which Postgres refuses to run: a number, from `id`.
fn user() -> Option<u32> {
    let id = |arguments: &[&str]| {
        let output =
            Command::new("id").args(arguments).output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
    };
    (id(&["-u"])? == 0).then(|| id(&["-u", "postgres"]).or_else(|| id(&["-u", "nobody"]))).flatten()
}

impl Server {
    /// Starts a server. Without Postgres on the machine it is `None`, or a failure where Postgres is required.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(said("AUDIENCEKIT_REQUIRE_POSTGRES").is_none(), "Postgres is required and not installed");
            static SAID: Once = Once::new();
            SAID.call_once(|| {
                eprintln!("!!! SKIPPED: Postgres is not installed, its store was NOT tested !!!");
            });
            return None;
        };
        let folder = tempfile::Builder::new().prefix("akpg").tempdir_in("/tmp").unwrap();
        let user = user();
        if let Some(user) = user {
            std::os::unix::fs::chown(folder.path(), Some(user), None).unwrap();
        }
        let run = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
            if let Some(user) = user {
                std::os::unix::process::CommandExt::uid(&mut command, user);
            }
            command
        };
        let data = folder.path().join("data");
        let made = run("initdb")
            .args(["--no-sync", "-A", "trust", "-U", "test", "-E", "UTF8", "-D"])
            .arg(&data)
            .status();
        assert!(made.unwrap().success(), "initdb failed");
        let child = run("postgres")
            .args(["-c", "listen_addresses=", "-c", "unix_socket_permissions=0777", "-k"])
            .arg(folder.path())
            .arg("-D")
            .arg(&data)
            .spawn()
            .unwrap();
        Some(Self { child, folder })
    }

    pub(crate) fn socket(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGQUIT: the server ends its children too, and at once.
        let _ = Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}
