//! TCP that transfers files: one without end, or one after another with pauses.

use std::time::Duration;

use sfu::{DataSize, Time};

use super::parcel::Parcel;
use super::tcp::CongestionWindow;
use super::tcp::connection::Connection;
use super::tcp::cubic::Cubic;
use super::tcp::reno::Reno;
use crate::random::Stream;

/// What IPv4 without options (20 bytes) and TCP with time stamps (20 + 12 bytes, RFC 7323) add to a segment.
pub const IP_TCP_OVERHEAD: DataSize = DataSize::from_bytes(52);

/// Which congestion window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowKind {
    /// RFC 5681.
    Reno,
    /// RFC 9438.
    Cubic,
}

impl WindowKind {
    fn build(self) -> Box<dyn CongestionWindow> {
        match self {
            WindowKind::Reno => Box::new(Reno::default()),
            WindowKind::Cubic => Box::new(Cubic::default()),
        }
    }
}

/// Files with pauses between them, as somebody who browses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Files {
    /// The size of a file, drawn evenly from least to most.
    pub size: (DataSize, DataSize),
    /// The mean of the exponential pause between the end of a file and the begin of the next.
    pub idle: Duration,
    /// Whether it begins with a file; else with a pause.
    pub starts_on: bool,
}

/// The parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BulkConfig {
    /// The congestion window.
    pub window: WindowKind,
    /// Data per segment, without headers.
    pub segment: DataSize,
    /// How long acknowledgements travel.
    pub back: Duration,
    /// When it begins.
    pub from: Time,
    /// From when on nothing is sent.
    pub until: Time,
    /// Files; one without end when absent.
    pub files: Option<Files>,
}

/// The flow.
#[derive(Debug)]
pub struct Bulk {
    config: BulkConfig,
    stream: Stream,
    connection: Option<Connection>,
    /// How many connections there were.
    connections: u32,
    /// When the next one begins, while there is none.
    begins: Time,
}

impl Bulk {
    /// A flow that has not begun.
    pub fn new(config: BulkConfig, mut stream: Stream) -> Self {
        let wait = match config.files {
            Some(files) if !files.starts_on => stream.exponential_duration(files.idle),
            _ => Duration::ZERO,
        };
        Bulk { begins: config.from + wait, config, stream, connection: None, connections: 0 }
    }

    /// What to send next; call until `None`.
    pub fn poll(&mut self, now: Time) -> Option<Parcel> {
        if now >= self.config.until {
            return None;
        }
        let segment = self.connection.as_mut()?.poll(now)?;
        let size = self.config.segment + IP_TCP_OVERHEAD;
        Some(Parcel { size, connection: self.connections, segment })
    }

    /// Something is at the far end.
    pub fn arrived(&mut self, now: Time, parcel: &Parcel) {
        if let Some(connection) = self.connection.as_mut().filter(|_| parcel.connection == self.connections) {
            connection.arrived(now, parcel.segment);
        }
    }

    /// When something is due.
    pub fn deadline(&self) -> Option<Time> {
        let due = match &self.connection {
            Some(connection) => connection.deadline()?,
            None => self.begins,
        };
        (due < self.config.until).then_some(due)
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Time) {
        match &mut self.connection {
            Some(connection) => {
                connection.handle_timeout(now);
                if let Some(files) = self.config.files
                    && connection.sender().is_done()
                {
                    self.connection = None;
                    self.begins = now + self.stream.exponential_duration(files.idle);
                }
            }
            None if now >= self.begins => self.begin(),
            None => {}
        }
    }

    fn begin(&mut self) {
        let segment = self.config.segment.as_bytes();
        let segments = self.config.files.map(|Files { size: (least, most), .. }| {
            self.stream.between(least.as_bytes(), most.as_bytes()).div_ceil(segment)
        });
        self.connections += 1;
        self.connection = Some(Connection::new(self.config.window.build(), segments, self.config.back));
    }

    /// The connection at the moment, if there is one.
    pub fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// Connections so far.
    pub fn connections(&self) -> u32 {
        self.connections
    }
}
