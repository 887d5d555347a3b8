//! The SFU's datagrams as a pcap file, with virtual time stamps.

use std::io::{self, Write};
use std::net::SocketAddrV4;

use pcap_file::DataLink;
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use sfu::Time;

use crate::network::Datagram;

/// The longest datagram that is written whole, bytes.
const SNAPSHOT: u32 = 65_535;
const IPV4_HEADER: usize = 20;
const UDP_HEADER: usize = 8;
const UDP: u8 = 17;

/// Writes datagrams as IPv4 and UDP packets, as a sniffer at the SFU would see them.
pub struct Capture {
    writer: PcapWriter<Box<dyn Write>>,
    packet: Vec<u8>,
    failed: Option<io::Error>,
}

impl Capture {
    /// Begins a capture.
    ///
    /// # Errors
    /// When the file's head can't be written.
    pub fn new(out: Box<dyn Write>) -> io::Result<Self> {
        let header = PcapHeader {
            snaplen: SNAPSHOT,
            datalink: DataLink::IPV4,
            ts_resolution: pcap_file::TsResolution::NanoSecond,
            ..PcapHeader::default()
        };
        let writer = PcapWriter::with_header(out, header).map_err(io::Error::other)?;
        Ok(Capture { writer, packet: Vec::new(), failed: None })
    }

    /// Writes one datagram; after a failure nothing more is written.
    pub fn record(&mut self, now: Time, datagram: &Datagram) {
        let (from, to) = (datagram.from.ip(), datagram.to.ip());
        if self.failed.is_some() {
            return;
        }
        self.packet.clear();
        let len = IPV4_HEADER + UDP_HEADER + datagram.bytes.len();
        self.packet.extend_from_slice(&[0x45, 0]);
        self.packet.extend_from_slice(&(len as u16).to_be_bytes());
        self.packet.extend_from_slice(&[0, 0, 0, 0, 64, UDP, 0, 0]);
        self.packet.extend_from_slice(&from.octets());
        self.packet.extend_from_slice(&to.octets());
        let checksum = ipv4_checksum(&self.packet);
        self.packet[10..12].copy_from_slice(&checksum.to_be_bytes());
        self.push_udp(datagram.from, datagram.to, datagram.bytes.len());
        self.packet.extend_from_slice(&datagram.bytes);
        let at = std::time::Duration::from_nanos(now.as_nanos());
        let packet = PcapPacket::new(at, len as u32, &self.packet);
        self.failed = self.writer.write_packet(&packet).err().map(io::Error::other);
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    /// When a packet, or the rest of the buffer, could not be written.
    pub fn finish(self) -> io::Result<()> {
        self.failed.map_or(Ok(()), Err)?;
        self.writer.into_writer().flush()
    }

    /// A UDP checksum of zero says that there is none (RFC 768).
    fn push_udp(&mut self, from: SocketAddrV4, to: SocketAddrV4, payload: usize) {
        let len = (UDP_HEADER + payload) as u16;
        for field in [from.port(), to.port(), len, 0] {
            self.packet.extend_from_slice(&field.to_be_bytes());
        }
    }
}

/// The header checksum of RFC 791 section 3.1.
fn ipv4_checksum(header: &[u8]) -> u16 {
    let words = header.as_chunks::<2>().0.iter().map(|word| u32::from(u16::from_be_bytes(*word)));
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !((folded & 0xffff) + (folded >> 16)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_of_the_example_in_rfc_1071_style() {
        let header = [0x45, 0, 0, 0x3c, 0x1c, 0x46, 0x40, 0, 0x40, 6, 0, 0, 172, 16, 10, 99, 172, 16, 10, 12];
        assert_eq!(ipv4_checksum(&header), 0xb1e6);
    }
}
