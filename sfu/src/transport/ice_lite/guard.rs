//! Limits on what checks can cause: how many addresses, how many answers, and no replays.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Time;
use crate::transport::Remote;

/// Checks per second from addresses that are not nominated, averaged: a full agent paces its checks 50 ms
/// apart (RFC 8445 section 14.2), so this is room for two and a half agents.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);
/// Checks that may come at once: a hundred candidate pairs.
const CHECK_BURST: Duration = Duration::from_secs(2);

/// Lets events pass at a steady rate with a burst: the generic cell rate algorithm (ITU-T I.371 annex A).
#[derive(Clone, Debug, Default)]
pub(super) struct CheckLimit {
    /// When the next event would come if all came at the steady rate.
    expected: Time,
}

impl CheckLimit {
    pub(super) fn admit(&mut self, now: Time) -> bool {
        if self.expected > now + CHECK_BURST {
            return false;
        }
        self.expected = self.expected.max(now) + CHECK_INTERVAL;
        true
    }
}

/// Checks that are remembered: over half a minute of what browsers send.
const REMEMBERED: usize = 64;

/// How a check relates to those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Novelty {
    New,
    /// The peer did not get our answer.
    Retransmitted,
    /// Somebody recorded it and sends it from elsewhere, to draw media there.
    Replayed,
}

/// The latest authenticated checks.
#[derive(Clone, Debug, Default)]
pub(super) struct RecentChecks(VecDeque<([u8; 12], Remote)>);

impl RecentChecks {
    pub(super) fn note(&mut self, transaction: &[u8; 12], from: Remote) -> Novelty {
        match self.0.iter().find(|(known, _)| known == transaction) {
            Some((_, address)) if *address == from => Novelty::Retransmitted,
            Some(_) => Novelty::Replayed,
            None => {
                if self.0.len() == REMEMBERED {
                    self.0.pop_front();
                }
                self.0.push_back((*transaction, from));
                Novelty::New
            }
        }
    }
}

/// Addresses of one peer that are remembered: more than the candidates of any browser.
const MAX_ADDRESSES: usize = 16;

/// Addresses that authenticated checks came from, the latest last.
#[derive(Clone, Debug, Default)]
pub(super) struct ProvenAddresses(Vec<Remote>);

impl ProvenAddresses {
    pub(super) fn contains(&self, address: Remote) -> bool {
        self.0.contains(&address)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Remote> {
        self.0.iter().copied()
    }

    /// Notes a check from `address`. Says whether it is the first one from there, and which address was
    /// given up for it; never `keep`.
    pub(super) fn note(&mut self, address: Remote, keep: Option<Remote>) -> (bool, Option<Remote>) {
        if let Some(place) = self.0.iter().position(|known| *known == address) {
            self.0[place..].rotate_left(1);
            return (false, None);
        }
        let displaced = (self.0.len() == MAX_ADDRESSES).then(|| {
            let oldest = usize::from(self.0.first() == keep.as_ref());
            self.0.remove(oldest)
        });
        self.0.push(address);
        (true, displaced)
    }
}
