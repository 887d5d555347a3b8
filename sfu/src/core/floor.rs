//! Who speaks, asked once for each packet of sound before anything else is done with it.

use super::Turn;
use super::ingest::Media;
use crate::audio::Sound;
use crate::codec::MediaKind;
use crate::conference::ConferenceId;
use crate::drop_reason::DropReason;
use crate::participant::ParticipantId;
use crate::participant::subscription::Projection;
use crate::sink::Event;

impl Turn<'_> {
    /// Those who had the floor in the conference that `participant` is in, the latest first; nobody unless
    /// [`crate::Config::dominant_speaker`] is on.
    pub fn recent_speakers(&self, participant: ParticipantId) -> Vec<ParticipantId> {
        if !self.sfu.config.dominant_speaker {
            return Vec::new();
        }
        let conference = self.sfu.participants.get(participant).map(|p| p.conference);
        let floor = conference.and_then(|id| self.sfu.conferences[id].floor.as_ref());
        floor.map_or_else(Vec::new, |floor| floor.recent().iter().collect())
    }

    /// The sources of sound of `id` take part in the conference's choice of speakers.
    pub(super) fn enter_floor(&mut self, conference: ConferenceId, id: ParticipantId) {
        let Some(floor) = &mut self.sfu.conferences[conference].floor else { return };
        for source in &mut self.sfu.participants[id].uplink.sources {
            source.speaker = (source.description.kind() == MediaKind::Audio).then(|| floor.add(id));
        }
    }

    /// A source was muted, or is heard anew: what it said counts no longer.
    pub(super) fn leave_floor(&mut self, id: ParticipantId, source: usize) {
        let participant = &mut self.sfu.participants[id];
        let speaker = participant.uplink.sources[source].speaker;
        let floor = &mut self.sfu.conferences[participant.conference].floor;
        if let (Some(speaker), Some(floor)) = (speaker, floor) {
            floor.mute(speaker);
        }
    }

    /// Lets the floor know of a packet of sound.
    ///
    /// # Errors
    /// When its source isn't among those heard.
    pub(super) fn ask_floor(&mut self, media: &Media<'_>, padding_only: bool) -> Result<(), DropReason> {
        let participant = &mut self.sfu.participants[media.publisher];
        let source = &mut participant.uplink.sources[media.source];
        let Some(speaker) = source.speaker.filter(|_| !padding_only && !source.muted) else { return Ok(()) };
        let floor = self.sfu.conferences[participant.conference].floor.as_mut();
        let floor = floor.expect("a source has a place on the floor that its conference has");
        let level = media.audio_level.map(|(level, _)| level);
        let heard = floor.on_packet(speaker, self.now, Sound { timestamp: media.timestamp, level });
        let returns = heard.forward && !source.heard;
        source.heard = heard.forward;
        if !heard.forward {
            // It came: what redundancy says of it later is no recovery.
            source.tail.insert(media.sequence, media.timestamp, &[]);
        }
        // The choice of the loudest needs to know, whether or not anybody is to be told.
        if let Some(participant) = heard.dominant.filter(|_| self.sfu.config.dominant_speaker) {
            self.sink.event(Event::DominantSpeaker { participant });
        }
        if returns {
            self.close_up(media);
        }
        if heard.forward { Ok(()) } else { Err(DropReason::NotLoudest) }
    }

    /// A source is heard again: for nobody may what was left out look like loss.
    fn close_up(&mut self, media: &Media<'_>) {
        let source = &mut self.sfu.participants[media.publisher].uplink.sources[media.source];
        let subscribers = std::mem::take(&mut source.subscribers);
        for (receiver, index) in &subscribers {
            let to = self.sfu.participants.get_mut(*receiver);
            let Some((subscription, _)) = to.and_then(|to| to.downlink.slot(*index)) else { continue };
            if let Projection::Audio(projection) = &mut subscription.media {
                projection.close_up();
            }
        }
        self.sfu.participants[media.publisher].uplink.sources[media.source].subscribers = subscribers;
    }
}
