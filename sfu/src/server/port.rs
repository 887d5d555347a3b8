//! A worker's media port: a UDP socket for each family of addresses, read and written in batches.

use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};

use quinn_udp::{BATCH_SIZE, EcnCodepoint, RecvMeta, UdpSocketState};
use socket2::{Domain, Socket as Socket2, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket as Tokio;

use super::ServerError;
use crate::rtcp::Ecn;
use crate::runs::{Run, runs};
use crate::sink::Transmit;

/// What may wait to be read, bytes, as far as the system allows: 30 ms of a line of 1 Gbit/s, for which a loaded core
/// may be elsewhere.
const RECEIVE_BUFFER: usize = 4 << 20;

/// What may wait to be sent, bytes, as far as the system allows: 17 ms of a line of 1 Gbit/s. More would be delay.
const SEND_BUFFER: usize = 2 << 20;

/// The longest buffer that the system fills with datagrams of one peer, bytes.
const GATHERED: usize = 65_535;

/// What went through a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    /// Datagrams that the system took.
    pub(super) datagrams: u64,
    /// Their bytes, UDP payload.
    pub(super) bytes: u64,
    /// System calls that took them: fewer where one takes several.
    pub(super) calls: u64,
    /// Datagrams that the system had no room for.
    pub(super) refused: u64,
}

/// A port whose sockets are there, and don't belong to anybody's runtime yet.
pub(super) struct Bound(Vec<(UdpSocket, UdpSocketState)>);

/// The sockets, at most one for each family.
pub(super) struct Port {
    four: Option<Socket>,
    six: Option<Socket>,
}

struct Socket {
    socket: Tokio,
    state: UdpSocketState,
}

/// Room for what one system call reads.
pub(super) struct Basket {
    bytes: Vec<u8>,
    meta: [RecvMeta; BATCH_SIZE],
}

impl Default for Basket {
    fn default() -> Self {
        Basket { bytes: vec![0; GATHERED * BATCH_SIZE], meta: [RecvMeta::default(); BATCH_SIZE] }
    }
}

impl Bound {
    /// Opens a socket on each address, of which there is one of each family at most.
    ///
    /// # Errors
    /// When one can't be opened.
    pub(super) fn bind(addresses: impl IntoIterator<Item = SocketAddr>) -> Result<Self, ServerError> {
        let open = |address| {
            let failed = |error| ServerError::Socket { what: "the media's address", address, error };
            bind(address).map_err(failed)
        };
        addresses.into_iter().map(open).collect::<Result<_, _>>().map(Bound)
    }

    /// Where the sockets are.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.0.iter().filter_map(|(socket, _)| socket.local_addr().ok()).collect()
    }

    /// Makes the calling runtime wait for them.
    ///
    /// # Errors
    /// When it can't.
    pub(super) fn open(self) -> io::Result<Port> {
        let mut port = Port { four: None, six: None };
        for (socket, state) in self.0 {
            let place = if socket.local_addr()?.is_ipv4() { &mut port.four } else { &mut port.six };
            *place = Some(Socket { socket: Tokio::from_std(socket)?, state });
        }
        Ok(port)
    }
}

fn bind(address: SocketAddr) -> io::Result<(UdpSocket, UdpSocketState)> {
    let socket = Socket2::new(Domain::for_address(address), Type::DGRAM, None)?;
    if address.is_ipv6() {
        // Both families have a socket of their own.
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    let socket: UdpSocket = socket.into();
    let state = UdpSocketState::new((&socket).into())?;
    // Less will do on a quiet server.
    let _ = state.set_recv_buffer_size((&socket).into(), RECEIVE_BUFFER);
    let _ = state.set_send_buffer_size((&socket).into(), SEND_BUFFER);
    Ok((socket, state))
}

impl Port {
    fn sockets(&self) -> impl Iterator<Item = &Socket> {
        [&self.four, &self.six].into_iter().flatten()
    }

    /// Waits until there may be something to read.
    pub(super) async fn readable(&self) -> io::Result<()> {
        match (&self.four, &self.six) {
            (Some(four), Some(six)) => tokio::select! {
                ready = four.socket.readable() => ready,
                ready = six.socket.readable() => ready,
            },
            (Some(one), None) | (None, Some(one)) => one.socket.readable().await,
            (None, None) => std::future::pending().await,
        }
    }

    /// Hands one batch of each socket to `take`, with where each datagram came from and how it was marked.
    pub(super) fn read(&self, basket: &mut Basket, mut take: impl FnMut(SocketAddr, Ecn, &mut [u8])) {
        for socket in self.sockets() {
            socket.read(basket, &mut take);
        }
    }

    /// Sends everything at once, or not at all: nobody waits for a full buffer, which is a full queue. What it has no
    /// room for, repair and congestion control see as loss.
    pub(super) fn send(&self, transmit: &Transmit<'_>, traffic: &mut Traffic) {
        let socket = if transmit.to.is_ipv4() { &self.four } else { &self.six };
        let Some(socket) = socket else {
            traffic.refused += transmit.segments.len() as u64;
            return;
        };
        for run in runs(transmit.bytes, transmit.segments, socket.state.max_gso_segments()) {
            socket.send(transmit.to, run, traffic);
        }
    }
}

impl Socket {
    fn read(&self, basket: &mut Basket, take: &mut impl FnMut(SocketAddr, Ecn, &mut [u8])) {
        let Basket { bytes, meta } = basket;
        let mut chunks = bytes.chunks_exact_mut(GATHERED);
        let mut buffers: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(chunks.next().expect("there is one for each")));
        let read = || self.state.recv((&self.socket).into(), &mut buffers, meta);
        // Nothing came, or an ICMP error about a datagram that was sent.
        let Ok(count) = self.socket.try_io(Interest::READABLE, read) else { return };
        for (buffer, meta) in buffers.iter_mut().zip(&meta[..count]) {
            // Nothing can be sent to port 0, and the system takes the attempt for a fault of ours.
            if meta.addr.port() == 0 {
                continue;
            }
            // Where the system has put several together, quinn-udp 0.6.3 leaves no room for their mark: they count as
            // unmarked, and whoever sent them goes by loss and delay.
            let ecn = match meta.ecn {
                None => Ecn::NotEct,
                Some(EcnCodepoint::Ect0) => Ecn::Ect0,
                Some(EcnCodepoint::Ect1) => Ecn::Ect1,
                Some(EcnCodepoint::Ce) => Ecn::Ce,
            };
            for datagram in buffer[..meta.len].chunks_mut(meta.stride.max(1)) {
                take(meta.addr, ecn, datagram);
            }
        }
    }

    fn send(&self, to: SocketAddr, run: Run<'_>, traffic: &mut Traffic) {
        match self.attempt(to, run) {
            Ok(()) => traffic.took(run.bytes.len(), run.count),
            // What can't be taken together may go one by one: an interface that can't segment.
            Err(error) if run.count > 1 && error.kind() != io::ErrorKind::WouldBlock => {
                for bytes in run.bytes.chunks(run.each) {
                    match self.attempt(to, Run { bytes, each: bytes.len(), count: 1, ecn: run.ecn }) {
                        Ok(()) => traffic.took(bytes.len(), 1),
                        Err(_) => traffic.refused += 1,
                    }
                }
            }
            Err(_) => traffic.refused += run.count as u64,
        }
    }

    fn attempt(&self, to: SocketAddr, run: Run<'_>) -> io::Result<()> {
        let transmit = quinn_udp::Transmit {
            destination: to,
            ecn: EcnCodepoint::from_bits(run.ecn as u8),
            contents: run.bytes,
            segment_size: (run.count > 1).then_some(run.each),
            src_ip: None,
        };
        let send = || self.state.try_send((&self.socket).into(), &transmit);
        self.socket.try_io(Interest::WRITABLE, send)
    }
}

impl Traffic {
    fn took(&mut self, bytes: usize, datagrams: usize) {
        self.datagrams += datagrams as u64;
        self.bytes += bytes as u64;
        self.calls += 1;
    }
}

#[cfg(test)]
mod tests;
