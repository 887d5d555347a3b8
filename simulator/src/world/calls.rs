//! Calls of two without the SFU: the signalling server passes on what the ends say to each other, and media goes from
//! one end's line to the other's.

use rustc_hash::FxHashMap;

use super::World;
use super::tags::Tag;
use crate::network::Datagram;
use crate::participant::media::sender_log::HopRecord;

/// What the ends of calls have said to who has not come yet, by place.
pub(super) type Held = FxHashMap<u16, Vec<Vec<u8>>>;

impl World {
    /// An end of a call said `message` to the end `to`.
    pub(super) fn pass_on(&mut self, to: u16, message: Vec<u8>) {
        if self.is_there(to) {
            self.say_to(to, &message);
            self.channel_due(to);
        } else {
            self.held.entry(to).or_default().push(message);
        }
    }

    /// Says to `index`, who has come, what was said before.
    pub(super) fn pass_on_held(&mut self, index: u16) {
        for message in self.held.remove(&index).unwrap_or_default() {
            self.say_to(index, &message);
        }
    }

    /// A datagram between the ends of a call has come through the sender's lines: goes on into those of `to`.
    pub(super) fn cross_over(&mut self, to: u16, datagram: Datagram, hop: HopRecord) {
        if let Some(tag) = self.tags.peek(datagram.tag)
            && matches!(tag, Tag::Up { .. })
        {
            // As for a forwarded packet, but nothing forwards it: it is on its way down as soon as it is up.
            let at = hop.arrived;
            self.tags.replace(datagram.tag, Tag::Down { received: at, first_sent: at });
        }
        if let Some(capture) = &mut self.capture {
            capture.record(self.now, &datagram);
        }
        let down = self.people[usize::from(to)].down[0];
        self.enqueue(down, datagram);
    }
}
