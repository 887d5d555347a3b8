//! Loopback sockets: the server's, read and written as a worker of the server does it, and one for each of the people.

use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use indexmap::IndexMap;
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSocketState};
use rustc_hash::FxHashMap;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sfu::Transmit;
use sfu::runs::runs;

use super::CalibrationError;

/// What one read of one datagram can fill, bytes: datagrams that the system has put together.
const GATHERED: usize = 65_535;
/// What may wait to be read, bytes, as far as the system allows.
const BUFFER: usize = 4 << 20;

/// See the module.
pub(super) struct Wire {
    server: UdpSocket,
    state: UdpSocketState,
    at: SocketAddr,
    /// By the address that the core knows.
    people: IndexMap<SocketAddr, Person>,
    /// The address that the core knows, by port.
    known: FxHashMap<u16, SocketAddr>,
}

struct Person {
    socket: UdpSocket,
    at: SocketAddr,
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

impl Wire {
    /// Opens the sockets for people at these addresses.
    ///
    /// # Errors
    /// When the system refuses one.
    pub(super) fn open(addresses: impl IntoIterator<Item = SocketAddr>) -> io::Result<Wire> {
        let server = open()?;
        let state = UdpSocketState::new((&server).into())?;
        let mut wire = Wire {
            at: server.local_addr()?,
            server,
            state,
            people: IndexMap::new(),
            known: FxHashMap::default(),
        };
        for address in addresses {
            let socket = open()?;
            let at = socket.local_addr()?;
            wire.known.insert(at.port(), address);
            wire.people.insert(address, Person { socket, at });
        }
        Ok(wire)
    }

    /// Sends what somebody sends.
    ///
    /// # Errors
    /// When the system doesn't take it.
    pub(super) fn deliver(&self, from: SocketAddr, bytes: &[u8]) -> Result<(), CalibrationError> {
        let person = self.people.get(&from).ok_or(CalibrationError::Tape("a stranger"))?;
        person.socket.send_to(bytes, self.at).map(drop).map_err(CalibrationError::from)
    }

    /// Hands over what one system call reads; how many datagrams that is.
    pub(super) fn read(&self, basket: &mut Basket, mut take: impl FnMut(SocketAddr, &mut [u8])) -> usize {
        let Basket { bytes, meta } = basket;
        let mut chunks = bytes.chunks_exact_mut(GATHERED);
        let mut buffers: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(chunks.next().expect("there is one for each")));
        let Ok(count) = self.state.recv((&self.server).into(), &mut buffers, meta) else { return 0 };
        let mut read = 0;
        for (buffer, meta) in buffers.iter_mut().zip(&meta[..count]) {
            for datagram in buffer[..meta.len].chunks_mut(meta.stride.max(1)) {
                read += 1;
                if let Some(from) = self.known.get(&meta.addr.port()) {
                    take(*from, datagram);
                }
            }
        }
        read
    }

    /// Sends; how many system calls that took.
    pub(super) fn send(&self, transmit: &Transmit<'_>) -> u64 {
        let Some(to) = self.people.get(&transmit.to) else { return 0 };
        let mut calls = 0;
        for run in runs(transmit.bytes, transmit.segments, self.state.max_gso_segments()) {
            let batch = quinn_udp::Transmit {
                destination: to.at,
                ecn: None,
                contents: run.bytes,
                segment_size: (run.count > 1).then_some(run.each),
                src_ip: None,
            };
            // What the system has no room for is lost, as it is for the server.
            let _ = self.state.try_send((&self.server).into(), &batch);
            calls += 1;
        }
        calls
    }

    /// Waits until there is something to read for the server; whether there is, after a second.
    ///
    /// # Errors
    /// When the system can't wait.
    pub(super) fn await_server(&self) -> io::Result<bool> {
        const LONG: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };
        Ok(poll(&mut [PollFd::new(&self.server, PollFlags::IN)], Some(&LONG))? > 0)
    }

    /// Waits for a millisecond at most until there is something to read for any of the people.
    ///
    /// # Errors
    /// When the system can't wait.
    pub(super) fn await_people(&self) -> io::Result<()> {
        const SHORT: Timespec = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };
        let mut people: Vec<PollFd<'_>> =
            self.people.values().map(|person| PollFd::new(&person.socket, PollFlags::IN)).collect();
        poll(&mut people, Some(&SHORT))?;
        Ok(())
    }

    /// Reads and forgets what has come for the people.
    pub(super) fn drain(&self) {
        let mut buffer = [0; 2_048];
        for person in self.people.values() {
            while person.socket.recv(&mut buffer).is_ok() {}
        }
    }
}

fn open() -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_nonblocking(true)?;
    // Less will do.
    let _ = socket2::SockRef::from(&socket).set_recv_buffer_size(BUFFER);
    Ok(socket)
}
