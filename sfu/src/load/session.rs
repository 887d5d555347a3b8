//! One person's WebSocket.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Error, Message, WebSocket};

use super::LoadError;
use crate::participant::Wish;

/// How long a join may take: the server makes keys for each.
const PATIENCE: Duration = Duration::from_secs(30);

/// The conversation with the server.
pub(super) struct Session {
    socket: WebSocket<TcpStream>,
    heard: VecDeque<Value>,
}

impl Session {
    /// Connects to the page at `page`.
    pub(super) fn open(page: SocketAddr) -> Result<Self, LoadError> {
        let stream = TcpStream::connect(page)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (socket, _) =
            tungstenite::client(format!("ws://{page}/ws"), stream).map_err(|error| match error {
                tungstenite::HandshakeError::Failure(error) => LoadError::from(error),
                tungstenite::HandshakeError::Interrupted(_) => {
                    LoadError::Late(PATIENCE, "no WebSocket".into())
                }
            })?;
        Ok(Session { socket, heard: VecDeque::new() })
    }

    fn say(&mut self, message: &Value) -> Result<(), LoadError> {
        Ok(self.socket.send(Message::Text(message.to_string().into()))?)
    }

    /// Joins `room`, and waits for the server's word: the own id, and its answer to `offer`. From then on nothing
    /// waits any more.
    pub(super) fn join(
        &mut self,
        room: &str,
        name: &str,
        offer: &str,
        publishes: bool,
    ) -> Result<(String, String), LoadError> {
        // A single encoding, of which every receiver gets all or nothing.
        let encoding = json!({ "rid": "x", "height": 720, "fps": 30, "max_kbps": 1_200,
            "temporal_layers": 1, "spatial_layers": 1 });
        let sources = if publishes {
            json!([{ "mid": "0", "name": "mic" }, { "mid": "1", "name": "cam", "encodings": [encoding] }])
        } else {
            json!([])
        };
        self.say(&json!({
            "type": "join", "version": 1, "conference": room, "name": name, "offer": offer, "sources": sources,
        }))?;
        let joined = loop {
            if let Message::Text(text) = self.socket.read()? {
                break parsed(&text)?;
            }
        };
        let text = |field: &str| joined[field].as_str().map(str::to_owned);
        let answer = text("id").zip(text("answer")).filter(|_| joined["type"] == "joined");
        self.socket.get_mut().set_nonblocking(true)?;
        answer.ok_or_else(|| LoadError::Protocol(joined.to_string()))
    }

    pub(super) fn subscribe(&mut self, wishes: &[Wish]) -> Result<(), LoadError> {
        self.say(&json!({ "type": "subscribe", "wishes": wishes }))
    }

    pub(super) fn answer(&mut self, answer: &str) -> Result<(), LoadError> {
        self.say(&json!({ "type": "answer", "answer": answer }))
    }

    /// Reads what has come, and gives the oldest message of it. Also answers pings.
    pub(super) fn hear(&mut self) -> Result<Option<Value>, LoadError> {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => self.heard.push_back(parsed(&text)?),
                Ok(Message::Close(_)) => return Err(LoadError::Protocol("the end of the session".into())),
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.heard.pop_front())
    }
}

fn parsed(text: &str) -> Result<Value, LoadError> {
    let value: Value = serde_json::from_str(text).map_err(|error| LoadError::Protocol(error.to_string()))?;
    if value["type"] == "error" || value["type"] == "ended" {
        return Err(LoadError::Protocol(text.to_owned()));
    }
    Ok(value)
}
