//! Which encodings of a source, and which of their spatial layers, anybody has a use for.

use std::time::Duration;

use super::Turn;
use super::commands::source_id;
use crate::codec::MediaKind;
use crate::participant::source::Source;
use crate::participant::{EncodingDescription, ParticipantId};
use crate::sink::Event;

/// Nobody must have watched an encoding or spatial layer for so long before its publisher is told: whoever turns a page or changes the
/// layout comes back within seconds, and every return costs a key frame.
const UNWATCHED: Duration = Duration::from_secs(2);

/// How many of a source's encodings, or spatial layers, a tile of `max_height` lines has a use for: all that aren't higher,
/// and the lowest in any case.
pub(super) fn useful(source: &Source, max_height: u16) -> u8 {
    let heights = source.description.encodings.iter().flat_map(EncodingDescription::heights);
    let count = heights.take_while(|height| *height <= max_height).count().max(1);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Codec;
    use crate::participant::{Content, SourceDescription};

    fn source(encodings: &[(u16, u8)]) -> Source {
        let encodings = encodings.iter().map(|&(height, spatial_layers)| EncodingDescription {
            rid: height.to_string(),
            height,
            fps: 30,
            max_kbps: 1_000,
            temporal_layers: 3,
            spatial_layers,
        });
        let encodings = encodings.collect();
        let (name, mid, content) = ("cam".into(), "0".into(), Content::Camera);
        Source::new(SourceDescription { name, codec: Codec::Vp9, mid, content, encodings })
    }

    #[test]
    fn what_is_useful_is_counted_in_encodings_or_in_spatial_layers() {
        let of = |source: &Source| [0, 90, 180, 359, 360, 719, 720, u16::MAX].map(|h| useful(source, h));
        let expected = [0, 1, 1, 1, 2, 2, 3, 3];
        for encodings in [&[(180, 1), (360, 1), (720, 1)][..], &[(720, 3)]] {
            let source = source(encodings);
            assert_eq!(of(&source), expected);
            assert_eq!(source.demand.told, 3, "everything is taken to be watched at first");
        }
    }
}
