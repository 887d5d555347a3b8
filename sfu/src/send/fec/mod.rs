//! Forward error correction towards one receiver: what to protect, how strongly, and when.
//!
//! # When
//! A retransmission needs a round trip and some more. Where that is longer than people bear to wait, a loss is a
//! freeze, and only what was sent beforehand helps. [`Policy`] turns protection on for round trips of 180 ms and more
//! and a downlink that loses 0.5 % or more; what publishers lose on their uplinks is not counted. A receiver without
//! retransmission is protected at any round trip.
//!
//! # What
//! Packets go into a *block* as they are sent. A **row** is the parity of neighbouring packets, sent as soon as it is
//! full, so that a single loss is repaired some packets later. A **column** is the parity of every C-th packet of the
//! block, sent when the block ends: what a row can't repair, since it lost two, the columns repair, and a burst of up
//! to C packets takes no more than one from each.
//!
//! The arithmetic, for packets lost independently with probability p:
//! - Unprotected, a packet is missing with p.
//! - In rows of L with one repair each, it is when another of the row's L packets (the repair is one) is lost too:
//!   about L p². For p = 3 % and L = 2, which costs 50 %, that is 0.18 %: at 190 packets a second (1.7 Mbit/s) a
//!   freeze every 3 s.
//! - With rows and columns, what is left is a packet lost with both of its repairs (p³), and rectangles of four
//!   losses, (L−1)(C−1) p⁴. For L = C = 5, which costs 40 %, 0.003 % + 0.001 %: a freeze every 130 s.
//!
//! So columns are worth more than short rows, from about 1 % of loss on; below, a row of ten leaves 10 × 0.005² =
//! 0.025 %, for 10 %.
//!
//! # How much
//! Repair packets are paid from a credit that grows by the level's share of the bytes that are protected: they never
//! exceed it, and half of the stream in any case. The allocation of layers reserves the same share. A key frame's
//! packets fill a row twice as fast as others and those of upper temporal layers half as fast, as more or less depends
//! on them. A block ends with a frame or after so many packets, and within a time that is short against the round
//! trip: a slow stream then has fewer packets in a block, the credit pays for fewer columns, and columns are merged.

mod block;
mod group;
mod loss;
mod policy;
mod stream;

pub(crate) use loss::LossEstimate;
pub(crate) use policy::Need;
pub(crate) use stream::{FecStream, Packet};

#[cfg(test)]
mod tests;
