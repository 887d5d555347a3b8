//! One stream on its way to one receiver.

use std::mem::Discriminant;
use std::time::Duration;

use rtc_crypto::RTCCryptoProvider;

use super::describe::{MediaParameters, ParticipantId, SourceDescription, Wish};
use crate::allocation::{Explanation, Reason};
use crate::codec::{Codec, MediaKind};
use crate::conference::CommandError;
use crate::forward::{AudioProjection, Layer, Origin, VideoProjection};
use crate::rtcp::{self, NtpTime, ReportBlock};
use crate::send::fec::FecStream;
use crate::send::rtx::RtxSequence;
use crate::send::sent_log::SentLog;
use crate::statistics::OutboundTotals;
use crate::time::Time;

/// A stream to one receiver.
pub(crate) struct Subscription {
    pub(crate) publisher: ParticipantId,
    /// The place in the publisher's sources.
    pub(crate) source: usize,
    pub(crate) codec: Codec,
    pub(crate) mid: String,
    pub(crate) ssrc: u32,
    pub(crate) payload_type: u8,
    pub(crate) rtx: Option<RtxStream>,
    /// Video's protection, if the receiver offers FlexFEC.
    pub(crate) fec: Option<FecStream>,
    /// What the receiver wants of it.
    pub(crate) wanted: Wanted,
    pub(crate) muted: bool,
    pub(crate) media: Projection,
    /// Whether a receiver report has named the SSRC: from then on the mid need not be written.
    pub(crate) acknowledged: bool,
    pub(crate) sent: SentReports,
    pub(crate) totals: OutboundTotals,
}

/// A wish without its names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) max_height: u16,
    pub(crate) max_fps: u8,
    pub(crate) priority: u8,
    pub(crate) on_stage: bool,
}

impl From<&Wish> for Wanted {
    fn from(wish: &Wish) -> Self {
        let Wish { max_height, max_fps, priority, on_stage, .. } = *wish;
        Wanted { max_height, max_fps, priority, on_stage }
    }
}

/// The retransmission stream of a subscription.
#[derive(Debug)]
pub(crate) struct RtxStream {
    pub(crate) ssrc: u32,
    pub(crate) payload_type: u8,
    pub(crate) sequence: RtxSequence,
}

/// How the publisher's numbers become the receiver's.
pub(crate) enum Projection {
    Audio(AudioProjection),
    Video(Box<VideoStream>),
}

/// What video needs besides its projection.
pub(crate) struct VideoStream {
    pub(crate) projection: VideoProjection,
    pub(crate) log: SentLog,
    /// The allocation's last word and the kind of its reason: only changes are told.
    pub(crate) chosen: Option<(Option<Layer>, Discriminant<Reason>)>,
    /// What hysteresis needs to know of the past.
    pub(crate) memory: crate::allocation::Memory,
    /// How many of the source's encodings the wish, as last-N leaves it, has a use for.
    pub(crate) useful: u8,
    /// The last decision with all that it was made from.
    pub(crate) explanation: Option<Explanation>,
}

/// What sender reports need, and what came back.
#[derive(Debug, Default)]
pub(crate) struct SentReports {
    pub(crate) packets: u32,
    pub(crate) octets: u32,
    /// Whether what the last report says of the timestamps no longer holds, or there was none.
    pub(crate) stale: bool,
    /// The last report: its NTP time (the publisher's), and when it left.
    last: Option<(NtpTime, Time)>,
}

impl SentReports {
    /// A report with the time `ntp` left at `now`.
    pub(crate) fn remember(&mut self, ntp: NtpTime, now: Time) {
        self.last = Some((ntp, now));
        self.stale = false;
    }

    /// The round trip that a report block proves, if it quotes the last report.
    pub(crate) fn round_trip(&self, now: Time, block: &ReportBlock) -> Option<Duration> {
        let (ntp, sent) = self.last?;
        // The quoted time is the publisher's clock; carried on by what passed here, the difference is ours.
        let carried = NtpTime(ntp.0.wrapping_add(NtpTime::from_time(now).0 - NtpTime::from_time(sent).0));
        (block.last_sr == ntp.middle())
            .then(|| rtcp::report::round_trip(carried, block.last_sr, block.delay_since_last_sr))
            .flatten()
    }
}

impl Subscription {
    pub(crate) fn new(
        publisher: ParticipantId,
        source: usize,
        description: &SourceDescription,
        media: &MediaParameters,
        wish: &Wish,
        provider: &dyn RTCCryptoProvider,
    ) -> Result<Self, CommandError> {
        let [ssrc, rtx_ssrc, timestamp, numbers, pictures] = random_words(provider)?;
        let types = media.payload_types;
        let codec = description.codec;
        let payload_type = types.media(codec).expect("wishes in a codec that isn't spoken are passed over");
        let projection = match codec.kind() {
            MediaKind::Audio => {
                let projection = AudioProjection::new(first_sequence(numbers), timestamp);
                Projection::Audio(projection)
            }
            MediaKind::Video => {
                let origin = Origin {
                    sequence: first_sequence(numbers),
                    timestamp,
                    picture_id: pictures as u16 & 0x7fff,
                    tl0_picture_index: (pictures >> 16) as u8,
                };
                let stream = VideoStream {
                    projection: VideoProjection::new(origin),
                    log: SentLog::default(),
                    chosen: None,
                    memory: crate::allocation::Memory::default(),
                    useful: 0,
                    explanation: None,
                };
                Projection::Video(Box::new(stream))
            }
        };
        let rtx = types.rtx(codec).map(|payload_type| RtxStream {
            ssrc: rtx_ssrc,
            payload_type,
            sequence: RtxSequence::new(first_sequence(numbers >> 16)),
        });
        let fec = match (types.flexfec, codec.kind()) {
            (Some(payload_type), MediaKind::Video) => {
                let [ssrc, number] = random_words(provider)?;
                Some(FecStream::new(ssrc, payload_type, first_sequence(number), rtx.is_some()))
            }
            _ => None,
        };
        Ok(Subscription {
            publisher,
            source,
            codec,
            mid: String::new(),
            ssrc,
            payload_type,
            rtx,
            fec,
            wanted: wish.into(),
            muted: false,
            media: projection,
            acknowledged: false,
            sent: SentReports::default(),
            totals: OutboundTotals::default(),
        })
    }

    /// The video part, if it is video.
    pub(crate) fn video(&mut self) -> Option<&mut VideoStream> {
        match &mut self.media {
            Projection::Video(stream) => Some(stream),
            Projection::Audio(_) => None,
        }
    }
}

/// A first sequence number in the lower half of the range, so that an early loss can't hide a roll-over
/// (RFC 3711 section 3.3.1).
fn first_sequence(random: u32) -> u16 {
    (random & 0x7fff) as u16
}

fn random_words<const N: usize>(provider: &dyn RTCCryptoProvider) -> Result<[u32; N], CommandError> {
    let mut bytes = [[0; 4]; N];
    provider
        .random()
        .fill(bytes.as_flattened_mut())
        .map_err(|error| CommandError::Transport(error.to_string()))?;
    Ok(bytes.map(u32::from_be_bytes))
}
