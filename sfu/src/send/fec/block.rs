//! Rows and columns of the packets that are being sent.

use std::time::Duration;

use super::group::Group;
use super::policy::Shape;
use crate::Time;

/// What a packet weighs in a row that is full at twice its length.
const KEY_FRAME: u32 = 4;
const BASE_LAYER: u32 = 2;
const UPPER_LAYER: u32 = 1;
/// A repair packet's bytes besides the parity: RTP header with CSRC and extensions, FEC header.
const OVERHEAD: usize = 44;
/// Credit that is not used goes no further than eight packets' worth, bytes.
const MOST_CREDIT: f64 = 9_600.0;
/// The most columns of any shape.
pub(super) const MOST_COLUMNS: usize = 8;
/// Packets of a block: a mask spans 110 numbers, and some may be left out.
const MOST_PACKETS: u32 = 64;

/// How much depends on a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    KeyFrame,
    BaseLayer,
    UpperLayer,
}

impl Weight {
    const fn units(self) -> u32 {
        match self {
            Weight::KeyFrame => KEY_FRAME,
            Weight::BaseLayer => BASE_LAYER,
            Weight::UpperLayer => UPPER_LAYER,
        }
    }
}

/// What is left to do for a block that ended.
#[derive(Clone, Debug)]
struct Ending {
    /// The open row is sent too.
    row: bool,
    /// The column to be sent next, and how many there are.
    columns: std::ops::Range<usize>,
}

/// One block at a time, in memory that is used again for each.
#[derive(Debug, Default)]
pub(super) struct Block {
    row: Group,
    row_units: u32,
    columns: [Group; MOST_COLUMNS],
    count: u32,
    /// When the first packet came in, and when the block ends at the latest.
    open: Option<(Time, Time)>,
    ends: bool,
    ending: Option<Ending>,
    /// Bytes that repair packets may still take.
    credit: f64,
    /// What goes out now.
    out: Group,
}

impl Block {
    /// When it ends at the latest.
    pub(super) fn deadline(&self) -> Time {
        self.open.map_or(Time::NEVER, |(_, due)| due)
    }

    /// Forgets what is in it.
    pub(super) fn clear(&mut self) {
        self.row.clear();
        self.row_units = 0;
        self.columns.iter_mut().for_each(Group::clear);
        (self.count, self.open, self.ends, self.ending) = (0, None, false, None);
    }

    /// Takes in a packet that is being sent. `ends_frame` is whether nothing more of its frame follows.
    pub(super) fn add(
        &mut self,
        now: Time,
        shape: &Shape,
        span: Duration,
        (sequence, bytes): (u64, &[u8]),
        (weight, ends_frame): (Weight, bool),
    ) {
        let (opened, due) = *self.open.get_or_insert((now, now + span));
        if self.row.add(sequence, bytes) {
            self.row_units += weight.units();
        }
        if shape.columns > 0 {
            let column = self.count as usize % shape.columns.min(MOST_COLUMNS);
            // One that is out of reach of its column is left to its row.
            self.columns[column].add(sequence, bytes);
        }
        self.count += 1;
        self.credit = (self.credit + bytes.len() as f64 * shape.share).min(MOST_CREDIT);
        let square = shape.row * shape.columns.max(1) as u32;
        let enough = shape.columns > 0 && self.count >= square || self.count >= MOST_PACKETS;
        // With a frame rather than between two, if most of the time has passed.
        self.ends |= enough || ends_frame && now.since(opened) >= due.since(opened) * 2 / 3;
    }

    /// The next group to be sent; to be called until there is none.
    pub(super) fn next(&mut self, now: Time, shape: &Shape) -> Option<&Group> {
        let row_is_full = self.row_units >= shape.row * BASE_LAYER;
        if row_is_full && self.pay(self.row.longest()) {
            return Some(self.take_row());
        }
        if !self.ends && now < self.deadline() {
            return None;
        }
        if self.ending.is_none() {
            self.open?;
            self.ending = Some(self.end(shape));
        }
        if self.ending.as_ref().is_some_and(|ending| ending.row) {
            self.ending.as_mut().expect("just looked at").row = false;
            if self.pay(self.row.longest()) {
                return Some(self.take_row());
            }
        }
        while let Some(column) = self.ending.as_mut().and_then(|ending| ending.columns.next()) {
            if !self.columns[column].is_empty() && self.pay(self.columns[column].longest()) {
                std::mem::swap(&mut self.out, &mut self.columns[column]);
                return Some(&self.out);
            }
        }
        self.clear();
        None
    }

    /// Decides what is sent at the end: as many columns as there is credit for, or else the row that is open.
    fn end(&mut self, shape: &Shape) -> Ending {
        let planned = shape.columns.min(MOST_COLUMNS);
        let longest = self.columns.iter().map(Group::longest).max().unwrap_or(0);
        let affordable = (self.credit / (longest + OVERHEAD) as f64) as usize;
        // A column of one packet is a copy; of few packets it takes few columns.
        let columns = planned.min(affordable).min(self.count as usize / 2);
        if columns < 2 {
            return Ending { row: !self.row.is_empty(), columns: 0..0 };
        }
        let (kept, surplus) = self.columns.split_at_mut(columns);
        for (place, column) in surplus.iter_mut().enumerate() {
            // Rows cover those that don't fit.
            kept[place % columns].merge(column);
        }
        Ending { row: false, columns: 0..columns }
    }

    fn pay(&mut self, longest: usize) -> bool {
        let price = (longest + OVERHEAD) as f64;
        let pays = self.credit >= price;
        if pays {
            self.credit -= price;
        }
        pays
    }

    fn take_row(&mut self) -> &Group {
        std::mem::swap(&mut self.out, &mut self.row);
        self.row.clear();
        self.row_units = 0;
        &self.out
    }
}
