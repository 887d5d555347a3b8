//! The server, as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};

/// A running `plenum-sfu serve`; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where its page is.
    pub(crate) url: String,
}

impl Server {
    /// Starts one on ports that are free.
    pub(crate) fn start() -> Self {
        Server::start_with(&["--http", "127.0.0.1:0"])
    }

    /// Starts one whose page is at `url`, where another was before.
    pub(crate) fn start_again(url: &str) -> Self {
        let address = url.trim_start_matches("http://").trim_end_matches('/');
        Server::start_with(&["--http", address])
    }

    /// Starts one with `arguments`.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        Server::start_by(arguments, &[])
    }

    /// The same with variables.
    pub(crate) fn start_by(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let media = std::net::SocketAddr::new(sfu::server::reachable_addresses()[0], 0);
        let mut child = Command::new(env!("CARGO_BIN_EXE_plenum-sfu"))
            .args(["serve", "--media", &media.to_string()])
            .args(arguments)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server's program was built for this test");
        let stdout = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(stdout).lines();
        let url = lines.next().expect("it says where the page is").expect("as text");
        assert!(url.starts_with("http"), "{url}");
        Server { child, url }
    }

    /// Ends it as a crash does: nobody is told.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it is our child");
        self.child.wait().expect("it is our child");
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().expect("there is a `kill`");
        assert!(asked.success());
        self.child.wait().expect("it is our child")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
