//! Where each packet of each publisher crossed to the SFU.

use rustc_hash::FxHashMap;
use sfu::Time;

use crate::participant::media::sender_log::{HopRecord, SenderLog, UplinkRecord};
use crate::participant::media::stamp::VideoStamp;
use crate::participant::receive::UplinkLookup;
use crate::participant::sender::MediaTag;

/// How many packets of one encoding the log of their uplink crossings keeps: over 6 s at 200 packets/s.
const LOGGED_PACKETS: usize = 2_048;

/// Where each packet of each publisher crossed to the SFU: what receivers ask to decompose latency.
#[derive(Debug, Default)]
pub struct UplinkLogs {
    logs: FxHashMap<(u16, u8, u8), SenderLog>,
}

impl UplinkLogs {
    /// A copy of a packet was handed to the network.
    pub fn sent(&mut self, publisher: u16, tag: MediaTag, at: Time) {
        let key = (publisher, tag.source, tag.encoding);
        self.logs.entry(key).or_insert_with(|| SenderLog::new(LOGGED_PACKETS)).sent(tag.ordinal, at);
    }

    /// A copy of a packet reached the SFU.
    pub fn arrived(&mut self, publisher: u16, tag: MediaTag, hop: HopRecord) {
        if let Some(log) = self.logs.get_mut(&(publisher, tag.source, tag.encoding)) {
            log.arrived(tag.ordinal, hop);
        }
    }
}

impl UplinkLookup for UplinkLogs {
    fn uplink(&self, stamp: &VideoStamp) -> Option<UplinkRecord> {
        self.logs.get(&(stamp.publisher, stamp.source, stamp.encoding))?.lookup(stamp.ordinal)
    }
}
