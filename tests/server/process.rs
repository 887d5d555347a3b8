//! The server as a process of its own, and what it takes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// What commands carry.
pub(crate) const TOKEN: &str = "a token of twenty-odd bytes";

/// A running `plenum-sfu serve`; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) page: SocketAddr,
    /// Of the first worker.
    pub(crate) media: SocketAddr,
    pub(crate) admin: SocketAddr,
}

impl Server {
    /// Starts one on ports that are free, with these variables.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_plenum-sfu"))
            .args(["serve", "--http", "127.0.0.1:0", "--media", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .env("PLENUM_SFU_ADMIN_TOKEN", TOKEN)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server's program was built for this test");
        let stdout = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(stdout).lines().map(|line| line.expect("as text"));
        let mut address = |before: &str| {
            let line = lines.next().expect("it says where it is");
            let rest = line.strip_prefix(before).expect("in this order").trim_end_matches('/');
            rest.split(',').next().expect("one at least").parse().expect("an address")
        };
        let (page, media, admin) = (address("http://"), address("media: udp "), address("admin: http://"));
        Server { child, page, media, admin }
    }

    /// One request with its whole answer, head and body.
    pub(crate) fn http(at: SocketAddr, method: &str, path: &str, headers: &str) -> String {
        Server::http_with_body(at, method, path, headers, "")
    }

    /// The same with something to send.
    pub(crate) fn http_with_body(
        at: SocketAddr,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> String {
        let mut stream = TcpStream::connect(at).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket takes a time-out");
        let connection = if headers.contains("Upgrade: ") { "Upgrade, close" } else { "close" };
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: {connection}\r\n");
        let request = format!("{head}{headers}\r\n{body}");
        // It may refuse a body before it has read all of it.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = String::new();
        // A connection that was not let in is reset: nothing is the answer then.
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    /// A counter of its metrics.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let page = Server::http(self.admin, "GET", "/metrics", "");
        let line = page.lines().find_map(|line| line.strip_prefix(&format!("plenum_sfu_{name} ")));
        line.unwrap_or_else(|| panic!("{name} in {page}")).parse().expect("a number")
    }

    pub(crate) fn session(&self) -> Session {
        let stream = TcpStream::connect(self.page).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket takes a time-out");
        let (socket, _) = tungstenite::client(format!("ws://{}/ws", self.page), stream).expect("a WebSocket");
        Session(socket)
    }

    /// What it has in memory, bytes.
    pub(crate) fn memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the system says so");
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kib * 1024
    }

    /// Waits until it has ended by itself.
    pub(crate) fn ended(mut self) -> ExitStatus {
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

/// A browser's WebSocket.
pub(crate) struct Session(pub(crate) WebSocket<TcpStream>);

impl Session {
    pub(crate) fn say(&mut self, message: &Value) {
        self.0.send(Message::Text(message.to_string().into())).expect("the server reads");
    }

    /// The next message; nothing when the server has closed.
    pub(crate) fn hear(&mut self) -> Option<Value> {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).expect("JSON")),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(_) | Err(_) => return None,
            }
        }
    }

    /// Joins with a browser's offer; the server's answer.
    pub(crate) fn join(&mut self, room: &str) -> Value {
        self.join_by(room, None)
    }

    /// The same with a token.
    pub(crate) fn join_with(&mut self, room: &str, token: &str) -> Value {
        self.join_by(room, Some(token))
    }

    fn join_by(&mut self, room: &str, token: Option<&str>) -> Value {
        let offer = include_str!("../../sfu/src/sdp/fixtures/vp8-simulcast.sdp");
        let sources = json!([{ "mid": "0", "name": "mic" }, { "mid": "1", "name": "cam" }]);
        let mut join = json!({
            "type": "join", "version": 1, "conference": room, "name": "ann", "offer": offer, "sources": sources,
        });
        if let Some(token) = token {
            join["token"] = token.into();
        }
        self.say(&join);
        self.hear().expect("an answer")
    }
}
