//! Metrics of what receivers see and hear.

use super::Better::{Higher, Lower, Neither};
use super::Unit::{Count, Kbps, Ms, Px, Ratio};
use super::{Definition, FLOW, FLOW_KIND, SOURCE, Stat, declare};

const WEBRTC_STATS: &str = "W3C webrtc-stats";
const BT_1359: &str = "ITU-R BT.1359";
const INTENT_TO_FIRST: &str = "intent to the first rendered frame or played sample; counted from the intent of whoever of the two came later, or from the subscription when both were connected already; counted wherever it falls in the run, warm-up included";

const fn part(id: &'static str, definition: &'static str) -> Definition {
    declare(id, Ms, Lower, FLOW, definition).headline(Stat::P95)
}

const fn start(id: &'static str, definition: &'static str) -> Definition {
    declare(id, Ms, Lower, FLOW, definition).headline(Stat::Max)
}

pub(super) const VIDEO: &[Definition] = &[
    part(
        "video.capture_to_render",
        "render time minus capture time of each rendered frame; the parts sum exactly to it",
    ),
    part("video.capture_to_render.encode", "capture to the encoder's output"),
    part("video.capture_to_render.pacer", "the encoder's output to the packet's first hand-off to the network"),
    part("video.capture_to_render.up_repair", "first hand-off to the hand-off of the copy that reached the SFU"),
    part("video.capture_to_render.up_queue", "waiting in the uplink's queue"),
    part("video.capture_to_render.up_serialise", "being serialised on the uplink"),
    part("video.capture_to_render.up_propagate", "propagation and jitter of the uplink"),
    part("video.capture_to_render.sfu", "arrival at the SFU to the first hand-off towards this receiver"),
    part("video.capture_to_render.down_repair", "the SFU's first hand-off to that of the copy that arrived"),
    part("video.capture_to_render.down_queue", "waiting in the downlink's queue"),
    part("video.capture_to_render.down_serialise", "being serialised on the downlink"),
    part("video.capture_to_render.down_propagate", "propagation and jitter of the downlink"),
    part("video.capture_to_render.jitter_buffer", "completion of the frame to its release for decoding"),
    part("video.capture_to_render.decode", "decoding, up to the render"),
    declare(
        "video.freeze_w3c.ratio",
        Ratio,
        Lower,
        FLOW,
        "total freeze time over subscribed time; a freeze is a rendered interval d >= max(3 avg, avg + 150 ms), avg over the up to 30 rendered intervals before it; a freeze open at the end counts. While the SFU forwards no layer of the source (counted by layer_share.none) no interval is open (★ our own choice): the one before ends there, and the next begins with the first frame rendered after",
    )
    .source(WEBRTC_STATS),
    declare("video.freeze_w3c.count", Count, Lower, FLOW, "number of freezes that end in the measured time, or are open at its end")
        .source(WEBRTC_STATS),
    declare("video.freeze_w3c.at_switch", Count, Lower, FLOW, "of these, freezes during which the SFU went from one layer of the source to another, whatever caused them: where a line collapses its queue does, and the switch ends them (held off, they begin at the same moment and last)")
        .own_choice("W3C webrtc-stats knows no layers"),
    declare("video.freeze_w3c.total", Ms, Lower, FLOW, "sum of the freezes' durations inside the measured time")
        .source(WEBRTC_STATS),
    declare("video.pause.count", Count, Lower, FLOW, "rendered intervals longer than 5 s; where the freeze rule holds they count as freezes too")
        .source(WEBRTC_STATS),
    declare("video.pause.total", Ms, Lower, FLOW, "sum of the pauses' durations inside the measured time").source(WEBRTC_STATS),
    declare("video.fps", Count, Higher, FLOW, "frames rendered in each whole second of subscribed measured time, per second"),
    declare(
        "video.fps_harmonic",
        Count,
        Higher,
        FLOW,
        "sum of d over sum of d squared, d the rendered intervals in seconds: frames per second as a random moment meets them",
    )
    .source("libwebrtc's video quality analyser"),
    part(
        "av_skew.ahead",
        "how far the sound that plays is ahead of the picture: capture time of the sound playing minus capture time of the frame, at each frame rendered while sound of the same publisher plays, 0 when behind; true capture times, not what reports claim",
    )
    .source(BT_1359),
    part("av_skew.behind", "how far the sound that plays is behind the picture, sampled likewise, 0 when ahead").source(BT_1359),
    declare("av_skew.detectable", Ratio, Lower, FLOW, "share of these frames with sound more than 45 ms ahead or more than 125 ms behind: the threshold of detectability")
        .source(BT_1359),
    declare("av_skew.unacceptable", Ratio, Lower, FLOW, "share of these frames with sound more than 90 ms ahead or more than 185 ms behind: the threshold of acceptability")
        .source(BT_1359),
    start("time_to_first_frame", INTENT_TO_FIRST),
    start("time_to_first_frame.signalling", "intent to the signalling exchange being complete"),
    start("time_to_first_frame.ice", "end of signalling to ICE's nominated pair"),
    start("time_to_first_frame.dtls", "nominated pair to SRTP keys"),
    start("time_to_first_frame.first_rtp", "SRTP keys to the flow's first RTP packet"),
    start("time_to_first_frame.first_key_frame", "first RTP packet to the first complete key frame"),
    start("time_to_first_frame.decode", "first complete key frame to the first rendered frame"),
    declare("layer_share", Ratio, Neither, &["receiver", "publisher", "source", "layer"], "share of subscribed time at which this layer was forwarded"),
    declare("layer_share.top", Ratio, Higher, FLOW, "share of subscribed time at which the highest encoding was forwarded, at any temporal layer"),
    declare("layer_share.none", Ratio, Lower, FLOW, "share of subscribed time at which nothing was forwarded"),
    declare("layer_share.below_entitled", Ratio, Lower, FLOW, "share of subscribed time at which a lower layer than the entitled one, or none, was forwarded; entitled: by wishes and layers on offer, were the line without limit"),
    declare("layer_switches", Count, Lower, FLOW, "changes of the forwarded layer per minute of subscribed time; the start of a subscription is none"),
    declare("layer_switches.oscillation", Count, Lower, FLOW, "switches down that follow a switch up too soon")
        .own_choice("within 10 s"),
    declare("video.quality", Px, Higher, FLOW, "sum of width times height of the frames rendered in each whole second of subscribed measured time"),
    declare("video.quality.ratio", Ratio, Higher, FLOW, "the same over width times height times frame rate of the highest published encoding"),
    declare("video.bitrate", Kbps, Higher, FLOW, "media payload received in each whole second of subscribed measured time, RTP headers and repair not counted"),
    declare("video.encoded_bitrate", Kbps, Neither, &["publisher", "source", "layer"], "bits that this encoding produced over the measured time"),
    declare("keyframe_wait", Ms, Lower, FLOW, "a receiver's request for a key frame to the first frame rendered that was captured after it, whatever was on its way then; requests before that are one with the first, and none counts while the SFU chooses to forward nothing")
        .headline(Stat::P95),
    declare("keyframe.requests", Count, Lower, SOURCE, "key-frame requests that the SFU sent to the publisher"),
    declare("keyframe.wanted", Count, Lower, SOURCE, "key-frame requests that receivers sent to the SFU"),
    declare("keyframe.coalesced", Count, Neither, SOURCE, "receivers' requests that caused none of their own at the publisher: wanted minus requests, at least 0"),
    declare("keyframe.produced", Count, Neither, SOURCE, "key frames that the publisher's encodings produced"),
    declare("keyframe.storm_index", Ratio, Lower, SOURCE, "requests at the publisher per key frame produced"),
    declare("keyframe.requests_per_answer", Ratio, Lower, &[], "key-frame requests that the SFU sent to all publishers, per key frame that one of their encodings produced after one or more requests for it; key frames that nobody asked for don't count")
        .headline(Stat::Max),
];

pub(super) const AUDIO: &[Definition] = &[
    part(
        "audio.mouth_to_ear",
        "playout minus capture of the same sample, packetisation included; beside it 150 ms (good) and 400 ms (limit)",
    )
    .source("ITU-T G.114"),
    start("time_to_first_audio", INTENT_TO_FIRST),
    start("time_to_first_audio.signalling", "intent to the signalling exchange being complete"),
    start("time_to_first_audio.ice", "end of signalling to ICE's nominated pair"),
    start("time_to_first_audio.dtls", "nominated pair to SRTP keys"),
    start("time_to_first_audio.first_rtp", "SRTP keys to the flow's first RTP packet"),
    start("time_to_first_audio.playout", "first RTP packet to the first sample played"),
    declare("audio.bitrate", Kbps, Neither, FLOW, "media payload received in each whole second of subscribed measured time, RTP headers and repair not counted"),
    declare("audio.concealed_ratio", Ratio, Lower, FLOW, "concealed sound over all sound played out").source(WEBRTC_STATS),
    declare("audio.recovered_ratio.red", Ratio, Neither, FLOW, "sound that was lost and came as redundancy of a later packet (RFC 2198), over all sound played out"),
    declare("audio.recovered_ratio.fec", Ratio, Neither, FLOW, "sound that was lost and came as in-band FEC in the next packet, over all sound played out"),
    declare("audio.silent_ratio", Ratio, Neither, FLOW, "comfort noise in pauses that the sender left out (DTX), over all sound and silence; it is neither played nor concealed sound")
        .source("W3C webrtc-stats, silentConcealedSamples; that is a part of concealedSamples, which audio.concealed_ratio leaves out"),
    declare("audio.e_model.r", Count, Higher, FLOW, "transmission rating R = 93.2 - Id - Ie_eff: Id = 0.024 d + 0.11 (d - 177.3) where d > 177.3, d the mean mouth to ear in ms; Ie_eff = Ie + (95 - Ie) Ppl / (Ppl / BurstR + Bpl), Ppl the concealed sound in percent, BurstR the mean run of concealed packets over that of random loss, at least 1; Ie = 0, Bpl = 25.1; an estimate, not below 0")
        .source("ITU-T G.107; Ie and Bpl of G.113 for G.711 with packet loss concealment")
        .own_choice("Ie and Bpl: G.113 has none for Opus"),
    declare("audio.e_model.mos", Count, Higher, FLOW, "mean opinion score from R: 1 + 0.035 R + 7e-6 R (R - 60) (100 - R)")
        .source("ITU-T G.107 annex B")
        .own_choice("as audio.e_model.r"),
    declare("audio.longest_gap", Ms, Lower, FLOW, "longest run of concealed sound with none played between"),
    declare("jitter_buffer_delay", Ms, Lower, FLOW_KIND, "time in the jitter buffer: per frame from its completion to its release (video), per packet from arrival to playout (audio)")
        .headline(Stat::P95)
        .source("W3C webrtc-stats, jitterBufferDelay / jitterBufferEmittedCount; that counts video from a frame's first packet"),
    declare("loss.before_repair", Ratio, Lower, FLOW_KIND, "media packets that did not arrive as first sent in time, over those expected"),
    declare("loss.after_repair", Ratio, Lower, FLOW_KIND, "media packets still missing at their playout deadline, over those expected"),
    declare("loss.undecodable", Ratio, Lower, FLOW, "frames that arrived complete but could not be decoded, over these and the rendered ones"),
];
