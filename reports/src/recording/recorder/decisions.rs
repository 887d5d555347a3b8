//! The observations that are few.

use scenarios::Time;

use super::Recorder;
use crate::observation::{JoinStep, Observation, ParticipantIndex};
use crate::recording::events::{EventKind, Explanation};
use crate::recording::flow::MediaRecord;

impl Recorder {
    /// Joins, subscriptions, layers, key frames, script.
    pub(super) fn observe_decision(&mut self, at: Time, measured: bool, observation: Observation) {
        match observation {
            Observation::Join { participant, step } => self.join(at, participant, step),
            Observation::Subscribed(flow) => self.subscribed(at, flow),
            Observation::Unsubscribed(flow) => {
                if self.end_subscription(at, flow) {
                    self.event(at, EventKind::Unsubscribed(flow));
                }
            }
            Observation::FirstPacket(flow) => self.flow(flow).first.packet(at),
            Observation::FirstKeyFrame(flow) => self.flow(flow).first.key_frame(at),
            Observation::FrameEncoded { publisher, source, layer, key, bytes } => {
                let (place, bin) = (self.kept.source_place(publisher, source), self.bin_of(at));
                self.kept.sources[place].produced(bin, bytes);
                if measured {
                    self.kept.sources[place].encoded(layer, key, bytes);
                }
                if key {
                    let kind = EventKind::KeyFrameProduced(publisher, source, layer.spatial, bytes);
                    self.event(at, kind);
                }
            }
            Observation::LayerChosen { flow, layer, reason, estimate_bps, entitled, explanation } => {
                let MediaRecord::Video(video) = &mut self.flow(flow).media else { return };
                if video.layers.chosen(at, layer, entitled, &reason) {
                    let explanation = Explanation { reason, estimate_bps, entitled, of: explanation };
                    self.event(at, EventKind::LayerChosen { flow, layer, explanation });
                }
            }
            Observation::Watched { publisher, source, encodings } => {
                self.event(at, EventKind::Watched(publisher, source, encodings));
            }
            Observation::LayerForwarded { flow, layer } => self.layer_forwarded(at, flow, layer),
            Observation::KeyFrameRequested { publisher, source, spatial } => {
                let place = self.kept.source_place(publisher, source);
                if measured {
                    self.kept.sources[place].requested(spatial);
                }
                self.event(at, EventKind::KeyFrameRequested(publisher, source, spatial));
            }
            Observation::KeyFrameWanted(flow) => {
                let place = self.kept.source_place(flow.publisher, flow.source);
                self.kept.sources[place].wanted += u64::from(measured);
                if let MediaRecord::Video(video) = &mut self.flow(flow).media {
                    video.key_frames.wanted(at);
                }
                self.event(at, EventKind::KeyFrameWanted(flow));
            }
            Observation::Turn { participant, begins } => {
                let measure = self.kept.measure;
                self.kept.speakers.turn(at, participant, begins, &measure);
                self.event(at, EventKind::Turn(participant, begins));
            }
            Observation::DominantSpeaker { participant } => {
                let measure = self.kept.measure;
                self.kept.speakers.dominant(at, participant, &measure);
                self.event(at, EventKind::DominantSpeaker(participant));
            }
            Observation::SpeakerHeard { receiver, speaker } => {
                let measure = self.kept.measure;
                self.kept.speakers.heard(at, receiver, speaker, &measure);
            }
            Observation::Script { text } => self.event(at, EventKind::Script(text)),
            _ => unreachable!("`observe` takes the frequent observations itself"),
        }
    }

    fn join(&mut self, at: Time, who: ParticipantIndex, step: JoinStep) {
        self.participant(who).step(at, step);
        if step == JoinStep::Left {
            self.kept.data.left(who);
        }
        self.event(at, EventKind::Join(who, step));
    }
}
