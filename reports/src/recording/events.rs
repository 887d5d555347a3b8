//! The decisions of a run, one event each, as `events.jsonl` tells them.

use std::time::Duration;

use scenarios::Time;
use serde_json::{Value, json};

use crate::number::rounded;
use crate::observation::{
    Cast, Direction, EstimateOf, Flow, JoinStep, Layer, MediaKind, ParticipantIndex, SourceIndex,
};

/// An estimate is told again when it differs from the one told last by this share (★ our own choice).
pub const ESTIMATE_CHANGE: f64 = 0.1;

/// Something decided or noticed at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub at: Time,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// A step in or out.
    Join(ParticipantIndex, JoinStep),
    /// A flow is wanted.
    Subscribed(Flow),
    /// A flow is no longer wanted.
    Unsubscribed(Flow),
    /// The first frame or sample of a subscription, and the time since the intent.
    FirstMedia(Flow, Duration),
    /// A scripted turn to speak begins, or ends.
    Turn(ParticipantIndex, bool),
    /// Another dominant speaker was told of.
    DominantSpeaker(ParticipantIndex),
    /// The SFU chose a layer, or gave another reason for the same.
    LayerChosen {
        /// For which flow.
        flow: Flow,
        /// Which layer.
        layer: Option<Layer>,
        /// Why.
        explanation: Explanation,
    },
    /// So many encodings of a source are watched, from the lowest.
    Watched(ParticipantIndex, SourceIndex, u8),
    /// Another layer goes out.
    LayerForwarded(Flow, Option<Layer>),
    /// The SFU asked the publisher for a key frame of an encoding.
    KeyFrameRequested(ParticipantIndex, SourceIndex, u8),
    /// A receiver asked the SFU for a key frame.
    KeyFrameWanted(Flow),
    /// An encoding produced a key frame of so many bytes.
    KeyFrameProduced(ParticipantIndex, SourceIndex, u8, u32),
    /// The last frame before a freeze was rendered.
    FreezeStart(Flow),
    /// A freeze ended, or the subscription did while it lasted.
    FreezeEnd(Flow, Duration),
    /// An estimate changed by more than [`ESTIMATE_CHANGE`].
    Estimate(EstimateOf, u64),
    /// A scripted event took effect.
    Script(String),
}

/// What a layer was chosen from.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Why this layer and none higher, in machine-readable words.
    pub reason: String,
    /// The receiver's downlink estimate, bit/s.
    pub estimate_bps: u64,
    /// What the receiver is entitled to.
    pub entitled: Option<Layer>,
    /// Policy, budget and candidates, as JSON; may be empty.
    pub of: String,
}

/// An event's fields in order: what comes after time and name.
type Fields = Vec<(&'static str, Value)>;

impl Event {
    /// The event as one line of JSON, without the line's end.
    pub fn json(&self, cast: &Cast) -> String {
        let (name, fields) = self.kind.describe(cast);
        let mut out = format!("{{\"time_s\":{},\"event\":\"{name}\"", seconds(self.at));
        for (key, value) in fields {
            out.push_str(&format!(",\"{key}\":{value}"));
        }
        out.push('}');
        out
    }
}

/// Seconds with all nine decimals, exact.
fn seconds(at: Time) -> String {
    format!("{}.{:09}", at.as_nanos() / 1_000_000_000, at.as_nanos() % 1_000_000_000)
}

impl EventKind {
    fn describe(&self, cast: &Cast) -> (&'static str, Fields) {
        match self {
            EventKind::Join(who, step) => {
                ("join", vec![("participant", name(cast, *who)), ("step", step.name().into())])
            }
            EventKind::Subscribed(flow) => ("subscribed", flow_fields(cast, *flow)),
            EventKind::Unsubscribed(flow) => ("unsubscribed", flow_fields(cast, *flow)),
            EventKind::FirstMedia(flow, after) => {
                let event = match cast.source(flow.publisher, flow.source).kind {
                    MediaKind::Video => "first_frame",
                    MediaKind::Audio => "first_audio",
                };
                (event, with(flow_fields(cast, *flow), "after_ms", millis(*after)))
            }
            EventKind::Turn(who, begins) => {
                (if *begins { "turn_start" } else { "turn_end" }, vec![("participant", name(cast, *who))])
            }
            EventKind::DominantSpeaker(who) => ("dominant_speaker", vec![("participant", name(cast, *who))]),
            EventKind::LayerChosen { flow, layer, explanation } => {
                let Explanation { reason, estimate_bps, entitled, of } = explanation;
                let mut fields = with(flow_fields(cast, *flow), "layer", layer_value(*layer));
                fields.push(("reason", reason.as_str().into()));
                fields.push(("estimate_kbps", kbps(*estimate_bps)));
                fields.push(("entitled", layer_value(*entitled)));
                if let Ok(of) = serde_json::from_str(of) {
                    fields.push(("explanation", of));
                }
                ("layer_chosen", fields)
            }
            EventKind::Watched(publisher, source, encodings) => {
                let fields = source_fields(cast, *publisher, *source);
                ("watched", with(fields, "encodings", json!(encodings)))
            }
            EventKind::LayerForwarded(flow, layer) => {
                ("layer_forwarded", with(flow_fields(cast, *flow), "layer", layer_value(*layer)))
            }
            EventKind::KeyFrameRequested(publisher, source, spatial) => {
                let fields = source_fields(cast, *publisher, *source);
                ("key_frame_requested", with(fields, "encoding", json!(spatial)))
            }
            EventKind::KeyFrameWanted(flow) => ("key_frame_wanted", flow_fields(cast, *flow)),
            EventKind::KeyFrameProduced(publisher, source, spatial, bytes) => {
                let fields = with(source_fields(cast, *publisher, *source), "encoding", json!(spatial));
                ("key_frame_produced", with(fields, "bytes", json!(bytes)))
            }
            EventKind::FreezeStart(flow) => ("freeze_start", flow_fields(cast, *flow)),
            EventKind::FreezeEnd(flow, lasted) => {
                ("freeze_end", with(flow_fields(cast, *flow), "lasted_ms", millis(*lasted)))
            }
            EventKind::Estimate(of, bps) => {
                let (who, direction) = of.line();
                let fields = vec![("participant", name(cast, who)), ("direction", direction.name().into())];
                ("estimate", with(fields, "estimate_kbps", kbps(*bps)))
            }
            EventKind::Script(text) => ("script", vec![("text", text.as_str().into())]),
        }
    }
}

impl EstimateOf {
    /// Whose line it is, and which of the two.
    pub fn line(self) -> (ParticipantIndex, Direction) {
        match self {
            EstimateOf::Downlink(who) => (who, Direction::Down),
            EstimateOf::Uplink(who) => (who, Direction::Up),
        }
    }
}

fn with(mut fields: Fields, key: &'static str, value: Value) -> Fields {
    fields.push((key, value));
    fields
}

fn name(cast: &Cast, who: ParticipantIndex) -> Value {
    cast.name(who).into()
}

fn source_fields(cast: &Cast, publisher: ParticipantIndex, source: SourceIndex) -> Fields {
    let source = cast.source(publisher, source).name.as_str();
    vec![("publisher", name(cast, publisher)), ("source", source.into())]
}

fn flow_fields(cast: &Cast, flow: Flow) -> Fields {
    let mut fields = vec![("receiver", name(cast, flow.receiver))];
    fields.extend(source_fields(cast, flow.publisher, flow.source));
    fields
}

fn layer_value(layer: Option<Layer>) -> Value {
    layer.map_or_else(|| "none".into(), |layer| layer.to_string().into())
}

fn kbps(bps: u64) -> Value {
    json!(rounded(bps as f64 / 1e3))
}

fn millis(span: Duration) -> Value {
    json!(rounded(span.as_nanos() as f64 / 1e6))
}
