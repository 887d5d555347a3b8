//! Media over TCP, for networks that block UDP (RFC 6544, RFC 4571): connections to the worker's port number.
//!
//! Each connection has a task, which reads whole frames and hands them to the worker, and writes what the worker has
//! left for it. Neither waits for the other for long: a connection whose sender waits for room in the worker's queue
//! is held up by TCP itself, and one that doesn't take what it is sent loses it, like a full queue.

mod connection;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashMap;
use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::clock::Clock;
use super::gate::Gate;
use super::port::Traffic;
use crate::sink::Transmit;
use connection::Outgoing;

/// What connections have for the worker that may wait for it.
const QUEUE: usize = 256;

/// What the system keeps of a connection in each direction, bytes: half a second of a picture and sound. Left to
/// itself it would keep megabytes, which is delay.
const BUFFER: usize = 256 * 1024;

/// Connections that may wait to be taken.
const BACKLOG: i32 = 1_024;

/// How long to wait when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// What a connection has for the worker.
pub(super) enum Incoming {
    /// It is there.
    Opened { from: SocketAddr, id: u64, outgoing: Arc<Outgoing> },
    /// Whole frames (see [`crate::transport::framing`]).
    Frames { from: SocketAddr, bytes: Vec<u8> },
    /// It has gone.
    Closed { from: SocketAddr, id: u64 },
}

/// A listening socket of each family that there is, not yet in anybody's runtime.
#[derive(Default)]
pub(super) struct Bound(Vec<std::net::TcpListener>);

impl Bound {
    /// Takes the same addresses as UDP has.
    ///
    /// # Errors
    /// When one is taken, with which.
    pub(super) fn bind(addresses: &[SocketAddr]) -> Result<Self, (SocketAddr, io::Error)> {
        let bind = |address: SocketAddr| {
            let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
            if address.is_ipv6() {
                socket.set_only_v6(true)?;
            }
            socket.set_nonblocking(true)?;
            // A restart finds the last run's connections waiting to be forgotten.
            socket.set_reuse_address(true)?;
            socket.set_send_buffer_size(BUFFER)?;
            socket.set_recv_buffer_size(BUFFER)?;
            socket.bind(&address.into())?;
            socket.listen(BACKLOG)?;
            Ok(socket.into())
        };
        let bind = |address: &SocketAddr| bind(*address).map_err(|error| (*address, error));
        addresses.iter().map(bind).collect::<Result<_, _>>().map(Bound)
    }

    /// Takes connections, in the runtime that calls.
    ///
    /// # Errors
    /// When that can't wait for them.
    pub(super) fn open(self, gate: &Gate, clock: Clock) -> io::Result<Streams> {
        let (sender, incoming) = mpsc::channel(QUEUE);
        for listener in self.0 {
            let listener = TcpListener::from_std(listener)?;
            tokio::spawn(accept(listener, gate.clone(), clock, sender.clone()));
        }
        Ok(Streams { incoming, connections: FxHashMap::default() })
    }
}

/// The worker's end of all connections.
pub(super) struct Streams {
    incoming: mpsc::Receiver<Incoming>,
    connections: FxHashMap<SocketAddr, (u64, Arc<Outgoing>)>,
}

impl Streams {
    /// Waits for something to take; for ever where nobody listens.
    pub(super) async fn next(&mut self) -> Incoming {
        match self.incoming.recv().await {
            Some(incoming) => incoming,
            None => std::future::pending().await,
        }
    }

    /// Something more, if it is there already.
    pub(super) fn more(&mut self) -> Option<Incoming> {
        self.incoming.try_recv().ok()
    }

    /// A connection is there; one that had its address before has gone.
    pub(super) fn opened(&mut self, from: SocketAddr, id: u64, outgoing: Arc<Outgoing>) {
        if let Some((_, old)) = self.connections.insert(from, (id, outgoing)) {
            old.close();
        }
    }

    /// A connection has gone.
    pub(super) fn closed(&mut self, from: SocketAddr, id: u64) {
        if self.connections.get(&from).is_some_and(|(known, _)| *known == id) {
            self.connections.remove(&from);
        }
    }

    /// What came from there was of use: the connection may stay.
    pub(super) fn was_of_use(&self, from: SocketAddr) {
        if let Some((_, outgoing)) = self.connections.get(&from) {
            outgoing.was_of_use();
        }
    }

    /// Leaves datagrams for the connection's task to write, as far as there is room.
    pub(super) fn send(&self, transmit: &Transmit<'_>, traffic: &mut Traffic) {
        let Some((_, outgoing)) = self.connections.get(&transmit.to) else {
            traffic.refused += transmit.segments.len() as u64;
            return;
        };
        outgoing.push(transmit, traffic);
    }

    pub(super) fn count(&self) -> usize {
        self.connections.len()
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        for (_, outgoing) in self.connections.values() {
            outgoing.close();
        }
    }
}

async fn accept(listener: TcpListener, gate: Gate, clock: Clock, worker: mpsc::Sender<Incoming>) {
    let mut id = 0;
    loop {
        let (stream, from) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                // It went as it came, or there are too many open files.
                Err(_) => {
                    tokio::time::sleep(NO_ROOM).await;
                    continue;
                }
            },
            // The worker has ended.
            () = worker.closed() => return,
        };
        let Some(pass) = gate.admit(from.ip(), clock.now()) else { continue };
        // It costs some bytes; datagrams don't wait for each other.
        let _ = stream.set_nodelay(true);
        id += 1;
        let outgoing = Arc::new(Outgoing::default());
        let opened = Incoming::Opened { from, id, outgoing: Arc::clone(&outgoing) };
        if worker.send(opened).await.is_err() {
            return;
        }
        let worker = worker.clone();
        tokio::spawn(async move {
            connection::serve(stream, from, &outgoing, &worker).await;
            // The worker that has ended knows of no connection any more.
            let _ = worker.send(Incoming::Closed { from, id }).await;
            drop(pass);
        });
    }
}
