//! The text of our descriptions. Nothing a third party chose goes into it: streams go by the ids that the core gives.

use std::fmt::{self, Write as _};

use super::extensions::{self, Direction};
use super::formats::{Format, Formats};
use super::negotiation::{Line, Local};
use crate::codec::MediaKind;
use crate::participant::StreamDescription;
use crate::rtp::ExtensionIds;

/// Media over DTLS-SRTP with feedback (RFC 5764 section 8).
const PROTOCOL: &str = "UDP/TLS/RTP/SAVPF";

/// The port of a section whose addresses are candidates: "discard" (RFC 9429 section 5.2.1).
const PORT: u16 = 9;

/// A description in the making.
pub(super) struct Writer {
    out: String,
    local: Local,
    ids: ExtensionIds,
    version: u64,
    /// What each section says of who begins DTLS.
    setup: &'static str,
}

impl Writer {
    /// An answer: we wait for the peer to begin DTLS.
    pub(super) fn answer(local: Local, ids: ExtensionIds, version: u64) -> Self {
        Writer { out: String::new(), local, ids, version, setup: "passive" }
    }

    /// An offer, which leaves it open who begins (RFC 8842 section 5.3); it was decided when the peer joined.
    pub(super) fn offer(local: Local, ids: ExtensionIds, version: u64) -> Self {
        Writer { setup: "actpass", ..Writer::answer(local, ids, version) }
    }

    /// The lines before the first section; `mids` of those in use, which all share one transport.
    pub(super) fn session<'a>(&mut self, mids: impl Iterator<Item = &'a str>) {
        let (session, version) = (self.local.session, self.version);
        self.put(format_args!("v=0"));
        self.put(format_args!("o=- {session} {version} IN IP4 0.0.0.0"));
        self.put(format_args!("s=-"));
        self.put(format_args!("t=0 0"));
        self.bundle(mids);
        self.put(format_args!("a=extmap-allow-mixed"));
        self.put(format_args!("a=msid-semantic: WMS *"));
    }

    /// Which sections share one transport, and that we are a lite agent.
    pub(super) fn bundle<'a>(&mut self, mids: impl Iterator<Item = &'a str>) {
        self.out.push_str("a=group:BUNDLE");
        for mid in mids {
            self.out.push(' ');
            self.out.push_str(mid);
        }
        self.put(format_args!(""));
        self.put(format_args!("a=ice-lite"));
    }

    /// One section.
    pub(super) fn line(&mut self, line: &Line, formats: &Formats) {
        match line {
            Line::Published { mid, format, rids } => self.published(mid, format, rids),
            Line::Idle { mid, format } => {
                self.begin(format, mid, Direction::Receive);
                self.put(format_args!("a=inactive"));
                self.format(format);
            }
            Line::Sent(stream) => {
                let format =
                    formats.get(stream.codec).expect("a section was given for a codec that the peer decodes");
                self.sent(stream, format);
            }
            Line::Refused { line: [media, protocol, formats] } => {
                self.put(format_args!("m={media} 0 {protocol} {formats}"));
                self.put(format_args!("c=IN IP4 0.0.0.0"));
                self.put(format_args!("a=inactive"));
            }
            Line::Ended { kind, .. } => {
                self.put(format_args!("m={} 0 {PROTOCOL} 0", name(*kind)));
                self.put(format_args!("c=IN IP4 0.0.0.0"));
                self.put(format_args!("a=inactive"));
            }
        }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    fn published(&mut self, mid: &str, format: &Format, rids: &[String]) {
        // The peer's redundancy is put on per receiver: it need not send its own.
        let format = match format.codec.kind() {
            MediaKind::Audio => Format { companion: None, ..format.clone() },
            MediaKind::Video => format.clone(),
        };
        self.begin(&format, mid, Direction::Receive);
        self.put(format_args!("a=recvonly"));
        self.format(&format);
        for rid in rids {
            self.put(format_args!("a=rid:{rid} recv"));
        }
        if !rids.is_empty() {
            self.put(format_args!("a=simulcast:recv {}", rids.join(";")));
        }
    }

    fn sent(&mut self, stream: &StreamDescription, format: &Format) {
        let StreamDescription { publisher, mid, ssrc, rtx_ssrc, .. } = stream;
        self.begin(format, mid, Direction::Send);
        self.put(format_args!("a=sendonly"));
        // Sound and picture of one publisher are one stream, which the peer plays in step.
        self.put(format_args!("a=msid:{publisher} {mid}"));
        self.format(format);
        if let Some(rtx) = rtx_ssrc {
            self.put(format_args!("a=ssrc-group:FID {ssrc} {rtx}"));
        }
        for ssrc in [Some(ssrc), rtx_ssrc.as_ref()].into_iter().flatten() {
            self.put(format_args!("a=ssrc:{ssrc} cname:{publisher}"));
        }
    }

    /// What every section in use begins with.
    fn begin(&mut self, format: &Format, mid: &str, direction: Direction) {
        let kind = format.codec.kind();
        self.media(format);
        self.put(format_args!("c=IN IP4 0.0.0.0"));
        self.put(format_args!("a=mid:{mid}"));
        self.ice();
        let (fingerprint, setup) = (self.local.fingerprint, self.setup);
        self.put(format_args!("a=fingerprint:sha-256 {fingerprint}"));
        self.put(format_args!("a=setup:{setup}"));
        self.put(format_args!("a=rtcp-mux"));
        self.put(format_args!("a=rtcp-rsize"));
        let ids = self.ids;
        for (id, uri) in extensions::used(&ids, kind, direction) {
            self.put(format_args!("a=extmap:{id} {uri}"));
        }
    }

    /// A section with nothing but its transport.
    pub(super) fn transport(&mut self, format: &Format, mid: &str) {
        self.media(format);
        self.put(format_args!("a=mid:{mid}"));
        self.ice();
    }

    fn media(&mut self, format: &Format) {
        let _ = write!(self.out, "m={} {PORT} {PROTOCOL}", name(format.codec.kind()));
        for payload_type in format.types() {
            let _ = write!(self.out, " {payload_type}");
        }
        self.put(format_args!(""));
    }

    fn ice(&mut self) {
        let Local { ufrag, pwd, candidates, .. } = self.local.clone();
        self.put(format_args!("a=ice-ufrag:{ufrag}"));
        self.put(format_args!("a=ice-pwd:{pwd}"));
        for (before, candidate) in candidates.into_iter().enumerate() {
            self.put(format_args!("{}", candidate.line(before)));
        }
        self.put(format_args!("a=end-of-candidates"));
    }

    /// A codec and its companion, with the feedback that the core gives or takes.
    fn format(&mut self, format: &Format) {
        let Format { codec, payload_type, companion, parameters } = format;
        let transport_cc = self.ids.transport_cc != 0;
        self.put(format_args!("a=rtpmap:{payload_type} {}", encoding(*codec)));
        if transport_cc {
            self.put(format_args!("a=rtcp-fb:{payload_type} transport-cc"));
        }
        if codec.kind() == MediaKind::Video {
            self.put(format_args!("a=rtcp-fb:{payload_type} ccm fir"));
            self.put(format_args!("a=rtcp-fb:{payload_type} nack"));
            self.put(format_args!("a=rtcp-fb:{payload_type} nack pli"));
        }
        if !parameters.is_empty() {
            self.put(format_args!("a=fmtp:{payload_type} {parameters}"));
        }
        match (companion, codec.kind()) {
            (None, _) => {}
            (Some(red), MediaKind::Audio) => {
                self.put(format_args!("a=rtpmap:{red} red/48000/2"));
                self.put(format_args!("a=fmtp:{red} {payload_type}/{payload_type}"));
            }
            (Some(rtx), MediaKind::Video) => {
                self.put(format_args!("a=rtpmap:{rtx} rtx/90000"));
                self.put(format_args!("a=fmtp:{rtx} apt={payload_type}"));
            }
        }
    }

    /// One line, or the end of one.
    fn put(&mut self, line: fmt::Arguments<'_>) {
        let _ = write!(self.out, "{line}\r\n");
    }
}

const fn name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
    }
}

/// The codec as `a=rtpmap` names it.
const fn encoding(codec: crate::codec::Codec) -> &'static str {
    use crate::codec::Codec;
    match codec {
        Codec::Opus => "opus/48000/2",
        Codec::Vp8 => "VP8/90000",
        Codec::Vp9 => "VP9/90000",
        Codec::Av1 => "AV1/90000",
        Codec::H264 | Codec::H264Mode0 => "H264/90000",
    }
}
