//! Session descriptions as a simple browser writes them.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::LoadError;
use crate::sdp::Description;
use crate::signalling::IceCredentials;
use crate::transport::Carrier;
use crate::transport::certificate::Fingerprint;

/// Payload types of ours.
pub(super) const OPUS: u8 = 111;
pub(super) const VP8: u8 = 96;
const RTX: u8 = 97;

/// Header extensions of ours.
pub(super) const MID: u8 = 1;
pub(super) const TRANSPORT_CC: u8 = 2;
pub(super) const AUDIO_LEVEL: u8 = 3;

/// The sections that a publisher sends on.
pub(super) const AUDIO_SECTION: &str = "0";
pub(super) const VIDEO_SECTION: &str = "1";

/// What the server's answer says of its side.
pub(super) struct Remote {
    pub(super) candidate: SocketAddr,
    pub(super) ice: IceCredentials,
    pub(super) fingerprint: Fingerprint,
}

/// What every section says of our side.
fn transport(ice: &IceCredentials, fingerprint: &Fingerprint, setup: &str) -> String {
    format!(
        "c=IN IP4 0.0.0.0\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {fingerprint}\r\n\
         a=setup:{setup}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n",
        ice.ufrag, ice.pwd
    )
}

const AUDIO_FORMAT: &str = "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n";
const VIDEO_FORMAT: &str = "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 nack\r\n\
    a=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";

fn session(out: &mut String, mids: &[&str]) {
    let _ = write!(
        out,
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n",
        mids.join(" ")
    );
}

fn extensions(audio: bool) -> String {
    let level = if audio { "a=extmap:3 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n" } else { "" };
    format!(
        "a=extmap:{MID} urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:{TRANSPORT_CC} \
         http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n{level}"
    )
}

/// An offer of a microphone and a camera, to be sent on or only to show what is understood.
pub(super) fn offer(ice: &IceCredentials, fingerprint: &Fingerprint, publishes: bool) -> String {
    let direction = if publishes { "sendonly" } else { "recvonly" };
    let mut out = String::new();
    session(&mut out, &[AUDIO_SECTION, VIDEO_SECTION]);
    for (audio, mid, types, format) in [
        (true, AUDIO_SECTION, format!("{OPUS}"), AUDIO_FORMAT),
        (false, VIDEO_SECTION, format!("{VP8} {RTX}"), VIDEO_FORMAT),
    ] {
        let media = if audio { "audio" } else { "video" };
        let transport = transport(ice, fingerprint, "actpass");
        let extensions = extensions(audio);
        let _ = write!(
            out,
            "m={media} 9 UDP/TLS/RTP/SAVPF {types}\r\n{transport}a=mid:{mid}\r\na={direction}\r\n{extensions}{format}"
        );
    }
    out
}

/// The answer to an offer of the server's: everything is taken as it is said.
pub(super) fn answer(
    offer: &str,
    ice: &IceCredentials,
    fingerprint: &Fingerprint,
) -> Result<String, LoadError> {
    let offer = Description::parse(offer).map_err(|error| LoadError::Protocol(error.to_string()))?;
    let mids: Vec<&str> = offer
        .sections
        .iter()
        .filter(|section| section.port != 0)
        .filter_map(|section| section.first("mid"))
        .collect();
    let mut out = String::new();
    session(&mut out, &mids);
    for section in &offer.sections {
        let (media, port, types) = (section.media, section.port, section.formats);
        let _ = write!(out, "m={media} {port} UDP/TLS/RTP/SAVPF {types}\r\n");
        let Some(mid) = section.first("mid").filter(|_| port != 0) else {
            out.push_str("c=IN IP4 0.0.0.0\r\na=inactive\r\n");
            continue;
        };
        let transport = transport(ice, fingerprint, "active");
        let direction = match section.attributes.iter().any(|attribute| attribute.name == "sendonly") {
            true => "recvonly",
            false => "sendonly",
        };
        let extensions = extensions(media == "audio");
        let format = if media == "audio" { AUDIO_FORMAT } else { VIDEO_FORMAT };
        let _ = write!(out, "{transport}a=mid:{mid}\r\na={direction}\r\n{extensions}{format}");
    }
    Ok(out)
}

/// Reads the server's answer to our offer. Of its candidates the first one of `carrier` is taken.
pub(super) fn remote(answer: &str, carrier: Carrier) -> Result<Remote, LoadError> {
    let missing = |what: &str| LoadError::Protocol(format!("an answer without {what}"));
    let description = Description::parse(answer).map_err(|error| LoadError::Protocol(error.to_string()))?;
    let section = description.sections.first().ok_or_else(|| missing("sections"))?;
    let need = |name: &str| description.inherited(section, name).ok_or_else(|| missing(name));
    let name = match carrier {
        Carrier::Udp => "udp",
        Carrier::Tcp => "tcp",
    };
    let address = |value: &str| {
        let mut words = value.split(' ').skip(2);
        words.next().filter(|protocol| *protocol == name)?;
        let (ip, port) = (words.nth(1)?, words.next()?);
        Some(SocketAddr::new(ip.parse().ok()?, port.parse().ok()?))
    };
    let address = section.all("candidate").find_map(address);
    let fingerprint = need("fingerprint")?.strip_prefix("sha-256 ").and_then(|text| text.parse().ok());
    Ok(Remote {
        candidate: address.ok_or_else(|| missing("a candidate"))?,
        ice: IceCredentials { ufrag: need("ice-ufrag")?.into(), pwd: need("ice-pwd")?.into() },
        fingerprint: fingerprint.ok_or_else(|| missing("a SHA-256 fingerprint"))?,
    })
}
