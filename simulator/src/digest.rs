//! The main result of a run: one hash over every event, and on request the events themselves as text.
//!
//! Two runs are the same when their digests are. When they aren't, both are run again with a trace and
//! [`first_difference`] names the first event that differs.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::io::{self, BufRead, Write};
use std::net::{IpAddr, SocketAddr};

use sfu::{DataSize, Time};
use xxhash_rust::xxh3::Xxh3Default;

/// A streaming xxh3-128 over events. Of a datagram it covers time, source, destination and size; of an event
/// of ours the content too, which decryption would show but the wire doesn't.
pub struct Digest {
    hasher: Xxh3Default,
    /// What the hasher hasn't been given yet: it takes much at a time for little more than a little.
    pending: Vec<u8>,
    events: u64,
    trace: Option<Trace>,
}

struct Trace {
    sink: Box<dyn Write>,
    line: String,
    /// The first error of the sink; nothing more is written after it.
    failed: Option<io::Error>,
}

/// Bytes that wait for the hasher.
const BATCH: usize = 4096;

const DATAGRAM: u8 = 1;
const EVENT: u8 = 2;
const ADDRESS: usize = 16 + 2;
const DATAGRAM_RECORD: usize = 1 + 8 + 2 * ADDRESS + 8;

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

impl Digest {
    /// A digest that keeps no trace: nothing is formatted, nothing is allocated.
    pub fn new() -> Self {
        Digest { hasher: Xxh3Default::new(), pending: Vec::with_capacity(2 * BATCH), events: 0, trace: None }
    }

    /// A digest that also writes each event as one line of text to `sink` (buffer it).
    pub fn with_trace(sink: Box<dyn Write>) -> Self {
        let trace = Trace { sink, line: String::new(), failed: None };
        Digest { trace: Some(trace), ..Digest::new() }
    }

    /// Adds a datagram that was handed over at `time`; `size` is its size on the wire.
    pub fn datagram(&mut self, time: Time, from: SocketAddr, to: SocketAddr, size: DataSize) {
        let mut record = [0; DATAGRAM_RECORD];
        record[0] = DATAGRAM;
        record[1..9].copy_from_slice(&time.as_nanos().to_le_bytes());
        record[9..27].copy_from_slice(&address_bytes(from));
        record[27..45].copy_from_slice(&address_bytes(to));
        record[45..53].copy_from_slice(&size.as_bytes().to_le_bytes());
        self.pending.extend_from_slice(&record);
        self.added();
        if let Some(trace) = &mut self.trace {
            let size = size.as_bytes();
            trace.write(format_args!("{} datagram {from} {to} {size}", time.as_nanos()));
        }
    }

    /// Adds an event of ours: `kind` (without spaces) says which, `source` where it happened, `content` is
    /// everything about it in a fixed layout.
    pub fn event(&mut self, time: Time, kind: &str, source: &str, content: &[u8]) {
        self.event_with(time, kind, source, |into| into.extend_from_slice(content));
    }

    /// As [`event`](Self::event), for a `content` that appends itself.
    pub fn event_with(&mut self, time: Time, kind: &str, source: &str, content: impl FnOnce(&mut Vec<u8>)) {
        const LENGTH: usize = size_of::<u64>();
        let pending = &mut self.pending;
        pending.push(EVENT);
        pending.extend_from_slice(&time.as_nanos().to_le_bytes());
        for part in [kind.as_bytes(), source.as_bytes()] {
            pending.extend_from_slice(&(part.len() as u64).to_le_bytes());
            pending.extend_from_slice(part);
        }
        let begin = pending.len() + LENGTH;
        pending.extend_from_slice(&[0; LENGTH]);
        content(pending);
        let length = (pending.len() - begin) as u64;
        pending[begin - LENGTH..begin].copy_from_slice(&length.to_le_bytes());
        if let Some(trace) = &mut self.trace {
            let content = Hex(&pending[begin..]);
            trace.write(format_args!("{} {kind} {source} {content}", time.as_nanos()));
        }
        self.added();
    }

    fn added(&mut self) {
        self.events += 1;
        if self.pending.len() >= BATCH {
            self.hasher.update(&self.pending);
            self.pending.clear();
        }
    }

    /// How many events were added.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The digest so far: 32 hexadecimal digits.
    pub fn value(&self) -> String {
        let mut hasher = self.hasher.clone();
        hasher.update(&self.pending);
        format!("{:032x}", hasher.digest128())
    }

    /// The digest; flushes the trace.
    ///
    /// # Errors
    /// When a line of the trace could not be written: the trace is incomplete, the digest isn't.
    pub fn finish(self) -> io::Result<String> {
        let value = self.value();
        if let Some(mut trace) = self.trace {
            trace.failed.map_or(Ok(()), Err)?;
            trace.sink.flush()?;
        }
        Ok(value)
    }
}

impl Trace {
    fn write(&mut self, event: std::fmt::Arguments<'_>) {
        if self.failed.is_some() {
            return;
        }
        self.line.clear();
        writeln!(self.line, "{event}").expect("writing to a string succeeds");
        self.failed = self.sink.write_all(self.line.as_bytes()).err();
    }
}

struct Hex<'a>(&'a [u8]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// 16 bytes of address (IPv4 mapped into IPv6, RFC 4291 section 2.5.5.2) and 2 of port.
fn address_bytes(address: SocketAddr) -> [u8; ADDRESS] {
    let mut bytes = [0; ADDRESS];
    match address.ip() {
        IpAddr::V4(v4) => {
            bytes[10..12].copy_from_slice(&[0xff; 2]);
            bytes[12..16].copy_from_slice(&v4.octets());
        }
        IpAddr::V6(v6) => bytes[..16].copy_from_slice(&v6.octets()),
    }
    bytes[16..].copy_from_slice(&address.port().to_le_bytes());
    bytes
}

/// Where two traces part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The number of the event, counted from 1.
    pub event: u64,
    /// The first trace's line; `None` when it ended before.
    pub left: Option<String>,
    /// The second trace's line; `None` when it ended before.
    pub right: Option<String>,
}

/// The first event in which two traces differ; `None` when they don't.
///
/// # Errors
/// When one of them can't be read.
pub fn first_difference(left: impl BufRead, right: impl BufRead) -> io::Result<Option<Difference>> {
    let (mut left, mut right) = (left.lines(), right.lines());
    let mut event = 0;
    loop {
        event += 1;
        match (left.next().transpose()?, right.next().transpose()?) {
            (None, None) => return Ok(None),
            (left, right) if left != right => return Ok(Some(Difference { event, left, right })),
            _ => {}
        }
    }
}
