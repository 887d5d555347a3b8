//! A load generator: people who publish and receive over loopback by real ICE, DTLS and SRTP, all in one thread, against
//! a server process of its own. It says what a forwarded packet costs and how long it takes, and when it was itself
//! the limit.
//!
//! It plays browsers as far as the server can tell: it joins by the WebSocket protocol, checks its path, agrees on
//! keys, sends pictures in bursts and sound every 20 ms, answers requests for key frames, and reports what arrives
//! (RFC 3550, transport-wide feedback). What it doesn't do: it asks for no retransmission and gives none. On loopback
//! nothing is lost but in full buffers, and a run in which anything was lost is marked.

mod crowd;
mod description;
mod measure;
mod person;
mod publisher;
mod receiver;
mod report;
mod server;
mod session;
mod stamp;
mod wire;

use std::time::Duration;

use crate::transport::Carrier;

pub use report::{Report, table};
pub use server::ServerUnderLoad;

/// Who meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One publishes and this many receive.
    Fan(usize),
    /// This many publish, and each receives all others.
    All(usize),
}

impl Shape {
    /// People in a room.
    const fn people(self) -> usize {
        match self {
            Shape::Fan(receivers) => receivers + 1,
            Shape::All(people) => people,
        }
    }

    /// How many of them publish: the first ones.
    const fn publishers(self) -> usize {
        match self {
            Shape::Fan(_) => 1,
            Shape::All(people) => people,
        }
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Shape::Fan(receivers) => write!(f, "fan {receivers}"),
            Shape::All(people) => write!(f, "all {people}"),
        }
    }
}

impl std::str::FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, count) = text.split_once([' ', ':']).unwrap_or((text, ""));
        let count = count.parse().ok().filter(|count| (1..=500).contains(count));
        match (name, count) {
            ("fan", Some(receivers)) => Ok(Shape::Fan(receivers)),
            ("all", Some(people)) if people > 1 => Ok(Shape::All(people)),
            _ => Err(format!("{text:?} is neither fan:RECEIVERS nor all:PEOPLE, of at most 500")),
        }
    }
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Who meets in each room.
    pub shape: Shape,
    /// Rooms at a time.
    pub rooms: usize,
    /// What carries media.
    pub carrier: Carrier,
    /// How long is measured, after everything flows.
    pub span: Duration,
    /// How long to wait at most until everything flows.
    pub patience: Duration,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A socket, the clock or the server's process.
    #[error("{0}")]
    System(#[from] std::io::Error),
    /// The server's WebSocket.
    #[error("the server's WebSocket: {0}")]
    WebSocket(Box<tungstenite::Error>),
    /// The server said something else than what the protocol has there.
    #[error("the server says: {0}")]
    Protocol(String),
    /// Something did not come about in time.
    #[error("after {0:?} {1}")]
    Late(Duration, String),
}

impl From<tungstenite::Error> for LoadError {
    fn from(error: tungstenite::Error) -> Self {
        LoadError::WebSocket(Box::new(error))
    }
}

/// Runs `plan` against `server`.
///
/// # Errors
/// When the server can't be reached, refuses somebody, or doesn't forward everything within the plan's patience.
pub fn run(server: &ServerUnderLoad, plan: &Plan) -> Result<Report, LoadError> {
    let mut crowd = crowd::Crowd::gather(server, plan)?;
    crowd.connect(plan.patience)?;
    crowd.subscribe(plan.patience)?;
    crowd.warm_up(plan.patience)?;
    let window = crowd.measure(server, plan.span)?;
    Ok(report::of(plan, &crowd, &window))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_said_as_they_are_read() {
        for (text, shape, people, publishers) in
            [("fan:60", Shape::Fan(60), 61, 1), ("all:10", Shape::All(10), 10, 10)]
        {
            let read: Shape = text.parse().expect(text);
            assert_eq!((read, read.people(), read.publishers()), (shape, people, publishers));
            assert_eq!(read.to_string().parse(), Ok(read));
        }
        for text in ["", "fan", "fan:0", "all:1", "fan:501", "ring:4", "fan:-1"] {
            assert!(text.parse::<Shape>().is_err(), "{text}");
        }
    }
}
