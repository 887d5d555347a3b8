//! What every stack does here, and what drives it over a real socket.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use sfu::participant::Codec;

use crate::frames::Frame;
use crate::process::Server;

/// Between two looks at sockets and clocks: who reads late looks like a slow line to congestion control.
const TICK: Duration = Duration::from_millis(1);

/// A peer that publishes or watches one picture and one sound.
pub(crate) trait Client {
    /// Its offer.
    fn offer(&mut self) -> String;
    /// The server's answer to it.
    fn accept(&mut self, answer: &str);
    /// Takes what has come, and sends what is to be sent.
    fn pump(&mut self);
    fn is_connected(&self) -> bool;
    fn send(&mut self, codec: Codec, frame: &Frame);
    /// What it has received, in order.
    fn frames(&self, codec: Codec) -> &[Vec<u8>];
}

/// A session on the server.
pub(crate) struct Resource(String);

impl Resource {
    /// Offers, and takes the answer.
    pub(crate) fn open(server: &Server, path: &str, client: &mut dyn Client) -> Self {
        let offer = client.offer();
        let headers = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n", offer.len());
        let answer = Server::http_with_body(server.page, "POST", path, &headers, &offer);
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.1 201 "), "{path}: {answer}");
        let location = head.lines().find_map(|line| line.strip_prefix("location: "));
        client.accept(body);
        Resource(location.expect("where the session is").to_owned())
    }

    /// Ends it; the status.
    pub(crate) fn delete(self, server: &Server) -> u16 {
        let answer = Server::http(server.page, "DELETE", &self.0, "");
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
    }
}

/// Lets clients live until `done`.
pub(crate) fn drive(
    clients: &mut [&mut dyn Client],
    patience: Duration,
    mut done: impl FnMut(&mut [&mut dyn Client]) -> bool,
) {
    let end = Instant::now() + patience;
    while !done(clients) {
        if Instant::now() >= end {
            let state = |client: &&mut dyn Client| {
                let frames = [Codec::Opus, Codec::Vp8].map(|codec| client.frames(codec).len());
                format!("connected: {}, sounds and pictures: {frames:?}", client.is_connected())
            };
            panic!("not within {patience:?}: {:?}", clients.iter().map(state).collect::<Vec<_>>());
        }
        clients.iter_mut().for_each(|client| client.pump());
        std::thread::sleep(TICK);
    }
}

/// A socket that doesn't wait.
pub(crate) struct Socket {
    socket: UdpSocket,
    pub(crate) address: SocketAddr,
    buffer: Vec<u8>,
}

impl Socket {
    pub(crate) fn open() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        socket.set_nonblocking(true).expect("a socket needn't wait");
        let address = socket.local_addr().expect("it is bound");
        Socket { socket, address, buffer: vec![0; 2_000] }
    }

    pub(crate) fn send(&self, to: SocketAddr, datagram: &[u8]) {
        // On a loopback only a full buffer refuses, and that is a loss like any other.
        let _ = self.socket.send_to(datagram, to);
    }

    /// The next datagram that has come, if any.
    pub(crate) fn receive(&mut self) -> Option<(SocketAddr, &[u8])> {
        let (len, from) = self.socket.recv_from(&mut self.buffer).ok()?;
        Some((from, &self.buffer[..len]))
    }
}
