//! aiortc, in a process of its own: `aiortc_peer.py` beside this file, which says what it sees, a line of JSON at a time.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process::Server;

pub(crate) struct Aiortc {
    child: Child,
    says: Receiver<Value>,
}

impl Aiortc {
    /// Starts one that will "publish" or "view" at `path`.
    pub(crate) fn start(server: &Server, what: &str, path: &str) -> Self {
        let python = std::env::var("AIORTC_PYTHON").unwrap_or_else(|_| "python3".into());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/oneway/aiortc_peer.py");
        let mut child = Command::new(&python)
            .args([script, what, &format!("http://{}{path}", server.page)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{python}: {error}"));
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let (tell, says) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let said = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
                if tell.send(said).is_err() {
                    break;
                }
            }
        });
        Aiortc { child, says }
    }

    /// Listens until it says something that `enough` is content with.
    pub(crate) fn until(&self, patience: Duration, enough: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + patience;
        let mut last = Value::Null;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.says.recv_timeout(left) {
                Ok(said) if enough(&said) => return said,
                Ok(said) => last = said,
                Err(error) => panic!(
                    "{error}: last it said {last}. Is aiortc there? AIORTC_PYTHON names a Python that has it"
                ),
            }
        }
    }

    /// Lets it end its session and go.
    pub(crate) fn stop(mut self) {
        // It ends when nobody speaks to it any more.
        drop(self.child.stdin.take());
        assert!(self.child.wait().expect("it is our child").success());
    }
}

impl Drop for Aiortc {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
