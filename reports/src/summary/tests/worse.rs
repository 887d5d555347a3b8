//! The run of [`super::script`] with everything a little different, so that every metric moves.

use std::time::Duration;

use scenarios::Time;

use super::script::{Script, ms, rich_script};
use crate::observation::*;
use crate::recording::testing::{ALICE, AUDIO, BOB, CAM, MIC, UP, VIDEO};
use crate::summary::Summary;

const LOW: Layer = Layer { spatial: 0, temporal: 0 };
const HIGH: Layer = Layer { spatial: 1, temporal: 0 };
/// The other way round, nothing of which is there otherwise.
const BACK: Flow = Flow { receiver: ALICE, publisher: BOB, source: CAM };

pub(super) fn worse() -> Summary {
    let mut script = rich_script().changed(|(at, observation)| {
        people(at, observation)
            .and_then(|(at, observation)| video(at, observation))
            .and_then(|(at, observation)| audio(at, observation))
            .and_then(|(at, observation)| network(at, observation))
            .and_then(|(at, observation)| talk(at, observation))
    });
    added(&mut script);
    script.summary_with(10)
}

type Changed = Option<(u64, Observation)>;

/// Each step of a join takes 10 ms longer, and Alice's DTLS never ends.
fn people(at: u64, observation: Observation) -> Changed {
    let later = match &observation {
        Observation::Join { participant, step: JoinStep::Dtls } if *participant == ALICE => return None,
        Observation::Join { step: JoinStep::Signalled, .. } => 10,
        Observation::Join { step: JoinStep::Ice, .. } => 20,
        Observation::Join { step: JoinStep::Dtls, .. } => 30,
        Observation::FirstPacket(_) => 50,
        Observation::FirstKeyFrame(_) => 80,
        _ => 0,
    };
    Some((at + later, observation))
}

/// Fewer and smaller frames, each part of whose way takes 1 ms longer, and other layers.
fn video(at: u64, observation: Observation) -> Changed {
    Some(match observation {
        Observation::FrameRendered { .. }
            if [350, 1_550, 1_600].contains(&at)
                || (2_500..2_700).contains(&at)
                || (3_000..3_350).contains(&at) =>
        {
            return None;
        }
        Observation::FrameRendered { flow, layer, captured, parts, .. } => {
            let mut parts = slower(&parts);
            let later = if at == 3_750 { ms(300) } else { ms(0) };
            parts.jitter_buffer += later;
            let captured = captured.saturating_sub(ms(LatencyParts::NAMES.len() as u64) + later);
            (at, Observation::FrameRendered { flow, layer, size: (320, 180), captured, parts })
        }
        Observation::LayerForwarded { flow, layer } => {
            let at = match at {
                1_500 => 2_000,
                2_500 => 2_400,
                at => at,
            };
            (at, Observation::LayerForwarded { flow, layer })
        }
        Observation::FrameEncoded { publisher, source, layer, key, bytes } => {
            (at, Observation::FrameEncoded { publisher, source, layer, key, bytes: bytes * 2 })
        }
        Observation::Counters { flow, counters } if at == 4_000 => {
            (at, Observation::Counters { flow, counters: more(&counters) })
        }
        other => (at, other),
    })
}

fn slower(parts: &LatencyParts) -> LatencyParts {
    let one = |part: Duration| part + ms(1);
    LatencyParts {
        encode: one(parts.encode),
        pacer: one(parts.pacer),
        up_repair: one(parts.up_repair),
        up_queue: one(parts.up_queue),
        up_serialise: one(parts.up_serialise),
        up_propagate: one(parts.up_propagate),
        sfu: one(parts.sfu),
        down_repair: one(parts.down_repair),
        down_queue: one(parts.down_queue),
        down_serialise: one(parts.down_serialise),
        down_propagate: one(parts.down_propagate),
        jitter_buffer: one(parts.jitter_buffer),
        decode: one(parts.decode),
    }
}

fn more(counters: &FlowCounters) -> FlowCounters {
    FlowCounters {
        expected: counters.expected,
        lost_before_repair: counters.lost_before_repair + 20,
        lost_after_repair: counters.lost_after_repair + 10,
        media_bytes: counters.media_bytes + 10_000,
        rtx_bytes: counters.rtx_bytes * 2,
        rtx_useful: counters.rtx_useful + 1,
        rtx_late: counters.rtx_late + 1,
        rtx_duplicate: counters.rtx_duplicate + 1,
        fec_packets: counters.fec_packets + 1,
        fec_discarded: counters.fec_discarded + 1,
        fec_bytes: counters.fec_bytes * 2,
        fec_recovered: counters.fec_recovered + 1,
        nack_packets: counters.nack_packets + 1,
        nack_sequences: counters.nack_sequences + 1,
        nack_repeats: counters.nack_repeats + 1,
        pli: counters.pli + 1,
        frames_undecodable: counters.frames_undecodable + 1,
        frames_rendered: counters.frames_rendered,
    }
}

/// Sound comes 200 ms later, begins later, and is concealed for twice as long.
fn audio(at: u64, observation: Observation) -> Changed {
    Some(match observation {
        Observation::AudioPlayed { .. } if at < 360 => return None,
        Observation::AudioPlayed { flow, length, .. } if (2_060..2_120).contains(&at) => {
            (at, Observation::AudioConcealed { flow, length })
        }
        Observation::AudioPlayed { flow, captured, jitter_buffer, length } => {
            let (captured, jitter_buffer) = (captured.saturating_sub(ms(200)), jitter_buffer + ms(10));
            (at, Observation::AudioPlayed { flow, captured, jitter_buffer, length })
        }
        other => (at, other),
    })
}

/// Larger packets, longer queues, higher estimates, a slower SFU.
fn network(at: u64, observation: Observation) -> Changed {
    Some(match observation {
        Observation::LinkSent { link, class, bytes, queued } => {
            let bytes = if link == UP { bytes * 3 / 2 } else { bytes };
            let bytes = if class == TrafficClass::Rtcp { bytes * 2 } else { bytes };
            let longer = if at == 2_150 { 45 } else { 5 };
            (at, Observation::LinkSent { link, class, bytes, queued: queued + ms(longer) })
        }
        Observation::Estimate { of, bps } => (at, Observation::Estimate { of, bps: bps * 3 / 2 }),
        Observation::Forwarded { receiver, delay } => {
            (at, Observation::Forwarded { receiver, delay: delay * 2 })
        }
        other => (at, other),
    })
}

/// Speakers are noticed later, sound is withheld, and messages come late or not at all.
fn talk(at: u64, observation: Observation) -> Changed {
    Some(match observation {
        Observation::DominantSpeaker { .. } | Observation::SpeakerHeard { .. } => (at + 30, observation),
        Observation::SoundTaken { publisher, source, length, speech, .. }
            if publisher == ALICE && (1_000..1_100).contains(&at) =>
        {
            (at, Observation::SoundTaken { publisher, source, length, speech, forwarded: false })
        }
        Observation::DataReceived { .. } if at == 1_560 => return None,
        Observation::DataReceived { .. } if at == 3_000 => (3_500, observation),
        other => (at, other),
    })
}

/// What the other run has none of.
fn added(script: &mut Script) {
    for flow in [BACK, Flow { source: MIC, ..BACK }] {
        script.at(130, Observation::Subscribed(flow));
    }
    let (captured, length) = (Time::from_millis(3_900), ms(20));
    let parts = LatencyParts::default();
    script
        .at(3_900, Observation::FrameRendered { flow: BACK, layer: LOW, size: (320, 180), captured, parts });
    let flow = Flow { source: MIC, ..BACK };
    script.at(3_900, Observation::AudioPlayed { flow, captured, jitter_buffer: ms(0), length });
    script.at(3_600, Observation::LayerForwarded { flow: VIDEO, layer: None });
    let (publisher, source) = (ALICE, CAM);
    script.at(1_700, Observation::FrameEncoded { publisher, source, layer: HIGH, key: true, bytes: 9_000 });
    for _ in 0..7 {
        script.at(1_491, Observation::KeyFrameWanted(VIDEO));
    }
    for _ in 0..4 {
        script.at(1_491, Observation::KeyFrameRequested { publisher, source, spatial: 0 });
    }
    script.at(3_100, Observation::AudioRecovered { flow: AUDIO, by: SoundRecovery::Red, length });
    script.at(3_120, Observation::AudioRecovered { flow: AUDIO, by: SoundRecovery::InBandFec, length });
    script.at(3_140, Observation::AudioSilent { flow: AUDIO, length });
    script.at(1_500, Observation::LinkDropped { link: UP, cause: LossCause::Queue, bytes: 2_500 });
    // Alice in the turn that was missed, and Bob once more when he had long ended.
    script.at(3_000, Observation::DominantSpeaker { participant: ALICE });
    script.at(3_950, Observation::DominantSpeaker { participant: BOB });
    let label = "chat".to_owned();
    script.at(3_100, Observation::DataDropped { receiver: BOB, label, count: 1 });
}
