//! Which encodings of a source anybody has a use for.

use std::time::Duration;

use super::Turn;
use super::commands::source_id;
use crate::codec::MediaKind;
use crate::participant::source::Source;
use crate::participant::{EncodingDescription, ParticipantId};
use crate::sink::Event;

/// Nobody must have watched an encoding for so long before its publisher is told: whoever turns a page or changes the
/// layout comes back within seconds, and every return costs a key frame.
const UNWATCHED: Duration = Duration::from_secs(2);

/// How many of a source's encodings a tile of `max_height` lines has a use for: all that aren't higher, and the lowest
/// in any case.
pub(super) fn useful(source: &Source, max_height: u16) -> u8 {
    let fits = |encoding: &&EncodingDescription| encoding.height <= max_height;
    let count = source.description.encodings.iter().take_while(fits).count().max(1);
    if max_height == 0 { 0 } else { u8::try_from(count).unwrap_or(u8::MAX) }
}

impl Turn<'_> {
    /// Tells which encodings of each source of `publisher` are watched, where that changed: more at once, fewer after a
    /// while.
    pub(super) fn follow_demand(&mut self, publisher: ParticipantId) {
        if !self.sfu.config.pause_unwatched {
            return;
        }
        for index in 0..self.sfu.participants.get(publisher).map_or(0, |p| p.uplink.sources.len()) {
            let source = &self.sfu.participants[publisher].uplink.sources[index];
            // Nobody asks for what is muted, and it must not wait when it comes back.
            if source.description.kind() == MediaKind::Video && !source.muted {
                self.follow_demand_for(publisher, index);
            }
        }
    }

    fn follow_demand_for(&mut self, publisher: ParticipantId, index: usize) {
        let now = self.now;
        let participants = &self.sfu.participants;
        let subscribers = participants[publisher].uplink.sources[index].subscribers.iter();
        let useful = subscribers.filter_map(|(id, slot)| participants.get(*id)?.downlink.useful(*slot));
        let encodings = useful.max().unwrap_or(0);
        let demand = &mut self.sfu.participants[publisher].uplink.sources[index].demand;
        if encodings >= demand.told {
            demand.less_since = None;
        } else if now.since(*demand.less_since.get_or_insert(now)) < UNWATCHED {
            return;
        }
        if encodings != demand.told {
            (demand.told, demand.less_since) = (encodings, None);
            self.sink.event(Event::Watched { publisher, source: source_id(index), encodings });
        }
    }
}
