//! One person's socket: UDP, or TCP with a length before each datagram.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use crate::transport::Carrier;
use crate::transport::framing::push_frame;

/// What may wait for room in the socket, bytes.
const WAITING: usize = 128 * 1024;

/// What may wait to be read, bytes: a tenth of a second of ten people.
const RECEIVE_BUFFER: usize = 1 << 20;

/// See the module. Neither waits.
pub(super) enum Wire {
    Udp(UdpSocket),
    Tcp { stream: TcpStream, incoming: Incoming, outgoing: Vec<u8> },
}

/// Bytes of a stream, and where the next datagram begins.
#[derive(Default)]
pub(super) struct Incoming {
    bytes: Vec<u8>,
    at: usize,
}

impl Wire {
    /// A socket to `to`.
    pub(super) fn open(to: SocketAddr, carrier: Carrier) -> io::Result<Self> {
        match carrier {
            Carrier::Udp => {
                let any: SocketAddr = match to {
                    SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
                    SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
                };
                let socket = UdpSocket::bind(any)?;
                socket.connect(to)?;
                // Of our own stalls nothing is to be lost, as far as the system allows.
                socket2::SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER)?;
                socket.set_nonblocking(true)?;
                Ok(Wire::Udp(socket))
            }
            Carrier::Tcp => {
                let stream = TcpStream::connect(to)?;
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                Ok(Wire::Tcp { stream, incoming: Incoming::default(), outgoing: Vec::new() })
            }
        }
    }

    /// Sends a datagram, or says why it is lost.
    pub(super) fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        match self {
            Wire::Udp(socket) => socket.send(datagram).map(|_| ()),
            Wire::Tcp { stream, outgoing, .. } => {
                if outgoing.len() + datagram.len() > WAITING {
                    return Err(ErrorKind::WouldBlock.into());
                }
                push_frame(outgoing, datagram);
                match stream.write(outgoing) {
                    Ok(len) => drop(outgoing.drain(..len)),
                    // The rest goes out with the next one.
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
                Ok(())
            }
        }
    }

    /// The next datagram that has come, at the start of `buffer`.
    ///
    /// # Errors
    /// `WouldBlock` when there is none, `UnexpectedEof` when there won't be any more.
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (stream, incoming) = match self {
            Wire::Udp(socket) => return socket.recv(buffer),
            Wire::Tcp { stream, incoming, .. } => (stream, incoming),
        };
        loop {
            if let Some((length, rest)) = incoming.bytes[incoming.at..].split_first_chunk()
                && let Some(datagram) = rest.get(..usize::from(u16::from_be_bytes(*length)))
            {
                let room = buffer.get_mut(..datagram.len()).ok_or(ErrorKind::UnexpectedEof)?;
                room.copy_from_slice(datagram);
                incoming.at += 2 + datagram.len();
                return Ok(room.len());
            }
            incoming.bytes.drain(..incoming.at);
            incoming.at = 0;
            match stream.read(buffer)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                len => incoming.bytes.extend_from_slice(&buffer[..len]),
            }
        }
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Wire::Udp(socket) => socket.as_fd(),
            Wire::Tcp { stream, .. } => stream.as_fd(),
        }
    }
}
