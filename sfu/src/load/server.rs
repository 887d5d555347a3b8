//! The server that bears the load: a process of its own, so that what it takes can be told from what we take.

use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::measure::Usage;

/// Settings without which the crowd, which comes from one address at once, would be taken for an attack.
const LIMITS: [(&str, &str); 4] = [
    ("PLENUM_SFU_LIMITS_CONNECTIONS", "100000"),
    ("PLENUM_SFU_LIMITS_CONNECTIONS_PER_ADDRESS", "100000"),
    ("PLENUM_SFU_LIMITS_CONNECTIONS_PER_SECOND", "100000"),
    ("PLENUM_SFU_LIMITS_PARTICIPANTS", "20000"),
];

/// A running `plenum-sfu serve`; killed when dropped.
pub struct ServerUnderLoad {
    child: Child,
    page: SocketAddr,
}

impl ServerUnderLoad {
    /// Starts `program serve` with this many workers on ports of the loopback address that are free.
    ///
    /// # Errors
    /// When it can't be started, or doesn't say where it listens.
    pub fn start(program: &Path, workers: usize) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(["serve", "--http", "127.0.0.1:0", "--media", "127.0.0.1:0"])
            .envs(LIMITS)
            .env("PLENUM_SFU_MEDIA_WORKERS", workers.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().expect("it is piped");
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        let page =
            line.trim_end().strip_prefix("http://").and_then(|rest| rest.trim_end_matches('/').parse().ok());
        // Killed, if it is of no use.
        let unused = ServerUnderLoad { child, page: SocketAddr::from(([127, 0, 0, 1], 0)) };
        read?;
        let page = page
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("the server says {line:?}")))?;
        let mut server = unused;
        server.page = page;
        Ok(server)
    }

    pub(super) const fn page(&self) -> SocketAddr {
        self.page
    }

    pub(super) fn usage(&self) -> io::Result<Usage> {
        Usage::of_process(self.child.id())
    }
}

impl Drop for ServerUnderLoad {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
